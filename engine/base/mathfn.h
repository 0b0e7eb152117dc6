// exp, log, sin and cos of every numeric in deepglass. libm picks its code by CPU and so its last bits; these are plain
// arithmetic with explicit fused multiply-adds and give the same bits at any vector width.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace dg {

/// e^x. Relative error < 2e-7 (float), < 4e-16 (double); inf above the largest finite result; 0 below e^-86.6 = 2.5e-38
/// (float) or below the smallest normal result (double); NaN stays NaN. Branch-free: loops over the float form vectorise.
inline float exp(float x) {
    constexpr float kLargest = 0x1.62e42ep+6F;  // the last float whose exp is finite
    const float clamped = x < -86.6F ? -86.6F : (x > kLargest ? kLargest : x);
    const float n = std::nearbyint(clamped * 1.44269504088896341F);
    float r = std::fma(n, -0.693359375F, clamped);
    r = std::fma(n, 2.12194440054690583e-4F, r);
    float p = 1.9875691500e-4F;
    p = std::fma(p, r, 1.3981999507e-3F);
    p = std::fma(p, r, 8.3334519073e-3F);
    p = std::fma(p, r, 4.1665795894e-2F);
    p = std::fma(p, r, 1.6666665459e-1F);
    p = std::fma(p, r, 5.0000001201e-1F);
    p = std::fma(p, r * r, r) + 1.0F;
    const float scaled = p * std::bit_cast<float>((static_cast<std::int32_t>(n) + 126) << 23) * 2.0F;
    return x < -86.6F ? 0.0F : (x > kLargest ? std::numeric_limits<float>::infinity() : (x == x ? scaled : x));
}

double exp(double x);
/// ln x for x > 0; -inf at 0; NaN below 0. Relative error < 4e-16 (the float form rounds the double one).
double log(double x);

inline float log(float x) { return static_cast<float>(log(static_cast<double>(x))); }

/// sin and cos of an angle in radians, |x| <= 1e6, absolute error < 1e-15; NaN beyond.
double sin(double x);
double cos(double x);

}  // namespace dg
