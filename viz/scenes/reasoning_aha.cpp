// Scene reasoning: the equation of the paper's "aha", its four candidates and the verifier that keeps one.
#include "viz/scenes/reasoning.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::reasoning {
namespace {

void draw_roots(Canvas& canvas, const Data& d, const View& view, const PlotFrame& f) {
    const Theme t = fitted_type(canvas, view);
    const double found = done(view, kRun), checked = done(view, kResult);
    for (std::size_t i = 0; i < d.roots.size(); ++i) {
        if (found < static_cast<double>(i + 1) / static_cast<double>(d.roots.size()) - 1e-9) continue;
        const sim::AhaRoot& r = d.roots[i];
        const Vec2 at{f.px(r.x), f.py(r.x)};
        if (checked > 0 && r.valid) {
            canvas.fill_circle(at, 15, t.ink);
            canvas.fill_circle(at, 12, t.select);
            canvas.fill_circle(at, 6, t.ink);
        } else {
            canvas.fill_circle(at, 8, checked > 0 ? t.error.fill : t.ink);
            canvas.fill_circle(at, 4.5F, t.ground);
        }
        TextStyle name = strong(t);
        if (checked > 0 && !r.valid) name.color = t.error.ink;
        const std::string text = fmt::format("x{}", i == 0 ? "₁" : i == 1 ? "₂" : i == 2 ? "₃" : "₄") + (checked > 0 ? r.valid ? " ✓" : " ✗" : "");
        const float width = canvas.measure(text, name).width;
        canvas.fill_rect({at.x + 16, at.y + 12, width + 8, name.size * 1.25F}, t.ground.with_alpha(0.85F), 4);
        canvas.text({at.x + 20, at.y + 12 + name.size}, text, name);
    }
}

/// Each candidate put into both sides.
void draw_verifier(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme t = fitted_type(canvas, view);
    const bool found = done(view, kRun) >= 1, checked = done(view, kResult) > 0;
    float y = area.y + t.heading;
    canvas.text({area.x, y}, "√(a − √(a + x)) = x", heading(t));
    canvas.text({area.x, y += t.body * 2.6F}, tr(view.lang, "reasoning.aha.squared"), label(t));
    canvas.text({area.x, y += t.body * 1.7F}, "x⁴ − 2a x² − x + a² − a = 0", body(t));
    canvas.text({area.x, y += t.body * 1.7F}, "(x² − x − a)(x² + x + 1 − a) = 0", body(t));
    y += t.body * 3.2F;
    const float w = area.w;
    const std::array<float, 4> at = {area.x, area.x + w * 0.44F, area.x + w * 0.67F, area.x + w};
    canvas.text({at[0], y}, tr(view.lang, "reasoning.aha.candidate"), caption(t));
    canvas.text({at[1], y}, "√(a − √(a + x))", caption(t, Align::kRight));
    canvas.text({at[2], y}, tr(view.lang, "reasoning.aha.residual"), caption(t, Align::kRight));
    canvas.text({at[3], y}, tr(view.lang, "reasoning.aha.verdict"), caption(t, Align::kRight));
    canvas.line({area.x, y + 10}, {area.right(), y + 10}, {.color = t.border, .width = t.line});
    const float row = std::min(t.body * 3.8F, (area.bottom() - y - t.body * 3) / 4.6F);
    for (std::size_t i = 0; i < d.roots.size(); ++i) {
        const sim::AhaRoot& r = d.roots[i];
        y += row;
        const bool win = checked && r.valid;
        if (win) canvas.fill_rect({area.x - 10, y - row * 0.66F, area.w + 20, row * 0.94F}, t.band_warm, 6);
        TextStyle style = win ? strong(t) : body(t), right = style;
        right.align = Align::kRight;
        canvas.text({at[0], y}, fmt::format("x{} = {}", i == 0 ? "₁" : i == 1 ? "₂" : i == 2 ? "₃" : "₄", found ? fixed(r.x, 4) : "?"), style);
        canvas.text({at[1], y}, !checked ? "?" : std::isfinite(r.left) ? fixed(r.left, 4) : tr(view.lang, "reasoning.aha.not_real"), right);
        canvas.text({at[2], y}, !checked ? "?" : !std::isfinite(r.residual) ? std::string(kUnknown) : std::abs(r.residual) < 1e-9 ? number(std::abs(r.residual), 2) : fixed(r.residual, 3), right);
        TextStyle verdict = right;
        verdict.color = !checked ? t.ink3 : r.valid ? t.ink : t.error.ink;
        canvas.text({at[3], y}, !checked ? "?" : tr(view.lang, r.valid ? "reasoning.aha.valid" : "reasoning.aha.false"), verdict);
    }
    y += row;
    if (d.a >= 1 && checked) canvas.text({area.x, y + t.body}, fmt::format("x = (√(4a − 3) − 1) / 2 = {}", fixed(sim::aha_solution(d.a), 4)), strong(t));
}

}  // namespace

void draw_aha(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const double reach = d.reach;
    const float side = std::min(area.w * 0.42F, area.h * 0.9F), gap = 48;
    Plot plot{.x = {.label = "x", .min = -reach, .max = reach}, .y = {.label = "y", .min = -reach, .max = reach}, .series = {}, .marks = {}, .direct_labels = false};
    const double drawn = view.stage == kSetUp && view.u < 1 ? 0 : 1;
    if (drawn > 0)
        for (std::size_t i = 1; i < d.branches.size(); ++i)
            plot.series.push_back({.label = "", .points = d.branches[i], .color = against(t), .width = 2.5F, .dash = 9, .gap = 6});
    plot.series.push_back({.label = "", .points = {{-reach, -reach}, {reach, reach}}, .color = t.ink3, .width = 2});
    plot.series.push_back({.label = "", .points = d.branches.front(), .color = t.bar_strong, .width = 5});
    const PlotFrame f = draw_plot(canvas, view, {area.x, area.y, area.w - side - gap, area.h}, plot);
    const Theme small = fitted_type(canvas, view);
    // names at the curves themselves
    TextStyle line = caption(small), real = caption(small);
    real.color = small.ink, real.weight = Weight::kBold;
    canvas.text({f.px(reach * 0.97), f.py(reach * 0.86) + small.caption * 1.2F}, "y = x", caption(small, Align::kRight));
    line.color = small.ink2, line.align = real.align = Align::kRight;
    const float right = f.inner.right() - 12, foot = f.inner.bottom() - small.caption * 1.0F;
    const auto sample = [&](float y, float width, const TextStyle& style, const std::string& text, bool dashed) {
        const float from = right - canvas.measure(text, style).width - 60;
        canvas.fill_rect({from - 10, y - small.caption * 1.1F, right - from + 18, small.caption * 1.6F}, t.ground.with_alpha(0.9F), 4);
        canvas.line({from, y - small.caption * 0.35F}, {from + 46, y - small.caption * 0.35F}, {.color = dashed ? against(t) : t.bar_strong, .width = width, .dash = dashed ? 9.0F : 0.0F, .gap = dashed ? 6.0F : 0.0F});
        canvas.text({right, y}, text, style);
    };
    sample(foot - small.caption * 1.7F, 5, real, "y = √(a − √(a + x))", false);
    sample(foot, 2.5F, line, tr(view.lang, "reasoning.aha.branches"), true);
    draw_roots(canvas, d, view, f);
    draw_verifier(canvas, d, view, {area.right() - side, area.y, side, area.h});
}

}  // namespace dg::viz::reasoning
