// Configurations of published models whose numbers the pictures and lessons count: the calculators run on them, the
// weights are not here.
#pragma once

#include "engine/model/config.h"

namespace dg {

/// DeepSeek-V3 671B: 61 layers (3 dense), 256 + 1 experts, 1 MTP module. Source: repository DeepSeek-V3,
/// inference/configs/config_671B.json, and report 2412.19437 section 4.2.
Config deepseek_v3_config();

/// The same widths with another attention: MHA, GQA or MQA of 128 heads of `head_dim` 128 and `groups` key-value heads.
/// Only for comparing caches (V2 report, table 1).
Config deepseek_v3_with(AttentionKind kind, std::int64_t groups);

}  // namespace dg
