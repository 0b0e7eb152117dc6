#include "sim/double_descent/random_features.h"

#include "engine/base/mathfn.h"
#include "sim/double_descent/design.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dg::sim::dd {
namespace {

constexpr int kDegrees = 48;        // harmonics followed one by one; the others are one tail
constexpr double kTailValue = 1e-9; // eigenvalue given to the tail: only its trace counts

/// Nodes and weights, weights summing to 1.
struct Rule {
    std::vector<double> at = {}, weight = {};

    void normalise() {
        double sum = 0;
        for (const double w : weight) sum += w;
        for (double& w : weight) w /= sum;
    }
};

double power_of(double x, std::int64_t n) {
    double p = 1;
    for (; n > 0; n /= 2, x *= x) {
        if (n % 2 == 1) p *= x;
    }
    return p;
}

/// First coordinate of the unit sphere in d dimensions: midpoints of the angle, whose density is sin^(d-2).
Rule sphere_rule(std::int64_t d, int nodes) {
    Rule rule;
    for (int i = 0; i < nodes; ++i) {
        const double angle = std::numbers::pi * (i + 0.5) / nodes;
        rule.at.push_back(dg::cos(angle));
        rule.weight.push_back(power_of(dg::sin(angle), d - 2));
    }
    rule.normalise();
    return rule;
}

/// Length of a standard normal vector: density r^(d-1) exp(-r^2 / 2).
Rule length_rule(std::int64_t d, int nodes) {
    Rule rule;
    const double high = std::sqrt(static_cast<double>(d)) + 7, mode = std::sqrt(static_cast<double>(d));
    for (int i = 0; i < nodes; ++i) {
        const double r = high * (i + 0.5) / nodes;
        rule.at.push_back(r);
        rule.weight.push_back(dg::exp(static_cast<double>(d - 1) * dg::log(r / mode) - 0.5 * (r * r - mode * mode)));
    }
    rule.normalise();
    return rule;
}

/// P_l(t), l = 0 .. kDegrees: the zonal harmonics of the sphere in d dimensions, 1 at t = 1.
std::vector<double> zonal(std::int64_t d, double t) {
    std::vector<double> p = {1, t};
    const auto dim = static_cast<double>(d);
    for (int l = 1; l < kDegrees; ++l) p.push_back(((2 * l + dim - 2) * t * p[static_cast<std::size_t>(l)] - l * p[static_cast<std::size_t>(l) - 1]) / (l + dim - 2));
    return p;
}

/// Harmonics of degree l in d dimensions: C(l+d-1, d-1) - C(l+d-3, d-1).
double harmonics(std::int64_t d, int l) {
    if (l == 0) return 1;
    double binomial = 1;  // C(l + d - 3, l - 1)
    for (int i = 1; i < l; ++i) binomial *= static_cast<double>(d - 2 + i) / i;
    return binomial * static_cast<double>(2 * l + d - 2) / l;
}

/// tanh(1.5 x) on a grid of the normal density.
double truth_at(double along) { return tanh_of(1.5 * along); }

/// Sum over levels of count * f(value).
template <class F>
double trace(const Spectrum& s, F f) {
    double sum = 0;
    for (const Level& level : s.levels) sum += level.count * f(level.value);
    return sum;
}

/// g with (n - z)(k - z) g = target, z = sum c l/(l+g) below min(n, k): the left side rises with g.
double solve_scale(const Spectrum& s, double n, double k, double target) {
    double low = -80, high = 40;  // ln g
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2, g = dg::exp(middle);
        const double z = trace(s, [&](double l) { return l / (l + g); });
        const bool above = z < std::min(n, k) && (n - z) * (k - z) * g >= target;
        (above ? high : low) = middle;
    }
    return dg::exp(high);
}

}  // namespace

