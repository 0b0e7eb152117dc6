#include "viz/scenes/clock.h"

#include "engine/base/check.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg::viz {
namespace {

Clock three() { return Clock({1.0, 2.0, 0.5}); }

TEST(Clock, StartsPausedOnTheFinishedPicture) {
    Clock c = three();
    EXPECT_FALSE(c.playing());
    EXPECT_EQ(c.stage(), 2);
    EXPECT_EQ(c.u(), 1);
    EXPECT_FALSE(c.advance(10));
    EXPECT_EQ(c, three());
}

TEST(Clock, PlaysThroughAllStagesAndRests) {
    Clock c = three();
    c.play();
    EXPECT_EQ(c.stage(), 0);
    EXPECT_EQ(c.u(), 0);
    EXPECT_TRUE(c.advance(0.25));
    EXPECT_DOUBLE_EQ(c.u(), 0.25);
    EXPECT_TRUE(c.advance(1.75));
    EXPECT_EQ(c.stage(), 1);
    EXPECT_DOUBLE_EQ(c.u(), 0.5);
    EXPECT_TRUE(c.advance(100));
    EXPECT_EQ(c.stage(), 2);
    EXPECT_EQ(c.u(), 1);
    EXPECT_FALSE(c.playing());
}

TEST(Clock, ManySmallStepsEqualOneLargeOne) {
    Clock a = three(), b = three();
    a.play(), b.play();
    for (int i = 0; i < 125; ++i) a.advance(0.0125);
    b.advance(125 * 0.0125);
    EXPECT_EQ(a.stage(), b.stage());
    EXPECT_NEAR(a.u(), b.u(), 1e-9);
}

TEST(Clock, SpeedScalesTimeAndIsLimited) {
    Clock c = three();
    c.set_speed(4);
    c.play();
    c.advance(0.125);
    EXPECT_DOUBLE_EQ(c.u(), 0.5);
    c.set_speed(100);
    EXPECT_EQ(c.speed(), 4);
    c.set_speed(0);
    EXPECT_EQ(c.speed(), 0.25);
    c.set_speed(std::nan(""));
    EXPECT_EQ(c.speed(), 0.25);
    c.step_speed(+1);
    EXPECT_EQ(c.speed(), 0.5);
}

TEST(Clock, ReversePlaysBackToTheStart) {
    Clock c = three();
    c.reverse(true);
    c.play();
    EXPECT_EQ(c.stage(), 2);
    c.advance(0.25);
    EXPECT_EQ(c.stage(), 2);
    EXPECT_DOUBLE_EQ(c.u(), 0.5);
    c.advance(1.25);
    EXPECT_EQ(c.stage(), 1);
    EXPECT_DOUBLE_EQ(c.u(), 0.5);
    c.advance(10);
    EXPECT_EQ(c.stage(), 0);
    EXPECT_EQ(c.u(), 0);
    EXPECT_FALSE(c.playing());
    c.play();  // nothing left backwards: starts again from the other end
    EXPECT_EQ(c.stage(), 2);
}

TEST(Clock, StepsFromStageToStage) {
    Clock c = three();
    c.to_start();
    c.next_stage();
    EXPECT_EQ(c.stage(), 0);
    EXPECT_EQ(c.u(), 1);
    c.next_stage();
    EXPECT_EQ(c.stage(), 1);
    c.next_stage();
    c.next_stage();
    EXPECT_EQ(c.stage(), 2);
    c.previous_stage();
    EXPECT_EQ(c.stage(), 1);
    EXPECT_EQ(c.u(), 1);
    c.previous_stage();
    c.previous_stage();
    EXPECT_EQ(c.stage(), 0);
    EXPECT_EQ(c.u(), 0);
}

TEST(Clock, ScrubPausesAndClamps) {
    Clock c = three();
    c.play();
    c.scrub(7, -3);
    EXPECT_FALSE(c.playing());
    EXPECT_EQ(c.stage(), 2);
    EXPECT_EQ(c.u(), 0);
    c.scrub(-1, 9);
    EXPECT_EQ(c.stage(), 0);
    EXPECT_EQ(c.u(), 1);
}

TEST(Clock, PositionOnTheBarGoesThereAndBack) {
    Clock c = three();
    for (int i = 0; i <= 100; ++i) {
        c.scrub_position(i / 100.0);
        EXPECT_NEAR(c.position(), i / 100.0, 1e-12);
    }
}

TEST(Clock, ReducedMotionShowsOnlyFinishedStages) {
    Clock c = three();
    c.set_reduced_motion(true);
    c.play();
    int stages_seen = 0, last = -1;
    for (int i = 0; i < 400 && c.playing(); ++i) {
        c.advance(0.01);
        EXPECT_TRUE(c.u() == 0 || c.u() == 1) << c.u();
        if (c.stage() != last) ++stages_seen, last = c.stage();
    }
    EXPECT_EQ(stages_seen, 3);
    EXPECT_FALSE(c.playing());
}

TEST(Clock, NoStagesNothingToPlay) {
    Clock c;
    c.play();
    EXPECT_FALSE(c.playing());
    EXPECT_FALSE(c.advance(1));
    c.next_stage();
    c.previous_stage();
    EXPECT_EQ(c.stage(), 0);
    EXPECT_EQ(c.position(), 1);
}

TEST(Clock, RefusesStagesWithoutLength) { EXPECT_THROW(Clock({1.0, 0.0}), Bug); }

TEST(Clock, StaggeredPartsCoverTheStage) {
    for (int n : {1, 2, 7}) {
        EXPECT_EQ(staggered(0, 0, n), 0);
        EXPECT_EQ(staggered(1, n - 1, n), 1);
        for (int i = 0; i + 1 < n; ++i) EXPECT_GE(staggered(0.5, i, n), staggered(0.5, i + 1, n));
    }
    EXPECT_EQ(ease(-1), 0);
    EXPECT_EQ(ease(0.5), 0.5);
    EXPECT_EQ(ease(2), 1);
}

}  // namespace
}  // namespace dg::viz
