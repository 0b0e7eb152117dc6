// The same matrix stored in two ways: heat-maps with the lost cells flagged, scales beside them, and one cell step by step.
#include "viz/scenes/fp8.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

using float_bits::value_text;

/// Places of one of the two maps.
struct MapPlace {
    Rect head = {}, grid = {}, scales = {}, numbers = {};
};

/// The cell of the panel: the pointed one, else the one chosen when measuring.
std::array<std::int64_t, 2> focus_of(const Data& d, const View& view) {
    const std::optional<CellRef>& p = view.hover ? view.hover : view.selection;
    const bool mine = p && p->at.size() == 2 && (p->tensor.starts_with("a.x") || p->tensor.starts_with("b.x")) && !p->tensor.ends_with("scales");
    if (!mine) return d.focus;
    return {std::clamp<std::int64_t>(p->at[0], 0, d.rows - 1), std::clamp<std::int64_t>(p->at[1], 0, d.cols - 1)};
}

MapPlace place_map(const Data& d, const Theme& t, Rect area) {
    const float numbers = t.big * 2.7F, head = t.label * 3.1F, gap = 12;
    const float scales = std::clamp(area.w * 0.035F, 12.0F, 40.0F);
    MapPlace p{.head = {area.x, area.y, area.w, head}};
    const float w = area.w - numbers - scales - 2 * gap, h = std::min(area.h - head, w / static_cast<float>(d.shown_cols) * static_cast<float>(d.shown_rows) * 3);
    p.grid = {area.x, area.y + head, w, h};
    p.scales = {p.grid.right() + gap, p.grid.y, scales, h};
    p.numbers = {p.scales.right() + gap, area.y, area.right() - p.scales.right() - gap, head + h};
    return p;
}

/// Colours of the page's cells: |x| before rounding, then what is stored.
std::vector<Color> cell_colors(const Data& d, const Theme& t, const lab::Stored& s, double rounded) {
    const Tensor<float>&x = d.value(s.x), &q = d.value(s.quantised);
    std::vector<Color> colors;
    colors.reserve(static_cast<std::size_t>(d.shown_rows * d.shown_cols));
    for (std::int64_t r = d.first_row; r < d.first_row + d.shown_rows; ++r) {
        for (std::int64_t c = d.first_col; c < d.first_col + d.shown_cols; ++c) {
            const lab::Fate fate = s.fates[static_cast<std::size_t>(r * d.cols + c)];
            const double v = std::abs(static_cast<double>(rounded > 0.5 ? q.row(r)[c] : x.row(r)[c]));
            const bool placed = d.outlier && d.outlier->row == r && d.outlier->col == c;
            if (placed || !std::isfinite(v) || (fate == lab::kOverflow && rounded > 0.5)) colors.push_back(t.error.fill);
            else colors.push_back(t.sequential_at(std::min(1.0, v / d.top)));
        }
    }
    return colors;
}

/// ▽ on every cell that became zero, squares where the cells are small; NaN and infinity as themselves.
void draw_flags(Canvas& canvas, const Data& d, const Theme& t, const lab::Stored& s, Rect grid) {
    const float w = grid.w / static_cast<float>(d.shown_cols), h = grid.h / static_cast<float>(d.shown_rows);
    const float size = std::min(w, h);
    for (std::int64_t r = 0; r < d.shown_rows; ++r) {
        for (std::int64_t c = 0; c < d.shown_cols; ++c) {
            const double stored = static_cast<double>(d.value(s.quantised).row(d.first_row + r)[d.first_col + c]);
            if (!std::isfinite(stored)) draw_cell_mark(canvas, t, {grid.x + w * static_cast<float>(c), grid.y + h * static_cast<float>(r), w, h}, stored);
            if (s.fates[static_cast<std::size_t>((d.first_row + r) * d.cols + d.first_col + c)] != lab::kUnderflow) continue;
            const Vec2 center{grid.x + w * (static_cast<float>(c) + 0.5F), grid.y + h * (static_cast<float>(r) + 0.5F)};
            if (size >= 6) float_bits::draw_underflow_mark(canvas, t, center, size * (size >= 9 ? 0.55F : 0.75F));
            else canvas.fill_rect({center.x - size * 0.3F, center.y - size * 0.3F, size * 0.6F, size * 0.6F}, t.stream);
        }
    }
}

