// Formulas: a subset of TeX set as boxes on a Canvas, the same in window, PNG, SVG and PDF.
//     x_i^2  {..}  \frac{a}{b}  \sqrt{x}  \sum_{j \le i}  \prod  \int  \max  \exp  \left( ..
//     \right)  \text{..}  \mathrm{..} \mathbf{..}  \operatorname{..}  \hat x  \bar x  \tilde x
//     \cdot \times \le \ge \ne \approx \in \to \infty \nabla \partial \odot \oplus \otimes \sigma
//     \Sigma ... \, \; \quad   (the whole list: formula_symbols.cpp)
// Letters are the italic of the text's own family, digits and words upright, Chinese allowed
// anywhere.
#pragma once

#include "engine/base/result.h"
#include "viz/canvas/canvas.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dg::viz {

/// Names of colours in formulas: "q" -> theme.q.ink.
using ColorNames = std::map<std::string, Color, std::less<>>;

struct FormulaStyle {
    float size = 20;
    Color color;
    /// Symbols that have a role: "q", "\\alpha" or with scripts "c_{kv}" (blanks removed). Scripts
    /// take their symbol's colour.
    ColorNames roles;
    bool display = true;  // limits above and below \sum \prod \max; false: beside them
};

/// One thing to draw; positions relative to the left end of the baseline.
struct FormulaPiece {
    enum class Kind { kText, kRule, kStroke };
    Kind kind = Kind::kText;
    Vec2 at;
    std::string text;
    float size = 0;      // kText: em; kStroke: line width
    float w = 0, h = 0;  // kRule
    Color color;
    Weight weight = Weight::kRegular;
    Path path;  // kStroke, relative to `at`
};

struct FormulaBox {
    float width = 0, up = 0, down = 0;  // above and below the baseline
    std::vector<FormulaPiece> pieces;
};

/// Error codes: formula_unknown (args command, column), formula_brace (column), formula_argument
/// (command, column), formula_delimiter (column).
Result<FormulaBox> layout_formula(const Canvas& canvas, std::string_view tex,
                                  const FormulaStyle& style);
/// Size of the formula; of its source text when that is faulty.
TextSize measure_formula(const Canvas& canvas, std::string_view tex, const FormulaStyle& style);
/// Draws with the left end of the baseline at `at`; a faulty formula shows its source. Returns the
/// width.
float draw_formula(Canvas& canvas, Vec2 at, std::string_view tex, const FormulaStyle& style);

}  // namespace dg::viz
