#include "viz/scenes/attention_map.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::attention {
namespace {

constexpr std::int64_t kMostCells = 128;  // of a long prompt, along each side: more take longer to draw than a frame has

float widest(const Canvas& canvas, const Data& d, float size) {
    float width = 0;
    for (const std::string& label : d.labels)
        width = std::max(
            width,
            canvas.measure(label, {.size = size, .color = {}, .weight = Weight::kBold}).width);
    return width;
}

/// Both names on one line, with their spaces.
float axis_names_width(const Canvas& canvas, const Theme& t, Lang lang) {
    const TextStyle style{.size = t.caption, .color = {}, .weight = Weight::kBold};
    return canvas.measure(tr(lang, "scene.attention.query_axis"), style).width +
           canvas.measure(tr(lang, "scene.attention.key_axis"), style).width + 16;
}

/// Room above the keys for arcs: a comfortable 96, none where cells would suffer.
float arc_room(const View& view, float height, std::int64_t n) {
    const float wish = view.presenter ? 120 : 96;
    const float floor =
        n <= kNumberTokens ? 40.0F * static_cast<float>(n) : 9.0F * static_cast<float>(n);
    return std::clamp(height - floor, 0.0F, wish) < 48 ? 0 : std::clamp(height - floor, 0.0F, wish);
}

/// Cells as large as the room allows, wide rather than square.
void size_cells(MapLayout& l, const View& view, Vec2 room, std::int64_t n) {
    const auto count = static_cast<float>(n);
    const bool large = n <= kNumberTokens;
    const Vec2 most = view.presenter ? Vec2{184, 104} : Vec2{156, 76};
    l.cell_w = std::min(room.x / count, large ? most.x : 40.0F);
    l.cell_h = std::min(room.y / count, large ? most.y : 28.0F);
    l.cell_w = std::min(l.cell_w, l.cell_h * (large ? 2.4F : 1.6F));
    l.gap = large && l.cell_h >= 16 ? 2 : 0;
    while ((l.cell_h * static_cast<float>(l.block) < 1 || n > kMostCells * l.block) && l.block < n) ++l.block;
}

/// How many labels fit, and whether numbers do.
void choose_text(MapLayout& l, const Theme& t, bool large) {
    const float line = l.label_size * 1.2F;
    l.row_step = std::max(1, static_cast<int>(std::ceil(line / l.cell_h)));
    l.column_step = l.upright ? 1 : std::max(1, static_cast<int>(std::ceil(line / l.cell_w)));
    const float number =
        std::min({t.number, (l.cell_w - l.gap) / 3.1F, (l.cell_h - l.gap) * 0.62F});
    l.number = large && number >= 0.68F * t.caption ? number : 0;
}

}  // namespace

MapLayout layout_map(const Canvas& canvas, const Data& d, const View& view, Rect place,
                     bool heads_strip) {
    const Theme& t = theme(view.theme);
    const std::int64_t n = d.tokens;
    const bool large = n <= kNumberTokens;
    MapLayout l;
    // columns from left to right: labels, grid, row sums, what each row predicts
    l.label_size = large ? t.label : t.caption;
    float word = widest(canvas, d, l.label_size);
    if (word > place.w * 0.6F / static_cast<float>(n)) l.label_size = t.caption;
    word = widest(canvas, d, l.label_size);
    const float labels_w =
        std::clamp(word + l.label_size * 1.4F, l.label_size * 6, place.w * 0.18F);
    const float sums_w = t.label * 6.2F;
    const float predicts_w =
        place.w < t.label * 48 ? 0 : std::clamp(word + t.label * 3, t.label * 6, place.w * 0.15F);
    const float across = place.w - labels_w - sums_w - predicts_w;

    // rows from top to bottom: heads, arcs, key labels, grid, legend
    const bool strip = heads_strip && place.h >= t.caption * 25;
    const float thumb = strip ? std::clamp(place.h * (large ? 0.115F : 0.082F), 44.0F,
                                           view.presenter ? 128.0F : 96.0F)
                              : 0;
    const float thumbs_h = strip ? thumb + t.caption * 2.6F : 0;
    const float foot_h = t.caption * 2.6F;
    l.upright = across / static_cast<float>(n) >= std::min(word + 10, l.label_size * 2.6F);
    l.stacked_axes = axis_names_width(canvas, t, view.lang) > labels_w - 10;
    const float axes_h = (l.stacked_axes ? 2.8F : 1.6F) * t.caption + l.label_size * 0.5F;
    const float header_h =
        std::max(axes_h, l.upright ? l.label_size * 2.1F : std::min(word, place.h * 0.105F) + 14);
    float height = place.h - thumbs_h - foot_h - header_h;
    const float strip_h = height < 10.0F * static_cast<float>(n) ? 14.0F : 0;
    if (strip_h > 0) height -= strip_h + l.label_size;
    const float arcs_h = arc_room(view, height, n);
    height -= arcs_h;

    size_cells(l, view, {across, height}, n);
    const float grid_w = l.cell_w * static_cast<float>(n),
                grid_h = l.cell_h * static_cast<float>(n);
    const float left =
        place.x + std::max(0.0F, (place.w - labels_w - grid_w - sums_w - predicts_w) / 2);
    float y = place.y;
    l.thumbs = {place.x, y, place.w, thumb};
    y += thumbs_h + std::max(0.0F, (height - grid_h) / 2);
    l.arcs = {left + labels_w, y, grid_w, arcs_h};
    l.header = {left, y + arcs_h, labels_w + grid_w, header_h};
    l.row_strip = {left + labels_w, l.header.bottom(), grid_w, strip_h};
    l.grid = {left + labels_w,
              strip_h > 0 ? l.row_strip.bottom() + l.label_size : l.header.bottom(), grid_w,
              grid_h};
    l.labels = {left, l.grid.y, labels_w, grid_h};
    l.sums = {l.grid.right(), l.grid.y, sums_w, grid_h};
    l.predicts = {l.sums.right(), l.grid.y, predicts_w, grid_h};
    l.foot = {place.x, l.grid.bottom() + t.caption * 0.9F, place.w, t.caption * 1.7F};

    choose_text(l, t, large);
    return l;
}

int score_decimals(double largest) {
    return largest >= 100 ? 0 : largest >= 10 ? 1 : 2;
}

}  // namespace dg::viz::attention
