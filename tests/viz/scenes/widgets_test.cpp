#include "viz/scenes/widgets.h"

#include "tests/viz/scenes/fake_canvas.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace dg::viz {
namespace {

using testing::HasSubstr;

const Theme& t() { return theme(ThemeId::kLight); }

View view(Lang lang = Lang::kZh, ThemeId id = ThemeId::kLight) {
    View v;
    v.lang = lang, v.theme = id;
    return v;
}

bool overlap(Rect a, Rect b) { return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom(); }

PageText page_text() {
    return {.title = "Row <q>creature</q> takes <b>0.58</b> of <k>blue</k>, its neighbour on the left, and looks at nothing else",
            .subtitle = "一个查询走完五步：打分、缩放、掩码、归一、混合",
            .notes = {"Small maps: all six queries (rows) against six keys (columns).", "Scores: blue −, orange +, symmetric."},
            .badge = {.kind = Kind::kComputed, .detail = badge_detail(Lang::kZh, "mini", "3f9c0000aaaabbbb", "7")}};
}

TEST(Widgets, FrameLeavesRoomAndOverlapsNothing) {
    for (const ThemeId id : {ThemeId::kLight, ThemeId::kDark, ThemeId::kProjector, ThemeId::kPaper}) {
        for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1280, 720}, Rect{0, 0, 860, 560}, Rect{420, 48, 1388, 880}}) {
            if (id == ThemeId::kProjector && page.w < 1280) continue;  // projectors show 720 lines or more
            FakeCanvas canvas(page);
            const Rect place = draw_frame(canvas, view(Lang::kEn, id), page_text());
            EXPECT_GT(place.h, page.h * 0.3F) << theme(id).name << " " << page.w;
            EXPECT_EQ(canvas.depth, 0);
            for (std::size_t i = 0; i < canvas.texts.size(); ++i) {
                const Rect a = canvas.texts[i].box();
                EXPECT_GE(a.x, page.x) << canvas.texts[i].utf8;
                EXPECT_LE(a.right(), page.right()) << canvas.texts[i].utf8;
                EXPECT_FALSE(overlap(a, place)) << canvas.texts[i].utf8;
                for (std::size_t j = 0; j < i; ++j) {
                    EXPECT_FALSE(overlap(a.inset(1), canvas.texts[j].box().inset(1))) << canvas.texts[i].utf8 << " / " << canvas.texts[j].utf8;
                }
            }
        }
    }
}

TEST(Widgets, BadgeSaysKindModelAndSeed) {
    FakeCanvas canvas;
    const Rect r = draw_badge(canvas, view(), {1824, 1048}, page_text().badge);
    EXPECT_EQ(r.right(), 1824);
    EXPECT_THAT(canvas.all_text(), HasSubstr("实算 · mini 3f9c · 种子 7"));
    FakeCanvas other;
    draw_badge(other, view(Lang::kEn), {1824, 1048}, {.kind = Kind::kPublished, .detail = "V3 report, table 6"});
    EXPECT_THAT(other.all_text(), HasSubstr("published · V3 report, table 6"));
}

TEST(Widgets, ColourScalesDrawStrangeValuesAsThemselves) {
    const ColorScale weights{.min = 0, .max = 1};
    EXPECT_EQ(weights.color(t(), 0), t().sequential.front());
    EXPECT_EQ(weights.color(t(), 1), t().sequential.back());
    EXPECT_EQ(weights.color(t(), std::nan("")), t().error.fill);
    EXPECT_EQ(weights.color(t(), std::numeric_limits<double>::infinity()), t().error.fill);
    const ColorScale scores{.map = ColorScale::Map::kDiverging, .min = -2, .max = 2};
    EXPECT_EQ(scores.color(t(), 0), t().diverging[2]);
    EXPECT_EQ(scores.color(t(), -9), t().diverging.front());
    const ColorScale log{.min = 0.01, .max = 100, .log = true};
    EXPECT_EQ(log.color(t(), 1), t().sequential[3]);
    FakeCanvas canvas;
    draw_cell_mark(canvas, t(), {0, 0, 100, 60}, std::nan(""));
    EXPECT_EQ(canvas.hatches.size(), 1U);
    EXPECT_THAT(canvas.all_text(), HasSubstr("NaN"));
}

TEST(Widgets, ScaleCoversFiniteValues) {
    const std::vector<float> values = {-3, 1, std::numeric_limits<float>::infinity(), std::nanf("")};
    const ColorScale d = scale_for(values, ColorScale::Map::kDiverging, "score");
    EXPECT_EQ(d.min, -3);
    EXPECT_EQ(d.max, 3);
    const ColorScale s = scale_for(std::vector<float>{0.2F, 0.5F}, ColorScale::Map::kSequential, "weight");
    EXPECT_EQ(s.min, 0);
    EXPECT_EQ(s.max, 0.5);
}

