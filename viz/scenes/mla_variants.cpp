// show=variants of scene mla: four models that differ in their attention only, trained alike (assets/recipes/variant-*.toml).
// What each loses is read from its card, which must belong to the weights that are shipped; what it caches and how many
// weights it has are counted from its own config.
#include "viz/scenes/mla.h"
#include "viz/scenes/train.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::viz::mla {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 4> kVariants = {{{"MHA", "variant-mha"}, {"GQA", "variant-gqa"}, {"MLA", "variant-mla"}, {"MQA", "variant-mqa"}}};
constexpr std::size_t kWindow = 20;

/// Nats per token and over the grammar's own entropy, all held-out documents of the card together.
Result<void> read_losses(Variant& v, const LoadedModel& model) {
    const nlohmann::json card = nlohmann::json::parse(model.card_json, nullptr, false);
    const Error bad{"mla_variant_card", {{"model", model.name}}, ""};
    if (!card.is_object() || card.value("model_hash", "") != model.model.hash) return bad;
    const auto domains = card.find("domains");
    if (domains == card.end() || !domains->is_array() || domains->empty()) return bad;
    double nats = 0, entropy = 0, tokens = 0;
    for (const auto& row : *domains) {
        if (!row.is_object()) return bad;
        const double documents = row.value("documents", 0.0);
        nats += documents * row.value("model_nats_per_document", NAN);
        entropy += documents * row.value("entropy_nats_per_document", NAN);
        tokens += row.value("tokens", 0.0);
        v.documents += static_cast<std::int64_t>(documents);
    }
    if (!(tokens > 0) || !std::isfinite(nats) || !std::isfinite(entropy)) return bad;
    v.loss = nats / tokens, v.over_entropy = nats / entropy;
    v.steps = card.value("/training/steps"_json_pointer, std::int64_t{0});
    v.tokens = card.value("/training/tokens"_json_pointer, std::int64_t{0});
    return {};
}

Color color_of(const Theme& t, const std::string& id) {
    return id == "MLA" ? t.latent.fill : id == "MHA" ? t.ink : id == "GQA" ? t.experts[0] : t.experts[4];
}

std::string name_of(const Variant& v) { return v.id == "GQA" ? fmt::format("GQA-{}", v.groups) : v.id; }

TextStyle name_style(const Theme& t, const std::string& id) { return {.size = t.label, .color = id == "MLA" ? t.latent.ink : t.ink, .weight = Weight::kBold}; }

/// Training loss against tokens; the names stand at the scatter and in the table, in the same colours.
void draw_curves(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "curves");
    const Theme& t = theme(view.theme);
    std::vector<Series> series;
    for (const Variant& v : d.variants) {
        const bool thick = v.id == "MLA";
        Series s{.label = name_of(v), .points = {}, .color = color_of(t, v.id), .width = thick ? 3.5F : 2.0F, .dash = v.id == "MQA" ? 9.0F : v.id == "GQA" ? 3.0F : 0.0F, .gap = v.id == "MHA" || thick ? 0.0F : 5.0F};
        for (std::size_t i = 0; i < v.train_tokens.size(); ++i) s.points.push_back({v.train_tokens[i] / 1e6, v.train_loss[i]});
        series.push_back(std::move(s));
    }
    Plot plot{.x = axis_for(series, false, tr(view.lang, "scene.mla.variants.tokens")), .y = axis_for(series, true, tr(view.lang, "scene.mla.variants.train_loss"), true), .series = std::move(series)};
    plot.x.min = 0;
    if (!view.revealed)
        for (Series& s : plot.series) s.points.clear();
    plot.shown = view.stage > kCompress ? 1 : std::clamp(view.u, 0.0, 1.0);
    plot.direct_labels = false;
    draw_plot(canvas, view, area, plot);
}

