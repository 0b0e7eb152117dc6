// Pictures of the embedding scene that are lists and strips: lookup, neighbours, size.
#include "viz/scenes/covered.h"
#include "viz/scenes/embedding.h"
#include "viz/scenes/next_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::embedding {
namespace {

Badge badge_of(const Data& d, const View& view) {
    return {.detail = badge_detail(view.lang, next_token::display_name(*d.model), d.model_hash())};
}

/// Rows of the table round the token's own.
struct Window {
    std::int64_t first = 0, last = 0;
};

Window window_of(const Data& d, std::int64_t rows) {
    const std::int64_t all = d.table().dim(0), first = std::clamp<std::int64_t>(d.id - rows / 2, 0, std::max<std::int64_t>(0, all - rows));
    return {first, std::min(all, first + rows) - 1};
}

/// The lookup's words at the right: what a product would cost.
void cost_words(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect at) {
    const std::int64_t rows = d.table().dim(0), width = d.table().dim(1);
    const double multiplied = done(view, kMultiply);
    float y = at.y + t.body;
    const auto line = [&](std::string_view key, const std::string& value, bool covered) {
        for (const std::string& l : wrap(canvas, tr(view.lang, key), label(t), at.w)) canvas.text({at.x, y}, l, label(t)), y += t.label * 1.35F;
        y += t.heading * 0.5F;
        canvas.text({at.x, y}, covered ? "?" : value, {.size = t.heading, .color = t.ink, .weight = Weight::kBold});
        y += t.heading * 1.3F;
    };
    line("scene.embedding.lookup.product", grouped(2 * rows * width), !view.revealed || multiplied < 1);
    line("scene.embedding.lookup.lookup", "0", !view.revealed);
    line("scene.embedding.lookup.difference", number(d.difference), !view.revealed || done(view, kRow) < 1);
    TextStyle small = caption(t);
    draw_wrapped(canvas, {at.x, y + t.caption}, tr(view.lang, "scene.embedding.lookup.size", {{"rows", grouped(rows)}, {"width", grouped(width)}, {"n", grouped(rows * width)}}), small, at.w);
}

}  // namespace

