// The router's decision for one token, shared by the op, the fast decoder and the rechecks.
#pragma once

#include "engine/model/config.h"

#include <cstdint>
#include <vector>

namespace dg {

/// The K chosen experts of one token, best first, ties to the lower index. `choice` [E]: what is compared (score + bias for
/// noaux_tc, the score otherwise). Group-limited: group value = sum of its two largest choices (noaux_tc) or its largest
/// (group_limited_greedy); topk_group groups stay, the others count as -inf. DeepSeek-V3 2.1.2, V2 2.2.
template <class Real>
std::vector<std::int64_t> select_experts(const Config& config, const Real* choice);

extern template std::vector<std::int64_t> select_experts(const Config&, const float*);
extern template std::vector<std::int64_t> select_experts(const Config&, const double*);

}  // namespace dg
