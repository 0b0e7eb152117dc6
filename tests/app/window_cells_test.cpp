// Walking the cells of a picture.
#include "app/window/cells.h"

#include <gtest/gtest.h>

namespace dg::app {
namespace {

using viz::CellRef;
using viz::Region;

std::vector<Region> grid_and_single() {
    Region grid{{100, 100, 300, 200}, CellRef{"p", {0, 2, 0, 0}}, "", "", 2, 3};
    Region single{{500, 100, 50, 100}, CellRef{"sum", {0}}, "", ""};
    return {grid, single};
}

TEST(WindowCells, FindsCellsOfGridsAndSingleRegions) {
    const std::vector<Region> regions = grid_and_single();
    const auto cell = find_cell(regions, {"p", {0, 2, 1, 2}});
    ASSERT_TRUE(cell.has_value());
    EXPECT_FLOAT_EQ(cell->rect.x, 300);
    EXPECT_FLOAT_EQ(cell->rect.y, 200);
    EXPECT_FLOAT_EQ(cell->rect.w, 100);
    EXPECT_FALSE(find_cell(regions, {"p", {0, 2, 2, 0}}).has_value());
    EXPECT_FALSE(find_cell(regions, {"p", {0, 1, 0, 0}}).has_value());
    EXPECT_FALSE(find_cell(regions, {"q", {0, 2, 0, 0}}).has_value());
    EXPECT_TRUE(find_cell(regions, {"sum", {0}}).has_value());
}

TEST(WindowCells, ArrowsStepThroughAGridAndLeaveIt) {
    const std::vector<Region> regions = grid_and_single();
    auto at = first_cell(regions);
    ASSERT_TRUE(at.has_value());
    EXPECT_EQ(at->cell, (CellRef{"p", {0, 2, 0, 0}}));
    at = neighbour_cell(regions, at->rect, {1, 0});
    EXPECT_EQ(at->cell, (CellRef{"p", {0, 2, 0, 1}}));
    at = neighbour_cell(regions, at->rect, {0, 1});
    EXPECT_EQ(at->cell, (CellRef{"p", {0, 2, 1, 1}}));
    at = neighbour_cell(regions, at->rect, {0, -1});
    at = neighbour_cell(regions, at->rect, {1, 0});
    EXPECT_EQ(at->cell, (CellRef{"p", {0, 2, 0, 2}}));
    at = neighbour_cell(regions, at->rect, {1, 0});
    EXPECT_EQ(at->cell, (CellRef{"sum", {0}}));
    EXPECT_FALSE(neighbour_cell(regions, at->rect, {1, 0}).has_value());
    EXPECT_FALSE(first_cell({}).has_value());
}

}  // namespace
}  // namespace dg::app
