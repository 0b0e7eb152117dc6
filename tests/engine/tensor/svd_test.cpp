#include "engine/base/rng.h"
#include "engine/tensor/svd.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg {
namespace {

Tensor<float> random_matrix(std::int64_t rows, std::int64_t cols) {
    Tensor<float> a({rows, cols});
    Rng rng = Rng::keyed(3, "svd");
    for (std::int64_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(rng.normal());
    return a;
}

double distance(const Tensor<float>& a, const Tensor<float>& b) {
    double sum = 0, all = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) {
        sum += (a[i] - b[i]) * static_cast<double>(a[i] - b[i]);
        all += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    }
    return std::sqrt(sum / all);
}

TEST(Svd, FullRankRebuildsAndErrorsAreTheMeasuredOnes) {
    for (const auto& [rows, cols] : {std::pair<std::int64_t, std::int64_t>{40, 12}, {7, 7}, {5, 9}, {1, 4}}) {
        const Tensor<float> a = random_matrix(rows, cols);
        const Svd d = svd(a);
        EXPECT_LT(distance(a, truncated(d, cols)), 1e-6);
        double before = 2;
        for (std::int64_t rank = 0; rank <= cols; ++rank) {
            const double error = truncation_error(d, rank);
            EXPECT_LE(error, before);
            EXPECT_NEAR(distance(a, truncated(d, rank)), error, 1e-5);
            before = error;
        }
    }
}

TEST(Svd, VectorsAreOrthonormal) {
    const Svd d = svd(random_matrix(30, 10));
    for (std::int64_t i = 0; i < 10; ++i)
        for (std::int64_t j = 0; j <= i; ++j) {
            double u = 0, v = 0;
            for (std::int64_t k = 0; k < 30; ++k) u += d.u[static_cast<std::size_t>(i * 30 + k)] * d.u[static_cast<std::size_t>(j * 30 + k)];
            for (std::int64_t k = 0; k < 10; ++k) v += d.v[static_cast<std::size_t>(i * 10 + k)] * d.v[static_cast<std::size_t>(j * 10 + k)];
            EXPECT_NEAR(u, i == j ? 1 : 0, 1e-10);
            EXPECT_NEAR(v, i == j ? 1 : 0, 1e-10);
        }
}

TEST(Svd, FindsTheRankOfALowRankMatrix) {
    const Tensor<float> a = random_matrix(20, 3), b = random_matrix(3, 8);
    Tensor<float> c({20, 8});
    for (std::int64_t r = 0; r < 20; ++r)
        for (std::int64_t k = 0; k < 8; ++k)
            for (std::int64_t i = 0; i < 3; ++i) c.row(r)[k] += a.row(r)[i] * b.row(i)[k];
    const Svd d = svd(c);
    EXPECT_GT(d.s[2], 0.1);
    EXPECT_LT(d.s[3], 1e-5);
}

}  // namespace
}  // namespace dg
