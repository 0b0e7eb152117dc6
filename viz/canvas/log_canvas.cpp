#include "viz/canvas/log_canvas.h"

#include "engine/base/check.h"
#include "viz/text/utf8.h"

#include <fmt/format.h>

#include <cmath>

namespace dg::viz {

namespace {

std::string num(float v) {
    if (!std::isfinite(v)) return std::isnan(v) ? "nan" : "inf";
    const double tenth = std::floor(static_cast<double>(v) * 10 + 0.5) / 10;
    return tenth == 0 ? "0" : fmt::format("{:g}", tenth);
}

std::string str(Vec2 p) {
    return fmt::format("{},{}", num(p.x), num(p.y));
}

std::string str(Rect r) {
    return fmt::format("{},{} {}x{}", num(r.x), num(r.y), num(r.w), num(r.h));
}

std::string str(Color c) {
    std::string s = fmt::format("#{:02X}{:02X}{:02X}", c.r, c.g, c.b);
    return c.a == 255 ? s : s + fmt::format("/{}", c.a);
}

std::string str(const Stroke& s) {
    const std::string dashes =
        s.dash > 0 ? fmt::format(" dash={},{}", num(s.dash), num(s.gap)) : "";
    return fmt::format("{} w={}{}", str(s.color), num(s.width), dashes);
}

std::string rounded(float radius) {
    return radius > 0 ? fmt::format(" r={}", num(radius)) : "";
}

std::string str(const Path& p) {
    std::string s;
    for (const Path::Step& step : p.steps) {
        s += s.empty() ? "" : " ";
        s += step.op;
        if (step.op == 'C') s += fmt::format("{} {} {}", str(step.a), str(step.b), str(step.c));
        if (step.op == 'M' || step.op == 'L') s += str(step.a);
    }
    return s;
}

}  // namespace

void LogCanvas::write(const std::string& line) {
    log_ += fmt::format("{:{}}{}\n", "", 2 * depth_, line);
}

void LogCanvas::fill_rect(Rect r, Color c, float radius) {
    write(fmt::format("fill_rect {} {}{}", str(r), str(c), rounded(radius)));
}

void LogCanvas::stroke_rect(Rect r, const Stroke& s, float radius) {
    write(fmt::format("stroke_rect {} {}{}", str(r), str(s), rounded(radius)));
}

void LogCanvas::line(Vec2 a, Vec2 b, const Stroke& s) {
    write(fmt::format("line {} {} {}", str(a), str(b), str(s)));
}

void LogCanvas::polyline(std::span<const Vec2> points, const Stroke& s) {
    std::string list;
    for (const Vec2 p : points) list += fmt::format(" {}", str(p));
    write(fmt::format("polyline {}{}", str(s), list));
}

void LogCanvas::fill_path(const Path& p, Color c) {
    write(fmt::format("fill_path {} {}", str(c), str(p)));
}

void LogCanvas::stroke_path(const Path& p, const Stroke& s) {
    write(fmt::format("stroke_path {} {}", str(s), str(p)));
}

void LogCanvas::fill_circle(Vec2 center, float radius, Color c) {
    write(fmt::format("fill_circle {} r={} {}", str(center), num(radius), str(c)));
}

void LogCanvas::hatch(Rect r, Color c, float spacing, float width) {
    write(fmt::format("hatch {} {} every {} w={}", str(r), str(c), num(spacing), num(width)));
}

void LogCanvas::heatmap(Rect r, int rows, int cols, std::span<const Color> cells) {
    DG_CHECK_EQ(cells.size(), static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    std::string list;
    for (const Color c : cells) list += fmt::format(" {}", str(c));
    write(fmt::format("heatmap {} {}x{}{}", str(r), rows, cols, list));
}

void LogCanvas::text(Vec2 at, std::string_view utf8, const TextStyle& style) {
    constexpr const char* kAlign[] = {"left", "center", "right"};
    const std::string turned =
        style.rotate != 0 ? fmt::format(" rotate={}", num(style.rotate)) : "";
    write(fmt::format("text {} \"{}\" {} {} {}{}{}", str(at), utf8, num(style.size),
                      str(style.color), kAlign[static_cast<int>(style.align)],
                      style.weight == Weight::kBold ? " bold" : "", turned));
    const TextSize size = measure(utf8, style);
    const float back =
        style.align == Align::kLeft ? 0 : size.width * (style.align == Align::kRight ? 1.0F : 0.5F);
    const Rect box = style.rotate == 0 ? Rect{at.x - back, at.y - size.ascent, size.width,
                                              size.ascent + size.descent}
                                       : Rect{at.x - size.ascent, at.y + back - size.width,
                                              size.ascent + size.descent, size.width};
    texts_.push_back({std::string(utf8), box, style});
}

TextSize LogCanvas::measure(std::string_view utf8, const TextStyle& style) const {
    float em = 0;
    for (std::size_t pos = 0; pos < utf8.size();)
        em += is_wide(next_code_point(utf8, pos)) ? 1.0F : 0.56F;
    return {em * style.size, 0.88F * style.size, 0.24F * style.size};
}

void LogCanvas::push_clip(Rect r) {
    write(fmt::format("clip {}", str(r)));
    ++depth_;
}

void LogCanvas::pop_clip() {
    DG_CHECK(depth_ > 0);
    --depth_;
}

void LogCanvas::begin_group(std::string_view name) {
    write(fmt::format("group {}", name));
    ++depth_;
}

void LogCanvas::end_group() {
    DG_CHECK(depth_ > 0);
    --depth_;
}

}  // namespace dg::viz
