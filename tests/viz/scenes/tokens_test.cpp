// What the tokens scene shows is what the tokenizer does.
#include "viz/scenes/tokens.h"

#include "tests/viz/scenes/attention_support.h"
#include "tests/viz/scenes/scene_testing.h"
#include "viz/scenes/tokens_picture.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace dg::viz {
namespace {

using testing::HasSubstr;
using testing::Not;
using tokens::Data;

const std::vector<std::string>& texts() {
    static const std::vector<std::string> kTexts = {
        "湖南大学 Hunan University",
        "The university is on the river, and the creature saw it.",
        "岳麓书院在长沙",
        "👍🏽 ok\n\t x",
        "a",
        "<|doc|>a fluffy<|end|>",
        std::string(100, 'a') + " roamed the forest",
        "湖南大学在长沙。湖南大学是一所大学，岳麓书院在湖南大学。Hunan University is a university "
        "in Changsha."};
    return kTexts;
}

std::shared_ptr<const Data> data_of(const std::string& text, std::int64_t merges = -1,
                                    std::int64_t focus = 0) {
    return tokens::make_data(small_model(), text, merges, focus).value();
}

Params params_of() {
    return parse_params(tokens_scene().params, {}).value();
}

View view_at(int stage, double u, Lang lang = Lang::kEn, ThemeId id = ThemeId::kLight) {
    View v;
    v.stage = stage, v.u = u, v.lang = lang, v.theme = id, v.presenter = id == ThemeId::kProjector;
    return v;
}

std::map<std::string, double> observed(const Data& d) { return by_name(tokens::observe(d)); }

TEST(TokensScene, EverySliderPositionIsTheTokenizersCut) {
    const auto all = static_cast<std::int32_t>(small_tokenizer().merges().size());
    ASSERT_GT(all, 100);
    for (const std::string& text : texts()) {
        const auto d = data_of(text);
        ASSERT_EQ(d->all_merges(), all);
        for (std::int32_t m = 0; m <= all; ++m) {
            const auto spans = small_tokenizer().encode_spans(text, true, m);
            const auto roots = d->roots(m);
            ASSERT_EQ(roots.size(), spans.size()) << text << " after " << m;
            ASSERT_EQ(d->tokens_at[static_cast<std::size_t>(m)],
                      static_cast<std::int64_t>(spans.size()))
                << text << " after " << m;
            for (std::size_t i = 0; i < spans.size(); ++i) {
                ASSERT_EQ(d->node(roots[i]).id, spans[i].id) << text << " after " << m;
                ASSERT_EQ(d->node(roots[i]).bytes,
                          (tokens::Range{static_cast<std::int64_t>(spans[i].begin),
                                         static_cast<std::int64_t>(spans[i].end)}));
            }
        }
    }
}

TEST(TokensScene, ObservablesEqualIndependentCounts) {
    const auto d = data_of("湖南大学 Hunan University");
    auto o = observed(*d);
    EXPECT_EQ(o["bytes"], 29);
    EXPECT_EQ(o["characters"], 21);
    EXPECT_EQ(o["han"], 4);
    EXPECT_EQ(o["han_bytes"], 12);
    EXPECT_EQ(o["han_bytes_per_char"], 3);
    EXPECT_EQ(o["roundtrip"], 1);
    EXPECT_EQ(o["words"], 3);
    const auto ids = small_tokenizer().encode(d->text);
    EXPECT_EQ(o["tokens"], static_cast<double>(ids.size()));
    for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(o[fmt::format("id[{}]", i)], ids[i]);
    EXPECT_EQ(o["tokens_at[0]"], 29);
    EXPECT_EQ(o["merges_used"], 29 - static_cast<double>(ids.size()));
    EXPECT_LE(o["largest_rise"], 0);
    EXPECT_DOUBLE_EQ(o["bytes_per_char"], 29.0 / 21);
    EXPECT_DOUBLE_EQ(o["tokens_per_word"], static_cast<double>(ids.size()) / 3);
    for (const std::string& text : texts())
        EXPECT_EQ(observed(*data_of(text))["roundtrip"], 1) << text;
}

TEST(TokensScene, TheSliderStopsWhereItIsSet) {
    const auto d = data_of("湖南大学 Hunan University", 20);
    EXPECT_EQ(observed(*d)["tokens"],
              static_cast<double>(small_tokenizer().encode_spans(d->text, true, 20).size()));
    EXPECT_EQ(tokens::slider_at(*d, view_at(tokens::kBytes, 1)), 0);
    EXPECT_EQ(tokens::slider_at(*d, view_at(tokens::kMerge, 1)), 20);
    EXPECT_EQ(tokens::slider_at(*d, view_at(tokens::kTokens, 0)), 20);
    double last = -1;
    for (double u = 0; u <= 1; u += 0.1) {
        const double now = tokens::slider_at(*d, view_at(tokens::kMerge, u));
        EXPECT_GT(now, last);
        last = now;
    }
    // only merges up to the slider are drawn
    LogCanvas canvas({0, 0, 1920, 1080});
    tokens::draw(canvas, *d, params_of(), view_at(tokens::kTokens, 1));
    std::set<std::string> pills;
    for (const Region& r : canvas.regions()) {
        if (r.tip.starts_with("merge ")) pills.insert(r.action);
    }
    std::set<std::string> expected;
    for (const tokens::Node& n : d->nodes) {
        if (n.number > 0 && n.number <= 20) expected.insert(fmt::format("set merges={}", n.number));
    }
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(pills, expected);
}

TEST(TokensScene, PillsHangBelowTheirPartsAndNeverTouch) {
    for (const std::string& text : texts())
        for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector})
            for (const Rect page : {Rect{0, 0, 1720, 800}, Rect{0, 0, 1150, 480}}) {
                const auto d = data_of(text);
                LogCanvas canvas(page);
                const tokens::Layout l =
                    tokens::lay_out(canvas, *d, view_at(2, 1, Lang::kEn, id), page);
                for (std::size_t i = 0; i < l.pills.size(); ++i) {
                    if (l.pills[i].w == 0) continue;
                    for (const int part : {d->nodes[i].left, d->nodes[i].right}) {
                        const Rect& above = l.pills[static_cast<std::size_t>(part)];
                        EXPECT_TRUE(above.w == 0 || l.pills[i].y >= above.bottom()) << text;
                    }
                    for (std::size_t j = 0; j < i; ++j) {
                        const Rect &a = l.pills[i], &b = l.pills[j];
                        if (b.w == 0) continue;
                        EXPECT_FALSE(a.x < b.right() && b.x < a.right() && a.y < b.bottom() &&
                                     b.y < a.bottom())
                            << text << " " << i << " " << j;
                    }
                }
            }
}

