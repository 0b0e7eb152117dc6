// Canvas that writes SVG 1.1: groups are <g id>, text is glyph outlines (defined once, used by
// reference) under an aria-label with the words, heat-maps are crisp rectangles. Needs no font
// where it is shown. Same drawing, same bytes.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/canvas/png.h"
#include "viz/text/fonts.h"

#include <map>
#include <set>
#include <string>
#include <tuple>

namespace dg::viz {

class SvgCanvas : public Canvas {
  public:
    explicit SvgCanvas(Rect page, const Fonts& fonts = Fonts::shared())
        : page_(page), fonts_(fonts) {}

    /// The whole document. Open clips and groups are an error of the caller (Bug).
    [[nodiscard]] std::string document(Color background, const Metadata& metadata) const;

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
    void begin_group(std::string_view name) override;
    void end_group() override;

  private:
    std::string glyph_id(GlyphRef glyph);
    std::string unique_id(std::string_view name);

    Rect page_;
    const Fonts& fonts_;
    std::string defs_, body_;
    std::set<std::string> ids_;
    int clips_ = 0, open_ = 0;
};

/// The entries that SvgCanvas wrote into a document's <metadata>. Error code: svg_metadata (where =
/// `name`).
Result<Metadata> decode_svg_metadata(std::string_view document, const std::string& name = {});

}  // namespace dg::viz
