// Strips of numbers, weight matrices and cache bars of scene mla.
#include "viz/scenes/clock.h"
#include "viz/scenes/mla.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::mla {
namespace {

constexpr std::int64_t kMostCells = 2048;  // of a drawn matrix

float shade(float value, double limit) { return limit > 0 ? static_cast<float>(std::min(1.0, std::abs(static_cast<double>(value)) / limit)) : 0; }

/// How far along the strip that starts at `first` a cell lies.
std::optional<std::int64_t> place_in(const CellRef& first, const CellRef& cell) {
    if (cell.tensor != first.tensor || cell.at.size() != first.at.size() || cell.at.empty()) return std::nullopt;
    if (!std::equal(first.at.begin(), first.at.end() - 1, cell.at.begin())) return std::nullopt;
    const std::int64_t i = cell.at.back() - first.at.back();
    return i >= 0 ? std::optional(i) : std::nullopt;
}

}  // namespace

void draw_cells(Canvas& canvas, const View& view, const CellStrip& s) {
    const Theme& t = theme(view.theme);
    const auto n = static_cast<std::int64_t>(s.values.size());
    const float radius = std::min(4.0F, s.rect.h * 0.2F);
    if (n == 0) return;
    if (s.outline) {
        canvas.stroke_rect(s.rect, {.color = t.ink3, .width = 1.5F, .dash = 5, .gap = 4}, radius);
        return;
    }
    double limit = s.limit;
    if (limit <= 0)
        for (const float v : s.values)
            if (std::isfinite(v)) limit = std::max(limit, std::abs(static_cast<double>(v)));
    const auto room = std::max<std::int64_t>(1, static_cast<std::int64_t>(s.rect.w / 2));
    const std::int64_t block = (n + room - 1) / room, cells = (n + block - 1) / block;
    std::vector<Color> colors;
    for (std::int64_t i = 0; i < cells; ++i) {
        float value = s.values[static_cast<std::size_t>(i * block)];
        for (std::int64_t j = i * block; j < std::min(n, (i + 1) * block); ++j)
            if (!(std::abs(s.values[static_cast<std::size_t>(j)]) <= std::abs(value))) value = s.values[static_cast<std::size_t>(j)];
        const bool come = static_cast<double>(i) < s.shown * static_cast<double>(cells);
        const Color full = !std::isfinite(value) ? t.error.fill
                           : s.diverging ? t.diverging_at(limit > 0 ? std::clamp(static_cast<double>(value) / limit, -1.0, 1.0) : 0)
                                         : dg::viz::mix(t.ground, s.fill, 0.08F + 0.92F * shade(value, limit));
        colors.push_back(come ? full : t.track);
    }
    canvas.heatmap(s.rect, 1, static_cast<int>(cells), colors);
    canvas.stroke_rect(s.rect, {.color = s.diverging ? t.border : s.fill, .width = std::max(1.5F, t.line)}, radius);
    if (block > 1 || s.first.tensor.empty()) return;
    const float w = s.rect.w / static_cast<float>(n);
    const auto light = [&](const CellRef& cell) {
        const std::optional<std::int64_t> i = place_in(s.first, cell);
        if (i && *i < n) draw_ring(canvas, t, {s.rect.x + w * static_cast<float>(*i), s.rect.y, w, s.rect.h}, 2);
    };
    if (view.hover) light(*view.hover);
    for (const CellRef& cell : view.operands) light(cell);
    canvas.region({.rect = s.rect, .cell = s.first, .action = "", .tip = "", .rows = 1, .cols = static_cast<int>(n)});
}

std::int64_t draw_matrix(Canvas& canvas, const View& view, Rect rect, const Tensor<float>& w, std::int64_t first_row, std::int64_t rows, const std::string& name) {
    const Theme& t = theme(view.theme);
    std::int64_t block = 1;
    while (((rows + block - 1) / block) * ((w.cols() + block - 1) / block) > kMostCells) ++block;
    const std::int64_t down = (rows + block - 1) / block, across = (w.cols() + block - 1) / block;
    double limit = 0;
    for (std::int64_t r = first_row; r < first_row + rows; ++r)
        for (std::int64_t c = 0; c < w.cols(); ++c) limit = std::max(limit, std::abs(static_cast<double>(w.row(r)[c])));
    std::vector<Color> colors;
    for (std::int64_t i = 0; i < down; ++i)
        for (std::int64_t j = 0; j < across; ++j) {
            float value = 0;
            for (std::int64_t r = i * block; r < std::min(rows, (i + 1) * block); ++r)
                for (std::int64_t c = j * block; c < std::min(w.cols(), (j + 1) * block); ++c) {
                    const float x = w.row(first_row + r)[c];
                    if (!(std::abs(x) <= std::abs(value))) value = x;
                }
            colors.push_back(t.diverging_at(limit > 0 ? static_cast<double>(value) / limit : 0));
        }
    canvas.heatmap(rect, static_cast<int>(down), static_cast<int>(across), colors);
    canvas.stroke_rect(rect, {.color = t.border, .width = t.line});
    canvas.region({.rect = rect, .cell = CellRef{name, {first_row, 0}}, .action = "", .tip = "", .rows = static_cast<int>(rows), .cols = static_cast<int>(w.cols())});
    return block;
}

float draw_cache_bars(Canvas& canvas, const Data& d, const View& view, Rect place, float bar_height) {
    const Group group(canvas, "bytes");
    const Theme& t = theme(view.theme);
    double most = 0;
    for (const CacheRow& row : d.caches) most = std::max(most, row.id == "naive" ? 0.0 : row.bytes);
    float y = place.y;
    for (const CacheRow& row : d.caches) {
        if (row.id == "naive") continue;
        const bool own = row.id == "MLA";
        TextStyle name = strong(t), value = strong(t, Align::kRight);
        if (own) name.color = value.color = t.latent.ink;
        const std::string bytes = view.revealed ? tr(view.lang, "scene.mla.bytes", {{"bytes", grouped(static_cast<std::int64_t>(row.bytes))}}) : "?";
        const std::string id = row.id == "GQA" ? fmt::format("GQA-{}", row.groups) : row.id;
        canvas.text({place.x, y + t.body}, id, name);
        const float used = canvas.measure(id, name).width + 14, room = place.w - used - canvas.measure(bytes, value).width - 14;
        if (room > t.label * 5) canvas.text({place.x + used, y + t.body}, elide(canvas, tr(view.lang, "scene.mla.kind." + row.id, {{"groups", fmt::format("{}", row.groups)}}), caption(t), room), caption(t));
        canvas.text({place.right(), y + t.body}, bytes, value);
        y += t.body * 1.35F;
        draw_bar(canvas, t, {place.x, y, place.w, bar_height}, row.bytes / most, {.fill = own ? t.latent.fill : t.bar_strong, .min_px = 2, .covered = !view.revealed});
        y += bar_height + t.label;
    }
    return y;
}

}  // namespace dg::viz::mla
