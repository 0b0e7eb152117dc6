// Scene moe: description, parameters, observables.
#include "viz/scenes/moe.h"

#include "viz/scenes/clock.h"
#include "viz/scenes/numerics_param.h"
#include "viz/scenes/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz {
namespace moe {

std::optional<std::int64_t> Data::choice(std::int64_t t, std::int64_t e) const {
    for (std::int64_t k = 0; k < chosen; ++k)
        if (static_cast<std::int64_t>((*ids)[t * chosen + k]) == e) return k;
    return std::nullopt;
}

double Data::weight(std::int64_t t, std::int64_t e) const {
    const auto k = choice(t, e);
    return k ? static_cast<double>((*weights)[t * chosen + *k]) : 0;
}

double Data::cut(std::int64_t t) const {
    double least = INFINITY;
    for (std::int64_t k = 0; k < chosen; ++k) least = std::min(least, score(t, static_cast<std::int64_t>((*ids)[t * chosen + k])));
    return least;
}

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : std::clamp(view.u, 0.0, 1.0); }

std::int64_t focus_expert(const Data& d, const View& view) {
    const std::optional<CellRef>& at = view.hover ? view.hover : view.selection;
    if (at && at->tensor.starts_with(d.prefix) && !at->at.empty()) {
        const std::string name = at->tensor.substr(d.prefix.size());
        const std::int64_t last = at->at.back(), t = at->at.size() == 3 ? at->at[1] : d.position;
        if (name == "gate.scores" && last >= 0 && last < d.experts) return last;
        if ((name == "gate.topk_ids" || name == "gate.topk_weights") && t >= 0 && t < d.tokens && last >= 0 && last < d.chosen)
            return static_cast<std::int64_t>((*d.ids)[t * d.chosen + last]);
    }
    return d.target;
}

Color expert_color(const Theme& t, std::int64_t e) { return t.experts[static_cast<std::size_t>(e) % t.experts.size()]; }

Columns columns_of(const Data& d, float x, float w) {
    return {.x = x, .w = w, .gap = d.groups > 1 ? std::min(16.0F, w * 0.15F / static_cast<float>(d.groups)) : 0, .experts = d.experts, .groups = d.groups};
}

PageText page(const Data& d, const View& view, std::string title, std::string subtitle, std::vector<std::string> notes) {
    return {.title = std::move(title),
            .subtitle = std::move(subtitle),
            .notes = std::move(notes),
            .badge = {.kind = Kind::kComputed, .detail = badge_detail(view.lang, d.model->name, d.model_hash())}};
}

