// Scene networks: products on a time axis; one may start when what it reads is there.
#include "viz/scenes/networks.h"

#include <algorithm>

namespace dg::viz::networks {

void draw_timeline(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "timeline");
    const Theme& t = theme(view.theme);
    std::int64_t most = 1;
    for (const Shown& s : d.nets) most = std::max(most, s.cost.sequential);
    const float facts = std::min(area.w * 0.24F, t.label * 15), foot = t.label * 3, lane_h = (area.h - foot) / 3;
    const Rect plot{area.x + facts, area.y, area.w - facts - t.heading * 3, area.h - foot};
    const float unit = plot.w / static_cast<float>(most);
    // all three start together and run at one pace
    const double now = view.revealed && view.stage > kWiring ? done(view, kSpread) * static_cast<double>(most) : 0;
    for (std::size_t k = 0; k < 3; ++k) {
        const Shown& s = d.nets[k];
        const float y = plot.y + lane_h * static_cast<float>(k), bar = std::min(lane_h * 0.4F, 90.0F), top = y + (lane_h - bar) / 2;
        canvas.text({area.x, top + t.heading * 0.9F}, name_of(view.lang, s.dims.kind), heading(t));
        canvas.text({area.x, top + t.heading * 0.9F + t.label * 1.6F},
                    elide(canvas, view.revealed ? tr(view.lang, fmt::format("networks.waits.{}", net::id_of(s.dims.kind))) : "?", label(t), facts - 20), label(t));
        canvas.fill_rect({plot.x, top, plot.w, bar}, t.track, 4);
        for (std::int64_t i = 0; i < s.cost.sequential; ++i) {
            const auto part = static_cast<float>(std::clamp(now - static_cast<double>(i), 0.0, 1.0));
            if (part == 0) break;
            const float gap = std::min(3.0F, unit * 0.15F);
            canvas.fill_rect({plot.x + unit * static_cast<float>(i) + gap / 2, top, (unit - gap) * part, bar}, color_of(t, s.dims.kind), std::min(4.0F, unit / 4));
        }
        if (done(view, kAnswer) > 0) canvas.text({plot.x + unit * static_cast<float>(s.cost.sequential) + 14, top + bar / 2 + t.heading * 0.35F}, fmt::format("{}", s.cost.sequential), heading(t));
        canvas.line({area.x, y + lane_h}, {plot.right(), y + lane_h}, {.color = t.hairline, .width = t.line});
    }
    canvas.text({plot.right(), area.bottom() - t.label}, elide(canvas, tr(view.lang, "networks.axis.sequential"), label(t), plot.w), label(t, Align::kRight));
}

}  // namespace dg::viz::networks
