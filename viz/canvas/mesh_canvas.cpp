#include "viz/canvas/mesh_canvas.h"

#include "engine/base/check.h"
#include "viz/canvas/hatch.h"

#include <algorithm>
#include <cmath>

namespace dg::viz {

namespace {

constexpr std::size_t kBatch = 60000;  // vertices before a mesh is handed on

float snap(float v) {
    return std::floor(v + 0.5F);
}

int whole(float v) {
    return static_cast<int>(std::clamp(snap(v), -1e6F, 1e6F));
}

}  // namespace

MeshCanvas::MeshCanvas(MeshSink& sink, GlyphAtlas& atlas, Rect page, Vec2 origin, float scale)
    : sink_(sink), atlas_(atlas), page_(page), origin_(origin), scale_(scale) {}

Vec2 MeshCanvas::to_pixels(Vec2 p) const {
    return {origin_.x + (p.x - page_.x) * scale_, origin_.y + (p.y - page_.y) * scale_};
}

std::vector<Vec2> MeshCanvas::to_pixels(std::span<const Vec2> points) const {
    std::vector<Vec2> out;
    out.reserve(points.size());
    for (const Vec2 p : points) out.push_back(to_pixels(p));
    return out;
}

/// In pixels, its four edges on pixel borders.
Rect MeshCanvas::snapped(Rect r) const {
    const Vec2 a = to_pixels({r.x, r.y}), b = to_pixels({r.right(), r.bottom()});
    return {snap(a.x), snap(a.y), snap(b.x) - snap(a.x), snap(b.y) - snap(a.y)};
}

/// Upright and level strokes are whole pixels wide, at least one.
float MeshCanvas::stroke_pixels(float width) const {
    return std::max(1.0F, snap(width * scale_));
}

Tessellator MeshCanvas::tessellator() {
    return {mesh_, GlyphAtlas::white_uv(*atlas_.current_page())};
}

void MeshCanvas::flush() {
    if (!mesh_.indices.empty()) sink_.add(*atlas_.current_page(), mesh_);
    mesh_.clear();
}

void MeshCanvas::draw_rectangle(float x0, float y0, float x1, float y1, Color c) {
    // thinner than a pixel: one pixel, paler
    const auto widen = [&c](float& low, float& high) {
        const float extent = high - low;
        low = snap(low), high = snap(high);
        if (high > low || extent <= 0) return;
        high = low + 1;
        c.a = static_cast<std::uint8_t>(static_cast<float>(c.a) * std::min(extent, 1.0F) + 0.5F);
    };
    widen(x0, x1);
    widen(y0, y1);
    if (x1 > x0 && y1 > y0 && c.a > 0) tessellator().rectangle(x0, y0, x1, y1, c);
}

void MeshCanvas::fill_rect(Rect r, Color c, float radius) {
    if (radius > 0) {
        const Rect s = snapped(r);
        if (s.w >= 1 && s.h >= 1) tessellator().fill(rounded_outline(s, radius * scale_), c);
    } else {
        const Vec2 a = to_pixels({r.x, r.y}), b = to_pixels({r.right(), r.bottom()});
        draw_rectangle(a.x, a.y, b.x, b.y, c);
    }
    flush();
}

void MeshCanvas::stroke_rect(Rect r, const Stroke& s, float radius) {
    const float w = stroke_pixels(s.width);
    // the stroke's outer border on pixel borders
    const Vec2 a = to_pixels({r.x, r.y}), b = to_pixels({r.right(), r.bottom()});
    const float x0 = snap(a.x - w / 2), y0 = snap(a.y - w / 2), x1 = snap(b.x - w / 2) + w,
                y1 = snap(b.y - w / 2) + w;
    if (radius <= 0 && s.dash <= 0) {
        draw_rectangle(x0, y0, x1, y0 + w, s.color);
        draw_rectangle(x0, y1 - w, x1, y1, s.color);
        draw_rectangle(x0, y0 + w, x0 + w, y1 - w, s.color);
        draw_rectangle(x1 - w, y0 + w, x1, y1 - w, s.color);
        flush();
        return;
    }
    Stroke whole_width = s;
    whole_width.width = w / scale_;
    draw_stroke(
        rounded_outline({x0 + w / 2, y0 + w / 2, x1 - x0 - w, y1 - y0 - w}, radius * scale_), true,
        whole_width);
}

/// A level or upright line as a rectangle of whole pixels, butt ends.
void MeshCanvas::straight(Vec2 a, Vec2 b, float width, Color c) {
    const float w = stroke_pixels(width);
    if (a.y == b.y) {
        const float y = snap(a.y - w / 2);
        draw_rectangle(std::min(a.x, b.x), y, std::max(a.x, b.x), y + w, c);
    } else {
        const float x = snap(a.x - w / 2);
        draw_rectangle(x, std::min(a.y, b.y), x + w, std::max(a.y, b.y), c);
    }
}

void MeshCanvas::line(Vec2 a, Vec2 b, const Stroke& s) {
    const std::vector<Vec2> ends = {to_pixels(a), to_pixels(b)};
    draw_stroke(ends, false, s);
}

void MeshCanvas::draw_stroke(std::span<const Vec2> pixels, bool closed, const Stroke& s) {
    if (s.dash > 0) {
        Stroke solid = s;
        solid.dash = 0;
        for (const FlatPath& dash : cut_dashes(pixels, closed, s.dash * scale_, s.gap * scale_)) {
            draw_stroke(dash.points, false, solid);
        }
        return;
    }
    if (pixels.size() == 2 && (pixels[0].x == pixels[1].x || pixels[0].y == pixels[1].y)) {
        straight(pixels[0], pixels[1], s.width, s.color);
        flush();
        return;
    }
    if (pixels.size() <= Tessellator::kMaxStroke) {
        tessellator().stroke(pixels, closed, s.width * scale_, s.color);
        flush();
        return;
    }
    std::vector<Vec2> all(pixels.begin(), pixels.end());
    if (closed) all.push_back(all.front());
    for (std::size_t from = 0; from + 1 < all.size(); from += Tessellator::kMaxStroke - 1) {
        const std::size_t count = std::min(Tessellator::kMaxStroke, all.size() - from);
        tessellator().stroke(std::span<const Vec2>(all).subspan(from, count), false,
                             s.width * scale_, s.color);
        flush();
    }
}

void MeshCanvas::polyline(std::span<const Vec2> points, const Stroke& s) {
    const std::vector<Vec2> pixels = to_pixels(points);
    const bool dense = static_cast<float>(points.size()) > 2 * page_.w * scale_;
    draw_stroke(dense ? thin_columns(pixels) : pixels, false, s);
}

void MeshCanvas::fill_path(const Path& p, Color c) {
    for (const FlatPath& part : flatten(p, scale_)) {
        tessellator().fill(to_pixels(part.points), c);
        flush();
    }
}

void MeshCanvas::stroke_path(const Path& p, const Stroke& s) {
    for (const FlatPath& part : flatten(p, scale_))
        draw_stroke(to_pixels(part.points), part.closed, s);
}

void MeshCanvas::fill_circle(Vec2 center, float radius, Color c) {
    if (!(radius > 0)) return;
    tessellator().fill(circle_outline(to_pixels(center), radius * scale_), c);
    flush();
}

void MeshCanvas::hatch(Rect r, Color c, float spacing, float width) {
    r = intersection(r, page_);
    if (!(spacing > 0) || r.w <= 0 || r.h <= 0) return;
    push_clip(r);
    // lines x + y = k * spacing of the page, so that neighbouring hatches join
    const float step = std::max(spacing * scale_, 1.0F);
    const Vec2 a = to_pixels({r.x, r.y}), b = to_pixels({r.right(), r.bottom()});
    const float w = width * scale_;
    for (float sum =
             std::floor((a.x + a.y - origin_.x - origin_.y) / step) * step + origin_.x + origin_.y;
         sum < b.x + b.y + step; sum += step) {
        const float low = std::max(a.x - w - 1, sum - b.y - w - 1),
                    high = std::min(b.x + w + 1, sum - a.y + w + 1);
        const std::vector<Vec2> ends = {{low, sum - low}, {high, sum - high}};
        if (low < high) tessellator().stroke(ends, false, w, c);
        if (mesh_.vertices.size() > kBatch) flush();
    }
    flush();
    pop_clip();
}

void MeshCanvas::heatmap(Rect r, int rows, int cols, std::span<const Color> cells) {
    DG_CHECK_EQ(cells.size(), static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    const auto edge = [](float from, float extent, int i, int n) {
        return snap(from + extent * static_cast<float>(i) / static_cast<float>(n));
    };
    const Vec2 a = to_pixels({r.x, r.y});
    const float w = r.w * scale_, h = r.h * scale_;
    for (int y = 0; y < rows; ++y) {
        const float y0 = edge(a.y, h, y, rows), y1 = edge(a.y, h, y + 1, rows);
        const Color* row = cells.data() + static_cast<std::ptrdiff_t>(y) * cols;
        for (int x = 0, end = 0; x < cols && y0 < y1; x = end) {
            // neighbours of one colour are one rectangle
            for (end = x + 1; end < cols && row[end] == row[x];) ++end;
            const float x0 = edge(a.x, w, x, cols), x1 = edge(a.x, w, end, cols);
            if (x0 < x1 && row[x].a > 0) tessellator().rectangle(x0, y0, x1, y1, row[x]);
            if (mesh_.vertices.size() > kBatch) flush();
        }
    }
    flush();
}

void MeshCanvas::text(Vec2 at, std::string_view utf8, const TextStyle& style) {
    if (utf8.empty() || !(style.size > 0) || !std::isfinite(at.x) || !std::isfinite(at.y)) return;
    const bool upwards = style.rotate < -45;
    const GlyphLine line = atlas_.fonts().place(utf8, style.size, style.weight, style.tabular);
    const float back =
        style.align == Align::kLeft ? 0 : line.width * (style.align == Align::kRight ? 1.0F : 0.5F);
    // the pen starts on a whole pixel: Chinese stays crisp; along the line it moves by quarters
    Vec2 pen = to_pixels(upwards ? Vec2{at.x, at.y + back} : Vec2{at.x - back, at.y});
    pen = {snap(pen.x), snap(pen.y)};
    const ImU32 color = IM_COL32(style.color.r, style.color.g, style.color.b, style.color.a);
    const Texture* page = nullptr;
    for (const PlacedGlyph& g : line.glyphs) {
        const int quarters = static_cast<int>(std::floor(g.x * scale_ * 4 + 0.5F)),
                  ahead = quarters >> 2;
        const Vec2 foot = upwards ? Vec2{pen.x, pen.y - static_cast<float>(ahead)}
                                  : Vec2{pen.x + static_cast<float>(ahead), pen.y};
        if (g.ref.missing()) {
            draw_missing(foot, g.advance * scale_, style);
            continue;
        }
        const GlyphAtlas::Entry& e = atlas_.find(g.ref, style.size * scale_, quarters & 3, upwards);
        if (!e.page) continue;
        if (page != e.page || mesh_.vertices.size() > kBatch) {
            if (page && !mesh_.indices.empty()) sink_.add(*page, mesh_);
            mesh_.clear();
            page = e.page;
        }
        const float x = foot.x + static_cast<float>(e.left), y = foot.y - static_cast<float>(e.top),
                    unit = 1.0F / static_cast<float>(e.page->width);
        const auto first = static_cast<std::uint16_t>(mesh_.vertices.size());
        for (const auto& [dx, dy] :
             {std::pair{0, 0}, {e.width, 0}, {e.width, e.height}, {0, e.height}}) {
            ImDrawVert v;
            v.pos = ImVec2(x + static_cast<float>(dx), y + static_cast<float>(dy));
            v.uv = ImVec2(static_cast<float>(e.x + dx) * unit, static_cast<float>(e.y + dy) * unit);
            v.col = color;
            mesh_.vertices.push_back(v);
        }
        for (const int i : {0, 1, 2, 0, 2, 3})
            mesh_.indices.push_back(static_cast<std::uint16_t>(first + i));
    }
    if (page && !mesh_.indices.empty()) sink_.add(*page, mesh_);
    mesh_.clear();
}

/// The box that stands for a character no font has.
void MeshCanvas::draw_missing(Vec2 pen, float advance, const TextStyle& style) {
    Mesh glyphs;
    std::swap(glyphs, mesh_);
    const float em = style.size * scale_, w = std::max(1.0F, snap(em / 20));
    const float x0 = pen.x + advance * 0.1F, x1 = pen.x + advance * 0.9F, y0 = pen.y - em * 0.72F,
                y1 = pen.y;
    draw_rectangle(x0, y0, x1, y0 + w, style.color);
    draw_rectangle(x0, y1 - w, x1, y1, style.color);
    draw_rectangle(x0, y0 + w, x0 + w, y1 - w, style.color);
    draw_rectangle(x1 - w, y0 + w, x1, y1 - w, style.color);
    flush();
    std::swap(glyphs, mesh_);
}

TextSize MeshCanvas::measure(std::string_view utf8, const TextStyle& style) const {
    return atlas_.fonts().measure(utf8, style);
}

void MeshCanvas::push_clip(Rect r) {
    const Vec2 a = to_pixels({r.x, r.y}), b = to_pixels({r.right(), r.bottom()});
    PixelRect clip = {whole(a.x), whole(a.y), whole(b.x), whole(b.y)};
    if (!clips_.empty()) {
        const PixelRect& outer = clips_.back();
        clip = {std::max(clip.x0, outer.x0), std::max(clip.y0, outer.y0),
                std::min(clip.x1, outer.x1), std::min(clip.y1, outer.y1)};
    }
    clip.x1 = std::max(clip.x1, clip.x0), clip.y1 = std::max(clip.y1, clip.y0);
    clips_.push_back(clip);
    sink_.set_clip(clip);
}

void MeshCanvas::pop_clip() {
    DG_CHECK(!clips_.empty());
    clips_.pop_back();
    sink_.set_clip(clips_.empty() ? std::nullopt : std::optional(clips_.back()));
}

}  // namespace dg::viz
