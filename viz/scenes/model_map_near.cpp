// zoom=middle: the matrices of one layer at one scale. zoom=near: one matrix with its formula.
#include "viz/scenes/model_map.h"
#include "viz/scenes/next_token.h"
#include "viz/text/formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::model_map {
namespace {

Color hue_of(const Theme& t, const Part& part) {
    if (part.group == "attention") return part.name.find("q_") != std::string::npos ? t.q.fill : part.name.find("kv_") != std::string::npos ? t.latent.fill : t.stream;
    return part.group == "router" ? t.bar_strong : t.stream;
}

std::string short_part(const Part& part) {
    std::string name = part.name;
    for (const std::string_view cut : {"self_attn.", "mlp.", "shared_experts.", "experts.0.", ".weight"})
        if (const std::size_t at = name.find(cut); at != std::string::npos) name.erase(at, cut.size());
    return name;
}

std::string of_name(const Data& d) { return d.of_big ? "v3" : "model"; }

std::string title_name(const Data& d) { return d.of_big ? std::string("DeepSeek-V3") : d.small_name; }

/// A matrix as a rectangle of its true shape; click: nearer.
void matrix_box(Canvas& canvas, const Data& d, const Theme& t, const Part& part, Rect at, bool named) {
    const Color hue = hue_of(t, part);
    canvas.fill_rect(at, mix(t.ground, hue, 0.4F), 2);
    canvas.stroke_rect(at, {.color = hue, .width = 1.5F}, 2);
    action_region(canvas, at.w < 16 || at.h < 16 ? Rect{at.center().x - 12, at.center().y - 12, 24, 24} : at, fmt::format("set zoom=near of={} matrix={}", of_name(d), part.name),
                  fmt::format("{} · {} × {} = {}", part.name, part.rows, part.cols, grouped(part.weights())));
    if (!named) return;
    const std::string text = fmt::format("{}  {}×{}", short_part(part), grouped(part.rows), grouped(part.cols));
    canvas.text({at.x, at.y - 5}, text, {.size = t.caption * 0.9F, .color = t.ink2});
}

/// Attention's matrices under each other at `unit` weights per pixel; returns the height used.
float stack(Canvas* canvas, const Data& d, const Theme& t, Rect at, const std::string& group, double unit) {
    float y = at.y, x = at.x, row_h = 0;
    for (const Part& part : d.inside) {
        if (part.group != group || part.cols == 1) continue;
        const float w = std::max(3.0F, static_cast<float>(static_cast<double>(part.cols) / unit)), h = std::max(3.0F, static_cast<float>(static_cast<double>(part.rows) / unit));
        const std::string text = fmt::format("{}  {}×{}", short_part(part), grouped(part.rows), grouped(part.cols));
        const float need = std::max(w, static_cast<float>(text.size()) * t.caption * 0.52F);
        if (x > at.x && x + need > at.right()) x = at.x, y += row_h, row_h = 0;
        if (canvas != nullptr) matrix_box(*canvas, d, t, part, {x, y + t.caption * 1.3F, w, h}, true);
        row_h = std::max(row_h, h + t.caption * 2), x += need + t.caption * 1.2F;
    }
    return y + row_h - at.y;
}

struct Tiles {
    double unit = 1;
    int columns = 1;
    float w = 0, h = 0;
};

/// Largest scale at which all experts (three matrices on each other) and both stacks fit.
Tiles fit(const Data& d, const Theme& t, Rect left, Rect right, std::int64_t experts) {
    const Config& c = d.shown().config;
    Tiles tiles;
    for (double unit = 0.25; unit < 1e5; unit *= 1.03) {
        tiles.unit = unit;
        tiles.w = static_cast<float>(static_cast<double>(c.hidden_size) / unit);
        const std::int64_t inner = d.shown().layers[static_cast<std::size_t>(d.layer)].moe ? c.moe_intermediate_size : c.intermediate_size;
        tiles.h = static_cast<float>(3 * static_cast<double>(inner) / unit);
        tiles.columns = static_cast<int>((right.w + 4) / (tiles.w + 4));
        if (tiles.columns < 1) continue;
        const std::int64_t rows = (experts + tiles.columns - 1) / tiles.columns;
        const bool tiles_fit = static_cast<float>(rows) * (tiles.h + 4) <= right.h;
        if (tiles_fit && stack(nullptr, d, t, left, "attention", unit) <= left.h) return tiles;
    }
    return tiles;
}

}  // namespace

