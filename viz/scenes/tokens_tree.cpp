// The merges of the tokens scene, the tokens they end in, and the pages of a long text.
#include "viz/scenes/tokens_picture.h"

#include "viz/scenes/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::tokens {

float Painter::anchor_x(int i) const {
    const Node& n = d_.node(i);
    if (n.number > 0) return l_.pills[static_cast<std::size_t>(i)].center().x;
    return (l_.begin_x(n.bytes.begin) + l_.end_x(n.bytes.end - 1)) / 2;
}

/// From a part down to the pill of its merge: straight, then round into its side.
void Painter::wires(int parent, int child) {
    const Rect& pill = l_.pills[static_cast<std::size_t>(parent)];
    const float x = anchor_x(child), y = pill.center().y;
    const float top = d_.node(child).number > 0 ? l_.pills[static_cast<std::size_t>(child)].bottom()
                                                : l_.bytes.bottom();
    const Stroke stroke{.color = t_.stream, .width = t_.line * 1.5F};
    if (x > pill.x + 4 && x < pill.right() - 4) return canvas_.line({x, top}, {x, pill.y}, stroke);
    const bool from_left = x <= pill.x + 4;
    const float side = from_left ? pill.x : pill.right(),
                radius = std::min({9.0F, std::abs(side - x), std::max(0.0F, y - top)});
    const float turn = from_left ? radius : -radius;
    canvas_.stroke_path(Path()
                            .move({x, top})
                            .line({x, y - radius})
                            .cubic({x, y}, {x, y}, {x + turn, y})
                            .line({side, y}),
                        stroke);
}

void Painter::pill(int i, bool root) {
    const Node& n = d_.node(i);
    const Rect& rect = l_.pills[static_cast<std::size_t>(i)];
    // a merge that has just been passed is lit for a moment of the slide
    const bool fresh = view_.stage == kMerge && view_.u < 1 &&
                       slider_ - static_cast<double>(n.number) <
                           0.04 * static_cast<double>(std::max<std::int64_t>(25, d_.merges));
    canvas_.fill_rect(rect, root ? t_.ink : t_.ground, 5);
    canvas_.stroke_rect(rect,
                        {.color = root      ? t_.ink
                                  : n.whole ? t_.ink2
                                            : t_.border,
                         .width = t_.line * 1.25F},
                        5);
    if (fresh) draw_ring(canvas_, t_, rect, 5);
    const Color ink = root ? t_.ground : n.whole ? t_.ink : t_.ink3;
    const Color second = root ? mix(t_.ground, t_.ink, 0.25F) : t_.ink3;
    const Weight weight = root ? Weight::kBold : Weight::kRegular;
    const TextStyle style{
        .size = l_.pill_text, .color = ink, .weight = weight, .align = Align::kCenter};
    const RichText text{{d_.model->tokenizer.label(n.id), ink, weight},
                        {fmt::format(" {}", n.number), second, Weight::kRegular}};
    draw_rich(canvas_, {rect.center().x, rect.center().y + style.size * 0.35F}, text, style);
    const TextArgs args{{"merge", fmt::format("{}", n.number)},
                        {"left", d_.model->tokenizer.label(d_.node(n.left).id)},
                        {"right", d_.model->tokenizer.label(d_.node(n.right).id)},
                        {"id", fmt::format("{}", n.id)}};
    canvas_.region({rect, std::nullopt, fmt::format("set merges={}", n.number),
                    tr(view_.lang, "scene.tokens.merge.tip", args)});
}

void Painter::tree() {
    const Group group(canvas_, "merges");
    // merges below the slider are not drawn at all
    const auto drawn = [&](int i) {
        return d_.node(i).number > 0 && d_.node(i).number <= known_ && l_.shows(d_.node(i).bytes);
    };
    const auto count = static_cast<int>(d_.nodes.size());
    for (int i = 0; i < count; ++i) {
        if (drawn(i)) wires(i, d_.node(i).left), wires(i, d_.node(i).right);
    }
    for (const int root : roots_) {
        const Node& n = d_.node(root);
        if (!l_.shows(n.bytes)) continue;
        const float x = anchor_x(root),
                    top = n.number > 0 ? l_.pills[static_cast<std::size_t>(root)].bottom()
                                       : l_.bytes.bottom();
        const bool merged = n.number > 0;
        canvas_.line(
            {x, top}, {x, l_.boxes.y},
            {.color = merged ? t_.ink : t_.stream, .width = merged ? 3.0F : t_.line * 1.5F});
    }
    for (int i = 0; i < count; ++i) {
        if (drawn(i)) pill(i, is_root(i));
    }
}

