// Matrix products. Every output is one chain of fused multiply-adds along k in increasing order, whatever the blocking,
// the thread count or the vector width: C[m,n] = fma(A[m,K-1], B[K-1,n], ... fma(A[m,0], B[0,n], C0)). So a token decoded
// alone has the same bits as in a batch, AVX2 the same as AVX-512, and the naive loop is an exact reference.
#pragma once

#include "engine/tensor/tensor.h"

#include <cstdint>
#include <vector>

namespace dg {

/// A strided window on numbers: element (r, c) lies at data[r * row_stride + c * col_stride].
template <class T>
struct View {
    T* data = nullptr;
    std::int64_t rows = 0, cols = 0;
    std::int64_t row_stride = 0, col_stride = 1;

    [[nodiscard]] View transposed() const { return {data, cols, rows, col_stride, row_stride}; }

    T& operator()(std::int64_t r, std::int64_t c) const { return data[r * row_stride + c * col_stride]; }
};

/// The tensor as a matrix [rows, cols].
template <class Real>
View<const Real> view(const Tensor<Real>& t) {
    return {t.data(), t.rows(), t.cols(), t.cols(), 1};
}

template <class Real>
View<Real> view(Tensor<Real>& t) {
    return {t.data(), t.rows(), t.cols(), t.cols(), 1};
}

/// A read-only view of a tensor that may be mutable.
template <class Real>
View<const Real> cview(const Tensor<Real>& t) {
    return view(t);
}

/// C = A B, or C += A B. a [M,K], b [K,N], c [M,N]; c must have col_stride 1 and overlap neither. Bug if shapes disagree.
/// 2*M*N*K flops; packs b once (K*N copies).
template <class Real>
void matmul(View<const Real> a, View<const Real> b, View<Real> c, bool accumulate = false);

/// The definition above as three loops: what matmul must equal bit for bit.
template <class Real>
void matmul_reference(View<const Real> a, View<const Real> b, View<Real> c, bool accumulate = false);

/// A right-hand side packed once, for weights that meet many small left-hand sides (decoding).
template <class Real>
class PackedMatrix {
  public:
    PackedMatrix() = default;
    explicit PackedMatrix(View<const Real> b) { assign(b); }

    /// Packs another matrix into the same memory.
    void assign(View<const Real> b);

    [[nodiscard]] std::int64_t rows() const { return rows_; }

    [[nodiscard]] std::int64_t cols() const { return cols_; }

    /// Bytes in memory, panels' padding included.
    [[nodiscard]] std::int64_t bytes() const { return static_cast<std::int64_t>(panels_.size() * sizeof(Real)); }

    /// C = A B for the first c.cols columns of the packed B; serial, for M of a few rows.
    void multiply(View<const Real> a, View<Real> c) const;
    /// y[N] = x[K] B.
    void multiply_row(const Real* x, Real* y) const;

  private:
    std::int64_t rows_ = 0, cols_ = 0;
    typename Tensor<Real>::Storage panels_;  // [ceil(N / nr)][K][nr]
};

/// C = A B where b is read in place, row by row (b.col_stride 1): no packing, serial. Whole vectors are read: b's buffer
/// must extend `kReadAhead` numbers beyond its last element. For caches that grow by a row at a time.
inline constexpr std::int64_t kReadAhead = 64;
template <class Real>
void matmul_in_place(View<const Real> a, View<const Real> b, View<Real> c);

/// "avx512" or "baseline": the kernel chosen at run time (DEEPGLASS_KERNEL=baseline forces the portable one).
std::string_view matmul_kernel_name();

extern template class PackedMatrix<float>;
extern template class PackedMatrix<double>;

}  // namespace dg
