#include "viz/canvas/log_canvas.h"

#include "engine/base/check.h"
#include "viz/canvas/backends.h"

#include <gtest/gtest.h>

namespace dg::viz {
namespace {

TEST(Log, OneLinePerCommand) {
    const std::string log = draw_log({1920, 1080}, [](Canvas& c) {
        c.begin_group("map");
        c.fill_rect({1, 2, 30.04F, 4.06F}, Color::hex(0x0072B2), 4);
        c.stroke_rect({0, 0, 10, 10}, {Color::hex(0x000000, 128), 2});
        c.push_clip({5, 5, 10, 10});
        c.line({0, 0}, {-0.04F, 3}, {Color::hex(0xFFFFFF), 1, 4, 2});
        c.pop_clip();
        const std::vector<Color> cells = {Color::hex(0x111111), Color::hex(0x222222)};
        c.heatmap({0, 0, 20, 10}, 1, 2, cells);
        c.end_group();
        const std::vector<Vec2> points = {{0, 0}, {1.25F, 2}};
        c.polyline(points, {Color::hex(0x333333), 1.5F});
        c.fill_path(Path().move({0, 0}).line({1, 0}).cubic({1, 1}, {2, 1}, {2, 2}).close(),
                    Color::hex(0x444444));
        c.fill_circle({3, 4}, 5, Color::hex(0x555555));
        c.hatch({0, 0, 8, 8}, Color::hex(0x666666), 6, 1);
        c.text({10, 20}, "学 = 0.81", {20, Color::hex(0x1B1F24), Weight::kBold, Align::kRight});
    });
    EXPECT_EQ(log,
              "group map\n"
              "  fill_rect 1,2 30x4.1 #0072B2 r=4\n"
              "  stroke_rect 0,0 10x10 #000000/128 w=2\n"
              "  clip 5,5 10x10\n"
              "    line 0,0 0,3 #FFFFFF w=1 dash=4,2\n"
              "  heatmap 0,0 20x10 1x2 #111111 #222222\n"
              "polyline #333333 w=1.5 0,0 1.3,2\n"
              "fill_path #444444 M0,0 L1,0 C1,1 2,1 2,2 Z\n"
              "fill_circle 3,4 r=5 #555555\n"
              "hatch 0,0 8x8 #666666 every 6 w=1\n"
              "text 10,20 \"学 = 0.81\" 20 #1B1F24 right bold\n");
}

TEST(Log, TextsKeepTheirBoxes) {
    LogCanvas c({0, 0, 100, 100});
    c.text({50, 40}, "学习", {20, {}, Weight::kRegular, Align::kCenter});
    c.text({50, 90}, "ab", {10, {}, Weight::kRegular, Align::kLeft, -90});
    ASSERT_EQ(c.texts().size(), 2U);
    EXPECT_FLOAT_EQ(c.texts()[0].box.x, 30);
    EXPECT_FLOAT_EQ(c.texts()[0].box.w, 40);
    EXPECT_FLOAT_EQ(c.texts()[1].box.bottom(), 90);
    EXPECT_FLOAT_EQ(c.texts()[1].box.h, 11.2F);
}

TEST(Log, UnbalancedClipsAreBugs) {
    LogCanvas c({0, 0, 10, 10});
    EXPECT_THROW(c.pop_clip(), Bug);
    EXPECT_THROW(c.end_group(), Bug);
    EXPECT_THROW(c.heatmap({0, 0, 1, 1}, 2, 2, {}), Bug);
}

TEST(Regions, TopmostWins) {
    LogCanvas c({0, 0, 100, 100});
    c.region({{0, 0, 50, 50}, CellRef{"a", {1}}, "", ""});
    c.region({{25, 25, 50, 50}, std::nullopt, "set head=5", ""});
    EXPECT_EQ(region_at(c.regions(), {30, 30})->action, "set head=5");
    EXPECT_EQ(region_at(c.regions(), {10, 10})->cell->tensor, "a");
    EXPECT_EQ(region_at(c.regions(), {80, 10}), nullptr);
    EXPECT_EQ(region_at(c.regions(), {50, 10}), nullptr);  // right edge is outside
}

}  // namespace
}  // namespace dg::viz
