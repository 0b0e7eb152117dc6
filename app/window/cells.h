// Cells on the stage: where one lies, which is next in a direction. Single regions and grids alike.
#pragma once

#include "viz/canvas/canvas.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dg::app {

struct CellSpot {
    viz::CellRef cell;
    viz::Rect rect;  // page units of the scene
};

/// Where a cell is drawn; the topmost place of several.
std::optional<CellSpot> find_cell(std::span<const viz::Region> regions, const viz::CellRef& cell);
/// The first cell of the picture.
std::optional<CellSpot> first_cell(std::span<const viz::Region> regions);
/// The nearest cell from `from` in the direction (one of the four unit vectors); cells straight ahead win.
std::optional<CellSpot> neighbour_cell(std::span<const viz::Region> regions, viz::Rect from, viz::Vec2 direction);

/// The values of a parameter that lie on the picture as places to click ("set size=100"), from left to right, and the one the
/// picture stands on, which scenes draw last. Empty: none, or too few to slide along.
struct Places {
    std::vector<std::string> values = {};
    int here = 0;
};

Places places_of(std::span<const viz::Region> regions, const std::string& id);

}  // namespace dg::app
