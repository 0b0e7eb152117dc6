// Scene reasoning: numbers of the closed forms, every mode in both languages, nothing shown before the reveal.
#include "viz/scenes/reasoning.h"

#include "viz/canvas/log_canvas.h"

#include <gtest/gtest.h>

#include <map>

namespace dg::viz::reasoning {
namespace {

using Set = std::map<std::string, std::string>;

struct Shown {
    Params params;
    std::shared_ptr<const SceneData> data;
    std::map<std::string, double> values;

    [[nodiscard]] std::string drawn(const View& view, Rect page = {0, 0, 1920, 1080}) const {
        LogCanvas canvas(page);
        reasoning_scene().draw(canvas, *data, params, view);
        return canvas.log();
    }
};

Result<Shown> computed(const Set& set) {
    static Session session(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets");
    const Scene scene = reasoning_scene();
    Shown s;
    DG_ASSIGN(s.params, parse_params(scene.params, set));
    DG_ASSIGN(s.data, scene.compute(session, s.params, {}));
    for (const Observation& o : scene.observe(*s.data)) s.values[o.index.empty() ? o.name : o.name + "[" + o.index + "]"] = o.value;
    return s;
}

View finished(Lang lang, bool revealed = true) {
    View view;
    view.stage = kResult, view.lang = lang, view.revealed = revealed;
    return view;
}

TEST(ReasoningScene, EveryModeDrawsAndCovers) {
    const Scene scene = reasoning_scene();
    for (const std::string& mode : scene.params.front().choices) {
        const auto s = computed({{"mode", mode}, {"problems", "16"}});
        ASSERT_TRUE(s) << mode << s.error().plain();
        for (const Lang lang : {Lang::kZh, Lang::kEn}) {
            for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 900, 600}}) {
                const std::string open = s->drawn(finished(lang), page), covered = s->drawn(finished(lang, false), page);
                EXPECT_EQ((open + covered).find("⟦"), std::string::npos) << mode << " has text without words";
                EXPECT_EQ((open + covered).find("nan"), std::string::npos) << mode;
                EXPECT_NE(open, covered) << mode << " shows its result before the reveal";
            }
        }
        View start = finished(Lang::kEn);
        start.stage = kSetUp, start.u = 0;
        EXPECT_NE(s->drawn(start), s->drawn(finished(Lang::kEn))) << mode << " moves";
    }
}

TEST(ReasoningScene, DirectAndSteps) {
    const Shown s = computed({{"mode", "answers"}, {"temperature", "0"}, {"problems", "32"}}).value();
    auto v = s.values;
    EXPECT_GT(v["gain[8]"], 0.5);
    EXPECT_EQ(v["steps_tokens[8]"], 31);
    EXPECT_EQ(v["tokens[direct]"], 3);
    EXPECT_EQ(v["weight_flops[steps]"], 31 * v["flops_per_token"]);
    EXPECT_EQ(v["gain[8]"], v["steps_accuracy[8]"] - v["direct_accuracy[8]"]);
    const auto& d = dynamic_cast<const Data&>(*s.data);
    ASSERT_EQ(d.shown.size(), 2U);
    EXPECT_EQ(d.shown[0].text.size(), 3U);
    EXPECT_EQ(d.shown[0].problem.digits, d.shown[1].problem.digits) << "two answers to one question";
}

TEST(ReasoningScene, AhaHasOneSolutionFromOneOn) {
    auto v = computed({{"mode", "aha"}, {"a", "7"}}).value().values;
    EXPECT_EQ(v["real_roots"], 4);
    EXPECT_EQ(v["valid_roots"], 1);
    EXPECT_EQ(v["solution"], 2);
    EXPECT_LT(v["solution_residual"], 1e-12);
    const Shown none = computed({{"mode", "aha"}, {"a", "0.5"}}).value();
    EXPECT_EQ(none.values.at("valid_roots"), 0);
    EXPECT_FALSE(none.values.contains("solution"));
    EXPECT_NE(none.drawn(finished(Lang::kEn)).find("no candidate survives"), std::string::npos);
}

TEST(ReasoningScene, ClosedFormsAndTheirSimulations) {
    auto vote = computed({{"mode", "vote"}, {"p", "0.6"}, {"n", "15"}, {"problems", "64"}}).value().values;
    EXPECT_NEAR(vote["vote_now"], 0.787, 5e-4);
    EXPECT_NEAR(vote["vote_now_against"], 0.213, 5e-4);
    EXPECT_NEAR(vote["vote_simulated[65]"], vote["vote_exact[65]"], 0.05);
    auto pass = computed({{"mode", "pass"}, {"p", "0.4"}, {"n", "4"}, {"problems", "64"}}).value().values;
    EXPECT_NEAR(pass["pass_now"], 0.8704, 1e-12);
    EXPECT_NEAR(pass["model_pass[1]"], pass["model_pass_formula[1]"], 1e-9) << "one try: p itself";
    EXPECT_GE(pass["model_pass[8]"], pass["model_vote[8]"]) << "a checker finds what a vote may miss";
}

TEST(ReasoningScene, PublishedFiguresAreMarked) {
    for (const auto& [mode, name] : {std::pair{"budget", "s1_accuracy"}, {"distil", "r1_distilled"}}) {
        const Shown s = computed({{"mode", mode}, {"problems", "8"}}).value();
        int found = 0;
        for (const Observation& o : reasoning_scene().observe(*s.data)) {
            if (o.name != name) continue;
            ++found;
            EXPECT_EQ(o.kind, Kind::kPublished);
        }
        EXPECT_GT(found, 0);
        EXPECT_EQ(s.drawn(finished(Lang::kEn, false)).find("72.6%"), std::string::npos);
    }
}

TEST(ReasoningScene, WaitIsShownAfterReinforcementWhereARunExists) {
    const Shown same = computed({{"mode", "wait"}, {"problems", "32"}}).value(), other = computed({{"mode", "wait"}, {"problems", "32"}, {"pen", "0.2"}}).value();
    EXPECT_GT(same.values.at("after_wait_given_wrong[reasoner]"), same.values.at("wait_given_wrong[reasoner]"));
    EXPECT_NE(same.drawn(finished(Lang::kEn)).find("→"), std::string::npos);
    EXPECT_FALSE(other.values.contains("after_accuracy[reasoner]")) << "no run was made with that pen";
    EXPECT_EQ(other.drawn(finished(Lang::kEn)).find("→"), std::string::npos);
    EXPECT_GT(other.values.at("wrong[plain]"), same.values.at("wrong[plain]"));
}

TEST(ReasoningScene, OtherModelsAreRefused) {
    const auto mini = computed({{"model", "mini"}});
    ASSERT_FALSE(mini);
    EXPECT_EQ(mini.error().code, "grpo_model");
}

TEST(ReasoningScene, TitlesFollowTheMeasurement) {
    EXPECT_NE(computed({{"mode", "easy"}, {"terms", "2"}, {"temperature", "0"}, {"problems", "32"}}).value().drawn(finished(Lang::kEn)).find("buy no accuracy"), std::string::npos);
    EXPECT_EQ(computed({{"mode", "easy"}, {"terms", "8"}, {"temperature", "0"}, {"problems", "32"}}).value().drawn(finished(Lang::kEn)).find("buy no accuracy"), std::string::npos);
}

}  // namespace
}  // namespace dg::viz::reasoning
