// FP8 quantisation of matrices: online scales per tile, block or tensor, codes, dequantised values
// and what was lost. DeepSeek-V3 3.3.2; kernel.py act_quant; DeepGEMM per_block_cast_to_fp8.
#pragma once

#include "engine/fp8/format.h"
#include "engine/tensor/tensor.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dg::fp8 {

/// How a matrix is cut into pieces with one scale each. Edge pieces are partial.
///   s = max(amax, 1e-4) / max_finite, amax = largest finite |x| of the piece;   code = encode(x * (1/s));   x^ = decode(code) * s
/// Infinite inputs do not enter amax: they overflow. NaN stays NaN.
struct QuantSpec {
    Format format = Format::kE4M3;
    std::int64_t tile_rows = 1, tile_cols = 128;  // 0 = the whole extent
    bool scaled = true;                           // false: raw cast, all scales 1
    bool ue8m0 = false;                           // s rounded up to a power of two (V3.1)
    bool saturate = true;

    bool operator==(const QuantSpec&) const = default;
};

/// The smallest amax that counts: a tile of zeros gets the scale 1e-4 / max_finite.
inline constexpr float kAmaxFloor = 1e-4F;

/// s for an amax, as in QuantSpec.
float scale_of(float amax, const QuantSpec& spec);

/// Number of scales along rows and columns: {ceil(rows / tile_rows), ceil(cols / tile_cols)}.
Shape scale_shape(std::int64_t rows, std::int64_t cols, const QuantSpec& spec);

/// One byte per number and the scales.
struct QuantisedMatrix {
    QuantSpec spec;
    std::int64_t rows = 0, cols = 0;
    std::vector<std::uint8_t> codes;  // [rows, cols]
    Tensor<float> scales;             // scale_shape

    [[nodiscard]] float scale_at(std::int64_t r, std::int64_t c) const {
        const std::int64_t tr = spec.tile_rows > 0 ? r / spec.tile_rows : 0;
        const std::int64_t tc = spec.tile_cols > 0 ? c / spec.tile_cols : 0;
        return scales.row(tr)[tc];
    }

    [[nodiscard]] float value(std::int64_t r, std::int64_t c) const {
        return decode(spec.format, codes[static_cast<std::size_t>(r * cols + c)]) * scale_at(r, c);
    }

    /// Bytes of codes and scales.
    [[nodiscard]] std::int64_t bytes() const {
        return static_cast<std::int64_t>(codes.size()) +
               scales.size() * static_cast<std::int64_t>(sizeof(float));
    }
};

/// x [rows, cols], row-major. Any extent, 0 included.
QuantisedMatrix quantise(const float* x, std::int64_t rows, std::int64_t cols,
                         const QuantSpec& spec);
/// The tensor seen as a matrix.
QuantisedMatrix quantise(const Tensor<float>& x, const QuantSpec& spec);

/// decode(code) * scale: [rows, cols].
Tensor<float> dequantise(const QuantisedMatrix& q);

/// dequantise(quantise(x)) in one pass, without codes; out [rows, cols] may be x. `scales`, if
/// given, gets the scales. Same bits as the two steps.
void fake_quantise(const float* x, std::int64_t rows, std::int64_t cols, const QuantSpec& spec,
                   float* out, Tensor<float>* scales = nullptr);
Tensor<float> fake_quantise(const Tensor<float>& x, const QuantSpec& spec);

/// Every number rounded to BF16; out may be x.
void round_bf16(const float* x, std::int64_t n, float* out);

/// E5M6 with one power-of-two scale per 1 x tile: the cached input of o_proj (V3 3.3.3; our reading
/// of the format).
void fake_quantise_e5m6(const float* x, std::int64_t rows, std::int64_t cols, std::int64_t tile,
                        float* out);

/// What a quantisation did to a tensor.
struct Counters {
    std::int64_t count = 0;      // numbers
    double amax = 0;             // largest finite |x|
    std::int64_t overflow = 0;   // rounded beyond the largest finite number (infinite inputs too),
                                 // whether it then saturated or not
    std::int64_t underflow = 0;  // not zero before, zero after
    std::int64_t not_a_number = 0;  // NaN after, not before
    double relative_error = 0;   // ||x^ - x|| / ||x|| over the numbers that are finite before and
                                 // after; 0 for an all-zero tensor
    bool operator==(const Counters&) const = default;
};

/// Counts from x and its quantised values; `scales` as QuantisedMatrix has them.
Counters count_losses(const Tensor<float>& x, const Tensor<float>& quantised,
                      const Tensor<float>& scales, const QuantSpec& spec);
/// Quantises and counts.
Counters count_losses(const Tensor<float>& x, const QuantSpec& spec);

/// The same for rounding to BF16: overflow beyond its range, underflow below its smallest number.
Counters count_bf16_losses(const Tensor<float>& x);

/// The bad example of the textbooks: symmetric INT8, s = amax / 127, code = round(x / s) in
/// [-127, 127]; tile_rows and tile_cols as in QuantSpec.
Tensor<float> fake_quantise_int8(const Tensor<float>& x, std::int64_t tile_rows,
                                 std::int64_t tile_cols);

}  // namespace dg::fp8
