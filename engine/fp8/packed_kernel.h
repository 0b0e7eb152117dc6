// The table of one compiled kernel file for products with narrow weights; no standard containers here (see
// engine/tensor/matmul_kernel.h).
#pragma once

#include <cstdint>

namespace dg::fp8 {

/// How a weight lies in memory. kTable: 8-bit codes read through a table of 256 floats (when some code is NaN).
enum class Storage { kBf16, kE4M3, kE5M2, kTable };

struct PackedKernels {
    int nr;      // columns of a panel
    int panels;  // largest number of panels in one call of `row`
    /// out[k][0..nr) = value(panel[k][..]) * scale[..], k < depth: a panel widened to f32, for left-hand sides of several rows.
    void (*widen)(Storage storage, std::int64_t depth, const void* panel, const float* scale, const float* table, float* out);
    /// The chain along k goes on from y: y[p][..] = fma(x[k], value(panel_p[k][..]) * scale[p][..], y[p][..]) for k < depth.
    /// Panel p lies `stride` numbers behind panel p - 1; y and scale [count][nr], count <= panels.
    void (*row)(Storage storage, int count, std::int64_t depth, const float* x, const void* panel, std::int64_t stride,
                const float* scale, const float* table, float* y);
};

const PackedKernels& packed_baseline();
const PackedKernels& packed_avx512();

}  // namespace dg::fp8
