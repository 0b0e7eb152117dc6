// The random-feature prediction: from the eigenvalues of the kernel that the features approach, and how much of the true
// function lies along each eigenfunction, to the risk at finite n and p.
#pragma once

#include <cstdint>
#include <vector>

namespace dg::sim::dd {

/// Eigenfunctions that share an eigenvalue.
struct Level {
    double value = 0;   // eigenvalue of E[f(x) f(x')]
    double count = 0;   // how many eigenfunctions
    double power = 0;   // E of the squared part of the truth along them
};

struct Spectrum {
    std::vector<Level> levels = {};
    double rest = 0;  // squared part of the truth that no eigenfunction holds: never learnt
};

/// Features max(0, w.x), w ~ N(0, I_d / d), x ~ N(0, I_d): eigenfunctions |x| Y_lm(x / |x|), eigenvalue d a_l^2 with
/// a_l = E[max(0, t) P_l(t)] over the first coordinate t of the unit sphere (Funk-Hecke). Truth sqrt(signal) tanh(1.5 x.b), |b| = 1.
/// d >= 3.
Spectrum relu_spectrum(std::int64_t d, double signal);

/// Features sqrt(2) cos(w.x + phase): the kernel exp(-|x - x'|^2 / 2d); eigenvalues of Mehler's formula, products of Hermite
/// functions. Same truth. d >= 1.
Spectrum fourier_spectrum(std::int64_t d, double signal);

/// Excess test risk of ridge regression on k random features from n samples with label noise; ridge as in Settings. From the
/// two conditions n = sum c l/(l+g) + delta/kappa, k = sum c l/(l+g) + k kappa/g (l eigenvalues, c counts, delta = n ridge):
/// Simon, Karkada, Ghosh, Belkin 2023 (arXiv 2311.14646). NaN at n = k without ridge, where it is infinite.
double random_feature_risk(const Spectrum& spectrum, double n, double k, double ridge, double noise_variance);

}  // namespace dg::sim::dd
