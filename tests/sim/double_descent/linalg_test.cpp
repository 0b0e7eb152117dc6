#include "sim/double_descent/linalg.h"

#include "engine/base/rng.h"
#include "sim/double_descent/normals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace dg::sim::dd {
namespace {

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
    Matrix m(rows, cols);
    Rng rng = Rng::keyed(seed, "linalg_test");
    fill_normal(rng, {m.row(0), static_cast<std::size_t>(rows * cols)});
    return m;
}

TEST(Linalg, CholeskyFactorsEveryLeadingBlock) {
    for (const std::int64_t n : {1, 2, 31, 32, 33, 64, 100}) {
        const Matrix f = random_matrix(n + 5, n, 3);
        Matrix gram(n, n);
        add_gram(f, 0, n + 5, gram);
        Matrix u = gram;
        ASSERT_EQ(cholesky(u), n);
        for (const std::int64_t p : {std::int64_t(1), (n + 1) / 2, n}) {
            for (std::int64_t i = 0; i < p; ++i)
                for (std::int64_t j = i; j < p; ++j) {
                    double sum = 0;
                    for (std::int64_t k = 0; k <= i; ++k) sum += u.row(k)[i] * u.row(k)[j];
                    ASSERT_NEAR(sum, gram.row(i)[j], 1e-11 * static_cast<double>(n)) << n << " " << p << " " << i << "," << j;
                }
            std::vector<double> x(static_cast<std::size_t>(p), 1.0), y(static_cast<std::size_t>(p), 0.0);
            for (std::int64_t i = 0; i < p; ++i)
                for (std::int64_t j = 0; j < p; ++j) y[static_cast<std::size_t>(i)] += gram.row(std::min(i, j))[std::max(i, j)];
            solve_transposed(u, p, y);
            solve_upper(u, p, y);
            for (const double v : y) ASSERT_NEAR(v, 1, 1e-6);
        }
    }
}

TEST(Linalg, CholeskyStopsWhereTheMatrixIsSingular) {
    Matrix f(3, 3);  // third column = first + second
    const double values[3][3] = {{1, 2, 3}, {0, 1, 1}, {4, 0, 4}};
    for (std::int64_t i = 0; i < 3; ++i) std::copy(values[i], values[i] + 3, f.row(i));
    Matrix gram(3, 3);
    add_gram(f, 0, 3, gram);
    EXPECT_EQ(cholesky(gram), 2);
}

TEST(Linalg, SvdRebuildsTheMatrixAndIsOrthonormal) {
    for (const auto& [m, n] : {std::pair<std::int64_t, std::int64_t>{7, 4}, {4, 7}, {5, 5}, {1, 3}}) {
        const Matrix a = random_matrix(m, n, 5);
        const Svd s = jacobi_svd(a);
        const auto k = static_cast<std::int64_t>(s.values.size());
        ASSERT_EQ(k, std::min(m, n));
        for (std::int64_t i = 0; i < k; ++i)
            for (std::int64_t j = 0; j < k; ++j) {
                EXPECT_NEAR(dot(s.u.row(i), s.u.row(j), m), i == j, 1e-13);
                EXPECT_NEAR(dot(s.v.row(i), s.v.row(j), n), i == j, 1e-13);
            }
        for (std::int64_t r = 0; r < m; ++r)
            for (std::int64_t c = 0; c < n; ++c) {
                double sum = 0;
                for (std::int64_t i = 0; i < k; ++i) sum += s.values[static_cast<std::size_t>(i)] * s.u.row(i)[r] * s.v.row(i)[c];
                EXPECT_NEAR(sum, a.row(r)[c], 1e-12);
            }
    }
}

TEST(Linalg, ReferenceTakesTheShortestSolution) {
    // one equation, two equal features: the weight is shared
    Matrix f(2, 1);
    f.row(0)[0] = f.row(1)[0] = 1;
    const std::vector<double> y = {3};
    const std::vector<double> b = min_norm_reference(f, y, 0);
    EXPECT_NEAR(b[0], 1.5, 1e-12);
    EXPECT_NEAR(b[1], 1.5, 1e-12);
    // duplicated features are rank-deficient for p <= n as well: Cholesky gives up, the reference answers
    Matrix twice = random_matrix(4, 9, 8);
    std::copy(twice.row(0), twice.row(0) + 9, twice.row(3));
    const std::vector<double> labels = {1, 2, -1, 0.5, 3, -2, 0, 1, 1};
    const std::vector<double> solved = ridge_solve(twice, labels, 0);
    EXPECT_NEAR(solved[0], solved[3], 1e-10);
}

TEST(Linalg, RidgeAgreesWithTheReferenceOnBothSides) {
    for (const auto& [p, n] : {std::pair<std::int64_t, std::int64_t>{5, 20}, {20, 5}, {12, 12}}) {
        for (const double ridge : {0.0, 0.01, 3.0}) {
            const Matrix f = random_matrix(p, n, 11);
            std::vector<double> y(static_cast<std::size_t>(n));
            Rng rng = Rng::keyed(1, "labels");
            fill_normal(rng, y);
            const auto fast = ridge_solve(f, y, ridge), slow = min_norm_reference(f, y, ridge);
            for (std::size_t i = 0; i < fast.size(); ++i) EXPECT_NEAR(fast[i], slow[i], 1e-8 * (1 + std::abs(slow[i]))) << p << " " << n << " " << ridge;
        }
    }
}

TEST(Normals, HaveTheMomentsAndTailsOfTheBell) {
    std::vector<double> x(1000000);
    Rng rng = Rng::keyed(4, "normals_test");
    fill_normal(rng, x);
    double m1 = 0, m2 = 0, m4 = 0, beyond2 = 0, beyond37 = 0;
    for (const double v : x) {
        m1 += v, m2 += v * v, m4 += v * v * v * v;
        beyond2 += v > 2, beyond37 += std::abs(v) > 3.7;  // 3.7 lies in the tail layer
    }
    const auto n = static_cast<double>(x.size());
    EXPECT_NEAR(m1 / n, 0, 4e-3);
    EXPECT_NEAR(m2 / n, 1, 6e-3);
    EXPECT_NEAR(m4 / n, 3, 0.04);
    EXPECT_NEAR(beyond2 / n, 0.02275, 6e-4);
    EXPECT_NEAR(beyond37 / n, 2.156e-4, 6e-5);
    // chi-square over 20 cells of equal probability
    const double edges[] = {-1.6449, -1.2816, -1.0364, -0.8416, -0.6745, -0.5244, -0.3853, -0.2533, -0.1257, 0,
                            0.1257, 0.2533, 0.3853, 0.5244, 0.6745, 0.8416, 1.0364, 1.2816, 1.6449};
    std::vector<double> cells(20);
    for (const double v : x) ++cells[static_cast<std::size_t>(std::upper_bound(std::begin(edges), std::end(edges), v) - edges)];
    double chi = 0;
    for (const double c : cells) chi += (c - n / 20) * (c - n / 20) / (n / 20);
    EXPECT_LT(chi, 50);  // 19 degrees of freedom: above 50 once in ten thousand
}

}  // namespace
}  // namespace dg::sim::dd
