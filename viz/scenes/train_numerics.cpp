// The same run in several number formats: loss, and the gap to f32 of the same seed against the chaos floor.
#include "viz/scenes/float_bits.h"
#include "viz/scenes/train.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::train {
namespace {

bool is_chaos(const std::string& numerics) { return numerics == "chaos"; }

/// "+0.42%": gaps have a sign.
std::string gap_text(double gap) {
    if (!std::isfinite(gap)) return number(gap);
    const std::string text = fixed(gap * 100, 2) + "%";
    return gap > 0 ? "+" + text : text;
}

Color color_of(const Theme& t, const std::string& numerics) {
    if (numerics == "f32") return t.ink;
    if (is_chaos(numerics)) return t.stream;
    if (numerics == "bf16") return t.experts[7];
    if (numerics == "fp8") return t.experts[6];
    if (numerics.starts_with("fp8-raw") || numerics.starts_with("fp8_raw")) return t.error.fill;
    return t.experts[5];
}

/// Losses of one seed in every format.
Plot loss_plot(const Data& d, const View& view, const Theme& t) {
    std::vector<Series> series;
    double top = 0;
    for (const FormatRun& run : d.runs) {
        if (run.seed != d.runs.front().seed || is_chaos(run.numerics)) continue;
        Series s{.label = run.numerics, .points = {}, .color = color_of(t, run.numerics), .width = run.numerics == "f32" ? 4.0F : 2.5F};
        if (run.numerics != "f32") s.dash = 10, s.gap = 6;
        const std::vector<double> smooth = smoothed(run.curves.loss, d.window);
        for (std::size_t i = 0; i < smooth.size(); ++i) {
            s.points.push_back({run.curves.step[i], smooth[i]});
            if (std::isfinite(smooth[i])) top = std::max(top, smooth[i]);
        }
        series.push_back(std::move(s));
    }
    Plot plot{.x = axis_for(series, false, tr(view.lang, "train.steps")), .y = {.label = tr(view.lang, "train.loss_axis"), .min = 0, .max = top > 0 ? top * 1.05 : 1}, .series = std::move(series)};
    plot.shown = done(view, kLoss);
    return plot;
}

/// Mean gap of every format over the seeds, within the window that the well-behaved ones need.
Plot gap_plot(const Data& d, const View& view, const Theme& t) {
    Plot plot{.y = {.label = tr(view.lang, "train.gap_axis"), .percent = true}};
    double reach = 0.002;
    for (const FormatGap& gap : d.gaps) {
        Series s{.label = {}, .points = {}, .color = color_of(t, gap.numerics), .width = 3};
        if (is_chaos(gap.numerics)) s.dash = 5, s.gap = 5;
        for (std::size_t i = gap.mean.size() / 10; i < gap.mean.size(); ++i) {
            s.points.push_back({gap.step[i], gap.mean[i]});
            if (i >= gap.mean.size() / 4 && std::isfinite(gap.mean[i]) && std::abs(gap.mean[i]) < 0.1) reach = std::max(reach, std::abs(gap.mean[i]));
        }
        plot.series.push_back(std::move(s));
    }
    plot.x = axis_for(plot.series, false, tr(view.lang, "train.steps"));
    plot.y.min = -reach * 1.15, plot.y.max = reach * 1.15;
    plot.direct_labels = false;
    plot.marks.push_back({.at = 0, .label = "f32", .horizontal = true});
    plot.shown = view.revealed ? done(view, kRest) : 0;
    return plot;
}

/// The band that one changed bit spans: smaller gaps are noise.
void draw_floor(Canvas& canvas, const Data& d, const View& view, const Theme& t, const PlotFrame& f) {
    const auto chaos = std::ranges::find_if(d.gaps, [](const FormatGap& g) { return is_chaos(g.numerics); });
    if (chaos == d.gaps.end() || !view.revealed || done(view, kRest) < 1) return;
    Path band;
    const std::size_t first = chaos->step.size() / 10;
    for (std::size_t i = first; i < chaos->step.size(); ++i) {
        const double floor = std::max(std::abs(chaos->low[i]), std::abs(chaos->high[i]));
        const Vec2 p{f.px(chaos->step[i]), std::max(f.inner.y, f.py(floor))};
        if (i == first) band.move(p);
        else band.line(p);
    }
    for (std::size_t i = chaos->step.size(); i-- > first;) {
        const double floor = std::max(std::abs(chaos->low[i]), std::abs(chaos->high[i]));
        band.line({f.px(chaos->step[i]), std::min(f.inner.bottom(), f.py(-floor))});
    }
    canvas.fill_path(band.close(), t.stream.with_alpha(0.22F));
}

void draw_table(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "gaps");
    const float pitch = std::min(area.h / static_cast<float>(d.gaps.size() + 1), t.body * 2.3F);
    float_bits::draw_fitted(canvas, {area.right(), area.y + pitch * 0.6F}, tr(view.lang, "train.gap_head"), label(t, Align::kRight), area.w);
    canvas.line({area.x, area.y + pitch}, {area.right(), area.y + pitch}, {.color = t.border, .width = t.line});
    const bool told = view.revealed && view.stage >= kCompare;
    for (std::size_t i = 0; i < d.gaps.size(); ++i) {
        const FormatGap& gap = d.gaps[i];
        const float base = area.y + pitch * (static_cast<float>(i) + 1.65F);
        canvas.fill_circle({area.x + t.body * 0.35F, base - t.body * 0.33F}, t.body * 0.3F, color_of(t, gap.numerics));
        const std::string name = is_chaos(gap.numerics) ? tr(view.lang, "train.chaos") : gap.numerics;
        float_bits::draw_fitted(canvas, {area.x + t.body, base}, name, strong(t), area.w * 0.4F);
        const std::string range = gap.seeds > 1 ? fmt::format("{} … {}", gap_text(gap.end_low), gap_text(gap.end_high)) : gap_text(gap.end);
        float_bits::draw_fitted(canvas, {area.right(), base}, told ? range : "?", body(t, Align::kRight), area.w * 0.56F - t.body);
    }
}

