// Small floating-point formats, bit for bit: FP8 E4M3 (the "FN" kind without infinity), FP8 E5M2,
// BF16, FP16 and the 12-bit E5M6. Encoding rounds to nearest even with an unbounded exponent and
// then tests for overflow (OFP8).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace dg::fp8 {

enum class Format { kE4M3, kE5M2 };

/// 448 (E4M3) or 57344 (E5M2).
float max_finite(Format format);
/// 2^-6 or 2^-14: below it the spacing stays that of the smallest normal numbers.
float min_normal(Format format);
/// 2^-9 or 2^-16: the smallest positive value.
float min_subnormal(Format format);

/// The value of all 256 codes. E4M3: only 0x7f and 0xff are NaN; E5M2: 0x7c and 0xfc are infinite,
/// above them NaN.
const std::array<float, 256>& decode_table(Format format);

inline float decode(Format format, std::uint8_t code) {
    return decode_table(format)[code];
}

/// Layout of a format with a sign, kExponentBits and kMantissaBits, and its two special codes
/// (without the sign).
template <int kExponentBits, int kMantissaBits, std::uint32_t kMaxFiniteCode,
          std::uint32_t kOverflowCode, std::uint32_t kNanCode>
struct Layout {
    static constexpr std::uint32_t kMaxFinite = kMaxFiniteCode;
    static constexpr std::uint32_t kOverflow = kOverflowCode;
    static constexpr std::uint32_t kNan = kNanCode;
    static constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
    static constexpr int kShift = 23 - kMantissaBits;  // mantissa bits of a float that go
    static constexpr std::uint32_t kRebias = static_cast<std::uint32_t>(127 - kBias) << 23;
    static constexpr std::uint32_t kMinNormalBits = static_cast<std::uint32_t>(128 - kBias) << 23;
    // a float whose last bit weighs one smallest subnormal: adding it rounds to that grid, to
    // nearest even
    static constexpr std::uint32_t kGridBits = static_cast<std::uint32_t>(128 - kBias + kShift)
                                               << 23;

    /// The code of x. Overflow and infinities: the largest finite code when saturating, else the
    /// overflow code. NaN stays NaN. Selections instead of branches, so loops over it vectorise.
    static constexpr std::uint32_t encode(float x, bool saturate) {
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
        const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
        const std::uint32_t sign = (bits >> 31U) << (kExponentBits + kMantissaBits);

        // normal results: add just under half of the last kept bit, one more when that bit is odd,
        // and cut
        const std::uint32_t odd = (magnitude >> kShift) & 1U;
        const std::uint32_t rounded = magnitude + ((1U << (kShift - 1)) - 1U) + odd;
        const std::uint32_t normal = (rounded - kRebias) >> kShift;

        // subnormal results: let one addition round
        const float on_grid = std::bit_cast<float>(magnitude) + std::bit_cast<float>(kGridBits);
        const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(on_grid) - kGridBits;

        std::uint32_t code = magnitude < kMinNormalBits ? subnormal : normal;
        code = code > kMaxFiniteCode ? (saturate ? kMaxFiniteCode : kOverflowCode) : code;
        code = magnitude > 0x7F800000U ? kNanCode : code;
        return sign | code;
    }
};

using E4M3 = Layout<4, 3, 0x7E, 0x7F, 0x7F>;
using E5M2 = Layout<5, 2, 0x7B, 0x7C, 0x7E>;
using Half = Layout<5, 10, 0x7BFF, 0x7C00, 0x7E00>;
// DeepSeek-V3 3.3.3 names this 12-bit format for the cached attention output and gives neither bias
// nor specials: OUR READING is that of IEEE, as E5M2 has it (bias 15, top exponent infinite or NaN)
using E5M6 = Layout<5, 6, 0x7BF, 0x7C0, 0x7E0>;

/// The FP8 code of x, round to nearest even. Values that round beyond the largest finite number,
/// and infinities: the largest finite code of the same sign when saturating; otherwise NaN (E4M3)
/// or infinity (E5M2). NaN stays NaN. Some libraries keep an infinite input infinite even when
/// saturating; here it saturates, as OFP8 has it. DeepSeek-V3 report 3.3; proved against exact
/// cases in tests/engine/fp8/format_test.cpp.
inline std::uint8_t encode(Format format, float x, bool saturate) {
    return static_cast<std::uint8_t>(format == Format::kE4M3 ? E4M3::encode(x, saturate)
                                                             : E5M2::encode(x, saturate));
}

/// The upper half of a float, rounded to nearest even; NaN stays (quiet) NaN, overflow gives
/// infinity.
inline std::uint16_t encode_bf16(float x) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U;
    const std::uint32_t quiet_nan = (bits >> 16U) | 0x40U;
    return static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? quiet_nan : rounded);
}

inline float decode_bf16(std::uint16_t code) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 16U);
}

/// x rounded to BF16 and widened again.
inline float round_bf16(float x) {
    return decode_bf16(encode_bf16(x));
}

/// IEEE binary16, rounded to nearest even; overflow gives infinity, NaN stays NaN.
inline std::uint16_t encode_fp16(float x) {
    return static_cast<std::uint16_t>(Half::encode(x, false));
}

float decode_fp16(std::uint16_t code);

/// E5M6, 12 bits in the low end of a word (our reading, see the layout): largest finite value 65024,
/// smallest normal 2^-14, smallest subnormal 2^-20. Overflow gives infinity unless saturating.
inline std::uint16_t encode_e5m6(float x, bool saturate) {
    return static_cast<std::uint16_t>(E5M6::encode(x, saturate));
}

float decode_e5m6(std::uint16_t code);

}  // namespace dg::fp8
