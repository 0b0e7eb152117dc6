// Scene double-descent: the page and the large plot.
#include "engine/base/mathfn.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/double_descent.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {
namespace {

using sim::dd::Model;
using sim::dd::Over;
using sim::dd::Point;

Color ridge_color(const Theme& t) { return t.experts[3]; }

std::vector<PlotPoint> series_of(const Curve& curve, double (*value)(const Point&)) {
    std::vector<PlotPoint> out;
    for (const Point* p : curve.measured()) out.push_back({static_cast<double>(p->at), value(*p)});
    return out;
}

double train_of(const Point& p) { return sim::dd::mean(p.train); }

/// Limits of the error axis: all medians, bands and theory; training errors only down to a fiftieth of the lowest of these.
Axis error_axis(const View& view, const Curve& curve, const Curve* ridge, bool brief) {
    double low = 1e300, high = 0;
    const auto take = [&](double v) {
        if (std::isfinite(v) && v > 0) low = std::min(low, v), high = std::max(high, v);
    };
    for (const Curve* c : {&curve, ridge}) {
        if (!c) continue;
        for (const Point* p : c->measured()) take(median_test(*p)), take(sim::dd::quantile(p->test, 0.1));
    }
    for (const Point* p : curve.measured()) take(std::min(sim::dd::quantile(p->test, 0.9), 6 * median_test(*p)));
    if (high == 0) low = 0.1, high = 1;
    return {.label = tr(view.lang, brief ? "dd.axis.risk.brief" : "dd.axis.risk"), .min = low / 1.6, .max = std::max(high * 1.6, low * 4), .log = true};
}

/// Median, or a dash for nothing.
std::string risk_text(double v) { return v >= 1000 ? grouped(static_cast<std::int64_t>(v + 0.5)) : number(v, v < 10 ? 2 : 3); }

/// The band between the 10 % and 90 % quantiles of the seeds, as far as the clock has come.
void draw_band(Canvas& canvas, const Theme& t, const PlotFrame& f, const Curve& curve, double shown) {
    const double last = f.x_at(f.inner.x + f.inner.w * static_cast<float>(shown));
    Path path;
    std::vector<Vec2> back;
    for (const Point* p : curve.measured()) {
        if (static_cast<double>(p->at) > last * 1.001) break;
        const float x = f.px(static_cast<double>(p->at));
        const Vec2 high{x, f.py(sim::dd::quantile(p->test, 0.9))};
        back.empty() ? path.move(high) : path.line(high);
        back.push_back({x, f.py(sim::dd::quantile(p->test, 0.1))});
    }
    if (back.size() < 2) return;
    for (std::size_t i = back.size(); i-- > 0;) path.line(back[i]);
    canvas.push_clip(f.inner);
    canvas.fill_path(path.close(), t.ink.with_alpha(0.13F));
    canvas.pop_clip();
}

/// Names of the regimes at the top, each fading in as the curve enters it, and the warm zone round the threshold.
void draw_regimes(Canvas& canvas, const View& view, const PlotFrame& f, const Curve& curve, bool zone) {
    const Theme& t = theme(view.theme);
    const double edge = threshold(curve);
    if (edge <= f.x.min || edge >= f.x.max) return;
    const float a = f.px(edge * 0.8), b = f.px(edge * 1.25);
    if (zone) return canvas.fill_rect({a, f.inner.y, b - a, f.inner.h}, t.select.with_alpha(t.id == ThemeId::kDark ? 0.12F : 0.22F));
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

/// Theory, dotted, in two branches: it has no value at the threshold.
void draw_theory(Canvas& canvas, const View& view, const PlotFrame& f, const Curve& curve) {
    const Theme& t = theme(view.theme);
    if (curve.theory.empty() || view.stage < 3) return;
    const double last = f.x.min * dg::exp(dg::log(f.x.max / f.x.min) * ease(view.stage > 3 ? 1 : view.u));
    std::vector<Vec2> run;
    const auto flush = [&] {
        if (run.size() > 1) canvas.polyline(run, {.color = t.experts[1], .width = 3, .dash = 3, .gap = 5});
        run.clear();
    };
    canvas.push_clip(f.inner);
    for (const PlotPoint& p : curve.theory) {
        if (p.x > last) break;
        if (!std::isfinite(p.y) || p.y <= 0) flush();
        else run.push_back({f.px(p.x), f.py(p.y)});
    }
    flush();
    canvas.pop_clip();
}

/// The point the cursor stands on: ring, value, and a line down to the axis.
void draw_cursor(Canvas& canvas, const Data& d, const View& view, const PlotFrame& f, const Curve& curve) {
    const int at = cursor(d, curve, view);
    const auto points = curve.measured();
    if (at < 0) return;
    const Theme& t = theme(view.theme);
    const Point& p = *points[static_cast<std::size_t>(at)];
    const double value = median_test(p);
    const Vec2 place{f.px(static_cast<double>(p.at)), std::clamp(f.py(value), f.inner.y, f.inner.bottom())};
    canvas.line({place.x, f.inner.y}, {place.x, f.inner.bottom()}, {.color = t.ink, .width = std::max(1.5F, t.line)});
    canvas.fill_circle(place, 10, t.ink);
    canvas.fill_circle(place, 7, t.select);
    const bool left = place.x > f.inner.center().x;
    const Align align = left ? Align::kRight : Align::kLeft;
    const std::string big = risk_text(value);
    const char* const symbol = curve.sweep.settings.over == Over::kSamples ? "n" : curve.sweep.settings.over == Over::kTime ? "t" : "p";
    const bool edge = static_cast<double>(p.at) == threshold(curve);
    const std::string where = edge ? tr(view.lang, "dd.threshold", {{"at", grouped(p.at)}}) : fmt::format("{} = {}", symbol, grouped(p.at));
    const TextStyle number_style{.size = t.big, .color = t.ink, .weight = Weight::kBold, .align = align};
    const float width = std::max(canvas.measure(big, number_style).width, canvas.measure(where, label(t)).width), x = place.x + (left ? -20.0F : 20.0F);
    const float y = std::clamp(place.y, f.inner.y + t.body * 2.4F + t.big, f.inner.bottom() - t.label * 2.4F);
    canvas.fill_rect({left ? x - width - 6 : x - 6, y - t.big, width + 12, t.big + t.label * 1.7F}, t.ground.with_alpha(0.82F), 6);
    canvas.text({x, y}, big, number_style);
    canvas.text({x, y + t.label * 1.25F}, where, label(t, align));
}

/// Rings at the first valley and at the lowest point after the peak, once the clock has passed them.
void draw_valleys(Canvas& canvas, const Data& d, const View& view, const PlotFrame& f, const Curve& curve, double shown) {
    const Shape s = shape_of(curve);
    if (!s.has_peak) return;
    const Theme& t = theme(view.theme);
    const int on = cursor(d, curve, view);
    const double here = on < 0 ? 0 : static_cast<double>(curve.measured()[static_cast<std::size_t>(on)]->at);
    for (const auto& [at, value] : {std::pair(s.valley_at, s.valley), std::pair(s.second_at, s.second)}) {
        const Vec2 place{f.px(at), f.py(value)};
        if (at == here || place.x > f.inner.x + f.inner.w * static_cast<float>(shown) + 1) continue;
        canvas.fill_circle(place, 8, t.ink);
        canvas.fill_circle(place, 5.5F, t.ground);
        const bool end = place.x > f.inner.right() - 60, begin = place.x < f.inner.x + 40;
        TextStyle style = strong(t, end ? Align::kRight : begin ? Align::kLeft : Align::kCenter);
        style.size = t.label;
        canvas.text({place.x + (end ? 6.0F : begin ? 4.0F : 0.0F), place.y - 20}, risk_text(value), style);
    }
}

/// Columns of the plot that pick the nearest point: hover moves the cursor, a click keeps it.
void add_regions(Canvas& canvas, const PlotFrame& f, const Curve& curve) {
    const auto points = curve.measured();
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto x = [&](std::size_t k) { return f.px(static_cast<double>(points[k]->at)); };
        const float left = i == 0 ? f.inner.x : (x(i - 1) + x(i)) / 2, right = i + 1 == points.size() ? f.inner.right() : (x(i) + x(i + 1)) / 2;
        const std::string tip = fmt::format("{}: {} ({} – {})", grouped(points[i]->at), risk_text(median_test(*points[i])), risk_text(sim::dd::quantile(points[i]->test, 0.1)),
                                            risk_text(sim::dd::quantile(points[i]->test, 0.9)));
        canvas.region({{left, f.inner.y, right - left, f.inner.h}, CellRef{std::string(kPoints), {static_cast<std::int64_t>(i)}}, fmt::format("set size={}", points[i]->at), tip});
    }
}

/// The title says what the curve did, not what it should do.
std::string title_key(const Data& d, const View& view) {
    if (d.mode == Mode::kSubspace) return view.revealed ? "dd.title.subspace" : "dd.title.covered.subspace";
    const bool time = d.mode == Mode::kTime, samples = d.mode == Mode::kSamples;
    if (!view.revealed || (d.whole && view.stage < 3)) return time ? "dd.title.covered.time" : samples ? "dd.title.covered.samples" : "dd.title.covered.size";
    if (!d.whole) return "dd.title.running";
    if (d.mode == Mode::kAll) return "dd.title.all";
    const Shape s = shape_of(d.curves[0]);
    if (d.mode == Mode::kPolynomial) return s.has_peak || s.valley_at < s.last_at ? "dd.title.polynomial" : "dd.title.falls";
    if (!d.ridge.empty() && !shape_of(d.ridge[0]).has_peak && s.has_peak) return "dd.title.ridge";
    if (!s.has_peak) return "dd.title.falls";
    if (time) return "dd.title.time";
    if (samples) return "dd.title.samples";
    return s.second < s.valley ? "dd.title.beats" : "dd.title.not_beats";
}

TextArgs title_args(const Data& d) {
    if (d.mode == Mode::kSubspace) {
        const auto d90 = [&](std::size_t i) { return d.nets.size() > i && d.nets[i].reaches() > 0 ? grouped(d.nets[i].reaches()) : std::string(kUnknown); };
        return {{"a", d90(0)}, {"b", d90(1)}, {"pa", d.nets.empty() ? std::string(kUnknown) : grouped(d.nets[0].parameters)},
                {"pb", d.nets.size() < 2 ? std::string(kUnknown) : grouped(d.nets[1].parameters)}};
    }
    const Shape s = shape_of(d.curves[0]);
    const auto whole = [](double v) { return grouped(static_cast<std::int64_t>(v + 0.5)); };
    TextArgs args = {{"valley", risk_text(s.valley)}, {"valley_at", whole(s.valley_at)}, {"peak", risk_text(s.peak)}, {"peak_at", whole(s.peak_at)},
                     {"second", risk_text(s.second)}, {"second_at", whole(s.second_at)}, {"where", s.peak_at == threshold(d.curves[0]) ? "p = n" : fmt::format("p = {}", whole(s.peak_at))}};
    if (!d.ridge.empty()) args.emplace_back("ridge", fmt::format("{}", d.ridge[0].sweep.settings.ridge));
    else args.emplace_back("ridge", "0");
    return args;
}

std::string setting_words(const Data& d, const View& view) {
    const sim::dd::Settings& s = d.curves[0].sweep.settings;
    const char* const model = s.over == Over::kTime && s.model == Model::kLinear ? "dd.model.two_speeds"
                              : s.model == Model::kLinear ? "dd.model.linear" : s.model == Model::kRelu ? "dd.model.relu" : s.model == Model::kFourier ? "dd.model.fourier"
                              : s.model == Model::kNetwork ? "dd.model.network" : "dd.model.polynomial";
    return tr(view.lang, model, {{"size", s.over == Over::kSamples ? fmt::format("p = {}", grouped(s.p)) : fmt::format("n = {}", grouped(s.n))}, {"d", grouped(s.d)}, {"noise", fmt::format("{}", d.noise)}});
}

PageText words(const Data& d, const View& view) {
    PageText page{.title = tr(view.lang, title_key(d, view), title_args(d))};
    if (d.mode != Mode::kSubspace) {
        page.subtitle = setting_words(d, view);
        const sim::dd::Settings& s = d.curves[0].sweep.settings;
        page.badge = {.detail = tr(view.lang, "dd.badge", {{"seeds", fmt::format("{}", s.seeds)}, {"seed", fmt::format("{}", d.seed)}})};
        page.notes.push_back(tr(view.lang, "dd.note.band", {{"seeds", fmt::format("{}", s.seeds)}}));
        if (d.mode == Mode::kAll && s.model != Model::kNetwork) page.notes.push_back(tr(view.lang, "dd.note.all"));
        const double deviation = shape_of(d.curves[0]).deviation;
        if (view.revealed && view.stage >= 3 && std::isfinite(deviation) && d.mode != Mode::kAll) {
            page.notes.push_back(tr(view.lang, s.model == Model::kLinear && s.ridge == 0 ? "dd.note.exact" : "dd.note.asymptotic", {{"off", percent(deviation, 1)}}));
        }
    } else {
        page.subtitle = tr(view.lang, "dd.subspace.setting");
        page.badge = {.detail = tr(view.lang, "dd.badge", {{"seeds", fmt::format("{}", d.nets.empty() ? 0 : d.nets[0].settings.seeds)}, {"seed", fmt::format("{}", d.seed)}})};
    }
    if (!d.whole) page.notes.push_back(tr(view.lang, "dd.note.partial"));
    return page;
}

/// Axes only and a question mark: the lesson asks first.
void draw_covered(Canvas& canvas, const View& view, const Curve& curve, Rect area) {
    const Theme& t = theme(view.theme);
    const PlotFrame f = draw_plot(canvas, view, area, {.x = x_axis(view, curve), .y = {.label = tr(view.lang, "dd.axis.risk"), .min = 0.1, .max = 100, .log = true}, .direct_labels = false});
    draw_centered(canvas, f.inner, "?", {.size = t.big * 2, .color = t.ink3, .weight = Weight::kBold});
}

}  // namespace

