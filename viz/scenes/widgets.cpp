#include "viz/scenes/widgets.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::viz {
namespace {

/// Where a value stands on its scale: sequential 0 .. 1, diverging -1 .. 1.
double place(const ColorScale& scale, double value) {
    if (scale.map == ColorScale::Map::kDiverging) return scale.max > 0 ? value / scale.max : 0;
    if (!(scale.max > scale.min)) return 0;
    if (scale.log) return (dg::log(std::max(value, scale.min)) - dg::log(scale.min)) / (dg::log(scale.max) - dg::log(scale.min));
    return (value - scale.min) / (scale.max - scale.min);
}

float chip_width(const Canvas& canvas, const Theme& t, std::string_view text, float limit) {
    return std::min(limit, std::max(t.label * 1.8F, canvas.measure(text, label(t)).width + t.label * 1.2F));
}

/// The run [first, last] around `current` whose chips fit in `width`.
std::pair<int, int> visible_run(std::span<const float> widths, int current, float gap, float width) {
    int first = current, last = current;
    float used = widths[static_cast<std::size_t>(current)];
    const int n = static_cast<int>(widths.size());
    for (bool grown = true; grown;) {
        grown = false;
        for (const int next : {last + 1, first - 1}) {
            if (next < 0 || next >= n) continue;
            const float wider = used + gap + widths[static_cast<std::size_t>(next)];
            if (wider > width) continue;
            used = wider, grown = true;
            (next > last ? last : first) = next;
        }
    }
    return {first, last};
}

}  // namespace

TextStyle caption(const Theme& t, Align align) { return {.size = t.caption, .color = t.ink2, .align = align}; }

TextStyle label(const Theme& t, Align align) { return {.size = t.label, .color = t.ink2, .align = align}; }

TextStyle body(const Theme& t, Align align) { return {.size = t.body, .color = t.ink, .align = align}; }

TextStyle strong(const Theme& t, Align align) {
    return {.size = t.body, .color = t.ink, .weight = Weight::kBold, .align = align};
}

TextStyle heading(const Theme& t, Align align) {
    return {.size = t.heading, .color = t.ink, .weight = Weight::kBold, .align = align};
}

void draw_centered(Canvas& canvas, Rect rect, std::string_view text, TextStyle style) {
    style.align = Align::kCenter;
    canvas.text({rect.center().x, rect.center().y + style.size * 0.35F}, text, style);
}

Color ColorScale::color(const Theme& t, double value) const {
    if (!std::isfinite(value)) return t.error.fill;
    const double u = place(*this, value);
    return map == Map::kDiverging ? t.diverging_at(std::clamp(u, -1.0, 1.0)) : t.sequential_at(u);
}

ColorScale scale_for(std::span<const float> values, ColorScale::Map map, std::string label) {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const float v : values) {
        if (!std::isfinite(v)) continue;
        least = std::min<double>(least, v), most = std::max<double>(most, v);
    }
    if (least > most) least = 0, most = 1;
    if (map == ColorScale::Map::kDiverging) {
        const double limit = std::max(std::abs(least), std::abs(most));
        return {.map = map, .min = -limit, .max = limit, .label = std::move(label)};
    }
    return {.map = map, .min = std::min(0.0, least), .max = most, .label = std::move(label)};
}

void draw_legend(Canvas& canvas, const View& view, Rect area, const ColorScale& scale) {
    const Group group(canvas, "legend");
    const Theme& t = theme(view.theme);
    const TextStyle style = caption(t);
    std::string title = scale.label;
    if (scale.log) title += " · " + tr(view.lang, "legend.log");
    canvas.text({area.x, area.y + style.size}, elide(canvas, title, style, area.w), style);

    const Rect ramp{area.x, area.y + style.size * 1.5F, area.w, style.size * 0.75F};
    constexpr int kSteps = 64;
    std::vector<Color> colors(kSteps);
    for (int i = 0; i < kSteps; ++i) {
        const double u = (i + 0.5) / kSteps;
        colors[static_cast<std::size_t>(i)] = scale.map == ColorScale::Map::kDiverging ? t.diverging_at(2 * u - 1) : t.sequential_at(u);
    }
    canvas.heatmap(ramp, 1, kSteps, colors);
    canvas.stroke_rect(ramp, {.color = t.border, .width = t.line});

    const float y = ramp.bottom() + style.size * 1.2F;
    canvas.text({ramp.x, y}, number(scale.min), caption(t, Align::kLeft));
    canvas.text({ramp.right(), y}, number(scale.max), caption(t, Align::kRight));
    if (scale.map == ColorScale::Map::kDiverging) canvas.text({ramp.center().x, y}, "0", caption(t, Align::kCenter));
}

void draw_cell_mark(Canvas& canvas, const Theme& t, Rect cell, double value) {
    if (std::isfinite(value)) return;
    canvas.fill_rect(cell, mix(t.ground, t.error.fill, 0.25F));
    canvas.hatch(cell, t.error.fill, 6, 1);
    const TextStyle style{.size = t.caption, .color = t.error.ink, .weight = Weight::kBold};
    const std::string text = number(value);
    const TextSize size = canvas.measure(text, style);
    if (size.width + 8 > cell.w || style.size * 1.4F > cell.h) return;
    const Rect plate{cell.center().x - size.width / 2 - 3, cell.center().y - style.size * 0.65F, size.width + 6, style.size * 1.3F};
    canvas.fill_rect(plate, t.ground, 3);
    draw_centered(canvas, plate, text, style);
}

