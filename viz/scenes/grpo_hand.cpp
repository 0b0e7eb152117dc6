// Scene grpo: what can be computed by hand - advantages of a group, the clipped objective, the KL penalty.
#include "viz/scenes/clock.h"
#include "viz/scenes/float_bits.h"
#include "viz/scenes/grpo.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

/// Name and number, one above the other.
float draw_fact(Canvas& canvas, const Theme& t, Vec2 at, float width, const std::string& name, const std::string& value) {
    canvas.text({at.x, at.y + t.label}, elide(canvas, name, label(t), width), label(t));
    float_bits::draw_fitted(canvas, {at.x, at.y + t.label * 1.5F + t.heading}, value, heading(t), width);
    return at.y + t.label * 2.6F + t.heading;
}

std::vector<PlotPoint> points_of(const std::vector<double>& x, const std::vector<double>& y) {
    std::vector<PlotPoint> out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back({x[i], y[i]});
    return out;
}

Color good_color(const Theme& t) { return t.experts[6]; }

Color bad_color(const Theme& t) { return t.experts[0]; }

/// Dots on the curves at the slider and a line through them.
void draw_slider(Canvas& canvas, const Theme& t, const PlotFrame& f, double x, std::initializer_list<std::pair<double, Color>> values) {
    if (t.select_outline.a > 0) canvas.line({f.px(x), f.inner.y}, {f.px(x), f.inner.bottom()}, {.color = t.select_outline, .width = 5});
    canvas.line({f.px(x), f.inner.y}, {f.px(x), f.inner.bottom()}, {.color = t.select, .width = 3});
    for (const auto& [y, color] : values) {
        if (y < f.y.min || y > f.y.max) continue;
        canvas.fill_circle({f.px(x), f.py(y)}, 10, t.ink);
        canvas.fill_circle({f.px(x), f.py(y)}, 7, color);
    }
}

/// Columns of a plot as controls: a click moves the slider there, a cell explains the op's number.
void add_slider(Canvas& canvas, const PlotFrame& f, const std::string& param, const std::string& tensor, const Grid& grid, std::size_t every) {
    for (std::size_t i = every - 1; i < grid.at.size(); i += every) {
        const float x = f.px(grid.at[i]), w = f.px(grid.at[i]) - f.px(grid.at[i - (every - 1)]);
        canvas.region({{x - w / 2, f.inner.y, w, f.inner.h}, CellRef{tensor, {0, static_cast<std::int64_t>(i)}}, fmt::format("set {}={}", param, grid.at[i]), fmt::format("{} = {}", param, fixed(grid.at[i], 2))});
    }
}

void draw_rewards(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "rewards");
    const auto n = static_cast<float>(d.hand.rewards.size());
    const float head = t.label * 2.2F, foot = t.body * 2, pitch = std::min((area.h - head - foot) / n, t.heading * 3);
    const float reward = area.x + area.w * 0.3F, value = t.label * 4.2F, bar = (area.w * 0.58F - 2 * value) / 2, zero = area.x + area.w * 0.4F + value + bar;
    double most = 1;
    for (const double a : d.hand.advantages) most = std::max(most, std::abs(a));
    canvas.text({reward, area.y + t.label}, tr(view.lang, "grpo.column.reward"), label(t, Align::kCenter));
    canvas.text({zero, area.y + t.label}, tr(view.lang, "grpo.column.advantage"), label(t, Align::kCenter));
    const double grown = done(view, kAdvantage);
    for (std::size_t i = 0; i < d.hand.rewards.size(); ++i) {
        const Rect row{area.x, area.y + head + pitch * static_cast<float>(i), area.w, pitch};
        const float radius = std::min(pitch * 0.4F, t.heading * 0.8F);
        canvas.text({area.x, row.center().y + t.body * 0.35F}, tr(view.lang, "grpo.response", {{"n", fmt::format("{}", i + 1)}}), body(t));
        draw_reward(canvas, t, {reward, row.center().y}, radius, d.hand.rewards[i]);
        canvas.region({{reward - radius, row.center().y - radius, 2 * radius, 2 * radius}, std::nullopt, fmt::format("toggle {}", i), tr(view.lang, "grpo.tip.toggle")});
        if (view.revealed) draw_advantage(canvas, t, row, zero, bar / static_cast<float>(most), d.hand.advantages[i], grown);
        else draw_bar(canvas, t, {zero - bar, row.center().y - pitch * 0.25F, 2 * bar, pitch * 0.5F}, 0, {.covered = true});
    }
    if (!view.revealed || grown < 1) return;
    double sum = 0;
    for (const double a : d.hand.advantages) sum += a;
    const std::string text = tr(view.lang, "grpo.hand.sum", {{"sum", fixed(std::abs(sum) < 1e-9 ? 0 : sum, 3)}});
    canvas.text({zero, area.y + head + pitch * n + t.body * 1.3F}, text, strong(t, Align::kCenter));
}

