#include "viz/canvas/hatch.h"

#include <algorithm>
#include <cmath>

namespace dg::viz {

Rect intersection(Rect a, Rect b) {
    const float x0 = std::max(a.x, b.x), y0 = std::max(a.y, b.y);
    const float x1 = std::min(a.right(), b.right()), y1 = std::min(a.bottom(), b.bottom());
    const bool some = x1 > x0 && y1 > y0 && std::isfinite(x1 - x0) && std::isfinite(y1 - y0);
    return some ? Rect{x0, y0, x1 - x0, y1 - y0} : Rect{};
}

Path hatch_lines(Rect r, float spacing, float width) {
    Path lines;
    const float step = std::max(spacing, 1.0F), end = r.right() + r.bottom() + step;
    for (float sum = std::floor((r.x + r.y) / step) * step; sum < end; sum += step) {
        const float low = std::max(r.x - width, sum - r.bottom() - width);
        const float high = std::min(r.right() + width, sum - r.y + width);
        if (low < high) lines.move({low, sum - low}).line({high, sum - high});
    }
    return lines;
}

}  // namespace dg::viz
