// HuggingFace model directories: config.json, model*.safetensors (one file, or shards with an
// index), tokenizer.json.
#pragma once

#include "engine/io/safetensors.h"
#include "engine/model/model.h"

#include <filesystem>

namespace dg {

/// Loads and validates a directory: every weight that the config demands is there with its shape,
/// finite, and nothing else is unknown (MTP copies of embedding and head are accepted and dropped).
/// F32, BF16, F16 widen exactly; FP8 weights with weight_scale_inv are dequantised, and their codes
/// kept (Model::stored).
/// model.safetensors goes before an index. Nothing large is read before names and shapes agree.
/// Error codes: file_read, config_*, safetensors_*, index_json, index_value, index_missing,
/// index_extra, weight_files, weight_missing, weight_unknown, weight_duplicate, weight_shape,
/// weight_dtype, weight_not_finite, weight_scale_missing, weight_scale_config, model_too_large.
Result<Model<float>> load_model(const std::filesystem::path& directory);

/// The config alone. Error codes: file_read, config_*.
Result<Config> load_config(const std::filesystem::path& directory);

/// Writes model.safetensors and config.json as one step (save_commit.h): F32, BF16, or FP8 as DeepSeek-V3's (E4M3 projections
/// with weight_scale_inv per block, the rest BF16); router bias always F32. Makes the directory if need be; tokenizer.json is
/// copied by the caller. The weights must be those of the
/// config (a Bug otherwise). Error codes: file_write, weight_not_finite (nothing is written then).
Result<void> save_model(const std::filesystem::path& directory, const Model<float>& model,
                        DType dtype);

/// Hash of config text and weights in name order: 16 hex digits. The stored dtype does not count: a
/// model whose weights BF16 holds exactly has the same hash in both files.
std::string model_hash(const Model<float>& model);

}  // namespace dg
