// `deepglass convert`, the HuggingFace side: the same model under another dtype.
#pragma once

#include "engine/io/hf.h"

namespace dg {

/// Loads the directory `in`, writes it to `out` with F32, BF16 or FP8 (E4M3) weights and copies
/// tokenizer.json when there is one. An FP8 checkpoint goes to FP8 unchanged; shards become one file. `out` must not be
/// `in`. Error codes: those of load_model and save_model, convert_same.
Result<void> convert_model(const std::filesystem::path& in, const std::filesystem::path& out,
                           DType dtype);

/// True when both paths name one existing directory, by whatever spelling or link.
bool same_directory(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace dg
