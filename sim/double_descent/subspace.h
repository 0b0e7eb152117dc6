// Intrinsic dimension: a network trained only along d random directions, theta = theta0 + P z. How small may d be?
// Li, Farkhoor, Liu, Yosinski 2018 (arXiv 1804.08838).
#pragma once

#include "sim/double_descent/settings.h"

namespace dg::sim::dd {

/// Ten seven-segment digits drawn on 7 x 5 pixels with noise of standard deviation 0.25 on every pixel; a network
/// 35 -> width -> 10 with ReLU and softmax, full-batch Adam on 300 drawings, tested on 1000 others.
struct SubspaceSettings {
    std::int64_t width = 16;
    std::vector<std::int64_t> dims = {};  // rising
    int seeds = 5;
    std::uint64_t seed = 1;
    std::int64_t steps = 150;
};

struct SubspacePoint {
    std::int64_t d = 0;
    std::vector<double> accuracy = {};  // by seed: share of the test drawings named right
};

struct SubspaceResult {
    SubspaceSettings settings = {};
    std::int64_t parameters = 0;         // of the network
    std::vector<double> full = {};       // by seed: accuracy when every weight is trained
    std::vector<SubspacePoint> points = {};

    /// The smallest d tried whose mean accuracy reaches `share` of the mean full accuracy; 0 when none does.
    [[nodiscard]] std::int64_t reaches(double share = 0.9) const;
};

std::int64_t subspace_parameters(std::int64_t width);

/// Error code: cancelled. `partial` gets what is complete so far.
Result<SubspaceResult> run_subspace(const SubspaceSettings& settings, const Report& report, const std::function<void(const SubspaceResult&)>& partial);

}  // namespace dg::sim::dd
