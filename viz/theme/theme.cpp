#include "viz/theme/theme.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace dg::viz {

namespace {

constexpr Color h(std::uint32_t rgb) {
    return Color::hex(rgb);
}

// sixteen experts: eight full hues, then their lighter twins; the number in the tile tells twins
// apart
constexpr std::array<Color, 16> kExperts = {h(0x4477AA), h(0xCC6677), h(0xDEAA31), h(0x228833),
                                            h(0x66AABB), h(0xAA3377), h(0xBB7744), h(0x7965B8),
                                            h(0x8FB4DD), h(0xE8A6AE), h(0xEFD28A), h(0x86C28F),
                                            h(0xA9D3DE), h(0xD58FB9), h(0xDEB592), h(0xB1A5DD)};

Theme make_light() {
    Theme t;
    t.id = ThemeId::kLight, t.name = "light";
    t.ground = h(0xFFFFFF), t.panel = h(0xF7F7F4), t.hairline = h(0xE2E1DB), t.border = h(0xC9C8C1);
    t.ink = h(0x1B1F24), t.ink2 = h(0x4E555E), t.ink3 = h(0x6A7078), t.stream = h(0x5B6673);
    t.band_warm = h(0xF3F1EA), t.band_cool = h(0xE8EDF3), t.track = h(0xF3F2EE);
    t.bar = h(0x4B6B93), t.bar_strong = h(0x0B2347);
    t.q = {h(0x0072B2), h(0x0068A3)}, t.k = {h(0xE69F00), h(0x8A5A00)},
    t.v = {h(0x009E73), h(0x00755A)};
    t.latent = {h(0xCC79A7), h(0x9E4277)}, t.rotary = {h(0x56B4E9), h(0x1B73A8)};
    t.gradient = {h(0xAA4499), h(0x93357F)}, t.error = {h(0xD55E00), h(0xB04A00)};
    t.select = h(0xF0E442), t.select_outline = t.ink;
    t.computed_dot = h(0x009E73), t.published_dot = h(0x0072B2), t.illustration_dot = h(0x6A7078);
    t.sequential = {h(0xFBFAF6), h(0xDDE1E6), h(0xB4BFCE), h(0x8196B2),
                    h(0x4B6B93), h(0x1F4272), h(0x0B2347)};
    t.diverging = {h(0x0072B2), h(0x7FB4D8), h(0xF4F3EE), h(0xEDB98A), h(0xD55E00)};
    t.experts = kExperts;
    return t;
}

Theme make_dark() {
    Theme t = make_light();
    t.id = ThemeId::kDark, t.name = "dark";
    t.ground = h(0x14171B), t.panel = h(0x1C2026), t.hairline = h(0x2B3138), t.border = h(0x3C444D);
    t.ink = h(0xE8EAED), t.ink2 = h(0xB4BAC2), t.ink3 = h(0x8E959E), t.stream = h(0x8E959E);
    t.band_warm = h(0x221F1A), t.band_cool = h(0x1A2129), t.track = h(0x22272E);
    t.bar = h(0x7D90AA), t.bar_strong = h(0xE8EAED);
    t.q.ink = h(0x52A8E0), t.k.ink = h(0xF0B43C), t.v.ink = h(0x35C39B);
    t.latent.ink = h(0xDE9CC1), t.rotary.ink = h(0x7CC6F0);
    t.gradient = {h(0xC862B5), h(0xDD8CCE)}, t.error = {h(0xD55E00), h(0xFF8A3D)};
    t.select_outline = {0, 0, 0, 0};
    t.computed_dot = h(0x35C39B), t.published_dot = h(0x52A8E0), t.illustration_dot = h(0x8E959E);
    t.sequential = {h(0x1A1F26), h(0x223B5C), h(0x44597A), h(0x737E8C),
                    h(0xA4A38F), h(0xD5CC9A), h(0xFBF3C9)};
    t.diverging[2] = t.panel;
    return t;
}

Theme make_projector() {
    Theme t = make_light();
    t.id = ThemeId::kProjector, t.name = "projector";
    // black ink, and greys one step darker than on the light theme: projectors wash out
    t.ink = h(0x000000), t.ink2 = h(0x333A42), t.ink3 = h(0x4E555E), t.panel = h(0xF7F7F4);
    t.hairline = h(0xC9C8C1), t.border = h(0x8E8D86), t.stream = h(0x3F4954);
    t.select_outline = t.ink;
    t.caption = 22, t.label = 24, t.body = 32, t.number = 40, t.heading = 40, t.title = 48,
    t.big = 72;
    t.line = 2;
    t.page_width = 1920, t.page_height = 1080;
    return t;
}

Theme make_paper() {
    Theme t = make_light();
    t.id = ThemeId::kPaper, t.name = "paper";
    return t;
}

Color ramp(std::span<const Color> stops, double u) {
    const double x = std::clamp(u, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
    const auto i = std::min(static_cast<std::size_t>(x), stops.size() - 2);
    return mix(stops[i], stops[i + 1], static_cast<float>(x - static_cast<double>(i)));
}

}  // namespace

Color Theme::sequential_at(double u) const {
    return std::isnan(u) ? error.fill : ramp(sequential, u);
}

Color Theme::diverging_at(double u) const {
    return std::isnan(u) ? error.fill : ramp(diverging, (u + 1) / 2);
}

Color Theme::ink_on(Color cell) const {
    constexpr Color dark_ink = Color::hex(0x1B1F24), white = Color::hex(0xFFFFFF);
    return contrast(white, cell) >= contrast(dark_ink, cell) ? white : dark_ink;
}

const Theme& theme(ThemeId id) {
    static const std::array<Theme, 4> kThemes = {make_light(), make_dark(), make_projector(),
                                                 make_paper()};
    return kThemes.at(static_cast<std::size_t>(id));
}

std::optional<ThemeId> theme_by_name(std::string_view name) {
    for (const ThemeId id :
         {ThemeId::kLight, ThemeId::kDark, ThemeId::kProjector, ThemeId::kPaper}) {
        if (theme(id).name == name) return id;
    }
    return std::nullopt;
}

}  // namespace dg::viz
