// Software rasteriser for triangle lists as Dear ImGui makes them: no GPU, no window, the same bits
// at every run. It draws exported figures, headless screenshots and, on machines without OpenGL,
// the window itself.
#pragma once

#include "viz/canvas/image.h"

#include <cstdint>
#include <span>

struct ImDrawData;
struct ImDrawVert;

namespace dg::viz {

/// Half-open pixel rectangle.
struct PixelRect {
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

/// Draws triangles (three indices each) over `target`. A pixel belongs to a triangle when its
/// centre does (top-left rule: shared edges are drawn once). Two triangles that make an
/// axis-aligned rectangle in ImGui's order (0 1 2 0 2 3) take a fast path. `texture` may be null
/// (plain colours). Indices refer to `vertices`.
void raster_triangles(Image& target, PixelRect clip, const Texture* texture,
                      std::span<const ImDrawVert> vertices, std::span<const std::uint32_t> indices);
void raster_triangles(Image& target, PixelRect clip, const Texture* texture,
                      std::span<const ImDrawVert> vertices, std::span<const std::uint16_t> indices);

/// Draws a whole ImGui frame over `target`, whose size is that of the display in pixels (DisplayPos
/// 0, scale 1). Every ImTextureID must be a `Texture*` or null (set the font atlas's with
/// io.Fonts->SetTexID). User callbacks are not run.
///   5-15 ms for a full 1920x1080 page on one core.
void raster_draw_data(const ImDrawData& data, Image& target);

}  // namespace dg::viz
