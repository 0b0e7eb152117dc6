// The player: predict, lock, reveal; reset; free play; time; votes; progress between sessions.
#include "lessons/player.h"

#include "engine/io/files.h"
#include "lessons/parser.h"
#include "lessons/progress.h"
#include "tests/lessons/coin_scene.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace dg::lessons {
namespace {

// three steps, of which the first and the last are on the short route
std::shared_ptr<const Lesson> three_steps() {
    Lesson lesson = parse_lesson(testing::coin_lesson(), "lesson.toml", "01-coin").lesson;
    lesson.steps.push_back(lesson.steps[0]);
    lesson.steps.push_back(lesson.steps[0]);
    lesson.steps[1].short_route = false;
    lesson.steps[1].set.values["bias"] = "0.25";
    lesson.steps[2].stage = "throw";
    return std::make_shared<const Lesson>(lesson);
}

TEST(Player, SoloRevealsOnlyAfterALock) {
    Player player(three_steps());
    EXPECT_TRUE(player.covered());
    EXPECT_FALSE(player.reveal());
    EXPECT_TRUE(player.covered());
    EXPECT_FALSE(player.lock(0));
    EXPECT_FALSE(player.lock(3));
    EXPECT_TRUE(player.lock(1));
    EXPECT_FALSE(player.covered());
    EXPECT_EQ(player.correct(), false);
    ASSERT_NE(player.reply(), nullptr);
    EXPECT_EQ(player.reply()->en, "Those are bits.");
    EXPECT_FALSE(player.lock(2)) << "a locked choice stays beside the measured value";
    EXPECT_EQ(*player.state().locked, 1);
}

TEST(Player, LecturerRevealsAtWill) {
    Player player(three_steps(), PlayMode::kLecturer);
    EXPECT_TRUE(player.lock(2));
    EXPECT_TRUE(player.covered()) << "the room chose, the lecturer has not revealed";
    EXPECT_FALSE(player.correct().has_value());
    EXPECT_TRUE(player.reveal());
    EXPECT_FALSE(player.covered());
    EXPECT_EQ(player.correct(), true);
    EXPECT_EQ(player.reply(), nullptr);
    player.go(1);
    EXPECT_TRUE(player.reveal()) << "no choice needed";
}

TEST(Player, StepsInAnyOrderKeepTheirState) {
    Player player(three_steps());
    EXPECT_TRUE(player.go(2));
    EXPECT_EQ(player.workspace().stage, "throw");
    player.lock(2);
    EXPECT_TRUE(player.go(0));
    EXPECT_TRUE(player.covered());
    EXPECT_EQ(player.workspace().set.at("bias"), "0.5");
    EXPECT_TRUE(player.go(2));
    EXPECT_FALSE(player.covered());
    EXPECT_FALSE(player.go(3));
    EXPECT_FALSE(player.go(-1));
    EXPECT_EQ(player.index(), 2);
    EXPECT_FALSE(player.next());
    EXPECT_TRUE(player.previous());
    EXPECT_EQ(player.workspace().set.at("bias"), "0.25");
}

TEST(Player, ShortRouteSkipsUnflaggedSteps) {
    Player player(three_steps());
    player.set_short_route(true);
    EXPECT_EQ(player.seconds_ahead(), 120);
    EXPECT_TRUE(player.next());
    EXPECT_EQ(player.index(), 2);
    EXPECT_TRUE(player.previous());
    EXPECT_EQ(player.index(), 0);
}

TEST(Player, ControlsChangeTheStepOthersForkACopy) {
    Player player(three_steps());
    player.set_param("bias", "0.7");
    EXPECT_FALSE(player.free_play());
    EXPECT_EQ(player.workspace().set.at("bias"), "0.7");
    player.set_param("seed", "99");
    EXPECT_TRUE(player.free_play());
    player.set_param("bias", "0.99");
    EXPECT_EQ(player.workspace().set.at("bias"), "0.99");
    player.leave_free_play();
    EXPECT_EQ(player.workspace().set.at("bias"), "0.7") << "exploring never damages the lesson";
    EXPECT_EQ(player.workspace().set.at("seed"), "3");
}

TEST(Player, ResetIsTotal) {
    Player player(three_steps());
    const Workspace before = player.workspace();
    player.tick(10);
    player.set_param("bias", "0.7");
    player.set_param("seed", "99");
    player.set_clock("throw", 0.25);
    player.hint();
    player.lock(1);
    player.reset_step();
    EXPECT_EQ(player.workspace(), before);
    EXPECT_TRUE(player.covered());
    EXPECT_FALSE(player.state().locked.has_value());
    EXPECT_EQ(player.state().hints, 0);
    EXPECT_EQ(player.state().seconds, 10) << "time spent is not undone";

    player.lock(2);
    player.go(2);
    player.lock(1);
    player.reset_lesson();
    EXPECT_EQ(player.index(), 0);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(player.state(i).locked.has_value()) << i;
}

TEST(Player, TimeBudgetWarnsAtHalfOver) {
    Player player(three_steps());
    player.tick(120);
    EXPECT_FALSE(player.budget().warning);
    EXPECT_EQ(player.budget().overrun, 0);
    player.tick(59);
    EXPECT_FALSE(player.budget().warning);
    EXPECT_EQ(player.budget().overrun, 59);
    player.set_paused(true);
    player.tick(100);
    EXPECT_FALSE(player.budget().warning);
    player.set_paused(false);
    player.tick(1);
    EXPECT_TRUE(player.budget().warning);
    EXPECT_EQ(player.seconds_spent(), 180);
}

TEST(Player, VotesMakeAHistogram) {
    Player player(three_steps(), PlayMode::kLecturer);
    EXPECT_EQ(player.vote_shares(), (std::vector<double>{0, 0}));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(player.digit(2));
    EXPECT_TRUE(player.digit(1));
    EXPECT_FALSE(player.digit(3));
    EXPECT_EQ(player.vote_shares(), (std::vector<double>{25, 75}));
    EXPECT_TRUE(player.covered());
    player.set_mode(PlayMode::kSolo);
    EXPECT_TRUE(player.digit(2)) << "solo: the digit chooses";
    EXPECT_FALSE(player.covered());
    EXPECT_EQ(player.results_csv().substr(0, 60),
              "step,choice,correct,seconds,votes\n1,2,1,0.0,1 3\n2,,,0.0,0 0\n");
}

TEST(Player, HintsHaveLevels) {
    Player player(three_steps());
    EXPECT_TRUE(player.hint());
    EXPECT_FALSE(player.hint());
    EXPECT_EQ(player.state().hints, 1);
}

class ProgressTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::path(::testing::TempDir()) /
                  (std::string("deepglass-progress-") +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder_);
        file_ = folder_ / "state" / "lessons.json";
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_, file_;
};

