// Claims are asked of the scenes: true ones hold, false ones fail, those that cannot be asked say
// why.
#include "lessons/runner.h"

#include "lessons/parser.h"
#include "lessons/prose.h"
#include "lessons/report.h"
#include "tests/lessons/coin_scene.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace dg::lessons {
namespace {

using testing::coin_lesson;

class RunnerTest : public ::testing::Test {
  protected:
    LessonReport check(const std::string& claims) {
        const ParsedLesson parsed = parse_lesson(coin_lesson(claims), "lesson.toml", "01-coin");
        Runner runner(session_, scenes_);
        return runner.check(parsed.lesson, parsed.problems);
    }

    ClaimReport ask(const std::string& body) {
        const LessonReport report = check("[[step.claim]]\n" + body + "\n");
        EXPECT_EQ(report.claims.size(), 1U) << body;
        EXPECT_EQ(report.good(), report.claims.at(0).verdict == Verdict::kHolds) << body;
        return report.claims.at(0);
    }

    viz::Session session_{"."};
    std::vector<viz::Scene> scenes_ = testing::coin_scenes();
};

TEST_F(RunnerTest, TrueClaimsHoldAndFalseOnesFail) {
    EXPECT_EQ(ask("that = \"p['heads'] + p['tails'] == 1\"").verdict, Verdict::kHolds);
    EXPECT_EQ(ask("that = \"p['heads'] > p['tails']\"").verdict, Verdict::kFails);
    EXPECT_EQ(ask("that = \"entropy ~ ln(2)\"").verdict, Verdict::kHolds);
    EXPECT_EQ(ask("that = \"entropy ~ 0.6932\"").verdict, Verdict::kFails);
    EXPECT_EQ(ask("that = \"unfair.entropy < entropy\"").verdict, Verdict::kHolds);
    EXPECT_EQ(ask("that = \"unfair.p['heads'] ~ 1\"\nclass = \"T\"\ntolerance = \"11%\"").verdict,
              Verdict::kHolds);
}

TEST_F(RunnerTest, ReadingsAreTheComputedValues) {
    const ClaimReport report = ask("that = \"unfair.p['tails'] < p['tails']\"");
    ASSERT_EQ(report.readings.size(), 2U);
    EXPECT_NEAR(report.readings[0].cells[0], 0.1, 1e-12);
    EXPECT_EQ(report.readings[1].cells[0], 0.5);
}

TEST_F(RunnerTest, RelationsHoldOnFourOfFive) {
    EXPECT_TRUE(holds_on_enough(4, 5));
    EXPECT_FALSE(holds_on_enough(3, 5));
    EXPECT_FALSE(holds_on_enough(4, 6));
    EXPECT_FALSE(holds_on_enough(0, 0));
    const std::string head =
        "that = \"p['heads'] > 0.4\"\nclass = \"R\"\nover = "
        "[{bias=0.5},{bias=0.6},{bias=0.7},{bias=0.8},";
    const ClaimReport four = ask(head + "{bias=0.3}]");
    EXPECT_EQ(four.verdict, Verdict::kHolds);
    EXPECT_EQ(four.held, 4);
    EXPECT_EQ(four.tried, 5);
    ASSERT_EQ(four.failing.size(), 1U);
    EXPECT_EQ(four.failing[0], "bias=0.3");
    EXPECT_NEAR(four.readings.at(0).cells.at(0), 0.3, 1e-12) << "a failing set is the one to show";
    EXPECT_EQ(ask(head + "{bias=0.3},{bias=0.2}]").verdict, Verdict::kFails);
}

TEST_F(RunnerTest, SeedsReachTheScene) {
    const ClaimReport report =
        ask("that = \"30 <= heads <= 70\"\nclass = \"R\"\nover = { seed = [1, 2, 3, 4, 5] }");
    EXPECT_EQ(report.tried, 5);
    EXPECT_EQ(report.verdict, Verdict::kHolds);
    EXPECT_EQ(
        ask("that = \"heads == 1000\"\nclass = \"R\"\nover = { seed = [1, 2, 3, 4, 5] }").held, 0);
}

TEST_F(RunnerTest, ClaimsThatCannotBeAskedSayWhy) {
    const ClaimReport unknown = ask("that = \"1 < entrpoy\"");
    EXPECT_EQ(unknown.verdict, Verdict::kError);
    EXPECT_EQ(unknown.error->code, "claim_unknown_observable_near");
    EXPECT_NE(unknown.error->where.find("lesson.toml:"), std::string::npos) << unknown.error->where;
    const std::string broken =
        "that = \"entropy < heads\"\nclass = \"R\"\nover = { mode = "
        "[\"broken\",\"broken\",\"broken\",\"broken\",\"broken\"] }";
    EXPECT_EQ(ask(broken).error->code, "lesson_step_bug") << "a bug of a scene ends at the step";
    EXPECT_EQ(ask("that = \"entropy > 0\"\nclass = \"R\"\nover = { mode = "
                  "[\"missing\",\"missing\",\"missing\",\"missing\",\"missing\"] }")
                  .error->code,
              "file_read");
}

TEST_F(RunnerTest, PublishedFiguresAreNeverShownAsMeasured) {
    EXPECT_EQ(ask("that = \"paper == 0.5\"\nclass = \"P\"\nsource = \"V3\"").verdict,
              Verdict::kHolds);
    EXPECT_EQ(ask("that = \"paper == 0.5\"").error->code, "claim_only_published");
    EXPECT_EQ(ask("that = \"entropy > 0\"\nclass = \"P\"\nsource = \"V3\"").error->code,
              "claim_not_published");
    EXPECT_EQ(ask("that = \"paper ~ p['heads']\"").verdict, Verdict::kHolds)
        << "a measurement beside a published figure";
}

TEST_F(RunnerTest, ARevealThatCannotBeComputedFails) {
    std::string text = coin_lesson();
    for (int i = 0; i < 2; ++i) {
        const std::size_t at = text.find("{value:entropy|.3}");
        ASSERT_NE(at, std::string::npos);
        text.replace(at, 18, "{value:entropie|.3}");
    }
    const ParsedLesson parsed = parse_lesson(text, "lesson.toml", "01-coin");
    Runner runner(session_, scenes_);
    const LessonReport report = runner.check(parsed.lesson, parsed.problems);
    EXPECT_FALSE(report.good());
    EXPECT_EQ(report.problems.sorted().back().error.code, "claim_unknown_observable_near");
}

TEST_F(RunnerTest, ARunIsComputedOnce) {
    const int before = testing::computed_coins();
    check(
        "[[step.claim]]\nthat = \"entropy > 0\"\n[[step.claim]]\nthat = \"unfair.entropy > 0\"\n");
    EXPECT_EQ(testing::computed_coins() - before, 2);
}

TEST_F(RunnerTest, ReportsForPeopleAndPrograms) {
    const LessonReport report =
        check("[[step.claim]]\nthat = \"entropy > 0\"\n[[step.claim]]\nthat = \"entropy > 1\"\n");
    EXPECT_NE(report_text(viz::Lang::kEn, report).find("entropy = 0.693147"), std::string::npos)
        << report_text(viz::Lang::kEn, report);
    const auto json = nlohmann::json::parse(report_json(viz::Lang::kZh, {report}));
    EXPECT_EQ(json["ok"], false);
    const auto& claims = json["lessons"][0]["claims"];
    ASSERT_EQ(claims.size(), 2U);
    EXPECT_EQ(claims[0]["verdict"], "true");
    EXPECT_EQ(claims[1]["verdict"], "false");
    EXPECT_NEAR(claims[1]["values"][0]["value"].get<double>(), std::log(2.0), 1e-15);
}

}  // namespace
}  // namespace dg::lessons