void draw_middle(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const LayerParts& layer = d.shown().layers[static_cast<std::size_t>(d.layer)];
    const TextArgs args = {{"name", rich_escape(title_name(d))}, {"layer", fmt::format("{}", d.layer)}, {"n", short_count(static_cast<double>(layer.total()))}, {"awake", short_count(static_cast<double>(layer.awake()))},
                           {"experts", fmt::format("{}", layer.experts)}, {"chosen", fmt::format("{}", layer.chosen)}, {"each", short_count(static_cast<double>(layer.expert))}};
    const char* key = layer.moe ? "scene.map.title.middle" : "scene.map.title.middle_dense";
    PageText page{.title = tr(view.lang, key, args), .subtitle = tr(view.lang, "scene.map.subtitle.middle", args), .notes = {tr(view.lang, d.of_big ? "scene.map.note.middle_big" : "scene.map.note.middle", args)},
                  .badge = {.detail = badge_detail(view.lang, d.small_name, d.model_hash())}};
    const Rect place = draw_frame(canvas, view, page);
    const float back_h = t.label * 2;
    const std::string back = tr(view.lang, "scene.map.back");
    const Rect button{place.x, place.y, canvas.measure(back, label(t)).width + t.label * 1.6F, back_h};
    canvas.stroke_rect(button, {.color = t.border, .width = t.line}, 8);
    draw_centered(canvas, button, back, label(t));
    action_region(canvas, button, "set zoom=far", back);
    const float top = place.y + back_h + t.body * 2.4F, gap = 48;
    const Rect left{place.x, top, (place.w - gap) * 0.36F, place.bottom() - top}, right{left.right() + gap, top, (place.w - gap) * 0.64F, place.bottom() - top};
    const std::int64_t experts = layer.moe ? layer.experts + d.shown().config.n_shared_experts : 1;
    const Tiles tiles = fit(d, t, left, right, experts);
    const auto heading_of = [&](Rect at, const char* words, const std::string& group, std::int64_t n) {
        const std::string text = tr(view.lang, words, {{"n", short_count(static_cast<double>(n))}});
        canvas.text({at.x, at.y - t.body * 0.9F}, text, strong(t));
        action_region(canvas, {at.x, at.y - t.body * 2, at.w, t.body * 1.5F}, opens(d, group, d.of_big ? std::min<std::int64_t>(d.layer, static_cast<std::int64_t>(d.small.layers.size()) - 1) : d.layer), tr(view.lang, "scene.map.tip.open"));
    };
    heading_of(left, "scene.map.part.attention_n", "attention", layer.attention);
    stack(&canvas, d, t, left, "attention", tiles.unit);
    heading_of(right, layer.moe ? "scene.map.part.experts_n" : "scene.map.part.mlp_n", layer.moe ? "expert" : "dense", layer.total() - layer.attention - layer.norms);
    const auto& chosen = d.awake[static_cast<std::size_t>(std::min<std::int64_t>(d.layer, static_cast<std::int64_t>(d.awake.size()) - 1))];
    for (std::int64_t e = 0; e < experts; ++e) {
        const Rect at{right.x + (tiles.w + 4) * static_cast<float>(e % tiles.columns), right.y + (tiles.h + 4) * static_cast<float>(e / tiles.columns), tiles.w, tiles.h};
        const bool shared = !layer.moe || e >= layer.experts, on = !d.of_big && !shared && std::ranges::find(chosen, e) != chosen.end();
        const Color hue = shared ? t.stream : t.experts[static_cast<std::size_t>(d.of_big ? e / std::max<std::int64_t>(1, layer.experts / d.shown().config.n_group) : e) % t.experts.size()];
        canvas.fill_rect(at, on || shared ? hue : mix(t.ground, hue, 0.22F), 2);
        for (int line = 1; line < 3 && tiles.h > t.caption * 3.6F; ++line) canvas.line({at.x, at.y + at.h * static_cast<float>(line) / 3}, {at.right(), at.y + at.h * static_cast<float>(line) / 3}, {.color = t.ground, .width = 1.5F});
        if (layer.moe && tiles.w > t.caption * 1.8F && tiles.h > t.caption * 1.4F)
            draw_centered(canvas, at, shared ? tr(view.lang, "scene.map.shared") : fmt::format("{}", e), {.size = t.caption, .color = on || shared ? t.ink_on(hue) : t.ink2, .weight = on ? Weight::kBold : Weight::kRegular});
        const std::string name = !layer.moe ? "mlp.gate_proj.weight" : shared ? "mlp.shared_experts.gate_proj.weight" : fmt::format("mlp.experts.{}.gate_proj.weight", e);
        action_region(canvas, at, fmt::format("set zoom=near of={} matrix={}", of_name(d), name), name);
    }
}

