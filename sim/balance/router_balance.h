// Load balance without a balance loss (arXiv 2408.15664; V3 2.1.2): a bias per expert, moved by the sign of its load error,
// decides only who is chosen. A router of fixed random experts shows the controller alone.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace dg::sim {

/// Scores sigmoid(x.e_i + o_i), x ~ N(0, I) in `width` dimensions, e_i ~ N(0, 1/width), o_i ~ offset * N(0, 1).
struct RouterBalance {
    std::int64_t experts = 16, top_k = 4, width = 16, tokens = 1024, steps = 600;
    double offset = 0.5;
    std::vector<double> speeds{0, 0.0001, 0.001, 0.01};  // u of each controller; all see the same tokens
    std::uint64_t seed = 1;
};

struct BalanceRun {
    double speed = 0;
    std::vector<double> max_vio;          // [steps] max load / mean load - 1
    std::vector<double> first_load, last_load;  // [experts] of the first and last step, 1 = even share
    std::vector<double> bias;             // [experts] at the end

    /// Mean MaxVio over the last `n` steps.
    [[nodiscard]] double late(std::size_t n = 50) const;
};

/// Error code: cancelled.
Result<std::vector<BalanceRun>> run_router_balance(const RouterBalance& recipe, const std::function<bool(double)>& keep_going = [](double) { return true; });

}  // namespace dg::sim
