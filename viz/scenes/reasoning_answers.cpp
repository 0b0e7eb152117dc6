// Scene reasoning: answers at once against step by step; the meter; what thinking buys on easy and hard questions.
#include "viz/scenes/reasoning.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::reasoning {
namespace {

Color steps_color(const Theme& t) { return t.bar_strong; }

Color direct_color(const Theme& t) { return against(t); }

std::vector<PlotPoint> column(const Data& d, std::string_view name) {
    std::vector<PlotPoint> points;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) points.push_back({d.at(i, "terms"), d.at(i, name)});
    return points;
}

/// One way of answering: name, response, tokens and accuracy.
struct Way {
    const char* style;
    std::size_t example;
    Color color;
};

std::array<Way, 2> ways(const Theme& t) { return {Way{"direct", 0, direct_color(t)}, Way{"steps", 1, steps_color(t)}}; }

std::string mflop(double flops) { return fmt::format("{} MFLOP", number(flops / 1e6)); }

/// The digits to add, each over its slot's letter: what the model reads.
float draw_digits(Canvas& canvas, const Theme& t, Rect area, const sim::Problem& problem) {
    const std::string prompt = problem.prompt();
    const float cell = std::min(area.w / static_cast<float>(sim::kSlots), t.heading * 2.2F), height = t.heading * 1.5F;
    for (std::size_t i = 0; i < problem.digits.size(); ++i) {
        const Rect box{area.x + cell * static_cast<float>(i), area.y, cell - 8, height};
        canvas.stroke_rect(box, {.color = t.border, .width = t.line}, 6);
        draw_centered(canvas, box, fmt::format("{}", problem.digits[i]), heading(t));
        canvas.text({box.center().x, box.bottom() + t.caption * 1.2F}, prompt.substr(2 * i, 1), caption(t, Align::kCenter));
    }
    return area.y + height + t.caption * 1.6F;
}

/// The two responses to one problem, under each other.
void draw_examples(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme t = fitted_type(canvas, view);
    if (d.shown.size() < 2) return;
    const std::size_t row = d.row_of_terms(d.settings.terms);
    canvas.text({area.x, area.y + t.label}, tr(view.lang, "reasoning.question"), label(t));
    const float digits = draw_digits(canvas, t, {area.x, area.y + t.label * 1.8F, area.w, 0}, d.shown.front().problem);
    const float top = digits + t.body * 1.6F, part = (area.bottom() - top) / 5;
    for (const Way& way : ways(t)) {
        const bool steps = way.example == 1;
        const Rect box{area.x, steps ? top + 2 * part : top, area.w, steps ? 3 * part : 2 * part};
        const std::string tokens = tokens_text(d.at(row, fmt::format("{}_tokens", way.style))), accuracy = percent(d.at(row, fmt::format("{}_accuracy", way.style)), 0);
        canvas.line({box.x, box.y}, {box.right(), box.y}, {.color = t.hairline, .width = t.line});
        const float base = box.y + t.heading * 1.7F;
        canvas.fill_rect({box.x, base - t.heading * 0.75F, 12, t.heading * 0.8F}, way.color, 3);
        canvas.text({box.x + 24, base}, tr(view.lang, fmt::format("reasoning.{}", way.style)), heading(t));
        TextStyle value = heading(t, Align::kRight);
        value.size = t.heading * 1.35F;
        canvas.text({box.right(), base}, view.revealed ? accuracy : "?", value);
        const float width = canvas.measure(view.revealed ? accuracy : "?", value).width;
        canvas.text({box.right() - width - 16, base}, tr(view.lang, "reasoning.facts", {{"tokens", view.revealed ? tokens : "?"}}), label(t, Align::kRight));
        draw_response(canvas, view, t, {box.x, base + t.heading * 0.9F, box.w, box.bottom() - base - t.heading * 0.9F}, d.shown[way.example], done(view, kRun), t.heading);
    }
}

}  // namespace

