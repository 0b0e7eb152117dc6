// What does not come from one linear system: gradient descent over time in closed form, and a small trained network.
#pragma once

#include "sim/double_descent/size_fit.h"

namespace dg::sim::dd {

/// Gradient descent on |y - X b|^2 / 2n from 0 with a constant step, at every step of settings.points: each eigen-direction of
/// X'X/n shrinks by (1 - step e)^t. Inputs: 0.7 n fast features (standard deviation 1, weights N(0, signal / count)) and 0.15 n
/// slow ones (standard deviation 0.03, weights so large that they carry 0.3 of the signal's variance). Step 0.2, or less where
/// 0.2 would not converge. Risk: exact, the sum of (b - beta)^2 times each feature's variance.
std::vector<Fit> descend(const Settings& settings, int index);

/// Two layers of ReLU, first and last trained by full-batch Adam (rate 5e-3 falling to 1% as a cosine) for settings.steps steps.
/// Truth: three hidden units of tanh; labels with noise. Parameters = width (d + 2) + 1.
class Network {
  public:
    Network(const Settings& settings, int index);

    /// Trained with `width` hidden units; at the steps of `record` (rising) a Fit each; norm: length of all weights.
    std::vector<Fit> train(std::int64_t width, const std::vector<std::int64_t>& record) const;

    [[nodiscard]] const SliceTruth& slice() const { return line_; }

  private:
    Settings settings_;
    std::uint64_t index_;
    std::int64_t n_, others_;
    Matrix inputs_;              // [d][n + test + slice]
    std::vector<double> labels_, truth_;
    SliceTruth line_;
};

/// Width whose number of parameters is nearest to p, at least 1; and its parameters.
std::int64_t network_width(std::int64_t p, std::int64_t d);
std::int64_t network_parameters(std::int64_t width, std::int64_t d);

}  // namespace dg::sim::dd
