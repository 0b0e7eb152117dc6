// The Canvas that makes triangles. Window and PNG share it, so that both show the same pixels:
// axis-aligned shapes snap to whole pixels, everything else is anti-aliased, glyphs stand on
// quarter pixels.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/canvas/glyph_atlas.h"
#include "viz/canvas/raster.h"
#include "viz/canvas/tessellate.h"

#include <optional>
#include <vector>

namespace dg::viz {

/// Takes triangles in drawing order.
class MeshSink {
  public:
    virtual ~MeshSink() = default;
    /// Pixels outside of `clip` stay as they are; nullopt: the whole target.
    virtual void set_clip(std::optional<PixelRect> clip) = 0;
    virtual void add(const Texture& texture, const Mesh& mesh) = 0;
};

class MeshCanvas : public Canvas {
  public:
    /// `page`: the drawing's own coordinates; a point p lands on pixel origin + (p - page corner) *
    /// scale.
    MeshCanvas(MeshSink& sink, GlyphAtlas& atlas, Rect page, Vec2 origin, float scale);

    [[nodiscard]] Rect page() const override { return page_; }

    void fill_rect(Rect r, Color c, float radius) override;
    void stroke_rect(Rect r, const Stroke& s, float radius) override;
    void line(Vec2 a, Vec2 b, const Stroke& s) override;
    void polyline(std::span<const Vec2> points, const Stroke& s) override;
    void fill_path(const Path& p, Color c) override;
    void stroke_path(const Path& p, const Stroke& s) override;
    void fill_circle(Vec2 center, float radius, Color c) override;
    void hatch(Rect r, Color c, float spacing, float width) override;
    void heatmap(Rect r, int rows, int cols, std::span<const Color> cells) override;
    void text(Vec2 at, std::string_view utf8, const TextStyle& style) override;
    [[nodiscard]] TextSize measure(std::string_view utf8, const TextStyle& style) const override;
    void push_clip(Rect r) override;
    void pop_clip() override;

    void begin_group(std::string_view) override {}

    void end_group() override {}

  private:
    [[nodiscard]] Vec2 to_pixels(Vec2 p) const;
    [[nodiscard]] std::vector<Vec2> to_pixels(std::span<const Vec2> points) const;
    [[nodiscard]] Rect snapped(Rect r) const;
    [[nodiscard]] float stroke_pixels(float width) const;
    void draw_stroke(std::span<const Vec2> pixels, bool closed, const Stroke& s);
    void draw_rectangle(float x0, float y0, float x1, float y1, Color c);
    void straight(Vec2 a, Vec2 b, float width, Color c);
    void draw_missing(Vec2 pen, float advance, const TextStyle& style);
    Tessellator tessellator();
    void flush();

    MeshSink& sink_;
    GlyphAtlas& atlas_;
    Rect page_;
    Vec2 origin_;
    float scale_;
    Mesh mesh_;
    std::vector<PixelRect> clips_;
};

}  // namespace dg::viz
