// Configurations of published models whose parts the scenes count: assets/configs.
#pragma once

#include "engine/model/config.h"
#include "viz/scenes/session.h"

namespace dg::viz {

/// DeepSeek-V3 671B, assets/configs/deepseek-v3.json (its source is named in the file). Error codes: assets_missing, those
/// of read_file and parse_config.
Result<Config> published_v3(const Session& session);

}  // namespace dg::viz
