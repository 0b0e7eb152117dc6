#include "viz/text/formula.h"

#include "sample_text.h"
#include "viz/canvas/log_canvas.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dg::viz {
namespace {

class Formula : public testing::Test {
  protected:
    LogCanvas canvas_{{0, 0, 1000, 1000}};
    FormulaStyle style_{20, Color::hex(0x1B1F24), {}, true};

    FormulaBox box(std::string_view tex) const {
        const auto result = layout_formula(canvas_, tex, style_);
        EXPECT_TRUE(result) << (result ? "" : result.error().plain());
        return result ? *result : FormulaBox{};
    }

    std::string error(std::string_view tex) const {
        const auto result = layout_formula(canvas_, tex, style_);
        return result ? "" : result.error().code;
    }

    static const FormulaPiece* find(const FormulaBox& b, std::string_view text) {
        const auto it = std::ranges::find(b.pieces, text, &FormulaPiece::text);
        return it == b.pieces.end() ? nullptr : &*it;
    }
};

TEST_F(Formula, EverySampleIsSet) {
    for (const std::string& tex : sample_formulas()) {
        const FormulaBox b = box(tex);
        EXPECT_GT(b.width, 50) << tex;
        for (const FormulaPiece& p : b.pieces) {
            EXPECT_GE(p.at.x, -1) << tex;
            EXPECT_LE(p.at.x, b.width) << tex;
        }
    }
}

TEST_F(Formula, ScriptsAreSmallerAndShifted) {
    const FormulaBox b = box("x_1^2");
    const FormulaPiece *sub = find(b, "1"), *sup = find(b, "2");
    ASSERT_TRUE(sub && sup);
    EXPECT_GT(sub->at.y, 0);
    EXPECT_LT(sup->at.y, 0);
    EXPECT_LT(sub->size, 15);
    EXPECT_FLOAT_EQ(sub->at.x, sup->at.x);
    EXPECT_EQ(box("x^2_1").width, b.width);
}

TEST_F(Formula, FractionStacksAroundItsRule) {
    const FormulaBox b = box("\\frac{1}{22}");
    const FormulaPiece *top = find(b, "1"), *low = find(b, "22");
    const auto rule = std::ranges::find(b.pieces, FormulaPiece::Kind::kRule, &FormulaPiece::kind);
    ASSERT_TRUE(top && low && rule != b.pieces.end());
    EXPECT_LT(top->at.y, rule->at.y);
    EXPECT_GT(low->at.y, rule->at.y);
    EXPECT_GE(rule->w, 22);
    EXPECT_NEAR(top->at.x + 5.6F, low->at.x + 11.2F, 0.01F);  // both centred
}

TEST_F(Formula, LimitsGoBelowOnlyInDisplay) {
    const FormulaBox display = box("\\sum_{3}");
    style_.display = false;
    const FormulaBox inline_box = box("\\sum_{3}");
    EXPECT_GT(find(display, "3")->at.y, 15);
    EXPECT_LT(find(inline_box, "3")->at.y, 10);
    EXPECT_GT(inline_box.width, display.width);
}

TEST_F(Formula, MinusIsASignOrAnOperation) {
    EXPECT_TRUE(find(box("-1"), "−"));
    const float sign = box("-1").width, operation = box("2-1").width - box("2").width;
    EXPECT_GT(operation, sign + 5);
    EXPECT_NEAR(box("2=-1").width - box("2=").width, sign + 0.27F * 20, 0.1F);
}

TEST_F(Formula, RolesColourSymbolsWithTheirScripts) {
    style_.roles = {{"q", Color::hex(0x0068A3)},
                    {"c_{kv}", Color::hex(0x9E4277)},
                    {"\\alpha", Color::hex(0xB04A00)},
                    {"k", Color::hex(0x8A5A00)}};
    const FormulaBox b = box("q_1 + c_{k v} \\alpha - c + d_k");
    EXPECT_EQ(find(b, "1")->color, Color::hex(0x0068A3));
    EXPECT_EQ(find(b, "α")->color, Color::hex(0xB04A00));
    int latent = 0, key = 0;
    for (const FormulaPiece& p : b.pieces) {
        latent += p.color == Color::hex(0x9E4277) ? 1 : 0;
        key += p.color == Color::hex(0x8A5A00) ? 1 : 0;
    }
    EXPECT_EQ(latent, 3) << "c, k and v of c_{kv}; the bare c is another symbol";
    EXPECT_EQ(key, 0) << "the k of d_k is an index, not a key";
}

TEST_F(Formula, MistakesAreNamedWithTheirColumn) {
    EXPECT_EQ(error("\\frobnicate"), "formula_unknown");
    EXPECT_EQ(error("{x"), "formula_brace");
    EXPECT_EQ(error("x}"), "formula_brace");
    EXPECT_EQ(error("\\frac{1}"), "formula_argument");
    EXPECT_EQ(error("x^"), "formula_argument");
    EXPECT_EQ(error("\\text x"), "formula_argument");
    EXPECT_EQ(error("\\left( x"), "formula_delimiter");
    EXPECT_EQ(error("\\left"), "formula_delimiter");
    EXPECT_EQ(error("\\"), "formula_unknown");
    EXPECT_EQ(error(std::string(100000, '{')), "formula_brace")
        << "deep nesting must not overflow the stack";
    const auto result = layout_formula(canvas_, "a + \\nope", style_);
    EXPECT_EQ(result.error().args[1].second, "5");
    EXPECT_EQ(error(""), "");
}

TEST_F(Formula, FaultySourceIsShownAsText) {
    EXPECT_GT(draw_formula(canvas_, {10, 50}, "\\nope", style_), 0);
    ASSERT_EQ(canvas_.texts().size(), 1U);
    EXPECT_EQ(canvas_.texts()[0].text, "\\nope");
}

TEST_F(Formula, AnyCutOfASampleIsHandled) {
    for (const std::string& tex : sample_formulas()) {
        for (std::size_t n = 0; n < tex.size(); ++n) {
            const auto result = layout_formula(canvas_, tex.substr(0, n), style_);
            if (!result) {
                EXPECT_EQ(result.error().code.substr(0, 8), "formula_");
            }
        }
    }
}

TEST_F(Formula, DrawingStaysInTheMeasuredBox) {
    for (const std::string& tex : sample_formulas()) {
        LogCanvas canvas({0, 0, 2000, 1000});
        const TextSize size = measure_formula(canvas, tex, style_);
        draw_formula(canvas, {0, 500}, tex, style_);
        for (const auto& t : canvas.texts()) {
            EXPECT_GE(t.box.x, -0.1F) << tex;
            EXPECT_LE(t.box.right(), size.width + 0.1F) << tex << " " << t.text;
        }
    }
}

}  // namespace
}  // namespace dg::viz
