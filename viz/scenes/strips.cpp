#include "viz/scenes/strips.h"

#include "viz/scenes/scaled_type.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dg::viz {

double largest_of(std::span<const float> values) {
    double most = 0;
    for (const float v : values) {
        if (std::isfinite(v)) most = std::max(most, std::abs(static_cast<double>(v)));
    }
    return most;
}

double length_of(std::span<const float> values) {
    double sum = 0;
    for (const float v : values) sum += static_cast<double>(v) * static_cast<double>(v);
    return std::sqrt(sum);
}

bool is_lit(const View& view, const std::string& tensor, const Index& at) {
    const CellRef cell{tensor, at};
    return view.hover == cell || view.selection == cell || std::ranges::find(view.operands, cell) != view.operands.end();
}

std::optional<std::int64_t> pointed_at(const View& view, const std::string& tensor, const Index& first) {
    for (const std::optional<CellRef>* cell : {&view.hover, &view.selection}) {
        if (!*cell || (*cell)->tensor != tensor || (*cell)->at.size() != first.size() || first.empty()) continue;
        if (std::equal(first.begin(), first.end() - 1, (*cell)->at.begin())) return (*cell)->at.back();
    }
    return std::nullopt;
}

namespace {

/// The value of largest size in each block.
std::vector<float> blocks(std::span<const float> values, std::int64_t block) {
    std::vector<float> out;
    for (std::size_t i = 0; i < values.size(); i += static_cast<std::size_t>(block)) {
        float most = values[i];
        for (std::size_t j = i; j < std::min(values.size(), i + static_cast<std::size_t>(block)); ++j) {
            if (!std::isfinite(values[j]) || std::abs(values[j]) > std::abs(most)) most = values[j];
        }
        out.push_back(most);
    }
    return out;
}

void draw_upright(Canvas& canvas, const Theme& t, const Rect& r, std::span<const float> values, double limit, double shown) {
    // values that are never negative stand on the lower edge
    const bool rising = std::ranges::all_of(values, [](float v) { return !(v < 0); });
    const float step = r.w / static_cast<float>(values.size()), middle = rising ? r.bottom() - 2 : r.center().y, reach = rising ? 0.92F : 0.48F;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Rect slot{r.x + step * static_cast<float>(i), r.y, step, r.h};
        if (!std::isfinite(values[i])) {
            draw_cell_mark(canvas, t, slot, values[i]);
            continue;
        }
        const float h = limit > 0 ? static_cast<float>(values[i] / limit * shown) * r.h * reach : 0;
        const float gap = step > 4 ? step * 0.15F : 0;
        canvas.fill_rect({slot.x + gap, std::min(middle, middle - h), step - 2 * gap, std::max(1.0F, std::abs(h))},
                         t.diverging_at(limit > 0 ? (values[i] < 0 ? -0.85 : 0.85) : 0));
    }
    canvas.line({r.x, middle}, {r.right(), middle}, {.color = t.border, .width = 1});
}

void draw_lit(Canvas& canvas, const View& view, const Strip& s) {
    if (s.first.empty()) return;
    const Theme& t = theme(view.theme);
    const auto mark = [&](const CellRef& cell, bool strong) {
        if (cell.tensor != s.tensor || cell.at.size() != s.first.size()) return;
        if (!std::equal(s.first.begin(), s.first.end() - 1, cell.at.begin())) return;
        const std::int64_t i = cell.at.back() - s.first.back();
        if (i < 0 || i >= static_cast<std::int64_t>(s.values.size())) return;
        const float step = s.rect.w / static_cast<float>(s.values.size());
        const Rect at{s.rect.x + step * static_cast<float>(i), s.rect.y, step, s.rect.h};
        if (strong) return draw_ring(canvas, t, at.w < 6 ? Rect{at.center().x - 3, at.y, 6, at.h} : at, 2);
        canvas.fill_rect({at.x, at.bottom() + 1, std::max(at.w, 2.0F), 4}, t.select_outline.a > 0 ? t.ink : t.select);
    };
    // thousands of operands light the whole strip anyway
    for (std::size_t i = 0; i < std::min<std::size_t>(view.operands.size(), 2048); ++i) mark(view.operands[i], false);
    for (const std::optional<CellRef>* cell : {&view.selection, &view.hover}) {
        if (*cell) mark(**cell, true);
    }
}

}  // namespace

