// show=flow: the stream with what the head reads on it, and the opened block's two branches below.
#include "viz/scenes/block.h"
#include "viz/scenes/scaled_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace dg::viz::block {
namespace {

constexpr int kCardRows = 3;

/// Readings that get a card: the embedding, after each layer, and after attention of the open one; round the open layer
/// when they do not all fit.
std::vector<std::size_t> choose_cards(const Data& d, std::size_t most) {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < d.readings.size(); ++i) {
        if (!d.readings[i].middle || d.readings[i].layer == d.layer) all.push_back(i);
    }
    if (all.size() <= most) return all;
    const auto open = static_cast<std::size_t>(std::ranges::find(all, static_cast<std::size_t>(2 * d.layer + 1)) - all.begin());
    // the embedding and the last layer always; between them a run that holds the open block
    const std::size_t run = most - 2, last = all.size() - 1;
    const std::size_t first = std::clamp<std::size_t>(open > run / 2 ? open - run / 2 : 1, 1, last - run);
    std::vector<std::size_t> cards{all.front()};
    for (std::size_t i = first; i < first + run; ++i) cards.push_back(all[i]);
    cards.push_back(all.back());
    return cards;
}

/// When this reading becomes known: the open block's own two with the clock, all before at once, later ones at the end.
double known(const Data& d, const View& view, const Reading& r) {
    if (r.layer < d.layer) return 1;
    if (r.layer > d.layer) return done(view, kAdd2);
    return done(view, r.middle ? kAdd : kAdd2);
}

struct Card {
    const Data& d;
    const View& view;
    const Theme& t;
    Canvas& canvas;

    void row(const Reading& r, std::size_t i, Rect at, double shown) const {
        const std::int32_t id = r.top[i];
        const bool target = id == d.target;
        const float p = d.prob(r, id);
        const float size = t.caption;
        const TextStyle style{.size = size, .color = target ? t.ink : t.ink2, .weight = target ? Weight::kBold : Weight::kRegular};
        const float base = at.center().y + size * 0.35F;
        canvas.text({at.x, base}, elide(canvas, d.label(id), style, at.w * 0.34F), style);
        TextStyle right = style;
        right.align = Align::kRight;
        const float number_w = canvas.measure(">99%", right).width + 8, from = at.x + at.w * 0.36F;
        const Rect track{from, at.center().y - size * 0.32F, std::max(4.0F, at.right() - number_w - from), size * 0.64F};
        draw_bar(canvas, t, track, p * shown, {.fill = target ? t.ink : t.bar, .radius = 2, .min_px = 2, .covered = !view.revealed});
        if (view.revealed) canvas.text({at.right(), base}, percent(p, p < 0.0995F ? 1 : 0), right);
        cell_region(canvas, at, CellRef{r.probs(), {0, d.position, id}});
    }

    void draw(const Reading& r, Rect at) const {
        const double shown = known(d, view, r);
        canvas.fill_rect(at, t.ground, 6);
        canvas.stroke_rect(at, {.color = r.middle ? t.ink2 : t.border, .width = t.line, .dash = r.middle ? 6.0F : 0, .gap = r.middle ? 4.0F : 0}, 6);
        const float pad = t.caption * 0.6F, line = (at.h - 2 * pad) / (kCardRows + 1);
        const TextStyle head{.size = t.caption, .color = t.ink2};
        canvas.text({at.x + pad, at.y + pad + line * 0.5F + t.caption * 0.35F}, elide(canvas, place_name(view.lang, r), head, at.w - 2 * pad), head);
        if (shown <= 0) return;
        for (std::size_t i = 0; i < kCardRows && i < r.top.size(); ++i)
            row(r, i, {at.x + pad, at.y + pad + line * static_cast<float>(i + 1), at.w - 2 * pad, line}, shown);
    }
};

