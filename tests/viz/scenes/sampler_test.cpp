#include "viz/scenes/sampler.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "tests/viz/scenes/next_token_support.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

namespace dg::viz::sampler {
namespace {

using testing::HasSubstr;

class SamplerScene : public SmallModel {
  protected:
    static const Data& data(const Shown& s) { return static_cast<const Data&>(*s.data); }

    /// Settings of lesson L5: typed logits, no cuts.
    static Set five(Set more) {
        Set set = {{"logits", "4,3,2,1,0"}, {"temperature", "1"}, {"top_k", "0"}, {"top_p", "1"}};
        for (auto& [key, value] : more) set[key] = value;
        return set;
    }
};

TEST_F(SamplerScene, LessonNumbersOfFiveLogits) {
    const Shown plain = show("sampler", five({}));
    const double expected[] = {0.6364, 0.2341, 0.0861, 0.0317, 0.0117};
    for (int i = 0; i < 5; ++i) EXPECT_NEAR(plain.value("p", std::to_string(i)), expected[i], 5e-5);
    EXPECT_EQ(plain.value("V"), 5);
    const double table[][3] = {{0.25, 0.9817, 0.134}, {0.5, 0.8647, 0.661}, {2, 0.4287, 2.012}, {5, 0.2868, 2.266}};
    for (const auto& [t, top, bits] : table) {
        const Shown s = show("sampler", five({{"temperature", fmt::format("{}", t)}}));
        EXPECT_NEAR(s.value("top_p"), top, 5e-5);
        EXPECT_NEAR(s.value("entropy_bits"), bits, 5e-4);
        EXPECT_NEAR(s.value("entropy"), s.value("entropy_bits") * dg::log(2.0), 1e-12);
        EXPECT_DOUBLE_EQ(s.value("scaled", "1"), 3 / t);
    }
    const Shown k = show("sampler", five({{"top_k", "2"}})), p = show("sampler", five({{"top_p", "0.8"}}));
    EXPECT_NEAR(k.value("kept", "0"), 0.7311, 5e-5);
    EXPECT_EQ(k.value("kept", "2"), 0);
    EXPECT_EQ(p.value("keep"), 2);
    EXPECT_NEAR(p.value("kept_mass"), 0.8705, 5e-5);
}

TEST_F(SamplerScene, TenThousandRollsFollowTheProbabilities) {
    for (const char* seed : {"1", "2", "3", "4", "5"}) {
        const Shown s = show("sampler", five({{"rolls", "10000"}, {"seed", seed}}));
        double sum = 0, most = 0;
        for (int i = 0; i < 5; ++i) {
            const std::string index = std::to_string(i);
            sum += s.value("count", index);
            EXPECT_EQ(s.value("frequency", index), s.value("count", index) / 10000);
            most = std::max(most, std::abs(s.value("frequency", index) - s.value("p", index)));
        }
        EXPECT_EQ(sum, 10000);
        EXPECT_EQ(s.value("largest_deviation"), most);
        EXPECT_LT(most, 0.015) << seed;
        EXPECT_GT(s.value("count", "4"), 60) << seed;
    }
}

TEST_F(SamplerScene, TheDieHitsItsSlice) {
    for (int seed = 0; seed < 20; ++seed) {
        const Shown s = show("sampler", five({{"seed", std::to_string(seed)}}));
        EXPECT_EQ(s.value("u"), Rng::keyed(static_cast<std::uint64_t>(seed), "roll").uniform());
        double begin = 0;
        const auto chosen = static_cast<int>(s.value("chosen"));
        for (int i = 0; i < chosen; ++i) begin += s.value("kept", std::to_string(i));
        EXPECT_GE(s.value("u"), begin - 1e-12);
        EXPECT_LT(s.value("u"), begin + s.value("chosen_p") + 1e-12);
    }
    const Shown s = show("sampler", five({{"seed", "41"}}));
    EXPECT_EQ(s.scene->act(*s.data, s.params, "roll").at("seed"), "42");
}

TEST_F(SamplerScene, TemperatureZeroIsArgmax) {
    const Shown s = show("sampler", five({{"logits", "1,7,7,-2"}, {"temperature", "0"}}));
    EXPECT_EQ(s.value("chosen"), 1);
    EXPECT_EQ(s.value("p", "1"), 1);
    EXPECT_EQ(s.value("entropy"), 0);
    const LogCanvas canvas = s.drawn(last(s));
    EXPECT_THAT(canvas.log(), HasSubstr(tr(Lang::kZh, "sampler.head.argmax")));
    EXPECT_EQ(canvas.log().find("NaN"), std::string::npos);
    EXPECT_EQ(canvas.log().find("∞"), std::string::npos);
    EXPECT_TRUE(overlaps(canvas).empty());
}

TEST_F(SamplerScene, RowsCloseTheColumns) {
    const Shown s = show("sampler", {{"prompt", "湖南大"}, {"rolls", "2000"}});
    for (const std::size_t most : {3U, 6U, 9U}) {
        const std::vector<Row> rows = rows_of(data(s), last(s), most);
        ASSERT_EQ(rows.size(), most);
        double p = 0, kept = 0, frequency = 0;
        int chosen = 0;
        for (const Row& row : rows) p += row.p, kept += row.kept, frequency += row.frequency, chosen += row.chosen;
        EXPECT_NEAR(p, 1, 1e-12);
        EXPECT_NEAR(kept, 1, 1e-12);
        EXPECT_NEAR(frequency, 1, 1e-12);
        EXPECT_EQ(chosen, 1);
        EXPECT_THAT(rows.back().label, HasSubstr(std::to_string(data(s).stages.order.size() - most + 1)));
    }
    EXPECT_EQ(rows_of(data(show("sampler", five({}))), View{}, 9).size(), 5U);
}

TEST_F(SamplerScene, LogitsAreCellsOfTheRecordedRun) {
    const Shown s = show("sampler", {{"prompt", "湖南大"}});
    const auto trace = session_.trace("mini", "湖南大").value();
    const Tensor<float>& logits = trace->tape.value(trace->tape.find("logits"));
    for (const Observation& o : s.all("logit")) EXPECT_TRUE(std::ranges::count(logits.values(), static_cast<float>(o.value)) > 0) << o.index;
    const LogCanvas canvas = s.drawn(last(s));
    EXPECT_GE(expect_cells_explain(s, canvas), 6);
    int checked = 0;
    for (const Region& region : canvas.regions()) {
        if (!region.cell) continue;
        const auto id = region.cell->at.back();
        EXPECT_EQ(region.cell->at[1], trace->batch.length - 1);
        EXPECT_EQ(static_cast<double>(logits.row(trace->batch.length - 1)[id]), data(s).stages.logits[static_cast<std::size_t>(id)]);
        ++checked;
    }
    EXPECT_GE(checked, 6);
}

TEST_F(SamplerScene, RepetitionIsCountedOnBothSides) {
    const Shown s = show("sampler", {{"texts", "3"}, {"temperature", "1"}, {"top_k", "0"}, {"top_p", "1"}});
    EXPECT_EQ(s.value("texts"), 3);
    EXPECT_GE(s.value("repeat_greedy"), s.value("repeat_sampled"));
    EXPECT_GT(s.value("repeat_greedy"), 0);
    EXPECT_LE(s.value("repeat_greedy"), 1);
    EXPECT_THAT(s.drawn(last(s)).log(), HasSubstr(percent(s.value("repeat_greedy"))));
    const auto params = parse_params(s.scene->params, {{"texts", "3"}}).value();
    EXPECT_EQ(s.scene->compute(session_, params, Progress{[](double) { return false; }}).error().code, "cancelled");
}

TEST_F(SamplerScene, NothingIsGivenAwayBeforeTheReveal) {
    const Shown s = show("sampler", five({{"rolls", "100"}}));
    View view = last(s);
    view.revealed = false;
    const LogCanvas canvas = s.drawn(view);
    for (const LogCanvas::DrawnText& text : canvas.texts()) {
        for (int i = 0; i < 5; ++i) EXPECT_EQ(text.text.find(fixed(s.value("p", std::to_string(i)), 3)), std::string::npos) << text.text;
    }
    for (const Region& region : canvas.regions()) EXPECT_EQ(region.tip.find("0.63"), std::string::npos) << region.tip;
    EXPECT_THAT(canvas.log(), HasSubstr("4.00"));  // the question is asked about these
}

TEST_F(SamplerScene, SlidersAndButtonsSetParameters) {
    const Shown s = show("sampler", five({}));
    View view = last(s);
    view.interactive = true;
    const LogCanvas canvas = s.drawn(view);
    int set = 0, rolls = 0;
    for (const Region& region : canvas.regions()) {
        rolls += region.action == "roll";
        if (!region.action.starts_with("set ")) continue;
        const auto change = parse_assignments(std::vector<std::string>{region.action.substr(4)});
        ASSERT_TRUE(change);
        EXPECT_TRUE(parse_params(s.scene->params, *change)) << region.action;
        ++set;
    }
    EXPECT_GE(set, 60);
    EXPECT_EQ(rolls, 2);  // die and button
}

TEST_F(SamplerScene, EveryPictureIsTidy) {
    const std::vector<Set> sets = {{}, {{"prompt", "the university"}, {"temperature", "3"}, {"top_k", "0"}, {"top_p", "1"}, {"rolls", "10000"}},
                                   five({{"top_p", "0.8"}, {"top_k", "2"}}), five({{"temperature", "0"}}), five({{"logits", "-1,-2.5,0.25"}, {"temperature", "0.1"}})};
    for (const Set& set : sets) {
        const Shown s = show("sampler", set);
        expect_tidy(s);
        for (const ThemeId theme : {ThemeId::kLight, ThemeId::kProjector}) {
            for (const Lang lang : {Lang::kZh, Lang::kEn}) {
                for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1280, 720}}) {
                    EXPECT_THAT(overlaps(s.drawn(last(s, lang, theme), page)), testing::IsEmpty()) << testing::PrintToString(set) << page.w;
                }
            }
        }
    }
}

