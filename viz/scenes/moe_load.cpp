// show=load of scene moe: relative load of every expert per kind of text, and how much an expert's number says about the
// text, beside the same with shuffled labels.
#include "viz/scenes/moe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::moe {
namespace {

constexpr double kLeans = 1.5;  // marked from here on

/// Loads beyond this take the strongest colour.
constexpr double kScaleTop = 2.5;

struct Peak {
    std::int64_t expert = 0;
    std::string group;
    double value = 0;
};

Peak peak_of(const sim::LoadByGroup& loads) {
    Peak best;
    for (const auto& [group, counts] : loads) {
        const std::vector<double> relative = sim::relative_load(counts);
        for (std::size_t e = 0; e < relative.size(); ++e)
            if (relative[e] > best.value) best = {static_cast<std::int64_t>(e), group, relative[e]};
    }
    return best;
}

void table(Canvas& c, const Data& d, const View& view, Rect place) {
    const Group group(c, "loads");
    const Theme& t = theme(view.theme);
    const sim::LoadByGroup& loads = d.loads.counts[static_cast<std::size_t>(d.layer)];
    const auto columns = static_cast<float>(loads.size());
    const float name_w = t.label * 3.2F, head = t.label * 1.8F;
    const float w = std::min((place.w - name_w) / columns, t.label * 9), h = std::min((place.h - head) / static_cast<float>(d.experts), t.label * 2.7F);
    float x = place.x + name_w;
    for (const auto& [domain, counts] : loads) {
        c.text({x + w / 2, place.y + t.label}, elide(c, tr(view.lang, "scene.moe.domain." + domain), strong(t), w - 6), strong(t, Align::kCenter));
        const std::vector<double> relative = sim::relative_load(counts);
        for (std::int64_t e = 0; e < d.experts; ++e) {
            const double value = relative[static_cast<std::size_t>(e)];
            const Rect cell{x + 1, place.y + head + h * static_cast<float>(e) + 1, w - 2, h - 2};
            const bool covered = !view.revealed;
            const Color fill = covered ? t.track : t.sequential_at(value / kScaleTop);
            c.fill_rect(cell, fill, 2);
            if (h < t.caption * 1.15F) continue;
            const bool leans = value > kLeans;
            const TextStyle style{.size = std::min(t.label, h * 0.72F), .color = covered ? t.ink3 : t.ink_on(fill), .weight = leans && !covered ? Weight::kBold : Weight::kRegular};
            draw_centered(c, cell, covered ? "?" : fixed(value, 2) + (leans ? " ▲" : ""), style);
            c.region({cell, std::nullopt, fmt::format("set expert={}", e), fmt::format("{} · {} · {}", e, tr(view.lang, "scene.moe.domain." + domain), covered ? "?" : fixed(value, 3))});
        }
        x += w;
    }
    for (std::int64_t e = 0; e < d.experts; ++e) {
        const Rect tile{place.x, place.y + head + h * static_cast<float>(e) + 2, name_w - 14, h - 4};
        c.fill_rect(tile, expert_color(t, e), 4);
        if (h >= t.caption * 1.15F)
            draw_centered(c, tile, fmt::format("{}", e), {.size = std::min(t.label, h * 0.7F), .color = t.ink_on(expert_color(t, e)), .weight = Weight::kBold});
    }
}

/// Information per layer as two bars each: measured, and with shuffled labels.
void information(Canvas& c, const Data& d, const View& view, Rect place) {
    const Group group(c, "information");
    const Theme& t = theme(view.theme);
    float y = place.y + t.heading;
    c.text({place.x, y}, elide(c, tr(view.lang, "scene.moe.information"), heading(t), place.w), heading(t));
    y = draw_wrapped(c, {place.x, y + t.label * 1.6F}, tr(view.lang, "scene.moe.information.about"), label(t), place.w, 4) + t.label * 1.4F;
    double top = 1e-9;
    for (const auto& loads : d.loads.counts)
        if (!loads.empty()) top = std::max(top, sim::mutual_information(loads));
    const auto layers = static_cast<float>(std::ranges::count_if(d.loads.counts, [](const auto& l) { return !l.empty(); }));
    const float row = std::min((place.bottom() - y - t.label * 2) / layers, t.label * 3.4F), name = t.label * 4.4F, value = t.label * 4;
    for (std::size_t l = 0; l < d.loads.counts.size(); ++l) {
        if (d.loads.counts[l].empty()) continue;
        const double mi = sim::mutual_information(d.loads.counts[l]), control = sim::mutual_information(d.loads.shuffled[l]);
        TextStyle style = static_cast<std::int64_t>(l) == d.layer ? strong(t) : label(t);
        style.size = t.label;
        c.text({place.x, y + row * 0.36F}, elide(c, tr(view.lang, "scene.moe.layer", {{"layer", fmt::format("{}", l)}}), style, name), style);
        const Rect track{place.x + name, y + row * 0.1F, place.w - name - value, row * 0.34F};
        draw_bar(c, t, track, mi / top, {.fill = t.bar_strong, .covered = !view.revealed});
        draw_bar(c, t, {track.x, y + row * 0.52F, track.w, row * 0.24F}, control / top, {.fill = t.bar, .min_px = 2, .covered = !view.revealed});
        if (view.revealed) {
            c.text({place.right(), track.center().y + t.label * 0.35F}, fixed(mi, 3), label(t, Align::kRight));
            c.text({place.right(), y + row * 0.64F + t.caption * 0.35F}, fixed(control, 4), caption(t, Align::kRight));
        }
        c.region({{place.x, y, place.w, row}, std::nullopt, fmt::format("set layer={}", l), tr(view.lang, "scene.moe.layer", {{"layer", fmt::format("{}", l)}})});
        y += row;
    }
    c.text({place.x, y + t.caption * 1.4F}, elide(c, tr(view.lang, "scene.moe.information.legend"), caption(t), place.w), caption(t));
}

}  // namespace

void draw_load(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const Peak peak = peak_of(d.loads.counts[static_cast<std::size_t>(d.layer)]);
    const TextArgs args{{"layer", fmt::format("{}", d.layer)}, {"expert", fmt::format("{}", peak.expert)}, {"value", fixed(peak.value, 2)},
                        {"domain", tr(view.lang, "scene.moe.domain." + peak.group)}, {"documents", grouped(d.loads.documents)}, {"tokens", grouped(d.loads.tokens)}};
    const std::string title = tr(view.lang, !view.revealed ? "scene.moe.load.title.covered" : peak.value > kLeans ? "scene.moe.load.title" : "scene.moe.load.title.even", args);
    const Rect place = draw_frame(canvas, view, page(d, view, title, tr(view.lang, "scene.moe.load.subtitle", args), {tr(view.lang, "scene.moe.load.note")}));
    const bool wide = place.w >= t.label * 46;
    const float table_w = wide ? place.w * 0.58F : place.w;
    table(canvas, d, view, {place.x, place.y, table_w, place.h});
    if (wide) information(canvas, d, view, {place.x + table_w + 56, place.y, place.w - table_w - 56, place.h});
}

}  // namespace dg::viz::moe
