// Text beyond one plain line: runs of colour and weight, super- and subscripts, boxes with line
// breaks, elision.
#pragma once

#include "viz/canvas/canvas.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::viz {

enum class Script { kNormal, kSuper, kSub };

/// A piece of a line that differs from the line's style where it says so.
struct Run {
    std::string text;
    std::optional<Color> color;
    std::optional<Weight> weight;
    Script script = Script::kNormal;
    friend bool operator==(const Run&, const Run&) = default;
};

/// Names of colours in marked-up text and formulas: "q" -> theme.q.ink.
using ColorNames = std::map<std::string, Color, std::less<>>;

/// Marked-up text to runs: **bold**, [[q|coloured text]] (bold, as in the lessons' sentences),
/// x_{i}, x^{2}. Marks do not nest, except scripts inside the others. An unknown colour name or an
/// unclosed mark is plain text.
std::vector<Run> parse_rich(std::string_view markup, const ColorNames& colors);
/// The text without its marks.
std::string plain_text(std::span<const Run> runs);

/// Size of runs on one line.
TextSize measure_rich(const Canvas& canvas, std::span<const Run> runs, const TextStyle& style);
/// Draws runs on one line, `at` on the baseline, aligned as `style` says (not rotated). Returns the
/// width.
float draw_rich(Canvas& canvas, Vec2 at, std::span<const Run> runs, const TextStyle& style);

/// leading: line height in em. max_lines > 0: what does not fit ends in "…".
struct BoxStyle {
    TextStyle text;
    float leading = 1.5F;
    int max_lines = 0;
};

struct TextLine {
    std::vector<Run> runs;
    float width = 0;
};

/// Breaks into lines no wider than `width`: English at blanks and after hyphens, Chinese between
/// any two characters except before closing and after opening punctuation; '\n' always; a word
/// wider than the box wherever it must.
std::vector<TextLine> wrap(const Canvas& canvas, std::span<const Run> runs, float width,
                           const TextStyle& style);
/// Height that draw_box needs for this width.
float box_height(const Canvas& canvas, float width, std::span<const Run> runs,
                 const BoxStyle& style);
float box_height(const Canvas& canvas, float width, std::string_view text, const BoxStyle& style);
/// Draws wrapped text from the top of `box`, aligned in its width; the box's height is not
/// enforced. Returns the height used.
float draw_box(Canvas& canvas, Rect box, std::span<const Run> runs, const BoxStyle& style);
float draw_box(Canvas& canvas, Rect box, std::string_view text, const BoxStyle& style);

/// The text, or its two ends around "…" when it is wider than `width`.
std::string elide_middle(const Canvas& canvas, std::string_view text, float width,
                         const TextStyle& style);

/// Baseline of a text of this size whose letters and Chinese characters are centred on `center_y`.
inline float middle_baseline(float center_y, float size) {
    return center_y + 0.36F * size;
}

/// One line centred (or aligned as the style says) in a rectangle, shortened in the middle when it
/// is too wide.
void draw_label(Canvas& canvas, Rect box, std::string_view text, const TextStyle& style);

/// Largest of `size` and smaller sizes, not below `least`, at which the text is no wider than
/// `width`.
float fitting_size(const Canvas& canvas, std::string_view text, float width, TextStyle style,
                   float least);

}  // namespace dg::viz
