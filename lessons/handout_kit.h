// Measures and small parts that handout and key pages share. Used by handout*.cpp only.
#pragma once

#include "lessons/handout.h"
#include "viz/scenes/rich_text.h"

#include <string>
#include <string_view>

namespace dg::lessons::kit {

constexpr float kMargin = 61;  // 16 mm
constexpr float kWidth = 793.7F - 2 * kMargin;
constexpr float kBottom = 1122.5F - kMargin - 34;  // above the foot
constexpr float kGap = 12;
constexpr float kLineGap = 30;  // writing lines, 8 mm

viz::TextStyle style(float size, viz::Weight weight = viz::Weight::kRegular,
                     viz::Color color = viz::theme(viz::ThemeId::kPaper).ink);

/// Baseline distance of wrapped text of this size.
inline float leading(float size) {
    return size * 1.5F;
}

/// Height of a wrapped text.
float height_of(const viz::Canvas& canvas, std::string_view text, float size, float width,
                viz::Weight weight = viz::Weight::kRegular);

/// Draws wrapped text with its top at `top`; returns the y below it.
float put(viz::Canvas& canvas, float x, float top, std::string_view text, const viz::TextStyle& s,
          float width);

/// Header with the course line and page number, and the rule under it; returns the y below.
float header(viz::Canvas& canvas, const Handout& handout, std::string_view kind_key,
             std::size_t page, std::size_t pages);
/// The command that shows the figure again, at the foot.
void foot(viz::Canvas& canvas, const Handout& handout);

/// A filled disc with the step's number.
void number_disc(viz::Canvas& canvas, viz::Vec2 center, int number);

}  // namespace dg::lessons::kit