void draw_ring(Canvas& canvas, const Theme& t, Rect rect, float radius) {
    canvas.stroke_rect(rect.inset(-1.5F), {.color = t.select, .width = 3}, radius + 1.5F);
    if (t.select_outline.a > 0) canvas.stroke_rect(rect.inset(-4), {.color = t.select_outline, .width = 2}, radius + 4);
}

void draw_masked(Canvas& canvas, const Theme& t, std::span<const Rect> parts, std::string_view text, Vec2 label_at) {
    const Group group(canvas, "masked");
    for (const Rect& part : parts) {
        canvas.fill_rect(part, t.track);
        canvas.hatch(part, t.border, 10, 1);
    }
    if (text.empty()) return;
    const TextStyle style = label(t, Align::kCenter);
    const float width = canvas.measure(text, style).width + style.size;
    const Rect plate{label_at.x - width / 2, label_at.y - style.size * 0.8F, width, style.size * 1.6F};
    canvas.fill_rect(plate, t.ground.with_alpha(0.92F), 4);
    draw_centered(canvas, plate, text, style);
}

void draw_bar(Canvas& canvas, const Theme& t, Rect track, double share, const BarStyle& style) {
    canvas.fill_rect(track, t.track, style.radius);
    if (style.covered) {
        if (track.h >= t.caption) draw_centered(canvas, track, "?", {.size = t.caption, .color = t.ink3, .weight = Weight::kBold});
        return;
    }
    if (!(share > 0)) return;
    const float width = std::max(style.min_px, static_cast<float>(std::min(share, 1.0)) * track.w);
    canvas.fill_rect({track.x, track.y, std::min(width, track.w), track.h}, style.fill, style.radius);
}

void draw_arrow(Canvas& canvas, Vec2 a, Vec2 b, const Stroke& stroke, float head) {
    const float dx = b.x - a.x, dy = b.y - a.y;
    const float length = std::sqrt(dx * dx + dy * dy);
    if (!(length > 0)) return;
    const float ux = dx / length, uy = dy / length;
    const float h = std::min(head, length), half = h * 0.45F;
    const Vec2 neck{b.x - ux * h, b.y - uy * h};
    canvas.line(a, neck, stroke);
    canvas.fill_path(Path().move(b).line({neck.x - uy * half, neck.y + ux * half}).line({neck.x + uy * half, neck.y - ux * half}).close(),
                     stroke.color);
}

void draw_chip(Canvas& canvas, const Theme& t, Rect rect, std::string_view text, const ChipStyle& style) {
    const Color fill = style.filled ? style.role.fill : mix(t.ground, style.role.fill, 0.16F);
    canvas.fill_rect(rect, style.dim ? mix(t.ground, fill, 0.4F) : fill, style.radius);
    const Color ink = style.filled ? t.ink_on(fill) : style.role.ink;
    const TextStyle words{.size = style.size, .color = style.dim ? t.ink3 : ink, .weight = style.filled ? Weight::kBold : Weight::kRegular};
    draw_centered(canvas, rect, elide(canvas, text, words, rect.w - style.size * 0.5F), words);
}

TokenChips draw_token_row(Canvas& canvas, const View& view, Rect area, std::span<const std::string> labels, int current) {
    const Group group(canvas, "tokens");
    TokenChips chips;
    if (labels.empty()) return chips;
    const Theme& t = theme(view.theme);
    const float gap = 8, ends = t.label * 3;
    std::vector<float> widths;
    float total = -gap;
    for (const std::string& text : labels) {
        widths.push_back(chip_width(canvas, t, text, area.w / 3));
        total += widths.back() + gap;
    }
    const int n = static_cast<int>(labels.size());
    const bool all = total <= area.w;
    const int focus = std::clamp(current, 0, n - 1);
    const auto [first, last] = all ? std::pair(0, n - 1) : visible_run(widths, focus, gap, area.w - 2 * ends);

    float x = area.x + (first > 0 ? ends : 0);
    if (first > 0) canvas.text({area.x, area.center().y + t.caption * 0.35F}, fmt::format("{}…", first), caption(t));
    chips.first = first;
    for (int i = first; i <= last; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const Rect rect{x, area.y, widths[index], area.h};
        canvas.stroke_rect(rect, {.color = t.border, .width = t.line}, 6);
        TextStyle words = label(t);
        words.color = i == current ? t.ink : t.ink2;
        words.weight = i == current ? Weight::kBold : Weight::kRegular;
        draw_centered(canvas, rect, elide(canvas, labels[index], words, rect.w - 8), words);
        canvas.region({rect, std::nullopt, fmt::format("set position={}", i), fmt::format("{} · {}", i, labels[index])});
        chips.rects.push_back(rect);
        x += rect.w + gap;
    }
    if (last < n - 1) canvas.text({x, area.center().y + t.caption * 0.35F}, fmt::format("…{}", n - 1 - last), caption(t));
    if (current >= first && current <= last) draw_ring(canvas, t, chips.rects[static_cast<std::size_t>(current - first)], 6);
    return chips;
}

}  // namespace dg::viz
