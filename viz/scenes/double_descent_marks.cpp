// Scene double-descent: the cursor with its number, the valleys, the places that can be pointed at.
#include "viz/scenes/double_descent.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {
namespace {

using sim::dd::Point;

/// The curve and the top of its band as pixels, a few apart: what a label should not cover.
std::vector<Vec2> inked(const Shot& shot, const PlotFrame& f, const Curve& curve) {
    std::vector<Vec2> out;
    const auto points = curve.measured();
    for (std::size_t i = 1; i < points.size(); ++i) {
        for (const bool band : {false, true}) {
            const auto y = [&](const Point& p) { return f.py(band ? curve.spread(p, shot.norm).high : curve.spread(p, shot.norm).middle); };
            const Vec2 a{f.px(static_cast<double>(points[i - 1]->at)), y(*points[i - 1])}, b{f.px(static_cast<double>(points[i]->at)), y(*points[i])};
            const int steps = std::clamp(static_cast<int>(std::hypot(b.x - a.x, b.y - a.y) / 4), 1, 400);
            for (int k = 0; k <= steps; ++k) {
                const float u = static_cast<float>(k) / static_cast<float>(steps);
                out.push_back({a.x + u * (b.x - a.x), a.y + u * (b.y - a.y)});
            }
        }
    }
    return out;
}

/// The place beside the point, first the right hand above, that covers the least of the curve.
Rect label_place(const PlotFrame& f, const std::vector<Vec2>& ink, Vec2 at, Vec2 size, float top) {
    Rect best{};
    int least = 1 << 30;
    for (int up = 0; up < 12; ++up) {
        for (const bool left : {at.x > f.inner.center().x, at.x <= f.inner.center().x}) {
            const float y = std::clamp(at.y - size.y * (0.5F + 0.25F * static_cast<float>(up)), f.inner.y + top, f.inner.bottom() - size.y - 4);
            const Rect place{left ? at.x - 18 - size.x : at.x + 18, y, size.x, size.y};
            if (place.x < f.inner.x || place.right() > f.inner.right() + 4) continue;
            const int cost = static_cast<int>(std::ranges::count_if(ink, [&](Vec2 p) { return place.contains(p); }));
            if (cost < least) best = place, least = cost;
            if (cost == 0) return best;
        }
    }
    return best;
}

/// The seeds behind the median, each a dot.
void draw_seeds(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Point& p) {
    const Theme& t = theme(shot.view.theme);
    canvas.push_clip(f.inner);
    for (const double v : values_of(p, shot.norm)) {
        if (std::isfinite(v) && v > 0) canvas.fill_circle({f.px(static_cast<double>(p.at)), f.py(v)}, 3, t.ink2.with_alpha(0.75F));
    }
    canvas.pop_clip();
}

void draw_cursor(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Curve& curve) {
    const int at = cursor(shot, curve);
    if (at < 0) return;
    const Theme& t = theme(shot.view.theme);
    const Point& p = *curve.measured()[static_cast<std::size_t>(at)];
    const double value = curve.spread(p, shot.norm).middle;
    const Vec2 place{f.px(static_cast<double>(p.at)), std::clamp(f.py(value), f.inner.y, f.inner.bottom())};
    const double edge_at = threshold(curve), here = static_cast<double>(p.at);
    const bool in_zone = here > edge_at * 0.8 && here < edge_at * 1.25;
    canvas.line(place, {place.x, f.inner.bottom() - (in_zone ? t.caption * 1.8F : 0)}, {.color = t.ink3, .width = t.line, .dash = 4, .gap = 4});
    draw_seeds(canvas, shot, f, p);
    canvas.fill_circle(place, 10, t.ink);
    canvas.fill_circle(place, 7, t.select);
    if (!shot.view.revealed) return;
    const std::string big = shot.norm ? number(value, 3) : risk_text(value);
    const bool edge = here == edge_at;
    const std::string where = edge ? tr(shot.view.lang, "dd.threshold", {{"at", grouped(p.at)}}) : fmt::format("{} = {}", symbol_of(curve), grouped(p.at));
    TextStyle figure{.size = t.big, .color = t.ink, .weight = Weight::kBold};
    const Vec2 size{std::max(canvas.measure(big, figure).width, canvas.measure(where, label(t)).width) + 8, t.big + t.label * 1.5F};
    const Rect box = label_place(f, inked(shot, f, curve), place, size, t.body * 2.2F);
    if (box.w == 0) return;
    canvas.fill_rect(box, t.ground.with_alpha(0.85F), 6);
    const bool left = box.x < place.x;
    figure.align = left ? Align::kRight : Align::kLeft;
    const float x = left ? box.right() - 4 : box.x + 4;
    canvas.text({x, box.y + t.big * 0.86F}, big, figure);
    canvas.text({x, box.y + t.big * 0.86F + t.label * 1.3F}, where, label(t, figure.align));
}

/// Rings at the first valley and at the lowest point after the peak, once the clock has passed them.
void draw_valleys(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Curve& curve) {
    const Shape s = shape_of(curve);
    const Theme& t = theme(shot.view.theme);
    const int on = cursor(shot, curve);
    const double here = on < 0 ? 0 : static_cast<double>(curve.measured()[static_cast<std::size_t>(on)]->at), shown = reached(curve, shot);
    std::vector<std::pair<double, double>> rings;
    if (s.has_peak) rings = {{s.valley_at, s.valley}, {s.second_at, s.second}};
    else if (s.least_at < s.last_at) rings = {{s.least_at, s.least}};
    if (shot.data.mode == Mode::kPolynomial) rings = {{s.least_at, s.least}};
    for (const auto& [at, value] : rings) {
        const Vec2 place{f.px(at), f.py(value)};
        if (at == here || place.x > f.inner.x + f.inner.w * static_cast<float>(shown) + 1) continue;
        canvas.fill_circle(place, 8, t.ink);
        canvas.fill_circle(place, 5.5F, t.ground);
        if (on >= 0 && std::abs(place.x - f.px(here)) < 48) continue;  // the cursor's own number says it
        const bool end = place.x > f.inner.right() - 60, begin = place.x < f.inner.x + 40;
        TextStyle style = strong(t, end ? Align::kRight : begin ? Align::kLeft : Align::kCenter);
        style.size = t.label;
        // above the band of the seeds
        const auto points = curve.measured();
        const auto point = std::ranges::find_if(points, [&](const Point* p) { return static_cast<double>(p->at) == at; });
        const float top = std::max(f.inner.y + t.body * 3, std::min(place.y - 8, f.py(curve.spread(**point, false).high)));
        canvas.text({place.x + (end ? 6.0F : begin ? 4.0F : 0.0F), top - 8}, risk_text(value), style);
    }
}

}  // namespace

