#include "engine/fp8/catalogue.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace dg::fp8 {
namespace {

constexpr std::array<FormatInfo, 6> kFormats = {{
    {Layouts::kFp32, "fp32", "FP32", 8, 23},
    {Layouts::kBf16, "bf16", "BF16", 8, 7},
    {Layouts::kFp16, "fp16", "FP16", 5, 10},
    {Layouts::kE4M3, "e4m3", "E4M3", 4, 3, false},
    {Layouts::kE5M2, "e5m2", "E5M2", 5, 2},
    {Layouts::kE5M6, "e5m6", "E5M6", 5, 6},
}};

/// x as a float that still knows whether anything was cut off: truncated, and the last bit set if so
/// ("round to odd"). Rounding it again to a narrower format equals rounding x once.
float to_odd_float(double x) {
    const float nearest = static_cast<float>(x);
    if (static_cast<double>(nearest) == x || std::isnan(x)) return nearest;
    std::uint32_t bits = std::bit_cast<std::uint32_t>(nearest);
    if (std::abs(static_cast<double>(nearest)) > std::abs(x)) --bits;
    return std::bit_cast<float>(bits | 1U);
}

std::uint32_t encode_open(const FormatInfo& format, double x) {
    switch (format.layout) {
        case Layouts::kFp32: return std::bit_cast<std::uint32_t>(static_cast<float>(x));
        case Layouts::kBf16: return encode_bf16(to_odd_float(x));
        case Layouts::kFp16: return encode_fp16(to_odd_float(x));
        case Layouts::kE4M3: return encode(Format::kE4M3, to_odd_float(x), false);
        case Layouts::kE5M2: return encode(Format::kE5M2, to_odd_float(x), false);
        case Layouts::kE5M6: return encode_e5m6(to_odd_float(x), false);
    }
    return 0;
}

/// 2^e for any e that a double holds.
double power_of_two(int e) {
    double p = 1;
    for (; e > 0; --e) p *= 2;
    for (; e < 0; ++e) p /= 2;
    return p;
}

}  // namespace

std::span<const FormatInfo> formats() { return kFormats; }

const FormatInfo* find_format(std::string_view id) {
    const auto found = std::ranges::find(kFormats, id, &FormatInfo::id);
    return found == kFormats.end() ? nullptr : &*found;
}

double decode(const FormatInfo& format, std::uint32_t code) {
    switch (format.layout) {
        case Layouts::kFp32: return static_cast<double>(std::bit_cast<float>(code));
        case Layouts::kBf16: return static_cast<double>(decode_bf16(static_cast<std::uint16_t>(code)));
        case Layouts::kFp16: return static_cast<double>(decode_fp16(static_cast<std::uint16_t>(code)));
        case Layouts::kE4M3: return static_cast<double>(decode(Format::kE4M3, static_cast<std::uint8_t>(code)));
        case Layouts::kE5M2: return static_cast<double>(decode(Format::kE5M2, static_cast<std::uint8_t>(code)));
        case Layouts::kE5M6: return static_cast<double>(decode_e5m6(static_cast<std::uint16_t>(code)));
    }
    return 0;
}

std::uint32_t encode(const FormatInfo& format, double x, bool saturate) {
    const std::uint32_t code = encode_open(format, x);
    if (!saturate || std::isnan(x) || std::isfinite(decode(format, code))) return code;
    return (code & format.sign_bit()) | limits(format).max_code;
}

Fields fields(const FormatInfo& format, std::uint32_t code) {
    const auto mantissa_bits = static_cast<unsigned>(format.mantissa_bits);
    const auto exponent_bits = static_cast<unsigned>(format.exponent_bits);
    return {.negative = (code & format.sign_bit()) != 0,
            .exponent = (code >> mantissa_bits) & ((1U << exponent_bits) - 1U),
            .mantissa = code & ((1U << mantissa_bits) - 1U)};
}

double unreserved_value(const FormatInfo& format, std::uint32_t code) {
    const Fields f = fields(format, code);
    const double whole = f.exponent == 0 ? 0 : power_of_two(format.mantissa_bits);
    const int exponent = std::max<int>(static_cast<int>(f.exponent), 1);
    const double value = (whole + f.mantissa) * power_of_two(exponent - format.bias() - format.mantissa_bits);
    return f.negative ? -value : value;
}

Limits limits(const FormatInfo& format) {
    Limits l;
    // positive codes rise with their values, so the finite ones are a run from 0
    std::uint32_t finite = 0, beyond = format.sign_bit();
    while (beyond - finite > 1) {
        const std::uint32_t middle = finite + (beyond - finite) / 2;
        (std::isfinite(decode(format, middle)) ? finite : beyond) = middle;
    }
    const auto mantissa_bits = static_cast<unsigned>(format.mantissa_bits);
    l.max_code = finite;
    l.max = decode(format, finite);
    l.min_subnormal = decode(format, 1);
    l.min_normal = decode(format, 1U << mantissa_bits);
    const std::uint32_t one = encode_open(format, 1);
    l.epsilon = decode(format, one + 1) - decode(format, one);
    l.overflow_from = l.max + (l.max - decode(format, finite - 1)) / 2;
    l.values = 2 * static_cast<std::int64_t>(finite) + 1;
    const std::int64_t special = 2 * (static_cast<std::int64_t>(format.sign_bit()) - finite - 1);
    l.infinite_codes = format.has_infinity ? 2 : 0;
    l.nan_codes = special - l.infinite_codes;
    return l;
}

Bracket bracket(const FormatInfo& format, double x) {
    const double magnitude = std::abs(x);
    const std::uint32_t max_code = limits(format).max_code;
    if (!(magnitude < decode(format, max_code))) return {max_code, max_code + 1};
    std::uint32_t code = encode_open(format, magnitude);
    if (decode(format, code) > magnitude) --code;
    return {code, code + 1};
}

double spacing(const FormatInfo& format, double x) {
    Bracket b = bracket(format, x);
    if (b.below == limits(format).max_code) b = {b.below - 1, b.below};
    return decode(format, b.above) - decode(format, b.below);
}

}  // namespace dg::fp8