namespace {

std::string index_of(std::int64_t i) { return fmt::format("{}", i); }

void observe_experts(const Data& d, std::vector<Observation>& out) {
    double sum = 0;
    for (std::int64_t e = 0; e < d.experts; ++e) {
        const double w = d.weight(d.position, e);
        sum += w;
        std::int64_t load = 0;
        for (std::int64_t t = 0; t < d.tokens; ++t) load += d.choice(t, e) ? 1 : 0;
        out.push_back({"affinity", index_of(e), d.affinity(d.position, e)});
        out.push_back({"bias", index_of(e), d.bias_of(e)});
        out.push_back({"score", index_of(e), d.score(d.position, e)});
        out.push_back({"chosen", index_of(e), d.choice(d.position, e) ? 1.0 : 0.0});
        out.push_back({"weight", index_of(e), w});
        out.push_back({"load", index_of(e), static_cast<double>(load)});
        out.push_back({"contribution", index_of(e), d.contribution[static_cast<std::size_t>(e)]});
    }
    out.push_back({"weight_sum", "", sum});
    out.push_back({"scaling", "", d.model->model.config.routed_scaling_factor});
    out.push_back({"shared_contribution", "", d.contribution.back()});
    out.push_back({"cut", "", d.cut(d.position)});
}

void observe_router(const Data& d, std::vector<Observation>& out) {
    const auto shared = static_cast<double>(d.model->model.config.n_shared_experts);
    out.push_back({"experts", "", static_cast<double>(d.experts)});
    out.push_back({"top_k", "", static_cast<double>(d.chosen)});
    out.push_back({"groups", "", static_cast<double>(d.groups)});
    out.push_back({"limit", "", static_cast<double>(d.limit)});
    out.push_back({"tokens", "", static_cast<double>(d.tokens)});
    out.push_back({"active_share", "", (static_cast<double>(d.chosen) + shared) / (static_cast<double>(d.experts) + shared)});
    for (std::int64_t g = 0; g < d.groups; ++g) {
        out.push_back({"group_score", index_of(g), d.group_score[static_cast<std::size_t>(d.position * d.groups + g)]});
        out.push_back({"group_kept", index_of(g), d.group_kept(d.position, g) ? 1.0 : 0.0});
    }
    for (std::int64_t t = 0; t < d.tokens; ++t) {
        std::vector<bool> touched(static_cast<std::size_t>(d.groups));
        for (std::int64_t e = 0; e < d.experts; ++e)
            if (d.choice(t, e)) touched[static_cast<std::size_t>(d.group_of(e))] = true;
        out.push_back({"groups_touched", index_of(t), static_cast<double>(std::ranges::count(touched, true))});
    }
    out.push_back({"bias_decided", "", static_cast<double>(d.bias_decided)});
    out.push_back({"routed_cosine", "", d.routed_cosine});
}

void observe_change(const Data& d, std::vector<Observation>& out) {
    out.push_back({"expert", "", static_cast<double>(d.target)});
    out.push_back({"loss", "", d.loss});
    out.push_back({"loss_as_trained", "", d.base_loss});
    out.push_back({"logit_change", "", d.logit_change});
    for (const NextToken& n : d.next) {
        out.push_back({"p_next", n.label, n.after});
        out.push_back({"p_next_as_trained", n.label, n.before});
    }
}

void observe_loads(const Data& d, std::vector<Observation>& out) {
    for (std::size_t l = 0; l < d.loads.counts.size(); ++l) {
        if (d.loads.counts[l].empty()) continue;
        out.push_back({"information", index_of(static_cast<std::int64_t>(l)), sim::mutual_information(d.loads.counts[l])});
        out.push_back({"information_shuffled", index_of(static_cast<std::int64_t>(l)), sim::mutual_information(d.loads.shuffled[l])});
        if (static_cast<std::int64_t>(l) != d.layer) continue;
        for (const auto& [group, counts] : d.loads.counts[l]) {
            const std::vector<double> relative = sim::relative_load(counts);
            for (std::size_t e = 0; e < relative.size(); ++e) out.push_back({"relative_load", fmt::format("{},{}", e, group), relative[e]});
        }
        for (const auto& [group, counts] : d.loads.shuffled[l]) {
            const std::vector<double> relative = sim::relative_load(counts);
            for (std::size_t e = 0; e < relative.size(); ++e) out.push_back({"relative_load_shuffled", fmt::format("{},{}", e, group), relative[e]});
        }
    }
    out.push_back({"documents", "", static_cast<double>(d.loads.documents)});
    out.push_back({"tokens", "", static_cast<double>(d.loads.tokens)});
}

void observe_meters(const Data& d, std::vector<Observation>& out) {
    for (const Meter& m : d.meters) {
        out.push_back({"experts_stored", m.id, static_cast<double>(m.routed + m.shared)});
        out.push_back({"experts_run", m.id, static_cast<double>(m.chosen + m.shared)});
        out.push_back({"expert_share", m.id, m.share()});
        out.push_back({"expert_weights_stored", m.id, m.stored()});
        out.push_back({"expert_weights_multiplied", m.id, m.multiplied()});
        out.push_back({"combinations", m.id, m.combinations});
        if (m.total <= 0) continue;
        out.push_back({"parameters", m.id, m.total});
        out.push_back({"active", m.id, m.active});
        out.push_back({"active_share", m.id, m.active / m.total});
        out.push_back({"bytes_bf16", m.id, 2 * m.total});
        out.push_back({"flop_per_token", m.id, 2 * m.active});
    }
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<Data>();
    d->show = params.text("show");
    DG_ASSIGN(d->model, session.model(model_of(params)));
    const Config& c = d->model->model.config;
    d->layer = params.integer("layer");
    if (d->show == "meters") {
        DG_ASSIGN(const Config big, published_v3(session));
        d->meters = make_meters(c, d->model->name, big, params.integer("split"));
        return std::shared_ptr<const SceneData>(std::move(d));
    }
    if (d->layer >= c.num_hidden_layers)
        return Error{"moe_layer", {{"value", index_of(d->layer)}, {"last", index_of(c.num_hidden_layers - 1)}}, ""};
    if (!c.is_moe(d->layer)) return Error{"moe_dense", {{"value", index_of(d->layer)}, {"first", index_of(c.first_k_dense_replace)}}, ""};
    if (d->show == "load") {
        d->experts = c.n_routed_experts, d->groups = 1;
        DG_ASSIGN(d->loads, sim::measure_expert_loads(d->model->model, d->model->tokenizer, static_cast<std::size_t>(params.integer("documents")), progress.report));
        return std::shared_ptr<const SceneData>(std::move(d));
    }
    if (params.text("prompt").empty()) return Error{"empty_prompt", {}, ""};
    DG_TRY(measure_token(*d, session, params));
    if (d->show == "gates") d->gates = make_gates(*d);
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& data, const Params&, const View& view) {
    const auto& d = dynamic_cast<const Data&>(data);
    if (d.show == "load") return draw_load(canvas, d, view);
    if (d.show == "meters") return draw_meters(canvas, d, view);
    if (d.show == "gates") return draw_gates(canvas, d, view);
    draw_token(canvas, d, view);
}

}  // namespace