/// One point per model: bytes cached per token against held-out loss.
void draw_trade(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "trade");
    const Theme& t = theme(view.theme);
    double low = d.variants.front().loss, high = low, most = 0;
    for (const Variant& v : d.variants) low = std::min(low, v.loss), high = std::max(high, v.loss), most = std::max(most, v.bytes);
    const double room = std::max(0.25 * (high - low), 0.002);
    const PlotFrame f = draw_plot(canvas, view, area, {.x = {.label = tr(view.lang, "scene.mla.variants.bytes"), .min = 0, .max = most * 1.18}, .y = {.label = tr(view.lang, "scene.mla.variants.loss"), .min = low - room, .max = high + room}, .direct_labels = false});
    if (!view.revealed) return;
    std::vector<Rect> taken;
    for (const Variant& v : d.variants) {
        const Vec2 at{f.px(v.bytes), f.py(v.loss)};
        canvas.fill_circle(at, t.label * 0.42F, color_of(t, v.id));
        const TextStyle style = name_style(t, v.id);
        // right of its dot; lower or, at the foot, higher where another name stands
        const float w = canvas.measure(name_of(v), style).width, x = std::min(at.x + t.label * 0.7F, area.right() - w);
        Rect box{x, at.y - t.label * 0.6F, w, t.label * 1.1F};
        const auto blocked = [&] { return std::ranges::any_of(taken, [&](const Rect& r) { return r.x < box.right() && box.x < r.right() && r.y < box.bottom() && box.y < r.bottom(); }); };
        const float step = box.y + t.label * 3 > f.inner.bottom() ? -t.label * 0.4F : t.label * 0.4F;
        for (int tries = 0; tries < 12 && blocked(); ++tries) box.y += step;
        taken.push_back(box);
        canvas.text({box.x, box.y + t.label * 0.95F}, name_of(v), style);
    }
}

struct Column {
    float right;  // share of the width where the text ends (the first: where it begins)
    const char* key;
};

/// Parameters, cache and loss of each model, with the bytes as bars.
void draw_rows(Canvas& canvas, const Data& d, const View& view, Rect place) {
    const Group group(canvas, "variants");
    const Theme& t = theme(view.theme);
    const bool wide = place.w >= 44 * t.label;
    const float row = (place.h - t.label * 1.8F) / static_cast<float>(d.variants.size());
    std::vector<Column> columns = {{0, "scheme"}, {0.24F, "parameters"}, {0.36F, "per_layer"}, {0.68F, "bytes"}, {0.84F, "loss"}, {1, "ratio"}};
    if (!wide) columns = {{0, "scheme"}, {0.36F, "parameters"}, {0.7F, "bytes"}, {1, "loss"}};
    float before = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const float right = place.x + place.w * columns[i].right, room = i == 0 ? place.w * 0.12F : (columns[i].right - before) * place.w - 12;
        canvas.text({i == 0 ? place.x : right, place.y + t.label}, elide(canvas, tr(view.lang, std::string("scene.mla.variants.column.") + columns[i].key), caption(t), room), caption(t, i == 0 ? Align::kLeft : Align::kRight));
        before = columns[i].right;
    }
    double most = 0;
    for (const Variant& v : d.variants) most = std::max(most, v.bytes);
    float y = place.y + t.label * 1.5F;
    for (const Variant& v : d.variants) {
        canvas.line({place.x, y}, {place.right(), y}, {.color = t.hairline, .width = t.line});
        const float base = y + row / 2 + t.label * 0.36F;
        canvas.fill_circle({place.x + 6, y + row / 2}, 6, color_of(t, v.id));
        const TextStyle figure = label(t, Align::kRight);
        TextStyle loss = name_style(t, v.id);
        loss.align = Align::kRight;
        canvas.text({place.x + 22, base}, name_of(v), name_style(t, v.id));
        float from = 0;
        for (const Column& c : columns) {
            const float right = place.x + place.w * c.right;
            const std::string key = c.key;
            if (key == "parameters") canvas.text({right, base}, grouped(v.parameters), figure);
            if (key == "per_layer") canvas.text({right, base}, grouped(v.per_layer), figure);
            if (key == "bytes") {
                const float number_w = t.label * 3.4F, left = place.x + place.w * from + t.label * 1.4F;
                draw_bar(canvas, t, {left, y + row / 2 - t.label * 0.4F, right - number_w - left, t.label * 0.8F}, v.bytes / most, {.fill = color_of(t, v.id)});
                canvas.text({right, base}, grouped(static_cast<std::int64_t>(v.bytes)), figure);
            }
            if (key == "loss") canvas.text({right, base}, view.revealed ? fixed(v.loss, 4) : "?", loss);
            if (key == "ratio") canvas.text({right, base}, view.revealed ? "×" + fixed(v.over_entropy, 3) : "?", figure);
            from = c.right;
        }
        y += row;
    }
}

}  // namespace

