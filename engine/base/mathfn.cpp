#include "engine/base/mathfn.h"

#include <array>
#include <limits>

namespace dg {
namespace {

constexpr double kLn2High = 0x1.62e42fefa0000p-1, kLn2Low = 0x1.cf79abc9e3b3ap-40;
constexpr double kLargestAngle = 1e6;  // further out the three-part reduction loses bits

/// x - n * pi/2 with pi/2 in three parts (Cody-Waite), n = nearest integer to x / (pi/2).
struct Reduced {
    double r;
    std::int64_t n;
};

Reduced reduce_half_pi(double x) {
    const double n = std::nearbyint(x * 0.63661977236758134308);
    double r = std::fma(n, -0x1.921fb54400000p+0, x);
    r = std::fma(n, -0x1.0b4611a600000p-34, r);
    r = std::fma(n, -0x1.3198a2e037073p-69, r);
    return {r, static_cast<std::int64_t>(n)};
}

double sin_series(double r) {
    const double z = r * r;
    double p = -1.0 / 1307674368000.0;  // -1/15!
    for (const double c : {1.0 / 6227020800.0, -1.0 / 39916800.0, 1.0 / 362880.0, -1.0 / 5040.0, 1.0 / 120.0, -1.0 / 6.0})
        p = std::fma(p, z, c);
    return std::fma(p * z, r, r);
}

double cos_series(double r) {
    const double z = r * r;
    double p = 1.0 / 20922789888000.0;  // 1/16!
    for (const double c : {-1.0 / 87178291200.0, 1.0 / 479001600.0, -1.0 / 3628800.0, 1.0 / 40320.0, -1.0 / 720.0, 1.0 / 24.0, -0.5})
        p = std::fma(p, z, c);
    return std::fma(p, z, 1.0);
}

}  // namespace

double exp(double x) {
    if (x != x) return x;
    if (x < -0x1.6232bdd7abcd2p+9) return 0.0;  // ln DBL_MIN
    if (x > 0x1.62e42fefa39efp+9) return std::numeric_limits<double>::infinity();  // ln DBL_MAX
    const double n = std::nearbyint(x * 1.44269504088896340736);
    double r = std::fma(n, -kLn2High, x);
    r = std::fma(n, -kLn2Low, r);
    // Taylor to degree 13: |r| <= ln2/2, remainder < 1e-17
    double p = 1.0 / 6227020800.0;
    for (const double c : {1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
                           1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5})
        p = std::fma(p, r, c);
    p = std::fma(p, r * r, r) + 1.0;
    return std::ldexp(p, static_cast<int>(n));
}

double log(double x) {
    if (x != x || x < 0) return std::numeric_limits<double>::quiet_NaN();
    if (x == 0) return -std::numeric_limits<double>::infinity();
    if (x == std::numeric_limits<double>::infinity()) return x;
    int e = 0;
    double m = std::frexp(x, &e);  // in [0.5, 1)
    if (m < 0.70710678118654752440) m *= 2.0, e -= 1;
    // ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.1716
    const double s = (m - 1.0) / (m + 1.0), z = s * s;
    double p = 1.0 / 21.0;
    for (const double c : {1.0 / 19.0, 1.0 / 17.0, 1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0})
        p = std::fma(p, z, c);
    const double tail = std::fma(2.0 * s * z, p, e * kLn2Low);
    return std::fma(e, kLn2High, std::fma(2.0, s, tail));
}

double sin(double x) {
    if (!(std::fabs(x) <= kLargestAngle)) return std::numeric_limits<double>::quiet_NaN();
    const auto [r, n] = reduce_half_pi(x);
    const double v = (n & 1) != 0 ? cos_series(r) : sin_series(r);
    return (n & 2) != 0 ? -v : v;
}

double cos(double x) {
    if (!(std::fabs(x) <= kLargestAngle)) return std::numeric_limits<double>::quiet_NaN();
    const auto [r, n] = reduce_half_pi(x);
    const double v = (n & 1) != 0 ? sin_series(r) : cos_series(r);
    return ((n + 1) & 2) != 0 ? -v : v;
}

}  // namespace dg
