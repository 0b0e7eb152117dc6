// Colours and sizes of docs/look.md, one value per theme. Scenes take every colour and size from here.
#pragma once

#include "viz/canvas/canvas.h"

#include <array>
#include <string_view>

namespace dg::viz {

enum class ThemeId { kLight, kDark, kProjector, kPaper };
enum class Lang { kZh, kEn };

/// A role has a fill (shapes) and an ink (text: at least 4.5:1 on the theme's ground).
struct RoleColor {
    Color fill, ink;
};

struct Theme {
    ThemeId id = ThemeId::kLight;
    std::string_view name;          // "light", "dark", "projector", "paper"
    Color ground, panel, hairline, border;
    Color ink, ink2, ink3;          // first, second, third ink
    Color band_warm, band_cool;     // pale column bands
    Color track;                    // empty part of a bar
    Color bar, bar_strong;          // neutral data bars
    RoleColor q, k, v, latent, rotary, gradient, error;
    Color select, select_outline;   // yellow ring and the ink line outside it (transparent on dark)
    Color computed_dot, published_dot, illustration_dot;
    std::array<Color, 7> sequential;  // 0 .. 1
    std::array<Color, 5> diverging;   // -1 .. 1
    float caption = 16, label = 18, body = 20, heading = 28, title = 34, big = 48;  // px
    float line = 1;                   // hairline width

    [[nodiscard]] Color sequential_at(double u) const;  // clamped; NaN -> error.fill
    [[nodiscard]] Color diverging_at(double u) const;   // u in [-1, 1]
    /// Ink for a number on a cell of this colour: white below luminance 0.20, else ink.
    [[nodiscard]] Color ink_on(Color cell) const;
};

const Theme& theme(ThemeId id);
std::optional<ThemeId> theme_by_name(std::string_view name);

}  // namespace dg::viz
