#include "sim/double_descent/theory.h"

#include <cmath>

namespace dg::sim::dd {

double linear_risk(double n, double p, double signal, double noise_variance) {
    if (p < n - 1) return noise_variance * p / (n - p - 1);
    if (p > n + 1) return signal * (1 - n / p) + noise_variance * n / (p - n - 1);
    return kUnknownValue;
}

double linear_risk_asymptotic(double gamma, double signal, double noise_variance) {
    if (gamma < 1) return noise_variance * gamma / (1 - gamma);
    if (gamma > 1) return signal * (1 - 1 / gamma) + noise_variance / (gamma - 1);
    return kUnknownValue;
}

double linear_ridge_risk(double gamma, double ridge, double signal, double noise_variance) {
    // gamma lambda m^2 + (1 - gamma + lambda) m - 1 = 0; the root without cancellation, and its derivative at -lambda
    const double b = 1 - gamma + ridge, root = std::sqrt(b * b + 4 * gamma * ridge);
    const double m = b >= 0 ? 2 / (b + root) : (root - b) / (2 * gamma * ridge);
    const double derivative = m * (gamma * m + 1) / root;  // dm/dz at z = -lambda
    return ridge * ridge * signal * derivative + noise_variance * gamma * (m - ridge * derivative);
}

double best_linear_ridge(double gamma, double signal, double noise_variance) { return noise_variance * gamma / signal; }

Theory::Theory(const Settings& settings) : settings_(settings) {
    if (settings.over == Over::kTime) return;
    if (settings.model == Model::kRelu && settings.d >= 3) spectrum_ = relu_spectrum(settings.d, settings.signal);
    if (settings.model == Model::kFourier) spectrum_ = fourier_spectrum(settings.d, settings.signal);
}

double Theory::at(std::int64_t value) const {
    if (settings_.over == Over::kTime) return kUnknownValue;
    const auto n = static_cast<double>(settings_.over == Over::kSamples ? value : settings_.n);
    const auto p = static_cast<double>(settings_.over == Over::kSamples ? settings_.p : value);
    if (!spectrum_.levels.empty()) return random_feature_risk(spectrum_, n, p, settings_.ridge, settings_.noise_variance);
    if (settings_.model != Model::kLinear) return kUnknownValue;
    if (settings_.ridge > 0) return linear_ridge_risk(p / n, settings_.ridge, settings_.signal, settings_.noise_variance);
    return linear_risk(n, p, settings_.signal, settings_.noise_variance);
}

}  // namespace dg::sim::dd
