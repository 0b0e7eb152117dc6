// What the scenes floats and fp8 draw alike: the bits of a code in their colours, exact values and the
// formula with its real operands, the marks of overflow and underflow.
#pragma once

#include "engine/fp8/catalogue.h"
#include "viz/scenes/widgets.h"

#include <string>

namespace dg::viz::float_bits {

/// Hues of the three fields: fill of a set bit, outline, ink of words.
struct FieldColor {
    Color set, outline, ink;
};

struct FieldColors {
    FieldColor sign, exponent, mantissa;
};

FieldColors field_colors(const Theme& theme);

/// "3.25", "0.1015625", "2⁻⁹", "3.403×10³⁸", "NaN": exact where that is short.
std::string value_text(double value);
/// Powers of two as such (2⁻⁶), others as value_text.
std::string power_text(double value);
/// "0x45", as many digits as the format needs.
std::string code_text(const fp8::FormatInfo& format, std::uint32_t code);

/// "+1 × 2⁸⁻⁷ × (1 + 5/8)"; of a reserved code what it would be.
std::string formula_text(const fp8::FormatInfo& format, std::uint32_t code);

/// How a row of bits is drawn.
struct BitStyle {
    bool digits = true;
    bool labels = true;    // field names with their numbers below
    bool covered = false;  // "?" instead of digits
    std::string action = {};  // clicking bit i does "<action> i"; empty: nothing
    double shown = 1;      // bits appear from the left: 0 .. 1
};

/// The bits of a code within `area` (labels below the boxes included); returns the boxes' rectangle.
Rect draw_bits(Canvas& canvas, const View& view, const Theme& theme, Rect area, const fp8::FormatInfo& format, std::uint32_t code,
               const BitStyle& style);

/// Filled triangles: ▲ overflow, ▽ underflow to zero (outlined).
void draw_overflow_mark(Canvas& canvas, const Theme& theme, Vec2 center, float size);
void draw_underflow_mark(Canvas& canvas, const Theme& theme, Vec2 center, float size);

/// The theme with its type shrunk on pages smaller than 1600 x 900.
Theme fitted(const View& view, Rect page);

/// The colour of a number format's curves and dots ("f32", "chaos", "bf16", "fp8", "fp8-tensor", ...): the same in every picture.
Color numerics_color(const Theme& theme, std::string_view numerics);

/// Size of `style` or less, so that the text fits into `width`; never under 0.6 of it.
float fit(const Canvas& canvas, std::string_view text, TextStyle style, float width);
/// Text of at most `width`: shrunk, then cut in the middle.
void draw_fitted(Canvas& canvas, Vec2 at, std::string_view text, TextStyle style, float width);
/// What was published, at the foot of `area`, in the manner of quotations: its own frame and dot.
void draw_quotation(Canvas& canvas, const View& view, const Theme& theme, std::string_view words, Rect area);

}  // namespace dg::viz::float_bits
