// Scene mla: description, parameters, observables.
#include "viz/scenes/mla.h"

#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz {
namespace mla {

std::string Data::prefix() const { return fmt::format("layers.{}.attn.", layer); }

const Tensor<float>& Data::at(const std::string& name) const {
    const TensorId id = run->tape.find(name.starts_with("/") ? name.substr(1) : prefix() + name);
    DG_CHECK(id >= 0);
    return run->tape.value(id);
}

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : std::clamp(view.u, 0.0, 1.0); }

PageText page(const Data& d, const View& view, std::string title, std::string subtitle, std::vector<std::string> notes) {
    return {.title = std::move(title),
            .subtitle = std::move(subtitle),
            .notes = std::move(notes),
            .badge = {.kind = Kind::kComputed, .detail = badge_detail(view.lang, d.model->name, d.model_hash())}};
}

namespace {

void observe_flow(const Data& d, std::vector<Observation>& out) {
    const Config& c = d.config();
    const auto heads = static_cast<double>(c.num_attention_heads);
    const auto cached = static_cast<double>(c.cache_elements()), full = heads * static_cast<double>(c.qk_nope_head_dim + c.v_head_dim);
    out.push_back({"latent", "", static_cast<double>(c.kv_lora_rank)});
    out.push_back({"rotary_key", "", static_cast<double>(c.qk_rope_head_dim)});
    out.push_back({"cached", "", cached});
    out.push_back({"rebuilt", "", full});
    out.push_back({"share", "", cached / full});
    out.push_back({"gqa_groups", "", cached / static_cast<double>(c.qk_nope_head_dim + c.v_head_dim)});
    out.push_back({"naive_cached", "", heads * static_cast<double>(c.qk_nope_head_dim + c.qk_rope_head_dim + c.v_head_dim)});
    out.push_back({"layer_difference", "", d.layer_difference});
    out.push_back({"logit_difference", "", d.logit_difference});
    out.push_back({"tokens", "", static_cast<double>(d.tokens)});
}

void observe_caches(const Data& d, std::vector<Observation>& out) {
    for (const CacheRow& row : d.caches) {
        out.push_back({"per_layer", row.id, static_cast<double>(row.per_layer)});
        out.push_back({"bytes", row.id, row.bytes});
        out.push_back({"total_bytes", row.id, row.total});
        out.push_back({"gib", row.id, row.total / (1024.0 * 1024.0 * 1024.0)});
        out.push_back({"cards", row.id, std::ceil(row.total / 80e9)});
    }
    out.push_back({"context", "", static_cast<double>(d.context)});
    // numbers per token: DeepSeek 67B has 95 layers of GQA with 8 groups of 128 (LLM table 2), V2 60 layers of MLA
    out.push_back({"elements", "67B", 95.0 * 2 * 8 * 128});
    out.push_back({"elements", "V2", 60.0 * (512 + 64)});
    for (const Published& p : d.published) out.push_back({p.name, p.index, p.value, Kind::kPublished});
}

void observe_rest(const Data& d, std::vector<Observation>& out) {
    if (d.show == "growth") {
        out.push_back({"tokens", "", static_cast<double>(d.tokens)});
        out.push_back({"projections_without_cache", "", static_cast<double>(d.projected_without)});
        out.push_back({"projections_with_cache", "", static_cast<double>(d.projected_with)});
        out.push_back({"cache_difference", "", d.cache_difference});
    }
    for (const RankPoint& p : d.ranks) {
        out.push_back({"error", fmt::format("{}", p.rank), p.error});
        out.push_back({"loss", fmt::format("{}", p.rank), p.loss});
        out.push_back({"rank", fmt::format("{}", p.rank), static_cast<double>(p.rank)});
    }
    if (d.show == "rank") {
        out.push_back({"full_rank", "", static_cast<double>(d.full_rank)});
        out.push_back({"full_loss", "", d.ranks.back().loss});
    }
    if (d.show == "rotate") {
        out.push_back({"inside_difference", "", d.inside.difference});
        out.push_back({"inside_output", "", d.inside.output});
        out.push_back({"separate_difference", "", d.separate.difference});
        out.push_back({"separate_output", "", d.separate.output});
    }
}

Error out_of_range(const char* code, std::int64_t value, std::int64_t count) {
    return {code, {{"value", fmt::format("{}", value)}, {"last", fmt::format("{}", count - 1)}}, ""};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<Data>();
    d->show = params.text("show");
    DG_ASSIGN(d->model, session.model(model_of(params)));
    const Config& c = d->config();
    d->layer = params.integer("layer"), d->head = params.integer("head"), d->absorbed = params.text("form") == "absorbed";
    DG_TRY(measure_caches(*d, session, params));
    if (d->show == "variants") DG_TRY(measure_variants(*d, session, progress));
    if (d->show == "cache" || d->show == "variants") return std::shared_ptr<const SceneData>(std::move(d));
    if (d->show == "rank") {
        DG_TRY(measure_rank(*d, params, progress));
        return std::shared_ptr<const SceneData>(std::move(d));
    }
    if (c.attention != AttentionKind::kMla) return Error{"mla_other_attention", {{"model", d->model->name}}, ""};
    if (d->layer >= c.num_hidden_layers) return out_of_range("mla_layer", d->layer, c.num_hidden_layers);
    if (d->head >= c.num_attention_heads) return out_of_range("mla_head", d->head, c.num_attention_heads);
    if (params.text("prompt").empty()) return Error{"empty_prompt", {}, ""};
    if (d->show == "growth") {
        DG_TRY(measure_growth(*d, session, params, progress));
        return std::shared_ptr<const SceneData>(std::move(d));
    }
    DG_TRY(measure_flow(*d, session, params));
    if (d->show == "rotate") measure_rotate(*d);
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& data, const Params&, const View& view) {
    const auto& d = dynamic_cast<const Data&>(data);
    if (d.show == "cache") return draw_cache(canvas, d, view);
    if (d.show == "variants") return draw_variants(canvas, d, view);
    if (d.show == "growth") return draw_growth(canvas, d, view);
    if (d.show == "rank") return draw_rank(canvas, d, view);
    if (d.show == "rotate") return draw_rotate(canvas, d, view);
    draw_flow(canvas, d, view);
}

}  // namespace

