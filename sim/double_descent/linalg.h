// Dense symmetric systems as the sweeps need them: one factorisation that serves every smaller size, and a slow
// rank-revealing solve that everything else is tested against. Matrices are row-major, double; A = U'U with U upper triangular.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dg::sim::dd {

/// Row-major [rows, cols].
struct Matrix {
    std::int64_t rows = 0, cols = 0;
    std::vector<double> values = {};

    Matrix() = default;
    Matrix(std::int64_t r, std::int64_t c);  // zeros, with room that block kernels may read beyond the end

    [[nodiscard]] double* row(std::int64_t r) { return values.data() + r * cols; }

    [[nodiscard]] const double* row(std::int64_t r) const { return values.data() + r * cols; }
};

/// Sum of x_i y_i in eight running sums of fixed order.
double dot(const double* x, const double* y, std::int64_t n);
/// y += a x.
void axpy(double a, const double* x, double* y, std::int64_t n);

/// Upper triangle of `a` (n x n) becomes U with U'U = A; below it nothing is read or written except inside 32 x 32 diagonal
/// blocks. Returns how many leading columns were factored before a pivot fell under 1e-14 of the largest diagonal element: n
/// when A is positive definite. The leading p x p block of U factors the leading p x p block of A. About n^3/3 flops.
std::int64_t cholesky(Matrix& a);

/// Solves with the leading p x p block of U, in place: U' z = y, and U b = z.
void solve_transposed(const Matrix& u, std::int64_t p, std::span<double> y);
void solve_upper(const Matrix& u, std::int64_t p, std::span<double> z);

/// gram (upper triangle) += f' f, f [k, n]. k n^2 flops.
void add_gram(const Matrix& f, std::int64_t first_row, std::int64_t rows, Matrix& gram);

/// y - A x for the symmetric A whose upper triangle is stored.
std::vector<double> symmetric_residual(const Matrix& a, std::span<const double> x, std::span<const double> y);

/// Singular values (falling), left vectors u [k][m] and right vectors v [k][n] of a [m, n], k = min(m, n): one-sided Jacobi
/// rotations until every pair of columns is orthogonal to 1e-15. Hestenes 1958. About 10 m n^2 flops a sweep, 6 to 10 sweeps.
struct Svd {
    std::vector<double> values = {};
    Matrix u = {}, v = {};
};
Svd jacobi_svd(const Matrix& a);

/// b minimising |y - X b|^2 / n + ridge |b|^2, the shortest such b where several do: through the singular values, those under
/// 1e-10 of the largest dropped. The readable reference. `features` [p][n]: X transposed.
std::vector<double> min_norm_reference(const Matrix& features, std::span<const double> y, double ridge);

/// The same through one Cholesky factorisation of the smaller Gram matrix; falls back on the reference where it fails.
std::vector<double> ridge_solve(const Matrix& features, std::span<const double> y, double ridge);

}  // namespace dg::sim::dd