void draw_answers(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const float gap = 56, left = area.w * 0.52F;
    Plot plot{.x = {.label = tr(view.lang, "reasoning.axis.terms"), .min = 1.8, .max = 8.2},
              .y = {.label = tr(view.lang, "reasoning.axis.accuracy"), .min = 0, .max = 1.04, .percent = true},
              .series = {},
              .marks = {{.at = 0.1, .label = tr(view.lang, "reasoning.mark.chance"), .horizontal = true}, {.at = static_cast<double>(d.settings.terms), .label = ""}},
              .shown = done(view, kRun)};
    plot.series.push_back({.label = tr(view.lang, "reasoning.steps"), .points = column(d, "steps_accuracy"), .color = steps_color(t), .width = 4.5F, .dots = true});
    // at temperature 0 it always answers at once: the line of that
    if (d.settings.temperature > 0) plot.series.push_back({.label = tr(view.lang, "reasoning.free"), .points = column(d, "free_accuracy"), .color = t.ink3, .width = 2.0F, .dash = 3, .gap = 5, .dots = true});
    plot.series.push_back({.label = tr(view.lang, "reasoning.direct"), .points = column(d, "direct_accuracy"), .color = direct_color(t), .width = 3.5F, .dash = 12, .gap = 6, .dots = true});
    if (!view.revealed)
        for (Series& s : plot.series) s.points.clear();
    const PlotFrame f = draw_plot(canvas, view, {area.x, area.y, left, area.h}, plot);
    for (std::int64_t terms = 2; terms <= sim::kSlots; ++terms) {
        const float x = f.px(static_cast<double>(terms)), half = (f.px(3) - f.px(2)) / 2;
        action_region(canvas, {x - half, f.inner.y, 2 * half, f.inner.h}, fmt::format("set terms={}", terms), tr(view.lang, "reasoning.tip.terms", {{"n", fmt::format("{}", terms)}}));
    }
    draw_examples(canvas, d, view, {area.x + left + gap, area.y, area.w - left - gap, area.h});
}

void draw_compute(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme t = fitted_type(canvas, view);
    const std::size_t row = d.row_of_terms(d.settings.terms);
    const float name_w = t.body * 8, number_w = t.heading * 8.5F, meter_h = t.heading * 3.2F, meters = 2 * meter_h + t.label * 2;
    const double most = d.at(row, "steps_tokens");
    const float field = area.w - name_w - number_w, side = std::min(meter_h * 0.55F, field / (1.18F * static_cast<float>(std::ceil(std::max(8.0, most)))));
    canvas.text({area.x + name_w, area.y + t.label * 0.9F}, tr(view.lang, "reasoning.meter"), label(t));
    canvas.text({area.right(), area.y + t.label * 0.9F}, tr(view.lang, "reasoning.meter.flops"), label(t, Align::kRight));
    float y = area.y + t.label * 1.8F;
    for (const Way& way : ways(t)) {
        const double tokens = d.at(row, fmt::format("{}_tokens", way.style)), flops = d.at(row, fmt::format("{}_flops", way.style));
        canvas.text({area.x, y + side * 0.5F + t.body * 0.35F}, tr(view.lang, fmt::format("reasoning.{}", way.style)), strong(t));
        draw_blocks(canvas, {area.x + name_w, y, field, side}, tokens * done(view, kRun), way.color, side);
        const bool open = done(view, kResult) > 0;
        canvas.text({area.right(), y + side * 0.5F + t.heading * 0.35F}, open ? mflop(flops) : "?", heading(t, Align::kRight));
        canvas.text({area.x + name_w, y + side + t.caption * 1.5F},
                    tr(view.lang, "reasoning.passes", {{"tokens", view.revealed ? tokens_text(tokens) : "?"}, {"passes", view.revealed ? tokens_text(tokens * static_cast<double>(d.layers)) : "?"},
                                                       {"layers", fmt::format("{}", d.layers)}}), caption(t));
        y += meter_h;
    }
    double last = 1;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) last = std::max(last, d.at(i, "steps_tokens") * 1.05);
    Plot plot{.x = {.label = tr(view.lang, "reasoning.axis.tokens"), .min = 0, .max = last}, .y = {}, .series = {}, .marks = {}, .shown = done(view, kRun)};
    for (const Way& way : ways(theme(view.theme))) {
        Series s{.label = tr(view.lang, fmt::format("reasoning.{}", way.style)), .points = {}, .color = way.color, .width = 4, .line = false};
        for (std::size_t i = 0; i < d.records.rows.size(); ++i) s.points.push_back({d.at(i, fmt::format("{}_tokens", way.style)), d.at(i, fmt::format("{}_flops", way.style)) / 1e6});
        plot.series.push_back(std::move(s));
    }
    plot.series.push_back({.label = tr(view.lang, "reasoning.weights_only"), .points = {{0, 0}, {last, last * d.flops.per_token / 1e6}}, .color = theme(view.theme).ink3, .width = 2, .dash = 6, .gap = 5});
    plot.y = {.label = tr(view.lang, "reasoning.axis.flops"), .min = 0, .max = d.flops.response(sim::kPromptTokens, last) * 1.02 / 1e6};
    if (!view.revealed) plot.series[0].points.clear(), plot.series[1].points.clear();
    draw_plot(canvas, view, {area.x, area.y + meters + t.body, area.w, area.h - meters - t.body}, plot);
}

