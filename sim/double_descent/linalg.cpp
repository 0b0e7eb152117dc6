#include "sim/double_descent/linalg.h"

#include "engine/base/check.h"
#include "engine/tensor/matmul.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::sim::dd {
namespace {

constexpr std::int64_t kBlock = 32;

/// Factors rows [j0, j1) and columns [j0, n) of `a`, from which all earlier rows have been subtracted. False: a pivot failed,
/// `done` says how many columns of the block were factored.
bool factor_rows(Matrix& a, std::int64_t j0, std::int64_t j1, double least, std::int64_t& done) {
    for (std::int64_t k = j0; k < j1; ++k) {
        double* const row = a.row(k);
        for (std::int64_t m = j0; m < k; ++m) {
            const double* const above = a.row(m);
            axpy(-above[k], above + k, row + k, a.cols - k);
        }
        if (!(row[k] > least)) return done = k, false;
        const double pivot = std::sqrt(row[k]), inverse = 1 / pivot;
        row[k] = pivot;
        for (std::int64_t i = k + 1; i < a.cols; ++i) row[i] *= inverse;
    }
    return done = j1, true;
}

/// a[j0:j1, j0:] -= U[:j0, j0:j1]' U[:j0, j0:].
void subtract_above(Matrix& a, std::int64_t j0, std::int64_t j1, std::vector<double>& scratch) {
    const std::int64_t n = a.cols, width = n - j0, rows = j1 - j0;
    scratch.resize(static_cast<std::size_t>(rows * width));
    const View<const double> left{a.values.data() + j0, rows, j0, 1, n}, right{a.values.data() + j0, j0, width, n, 1};
    matmul_in_place(left, right, View<double>{scratch.data(), rows, width, width, 1});
    for (std::int64_t r = 0; r < rows; ++r) {
        double* const row = a.row(j0 + r) + j0;
        const double* const minus = scratch.data() + r * width;
        for (std::int64_t i = r; i < width; ++i) row[i] -= minus[i];
    }
}

/// Makes columns p and q of `w` (rows of its transpose) orthogonal; the same rotation on v. False when they already are.
bool rotate(double* wp, double* wq, std::int64_t m, double* vp, double* vq, std::int64_t n) {
    const double a = dot(wp, wp, m), b = dot(wq, wq, m), c = dot(wp, wq, m);
    if (std::abs(c) <= 1e-15 * std::sqrt(a * b)) return false;
    const double zeta = (b - a) / (2 * c);
    const double t = (zeta >= 0 ? 1.0 : -1.0) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
    const double cosine = 1 / std::sqrt(1 + t * t), sine = cosine * t;
    const auto turn = [&](double* x, double* y, std::int64_t k) {
        for (std::int64_t i = 0; i < k; ++i) {
            const double xi = x[i], yi = y[i];
            x[i] = cosine * xi - sine * yi;
            y[i] = sine * xi + cosine * yi;
        }
    };
    turn(wp, wq, m);
    turn(vp, vq, n);
    return true;
}

}  // namespace

Matrix::Matrix(std::int64_t r, std::int64_t c) : rows(r), cols(c), values(static_cast<std::size_t>(r * c + kReadAhead), 0.0) {}

double dot(const double* x, const double* y, std::int64_t n) {
    std::array<double, 8> sums{};
    std::int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (std::size_t k = 0; k < 8; ++k) sums[k] = std::fma(x[i + static_cast<std::int64_t>(k)], y[i + static_cast<std::int64_t>(k)], sums[k]);
    double total = ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    for (; i < n; ++i) total = std::fma(x[i], y[i], total);
    return total;
}

void axpy(double a, const double* x, double* y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = std::fma(a, x[i], y[i]);
}

std::int64_t cholesky(Matrix& a) {
    DG_CHECK_EQ(a.rows, a.cols);
    double largest = 0;
    for (std::int64_t i = 0; i < a.rows; ++i) largest = std::max(largest, a.row(i)[i]);
    std::vector<double> scratch;
    std::int64_t done = 0;
    for (std::int64_t j0 = 0; j0 < a.rows; j0 += kBlock) {
        const std::int64_t j1 = std::min(a.rows, j0 + kBlock);
        if (j0 > 0) subtract_above(a, j0, j1, scratch);
        if (!factor_rows(a, j0, j1, largest * 1e-14, done)) return done;
    }
    return done;
}

void solve_transposed(const Matrix& u, std::int64_t p, std::span<double> y) {
    for (std::int64_t i = 0; i < p; ++i) {
        const double* const row = u.row(i);
        double& yi = y[static_cast<std::size_t>(i)];
        yi /= row[i];
        axpy(-yi, row + i + 1, y.data() + i + 1, p - i - 1);
    }
}

void solve_upper(const Matrix& u, std::int64_t p, std::span<double> z) {
    for (std::int64_t i = p - 1; i >= 0; --i) {
        const double* const row = u.row(i);
        double& zi = z[static_cast<std::size_t>(i)];
        zi = (zi - dot(row + i + 1, z.data() + i + 1, p - i - 1)) / row[i];
    }
}

