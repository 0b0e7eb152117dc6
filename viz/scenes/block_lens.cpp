// show=lens: the stream read after every sub-layer, and how long it grows. show=positions: what every position predicts.
#include "viz/scenes/block.h"
#include "viz/scenes/covered.h"
#include "viz/scenes/plot.h"

#include <fmt/format.h>

#include <algorithm>

namespace dg::viz::block {
namespace {

/// One reading as a row of likely tokens, each cell shaded by its probability.
void lens_row(Canvas& canvas, const Data& d, const View& view, const Reading& r, Rect at, float name_w) {
    const Theme t = fitted_type(canvas, view);
    const TextStyle name{.size = t.caption, .color = r.layer == d.layer ? t.ink : t.ink2, .weight = r.layer == d.layer ? Weight::kBold : Weight::kRegular, .align = Align::kRight};
    canvas.text({at.x + name_w - 12, at.center().y + t.caption * 0.35F}, elide(canvas, place_name(view.lang, r), name, name_w - 12), name);
    const std::size_t n = r.top.size();
    const float w = (at.w - name_w) / static_cast<float>(n);
    for (std::size_t i = 0; i < n; ++i) {
        const float p = d.prob(r, r.top[i]);
        const Rect cell{at.x + name_w + w * static_cast<float>(i), at.y, w - 3, at.h - 3};
        const Color fill = view.revealed ? mix(t.ground, t.sequential_at(p), 0.85F) : t.track;
        canvas.fill_rect(cell, fill, 3);
        const bool target = r.top[i] == d.target;
        const float size = std::min(t.caption, cell.h * 0.62F);
        if (view.revealed) {
            const TextStyle style{.size = size, .color = t.ink_on(fill), .weight = target ? Weight::kBold : Weight::kRegular};
            const float number_w = canvas.measure("99.9%", style).width;
            const bool both = cell.w > number_w * 1.9F;
            const float base = cell.center().y + size * 0.35F;
            canvas.text({cell.x + 8, base}, elide(canvas, d.label(r.top[i]), style, both ? cell.w - number_w - 20 : cell.w - 14), style);
            TextStyle right = style;
            right.align = Align::kRight;
            if (both) canvas.text({cell.right() - 8, base}, percent(p), right);
        }
        if (target && view.revealed) canvas.stroke_rect(cell.inset(1), {.color = t.ink, .width = 2}, 3);
        cell_region(canvas, cell, CellRef{r.probs(), {0, d.position, r.top[i]}}, fmt::format("{} · {}", d.label(r.top[i]), percent(p)));
    }
}

/// Which readings fit: all, or after every whole layer, or a run round the open one.
std::vector<std::size_t> choose_rows(const Data& d, std::size_t most) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < d.readings.size(); ++i) rows.push_back(i);
    if (rows.size() > most) std::erase_if(rows, [&](std::size_t i) { return d.readings[i].middle; });
    if (rows.size() > most) {
        const auto open = static_cast<std::size_t>(d.layer + 1);
        const std::size_t first = std::min(open > most / 2 ? open - most / 2 : 0, rows.size() - most);
        rows = {rows.begin() + static_cast<std::ptrdiff_t>(first), rows.begin() + static_cast<std::ptrdiff_t>(first + most)};
    }
    return rows;
}

Series series_of(const Data& d, std::string label, Color color, double (*value)(const Reading&), bool from_first, float dash) {
    Series s{.label = std::move(label), .color = color, .dash = dash, .gap = dash, .dots = d.readings.size() <= 40};
    for (std::size_t i = from_first ? 0 : 1; i < d.readings.size(); ++i) s.points.push_back({static_cast<double>(i) / 2, value(d.readings[i])});
    return s;
}

void lens_plots(Canvas& canvas, const Data& d, const View& view, Rect at) {
    const Theme& t = theme(view.theme);
    const auto last = static_cast<double>(d.layers);
    const Axis x{.label = tr(view.lang, "scene.block.lens.axis"), .min = 0, .max = last};
    const float gap = t.caption * 1.2F, h = (at.h - gap) / 2;
    const Series p = series_of(d, "P(" + d.label(d.target) + ")", t.ink, [](const Reading& r) { return r.p_target; }, true, 0);
    if (view.revealed) {
        Plot plot;
        plot.x = x, plot.series.push_back(p), plot.direct_labels = false;
        plot.y.label = tr(view.lang, "scene.block.lens.p", {{"target", d.label(d.target)}}), plot.y.percent = true;
        draw_plot(canvas, view, {at.x, at.y, at.w, h}, plot);
    }
    std::vector<Series> lengths;
    lengths.push_back(series_of(d, tr(view.lang, "scene.block.lens.stream"), t.ink, [](const Reading& r) { return r.length; }, true, 0));
    lengths.push_back(series_of(d, tr(view.lang, "scene.block.lens.added"), t.experts[4], [](const Reading& r) { return r.added; }, false, 5));
    const Axis y = axis_for(lengths, true, tr(view.lang, "scene.block.lens.length"));
    Plot plot;
    plot.x = x, plot.y = y, plot.series = lengths;
    draw_plot(canvas, view, {at.x, at.y + h + gap, at.w, h}, plot);
}

}  // namespace

