// Scene reasoning: budget forcing; "wait" after a slip; a smaller model distilled or reinforced.
#include "viz/scenes/reasoning.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::reasoning {
namespace {

/// Points of the budget sweep: cut at a cap, or forced to go on.
std::vector<PlotPoint> sweep(const Data& d, bool caps) {
    std::vector<PlotPoint> out;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) {
        const bool cap = std::isfinite(d.at(i, "cap"));
        // the uncut response belongs to both
        if (cap == caps || (caps && d.at(i, "waits") == 0)) out.push_back({d.at(i, "tokens"), d.at(i, "accuracy")});
    }
    return out;
}

/// Words beside the forced points.
void name_points(Canvas& canvas, const Data& d, const View& view, const PlotFrame& f) {
    const Theme t = fitted_type(canvas, view);
    if (done(view, kResult) <= 0) return;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) {
        if (std::isfinite(d.at(i, "cap"))) continue;
        const Vec2 at{f.px(d.at(i, "tokens")), f.py(d.at(i, "accuracy"))};
        const std::string text = tr(view.lang, d.at(i, "waits") == 0 ? "reasoning.budget.own" : d.settings.word == 'w' ? "reasoning.budget.waits" : "reasoning.budget.checks",
                                    {{"n", fmt::format("{}", static_cast<int>(d.at(i, "waits")))}});
        TextStyle style = caption(t);
        style.color = t.ink, style.weight = Weight::kBold;
        const float width = canvas.measure(text, style).width;
        // its own end stands left of the point, the forced ones right of theirs
        const float x = d.at(i, "waits") == 0 ? std::max(f.inner.x, at.x - width - 14) : std::min(at.x + 14, f.inner.right() - width);
        const float y = std::clamp(at.y - 12, f.inner.y + style.size, f.inner.bottom() - 6);
        canvas.fill_rect({x - 3, y - style.size, width + 6, style.size * 1.3F}, t.ground.with_alpha(0.85F), 3);
        canvas.text({x, y}, text, style);
    }
}

struct WaitBar {
    const char* column;
    const char* key;
};

constexpr std::array<WaitBar, 4> kWaitBars = {WaitBar{"wait_given_wrong", "reasoning.wait.after_slip"}, WaitBar{"wait_given_right", "reasoning.wait.after_right"},
                                              WaitBar{"repaired_share", "reasoning.wait.repaired"}, WaitBar{"accuracy", "reasoning.wait.accuracy"}};

void draw_diamond(Canvas& canvas, const Theme& t, Vec2 at, float r) {
    const auto shape = [&](float s) { return Path().move({at.x - s, at.y}).line({at.x, at.y - s}).line({at.x + s, at.y}).line({at.x, at.y + s}).close(); };
    canvas.fill_path(shape(r + 3), t.ground);
    canvas.fill_path(shape(r), t.experts[0]);
}

