#include "app/window/cells.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::app {

using viz::CellRef;
using viz::Rect;
using viz::Region;
using viz::Vec2;

namespace {

Vec2 cell_size(const Region& r) { return {r.rect.w / static_cast<float>(std::max(1, r.cols)), r.rect.h / static_cast<float>(std::max(1, r.rows))}; }

/// The cell of a region under a point inside of it.
CellSpot spot_at(const Region& r, Vec2 p) {
    const Vec2 size = cell_size(r);
    const auto column = std::clamp(std::floor((p.x - r.rect.x) / size.x), 0.0F, static_cast<float>(r.cols - 1));
    const auto row = std::clamp(std::floor((p.y - r.rect.y) / size.y), 0.0F, static_cast<float>(r.rows - 1));
    const Rect rect = {r.rect.x + column * size.x, r.rect.y + row * size.y, size.x, size.y};
    return {*viz::cell_at(r, rect.center()), rect};
}

}  // namespace

std::optional<CellSpot> find_cell(std::span<const Region> regions, const CellRef& cell) {
    for (std::size_t i = regions.size(); i-- > 0;) {
        const Region& r = regions[i];
        if (!r.cell || r.cell->tensor != cell.tensor || r.cell->at.size() != cell.at.size()) continue;
        if (*r.cell == cell) return spot_at(r, {r.rect.x, r.rect.y});
        const std::size_t n = cell.at.size();
        if (n < 2 || !std::equal(cell.at.begin(), cell.at.end() - 2, r.cell->at.begin())) continue;
        const std::int64_t row = cell.at[n - 2] - r.cell->at[n - 2], column = cell.at[n - 1] - r.cell->at[n - 1];
        if (row < 0 || column < 0 || row >= r.rows || column >= r.cols) continue;
        const Vec2 size = cell_size(r);
        return spot_at(r, {r.rect.x + (static_cast<float>(column) + 0.5F) * size.x, r.rect.y + (static_cast<float>(row) + 0.5F) * size.y});
    }
    return std::nullopt;
}

std::optional<CellSpot> first_cell(std::span<const Region> regions) {
    const auto first = std::ranges::find_if(regions, [](const Region& r) { return r.cell.has_value(); });
    if (first == regions.end()) return std::nullopt;
    return spot_at(*first, {first->rect.x, first->rect.y});
}

std::optional<CellSpot> neighbour_cell(std::span<const Region> regions, Rect from, Vec2 direction) {
    std::optional<CellSpot> best;
    float best_cost = std::numeric_limits<float>::max();
    const Vec2 at = from.center();
    for (const Region& r : regions) {
        if (!r.cell) continue;
        // of a grid: the cell one step ahead, or the nearest one it has
        const Vec2 size = cell_size(r);
        const float reach_x = (from.w + size.x) / 2, reach_y = (from.h + size.y) / 2;
        const Vec2 goal = {std::clamp(at.x + direction.x * reach_x, r.rect.x, r.rect.right()), std::clamp(at.y + direction.y * reach_y, r.rect.y, r.rect.bottom())};
        const CellSpot spot = spot_at(r, goal);
        const Vec2 c = spot.rect.center(), d = {c.x - at.x, c.y - at.y};
        const float along = d.x * direction.x + d.y * direction.y, across = std::abs(d.x * direction.y) + std::abs(d.y * direction.x);
        if (along < 1) continue;
        if (const float cost = along + 3 * across; cost < best_cost) best = spot, best_cost = cost;
    }
    return best;
}

Places places_of(std::span<const viz::Region> regions, const std::string& id) {
    const std::string prefix = "set " + id + "=";
    std::vector<std::pair<float, std::string>> found;
    std::string last;
    for (const viz::Region& region : regions) {
        if (!region.action.starts_with(prefix) || region.action.find(' ', prefix.size()) != std::string::npos) continue;
        last = region.action.substr(prefix.size());
        found.emplace_back(region.rect.x, last);
    }
    std::ranges::sort(found);
    Places out;
    for (const auto& [x, value] : found) {
        if (value == last) out.here = static_cast<int>(out.values.size());
        out.values.push_back(value);
    }
    return out.values.size() >= 3 ? out : Places{};
}

}  // namespace dg::app
