// The histogram of scene fp8 on its format's number line, both ends hatched.
#include "viz/scenes/fp8.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

using float_bits::power_text;
using float_bits::value_text;

constexpr int kPerOctave = 2;  // bars of the histogram

/// Logarithmic axis, and the bars on it.
struct Line {
    double lo = -16, hi = 12, high = 9;
    Rect area;
    float axis = 0;

    [[nodiscard]] float at(double log2) const { return area.x + area.w * static_cast<float>((std::clamp(log2, lo, hi) - lo) / (hi - lo)); }

    /// Left edge of bar i, every half octave; the edge nearest to where overflow begins stands exactly there.
    [[nodiscard]] double edge(int i) const {
        const double at = lo + static_cast<double>(i) / kPerOctave;
        return std::abs(at - high) < 0.5 / kPerOctave ? high : at;
    }

    [[nodiscard]] int bars() const { return static_cast<int>((hi - lo) * kPerOctave); }

    /// The bar that holds a value; the outermost ones hold what lies beyond.
    [[nodiscard]] int bar_of(double log2) const {
        int bar = static_cast<int>(std::floor((std::clamp(log2, lo, hi) - lo) * kPerOctave));
        if (bar > 0 && log2 < edge(bar)) --bar;
        if (log2 >= edge(bar + 1)) ++bar;
        return std::clamp(bar, 0, bars() - 1);
    }

    [[nodiscard]] float left(int i) const { return at(edge(i)); }
};

/// How many numbers fall into each bar; what lies beyond an end stands in the outermost one. Zeros are nowhere.
std::vector<int> histogram(const Line& line, std::span<const float> log_x, std::span<const float> log_scale, double scaled, double offset) {
    std::vector<int> bars(static_cast<std::size_t>(line.bars()), 0);
    for (std::size_t i = 0; i < log_x.size(); ++i) {
        const double v = static_cast<double>(log_x[i]) - scaled * static_cast<double>(log_scale[i]) + offset;
        if (std::isnan(v) || std::isinf(v)) continue;
        ++bars[static_cast<std::size_t>(line.bar_of(v))];
    }
    return bars;
}

void draw_zones(Canvas& canvas, const Theme& t, const Line& line, const Ends& ends) {
    const float low = line.at(log2_of(ends.low)), high = line.at(log2_of(ends.high));
    const Rect under{line.area.x, line.area.y, low - line.area.x, line.axis - line.area.y};
    const Rect over{high, line.area.y, line.area.right() - high, line.axis - line.area.y};
    canvas.fill_rect(under, t.track);
    canvas.hatch(under, t.border, 14, 1.5F);
    canvas.fill_rect(over, mix(t.ground, t.error.fill, 0.1F));
    canvas.hatch(over, mix(t.ground, t.error.fill, 0.6F), 14, 1.5F);
}

void draw_bars(Canvas& canvas, const Theme& t, const Line& line, const LinePicture& p) {
    const std::vector<int> bars = histogram(line, p.log_x, p.log_scale, p.scaled, p.offset);
    const int most = std::max(1, *std::ranges::max_element(bars));
    const float room = (line.axis - line.area.y) * 0.9F;
    const double low = log2_of(p.ends->low), high = log2_of(p.ends->high);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        if (bars[i] == 0) continue;
        const int n = static_cast<int>(i);
        const double middle = (line.edge(n) + line.edge(n + 1)) / 2;
        const float h = std::max(3.0F, room * static_cast<float>(bars[i]) / static_cast<float>(most));
        const Rect bar{line.left(n) + 1, line.axis - h, line.left(n + 1) - line.left(n) - 2, h};
        const bool under = middle < low, over = middle > high;
        const Color lost = over ? t.error.fill : t.track, kept = t.bar;
        canvas.fill_rect(bar, under || over ? mix(kept, lost, static_cast<float>(p.fallen)) : kept);
        if (under && p.fallen > 0.5) {
            canvas.hatch(bar, t.stream, 7, 1);
            canvas.stroke_rect(bar, {.color = t.stream, .width = 1.5F});
        }
    }
}

/// The outline of the histogram under the second way of storing.
void draw_outline(Canvas& canvas, const Theme& t, const Line& line, const LinePicture& p) {
    if (p.other_x.empty() || p.other <= 0) return;
    const std::vector<int> mine = histogram(line, p.log_x, p.log_scale, p.scaled, p.offset), bars = histogram(line, p.other_x, p.other_scale, 1, p.offset);
    const int most = std::max({1, *std::ranges::max_element(mine), *std::ranges::max_element(bars)});
    const float room = (line.axis - line.area.y) * 0.9F;
    std::vector<Vec2> points;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const float y = line.axis - room * static_cast<float>(bars[i]) / static_cast<float>(most) * static_cast<float>(p.other);
        points.push_back({line.left(static_cast<int>(i)), y}), points.push_back({line.left(static_cast<int>(i) + 1), y});
    }
    canvas.polyline(points, {.color = t.ink, .width = 2.5F});
}

