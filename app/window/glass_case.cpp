#include "app/window/glass_case.h"

#include "viz/scenes/clock.h"
#include "viz/scenes/numbers.h"
#include "viz/scenes/rich_text.h"
#include "viz/scenes/widgets.h"

#include <algorithm>
#include <numeric>

namespace dg::app {
namespace {

using viz::Align;
using viz::Weight;

constexpr float kPad = 18, kRow = 32, kBar = 36, kChip = 46;

/// Part of the motion from `from` to `to`, eased.
float between(double progress, double from, double to) { return static_cast<float>(viz::ease(std::clamp((progress - from) / (to - from), 0.0, 1.0))); }

CaseParts places(Rect r) {
    CaseParts p;
    const float x = r.x + kPad, w = r.w - 2 * kPad;
    p.next = {x, r.y + 20, w, 3 * kRow};
    p.unembed = {x, p.next.bottom() + 20, w, kBar};
    p.tokens = {x, r.bottom() - 16 - kChip, w, kChip};
    p.embed = {x, p.tokens.y - 24 - kBar, w, kBar};
    // the layer between them: experts above, attention below, the stream at the left
    const float top = p.unembed.bottom() + 34, bottom = p.embed.y - 30, split = top + std::min((bottom - top) * 0.45F, 138.0F);
    p.experts = {x + 52, top, w - 60, split - top - 14};
    p.attention = {x + 52, split + 10, w - 60, bottom - split - 10};
    return p;
}

void draw_box(Ui& u, Rect r, std::string_view words) {
    u.canvas.fill_rect(r, u.theme.band_warm, 4);
    const viz::TextStyle style{.size = u.type.caption, .color = u.theme.ink2, .align = Align::kCenter};
    u.canvas.text({r.center().x, r.center().y + 0.36F * style.size}, viz::elide(u.canvas, words, style, r.w - 12), style);
}

void draw_next(Ui& u, Rect r, const LivingStep& step, double progress) {
    const float grown = between(progress, 0.65, 1), size = u.type.label + 2;
    const float left = r.x + r.w * 0.36F, room = r.w - (left - r.x) - 58;
    for (std::size_t i = 0; i < step.top.size(); ++i) {
        const LivingStep::Candidate& c = step.top[i];
        const float y = r.y + kRow * static_cast<float>(i), base = y + kRow / 2 + 0.36F * size;
        const viz::TextStyle style{.size = size, .color = u.theme.ink, .weight = i == 0 ? Weight::kBold : Weight::kRegular, .align = Align::kRight};
        u.canvas.text({left - 12, base}, viz::elide(u.canvas, c.label, style, left - 12 - r.x), style);
        const Rect track = {left, y + 5, room, kRow - 10};
        const viz::Color fill = i == 0 ? u.theme.bar_strong : u.theme.bar;
        u.canvas.fill_rect({track.x, track.y, std::max(3.0F, track.w * static_cast<float>(c.p) * grown), track.h}, fill, 3);
        if (grown >= 1)
            u.text({r.right(), y + kRow / 2 + 0.36F * u.type.caption}, viz::percent(c.p, c.p < 0.095 ? 1 : 0), u.type.caption, i == 0 ? u.theme.ink : u.theme.ink2,
                   style.weight, Align::kRight);
    }
}

void draw_experts(Ui& u, Rect r, const LivingStep& step, Vec2 plus, double progress) {
    if (step.gates.empty()) return draw_box(u, {r.x, r.center().y - kBar / 2, r.w, kBar}, u.tr("window.case.dense"));
    const int columns = 8, rows = (static_cast<int>(step.gates.size()) + columns - 1) / columns;
    const float shared_h = step.shared ? 28.0F : 0.0F, gap = 4;
    const float cell = std::min((r.w - gap * (columns - 1)) / columns, (r.h - shared_h - 10) / static_cast<float>(rows) - gap);
    if (cell < 3) return;
    const float width = (cell + gap) * columns - gap, x = r.right() - width;
    if (step.shared) {
        const Rect bar = {x, r.y, width, shared_h - 4};
        u.canvas.fill_rect(bar, u.theme.bar_strong, 4);
        const viz::TextStyle style{.size = u.type.caption - 1, .color = u.theme.ink_on(u.theme.bar_strong), .align = Align::kCenter};
        u.canvas.text({bar.center().x, bar.center().y + 0.36F * style.size}, viz::elide(u.canvas, u.tr("window.case.shared"), style, width - 8), style);
    }
    const float shown = between(progress, 0.4, 0.7), total = std::accumulate(step.gates.begin(), step.gates.end(), 0.0F);
    for (std::size_t e = 0; e < step.gates.size(); ++e) {
        const int column = static_cast<int>(e) % columns, row = static_cast<int>(e) / columns;
        const Rect tile = {x + (cell + gap) * static_cast<float>(column), r.y + shared_h + 4 + (cell + gap) * static_cast<float>(row), cell, cell};
        const bool chosen = step.gates[e] > 0;
        u.canvas.fill_rect(tile, chosen ? viz::mix(u.theme.track, u.theme.bar_strong, shown) : u.theme.track, 3);
        if (!chosen || total <= 0) continue;
        // the band back to the stream is as wide as the gate's weight
        const Vec2 from = {tile.center().x, tile.bottom()};
        const float floor = r.bottom() + 4;
        viz::Path band;
        band.move(from).cubic({from.x, floor}, {from.x - 20, plus.y}, {plus.x + 9, plus.y});
        u.canvas.stroke_path(band, {.color = u.theme.bar.with_alpha(0.75F * shown), .width = 1 + 7 * step.gates[e] / total});
    }
}

void draw_attention(Ui& u, Rect r, const LivingStep& step, double progress) {
    const auto n = static_cast<int>(step.labels.size());
    const float cell = std::floor(std::min(r.w, r.h - 22) / static_cast<float>(kLivingWindow)), x = r.right() - cell * static_cast<float>(kLivingWindow);
    const float shown = between(progress, 0.15, 0.45);
    for (int t = 0; t < n; ++t) {
        for (int k = 0; k <= t; ++k) {
            const float weight = step.attention.empty() ? 0 : step.attention[static_cast<std::size_t>(t * n + k)];
            const viz::Color full = u.theme.sequential_at(weight);
            const bool last = t + 1 == n;
            u.canvas.fill_rect({x + cell * static_cast<float>(k) + 1, r.y + cell * static_cast<float>(t) + 1, cell - 2, cell - 2},
                               last ? viz::mix(u.theme.ground, full, shown) : full, 2);
        }
    }
    if (n > 0) u.canvas.stroke_rect({x - 1, r.y + cell * static_cast<float>(n - 1) - 1, cell * static_cast<float>(n) + 2, cell + 2}, {.color = u.theme.q.fill, .width = 2}, 3);
    const viz::TextStyle style{.size = u.type.caption - 1, .color = u.theme.ink3, .align = Align::kRight};
    const std::string words = u.tr("window.case.where", {{"layer", std::to_string(step.layer)}, {"head", std::to_string(step.head)}});
    u.canvas.text({r.right(), r.bottom()}, viz::elide(u.canvas, words, style, r.w), style);
}

void draw_tokens(Ui& u, Rect r, const LivingStep& step, double progress) {
    // as many of the last ones as fit; the newest drops in
    const float size = u.type.label + 2, gap = 6;
    float total = 0;
    std::size_t first = step.labels.size();
    std::vector<float> widths(step.labels.size());
    while (first > 0) {
        const float w = std::clamp(u.width(step.labels[first - 1], size) + 18, 34.0F, r.w * 0.5F);
        if (total + w + gap > r.w) break;
        widths[--first] = w;
        total += w + gap;
    }
    float x = r.center().x - (total - gap) / 2;
    for (std::size_t i = first; i < step.labels.size(); ++i) {
        const bool newest = i + 1 == step.labels.size();
        const float rise = newest ? 14 * (1 - between(progress, 0, 0.2)) : 0;
        const Rect chip = {x, r.y - rise, widths[i], r.h};
        u.card(chip, u.theme.panel, newest ? u.theme.ink2 : u.theme.border, 6);
        const viz::TextStyle style{.size = size, .color = u.theme.ink, .align = Align::kCenter};
        u.canvas.text({chip.center().x, chip.center().y + 0.36F * size}, viz::elide(u.canvas, step.labels[i], style, chip.w - 8), style);
        x += widths[i] + gap;
    }
}

/// The residual stream from the embedding to the unembedding, with the two sums on it.
void draw_stream(Ui& u, const CaseParts& p, Vec2 attention, Vec2 experts, double progress) {
    const float x = attention.x, low = p.embed.y, high = p.unembed.bottom() + 4;
    u.canvas.fill_rect({x - 3, high + 10, 6, low - high - 10}, u.theme.track);
    const float top = low - (low - high - 10) * between(progress, 0, 0.7);
    u.canvas.fill_rect({x - 3, top, 6, low - top}, u.theme.stream);
    if (progress >= 0.7) {
        viz::Path head;
        head.move({x - 9, high + 12}).line({x + 9, high + 12}).line({x, high}).close();
        u.canvas.fill_path(head, u.theme.stream);
    }
    for (const Vec2 at : {attention, experts}) {
        u.canvas.fill_circle(at, 10, u.theme.ink);
        u.canvas.fill_circle(at, 8, u.theme.ground);
        u.canvas.line({at.x - 5, at.y}, {at.x + 5, at.y}, {.color = u.theme.ink, .width = 2});
        u.canvas.line({at.x, at.y - 5}, {at.x, at.y + 5}, {.color = u.theme.ink, .width = 2});
    }
    u.canvas.line({attention.x + 10, attention.y}, {p.attention.x, attention.y}, {.color = u.theme.stream, .width = 2});
}

}  // namespace

Rect CaseParts::of(CasePart part) const {
    switch (part) {
        case CasePart::kNext: return next;
        case CasePart::kUnembed: return unembed;
        case CasePart::kExperts: return experts;
        case CasePart::kAttention: return attention;
        case CasePart::kEmbed: return embed;
        case CasePart::kTokens: return tokens;
        case CasePart::kNone: break;
    }
    return {};
}

CaseParts draw_glass_case(Ui& u, Rect rect, const std::optional<LivingStep>& step, const std::optional<Error>& error, double progress, CasePart lit) {
    u.canvas.fill_rect(rect, u.theme.ground, 16);
    u.canvas.stroke_rect(rect, {.color = u.theme.ink, .width = 3}, 16);
    const CaseParts parts = places(rect);
    if (!step) {
        const std::string words = error ? viz::describe(u.lang, *error) : u.tr("window.case.loading");
        const float h = u.paragraph_height(viz::rich_escape(words), u.type.caption, rect.w - 48);
        u.paragraph({rect.x + 24, rect.center().y - h / 2}, viz::rich_escape(words), u.type.caption, u.theme.ink2, rect.w - 48);
        return parts;
    }
    draw_box(u, parts.unembed, u.tr("window.case.unembed"));
    draw_box(u, parts.embed, u.tr("window.case.embed"));
    // one of the layers, framed
    const Rect layer = {parts.next.x, parts.unembed.bottom() + 20, parts.next.w, parts.embed.y - 18 - parts.unembed.bottom() - 20};
    u.canvas.stroke_rect(layer, {.color = u.theme.border, .width = 1.5F, .dash = 2, .gap = 4}, 8);
    const float stream = parts.next.x + 22;
    const Vec2 attention = {stream, parts.attention.center().y - 10}, experts = {stream, parts.experts.bottom() + 2};
    draw_stream(u, parts, attention, experts, progress);
    draw_experts(u, parts.experts, *step, experts, progress);
    draw_attention(u, parts.attention, *step, progress);
    draw_next(u, parts.next, *step, progress);
    draw_tokens(u, parts.tokens, *step, progress);
    if (lit != CasePart::kNone) viz::draw_ring(u.canvas, u.theme, parts.of(lit).inset(-5), 8);
    return parts;
}

}  // namespace dg::app
