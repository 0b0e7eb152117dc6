// The other pictures of scene mla: cached bytes, the cache as it fills, lower ranks, rotation inside the latent path.
#include "viz/scenes/clock.h"
#include "viz/scenes/mla.h"
#include "viz/scenes/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::mla {
namespace {

const CacheRow& row_of(const Data& d, std::string_view id) { return *std::ranges::find(d.caches, id, &CacheRow::id); }

/// One row of a table: name, per layer, per token, whole context, cards.
void cache_table(Canvas& c, const Data& d, const View& view, Rect place) {
    const Group group(c, "table");
    const Theme& t = theme(view.theme);
    const float row = std::min(t.label * 2.3F, place.h / 6.5F);
    const float at[] = {0, 0.34F, 0.58F, 0.82F, 1.0F};
    const char* heads[] = {"scheme", "per_layer", "per_token", "context", "cards"};
    const TextArgs context{{"context", grouped(d.context)}};
    for (int i = 0; i < 5; ++i) {
        const float from = i == 0 ? place.x : place.x + place.w * at[i];
        const float room = i == 0 ? place.w * 0.16F : place.w * (at[i] - at[i - 1]) - 8;
        c.text({from, place.y + t.caption}, elide(c, tr(view.lang, std::string("scene.mla.table.") + heads[i], context), caption(t), room), caption(t, i == 0 ? Align::kLeft : Align::kRight));
    }
    float y = place.y + t.caption * 1.6F;
    for (const CacheRow& r : d.caches) {
        c.line({place.x, y}, {place.right(), y}, {.color = t.hairline, .width = t.line});
        const bool own = r.id == "MLA";
        const float base = y + row * 0.66F;
        const auto cell = [&](int i, const std::string& text) {
            TextStyle style{.size = t.label, .color = own ? t.latent.ink : t.ink, .weight = own || i == 0 ? Weight::kBold : Weight::kRegular, .align = i == 0 ? Align::kLeft : Align::kRight};
            c.text({i == 0 ? place.x : place.x + place.w * at[i], base}, i == 0 ? elide(c, text, style, place.w * 0.2F) : text, style);
        };
        cell(0, r.id == "naive" ? tr(view.lang, "scene.mla.naive") : r.id == "GQA" ? fmt::format("GQA-{}", r.groups) : r.id);
        cell(1, view.revealed ? grouped(r.per_layer) : "?");
        cell(2, view.revealed ? grouped(static_cast<std::int64_t>(r.bytes)) : "?");
        cell(3, view.revealed ? bytes_text(r.total) : "?");
        cell(4, view.revealed ? grouped(static_cast<std::int64_t>(std::ceil(r.total / 80e9))) : "?");
        y += row;
    }
}

/// What the V2 report states, apart and marked as published.
void published(Canvas& c, const Data& d, const View& view, Rect place) {
    const Theme& t = theme(view.theme);
    if (place.h < t.label * 12) return;
    const Group group(c, "published");
    c.fill_rect({place.x - 16, place.y, place.w + 32, t.label * 12}, t.panel, 10);
    c.fill_circle({place.x + 6, place.y + t.label * 1.5F}, 5, t.published_dot);
    c.text({place.x + 20, place.y + t.label * 1.85F}, elide(c, tr(view.lang, "scene.mla.published"), strong(t), place.w - 20), strong(t));
    float y = place.y + t.label * 2.6F;
    for (const Published& p : d.published) {
        if (p.name != "mmlu") continue;
        const float name = t.label * 4, value = t.label * 4;
        c.text({place.x, y + t.label * 1.1F}, p.index, label(t));
        draw_bar(c, t, {place.x + name, y + t.label * 0.3F, place.w - name - value, t.label * 0.9F}, p.value / 100, {.fill = t.bar, .covered = !view.revealed});
        c.text({place.right(), y + t.label * 1.1F}, view.revealed ? fixed(p.value, 1) : "?", strong(t, Align::kRight));
        y += t.label * 1.9F;
    }
    if (view.revealed) draw_wrapped(c, {place.x, y + t.label * 1.6F}, tr(view.lang, "scene.mla.published.claim"), label(t), place.w, 4);
}

/// How often K and V were projected, with and without the cache.
void growth_work(Canvas& canvas, const Data& d, const View& view, Rect side, const TextArgs& args) {
    const Theme& t = theme(view.theme);
    canvas.line({side.x - 24, side.y}, {side.x - 24, side.bottom()}, {.color = t.hairline, .width = t.line});
    float y = side.y + t.heading;
    canvas.text({side.x, y}, elide(canvas, tr(view.lang, "scene.mla.growth.work"), heading(t), side.w), heading(t));
    const double most = static_cast<double>(std::max<std::int64_t>(1, d.projected_without));
    for (const auto& [key, value] : {std::pair("scene.mla.growth.without", d.projected_without), {"scene.mla.growth.with", d.projected_with}}) {
        y += t.label * 2.2F;
        canvas.text({side.x, y}, elide(canvas, tr(view.lang, key), label(t), side.w - t.label * 4), label(t));
        canvas.text({side.right(), y}, view.revealed ? grouped(value) : "?", strong(t, Align::kRight));
        y += t.label * 0.6F;
        draw_bar(canvas, t, {side.x, y, side.w, t.label}, static_cast<double>(value) / most, {.fill = t.bar_strong, .covered = !view.revealed});
        y += t.label;
    }
    draw_wrapped(canvas, {side.x, y + t.label * 2.4F}, tr(view.lang, "scene.mla.growth.same", args), label(t), side.w, 5);
}

/// The three small ones again, on a scale of their own.
void zoomed(Canvas& canvas, const Data& d, const View& view, Rect place) {
    const Theme& t = theme(view.theme);
    const float zoom_h = t.label * 8.2F, y = place.y, bars_w = place.w;
    if (place.h <= zoom_h || !view.revealed) return;
    const Rect box{place.x - 14, y + 4, bars_w + 28, zoom_h};
    canvas.fill_rect(box, t.panel, 10);
    double most = 0;
    for (const CacheRow& r : d.caches)
        if (r.id != "MHA" && r.id != "naive") most = std::max(most, r.bytes);
    canvas.text({place.x, box.y + t.label * 1.5F}, elide(canvas, tr(view.lang, "scene.mla.zoom", {{"factor", number(row_of(d, "MHA").bytes / most, 3)}}), strong(t), bars_w), strong(t));
    float line = box.y + t.label * 2.3F;
    for (const CacheRow& r : d.caches) {
        if (r.id == "MHA" || r.id == "naive") continue;
        const float name = t.label * 4, w = (bars_w - name - t.label * 6) * static_cast<float>(r.bytes / most);
        canvas.text({place.x, line + t.label}, r.id, label(t));
        canvas.fill_rect({place.x + name, line, std::max(2.0F, w), t.label * 1.2F}, r.id == "MLA" ? t.latent.fill : t.bar_strong, 3);
        canvas.text({place.x + name + w + 10, line + t.label}, bytes_text(r.bytes), strong(t));
        line += t.label * 1.9F;
    }
}

}  // namespace

