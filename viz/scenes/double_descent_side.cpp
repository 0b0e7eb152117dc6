// Scene double-descent: the fitted function, the norm, three kinds side by side, random subspaces.
#include "viz/scenes/clock.h"
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

/// The fitted function along one line through the inputs, the truth dashed, the training point it passes.
void draw_fit(Canvas& canvas, const Data& d, const View& view, const Curve& curve, Rect area) {
    const Group group(canvas, "fit");
    const Theme& t = theme(view.theme);
    const int at = cursor(d, curve, view);
    const auto points = curve.measured();
    if (at < 0) return;
    const Point& p = *points[static_cast<std::size_t>(at)];
    const std::size_t seed = typical_seed(p);
    if (seed >= p.slices.size() || p.slices[seed].empty() || seed >= curve.sweep.slices.size()) return;
    const sim::dd::SliceTruth& truth = curve.sweep.slices[seed];
    const char* const symbol = curve.sweep.settings.over == sim::dd::Over::kSamples ? "n" : curve.sweep.settings.over == sim::dd::Over::kTime ? "t" : "p";
    draw_head(canvas, t, area, tr(view.lang, "dd.fit.head", {{"where", fmt::format("{} = {}", symbol, grouped(p.at))}}));
    std::vector<PlotPoint> fitted, teacher;
    double reach = 0;
    for (std::size_t i = 0; i < truth.x.size(); ++i) {
        fitted.push_back({truth.x[i], p.slices[seed][i]});
        teacher.push_back({truth.x[i], truth.teacher[i]});
        reach = std::max(reach, std::abs(static_cast<double>(truth.teacher[i])));
    }
    reach = std::max(3 * reach, 1e-6);
    const Rect box{area.x, area.y + t.body * 1.6F, area.w, area.h - t.body * 1.6F - t.caption * 1.6F};
    const PlotFrame f = draw_plot(canvas, view, box, {.x = {.label = tr(view.lang, "dd.fit.x"), .min = truth.x.front(), .max = truth.x.back()},
                                                      .y = {.label = tr(view.lang, "dd.fit.y"), .min = -reach, .max = reach},
                                                      .series = {{.points = teacher, .color = t.ink3, .width = 2, .dash = 6, .gap = 5}, {.points = fitted, .color = t.ink, .width = 3}},
                                                      .direct_labels = false});
    const Vec2 through{f.px(truth.training_x), f.py(truth.training_y)};
    if (std::abs(truth.training_y) < reach && truth.training_x > truth.x.front() && truth.training_x < truth.x.back()) {
        canvas.fill_circle(through, 7, t.ink);
        canvas.fill_circle(through, 4.5F, t.ground);
    }
    const bool polynomial = curve.sweep.settings.model == sim::dd::Model::kPolynomial;
    draw_wrapped(canvas, {area.x, area.bottom() - 2}, tr(view.lang, polynomial ? "dd.fit.note.polynomial" : "dd.fit.note"), caption(t), area.w, 1);
}

/// Length of the weights over the same axis.
void draw_norm(Canvas& canvas, const Data& d, const View& view, const Curve& curve, Rect area) {
    const Group group(canvas, "norm");
    const Theme& t = theme(view.theme);
    std::vector<PlotPoint> points, with_ridge;
    for (const Point* p : curve.measured()) points.push_back({static_cast<double>(p->at), sim::dd::median(p->norm)});
    if (!d.ridge.empty()) {
        for (const Point* p : d.ridge[0].measured()) with_ridge.push_back({static_cast<double>(p->at), sim::dd::median(p->norm)});
    }
    const int at = cursor(d, curve, view);
    const std::string value = at < 0 ? std::string(kUnknown) : number(points[static_cast<std::size_t>(at)].y, 3);
    draw_head(canvas, t, area, tr(view.lang, "dd.norm.head", {{"value", value}}));
    std::vector<Series> series = {{.points = points, .color = t.ink, .width = 2.5F}};
    if (!with_ridge.empty()) series.push_back({.points = with_ridge, .color = t.experts[3], .width = 2.5F});
    const Axis y = axis_for(series, true, tr(view.lang, "dd.norm.y"), true);
    const Rect box{area.x, area.y + t.body * 1.6F, area.w, area.h - t.body * 1.6F};
    const PlotFrame f = draw_plot(canvas, view, box, {.x = x_axis(view, curve), .y = y, .series = series, .shown = reached(curve, view), .direct_labels = false});
    if (at < 0) return;
    const PlotPoint& here = points[static_cast<std::size_t>(at)];
    canvas.line({f.px(here.x), f.inner.y}, {f.px(here.x), f.inner.bottom()}, {.color = t.ink, .width = std::max(1.0F, t.line)});
    canvas.fill_circle({f.px(here.x), f.py(here.y)}, 7, t.ink);
    canvas.fill_circle({f.px(here.x), f.py(here.y)}, 5, t.select);
}

}  // namespace

