// Scene double-descent: the page and the large plot.
#include "engine/base/mathfn.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/covered.h"
#include "viz/scenes/double_descent.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {
namespace {

using sim::dd::Over;
using sim::dd::Point;

double train_of(const Point& p) { return sim::dd::mean(p.train); }

/// Limits of the value axis: all medians and bands, high bands only up to six times their median.
Axis value_axis(const Shot& shot, const Curve& curve, const Curve* ridge, bool brief) {
    const bool norm = shot.norm;
    double low = 1e300, high = 0;
    const auto take = [&](double v) {
        if (std::isfinite(v) && v > 0) low = std::min(low, v), high = std::max(high, v);
    };
    const double far = reached(curve, shot);
    const bool covered = !shot.view.revealed && far < 1;
    for (const Curve* c : {&curve, ridge}) {
        if (!c) continue;
        for (const Point* p : c->measured()) {
            if (covered && along(curve, static_cast<double>(p->at)) > far + 1e-9) continue;
            const Spread& s = c->spread(*p, norm);
            take(s.middle), take(s.low);
            if (c == &curve) take(std::min(s.high, 6 * s.middle));
        }
    }
    if (high == 0) low = 0.1, high = 1;
    low = std::max(low, high * 1e-12);  // below that a value is zero up to rounding
    // what is covered must not show in the axis: a fixed room above what is seen
    if (covered) low /= 3, high *= 100;
    const std::string label = norm ? tr(shot.view.lang, "dd.norm.y") : tr(shot.view.lang, brief ? "dd.axis.risk.brief" : "dd.axis.risk");
    return {.label = label, .min = low / 1.6, .max = std::max(high * 1.6, low * 4), .log = true};
}

/// The band between the 10 % and 90 % quantiles of the seeds, as far as the clock has come.
void draw_band(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Curve& curve, double shown) {
    const double last = f.x_at(f.inner.x + f.inner.w * static_cast<float>(shown));
    Band band;
    for (const Point* p : curve.measured()) {
        if (static_cast<double>(p->at) > last * 1.001) break;
        const Spread& s = curve.spread(*p, shot.norm);
        band.add(f.px(static_cast<double>(p->at)), f.py(s.high), f.py(s.low));
    }
    canvas.push_clip(f.inner);
    band.fill(canvas, theme(shot.view.theme).ink.with_alpha(0.13F));
    canvas.pop_clip();
}

/// The warm zone round the threshold with its name at the foot.
void draw_zone(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Curve& curve) {
    const Theme& t = theme(shot.view.theme);
    const double edge = threshold(curve);
    if (edge <= f.x.min || edge >= f.x.max || reached(curve, shot) < along(curve, edge * 0.8)) return;
    const float a = f.px(edge * 0.8), b = f.px(std::min(edge * 1.25, f.x.max));
    canvas.fill_rect({a, f.inner.y, b - a, f.inner.h}, t.select.with_alpha(t.id == ThemeId::kDark ? 0.12F : 0.22F));
    TextStyle style = caption(t, Align::kCenter);
    style.color = t.ink2;
    canvas.text({(a + b) / 2, f.inner.bottom() - style.size * 0.5F}, "p = n", style);
}

/// Names of the regimes at the top, each fading in as the curve enters it.
void draw_regimes(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Curve& curve) {
    const View& view = shot.view;
    const Theme& t = theme(view.theme);
    const double edge = threshold(curve), far = reached(curve, shot);
    if (edge <= f.x.min || edge >= f.x.max || (!view.revealed && far < 1)) return;
    const float a = f.px(edge * 0.8), b = f.px(edge * 1.25);
    const bool samples = curve.sweep.settings.over == Over::kSamples;
    const auto name = [&](const char* key, int stage, float left, float right) {
        const double alpha = view.stage > stage ? 1 : view.stage == stage ? ease(std::min(1.0, view.u * 3)) : 0;
        if (alpha <= 0) return;
        TextStyle style = strong(t, Align::kCenter);
        style.color = t.ink.with_alpha(static_cast<float>(alpha));
        const std::string words = tr(view.lang, key);
        if (const float room = right - left - 8, width = canvas.measure(words, style).width; width > room) style.size *= room / width;
        if (style.size < 0.8F * t.caption) return;  // no room: the axis still says where we are
        canvas.text({(left + right) / 2, f.inner.y + style.size * 1.3F}, words, style);
    };
    // with more samples the order is reversed: few samples is the over-parameterised side
    name(samples ? "dd.regime.over" : "dd.regime.under", 0, f.inner.x, a);
    name(samples ? "dd.regime.under" : "dd.regime.over", 2, b, f.inner.right());
}

/// One line of theory; it has no value at the threshold: two branches.
void draw_branches(Canvas& canvas, const Shot& shot, const PlotFrame& f, const std::vector<PlotPoint>& points, const Stroke& stroke) {
    const double last = f.x.min * dg::exp(dg::log(f.x.max / f.x.min) * ease(shot.view.stage > 3 ? 1 : shot.view.u));
    std::vector<Vec2> run;
    const auto flush = [&] {
        if (run.size() > 1) canvas.polyline(run, stroke);
        run.clear();
    };
    canvas.push_clip(f.inner);
    for (const PlotPoint& p : points) {
        if (p.x > last) break;
        if (!std::isfinite(p.y) || p.y <= 0) flush();
        else run.push_back({f.px(p.x), f.py(p.y)});
    }
    flush();
    canvas.pop_clip();
}

bool shows_theory(const Shot& shot, const Curve& curve) { return !curve.theory.empty() && shot.view.stage >= 3 && shot.view.revealed && !shot.norm; }

/// The training error has its name where its line leaves the plot, when it does.
void name_training(Canvas& canvas, const Shot& shot, const PlotFrame& f, const std::vector<PlotPoint>& train, double edge, double shown) {
    const Theme& t = theme(shot.view.theme);
    const auto visible = [&](const PlotPoint& p) { return std::isfinite(p.y) && p.y > f.y.min; };
    const auto first = std::ranges::find_if(train, visible);
    if (first == train.end()) return;
    auto last = first;
    while (std::next(last) != train.end() && visible(*std::next(last))) ++last;
    if (std::next(last) == train.end() && first == train.begin()) return;  // its name is at its end
    const bool leaves = std::next(last) != train.end();
    float x = f.px(leaves ? last->x : first->x) - (leaves ? 4 : 14);
    if (x > f.inner.x + f.inner.w * static_cast<float>(shown)) return;
    // the zone's own name stands at its foot
    const float a = f.px(0.8 * edge), b = f.px(1.25 * edge);
    if (edge > 0 && x > a && x < b + 80) x = a - 8;
    const std::string words = tr(shot.view.lang, "dd.series.train");
    x = std::max(x, f.inner.x + 4 + canvas.measure(words, caption(t)).width);
    canvas.text({x, f.inner.bottom() - t.caption * 0.6F}, words, caption(t, Align::kRight));
}

std::vector<Series> series_of(const Shot& shot, const Curve& curve, const Curve* ridge, bool names, bool train_ends) {
    const Theme& t = theme(shot.view.theme);
    const auto name = [&](const char* key) { return names ? tr(shot.view.lang, key) : std::string(); };
    std::vector<Series> out;
    if (!shot.norm) {
        std::vector<PlotPoint> train;
        for (const Point* p : curve.measured()) train.push_back({static_cast<double>(p->at), train_of(*p)});
        out.push_back({.label = train_ends ? name("dd.series.train") : "", .points = train, .color = t.ink3, .width = 2, .dash = 8, .gap = 6});
    }
    if (ridge && !ridge->sweep.points.empty() && shot.view.revealed) {
        out.push_back({.label = names ? tr(shot.view.lang, "dd.series.ridge", {{"ridge", fmt::format("{}", ridge->sweep.settings.ridge)}}) : "",
                       .points = medians(*ridge, shot.norm), .color = ridge_color(t), .width = 3.5F});
    }
    out.push_back({.label = name(shot.norm ? "dd.series.norm" : "dd.series.median"), .points = medians(curve, shot.norm), .color = t.ink, .width = 3, .dots = true});
    if (!names || !shows_theory(shot, curve)) return out;
    // the names of the theories join the others; their lines are drawn apart, in two branches
    out.push_back({.label = name(curve.limit.empty() ? "dd.series.theory" : "dd.series.exact"), .points = {curve.theory.back()}, .color = t.experts[1]});
    if (!curve.limit.empty()) out.push_back({.label = name("dd.series.limit"), .points = {curve.limit.back()}, .color = t.experts[4]});
    return out;
}

/// The part of the plot that a lesson covers.
void cover(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Curve& curve, double shown) {
    const Theme& t = theme(shot.view.theme);
    if (shot.view.revealed) return;
    const Ask ask = asked(shot);
    const float from = f.inner.x + f.inner.w * static_cast<float>(shown);
    if (ask == Ask::kCurve || ask == Ask::kNorm) draw_question(canvas, t, {from, f.inner.y, f.inner.right() - from, f.inner.h});
    const double edge = threshold(curve);
    if (edge <= f.x.min || edge >= f.x.max) return;
    const float a = f.px(edge * 0.8), b = f.px(edge * 1.25);
    if (ask == Ask::kTheory) draw_question(canvas, t, {a, f.inner.y, b - a, f.inner.h});
    if (ask != Ask::kRidge) return;
    TextStyle style = strong(t);
    style.color = ridge_color(t);
    canvas.text({b + 16, f.inner.center().y}, tr(shot.view.lang, "dd.series.ridge", {{"ridge", fmt::format("{}", shot.data.ridge[0].sweep.settings.ridge)}}) + "  ?", style);
}

}  // namespace

