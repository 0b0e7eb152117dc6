// Around the grid of the attention map: heads, labels, focus, row sums, predictions.
#include "viz/scenes/attention_map.h"

#include "viz/scenes/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace dg::viz::attention {

void MapPainter::thumb(std::int64_t h, Rect rect) {
    const std::int64_t side = d_.thumb_cells;
    std::vector<Color> colors(static_cast<std::size_t>(side * side), Color{0, 0, 0, 0});
    const float* values = d_.thumbs.data() + h * side * side;
    for (std::int64_t i = 0; i < side * side; ++i) {
        if (values[i] >= 0 || std::isnan(values[i]))
            colors[static_cast<std::size_t>(i)] = t_.sequential_at(values[i]);
    }
    canvas_.fill_rect(rect, t_.track);
    canvas_.heatmap(rect, static_cast<int>(side), static_cast<int>(side), colors);
    const bool current = h == d_.head;
    if (current || h == f_.head) draw_ring(canvas_, t_, rect.inset(-3), 4);

    const TextStyle style{.size = t_.caption,
                          .color = current ? t_.ink : t_.ink2,
                          .weight = current ? Weight::kBold : Weight::kRegular};
    const std::string name =
        tr(view_.lang, "scene.attention.head", {{"head", fmt::format("{}", h)}});
    draw_centered(canvas_,
                  {rect.x - 24, rect.bottom() + t_.caption * 0.55F, rect.w + 48, t_.caption * 1.6F},
                  name, style);
    // hovering shows this head on the large map: the cell is its heaviest of the row
    canvas_.region({{rect.x, rect.y, rect.w, rect.h + t_.caption * 2},
                    CellRef{d_.prefix + "probs", {0, h, d_.query, d_.top_key(h, d_.query)}},
                    fmt::format("set head={}", h),
                    tr(view_.lang, "scene.attention.tip.head", {{"head", fmt::format("{}", h)}})});
}

void MapPainter::thumbs() {
    if (l_.thumbs.h <= 0) return;
    const Group group(canvas_, "heads");
    const float side = l_.thumbs.h, least = side + t_.caption * 2;
    const auto room =
        std::max<std::int64_t>(1, static_cast<std::int64_t>((l_.thumbs.w + least - side) / least));
    const std::int64_t page = std::min({d_.heads, room, std::int64_t{view_.presenter ? 4 : 16}});
    const std::int64_t first = std::min(d_.head / page * page, d_.heads - page);
    const float room_w = l_.thumbs.w - side - 8;
    const float step = page == 1 ? 0
                       : page > 5 && page == d_.heads
                           ? room_w / static_cast<float>(page - 1)
                           : std::min(room_w * 0.85F / static_cast<float>(page - 1), side * 2.2F);
    const float left = l_.thumbs.x + 4;
    for (std::int64_t i = 0; i < page; ++i)
        thumb(first + i, {left + static_cast<float>(i) * step, l_.thumbs.y, side, side});
    if (page == d_.heads) return;

    // the other heads are one click away
    const TextStyle style = caption(t_);
    const std::string words = tr(view_.lang, "scene.attention.heads_more",
                                 {{"first", fmt::format("{}", first)},
                                  {"last", fmt::format("{}", first + page - 1)},
                                  {"count", fmt::format("{}", d_.heads)}}) +
                              " ›";
    const float x = left + step * static_cast<float>(page - 1) + side + t_.caption * 1.5F;
    if (x + canvas_.measure(words, style).width > l_.thumbs.right()) return;
    canvas_.text({x, l_.thumbs.center().y + style.size * 0.35F}, words, style);
    const std::int64_t next = first + page < d_.heads ? first + page : 0;
    canvas_.region(
        {{x, l_.thumbs.y, canvas_.measure(words, style).width, side},
         std::nullopt,
         fmt::format("set head={}", next),
         tr(view_.lang, "scene.attention.tip.head", {{"head", fmt::format("{}", next)}})});
}

