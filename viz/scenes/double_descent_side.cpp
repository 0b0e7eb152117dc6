// Scene double-descent: the fitted function, the other quantity, the exact formula.
#include "sim/double_descent/theory.h"
#include "viz/scenes/covered.h"
#include "viz/scenes/double_descent.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {
namespace {

using sim::dd::Point;

/// The seed whose test error at this point is the (lower) median: the fit that stands for the others.
std::size_t typical_seed(const Point& p) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < p.test.size(); ++i) order.emplace_back(p.test[i], i);
    std::ranges::sort(order);
    return order[(order.size() - 1) / 2].second;
}

void draw_head(Canvas& canvas, const Theme& t, Rect area, const std::string& head) {
    TextStyle style = strong(t);
    const float width = canvas.measure(head, style).width;
    if (width > area.w) style.size = std::max(t.caption, style.size * area.w / width);
    canvas.text({area.x, area.y + style.size}, elide(canvas, head, style, area.w), style);
}

/// 1, 2 or 5 times a power of ten, not below v > 0.
double round_up(double v) {
    double step = 1e-6;
    for (int i = 0; step < v && i < 100; ++i) step *= i % 3 == 1 ? 2.5 : 2;
    return step;
}

double largest(const std::vector<float>& values) {
    double most = 1e-9;
    for (const float v : values) most = std::max(most, std::abs(static_cast<double>(v)));
    return most;
}

/// The fitted function along one line through the inputs, the truth dashed, the training point it passes.
void draw_fit(Canvas& canvas, const Shot& shot, const Curve& curve, Rect area) {
    const Group group(canvas, "fit");
    const Theme& t = theme(shot.view.theme);
    const int at = cursor(shot, curve);
    if (at < 0) return;
    const Point& p = *curve.measured()[static_cast<std::size_t>(at)];
    const std::size_t seed = typical_seed(p);
    if (seed >= p.slices.size() || p.slices[seed].empty() || seed >= curve.sweep.slices.size()) return;
    const sim::dd::SliceTruth& truth = curve.sweep.slices[seed];
    draw_head(canvas, t, area, tr(shot.view.lang, "dd.fit.head", {{"where", fmt::format("{} = {}", symbol_of(curve), grouped(p.at))}}));
    std::vector<PlotPoint> fitted, teacher;
    for (std::size_t i = 0; i < truth.x.size(); ++i) {
        fitted.push_back({truth.x[i], p.slices[seed][i]});
        teacher.push_back({truth.x[i], truth.teacher[i]});
    }
    // the same scale for every place of the cursor: the fit is seen to run wild and to calm down
    const double reach = round_up(2.5 * largest(truth.teacher)), far = largest(p.slices[seed]);
    const Rect box{area.x, area.y + t.body * 1.6F, area.w, area.h - t.body * 1.6F - t.caption * 1.6F};
    const PlotFrame f = draw_plot(canvas, shot.view, box, {.x = {.label = tr(shot.view.lang, "dd.fit.x"), .min = truth.x.front(), .max = truth.x.back()},
                                                           .y = {.label = tr(shot.view.lang, "dd.fit.y"), .min = -reach, .max = reach},
                                                           .series = {{.points = teacher, .color = t.ink3, .width = 2, .dash = 6, .gap = 5}, {.points = fitted, .color = t.ink, .width = 3}},
                                                           .direct_labels = false});
    const Vec2 through{f.px(truth.training_x), f.py(truth.training_y)};
    if (std::abs(truth.training_y) < reach && truth.training_x > truth.x.front() && truth.training_x < truth.x.back()) {
        canvas.fill_circle(through, 7, t.ink);
        canvas.fill_circle(through, 4.5F, t.ground);
    }
    const std::string note = far > reach ? tr(shot.view.lang, "dd.fit.note.beyond", {{"far", number(far, 2)}}) : tr(shot.view.lang, "dd.fit.note");
    draw_wrapped(canvas, {area.x, area.bottom() - 2}, note, caption(t), area.w, 1);
}

