#include "lessons/placed_canvas.h"

namespace dg::lessons {

void PlacedCanvas::polyline(std::span<const viz::Vec2> points, const viz::Stroke& s) {
    std::vector<viz::Vec2> there;
    there.reserve(points.size());
    for (const viz::Vec2 p : points) there.push_back(moved(p));
    target_.polyline(there, scaled(s));
}

viz::TextSize PlacedCanvas::measure(std::string_view utf8, const viz::TextStyle& style) const {
    const viz::TextSize there = target_.measure(utf8, scaled(style));
    return {there.width / scale_, there.ascent / scale_, there.descent / scale_};
}

viz::Path PlacedCanvas::moved(const viz::Path& p) const {
    viz::Path there = p;
    for (viz::Path::Step& step : there.steps) {
        step.a = moved(step.a);
        step.b = moved(step.b);
        step.c = moved(step.c);
    }
    return there;
}

viz::Stroke PlacedCanvas::scaled(viz::Stroke s) const {
    s.width *= scale_;
    s.dash *= scale_;
    s.gap *= scale_;
    return s;
}

viz::TextStyle PlacedCanvas::scaled(viz::TextStyle s) const {
    s.size *= scale_;
    return s;
}

}  // namespace dg::lessons
