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

/// Losses of one seed in every format.
Plot loss_plot(const Data& d, const View& view, const Theme& t) {
    std::vector<Series> series;
    for (const FormatRun& run : d.runs) {
        if (run.seed != d.runs.front().seed || is_chaos(run.numerics)) continue;
        Series s{.label = run.numerics, .points = {}, .color = float_bits::numerics_color(t, run.numerics), .width = 2.5F};
        if (run.numerics != "f32") s.dash = 10, s.gap = 6;
        if (run.numerics == "f32") s.width = 5;
        const std::vector<double> smooth = smoothed(run.curves.loss, d.window);
        for (std::size_t i = 0; i < smooth.size(); ++i) {
            s.points.push_back({run.curves.step[i], smooth[i]});
        }
        series.push_back(std::move(s));
    }
    Plot plot{.x = axis_for(series, false, tr(view.lang, "train.steps")), .y = axis_for(series, true, tr(view.lang, "train.loss_axis"), true), .series = std::move(series)};
    plot.shown = done(view, kLoss);
    return plot;
}

/// Mean gap of every format over the seeds, within the window that the well-behaved ones need.
Plot gap_plot(const Data& d, const View& view, const Theme& t) {
    Plot plot{.y = {.label = tr(view.lang, "train.gap_axis"), .percent = true}};
    double reach = 0.002;
    for (const FormatGap& gap : d.gaps) {
        Series s{.label = {}, .points = {}, .color = float_bits::numerics_color(t, gap.numerics), .width = 3};
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
    plot.marks.push_back({.at = 0, .label = {}, .horizontal = true});
    plot.shown = view.revealed ? done(view, kRest) : 0;
    return plot;
}

/// The band that one changed bit spans: smaller gaps are noise.
void draw_floor(Canvas& canvas, const Data& d, const View& view, const Theme& t, const PlotFrame& f) {
    const auto chaos = std::ranges::find_if(d.gaps, [](const FormatGap& g) { return is_chaos(g.numerics); });
    if (chaos == d.gaps.end() || !view.revealed || done(view, kRest) < 1) return;
    // the widest of a few neighbours: a band of a hundred points or so
    std::vector<std::pair<double, double>> edge;  // step, height
    const std::size_t first = chaos->step.size() / 10, stride = std::max<std::size_t>(1, (chaos->step.size() - first) / 120);
    for (std::size_t i = first; i < chaos->step.size(); i += stride) {
        const std::size_t last = std::min(i + stride, chaos->step.size()) - 1;
        double floor = 0;
        for (std::size_t k = i; k <= last; ++k) floor = std::max({floor, std::abs(chaos->low[k]), std::abs(chaos->high[k])});
        edge.emplace_back(chaos->step[i + stride >= chaos->step.size() ? last : i], floor);
    }
    Path band;
    for (std::size_t i = 0; i < edge.size(); ++i) {
        const Vec2 p{f.px(edge[i].first), std::max(f.inner.y, f.py(edge[i].second))};
        if (i == 0) band.move(p);
        else band.line(p);
    }
    for (std::size_t i = edge.size(); i-- > 0;) band.line({f.px(edge[i].first), std::min(f.inner.bottom(), f.py(-edge[i].second))});
    canvas.fill_path(band.close(), t.stream.with_alpha(0.22F));
}

/// One dot per seed between -kStripEnd and kStripEnd, over the band of the chaos floor.
void draw_strip(Canvas& canvas, const Theme& t, Rect strip, const FormatGap& gap, double floor) {
    const auto x_of = [&](double v) { return strip.x + strip.w * static_cast<float>(0.5 + std::clamp(v, -kStripEnd, kStripEnd) / (2 * kStripEnd)); };
    const float middle = strip.y + strip.h / 2, r = strip.h * 0.3F;
    canvas.fill_rect({x_of(-floor), strip.y, x_of(floor) - x_of(-floor), strip.h}, t.stream.with_alpha(0.22F));
    canvas.line({strip.x, middle}, {strip.right(), middle}, {.color = t.border, .width = t.line});
    canvas.line({x_of(0), strip.y}, {x_of(0), strip.bottom()}, {.color = t.ink2, .width = t.line});
    bool beyond = false;
    for (const double end : gap.ends) {
        if (std::abs(end) < kStripEnd) canvas.fill_circle({x_of(end), middle}, r, float_bits::numerics_color(t, gap.numerics));
        else beyond = true;
    }
    if (!beyond) return;
    Path arrow;
    arrow.move({strip.right(), middle}).line({strip.right() - 2 * r, middle - r}).line({strip.right() - 2 * r, middle + r});
    canvas.fill_path(arrow.close(), float_bits::numerics_color(t, gap.numerics));
}

/// Every format: mean over the seeds, least and largest, and a dot per seed.
void draw_table(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "gaps");
    float_bits::draw_fitted(canvas, {area.x, area.y + t.label}, tr(view.lang, "train.gap_head"), label(t), area.w * 0.68F);
    float_bits::draw_fitted(canvas, {area.right(), area.y + t.label}, tr(view.lang, "train.gap_range"), label(t, Align::kRight), area.w * 0.3F);
    const float top = area.y + t.label * 1.7F, pitch = std::min((area.bottom() - top) / static_cast<float>(d.gaps.size()), t.body * 4);
    const bool told = view.revealed && view.stage >= kCompare;
    double floor = 0;
    for (const FormatGap& gap : d.gaps) {
        if (is_chaos(gap.numerics)) floor = std::max(std::abs(gap.end_low), std::abs(gap.end_high));
    }
    for (std::size_t i = 0; i < d.gaps.size(); ++i) {
        const FormatGap& gap = d.gaps[i];
        const float y = top + pitch * static_cast<float>(i), base = y + std::min(pitch * 0.5F, t.body * 1.4F);
        canvas.line({area.x, y}, {area.right(), y}, {.color = t.border, .width = t.line});
        canvas.fill_circle({area.x + t.body * 0.35F, base - t.body * 0.33F}, t.body * 0.3F, float_bits::numerics_color(t, gap.numerics));
        const std::string name = is_chaos(gap.numerics) ? tr(view.lang, "train.chaos") : gap.numerics;
        float_bits::draw_fitted(canvas, {area.x + t.body, base}, name, strong(t), area.w * 0.36F - t.body);
        float_bits::draw_fitted(canvas, {area.x + area.w * 0.55F, base}, told ? gap_text(gap.end) : "?", strong(t, Align::kRight), area.w * 0.18F);
        if (!told) continue;
        const std::string range = gap.seeds > 1 ? fmt::format("{} … {}", gap_text(gap.end_low), gap_text(gap.end_high)) : tr(view.lang, "train.one_seed");
        float_bits::draw_fitted(canvas, {area.right(), base}, range, label(t, Align::kRight), area.w * 0.43F);
        const float h = std::min(t.body * 0.9F, y + pitch - base - t.label * 0.7F);
        if (h > t.label * 0.4F) draw_strip(canvas, t, {area.x + t.body, base + t.label * 0.45F, area.w - t.body, h}, gap, floor);
    }
}

}  // namespace

void draw_numerics_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float left = area.w * 0.58F, gap = area.w * 0.04F, half = area.h * 0.47F;
    draw_plot(canvas, view, {area.x, area.y, left, half}, loss_plot(d, view, t));
    const PlotFrame f = draw_plot(canvas, view, {area.x, area.y + half + t.label, left, area.h - half - t.label}, gap_plot(d, view, t));
    draw_floor(canvas, d, view, t, f);
    const Rect side{area.x + left + gap, area.y, area.w - left - gap, area.h};
    draw_table(canvas, d, view, t, {side.x, side.y, side.w, side.h * 0.74F});
    float_bits::draw_quotation(canvas, view, t, tr(view.lang, "train.published"), {side.x, side.y + side.h * 0.76F, side.w, side.h * 0.24F});
}

}  // namespace dg::viz::train
