#include "viz/scenes/plot.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>

namespace dg::viz {
namespace {

/// Where a value lies on an axis, 0 .. 1 inside.
double along(const Axis& axis, double value) {
    if (axis.log) return (dg::log(std::max(value, 1e-300)) - dg::log(axis.min)) / (dg::log(axis.max) - dg::log(axis.min));
    return (value - axis.min) / (axis.max - axis.min);
}

std::string axis_title(const View& view, const Axis& axis) {
    return axis.log ? axis.label + " · " + tr(view.lang, "legend.log") : axis.label;
}

/// Spaced by four lines of text; in a low plot closer, so that there are three where they do not touch.
std::vector<double> y_ticks(const Theme& t, const Axis& axis, float height) {
    const float lines = height / t.caption;
    return ticks(axis, static_cast<int>(std::max(lines / 4, std::min(3.0F, lines / 2.4F))));
}

double tick_step(const std::vector<double>& values) { return values.size() > 1 ? values[1] - values[0] : 1; }

/// Grid lines, tick labels and axis titles.
void draw_axes(Canvas& canvas, const View& view, const PlotFrame& f) {
    const Group group(canvas, "axes");
    const Theme& t = theme(view.theme);
    const TextStyle small = caption(t);
    const std::vector<double> xs = f.x.numbered ? ticks(f.x, static_cast<int>(f.inner.w / (small.size * 5))) : std::vector<double>{}, ys = y_ticks(t, f.y, f.inner.h);
    for (const double y : ys) {
        canvas.line({f.inner.x, f.py(y)}, {f.inner.right(), f.py(y)}, {.color = t.hairline, .width = t.line});
        canvas.text({f.inner.x - 10, f.py(y) + small.size * 0.35F}, tick_text(f.y, y, tick_step(ys)), caption(t, Align::kRight));
    }
    for (const double x : xs) {
        canvas.line({f.px(x), f.inner.bottom()}, {f.px(x), f.inner.bottom() + 6}, {.color = t.border, .width = t.line});
        canvas.text({f.px(x), f.inner.bottom() + 10 + small.size}, tick_text(f.x, x, tick_step(xs)), caption(t, Align::kCenter));
    }
    canvas.line({f.inner.x, f.inner.bottom()}, {f.inner.right(), f.inner.bottom()}, {.color = t.border, .width = t.line});
    // the quantity of y stands above its axis, that of x at its right end
    const TextStyle title = label(t);
    canvas.text({f.inner.x, f.inner.y - title.size * 0.7F}, elide(canvas, axis_title(view, f.y), title, f.inner.w), title);
    canvas.text({f.inner.right(), f.inner.bottom() + 14 + small.size + title.size * 1.2F},
                elide(canvas, axis_title(view, f.x), title, f.inner.w), label(t, Align::kRight));
}

Color mark_color(const Theme& t, const PlotMark& mark) { return mark.color.a == 0 || mark.color == Color{} ? t.ink3 : mark.color; }

bool mark_inside(const PlotFrame& f, const PlotMark& mark) {
    const double u = along(mark.horizontal ? f.y : f.x, mark.at);
    return u >= 0 && u <= 1;
}

void draw_marks(Canvas& canvas, const Theme& t, const PlotFrame& f, const std::vector<PlotMark>& marks) {
    for (const PlotMark& mark : marks) {
        if (!mark_inside(f, mark)) continue;
        const Stroke stroke{.color = mark_color(t, mark), .width = t.line, .dash = 6, .gap = 5};
        const float x = f.px(mark.at), y = f.py(mark.at);
        if (mark.horizontal) {
            canvas.line({f.inner.x, y}, {f.inner.right(), y}, stroke);
        } else {
            canvas.line({x, f.inner.y}, {x, f.inner.bottom()}, stroke);
        }
    }
}

bool overlap(Rect a, Rect b) { return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom(); }

/// How many points, four pixels apart, of the curves a label would cover.
int covered(const PlotFrame& f, const std::vector<Series>& series, Rect plate) {
    int count = 0;
    for (const Series& s : series) {
        const std::vector<PlotPoint> points = decimate(s.points, f);
        for (std::size_t i = 1; i < points.size(); ++i) {
            const Vec2 a{f.px(points[i - 1].x), f.py(points[i - 1].y)}, b{f.px(points[i].x), f.py(points[i].y)};
            if (!std::isfinite(a.y) || !std::isfinite(b.y)) continue;
            const int steps = std::clamp(static_cast<int>(std::hypot(b.x - a.x, b.y - a.y) / 4), 1, 4096);
            for (int k = 0; k <= steps; ++k) {
                const float u = static_cast<float>(k) / static_cast<float>(steps);
                count += plate.contains({a.x + u * (b.x - a.x), a.y + u * (b.y - a.y)}) ? 1 : 0;
            }
        }
    }
    return count;
}

/// Where a mark's word may stand, best first: at the ends of its line, on either side of it.
std::vector<Rect> places_of(const PlotFrame& f, const PlotMark& mark, Vec2 size) {
    std::vector<Rect> out;
    if (mark.horizontal) {
        const float above = f.py(mark.at) - size.y - 2, below = f.py(mark.at) + 3;
        for (const float x : {f.inner.right() - size.x - 4, f.inner.x + 6, f.inner.center().x - size.x / 2}) {
            for (const float y : {above, below}) out.push_back({x, y, size.x, size.y});
        }
    } else {
        const float right = f.px(mark.at) + 6, left = f.px(mark.at) - size.x - 6;
        for (const float y : {f.inner.y + 14, f.inner.center().y - size.y / 2, f.inner.bottom() - size.y - 14}) {
            for (const float x : {right, left}) out.push_back({x, y, size.x, size.y});
        }
    }
    std::erase_if(out, [&](Rect r) { return r.x < f.inner.x || r.right() > f.inner.right() || r.y < f.inner.y || r.bottom() > f.inner.bottom(); });
    return out;
}

/// Words of the marks, each on a small plate where it covers the least of curves and of other words.
void draw_mark_labels(Canvas& canvas, const Theme& t, const PlotFrame& f, const Plot& plot) {
    std::vector<Rect> taken;
    for (const PlotMark& mark : plot.marks) {
        if (mark.label.empty() || !mark_inside(f, mark)) continue;
        TextStyle words = caption(t);
        words.color = mark_color(t, mark);
        const std::vector<Rect> places = places_of(f, mark, {canvas.measure(mark.label, words).width + 8, words.size * 1.4F});
        const Rect* best = nullptr;
        int least = 0;
        for (const Rect& place : places) {
            const bool collides = std::ranges::any_of(taken, [&](Rect r) { return overlap(r, place); });
            const int cost = covered(f, plot.series, place) + (collides ? 1 << 20 : 0);
            if (best && cost >= least) continue;
            best = &place, least = cost;
            if (cost == 0) break;
        }
        if (!best) continue;  // no room for words inside
        canvas.fill_rect(*best, t.ground.with_alpha(0.9F), 3);
        draw_centered(canvas, *best, mark.label, words);
        taken.push_back(*best);
    }
}

/// A triangle at the edge: the value is beyond all scales.
void draw_infinite(Canvas& canvas, const Theme& t, const PlotFrame& f, PlotPoint p) {
    const float x = f.px(p.x), s = p.y > 0 ? 1.0F : -1.0F, edge = p.y > 0 ? f.inner.y : f.inner.bottom();
    canvas.fill_path(Path().move({x, edge}).line({x - 6, edge + s * 10}).line({x + 6, edge + s * 10}).close(), t.error.fill);
}

void draw_series(Canvas& canvas, const Theme& t, const PlotFrame& f, const Series& series, double last_x) {
    std::vector<Vec2> run;
    const auto flush = [&] {
        if (series.line && run.size() > 1) canvas.polyline(run, {.color = series.color, .width = series.width, .dash = series.dash, .gap = series.gap});
        run.clear();
    };
    for (const PlotPoint& p : decimate(series.points, f)) {
        if (p.x > last_x) break;
        if (!std::isfinite(p.y)) {
            flush();
            if (std::isinf(p.y)) draw_infinite(canvas, t, f, p);
            continue;
        }
        run.push_back({f.px(p.x), f.py(p.y)});
        if (series.dots || !series.line) canvas.fill_circle(run.back(), series.width + 1, series.color);
    }
    flush();
}

struct EndLabel {
    float y;
    std::string text;
    Color color;
};

/// Names at the ends of the lines, pushed apart where they would touch.
void draw_end_labels(Canvas& canvas, const Theme& t, const PlotFrame& f, const Plot& plot, float width, double last_x) {
    std::vector<EndLabel> labels;
    for (const Series& series : plot.series) {
        const auto last = std::ranges::find_if(series.points.rbegin(), series.points.rend(), [&](const PlotPoint& p) { return std::isfinite(p.y) && p.x <= last_x; });
        if (series.label.empty() || last == series.points.rend()) continue;
        labels.push_back({std::clamp(f.py(last->y), f.inner.y, f.inner.bottom()), series.label, series.color});
    }
    std::ranges::stable_sort(labels, {}, &EndLabel::y);
    const TextStyle style = caption(t);
    const float step = style.size * 1.25F;
    for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + step);
    // too low at the foot: push them up again from the last
    float limit = f.inner.bottom();
    for (std::size_t i = labels.size(); i-- > 0; limit = labels[i].y - step) labels[i].y = std::min(labels[i].y, limit);
    for (const EndLabel& end : labels) {
        canvas.fill_rect({f.inner.right() + 10, end.y - 4, 14, 8}, end.color, 2);
        canvas.text({f.inner.right() + 32, end.y + style.size * 0.35F}, elide(canvas, end.text, style, width - 32), style);
    }
}

float end_label_width(const Canvas& canvas, const Theme& t, const Plot& plot, float limit) {
    if (!plot.direct_labels) return 0;
    float width = 0;
    for (const Series& series : plot.series) {
        if (!series.label.empty()) width = std::max(width, 36 + canvas.measure(series.label, caption(t)).width);
    }
    return std::min(width, limit);
}

/// Room for tick labels, titles and end labels.
PlotFrame lay_out(const Canvas& canvas, const Theme& t, Rect area, const Plot& plot, float right) {
    PlotFrame f{area, plot.x, plot.y};
    const float top = t.label * 1.7F, bottom = 14 + t.caption + t.label * 1.5F, height = area.h - top - bottom;
    const std::vector<double> ys = y_ticks(t, plot.y, height);
    float left = 0;
    for (const double y : ys) left = std::max(left, canvas.measure(tick_text(plot.y, y, tick_step(ys)), caption(t)).width);
    f.inner = {area.x + left + 14, area.y + top, area.w - left - 14 - std::max(right, t.caption), height};
    return f;
}

}  // namespace