TEST_F(SamplerScene, DrawingIsTheGoldenOne) {
    // every command of one picture; DG_UPDATE_GOLDEN=1 writes it anew after a wanted change
    const Shown s = show("sampler", five({{"top_p", "0.8"}, {"rolls", "10000"}}));
    const std::string log = s.drawn(last(s, Lang::kEn), {0, 0, 1280, 720}).log();
    const std::filesystem::path file = std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "tests/golden/viz/sampler_five.log";
    if (std::getenv("DG_UPDATE_GOLDEN") != nullptr) {
        ASSERT_TRUE(write_file(file, log));
    }
    const auto golden = read_file(file);
    ASSERT_TRUE(golden) << golden.error().plain();
    const auto [mine, theirs] = std::ranges::mismatch(log, *golden);
    EXPECT_TRUE(mine == log.end() && theirs == golden->end()) << "from here on: " << std::string(mine, log.end()).substr(0, 160);
}

TEST_F(SamplerScene, BadInputSaysWhatToDo) {
    const Scene* scene = find_scene("sampler");
    for (const char* logits : {"4,x", "1e999", "nan", "3;2"}) {
        const auto params = parse_params(scene->params, {{"logits", logits}}).value();
        const auto failed = scene->compute(session_, params, Progress{});
        ASSERT_FALSE(failed) << logits;
        EXPECT_EQ(failed.error().code, "sampler_logits");
        EXPECT_THAT(describe(Lang::kEn, failed.error()), HasSubstr("separated by commas"));
    }
    const Shown none = show("sampler", {{"prompt", ""}});
    EXPECT_THAT(none.drawn(last(none)).log(), HasSubstr(tr(Lang::kZh, "state.empty.prompt")));
    EXPECT_TRUE(none.scene->observe(*none.data).empty());
}

TEST_F(SamplerScene, EveryParameterHasWords) {
    const Scene* scene = find_scene("sampler");
    EXPECT_TRUE(has_key("scene.sampler.name"));
    for (const ParamSpec& spec : scene->params) {
        const std::string own = "param.sampler." + spec.id, key = has_key(own + ".label") ? own : "param." + spec.id;
        EXPECT_TRUE(has_key(key + ".label") && has_key(key + ".help")) << spec.id;
    }
    for (const StageSpec& stage : scene->stages) EXPECT_TRUE(has_key("stage.sampler." + stage.id)) << stage.id;
}

}  // namespace
}  // namespace dg::viz::sampler