void add_gram(const Matrix& f, std::int64_t first_row, std::int64_t rows, Matrix& gram) {
    const std::int64_t n = gram.cols;
    DG_CHECK_EQ(f.cols, n);
    constexpr std::int64_t kRows = 96;
    for (std::int64_t i = 0; i < n && rows > 0; i += kRows) {
        const std::int64_t count = std::min(kRows, n - i);
        const double* const data = f.row(first_row);
        const View<const double> left{data + i, count, rows, 1, n}, right{data + i, rows, n - i, n, 1};
        matmul(left, right, View<double>{gram.row(i) + i, count, n - i, n, 1}, true);
    }
}

std::vector<double> symmetric_residual(const Matrix& a, std::span<const double> x, std::span<const double> y) {
    std::vector<double> r(y.begin(), y.end());
    const auto n = static_cast<std::int64_t>(r.size());
    for (std::int64_t i = 0; i < n; ++i) {
        const double* const row = a.row(i);
        const double xi = x[static_cast<std::size_t>(i)];
        r[static_cast<std::size_t>(i)] -= row[i] * xi + dot(row + i + 1, x.data() + i + 1, n - i - 1);
        axpy(-xi, row + i + 1, r.data() + i + 1, n - i - 1);
    }
    return r;
}

Svd jacobi_svd(const Matrix& a) {
    const bool wide = a.cols > a.rows;
    // w: the columns to be made orthogonal, one per row; v: what turned them
    const std::int64_t k = wide ? a.rows : a.cols, m = wide ? a.cols : a.rows;
    Matrix w(k, m), v(k, k);
    for (std::int64_t i = 0; i < k; ++i) {
        v.row(i)[i] = 1;
        for (std::int64_t j = 0; j < m; ++j) w.row(i)[j] = wide ? a.row(i)[j] : a.row(j)[i];
    }
    for (int sweep = 0; sweep < 60; ++sweep) {
        bool turned = false;
        for (std::int64_t p = 0; p + 1 < k; ++p)
            for (std::int64_t q = p + 1; q < k; ++q) turned |= rotate(w.row(p), w.row(q), m, v.row(p), v.row(q), k);
        if (!turned) break;
    }
    std::vector<std::pair<double, std::int64_t>> order;
    for (std::int64_t i = 0; i < k; ++i) order.emplace_back(-std::sqrt(dot(w.row(i), w.row(i), m)), i);
    std::ranges::sort(order);
    Svd s{.u = Matrix(k, a.rows), .v = Matrix(k, a.cols)};
    for (std::int64_t i = 0; i < k; ++i) {
        const auto [minus, from] = order[static_cast<std::size_t>(i)];
        s.values.push_back(-minus);
        double* const long_side = wide ? s.v.row(i) : s.u.row(i);
        double* const short_side = wide ? s.u.row(i) : s.v.row(i);
        for (std::int64_t j = 0; j < m; ++j) long_side[j] = minus < 0 ? w.row(from)[j] / -minus : 0;
        std::copy(v.row(from), v.row(from) + k, short_side);
    }
    return s;
}

std::vector<double> min_norm_reference(const Matrix& features, std::span<const double> y, double ridge) {
    const Svd s = jacobi_svd(features);
    const auto n = static_cast<double>(features.cols);
    std::vector<double> b(static_cast<std::size_t>(features.rows), 0.0);
    for (std::size_t i = 0; i < s.values.size(); ++i) {
        const double value = s.values[i];
        if (value <= 1e-10 * s.values[0]) break;
        const auto at = static_cast<std::int64_t>(i);
        axpy(dot(s.v.row(at), y.data(), features.cols) * value / (value * value + n * ridge), s.u.row(at), b.data(), features.rows);
    }
    return b;
}

std::vector<double> ridge_solve(const Matrix& features, std::span<const double> y, double ridge) {
    const std::int64_t p = features.rows, n = features.cols, k = std::min(p, n);
    Matrix gram(k, k);
    if (p <= n) {
        Matrix transposed(n, p);
        for (std::int64_t j = 0; j < p; ++j)
            for (std::int64_t i = 0; i < n; ++i) transposed.row(i)[j] = features.row(j)[i];
        add_gram(transposed, 0, n, gram);
    } else {
        add_gram(features, 0, p, gram);
    }
    for (std::int64_t i = 0; i < k; ++i) gram.row(i)[i] += static_cast<double>(n) * ridge;
    if (cholesky(gram) < k) return min_norm_reference(features, y, ridge);
    std::vector<double> b(static_cast<std::size_t>(p), 0.0), a(y.begin(), y.end());
    if (p <= n) {
        for (std::int64_t j = 0; j < p; ++j) b[static_cast<std::size_t>(j)] = dot(features.row(j), y.data(), n);
        solve_transposed(gram, p, b);
        solve_upper(gram, p, b);
        return b;
    }
    solve_transposed(gram, n, a);
    solve_upper(gram, n, a);
    for (std::int64_t j = 0; j < p; ++j) b[static_cast<std::size_t>(j)] = dot(features.row(j), a.data(), n);
    return b;
}

}  // namespace dg::sim::dd
