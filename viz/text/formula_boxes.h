// Building blocks of formulas: pieces side by side, fractions, roots, accents and brackets that
// grow.
#pragma once

#include "viz/text/formula.h"

namespace dg::viz {

/// How a part of a formula is set.
struct FormulaMode {
    float size = 20;
    Color color;
    bool display = true;   // limits above and below
    bool upright = false;  // letters not italic
    bool roles = true;     // look symbols up among the roles: not inside scripts
    Weight weight = Weight::kRegular;
};

inline constexpr float kFormulaAxis =
    0.30F;  // fraction bars and operators are centred here above the baseline, in em

/// Puts a box into another at (x, y) from its baseline's left end; the outer box grows.
void place_box(FormulaBox& into, FormulaBox from, float x, float y);
FormulaBox fraction_box(FormulaBox top, FormulaBox low, const FormulaMode& m);
FormulaBox root_box(FormulaBox inner, const FormulaMode& m);
/// name: hat, bar or tilde.
FormulaBox accent_box(FormulaBox inner, std::string_view name, const FormulaMode& m);
/// The content between two brackets as tall as it is; '.' or 0 = no bracket.
FormulaBox fenced_box(FormulaBox inner, char32_t open, char32_t close, const FormulaMode& m);

}  // namespace dg::viz