/// DeepSeek's own figure, drawn apart: another model, another size.
void draw_published(Canvas& canvas, const View& view, const Theme& t, Rect area) {
    const std::vector<std::string> lines = wrap(canvas, tr(view.lang, "train.published"), label(t), area.w - t.label * 1.8F);
    const float h = t.label * (3.2F + 1.4F * static_cast<float>(lines.size()));
    const Rect card{area.x, std::max(area.y, area.bottom() - h), area.w, std::min(h, area.h)};
    canvas.fill_rect(card, t.panel, 10);
    canvas.stroke_rect(card, {.color = t.published_dot, .width = 2, .dash = 8, .gap = 5}, 10);
    canvas.fill_circle({card.x + t.label * 1.2F, card.y + t.label * 1.2F}, t.label * 0.28F, t.published_dot);
    float_bits::draw_fitted(canvas, {card.x + t.label * 1.8F, card.y + t.label * 1.55F}, tr(view.lang, "badge.published"), caption(t), card.w - t.label * 2.6F);
    float y = card.y + t.label * 3.1F;
    for (const std::string& line : lines) {
        if (y > card.bottom()) break;
        canvas.text({card.x + t.label * 0.9F, y}, line, label(t));
        y += t.label * 1.4F;
    }
}

}  // namespace

void draw_numerics_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float left = area.w * 0.6F, gap = area.w * 0.04F, half = area.h * 0.48F;
    draw_plot(canvas, view, {area.x, area.y, left, half}, loss_plot(d, view, t));
    const PlotFrame f = draw_plot(canvas, view, {area.x, area.y + half + t.label, left, area.h - half - t.label}, gap_plot(d, view, t));
    draw_floor(canvas, d, view, t, f);
    const Rect side{area.x + left + gap, area.y, area.w - left - gap, area.h};
    draw_table(canvas, d, view, t, {side.x, side.y, side.w, side.h * 0.66F});
    draw_published(canvas, view, t, {side.x, side.y + side.h * 0.68F, side.w, side.h * 0.32F});
}

}  // namespace dg::viz::train