void draw_easy(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme t = fitted_type(canvas, view);
    const float row_h = std::min((area.h - t.label * 2.4F) / static_cast<float>(sim::kSlots - 1), t.heading * 4), name_w = t.body * 7, number_w = t.body * 5;
    const float third = (area.w - name_w - 3 * 32) / 3;
    double most = 1;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) most = std::max(most, d.at(i, "steps_tokens"));
    const std::array<const char*, 3> heads = {"reasoning.easy.direct", "reasoning.easy.steps", "reasoning.easy.tokens"};
    const auto column_x = [&](std::size_t k) { return area.x + name_w + (third + 32) * static_cast<float>(k); };
    for (std::size_t k = 0; k < 3; ++k) canvas.text({column_x(k), area.y + t.label}, elide(canvas, tr(view.lang, heads[k]), label(t), third), label(t));
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) {
        const std::int64_t terms = static_cast<std::int64_t>(d.at(i, "terms"));
        const Rect row{area.x, area.y + t.label * 2.0F + row_h * static_cast<float>(i), area.w, row_h - 8};
        const bool chosen = terms == d.settings.terms;
        if (chosen) canvas.fill_rect({row.x - 12, row.y, row.w + 24, row.h}, t.band_warm, 6);
        const float base = row.y + row.h / 2 + t.body * 0.35F, bar = std::min(row.h * 0.5F, t.body * 1.2F), top = row.y + (row.h - bar) / 2;
        canvas.text({row.x, base}, tr(view.lang, "reasoning.easy.row", {{"n", fmt::format("{}", terms)}}), chosen ? strong(t) : body(t));
        for (std::size_t k = 0; k < 2; ++k) {
            const double value = d.at(i, k == 0 ? "direct_accuracy" : "steps_accuracy");
            draw_bar(canvas, t, {column_x(k), top, third - number_w, bar}, value * done(view, kRun), {.fill = k == 0 ? direct_color(t) : steps_color(t), .covered = !view.revealed});
            canvas.text({column_x(k) + third, base}, view.revealed ? percent(value, 0) : "?", body(t, Align::kRight));
        }
        const double least = d.at(i, "direct_tokens"), spent = d.at(i, "steps_tokens");
        const Rect track{column_x(2), top, third - number_w, bar};
        canvas.fill_rect(track, t.track, 3);
        const auto unit = static_cast<float>(done(view, kRun) / most) * track.w;
        canvas.fill_rect({track.x, top, unit * static_cast<float>(spent), bar}, steps_color(t).with_alpha(0.45F), 3);
        canvas.fill_rect({track.x, top, unit * static_cast<float>(least), bar}, direct_color(t), 3);
        canvas.text({column_x(2) + third, base}, view.revealed ? "+" + tokens_text(spent - least) : "?", body(t, Align::kRight));
        action_region(canvas, row, fmt::format("set terms={}", terms), tr(view.lang, "reasoning.tip.terms", {{"n", fmt::format("{}", terms)}}));
    }
}

}  // namespace dg::viz::reasoning
