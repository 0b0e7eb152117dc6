#include "sim/pca.h"

#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg::sim {
namespace {

using Rows = std::vector<std::vector<float>>;

Pca pca_of(const Rows& rows, std::size_t wanted) {
    std::vector<std::span<const float>> spans(rows.begin(), rows.end());
    return principal_axes(spans, wanted);
}

TEST(Pca, FindsTheAxesOfAStretchedCloud) {
    // three orthogonal directions with standard deviations 5, 2 and 0.5
    const double s = std::sqrt(0.5);
    Rng rng(3, 0);
    Rows rows;
    for (int i = 0; i < 4000; ++i) {
        const double a = 5 * rng.normal(), b = 2 * rng.normal(), c = 0.5 * rng.normal();
        rows.push_back({static_cast<float>(s * a + s * b + 1), static_cast<float>(s * a - s * b - 2), static_cast<float>(c + 7)});
    }
    const Pca pca = pca_of(rows, 3);
    ASSERT_EQ(pca.axes.size(), 3U);
    EXPECT_NEAR(pca.mean[2], 7, 0.05);
    EXPECT_NEAR(std::abs(pca.axes[0][0] * s + pca.axes[0][1] * s), 1, 1e-3);
    EXPECT_NEAR(std::abs(pca.axes[1][0] * s - pca.axes[1][1] * s), 1, 1e-3);
    const double all = 25 + 4 + 0.25;
    EXPECT_NEAR(pca.share[0], 25 / all, 0.02);
    EXPECT_NEAR(pca.share[1], 4 / all, 0.02);
    EXPECT_NEAR(pca.share[0] + pca.share[1] + pca.share[2], 1, 1e-9);
    // coordinates have mean 0 and the variance that the share says
    double sum = 0, square = 0;
    for (const auto& row : rows) sum += pca.along(row, 0), square += pca.along(row, 0) * pca.along(row, 0);
    EXPECT_NEAR(sum / 4000, 0, 1e-6);
    EXPECT_NEAR(square / 4000, 25, 1.2);
}

TEST(Pca, StopsWhereTheVectorsSpanNoMore) {
    const Rows rows = {{1, 2, 3}, {2, 4, 6}, {4, 8, 12}};
    const Pca pca = pca_of(rows, 3);
    ASSERT_EQ(pca.axes.size(), 1U);
    EXPECT_NEAR(pca.share[0], 1, 1e-9);
    EXPECT_GT(pca.axes[0][2], 0) << "the largest entry of an axis is positive";
    EXPECT_EQ(pca.along(rows[0], 1), 0);
    EXPECT_TRUE(pca_of({{5, 5}, {5, 5}}, 2).axes.empty());
    EXPECT_TRUE(pca_of({}, 2).axes.empty());
}

TEST(Pca, SameBitsEveryTime) {
    Rng rng(9, 1);
    Rows rows(50, std::vector<float>(16));
    for (auto& row : rows)
        for (float& x : row) x = static_cast<float>(rng.normal());
    const Pca a = pca_of(rows, 2), b = pca_of(rows, 2);
    EXPECT_EQ(a.axes, b.axes);
}

}  // namespace
}  // namespace dg::sim
