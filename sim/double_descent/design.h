// One data set of one seed whose features come column by column, so that a model with p features contains every smaller one.
#pragma once

#include "engine/base/rng.h"
#include "sim/double_descent/settings.h"

namespace dg::sim::dd {

class Design {
  public:
    /// n training inputs of `settings`, the noise, the truth, and inputs to test on (none for kLinear: its risk is exact).
    Design(const Settings& settings, int index, std::int64_t n);

    /// Features first .. first + count - 1 of all inputs, rows of [count][width()]: training inputs, then test, then slice.
    void features(std::int64_t first, std::int64_t count, Matrix& out) const;

    [[nodiscard]] std::int64_t n() const { return n_; }

    [[nodiscard]] std::int64_t test_points() const { return test_; }

    [[nodiscard]] std::int64_t slice_points() const { return slice_; }

    [[nodiscard]] std::int64_t width() const { return n_ + test_ + slice_; }

    [[nodiscard]] bool linear() const { return settings_.model == Model::kLinear; }

    /// kLinear: direction of the truth, component j, before it is scaled to the length of p components.
    [[nodiscard]] double direction(std::int64_t j) const { return direction_[static_cast<std::size_t>(j)]; }

    /// noise; others: truth at the training inputs plus noise.
    [[nodiscard]] const std::vector<double>& noise() const { return noise_; }

    [[nodiscard]] const std::vector<double>& labels() const { return labels_; }

    /// Truth at the test inputs.
    [[nodiscard]] const std::vector<double>& truth() const { return truth_; }

    [[nodiscard]] const SliceTruth& slice() const { return line_; }

    /// Features are divided by this at size p, which sets the scale of ridge and norm: sqrt(p) of random features, else 1.
    [[nodiscard]] double feature_scale(std::int64_t p) const;

  private:
    void make_inputs();
    void make_polynomial_inputs();
    void make_slice(const std::vector<double>& teacher);

    Settings settings_;
    std::uint64_t index_;
    std::int64_t n_, test_ = 0, slice_ = 0;
    Matrix inputs_;  // [d][width]
    std::vector<double> direction_, noise_, labels_, truth_;
    SliceTruth line_;
};

/// tanh of numerics: (e^2x - 1) / (e^2x + 1).
double tanh_of(double x);
/// What the polynomials are fitted to, on [-1, 1].
double wave(double x);

}  // namespace dg::sim::dd
