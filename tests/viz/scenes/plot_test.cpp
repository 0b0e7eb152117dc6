#include "viz/scenes/plot.h"

#include "tests/viz/scenes/fake_canvas.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace dg::viz {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Series curve(std::string label, double scale, int n = 50) {
    Series s{.label = std::move(label), .color = Color::hex(0x4E555E)};
    for (int i = 1; i <= n; ++i) s.points.push_back({static_cast<double>(i), scale / i});
    return s;
}

TEST(Plot, TicksAreRoundAndWithin) {
    EXPECT_THAT(ticks({.min = 0, .max = 1}, 5), ElementsAre(0, 0.2, 0.4, testing::DoubleEq(0.6), 0.8, 1));
    EXPECT_THAT(ticks({.min = -3, .max = 7.2}, 5), ElementsAre(-2, 0, 2, 4, 6));
    EXPECT_THAT(ticks({.min = 1, .max = 10000, .log = true}, 4), ElementsAre(1, 10, 100, 1000, 10000));
    EXPECT_THAT(ticks({.min = 1, .max = 20, .log = true}, 9), ElementsAre(1, 2, 5, 10, 20));
    for (const auto& [low, high] : {std::pair(0.0013, 0.0017), std::pair(-5e8, 3e9), std::pair(99.0, 101.0)}) {
        const Axis axis{.min = low, .max = high};
        const std::vector<double> values = ticks(axis, 6);
        EXPECT_GE(values.size(), 3U);
        EXPECT_LE(values.size(), 9U);
        for (const double v : values) EXPECT_TRUE(v >= low - 1e-9 * std::abs(low) && v <= high + 1e-9 * std::abs(high));
    }
}

TEST(Plot, TickWords) {
    EXPECT_EQ(tick_text({.min = 0, .max = 1}, 0.2, 0.2), "0.2");
    EXPECT_EQ(tick_text({.min = -10, .max = 10}, -5, 5), "−5");
    EXPECT_EQ(tick_text({.min = 0, .max = 1, .percent = true}, 0.25, 0.25), "25%");
    EXPECT_EQ(tick_text({.min = 0, .max = 2e6}, 1.5e6, 5e5), "1.5 M");
}

TEST(Plot, AxisCoversFiniteValues) {
    Series s = curve("a", 4);
    s.points.push_back({51, std::numeric_limits<double>::infinity()});
    s.points.push_back({52, std::nan("")});
    const Axis y = axis_for({s}, true, "loss");
    EXPECT_EQ(y.min, 0);
    EXPECT_GT(y.max, 4);
    EXPECT_LT(y.max, 5);
    const Axis x = axis_for({s}, false, "step");
    EXPECT_EQ(x.min, 1);
    EXPECT_EQ(x.max, 52);
    const Axis none = axis_for({}, true, "nothing");
    EXPECT_LT(none.min, none.max);
    const Axis flat = axis_for({Series{.points = {{1, 3}, {2, 3}}}}, true, "flat");
    EXPECT_LT(flat.min, flat.max);
}

TEST(Plot, FrameMapsThereAndBack) {
    FakeCanvas canvas;
    const Plot plot{.x = {.label = "p", .min = 1, .max = 1000, .log = true}, .y = {.label = "risk", .min = 0, .max = 2}, .series = {curve("risk", 2)}};
    const PlotFrame f = draw_plot(canvas, {}, {100, 100, 800, 500}, plot);
    EXPECT_FLOAT_EQ(f.px(1), f.inner.x);
    EXPECT_FLOAT_EQ(f.px(1000), f.inner.right());
    EXPECT_FLOAT_EQ(f.py(0), f.inner.bottom());
    EXPECT_NEAR(f.x_at(f.px(31.6)), 31.6, 0.01);
    EXPECT_EQ(canvas.clips, 0);
    EXPECT_EQ(canvas.depth, 0);
}

TEST(Plot, AxesSayQuantityAndScaleAndNothingOverlaps) {
    for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector}) {
        FakeCanvas canvas;
        View view;
        view.lang = Lang::kEn, view.theme = id;
        const Rect area{100, 100, 900, 520};
        draw_plot(canvas, view, area, {.x = {.label = "parameters p", .min = 1, .max = 2000, .log = true}, .y = {.label = "test risk", .min = 0, .max = 4},
                                       .series = {curve("measured", 3), curve("theory", 3.02), curve("ridge", 2.9)}, .marks = {{.at = 40, .label = "p = n"}}});
        EXPECT_THAT(canvas.all_text(), HasSubstr("parameters p · log scale"));
        EXPECT_THAT(canvas.all_text(), HasSubstr("p = n"));
        for (std::size_t i = 0; i < canvas.texts.size(); ++i) {
            const Rect a = canvas.texts[i].box();
            EXPECT_GE(a.x, area.x - 1) << canvas.texts[i].utf8;
            EXPECT_LE(a.right(), area.right() + 1) << canvas.texts[i].utf8;
            for (std::size_t j = 0; j < i; ++j) {
                const Rect b = canvas.texts[j].box();
                const bool touch = a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
                EXPECT_FALSE(touch) << canvas.texts[i].utf8 << " / " << canvas.texts[j].utf8;
            }
        }
    }
}

TEST(Plot, LongLinesKeepTheirExtremes) {
    Series s{.label = "noise", .color = Color::hex(0x4E555E)};
    for (int i = 0; i < 50000; ++i) s.points.push_back({static_cast<double>(i), i == 33333 ? 9.0 : (i * 7919 % 101) / 101.0});
    PlotFrame f{{0, 0, 400, 300}, {.min = 0, .max = 50000}, {.min = 0, .max = 10}};
    const std::vector<PlotPoint> few = decimate(s.points, f);
    EXPECT_LE(few.size(), 2U * 402U);
    EXPECT_TRUE(std::ranges::any_of(few, [](const PlotPoint& p) { return p.y == 9.0; }));
    EXPECT_TRUE(std::ranges::is_sorted(few, {}, &PlotPoint::x));
    EXPECT_EQ(decimate(curve("a", 1).points, f).size(), 50U);
}

TEST(Plot, WrongAxesAreABug) {
    FakeCanvas canvas;
    EXPECT_THROW(draw_plot(canvas, {}, {0, 0, 400, 300}, {.x = {.min = 1, .max = 1}}), Bug);
    EXPECT_THROW(draw_plot(canvas, {}, {0, 0, 400, 300}, {.x = {.min = 0, .max = 1, .log = true}}), Bug);
}

}  // namespace
}  // namespace dg::viz
