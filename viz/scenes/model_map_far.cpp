// zoom=far: both models as walls of layers, area proportional to weights within each; the running token's part lit.
#include "viz/scenes/model_map.h"
#include "viz/scenes/next_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace dg::viz::model_map {
namespace {

/// One wall: where columns stand and how many weights a pixel holds.
struct Wall {
    Rect at;
    float column = 0, gap = 0;
    double weights_per_px = 1;  // of height
    const Parts* parts = nullptr;

    /// Column i of embedding, layers, head.
    [[nodiscard]] float x(std::size_t i) const { return at.x + (column + gap) * static_cast<float>(i); }

    [[nodiscard]] float height(double weights) const { return static_cast<float>(weights / weights_per_px); }

    [[nodiscard]] double per_area() const { return weights_per_px / static_cast<double>(column); }
};

Wall wall_for(const Parts& parts, Rect at, float share_gap) {
    Wall w{.at = at, .parts = &parts};
    const auto n = static_cast<float>(parts.layers.size() + 2);
    const float pitch = at.w / n;
    w.gap = pitch * share_gap, w.column = pitch - w.gap;
    w.weights_per_px = static_cast<double>(parts.largest_layer()) / static_cast<double>(at.h);
    return w;
}

/// How far the token has come: columns passed, and how brightly each is lit.
double lit(const View& view, const Parts& parts, std::size_t column) {
    const std::size_t n = parts.layers.size();
    if (column == 0) return done(view, kEmbed);
    if (column == n + 1) return done(view, kUnembed);
    const LayerParts& layer = parts.layers[column - 1];
    const auto dense = static_cast<double>(std::ranges::count(parts.layers, false, &LayerParts::moe)), moe = static_cast<double>(n) - dense;
    const auto index = static_cast<double>(column - 1);
    const double reached = layer.moe ? done(view, kMoe) * moe - (index - dense) : done(view, kDense) * dense - index;
    return std::clamp(reached, 0.0, 1.0);
}

/// Weights awake so far.
double awake_so_far(const View& view, const Parts& p) {
    double sum = lit(view, p, p.layers.size() + 1) * static_cast<double>(p.head + p.final_norm);
    for (std::size_t i = 0; i < p.layers.size(); ++i) sum += lit(view, p, i + 1) * static_cast<double>(p.layers[i].awake());
    return sum;
}

/// A layer from the foot up: attention, dense or shared MLP, experts in use, experts asleep.
void layer_column(Canvas& canvas, const Theme& t, const Wall& w, std::size_t i, double on, const std::vector<std::int64_t>* chosen) {
    const LayerParts& layer = w.parts->layers[i];
    const float x = w.x(i + 1);
    float y = w.at.bottom();
    const auto block = [&](double weights, Color color, double awake) {
        const float h = w.height(weights);
        y -= h;
        if (h > 0.2F) canvas.fill_rect({x, y, w.column, std::max(h - (h > 4 ? 1.0F : 0.0F), 0.6F)}, mix(mix(t.ground, color, 0.35F), color, static_cast<float>(awake)));
    };
    block(static_cast<double>(layer.attention + layer.norms), t.latent.fill, on);
    block(static_cast<double>(layer.dense + layer.shared + layer.router), t.stream, on);
    if (!layer.moe) return;
    const float tile = w.height(static_cast<double>(layer.expert));
    if (chosen == nullptr) {  // how many, not which: the awake share as one band
        block(static_cast<double>(layer.expert * layer.chosen), t.bar_strong, on);
        block(static_cast<double>(layer.expert * (layer.experts - layer.chosen)), mix(t.ground, t.border, 0.45F), 1);
        return;
    }
    for (std::int64_t e = 0; e < layer.experts; ++e) {
        y -= tile;
        const bool mine = std::ranges::find(*chosen, e) != chosen->end();
        const Color asleep = mix(t.ground, t.border, 0.45F), hue = t.experts[static_cast<std::size_t>(e) % t.experts.size()];
        canvas.fill_rect({x, y, w.column, std::max(tile - (tile > 4 ? 1.5F : 0.0F), 0.6F)}, mine ? mix(asleep, hue, static_cast<float>(on)) : asleep, tile > 8 ? 2 : 0);
    }
}

void draw_wall(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Wall& w, bool big) {
    const Group group(canvas, big ? "wall-v3" : "wall-model");
    const Parts& p = *w.parts;
    const std::size_t n = p.layers.size();
    const std::string of = big ? "v3" : "model";
    const float stream_y = w.at.bottom() + 7;
    for (const std::size_t column : {std::size_t{0}, n + 1}) {
        const auto weights = static_cast<double>(column == 0 ? p.embedding : p.head);
        const float h = w.height(weights);
        const Rect at{w.x(column), w.at.bottom() - h, w.column, h};
        canvas.fill_rect(at, mix(mix(t.ground, t.bar, 0.4F), t.bar, static_cast<float>(lit(view, p, column))));
        const Rect hit{at.x, std::min(at.y, w.at.bottom() - 24), at.w, std::max(at.h, 24.0F)};
        action_region(canvas, hit, opens(d, column == 0 ? "embedding" : "head", 0), tr(view.lang, column == 0 ? "scene.map.tip.embedding" : "scene.map.tip.head", {{"n", short_count(weights)}}));
    }
    for (std::size_t i = 0; i < n; ++i) {
        layer_column(canvas, t, w, i, lit(view, p, i + 1), big ? nullptr : &d.awake[i]);
        const LayerParts& layer = p.layers[i];
        const float h = std::max(w.height(static_cast<double>(layer.total())), 24.0F);
        action_region(canvas, {w.x(i + 1), w.at.bottom() - h, w.column, h}, fmt::format("set zoom=middle of={} layer={}", of, i),
                      tr(view.lang, "scene.map.tip.layer", {{"layer", fmt::format("{}", i)}, {"n", short_count(static_cast<double>(layer.total()))}, {"awake", short_count(static_cast<double>(layer.awake()))}}));
    }
    canvas.line({w.at.x - 8, stream_y}, {w.at.right() + 4, stream_y}, {.color = t.stream, .width = 4});
    draw_arrow(canvas, {w.at.right() - 6, stream_y}, {w.at.right() + 14, stream_y}, {.color = t.stream, .width = 4}, 14);
    if (d.of_big == big) {
        const auto i = static_cast<std::size_t>(d.layer);
        const float h = w.height(static_cast<double>(p.layers[i].total()));
        draw_ring(canvas, t, {w.x(i + 1) - 2, w.at.bottom() - h - 2, w.column + 4, h + 4}, 3);
    }
}

/// Big number and what it counts.
float count_words(Canvas& canvas, const Theme& t, Vec2 at, const std::string& value, const std::string& name, float width) {
    canvas.text({at.x, at.y + t.big}, value, {.size = t.big, .color = t.ink, .weight = Weight::kBold});
    float y = at.y + t.big + t.label * 1.5F;
    for (const std::string& l : wrap(canvas, name, label(t), width)) canvas.text({at.x, y}, l, label(t)), y += t.label * 1.35F;
    return y + t.label * 0.4F;
}

void legend_rows(Canvas& canvas, const View& view, const Theme& t, Rect at, const Parts& p) {
    const double experts = static_cast<double>(p.experts()), awake = [&] {
        double sum = 0;
        for (const LayerParts& l : p.layers) sum += static_cast<double>(l.expert * l.chosen);
        return sum;
    }();
    const auto shared = static_cast<double>(p.of(&LayerParts::shared));
    const std::tuple<Color, const char*, double> rows[] = {{mix(t.ground, t.border, 0.45F), "scene.map.part.asleep", experts - shared - awake}, {t.bar_strong, "scene.map.part.awake", awake},
                                                          {t.latent.fill, "scene.map.part.attention", static_cast<double>(p.of(&LayerParts::attention))},
                                                          {t.stream, "scene.map.part.dense", static_cast<double>(p.of(&LayerParts::dense) + p.of(&LayerParts::router)) + shared},
                                                          {t.bar, "scene.map.part.ends", static_cast<double>(p.embedding + p.head)}};
    float y = at.y;
    for (const auto& [color, key, n] : rows) {
        canvas.fill_rect({at.x, y, t.label, t.label}, color, 3);
        canvas.stroke_rect({at.x, y, t.label, t.label}, {.color = t.border, .width = 1}, 3);
        canvas.text({at.x + t.label * 1.6F, y + t.label * 0.85F}, tr(view.lang, key), label(t));
        canvas.text({at.right(), y + t.label * 0.85F}, short_count(n), {.size = t.label, .color = t.ink, .align = Align::kRight});
        y += t.label * 1.75F;
    }
}

}  // namespace

