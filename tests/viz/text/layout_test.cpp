#include "viz/text/layout.h"

#include "engine/base/rng.h"
#include "viz/canvas/log_canvas.h"
#include "viz/text/line_break.h"
#include "viz/text/utf8.h"

#include <gtest/gtest.h>

namespace dg::viz {
namespace {

// the log canvas measures by rule: wide characters 1 em, others 0.56 em
class Layout : public testing::Test {
  protected:
    LogCanvas canvas_{{0, 0, 1000, 1000}};
    TextStyle style_{10, Color::hex(0)};

    std::vector<std::string> lines(std::string_view text, float width) const {
        const std::vector<viz::Run> runs = {{std::string(text), {}, {}, Script::kNormal}};
        std::vector<std::string> out;
        for (const TextLine& line : wrap(canvas_, runs, width, style_))
            out.push_back(plain_text(line.runs));
        return out;
    }
};

using Lines = std::vector<std::string>;

TEST_F(Layout, ChineseBreaksAnywhereButNotBeforeClosingMarks) {
    EXPECT_EQ(lines("湖南大学在长沙", 40), (Lines{"湖南大学", "在长沙"}));
    EXPECT_EQ(lines("湖南大学，在长沙", 40), (Lines{"湖南大", "学，在长", "沙"}));
    EXPECT_EQ(lines("湖南大（学）", 40), (Lines{"湖南大", "（学）"}));
    EXPECT_EQ(lines("从谁那里……取", 50), (Lines{"从谁那", "里……取"}));
}

TEST_F(Layout, EnglishBreaksAtBlanksAndHyphens) {
    EXPECT_EQ(lines("to be or not", 40), (Lines{"to be", "or not"}));
    EXPECT_EQ(lines("end-to-end", 30), (Lines{"end-", "to-", "end"}));
    EXPECT_EQ(lines("minus -3.14 stays", 40), (Lines{"minus", "-3.14", "stays"}));
    EXPECT_EQ(lines("unbreakable", 30), (Lines{"unbre", "akabl", "e"}));
    EXPECT_EQ(lines("a\u00A0b c", 20), (Lines{"a\u00A0b", "c"}));
}

TEST_F(Layout, MixedTextKeepsWordsWhole) {
    EXPECT_EQ(lines("用softmax归一", 55), (Lines{"用softmax", "归一"}));
    EXPECT_EQ(lines("第 12 层，占 88.4%。", 60), (Lines{"第 12 层，", "占 88.4%。"}));
    EXPECT_EQ(lines("一\n\n二", 60), (Lines{"一", "", "二"}));
}

TEST_F(Layout, PropertiesHoldForAnyText) {
    const std::u32string alphabet = U"ab c-学习大模型，。（）“”…—3.5%\n";
    const std::u32string first_forbidden = U"，。）”…—%", last_forbidden = U"（“";
    Rng rng(11);
    for (int round = 0; round < 300; ++round) {
        std::u32string text;
        for (int i = 0; i < 60; ++i)
            text += alphabet[rng.below(static_cast<std::uint32_t>(alphabet.size()))];
        const float width = 30 + static_cast<float>(rng.below(100));
        const std::vector<viz::Run> runs = {
            {encode_utf8(text.substr(0, 20)), {}, {}, Script::kNormal},
            {encode_utf8(text.substr(20)), Color::hex(1), {}, Script::kNormal}};
        std::u32string rejoined;
        for (const TextLine& line : wrap(canvas_, runs, width, style_)) {
            const std::u32string shown = decode_utf8(plain_text(line.runs));
            EXPECT_LE(line.width, width + 1e-3F);
            rejoined += shown;
        }
        const auto solid = [](std::u32string s) {
            std::erase_if(s, [](char32_t c) { return c == U' ' || c == U'\n'; });
            return s;
        };
        EXPECT_EQ(solid(rejoined), solid(text)) << "nothing may get lost";
    }
    for (const char32_t c : first_forbidden) EXPECT_FALSE(may_break(U'学', c));
    for (const char32_t c : last_forbidden) EXPECT_FALSE(may_break(c, U'学'));
    EXPECT_TRUE(may_break(U'学', U'a'));
    EXPECT_FALSE(may_break(U'a', U'b'));
    EXPECT_FALSE(may_break(U'a', U' '));
    EXPECT_TRUE(may_break(U'，', U'“'));
}

TEST_F(Layout, MarksBecomeRuns) {
    const ColorNames names = {{"q", Color::hex(0x0068A3)}};
    const auto runs = parse_rich("查询 [[q|Q]] **很重要**：c_{kv} 与 10^{6}", names);
    ASSERT_EQ(runs.size(), 8U);
    EXPECT_EQ(runs[1], (viz::Run{"Q", Color::hex(0x0068A3), Weight::kBold, Script::kNormal}));
    EXPECT_EQ(runs[3], (viz::Run{"很重要", {}, Weight::kBold, Script::kNormal}));
    EXPECT_EQ(runs[5], (viz::Run{"kv", {}, {}, Script::kSub}));
    EXPECT_EQ(runs[7], (viz::Run{"6", {}, {}, Script::kSuper}));
    EXPECT_EQ(plain_text(runs), "查询 Q 很重要：ckv 与 106");
}

TEST_F(Layout, BrokenMarksStayText) {
    for (const char* text : {"a ** b", "[[q|Q", "[[none|Q]]", "x_{i", "2 * 3", "[[q]]"}) {
        EXPECT_EQ(plain_text(parse_rich(text, {{"q", Color{}}})), text);
    }
}

TEST_F(Layout, BoxReturnsTheHeightItUses) {
    const BoxStyle style{style_, 1.6F, 0};
    EXPECT_FLOAT_EQ(box_height(canvas_, 40, "湖南大学在长沙", style), 32);
    EXPECT_FLOAT_EQ(draw_box(canvas_, {100, 200, 40, 0}, "湖南大学在长沙", style), 32);
    ASSERT_EQ(canvas_.texts().size(), 2U);
    EXPECT_FLOAT_EQ(canvas_.texts()[0].box.x, 100);
    EXPECT_GT(canvas_.texts()[0].box.y, 200);
    EXPECT_LT(canvas_.texts()[1].box.bottom(), 232);
}

TEST_F(Layout, BoxEndsInAnEllipsisWhenItMust) {
    const BoxStyle style{style_, 1.5F, 2};
    draw_box(canvas_, {0, 0, 40, 0}, "湖南大学在长沙岳麓山下", style);
    ASSERT_EQ(canvas_.texts().size(), 2U);
    EXPECT_EQ(canvas_.texts()[1].text, "在长沙…");
}

TEST_F(Layout, CenteredAndRightBoxes) {
    BoxStyle style{style_, 1.5F, 0};
    style.text.align = Align::kRight;
    draw_box(canvas_, {0, 0, 100, 0}, "学", style);
    EXPECT_FLOAT_EQ(canvas_.texts()[0].box.right(), 100);
    style.text.align = Align::kCenter;
    draw_box(canvas_, {0, 0, 100, 0}, "学", style);
    EXPECT_FLOAT_EQ(canvas_.texts()[1].box.x, 45);
}

TEST_F(Layout, ElisionKeepsBothEnds) {
    EXPECT_EQ(elide_middle(canvas_, "short", 100, style_), "short");
    const std::string cut = elide_middle(canvas_, "layers.3.attn.probs", 60, style_);
    EXPECT_LE(canvas_.measure(cut, style_).width, 60);
    EXPECT_EQ(cut, "layer…robs");
    EXPECT_EQ(elide_middle(canvas_, "学习", 1, style_), "…");
}

TEST_F(Layout, FittingSizeShrinksToTheWidth) {
    TextStyle style = style_;
    style.size = 48;
    EXPECT_FLOAT_EQ(fitting_size(canvas_, "学", 100, style, 10), 48);
    EXPECT_FLOAT_EQ(fitting_size(canvas_, "学习大模", 100, style, 10), 25);
    EXPECT_FLOAT_EQ(fitting_size(canvas_, "学习大模", 10, style, 10), 10);
}

}  // namespace
}  // namespace dg::viz
