// Whole files in, whole files out.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace dg {

/// Error code: file_read (args file, reason).
Result<std::string> read_file(const std::filesystem::path& file);
/// Writes to a temporary file in the same folder, syncs, renames over the target. Error code: file_write.
Result<void> write_file(const std::filesystem::path& file, std::string_view content);
/// 64-bit hash of bytes as 16 hex digits (recipes, corpus and model hashes).
std::string hash_hex(std::string_view bytes);

}  // namespace dg