/// The quantity that the large plot does not show, over the same axis: the length of the weights, or the test error.
void draw_other(Canvas& canvas, const Shot& shot, const Curve& curve, Rect area) {
    const bool norm = !shot.norm;
    const Group group(canvas, norm ? "norm" : "risk");
    const Theme& t = theme(shot.view.theme);
    const std::vector<PlotPoint> points = medians(curve, norm);
    const int at = cursor(shot, curve);
    const bool covered = !shot.view.revealed;
    const std::string value = at < 0 || covered ? std::string() : " = " + (norm ? number(points[static_cast<std::size_t>(at)].y, 3) : risk_text(points[static_cast<std::size_t>(at)].y));
    draw_head(canvas, t, area, tr(shot.view.lang, norm ? "dd.norm.head" : "dd.risk.head", {{"value", value}}));
    std::vector<Series> series = {{.points = points, .color = t.ink, .width = 2.5F}};
    if (!shot.data.ridge.empty() && !covered && !shot.data.ridge[0].measured().empty()) {
        series.push_back({.points = medians(shot.data.ridge[0], norm), .color = ridge_color(t), .width = 2.5F});
    }
    const Axis y = axis_for(series, true, tr(shot.view.lang, norm ? "dd.norm.y" : "dd.axis.risk.brief"), true);
    Axis x = x_axis(shot.view, curve);
    x.label = symbol_of(curve);
    const Rect box{area.x, area.y + t.body * 1.6F, area.w, area.h - t.body * 1.6F};
    // the error was seen before the lesson asks of the norm: it stays whole
    const double shown = covered ? 1 : reached(curve, shot);
    const PlotFrame f = draw_plot(canvas, shot.view, box, {.x = x, .y = y, .series = series, .shown = shown, .direct_labels = false});
    if (at < 0 || covered) return;
    const PlotPoint& here = points[static_cast<std::size_t>(at)];
    canvas.line({f.px(here.x), f.py(here.y)}, {f.px(here.x), f.inner.bottom()}, {.color = t.ink3, .width = t.line, .dash = 4, .gap = 4});
    canvas.fill_circle({f.px(here.x), f.py(here.y)}, 7, t.ink);
    canvas.fill_circle({f.px(here.x), f.py(here.y)}, 5, t.select);
}

/// The exact expectation at the cursor with its operands, beside what was measured: linear model without ridge.
void draw_formula(Canvas& canvas, const Shot& shot, const Curve& curve, Rect area) {
    const Group group(canvas, "formula");
    const Theme& t = theme(shot.view.theme);
    const View& view = shot.view;
    const int at = cursor(shot, curve);
    if (at < 0) return;
    const sim::dd::Settings& s = curve.sweep.settings;
    const Point& point = *curve.measured()[static_cast<std::size_t>(at)];
    const bool samples = s.over == sim::dd::Over::kSamples;
    const std::int64_t n = samples ? point.at : s.n, p = samples ? s.p : point.at;
    const double value = sim::dd::linear_risk(static_cast<double>(n), static_cast<double>(p), s.signal, s.noise_variance);
    const std::string noise = number(s.noise_variance, 3), signal = number(s.signal, 3);
    draw_head(canvas, t, area, tr(view.lang, "dd.formula.head", {{"n", grouped(n)}, {"p", grouped(p)}}));
    std::string worked, result;
    if (p < n - 1) {
        worked = fmt::format("{} × {} / {}", noise, grouped(p), grouped(n - p - 1)), result = "= " + risk_text(value);
    } else if (p > n + 1) {
        worked = fmt::format("{} × {} + {} × {} / {}", signal, number(1 - static_cast<double>(n) / static_cast<double>(p), 3), noise, grouped(n), grouped(p - n - 1));
        result = "= " + risk_text(value);
    } else {
        result = tr(view.lang, "dd.formula.infinite");
    }
    const TextStyle plain = label(t), quiet = [&] {
        TextStyle style = label(t);
        style.color = t.ink3;
        return style;
    }();
    TextStyle strong_style = strong(t);
    float y = area.y + t.body * 2.7F;
    const auto line = [&](const std::string& text, const TextStyle& style, float gap) {
        if (!text.empty() && y < area.bottom()) y = draw_wrapped(canvas, {area.x, y}, text, style, area.w, 2) + t.label * gap;
    };
    line("p < n:  σ² p / (n − p − 1)", p < n - 1 ? plain : quiet, 1.5F);
    line("p > n:  r² (1 − n/p) + σ² n / (p − n − 1)", p > n + 1 ? plain : quiet, 2.0F);
    line(worked, plain, 1.6F);
    line(result, strong_style, 1.7F);
    line(tr(view.lang, "dd.formula.measured", {{"mean", risk_text(sim::dd::mean(point.test))}, {"median", risk_text(curve.spread(point, false).middle)}}), plain, 1.5F);
}

}  // namespace

void draw_side(Canvas& canvas, const Shot& shot, Rect area) {
    const Curve& curve = shot.data.curves[0];
    const bool sliced = !curve.sweep.slices.empty() && !curve.sweep.slices[0].x.empty() && !curve.measured().empty() && !curve.measured()[0]->slices.empty() && !curve.measured()[0]->slices[0].empty();
    const bool formula = !curve.limit.empty() && shot.data.ridge.empty();
    const float gap = 28, upper = area.h * 0.54F;
    const Rect above{area.x, area.y, area.w, upper - gap / 2}, below{area.x, area.y + upper + gap / 2, area.w, area.h - upper - gap / 2};
    if (!shot.view.revealed && asked(shot) == Ask::kNorm) {
        draw_question(canvas, theme(shot.view.theme), {above.x, above.y + 8, above.w, above.h - 24});
        return draw_other(canvas, shot, curve, below);
    }
    if (sliced) draw_fit(canvas, shot, curve, above);
    else if (formula) draw_formula(canvas, shot, curve, above);
    else return draw_other(canvas, shot, curve, area);
    draw_other(canvas, shot, curve, below);
}

}  // namespace dg::viz::double_descent