void draw_covered(Canvas& canvas, const View& view, const Theme& t, Rect area, Axis x, Axis y) {
    const PlotFrame f = draw_plot(canvas, view, area, {.x = std::move(x), .y = std::move(y), .direct_labels = false});
    draw_centered(canvas, f.inner, "?", {.size = t.big * 2, .color = t.ink3, .weight = Weight::kBold});
}

}  // namespace

void draw_hand(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const bool side = area.w > 900;
    const float side_w = side ? area.w * 0.26F : 0;
    draw_rewards(canvas, d, view, t, {area.x, area.y, area.w - side_w, area.h});
    if (!side) return;
    const float x = area.right() - side_w + t.heading, w = side_w - t.heading;
    float y = area.y + t.label * 2.2F;
    const auto known = [&](const std::string& text) { return view.revealed ? text : std::string("?"); };
    y = draw_fact(canvas, t, {x, y}, w, tr(view.lang, "grpo.hand.size"), fmt::format("{}", d.hand.rewards.size()));
    y = draw_fact(canvas, t, {x, y}, w, tr(view.lang, "grpo.hand.mean"), known(fixed(d.hand.mean, 3)));
    y = draw_fact(canvas, t, {x, y}, w, tr(view.lang, "grpo.hand.deviation"), known(fixed(d.hand.deviation, 3)));
    const std::string formula = d.hand.deviation > 0 ? fmt::format("A = (r − {}) / {}", fixed(d.hand.mean, 3), fixed(d.hand.deviation, 3)) : "A = 0";
    y = draw_fact(canvas, t, {x, y}, w, tr(view.lang, "grpo.hand.formula"), known(formula));
    draw_wrapped(canvas, {x, y + t.label * 1.5F}, tr(view.lang, d.hand.rewards.size() == 1 ? "grpo.hand.one" : "grpo.hand.click"), label(t), w, 4);
}

