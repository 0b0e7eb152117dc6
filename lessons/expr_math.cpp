#include "lessons/expr_math.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace dg::lessons {

double integer_power(double base, double exponent) {
    double result = 1;
    for (auto n = static_cast<long long>(std::abs(exponent)); n > 0; n >>= 1) {
        if ((n & 1) != 0) result *= base;
        base *= base;
    }
    return exponent < 0 ? 1 / result : result;
}

double power(double base, double exponent) {
    const bool whole = exponent == std::floor(exponent) && std::abs(exponent) < 1e6;
    return whole ? integer_power(base, exponent) : dg::exp(exponent * dg::log(base));
}

double log2_of(double x) {
    int exponent = 0;
    // a power of two is exact
    if (x > 0 && std::isfinite(x) && std::frexp(x, &exponent) == 0.5) return exponent - 1;
    return dg::log(x) / std::numbers::ln2;
}

double log10_of(double x) {
    const double y = dg::log(x) / std::numbers::ln10;
    const double whole = std::nearbyint(y);
    // a power of ten is exact
    return std::abs(whole) < 300 && integer_power(10, whole) == x ? whole : y;
}

double median_of(std::vector<double> v) {
    // NaN has no place in an order
    const bool ordered = std::none_of(v.begin(), v.end(), [](double x) { return std::isnan(x); });
    if (v.empty() || !ordered) return std::nan("");
    std::sort(v.begin(), v.end());
    const std::size_t half = v.size() / 2;
    return v.size() % 2 == 1 ? v[half] : (v[half - 1] + v[half]) / 2;
}

double variance_of(const std::vector<double>& v) {
    const double mean = std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
    double sum = 0;
    for (const double x : v) sum += (x - mean) * (x - mean);
    return sum / static_cast<double>(v.size());
}

double extreme(const std::vector<double>& v, bool largest) {
    if (v.empty()) return std::nan("");
    double best = v.front();
    for (const double x : v) {
        if (std::isnan(x)) return x;
        best = largest ? std::max(best, x) : std::min(best, x);
    }
    return best;
}

}  // namespace dg::lessons
