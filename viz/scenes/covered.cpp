#include "viz/scenes/covered.h"

#include <algorithm>

namespace dg::viz {

std::string tr_covered(const View& view, const std::string& key, const TextArgs& args) {
    const std::string covered = key + ".covered";
    return tr(view.lang, !view.revealed && has_key(covered) ? covered : key, args);
}

std::vector<std::string> notes_when_revealed(const View& view, std::vector<std::string> notes) {
    if (!view.revealed) notes.clear();
    return notes;
}

void draw_question(Canvas& canvas, const Theme& t, Rect area) {
    canvas.fill_rect(area, t.panel, 4);
    canvas.hatch(area, t.border.with_alpha(0.5F), 14, 1);
    const float size = std::min({t.big * 1.6F, area.w, area.h * 0.6F});
    canvas.fill_circle(area.center(), size * 0.75F, t.panel);
    draw_centered(canvas, area, "?", {.size = size, .color = t.ink3, .weight = Weight::kBold});
}

}  // namespace dg::viz