void draw_marks(Canvas& canvas, const Shot& shot, const PlotFrame& frame, const Curve& curve) {
    if (!shot.view.revealed && asked(shot) == Ask::kTheory) return;  // the cursor rests on what is asked
    if (!shot.norm && shot.view.revealed) draw_valleys(canvas, shot, frame, curve);
    draw_cursor(canvas, shot, frame, curve);
}

void add_regions(Canvas& canvas, const Shot& shot, const PlotFrame& f, const Curve& curve) {
    const auto points = curve.measured();
    const int here = cursor(shot, curve);
    const auto add = [&](std::size_t i) {
        const auto x = [&](std::size_t k) { return f.px(static_cast<double>(points[k]->at)); };
        const float left = i == 0 ? f.inner.x : (x(i - 1) + x(i)) / 2, right = i + 1 == points.size() ? f.inner.right() : (x(i) + x(i + 1)) / 2;
        const Spread& s = curve.spread(*points[i], shot.norm);
        const std::string tip = fmt::format("{} = {}: {} ({} – {})", symbol_of(curve), grouped(points[i]->at), risk_text(s.middle),
                                            risk_text(s.low), risk_text(s.high));
        canvas.region({{left, f.inner.y, right - left, f.inner.h}, CellRef{std::string(kPoints), {static_cast<std::int64_t>(i)}}, fmt::format("set size={}", points[i]->at), tip});
    };
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (static_cast<int>(i) != here) add(i);
    }
    if (here >= 0) add(static_cast<std::size_t>(here));
}

}  // namespace dg::viz::double_descent
