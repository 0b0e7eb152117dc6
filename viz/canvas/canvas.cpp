#include "viz/canvas/canvas.h"

#include "engine/base/mathfn.h"

#include <algorithm>

namespace dg::viz {

namespace {

double linear_light(std::uint8_t channel) {
    const double s = channel / 255.0;
    return s <= 0.04045 ? s / 12.92 : dg::exp(2.4 * dg::log((s + 0.055) / 1.055));
}

std::uint8_t mix_channel(std::uint8_t a, std::uint8_t b, float u) {
    return static_cast<std::uint8_t>(static_cast<float>(a) +
                                     (static_cast<float>(b) - static_cast<float>(a)) * u + 0.5F);
}

}  // namespace

Color mix(Color a, Color b, float u) {
    // written so that NaN gives a
    const float t = u > 0 ? std::min(u, 1.0F) : 0.0F;
    return {mix_channel(a.r, b.r, t), mix_channel(a.g, b.g, t), mix_channel(a.b, b.b, t),
            mix_channel(a.a, b.a, t)};
}

double luminance(Color c) {
    return 0.2126 * linear_light(c.r) + 0.7152 * linear_light(c.g) + 0.0722 * linear_light(c.b);
}

double contrast(Color a, Color b) {
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

const Region* region_at(std::span<const Region> regions, Vec2 p) {
    const auto hit = std::find_if(regions.rbegin(), regions.rend(),
                                  [p](const Region& r) { return r.rect.contains(p); });
    return hit == regions.rend() ? nullptr : &*hit;
}

std::optional<CellRef> cell_at(const Region& region, Vec2 p) {
    std::optional<CellRef> cell = region.cell;
    if (!cell || (region.rows <= 1 && region.cols <= 1) || cell->at.size() < 2) return cell;
    const auto step = [](float from, float extent, float at, int n) {
        return static_cast<std::int64_t>(std::clamp((at - from) / extent * static_cast<float>(n), 0.0F, static_cast<float>(n - 1)));
    };
    cell->at[cell->at.size() - 2] += step(region.rect.y, region.rect.h, p.y, region.rows);
    cell->at.back() += step(region.rect.x, region.rect.w, p.x, region.cols);
    return cell;
}

}  // namespace dg::viz
