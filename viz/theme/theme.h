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
    Color ink, ink2, ink3;          // first, second, third ink; third and role inks on ground and panel only
    Color band_warm, band_cool;     // pale column bands: text on them takes ink or ink2
    Color track;                    // empty part of a bar: same
    Color bar, bar_strong;          // neutral data bars
    Color stream;                   // residual stream, wires
    RoleColor q, k, v, latent, rotary, gradient, error;
    Color select, select_outline;   // yellow ring and the ink line outside it (transparent on dark)
    Color computed_dot, published_dot, illustration_dot;
    std::array<Color, 7> sequential;  // 0 .. 1
    std::array<Color, 5> diverging;   // -1 .. 1
    std::array<Color, 16> experts;    // two rings of eight, light twins second; data series take these, ink and stream
    float caption = 16, label = 18, body = 20, number = 20, heading = 28, title = 34, big = 48;  // px; number: on cells
    float line = 1;                   // hairline width
    float page_width = 1280, page_height = 720;  // least page this type is laid out for; smaller pictures are scaled down

    [[nodiscard]] Color sequential_at(double u) const;  // clamped; NaN -> error.fill
    [[nodiscard]] Color diverging_at(double u) const;   // u in [-1, 1]
    /// Ink for a number on a cell of this colour: white below luminance 0.2, else dark ink, whichever reads better. At
    /// least 4.0:1; between luminance 0.18 and 0.23 neither reaches 4.5:1: write bold and at least 24 px there.
    [[nodiscard]] Color ink_on(Color cell) const;
};

const Theme& theme(ThemeId id);
std::optional<ThemeId> theme_by_name(std::string_view name);

}  // namespace dg::viz