void draw_lookup(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const std::string token = d.labels[static_cast<std::size_t>(d.position)];
    const TextArgs args = {{"token", rich_escape(token)}, {"id", fmt::format("{}", d.id)}, {"rows", grouped(d.table().dim(0))}, {"width", fmt::format("{}", d.table().dim(1))}};
    const Rect place = draw_frame(canvas, view, {.title = tr_covered(view, "scene.embedding.title.lookup", args), .subtitle = tr(view.lang, "scene.embedding.subtitle.lookup", args),
                                                 .notes = {tr(view.lang, "scene.embedding.note.lookup")}, .badge = badge_of(d, view)});
    const float chip_h = t.label * 2.1F;
    draw_token_row(canvas, view, {place.x, place.y + 4, place.w, chip_h}, d.labels, static_cast<int>(d.position));
    const float top = place.y + chip_h + t.caption * 2.6F, foot = t.caption * 6.4F, words_w = std::max(place.w * 0.2F, t.label * 11);
    const float height = place.bottom() - top - foot;
    const auto shown = static_cast<std::int64_t>(std::clamp(height / (t.caption * 1.75F), 5.0F, 15.0F)) / 2 * 2 + 1;
    const Window w = window_of(d, shown);
    const float row_h = height / static_cast<float>(w.last - w.first + 1), id_w = t.caption * 4, hot_w = t.caption * 3.2F, name_w = t.caption * 4.5F;
    const float hot_x = place.x + id_w + name_w, table_x = hot_x + hot_w + t.caption * 2.4F, table_w = place.right() - words_w - t.caption * 3 - table_x;
    const double hot = done(view, kOneHot), multiplied = done(view, kMultiply), landed = done(view, kRow);
    double limit = 0;
    for (std::int64_t v = w.first; v <= w.last; ++v) limit = std::max(limit, largest_of({d.table().row(v), static_cast<std::size_t>(d.table().cols())}));
    canvas.text({hot_x + hot_w / 2, top - 10}, tr(view.lang, "scene.embedding.lookup.onehot"), caption(t, Align::kCenter));
    canvas.text({table_x, top - 10}, tr(view.lang, "scene.embedding.lookup.table", args), caption(t));
    canvas.text({(hot_x + hot_w + table_x) / 2, top + height / 2 + t.heading * 0.3F}, "×", heading(t, Align::kCenter));
    for (std::int64_t v = w.first; v <= w.last; ++v) {
        const float y = top + row_h * static_cast<float>(v - w.first), mid = y + row_h / 2 + t.caption * 0.35F;
        const bool own = v == d.id;
        const TextStyle style{.size = t.caption, .color = own ? t.ink : t.ink3, .weight = own ? Weight::kBold : Weight::kRegular};
        TextStyle right = style;
        right.align = Align::kRight;
        canvas.text({place.x + id_w - 10, mid}, fmt::format("{}", v), right);
        canvas.text({place.x + id_w, mid}, elide(canvas, d.label(static_cast<std::int32_t>(v)), style, name_w - 8), style);
        const Rect cell{hot_x, y + 1, hot_w, row_h - 2};
        canvas.fill_rect(cell, own ? mix(t.track, t.ink, static_cast<float>(hot)) : t.track, 2);
        if (hot > 0) draw_centered(canvas, cell, own ? "1" : "0", {.size = std::min(t.caption, row_h * 0.7F), .color = own && hot > 0.5 ? t.ground : t.ink2});
        // rows times 0 vanish; the one times 1 stays
        const double shade = own ? 1 : 1 - 0.85 * multiplied;
        draw_strip(canvas, view, {.rect = {table_x, y + 1, table_w, row_h - 2}, .values = {d.table().row(v), static_cast<std::size_t>(d.table().cols())}, .limit = limit,
                                  .tensor = "model.embed_tokens.weight", .first = {v, 0}, .frame = own ? t.ink : t.ground, .shown = shade});
    }
    const float out_y = place.bottom() - t.caption * 3.6F, own_y = top + row_h * static_cast<float>(d.id - w.first + 1);
    if (landed > 0) draw_arrow(canvas, {table_x - t.caption, std::max(own_y, top)}, {table_x - t.caption, out_y + t.caption * 0.9F}, {.color = t.stream, .width = 3}, 11);
    canvas.text({place.x, out_y + t.caption * 1.4F}, tr(view.lang, "scene.embedding.lookup.vector", args), {.size = t.label, .color = t.ink, .weight = Weight::kBold});
    const Tensor<float>& embed = d.run->tape.value(d.run->tape.find("embed"));
    draw_strip(canvas, view, {.rect = {table_x, out_y, table_w, t.caption * 2.2F}, .values = {embed.row(d.position), static_cast<std::size_t>(embed.cols())}, .limit = limit,
                              .tensor = "embed", .first = {0, d.position, 0}, .frame = t.ink, .shown = landed});
    cost_words(canvas, d, view, t, {place.right() - words_w, top, words_w, height});
}

namespace {

void neighbour_list(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect at, std::string_view key, const std::vector<Neighbour>& near, bool covered) {
    canvas.text({at.x, at.y + t.body}, tr(view.lang, key), strong(t));
    const float top = at.y + t.body * 2.2F, row = std::min((at.bottom() - top) / 8, t.body * 3.2F), name_w = at.w * 0.3F;
    for (std::size_t i = 0; i < near.size(); ++i) {
        const Rect line{at.x, top + row * static_cast<float>(i), at.w, row};
        const float base = line.center().y + t.label * 0.35F;
        const std::string name = d.label(near[i].id);
        canvas.text({line.x, base}, covered ? "?" : elide(canvas, name, label(t), name_w - 12), {.size = t.label, .color = t.ink});
        const float value_w = t.label * 3.4F;
        draw_bar(canvas, t, {line.x + name_w, line.center().y - row * 0.22F, line.w - name_w - value_w, row * 0.44F}, near[i].cosine, {.fill = t.bar_strong, .covered = covered});
        if (!covered) canvas.text({line.right(), base}, fixed(near[i].cosine, 2), {.size = t.label, .color = t.ink, .align = Align::kRight});
        if (!covered) cell_region(canvas, line, CellRef{"model.embed_tokens.weight", {near[i].id, 0}}, fmt::format("{} · {}", near[i].id, name));
    }
}

void kinship_bars(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect at) {
    const std::pair<const char*, const Kinship*> rows[] = {{"scene.embedding.near.trained", &d.kin}, {"scene.embedding.near.fresh", &d.kin_fresh}};
    canvas.text({at.x, at.y + t.body}, tr(view.lang, "scene.embedding.kin.title"), strong(t));
    const float top = at.y + t.body * 1.9F, w = (at.w - 48) / 2;
    for (std::size_t i = 0; i < 2; ++i) {
        const Kinship& k = *rows[i].second;
        const float x = at.x + (w + 48) * static_cast<float>(i);
        const std::pair<const char*, double> lines[] = {{"scene.embedding.kin.same", k.same}, {"scene.embedding.kin.other", k.other}};
        for (std::size_t j = 0; j < 2; ++j) {
            const float y = top + t.label * 2.1F * static_cast<float>(j), name_w = w * 0.36F;
            canvas.text({x, y + t.label}, elide(canvas, tr(view.lang, lines[j].first), label(t), name_w - 8), label(t));
            draw_bar(canvas, t, {x + name_w, y + t.label * 0.3F, w - name_w - t.label * 3.6F, t.label * 0.9F}, std::max(0.0, lines[j].second), {.fill = j == 0 ? t.ink : t.bar, .covered = !view.revealed});
            if (view.revealed) canvas.text({x + w, y + t.label}, fixed(lines[j].second, 3), {.size = t.label, .color = t.ink, .align = Align::kRight});
        }
    }
}

}  // namespace