/// One model's shares, then one of its responses.
void draw_model_waits(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area, std::size_t model) {
    const bool open = view.revealed;
    canvas.text({area.x, area.y + t.heading}, tr(view.lang, model == 0 ? "reasoning.wait.noticing" : "reasoning.wait.plain"), heading(t));
    canvas.text({area.x, area.y + t.heading + t.body * 1.6F}, tr(view.lang, "reasoning.wait.counts", {{"wrong", open ? grouped(static_cast<std::int64_t>(d.at(model, "wrong"))) : "?"},
                                                                                                      {"right", open ? grouped(static_cast<std::int64_t>(d.at(model, "right"))) : "?"}}), label(t));
    const float top = area.y + t.heading + t.body * 3.0F, rows = std::min(area.h * 0.46F, t.body * 20) / static_cast<float>(kWaitBars.size()), name_w = std::min(area.w * 0.36F, t.body * 9.5F), number_w = t.body * 7.6F;
    for (std::size_t k = 0; k < kWaitBars.size(); ++k) {
        const float y = top + rows * static_cast<float>(k), base = y + rows * 0.5F + t.body * 0.35F;
        const double value = d.at(model, kWaitBars[k].column);
        canvas.text({area.x, base}, elide(canvas, tr(view.lang, kWaitBars[k].key), body(t), name_w - 8), body(t));
        const Rect track{area.x + name_w, y + rows * 0.2F, area.w - name_w - number_w, rows * 0.6F};
        draw_bar(canvas, t, track, std::isfinite(value) ? value * done(view, kRun) : 0,
                 {.fill = k == 1 ? against(t) : k == 3 ? t.stream : t.bar_strong, .covered = !open});
        if (k == 3) {
            const float x = track.x + track.w * static_cast<float>(d.no_slip);
            canvas.line({x, track.y - 6}, {x, track.bottom() + 6}, {.color = t.error.fill, .width = 3});
        }
        const double after = after_reinforcement(d, model, kWaitBars[k].column);
        std::string text = std::isfinite(value) ? percent(value) : std::string(kUnknown);
        if (std::isfinite(after) && done(view, kResult) > 0) {
            draw_diamond(canvas, t, {track.x + track.w * static_cast<float>(after), track.center().y}, std::min(9.0F, track.h * 0.4F));
            text += " → " + percent(after);
        }
        canvas.text({area.right(), base}, !open ? "?" : text, k == 0 ? strong(t, Align::kRight) : body(t, Align::kRight));
    }
    if (model >= d.shown.size()) return;
    const float y = top + static_cast<float>(kWaitBars.size()) * rows + t.body * 1.8F;
    canvas.text({area.x, y}, tr(view.lang, "reasoning.wait.example", {{"sum", sum_text(d.shown[model].problem)}}), label(t));
    draw_response(canvas, view, t, {area.x, y + t.body * 0.9F, area.w, area.bottom() - y - t.body * 0.9F}, d.shown[model], done(view, kRun), t.heading * 0.92F);
}

std::vector<PlotPoint> phase_points(const Data& d, int phase) {
    std::vector<PlotPoint> out;
    // both ways begin where the start ended
    if (phase > 0) out.push_back({0, distil_ends(d, d.start)[0]});
    for (std::size_t i = 0; i < d.records.rows.size(); ++i)
        if (d.at(i, "start") == static_cast<double>(d.start) && d.at(i, "phase") == phase) out.push_back({d.at(i, "tokens") / 1000, d.at(i, "accuracy")});
    return out;
}

void draw_ends(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme t = fitted_type(canvas, view);
    const bool open = done(view, kResult) > 0;
    float y = area.y + t.label;
    canvas.text({area.x, y}, elide(canvas, tr(view.lang, "reasoning.distil.ends"), label(t), area.w), label(t));
    const std::array<const char*, 3> rows = {"reasoning.distil.start", "reasoning.distil.distilled", "reasoning.distil.reinforced"};
    for (const std::int64_t start : {0, 1}) {
        const std::array<double, 3> ends = distil_ends(d, start);
        y += t.body * 2.2F;
        const bool chosen = start == d.start;
        canvas.text({area.x, y}, tr(view.lang, start == 0 ? "reasoning.distil.weak" : "reasoning.distil.skilled"), chosen ? strong(t) : body(t));
        action_region(canvas, {area.x, y - t.body, area.w, t.body * 5.6F}, start == 0 ? "set start=weak" : "set start=skilled", tr(view.lang, start == 0 ? "reasoning.distil.weak" : "reasoning.distil.skilled"));
        for (std::size_t k = 0; k < 3; ++k) {
            y += t.body * 1.6F;
            TextStyle value = k == 0 ? body(t) : strong(t);
            value.align = Align::kRight;
            canvas.text({area.x + 20, y}, elide(canvas, tr(view.lang, rows[k]), body(t), area.w - t.body * 5), body(t));
            canvas.text({area.right(), y}, !(open || k == 0) ? "?" : std::isfinite(ends[k]) ? percent(ends[k]) : std::string(kUnknown), value);
        }
    }
    y += t.body * 2.4F;
    const bool known = open && std::isfinite(distil_ends(d, 1)[2]);
    if (known) y = draw_wrapped(canvas, {area.x, y}, tr(view.lang, "reasoning.distil.lesson"), body(t), area.w) + t.body * 2.0F;
    draw_published_card(canvas, t, {area.x, y}, tr(view.lang, view.revealed ? "reasoning.distil.published" : "reasoning.distil.published.covered"), area.w);
}

}  // namespace