std::string x_label(const View& view, const Curve& curve) {
    switch (curve.sweep.settings.over) {
        case Over::kSamples: return tr(view.lang, "dd.axis.samples");
        case Over::kTime: return tr(view.lang, "dd.axis.time");
        case Over::kSize: break;
    }
    return tr(view.lang, curve.sweep.settings.model == Model::kPolynomial ? "dd.axis.polynomial" : "dd.axis.size");
}

Axis x_axis(const View& view, const Curve& curve) {
    const bool log = curve.sweep.settings.model != Model::kPolynomial;
    const auto first = static_cast<double>(curve.sweep.points.front().at), last = static_cast<double>(curve.sweep.points.back().at);
    return {.label = x_label(view, curve), .min = first, .max = std::max(last, first + 1), .log = log};
}

PlotFrame draw_curve(Canvas& canvas, const Data& d, const View& view, const Curve& curve, const Curve* ridge, Rect area, bool names) {
    const Theme& t = theme(view.theme);
    const double shown = reached(curve, view);
    const auto name = [&](const char* key) { return names ? tr(view.lang, key) : std::string(); };
    Plot plot{.x = x_axis(view, curve), .y = error_axis(view, curve, ridge, !names), .shown = shown, .direct_labels = names};
    plot.series.push_back({.label = name("dd.series.train"), .points = series_of(curve, &train_of), .color = t.ink3, .width = 2, .dash = 8, .gap = 6});
    if (ridge && !ridge->sweep.points.empty()) {
        plot.series.push_back({.label = names ? tr(view.lang, "dd.series.ridge", {{"ridge", fmt::format("{}", ridge->sweep.settings.ridge)}}) : "",
                               .points = series_of(*ridge, &median_test), .color = ridge_color(t), .width = 3.5F});
    }
    plot.series.push_back({.label = name("dd.series.median"), .points = series_of(curve, &median_test), .color = t.ink, .width = 3, .dots = true});
    // the theory's name joins the others; its line is drawn below, in two branches
    if (names && !curve.theory.empty() && view.stage >= 3) plot.series.push_back({.label = name("dd.series.theory"), .points = {curve.theory.back()}, .color = t.experts[1], .line = true});
    const PlotFrame f = draw_plot(canvas, view, area, plot);
    draw_regimes(canvas, view, f, curve, true);
    draw_band(canvas, t, f, curve, shown);
    draw_theory(canvas, view, f, curve);
    draw_regimes(canvas, view, f, curve, false);
    if (names) {
        draw_valleys(canvas, d, view, f, curve, shown);
        draw_cursor(canvas, d, view, f, curve);
        add_regions(canvas, f, curve);
    }
    return f;
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view);

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    if (d.mode == Mode::kSubspace ? d.nets.empty() || d.nets[0].points.empty() : d.curves.empty() || d.curves[0].measured().empty()) {
        return draw_empty(canvas, view, tr(view.lang, "dd.empty"));
    }
    const Rect area = draw_frame(canvas, view, words(d, view));
    if (d.mode == Mode::kSubspace) return draw_subspaces(canvas, d, view, area);
    if (d.mode == Mode::kAll) return draw_all(canvas, d, view, area);
    const bool side = area.w > 800;
    const float side_w = side ? area.w * 0.27F : 0, gap = side ? area.w * 0.03F : 0;
    const Rect main{area.x, area.y, area.w - side_w - gap, area.h};
    if (!view.revealed) return draw_covered(canvas, view, d.curves[0], area);
    draw_curve(canvas, d, view, d.curves[0], d.ridge.empty() ? nullptr : &d.ridge[0], main, true);
    if (side) draw_side(canvas, d, view, {main.right() + gap, area.y, side_w, area.h});
}

}  // namespace dg::viz::double_descent