/// Labels that fit: those of `first` before all others, then every step-th.
std::vector<bool> MapPainter::labels_shown(int step, std::span<const std::int64_t> first) const {
    std::vector<bool> shown(static_cast<std::size_t>(d_.tokens), step <= 1);
    const auto take = [&](std::int64_t i) {
        for (std::int64_t near = std::max<std::int64_t>(0, i - step + 1);
             near < std::min(d_.tokens, i + step); ++near) {
            if (shown[static_cast<std::size_t>(near)]) return;
        }
        shown[static_cast<std::size_t>(i)] = true;
    };
    if (step <= 1) return shown;
    for (const std::int64_t i : first) take(i);
    for (std::int64_t i = 0; i < d_.tokens; i += step) take(i);
    return shown;
}

void MapPainter::column_label(std::int64_t u) {
    const std::string& name = d_.labels[static_cast<std::size_t>(u)];
    const bool pointed = f_.col == u, self = u == f_.row;
    const bool read = m_.softmax >= 0.5 ? heavy(u)
                                        : m_.score > 0 && m_.score < 1 &&
                                              columns_done_[static_cast<std::size_t>(u)] > 0 &&
                                              columns_done_[static_cast<std::size_t>(u)] < 1;
    const bool fill = pointed || (!f_.col && (read || (self && m_.softmax > 0)));
    TextStyle style{.size = l_.label_size, .color = u <= f_.row ? t_.k.ink : t_.ink3};
    const float center = l_.column_x(u), bottom = l_.labels_bottom();
    if (l_.upright) {
        const float width = l_.cell_w - l_.gap - 2;
        const Rect chip{center - width / 2, bottom - l_.label_size * 1.7F, width,
                        l_.label_size * 1.7F};
        if (fill)
            return draw_chip(canvas_, t_, chip, name,
                             {.role = self && !read && !pointed ? t_.q : t_.k,
                              .filled = true,
                              .size = l_.label_size});
        return draw_centered(canvas_, chip, elide(canvas_, name, style, width), style);
    }
    style.rotate = -90;
    if (fill) {
        const float width = std::max(l_.cell_w - l_.gap, l_.label_size * 1.25F);
        const std::string text = elide(canvas_, name, style, l_.header.h - 14);
        const Rect chip{center - width / 2, bottom - canvas_.measure(text, style).width - 10, width,
                        canvas_.measure(text, style).width + 10};
        const Color color = self && !read && !pointed ? t_.q.fill : t_.k.fill;
        canvas_.fill_rect(chip, color, 4);
        style.color = t_.ink_on(color), style.weight = Weight::kBold;
        return canvas_.text({center + style.size * 0.35F, bottom - 4}, text, style);
    }
    canvas_.text({center + style.size * 0.35F, bottom - 4},
                 elide(canvas_, name, style, l_.header.h - 14), style);
}

void MapPainter::row_label(std::int64_t t) {
    const std::string& name = d_.labels[static_cast<std::size_t>(t)];
    const float height = std::max(l_.cell_h - l_.gap, l_.label_size * 1.2F);
    const Rect place{l_.labels.x, l_.row_y(t) - height / 2, l_.labels.w - 16, height};
    const TextStyle style{.size = l_.label_size, .color = t_.q.ink, .align = Align::kRight};
    if (t == f_.row) {
        const float pill = std::min(place.h - 2, l_.label_size * 1.9F);
        const float width = std::min(
            place.w,
            canvas_.measure(name, {.size = l_.label_size, .color = {}, .weight = Weight::kBold})
                    .width +
                l_.label_size * 1.1F);
        const Rect chip{place.right() - width + 6, l_.row_y(t) - pill / 2, width, pill};
        draw_chip(canvas_, t_, chip, name, {.role = t_.q, .filled = true, .size = l_.label_size});
    } else {
        canvas_.text({place.right(), l_.row_y(t) + style.size * 0.35F},
                     elide(canvas_, name, style, place.w), style);
    }
    canvas_.region(
        {{place.x, l_.row_y(t) - l_.cell_h / 2, place.w + 16, l_.cell_h},
         d_.cell("context", {0, t, d_.head, 0}),
         fmt::format("set position={}", t),
         tr(view_.lang, "scene.attention.tip.row", {{"query", fmt::format("{} {}", t, name)}})});
}