/// The wires between stream and branches, on levels that never cross: see the order of taps and panels.
void route(Canvas& canvas, const Theme& t, std::span<const Vec2> ends, float top, float bottom, std::span<const double> shown) {
    // ends[i] = {x on the stream, x on the panel}; even ones go down, odd ones up
    const float step = (bottom - top) / static_cast<float>(ends.size() + 1);
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const bool left = ends[i].y < ends[i].x;
        const auto rank = static_cast<float>(left ? i + 1 : ends.size() - i);
        const float level = top + step * rank;
        const Vec2 stream{ends[i].x, top}, panel{ends[i].y, bottom};
        std::array<Vec2, 4> corners = {stream, Vec2{stream.x, level}, Vec2{panel.x, level}, panel};
        if (i % 2 == 1) std::ranges::reverse(corners);
        const Color color = shown[i] > 0 ? t.stream : t.border;
        draw_wire(canvas, corners, {.color = color, .width = shown[i] > 0 ? 3.0F : 2.0F}, 11);
    }
}

}  // namespace

StreamPlaces draw_stream(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "stream");
    const Theme t = fitted_type(canvas, view);
    const float card_w_least = t.caption * 8.2F, gap = t.caption * 0.9F;
    const auto most = std::max<std::size_t>(4, static_cast<std::size_t>((area.w + gap) / (card_w_least + gap)));
    const std::vector<std::size_t> cards = choose_cards(d, most);
    const float pitch = area.w / static_cast<float>(cards.size()), card_w = std::min(pitch - gap, t.caption * 12);
    const float card_h = t.caption * 1.45F * (kCardRows + 1) + t.caption * 1.2F;
    StreamPlaces places;
    places.y = area.y + card_h + t.caption * 3.6F;
    const float box_h = t.caption * 1.9F;
    places.bottom = places.y + box_h * 0.5F + 10;
    canvas.line({area.x, places.y}, {area.right() - 24, places.y}, {.color = t.stream, .width = 9});
    draw_arrow(canvas, {area.right() - 40, places.y}, {area.right(), places.y}, {.color = t.stream, .width = 9}, 28);

    const auto center = [&](std::size_t slot) { return area.x + pitch * (static_cast<float>(slot) + 0.5F); };
    for (std::size_t i = 0; i < cards.size(); ++i) {
        const Reading& r = d.readings[cards[i]];
        const float x = center(i);
        const Rect card{x - card_w / 2, area.y, card_w, card_h};
        canvas.line({x, card.bottom()}, {x, places.y}, {.color = t.border, .width = t.line * 1.5F});
        const bool open = r.layer == d.layer;
        if (open) (r.middle ? places.add1 : places.add2) = x;
        if (!open) {
            canvas.fill_circle({x, places.y}, 7, t.stream);
            canvas.fill_circle({x, places.y}, 4, t.ground);
        }
        if (i > 0 && !open) {
            const bool skipped = cards[i] != cards[i - 1] + 2 || (d.readings[cards[i - 1]].layer == r.layer);
            const bool plain = !skipped || cards[i - 1] + 2 == cards[i];
            const std::string text = plain ? fmt::format("L{}", r.layer) : "…";
            const float w = canvas.measure(text, label(t)).width + t.caption * 1.4F;
            const Rect box{(center(i - 1) + x) / 2 - w / 2, places.y - box_h / 2, w, box_h};
            canvas.fill_rect(box, t.ground, 6);
            canvas.stroke_rect(box, {.color = t.stream, .width = 2}, 6);
            draw_centered(canvas, box, text, label(t));
            if (plain) action_region(canvas, box, fmt::format("set layer={}", r.layer), tr(view.lang, "scene.block.tip.open", {{"layer", fmt::format("{}", r.layer)}}));
        }
        Card{d, view, t, canvas}.draw(r, card);
    }
    places.tap1 = places.add1 - pitch * 0.42F, places.tap2 = places.add2 - pitch * 0.42F;
    const Rect frame{places.add1 - pitch * 0.55F, area.y + card_h + t.caption * 0.8F, places.add2 - places.add1 + pitch * 0.75F, places.bottom - area.y - card_h - t.caption * 0.8F};
    canvas.stroke_rect(frame, {.color = t.ink2, .width = 2, .dash = 8, .gap = 5}, 8);
    const TextStyle name{.size = t.caption, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter};
    canvas.text({(places.add1 + places.add2) / 2, frame.y + t.caption * 1.35F},
                tr(view.lang, "scene.block.opened", {{"layer", fmt::format("{}", d.layer)}}), name);
    for (const auto& [x, stage] : {std::pair(places.add1, kAdd), std::pair(places.add2, kAdd2)}) {
        const Reading& r = stage == kAdd ? d.middle() : d.after();
        draw_node(canvas, t, {x, places.y}, box_h * 0.55F, "+", done(view, stage) > 0 ? t.ink : t.border);
        cell_region(canvas, Rect{x - box_h * 0.55F, places.y - box_h * 0.55F, box_h * 1.1F, box_h * 1.1F}, CellRef{r.tensor, {0, d.position, 0}}, tr(view.lang, "scene.block.tip.add", {{"before", number(stage == kAdd ? d.before().length : d.middle().length)},
                                                                    {"added", number(r.added)}, {"cosine", fixed(r.cosine, 2)}}));
    }
    const TextStyle note{.size = t.caption, .color = t.ink, .weight = Weight::kBold};
    const std::string stream_name = tr(view.lang, "scene.block.stream", {{"width", fmt::format("{}", d.row("embed").size())}});
    // above the stream, beside the foot of the first card, or of the last one when the block stands at the left
    const float name_w = canvas.measure(stream_name, note).width, name_y = places.y - box_h * 0.5F - 8;
    const bool left = center(0) + 10 + name_w < frame.x - 4;
    const float name_x = left ? center(0) + 10 : center(cards.size() - 1) - 10 - name_w;
    canvas.fill_rect({name_x - 4, name_y - t.caption, name_w + 8, t.caption * 1.3F}, t.ground);
    canvas.text({name_x, name_y}, stream_name, note);
    return places;
}

