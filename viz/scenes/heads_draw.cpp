// Pictures of the heads scene.
#include "viz/scenes/covered.h"
#include "viz/scenes/heads.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/next_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

namespace dg::viz::heads {
namespace {

PageText page_of(const Data& d, const View& view, const std::string& show, const TextArgs& args) {
    return {.title = tr_covered(view, "scene.heads.title." + show, args), .subtitle = tr(view.lang, "scene.heads.subtitle." + show, args),
            .notes = {}, .badge = {.detail = badge_detail(view.lang, next_token::display_name(*d.run->model), d.model_hash())}};
}

std::string habit_name(Lang lang, const std::string& name) { return tr(lang, "scene.heads.habit." + name); }

/// One head's weights, small.
void thumb(Canvas& canvas, const Data& d, const Theme& t, std::size_t i, Rect at, double shown) {
    std::vector<Color> cells;
    cells.reserve(d.thumbs[i].size());
    for (const float v : d.thumbs[i]) cells.push_back(v < 0 ? t.track : mix(t.ground, t.sequential_at(v), static_cast<float>(shown)));
    canvas.heatmap(at, static_cast<int>(d.cells), static_cast<int>(d.cells), cells);
    canvas.stroke_rect(at, {.color = t.border, .width = t.line});
}

/// Layers that fit on the page, round the chosen one.
std::pair<std::int64_t, std::int64_t> shown_range(std::int64_t all, std::int64_t chosen, std::int64_t most) {
    const std::int64_t n = std::clamp<std::int64_t>(most, 1, all), first = std::clamp<std::int64_t>(chosen - n / 2, 0, all - n);
    return {first, first + n};
}

struct Grid {
    std::int64_t first_layer = 0, end_layer = 0, first_head = 0, end_head = 0;
    float x = 0, y = 0, w = 0, h = 0;

