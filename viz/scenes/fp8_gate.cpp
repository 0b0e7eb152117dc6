// The router quantised as well: whose experts change.
#include "viz/scenes/fp8.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

/// One row per layer, one cell per token of the first text; darker: more of its experts differ.
void draw_grid(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const std::size_t n = d.gate_tokens.size();
    if (n == 0) return;
    const float names = t.body * 4, w = (area.w - names) / static_cast<float>(n), pitch = std::min(area.h / static_cast<float>(d.gates.size() + 1), t.body * 3);
    TextStyle style{.size = std::min(t.label, w * 0.9F), .color = t.ink2, .align = Align::kCenter};
    for (std::size_t i = 0; i < n; ++i) {
        const Vec2 at{area.x + names + w * (static_cast<float>(i) + 0.5F), area.y + pitch * 0.7F};
        if (style.size >= 9) canvas.text(at, elide(canvas, d.gate_tokens[i], style, w), style);
    }
    for (std::size_t l = 0; l < d.gates.size(); ++l) {
        const float y = area.y + pitch * static_cast<float>(l + 1);
        canvas.text({area.x, y + pitch * 0.62F}, tr(view.lang, "fp8.gate.layer", {{"layer", fmt::format("{}", d.gates[l].layer)}}), label(t));
        for (std::size_t i = 0; i < n && i < d.gates[l].first.size(); ++i) {
            const Rect cell{area.x + names + w * static_cast<float>(i) + 1, y + 1, w - 2, pitch - 3};
            const int changed = view.revealed && done(view, kCompare) > 0.5 ? d.gates[l].first[i] : 0;
            canvas.fill_rect(cell, changed > 0 ? mix(t.ground, t.error.fill, std::min(1.0F, 0.45F + 0.3F * static_cast<float>(changed - 1))) : t.track, 3);
            if (changed > 0 && w > t.caption) draw_centered(canvas, cell, fmt::format("{}", changed), {.size = std::min(t.label, w * 0.6F), .color = t.ink, .weight = Weight::kBold});
            canvas.region({cell, CellRef{fmt::format("layers.{}.mlp.gate.topk_ids", d.gates[l].layer), {0, static_cast<std::int64_t>(i), 0}}, "", ""});
        }
    }
}

/// Share of the tokens that changed, layer by layer over all texts.
void draw_shares(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float names = t.body * 4, number_w = t.body * 7;
    const float pitch = std::min(area.h / static_cast<float>(d.gates.size()), t.body * 2.4F);
    double most = 0.01, end = 0.01;
    for (const GateLayer& g : d.gates) most = std::max(most, g.tokens > 0 ? static_cast<double>(g.changed) / static_cast<double>(g.tokens) : 0);
    while (end < most) end = end < 0.05 ? 0.05 : end < 0.1 ? 0.1 : end < 0.2 ? 0.2 : end < 0.5 ? 0.5 : 1.0;
    if (view.revealed) canvas.text({area.right() - number_w, area.y - t.label * 0.15F}, tr(view.lang, "fp8.gate.end", {{"share", percent(end, 0)}}), caption(t, Align::kRight));
    for (std::size_t l = 0; l < d.gates.size(); ++l) {
        const GateLayer& g = d.gates[l];
        const double share = g.tokens > 0 ? static_cast<double>(g.changed) / static_cast<double>(g.tokens) : 0;
        const float y = area.y + pitch * static_cast<float>(l), base = y + pitch * 0.62F;
        canvas.text({area.x, base}, tr(view.lang, "fp8.gate.layer", {{"layer", fmt::format("{}", g.layer)}}), label(t));
        const Rect track{area.x + names, y + pitch * 0.2F, area.w - names - number_w, pitch * 0.6F};
        draw_bar(canvas, t, track, share / end * done(view, kCompare), {.fill = t.error.fill, .covered = !view.revealed});
        const std::string text = view.revealed && view.stage >= kCompare ? fmt::format("{}  ({})", percent(share), fmt::format("{} / {}", g.changed, g.tokens)) : "?";
        float_bits::draw_fitted(canvas, {area.right(), base}, text, body(t, Align::kRight), number_w - 12);
    }
}

}  // namespace

void draw_gate_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "gate");
    const float half = area.h * 0.5F;
    float_bits::draw_fitted(canvas, {area.x, area.y + t.body}, tr(view.lang, "fp8.gate.first"), strong(t), area.w);
    draw_grid(canvas, d, view, t, {area.x, area.y + t.body * 1.6F, area.w, half - t.body * 2});
    float_bits::draw_fitted(canvas, {area.x, area.y + half + t.body}, tr(view.lang, "fp8.gate.all", {{"documents", fmt::format("{}", d.documents)}}), strong(t), area.w);
    draw_shares(canvas, d, view, t, {area.x, area.y + half + t.body * 1.8F, area.w, area.h - half - t.body * 2});
}

}  // namespace dg::viz::fp8_page
