// A line plot: two axes that say quantity and unit, series with their names at their ends, marks. Pure; no state.
//
//     const PlotFrame f = draw_plot(canvas, view, area, {.x = {.label = "parameters p", .min = 1, .max = 200, .log = true},
//                                                        .y = {.label = "test risk", .min = 0, .max = 4},
//                                                        .series = {{.label = "measured", .points = points, .color = t.ink}}});
#pragma once

#include "viz/scenes/widgets.h"

#include <string>
#include <vector>

namespace dg::viz {

/// min < max; log: both > 0, and the picture says so.
struct Axis {
    std::string label = {};  // "steps", "loss (nats per token)"
    double min = 0, max = 1;
    bool log = false;
    bool percent = false;    // values are shares: ticks as 0%, 50%, 100%
    bool numbered = true;    // of x; false: no ticks, the caller names the places itself
};

/// A measured point. y: NaN leaves a gap, an infinity is drawn as a triangle at the edge.
struct PlotPoint {
    double x = 0, y = 0;
};

struct Series {
    std::string label = {};
    std::vector<PlotPoint> points = {};  // x rising
    Color color = {};
    float width = 2.5F;
    float dash = 0, gap = 0;
    bool dots = false;  // a dot on every point as well
    bool line = true;
};

/// A vertical (or horizontal) line at a value, with a word.
struct PlotMark {
    double at = 0;
    std::string label = {};
    bool horizontal = false;
    Color color = {};  // alpha 0: third ink
};

struct Plot {
    Axis x = {}, y = {};
    std::vector<Series> series = {};
    std::vector<PlotMark> marks = {};
    double shown = 1;            // share of the x axis that is drawn: 0 .. 1, for motion
    bool direct_labels = true;   // names right of the plot, at the ends of the lines
};

/// Where values lie on the page: for cursors and hit regions on top of the plot.
struct PlotFrame {
    Rect inner;
    Axis x, y;

    [[nodiscard]] float px(double value) const;
    [[nodiscard]] float py(double value) const;
    /// The x value under a pixel.
    [[nodiscard]] double x_at(float pixel) const;
};

PlotFrame draw_plot(Canvas& canvas, const View& view, Rect area, const Plot& plot);

/// An axis that covers all finite values with a little room; a linear one that comes near 0 begins there.
Axis axis_for(const std::vector<Series>& series, bool of_y, std::string label, bool log = false);

/// 1-2-5 ticks (log: powers of ten, with 2 and 5 when there are few): at most about `wanted` of them, all within.
std::vector<double> ticks(const Axis& axis, int wanted);
std::string tick_text(const Axis& axis, double value, double step);

/// At most two points per pixel column: the extremes of each column in the order they came.
std::vector<PlotPoint> decimate(const std::vector<PlotPoint>& points, const PlotFrame& frame);

}  // namespace dg::viz
