// Scene model-map: the calculator, description, observables. Pictures: model_map_far, model_map_near.
#include "viz/scenes/model_map.h"

#include "viz/scenes/clock.h"
#include "viz/scenes/next_token.h"
#include "viz/scenes/numerics_param.h"
#include "viz/scenes/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz {
namespace model_map {
namespace {

/// "model.layers.12.mlp.experts.3.up_proj.weight" -> 12 and the rest; -1 for what is outside the layers.
std::pair<std::int64_t, std::string> split_name(const std::string& name) {
    constexpr std::string_view kLayers = "model.layers.";
    if (!name.starts_with(kLayers)) return {-1, name};
    const std::size_t dot = name.find('.', kLayers.size());
    return {std::stoll(name.substr(kLayers.size(), dot - kLayers.size())), name.substr(dot + 1)};
}

Part part_of(const WeightSpec& spec, const std::string& name) {
    Part part{.name = name, .group = {}, .rows = spec.shape[0]};
    if (spec.shape.size() > 1) part.cols = spec.shape[1];
    constexpr std::string_view kExperts = "mlp.experts.";
    if (name.starts_with(kExperts)) part.group = "expert", part.expert = std::stoll(name.substr(kExperts.size()));
    else if (name.starts_with("mlp.shared_experts.")) part.group = "shared";
    else if (name.starts_with("mlp.gate.")) part.group = "router";
    else if (name.starts_with("mlp.")) part.group = "dense";
    else if (name.starts_with("self_attn.")) part.group = "attention";
    else part.group = "norm";
    return part;
}

void add_part(LayerParts& layer, const Part& part) {
    const std::int64_t n = part.weights();
    if (part.group == "expert") layer.expert += part.expert == 0 ? n : 0;
    else if (part.group == "shared") layer.shared += n;
    else if (part.group == "router") layer.router += n;
    else if (part.group == "dense") layer.dense += n;
    else if (part.group == "attention") layer.attention += n;
    else layer.norms += n;
}

}  // namespace

Parts count_parts(const Config& config) {
    Parts parts{.config = config, .layers = {}};
    parts.layers.resize(static_cast<std::size_t>(config.num_hidden_layers));
    for (std::size_t i = 0; i < parts.layers.size(); ++i) {
        LayerParts& layer = parts.layers[i];
        layer.moe = config.is_moe(static_cast<std::int64_t>(i));
        if (layer.moe) layer.experts = config.n_routed_experts, layer.chosen = config.num_experts_per_tok;
    }
    visit_weights(config, [&](const WeightSpec& spec) {
        const auto [layer, name] = split_name(spec.name);
        const Part part = part_of(spec, name);
        if (layer >= config.num_hidden_layers) parts.mtp += part.weights();
        else if (layer >= 0) add_part(parts.layers[static_cast<std::size_t>(layer)], part);
        else if (name == "lm_head.weight") parts.head = part.weights();
        else if (name == "model.norm.weight") parts.final_norm = part.weights();
        else parts.embedding = part.weights();
        return true;
    });
    return parts;
}

std::int64_t Parts::of(std::int64_t LayerParts::* kind) const {
    std::int64_t sum = 0;
    for (const LayerParts& layer : layers) sum += layer.*kind;
    return sum;
}

std::int64_t Parts::experts() const {
    std::int64_t sum = 0;
    for (const LayerParts& layer : layers) sum += layer.expert * layer.experts + layer.shared;
    return sum;
}

std::int64_t Parts::total() const {
    std::int64_t sum = embedding + head + final_norm;
    for (const LayerParts& layer : layers) sum += layer.total();
    return sum;
}

std::int64_t Parts::awake() const {
    std::int64_t sum = head + final_norm;
    for (const LayerParts& layer : layers) sum += layer.awake();
    return sum;
}

std::int64_t Parts::largest_layer() const {
    std::int64_t most = std::max(embedding, head);
    for (const LayerParts& layer : layers) most = std::max(most, layer.total());
    return most;
}

std::vector<Part> parts_of_layer(const Config& config, std::int64_t wanted) {
    std::vector<Part> out;
    visit_weights(config, [&](const WeightSpec& spec) {
        const auto [layer, name] = split_name(spec.name);
        if (layer != wanted) return layer < wanted;
        Part part = part_of(spec, name);
        if (part.expert <= 0) out.push_back(std::move(part));
        return true;
    });
    return out;
}

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

std::string opens(const Data& d, const std::string& group, std::int64_t layer) {
    const std::string run = fmt::format(" model={} prompt={}", d.model_name, d.run->prompt);
    const auto known = [](const char* id) { return find_scene(id) != nullptr; };
    if (group == "embedding") return "open embedding" + run;
    if (group == "head") return "open next-token" + run;
    if (group == "attention") return fmt::format("open {}{} layer={}", known("mla") ? "mla" : "attention", run, layer);
    if ((group == "expert" || group == "router" || group == "shared") && known("moe")) return fmt::format("open moe{} layer={}", run, layer);
    if (group == "mtp" && known("mtp")) return "open mtp" + run;
    return fmt::format("open block{} layer={} show=steps", run, layer);
}

namespace {

constexpr std::int64_t kPictureCells = 220;

std::vector<ParamSpec> specs() {
    return {model_param(), only("zoom=far|map", prompt_param("湖南大学")), only("zoom=far|middle|near", layer_param(3)), only("zoom=far|map", position_param()),
            {.id = "zoom", .type = ParamType::kChoice, .default_value = "far", .choices = {"far", "middle", "near", "map"}},
            {.id = "of", .type = ParamType::kChoice, .default_value = "v3", .choices = {"v3", "model"}, .when = "zoom=far|middle|near"},
            {.id = "matrix", .type = ParamType::kText, .default_value = "self_attn.kv_b_proj.weight"},
            {.id = "scale", .type = ParamType::kReal, .default_value = "0", .min = 0, .max = 19, .when = "zoom=map"},
            {.id = "at_x", .type = ParamType::kReal, .default_value = "0.5", .min = 0, .max = 1, .when = "zoom=map"},
            {.id = "at_y", .type = ParamType::kReal, .default_value = "0.5", .min = 0, .max = 1, .when = "zoom=map"},
            numerics_param()};
}

Picture picture_of(const Tensor<float>& w, std::string name) {
    Picture p{.name = std::move(name), .rows = w.rows(), .cols = w.cols(), .cells = {}};
    p.block_rows = (p.rows + kPictureCells - 1) / kPictureCells, p.block_cols = (p.cols + kPictureCells - 1) / kPictureCells;
    p.shown_rows = (p.rows + p.block_rows - 1) / p.block_rows, p.shown_cols = (p.cols + p.block_cols - 1) / p.block_cols;
    p.cells.assign(static_cast<std::size_t>(p.shown_rows * p.shown_cols), 0);
    for (std::int64_t r = 0; r < p.rows; ++r)
        for (std::int64_t c = 0; c < p.cols; ++c) {
            float& cell = p.cells[static_cast<std::size_t>(r / p.block_rows * p.shown_cols + c / p.block_cols)];
            if (std::abs(w.row(r)[c]) > std::abs(cell)) cell = w.row(r)[c];
        }
    p.limit = largest_of(p.cells);
    return p;
}

Result<void> open_near(Data& d, const std::string& matrix) {
    const std::string name = matrix.starts_with("model.") || matrix == "lm_head.weight" ? matrix : fmt::format("model.layers.{}.{}", d.layer, matrix);
    const auto& tensors = d.run->model->model.weights.tensors;
    const auto found = tensors.find(name);
    if (found == tensors.end()) return Error{"map_matrix", {{"name", printable(name)}, {"layer", fmt::format("{}", d.layer)}}, ""};
    d.picture = picture_of(found->second, name);
    return {};
}

/// What the magnified picture needs beyond the counts.
void open_map(Data& d, const Params& params) {
    d.scale = params.real("scale"), d.at_x = params.real("at_x"), d.at_y = params.real("at_y");
    const auto kinds = [](const Parts& p, std::vector<Part>& dense, std::vector<Part>& moe) {
        for (std::size_t l = 0; l < p.layers.size(); ++l) {
            std::vector<Part>& of = p.layers[l].moe ? moe : dense;
            if (of.empty()) of = parts_of_layer(p.config, static_cast<std::int64_t>(l));
        }
    };
    kinds(d.big, d.big_dense, d.big_moe), kinds(d.small, d.small_dense, d.small_moe);
    for (const auto& [name, tensor] : d.run->model->model.weights.tensors) d.limits[name] = largest_of(tensor.values());
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<Data>();
    d->model_name = model_of(params), d->zoom = params.text("zoom"), d->of_big = params.text("of") == "v3";
    DG_ASSIGN(d->run, session.trace(d->model_name, params.text("prompt")));
    DG_ASSIGN(const Config big, published_v3(session));
    d->small = count_parts(d->run->model->model.config), d->big = count_parts(big);
    d->small_name = next_token::display_name(*d->run->model);
    d->layer = std::min<std::int64_t>(params.integer("layer"), static_cast<std::int64_t>(d->shown().layers.size()) - 1);
    const std::int64_t tokens = d->run->batch.length, position = params.integer("position");
    if (position < -1 || position >= tokens)
        return Error{"block_position", {{"value", fmt::format("{}", position)}, {"last", fmt::format("{}", tokens - 1)}, {"count", fmt::format("{}", tokens)}}, ""};
    d->position = position < 0 ? tokens - 1 : position;
    for (const TokenSpan& token : d->run->tokens) d->labels.push_back(d->run->model->tokenizer.label(token.id));
    for (std::size_t l = 0; l < d->small.layers.size(); ++l) {
        std::vector<std::int64_t> chosen;
        if (const TensorId id = d->run->tape.find(fmt::format("layers.{}.mlp.gate.topk_ids", l)); id >= 0) {
            const Tensor<float>& ids = d->run->tape.value(id);
            for (std::int64_t k = 0; k < ids.cols(); ++k) chosen.push_back(static_cast<std::int64_t>(ids.row(d->position)[k]));
        }
        d->awake.push_back(std::move(chosen));
    }
    if (d->zoom != "far" && d->zoom != "map") d->inside = parts_of_layer(d->shown().config, d->layer);
    if (d->zoom == "map") open_map(*d, params);
    if (d->zoom == "near" && !d->of_big) DG_TRY(open_near(*d, params.text("matrix")));
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = dynamic_cast<const Data&>(base);
    if (d.zoom == "middle") return draw_middle(canvas, d, view);
    if (d.zoom == "near") return draw_near(canvas, d, view);
    if (d.zoom == "map") return draw_zoom(canvas, d, view);
    draw_far(canvas, d, view);
}

void observe_parts(const Parts& p, const std::string& prefix, std::vector<Observation>& out) {
    const auto add = [&](const char* name, std::int64_t value) { out.push_back({prefix + name, "", static_cast<double>(value)}); };
    const auto total = static_cast<double>(p.total());
    add("total", p.total()), add("awake", p.awake()), add("awake_with_embedding", p.awake() + p.embedding);
    add("attention", p.of(&LayerParts::attention)), add("experts", p.experts()), add("dense", p.of(&LayerParts::dense));
    add("router", p.of(&LayerParts::router)), add("embedding_head", p.embedding + p.head), add("mtp", p.mtp);
    add("layers", static_cast<std::int64_t>(p.layers.size()));
    add("dense_layers", std::ranges::count(p.layers, false, &LayerParts::moe)), add("moe_layers", std::ranges::count(p.layers, true, &LayerParts::moe));
    add("experts_per_layer", p.config.n_routed_experts), add("chosen", p.config.num_experts_per_tok);
    out.push_back({prefix + "attention_share", "", static_cast<double>(p.of(&LayerParts::attention)) / total});
    out.push_back({prefix + "experts_share", "", static_cast<double>(p.experts()) / total});
    out.push_back({prefix + "awake_share", "", static_cast<double>(p.awake()) / total});
}

}  // namespace

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = dynamic_cast<const Data&>(base);
    std::vector<Observation> out;
    observe_parts(d.small, "", out);
    observe_parts(d.big, "big_", out);
    // a plain block of width d: four attention matrices of d x d, an MLP of 8 d^2
    out.push_back({"gpt_attention_share", "", 4.0 / 12.0});
    out.push_back({"gpt_ffn_share", "", 8.0 / 12.0});
    return out;
}

}  // namespace model_map

Scene model_map_scene() {
    return {.id = "model-map", .chapter = "attention", .source = "engine/model/weight_specs.cpp", .params = model_map::specs(),
            .stages = {{"embed", 0.5}, {"dense", 0.6}, {"moe", 1.4}, {"unembed", 0.5}},
            .compute = &model_map::compute, .draw = &model_map::draw, .observe = &model_map::observe, .act = &model_map::act_zoom};
}

}  // namespace dg::viz