TEST_F(ProgressTest, ASessionIsTakenUpAgain) {
    Player player(three_steps());
    player.lock(1);
    player.tick(12.5);
    player.go(2);
    player.set_sentence("熵最大 when fair");
    ASSERT_TRUE(save_progress(file_, {{"01-coin", progress_of(player)}}));
    auto book = load_progress(file_);
    ASSERT_TRUE(book) << book.error().plain();
    Player later(three_steps());
    const LessonProgress& progress = book->at("01-coin");
    later.restore(progress.index, progress.steps, progress.sentence);
    EXPECT_EQ(later.index(), 2);
    EXPECT_EQ(later.sentence(), "熵最大 when fair");
    EXPECT_EQ(*later.state(0).locked, 1);
    EXPECT_TRUE(later.state(0).revealed);
    EXPECT_EQ(later.state(0).seconds, 12.5);
    EXPECT_EQ(later.workspace(), player.workspace()) << "the step restores its own state";
}

TEST_F(ProgressTest, ReadWholeOrNotAtAll) {
    EXPECT_TRUE(load_progress(file_)->empty()) << "no file yet";
    Player player(three_steps());
    const std::string good = progress_json({{"01-coin", progress_of(player)}});
    ASSERT_TRUE(parse_progress(good, "f"));
    // every truncation of the file is refused
    for (std::size_t n = 0; n + 2 < good.size(); ++n)
        EXPECT_FALSE(parse_progress(good.substr(0, n), "f")) << n;
    for (const char* bad : {"[]", "{}", "{\"version\":2,\"lessons\":{}}",
                            "{\"version\":1,\"lessons\":{\"a\":{\"index\":\"x\"}}}"}) {
        EXPECT_EQ(parse_progress(bad, "f").error().code, "progress_bad") << bad;
    }
}

TEST_F(ProgressTest, StateThatDoesNotFitTheLessonIsIgnored) {
    Player player(three_steps());
    StepState odd;
    odd.locked = 9;
    odd.revealed = true;
    odd.votes = {1, 2, 3, 4};
    odd.seconds = -5;
    odd.hints = 50;
    player.restore(77, {odd, odd, odd, odd, odd}, "");
    EXPECT_EQ(player.index(), 0);
    EXPECT_TRUE(player.covered());
    EXPECT_EQ(player.state().votes, (std::vector<int>{0, 0}));
    EXPECT_EQ(player.state().seconds, 0);
    EXPECT_EQ(player.state().hints, 1);
}

TEST(ProgressFile, FollowsTheXdgRule) {
    setenv("XDG_STATE_HOME", "/somewhere/state", 1);
    EXPECT_EQ(progress_file(), "/somewhere/state/deepglass/lessons.json");
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", "/home/learner", 1);
    EXPECT_EQ(progress_file(), "/home/learner/.local/state/deepglass/lessons.json");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    EXPECT_TRUE(progress_file().empty());
}

}  // namespace
}  // namespace dg::lessons
