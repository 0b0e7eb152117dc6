#include "viz/scenes/attention_map.h"

#include "viz/scenes/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::attention {

MapPainter::MapPainter(Canvas& canvas, const Data& data, const View& view, const Focus& focus,
                       const MapLayout& layout)
    : canvas_(canvas),
      d_(data),
      view_(view),
      f_(focus),
      l_(layout),
      t_(theme(view.theme)),
      m_(motion_of(view)) {
    // another head is previewed by its weights
    if (f_.preview) m_ = {1, 1, 1, 1, 0};
    score_scale_ = {.map = ColorScale::Map::kDiverging, .min = -d_.raw_limit, .max = d_.raw_limit};
    heavy_ = d_.heavy_keys(f_.head, f_.row, kHeavy);
    const auto n = static_cast<int>(d_.tokens);
    for (int i = 0; i < n; ++i) {
        // the row of interest settles first, then the others from the top
        const int order = i == f_.row ? 0 : i < f_.row ? i + 1 : i;
        rows_done_.push_back(ease(staggered(m_.softmax, order, n, 3)));
        columns_done_.push_back(ease(staggered(m_.score, i, n, 3)));
        if (l_.number > 0) shares_.push_back(d_.printed_shares(f_.head, i));
    }
}

bool MapPainter::heavy(std::int64_t u) const {
    return std::ranges::find(heavy_, u) != heavy_.end();
}

float MapPainter::dimming(std::int64_t t, std::int64_t u) const {
    if (m_.softmax <= 0 || t == f_.row) return 1;
    const bool large = d_.tokens <= kNumberTokens;
    if (!large && !f_.active) return 1;
    if (f_.col && u == *f_.col) return 0.8F;
    if (!large) return 0.7F;
    // on dark grounds the brightest dimmed cell stays below the luminance where neither ink reads
    // well
    return luminance(t_.ground) < 0.2 ? 0.4F : 0.5F;
}

MapPainter::Cell MapPainter::cell_at_stage(std::int64_t t, std::int64_t u) const {
    Cell cell;
    const bool masked = u > t;
    const double scored = columns_done_[static_cast<std::size_t>(u)];
    if (scored <= 0 || (masked && m_.mask >= 1)) return cell.hidden = true, cell;
    const double weighted = masked ? 0 : rows_done_[static_cast<std::size_t>(t)];
    if (weighted < 1)
        cell.color = mix(t_.ground, score_scale_.color(t_, d_.raw(t, u)),
                         kScoreStrength * static_cast<float>(scored));
    if (weighted > 0) {
        const Color weight = t_.sequential_at(d_.weight(f_.head, t, u));
        cell.color = weighted < 1 ? mix(cell.color, weight, static_cast<float>(weighted)) : weight;
    }
    if (const float dim = dimming(t, u); dim < 1)
        cell.color = mix(t_.ground, cell.color, 1 - (1 - dim) * static_cast<float>(m_.softmax));
    if (l_.number <= 0) return cell;

    // each number stands until the next one replaces it: nothing between two computed values is
    // printed
    const auto fade = [](double u01) { return static_cast<float>(std::abs(2 * u01 - 1)); };
    const int decimals = score_decimals(score_scale_.max);
    if (weighted > 0.5) {
        cell.text = fixed(shares_[static_cast<std::size_t>(t)][static_cast<std::size_t>(u)], 2);
        cell.text_alpha = fade(weighted);
    } else if (m_.scale >= 0.5) {
        cell.text = fixed(d_.scaled(t, u), score_decimals(score_scale_.max * d_.scale));
        cell.text_alpha = std::min(fade(m_.scale), weighted > 0 ? fade(weighted) : 1.0F);
    } else {
        cell.text = fixed(d_.raw(t, u), decimals);
        cell.text_alpha = static_cast<float>(scored) * fade(m_.scale);
    }
    return cell;
}

