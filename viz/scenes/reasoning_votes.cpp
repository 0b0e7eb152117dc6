// Scene reasoning: majority votes and pass@k, in closed form, with thrown coins, and on the model's own answers.
#include "viz/scenes/reasoning.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::reasoning {
namespace {

std::vector<PlotPoint> points(const std::vector<std::int64_t>& x, const std::vector<double>& y) {
    std::vector<PlotPoint> out;
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) out.push_back({static_cast<double>(x[i]), y[i]});
    return out;
}

std::vector<PlotPoint> column(const Data& d, std::string_view name) {
    std::vector<PlotPoint> out;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) out.push_back({d.at(i, "n"), d.at(i, name)});
    return out;
}

void cover(Plot& plot, const View& view) {
    if (view.revealed) return;
    for (Series& s : plot.series) s.points.clear();
}

/// Left and right plot with a headline each.
struct Halves {
    Rect left, right;
};

Halves split(Canvas& canvas, const View& view, Rect area, std::string_view left_key, std::string_view right_key, const TextArgs& args) {
    const Theme t = fitted_type(canvas, view);
    const float gap = 56, w = (area.w - gap) / 2, top = t.body * 2.2F;
    canvas.text({area.x, area.y + t.body}, elide(canvas, tr(view.lang, left_key, args), strong(t), w), strong(t));
    canvas.text({area.x + w + gap, area.y + t.body}, elide(canvas, tr(view.lang, right_key, args), strong(t), w), strong(t));
    return {{area.x, area.y + top, w, area.h - top}, {area.x + w + gap, area.y + top, w, area.h - top}};
}

TextArgs args_of(const Data& d) {
    return {{"p", fixed(d.p, 2)}, {"q", fixed(1 - d.p, 2)}, {"problems", grouped(d.settings.problems)}, {"terms", fmt::format("{}", d.settings.terms)}};
}

Axis count_axis(const Data& d, const View& view, std::string_view key) { return {.label = tr(view.lang, key), .min = 0.9, .max = static_cast<double>(d.votes.back()) * 1.1, .log = true}; }

Axis share_axis(const View& view, std::string_view key) { return {.label = tr(view.lang, key), .min = 0, .max = 1.04, .percent = true}; }

/// The value at n, large, beside its point.
void big_value(Canvas& canvas, const Theme& t, const PlotFrame& f, double n, double value, bool rising) {
    const Vec2 at{f.px(n), f.py(value)};
    canvas.fill_circle(at, 10, t.ink);
    canvas.fill_circle(at, 7, t.select);
    TextStyle style = heading(t);
    const std::string text = fixed(value, 3);
    const float width = canvas.measure(text, style).width;
    // above a rising curve there is room on the left, above a falling one on the right
    const float x = rising ? std::max(f.inner.x + 8, at.x - width - 16) : std::min(at.x + 16, f.inner.right() - width - 4), y = std::max(f.inner.y + style.size, at.y - 16);
    const Rect plate{x - 4, y - style.size, width + 8, style.size * 1.3F};
    canvas.fill_rect(plate, t.ground.with_alpha(0.85F), 4);
    canvas.text({x, y}, text, style);
}

}  // namespace

void draw_vote(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const TextArgs args = args_of(d);
    const auto [left, right] = split(canvas, view, area, "reasoning.vote.two", "reasoning.vote.model", args);
    Plot exact{.x = count_axis(d, view, "reasoning.axis.voters"), .y = share_axis(view, "reasoning.axis.elected"), .series = {},
               .marks = {{.at = 0.5, .label = "", .horizontal = true}}, .shown = done(view, kRun)};
    exact.series.push_back({.label = fmt::format("p = {}", fixed(d.p, 2)), .points = points(d.votes, d.exact), .color = t.bar_strong, .width = 4.5F});
    exact.series.push_back({.label = fmt::format("p = {}", fixed(1 - d.p, 2)), .points = points(d.votes, d.exact_against), .color = against(t), .width = 3.5F, .dash = 12, .gap = 6});
    exact.series.push_back({.label = tr(view.lang, "reasoning.simulated"), .points = points(d.votes, d.simulated), .color = t.stream, .width = 4, .line = false});
    exact.series.push_back({.label = "", .points = points(d.votes, d.simulated_against), .color = t.stream, .width = 4, .line = false});
    cover(exact, view);
    const PlotFrame f = draw_plot(canvas, view, left, exact);
    const auto at = std::ranges::find(d.votes, d.n) - d.votes.begin();
    if (done(view, kResult) > 0) {
        big_value(canvas, fitted_type(canvas, view), f, static_cast<double>(d.n), d.exact[static_cast<std::size_t>(at)], d.p > 0.5);
        big_value(canvas, fitted_type(canvas, view), f, static_cast<double>(d.n), d.exact_against[static_cast<std::size_t>(at)], d.p < 0.5);
    }
    Plot model{.x = count_axis(d, view, "reasoning.axis.samples"), .y = share_axis(view, "reasoning.axis.elected"), .series = {},
               .marks = {{.at = 0.1, .label = tr(view.lang, "reasoning.mark.chance"), .horizontal = true}}, .shown = done(view, kRun)};
    model.series.push_back({.label = tr(view.lang, "reasoning.vote.free"), .points = column(d, "vote"), .color = t.bar_strong, .width = 4.5F, .dots = true});
    model.series.push_back({.label = tr(view.lang, "reasoning.vote.direct"), .points = column(d, "direct_vote"), .color = against(t), .width = 3.5F, .dash = 12, .gap = 6, .dots = true});
    cover(model, view);
    draw_plot(canvas, view, right, model);
}

void draw_pass(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const auto [left, right] = split(canvas, view, area, "reasoning.pass.formula", "reasoning.pass.model", args_of(d));
    Plot exact{.x = count_axis(d, view, "reasoning.axis.k"), .y = share_axis(view, "reasoning.axis.pass"), .series = {}, .marks = {}, .shown = done(view, kRun)};
    exact.series.push_back({.label = "1 − (1 − p)ᵏ", .points = points(d.votes, d.pass), .color = t.bar_strong, .width = 4.5F});
    exact.series.push_back({.label = tr(view.lang, "reasoning.simulated"), .points = points(d.votes, d.pass_simulated), .color = t.stream, .width = 4, .line = false});
    cover(exact, view);
    const PlotFrame f = draw_plot(canvas, view, left, exact);
    const auto at = std::ranges::find(d.votes, d.n) - d.votes.begin();
    if (done(view, kResult) > 0) big_value(canvas, fitted_type(canvas, view), f, static_cast<double>(d.n), d.pass[static_cast<std::size_t>(at)], true);
    Plot model{.x = count_axis(d, view, "reasoning.axis.samples"), .y = share_axis(view, "reasoning.axis.accuracy"), .series = {},
               .marks = {{.at = 0.1, .label = tr(view.lang, "reasoning.mark.chance"), .horizontal = true}}, .shown = done(view, kRun)};
    model.series.push_back({.label = tr(view.lang, "reasoning.pass.checked"), .points = column(d, "pass"), .color = t.bar_strong, .width = 4.5F, .dots = true});
    model.series.push_back({.label = "1 − (1 − p)ᵏ", .points = column(d, "pass_formula"), .color = t.stream, .width = 2, .dash = 3, .gap = 5});
    model.series.push_back({.label = tr(view.lang, "reasoning.pass.voted"), .points = column(d, "vote"), .color = against(t), .width = 3.5F, .dash = 12, .gap = 6, .dots = true});
    cover(model, view);
    draw_plot(canvas, view, right, model);
}

}  // namespace dg::viz::reasoning
