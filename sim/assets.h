// Where the shipped files are.
#pragma once

#include "engine/base/result.h"

#include <filesystem>

namespace dg::sim {

/// $DEEPGLASS_ASSETS, else assets/ beside or above the executable, else the source tree's. Error code: assets_missing.
Result<std::filesystem::path> find_assets();

}  // namespace dg::sim