/// Borders of the pieces that share a scale.
void draw_tiles(Canvas& canvas, const Data& d, const Theme& t, const lab::Stored& s, Rect grid) {
    const float w = grid.w / static_cast<float>(d.shown_cols), h = grid.h / static_cast<float>(d.shown_rows);
    const Stroke stroke{.color = t.ink, .width = std::max(2.0F, t.line)};
    if (s.tile_cols > 0 && s.tile_cols * 3 > d.shown_cols / 16) {
        for (std::int64_t c = d.first_col / s.tile_cols + 1; c * s.tile_cols < d.first_col + d.shown_cols; ++c) {
            const float x = grid.x + w * static_cast<float>(c * s.tile_cols - d.first_col);
            canvas.line({x, grid.y}, {x, grid.bottom()}, stroke);
        }
    }
    if (s.tile_rows > 1) {
        for (std::int64_t r = d.first_row / s.tile_rows + 1; r * s.tile_rows < d.first_row + d.shown_rows; ++r) {
            const float y = grid.y + h * static_cast<float>(r * s.tile_rows - d.first_row);
            canvas.line({grid.x, y}, {grid.right(), y}, stroke);
        }
    }
    canvas.stroke_rect(grid, stroke);
    if (!d.outlier || s.tile_cols <= 0) return;
    // the outlier's own tile: what it ruins
    const std::int64_t r0 = s.tile_rows > 0 ? d.outlier->row / s.tile_rows * s.tile_rows : 0, c0 = d.outlier->col / s.tile_cols * s.tile_cols;
    const std::int64_t r1 = s.tile_rows > 0 ? std::min(r0 + s.tile_rows, d.rows) : d.rows, c1 = std::min(c0 + s.tile_cols, d.cols);
    const Rect tile{grid.x + w * static_cast<float>(c0 - d.first_col), grid.y + h * static_cast<float>(std::max(r0, d.first_row) - d.first_row), w * static_cast<float>(c1 - c0), h * static_cast<float>(std::min(r1, d.first_row + d.shown_rows) - std::max(r0, d.first_row))};
    canvas.push_clip(grid.inset(-3));
    canvas.stroke_rect(tile, {.color = t.error.fill, .width = 4});
    canvas.pop_clip();
}

/// The colour scale of the cells, at the right end of a head line.
void draw_ramp(Canvas& canvas, const Data& d, const Theme& t, Rect area) {
    constexpr int kSteps = 32;
    std::vector<Color> colors;
    for (int i = 0; i < kSteps; ++i) colors.push_back(t.sequential_at((i + 0.5) / kSteps));
    const std::string end = number(d.top);
    const TextStyle style = caption(t);
    const float right = canvas.measure(end, style).width + 8, y = area.bottom() - t.caption * 0.9F;
    const Rect ramp{area.right() - right - t.caption * 7, y, t.caption * 7, t.caption * 0.7F};
    canvas.heatmap(ramp, 1, kSteps, colors);
    canvas.stroke_rect(ramp, {.color = t.border, .width = t.line});
    canvas.text({ramp.right() + 8, ramp.bottom()}, end, style);
    canvas.text({ramp.x - 8, ramp.bottom()}, "|x′|  0", caption(t, Align::kRight));
}

