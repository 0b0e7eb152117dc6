// A grid region stands for many cells: the point decides which.
#include "viz/canvas/canvas.h"

#include <gtest/gtest.h>

namespace dg::viz {
namespace {

TEST(RegionGrid, ThePointDecidesTheCell) {
    Region r{{100, 50, 30, 20}, CellRef{"probs", {0, 5, 8, 16}}, "", "", 2, 3};
    EXPECT_EQ(cell_at(r, {100, 50})->at, (std::vector<std::int64_t>{0, 5, 8, 16}));
    EXPECT_EQ(cell_at(r, {129.9F, 69.9F})->at, (std::vector<std::int64_t>{0, 5, 9, 18}));
    EXPECT_EQ(cell_at(r, {115, 55})->at, (std::vector<std::int64_t>{0, 5, 8, 17}));
    r.rows = r.cols = 1;
    EXPECT_EQ(cell_at(r, {129, 69})->at, (std::vector<std::int64_t>{0, 5, 8, 16}));
    r.cell.reset();
    EXPECT_FALSE(cell_at(r, {129, 69}));
}

}  // namespace
}  // namespace dg::viz