void draw_side(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Curve& curve = d.curves[0];
    const bool sliced = !curve.sweep.slices.empty() && !curve.sweep.slices[0].x.empty() && !curve.measured().empty() && !curve.measured()[0]->slices.empty() && !curve.measured()[0]->slices[0].empty();
    const float gap = 28;
    if (!sliced) return draw_norm(canvas, d, view, curve, {area.x, area.y, area.w, area.h * 0.62F});
    const float upper = area.h * 0.56F;
    draw_fit(canvas, d, view, curve, {area.x, area.y, area.w, upper - gap / 2});
    draw_norm(canvas, d, view, curve, {area.x, area.y + upper + gap / 2, area.w, area.h - upper - gap / 2});
}

void draw_all(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const char* const heads[] = {"dd.all.size", "dd.all.samples", "dd.all.time"};
    const bool stacked = area.w < 1000;
    const float gap = 40, n = 3;
    for (std::size_t i = 0; i < d.curves.size(); ++i) {
        const auto k = static_cast<float>(i);
        const Rect box = stacked ? Rect{area.x, area.y + k * (area.h + gap / 2) / n, area.w, (area.h - gap) / n} : Rect{area.x + k * (area.w + gap) / n, area.y, (area.w - 2 * gap) / n, area.h};
        if (d.curves[i].measured().empty()) continue;
        draw_head(canvas, t, box, tr(view.lang, heads[i]));
        const Shape s = shape_of(d.curves[i]);
        const float head = t.body * 1.7F, foot = stacked ? 0 : t.label * 2.6F;
        draw_curve(canvas, d, view, d.curves[i], nullptr, {box.x, box.y + head, box.w, box.h - head - foot}, false);
        if (stacked || view.stage < 3 || !view.revealed) continue;
        const std::string words = s.has_peak ? tr(view.lang, "dd.all.words", {{"valley", number(s.valley, 2)}, {"peak", number(s.peak, 2)}, {"second", number(s.second, 2)}}) : tr(view.lang, "dd.all.no_peak");
        draw_wrapped(canvas, {box.x, box.bottom() - foot + t.label * 1.3F}, words, label(t), box.w, 2);
    }
}

void draw_subspaces(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    if (!view.revealed) {
        const PlotFrame f = draw_plot(canvas, view, area, {.x = {.label = tr(view.lang, "dd.axis.subspace"), .min = 8, .max = 256, .log = true},
                                                           .y = {.label = tr(view.lang, "dd.axis.accuracy"), .min = 0, .max = 1, .percent = true}, .direct_labels = false});
        return draw_centered(canvas, f.inner, "?", {.size = t.big * 2, .color = t.ink3, .weight = Weight::kBold});
    }
    Plot plot{.x = {.label = tr(view.lang, "dd.axis.subspace"), .min = 8, .max = 256, .log = true},
              .y = {.label = tr(view.lang, "dd.axis.accuracy"), .min = 0, .max = 1, .percent = true}};
    plot.shown = view.stage >= 3 ? 1 : (view.stage + view.u) / 3;
    double full = 0;
    for (std::size_t i = 0; i < d.nets.size(); ++i) {
        const sim::dd::SubspaceResult& net = d.nets[i];
        Series s{.label = tr(view.lang, "dd.subspace.series", {{"n", grouped(net.parameters)}}), .color = i == 0 ? t.ink : t.experts[0], .width = 3, .dots = true};
        for (const sim::dd::SubspacePoint& p : net.points) s.points.push_back({static_cast<double>(p.d), sim::dd::mean(p.accuracy)});
        plot.series.push_back(std::move(s));
        full = std::max(full, sim::dd::mean(net.full));
        if (net.reaches() > 0 && view.stage >= 3) {
            plot.marks.push_back({.at = static_cast<double>(net.reaches()), .label = fmt::format("d₉₀ = {}", net.reaches()), .color = i == 0 ? t.ink : t.experts[0]});
        }
    }
    plot.marks.push_back({.at = 0.9 * full, .label = tr(view.lang, "dd.subspace.ninety", {{"full", percent(full)}}), .horizontal = true});
    const PlotFrame f = draw_plot(canvas, view, area, plot);
    for (const sim::dd::SubspaceResult& net : d.nets) {
        for (const sim::dd::SubspacePoint& p : net.points) {
            const double value = sim::dd::mean(p.accuracy);
            const Vec2 at{f.px(static_cast<double>(p.d)), f.py(value)};
            canvas.region({{at.x - 14, at.y - 14, 28, 28}, std::nullopt, "", fmt::format("d = {}: {}", p.d, percent(value))});
        }
    }
}

}  // namespace dg::viz::double_descent