void draw_cache(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const CacheRow &mha = row_of(d, "MHA"), &own = row_of(d, "MLA"), &mqa = row_of(d, "MQA");
    const TextArgs args{{"mla", grouped(static_cast<std::int64_t>(own.bytes))}, {"factor", number(mha.bytes / own.bytes, 3)}, {"mqa", grouped(static_cast<std::int64_t>(mqa.bytes))},
                        {"layers", fmt::format("{}", d.layers)}, {"heads", fmt::format("{}", d.heads)}, {"context", grouped(d.context)}};
    PageText text = page(d, view, tr(view.lang, view.revealed ? "scene.mla.cache.title" : "scene.mla.cache.title.covered", args),
                         tr(view.lang, d.shape == "v3" ? "scene.mla.shape.v3" : "scene.mla.shape.model", args), {tr(view.lang, "scene.mla.cache.note")});
    if (d.shape == "v3") text.badge.detail = "config_671B.json";
    const Rect place = draw_frame(canvas, view, text);
    const bool wide = place.w >= 48 * t.label;
    const float bars_w = wide ? place.w * 0.44F : place.w;
    const float y = draw_cache_bars(canvas, d, view, {place.x, place.y, bars_w, place.h}, std::clamp((place.h - t.label * 19) / 4, t.label, t.label * 3.4F));
    zoomed(canvas, d, view, {place.x, y, bars_w, place.bottom() - y});
    if (!wide) return;
    const Rect right{place.x + bars_w + 64, place.y, place.w - bars_w - 64, std::clamp(place.h - t.label * 13.2F, t.label * 11, t.label * 16)};
    cache_table(canvas, d, view, right);
    published(canvas, d, view, {right.x, right.bottom() + t.label, right.w, place.bottom() - right.bottom() - t.label});
}

