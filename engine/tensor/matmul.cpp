#include "engine/tensor/matmul.h"

#include "engine/base/parallel.h"
#include "engine/tensor/matmul_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

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

/// Panel p of b, columns [p*nr, p*nr + nr), as [K][nr], zero beyond the last column.
template <class Real>
void pack_panel(const View<const Real>& b, std::int64_t p, int nr, Real* out) {
    const std::int64_t first = p * nr, columns = std::min<std::int64_t>(nr, b.cols - first);
    if (b.col_stride == 1) {
        for (std::int64_t k = 0; k < b.rows; ++k, out += nr) {
            const Real* row = b.data + k * b.row_stride + first;
            std::copy(row, row + columns, out);
            std::fill(out + columns, out + nr, Real(0));
        }
        return;
    }
    // b is a transposed weight: read along its rows
    for (std::int64_t j = 0; j < nr; ++j) {
        const Real* column = b.data + (first + j) * b.col_stride;
        for (std::int64_t k = 0; k < b.rows; ++k) out[k * nr + j] = j < columns ? column[k * b.row_stride] : Real(0);
    }
}

/// Blocks of k kept in the first-level cache with their panel.
constexpr std::int64_t kDepthBlock = 256;
constexpr std::int64_t kSerialFlops = 1 << 16;

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
    if (2 * c.rows * c.cols * depth < kSerialFlops) {
        for (std::int64_t p = 0; p < panel_count; ++p) pack(p);
        multiply_rows(a, packed, depth, c, 0, c.rows, accumulate);
        return;
    }
    if (panel_count * depth * kern.nr > 1 << 15) {
        parallel_for(panel_count, pack);
    } else {
        for (std::int64_t p = 0; p < panel_count; ++p) pack(p);
    }
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
PackedMatrix<Real>::PackedMatrix(View<const Real> b) : rows_(b.rows), cols_(b.cols) {
    const auto& kern = kernels<Real>();
    const std::int64_t panel_count = (cols_ + kern.nr - 1) / kern.nr;
    panels_.resize(static_cast<std::size_t>(panel_count * rows_ * kern.nr));
    for (std::int64_t p = 0; p < panel_count; ++p) pack_panel(b, p, kern.nr, panels_.data() + p * rows_ * kern.nr);
}

template <class Real>
void PackedMatrix<Real>::multiply(View<const Real> a, View<Real> c) const {
    DG_CHECK_EQ(a.cols, rows_);
    DG_CHECK_EQ(c.cols, cols_);
    if (a.rows == 1 && a.col_stride == 1) {
        multiply_row(a.data, c.data);
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
