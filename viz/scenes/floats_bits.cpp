// The bit editor of scene floats, the formula with its real operands, and the number in all formats.
#include "viz/scenes/floats.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::floats {
namespace {

using float_bits::value_text;

/// Rows of text that follow each other downwards.
struct Column {
    Canvas& canvas;
    float x, y, width;

    void line(std::string_view text, TextStyle style, float lead) {
        y += style.size * lead;
        float_bits::draw_fitted(canvas, {x, y}, text, style, width);
    }
};

/// Both neighbours as buttons that move the number there.
void draw_neighbours(Canvas& canvas, const Data& d, const View& view, const Theme& t, Vec2 at, float width) {
    const FormatInfo& f = *d.format;
    const fp8::Limits& l = d.limits[d.chosen()];
    const std::uint32_t sign = d.now().code & f.sign_bit(), code = d.now().code & ~f.sign_bit();
    if (code > l.max_code) return;
    const auto value = [&](std::uint32_t c) { return fp8::decode(f, c | sign); };
    const std::string low = code > 0 ? value_text(value(code - 1)) : value_text(value(0) - l.min_subnormal);
    const std::string high = code < l.max_code ? value_text(value(code + 1)) : std::string(kUnknown);
    const std::string text = tr(view.lang, "floats.neighbours", {{"low", low}, {"high", high}, {"spacing", float_bits::power_text(fp8::spacing(f, d.x))}});
    TextStyle style = label(t);
    style.size = float_bits::fit(canvas, text, style, width);
    canvas.text(at, text, style);
    if (code > 0) canvas.region({{at.x, at.y - style.size, width * 0.45F, style.size * 1.5F}, std::nullopt, fmt::format("set value={}", value(code - 1)), low});
    if (code < l.max_code) canvas.region({{at.x + width * 0.45F, at.y - style.size, width * 0.55F, style.size * 1.5F}, std::nullopt, fmt::format("set value={}", value(code + 1)), high});
}

/// What a reserved code would have been worth.
void draw_reserved(Column& column, const Data& d, const View& view, const Theme& t) {
    const FormatInfo& f = *d.format;
    TextStyle bad = heading(t);
    bad.color = t.error.ink;
    column.line(fmt::format("= {}", number(d.now().value)), bad, 1.4F);
    column.line(tr(view.lang, "floats.reserved", {{"code", float_bits::code_text(f, d.now().code)}, {"value", value_text(fp8::unreserved_value(f, d.now().code))}}), body(t), 1.6F);
}

/// The formula with this code's numbers, its value, what was lost.
void draw_reading(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    Column column{canvas, area.x, area.y, area.w};
    const double read = done(view, kRead);
    const Written& w = d.now();
    if (!view.revealed || read < 0.45) return;
    column.line(float_bits::formula_text(*d.format, w.code), {.size = t.heading, .color = t.ink}, 1.15F);
    if (read < 0.7) return;
    if (!std::isfinite(w.value)) return draw_reserved(column, d, view, t);
    const TextStyle big{.size = t.big, .color = t.ink, .weight = Weight::kBold};
    const std::string value = fmt::format("= {}", value_text(w.value));
    column.y += big.size * 1.15F;
    canvas.text({column.x, column.y}, value, big);
    const float after = canvas.measure(value, big).width + t.label * 1.5F;
    if (std::isfinite(d.x)) {
        const std::string exact = fmt::format("x = {}", fmt::format("{:.10g}", d.x).size() < 11 ? value_text(d.x) : fmt::format("{:.8g}…", d.x));
        const std::string lost = tr(view.lang, "floats.lost", {{"error", float_bits::value_text(std::abs(w.value - d.x))}, {"share", error_text(w)}});
        float_bits::draw_fitted(canvas, {column.x + after, column.y - t.label * 1.35F}, exact, label(t), area.w - after);
        float_bits::draw_fitted(canvas, {column.x + after, column.y}, lost, label(t), area.w - after);
    }
    draw_neighbours(canvas, d, view, t, {column.x, column.y + t.label * 2}, area.w);
}

void draw_editor(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "editor");
    const std::string head = tr(view.lang, "floats.editor", {{"format", std::string(d.format->name)}, {"bits", fmt::format("{}", d.format->bits())}, {"code", view.revealed ? float_bits::code_text(*d.format, d.now().code) : "?"}});
    TextStyle style = heading(t);
    style.size = float_bits::fit(canvas, head, style, area.w * 0.72F);
    canvas.text({area.x, area.y + t.heading}, head, style);
    const float used = canvas.measure(head, style).width + t.label;
    if (view.interactive) float_bits::draw_fitted(canvas, {area.x + used, area.y + t.heading}, tr(view.lang, "floats.hint.flip"), label(t), area.w - used);
    const double read = view.stage == kRead ? std::min(1.0, done(view, kRead) / 0.45) : view.stage > kRead ? 1 : 0;
    // below the bits: formula, value, neighbours
    const float top = area.y + t.heading * 1.7F, below = t.heading * 1.15F + t.big * 1.15F + t.label * 3.2F;
    const float h = std::max(60.0F, std::min({area.h * 0.46F, 200.0F, area.bottom() - top - below}));
    float_bits::draw_bits(canvas, view, t, {area.x, top, area.w, h}, *d.format, d.now().code, {.covered = !view.revealed || read == 0, .action = "flip", .shown = read});
    draw_reading(canvas, d, view, t, {area.x, top + h + t.label * 0.6F, area.w, area.bottom() - top - h});
}