void draw_growth(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const Config& c = d.config();
    const double u = view.stage >= kRotary ? 1 : std::clamp(view.u, 0.0, 1.0);
    const auto shown = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(u * static_cast<double>(d.tokens))));
    const std::int64_t bytes = shown * c.num_hidden_layers * c.cache_elements() * 2;
    const TextArgs args{{"tokens", fmt::format("{}", shown)}, {"bytes", bytes_text(static_cast<double>(bytes))}, {"cached", fmt::format("{}", c.cache_elements())}, {"layers", fmt::format("{}", c.num_hidden_layers)},
                        {"layer", fmt::format("{}", d.layer)}, {"with", view.revealed ? grouped(d.projected_with) : "?"}, {"without", view.revealed ? grouped(d.projected_without) : "?"},
                        {"difference", view.revealed ? (d.cache_difference > 0 ? number(d.cache_difference, 2) : "0") : "?"}};
    const Rect place = draw_frame(canvas, view, page(d, view, tr(view.lang, "scene.mla.growth.title", args), tr(view.lang, "scene.mla.growth.subtitle", args), {tr(view.lang, "scene.mla.growth.note")}));
    const float panel = place.w >= 46 * t.label ? place.w * 0.3F : 0, label_w = t.label * 5.5F;
    const Rect grid{place.x + label_w, place.y + t.label * 1.8F, place.w - label_w - (panel > 0 ? panel + 48 : 0), place.h - t.label * 1.8F};
    const float h = std::min(grid.h / static_cast<float>(d.tokens), t.label * 1.7F), unit = grid.w / (static_cast<float>(c.cache_elements()) + 3);
    const float latent_w = unit * static_cast<float>(c.kv_lora_rank), rotary_x = grid.x + latent_w + 3 * unit;
    draw_rich(canvas, {grid.x, place.y + t.label}, rich(t, tr(view.lang, "scene.mla.growth.latent", {{"count", fmt::format("{}", c.kv_lora_rank)}}), t.latent.ink, Weight::kBold), label(t));
    TextStyle right = label(t, Align::kRight);
    draw_rich(canvas, {grid.right(), place.y + t.label}, rich(t, tr(view.lang, "scene.mla.growth.rotary", {{"count", fmt::format("{}", c.qk_rope_head_dim)}}), t.rotary.ink, Weight::kBold), right);
    const Tensor<float>&latent = d.at("kv_latent"), &rotary = d.at("k_pe");
    double latent_top = 0, rotary_top = 0;
    for (const float v : latent.values()) latent_top = std::max(latent_top, std::abs(static_cast<double>(v)));
    for (const float v : rotary.values()) rotary_top = std::max(rotary_top, std::abs(static_cast<double>(v)));
    const auto step = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(t.caption * 1.15F / h)));
    for (std::int64_t i = 0; i < shown; ++i) {
        const float y = grid.y + h * static_cast<float>(i), gap = h > 6 ? 2.0F : 0.0F;
        if (i % step == 0) canvas.text({grid.x - 12, y + h / 2 + t.caption * 0.35F}, elide(canvas, d.labels[static_cast<std::size_t>(i)], caption(t), label_w - 14), caption(t, Align::kRight));
        draw_cells(canvas, view, {.rect = {grid.x, y, latent_w, h - gap}, .values = {latent.row(i), static_cast<std::size_t>(latent.cols())}, .limit = latent_top, .fill = t.latent.fill, .first = {d.prefix() + "kv_latent", {0, i, 0}}});
        draw_cells(canvas, view, {.rect = {rotary_x, y, grid.right() - rotary_x, h - gap}, .values = {rotary.row(i), static_cast<std::size_t>(rotary.cols())}, .limit = rotary_top, .fill = t.rotary.fill, .first = {d.prefix() + "k_pe", {0, i, 0}}});
    }
    if (panel > 0) growth_work(canvas, d, view, {place.right() - panel, place.y, panel, place.h}, args);
}