std::vector<Observation> observe(const SceneData& data) {
    const auto& d = dynamic_cast<const Data&>(data);
    std::vector<Observation> out;
    if (d.show == "meters") {
        observe_meters(d, out);
    } else if (d.show == "load") {
        observe_loads(d, out);
    } else {
        observe_experts(d, out);
        observe_router(d, out);
        observe_change(d, out);
        for (const Gate& g : d.gates) {
            out.push_back({"gate_sum", g.id, g.sum});
            out.push_back({"experts_run", g.id, static_cast<double>(g.run)});
            for (std::size_t e = 0; e < g.values.size(); ++e) out.push_back({"gate_" + g.id, index_of(static_cast<std::int64_t>(e)), g.values[e]});
        }
    }
    return out;
}

}  // namespace moe

Scene moe_scene() {
    return {.id = "moe",
            .chapter = "experts",
            .source = "engine/ops/router.cpp",
            .params = {model_param(),
                       only("show=token|gates", prompt_param("Hunan University is in Changsha")),
                       only("show=token|gates|load", layer_param(3)),
                       only("show=token|gates", position_param()),
                       {.id = "show", .type = ParamType::kChoice, .default_value = "token", .choices = {"token", "gates", "load", "meters"}},
                       {.id = "expert", .type = ParamType::kInt, .default_value = "-1", .min = -1, .max = 1023, .when = "show=token"},
                       {.id = "change", .type = ParamType::kChoice, .default_value = "none", .choices = {"none", "mute", "solo", "swap"}, .when = "show=token"},
                       {.id = "partner", .type = ParamType::kInt, .default_value = "-1", .min = -1, .max = 1023, .when = "show=token"},
                       {.id = "shared", .type = ParamType::kBool, .default_value = "true", .when = "show=token|gates"},
                       {.id = "bias", .type = ParamType::kBool, .default_value = "true", .when = "show=token|gates"},
                       {.id = "limit", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 64, .when = "show=token|gates"},
                       {.id = "documents", .type = ParamType::kInt, .default_value = "20", .min = 1, .max = 200, .when = "show=load"},
                       {.id = "split", .type = ParamType::kInt, .default_value = "1", .min = 1, .max = 8, .when = "show=meters"},
                       numerics_param()},
            .stages = {{"affinity", 0.8}, {"bias", 0.6}, {"groups", 0.8}, {"topk", 0.8}, {"mix", 0.8}},
            .compute = moe::compute,
            .draw = moe::draw,
            .observe = moe::observe};
}

}  // namespace dg::viz