void MapPainter::headers() {
    const Group group(canvas_, "labels");
    std::vector<std::int64_t> first;
    if (f_.col) first.push_back(*f_.col);
    if (m_.softmax > 0) first.insert(first.end(), heavy_.begin(), heavy_.end());
    first.push_back(f_.row);
    const auto columns = labels_shown(l_.column_step, first),
               rows = labels_shown(l_.row_step, {&f_.row, 1});
    for (std::int64_t i = 0; i < d_.tokens; ++i) {
        if (columns[static_cast<std::size_t>(i)]) column_label(i);
        if (rows[static_cast<std::size_t>(i)]) row_label(i);
    }
    // the names of the two axes, one above the other where a row of both would not fit
    const std::string query = tr(view_.lang, "scene.attention.query_axis"),
                      key = tr(view_.lang, "scene.attention.key_axis");
    TextStyle style{
        .size = t_.caption, .color = t_.q.ink, .weight = Weight::kBold, .align = Align::kRight};
    const float right = l_.grid.x - 10,
                base = l_.labels_bottom() - l_.label_size * 0.85F + style.size * 0.35F;
    TextStyle second = style;
    second.color = t_.k.ink;
    const float key_w = canvas_.measure(key, second).width;
    canvas_.text({right, base}, key, second);
    if (!l_.stacked_axes) {
        canvas_.text({right - key_w - 16, base}, query, style);
    } else {
        canvas_.text({right, base - style.size * 1.35F}, query, style);
    }
}

/// Rows of a pixel or two cannot be read: the one of interest stands enlarged above the map.
void MapPainter::row_strip() {
    if (l_.row_strip.h <= 0) return;
    const Group group(canvas_, "row");
    const Rect& strip = l_.row_strip;
    std::vector<Color> colors;
    for (std::int64_t u = 0; u < d_.tokens; ++u) {
        const Cell cell = cell_at_stage(f_.row, u);
        colors.push_back(cell.hidden ? Color{0, 0, 0, 0} : cell.color);
    }
    canvas_.fill_rect(strip, t_.track);
    if (m_.mask >= 1) canvas_.hatch(strip, t_.border, 10, 1);
    canvas_.heatmap(strip, 1, static_cast<int>(d_.tokens), colors);
    draw_ring(canvas_, t_, strip, 2);
    const std::string tensor = d_.prefix + (m_.softmax > 0 ? "probs" : "scores");
    canvas_.region(
        {strip, CellRef{tensor, {0, f_.head, f_.row, 0}}, "", "", 1, static_cast<int>(d_.tokens)});
    const std::string& name = d_.labels[static_cast<std::size_t>(f_.row)];
    const TextStyle style{
        .size = l_.label_size, .color = t_.q.ink, .weight = Weight::kBold, .align = Align::kRight};
    canvas_.text({l_.labels.right() - 16, strip.center().y + style.size * 0.35F},
                 elide(canvas_, name, style, l_.labels.w - 16), style);
}

