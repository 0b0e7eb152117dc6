// Scene grpo: one run, its curves over its steps and the group of the step under the cursor.
#include "viz/scenes/clock.h"
#include "viz/scenes/grpo.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

/// Where a curve stands at a step; NaN beyond it.
double value_at(const std::vector<PlotPoint>& points, std::int64_t step) { return step >= 0 && step < static_cast<std::int64_t>(points.size()) ? points[static_cast<std::size_t>(step)].y : std::nan(""); }

struct CurveSpec {
    const Curve* curve;
    Color color;
    Axis y;
    int decimals;
};

/// Vertical ring-coloured line with a dot on the smoothed curve.
void draw_cursor(Canvas& canvas, const Theme& t, const PlotFrame& f, std::int64_t step, double value, const std::string& name) {
    const float x = f.px(static_cast<double>(step));
    if (t.select_outline.a > 0) canvas.line({x, f.inner.y}, {x, f.inner.bottom()}, {.color = t.select_outline, .width = 5});
    canvas.line({x, f.inner.y}, {x, f.inner.bottom()}, {.color = t.select, .width = 3});
    if (std::isfinite(value)) {
        canvas.fill_circle({x, f.py(value)}, 8, t.ink);
        canvas.fill_circle({x, f.py(value)}, 5.5F, t.select);
    }
    if (name.empty()) return;
    const TextStyle style{.size = t.label, .color = t.ink, .weight = Weight::kBold};
    const float w = canvas.measure(name, style).width + 12, h = t.label * 1.5F;
    // above the plot, beside the axis' title; near its left end inside, on the side where a rising curve is not
    const bool above = x - w / 2 > f.inner.x + f.inner.w * 0.3F;
    const Rect plate = above ? Rect{std::min(x - w / 2, f.inner.right() - w), f.inner.y - h, w, h} : Rect{x - w - 8 > f.inner.x ? x - w - 8 : x + 8, f.inner.y + 4, w, h};
    canvas.fill_rect(plate, t.ground.with_alpha(0.9F), 3);
    draw_centered(canvas, plate, name, style);
}

void add_regions(Canvas& canvas, const View& view, const PlotFrame& f, const Run& run) {
    const auto n = static_cast<std::int64_t>(run.run.steps.size());
    const float w = f.inner.w / static_cast<float>(std::max<std::int64_t>(1, n - 1));
    for (std::int64_t i = 0; i < n; ++i) {
        const sim::GrpoStats& s = run.run.steps[static_cast<std::size_t>(i)];
        const Rect box{f.px(static_cast<double>(i)) - w / 2, f.inner.y, w, f.inner.h};
        const std::string tip = tr(view.lang, "grpo.tip.step", {{"step", fmt::format("{}", i)}, {"accuracy", percent(s.skill.accuracy, 0)}, {"length", fixed(s.skill.mean_length, 1)}, {"entropy", fixed(s.entropy, 2)}, {"equal", fmt::format("{}", s.dropped)}});
        canvas.region({box, CellRef{std::string(kSteps), {i}}, i <= kMostAt ? fmt::format("set at={}", i) : std::string(), tip});
    }
}

/// Groups whose rewards are all equal, as bars on the axis of steps: they teach nothing.
void draw_equal_groups(Canvas& canvas, const View& view, const Theme& t, const PlotFrame& f, const Run& run, double shown) {
    const auto found = run.run.params.find("prompts");
    const double groups = found == run.run.params.end() ? 16 : std::stod(found->second), room = f.inner.h * 0.16;
    const float w = std::max(1.0F, f.inner.w / static_cast<float>(run.run.steps.size()) * 0.7F);
    double most = 0;
    for (const PlotPoint& p : run.dropped.raw) {
        if (p.x > shown || p.y <= 0) continue;
        most = std::max(most, p.y);
        const auto h = static_cast<float>(p.y / groups * room);
        canvas.fill_rect({f.px(p.x) - w / 2, f.inner.bottom() - h, w, h}, t.ink3.with_alpha(0.35F));
    }
    if (most > 0) canvas.text({f.inner.right(), f.inner.bottom() - static_cast<float>(room) - 6}, tr(view.lang, "grpo.equal_groups", {{"groups", fmt::format("{:.0f}", groups)}}), caption(t, Align::kRight));
}