void draw_flow(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    PageText page = words(d, view, "flow");
    const Reading* settled = &d.readings.back();
    for (std::size_t i = d.readings.size(); i-- > 0 && d.readings[i].rank_target == 1;) settled = &d.readings[i];
    const bool at_end = settled->layer >= 0 && d.readings.back().rank_target == 1;
    if (!view.revealed || !at_end) page.title = tr(view.lang, "scene.block.title.flow.plain");
    else page.title = tr(view.lang, "scene.block.title.flow", {{"place", place_name(view.lang, *settled)}, {"target", rich_escape(d.label(d.target))}});
    page.notes = {tr(view.lang, "scene.block.note.flow", {{"n", fmt::format("{}", 2 * (d.layer + 1))}, {"layer", fmt::format("{}", d.layer)}})};
    const Rect place = draw_frame(canvas, view, page);
    const StreamPlaces s = draw_stream(canvas, d, view, {place.x, place.y, place.w, place.h});
    const float wires = std::clamp(place.h * 0.075F, 44.0F, 70.0F), top = s.bottom + t.caption * 0.2F;
    const Rect below{place.x, top + wires, place.w, place.bottom() - top - wires};
    if (below.h < t.caption * 9) return;
    const float gap = 28, first = below.w * (d.moe ? 0.56F : 0.6F);
    const Rect left{below.x, below.y, first - gap / 2, below.h}, right{below.x + first + gap / 2, below.y, below.w - first - gap / 2, below.h};
    const float inset = t.caption * 2.6F;
    const std::array<Vec2, 4> ends = {Vec2{s.tap1, left.x + inset}, Vec2{s.add1, left.right() - inset}, Vec2{s.tap2, right.x + inset}, Vec2{s.add2, right.right() - inset}};
    const std::array<double, 4> shown = {done(view, kNorm), done(view, kAdd), done(view, kNorm2), done(view, kAdd2)};
    route(canvas, t, ends, s.bottom, below.y, shown);
    for (const float tap : {s.tap1, s.tap2}) canvas.line({tap, s.y + 4}, {tap, s.bottom}, {.color = t.stream, .width = 3});
    for (const float add : {s.add1, s.add2}) canvas.line({add, s.y + t.caption}, {add, s.bottom}, {.color = t.stream, .width = 3});
    draw_attention_branch(canvas, d, view, {.area = left, .in = ends[0].y, .out = ends[1].y, .moved = done(view, kAttend), .normed = done(view, kNorm)});
    draw_feed_branch(canvas, d, view, {.area = right, .in = ends[2].y, .out = ends[3].y, .moved = done(view, kFeed), .normed = done(view, kNorm2)});
}

}  // namespace dg::viz::block