void MapPainter::focus_marks() {
    const Group group(canvas_, "focus");
    const std::int64_t n = d_.tokens, row = f_.row;
    const float width = l_.cell_h >= 14 ? 2.0F : 1.0F;
    const auto column = [&](std::int64_t u) {
        const Rect top = l_.cell(u, u), last = l_.cell(n - 1, u);
        return Rect{top.x, top.y, top.w, last.bottom() - top.y};
    };
    if (f_.col) {
        canvas_.stroke_rect(column(std::min(*f_.col, n - 1)), {.color = t_.k.fill, .width = width},
                            2);
        canvas_.stroke_rect(l_.span(row, 0, row + 1), {.color = t_.q.fill, .width = width}, 2);
        draw_ring(canvas_, t_, l_.cell(row, *f_.col), 2);
        return;
    }
    if (m_.softmax >= 0.5) {
        for (std::size_t i = 0; i < std::min<std::size_t>(heavy_.size(), 2); ++i) {
            if (n <= kNumberTokens || f_.active)
                canvas_.stroke_rect(column(heavy_[i]), {.color = t_.k.fill, .width = width}, 2);
        }
    }
    if (l_.row_strip.h > 0) {
        canvas_.stroke_rect(l_.span(row, 0, n).inset(-1), {.color = t_.q.fill, .width = 1});
        return;
    }
    draw_ring(canvas_, t_, l_.span(row, 0, n), l_.cell_h >= 14 ? 3.0F : 1.0F);
}

void MapPainter::sums() {
    if (m_.softmax <= 0) return;
    const Group group(canvas_, "sums");
    const float tile_w = t_.label * 3.9F,
                tile_h = std::clamp(l_.cell_h * 0.72F, t_.label * 1.35F, 46.0F);
    const float x = l_.sums.x + t_.label * 1.9F;
    const bool every = l_.cell_h >= tile_h + 2;
    TextStyle head{
        .size = t_.caption, .color = t_.ink, .weight = Weight::kBold, .align = Align::kCenter};
    canvas_.text({x + tile_w / 2, l_.labels_bottom() - l_.label_size * 0.85F + head.size * 0.35F},
                 tr(view_.lang, "scene.attention.sum"), head);
    for (std::int64_t t = 0; t < d_.tokens; ++t) {
        if (!every && t != f_.row) continue;
        if (rows_done_[static_cast<std::size_t>(t)] < 1) continue;
        const bool current = t == f_.row;
        const Rect tile{x, l_.row_y(t) - tile_h / 2, tile_w, tile_h};
        if (current)
            canvas_.fill_rect(tile, t_.ink, 6);
        else
            canvas_.stroke_rect(tile, {.color = t_.border, .width = t_.line}, 6);
        double sum = 0;
        for (const float p : d_.row(f_.head, t)) sum += p;
        const TextStyle style{.size = t_.label,
                              .color = current ? t_.ground : t_.ink2,
                              .weight = current ? Weight::kBold : Weight::kRegular};
        draw_centered(canvas_, tile, view_.revealed ? fixed(sum, 2) : "?", style);
        draw_centered(canvas_, {l_.sums.x, tile.y, t_.label * 1.9F, tile_h}, "=",
                      {.size = t_.label, .color = t_.ink3});
        canvas_.region({tile, std::nullopt, "", tr(view_.lang, "scene.attention.sum.tip")});
    }
}

void MapPainter::predictions() {
    if (l_.predicts.w <= 0) return;
    const Group group(canvas_, "predicts");
    TextStyle style{.size = l_.label_size, .color = t_.ink3};
    const float x = l_.predicts.x + t_.label;
    canvas_.text({x, l_.labels_bottom() - l_.label_size * 0.85F + t_.caption * 0.35F},
                 tr(view_.lang, "scene.attention.predicts"),
                 {.size = t_.caption, .color = t_.ink2});
    const auto rows = labels_shown(l_.row_step, {&f_.row, 1});
    for (std::int64_t t = 0; t < d_.tokens; ++t) {
        if (!rows[static_cast<std::size_t>(t)]) continue;
        style.color = t == f_.row ? t_.ink : t_.ink3;
        style.weight = t == f_.row ? Weight::kBold : Weight::kRegular;
        const std::string next = t + 1 < d_.tokens
                                     ? d_.labels[static_cast<std::size_t>(t + 1)]
                                     : tr(view_.lang, "scene.attention.predicts.open");
        canvas_.text({x, l_.row_y(t) + style.size * 0.35F},
                     elide(canvas_, "→ " + next, style, l_.predicts.right() - x), style);
    }
}

}  // namespace dg::viz::attention
