// Scene double-descent: three kinds side by side, random subspaces.
#include "viz/scenes/double_descent.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {
namespace {

void draw_kind(Canvas& canvas, const Shot& shot, const Curve& curve, const char* head, Rect box, bool stacked) {
    const Theme& t = theme(shot.view.theme);
    const TextStyle style = strong(t);
    canvas.text({box.x, box.y + style.size}, elide(canvas, tr(shot.view.lang, head), style, box.w), style);
    const Shape s = shape_of(curve);
    const float top = t.body * 1.7F, foot = stacked ? 0 : t.label * 2.6F;
    draw_curve(canvas, shot, curve, nullptr, {box.x, box.y + top, box.w, box.h - top - foot}, false);
    if (stacked || shot.view.stage < 3 || !shot.view.revealed) return;
    const std::string words = s.has_peak ? tr(shot.view.lang, "dd.all.words", {{"valley", risk_text(s.valley)}, {"peak", risk_text(s.peak)}, {"second", risk_text(s.second)}})
                                         : tr(shot.view.lang, "dd.all.no_peak");
    draw_wrapped(canvas, {box.x, box.bottom() - foot + t.label * 1.3F}, words, label(t), box.w, 2);
}

/// The 10-90 % band of the seeds' accuracies.
void draw_accuracy_band(Canvas& canvas, const PlotFrame& f, const sim::dd::SubspaceResult& net, Color color, double shown) {
    const float last = f.inner.x + f.inner.w * static_cast<float>(shown);
    Band band;
    for (const sim::dd::SubspacePoint& p : net.points) {
        const float x = f.px(static_cast<double>(p.d));
        if (x > last + 1) break;
        band.add(x, f.py(sim::dd::quantile(p.accuracy, 0.9)), f.py(sim::dd::quantile(p.accuracy, 0.1)));
    }
    band.fill(canvas, color.with_alpha(0.14F));
}

void add_accuracy_regions(Canvas& canvas, const PlotFrame& f, const sim::dd::SubspaceResult& net) {
    for (const sim::dd::SubspacePoint& p : net.points) {
        const double value = sim::dd::mean(p.accuracy);
        const Vec2 at{f.px(static_cast<double>(p.d)), f.py(value)};
        canvas.region({{at.x - 14, at.y - 14, 28, 28}, std::nullopt, "", fmt::format("d = {}: {}", p.d, percent(value))});
    }
}

}  // namespace

void draw_all(Canvas& canvas, const Shot& shot, Rect area) {
    const char* const heads[] = {"dd.all.size", "dd.all.samples", "dd.all.time"};
    const bool stacked = area.w < 1000;
    const float gap = 40, n = 3;
    for (std::size_t i = 0; i < shot.data.curves.size(); ++i) {
        const auto k = static_cast<float>(i);
        const Rect box = stacked ? Rect{area.x, area.y + k * (area.h + gap / 2) / n, area.w, (area.h - gap) / n} : Rect{area.x + k * (area.w + gap) / n, area.y, (area.w - 2 * gap) / n, area.h};
        if (!shot.data.curves[i].measured().empty()) draw_kind(canvas, shot, shot.data.curves[i], heads[i], box, stacked);
    }
}

void draw_subspaces(Canvas& canvas, const Shot& shot, Rect area) {
    const Data& d = shot.data;
    const View& view = shot.view;
    const Theme& t = theme(view.theme);
    const std::vector<std::int64_t>& dims = d.nets[0].settings.dims;
    Plot plot{.x = {.label = tr(view.lang, "dd.axis.subspace"), .min = static_cast<double>(dims.front()), .max = static_cast<double>(dims.back()), .log = true},
              .y = {.label = tr(view.lang, "dd.axis.accuracy"), .min = 0, .max = 1, .percent = true}};
    plot.shown = view.stage >= 3 ? 1 : (view.stage + view.u) / 3;
    const Color colors[] = {t.ink, t.experts[0]};
    double full = 0;
    for (std::size_t i = 0; i < d.nets.size(); ++i) {
        const sim::dd::SubspaceResult& net = d.nets[i];
        // the lesson asks what the wider net will take: the narrow one is the ground to guess from
        const bool covered = !view.revealed && i > 0;
        if (covered) continue;
        Series s{.label = tr(view.lang, "dd.subspace.series", {{"n", grouped(net.parameters)}}), .color = colors[i % 2], .width = 3, .dots = true};
        for (const sim::dd::SubspacePoint& p : net.points) s.points.push_back({static_cast<double>(p.d), sim::dd::mean(p.accuracy)});
        plot.series.push_back(std::move(s));
        full = std::max(full, sim::dd::mean(net.full));
        if (net.reaches() > 0 && view.stage >= 3) {
            plot.marks.push_back({.at = static_cast<double>(net.reaches()), .label = fmt::format("d₉₀ = {}", net.reaches()), .color = colors[i % 2]});
        }
    }
    if (std::isfinite(full) && full > 0) plot.marks.push_back({.at = 0.9 * full, .label = tr(view.lang, "dd.subspace.ninety", {{"full", percent(full)}}), .horizontal = true});
    const PlotFrame f = draw_plot(canvas, view, area, plot);
    for (std::size_t i = 0; i < d.nets.size(); ++i) {
        if (!view.revealed && i > 0) {
            TextStyle style = strong(t, Align::kRight);
            style.color = colors[i % 2];
            canvas.text({f.inner.right() - 12, f.inner.bottom() - style.size}, tr(view.lang, "dd.subspace.series", {{"n", grouped(d.nets[i].parameters)}}) + "  ?", style);
            continue;
        }
        draw_accuracy_band(canvas, f, d.nets[i], colors[i % 2], plot.shown);
        add_accuracy_regions(canvas, f, d.nets[i]);
    }
}

}  // namespace dg::viz::double_descent