/// The mask: one hatched shape that slides in from the upper right corner.
void MapPainter::masked_ground() {
    if (m_.mask <= 0 || d_.tokens < 2) return;
    const float away =
        static_cast<float>(1 - ease(m_.mask)) * static_cast<float>(d_.tokens - 1) * l_.cell_w;
    const Rect all{l_.grid.x, l_.grid.y, l_.grid.w - l_.gap, l_.grid.h - l_.gap};
    if (d_.tokens > kSingleRegions && m_.mask >= 1) {
        canvas_.fill_rect(all, t_.track);
        canvas_.hatch(all, t_.border, 10, 1);
        return;
    }
    std::vector<Rect> parts;
    for (std::int64_t t = 0; t + 1 < d_.tokens; ++t) {
        Rect part = l_.span(t, t + 1, d_.tokens);
        part.x += away, part.w -= away, part.h += l_.gap;
        if (part.w > 0) parts.push_back(part);
    }
    draw_masked(canvas_, t_, parts, "", {});
}

void MapPainter::small_cells() {
    for (std::int64_t t = 0; t < d_.tokens; ++t)
        for (std::int64_t u = 0; u < d_.tokens; ++u) {
            const Cell cell = cell_at_stage(t, u);
            if (cell.hidden) continue;
            const Rect rect = l_.cell(t, u);
            canvas_.fill_rect(rect, cell.color, l_.cell_h > 30 ? 3 : 0);
            if (u <= t && m_.softmax > 0)
                draw_cell_mark(canvas_, t_, rect, d_.weight(f_.head, t, u));
            number_in(t, u, cell);
        }
}

void MapPainter::number_in(std::int64_t t, std::int64_t u, const Cell& cell) {
    if (cell.text.empty() || cell.text_alpha <= 0.05F) return;
    const bool row = t == f_.row, strong = row && (m_.softmax < 0.5 || heavy(u));
    // a presenter's map prints the zeros of the row of interest only
    if (view_.presenter && !row && m_.softmax > 0.5 && cell.text == "0.00") return;
    const float size = strong && m_.softmax > 0.5
                           ? std::min({t_.heading, l_.cell_w / 2.7F, l_.cell_h * 0.7F})
                           : l_.number;
    draw_on_cell(canvas_, t_, l_.cell(t, u), cell.text, size,
                 strong ? Weight::kBold : Weight::kRegular, cell.color, cell.text_alpha);
}

/// Long prompts: one heat-map; where a cell would be under a pixel, blocks show their largest
/// value.
void MapPainter::heat_cells() {
    const std::int64_t n = d_.tokens, block = l_.block, side = (n + block - 1) / block;
    std::vector<Color> colors(static_cast<std::size_t>(side * side), Color{0, 0, 0, 0});
    const auto value = [&](std::int64_t t, std::int64_t u) {
        return m_.softmax > 0 && u <= t ? d_.weight(f_.head, t, u) : std::abs(d_.raw(t, u));
    };
    for (std::int64_t row = 0; row < side; ++row)
        for (std::int64_t col = 0; col < side; ++col) {
            std::int64_t best_t = row * block, best_u = col * block;
            for (std::int64_t t = row * block; block > 1 && t < std::min(n, (row + 1) * block); ++t)
                for (std::int64_t u = col * block; u < std::min(n, (col + 1) * block); ++u) {
                    if (u <= t && (best_u > best_t || value(t, u) > value(best_t, best_u)))
                        best_t = t, best_u = u;
                }
            const Cell cell = cell_at_stage(best_t, best_u);
            if (!cell.hidden) colors[static_cast<std::size_t>(row * side + col)] = cell.color;
        }
    canvas_.heatmap(l_.grid, static_cast<int>(side), static_cast<int>(side), colors);
}

void MapPainter::cells() {
    const Group group(canvas_, "cells");
    const bool sliding = m_.mask > 0 && m_.mask < 1;
    if (!sliding) masked_ground();
    if (d_.tokens <= kNumberTokens) {
        small_cells();
    } else {
        heat_cells();
    }
    if (sliding) masked_ground();
    if (m_.mask < 1 || d_.tokens < 4) return;
    const TextStyle style = label(t_);
    const std::string words = tr(view_.lang, "scene.attention.masked");
    const Vec2 at{l_.grid.right() - l_.grid.w * 0.26F, l_.grid.y + l_.grid.h * 0.2F};
    const float width = canvas_.measure(words, style).width + style.size;
    // only where the plate lies on the mask and covers no cell
    const float reach = (at.y + style.size - l_.grid.y) / l_.cell_h * l_.cell_w + l_.grid.x;
    if (at.x - width / 2 < reach + l_.cell_w || at.x + width / 2 > l_.grid.right()) return;
    draw_masked(canvas_, t_, {}, words, at);
}

