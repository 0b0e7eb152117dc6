// The attention scene as a page: nothing leaves it, nothing covers another, known drawings, time to
// build.
#include "tests/viz/scenes/attention_fixture.h"
#include "tests/viz/scenes/scene_testing.h"
#include "viz/canvas/mesh_canvas.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

namespace dg::viz {
namespace {

/// The middle of a text's box: what must stay clear of other texts. The log's letters are wider
/// than real ones.
Rect ink_box(const LogCanvas::DrawnText& text) {
    const Rect& b = text.box;
    return {b.x + b.w * 0.08F, b.y + b.h * 0.3F, b.w * 0.84F, b.h * 0.4F};
}

TEST(AttentionPage, NoTextLeavesThePageOrCoversAnother) {
    const std::string prompts[] = {"湖南大学 Hunan University",
                                   kPrompt,
                                   "a",
                                   long_prompt(24),
                                   long_prompt(64),
                                   long_prompt(300)};
    for (const std::string& prompt : prompts) {
        const auto d = data_of(prompt);
        for (const char* show : {"map", "row"})
            for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1280, 720},
                                    Rect{420, 48, 1120, 960}, Rect{0, 0, 860, 560}})
                for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector})
                    for (const Lang lang : {Lang::kZh, Lang::kEn})
                        for (int stage = 0; stage < 5; ++stage) {
                            if (id == ThemeId::kProjector && page.w < 1280) continue;
                            LogCanvas canvas(page);
                            attention_scene().draw(canvas, *d, params_of({{"show", show}}),
                                                   view_at(stage, 1, lang, id));
                            const std::string at =
                                fmt::format("{} tokens {} {}x{} {} {} stage {}", d->tokens, show,
                                            page.w, page.h, theme(id).name, lang_name(lang), stage);
                            expect_text_on_page(canvas, at);
                            if (testing::Test::HasFailure()) return;
                        }
    }
}

TEST(AttentionPage, NoTextCoversAnother) {
    for (const std::string& prompt :
         {std::string("湖南大学 Hunan University"), std::string(kPrompt), long_prompt(24)}) {
        const auto d = data_of(prompt);
        for (const char* show : {"map", "row"})
            for (const Rect page :
                 {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1280, 720}, Rect{420, 48, 1120, 960}})
                for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector})
                    for (const Lang lang : {Lang::kZh, Lang::kEn}) {
                        LogCanvas canvas(page);
                        attention_scene().draw(canvas, *d, params_of({{"show", show}}),
                                               view_at(attention::kMix, 1, lang, id));
                        const auto& texts = canvas.texts();
                        for (std::size_t i = 0; i < texts.size(); ++i)
                            for (std::size_t j = 0; j < i; ++j) {
                                // the ink of a line is about its x-height, not its whole box
                                const Rect a = ink_box(texts[i]), b = ink_box(texts[j]);
                                EXPECT_FALSE(a.x < b.right() && b.x < a.right() &&
                                             a.y < b.bottom() && b.y < a.bottom())
                                    << texts[i].text << " / " << texts[j].text << " " << show << " "
                                    << page.w << " " << theme(id).name << " " << lang_name(lang)
                                    << " " << d->tokens;
                            }
                        if (testing::Test::HasFailure()) return;
                    }
    }
}

TEST(AttentionPage, GoldenDrawings) {
    const auto d = data_of("a fluffy blue");
    for (const char* show : {"map", "row"}) {
        LogCanvas canvas({0, 0, 1280, 720});
        attention_scene().draw(canvas, *d, params_of({{"show", show}, {"heads", "false"}}),
                               view_at(attention::kMix, 1));
        expect_golden(std::string("attention_") + show, canvas.log());
    }
}

class NoPixels final : public MeshSink {
  public:
    void set_clip(std::optional<PixelRect>) override {}

    void add(const Texture&, const Mesh& mesh) override { vertices += mesh.vertices.size(); }

    std::size_t vertices = 0;
};

TEST(AttentionPage, AMapOf256TokensIsBuiltWithinAFrame) {
    const auto d = data_of(long_prompt(256));
    const Params params = params_of();
    GlyphAtlas atlas;
    double best = 1e9;
    NoPixels sink;
    for (int round = 0; round < 12; ++round) {
        MeshCanvas canvas(sink, atlas, {0, 0, 1920, 1080}, {0, 0}, 1);
        const auto start = std::chrono::steady_clock::now();
        attention_scene().draw(canvas, *d, params, view_at(attention::kMix, 1));
        best = std::min(best, std::chrono::duration<double, std::milli>(
                                  std::chrono::steady_clock::now() - start)
                                  .count());
    }
    EXPECT_GT(sink.vertices, 10000U);
    std::printf(
        "[   TIME   ] attention map of 256 tokens, triangles and regions: %.2f ms (aim 4)\n", best);
    RecordProperty("milliseconds", fmt::format("{:.2f}", best));
    EXPECT_LT(best,
              40);  // ten times the aim: a build with sanitizers on a busy machine still passes
}

}  // namespace
}  // namespace dg::viz