void draw_near(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const TextArgs args = {{"name", rich_escape(d.of_big ? std::string("DeepSeek-V3") : d.picture.name)}, {"rows", grouped(d.picture.rows)}, {"cols", grouped(d.picture.cols)}, {"n", grouped(d.picture.rows * d.picture.cols)},
                           {"block_rows", fmt::format("{}", d.picture.block_rows)}, {"block_cols", fmt::format("{}", d.picture.block_cols)}, {"layer", fmt::format("{}", d.layer)}};
    PageText page{.title = tr(view.lang, d.of_big ? "scene.map.title.near_big" : "scene.map.title.near", args), .subtitle = tr(view.lang, "scene.map.subtitle.near", args), .notes = {},
                  .badge = {.detail = badge_detail(view.lang, d.small_name, d.model_hash())}};
    if (d.picture.block_rows * d.picture.block_cols > 1) page.notes.push_back(tr(view.lang, "scene.map.note.near", args));
    const Rect place = draw_frame(canvas, view, page);
    const std::string back = tr(view.lang, "scene.map.back_layer");
    const Rect button{place.x, place.y, canvas.measure(back, label(t)).width + t.label * 1.6F, t.label * 2};
    canvas.stroke_rect(button, {.color = t.border, .width = t.line}, 8);
    draw_centered(canvas, button, back, label(t));
    action_region(canvas, button, "set zoom=middle", back);
    const Rect area{place.x, button.bottom() + 24, place.w, place.bottom() - button.bottom() - 24};
    if (d.of_big) {
        float y = area.y + t.body;
        for (const Part& part : d.inside) {
            if (part.cols == 1 || y > area.bottom()) continue;
            canvas.text({area.x, y}, part.name, {.size = t.label, .color = t.ink});
            canvas.text({area.x + area.w * 0.5F, y}, fmt::format("{} × {} = {}", grouped(part.rows), grouped(part.cols), grouped(part.weights())), label(t));
            y += t.label * 1.9F;
        }
        return;
    }
    const Picture& p = d.picture;
    const float side = std::min((area.w * 0.66F) / static_cast<float>(p.shown_cols), area.h / static_cast<float>(p.shown_rows));
    const Rect map{area.x, area.y, side * static_cast<float>(p.shown_cols), side * static_cast<float>(p.shown_rows)};
    std::vector<Color> cells;
    cells.reserve(p.cells.size());
    for (const float v : p.cells) cells.push_back(std::isfinite(v) ? t.diverging_at(p.limit > 0 ? v / p.limit : 0) : t.error.fill);
    canvas.heatmap(map, static_cast<int>(p.shown_rows), static_cast<int>(p.shown_cols), cells);
    canvas.stroke_rect(map, {.color = t.border, .width = t.line});
    if (p.block_rows == 1 && p.block_cols == 1) canvas.region({map, CellRef{p.name, {0, 0}}, "", "", static_cast<int>(p.rows), static_cast<int>(p.cols)});
    const float x = map.right() + 48;
    draw_formula(canvas, {x, area.y + t.heading * 1.4F}, "y_i = \\sum_j W_{i,j} x_j", {.size = t.heading, .color = t.ink, .roles = {}});
    draw_wrapped(canvas, {x, area.y + t.heading * 4}, tr(view.lang, "scene.map.near.words", args), label(t), place.right() - x);
    draw_legend(canvas, view, {x, area.y + t.heading * 4 + t.label * 6, std::min(320.0F, place.right() - x), 60}, {.map = ColorScale::Map::kDiverging, .min = -p.limit, .max = p.limit, .label = tr(view.lang, "scene.map.near.weight")});
}

}  // namespace dg::viz::model_map
