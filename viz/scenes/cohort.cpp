#include "viz/scenes/cohort.h"

#include "viz/scenes/plot.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::viz {

double mean_of(const std::vector<double>& values) { return values.empty() ? NAN : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

namespace {

Axis value_axis(const Cohort& c) {
    double low = INFINITY, high = -INFINITY;
    for (const auto& column : c.values)
        for (const double v : column)
            if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
    if (!(low <= high)) low = 0, high = 1;
    const double room = std::max(0.12 * (high - low), 1e-3);
    return {.label = c.label, .min = c.from_zero ? 0 : low - room, .max = high + room};
}

}  // namespace

void draw_cohort(Canvas& canvas, const View& view, Rect area, const Cohort& c) {
    const Theme& t = theme(view.theme);
    const auto n = c.values.size();
    Plot plot;
    plot.x = {.label = c.axis, .min = -0.5, .max = static_cast<double>(n) - 0.5, .numbered = false};
    plot.y = value_axis(c);
    const PlotFrame f = draw_plot(canvas, view, area, plot);
    const float step = f.inner.w / static_cast<float>(n);
    for (std::size_t i = 0; i < n; ++i) {
        const TextStyle style = caption(t, Align::kCenter);
        canvas.text({f.px(static_cast<double>(i)), f.inner.bottom() + 10 + t.caption}, elide(canvas, c.names[i], style, step - 6), style);
    }
    if (!view.revealed) return;
    const auto columns = static_cast<std::size_t>(std::ceil(c.shown * static_cast<double>(n)));
    const std::size_t seeds = c.values.front().size(), joined = c.joined == 0 ? n : c.joined;
    for (std::size_t s = 0; s < seeds && c.paired && columns == n; ++s) {
        std::vector<Vec2> line;
        for (std::size_t i = 0; i < n; ++i) line.push_back({f.px(static_cast<double>(i)), f.py(c.values[i][s])});
        canvas.polyline(line, {.color = t.bar, .width = 1.5F});
    }
    std::vector<Vec2> means;
    for (std::size_t i = 0; i < std::min(columns, joined); ++i) means.push_back({f.px(static_cast<double>(i)), f.py(mean_of(c.values[i]))});
    if (means.size() > 1) canvas.polyline(means, {.color = t.ink, .width = 4});
    for (std::size_t i = 0; i < columns; ++i) {
        for (std::size_t s = 0; s < seeds; ++s) {
            const Vec2 at{f.px(static_cast<double>(i)), f.py(c.values[i][s])};
            canvas.fill_circle(at, t.label * 0.3F, t.bar);
            if (s == c.ringed) draw_ring(canvas, t, {at.x - t.label * 0.4F, at.y - t.label * 0.4F, t.label * 0.8F, t.label * 0.8F}, t.label * 0.4F);
        }
        const float y = f.py(mean_of(c.values[i]));
        canvas.line({f.px(static_cast<double>(i)) - step * 0.18F, y}, {f.px(static_cast<double>(i)) + step * 0.18F, y}, {.color = t.ink, .width = 3});
        // beside the bar, on the side where no line between pairs runs
        const bool left = c.paired && i == 0;
        canvas.text({f.px(static_cast<double>(i)) + step * (left ? -0.2F : 0.2F), y + (left ? t.caption * 0.35F : -t.label * 0.4F)}, fixed(mean_of(c.values[i]), mean_of(c.values[i]) < 10 ? 3 : 1),
                    {.size = t.caption, .color = t.ink, .weight = Weight::kBold, .align = left ? Align::kRight : Align::kLeft});
    }
}

}  // namespace dg::viz
