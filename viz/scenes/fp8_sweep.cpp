// The range sweep: a tensor cast to eight bits without a scale, multiplied by ever larger powers of two.
#include "viz/scenes/fp8.h"

#include "viz/scenes/plot.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

/// The shift on the page: during stage scale it runs from the chosen one down, up to the other end and back.
double shift_at(const Data& d, const View& view) {
    const double low = d.sweep.front().shift, high = d.sweep.back().shift, at = d.shift;
    if (view.stage != kScale) return at;
    const double down = at - low, up = high - low, back = high - at, whole = down + up + back;
    const double way = view.u * whole;
    if (way < down) return at - way;
    if (way < down + up) return low + (way - down);
    return high - (way - down - up);
}

const lab::RangeLoss& loss_at(const Data& d, double shift) {
    const auto i = static_cast<std::ptrdiff_t>(std::lround(shift)) - d.sweep.front().shift;
    return d.sweep[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(i, 0, static_cast<std::ptrdiff_t>(d.sweep.size()) - 1))];
}

Plot plot_of(const Data& d, const View& view, const Theme& t, double shift) {
    Plot plot{.x = {.label = tr(view.lang, "fp8.sweep.x"), .min = static_cast<double>(d.sweep.front().shift), .max = static_cast<double>(d.sweep.back().shift)},
              .y = {.label = tr(view.lang, "fp8.sweep.y"), .min = 0, .max = 1, .percent = true}};
    Series under{.label = tr(view.lang, "fp8.sweep.under"), .color = t.stream, .dash = 8, .gap = 5}, over{.label = tr(view.lang, "fp8.sweep.over"), .color = t.error.fill}, error{.label = tr(view.lang, "fp8.sweep.error"), .color = t.ink};
    for (const lab::RangeLoss& loss : d.sweep) {
        const auto x = static_cast<double>(loss.shift);
        under.points.push_back({x, loss.underflow}), over.points.push_back({x, loss.overflow}), error.points.push_back({x, std::min(1.0, loss.error)});
    }
    plot.series = {under, over, error};
    plot.marks.push_back({.at = shift, .label = fmt::format("2{}", superscript(std::lround(shift)))});
    plot.shown = view.revealed ? 1 : 0;
    return plot;
}

}  // namespace

void draw_sweep_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "sweep");
    const Ends ends = ends_of(*dg::fp8::find_format(d.format == dg::fp8::Format::kE4M3 ? "e4m3" : "e5m2"));
    const double shift = shift_at(d, view);
    const lab::RangeLoss& loss = loss_at(d, shift);
    LinePicture picture{.ends = &ends, .log_x = d.log_x[0], .log_scale = d.log_scale[0], .scaled = 0, .fallen = 1, .offset = shift, .covered = !view.revealed && view.stage >= kScale};
    picture.lost_low = tr(view.lang, "fp8.sweep.lost_under", {{"share", percent(loss.underflow)}});
    picture.lost_high = tr(view.lang, "fp8.sweep.lost_over", {{"share", percent(loss.overflow)}});
    draw_line(canvas, view, t, {area.x, area.y, area.w, area.h * 0.46F}, picture);
    const Rect below{area.x, area.y + area.h * 0.52F, area.w, area.h * 0.48F};
    const PlotFrame frame = draw_plot(canvas, view, below, plot_of(d, view, t, shift));
    // clicking the plot moves the numbers
    for (const lab::RangeLoss& at : d.sweep) {
        const float x = frame.px(at.shift), w = frame.inner.w / static_cast<float>(d.sweep.size());
        const std::string tip = tr(view.lang, "fp8.sweep.tip", {{"shift", fmt::format("2{}", superscript(at.shift))}, {"under", percent(at.underflow)}, {"over", percent(at.overflow)}, {"error", percent(at.error)}});
        canvas.region({{x - w / 2, frame.inner.y, w, frame.inner.h}, std::nullopt, fmt::format("set shift={}", at.shift), view.revealed ? tip : ""});
    }
}

}  // namespace dg::viz::fp8_page
