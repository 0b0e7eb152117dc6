// The table of one compiled kernel file, as engine/tensor/matmul_kernel.h: compiled for other instruction sets, so no
// standard containers here. Every function is element-wise or a maximum: same bits at any vector width.
#pragma once

#include <cstdint>

namespace dg::fp8 {

enum class Format;

/// Integers of an 8-bit format that the loops need; a plain value, handed in.
struct Grid {
    std::int32_t drop;         // mantissa bits of a float that go
    std::int32_t min_normal;   // bits of the smallest normal number
    float grid;                // adding it rounds to multiples of the smallest subnormal
    std::int32_t max_finite;   // bits of the largest finite number
    std::int32_t overflow;     // bits of what overflow gives: max_finite, NaN or infinity
    std::int32_t rebias;       // bits to take off a rounded normal before the shift
    std::int32_t overflow_code, nan_code;
    std::int32_t max_code;
};

struct QuantKernels {
    /// out[t] = bits of the largest finite |x| of tile t of a row of n numbers.
    void (*row_max)(const float* x, std::int64_t n, std::int64_t tile, std::int32_t* out);
    /// running[c] = max(running[c], bits of |x[c]|) for finite x[c].
    void (*column_max)(const float* x, std::int64_t n, std::int32_t* running);
    /// out[i] = round(x[i] * inverse[t]) * scale[t], t = i / tile.
    void (*fake_row)(const Grid& grid, const float* x, std::int64_t n, std::int64_t tile, const float* inverse,
                     const float* scale, float* out);
    /// out[i] = round(x[i] * inverse[i]) * scale[i].
    void (*fake_columns)(const Grid& grid, const float* x, std::int64_t n, const float* inverse, const float* scale,
                         float* out);
    /// codes[i] = code of x[i] * inverse[t].
    void (*encode_row)(const Grid& grid, const float* x, std::int64_t n, std::int64_t tile, const float* inverse,
                       std::uint8_t* codes);
    void (*round_bf16)(const float* x, std::int64_t n, float* out);
    /// The same loop for INT8: codes[i] = nearest integer of x[i] * inverse[t], within [-127, 127], as a byte. The peer that the
    /// benchmark of encode_row is measured against.
    void (*encode_int8_row)(const float* x, std::int64_t n, std::int64_t tile, const float* inverse, std::uint8_t* codes);
};

const QuantKernels& quant_baseline();
const QuantKernels& quant_avx512();

/// Those of this machine.
const QuantKernels& quant_kernels();
/// The integers of a format.
Grid grid_of(Format format, bool saturate);

}  // namespace dg::fp8