TEST(TokensScene, NoTextLeavesThePage) {
    for (const std::string& text : texts()) {
        for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1280, 720},
                                Rect{420, 48, 1120, 960}, Rect{0, 0, 860, 560}})
            for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector})
                for (const Lang lang : {Lang::kZh, Lang::kEn})
                    for (int stage = 0; stage < 3; ++stage)
                        for (const std::int64_t merges :
                             {std::int64_t{0}, std::int64_t{15}, std::int64_t{-1}}) {
                            if (id == ThemeId::kProjector && page.w < 1280) continue;
                            const auto d = data_of(text, merges);
                            LogCanvas canvas(page);
                            tokens::draw(canvas, *d, params_of(), view_at(stage, 1, lang, id));
                            const std::string at =
                                fmt::format("{} {}x{} {} {} stage {} merges {}", text, page.w,
                                            page.h, theme(id).name, lang_name(lang), stage, merges);
                            EXPECT_THAT(canvas.log(), Not(HasSubstr("\xEF\xBF\xBD"))) << at;
                            expect_text_on_page(canvas, at);
                            if (testing::Test::HasFailure()) return;
                        }
    }
}

TEST(TokensScene, GoldenDrawing) {
    const auto d = data_of("大学 is", 60);
    LogCanvas canvas({0, 0, 1280, 720});
    tokens::draw(canvas, *d, params_of(), view_at(tokens::kTokens, 1));
    expect_golden("tokens", canvas.log());
}

TEST(TokensScene, CutCharactersAreSaid) {
    const auto d = data_of("学", 0);
    LogCanvas canvas({0, 0, 1920, 1080});
    tokens::draw(canvas, *d, params_of(), view_at(tokens::kTokens, 1));
    int parts = 0;
    for (const auto& text : canvas.texts())
        parts += text.text == "1 of 3 bytes" || text.text == "1/3";
    EXPECT_EQ(parts, 3);
    EXPECT_THAT(canvas.log(), HasSubstr("E5"));
}

TEST(TokensScene, PagesShowEveryByteOfALongText) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += "湖南大学 Hunan University is on the river. ";
    std::set<std::int64_t> seen;
    std::int64_t focus = 0;
    for (int page = 0; page < 60; ++page) {
        const auto d = data_of(text, -1, focus);
        LogCanvas canvas({0, 0, 1920, 1080});
        tokens::draw(canvas, *d, params_of(), view_at(tokens::kTokens, 1));
        const tokens::Layout l =
            tokens::lay_out(canvas, *d, view_at(tokens::kTokens, 1), {96, 150, 1728, 800});
        EXPECT_LE(l.shown.size(), tokens::kMostBytes);
        EXPECT_GE(l.byte_w, 20);
        for (std::int64_t byte = l.shown.begin; byte < l.shown.end; ++byte) seen.insert(byte);
        for (const tokens::Range& word : d->words) {
            const bool cut =
                l.shows(word) && (word.begin < l.shown.begin || word.end > l.shown.end);
            EXPECT_FALSE(cut) << "word cut at page " << page;
        }
        if (l.shown.end == d->bytes()) break;
        EXPECT_THAT(canvas.log(), HasSubstr("›"));
        focus = l.shown.end;
    }
    EXPECT_EQ(seen.size(), text.size());
}

TEST(TokensScene, WrongSettingsAreNamed) {
    const auto code = [](const std::string& text, std::int64_t merges, std::int64_t focus) {
        const auto made = tokens::make_data(small_model(), text, merges, focus);
        EXPECT_FALSE(made.has_value());
        for (const Lang lang : {Lang::kZh, Lang::kEn})
            EXPECT_EQ(describe(lang, made.error()).find('{'), std::string::npos);
        return made.error().code;
    };
    EXPECT_EQ(code("", -1, 0), "empty_prompt");
    EXPECT_EQ(code("a", 100000, 0), "tokens_merges");
    EXPECT_EQ(code("湖", -1, 3), "tokens_focus");
}

}  // namespace
}  // namespace dg::viz