void draw_rank(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const RankPoint& here = *std::ranges::find(d.ranks, d.rank, &RankPoint::rank);
    const RankPoint& full = d.ranks.back();
    const bool mla = d.config().attention == AttentionKind::kMla;
    const TextArgs args{{"rank", fmt::format("{}", d.rank)}, {"full", fmt::format("{}", d.full_rank)}, {"error", percent(here.error)}, {"loss", fixed(here.loss, 3)}, {"loss_full", fixed(full.loss, 3)},
                        {"documents", fmt::format("{}", d.rank_documents)}};
    const Rect place = draw_frame(canvas, view, page(d, view, tr(view.lang, view.revealed ? "scene.mla.rank.title" : "scene.mla.rank.title.covered", args), tr(view.lang, mla ? "scene.mla.rank.subtitle" : "scene.mla.rank.subtitle.kv", args),
                                                     {tr(view.lang, mla ? "scene.mla.rank.note" : "scene.mla.rank.note.kv")}));
    const float gap = 72, w = (place.w - gap) / 2;
    std::vector<PlotPoint> error, loss;
    for (const RankPoint& p : d.ranks) {
        const bool hidden = !view.revealed;
        error.push_back({static_cast<double>(p.rank), hidden ? NAN : p.error});
        loss.push_back({static_cast<double>(p.rank), hidden ? NAN : p.loss});
    }
    const auto plot = [&](Rect area, const std::vector<PlotPoint>& points, const char* key, double top, bool share) {
        double low = 0, high = top;
        if (!share) {
            low = std::floor(full.loss * 10) / 10 - 0.1, high = 0;
            for (const RankPoint& p : d.ranks) high = std::max(high, 1.05 * p.loss);
            low = std::max(0.0, low);
        }
        draw_plot(canvas, view, area,
                  {.x = {.label = tr(view.lang, "scene.mla.rank.axis"), .min = 0, .max = static_cast<double>(d.full_rank)},
                   .y = {.label = tr(view.lang, key), .min = low, .max = high, .percent = share},
                   .series = {{.label = "", .points = points, .color = t.ink, .dots = true}},
                   .marks = {{.at = static_cast<double>(d.rank), .label = tr(view.lang, "scene.mla.rank.mark", args)}},
                   .direct_labels = false});
    };
    plot({place.x, place.y, w, place.h}, error, "scene.mla.rank.error", 1, true);
    plot({place.x + w + gap, place.y, w, place.h}, loss, "scene.mla.rank.loss", 1, false);
    for (const RankPoint& p : d.ranks) {
        const float x = place.x + w * static_cast<float>(p.rank) / static_cast<float>(d.full_rank);
        canvas.region({{x - 12, place.y, 24, place.h}, std::nullopt, fmt::format("set rank={}", p.rank),
                       view.revealed ? tr(view.lang, "scene.mla.rank.tip", {{"rank", fmt::format("{}", p.rank)}, {"error", percent(p.error)}, {"loss", fixed(p.loss, 3)}}) : std::string()});
    }
}

