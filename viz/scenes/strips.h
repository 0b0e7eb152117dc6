// Vectors as strips of cells, and the small marks that data-flow pictures are made of. Pure.
#pragma once

#include "viz/scenes/widgets.h"

#include <optional>
#include <span>
#include <string>

namespace dg::viz {

/// Largest finite |value|; 0 for none.
double largest_of(std::span<const float> values);
/// Euclidean length, in double.
double length_of(std::span<const float> values);

/// A vector as one row of equal cells on the signed map.
struct Strip {
    Rect rect = {};
    std::span<const float> values = {};
    double limit = 0;  // colour scale -limit .. limit; 0: the strip's own largest
    std::string tensor = {};
    Index first = {};    // of the first value; the last index grows along the strip
    Color frame = {};    // alpha 0: hairline
    double shown = 1;    // 0 .. 1: how much of it has come
    bool upright = false;  // cells as bars around a middle line instead of colours
};

/// Draws the strip, its region and the cells that are lit. More values than pixels: each cell shows the largest of its
/// block and there is no region; returns the block length (1 = every value has its cell).
std::int64_t draw_strip(Canvas& canvas, const View& view, const Strip& strip);

/// Is the cell pointed at, selected, or an operand of the one that is?
bool is_lit(const View& view, const std::string& tensor, const Index& at);
/// Hovered (else selected) cell of this tensor, when its leading indices agree.
std::optional<std::int64_t> pointed_at(const View& view, const std::string& tensor, const Index& first);

/// A wire through these corners with an arrow head at its end (head = 0: none).
void draw_wire(Canvas& canvas, std::span<const Vec2> corners, const Stroke& stroke, float head = 10);
/// A circle with a sign: "+", "×", "Σ".
void draw_node(Canvas& canvas, const Theme& theme, Vec2 center, float radius, std::string_view sign, Color ring);
/// A rounded box with centred words.
void draw_pill(Canvas& canvas, const Theme& theme, Rect rect, std::string_view text, Color ring, float size);
/// A region for a cell (cols > 1: for that many along the last index), or for an action.
void cell_region(Canvas& canvas, Rect rect, CellRef cell, std::string tip = {}, int cols = 1);
void action_region(Canvas& canvas, Rect rect, std::string action, std::string tip);
/// The view's theme with type that fits the page: dense pictures shrink all their text together on small pages.
Theme fitted_type(const Canvas& canvas, const View& view);
/// A quiet panel.
void draw_plate(Canvas& canvas, const Theme& theme, Rect rect);

}  // namespace dg::viz
