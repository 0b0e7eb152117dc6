#include "engine/fp8/quantise.h"

#include "engine/base/parallel.h"
#include "engine/fp8/quantise_kernel.h"
#include "engine/tensor/matmul.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::fp8 {

namespace {

template <class Shape>
constexpr Grid layout_grid(bool saturate, float largest, std::int32_t special) {
    const auto max_bits = std::bit_cast<std::int32_t>(largest);
    return {.drop = Shape::kShift,
            .min_normal = static_cast<std::int32_t>(Shape::kMinNormalBits),
            .grid = std::bit_cast<float>(Shape::kGridBits),
            .max_finite = max_bits,
            .overflow = saturate ? max_bits : special,
            .rebias = static_cast<std::int32_t>(Shape::kRebias),
            .overflow_code = static_cast<std::int32_t>(saturate ? Shape::kMaxFinite : Shape::kOverflow),
            .nan_code = static_cast<std::int32_t>(Shape::kNan),
            .max_code = static_cast<std::int32_t>(Shape::kMaxFinite)};
}

constexpr std::int32_t kNanBits = 0x7FC00000;
constexpr std::int32_t kInfinityBits = 0x7F800000;

/// The least power of two that is not below s, on the exponent bits.
float power_above(float s) {
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(s) + 0x7FFFFFU) & 0x7F800000U);
}

/// Rows of a tile and columns of a tile, the whole extent written out.
std::int64_t or_all(std::int64_t tile, std::int64_t extent) {
    return tile > 0 ? tile : std::max<std::int64_t>(extent, 1);
}

/// One scale of a row of pieces, with its reciprocal. Loops without branches: there is a scale for every 32 numbers or so.
struct ScaleRow {
    std::vector<float> scale, inverse;

    void set(const std::vector<std::int32_t>& amax, const QuantSpec& spec) {
        const std::size_t n = amax.size();
        scale.assign(n, 1.0F);
        inverse.resize(n);
        const float largest = max_finite(spec.format);
        if (spec.scaled) {
            for (std::size_t i = 0; i < n; ++i) {
                scale[i] = std::max(std::bit_cast<float>(amax[i]), kAmaxFloor) / largest;
            }
        }
        if (spec.scaled && spec.ue8m0) {
            for (std::size_t i = 0; i < n; ++i) scale[i] = power_above(scale[i]);
        }
        for (std::size_t i = 0; i < n; ++i) inverse[i] = 1.0F / scale[i];
    }
};

/// Largest magnitudes of the pieces of rows [begin, end).
void piece_max(const float* x, std::int64_t begin, std::int64_t end, std::int64_t cols,
               std::int64_t tile, std::vector<std::int32_t>& amax, std::vector<std::int32_t>& row) {
    std::fill(amax.begin(), amax.end(), 0);
    for (std::int64_t r = begin; r < end; ++r) {
        if (tile == 1) {
            quant_kernels().column_max(x + r * cols, cols, amax.data());
        } else {
            quant_kernels().row_max(x + r * cols, cols, tile, row.data());
            for (std::size_t t = 0; t < amax.size(); ++t) amax[t] = std::max(amax[t], row[t]);
        }
    }
}

/// Numbers that one task holds in the first-level cache together with their scales.
constexpr std::int64_t kTaskNumbers = 1 << 15;
constexpr std::int64_t kLongRow = 1 << 12;

/// Calls body(first row, end row, tile, scales) for every row of pieces, in parallel, and keeps the scales.
template <class Body>
void for_bands(const float* x, std::int64_t rows, std::int64_t cols, const QuantSpec& spec,
               float* scales, const Body& body) {
    const std::int64_t tile_rows = or_all(spec.tile_rows, rows);
    const std::int64_t tile_cols = or_all(spec.tile_cols, cols);
    const std::int64_t bands = (rows + tile_rows - 1) / tile_rows;
    const std::int64_t pieces = (cols + tile_cols - 1) / tile_cols;
    // a fixed number of numbers per task: tasks do not depend on the thread count
    const std::int64_t grain = std::max<std::int64_t>(1, kTaskNumbers / (tile_rows * cols));
    parallel_ranges(bands, grain, [&](std::int64_t first, std::int64_t last) {
        std::vector<std::int32_t> amax(static_cast<std::size_t>(pieces));
        std::vector<std::int32_t> row(static_cast<std::size_t>(pieces));
        ScaleRow s;
        for (std::int64_t band = first; band < last; ++band) {
            const std::int64_t begin = band * tile_rows;
            const std::int64_t end = std::min(begin + tile_rows, rows);
            if (spec.scaled) piece_max(x, begin, end, cols, tile_cols, amax, row);
            s.set(amax, spec);
            if (scales != nullptr) std::copy(s.scale.begin(), s.scale.end(), scales + band * pieces);
            body(begin, end, tile_cols, s);
        }
    });
}