    [[nodiscard]] Rect cell(std::int64_t l, std::int64_t head) const {
        return {x + w * static_cast<float>(head - first_head), y + h * static_cast<float>(l - first_layer), w, h};
    }
};

Grid grid_for(const Data& d, Rect place, float least_w, float least_h, float name_w, float head_h) {
    Grid g;
    std::tie(g.first_layer, g.end_layer) = shown_range(d.layers, d.layer, static_cast<std::int64_t>((place.h - head_h) / least_h));
    std::tie(g.first_head, g.end_head) = shown_range(d.count, d.head, static_cast<std::int64_t>((place.w - name_w) / least_w));
    g.x = place.x + name_w, g.y = place.y + head_h;
    g.w = (place.w - name_w) / static_cast<float>(g.end_head - g.first_head), g.h = (place.h - head_h) / static_cast<float>(g.end_layer - g.first_layer);
    return g;
}

void grid_names(Canvas& canvas, const Data&, const View& view, const Theme& t, const Grid& g) {
    for (std::int64_t h = g.first_head; h < g.end_head; ++h)
        canvas.text({g.cell(g.first_layer, h).center().x, g.y - t.caption * 0.5F}, tr(view.lang, "scene.heads.head", {{"head", fmt::format("{}", h)}}), caption(t, Align::kCenter));
    for (std::int64_t l = g.first_layer; l < g.end_layer; ++l)
        canvas.text({g.x - t.caption * 0.8F, g.cell(l, g.first_head).center().y + t.caption * 0.35F}, tr(view.lang, "scene.heads.layer", {{"layer", fmt::format("{}", l)}}), caption(t, Align::kRight));
}

/// Width of the widest word that must stay whole: words end at spaces, and Chinese, which breaks anywhere, has none.
float widest_word(const Canvas& canvas, std::string_view text, const TextStyle& style) {
    float widest = 1;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        const bool ascii = std::ranges::all_of(word, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
        if (ascii) widest = std::max(widest, canvas.measure(word, style).width);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return widest;
}

/// A head's name with the statistic that gives it, or "unclassified" with the strongest one.
void head_words(Canvas& canvas, const Data& d, const View& view, const Theme& t, std::int64_t l, std::int64_t h, Rect at) {
    const Habit& habit = d.habits[d.index(l, h)];
    if (habit.name.empty() || at.w < t.caption * 2.5F) return;
    const bool named = d.named(l, h);
    const std::string name = named ? habit_name(view.lang, habit.name) : tr(view.lang, "scene.heads.unclassified");
    float size = t.caption * 0.92F;
    TextStyle style{.size = size, .color = named ? t.ink : t.ink3, .weight = named ? Weight::kBold : Weight::kRegular};
    size *= std::clamp(0.98F * at.w / widest_word(canvas, name, style), 0.6F, 1.0F);
    style.size = size;
    // lines of like length: a Chinese name breaks anywhere and would leave one character alone
    const float whole = canvas.measure(name, style).width, lines = std::ceil(whole / at.w);
    const bool spaced = name.find(' ') != std::string::npos;
    float y = at.y + size;
    for (const std::string& line : wrap(canvas, name, style, spaced ? at.w : std::min(at.w, whole / lines + size * 0.55F))) canvas.text({at.x, y}, line, style), y += size * 1.3F;
    if (y < at.bottom()) canvas.text({at.x, y}, fixed(habit.value, 2), {.size = size, .color = named ? t.ink : t.ink3});
}

}  // namespace

void draw_grid(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    std::int64_t named = 0;
    for (std::int64_t l = 0; l < d.layers; ++l)
        for (std::int64_t h = 0; h < d.count; ++h) named += d.named(l, h) ? 1 : 0;
    double js = 0;
    for (const double v : d.js) js += v / static_cast<double>(d.js.size());
    const TextArgs args = {{"n", fmt::format("{}", d.layers * d.count)}, {"named", fmt::format("{}", named)}, {"least", fixed(kNamed, 2)}, {"js", view.revealed ? fixed(js, 2) : "?"},
                           {"prompt", rich_escape(next_token::in_quotes(d.run->prompt, 40))}, {"block", fmt::format("{}", d.block)}};
    PageText page = page_of(d, view, "grid", args);
    page.notes = {tr(view.lang, d.habits.front().name.empty() ? "scene.heads.note.no_card" : "scene.heads.note.grid", args)};
    if (d.block > 1) page.notes.push_back(tr(view.lang, "scene.heads.note.block", args));
    const Rect place = draw_frame(canvas, view, page);
    const Grid g = grid_for(d, place, t.caption * 5.5F, t.caption * 5, t.caption * 4.4F, t.caption * 1.6F);
    grid_names(canvas, d, view, t, g);
    const double shown = done(view, kLook);
    for (std::int64_t l = g.first_layer; l < g.end_layer; ++l)
        for (std::int64_t h = g.first_head; h < g.end_head; ++h) {
            const Rect cell = g.cell(l, h);
            const float side = std::min(cell.h - 10, cell.w * 0.62F);
            const Rect map{cell.x + 4, cell.y + 4, side, side};
            thumb(canvas, d, t, d.index(l, h), map, ease(staggered(shown, static_cast<int>(l - g.first_layer), static_cast<int>(g.end_layer - g.first_layer))));
            head_words(canvas, d, view, t, l, h, {map.right() + 8, map.y, cell.right() - map.right() - 12, map.h});
            if (l == d.layer && h == d.head) draw_ring(canvas, t, map, 2);
            action_region(canvas, map, fmt::format("open attention model={} prompt={} layer={} head={}", d.model_name, d.run->prompt, l, h),
                          tr(view.lang, "scene.heads.tip.open", {{"layer", fmt::format("{}", l)}, {"head", fmt::format("{}", h)}}));
        }
}

void draw_sum(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const TextArgs args = {{"layer", fmt::format("{}", d.layer)}, {"token", rich_escape(d.labels[static_cast<std::size_t>(d.position)])}, {"n", fmt::format("{}", d.count)},
                           {"difference", number(d.sum_difference)}};
    PageText page = page_of(d, view, "sum", args);
    page.notes = notes_when_revealed(view, {tr(view.lang, "scene.heads.note.sum", args)});
    const Rect place = draw_frame(canvas, view, page);
    const float total_h = t.caption * 5, name_w = t.caption * 4.6F, length_w = t.caption * 9, gap = t.caption * 2.6F;
    const Rect rows{place.x, place.y + t.caption * 1.6F, place.w, place.h - total_h - t.caption * 1.6F};
    const auto [first, end] = shown_range(d.count, d.head, static_cast<std::int64_t>(rows.h / (t.caption * 1.5F)));
    const float row_h = std::min(rows.h / static_cast<float>(end - first), t.caption * 5.6F), strip_w = rows.w - name_w - length_w - gap;
    const Rect left{rows.x + name_w, 0, strip_w * 0.24F, 0}, right{left.right() + gap, 0, strip_w * 0.76F, 0};
    const Tensor<float>& context = d.run->tape.value(d.run->tape.find(fmt::format("layers.{}.attn.context", d.layer)));
    const std::string name = fmt::format("layers.{}.attn.", d.layer);
    double limit = 0, longest = 0, context_limit = 0;
    for (std::int64_t h = 0; h < d.count; ++h) {
        limit = std::max(limit, largest_of(d.added[static_cast<std::size_t>(h)])), longest = std::max(longest, length_of(d.added[static_cast<std::size_t>(h)]));
        context_limit = std::max(context_limit, largest_of({context.row(d.position * d.count + h), static_cast<std::size_t>(context.cols())}));
    }
    canvas.text({left.x, rows.y - 8}, tr(view.lang, "scene.heads.sum.context", {{"n", fmt::format("{}", context.cols())}}), {.size = t.caption, .color = t.v.ink});
    canvas.text({right.x, rows.y - 8}, tr(view.lang, "scene.heads.sum.added", {{"n", fmt::format("{}", d.added.front().size())}}), caption(t));
    canvas.text({rows.right(), rows.y - 8}, tr(view.lang, "scene.heads.sum.length"), caption(t, Align::kRight));
    for (std::int64_t h = first; h < end; ++h) {
        const auto i = static_cast<std::size_t>(h);
        const float y = rows.y + row_h * static_cast<float>(h - first), height = row_h - std::min(10.0F, row_h * 0.25F), mid = y + height / 2;
        const bool muted = d.muted.contains({d.layer, h});
        canvas.text({left.x - 12, mid + t.caption * 0.35F}, tr(view.lang, "scene.heads.head", {{"head", fmt::format("{}", h)}}), caption(t, Align::kRight));
        draw_strip(canvas, view, {.rect = {left.x, y, left.w, height}, .values = {context.row(d.position * d.count + h), static_cast<std::size_t>(context.cols())}, .limit = context_limit,
                                  .tensor = name + "context", .first = {0, d.position, h, 0}, .shown = done(view, kLook)});
        draw_arrow(canvas, {left.right() + 6, mid}, {right.x - 6, mid}, {.color = t.stream, .width = 2}, 8);
        draw_strip(canvas, view, {.rect = {right.x, y, right.w, height}, .values = d.added[i], .limit = limit, .shown = done(view, kCarry), .upright = true});
        const double length = length_of(d.added[i]);
        const Rect track{right.right() + 16, mid - t.caption * 0.4F, length_w - t.caption * 4.4F, t.caption * 0.8F};
        draw_bar(canvas, t, track, longest > 0 ? length / longest * done(view, kCarry) : 0, {.fill = t.bar_strong, .covered = !view.revealed});
        if (view.revealed) canvas.text({rows.right(), mid + t.caption * 0.35F}, number(length), {.size = t.caption, .color = t.ink, .align = Align::kRight});
        if (muted) draw_masked(canvas, t, std::array{Rect{left.x, y, left.w, height}}, tr(view.lang, "scene.heads.muted"), {left.x + left.w / 2, mid});
        action_region(canvas, {rows.x, y, name_w, height}, fmt::format("mute {}.{}", d.layer, h), tr(view.lang, "scene.heads.tip.mute", {{"layer", fmt::format("{}", d.layer)}, {"head", fmt::format("{}", h)}}));
    }
    const float y = place.bottom() - total_h + t.caption * 1.2F;
    canvas.line({right.x, y - t.caption * 0.7F}, {right.right(), y - t.caption * 0.7F}, {.color = t.ink2, .width = 2});
    canvas.text({right.x - 14, y + total_h * 0.3F + t.heading * 0.3F}, "Σ", {.size = t.heading, .color = t.ink, .weight = Weight::kBold, .align = Align::kRight});
    const Tensor<float>& out = d.run->tape.value(d.run->tape.find(name + "out"));
    draw_strip(canvas, view, {.rect = {right.x, y, right.w, total_h * 0.6F}, .values = {out.row(d.position), static_cast<std::size_t>(out.cols())}, .tensor = name + "out", .first = {0, d.position, 0}, .shown = done(view, kJoin), .upright = true});
    canvas.text({left.x, y + total_h * 0.3F}, tr(view.lang, "scene.heads.sum.out"), strong(t));
    if (view.revealed) canvas.text({rows.right(), y + total_h * 0.3F + t.caption * 0.35F}, number(length_of({out.row(d.position), static_cast<std::size_t>(out.cols())})), {.size = t.caption, .color = t.ink, .weight = Weight::kBold, .align = Align::kRight});
}

namespace {

/// Loss without each head alone: how much it is worth on this text.
void loss_tiles(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect at) {
    const Grid g = grid_for(d, at, t.caption * 3.6F, t.caption * 2.4F, t.caption * 4.4F, t.caption * 1.8F);
    grid_names(canvas, d, view, t, g);
    double most = 0;
    for (const double loss : d.loss_without) {
        if (std::isfinite(loss)) most = std::max(most, std::abs(loss - d.before.loss));
    }
    for (std::int64_t l = g.first_layer; l < g.end_layer; ++l)
        for (std::int64_t h = g.first_head; h < g.end_head; ++h) {
            const Rect cell = g.cell(l, h), tile{cell.x + 2, cell.y + 2, cell.w - 4, cell.h - 4};
            const bool known = d.index(l, h) < d.loss_without.size() && view.revealed;
            const double change = known ? d.loss_without[d.index(l, h)] - d.before.loss : 0;
            const Color fill = known && std::isfinite(change) ? mix(t.ground, t.diverging_at(most > 0 ? change / most : 0), 0.8F) : t.track;
            canvas.fill_rect(tile, fill, 4);
            const float size = std::min(t.caption, tile.h * 0.45F);
            const bool muted = d.muted.contains({l, h});
            if (muted) draw_masked(canvas, t, {&tile, 1}, "", tile.center());
            const std::string text = !known ? "?" : fmt::format("{}{}", change > 0 ? "+" : "", number(change, 2));
            if (size >= 8 && canvas.measure(text, {.size = size, .color = t.ink}).width <= tile.w - 2)
                draw_centered(canvas, tile, text, {.size = size, .color = muted ? t.ink : t.ink_on(fill), .weight = muted ? Weight::kBold : Weight::kRegular});
            if (l == d.layer && h == d.head) canvas.stroke_rect(tile, {.color = t.ink, .width = 2}, 4);
            action_region(canvas, tile, fmt::format("mute {}.{}", l, h), tr(view.lang, "scene.heads.tip.mute", {{"layer", fmt::format("{}", l)}, {"head", fmt::format("{}", h)}}));
        }
}

void answers(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect at, std::string_view key, const Outcome& o, bool covered) {
    canvas.text({at.x, at.y + t.label}, tr(view.lang, key), {.size = t.label, .color = t.ink, .weight = Weight::kBold});
    canvas.text({at.right(), at.y + t.label}, tr(view.lang, "scene.heads.loss", {{"loss", covered ? "?" : number(o.loss)}}), {.size = t.label, .color = t.ink2, .align = Align::kRight});
    const float top = at.y + t.label * 1.9F, row = std::min((at.bottom() - top) / 5, t.label * 2);
    for (std::size_t i = 0; i < o.top.size(); ++i) {
        const float y = top + row * static_cast<float>(i), base = y + row / 2 + t.caption * 0.35F, name_w = at.w * 0.3F, number_w = t.caption * 3.6F;
        canvas.text({at.x, base}, covered ? "?" : elide(canvas, d.label(o.top[i].id), label(t), name_w - 8), {.size = t.caption, .color = t.ink});
        draw_bar(canvas, t, {at.x + name_w, y + row * 0.25F, at.w - name_w - number_w - 8, row * 0.5F}, o.top[i].p, {.fill = t.bar_strong, .covered = covered});
        if (!covered) canvas.text({at.right(), base}, percent(o.top[i].p), {.size = t.caption, .color = t.ink, .align = Align::kRight});
    }
}

}  // namespace

void draw_mute(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const double change = d.after.loss - d.before.loss;
    const TextArgs args = {{"n", fmt::format("{}", d.muted.size())}, {"change", fmt::format("{}{}", change > 0 ? "+" : "", fixed(change, 3))}, {"prompt", rich_escape(next_token::in_quotes(d.run->prompt, 40))}};
    PageText page = page_of(d, view, "mute", args);
    page.title = tr(view.lang, d.muted.empty() || !view.revealed ? "scene.heads.title.mute" : "scene.heads.title.muted", args);
    page.notes = {tr(view.lang, d.tokens > 1 ? "scene.heads.note.mute" : "scene.heads.note.short")};
    const Rect place = draw_frame(canvas, view, page);
    const float left_w = place.w * 0.62F, gap = 40, w = place.w - left_w - gap, h = (place.h - gap) / 2;
    loss_tiles(canvas, d, view, t, {place.x, place.y, left_w, place.h});
    const Rect right{place.x + left_w + gap, place.y, w, h};
    answers(canvas, d, view, t, right, "scene.heads.before", d.before, false);
    answers(canvas, d, view, t, {right.x, right.bottom() + gap, w, h}, d.muted.empty() ? "scene.heads.after_none" : "scene.heads.after", d.after, !view.revealed && !d.muted.empty());
}

}  // namespace dg::viz::heads
