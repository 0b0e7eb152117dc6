#include "viz/scenes/float_bits.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::float_bits {
namespace {

/// n when |value| is 2^n.
std::optional<int> exact_power(double value) {
    if (!std::isfinite(value) || value == 0) return std::nullopt;
    int exponent = 0;
    const double mantissa = std::frexp(std::abs(value), &exponent);
    return mantissa == 0.5 ? std::optional(exponent - 1) : std::nullopt;
}

std::string with_minus(std::string text) {
    if (text.starts_with('-')) text = "−" + text.substr(1);
    return text;
}

/// Places of the three fields: first bit (from the left), width, name.
struct Field {
    int first, width;
    const char* key;
    FieldColor color;
    std::string value = {};
};

std::array<Field, 3> fields_of(const Theme& t, const fp8::FormatInfo& format, std::uint32_t code) {
    const FieldColors c = field_colors(t);
    const fp8::Fields f = fp8::fields(format, code);
    return {{{0, 1, "floats.sign", c.sign, f.negative ? "−" : "+"},
             {1, format.exponent_bits, "floats.exponent", c.exponent, fmt::format("{}", f.exponent)},
             {1 + format.exponent_bits, format.mantissa_bits, "floats.mantissa", c.mantissa, fmt::format("{}", f.mantissa)}}};
}

void draw_triangle(Canvas& canvas, Vec2 center, float size, bool up, Color color, bool filled) {
    const float h = size * 0.5F, w = size * 0.58F, s = up ? -1.0F : 1.0F;
    const Path path = Path().move({center.x, center.y + s * h}).line({center.x + w, center.y - s * h}).line({center.x - w, center.y - s * h}).close();
    if (filled) canvas.fill_path(path, color);
    else canvas.stroke_path(path, {.color = color, .width = std::max(1.5F, size * 0.13F)});
}

}  // namespace

FieldColors field_colors(const Theme& t) {
    const Color sand = t.experts[2];
    const auto field = [&](Color hue, float strength) {
        return FieldColor{mix(t.ground, hue, strength), mix(t.ground, hue, 0.75F), mix(t.ink, hue, t.id == ThemeId::kDark ? 0.6F : 0.28F)};
    };
    return {.sign = {mix(t.ground, t.ink, 0.16F), t.ink2, t.ink}, .exponent = field(t.bar, 0.34F), .mantissa = field(sand, 0.42F)};
}

std::string value_text(double value) {
    if (!std::isfinite(value) || value == 0) return value == 0 && std::signbit(value) ? "−0" : number(value);
    const double magnitude = std::abs(value);
    if (magnitude >= 1e6 || magnitude < 1e-4) return scientific(value, 4);
    // the shortest text that reads back as the same number, unless that is long
    const std::string exact = fmt::format("{}", value);
    return with_minus(exact.size() <= 12 ? exact : fmt::format("{:.6g}", value));
}

std::string power_text(double value) {
    const std::optional<int> power = exact_power(value);
    if (!power || (*power >= -3 && *power <= 10)) return value_text(value);
    return fmt::format("{}2{}", value < 0 ? "−" : "", superscript(*power));
}

std::string code_text(const fp8::FormatInfo& format, std::uint32_t code) { return fmt::format("0x{:0{}X}", code, (format.bits() + 3) / 4); }

std::string formula_text(const fp8::FormatInfo& format, std::uint32_t code) {
    const fp8::Fields f = fp8::fields(format, code);
    const int exponent = std::max<int>(static_cast<int>(f.exponent), 1);
    const std::string power = fmt::format("{}⁻{}", superscript(exponent), superscript(format.bias()));
    return fmt::format("{}1 × 2{} × ({} + {}/{})", f.negative ? "−" : "+", power, f.exponent == 0 ? 0 : 1, f.mantissa,
                       1U << static_cast<unsigned>(format.mantissa_bits));
}