/// One small cell per scale, its colour the logarithm of the scale.
void draw_scales(Canvas& canvas, const Data& d, const View& view, const Theme& t, const lab::Stored& s, Rect area) {
    if (s.scales.empty()) return;
    const Tensor<float>& scales = d.value(s.scales);
    const std::int64_t r0 = s.tile_rows > 0 ? d.first_row / s.tile_rows : 0, r1 = s.tile_rows > 0 ? (d.first_row + d.shown_rows - 1) / s.tile_rows + 1 : 1;
    const std::int64_t c0 = s.tile_cols > 0 ? d.first_col / s.tile_cols : 0, c1 = std::min<std::int64_t>(s.tile_cols > 0 ? (d.first_col + d.shown_cols - 1) / s.tile_cols + 1 : 1, c0 + 32);
    double lo = 1e300, hi = -1e300;
    for (const float v : scales.values()) lo = std::min(lo, log2_of(static_cast<double>(v))), hi = std::max(hi, log2_of(static_cast<double>(v)));
    std::vector<Color> colors;
    for (std::int64_t r = r0; r < r1; ++r) {
        for (std::int64_t c = c0; c < c1; ++c) colors.push_back(t.sequential_at(hi > lo ? 0.15 + 0.8 * (log2_of(static_cast<double>(scales.row(r)[c])) - lo) / (hi - lo) : 0.5));
    }
    canvas.heatmap(area, static_cast<int>(r1 - r0), static_cast<int>(c1 - c0), colors);
    canvas.stroke_rect(area, {.color = t.border, .width = t.line});
    canvas.region({area, CellRef{s.scales, {r0, c0}}, "", tr(view.lang, "fp8.tip.scale"), static_cast<int>(r1 - r0), static_cast<int>(c1 - c0)});
}

/// Two big numbers and what they count.
void draw_numbers(Canvas& canvas, const Data& d, const View& view, const Theme& t, const lab::Stored& s, Rect area, bool told) {
    // a third pair of number and words when something overflowed or is no number
    const bool more = s.loss.overflow > 0 || s.loss.nan > 0;
    const float pairs = more ? 3 : 2, size = std::min(t.heading * 1.1F, area.h / pairs - t.caption * 1.9F), x = area.x;
    float y = area.y + size * 1.1F;
    const auto pair = [&](const std::string& number_text, const std::string& what, bool error) {
        TextStyle big{.size = size, .color = error ? t.error.ink : t.ink, .weight = Weight::kBold};
        float_bits::draw_fitted(canvas, {x, y}, told ? number_text : "?", big, area.w);
        float_bits::draw_fitted(canvas, {x, y + t.caption * 1.35F}, what, caption(t), area.w);
        y += size + t.caption * 1.9F;
    };
    pair(percent(s.loss.zeros_others), tr(view.lang, "fp8.number.zeros"), false);
    pair(percent(s.loss.error_others), tr(view.lang, d.outlier ? "fp8.number.error_others" : "fp8.number.error"), false);
    if (s.loss.nan > 0) pair(grouped(s.loss.nan), tr(view.lang, "fp8.number.nan"), true);
    else if (more) pair(grouped(s.loss.overflow), tr(view.lang, "fp8.number.overflow"), true);
}