void Band::add(float x, float high, float low) {
    // fill_path wants a shape: where the seeds agree there is none
    if (std::isfinite(high) && std::isfinite(low) && low - high >= 0.5F) runs_.back().push_back({x, high, low});
    else if (!runs_.back().empty()) runs_.emplace_back();
}

void Band::fill(Canvas& canvas, Color color) const {
    for (const auto& run : runs_) {
        if (run.size() < 2) continue;
        Path path;
        path.move({run[0].x, run[0].high});
        for (std::size_t i = 1; i < run.size(); ++i) path.line({run[i].x, run[i].high});
        for (std::size_t i = run.size(); i-- > 0;) path.line({run[i].x, run[i].low});
        canvas.fill_path(path.close(), color);
    }
}

Color ridge_color(const Theme& t) { return t.experts[3]; }

std::string risk_text(double v) { return v >= 1000 ? grouped(static_cast<std::int64_t>(v + 0.5)) : number(v, v < 10 ? 2 : 3); }

const char* symbol_of(const Curve& curve) {
    const Over over = curve.sweep.settings.over;
    return over == Over::kSamples ? "n" : over == Over::kTime ? "t" : "p";
}

std::string x_label(const View& view, const Curve& curve) {
    switch (curve.sweep.settings.over) {
        case Over::kSamples: return tr(view.lang, "dd.axis.samples");
        case Over::kTime: return tr(view.lang, "dd.axis.time");
        case Over::kSize: break;
    }
    return tr(view.lang, curve.sweep.settings.model == sim::dd::Model::kPolynomial ? "dd.axis.polynomial" : "dd.axis.size");
}

