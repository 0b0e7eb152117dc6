// The numbers each format has around a value, and how coarse it is there compared with elsewhere.
#include "viz/scenes/floats.h"

#include "viz/scenes/plot.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::viz::floats {
namespace {

using float_bits::power_text;
using float_bits::value_text;

constexpr std::array<std::size_t, 4> kOrder = {3, 4, 2, 1};  // E4M3, E5M2, FP16, BF16

struct Window {
    double lo = 0, hi = 1;
    Rect area;

    [[nodiscard]] float at(double v) const { return area.x + area.w * static_cast<float>((v - lo) / (hi - lo)); }
};

/// From eight times as wide to the window asked for.
Window window_of(const Data& d, const View& view, Rect area) {
    // zero: the first numbers of E4M3
    const double center = std::abs(d.x) > 0 ? std::abs(d.x) : d.limits[3].min_subnormal * 4;
    const double zoom = 1 + 7 * (1 - done(view, kRound)), half = center * d.window;
    return {std::max(0.0, center - half * zoom), center + half * zoom, area};
}

/// Ticks at every number of the format inside the window; too many for the pixels: one solid band.
void draw_ticks(Canvas& canvas, const Theme& t, const Window& w, const FormatInfo& f, const fp8::Limits& l, Rect lane) {
    const std::uint32_t first = fp8::bracket(f, w.lo).below, last = std::min(fp8::bracket(f, w.hi).above, l.max_code);
    const float limit = std::min(w.at(l.max), lane.right());
    canvas.line({lane.x, lane.bottom()}, {std::max(lane.x, limit), lane.bottom()}, {.color = t.ink2, .width = std::max(2.0F, t.line)});
    if (limit < lane.right() - 1) {
        const Rect beyond{std::max(lane.x, limit), lane.y, lane.right() - std::max(lane.x, limit), lane.h};
        canvas.fill_rect(beyond, mix(t.ground, t.error.fill, 0.1F));
        canvas.hatch(beyond, mix(t.ground, t.error.fill, 0.6F), 12, 1.5F);
    }
    if (static_cast<float>(last - first) > lane.w / 3) {
        canvas.fill_rect({lane.x, lane.y + lane.h * 0.45F, std::max(0.0F, limit - lane.x), lane.h * 0.55F}, mix(t.ground, t.bar, 0.55F));
        return;
    }
    for (std::uint32_t code = first; code <= last; ++code) {
        const double v = fp8::decode(f, code);
        if (v < w.lo || v > w.hi) continue;
        canvas.line({w.at(v), lane.y + lane.h * 0.45F}, {w.at(v), lane.bottom()}, {.color = t.bar, .width = last - first < 60 ? 3.0F : 1.5F});
    }
}

void draw_lane(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Window& w, Rect lane, std::size_t i) {
    const FormatInfo& f = fp8::formats()[i];
    const bool told = view.revealed && view.stage >= kRound;
    draw_ticks(canvas, t, w, f, d.limits[i], lane);
    canvas.text({lane.x - t.body * 5, lane.bottom() - lane.h * 0.2F}, f.name, {.size = t.body, .color = t.ink, .weight = Weight::kBold});
    const float x = lane.right() + t.body;
    const double step = fp8::spacing(f, d.x);
    canvas.text({x, lane.bottom() - lane.h * 0.2F}, told ? power_text(step) : "?", {.size = t.heading, .color = t.ink, .weight = Weight::kBold});
    // the gap itself, above the ticks that border it
    const fp8::Bracket around = fp8::bracket(f, d.x);
    if (!told || done(view, kRead) < 0.5 || around.above > d.limits[i].max_code) return;
    const float a = w.at(fp8::decode(f, around.below)), b = w.at(fp8::decode(f, around.above)), y = lane.y + lane.h * 0.26F;
    if (b - a < 14 || b > lane.right()) return;
    canvas.line({a + 2, y}, {b - 2, y}, {.color = t.ink, .width = 2});
    canvas.line({a + 2, y - 5}, {a + 2, y + 5}, {.color = t.ink, .width = 2});
    canvas.line({b - 2, y - 5}, {b - 2, y + 5}, {.color = t.ink, .width = 2});
}

void draw_marker(Canvas& canvas, const Data& d, const Theme& t, const Window& w) {
    const double m = std::abs(d.x);
    const float x = std::clamp(w.at(m), w.area.x, w.area.right()), y = w.area.bottom();
    canvas.line({x, w.area.y}, {x, y}, {.color = t.ink, .width = 2, .dash = 6, .gap = 4});
    const Rect pill{x - 6, w.area.y - 12, 12, 24};
    canvas.fill_rect(pill, t.select, 6);
    canvas.stroke_rect(pill, {.color = t.id == ThemeId::kDark ? t.ground : t.ink, .width = 2}, 6);
    canvas.text({x, w.area.y - 20}, value_text(m), {.size = t.body, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter});
}

void draw_scale(Canvas& canvas, const Theme& t, const Window& w) {
    const float y = w.area.bottom();
    const Axis axis{.min = w.lo, .max = w.hi};
    const std::vector<double> at = ticks(axis, 8);
    for (const double v : at) {
        const std::string text = w.hi < 0.01 || w.hi >= 1e6 ? scientific(v, 3) : tick_text(axis, v, at.size() > 1 ? at[1] - at[0] : 1);
        canvas.line({w.at(v), y}, {w.at(v), y + 6}, {.color = t.ink3, .width = t.line});
        canvas.text({w.at(v), y + 8 + t.caption}, text, {.size = t.caption, .color = t.ink2, .align = Align::kCenter});
    }
}

/// Spacing over value, from 2^-14 to 2^18: a sawtooth where numbers are normal, a slope where they are not.
void draw_relative(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    Plot plot{.x = {.label = tr(view.lang, "floats.spacing.x"), .min = std::ldexp(1.0, -14), .max = std::ldexp(1.0, 18), .log = true},
              .y = {.label = tr(view.lang, "floats.spacing.y"), .min = 0, .max = 0.5, .percent = true}};
    const std::array<std::pair<std::size_t, Color>, 3> lines = {{{3, t.ink}, {4, t.experts[6]}, {2, t.experts[7]}}};
    for (const auto& [i, color] : lines) {
        const FormatInfo& f = fp8::formats()[i];
        Series series{.label = std::string(f.name), .color = color};
        for (int k = -14 * 16; k <= 18 * 16; ++k) {
            const double v = std::ldexp(1 + (k & 15) / 16.0, (k - (k & 15)) / 16);
            if (v > d.limits[i].max) break;
            const double relative = fp8::spacing(f, v) / v;
            series.points.push_back({v, relative <= 0.5 ? relative : std::nan("")});
        }
        plot.series.push_back(std::move(series));
    }
    if (std::abs(d.x) > plot.x.min && std::abs(d.x) < plot.x.max) plot.marks.push_back({.at = std::abs(d.x), .label = value_text(std::abs(d.x))});
    plot.shown = view.revealed ? done(view, kRead) : 0;
    draw_plot(canvas, view, area, plot);
}

}  // namespace

void draw_spacing_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "spacing");
    if (!std::isfinite(d.x)) return draw_centered(canvas, area, tr(view.lang, "floats.spacing.none"), body(t));
    const float head = t.body * 2.2F, names = t.body * 5.2F, values = t.heading * 4.2F, h = area.h * 0.52F;
    const Window w = window_of(d, view, {area.x + names, area.y + head, area.w - names - values, h - head - t.caption * 2});
    canvas.text({w.area.right() + t.body, area.y + head * 0.62F}, tr(view.lang, "floats.spacing.head"), label(t));
    const float pitch = w.area.h / static_cast<float>(kOrder.size());
    for (std::size_t row = 0; row < kOrder.size(); ++row) {
        draw_lane(canvas, d, view, t, w, {w.area.x, w.area.y + pitch * static_cast<float>(row) + pitch * 0.14F, w.area.w, pitch * 0.72F}, kOrder[row]);
    }
    draw_scale(canvas, t, w);
    draw_marker(canvas, d, t, w);
    draw_relative(canvas, d, view, t, {area.x, area.y + h + t.label, area.w, area.h - h - t.label});
}

}  // namespace dg::viz::floats