PlotFrame draw_curve(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Run& run, const CurveSpec& spec, Rect area, bool names) {
    const std::int64_t step = step_at(d, run, view);
    const double last = static_cast<double>(std::max<std::int64_t>(1, std::max(run.steps(), d.at)));
    const bool moving = view.stage == kRun && view.u < 1 && run.whole;
    const float number_w = t.heading * 2.6F;
    Plot plot = empty_plot(axis_to(tr(view.lang, "grpo.axis.steps"), last), spec.y, moving ? static_cast<double>(step) / last : 1);
    add_curve(plot, *spec.curve, spec.color, t, "");
    const PlotFrame f = draw_plot(canvas, view, {area.x, area.y, area.w - number_w, area.h}, plot);
    const double here = value_at(spec.curve->smooth, step), end = value_at(spec.curve->smooth, moving ? step : run.steps());
    if (std::isfinite(end)) {
        const float y = std::clamp(f.py(end), f.inner.y + t.heading * 0.4F, f.inner.bottom());
        TextStyle big = heading(t);
        big.color = spec.color;
        canvas.text({f.inner.right() + 14, y + t.heading * 0.35F}, fixed(end, spec.decimals), big);
    }
    draw_cursor(canvas, t, f, step, here, names ? tr(view.lang, "grpo.step", {{"step", fmt::format("{}", step)}}) : "");
    add_regions(canvas, view, f, run);
    return f;
}

}  // namespace

Color accuracy_color(const Theme& t) { return t.ink; }

Color length_color(const Theme& t) { return t.experts[1]; }

Plot empty_plot(Axis x, Axis y, double shown) {
    Plot plot;
    plot.x = std::move(x), plot.y = std::move(y), plot.shown = shown, plot.direct_labels = false;
    return plot;
}

double steps_shown(const View& view) { return view.stage > kRun ? 1 : ease(view.u); }

Axis steps_axis(const View& view, const Run& run) { return axis_to(tr(view.lang, "grpo.axis.steps"), static_cast<double>(std::max<std::int64_t>(1, run.steps()))); }

Axis axis_to(std::string label, double most, bool of_shares) {
    Axis axis;
    axis.label = std::move(label), axis.max = most, axis.percent = of_shares;
    return axis;
}

void add_curve(Plot& plot, const Curve& curve, Color color, const Theme& t, std::string label) {
    plot.series.push_back({.label = {}, .points = curve.raw, .color = mix(t.ground, color, 0.38F), .width = 1.2F});
    plot.series.push_back({.label = std::move(label), .points = curve.smooth, .color = color, .width = 3.5F});
}

void draw_train(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    if (d.runs.empty() || d.runs[0]->run.steps.empty()) return draw_question(canvas, t, area);
    const Run& run = *d.runs[0];
    const float gap = t.label * 1.6F, upper = area.h * 0.42F, half = (area.w - gap) / 2;
    const Rect left{area.x, area.y, half, upper}, right{area.x + half + gap, area.y, half, upper}, lower{area.x, area.y + upper + gap * 0.6F, area.w, area.h - upper - gap * 0.6F};
    if (!view.revealed) {
        draw_question(canvas, t, left), draw_question(canvas, t, right);
        return draw_table(canvas, view, t, run, 0, lower);
    }
    const bool format = run.run.params.contains("reward") && run.run.params.at("reward") == "format";
    const CurveSpec accuracy{&run.accuracy, accuracy_color(t), axis_to(tr(view.lang, "grpo.axis.accuracy"), 1), 2};
    const CurveSpec length{&run.length, length_color(t), axis_to(tr(view.lang, "grpo.axis.length"), greatest(run.length) * 1.1), 1};
    const CurveSpec formed{&run.format, length_color(t), axis_to(tr(view.lang, "grpo.axis.format"), 1), 2};
    const PlotFrame f = draw_curve(canvas, d, view, t, run, accuracy, left, true);
    draw_equal_groups(canvas, view, t, f, run, view.stage == kRun ? static_cast<double>(step_at(d, run, view)) : 1e9);
    draw_curve(canvas, d, view, t, run, format ? formed : length, right, false);
    draw_table(canvas, view, t, run, step_at(d, run, view), lower);
}

}  // namespace dg::viz::grpo