Result<void> measure_variants(Data& d, Session& session, const Progress& progress) {
    for (const auto& [id, name] : kVariants) {
        if (!progress.report(static_cast<double>(d.variants.size()) / 4)) return Error{"cancelled", {}, ""};
        DG_ASSIGN(const std::shared_ptr<const LoadedModel> model, session.model(name));
        const Config& c = model->model.config;
        Variant v{.id = id, .hash = model->model.hash};
        v.groups = c.attention == AttentionKind::kMla ? 0 : c.num_key_value_heads;
        v.parameters = count_parameters(c).total;
        v.per_layer = c.cache_elements(), v.layers = c.num_hidden_layers;
        v.bytes = static_cast<double>(v.per_layer * v.layers * 2);
        DG_TRY(read_losses(v, *model));
        DG_ASSIGN(const train::Curves curves, train::read_curves(session.assets() / "models" / name / "curves.csv"));
        v.train_tokens = curves.tokens, v.train_loss = train::smoothed(curves.loss, kWindow);
        d.variants.push_back(std::move(v));
    }
    return {};
}

void observe_variants(const Data& d, std::vector<Observation>& out) {
    for (const Variant& v : d.variants) {
        out.push_back({"variant_parameters", v.id, static_cast<double>(v.parameters)});
        out.push_back({"variant_per_layer", v.id, static_cast<double>(v.per_layer)});
        out.push_back({"variant_bytes", v.id, v.bytes});
        out.push_back({"variant_loss", v.id, v.loss});
        out.push_back({"variant_over_entropy", v.id, v.over_entropy});
        out.push_back({"variant_train_loss", v.id, v.train_loss.empty() ? NAN : v.train_loss.back()});
        out.push_back({"variant_steps", v.id, static_cast<double>(v.steps)});
        out.push_back({"variant_tokens", v.id, static_cast<double>(v.tokens)});
    }
}

void draw_variants(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const auto of = [&](std::string_view id) -> const Variant& { return *std::ranges::find(d.variants, id, &Variant::id); };
    const Variant &mha = of("MHA"), &mla = of("MLA");
    std::string hashes;
    for (const Variant& v : d.variants) hashes += (hashes.empty() ? "" : " ") + v.hash.substr(0, 4);
    const TextArgs args{{"share", percent(mla.bytes / mha.bytes, 0)}, {"mla", fixed(mla.loss, 3)}, {"mha", fixed(mha.loss, 3)}, {"steps", grouped(mha.steps)},
                        {"tokens", number(static_cast<double>(mha.tokens) / 1e6, 2)}, {"documents", grouped(mha.documents)}, {"window", fmt::format("{}", kWindow)}};
    PageText text{.title = tr(view.lang, view.revealed ? "scene.mla.variants.title" : "scene.mla.variants.title.covered", args),
                  .subtitle = tr(view.lang, "scene.mla.variants.subtitle", args),
                  .notes = {tr(view.lang, "scene.mla.variants.note", args)},
                  .badge = {.kind = Kind::kComputed, .detail = "variant-* " + hashes}};
    const Rect place = draw_frame(canvas, view, text);
    const float rows_h = std::min(place.h * 0.44F, t.label * 10), plots_h = place.h - rows_h - t.label * 1.2F;
    const bool both = place.w >= 44 * t.label;
    const float gap = 72, left_w = both ? (place.w - gap) * 0.56F : place.w;
    if (both) {
        draw_curves(canvas, d, view, {place.x, place.y, left_w, plots_h});
        draw_trade(canvas, d, view, {place.x + left_w + gap, place.y, place.w - left_w - gap, plots_h});
    } else {
        draw_trade(canvas, d, view, {place.x, place.y, left_w, plots_h});
    }
    draw_rows(canvas, d, view, {place.x, place.bottom() - rows_h, place.w, rows_h});
}

}  // namespace dg::viz::mla
