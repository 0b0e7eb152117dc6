// Hatches as the vector writers draw them: the same lines as on the screen.
#pragma once

#include "viz/canvas/canvas.h"

namespace dg::viz {

/// The common part; zero-sized when there is none or a coordinate is no number.
Rect intersection(Rect a, Rect b);

/// Lines x + y = k * spacing across a rectangle, reaching `width` beyond it: to be stroked inside a
/// clip.
Path hatch_lines(Rect r, float spacing, float width);

}  // namespace dg::viz
