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

#include <algorithm>

namespace dg::lessons {
namespace {

const std::filesystem::path kLessons =
    std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "lessons" / "data";

viz::Session& session() {
    static viz::Session one(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets");
    return one;
}

ParsedLesson lesson_named(const std::string& id) {
    return read_lesson(find_lesson(shelf(kLessons), id).value().file).value();
}

std::vector<std::string> ids() {
    std::vector<std::string> all;
    for (const ShelfEntry& entry : shelf(kLessons)) all.push_back(entry.id);
    return all;
}

// one test per lesson: they run beside each other
std::string name_of(const ::testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

class ShippedSlow : public ::testing::TestWithParam<std::string> {};
class Shipped : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedSlow, EveryClaimHolds) {
    const ParsedLesson parsed = lesson_named(GetParam());
    Runner runner(session(), viz::scenes());
    const LessonReport report = runner.check(parsed.lesson, parsed.problems, ids());
    EXPECT_TRUE(report.good()) << report_text(viz::Lang::kEn, report);
    EXPECT_GE(report.claims.size(), parsed.lesson.steps.size());
    for (const Problem& p : report.problems.sorted())
        ADD_FAILURE() << viz::describe(viz::Lang::kEn, p.error);
}

// What the step shows, covered or revealed, in one language.
std::string drawn(const Step& step, const SceneRun& run, const Environment& values, viz::Lang lang,
                  bool revealed) {
    viz::LogCanvas canvas({0, 0, 1920, 1080});
    run.scene->draw(canvas, *run.data, run.params, view_of(step, *run.scene, lang, revealed));
    EXPECT_FALSE(canvas.texts().empty()) << step.at.written();
    EXPECT_EQ(canvas.log().find("⟦"), std::string::npos) << step.at.written() << " has text without words";
    std::vector<std::string> names;
    for (const NamedRun& named : step.runs) names.push_back(named.name);
    const std::string reveal = filled(step.reveal.in(lang), values, names);
    EXPECT_EQ(reveal.find("–"), std::string::npos) << reveal;
    EXPECT_EQ(reveal.find('{'), std::string::npos) << reveal;
    return canvas.log();
}

TEST_P(Shipped, EveryStepPlaysInBothLanguages) {
    const ParsedLesson parsed = lesson_named(GetParam());
    Runner runner(session(), viz::scenes());
    Player player(std::make_shared<const Lesson>(parsed.lesson));
    do {
        const Step& step = player.step();
        auto run = runner.run(step);
        auto values = runner.environment(step);
        ASSERT_TRUE(run && values) << step.at.written();
        EXPECT_TRUE(player.covered());
        const std::string zh = drawn(step, **run, *values, viz::Lang::kZh, false),
                          en = drawn(step, **run, *values, viz::Lang::kEn, false);
        EXPECT_TRUE(player.lock(step.answer));
        EXPECT_FALSE(player.covered());
        const char* early = " shows its result before the prediction";
        EXPECT_NE(zh, drawn(step, **run, *values, viz::Lang::kZh, true)) << step.at.written() << early;
        EXPECT_NE(en, drawn(step, **run, *values, viz::Lang::kEn, true)) << step.at.written() << early;
    } while (player.next());
}

INSTANTIATE_TEST_SUITE_P(Lessons, ShippedSlow, ::testing::ValuesIn(ids()), name_of);
INSTANTIATE_TEST_SUITE_P(Lessons, Shipped, ::testing::ValuesIn(ids()), name_of);

TEST(ShippedLessons, AreThere) { EXPECT_GE(ids().size(), 11U); }

TEST(ShippedLessons, FalsifiedClaimsFail) {
    // each claim of L1 turned into its contrary: a checker that says yes to everything fails here
    const ParsedLesson parsed = lesson_named(ids().front());
    Runner runner(session(), viz::scenes());
    const Lesson& lesson = parsed.lesson;
    for (std::size_t i = 0; i < lesson.steps.size(); ++i) {
        for (Claim claim : lesson.steps[i].claims) {
            claim.that = "not (" + claim.that + ")";
            EXPECT_EQ(runner.ask(lesson.steps[i], static_cast<int>(i) + 1, claim).verdict,
                      Verdict::kFails)
                << claim.that;
        }
    }
}

TEST(ShippedLessons, TheTemplateOfANewLessonHolds) {
    const ParsedLesson parsed = parse_lesson(lesson_template(), "lesson.toml", "99-new");
    Runner runner(session(), viz::scenes());
    const LessonReport report = runner.check(parsed.lesson, parsed.problems);
    EXPECT_TRUE(report.good()) << report_text(viz::Lang::kEn, report);
    EXPECT_EQ(report.claims.size(), 1U);
}

}  // namespace
}  // namespace dg::lessons