float PlotFrame::px(double value) const { return inner.x + static_cast<float>(std::clamp(along(x, value), -1.0, 2.0)) * inner.w; }

float PlotFrame::py(double value) const { return inner.bottom() - static_cast<float>(std::clamp(along(y, value), -1.0, 2.0)) * inner.h; }

double PlotFrame::x_at(float pixel) const {
    const double u = static_cast<double>((pixel - inner.x) / inner.w);
    if (x.log) return dg::exp(dg::log(x.min) + u * (dg::log(x.max) - dg::log(x.min)));
    return x.min + u * (x.max - x.min);
}

PlotFrame draw_plot(Canvas& canvas, const View& view, Rect area, const Plot& plot) {
    const Group group(canvas, "plot");
    DG_CHECK(plot.x.min < plot.x.max && plot.y.min < plot.y.max);
    DG_CHECK((!plot.x.log || plot.x.min > 0) && (!plot.y.log || plot.y.min > 0));
    const Theme& t = theme(view.theme);
    const float names = end_label_width(canvas, t, plot, area.w * 0.3F);
    const PlotFrame f = lay_out(canvas, t, area, plot, names);
    draw_axes(canvas, view, f);
    draw_marks(canvas, t, f, plot.marks);
    const double last_x = plot.shown >= 1 ? plot.x.max : f.x_at(f.inner.x + static_cast<float>(std::max(0.0, plot.shown)) * f.inner.w);
    canvas.push_clip({f.inner.x - 4, f.inner.y - 4, f.inner.w + 8, f.inner.h + 8});
    for (const Series& series : plot.series) draw_series(canvas, t, f, series, last_x);
    canvas.pop_clip();
    draw_mark_labels(canvas, t, f, plot);
    if (plot.direct_labels) draw_end_labels(canvas, t, f, plot, names, last_x);
    return f;
}

}  // namespace dg::viz