Spectrum relu_spectrum(std::int64_t d, double signal) {
    const Rule sphere = sphere_rule(d, 500), length = length_rule(d, 160);
    std::vector<double> feature(kDegrees + 1, 0.0), truth(kDegrees + 1, 0.0);
    double square = 0;
    for (std::size_t i = 0; i < sphere.at.size(); ++i) {
        const double t = sphere.at[i];
        const std::vector<double> p = zonal(d, t);
        double radial = 0;  // E over r of r tanh(1.5 r t)
        for (std::size_t k = 0; k < length.at.size(); ++k) {
            const double value = truth_at(length.at[k] * t);
            radial += length.weight[k] * length.at[k] * value;
            square += sphere.weight[i] * length.weight[k] * value * value;
        }
        for (std::size_t l = 0; l <= kDegrees; ++l) {
            feature[l] += sphere.weight[i] * std::max(0.0, t) * p[l];
            truth[l] += sphere.weight[i] * radial * p[l];
        }
    }
    Spectrum s;
    const auto dim = static_cast<double>(d);
    double left = 0.5, learnable = 0;  // trace of the kernel: E |x|^2 E max(0, t)^2 = 1/2
    for (int l = 0; l <= kDegrees; ++l) {
        const auto at = static_cast<std::size_t>(l);
        const double value = dim * feature[at] * feature[at], count = harmonics(d, l);
        if (l >= 3 && l % 2 == 1) continue;  // max(0, t) holds no odd harmonics but the first
        s.levels.push_back({value, count, signal * count * truth[at] * truth[at] / dim});
        left -= count * value;
        learnable += s.levels.back().power;
    }
    if (left > 0) s.levels.push_back({kTailValue, left / kTailValue, 0});
    s.rest = std::max(0.0, signal * square - learnable);
    return s;
}

Spectrum fourier_spectrum(std::int64_t d, double signal) {
    const auto dim = static_cast<double>(d);
    const double a = 0.25, b = 1 / (2 * dim), c = std::sqrt(a * a + 2 * a * b), total = a + b + c, ratio = b / total;
    constexpr int kNodes = 2000;
    std::vector<double> along(kDegrees + 1, 0.0), across(kDegrees + 1, 0.0);  // truth and 1 along the 1-D eigenfunctions
    double square = 0, weights = 0;
    for (int i = 0; i < kNodes; ++i) {
        const double x = 18 * (i + 0.5) / kNodes - 9, weight = dg::exp(-0.5 * x * x), y = std::sqrt(2 * c) * x;
        const double first = std::sqrt(std::sqrt(c / a)) * dg::exp(-(c - a) * x * x), value = truth_at(x);
        weights += weight;
        square += weight * value * value;
        double before = 0, now = first;
        for (int j = 0; j <= kDegrees; ++j) {
            along[static_cast<std::size_t>(j)] += weight * value * now;
            across[static_cast<std::size_t>(j)] += weight * now;
            const double next = std::sqrt(2.0 / (j + 1)) * y * now - std::sqrt(static_cast<double>(j) / (j + 1)) * before;
            before = now, now = next;
        }
    }
    // power of the truth by total degree: degrees of the d directions add
    std::vector<double> power(kDegrees + 1);
    for (std::size_t j = 0; j <= kDegrees; ++j) power[j] = along[j] * along[j] / (weights * weights);
    for (std::int64_t k = 1; k < d; ++k) {
        std::vector<double> next(kDegrees + 1, 0.0);
        for (std::size_t i = 0; i <= kDegrees; ++i)
            for (std::size_t j = 0; i + j <= kDegrees; ++j) next[i + j] += power[i] * across[j] * across[j] / (weights * weights);
        power = std::move(next);
    }
    Spectrum s;
    double value = dg::exp(0.5 * dim * dg::log(2 * a / total)), count = 1, learnable = 0;
    for (int m = 0; m <= kDegrees; ++m) {
        s.levels.push_back({value, count, signal * power[static_cast<std::size_t>(m)]});
        learnable += s.levels.back().power;
        value *= ratio;
        count *= (m + dim) / (m + 1);
    }
    s.rest = std::max(0.0, signal * square / weights - learnable);
    return s;
}

double random_feature_risk(const Spectrum& spectrum, double n, double k, double ridge, double noise_variance) {
    const double delta = n * ridge, nan = kUnknownValue;
    if (n == k && ridge == 0) return nan;
    const double g = solve_scale(spectrum, n, k, delta * k);
    double z = trace(spectrum, [&](double l) { return l / (l + g); });
    const double q = trace(spectrum, [&](double l) { return l * l / ((l + g) * (l + g)); });
    if (ridge == 0) z = std::min(n, k);
    const double kappa = g * (k - z) / k;
    double bracket = spectrum.rest + noise_variance;
    for (const Level& level : spectrum.levels) {
        const double sum = level.value + g;
        bracket += level.power * (g / sum - kappa * level.value / (sum * sum) * k / (k - q));
    }
    const double leverage = (q * (k - 2 * z) + z * z) / (n * (k - q));
    return leverage < 1 ? bracket / (1 - leverage) - noise_variance : nan;
}

}  // namespace dg::sim::dd