std::vector<Observation> observe(const SceneData& data) {
    const auto& d = dynamic_cast<const Data&>(data);
    std::vector<Observation> out;
    if (d.show == "flow") observe_flow(d, out);
    observe_rest(d, out);
    observe_variants(d, out);
    observe_caches(d, out);
    return out;
}

}  // namespace mla

Scene mla_scene() {
    return {.id = "mla",
            .chapter = "attention",
            .source = "engine/model/forward.cpp",
            .params = {model_param(),
                       only("show=flow|growth|rotate", prompt_param("湖南大学在长沙")),
                       only("show=flow|growth|rotate", layer_param(3)),
                       only("show=flow|rotate", head_param(0)),
                       only("show=flow", position_param()),
                       {.id = "show", .type = ParamType::kChoice, .default_value = "flow", .choices = {"flow", "cache", "growth", "rank", "rotate", "variants"}},
                       {.id = "form", .type = ParamType::kChoice, .default_value = "naive", .choices = {"naive", "absorbed"}, .when = "show=flow"},
                       {.id = "shape", .type = ParamType::kChoice, .default_value = "v3", .choices = {"v3", "model"}, .when = "show=flow|cache"},
                       {.id = "context", .type = ParamType::kInt, .default_value = "131072", .min = 1, .max = 1048576, .when = "show=cache"},
                       {.id = "rank", .type = ParamType::kInt, .default_value = "32", .min = 0, .max = 4096, .when = "show=rank"},
                       {.id = "documents", .type = ParamType::kInt, .default_value = "11", .min = 1, .max = 200, .when = "show=rank"},
                       {.id = "steps", .type = ParamType::kInt, .default_value = "24", .min = 1, .max = 4096, .when = "show=growth"},
                       only("show=flow|growth|rank|rotate", numerics_param())},
            .stages = {{"compress", 0.9}, {"rotary", 0.7}, {"rebuild", 0.9}, {"score", 0.7}, {"mix", 0.7}},
            .compute = mla::compute,
            .draw = mla::draw,
            .observe = mla::observe};
}

}  // namespace dg::viz