void MapPainter::regions() {
    const std::int64_t n = d_.tokens;
    const std::string tensor = m_.softmax > 0 ? d_.prefix + "probs" : d_.prefix + "scores";
    if (n > kSingleRegions) {
        canvas_.region({l_.grid, CellRef{tensor, {0, f_.head, 0, 0}}, "", "", static_cast<int>(n),
                        static_cast<int>(n)});
        return;
    }
    for (std::int64_t t = 0; t < n; ++t)
        for (std::int64_t u = 0; u < n; ++u)
            canvas_.region({l_.cell(t, u), CellRef{tensor, {0, f_.head, t, u}}, "", ""});
}

std::vector<std::string> MapPainter::notes() const {
    std::vector<std::string> notes;
    const auto count = [](std::int64_t v) { return fmt::format("{}", v); };
    const int step = std::max(l_.row_step, l_.column_step);
    if (step > 1)
        notes.push_back(tr(view_.lang, "scene.attention.note.labels", {{"step", count(step)}}));
    if (l_.block > 1)
        notes.push_back(tr(view_.lang, "scene.attention.note.block", {{"block", count(l_.block)}}));
    if (d_.thumb_block > 1 && l_.thumbs.h > 0)
        notes.push_back(
            tr(view_.lang, "scene.attention.note.thumbs", {{"block", count(d_.thumb_block)}}));
    std::string line;
    for (const std::string& note : notes) line += (line.empty() ? "" : "  ") + note;
    return line.empty() ? std::vector<std::string>{} : std::vector<std::string>{line};
}

void draw_on_cell(Canvas& canvas, const Theme& t, Rect cell, std::string_view text, float size,
                  Weight weight, Color fill, float alpha) {
    TextStyle style{
        .size = size, .color = t.ink_on(fill), .weight = weight, .align = Align::kCenter};
    if (contrast(style.color, fill) < 4.5 && !(weight == Weight::kBold && size >= 24)) {
        style.weight = Weight::kBold, style.size = std::max(size, 24.0F);
        if (canvas.measure(text, style).width + 4 > cell.w || style.size * 1.1F > cell.h) {
            style.size = size;
            const float width = canvas.measure(text, style).width + 6;
            canvas.fill_rect(
                {cell.center().x - width / 2, cell.center().y - size * 0.65F, width, size * 1.3F},
                t.ground, 3);
            style.color = t.ink;
        }
    }
    style.color = style.color.with_alpha(alpha);
    draw_centered(canvas, cell, text, style);
}

void draw_map(Canvas& canvas, const Data& data, const View& view, bool heads_strip) {
    const Focus focus = focus_of(data, view);
    // notes say what the layout had to leave out, and take room themselves: lay out with them once
    // before drawing
    Nowhere nowhere(canvas);
    const auto lay_out = [&](const Rect& place) {
        return layout_map(canvas, data, view, place, heads_strip);
    };
    const auto notes_of = [&](const MapLayout& layout) {
        return MapPainter(nowhere, data, view, focus, layout).notes();
    };
    const auto first =
        notes_of(lay_out(draw_frame(nowhere, view, page_text(data, view, focus, {}))));
    const auto notes =
        first.empty()
            ? first
            : notes_of(lay_out(draw_frame(nowhere, view, page_text(data, view, focus, first))));

    const MapLayout layout = lay_out(draw_frame(canvas, view, page_text(data, view, focus, notes)));
    MapPainter painter(canvas, data, view, focus, layout);
    painter.thumbs();
    painter.headers();
    painter.cells();
    painter.sums();
    painter.predictions();
    painter.legend();
    painter.regions();
    painter.row_strip();
    painter.focus_marks();
    painter.arcs();
    painter.output();
}

}  // namespace dg::viz::attention