Axis x_axis(const View& view, const Curve& curve) {
    const bool log = curve.sweep.settings.model != sim::dd::Model::kPolynomial;
    const auto first = static_cast<double>(curve.sweep.points.front().at), last = static_cast<double>(curve.sweep.points.back().at);
    return {.label = x_label(view, curve), .min = first, .max = std::max(last, first + 1), .log = log};
}

PlotFrame draw_curve(Canvas& canvas, const Shot& shot, const Curve& curve, const Curve* ridge, Rect area, bool names) {
    const Theme& t = theme(shot.view.theme);
    const double shown = reached(curve, shot);
    const Axis y = value_axis(shot, curve, ridge, !names);
    const double last_train = curve.measured().empty() ? 0 : train_of(*curve.measured().back()), first_train = curve.measured().empty() ? 0 : train_of(*curve.measured().front());
    const bool train_ends = last_train > y.min && first_train > y.min;
    Axis x = x_axis(shot.view, curve);
    if (!names) x.label = symbol_of(curve);
    const Plot plot{.x = x, .y = y, .series = series_of(shot, curve, ridge, names, train_ends), .shown = shown, .direct_labels = names};
    const PlotFrame f = draw_plot(canvas, shot.view, area, plot);
    draw_zone(canvas, shot, f, curve);
    draw_band(canvas, shot, f, curve, shown);
    if (shows_theory(shot, curve)) {
        draw_branches(canvas, shot, f, curve.theory, {.color = t.experts[1], .width = 3, .dash = 3, .gap = 5});
        draw_branches(canvas, shot, f, curve.limit, {.color = t.experts[4], .width = 2, .dash = 12, .gap = 6});
    }
    draw_regimes(canvas, shot, f, curve);
    if (names && !shot.norm && !plot.series.empty()) name_training(canvas, shot, f, plot.series[0].points, threshold(curve), shown);
    cover(canvas, shot, f, curve, shown);
    if (!names) return f;
    draw_marks(canvas, shot, f, curve);
    if (shot.view.revealed || asked(shot) == Ask::kRidge) add_regions(canvas, shot, f, curve);
    return f;
}

void draw(Canvas& canvas, const SceneData& base, const Params& params, const View& view);

void draw(Canvas& canvas, const SceneData& base, const Params& params, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    if (d.mode == Mode::kSubspace ? d.nets.empty() || d.nets[0].points.empty() : d.curves.empty() || d.curves[0].measured().empty()) {
        return draw_empty(canvas, view, tr(view.lang, "dd.empty"));
    }
    const Shot shot{d, view, params.integer("size"), params.text("show") == "norm"};
    const Rect area = draw_frame(canvas, view, words(shot));
    if (d.mode == Mode::kSubspace) return draw_subspaces(canvas, shot, area);
    if (d.mode == Mode::kAll) return draw_all(canvas, shot, area);
    const bool asks_all = !view.revealed && (asked(shot) == Ask::kCurve || asked(shot) == Ask::kTheory);
    const bool side = area.w > 800 && !asks_all;
    const float side_w = side ? area.w * 0.29F : 0, gap = side ? area.w * 0.03F : 0;
    const Rect main{area.x, area.y, area.w - side_w - gap, area.h};
    draw_curve(canvas, shot, d.curves[0], d.ridge.empty() ? nullptr : &d.ridge[0], main, true);
    if (side) draw_side(canvas, shot, {main.right() + gap, area.y, side_w, area.h});
}

}  // namespace dg::viz::double_descent