void Painter::token_boxes() {
    const Group group(canvas_, "tokens");
    std::int64_t index = -1;
    for (const int root : roots_) {
        ++index;
        const Node& n = d_.node(root);
        if (!l_.shows(n.bytes)) continue;
        const Rect box = l_.columns(n.bytes, l_.boxes).inset(3),
                   below = l_.columns(n.bytes, l_.ids);
        const std::string name = d_.model->tokenizer.label(n.id);
        canvas_.fill_rect(box, t_.ground, 6);
        canvas_.stroke_rect(box, {.color = n.whole ? t_.ink : t_.ink3, .width = 2}, 6);
        TextStyle style{.size = n.whole ? std::min(t_.title, box.h * 0.62F) : t_.caption,
                        .color = n.whole ? t_.ink : t_.ink2,
                        .weight = n.whole ? Weight::kBold : Weight::kRegular};
        if (const float width = canvas_.measure(name, style).width; width > box.w - 6)
            style.size = std::max(t_.caption * 0.8F, style.size * (box.w - 6) / width);
        draw_centered(canvas_, box, elide(canvas_, name, style, box.w - 4), style);
        const std::string id = fmt::format("{}", n.id);
        canvas_.region({{box.x, box.y, box.w, below.bottom() - box.y},
                        std::nullopt,
                        "",
                        tr(view_.lang, "scene.tokens.token.tip",
                           {{"index", fmt::format("{}", index)},
                            {"id", id},
                            {"bytes", fmt::format("{}", n.bytes.size())}})});
        if (ids_in_ <= 0) continue;
        TextStyle digits{.size = t_.label, .color = t_.ink2.with_alpha(ids_in_)};
        if (const float width = canvas_.measure(id, digits).width; width > below.w - 6)
            digits.size *= (below.w - 6) / width;
        draw_centered(canvas_, below, id, digits);
    }
}

/// Where the page stands in a long text: a track over all bytes, and a step to each side.
void Painter::pager() {
    if (l_.pager.h <= 0) return;
    const Group group(canvas_, "pager");
    const auto all = static_cast<float>(d_.bytes());
    const TextStyle style{.size = t_.caption, .color = t_.ink2};
    const std::string text = tr(view_.lang, "scene.tokens.page",
                                {{"first", grouped(l_.shown.begin + 1)},
                                 {"last", grouped(l_.shown.end)},
                                 {"all", grouped(d_.bytes())}});
    const float words = canvas_.measure(text, style).width, arrow = t_.caption * 2;
    const Rect row{l_.left, l_.pager.bottom() - t_.caption * 1.9F,
                   std::max(l_.right - l_.left, words + arrow * 2 + 80), t_.caption * 1.8F};
    canvas_.text({row.x, row.center().y + style.size * 0.35F}, text, style);
    const Rect track{row.x + words + arrow + 24, row.center().y - 4, row.w - words - arrow * 2 - 32,
                     8};
    canvas_.fill_rect(track, t_.track, 4);
    canvas_.fill_rect({track.x + track.w * static_cast<float>(l_.shown.begin) / all, track.y,
                       std::max(8.0F, track.w * static_cast<float>(l_.shown.size()) / all), 8},
                      t_.ink2, 4);
    constexpr int kSlices = 64;
    for (int i = 0; i < kSlices; ++i) {
        const float w = track.w / kSlices;
        canvas_.region({{track.x + static_cast<float>(i) * w, row.y, w, row.h},
                        std::nullopt,
                        fmt::format("set focus={}", d_.bytes() * i / kSlices),
                        ""});
    }
    const auto step = [&](float x, std::string_view sign, std::int64_t focus, bool open) {
        const Rect button{x, row.y, arrow, row.h};
        draw_centered(
            canvas_, button, sign,
            {.size = t_.body, .color = open ? t_.ink : t_.border, .weight = Weight::kBold});
        if (open)
            canvas_.region({button, std::nullopt, fmt::format("set focus={}", focus),
                            tr(view_.lang, "scene.tokens.page.tip")});
    };
    step(track.x - arrow - 4, "‹", std::max<std::int64_t>(0, l_.shown.begin - l_.shown.size()),
         l_.shown.begin > 0);
    step(track.right() + 4, "›", std::min(l_.shown.end, d_.bytes() - 1), l_.shown.end < d_.bytes());
}

}  // namespace dg::viz::tokens
