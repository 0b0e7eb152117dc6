// Fits of one seed for rising p. Without ridge and while p <= n, one Cholesky factorisation of the n x n Gram matrix of the
// first n features serves every p: its leading block is the factor of the smaller model. Beyond, the n x n matrix F F' grows by
// rank updates and is factored once per p. So a size costs p^2 or n^3 / 3, never n p^2.
#pragma once

#include "sim/double_descent/design.h"

#include <memory>

namespace dg::sim::dd {

/// One fit, measured.
struct Fit {
    double test = 0, train = 0, norm = 0;
    std::vector<float> slice = {};
};

class SizeFit {
  public:
    SizeFit(const Settings& settings, int index);

    /// The fit with the first p features; p not below the one before.
    Fit at(std::int64_t p);

    [[nodiscard]] const Design& design() const { return design_; }

  private:
    void prepare_narrow();
    void grow_wide(std::int64_t p);
    [[nodiscard]] std::vector<double> labels_for(std::int64_t p);
    Fit narrow(std::int64_t p);
    Fit narrow_ridge(std::int64_t p);
    Fit wide(std::int64_t p);
    /// By the rank-revealing reference, for what no Cholesky factorisation survives.
    Fit singular(std::int64_t p);
    [[nodiscard]] Fit measure(std::int64_t p, const std::vector<double>& b, const std::vector<double>& y);
    [[nodiscard]] double linear_scale(std::int64_t p) const;
    void add_to_sum(std::int64_t from, std::int64_t to, const Matrix& block, std::int64_t first);

    Settings settings_;
    Design design_;
    std::int64_t n_;
    Matrix first_;                 // the first min(n, largest p) features, [p][width]
    Matrix gram_, factor_;         // F'F of them, and U
    std::int64_t factored_ = -1;   // leading columns of factor_; -1: not yet
    std::vector<double> sum_;      // kLinear: X_p direction_p
    std::int64_t summed_ = 0;      // columns in it
    double direction_square_ = 0;  // |direction_p|^2
    std::vector<double> from_noise_, from_sum_;  // U'^-1 F' noise and U direction: nested coordinates of the right-hand side
    std::int64_t coordinates_ = 0;
    Matrix kernel_, test_kernel_;  // F F' [n][n], upper; features of test and slice inputs times F', [n][test + slice]
    std::int64_t grown_ = 0;       // features in them
};

}  // namespace dg::sim::dd
