#include "viz/scenes/rich_text.h"

#include "tests/viz/scenes/fake_canvas.h"

#include <gmock/gmock.h>

namespace dg::viz {
namespace {

using testing::ElementsAre;

const Theme& t() { return theme(ThemeId::kLight); }

TEST(RichText, TagsColourWords) {
    const RichText r = rich(t(), "<q>blue</q> takes <b>0.58</b> of it", t().ink);
    ASSERT_EQ(r.size(), 4U);
    EXPECT_EQ(r[0], (RichPart{"blue", t().q.ink, Weight::kBold}));
    EXPECT_EQ(r[1], (RichPart{" takes ", t().ink, Weight::kRegular}));
    EXPECT_EQ(r[2], (RichPart{"0.58", t().ink, Weight::kBold}));
    EXPECT_EQ(plain(r), "blue takes 0.58 of it");
}

TEST(RichText, TagsNest) {
    const RichText r = rich(t(), "<k>a<b>b</b></k>", t().ink);
    EXPECT_EQ(plain(r), "ab");
    EXPECT_EQ(r[0].color, t().k.ink);
}

TEST(RichText, WhatIsNoTagIsText) {
    for (const char* text : {"a < b", "<x>y</x>", "<b>open", "</b>", "1<2>0", "<", ""}) EXPECT_EQ(plain(rich(t(), text, t().ink)), text);
    EXPECT_EQ(plain(rich(t(), rich_escape("<b>x</b> << <"), t().ink)), "<b>x</b> << <");
}

TEST(RichText, WrapsAtSpacesAndBetweenChineseCharacters) {
    const FakeCanvas canvas;
    const TextStyle style{.size = 10, .color = t().ink};
    EXPECT_THAT(wrap(canvas, "one two three four", style, 45), ElementsAre("one two", "three", "four"));
    EXPECT_THAT(wrap(canvas, "注意力机制。权重", style, 50), ElementsAre("注意力机", "制。权重"));  // no line begins with 。
    EXPECT_THAT(wrap(canvas, "他说（你好）", style, 30), ElementsAre("他说", "（你", "好）"));      // none ends with （
}

TEST(RichText, NoLineIsTooWideAndNothingIsLost) {
    const FakeCanvas canvas;
    const TextStyle style{.size = 10, .color = t().ink};
    const std::string text = "混合 mixture-of-experts 把 每个 token 送给 8 个专家，absurdlylongwordwithoutanybreak 结束。";
    std::string wanted;
    for (const char c : text) wanted += c == ' ' ? "" : std::string(1, c);
    for (float width = 12; width < 400; width += 7) {
        std::string joined;
        for (const std::string& line : wrap(canvas, text, style, width)) {
            EXPECT_LE(canvas.measure(line, style).width, width) << line;
            for (const char c : line) joined += c == ' ' ? "" : std::string(1, c);
        }
        EXPECT_EQ(joined, wanted) << "width " << width;
    }
}

TEST(RichText, ElideCutsTheMiddle) {
    const FakeCanvas canvas;
    const TextStyle style{.size = 10, .color = t().ink};
    EXPECT_EQ(elide(canvas, "creature", style, 40), "creature");
    const std::string cut = elide(canvas, "creature", style, 30);
    EXPECT_LE(canvas.measure(cut, style).width, 30);
    EXPECT_EQ(cut, "cre…re");
    EXPECT_EQ(elide(canvas, "creature", style, 0), "…");
}

TEST(RichText, Utf8) {
    EXPECT_EQ(utf8_length("学"), 3U);
    EXPECT_EQ(utf8_code("学"), U'学');
    EXPECT_EQ(utf8_length("\xE5\xAD"), 1U);  // cut character: byte by byte
    EXPECT_EQ(utf8_code("🙂"), U'🙂');
}

}  // namespace
}  // namespace dg::viz
