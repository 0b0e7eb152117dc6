#include "engine/tensor/matmul.h"

#include "engine/base/parallel.h"
#include "engine/tensor/matmul_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <type_traits>

namespace dg {
namespace {

bool wide_vectors() {
#if defined(__x86_64__)
    const char* forced = std::getenv("DEEPGLASS_KERNEL");
    if (forced != nullptr && std::string_view(forced) == "baseline") return false;
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

template <class Real>
const kernel::Kernels<Real>& kernels() {
    static const kernel::Kernels<Real>& chosen = wide_vectors() ? kernel::avx512(Real()) : kernel::baseline(Real());
    return chosen;
}

using Eight = float __attribute__((vector_size(32), aligned(4)));

/// out[k * out_row + j] = in[j * in_row + k] for j, k < 8: in registers, three rounds of interleaving.
void transpose_8x8(const float* in, std::int64_t in_row, float* out, std::int64_t out_row) {
    Eight v[8], w[8];
    for (int j = 0; j < 8; ++j) v[j] = *reinterpret_cast<const Eight*>(in + j * in_row);
    for (int j = 0; j < 8; j += 2) {
        w[j] = __builtin_shufflevector(v[j], v[j + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        w[j + 1] = __builtin_shufflevector(v[j], v[j + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int j = 0; j < 8; j += 4)
        for (int i = 0; i < 2; ++i) {
            v[j + 2 * i] = __builtin_shufflevector(w[j + i], w[j + 2 + i], 0, 1, 8, 9, 4, 5, 12, 13);
            v[j + 2 * i + 1] = __builtin_shufflevector(w[j + i], w[j + 2 + i], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int k = 0; k < 4; ++k) {
        *reinterpret_cast<Eight*>(out + k * out_row) = __builtin_shufflevector(v[k], v[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *reinterpret_cast<Eight*>(out + (k + 4) * out_row) = __builtin_shufflevector(v[k], v[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/// [begin, end) x `depth` of a panel whose columns are contiguous in memory (a transposed weight): column j of the panel
/// from columns + j * stride.
template <class Real>
void pack_columns(const Real* columns, std::int64_t stride, std::int64_t begin, std::int64_t end, std::int64_t depth, int nr, Real* out) {
    std::int64_t j = begin;
    if constexpr (std::is_same_v<Real, float>) {
        for (; j + 8 <= end; j += 8) {
            std::int64_t k = 0;
            for (; k + 8 <= depth; k += 8) transpose_8x8(columns + j * stride + k, stride, out + k * nr + j, nr);
            for (; k < depth; ++k)
                for (std::int64_t i = j; i < j + 8; ++i) out[k * nr + i] = columns[i * stride + k];
        }
    }
    for (; j < end; ++j)
        for (std::int64_t k = 0; k < depth; ++k) out[k * nr + j] = columns[j * stride + k];
}

/// Panel p of b, columns [p*nr, p*nr + nr), as [K][nr], zero beyond the last column.
template <class Real>
void pack_panel(const View<const Real>& b, std::int64_t p, int nr, Real* out) {
    const std::int64_t first = p * nr, columns = std::min<std::int64_t>(nr, b.cols - first);
    const Real* data = b.data + first * b.col_stride;
    if (b.row_stride == 1) {
        pack_columns(data, b.col_stride, 0, columns, b.rows, nr, out);
    } else {
        for (std::int64_t k = 0; k < b.rows; ++k)
            for (std::int64_t j = 0; j < columns; ++j) out[k * nr + j] = data[k * b.row_stride + j * b.col_stride];
    }
    if (columns == nr) return;
    for (std::int64_t k = 0; k < b.rows; ++k) std::fill(out + k * nr + columns, out + (k + 1) * nr, Real(0));
}

/// Blocks of k kept in the first-level cache with their panel.
constexpr std::int64_t kDepthBlock = 256;

template <class Real>
void multiply_rows(const View<const Real>& a, const Real* panels, std::int64_t depth, const View<Real>& c, std::int64_t begin,
                   std::int64_t end, bool accumulate) {
    const auto& kern = kernels<Real>();
    const std::int64_t panel_count = (c.cols + kern.nr - 1) / kern.nr;
    for (std::int64_t k0 = 0; k0 == 0 || k0 < depth; k0 += kDepthBlock) {
        const std::int64_t block = std::min(kDepthBlock, depth - k0);
        for (std::int64_t m = begin; m < end; m += kern.mr) {
            const int rows = static_cast<int>(std::min<std::int64_t>(kern.mr, end - m));
            for (std::int64_t p = 0; p < panel_count; ++p) {
                const int columns = static_cast<int>(std::min<std::int64_t>(kern.nr, c.cols - p * kern.nr));
                kern.tile(rows, columns, block, a.data + m * a.row_stride + k0 * a.col_stride, a.row_stride, a.col_stride,
                          panels + (p * depth + k0) * kern.nr, kern.nr, c.data + m * c.row_stride + p * kern.nr, c.row_stride,
                          accumulate || k0 > 0);
            }
        }
    }
}

}  // namespace

template <class Real>
void matmul(View<const Real> a, View<const Real> b, View<Real> c, bool accumulate) {
    DG_CHECK_EQ(a.cols, b.rows);
    DG_CHECK_EQ(a.rows, c.rows);
    DG_CHECK_EQ(b.cols, c.cols);
    DG_CHECK_EQ(c.col_stride, 1);
    if (c.rows == 0 || c.cols == 0) return;
    const auto& kern = kernels<Real>();
    const std::int64_t depth = b.rows, panel_count = (b.cols + kern.nr - 1) / kern.nr;
    static thread_local typename Tensor<Real>::Storage panels;
    panels.resize(static_cast<std::size_t>(panel_count * depth * kern.nr));
    Real* packed = panels.data();  // the workers must see this thread's buffer, not their own
    const auto pack = [&](std::int64_t p) { pack_panel(b, p, kern.nr, packed + p * depth * kern.nr); };
    if (2 * c.rows * c.cols * depth < kWorthWaking) {
        for (std::int64_t p = 0; p < panel_count; ++p) pack(p);
        multiply_rows(a, packed, depth, c, 0, c.rows, accumulate);
        return;
    }
    parallel_for(panel_count, panel_count * depth * kern.nr, pack);
    const std::int64_t tiles = std::clamp<std::int64_t>((c.rows + kern.mr - 1) / kern.mr, 1, 16);
    const std::int64_t grain = ((c.rows + tiles - 1) / tiles + kern.mr - 1) / kern.mr * kern.mr;
    parallel_ranges(c.rows, grain, [&](std::int64_t begin, std::int64_t end) {
        multiply_rows(a, packed, depth, c, begin, end, accumulate);
    });
}

template <class Real>
void matmul_reference(View<const Real> a, View<const Real> b, View<Real> c, bool accumulate) {
    for (std::int64_t m = 0; m < c.rows; ++m)
        for (std::int64_t n = 0; n < c.cols; ++n) {
            Real sum = accumulate ? c(m, n) : Real(0);
            for (std::int64_t k = 0; k < a.cols; ++k) sum = std::fma(a(m, k), b(k, n), sum);
            c(m, n) = sum;
        }
}

template <class Real>
void PackedMatrix<Real>::assign(View<const Real> b) {
    rows_ = b.rows;
    cols_ = b.cols;
    const auto& kern = kernels<Real>();
    const std::int64_t panel_count = (cols_ + kern.nr - 1) / kern.nr;
    panels_.resize(std::max(panels_.size(), static_cast<std::size_t>(panel_count * rows_ * kern.nr)));
    for (std::int64_t p = 0; p < panel_count; ++p) pack_panel(b, p, kern.nr, panels_.data() + p * rows_ * kern.nr);
}

template <class Real>
void PackedMatrix<Real>::multiply(View<const Real> a, View<Real> c) const {
    DG_CHECK_EQ(a.cols, rows_);
    DG_CHECK(c.cols <= cols_);
    if (a.rows == 1 && a.col_stride == 1) {
        kernels<Real>().row(c.cols, rows_, a.data, panels_.data(), c.data);
        return;
    }
    multiply_rows(a, panels_.data(), rows_, c, 0, c.rows, false);
}

template <class Real>
void PackedMatrix<Real>::multiply_row(const Real* x, Real* y) const {
    kernels<Real>().row(cols_, rows_, x, panels_.data(), y);
}

template <class Real>
void matmul_in_place(View<const Real> a, View<const Real> b, View<Real> c) {
    DG_CHECK_EQ(a.cols, b.rows);
    DG_CHECK_EQ(b.col_stride, 1);
    const auto& kern = kernels<Real>();
    for (std::int64_t m = 0; m < c.rows; m += kern.mr)
        for (std::int64_t n = 0; n < c.cols; n += kern.nr)
            kern.tile(static_cast<int>(std::min<std::int64_t>(kern.mr, c.rows - m)), static_cast<int>(std::min<std::int64_t>(kern.nr, c.cols - n)),
                      a.cols, a.data + m * a.row_stride, a.row_stride, a.col_stride, b.data + n, b.row_stride, c.data + m * c.row_stride + n,
                      c.row_stride, false);
}

std::string_view matmul_kernel_name() { return kernels<float>().name; }

template void matmul(View<const float>, View<const float>, View<float>, bool);
template void matmul(View<const double>, View<const double>, View<double>, bool);
template void matmul_reference(View<const float>, View<const float>, View<float>, bool);
template void matmul_reference(View<const double>, View<const double>, View<double>, bool);
template void matmul_in_place(View<const float>, View<const float>, View<float>);
template void matmul_in_place(View<const double>, View<const double>, View<double>);
template class PackedMatrix<float>;
template class PackedMatrix<double>;

}  // namespace dg
