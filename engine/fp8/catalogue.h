// The number formats side by side, as data: fields, codes and limits of each. For bit editors, tables
// and tests; kernels use format.h.
#pragma once

#include "engine/fp8/format.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace dg::fp8 {

enum class Layouts { kFp32, kBf16, kFp16, kE4M3, kE5M2, kE5M6 };

/// One format: a sign bit, then the exponent, then the mantissa.
struct FormatInfo {
    Layouts layout;
    std::string_view id;    // "e4m3": as parameters and observables say it
    std::string_view name;  // "E4M3"
    int exponent_bits = 0, mantissa_bits = 0;
    bool has_infinity = true;  // E4M3 has none: only the all-ones code of each sign is NaN

    [[nodiscard]] int bits() const { return 1 + exponent_bits + mantissa_bits; }

    [[nodiscard]] int bias() const { return (1 << (exponent_bits - 1)) - 1; }

    [[nodiscard]] std::uint32_t sign_bit() const {
        return 1U << static_cast<unsigned>(bits() - 1);
    }
};

/// FP32, BF16, FP16, E4M3, E5M2, E5M6 (12 bits; bias and specials are our reading, see format.h).
std::span<const FormatInfo> formats();
/// nullptr for an unknown id.
const FormatInfo* find_format(std::string_view id);

/// The value of a code, exact.
double decode(const FormatInfo& format, std::uint32_t code);

/// The code of x, rounded once to nearest even from the double itself. Values that round beyond the
/// largest finite number, and infinities: that number when saturating, else infinity or (E4M3) NaN.
/// NaN stays NaN.
std::uint32_t encode(const FormatInfo& format, double x, bool saturate);

/// The three fields of a code.
struct Fields {
    bool negative = false;
    std::uint32_t exponent = 0, mantissa = 0;
};
Fields fields(const FormatInfo& format, std::uint32_t code);

/// What the fields of a code would be worth if no code were reserved for infinity or NaN: 480 for
/// 0x7F of E4M3.
double unreserved_value(const FormatInfo& format, std::uint32_t code);

/// Found by walking the codes of a format.
struct Limits {
    double max = 0, min_normal = 0, min_subnormal = 0;
    double epsilon = 0;        // from 1 to the next number
    double overflow_from = 0;  // the midpoint beyond max: what lies above it rounds away
    std::uint32_t max_code = 0;
    std::int64_t values = 0;  // different finite values, zero once
    std::int64_t nan_codes = 0, infinite_codes = 0;
};
Limits limits(const FormatInfo& format);

/// The positive codes around |x|: below <= |x| < above as long as both are finite; `above` may be the
/// first code that is not.
struct Bracket {
    std::uint32_t below = 0, above = 1;
};
Bracket bracket(const FormatInfo& format, double x);

/// Distance of the neighbours around |x|: 2^(e - mantissa bits), below min_normal the smallest
/// subnormal.
double spacing(const FormatInfo& format, double x);

}  // namespace dg::fp8