/// All positive numbers of the format, and words at some of them.
void draw_ticks(Canvas& canvas, const Theme& t, const Line& line, const Ends& ends) {
    canvas.line({line.area.x, line.axis}, {line.area.right(), line.axis}, {.color = t.ink, .width = std::max(2.0F, t.line)});
    float last = -1e9F;
    for (const double code : ends.codes) {
        const float x = line.at(log2_of(code));
        const bool power = std::exp2(std::round(std::log2(code))) == code;
        if (x - last < 1.5F && !power) continue;
        last = x;
        canvas.line({x, line.axis}, {x, line.axis + (power ? t.label * 0.75F : t.label * 0.4F)}, {.color = t.ink, .width = power ? std::max(2.0F, t.line) : 1.0F});
    }
    const int first = static_cast<int>(std::ceil(line.lo)), end = static_cast<int>(std::floor(line.hi));
    const int step = line.hi - line.lo > 32 ? 6 : 3;
    const float limit = line.at(log2_of(ends.largest));
    for (int power = first; power <= end; ++power) {
        const double v = std::ldexp(1.0, power);
        if (power % step != 0 || v < ends.smallest || std::abs(line.at(power) - limit) < t.label * 2.4F || v > ends.largest) continue;
        canvas.text({line.at(power), line.axis + t.label * 1.75F}, power_text(v), {.size = t.label, .color = t.ink2, .align = Align::kCenter});
    }
    canvas.text({limit, line.axis + t.label * 1.75F}, value_text(ends.largest), {.size = t.label, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter});
}

/// A plate with what was lost at one end.
void draw_plate(Canvas& canvas, const Theme& t, Rect zone, const std::string& text, bool over, Rect bounds) {
    if (text.empty()) return;
    const TextStyle style{.size = t.label, .color = over ? t.error.ink : t.ink, .weight = Weight::kBold};
    const float w = canvas.measure(text, style).width + t.label * 2.4F, h = t.label * 2;
    const float x = over ? std::min(bounds.right() - w, zone.right() - w) : std::max(bounds.x, zone.x + 8);
    const Rect plate{x, zone.y + 8, w, h};
    canvas.fill_rect(plate, t.ground, 6);
    canvas.stroke_rect(plate, {.color = over ? t.error.fill : t.border, .width = std::max(1.5F, t.line)}, 6);
    const Vec2 mark{plate.x + t.label, plate.center().y};
    if (over) float_bits::draw_overflow_mark(canvas, t, mark, t.label * 0.8F);
    else float_bits::draw_underflow_mark(canvas, t, mark, t.label * 0.8F);
    canvas.text({plate.x + t.label * 1.8F, plate.center().y + t.label * 0.35F}, text, style);
}

}  // namespace

Ends ends_of(const dg::fp8::FormatInfo& format) {
    const dg::fp8::Limits l = dg::fp8::limits(format);
    Ends e{.low = l.min_subnormal / 2, .high = l.overflow_from, .largest = l.max, .smallest = l.min_subnormal, .codes = {}, .name = std::string(format.name)};
    if (format.bits() > 8) return e;
    for (std::uint32_t code = 1; code <= l.max_code; ++code) e.codes.push_back(dg::fp8::decode(format, code));
    return e;
}

Ends ends_of(const lab::Stored& stored) {
    if (stored.format != nullptr) return ends_of(*stored.format);
    Ends e{.low = 0.5, .high = 127.5, .largest = 127, .smallest = 1, .codes = {}, .name = "INT8"};
    for (int code = 1; code <= 127; ++code) e.codes.push_back(code);
    return e;
}

void draw_line(Canvas& canvas, const View&, const Theme& t, Rect area, const LinePicture& p) {
    const Group group(canvas, "line");
    Line line{.area = area};
    // a few octaves beyond both ends; formats wider than the page are cut
    line.lo = std::max(std::floor(log2_of(p.ends->low)) - 7, -40.0), line.hi = std::min(std::ceil(log2_of(p.ends->high)) + 4, 24.0);
    line.high = log2_of(p.ends->high);
    line.axis = area.bottom() - t.label * 2.1F;
    draw_zones(canvas, t, line, *p.ends);
    if (!p.covered) {
        draw_bars(canvas, t, line, p);
        draw_outline(canvas, t, line, p);
    }
    draw_ticks(canvas, t, line, *p.ends);
    const float low = line.at(log2_of(p.ends->low)), high = line.at(log2_of(p.ends->high)), h = line.axis - area.y;
    if (p.covered || p.fallen <= 0) return;
    draw_plate(canvas, t, {area.x, area.y, low - area.x, h}, p.lost_low, false, area);
    draw_plate(canvas, t, {high, area.y, area.right() - high, h}, p.lost_high, true, area);
}

}  // namespace dg::viz::fp8_page