void draw_one(Canvas& canvas, const Data& d, const View& view, const Theme& t, std::size_t which, Rect area) {
    const Group group(canvas, which == 0 ? "map-a" : "map-b");
    const lab::Stored& s = d.stored[which];
    const MapPlace p = place_map(d, t, area);
    const double shown = which == 0 ? 1 : done(view, kCompare), rounded = which == 0 ? done(view, kRound) : shown;
    if (shown <= 0) return;
    const bool told = view.revealed && rounded >= 0.5;
    float_bits::draw_fitted(canvas, {p.head.x, p.head.y + t.body}, scheme_text(view.lang, s.how), strong(t), p.grid.w);
    const double scale = s.scales.empty() ? 1 : static_cast<double>(d.value(s.scales)[0]);
    const std::string below = s.scales.empty() || d.value(s.scales).size() > 1
                                  ? tr(view.lang, "fp8.map.scales", {{"amax", number(s.loss.amax)}, {"count", grouped(s.scales.empty() ? 0 : d.value(s.scales).size())}, {"rows", grouped(d.rows)}, {"cols", grouped(d.cols)}})
                                  : tr(view.lang, "fp8.map.scale", {{"amax", number(s.loss.amax)}, {"scale", number(scale)}, {"rows", grouped(d.rows)}, {"cols", grouped(d.cols)}});
    float_bits::draw_fitted(canvas, {p.head.x, p.head.y + t.body + t.label * 1.5F}, below, label(t), p.grid.w - t.caption * 14);
    draw_ramp(canvas, d, t, {p.grid.x, p.head.y, p.grid.w, p.head.h - t.label * 0.5F});
    const std::vector<Color> colors = cell_colors(d, t, s, view.revealed ? rounded : 0);
    canvas.heatmap(p.grid, static_cast<int>(d.shown_rows), static_cast<int>(d.shown_cols), colors);
    if (told) draw_flags(canvas, d, t, s, p.grid);
    draw_tiles(canvas, d, t, s, p.grid);
    canvas.region({p.grid, CellRef{s.quantised, {d.first_row, d.first_col}}, "", "", static_cast<int>(d.shown_rows), static_cast<int>(d.shown_cols)});
    draw_scales(canvas, d, view, t, s, p.scales);
    draw_numbers(canvas, d, view, t, s, p.numbers, told);
    // the cell of the panel
    const float w = p.grid.w / static_cast<float>(d.shown_cols), h = p.grid.h / static_cast<float>(d.shown_rows);
    const auto [focus_row, focus_col] = focus_of(d, view);
    const std::int64_t r = focus_row - d.first_row, c = focus_col - d.first_col;
    if (r >= 0 && r < d.shown_rows && c >= 0 && c < d.shown_cols) draw_ring(canvas, t, {p.grid.x + w * static_cast<float>(c), p.grid.y + h * static_cast<float>(r), w, h}, 1);
    for (const CellRef& lit : view.operands) {
        if (lit.tensor != s.x || lit.at.size() != 2) continue;
        const std::int64_t lr = lit.at[0] - d.first_row, lc = lit.at[1] - d.first_col;
        if (lr >= 0 && lr < d.shown_rows && lc >= 0 && lc < d.shown_cols) canvas.stroke_rect({p.grid.x + w * static_cast<float>(lc), p.grid.y + h * static_cast<float>(lr), w, h}, {.color = t.select, .width = 2});
    }
}

/// x / s, the code, what comes back: one way of storing one cell.
void draw_steps(Canvas& canvas, const Data& d, const View& view, const Theme& t, std::size_t which, std::int64_t row, std::int64_t col, Rect area) {
    const lab::Stored& s = d.stored[which];
    const lab::CellSteps c = lab::steps_of(d.run->tape, s, row, col);
    const bool told = view.revealed && (which == 0 ? done(view, kRound) : done(view, kCompare)) >= 0.5;
    float y = area.y + t.label * 1.1F;
    float_bits::draw_fitted(canvas, {area.x, y}, scheme_text(view.lang, s.how), {.size = t.label, .color = t.ink, .weight = Weight::kBold}, area.w);
    y += t.body * 1.3F;
    const std::string division = s.scales.empty() || s.how.scheme == lab::Scheme::kRaw ? fmt::format("x = {}", number(c.x, 4)) : fmt::format("x / s = {} / {} = {}", number(c.x), number(c.scale), number(c.scaled));
    float_bits::draw_fitted(canvas, {area.x, y}, division, body(t), area.w);
    if (!s.scales.empty()) canvas.region({{area.x, y - t.body, area.w, t.body * 1.3F}, CellRef{s.scales, {c.scale_row, c.scale_col}}, "", ""});
    y += t.body * 0.4F;
    if (s.format != nullptr && s.format->bits() <= 16) {
        const float h = std::max(t.body * 0.9F, std::min({t.body * 1.9F, area.h * 0.26F, area.h - t.label * 1.1F - t.body * 3.3F}));
        float_bits::draw_bits(canvas, view, t, {area.x, y, std::min(area.w, h * 7.4F), h}, *s.format, c.code, {.labels = false, .covered = !told});
        y += h;
    }
    y += t.body * 1.25F;
    const bool lost = c.result == 0 && c.x != 0;
    const std::string scaled = s.scales.empty() || s.how.scheme == lab::Scheme::kRaw ? value_text(c.decoded) : fmt::format("{} × {}", value_text(c.decoded), number(c.scale));
    TextStyle style = strong(t);
    style.color = lost ? t.ink2 : t.ink;
    const std::string back = told ? fmt::format("x′ = {}{}", scaled, c.decoded == c.result ? "" : fmt::format(" = {}", number(c.result))) : "x′ = ?";
    float_bits::draw_fitted(canvas, {area.x, y}, back, style, area.w - t.body * 1.4F);
    const float after = std::min(canvas.measure(back, style).width, area.w - t.body * 1.4F);
    if (told && lost) float_bits::draw_underflow_mark(canvas, t, {area.x + after + t.body * 0.8F, y - t.body * 0.35F}, t.body * 0.8F);
    canvas.region({{area.x, y - t.body, area.w, t.body * 1.4F}, CellRef{s.quantised, {row, col}}, "", ""});
}

}  // namespace