namespace {

constexpr std::int64_t kMapCells = 96;  // of a map of weights, along each side

/// Cells of a T x T map under the causal mask; more than kMapCells a side: the largest of each block.
std::vector<Color> map_cells(const Theme& t, const std::vector<float>& map, std::int64_t tokens, std::int64_t block, bool diverging, bool covered) {
    const std::int64_t side = (tokens + block - 1) / block;
    std::vector<Color> colors;
    for (std::int64_t row = 0; row < side; ++row)
        for (std::int64_t col = 0; col < side; ++col) {
            float value = 0;
            for (std::int64_t r = row * block; r < std::min(tokens, (row + 1) * block); ++r)
                for (std::int64_t c = col * block; c <= std::min(r, (col + 1) * block - 1); ++c)
                    if (const float v = map[static_cast<std::size_t>(r * tokens + c)]; !(std::abs(v) <= std::abs(value))) value = v;
            colors.push_back(col > row || covered ? t.track : diverging ? t.diverging_at(static_cast<double>(value)) : t.sequential_at(static_cast<double>(value)));
        }
    return colors;
}

}  // namespace

void draw_rotate(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const std::int64_t block = (d.tokens + kMapCells - 1) / kMapCells, cells = (d.tokens + block - 1) / block;
    const TextArgs args{{"inside", number(d.inside.output, 2)}, {"separate", number(d.separate.output, 2)}, {"layer", fmt::format("{}", d.layer)}, {"head", fmt::format("{}", d.head)}};
    std::vector<std::string> notes{tr(view.lang, "scene.mla.rotate.note")};
    if (block > 1) notes.push_back(tr(view.lang, "scene.mla.rotate.block", {{"block", fmt::format("{}", block)}}));
    const Rect place = draw_frame(canvas, view, page(d, view, tr(view.lang, view.revealed ? "scene.mla.rotate.title" : "scene.mla.rotate.title.covered", args), tr(view.lang, "scene.mla.rotate.subtitle", args), std::move(notes)));
    const float row_h = place.h / 2 - 8, head = t.label * 2.0F, label_w = std::min(place.w * 0.24F, t.label * 15);
    const float side = std::min(row_h - head - 8, (place.w - label_w) / 3 - 48), gap = ((place.w - label_w) - 3 * side) / 2;
    int line = 0;
    for (const Pair* pair : {&d.inside, &d.separate}) {
        const float y = place.y + (row_h + 16) * static_cast<float>(line);
        const char* key = line == 0 ? "scene.mla.rotate.inside" : "scene.mla.rotate.separate";
        const float text_y = draw_wrapped(canvas, {place.x, y + head + t.label}, tr(view.lang, key), strong(t), label_w - 24, 3);
        draw_wrapped(canvas, {place.x, text_y + t.label * 1.7F}, tr(view.lang, std::string(key) + ".about"), label(t), label_w - 24, 6);
        std::vector<float> difference;
        for (std::size_t i = 0; i < pair->naive.size(); ++i) difference.push_back(pair->naive[i] - pair->absorbed[i]);
        const std::vector<float>* maps[] = {&pair->naive, &pair->absorbed, &difference};
        const char* names[] = {"scene.mla.rotate.naive", "scene.mla.rotate.folded", "scene.mla.rotate.difference"};
        for (int i = 0; i < 3; ++i) {
            const Rect r{place.x + label_w + (side + gap) * static_cast<float>(i), y + head, side, side};
            // the last name is the longest and has its room on the left
            const TextStyle style = label(t, i == 2 ? Align::kRight : Align::kLeft);
            canvas.text({i == 2 ? r.right() : r.x, y + t.label}, elide(canvas, tr(view.lang, names[i], {{"value", view.revealed ? number(pair->difference, 2) : "?"}}), style, side + gap - 12), style);
            const std::vector<Color> colors = map_cells(t, *maps[i], d.tokens, block, i == 2, i == 2 && !view.revealed);
            canvas.heatmap(r, static_cast<int>(cells), static_cast<int>(cells), colors);
            canvas.stroke_rect(r, {.color = t.border, .width = t.line});
            if (line == 1 && i < 2 && block == 1)
                canvas.region({.rect = r, .cell = CellRef{i == 0 ? d.prefix() + "probs" : fmt::format("decode.layers.{}.attn.probs", d.layer), {0, d.head, 0, 0}}, .action = "", .tip = "",
                               .rows = static_cast<int>(d.tokens), .cols = static_cast<int>(d.tokens)});
        }
        ++line;
    }
}

}  // namespace dg::viz::mla
