// Weights and config change together: both are written beside the old ones, one marker file commits them, then they take
// their names. A kill before the marker leaves the old model, one after it is finished by whoever opens the folder next.
#pragma once

#include "engine/base/result.h"

#include <filesystem>

namespace dg {

/// Where save_model writes first: "model.safetensors" -> ".model.safetensors.next".
std::filesystem::path next_version(const std::filesystem::path& file);
/// Commits the next versions of model.safetensors and config.json. Error code: file_write.
Result<void> commit_save(const std::filesystem::path& directory);
/// Finishes a save that was killed after its commit; nothing to do otherwise. Error code: file_write.
Result<void> finish_save(const std::filesystem::path& directory);

}  // namespace dg
