// Pictures that the wheel magnifies.
#include "app/window/headless.h"

#include <gtest/gtest.h>

namespace dg::app {
namespace {

TEST(WindowZoom, TheWheelMagnifiesTheModelMap) {
    viz::Session session;
    HeadlessStage stage({.scenes = viz::scenes(), .session = &session, .lang = viz::Lang::kEn}, 1280, 720);
    ASSERT_TRUE(stage.shell().open_scene("model-map", {}));
    const auto lines = parse_script(R"(
wait idle
hover 800 400
wheel 2
wait idle
expect param.zoom == map
expect param.scale == 1
wheel 3
wait idle
expect param.scale == 2.5
drag 800 400 -120 60
wait idle
expect param.zoom == map
expect param.scale == 2.5
expect param.at_x > 0.52
expect param.at_x < 0.54
drag 700 450 120 -60
wait idle
expect param.at_x > 0.5
expect param.at_x < 0.51
click @do:goto model
wait idle
expect param.scale > 8
click @do:set zoom=far
wait idle
expect param.zoom == far
)", "script");
    ASSERT_TRUE(lines);
    const Result<void> done = run_script(*lines, "script", stage);
    EXPECT_TRUE(done) << done.error().plain();
}

}  // namespace
}  // namespace dg::app