void draw_budget(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const Theme small = fitted_type(canvas, view);
    const float foot = small.body * 8.0F;
    double last = 10;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) last = std::max(last, d.at(i, "tokens") * 1.05);
    Plot plot{.x = {.label = tr(view.lang, "reasoning.axis.spent"), .min = 0, .max = last}, .y = {.label = tr(view.lang, "reasoning.axis.accuracy"), .min = 0, .max = 1.06, .percent = true}, .series = {},
              .marks = {{.at = 0.1, .label = tr(view.lang, "reasoning.mark.chance"), .horizontal = true}}, .shown = done(view, kRun)};
    plot.series.push_back({.label = tr(view.lang, "reasoning.budget.cut"), .points = sweep(d, true), .color = t.bar_strong, .width = 4.5F, .dots = true});
    plot.series.push_back({.label = tr(view.lang, "reasoning.budget.forced"), .points = sweep(d, false), .color = against(t), .width = 3.5F, .dash = 12, .gap = 6, .dots = true});
    if (!view.revealed)
        for (Series& s : plot.series) s.points.clear();
    const PlotFrame f = draw_plot(canvas, view, {area.x, area.y, area.w, area.h - foot}, plot);
    name_points(canvas, d, view, f);
    const Rect below{area.x, area.bottom() - foot + small.body * 1.2F, area.w, foot - small.body * 1.2F};
    canvas.line({below.x, below.y - small.body * 0.6F}, {below.right(), below.y - small.body * 0.6F}, {.color = t.hairline, .width = t.line});
    const float side = below.w * 0.62F;
    if (!d.shown.empty()) {
        canvas.text({below.x, below.y + small.label}, tr(view.lang, "reasoning.budget.example", {{"sum", sum_text(d.shown.front().problem)}}), label(small));
        if (view.revealed) draw_response(canvas, view, small, {below.x, below.y + small.label * 1.9F, side, below.h - small.label * 1.9F + 8}, d.shown.front(), done(view, kRun));
    }
    draw_published_card(canvas, small, {below.x + side + 48, below.y + small.label}, tr(view.lang, view.revealed ? "reasoning.budget.published" : "reasoning.budget.published.covered"), below.w - side - 48);
}

void draw_wait(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme t = fitted_type(canvas, view);
    const float gap = 64, w = (area.w - gap) / 2;
    for (const std::size_t model : {std::size_t{0}, std::size_t{1}})
        draw_model_waits(canvas, d, view, t, {area.x + (w + gap) * static_cast<float>(model), area.y, w, area.h}, model);
    canvas.line({area.x + w + gap / 2, area.y + 8}, {area.x + w + gap / 2, area.bottom() - 8}, {.color = t.hairline, .width = t.line});
}

void draw_distil(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const float side = std::min(area.w * 0.32F, fitted_type(canvas, view).body * 22), gap = 48;
    Plot plot{.x = {.label = tr(view.lang, "reasoning.axis.taught"), .min = 0, .max = 10}, .y = {.label = tr(view.lang, "reasoning.axis.accuracy"), .min = 0, .max = 1.04, .percent = true}, .series = {},
              .marks = {{.at = 0.1, .label = tr(view.lang, "reasoning.mark.chance"), .horizontal = true}}, .shown = done(view, kRun)};
    plot.series.push_back({.label = tr(view.lang, "reasoning.distil.distilled"), .points = phase_points(d, 1), .color = t.bar_strong, .width = 4.5F, .dots = true});
    plot.series.push_back({.label = tr(view.lang, "reasoning.distil.reinforced"), .points = phase_points(d, 2), .color = against(t), .width = 3.5F, .dash = 12, .gap = 6, .dots = true});
    for (const Series& s : plot.series)
        for (const PlotPoint& p : s.points) plot.x.max = std::max(plot.x.max, p.x * 1.03);
    if (!view.revealed)
        for (Series& s : plot.series) s.points.clear();
    draw_plot(canvas, view, {area.x, area.y, area.w - side - gap, area.h}, plot);
    draw_ends(canvas, d, view, {area.right() - side, area.y, side, area.h});
}

}  // namespace dg::viz::reasoning