/// Calls body(first number, rows, cols, tile, scales) for pieces that share a row of scales. Tiles of one row that fill the
/// rows are laid end to end, so that short rows cost no more than long ones.
template <class Body>
void for_pieces(const float* x, std::int64_t rows, std::int64_t cols, const QuantSpec& spec,
                Tensor<float>* scales, const Body& body) {
    if (scales != nullptr) *scales = Tensor<float>(scale_shape(rows, cols, spec));
    if (rows == 0 || cols == 0) return;
    float* const kept = scales != nullptr ? scales->data() : nullptr;
    const auto run = [&](std::int64_t first_row, std::int64_t n, std::int64_t width) {
        const std::int64_t offset = first_row * cols;
        float* const to = kept != nullptr && first_row > 0 ? kept + offset / spec.tile_cols : kept;
        for_bands(x + offset, n, width, spec, to, [&](std::int64_t begin, std::int64_t end, std::int64_t tile, const ScaleRow& s) {
            body(offset + begin * width, end - begin, width, tile, s);
        });
    };
    const bool flat = spec.tile_rows == 1 && spec.tile_cols > 0 && cols % spec.tile_cols == 0;
    const std::int64_t together = flat ? std::clamp<std::int64_t>(kLongRow / cols, 1, rows) : 1;
    run(0, rows / together, together * cols);
    if (rows % together > 0) run(rows / together * together, rows % together, cols);
}

}  // namespace

const QuantKernels& quant_kernels() {
    static const QuantKernels& chosen =
        matmul_kernel_name() == "avx512" ? quant_avx512() : quant_baseline();
    return chosen;
}

Grid grid_of(Format format, bool saturate) {
    return format == Format::kE4M3 ? layout_grid<E4M3>(saturate, 448.0F, kNanBits)
                                   : layout_grid<E5M2>(saturate, 57344.0F, kInfinityBits);
}

float scale_of(float amax, const QuantSpec& spec) {
    const float s = std::max(amax, kAmaxFloor) / max_finite(spec.format);
    return spec.ue8m0 ? power_above(s) : s;
}

Shape scale_shape(std::int64_t rows, std::int64_t cols, const QuantSpec& spec) {
    const std::int64_t tile_rows = or_all(spec.tile_rows, rows);
    const std::int64_t tile_cols = or_all(spec.tile_cols, cols);
    return {(rows + tile_rows - 1) / tile_rows, (cols + tile_cols - 1) / tile_cols};
}

QuantisedMatrix quantise(const float* x, std::int64_t rows, std::int64_t cols,
                         const QuantSpec& spec) {
    QuantisedMatrix q{.spec = spec, .rows = rows, .cols = cols, .codes = {}, .scales = {}};
    q.codes.resize(static_cast<std::size_t>(rows * cols));
    const Grid grid = grid_of(spec.format, spec.saturate);
    for_pieces(x, rows, cols, spec, &q.scales,
               [&](std::int64_t first, std::int64_t n, std::int64_t width, std::int64_t tile,
                   const ScaleRow& s) {
                   for (std::int64_t r = 0; r < n; ++r, first += width) {
                       quant_kernels().encode_row(grid, x + first, width, tile, s.inverse.data(),
                                            q.codes.data() + first);
                   }
               });
    return q;
}

QuantisedMatrix quantise(const Tensor<float>& x, const QuantSpec& spec) {
    return quantise(x.data(), x.rows(), x.cols(), spec);
}

Tensor<float> dequantise(const QuantisedMatrix& q) {
    Tensor<float> out = Tensor<float>::unset({q.rows, q.cols});
    for (std::int64_t r = 0; r < q.rows; ++r) {
        for (std::int64_t c = 0; c < q.cols; ++c) out.row(r)[c] = q.value(r, c);
    }
    return out;
}

void fake_quantise(const float* x, std::int64_t rows, std::int64_t cols, const QuantSpec& spec,
                   float* out, Tensor<float>* scales) {
    const Grid grid = grid_of(spec.format, spec.saturate);
    for_pieces(x, rows, cols, spec, scales,
               [&](std::int64_t first, std::int64_t n, std::int64_t width, std::int64_t tile,
                   const ScaleRow& s) {
                   const auto kernel = [&](std::int64_t at) {
                       if (tile == 1) {
                           quant_kernels().fake_columns(grid, x + at, width, s.inverse.data(),
                                                  s.scale.data(), out + at);
                       } else {
                           quant_kernels().fake_row(grid, x + at, width, tile, s.inverse.data(),
                                              s.scale.data(), out + at);
                       }
                   };
                   for (std::int64_t r = 0; r < n; ++r) kernel(first + r * width);
               });
}

Tensor<float> fake_quantise(const Tensor<float>& x, const QuantSpec& spec) {
    Tensor<float> out = Tensor<float>::unset(x.shape());
    fake_quantise(x.data(), x.rows(), x.cols(), spec, out.data());
    return out;
}

void round_bf16(const float* x, std::int64_t n, float* out) {
    parallel_ranges(n, 1 << 15, [&](std::int64_t begin, std::int64_t end) {
        quant_kernels().round_bf16(x + begin, end - begin, out + begin);
    });
}

void fake_quantise_e5m6(const float* x, std::int64_t rows, std::int64_t cols, std::int64_t tile,
                        float* out) {
    parallel_ranges(rows, std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(cols, 1)),
                    [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
            for (std::int64_t first = 0; first < cols; first += tile) {
                const std::int64_t n = std::min(tile, cols - first);
                const float* from = x + r * cols + first;
                std::int32_t amax = 0;
                quant_kernels().row_max(from, n, n, &amax);
                // the largest number of the tile lands below 65024: a power of two, so only 6 bits of mantissa are lost
                const float least = std::max(std::bit_cast<float>(amax), kAmaxFloor) / 65024.0F;
                const float s = std::bit_cast<float>((std::bit_cast<std::uint32_t>(least) + 0x7FFFFFU) & 0x7F800000U);
                const float inverse = 1.0F / s;
                for (std::int64_t i = 0; i < n; ++i) {
                    out[r * cols + first + i] = decode_e5m6(encode_e5m6(from[i] * inverse, true)) * s;
                }
            }
        }
    });
}

}  // namespace dg::fp8
