// What all scenes draw alike: page frame, badge, legend, token chips, rings, bars, hatched areas, state pages. Every
// function is pure: same arguments, same picture. Numbers: numbers.h; text: rich_text.h.
#pragma once

#include "viz/scenes/numbers.h"
#include "viz/scenes/rich_text.h"
#include "viz/scenes/scene.h"

#include <span>
#include <string>
#include <vector>

namespace dg::viz {

// ---- page ----------------------------------------------------------------------------------------------------------

/// The mark of truth in the corner of every figure: the kind, then what it rests on ("mini 3f9c · seed 7", a source).
struct Badge {
    Kind kind = Kind::kComputed;
    std::string detail = {};
};

/// Detail of a computed badge: model name with the first four digits of its hash, and a seed when it is not empty.
std::string badge_detail(Lang lang, const std::string& model, const std::string& hash, const std::string& seed = {});

/// What stands around the subject. Title and subtitle are markup of rich_text.h; notes go to the foot, left.
struct PageText {
    std::string title = {};          // a sentence that states what is seen
    std::string subtitle = {};
    std::vector<std::string> notes = {};  // down-sampling, scales, sources
    Badge badge = {};
};

/// The title with every number as "?", but for digits of names (E4M3): what a lesson asks for is not in the heading before the
/// reveal.
std::string numbers_covered(std::string_view title);

/// Fills the ground, draws title (numbers covered before a lesson's reveal), subtitle, notes and badge; returns the place for the subject.
Rect draw_frame(Canvas& canvas, const View& view, const PageText& text);

/// The pill with dot, kind and detail, its lower right corner at `corner`; returns its place.
Rect draw_badge(Canvas& canvas, const View& view, Vec2 corner, const Badge& badge);

/// Shown when there is nothing to see yet: what to do. `message` is a wording, e.g. tr(lang, "state.empty.prompt").
void draw_empty(Canvas& canvas, const View& view, std::string_view message);
/// Progress bar with percentage; region "cancel". fraction < 0: not known, no bar.
void draw_loading(Canvas& canvas, const View& view, double fraction, std::string_view what);
/// What failed, where, what to do; region "retry".
void draw_error(Canvas& canvas, const View& view, const Error& error);

// ---- colour scales -------------------------------------------------------------------------------------------------

/// How values become colours. Sequential: min .. max; diverging: symmetric, -max .. max. NaN, Inf and values beyond the
/// limits are drawn as themselves (error hue), see draw_cell_mark.
struct ColorScale {
    enum class Map { kSequential, kDiverging };
    Map map = Map::kSequential;
    double min = 0, max = 1;
    std::string label = {};  // quantity and unit: "attention weight", "score (logits)"
    bool log = false;   // sequential only, min > 0: declared in the legend

    [[nodiscard]] Color color(const Theme& theme, double value) const;
};

/// A scale that covers all finite values: sequential from 0 (or the least value) or diverging around 0.
ColorScale scale_for(std::span<const float> values, ColorScale::Map map, std::string label);

/// A horizontal ramp with min, max (diverging: 0 as well) and the label above; `log` is said.
void draw_legend(Canvas& canvas, const View& view, Rect area, const ColorScale& scale);

/// NaN, ±Inf on a cell: hatch in the error hue with "NaN", "∞" when it fits.
void draw_cell_mark(Canvas& canvas, const Theme& theme, Rect cell, double value);

// ---- marks ---------------------------------------------------------------------------------------------------------

/// Selection: 3 px yellow round the rectangle, 2 px ink outside it on light grounds.
void draw_ring(Canvas& canvas, const Theme& theme, Rect rect, float radius = 4);

/// One hatched shape made of `parts` with one label on a small plate at `label_at`.
void draw_masked(Canvas& canvas, const Theme& theme, std::span<const Rect> parts, std::string_view label, Vec2 label_at);

/// A bar in its track. share in [0, 1]; at least `min_px` wide when not 0; `covered`: only a grey track with "?".
struct BarStyle {
    Color fill = {};
    float radius = 3, min_px = 6;
    bool covered = false;
};
void draw_bar(Canvas& canvas, const Theme& theme, Rect track, double share, const BarStyle& style);

/// A straight arrow with a filled head, from a to b.
void draw_arrow(Canvas& canvas, Vec2 a, Vec2 b, const Stroke& stroke, float head = 10);

/// A rounded chip with centred text, elided to fit. `role`: outline and ink; filled: fill with ink_on.
struct ChipStyle {
    RoleColor role = {};
    bool filled = false;
    bool dim = false;
    float size = 18;
    float radius = 6;
};
void draw_chip(Canvas& canvas, const Theme& theme, Rect rect, std::string_view text, const ChipStyle& style);

/// The prompt as chips, the current one ringed. When they do not fit, a run around the current one is drawn with "…"
/// and how many are left out at each end. Each chip is a region: action "set position=i". Returns the chips drawn.
struct TokenChips {
    int first = 0;
    std::vector<Rect> rects;  // of tokens first, first + 1, ...
};
TokenChips draw_token_row(Canvas& canvas, const View& view, Rect area, std::span<const std::string> labels, int current);

/// Ordinary text styles of a theme.
TextStyle caption(const Theme& theme, Align align = Align::kLeft);
TextStyle label(const Theme& theme, Align align = Align::kLeft);
TextStyle body(const Theme& theme, Align align = Align::kLeft);
TextStyle strong(const Theme& theme, Align align = Align::kLeft);  // body, bold
TextStyle heading(const Theme& theme, Align align = Align::kLeft);

/// Text centred in a rectangle, both ways.
void draw_centered(Canvas& canvas, Rect rect, std::string_view text, TextStyle style);

/// A group for SVG and log that closes itself.
class Group {
  public:
    Group(Canvas& canvas, std::string_view name) : canvas_(canvas) { canvas_.begin_group(name); }

    ~Group() { canvas_.end_group(); }

    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

  private:
    Canvas& canvas_;
};

}  // namespace dg::viz
