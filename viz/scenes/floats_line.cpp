// The number line of scene floats: codes as ticks, rounding bins as bands, where a number falls.
#include "viz/scenes/floats.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::floats {
namespace {

using float_bits::value_text;

/// Consecutive codes around x as one linear axis. A negative x mirrors it.
struct Line {
    const FormatInfo* format = nullptr;
    std::vector<std::uint32_t> codes = {};  // rising magnitude; the last may be the first code that is no number
    bool negative = false, reserved = false;  // reserved: the last code is not a number
    double lo = 0, hi = 1;             // magnitudes at the ends
    Rect area = {};                    // between the outermost marks
    float axis = 0;                    // its y

    [[nodiscard]] double magnitude(std::size_t i) const { return fp8::unreserved_value(*format, codes[i]); }

    /// Pixel of a magnitude, kept within the line.
    [[nodiscard]] float at(double m) const {
        const double u = std::clamp((m - lo) / (hi - lo), 0.0, 1.0);
        return area.x + area.w * static_cast<float>(negative ? 1 - u : u);
    }
};

Line make_line(const Data& d, Rect area, std::size_t most) {
    Line line{.format = d.format, .area = area};
    const double x = std::isnan(d.x) ? 0 : d.x;
    const std::uint32_t top = d.limits[d.chosen()].max_code + 1;  // the first code that is no number
    const auto around = static_cast<std::int64_t>(std::min(fp8::bracket(*d.format, x).below, top));
    const auto half = static_cast<std::int64_t>(most / 2);
    const std::int64_t first = std::clamp<std::int64_t>(around - half + 1, 0, std::max<std::int64_t>(0, top + 1 - static_cast<std::int64_t>(most)));
    for (std::int64_t c = first; c < first + static_cast<std::int64_t>(most) && c <= top; ++c) line.codes.push_back(static_cast<std::uint32_t>(c));
    line.negative = std::signbit(x) && x != 0;
    line.reserved = line.codes.back() == top;
    line.lo = line.magnitude(0), line.hi = line.magnitude(line.codes.size() - 1);
    return line;
}

double middle(const Line& line, std::size_t i) { return (line.magnitude(i) + line.magnitude(i + 1)) / 2; }

/// The value of code i, with enough digits to tell it from its neighbours.
std::string tick_value(const Line& line, std::size_t i) {
    const double sign = line.negative ? -1 : 1, v = line.magnitude(i);
    const std::string text = value_text(sign * v);
    const auto same = [&](std::size_t j) { return j < line.codes.size() && value_text(sign * line.magnitude(j)) == text; };
    if (!same(i + 1) && (i == 0 || !same(i - 1))) return text;
    for (int digits = 7; digits < 17; ++digits) {
        const std::string longer = fmt::format("{:.{}g}", v, digits);
        const auto equal = [&](std::size_t j) { return j < line.codes.size() && fmt::format("{:.{}g}", line.magnitude(j), digits) == longer; };
        if (!equal(i + 1) && (i == 0 || !equal(i - 1))) return (line.negative ? "−" : "") + longer;
    }
    return text;
}

/// Bands between the midpoints, alternately tinted; the one x falls into stands out.
void draw_bins(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Line& line) {
    const double lit = view.revealed ? done(view, kRound) : 0;
    const std::uint32_t landed = d.now().code & ~d.format->sign_bit();
    for (std::size_t i = 0; i < line.codes.size(); ++i) {
        const bool beyond = line.reserved && i + 1 == line.codes.size();
        const double from = i == 0 ? line.lo : middle(line, i - 1), to = i + 1 == line.codes.size() ? line.hi : middle(line, i);
        const float a = line.at(from), b = line.at(to);
        const Rect band{std::min(a, b), line.area.y, std::abs(b - a), line.axis - line.area.y};
        if (beyond) {
            canvas.fill_rect(band, mix(t.ground, t.error.fill, 0.1F));
            canvas.hatch(band, mix(t.ground, t.error.fill, 0.6F), 12, 1.5F);
            continue;
        }
        Color tint = line.codes[i] % 2 == 0 ? t.band_cool : t.band_warm;
        if (line.codes[i] == landed && !std::isnan(d.x)) tint = mix(tint, t.select, 0.45F * static_cast<float>(lit));
        canvas.fill_rect(band, tint);
    }
}

/// A dot beside every midpoint, on the side of the even code: that is where a tie goes.
void draw_ties(Canvas& canvas, const Theme& t, const Line& line) {
    for (std::size_t i = 0; i + 1 < line.codes.size(); ++i) {
        const float x = line.at(middle(line, i)), y = line.area.y + t.caption * 0.75F, r = std::max(2.5F, t.caption * 0.22F);
        const bool to_upper = line.codes[i + 1] % 2 == 0 && !(line.reserved && i + 2 == line.codes.size());
        const float side = (to_upper == line.negative ? -1.0F : 1.0F) * r * 1.9F;
        canvas.line({x, line.area.y}, {x, line.axis}, {.color = t.border, .width = t.line, .dash = 4, .gap = 4});
        canvas.fill_circle({x + side, y}, r, t.ink2);
    }
}

void draw_ticks(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Line& line) {
    const float w = line.area.w / static_cast<float>(line.codes.size());
    float last = -1e9F;
    std::vector<std::size_t> order(line.codes.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = line.negative ? order.size() - 1 - i : i;
    for (const std::size_t i : order) {
        const float x = line.at(line.magnitude(i));
        const bool beyond = line.reserved && i + 1 == line.codes.size();
        canvas.line({x, line.axis - t.label * 0.7F}, {x, line.axis + t.label * 0.5F}, {.color = beyond ? t.error.ink : t.ink, .width = std::max(2.0F, t.line)});
        const double signed_value = line.negative ? -line.magnitude(i) : line.magnitude(i);
        const std::string text = tick_value(line, i);
        TextStyle style{.size = t.label, .color = beyond ? t.error.ink : t.ink, .weight = line.codes[i] == (d.now().code & ~d.format->sign_bit()) && view.revealed ? Weight::kBold : Weight::kRegular, .align = Align::kCenter};
        style.size = float_bits::fit(canvas, text, style, std::max(w * 0.95F, t.label * 2));
        const float half = canvas.measure(text, style).width / 2;
        if (x - half < last + 6) continue;
        last = x + half;
        canvas.text({x, line.axis + t.label * 1.65F}, text, style);
        const std::uint32_t code = line.codes[i] | (line.negative ? d.format->sign_bit() : 0U);
        const std::string hex = beyond ? tr(view.lang, d.format->has_infinity ? "floats.code.infinity" : "floats.code.nan", {{"code", float_bits::code_text(*d.format, code)}}) : float_bits::code_text(*d.format, code);
        TextStyle small{.size = t.caption, .color = beyond ? t.error.ink : t.ink3, .align = Align::kCenter};
        const float room = std::max(w, 2 * half + 8);
        small.size = float_bits::fit(canvas, hex, small, std::max(room * 1.2F, t.caption * 4));
        if (w > t.caption * 2.2F) canvas.text({x, line.axis + t.label * 1.65F + t.caption * 1.35F}, hex, small);
        canvas.region({{x - w * 0.45F, line.axis - t.label * 1.5F, w * 0.9F, t.label * 4.2F}, std::nullopt, beyond ? "" : fmt::format("set value={}", signed_value), fmt::format("{} = {}", hex, beyond ? "NaN" : text)});
    }
}

/// Where x falls, and the way to the tick it becomes.
void draw_marker(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Line& line) {
    if (std::isnan(d.x)) return;
    const double m = std::abs(d.x), top = d.limits[d.chosen()].max;
    const bool number = std::isfinite(d.now().value);
    const float from = line.at(m), to = number ? line.at(std::abs(d.now().value)) : line.at(line.hi);
    const double moved = view.revealed ? done(view, kRound) : 0;
    const float here = from + (to - from) * static_cast<float>(moved);
    const double fallen = view.stage == kValue ? done(view, kValue) : 1;
    const float drop = (line.axis - line.area.y) * static_cast<float>(1 - fallen);
    const bool off = m > line.hi;
    const std::string name = off ? fmt::format("{} →", shown_text(d)) : shown_text(d);
    canvas.line({from, line.area.y - 6}, {from, line.axis}, {.color = t.ink, .width = std::max(2.0F, t.line), .dash = 6, .gap = 4});
    TextStyle style{.size = t.heading, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter};
    const float half = canvas.measure(name, style).width / 2, page = canvas.page().right() - 24;
    canvas.text({std::clamp(from, line.area.x - t.heading + half, page - half), line.area.y - t.heading * 0.4F}, name, style);
    const Rect pill{here - 7, line.axis - t.label * 1.5F - drop, 14, t.label * 2.1F};
    canvas.fill_rect(pill, t.select, 6);
    canvas.stroke_rect(pill, {.color = t.id == ThemeId::kDark ? t.ground : t.ink, .width = 2}, 6);
    if (moved > 0.99 && std::abs(to - from) > 24) {
        const float y = line.axis - (line.axis - line.area.y) * 0.4F;
        const bool over = m > top;
        draw_arrow(canvas, {from, y}, {to, y}, {.color = over ? t.error.fill : t.ink2, .width = 2.5F}, 12);
    }
}

}  // namespace

void draw_number_line(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "line");
    const std::size_t most = area.w > 1100 ? 10 : 8;
    const float head = t.heading * 1.5F, foot = t.label * 2.1F + t.caption * 1.6F + t.caption * 1.8F;
    Line line = make_line(d, {area.x + t.label * 2.6F, area.y + head, area.w - t.label * 5.2F, area.h - head - foot}, most);
    line.axis = line.area.bottom();
    draw_bins(canvas, d, view, t, line);
    draw_ties(canvas, t, line);
    canvas.line({area.x, line.axis}, {area.right(), line.axis}, {.color = t.ink, .width = std::max(2.0F, t.line)});
    draw_ticks(canvas, d, view, t, line);
    draw_marker(canvas, d, view, t, line);
    const float y = line.axis + t.label * 1.65F + t.caption * 3.1F;
    canvas.fill_circle({area.x + t.caption * 0.4F, y - t.caption * 0.33F}, std::max(2.5F, t.caption * 0.22F), t.ink2);
    const bool edge = line.reserved && view.revealed;
    const std::string words = edge ? tr(view.lang, "floats.line.edge", {{"from", value_text(d.limits[d.chosen()].overflow_from)}, {"max", value_text(d.limits[d.chosen()].max)}}) : tr(view.lang, "floats.line.bins");
    float_bits::draw_fitted(canvas, {area.x + t.caption * 1.1F, y}, words, caption(t), area.w - t.caption * 1.1F);
}

}  // namespace dg::viz::floats
