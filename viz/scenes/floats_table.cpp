// Range and precision of all formats, found by walking their codes; why E4M3 ends at 448.
#include "viz/scenes/floats.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::viz::floats {
namespace {

using float_bits::power_text;
using float_bits::value_text;

constexpr double kLow = -150, kHigh = 129;  // powers of two on the range axis

double log2_of(double v) { return dg::log(v) / dg::log(2.0); }

/// Left ends and widths of the columns, as shares of the table.
struct Columns {
    float name, bits, max, normal, subnormal, epsilon, values, range, end;
};

Columns columns_of(Rect area) {
    const auto at = [&](float share) { return area.x + area.w * share; };
    return {at(0), at(0.075F), at(0.235F), at(0.355F), at(0.46F), at(0.575F), at(0.675F), at(0.775F), area.right()};
}

void draw_heads(Canvas& canvas, const View& view, const Theme& t, const Columns& c, float y) {
    const auto head = [&](float from, float to, const char* key, Align align) {
        float_bits::draw_fitted(canvas, {align == Align::kRight ? to - 14 : from, y}, tr(view.lang, key), label(t, align), to - from - 14);
    };
    head(c.name, c.bits, "floats.head.format", Align::kLeft);
    head(c.bits, c.max, "floats.head.bits", Align::kLeft);
    head(c.max, c.normal, "floats.head.max", Align::kRight);
    head(c.normal, c.subnormal, "floats.head.normal", Align::kRight);
    head(c.subnormal, c.epsilon, "floats.head.subnormal", Align::kRight);
    head(c.epsilon, c.values, "floats.head.epsilon", Align::kRight);
    head(c.values, c.range, "floats.head.values", Align::kRight);
    head(c.range, c.end, "floats.head.range", Align::kLeft);
}

/// Sign, exponent and mantissa as one bar, as long as the format has bits.
void draw_widths(Canvas& canvas, const Theme& t, Rect area, const FormatInfo& f) {
    const float_bits::FieldColors c = float_bits::field_colors(t);
    const float bit = area.w / 32;
    const std::array<std::pair<int, const float_bits::FieldColor*>, 3> parts = {{{1, &c.sign}, {f.exponent_bits, &c.exponent}, {f.mantissa_bits, &c.mantissa}}};
    float x = area.x;
    for (const auto& [bits, color] : parts) {
        const Rect part{x, area.y, bit * static_cast<float>(bits), area.h};
        canvas.fill_rect({part.x + 0.5F, part.y, part.w - 1, part.h}, color->set, 2);
        const TextStyle style{.size = std::min(t.caption, area.h * 0.8F), .color = t.ink, .weight = Weight::kBold};
        if (bits > 1 && canvas.measure(fmt::format("{}", bits), style).width < part.w) draw_centered(canvas, part, fmt::format("{}", bits), style);
        x += part.w;
    }
}

/// Normal numbers dark, subnormal ones light, on a common axis of powers of two.
void draw_range(Canvas& canvas, const Theme& t, Rect area, const fp8::Limits& l, double shown) {
    const auto at = [&](double v) { return area.x + area.w * static_cast<float>((log2_of(v) - kLow) / (kHigh - kLow)); };
    const float one = at(1), low = at(l.min_subnormal), normal = at(l.min_normal), high = at(l.max);
    const auto grown = [&](float x) { return one + (x - one) * static_cast<float>(shown); };
    canvas.fill_rect({area.x, area.y, area.w, area.h}, t.track, 3);
    canvas.fill_rect({grown(low), area.y, grown(normal) - grown(low), area.h}, mix(t.ground, t.bar, 0.45F), 2);
    canvas.fill_rect({grown(normal), area.y, std::max(2.0F, grown(high) - grown(normal)), area.h}, t.bar, 2);
}

void draw_row(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Columns& c, Rect row, std::size_t i) {
    const FormatInfo& f = fp8::formats()[i];
    const fp8::Limits& l = d.limits[i];
    const bool mine = i == d.chosen(), told = view.revealed && view.stage >= kValue;
    if (mine) canvas.fill_rect({row.x - 10, row.y + 2, row.w + 20, row.h - 4}, t.band_cool, 8);
    const float y = row.center().y + t.body * 0.35F, bar = std::min(row.h * 0.5F, t.body * 1.3F);
    canvas.text({c.name, y}, f.name, {.size = float_bits::fit(canvas, f.name, strong(t), c.bits - c.name - 8), .color = t.ink, .weight = Weight::kBold});
    draw_widths(canvas, t, {c.bits, row.center().y - bar / 2, c.max - c.bits - 20, bar}, f);
    const auto cell = [&](float from, float to, const std::string& text, bool covered) {
        TextStyle style = body(t, Align::kRight);
        if (mine) style.weight = Weight::kBold;
        float_bits::draw_fitted(canvas, {to - 14, y}, covered ? "?" : text, style, to - from - 14);
    };
    const double max = l.max;
    cell(c.max, c.normal, max < 1e6 ? grouped(static_cast<std::int64_t>(max)) : scientific(max, 3), !told);
    cell(c.normal, c.subnormal, power_text(l.min_normal), !told);
    cell(c.subnormal, c.epsilon, power_text(l.min_subnormal), !told);
    cell(c.epsilon, c.values, power_text(l.epsilon), false);
    cell(c.values, c.range, l.values < 1000000 ? grouped(l.values) : short_count(static_cast<double>(l.values)), false);
    const double shown = told ? done(view, kRound) : 0;
    draw_range(canvas, t, {c.range + 10, row.center().y - bar * 0.3F, c.end - c.range - 10, bar * 0.6F}, l, shown);
    const std::string tip = tr(view.lang, "floats.tip.row", {{"format", std::string(f.name)}, {"nan", fmt::format("{}", l.nan_codes)}, {"inf", fmt::format("{}", l.infinite_codes)}, {"normal", scientific(l.min_normal, 3)}, {"subnormal", scientific(l.min_subnormal, 3)}});
    canvas.region({{row.x - 10, row.y, row.w + 20, row.h}, std::nullopt, fmt::format("format {}", f.id), told ? tip : std::string(f.name)});
}

void draw_axis(Canvas& canvas, const Theme& t, const Columns& c, float y) {
    for (const int power : {-149, -100, -50, 0, 50, 128}) {
        const float x = c.range + 10 + (c.end - c.range - 10) * static_cast<float>((power - kLow) / (kHigh - kLow));
        const std::string text = power == 0 ? "1" : fmt::format("2{}", superscript(power));
        const Align align = power == -149 ? Align::kLeft : power == 128 ? Align::kRight : Align::kCenter;
        canvas.line({x, y}, {x, y + 5}, {.color = t.ink3, .width = t.line});
        if (power != -100 && power != 50) canvas.text({x, y + 6 + t.caption}, text, {.size = t.caption * 0.9F, .color = t.ink2, .align = align});
    }
}

/// The top codes of E4M3: what each would be, and what it is.
void draw_why(Canvas& canvas, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "why");
    const FormatInfo& f = *fp8::find_format("e4m3");
    const double read = done(view, kRead);
    canvas.text({area.x, area.y + t.heading}, tr(view.lang, "floats.why"), {.size = float_bits::fit(canvas, tr(view.lang, "floats.why"), heading(t), area.w), .color = t.ink, .weight = Weight::kBold});
    const std::array<std::pair<std::uint32_t, const char*>, 3> rows = {{{0x7E, "floats.why.max"}, {0x7F, "floats.why.nan"}, {0x77, "floats.why.ieee"}}};
    const float top = area.y + t.heading * 1.7F, pitch = std::min((area.bottom() - top) / 3, t.body * 3.4F);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!view.revealed || read < static_cast<double>(i) / 3) continue;
        const auto [code, key] = rows[i];
        const float y = top + pitch * static_cast<float>(i), base = y + pitch / 2 + t.body * 0.35F;
        canvas.text({area.x, base}, float_bits::code_text(f, code), label(t));
        const float bits = std::min(area.w * 0.19F, pitch * 5.2F), x = area.x + area.w * 0.055F;
        float_bits::draw_bits(canvas, view, t, {x, y + pitch * 0.12F, bits, pitch * 0.76F}, f, code, {.labels = false});
        const float formula = area.x + area.w * 0.27F;
        const std::string text = fmt::format("{} = {}", float_bits::formula_text(f, code), value_text(fp8::unreserved_value(f, code)));
        TextStyle style = i == 0 ? strong(t) : body(t);
        if (i == 1) style.color = t.error.ink;
        float_bits::draw_fitted(canvas, {formula, base}, text, style, area.w * 0.3F);
        TextStyle remark = label(t);
        remark.color = t.ink2;
        float_bits::draw_fitted(canvas, {area.x + area.w * 0.59F, base}, tr(view.lang, key), remark, area.w * 0.41F);
    }
}

}  // namespace

void draw_table_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "table");
    const Columns c = columns_of(area);
    draw_heads(canvas, view, t, c, area.y + t.label * 1.2F);
    const float top = area.y + t.label * 2, axis = t.caption * 2;
    const auto rows = static_cast<float>(d.limits.size());
    const float pitch = std::min((area.h * 0.62F - t.label * 2 - axis) / rows, t.body * 4.2F);
    for (std::size_t i = 0; i < d.limits.size(); ++i) draw_row(canvas, d, view, t, c, {area.x, top + pitch * static_cast<float>(i), area.w, pitch}, i);
    canvas.line({area.x, top}, {area.right(), top}, {.color = t.border, .width = t.line});
    const float end = top + rows * pitch;
    draw_axis(canvas, t, c, end);
    draw_why(canvas, view, t, {area.x, end + axis + t.heading * 0.4F, area.w, area.bottom() - end - axis - t.heading * 0.4F});
}

}  // namespace dg::viz::floats
