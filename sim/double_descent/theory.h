// What theory says of the sweeps, to be drawn over what was measured. All risks are excess test risks without noise; NaN where
// the expectation is infinite or unknown.
#pragma once

#include "sim/double_descent/random_features.h"
#include "sim/double_descent/settings.h"

namespace dg::sim::dd {

/// Min-norm least squares, x ~ N(0, I_p), exact expectation at finite n and p:
///   p < n - 1   noise p / (n - p - 1)            p > n + 1   signal (1 - n/p) + noise n / (p - n - 1)
/// infinite between (NaN). From the mean of an inverse Wishart matrix; Belkin, Hsu, Xu 2019 (arXiv 1903.07571).
double linear_risk(double n, double p, double signal, double noise_variance);

/// The same as n, p grow with p / n = gamma: noise gamma / (1 - gamma), signal (1 - 1/gamma) + noise / (gamma - 1).
/// Hastie, Montanari, Rosset, Tibshirani 2019 (arXiv 1903.08560).
double linear_risk_asymptotic(double gamma, double signal, double noise_variance);

/// Ridge, asymptotic: lambda^2 signal m' + noise gamma (m - lambda m'), m the Stieltjes transform at -lambda of the
/// Marchenko-Pastur law with ratio gamma. ridge > 0. Same source.
double linear_ridge_risk(double gamma, double ridge, double signal, double noise_variance);

/// The ridge of least risk: noise gamma / signal.
double best_linear_ridge(double gamma, double signal, double noise_variance);

/// The expectation at one point of a sweep: exact for kLinear without ridge, asymptotic with it, the random-feature
/// prediction for kRelu and kFourier. NaN for the others.
class Theory {
  public:
    explicit Theory(const Settings& settings);
    [[nodiscard]] double at(std::int64_t value) const;

  private:
    Settings settings_;
    Spectrum spectrum_;  // of kRelu and kFourier
};

}  // namespace dg::sim::dd
