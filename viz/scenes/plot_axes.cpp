// Axes of plot.h: limits, ticks, and fewer points than pixels.
#include "engine/base/mathfn.h"
#include "viz/scenes/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::viz {
namespace {

/// 10^n: exact products, no libm.
double ten_to(int n) {
    double p = 1;
    for (int i = 0; i < std::abs(n); ++i) p *= 10;
    return n < 0 ? 1 / p : p;
}

int floor_log10(double x) {
    int n = 0;
    for (; ten_to(n + 1) <= x; ++n) {
    }
    for (; ten_to(n) > x; --n) {
    }
    return n;
}

/// 1, 2 or 5 times a power of ten: the least that is not below three quarters of x.
double nice_step(double x) {
    const double power = ten_to(floor_log10(x));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= x * 0.75) return factor * power;
    }
    return 10 * power;
}

std::vector<double> log_ticks(const Axis& axis, int wanted) {
    std::vector<double> out;
    const int first = floor_log10(axis.min), last = floor_log10(axis.max);
    const int decades = last - first + 1;
    const int stride = std::max(1, decades / std::max(1, wanted));
    int candidates = 0;  // 1-2-5 ticks within
    for (int n = first; n <= last; ++n) {
        for (const double factor : {1.0, 2.0, 5.0}) candidates += factor * ten_to(n) >= axis.min && factor * ten_to(n) <= axis.max;
    }
    for (int n = first; n <= last; n += stride) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double value = factor * ten_to(n);
            const bool few = decades <= 6 && (decades * 3 <= wanted * 2 || candidates <= wanted + 1);
            const bool inside = value >= axis.min * (1 - 1e-9) && value <= axis.max * (1 + 1e-9);
            if (inside && (factor == 1.0 || few)) out.push_back(value);
        }
    }
    return out;
}

}  // namespace

std::vector<double> ticks(const Axis& axis, int wanted) {
    if (axis.log) return log_ticks(axis, std::max(2, wanted));
    const double step = nice_step((axis.max - axis.min) / std::max(2, wanted));
    std::vector<double> out;
    // multiples of the step: no rounding creeps in
    const double first = std::ceil(axis.min / step - 1e-9), last = std::floor(axis.max / step + 1e-9);
    for (double n = first; n <= last; n += 1) out.push_back(n * step + 0.0);  // no negative zero
    return out;
}

std::string tick_text(const Axis& axis, double value, double step) {
    if (axis.percent) {
        int decimals = 0;
        for (double points = (axis.log ? value : std::abs(step)) * 100; points > 0 && points < 0.999 && decimals < 6; points *= 10) ++decimals;
        return fixed(value * 100, decimals) + "%";
    }
    const double magnitude = std::max(std::abs(axis.min), std::abs(axis.max));
    if (magnitude >= 1e5 && (std::abs(value) >= 1 || value == 0)) return short_count(value);
    if (axis.log && value < 0.01) {
        // 10⁻³, 5×10⁻³
        const int power = floor_log10(value * (1 + 1e-9));
        const double factor = value / ten_to(power);
        return fmt::format("{}10{}", factor > 1.5 ? fixed(factor, 0) + "×" : "", superscript(power));
    }
    if (axis.log) return number(value, 1);
    int decimals = 0;
    for (double s = std::abs(step); s < 0.999 && decimals < 6; s *= 10) ++decimals;
    return fixed(value, decimals);
}

Axis axis_for(const std::vector<Series>& series, bool of_y, std::string label, bool log) {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const Series& s : series) {
        for (const PlotPoint& p : s.points) {
            const double v = of_y ? p.y : p.x;
            if (!std::isfinite(v) || (log && v <= 0)) continue;
            least = std::min(least, v), most = std::max(most, v);
        }
    }
    if (least > most) return {.label = std::move(label), .min = log ? 0.1 : 0, .max = 1, .log = log};
    if (log) {
        const double room = of_y ? 1.15 : 1;
        least /= room, most *= room;
        return {.label = std::move(label), .min = least, .max = least < most ? most : least * 2, .log = true};
    }
    if (of_y) {
        // a scale that nearly reaches 0 shows it
        if (least > 0 && least < 0.4 * most) least = 0;
        const double room = (most - least) * 0.06;
        if (least != 0) least -= room;
        most += room;
    }
    return {.label = std::move(label), .min = least, .max = least < most ? most : least + 1, .log = false};
}

std::vector<PlotPoint> decimate(const std::vector<PlotPoint>& points, const PlotFrame& frame) {
    const auto columns = static_cast<std::size_t>(std::max(1.0F, frame.inner.w));
    if (points.size() <= 2 * columns) return points;
    std::vector<PlotPoint> out;
    for (std::size_t begin = 0; begin < points.size();) {
        const float column = std::floor(frame.px(points[begin].x));
        std::size_t low = begin, high = begin, end = begin;
        for (; end < points.size() && std::floor(frame.px(points[end].x)) == column && std::isfinite(points[end].y); ++end) {
            if (points[end].y < points[low].y) low = end;
            if (points[end].y > points[high].y) high = end;
        }
        out.push_back(points[std::min(low, high)]);
        if (low != high) out.push_back(points[std::max(low, high)]);
        begin = std::max(end, begin + 1);
    }
    return out;
}

}  // namespace dg::viz
