#include "viz/text/fonts.h"

#include "viz/canvas/backends.h"
#include "viz/canvas/mesh_canvas.h"
#include "viz/canvas/pdf_canvas.h"
#include "viz/canvas/svg_canvas.h"
#include "viz/text/utf8.h"

#include <gtest/gtest.h>

#include <thread>

namespace dg::viz {
namespace {

TEST(Utf8, RoundTripAndMalformedBytes) {
    const std::string text = "aé学𝑥\n";
    EXPECT_EQ(encode_utf8(decode_utf8(text)), text);
    EXPECT_EQ(decode_utf8("\xC3\x28"), U"\xFFFD(");
    EXPECT_EQ(decode_utf8("\xE5\xAD"), U"\xFFFD\xFFFD");            // cut in the middle
    EXPECT_EQ(decode_utf8("\xC0\x80"), U"\xFFFD\xFFFD");            // overlong
    EXPECT_EQ(decode_utf8("\xED\xA0\x80").front(), U'\xFFFD');      // surrogate
    EXPECT_EQ(decode_utf8("\xF4\x90\x80\x80").front(), U'\xFFFD');  // beyond Unicode
    EXPECT_TRUE(is_wide(U'学'));
    EXPECT_TRUE(is_wide(U'，'));
    EXPECT_FALSE(is_wide(U'a'));
    EXPECT_FALSE(is_wide(0x1D465));
}

class FontsTest : public testing::Test {
  protected:
    void SetUp() override {
        if (!Fonts::shared().problems().empty())
            GTEST_SKIP() << Fonts::shared().problems().front().plain();
    }

    const Fonts& fonts_ = Fonts::shared();

    float width(std::string_view text, Weight weight = Weight::kRegular) const {
        return fonts_.measure(text, {100, {}, weight}).width;
    }
};

TEST_F(FontsTest, ChineseFillsItsSquare) {
    EXPECT_FLOAT_EQ(width("学"), 100);
    EXPECT_FLOAT_EQ(width("湖南大学，"), 500);
    EXPECT_FLOAT_EQ(width("湖南大学", Weight::kBold), 400);
}

TEST_F(FontsTest, DigitsAndSignsAreTabular) {
    for (const Weight weight : {Weight::kRegular, Weight::kBold}) {
        const float zero = width("0", weight);
        for (const char* figure : {"1", "2", "3", "4", "5", "6", "7", "8", "9", "−", "+"})
            EXPECT_FLOAT_EQ(width(figure, weight), zero) << figure;
    }
    EXPECT_NEAR(width("0.111"), width("0.999"), 1e-3);
}

TEST_F(FontsTest, WidthIsTheSumAndGrowsWithTheSize) {
    EXPECT_NEAR(width("attention 注意力"), width("attention ") + width("注意力"), 1e-2);
    EXPECT_NEAR(fonts_.measure("query 查询", {25, {}}).width * 4, width("query 查询"), 1e-2);
    EXPECT_GT(width("bold", Weight::kBold), width("bold"));
    EXPECT_FLOAT_EQ(width(""), 0);
}

TEST_F(FontsTest, EveryScriptOfTheProgramHasGlyphs) {
    for (const char32_t c : std::u32string_view(
             U"aZ09学龘，。ΣσαβγδλμθφΩ√∞≤≥≠≈∈∇∂∏∑∫ℝ⟨⟩⊙⊗⊕·×÷±−→←↓↑⇒▲▽▶●○✓①②③␣₀₁₂ᵢⱼₖᵀ⁰ⁿ⁻²ℓ…—")) {
        EXPECT_TRUE(fonts_.covers(c)) << std::hex << static_cast<std::uint32_t>(c);
    }
    EXPECT_TRUE(fonts_.covers(0x1D465));  // italic x of the mathematical block: beyond 16 bits
}

TEST_F(FontsTest, QuotesFollowTheirSurroundings) {
    const float latin = width("a“b”c") - width("abc"),
                chinese = width("学“习”学") - width("学习学");
    EXPECT_FLOAT_EQ(chinese, 200);
    EXPECT_LT(latin, 120);
    EXPECT_FLOAT_EQ(width("和“the model”的") - width("和the model的"),
                    200);  // by what stands outside
    EXPECT_LT(width("the “学” token") - width("the 学 token"), 120);
    EXPECT_FLOAT_EQ(width("学……"), 300);
    EXPECT_LT(width("it’s"), 200);
}

TEST_F(FontsTest, MalformedTextIsBoxedNotFatal) {
    EXPECT_GT(width("\xFF\xFE"), 0);
    EXPECT_FLOAT_EQ(width("\x01\x02"), 0);
    EXPECT_EQ(fonts_.place("a b", 20, Weight::kRegular, true).glyphs.size(), 2U);
}

TEST_F(FontsTest, BitmapsMatchTheOutline) {
    const GlyphLine line = fonts_.place("学", 40, Weight::kRegular, true);
    const GlyphBitmap flat = fonts_.rasterize(line.glyphs[0].ref, 40, 0, false),
                      turned = fonts_.rasterize(line.glyphs[0].ref, 40, 0, true);
    EXPECT_NEAR(flat.width, turned.height, 1);
    EXPECT_NEAR(flat.height, turned.width, 1);
    EXPECT_GT(flat.width, 30);
    EXPECT_LE(flat.width, 41);
    EXPECT_FALSE(fonts_.outline(line.glyphs[0].ref).steps.empty());
    // half a pixel to the right moves ink, not size
    const GlyphBitmap shifted = fonts_.rasterize(line.glyphs[0].ref, 40, 0.5F, false);
    EXPECT_NE(shifted.coverage, flat.coverage);
}

TEST_F(FontsTest, ManyThreadsMeasureAlike) {
    const std::string text = "Each word 每个词 sends a query 发出查询 ∑√";
    const float expected = width(text);
    std::vector<std::jthread> threads;
    std::vector<float> results(4);
    for (std::size_t i = 0; i < results.size(); ++i) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 200; ++k)
                results[i] = width(text + std::to_string(k)) - width(std::to_string(k));
        });
    }
    threads.clear();
    for (const float r : results) EXPECT_NEAR(r, expected, 1e-2);
}

TEST(FontsMissing, ProgramDrawsBoxesAndSaysWhy) {
    const Fonts none(FontOptions{.system = false, .extra = {}});
    ASSERT_EQ(none.problems().size(), 1U);
    EXPECT_EQ(none.problems()[0].code, "fonts_none");
    EXPECT_FLOAT_EQ(none.measure("学a", {100, {}}).width, 160);
    EXPECT_TRUE(none.place("学", 10, Weight::kRegular, true).glyphs[0].ref.missing());
    EXPECT_TRUE(none.outline({}).steps.empty());

    SvgCanvas svg({0, 0, 100, 100}, none);
    svg.text({10, 50}, "学 a", {30, Color::hex(0)});
    const std::string document = svg.document({}, {});
    EXPECT_EQ(document.find("<use"), std::string::npos);
    EXPECT_NE(document.find("<rect x=\"0.1\""), std::string::npos);
    PdfCanvas pdf({0, 0, 100, 100}, {}, none);
    pdf.text({10, 50}, "学 a", {30, Color::hex(0)});
    EXPECT_TRUE(pdf.finish());
}

TEST(FontsMissing, UnreadableFilesAreSkipped) {
    const Fonts fonts(FontOptions{.system = false, .extra = {"/nowhere/font.ttf", __FILE__}});
    EXPECT_EQ(fonts.problems()[0].code, "fonts_none");
}

}  // namespace
}  // namespace dg::viz