Rect draw_bits(Canvas& canvas, const View& view, const Theme& t, Rect area, const fp8::FormatInfo& format, std::uint32_t code,
               const BitStyle& style) {
    const Group group(canvas, "bits");
    const int n = format.bits();
    const float words = style.labels ? t.label * 1.7F : 0;
    const float gap = std::clamp(area.w / static_cast<float>(n) * 0.1F, 1.0F, 6.0F), between = gap + std::clamp(area.w * 0.015F, 3.0F, 22.0F);
    const float w = std::min((area.w - 2 * between - static_cast<float>(n - 3) * gap) / static_cast<float>(n), (area.h - words) * 0.86F);
    const float h = std::min(area.h - words, w * 1.6F), digit = std::min(h * 0.62F, w * 0.9F);
    float x = area.x;
    for (const Field& field : fields_of(t, format, code)) {
        const float left = x;
        for (int i = 0; i < field.width; ++i) {
            const int bit = n - 1 - field.first - i;
            const bool set = (code >> static_cast<unsigned>(bit) & 1U) != 0;
            const bool here = !style.covered && static_cast<double>(field.first + i) < style.shown * n + 1e-9;
            const Rect box{x, area.y, w, h};
            const float radius = std::min(8.0F, w * 0.16F);
            canvas.fill_rect(box, here && set ? field.color.set : t.ground, radius);
            canvas.stroke_rect(box, {.color = field.color.outline, .width = w > 24 ? 2.0F : 1.0F}, radius);
            const TextStyle ink{.size = digit, .color = here ? t.ink : t.ink3, .weight = here && set ? Weight::kBold : Weight::kRegular};
            if (style.digits) draw_centered(canvas, box, here ? (set ? "1" : "0") : "?", ink);
            if (!style.action.empty()) {
                canvas.region({box, std::nullopt, fmt::format("{} {}", style.action, bit), tr(view.lang, "floats.tip.bit", {{"bit", fmt::format("{}", bit)}})});
            }
            x += w + (i + 1 < field.width ? gap : 0);
        }
        if (style.labels) {
            const std::string text = style.covered ? tr(view.lang, field.key) : fmt::format("{} {}", tr(view.lang, field.key), field.value);
            TextStyle ink{.size = t.label, .color = field.color.ink, .weight = Weight::kBold, .align = Align::kCenter};
            const float room = field.width == 1 ? between * 2 + w : x - left + between;
            ink.size = fit(canvas, text, ink, room);
            canvas.text({(left + x) / 2, area.y + h + t.label * 1.4F}, text, ink);
        }
        x += between;
    }
    return {area.x, area.y, x - between - area.x, h};
}

void draw_overflow_mark(Canvas& canvas, const Theme& t, Vec2 center, float size) { draw_triangle(canvas, center, size, true, t.error.fill, true); }

void draw_underflow_mark(Canvas& canvas, const Theme& t, Vec2 center, float size) { draw_triangle(canvas, center, size, false, t.stream, size > 9); }

Theme fitted(const View& view, Rect page) {
    Theme t = theme(view.theme);
    const float scale = std::clamp(std::min(page.w / 1600, page.h / 900), 0.6F, 1.0F);
    for (float* size : {&t.caption, &t.label, &t.body, &t.number, &t.heading, &t.title, &t.big}) *size *= scale;
    return t;
}

Color numerics_color(const Theme& t, std::string_view numerics) {
    if (numerics == "f32") return t.ink;
    if (numerics == "chaos") return t.stream;
    if (numerics == "bf16") return t.experts[7];
    if (numerics == "fp8") return t.bar;
    if (numerics == "fp8-raw") return t.error.fill;
    if (numerics == "fp8-tensor") return t.experts[5];
    return t.experts[6];
}

float fit(const Canvas& canvas, std::string_view text, TextStyle style, float width) {
    const float natural = canvas.measure(text, style).width;
    return natural <= width ? style.size : std::max(style.size * 0.6F, style.size * width / natural);
}

void draw_fitted(Canvas& canvas, Vec2 at, std::string_view text, TextStyle style, float width) {
    style.size = fit(canvas, text, style, width);
    canvas.text(at, elide(canvas, text, style, width), style);
}

void draw_quotation(Canvas& canvas, const View& view, const Theme& t, std::string_view words, Rect area) {
    const std::vector<std::string> lines = wrap(canvas, words, label(t), area.w - t.label * 1.8F);
    const float h = t.label * (3.2F + 1.4F * static_cast<float>(lines.size()));
    const Rect card{area.x, std::max(area.y, area.bottom() - h - 4), area.w, std::min(h, area.h)};
    canvas.fill_rect(card, t.panel, 10);
    canvas.stroke_rect(card, {.color = t.published_dot, .width = 2, .dash = 8, .gap = 5}, 10);
    canvas.fill_circle({card.x + t.label * 1.2F, card.y + t.label * 1.2F}, t.label * 0.28F, t.published_dot);
    draw_fitted(canvas, {card.x + t.label * 1.8F, card.y + t.label * 1.55F}, tr(view.lang, "badge.published"), caption(t), card.w - t.label * 2.6F);
    float y = card.y + t.label * 3.1F;
    for (const std::string& line : lines) {
        if (y > card.bottom()) break;
        canvas.text({card.x + t.label * 0.9F, y}, line, label(t));
        y += t.label * 1.4F;
    }
}

}  // namespace dg::viz::float_bits
