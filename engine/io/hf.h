// HuggingFace model directories: config.json, model*.safetensors (one file, or shards with an index), tokenizer.json.
#pragma once

#include "engine/io/safetensors.h"
#include "engine/model/model.h"

#include <filesystem>

namespace dg {

/// Loads and validates a directory: every weight that the config demands is there with its shape, finite, and nothing
/// else is unknown (MTP copies of embedding and head are accepted and dropped). F32, BF16, F16 widen exactly; FP8 weights with
/// weight_scale_inv are dequantised. Error codes: file_read, config_*, safetensors_*, index_json, weight_missing,
/// weight_shape, weight_not_finite, weight_scale_missing.
Result<Model<float>> load_model(const std::filesystem::path& directory);
/// Writes config.json and model.safetensors (F32 or BF16; router bias always F32); tokenizer.json is copied by the caller.
Result<void> save_model(const std::filesystem::path& directory, const Model<float>& model, DType dtype);
/// Hash of config text and weights in name order: 16 hex digits.
std::string model_hash(const Model<float>& model);

}  // namespace dg
