#include "viz/theme/theme.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace dg::viz {
namespace {

constexpr ThemeId kThemes[] = {ThemeId::kLight, ThemeId::kDark, ThemeId::kProjector,
                               ThemeId::kPaper};

TEST(Color, ContrastOfKnownPairs) {
    EXPECT_NEAR(contrast(Color::hex(0x000000), Color::hex(0xFFFFFF)), 21.0, 1e-9);
    EXPECT_NEAR(contrast(Color::hex(0x777777), Color::hex(0xFFFFFF)), 4.478, 1e-3);
    EXPECT_NEAR(luminance(Color::hex(0x808080)), 0.21586, 1e-5);
}

TEST(Color, MixKeepsItsEndsAndClamps) {
    const Color a = Color::hex(0x102030), b = Color::hex(0xF0E0D0);
    EXPECT_EQ(mix(a, b, 0), a);
    EXPECT_EQ(mix(a, b, 1), b);
    EXPECT_EQ(mix(a, b, 7), b);
    EXPECT_EQ(mix(a, b, 0.5F), Color::hex(0x808080));
    EXPECT_EQ(mix(a, b, std::numeric_limits<float>::quiet_NaN()), a);
}

TEST(Theme, EveryTextInkReadsOnItsGrounds) {
    for (const ThemeId id : kThemes) {
        const Theme& t = theme(id);
        const std::vector<std::pair<std::string, Color>> inks = {
            {"ink", t.ink},           {"ink2", t.ink2},         {"ink3", t.ink3},
            {"q", t.q.ink},           {"k", t.k.ink},           {"v", t.v.ink},
            {"latent", t.latent.ink}, {"rotary", t.rotary.ink}, {"gradient", t.gradient.ink},
            {"error", t.error.ink}};
        const std::vector<std::pair<std::string, Color>> grounds = {{"ground", t.ground},
                                                                    {"panel", t.panel}};
        for (const auto& [ink_name, ink] : inks) {
            for (const auto& [ground_name, ground] : grounds) {
                EXPECT_GE(contrast(ink, ground), 4.5)
                    << t.name << ": " << ink_name << " on " << ground_name;
            }
        }
        for (const Color band : {t.track, t.band_warm, t.band_cool}) {
            EXPECT_GE(contrast(t.ink, band), 4.5) << t.name;
            EXPECT_GE(contrast(t.ink2, band), 4.5) << t.name;
        }
    }
}

TEST(Theme, NumbersOnCellsStayReadable) {
    for (const ThemeId id : kThemes) {
        const Theme& t = theme(id);
        for (int i = 0; i <= 1000; ++i) {
            const double u = i / 1000.0;
            for (const Color cell : {t.sequential_at(u), t.diverging_at(2 * u - 1)}) {
                EXPECT_GE(contrast(t.ink_on(cell), cell), 4.0) << t.name << " at " << u;
            }
        }
        for (const Color c : t.experts) EXPECT_GE(contrast(t.ink_on(c), c), 4.0) << t.name;
        for (const RoleColor& r : {t.q, t.k, t.v, t.latent, t.rotary, t.gradient, t.error}) {
            EXPECT_GE(contrast(t.ink_on(r.fill), r.fill), 3.0) << t.name;
        }
    }
}

TEST(Theme, RampsRunOneWayAndMarkNaN) {
    for (const ThemeId id : kThemes) {
        const Theme& t = theme(id);
        const bool dark = luminance(t.ground) < 0.5;
        for (int i = 0; i < 100; ++i) {
            const double here = luminance(t.sequential_at(i / 100.0)),
                         next = luminance(t.sequential_at((i + 1) / 100.0));
            EXPECT_TRUE(dark ? next >= here : next <= here) << t.name << " at " << i;
        }
        EXPECT_EQ(t.sequential_at(0), t.sequential.front());
        EXPECT_EQ(t.sequential_at(5), t.sequential.back());
        EXPECT_EQ(t.diverging_at(0), t.diverging[2]);
        EXPECT_EQ(t.diverging_at(-9), t.diverging.front());
        EXPECT_EQ(t.sequential_at(std::numeric_limits<double>::quiet_NaN()), t.error.fill);
    }
}

TEST(Theme, SelectionIsNoValueOfAMap) {
    for (const ThemeId id : kThemes) {
        const Theme& t = theme(id);
        for (int i = 0; i <= 200; ++i) {
            const Color c = t.sequential_at(i / 200.0);
            const int distance = std::abs(c.r - t.select.r) + std::abs(c.g - t.select.g) +
                                 std::abs(c.b - t.select.b);
            EXPECT_GT(distance, 60) << t.name << " at " << i;
        }
    }
}

TEST(Theme, ProjectorIsLarger) {
    const Theme& p = theme(ThemeId::kProjector);
    EXPECT_EQ(p.ground, Color::hex(0xFFFFFF));
    EXPECT_EQ(p.ink, Color::hex(0x000000));
    EXPECT_GE(p.body, 32);
    EXPECT_GE(p.label, 24);
    EXPECT_GE(p.number, 40);
    EXPECT_GE(p.line, 2);
}

TEST(Theme, NamesAreFound) {
    for (const ThemeId id : kThemes) EXPECT_EQ(theme_by_name(theme(id).name), id);
    EXPECT_FALSE(theme_by_name("Light").has_value());
}

}  // namespace
}  // namespace dg::viz
