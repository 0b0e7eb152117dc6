// The shipped lessons, played without a window: every claim holds, every step draws in both
// languages, covered and revealed, and every reveal states its numbers.
#include "lessons/handout.h"
#include "lessons/parser.h"
#include "lessons/player.h"
#include "lessons/prose.h"
#include "lessons/report.h"
#include "lessons/shelf.h"
#include "viz/canvas/log_canvas.h"

#include <gtest/gtest.h>

namespace dg::lessons {
namespace {

const std::filesystem::path kLessons =
    std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "lessons" / "data";

class Shipped : public ::testing::Test {
  protected:
    static viz::Session& session() {
        static viz::Session one(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets");
        return one;
    }

    static std::vector<ParsedLesson> lessons() {
        std::vector<ParsedLesson> all;
        for (const ShelfEntry& entry : shelf(kLessons))
            all.push_back(read_lesson(entry.file).value());
        return all;
    }
};

TEST_F(Shipped, EveryClaimHoldsSlow) {
    std::vector<std::string> ids;
    for (const ShelfEntry& entry : shelf(kLessons)) ids.push_back(entry.id);
    ASSERT_FALSE(ids.empty());
    Runner runner(session(), viz::scenes());
    for (const ParsedLesson& parsed : lessons()) {
        const LessonReport report = runner.check(parsed.lesson, parsed.problems, ids);
        EXPECT_TRUE(report.good()) << report_text(viz::Lang::kEn, report);
        EXPECT_GE(report.claims.size(), parsed.lesson.steps.size());
        for (const Problem& p : report.problems.sorted())
            ADD_FAILURE() << viz::describe(viz::Lang::kEn, p.error);
    }
}

TEST_F(Shipped, EveryStepPlaysInBothLanguages) {
    Runner runner(session(), viz::scenes());
    for (const ParsedLesson& parsed : lessons()) {
        Player player(std::make_shared<const Lesson>(parsed.lesson));
        do {
            const Step& step = player.step();
            auto run = runner.run(step);
            auto values = runner.environment(step);
            ASSERT_TRUE(run && values) << step.at.written();
            std::vector<std::string> names;
            for (const NamedRun& named : step.runs) names.push_back(named.name);
            std::string shown[2];
            for (const bool revealed : {false, true}) {
                EXPECT_EQ(player.covered(), !revealed);
                for (const viz::Lang lang : {viz::Lang::kZh, viz::Lang::kEn}) {
                    viz::LogCanvas canvas({0, 0, 1920, 1080});
                    const SceneRun& r = **run;
                    r.scene->draw(canvas, *r.data, r.params,
                                  view_of(step, *r.scene, lang, revealed));
                    EXPECT_FALSE(canvas.texts().empty()) << step.at.written();
                    EXPECT_EQ(canvas.log().find("⟦"), std::string::npos)
                        << step.at.written() << " has text without words";
                    const std::string reveal = filled(step.reveal.in(lang), *values, names);
                    EXPECT_EQ(reveal.find("–"), std::string::npos) << reveal;
                    EXPECT_EQ(reveal.find('{'), std::string::npos) << reveal;
                    shown[revealed ? 1 : 0] = canvas.log();
                }
                EXPECT_TRUE(revealed || player.lock(step.answer));
            }
            EXPECT_NE(shown[0], shown[1])
                << step.at.written() << " shows its result before the prediction";
        } while (player.next());
    }
}

TEST_F(Shipped, FalsifiedClaimsFail) {
    // each claim of L1 turned into its contrary: a checker that says yes to everything fails here
    const auto all = lessons();
    Runner runner(session(), viz::scenes());
    const Lesson& lesson = all.at(0).lesson;
    for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
        for (Claim claim : lesson.steps[i].claims) {
            claim.that = "not (" + claim.that + ")";
            EXPECT_EQ(runner.ask(lesson.steps[i], static_cast<int>(i) + 1, claim).verdict,
                      Verdict::kFails)
                << claim.that;
        }
    }
}

TEST_F(Shipped, TheTemplateOfANewLessonHolds) {
    const ParsedLesson parsed = parse_lesson(lesson_template(), "lesson.toml", "99-new");
    Runner runner(session(), viz::scenes());
    const LessonReport report = runner.check(parsed.lesson, parsed.problems);
    EXPECT_TRUE(report.good()) << report_text(viz::Lang::kEn, report);
    EXPECT_EQ(report.claims.size(), 1U);
}

}  // namespace
}  // namespace dg::lessons
