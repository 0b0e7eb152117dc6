#include "viz/scenes/grpo.h"

#include "tests/viz/scenes/next_token_support.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

using testing::Contains;
using testing::HasSubstr;

class GrpoScene : public SmallModel {
  protected:
    Shown open(Set set, const Progress& progress = {}) {
        Shown s;
        s.scene = find_scene("grpo");
        s.params = *parse_params(s.scene->params, set);
        auto data = s.scene->compute(shipped_, s.params, progress);
        EXPECT_TRUE(data) << data.error().plain();
        s.data = *data;
        return s;
    }

    Error fails(const Set& set) {
        const Scene* scene = find_scene("grpo");
        return scene->compute(shipped_, *parse_params(scene->params, set), Progress{}).error();
    }

    static std::vector<std::string> texts(const Shown& s, const View& view) {
        std::vector<std::string> out;
        const LogCanvas canvas = s.drawn(view);
        for (const auto& t : canvas.texts()) out.push_back(t.text);
        return out;
    }

    Session shipped_{std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets"};
};

TEST_F(GrpoScene, AdvantagesByHandAndByClick) {
    Shown s = open({{"mode", "advantage"}});
    EXPECT_NEAR(s.value("advantage", "1"), 1.7320508, 1e-6);
    EXPECT_NEAR(s.value("advantage", "2"), -0.5773503, 1e-6);
    EXPECT_NEAR(s.value("advantage_sum"), 0, 1e-9);
    // a click on the second circle makes it right: three of eight
    const auto set = s.scene->act(*s.data, s.params, "toggle 1");
    EXPECT_EQ(set.at("rewards"), "1,1,0,1,0,0,0,0");
    s = open({{"mode", "advantage"}, {"rewards", set.at("rewards")}});
    EXPECT_NEAR(s.value("mean"), 0.375, 1e-12);
    EXPECT_TRUE(s.scene->act(*s.data, s.params, "toggle 99").empty());
    EXPECT_TRUE(s.scene->act(*s.data, s.params, "toggle x").empty());
    // one response, equal rewards: nothing
    EXPECT_EQ(open({{"mode", "advantage"}, {"rewards", "1"}}).value("advantage", "1"), 0);
    EXPECT_THAT(texts(open({{"mode", "advantage"}, {"rewards", "1,1,1"}}), last(s, Lang::kEn)), Contains(HasSubstr("no gradient")));
    for (const char* bad : {"", "1,", "1,,0", "a", "1;0", "nan,1", "inf", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"}) EXPECT_EQ(fails({{"mode", "advantage"}, {"rewards", bad}}).code, "grpo_rewards") << bad;
}

TEST_F(GrpoScene, ClipAndPenaltyComeFromTheTrainingOp) {
    const Shown s = open({{"mode", "clip"}, {"ratio", "1.5"}});
    EXPECT_NEAR(s.value("objective_up_here"), 1.2, 1e-6);
    EXPECT_EQ(s.value("slope_up_here"), 0);
    EXPECT_NEAR(s.value("objective_down_here"), -1.5, 1e-6);
    EXPECT_NEAR(s.value("slope_down_here"), -1.5, 1e-6);
    EXPECT_NEAR(s.value("objective_down", "0.5"), -0.8, 1e-6);
    // the cell behind a column is that of the tape, and it explains itself
    const auto why = s.data->trace()->tape.explain("policy.loss", {0, 149});
    ASSERT_TRUE(why);
    EXPECT_NEAR(why->value, -1.2, 1e-6);
    EXPECT_NEAR(why->difference(), 0, 1e-6);
    // a value between the grid's places is computed, not rounded to one
    EXPECT_NEAR(open({{"mode", "clip"}, {"ratio", "1.1234"}}).value("objective_up_here"), 1.1234, 1e-6);
    EXPECT_TRUE(std::isfinite(open({{"mode", "clip"}, {"ratio", "0"}}).value("objective_up_here")));
    const Shown k = open({{"mode", "kl"}, {"r", "4"}});
    EXPECT_NEAR(k.value("penalty_here"), 4 - std::log(4.0) - 1, 1e-5);
    EXPECT_NEAR(k.value("penalty", "1.0"), 0, 1e-7);
}

TEST_F(GrpoScene, MemoryIsCountedFromTheModel) {
    const Shown s = open({{"mode", "memory"}, {"kl", "0.04"}});
    const double n = s.value("parameters");
    EXPECT_EQ(n, 225068);
    EXPECT_EQ(s.value("networks"), 2);
    EXPECT_EQ(s.value("numbers"), 5 * n);
    EXPECT_EQ(s.value("numbers_of", "critic"), 9 * n);
    EXPECT_EQ(s.scene->act(*s.data, s.params, "baseline").at("baseline"), "critic");
    EXPECT_EQ(fails({{"mode", "memory"}, {"model", "mini"}}).code, "grpo_model");
}

TEST_F(GrpoScene, ScrubsARecordedRun) {
    const Shown s = open({{"run", "pen"}, {"at", "5"}});
    const auto& d = static_cast<const Data&>(*s.data);
    const grpo::Run& run = *d.runs[0];
    View view = last(s, Lang::kEn);
    EXPECT_EQ(step_at(d, run, view), 5);
    view.stage = kRun, view.u = 0;
    EXPECT_EQ(step_at(d, run, view), 0);
    view = last(s, Lang::kEn);
    view.hover = CellRef{std::string(kSteps), {12}};
    EXPECT_EQ(step_at(d, run, view), 12);
    EXPECT_THAT(texts(s, view), Contains(HasSubstr("at step 12")));
    view.hover = CellRef{std::string(kSteps), {100000}};  // of a longer run: clamped
    EXPECT_EQ(step_at(d, run, view), run.steps());
    const LogCanvas canvas = s.drawn(last(s));
    EXPECT_TRUE(std::ranges::any_of(canvas.regions(), [](const Region& r) { return r.action == "set at=40"; }));
    // the smoothed curve is the trailing mean of the raw one
    double sum = 0;
    for (std::size_t i = 6; i <= 10; ++i) sum += run.accuracy.raw[i].y / 5;
    EXPECT_NEAR(run.accuracy.smooth[10].y, sum, 1e-12);
    EXPECT_EQ(run.accuracy.smooth[0].y, run.accuracy.raw[0].y);
}

TEST_F(GrpoScene, CoveredShowsNoResult) {
    for (const char* mode : {"advantage", "clip", "kl", "memory", "train", "wait", "compare", "failures", "drift", "seeds", "published"}) {
        const Shown s = open({{"mode", mode}});
        View view = last(s, Lang::kEn);
        view.revealed = false;
        for (const std::string& text : texts(s, view)) {
            for (const char* result : {"1.732", "0.98", "98", "0.307", "1,800,544", "71.0", "×"}) EXPECT_EQ(text.find(result), std::string::npos) << mode << ": " << text;
        }
    }
}

TEST_F(GrpoScene, TrainsLiveAndKeepsTheRun) {
    const Set set = {{"run", "live"}, {"steps", "3"}, {"prompts", "2"}, {"group", "3"}};
    std::vector<std::shared_ptr<const SceneData>> parts;
    Progress progress;
    progress.publish = [&](std::shared_ptr<const SceneData> part) { parts.push_back(std::move(part)); };
    const Shown s = open(set, progress);
    const auto& d = static_cast<const Data&>(*s.data);
    EXPECT_TRUE(d.runs[0]->whole);
    EXPECT_EQ(s.value("steps"), 3);
    EXPECT_EQ(d.runs[0]->run.tables[0].rollouts.size(), 3u);
    ASSERT_FALSE(parts.empty());
    for (const auto& part : parts) {
        EXPECT_FALSE(static_cast<const Data&>(*part).runs[0]->whole);
        LogCanvas canvas({0, 0, 1920, 1080});
        s.scene->draw(canvas, *part, s.params, last(s));
        EXPECT_FALSE(canvas.texts().empty());
        for (const Observation& o : s.scene->observe(*part)) EXPECT_NE(o.name, "accuracy_after");
    }
    // another step of the same run: not trained again
    Set other = set;
    other["at"] = "1";
    EXPECT_EQ(static_cast<const Data&>(*open(other).data).runs[0], d.runs[0]);
    Progress stop;
    stop.report = [](double) { return false; };
    other["seed"] = "77";
    const auto stopped = s.scene->compute(shipped_, *parse_params(s.scene->params, other), stop);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, "cancelled");
}

TEST_F(GrpoScene, MissingAndDamagedRecordsAreNamed) {
    const Scene* scene = find_scene("grpo");
    const auto params = *parse_params(scene->params, {});
    EXPECT_FALSE(scene->compute(session_, params, Progress{}));  // assets of their own, without runs
    std::filesystem::create_directories(dir_ / "runs" / "grpo");
    EXPECT_TRUE(write_file(dir_ / "runs" / "grpo" / "pen.json", "{\"params\": 3}"));
    EXPECT_TRUE(write_file(dir_ / "runs" / "grpo" / "seeds.json", "{\"runs\": [{}]}"));
    EXPECT_EQ(scene->compute(session_, params, Progress{}).error().code, "grpo_record");
    EXPECT_EQ(scene->compute(session_, *parse_params(scene->params, {{"mode", "seeds"}}), Progress{}).error().code, "grpo_record");
}

TEST_F(GrpoScene, EveryModeIsTidy) {
    for (const char* mode : {"advantage", "clip", "kl", "memory", "train", "wait", "compare", "failures", "drift", "seeds", "published"}) {
        const Shown s = open({{"mode", mode}});
        expect_tidy(s);
        for (const Lang lang : {Lang::kZh, Lang::kEn})
            for (const ThemeId theme : {ThemeId::kLight, ThemeId::kProjector}) {
                for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1280, 720}}) EXPECT_THAT(overlaps(s.drawn(last(s, lang, theme), page)), testing::IsEmpty()) << mode << " " << page.w;
            }
        for (const Rect page : {Rect{0, 0, 900, 600}, Rect{0, 0, 1000, 900}}) EXPECT_FALSE(s.drawn(last(s), page).texts().empty());
    }
    for (const std::string_view run : kRecorded) {
        const Shown s = open({{"run", std::string(run)}});
        expect_tidy(s, last(s), {0, 0, 1280, 720});
    }
}

}  // namespace
}  // namespace dg::viz::grpo
