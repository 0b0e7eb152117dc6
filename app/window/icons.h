// The window's few pictograms, drawn with lines so that they follow ink and scale.
#pragma once

#include "viz/canvas/canvas.h"

namespace dg::app {

enum class Icon {
    kMark, kSearch, kSun, kMoon, kProjector, kFullScreen, kWindowed, kPlay, kPause, kNext, kPrevious, kClose, kLeft, kRight,
    kTick, kWarning, kExport, kHelp, kHome
};

/// Centred at `at`, about `size` wide and high.
void draw_icon(viz::Canvas& canvas, Icon icon, viz::Vec2 at, float size, viz::Color ink);

}  // namespace dg::app