void draw_far(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const double share = static_cast<double>(d.big.awake()) / static_cast<double>(d.big.total());
    PageText page{.title = tr(view.lang, view.revealed ? "scene.map.title.far" : "scene.map.title.far_covered", {{"share", percent(share)}, {"mini", percent(static_cast<double>(d.small.awake()) / static_cast<double>(d.small.total()))}, {"name", rich_escape(d.small_name)}}),
                  .notes = {tr(view.lang, "scene.map.note.far")}, .badge = {.detail = badge_detail(view.lang, d.small_name, d.model_hash())}};
    page.subtitle = tr(view.lang, "scene.map.subtitle.far", {{"layers", fmt::format("{}", d.big.layers.size())}});
    const Rect place = draw_frame(canvas, view, page);
    canvas.region({.rect = place, .cell = std::nullopt, .action = "zoom-area", .tip = ""});
    const float words_w = std::max(place.w * 0.15F, t.label * 10), gap = t.label * 1.6F, top_h = place.h * 0.46F, names = t.caption * 2.4F;
    const Wall big = wall_for(d.big, {place.x + words_w + gap, place.y + 6, place.w - words_w - gap - 18, top_h - names}, 0.2F);
    draw_wall(canvas, d, view, t, big, true);
    const float y = count_words(canvas, t, {place.x, place.y - t.label * 0.4F}, short_count(static_cast<double>(d.big.total())), tr(view.lang, "scene.map.stored"), words_w);
    count_words(canvas, t, {place.x, y}, view.revealed ? short_count(awake_so_far(view, d.big)) : "?", tr(view.lang, "scene.map.used"), words_w);
    const auto dense = std::ranges::count(d.big.layers, false, &LayerParts::moe);
    const float name_y = big.at.bottom() + names;
    canvas.text({big.x(0), name_y}, tr(view.lang, "scene.map.wall.dense", {{"n", fmt::format("{}", dense)}}), caption(t));
    canvas.text({big.at.center().x, name_y}, tr(view.lang, "scene.map.wall.moe", {{"n", fmt::format("{}", d.big.layers.size() - static_cast<std::size_t>(dense))}, {"each", short_count(static_cast<double>(d.big.layers.back().total()))}}),
                {.size = t.caption, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter});
    canvas.text({big.at.right(), name_y}, tr(view.lang, "scene.map.wall.head", {{"n", short_count(static_cast<double>(d.big.head))}}), caption(t, Align::kRight));

    // the running model, enlarged; beside it where V3's weights are
    const float below = place.y + top_h + t.caption * 1.6F, legend_w = t.label * 19;
    const Rect panel{place.x, below, place.w - legend_w - gap, place.bottom() - below};
    draw_plate(canvas, t, panel);
    const float head_h = t.body * 3.4F, pad = 24;
    const Wall small = wall_for(d.small, {panel.x + pad + 8, panel.y + head_h, panel.w - 2 * pad - 24, panel.h - head_h - t.caption * 3.2F}, 0.22F);
    const double factor = big.per_area() / small.per_area();
    canvas.text({panel.x + pad, panel.y + t.body * 1.4F}, tr(view.lang, "scene.map.small.title", {{"name", d.small_name}, {"factor", grouped(std::llround(factor / 100) * 100)}}), strong(t));
    canvas.text({panel.x + pad, panel.y + t.body * 1.4F + t.label * 1.4F}, elide(canvas, tr(view.lang, "scene.map.small.line", {{"layers", fmt::format("{}", d.small.layers.size())}, {"total", short_count(static_cast<double>(d.small.total()))}, {"awake", view.revealed ? short_count(awake_so_far(view, d.small)) : "?"}, {"token", d.labels[static_cast<std::size_t>(d.position)]}}), label(t), panel.w - 2 * pad), label(t));
    draw_wall(canvas, d, view, t, small, false);
    for (std::size_t i = 0; i < d.small.layers.size() + 2; ++i) {
        const std::string name = i == 0 ? tr(view.lang, "scene.map.embed") : i == d.small.layers.size() + 1 ? tr(view.lang, "scene.map.head") : fmt::format("{}", i - 1);
        if (small.column > t.caption * 1.4F) canvas.text({small.x(i) + small.column / 2, small.at.bottom() + t.caption * 2}, elide(canvas, name, caption(t), small.column + small.gap), caption(t, Align::kCenter));
    }
    // the same model at V3's scale: a dot
    const auto side = static_cast<float>(std::sqrt(static_cast<double>(d.small.total()) / big.per_area()));
    const Vec2 dot{place.right() - legend_w + 22, below + 26};
    canvas.fill_circle(dot, 15, t.ink2);
    canvas.fill_circle(dot, 13, t.ground);
    canvas.fill_rect({dot.x - side / 2, dot.y - side / 2, side, side}, t.ink);
    const std::string dot_name = tr(view.lang, "scene.map.dot", {{"name", d.small_name}});
    canvas.text({dot.x + 26, dot.y - 2}, elide(canvas, dot_name, {.size = t.label, .color = t.ink, .weight = Weight::kBold}, legend_w - 50), {.size = t.label, .color = t.ink, .weight = Weight::kBold});
    canvas.text({dot.x + 26, dot.y + t.label * 1.2F}, tr(view.lang, "scene.map.dot.size", {{"side", fixed(side, 1)}}), caption(t));
    canvas.text({place.right() - legend_w, below + 76 + t.label}, tr(view.lang, "scene.map.where"), {.size = t.label, .color = t.ink, .weight = Weight::kBold});
    if (view.revealed) legend_rows(canvas, view, t, {place.right() - legend_w, below + 76 + t.label * 2, legend_w, 0}, d.big);
}

}  // namespace dg::viz::model_map
