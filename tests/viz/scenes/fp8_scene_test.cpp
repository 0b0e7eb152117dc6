#include "viz/scenes/fp8.h"

#include "tests/viz/scenes/next_token_support.h"
#include "viz/inspector/inspector.h"

#include <gmock/gmock.h>

#include <cmath>

namespace dg::viz::fp8_page {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class Fp8Scene : public SmallModel {
  protected:
    static const Data& data(const Shown& s) { return static_cast<const Data&>(*s.data); }

    Shown model(Set more = {}) {
        Set set = {{"prompt", "湖南大学 hunan university"}, {"layer", "1"}, {"tile", "8"}};
        for (auto& [key, value] : more) set[key] = value;
        return show("fp8", set);
    }

    static Set sine(Set more) {
        Set set = {{"source", "sine"}, {"tile", "128"}, {"position", "0"}, {"channel", "100"}};
        for (auto& [key, value] : more) set[key] = value;
        return set;
    }
};

TEST_F(Fp8Scene, LessonNumbers) {
    const Shown s = show("fp8", sine({{"outlier", "100000"}}));
    EXPECT_NEAR(s.value("error_others", "a"), 0.163, 0.002);
    EXPECT_NEAR(s.value("error_others", "b"), 0.061, 0.002);
    EXPECT_EQ(s.value("scales", "a"), 1);
    EXPECT_EQ(s.value("scales", "b"), 8);
    EXPECT_THAT(s.drawn(last(s)).log(), HasSubstr("16.3%"));
    EXPECT_THAT(s.drawn(last(s)).log(), HasSubstr("6.1%"));
    View covered = last(s);
    covered.revealed = false;
    EXPECT_THAT(s.drawn(covered).log(), testing::Not(HasSubstr("16.3%")));
}

TEST_F(Fp8Scene, EveryCellOfTheMapsIsThatOfTheTape) {
    for (const char* b : {"tile", "block", "e5m2", "yesterday", "int8-tile", "bf16", "raw"}) {
        const Shown s = model({{"b", b}, {"outlier", "500"}});
        const LogCanvas canvas = s.drawn(last(s));
        EXPECT_GT(expect_cells_explain(s, canvas), 4) << b;
        const Data& d = data(s);
        const Tensor<float>& q = d.value(d.stored[1].quantised);
        for (const Region& r : canvas.regions()) {
            if (!r.cell || r.cell->tensor != d.stored[1].quantised || r.rows == 1) continue;
            EXPECT_EQ(r.rows, d.shown_rows);
            EXPECT_EQ(r.cols, d.shown_cols);
            const auto page = inspect(*s.data->trace(), {d.stored[1].quantised, {1, 2}}, Lang::kEn);
            ASSERT_TRUE(page);
            EXPECT_EQ(static_cast<float>(page->why.value), q.row(1)[2]);
        }
    }
}

TEST_F(Fp8Scene, AnyTensorAndClearErrors) {
    for (const char* tensor : {"out", "attn.q_a", "attn.context", "mlp.hidden", "logits", "embed", "model.layers.1.mlp.down_proj.weight", "mlp.down_proj.weight"}) {
        const Shown s = model({{"tensor", tensor}});
        EXPECT_GT(s.value("count", "a"), 0) << tensor;
        expect_tidy(s, last(s), {0, 0, 1280, 720});
    }
    const auto fails = [&](const Set& set) {
        const Scene* scene = find_scene("fp8");
        return scene->compute(session_, *parse_params(scene->params, set), Progress{}).error().code;
    };
    EXPECT_EQ(fails({{"tensor", "nothing"}, {"layer", "1"}}), "fp8_tensor");
    EXPECT_EQ(fails({{"tensor", "input_ids"}}), "fp8_tensor");
    EXPECT_EQ(fails({{"mode", "gate"}}), "fp8_no_experts");
    EXPECT_EQ(fails({{"model", "nobody"}}), "model_unknown");
    const Shown empty = show("fp8", {{"prompt", ""}});
    EXPECT_THAT(empty.drawn(last(empty)).log(), HasSubstr(tr(Lang::kZh, "state.empty.prompt")));
    EXPECT_TRUE(empty.scene->observe(*empty.data).empty());
}

TEST_F(Fp8Scene, NanIsCountedAndDrawnAsItself) {
    // E4M3 has no infinity: what overflows yesterday's scale without saturation is no number
    const Shown s = model({{"a", "yesterday"}, {"b", "raw"}, {"outlier", "1536"}, {"saturate", "false"}});
    EXPECT_EQ(s.value("nan", "a"), 1);
    EXPECT_EQ(s.value("nan", "b"), 1);
    EXPECT_EQ(s.value("overflow", "a"), 1);
    EXPECT_THAT(s.drawn(last(s)).log(), HasSubstr(tr(Lang::kZh, "fp8.number.nan")));
    expect_tidy(s);
    const Shown saturated = model({{"a", "yesterday"}, {"outlier", "1536"}});
    EXPECT_EQ(saturated.value("nan", "a"), 0);
    EXPECT_THAT(saturated.drawn(last(saturated)).log(), testing::Not(HasSubstr(tr(Lang::kZh, "fp8.number.nan"))));
}

TEST_F(Fp8Scene, OutlierBeyondTheMatrixStaysInside) {
    const Shown s = model({{"position", "4000"}, {"channel", "60000"}, {"outlier", "9"}});
    EXPECT_EQ(s.value("amax", "a"), 9);
    const Shown none = model({{"outlier", "0"}});
    EXPECT_LT(none.value("amax", "a"), 9);
    EXPECT_FALSE(data(none).outlier);
}

TEST_F(Fp8Scene, LayersFollowTheErrorToTheLogits) {
    const Shown s = model({{"mode", "layers"}, {"steps", "6"}});
    EXPECT_EQ(s.all("logits_error").size(), 5U);
    EXPECT_LT(s.value("logits_error", "bf16"), s.value("logits_error", "fp8"));
    EXPECT_LT(s.value("logits_error", "fp8"), s.value("logits_error", "fp8-e5m2"));
    EXPECT_GT(s.value("logits_error", "bf16"), 0);
    EXPECT_GE(s.value("choices_changed", "bf16"), 0);
    EXPECT_EQ(s.value("tokens"), static_cast<double>(s.data->trace()->tokens.size()));
    // the first token that a format writes otherwise is named
    const Data& d = data(s);
    for (const Policy& p : d.policies) {
        const auto other = std::ranges::mismatch(p.text, d.reference_text).in1 - p.text.begin();
        EXPECT_EQ(s.value("first_differs", p.name), p.text == d.reference_text ? -1 : static_cast<double>(other + 1)) << p.name;
        if (p.text == d.reference_text) continue;
        EXPECT_THAT(s.drawn(last(s)).log(), HasSubstr(fmt::format("{}：第 {} 个词元起不同", p.name, other + 1)));
    }
}

TEST_F(Fp8Scene, OneLoudChannel) {
    const Shown s = model({{"mode", "outlier"}, {"documents", "2"}, {"channel", "3"}, {"tile", "4"}});
    // the function stays
    EXPECT_NEAR(s.value("channel_loss", "f32,100000"), s.value("channel_loss", "f32,1"), 1e-4);
    EXPECT_NE(s.value("channel_loss", "fp8-tensor,100000"), s.value("channel_loss", "fp8-tensor,1"));
    EXPECT_GT(s.value("product_error", "int8,100"), 0.5);
    EXPECT_LT(s.value("product_error", "e4m3,100"), 0.05);
    EXPECT_GT(s.value("product_error", "e4m3,100000"), 0.3);
    EXPECT_LT(s.value("product_error", "e4m3-tile,100000"), 0.1);
    // a channel that the model does not have is its last one
    EXPECT_EQ(data(model({{"mode", "outlier"}, {"documents", "1"}, {"channel", "60000"}})).loud, 15);
}

TEST_F(Fp8Scene, TidyInAllModes) {
    for (const Set& set : {Set{}, Set{{"a", "yesterday"}, {"outlier", "1536"}}, Set{{"a", "int8"}, {"b", "bf16"}}, Set{{"mode", "sweep"}}, Set{{"mode", "sweep"}, {"format", "e5m2"}, {"shift", "-20"}},
                           Set{{"mode", "accumulate"}, {"length", "512"}}, Set{{"mode", "layers"}, {"steps", "3"}}, Set{{"mode", "outlier"}, {"documents", "2"}}}) {
        const Shown s = model(set);
        expect_tidy(s);
        expect_tidy(s, last(s, Lang::kEn, ThemeId::kDark), {0, 0, 900, 600});
    }
}

TEST_F(Fp8Scene, NothingOverlapsOnTheLargePage) {
    for (const Set& set : {Set{}, Set{{"a", "yesterday"}, {"outlier", "1536"}}, Set{{"mode", "sweep"}}, Set{{"mode", "accumulate"}, {"length", "512"}}, Set{{"mode", "layers"}, {"steps", "3"}}, Set{{"mode", "outlier"}, {"documents", "2"}}}) {
        const Shown s = model(set);
        for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector}) {
            for (const Lang lang : {Lang::kZh, Lang::kEn}) EXPECT_THAT(overlaps(s.drawn(last(s, lang, id))), IsEmpty()) << testing::PrintToString(set);
        }
    }
}

}  // namespace
}  // namespace dg::viz::fp8_page
