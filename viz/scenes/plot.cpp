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

std::vector<double> y_ticks(const Theme& t, const Axis& axis, float height) { return ticks(axis, static_cast<int>(height / (t.caption * 4))); }

double tick_step(const std::vector<double>& values) { return values.size() > 1 ? values[1] - values[0] : 1; }

/// Grid lines, tick labels and axis titles.
void draw_axes(Canvas& canvas, const View& view, const PlotFrame& f) {
    const Group group(canvas, "axes");
    const Theme& t = theme(view.theme);
    const TextStyle small = caption(t);
    const std::vector<double> xs = ticks(f.x, static_cast<int>(f.inner.w / (small.size * 5))), ys = y_ticks(t, f.y, f.inner.h);
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

/// Words of the marks, each on a small plate: curves may pass behind it.
void draw_mark_labels(Canvas& canvas, const Theme& t, const PlotFrame& f, const std::vector<PlotMark>& marks) {
    for (const PlotMark& mark : marks) {
        if (mark.label.empty() || !mark_inside(f, mark)) continue;
        TextStyle words = caption(t);
        words.color = mark_color(t, mark);
        const float width = canvas.measure(mark.label, words).width, height = words.size * 1.4F;
        Rect plate{f.inner.right() - width - 12, f.py(mark.at) - height - 2, width + 8, height};
        if (!mark.horizontal) {
            const bool left = f.px(mark.at) + width + 20 > f.inner.right();
            plate.x = f.px(mark.at) + (left ? -width - 14 : 6);
            plate.y = f.inner.y + 14;
        }
        canvas.fill_rect(plate, t.ground.with_alpha(0.9F), 3);
        draw_centered(canvas, plate, mark.label, words);
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
    draw_mark_labels(canvas, t, f, plot.marks);
    if (plot.direct_labels) draw_end_labels(canvas, t, f, plot, names, last_x);
    return f;
}

}  // namespace dg::viz