void draw_lens(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    PageText page = words(d, view, "lens");
    const Reading &first = d.readings.front(), &last = d.readings.back();
    const TextArgs args = {{"target", rich_escape(d.label(d.target))}, {"first", percent(first.p_target)}, {"last", percent(last.p_target)}, {"layers", fmt::format("{}", d.layers)}};
    page.title = view.revealed ? tr(view.lang, "scene.block.title.lens.open", args) : tr(view.lang, "scene.block.title.lens");
    page.notes = {tr(view.lang, "scene.block.note.lens")};
    const Rect place = draw_frame(canvas, view, page);
    const float table_w = place.w * 0.56F, name_w = t.caption * 8.5F;
    const auto most = static_cast<std::size_t>(std::max(3.0F, place.h / (t.caption * 1.9F)));
    const std::vector<std::size_t> rows = choose_rows(d, most);
    const float row_h = std::min(place.h / static_cast<float>(rows.size()), t.caption * 4);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Reading& r = d.readings[rows[i]];
        lens_row(canvas, d, view, r, {place.x, place.y + row_h * static_cast<float>(i), table_w, row_h}, name_w);
    }
    const float plot_x = place.x + table_w + t.caption * 2.4F;
    lens_plots(canvas, d, view, {plot_x, place.y, place.right() - plot_x, place.h});
}

void draw_positions(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    PageText page = words(d, view, "positions");
    page.notes = notes_when_revealed(view, {tr(view.lang, "scene.block.note.positions", {{"difference", number(d.last_only_difference)}})});
    const Rect place = draw_frame(canvas, view, page);
    const auto most = std::max<std::int64_t>(2, static_cast<std::int64_t>(place.w / (t.label * 7.5F)));
    const std::int64_t shown = std::min(d.tokens, most), first = d.tokens - shown;
    const float w = std::min(place.w / static_cast<float>(shown), t.label * 17), top = place.y + t.caption * 0.4F;
    const float row = std::clamp((place.h - t.label * 2.2F - t.caption * 9) / 5, t.caption * 2.1F, t.caption * 4);
    const float left = place.center().x - w * static_cast<float>(shown) / 2;
    if (first > 0) canvas.text({place.x, top + t.caption}, tr(view.lang, "scene.block.positions.more", {{"n", fmt::format("{}", first)}}), caption(t));
    const float chips = top + t.caption * 1.8F, cards = chips + t.label * 2.2F + t.caption * 2.6F;
    const Reading& last = d.readings.back();
    for (std::int64_t i = 0; i < shown; ++i) {
        const std::int64_t at = first + i;
        const bool final = at + 1 == d.tokens;
        const Rect column{left + w * static_cast<float>(i) + 8, chips, w - 16, t.label * 2.2F};
        draw_chip(canvas, t, column, d.labels[static_cast<std::size_t>(at)], {.role = {t.stream, t.ink}, .filled = final, .size = t.label});
        draw_arrow(canvas, {column.center().x, column.bottom() + 4}, {column.center().x, cards - 6}, {.color = t.stream, .width = final ? 4.0F : 2.0F}, 10);
        const auto p = d.row(last.probs(), at);
        std::vector<std::int32_t> order(static_cast<std::size_t>(std::min<std::int64_t>(d.run->model->tokenizer.vocab_size(), static_cast<std::int64_t>(p.size()))));
        for (std::size_t v = 0; v < order.size(); ++v) order[v] = static_cast<std::int32_t>(v);
        std::ranges::partial_sort(order, order.begin() + 5, [&](std::int32_t a, std::int32_t b) { return p[static_cast<std::size_t>(a)] > p[static_cast<std::size_t>(b)]; });
        const std::int32_t next = final ? -1 : d.run->batch.at(0, at + 1);
        for (std::size_t v = 0; v < 5; ++v) {
            const std::int32_t id = order[v];
            const Rect line{column.x, cards + row * static_cast<float>(v), column.w, row};
            const bool hit = view.revealed && (id == next || (final && v == 0));
            const TextStyle style{.size = t.caption, .color = hit ? t.ink : t.ink2, .weight = hit ? Weight::kBold : Weight::kRegular};
            draw_bar(canvas, t, {line.x, line.y + t.caption * 1.4F, line.w, 8}, p[static_cast<std::size_t>(id)], {.fill = hit ? t.ink : t.bar, .radius = 2, .min_px = 2, .covered = false});
            const float number_w = canvas.measure("99.9%", style).width;
            canvas.text({line.x, line.y + t.caption}, elide(canvas, d.label(id), style, line.w - number_w - 6), style);
            TextStyle right = style;
            right.align = Align::kRight;
            canvas.text({line.right(), line.y + t.caption}, percent(p[static_cast<std::size_t>(id)], p[static_cast<std::size_t>(id)] < 0.0995F ? 1 : 0), right);
            cell_region(canvas, line, CellRef{last.probs(), {0, at, id}});
        }
        const float foot = cards + row * 5 + t.caption * 2;
        const TextStyle small{.size = t.caption, .color = final ? t.ink : t.ink2, .weight = final ? Weight::kBold : Weight::kRegular, .align = Align::kCenter};
        const std::string say = !view.revealed ? "?" : final ? tr(view.lang, "scene.block.positions.open") : tr(view.lang, "scene.block.positions.known", {{"next", d.label(next)}});
        const std::string say2 = final || !view.revealed ? std::string() : percent(d.next_p[static_cast<std::size_t>(at)]);
        float y = foot;
        for (const std::string& l : wrap(canvas, say, small, column.w + 12)) canvas.text({column.center().x, y}, l, small), y += t.caption * 1.35F;
        if (!say2.empty()) canvas.text({column.center().x, y}, say2, small);
    }
}

}  // namespace dg::viz::block
