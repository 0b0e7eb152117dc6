// Outlines to anti-aliased triangles. Edges get a fringe one pixel wide whose alpha falls to 0; its
// middle is the edge, so an edge on a pixel border stays sharp. All coordinates are pixels.
#pragma once

#include "viz/canvas/canvas.h"

#include <imgui.h>

#include <cstdint>
#include <span>
#include <vector>

namespace dg::viz {

struct Mesh {
    std::vector<ImDrawVert> vertices;
    std::vector<std::uint16_t> indices;

    void clear() { vertices.clear(), indices.clear(); }
};

/// Appends plain-colour triangles to a mesh; `white`: texture coordinate of a white texel.
class Tessellator {
  public:
    // points of one outline: indices are 16 bits
    static constexpr std::size_t kMaxFill = 30000, kMaxStroke = 3000;

    Tessellator(Mesh& mesh, float white) : mesh_(mesh), white_(white) {}

    /// Axis-aligned, no fringe.
    void rectangle(float x0, float y0, float x1, float y1, Color c);
    /// Any simple polygon, convex or not, either direction; more than kMaxFill points: nothing.
    void fill(std::span<const Vec2> outline, Color c);
    /// `width` below 1 draws one pixel, paler. Sharp turns are rounded, others mitred. At most
    /// kMaxStroke points.
    void stroke(std::span<const Vec2> points, bool closed, float width, Color c);

  private:
    std::uint16_t vertex(Vec2 p, Color c, float alpha);
    void triangle(std::uint16_t a, std::uint16_t b, std::uint16_t c);
    void triangulate(std::span<const Vec2> points, std::uint16_t first, std::uint16_t stride);

    Mesh& mesh_;
    float white_;
};

/// The outline of a path with its curves cut into lines, one list per sub-path. `scale`: pixels per
/// unit, for the number of cuts; the points stay in the path's units.
struct FlatPath {
    std::vector<Vec2> points;
    bool closed = false;
};

std::vector<FlatPath> flatten(const Path& path, float scale);
/// Cuts a line into its dashes; solid when there would be more than 20,000.
std::vector<FlatPath> cut_dashes(std::span<const Vec2> points, bool closed, float dash, float gap);
/// Keeps first, lowest, highest and last point of every run within one pixel column: the same
/// picture, fewer points.
std::vector<Vec2> thin_columns(std::span<const Vec2> points);
/// Circle and rounded rectangle as closed outlines, clockwise.
std::vector<Vec2> circle_outline(Vec2 center, float radius);
std::vector<Vec2> rounded_outline(Rect r, float radius);

}  // namespace dg::viz