TEST(Widgets, LegendSaysLimitsAndLog) {
    FakeCanvas canvas;
    draw_legend(canvas, view(Lang::kEn), {0, 0, 400, 60}, {.min = 0.01, .max = 100, .label = "cost (GPU h)", .log = true});
    EXPECT_THAT(canvas.all_text(), HasSubstr("cost (GPU h) · log scale"));
    EXPECT_THAT(canvas.all_text(), HasSubstr("0.01"));
    EXPECT_THAT(canvas.all_text(), HasSubstr("100"));
}

TEST(Widgets, TokenRowShowsAllOrARunAroundTheCurrentOne) {
    std::vector<std::string> labels;
    for (int i = 0; i < 5; ++i) labels.push_back("词" + std::to_string(i));
    FakeCanvas canvas;
    const TokenChips few = draw_token_row(canvas, view(), {0, 0, 800, 40}, labels, 2);
    EXPECT_EQ(few.rects.size(), 5U);
    for (int i = 0; i < 100; ++i) labels.push_back("tok" + std::to_string(i));
    for (const int current : {0, 50, 104}) {
        FakeCanvas many;
        const TokenChips run = draw_token_row(many, view(), {0, 0, 800, 40}, labels, current);
        EXPECT_LT(run.rects.size(), labels.size());
        EXPECT_LE(run.first, current);
        EXPECT_GT(run.first + static_cast<int>(run.rects.size()), current);
        for (const Rect& r : run.rects) EXPECT_LE(r.right(), 800);
        EXPECT_THAT(many.all_text(), HasSubstr("…"));
        const Region* hit = region_at(many.regions(), run.rects[static_cast<std::size_t>(current - run.first)].center());
        ASSERT_NE(hit, nullptr);
        EXPECT_EQ(hit->action, fmt::format("set position={}", current));
    }
    FakeCanvas none;
    EXPECT_TRUE(draw_token_row(none, view(), {0, 0, 800, 40}, {}, 0).rects.empty());
}

TEST(Widgets, BarIsExactCoveredOrAbsent) {
    FakeCanvas canvas;
    draw_bar(canvas, t(), {0, 0, 200, 20}, 0.5, {.fill = t().bar});
    EXPECT_EQ(canvas.fills.back().w, 100);
    draw_bar(canvas, t(), {0, 0, 200, 20}, 0.001, {.fill = t().bar});
    EXPECT_EQ(canvas.fills.back().w, 6);
    const std::size_t before = canvas.fills.size();
    draw_bar(canvas, t(), {0, 0, 200, 20}, 0.5, {.fill = t().bar, .covered = true});
    EXPECT_EQ(canvas.fills.size(), before + 1);  // the track only
    EXPECT_THAT(canvas.all_text(), HasSubstr("?"));
    draw_bar(canvas, t(), {0, 0, 200, 20}, std::nan(""), {.fill = t().bar});
    EXPECT_EQ(canvas.fills.size(), before + 2);
}

TEST(Widgets, RingIsYellowInsideInk) {
    FakeCanvas canvas;
    draw_ring(canvas, t(), {100, 100, 50, 50});
    ASSERT_EQ(canvas.strokes.size(), 2U);
    EXPECT_EQ(canvas.strokes[0].second.color, t().select);
    EXPECT_EQ(canvas.strokes[0].second.width, 3);
    EXPECT_EQ(canvas.strokes[1].second.color, t().select_outline);
    EXPECT_LT(canvas.strokes[1].first.x, canvas.strokes[0].first.x);
    FakeCanvas dark;
    draw_ring(dark, theme(ThemeId::kDark), {100, 100, 50, 50});
    EXPECT_EQ(dark.strokes.size(), 1U);
}

TEST(Widgets, MaskedIsOneShapeWithOneLabel) {
    FakeCanvas canvas;
    const std::vector<Rect> steps = {{10, 0, 30, 10}, {20, 10, 20, 10}, {30, 20, 10, 10}};
    draw_masked(canvas, t(), steps, "masked", {30, 8});
    EXPECT_EQ(canvas.hatches.size(), 3U);
    EXPECT_EQ(canvas.texts.size(), 1U);
}

TEST(Widgets, StatePagesSayWhatToDo) {
    for (const Lang lang : {Lang::kZh, Lang::kEn}) {
        FakeCanvas empty, loading, error;
        draw_empty(empty, view(lang), tr(lang, "state.empty.prompt"));
        EXPECT_THAT(empty.all_text(), HasSubstr(tr(lang, "state.empty.prompt")));
        draw_loading(loading, view(lang), 0.42, "mini");
        EXPECT_THAT(loading.all_text(), HasSubstr("42%"));
        EXPECT_EQ(loading.regions().back().action, "cancel");
        draw_error(error, view(lang), {"unknown_scene", {{"name", "mla_cahce"}, {"suggestion", "mla"}}, ""});
        EXPECT_THAT(error.all_text(), HasSubstr("mla_cahce"));
        EXPECT_EQ(error.regions().back().action, "retry");
        for (const FakeCanvas* c : {&empty, &loading, &error}) EXPECT_EQ(c->all_text().find("⟦"), std::string::npos);
    }
}

}  // namespace
}  // namespace dg::viz