std::string scheme_text(Lang lang, const lab::Storage& how) {
    return tr(lang, fmt::format("fp8.scheme.{}", lab::scheme_names()[static_cast<std::size_t>(how.scheme)]), {{"tile", fmt::format("{}", how.tile)}});
}

void draw_cell_panel(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "cell");
    const auto [row, col] = focus_of(d, view);
    const std::string head = tr(view.lang, "fp8.cell", {{"row", fmt::format("{}", row)}, {"col", fmt::format("{}", col)}});
    float_bits::draw_fitted(canvas, {area.x, area.y + t.body}, head, strong(t), area.w);
    const double value = static_cast<double>(d.value(d.stored[0].x).row(row)[col]);
    const std::string exact = fmt::format("x = {}", number(value, 5));
    float_bits::draw_fitted(canvas, {area.x, area.y + t.body + t.heading * 1.35F}, exact, heading(t), area.w);
    canvas.region({{area.x, area.y + t.body + t.heading * 0.4F, area.w, t.heading * 1.3F}, CellRef{d.stored[0].x, {row, col}}, "", ""});
    const float top = area.y + t.body + t.heading * 1.9F, h = (area.bottom() - top) / 2;
    draw_steps(canvas, d, view, t, 0, row, col, {area.x, top, area.w, h});
    if (done(view, kCompare) > 0) draw_steps(canvas, d, view, t, 1, row, col, {area.x, top + h, area.w, h});
}

void draw_map_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Ends ends = ends_of(d.stored[0]);
    const float top = area.h * 0.34F, gap = t.heading * 0.8F;
    const lab::Loss& loss = d.stored[0].loss;
    LinePicture picture{.ends = &ends, .log_x = d.log_x[0], .log_scale = d.log_scale[0], .scaled = done(view, kScale), .fallen = done(view, kRound), .covered = !view.revealed};
    picture.lost_low = tr(view.lang, "fp8.line.under", {{"share", percent(loss.zeros_others)}, {"limit", float_bits::power_text(ends.low)}});
    if (loss.overflow > 0) picture.lost_high = tr(view.lang, "fp8.line.over", {{"count", grouped(loss.overflow)}, {"limit", value_text(ends.high)}});
    const bool same = ends.name == ends_of(d.stored[1]).name;
    if (same) picture.other_x = d.log_x[1], picture.other_scale = d.log_scale[1], picture.other = done(view, kCompare);
    draw_line(canvas, view, t, {area.x, area.y, area.w, top}, picture);
    const float y = area.y + top + gap, h = area.bottom() - y, left = area.w * 0.3F, between = area.w * 0.035F;
    canvas.line({area.x, y - gap / 2}, {area.right(), y - gap / 2}, {.color = t.hairline, .width = t.line});
    draw_cell_panel(canvas, d, view, t, {area.x, y, left, h});
    const Rect maps{area.x + left + between, y, area.w - left - between, h};
    draw_one(canvas, d, view, t, 0, {maps.x, maps.y, maps.w, maps.h / 2 - 6});
    draw_one(canvas, d, view, t, 1, {maps.x, maps.y + maps.h / 2 + 6, maps.w, maps.h / 2 - 6});
}

}  // namespace dg::viz::fp8_page