void draw_clip(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Grid& g = d.grid;
    const float side_w = area.w > 900 ? area.w * 0.3F : 0;
    const Rect main{area.x, area.y, area.w - side_w, area.h};
    const Axis x{.label = tr(view.lang, "grpo.axis.ratio"), .min = 0, .max = 2}, y{.label = tr(view.lang, "grpo.axis.objective"), .min = -2, .max = 2};
    if (!view.revealed) return draw_covered(canvas, view, t, main, x, y);
    Plot plot{.x = x, .y = y, .shown = view.stage == kRun ? ease(view.u) : 1, .direct_labels = true};
    plot.series = {{.label = "A = +1", .points = points_of(g.at, g.up), .color = good_color(t), .width = 4}, {.label = "A = −1", .points = points_of(g.at, g.down), .color = bad_color(t), .width = 4}};
    plot.marks = {{.at = 1 - d.clip, .label = "1 − ε"}, {.at = 1 + d.clip, .label = "1 + ε"}};
    const PlotFrame f = draw_plot(canvas, view, main, plot);
    const double here = g.at[g.here];
    draw_slider(canvas, t, f, here, {{g.up[g.here], good_color(t)}, {g.down[g.here], bad_color(t)}});
    add_slider(canvas, f, "ratio", "policy.loss", g, 5);
    if (side_w == 0) return;
    const float left = main.right() + t.heading, w = side_w - t.heading;
    float top = area.y + t.label * 1.5F;
    top = draw_fact(canvas, t, {left, top}, w, tr(view.lang, "grpo.clip.ratio"), fixed(here, 2));
    const auto told = [&](double value, double slope) { return tr(view.lang, slope == 0 ? "grpo.clip.flat" : "grpo.clip.open", {{"value", fixed(value, 2)}, {"slope", fixed(slope, 2)}}); };
    top = draw_fact(canvas, t, {left, top}, w, tr(view.lang, "grpo.clip.good"), told(g.up[g.here], g.slope_up[g.here]));
    top = draw_fact(canvas, t, {left, top}, w, tr(view.lang, "grpo.clip.bad"), told(g.down[g.here], g.slope_down[g.here]));
    draw_wrapped(canvas, {left, top + t.label * 1.5F}, tr(view.lang, "grpo.clip.note"), label(t), w, 6);
}

void draw_penalty(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Grid& g = d.grid;
    const float side_w = area.w > 900 ? area.w * 0.28F : 0;
    const Rect main{area.x, area.y, area.w - side_w, area.h};
    const Axis x{.label = tr(view.lang, "grpo.axis.r"), .min = 0, .max = 5}, y{.label = tr(view.lang, "grpo.axis.penalty"), .min = 0, .max = 2.5};
    if (!view.revealed) return draw_covered(canvas, view, t, main, x, y);
    Plot plot{.x = x, .y = y, .shown = view.stage == kRun ? ease(view.u) : 1, .direct_labels = false};
    // what leaves the picture at the left grows without bound
    std::vector<PlotPoint> points = points_of(g.at, g.penalty);
    std::erase_if(points, [](const PlotPoint& p) { return p.y > 2.5; });
    plot.series = {{.label = {}, .points = points, .color = t.ink, .width = 4}};
    const PlotFrame f = draw_plot(canvas, view, main, plot);
    for (const double at : {0.5, 1.0, 2.0, 4.0}) {
        const auto place = std::ranges::find(g.at, at);
        if (place == g.at.end() || (view.stage == kRun && f.px(at) > f.inner.x + f.inner.w * static_cast<float>(ease(view.u)))) continue;
        const double value = g.penalty[static_cast<std::size_t>(place - g.at.begin())];
        canvas.fill_circle({f.px(at), f.py(value)}, 6, t.ink);
        // beside the curve, on its inner side
        const float side = at < 1 ? 12.0F : at > 1 ? -12.0F : 0.0F;
        canvas.text({f.px(at) + side, f.py(value) - t.label * 0.8F}, fixed(value, 3), strong(t, at < 1 ? Align::kLeft : at > 1 ? Align::kRight : Align::kCenter));
    }
    draw_slider(canvas, t, f, g.at[g.here], {{g.penalty[g.here], t.select}});
    add_slider(canvas, f, "r", "policy.kl", g, 10);
    if (side_w == 0) return;
    const float left = main.right() + t.heading, w = side_w - t.heading;
    float top = area.y + t.label * 1.5F;
    top = draw_fact(canvas, t, {left, top}, w, tr(view.lang, "grpo.kl.ratio"), fixed(g.at[g.here], 2));
    top = draw_fact(canvas, t, {left, top}, w, "r − ln r − 1", fixed(g.penalty[g.here], 3));
    draw_wrapped(canvas, {left, top + t.label * 1.5F}, tr(view.lang, "grpo.kl.note"), label(t), w, 6);
}

}  // namespace dg::viz::grpo