std::int64_t draw_strip(Canvas& canvas, const View& view, const Strip& s) {
    const Theme& t = theme(view.theme);
    const Color frame = s.frame.a > 0 ? s.frame : t.hairline;
    if (s.values.empty() || s.rect.w < 2) return 1;
    const double limit = s.limit > 0 ? s.limit : largest_of(s.values);
    const auto n = static_cast<std::int64_t>(s.values.size());
    const std::int64_t block = std::max<std::int64_t>(1, (n + static_cast<std::int64_t>(s.rect.w) - 1) / static_cast<std::int64_t>(s.rect.w));
    const std::vector<float> shown = block > 1 ? blocks(s.values, block) : std::vector<float>(s.values.begin(), s.values.end());
    if (s.shown <= 0) {
        canvas.stroke_rect(s.rect, {.color = frame, .width = t.line, .dash = 6, .gap = 5}, 3);
        return block;
    }
    if (s.upright) {
        canvas.fill_rect(s.rect, t.track, 3);
        draw_upright(canvas, t, s.rect, shown, limit, s.shown);
    } else {
        std::vector<Color> cells;
        for (const float v : shown) {
            const Color full = std::isfinite(v) ? t.diverging_at(limit > 0 ? v / limit : 0) : t.error.fill;
            cells.push_back(mix(t.ground, full, static_cast<float>(s.shown)));
        }
        canvas.heatmap(s.rect, 1, static_cast<int>(cells.size()), cells);
        canvas.stroke_rect(s.rect, {.color = frame, .width = s.frame.a > 0 ? 2.0F : t.line}, 0);
    }
    if (block == 1 && !s.tensor.empty()) cell_region(canvas, s.rect, CellRef{s.tensor, s.first}, "", static_cast<int>(n));
    if (block == 1) draw_lit(canvas, view, s);
    return block;
}

void draw_wire(Canvas& canvas, std::span<const Vec2> corners, const Stroke& stroke, float head) {
    if (corners.size() < 2) return;
    if (head <= 0) return canvas.polyline(corners, stroke);
    const std::vector<Vec2> shaft(corners.begin(), corners.end() - 1);
    if (shaft.size() > 1) canvas.polyline(shaft, stroke);
    draw_arrow(canvas, corners[corners.size() - 2], corners.back(), stroke, head);
}

void draw_node(Canvas& canvas, const Theme& t, Vec2 center, float radius, std::string_view sign, Color ring) {
    canvas.fill_circle(center, radius, ring);
    canvas.fill_circle(center, radius - 2, t.ground);
    draw_centered(canvas, {center.x - radius, center.y - radius, 2 * radius, 2 * radius}, sign,
                  {.size = radius * 1.3F, .color = t.ink, .weight = Weight::kBold});
}

void draw_pill(Canvas& canvas, const Theme& t, Rect rect, std::string_view text, Color ring, float size) {
    canvas.fill_rect(rect, t.ground, rect.h / 2);
    canvas.stroke_rect(rect, {.color = ring, .width = 2}, rect.h / 2);
    const TextStyle style{.size = size, .color = t.ink};
    draw_centered(canvas, rect, elide(canvas, text, style, rect.w - size * 0.6F), style);
}

void cell_region(Canvas& canvas, Rect rect, CellRef cell, std::string tip, int cols) {
    canvas.region({rect, std::move(cell), "", std::move(tip), 1, cols});
}

void action_region(Canvas& canvas, Rect rect, std::string action, std::string tip) {
    canvas.region({rect, std::nullopt, std::move(action), std::move(tip)});
}

Theme fitted_type(const Canvas& canvas, const View& view) {
    const Theme& full = theme(view.theme);
    const Rect page = canvas.page();
    return scaled_type(full, std::clamp(std::min(page.h / (full.caption * 52), page.w / (full.caption * 92)), 0.7F, 1.0F));
}

void draw_plate(Canvas& canvas, const Theme& t, Rect rect) {
    canvas.fill_rect(rect, t.panel, 10);
    canvas.stroke_rect(rect, {.color = t.hairline, .width = t.line}, 10);
}

}  // namespace dg::viz
