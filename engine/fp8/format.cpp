#include "engine/fp8/format.h"

#include <limits>

namespace dg::fp8 {

namespace {

/// 2^exponent as a float, for normal results.
constexpr float power_of_two(int exponent) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23U);
}

/// Finite value of sign | exponent | mantissa: 1.m 2^(e - bias), or 0.m 2^(1 - bias) when e = 0.
/// Exact in float.
constexpr float finite_value(std::uint32_t code, int exponent_bits, int mantissa_bits) {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const std::uint32_t mantissa = code & ((1U << mantissa_bits) - 1U);
    const std::uint32_t exponent = (code >> mantissa_bits) & ((1U << exponent_bits) - 1U);
    const bool negative = ((code >> (exponent_bits + mantissa_bits)) & 1U) != 0;
    const std::uint32_t hidden = exponent == 0 ? 0U : 1U << mantissa_bits;
    const int scale = (exponent == 0 ? 1 : static_cast<int>(exponent)) - bias - mantissa_bits;
    const float magnitude = static_cast<float>(mantissa + hidden) * power_of_two(scale);
    return negative ? -magnitude : magnitude;
}

constexpr std::array<float, 256> e4m3_values() {
    std::array<float, 256> table{};
    for (std::uint32_t code = 0; code < 256; ++code) {
        table[code] = (code & 0x7FU) == 0x7FU ? std::numeric_limits<float>::quiet_NaN()
                                              : finite_value(code, 4, 3);
    }
    return table;
}

constexpr float infinite_or_nan(bool has_mantissa, bool negative) {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    if (has_mantissa) return std::numeric_limits<float>::quiet_NaN();
    return negative ? -kInf : kInf;
}

constexpr std::array<float, 256> e5m2_values() {
    std::array<float, 256> table{};
    for (std::uint32_t code = 0; code < 256; ++code) {
        const bool special = (code & 0x7CU) == 0x7CU;
        table[code] =
            special ? infinite_or_nan((code & 3U) != 0, code > 0x7FU) : finite_value(code, 5, 2);
    }
    return table;
}

constexpr std::array<float, 256> kE4M3Values = e4m3_values();
constexpr std::array<float, 256> kE5M2Values = e5m2_values();

}  // namespace

float max_finite(Format format) {
    return format == Format::kE4M3 ? 448.0F : 57344.0F;
}

float min_normal(Format format) {
    return format == Format::kE4M3 ? 0x1p-6F : 0x1p-14F;
}

float min_subnormal(Format format) {
    return format == Format::kE4M3 ? 0x1p-9F : 0x1p-16F;
}

const std::array<float, 256>& decode_table(Format format) {
    return format == Format::kE4M3 ? kE4M3Values : kE5M2Values;
}

float decode_fp16(std::uint16_t code) {
    const bool special = (code & 0x7C00U) == 0x7C00U;
    return special ? infinite_or_nan((code & 0x3FFU) != 0, code > 0x7FFFU)
                   : finite_value(code, 5, 10);
}

float decode_e5m6(std::uint16_t code) {
    const bool special = (code & 0x7C0U) == 0x7C0U;
    return special ? infinite_or_nan((code & 0x3FU) != 0, (code & 0x800U) != 0)
                   : finite_value(code, 5, 6);
}

}  // namespace dg::fp8
