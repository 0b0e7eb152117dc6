// Values thrown at the formats, and what fails first when a number grows or shrinks.
#include "viz/scenes/floats.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::viz::floats {
namespace {

using float_bits::power_text;
using float_bits::value_text;

constexpr double kLow = -26, kHigh = 22;                        // powers of two on the page
constexpr std::array<std::size_t, 5> kOrder = {3, 4, 2, 1, 0};  // E4M3, E5M2, FP16, BF16, FP32

double log2_of(double v) { return dg::log(v) / dg::log(2.0); }

/// The lanes' common logarithmic axis.
struct Lanes {
    Rect area;  // of all bars
    float pitch = 0;

    [[nodiscard]] float at(double value) const {
        const double power = value > 0 ? log2_of(value) : kLow;
        return area.x + area.w * static_cast<float>(std::clamp((power - kLow) / (kHigh - kLow), 0.0, 1.0));
    }

    [[nodiscard]] Rect bar(std::size_t row) const {
        return {area.x, area.y + pitch * (static_cast<float>(row) + 0.5F) - pitch * 0.17F, area.w, pitch * 0.34F};
    }
};

/// How far the two probes of the last stage have gone: 2^-reach and 2^reach.
double reach(const View& view) { return view.stage < kRead ? 0 : std::max(-kLow, kHigh) * (view.stage > kRead ? 1 : view.u); }

void draw_lane(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Lanes& lanes, std::size_t row) {
    const std::size_t i = kOrder[row];
    const FormatInfo& f = fp8::formats()[i];
    const fp8::Limits& l = d.limits[i];
    const Rect bar = lanes.bar(row);
    canvas.fill_rect(bar, t.track, 3);
    const float low = lanes.at(l.min_subnormal), normal = lanes.at(l.min_normal), high = lanes.at(l.max);
    canvas.fill_rect({low, bar.y, normal - low, bar.h}, mix(t.ground, t.bar, 0.38F), 2);
    canvas.fill_rect({normal, bar.y, high - normal, bar.h}, mix(t.ground, t.bar, 0.75F), 2);
    if (high >= bar.right() - 1) draw_arrow(canvas, {bar.right() - 4, bar.center().y}, {bar.right() + 18, bar.center().y}, {.color = t.bar, .width = 4}, 12);
    if (normal <= bar.x + 1) draw_arrow(canvas, {bar.x + 4, bar.center().y}, {bar.x - 18, bar.center().y}, {.color = t.bar, .width = 4}, 12);
    canvas.text({lanes.area.x - t.body * 5.2F, bar.center().y + t.body * 0.35F}, f.name, {.size = t.body, .color = t.ink, .weight = i == 3 || i == 4 ? Weight::kBold : Weight::kRegular});
    if (!view.revealed) return;
    // where each end is, once its probe has passed
    const double gone = reach(view);
    TextStyle style = caption(t);
    style.size = std::min(style.size, lanes.pitch * 0.4F);
    const float y = bar.y - style.size * 0.3F;
    if (high < bar.right() - 1 && gone > log2_of(l.overflow_from)) {
        float_bits::draw_overflow_mark(canvas, t, {high + style.size * 0.5F, y - style.size * 0.35F}, style.size * 0.9F);
        style.color = t.error.ink;
        float_bits::draw_fitted(canvas, {high + style.size * 1.3F, y}, fmt::format("> {}", value_text(l.overflow_from)), style, bar.right() - high - t.caption * 1.8F);
    }
    if (low > bar.x + 1 && gone > -log2_of(l.min_subnormal / 2)) {
        float_bits::draw_underflow_mark(canvas, t, {low - style.size * 0.5F, y - style.size * 0.35F}, style.size * 0.9F);
        style.color = t.ink2, style.align = Align::kRight;
        canvas.text({low - style.size * 1.3F, y}, fmt::format("≤ {}", power_text(l.min_subnormal / 2)), style);
    }
}

void draw_axis(Canvas& canvas, const Theme& t, const Lanes& lanes) {
    const float y = lanes.area.bottom();
    for (int power = -24; power <= 20; power += 4) {
        const float x = lanes.at(dg::exp(power * dg::log(2.0)));
        canvas.line({x, lanes.area.y}, {x, y}, {.color = power == 0 ? t.border : t.hairline, .width = t.line});
        const std::string text = power == 0 ? "1" : fmt::format("2{}", superscript(power));
        canvas.text({x, y + t.caption * 1.3F}, text, {.size = t.caption, .color = t.ink2, .align = Align::kCenter});
    }
}

/// The thrown values: they fall from the top onto every lane and move to what they become there.
void draw_thrown(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Lanes& lanes) {
    const double fallen = done(view, kValue), rounded = view.revealed ? done(view, kRound) : 0;
    const float r = std::clamp(lanes.pitch * 0.13F, 4.0F, 8.0F);
    for (const Thrown& v : d.thrown) {
        if (!std::isfinite(v.x) || v.x == 0) continue;
        for (std::size_t row = 0; row < kOrder.size(); ++row) {
            const Written& w = v.in[kOrder[row]];
            const float y = lanes.area.y + (lanes.bar(row).center().y - lanes.area.y) * static_cast<float>(fallen);
            const double goal = w.underflow ? 0 : std::isfinite(w.value) ? std::abs(w.value) : std::abs(v.x);
            const float from = lanes.at(std::abs(v.x)), to = w.underflow ? from : lanes.at(goal);
            const Vec2 at{from + (to - from) * static_cast<float>(rounded), y};
            if (rounded >= 1 && w.underflow) {
                float_bits::draw_underflow_mark(canvas, t, at, r * 2.2F);
                continue;
            }
            if (rounded >= 1 && w.overflow) draw_arrow(canvas, {from, y}, {to, y}, {.color = t.error.fill, .width = 2}, 9);
            canvas.fill_circle(at, r + 1.5F, t.id == ThemeId::kDark ? t.ground : t.ink);
            canvas.fill_circle(at, r, rounded >= 1 && w.overflow ? t.error.fill : t.select);
        }
    }
}

/// The probes of the last stage, while they travel.
void draw_probes(Canvas& canvas, const View& view, const Theme& t, const Lanes& lanes) {
    if (!view.revealed || view.stage != kRead || view.u >= 1) return;
    const double gone = reach(view);
    for (const double power : {gone, -gone}) {
        const float x = lanes.at(dg::exp(power * dg::log(2.0)));
        canvas.line({x, lanes.area.y}, {x, lanes.area.bottom()}, {.color = t.ink, .width = 3});
        canvas.fill_circle({x, lanes.area.y}, 7, t.select);
        canvas.stroke_rect({x - 7, lanes.area.y - 7, 14, 14}, {.color = t.ink, .width = 2}, 7);
    }
}

/// One result: the number, and ▲ or ▽ when it was lost.
void draw_cell(Canvas& canvas, const View& view, const Theme& t, Rect cell, const Written& w) {
    const bool told = view.revealed && view.stage >= kRound;
    const float y = cell.center().y + t.body * 0.35F;
    const bool lost = told && (w.overflow || w.underflow);
    if (lost) canvas.fill_rect(cell.inset(2), w.overflow ? mix(t.ground, t.error.fill, 0.14F) : t.track, 4);
    if (lost && w.underflow) canvas.hatch(cell.inset(2), t.border, 10, 1);
    TextStyle style = body(t, Align::kRight);
    style.weight = lost ? Weight::kBold : Weight::kRegular;
    if (told && w.overflow) style.color = t.error.ink;
    const float mark = t.body * 1.4F;
    float_bits::draw_fitted(canvas, {cell.right() - mark, y}, told ? value_text(w.value) : "?", style, cell.w - mark - 12);
    if (told && w.overflow) float_bits::draw_overflow_mark(canvas, t, {cell.right() - mark * 0.5F, cell.center().y}, t.label * 0.8F);
    if (told && w.underflow) float_bits::draw_underflow_mark(canvas, t, {cell.right() - mark * 0.5F, cell.center().y}, t.label * 0.8F);
}

void draw_grid(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "grid");
    const float first = area.w * 0.14F, w = (area.w - first) / 5, mark = t.body * 1.4F;
    const float pitch = std::min(area.h / static_cast<float>(d.thrown.size() + 1), t.body * 2.3F);
    float_bits::draw_fitted(canvas, {area.x, area.y + pitch * 0.5F + t.label * 0.35F}, tr(view.lang, "floats.grid.value"), label(t), first);
    for (std::size_t column = 0; column < kOrder.size(); ++column) {
        const float x = area.x + first + w * static_cast<float>(column);
        canvas.text({x + w - mark, area.y + pitch * 0.5F + t.label * 0.35F}, fp8::formats()[kOrder[column]].name, label(t, Align::kRight));
    }
    canvas.line({area.x, area.y + pitch}, {area.right(), area.y + pitch}, {.color = t.border, .width = t.line});
    for (std::size_t r = 0; r < d.thrown.size(); ++r) {
        const float y = area.y + pitch * static_cast<float>(r + 1);
        const std::string text = d.thrown[r].text.starts_with('-') ? "−" + d.thrown[r].text.substr(1) : d.thrown[r].text == "pi" ? "π" : d.thrown[r].text;
        float_bits::draw_fitted(canvas, {area.x, y + pitch * 0.5F + t.body * 0.35F}, text, strong(t), first - 8);
        for (std::size_t column = 0; column < kOrder.size(); ++column) {
            draw_cell(canvas, view, t, {area.x + first + w * static_cast<float>(column), y, w, pitch}, d.thrown[r].in[kOrder[column]]);
        }
    }
}

}  // namespace

void draw_ends_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float share = d.thrown.size() > 5 ? 0.46F : 0.52F, names = t.body * 5.4F;
    Lanes lanes{.area = {area.x + names, area.y + t.label, area.w - names - 24, area.h * share - t.caption * 3 - t.label}};
    lanes.pitch = lanes.area.h / static_cast<float>(kOrder.size());
    const Group group(canvas, "lanes");
    draw_axis(canvas, t, lanes);
    for (std::size_t row = 0; row < kOrder.size(); ++row) draw_lane(canvas, d, view, t, lanes, row);
    draw_thrown(canvas, d, view, t, lanes);
    draw_probes(canvas, view, t, lanes);
    if (!d.thrown.empty()) draw_grid(canvas, d, view, t, {area.x, area.y + area.h * share, area.w, area.h * (1 - share)});
}

}  // namespace dg::viz::floats
