// What a lesson covers until its reveal: words that would say the answer, areas that would show it.
#pragma once

#include "viz/scenes/widgets.h"

#include <string>
#include <vector>

namespace dg::viz {

/// tr(key); before the reveal tr(key + ".covered") where the catalogue has that: the question instead of the finding.
std::string tr_covered(const View& view, const std::string& key, const TextArgs& args = {});

/// Notes that explain the result stand below it only once it is seen.
std::vector<std::string> notes_when_revealed(const View& view, std::vector<std::string> notes);

/// A hatched area with a question mark over what is to be predicted.
void draw_question(Canvas& canvas, const Theme& theme, Rect area);

}  // namespace dg::viz