void draw_neighbours(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const TextArgs args = {{"word", rich_escape(d.label(d.word))}, {"same", grouped(d.kin.same_pairs)}, {"other", grouped(d.kin.other_pairs)}, {"kin", fixed(d.kin.same, 2)}, {"stranger", fixed(d.kin.other, 2)}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.embedding.title.neighbours" : "scene.embedding.title.neighbours_covered", args), .subtitle = tr(view.lang, "scene.embedding.subtitle.neighbours", args),
                                                 .notes = {tr(view.lang, "scene.embedding.note.neighbours", args)}, .badge = badge_of(d, view)});
    const float kin_h = t.body * 2 + t.label * 4.6F, w = (place.w - 64) / 2, h = place.h - kin_h - t.body;
    neighbour_list(canvas, d, view, t, {place.x, place.y, w, h}, "scene.embedding.near.trained", d.near, !view.revealed);
    neighbour_list(canvas, d, view, t, {place.x + w + 64, place.y, w, h}, "scene.embedding.near.fresh", d.near_fresh, false);
    kinship_bars(canvas, d, view, t, {place.x, place.bottom() - kin_h, place.w, kin_h});
}

namespace {

/// One model as a bar over its whole width, the embedding's part dark.
void size_bar(Canvas& canvas, const View& view, const Theme& t, Rect at, const std::string& name, const Config& c, bool covered) {
    const std::int64_t table = c.vocab_size * c.hidden_size, total = count_parameters(c).total;
    canvas.text({at.x, at.y + t.body}, name, strong(t));
    const TextArgs args = {{"rows", grouped(c.vocab_size)}, {"width", grouped(c.hidden_size)}, {"n", covered ? "?" : grouped(table)}};
    canvas.text({at.x, at.y + t.body * 1.1F + t.heading * 1.2F}, tr(view.lang, "scene.embedding.size.product", args), {.size = t.heading, .color = t.ink, .weight = Weight::kBold});
    const Rect bar{at.x, at.y + t.body * 1.8F + t.heading * 1.4F, at.w, t.heading * 1.3F};
    const double share = static_cast<double>(table) / static_cast<double>(total);
    canvas.fill_rect(bar, t.track, 3);
    if (!covered) canvas.fill_rect({bar.x, bar.y, std::max(1.0F, bar.w * static_cast<float>(share)), bar.h}, t.ink, 2);
    canvas.text({bar.x, bar.bottom() + t.label * 1.5F},
                tr(view.lang, "scene.embedding.size.share", {{"share", covered ? "?" : percent(share, 2)}, {"total", short_count(static_cast<double>(total))}}), label(t));
}

}  // namespace

void draw_size(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, "scene.embedding.title.size"), .subtitle = tr(view.lang, "scene.embedding.subtitle.size"),
                                                 .notes = {tr(view.lang, "scene.embedding.note.size")}, .badge = badge_of(d, view)});
    const float h = place.h * 0.44F;
    size_bar(canvas, view, t, {place.x, place.y + place.h * 0.04F, place.w, h}, next_token::display_name(*d.model), d.small, false);
    size_bar(canvas, view, t, {place.x, place.y + place.h * 0.52F, place.w, h}, "DeepSeek-V3", d.big, !view.revealed);
}

}  // namespace dg::viz::embedding