/// One format of the list: bits, what it makes of x, how far off.
void draw_format_row(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect row, std::size_t i) {
    const FormatInfo& f = fp8::formats()[i];
    const Written& w = d.in[i];
    const bool mine = i == d.chosen(), told = view.revealed && view.stage >= kRound;
    if (mine) canvas.fill_rect({row.x - 10, row.y + 2, row.w + 20, row.h - 4}, t.band_cool, 8);
    const float y = row.center().y + t.body * 0.35F, name = t.body * 3.2F, value = row.w * 0.27F, error = row.w * 0.17F;
    canvas.text({row.x, y}, f.name, {.size = t.body, .color = t.ink, .weight = mine ? Weight::kBold : Weight::kRegular});
    const float h = std::min(row.h * 0.5F, t.label);
    const float bits = row.w - name - value - error - 24;
    const float_bits::FieldColors c = float_bits::field_colors(t);
    const float cell = bits / 32;
    for (int b = 0; b < f.bits(); ++b) {
        const auto& color = b == 0 ? c.sign : b <= f.exponent_bits ? c.exponent : c.mantissa;
        const bool set = told && (w.code >> static_cast<unsigned>(f.bits() - 1 - b) & 1U) != 0;
        const Rect box{row.x + name + cell * static_cast<float>(b) + 0.5F, row.center().y - h / 2, cell - 1, h};
        canvas.fill_rect(box, set ? color.outline : mix(t.ground, color.outline, 0.24F), 1.5F);
    }
    TextStyle number_style = body(t, Align::kRight);
    number_style.weight = mine ? Weight::kBold : Weight::kRegular;
    const std::string text = told ? value_text(w.value) : "?";
    number_style.size = float_bits::fit(canvas, text, number_style, value);
    canvas.text({row.right() - error, y}, text, number_style);
    if (told && w.overflow) float_bits::draw_overflow_mark(canvas, t, {row.right() - t.label * 0.5F, row.center().y}, t.label * 0.8F);
    else if (told && w.underflow) float_bits::draw_underflow_mark(canvas, t, {row.right() - t.label * 0.5F, row.center().y}, t.label * 0.8F);
    else float_bits::draw_fitted(canvas, {row.right(), y}, told ? error_text(w) : "?", label(t, Align::kRight), error - 16);
    canvas.region({{row.x - 10, row.y, row.w + 20, row.h}, std::nullopt, fmt::format("format {}", f.id), std::string(f.name)});
}

void draw_list(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "formats");
    const float head = t.heading * 1.6F;
    float_bits::draw_fitted(canvas, {area.x, area.y + t.heading}, tr(view.lang, "floats.list", {{"x", shown_text(d)}}), heading(t), area.w * 0.66F);
    float_bits::draw_fitted(canvas, {area.right(), area.y + t.heading}, tr(view.lang, "floats.list.error"), caption(t, Align::kRight), area.w * 0.3F);
    const float pitch = std::min((area.h - head) / static_cast<float>(d.in.size()), t.body * 4.0F);
    for (std::size_t i = 0; i < d.in.size(); ++i) draw_format_row(canvas, d, view, t, {area.x, area.y + head + pitch * static_cast<float>(i), area.w, pitch}, i);
}

}  // namespace

void draw_bits_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float top = area.h * 0.42F, gap = t.heading * 0.8F;
    draw_number_line(canvas, d, view, t, {area.x, area.y, area.w, top});
    canvas.line({area.x, area.y + top + gap / 2}, {area.right(), area.y + top + gap / 2}, {.color = t.hairline, .width = t.line});
    const float y = area.y + top + gap, h = area.h - top - gap, between = area.w * 0.05F, left = area.w * 0.54F;
    draw_editor(canvas, d, view, t, {area.x, y, left, h});
    draw_list(canvas, d, view, t, {area.x + left + between, y, area.w - left - between - 10, h});
}

}  // namespace dg::viz::floats
