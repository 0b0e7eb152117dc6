// Scene block: description, measuring, observables. The pictures: block_flow, block_branches, block_steps, block_lens,
// block_tests.
#include "viz/scenes/block.h"

#include "engine/base/mathfn.h"
#include "engine/ops/ops.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/covered.h"
#include "viz/scenes/next_token.h"
#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::viz {
namespace block {

std::string Data::label(std::int32_t id) const {
    const Tokenizer& words = run->model->tokenizer;
    return id < words.vocab_size() ? words.label(id) : fmt::format("#{}", id);
}

const Tensor<float>& Data::at(const std::string& name) const {
    const TensorId id = run->tape.find(name);
    DG_CHECK(id >= 0);
    return run->tape.value(id);
}

std::span<const float> Data::row(const std::string& name, std::int64_t t) const {
    const Tensor<float>& x = at(name);
    const std::int64_t width = x.size() / x.dim(1);
    return {x.data() + t * width, static_cast<std::size_t>(width)};
}

std::string Data::own(std::string_view rest) const { return fmt::format("layers.{}.{}", layer, rest); }

std::string Data::entering() const { return layer == 0 ? std::string("embed") : fmt::format("layers.{}.out", layer - 1); }

double NeuronTest::p_random() const {
    if (p_without_random.empty()) return next_token::kNone;
    return std::accumulate(p_without_random.begin(), p_without_random.end(), 0.0) / static_cast<double>(p_without_random.size());
}

std::vector<Choice> choices_of(const Data& d) {
    std::vector<Choice> out;
    if (!d.moe) return out;
    const auto ids = d.row(d.own("mlp.gate.topk_ids")), weights = d.row(d.own("mlp.gate.topk_weights"));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Choice c{.expert = static_cast<std::int64_t>(ids[i]), .slot = static_cast<std::int64_t>(i), .weight = weights[i]};
        const Tensor<float>& rows = d.at(d.own(fmt::format("mlp.experts.{}.tokens", c.expert)));
        while (c.row < rows.size() && static_cast<std::int64_t>(rows[c.row]) != d.position) ++c.row;
        out.push_back(c);
    }
    std::ranges::stable_sort(out, [](const Choice& a, const Choice& b) { return a.weight > b.weight; });
    return out;
}

namespace {

constexpr std::size_t kTop = 5;

Error out_of_range(std::string code, std::int64_t value, std::int64_t count) {
    return {std::move(code), {{"value", fmt::format("{}", value)}, {"last", fmt::format("{}", count - 1)}, {"count", fmt::format("{}", count)}}, ""};
}

/// The `n` largest, the lower id on a tie; rows beyond the tokenizer cannot be written.
std::vector<std::int32_t> likeliest(std::span<const float> p, std::size_t n) {
    std::vector<std::int32_t> ids(p.size());
    std::iota(ids.begin(), ids.end(), 0);
    n = std::min(n, ids.size());
    std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n), ids.end(), [&](std::int32_t a, std::int32_t b) {
        const float pa = p[static_cast<std::size_t>(a)], pb = p[static_cast<std::size_t>(b)];
        return pa > pb || (pa == pb && a < b);
    });
    ids.resize(n);
    return ids;
}

double cosine(std::span<const float> a, std::span<const float> b) {
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
        dot += x * y, aa += x * x, bb += y * y;
    }
    // one root: equal vectors have cosine 1 exactly
    return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : next_token::kNone;
}

void read_stream(Data& d) {
    d.readings.push_back({.tensor = "embed"});
    for (std::int64_t i = 0; i < d.layers; ++i) {
        d.readings.push_back({.tensor = fmt::format("layers.{}.attn.residual", i), .layer = i, .middle = true});
        d.readings.push_back({.tensor = fmt::format("layers.{}.out", i), .layer = i});
    }
    for (std::size_t i = 0; i < d.readings.size(); ++i) {
        Reading& r = d.readings[i];
        const auto p = d.row(r.probs());
        r.top = likeliest(p.first(static_cast<std::size_t>(std::min<std::int64_t>(d.run->model->tokenizer.vocab_size(), static_cast<std::int64_t>(p.size())))), kTop);
        r.p_target = p[static_cast<std::size_t>(d.target)];
        for (const float v : p) {
            if (v > p[static_cast<std::size_t>(d.target)]) ++r.rank_target;
            if (v > 0) r.entropy -= static_cast<double>(v) * dg::log(static_cast<double>(v));
        }
        r.length = length_of(d.row(r.tensor));
        if (i == 0) continue;
        const auto added = d.row(fmt::format("layers.{}.{}", r.layer, r.middle ? "attn.out" : "mlp.out"));
        r.added = length_of(added);
        r.cosine = cosine(d.row(d.readings[i - 1].tensor), added);
    }
}

/// What every position says of the token that follows, and the head applied to the last row alone.
void read_positions(Data& d) {
    for (std::int64_t t = 0; t + 1 < d.tokens; ++t)
        d.next_p.push_back(d.row(d.readings.back().probs(), t)[static_cast<std::size_t>(d.run->batch.at(0, t + 1))]);
    const auto x = d.row("norm", d.tokens - 1), logits = d.row("logits", d.tokens - 1);
    Tape<float> alone;
    const TensorId last = alone.input("x", Tensor<float>({1, 1, static_cast<std::int64_t>(x.size())}, std::vector<float>(x.begin(), x.end())));
    const TensorId y = ops::linear(alone, last, alone.weight("w", d.run->model->model.weights.at("lm_head.weight")), "y");
    for (std::size_t i = 0; i < logits.size(); ++i)
        d.last_only_difference = std::max(d.last_only_difference, std::abs(static_cast<double>(alone.value(y)[static_cast<std::int64_t>(i)]) - static_cast<double>(logits[i])));
}

std::string index_of(const Reading& r) { return r.layer < 0 ? "e" : fmt::format("{}{}", r.layer, r.middle ? "a" : ""); }

std::vector<ParamSpec> specs() {
    return {model_param(),
            prompt_param("湖南大"),
            layer_param(3),
            position_param(),
            {.id = "show", .type = ParamType::kChoice, .default_value = "flow", .choices = {"flow", "steps", "lens", "isolate", "neurons", "positions"}},
            {.id = "watch", .type = ParamType::kText, .default_value = ""},
            {.id = "edit", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 65535},
            {.id = "replace", .type = ParamType::kText, .default_value = "长"},
            seed_param(1),
            numerics_param()};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    DG_ASSIGN(const auto run, session.trace(model_of(params), params.text("prompt"), {.lens = true}));
    const std::string& show = params.text("show");
    const Wanted wanted{.layer = params.integer("layer"), .position = params.integer("position"), .watch = params.text("watch"),
                        .isolate = show == "isolate", .neurons = show == "neurons", .edit = params.integer("edit"), .replace = params.text("replace"),
                        .seed = static_cast<std::uint64_t>(params.integer("seed"))};
    DG_ASSIGN(const auto data, make_data(run, wanted, progress));
    return std::shared_ptr<const SceneData>(data);
}

void draw(Canvas& canvas, const SceneData& base, const Params& params, const View& view) {
    const auto& d = dynamic_cast<const Data&>(base);
    const std::string& show = params.text("show");
    if (show == "steps") return draw_steps(canvas, d, view);
    if (show == "lens") return draw_lens(canvas, d, view);
    if (show == "isolate") return draw_isolation(canvas, d, view);
    if (show == "neurons") return draw_neurons(canvas, d, view);
    if (show == "positions") return draw_positions(canvas, d, view);
    draw_flow(canvas, d, view);
}

void observe_tests(const Data& d, std::vector<Observation>& out) {
    if (d.isolation.edited >= 0) {
        out.push_back({"edited", "", static_cast<double>(d.isolation.edited)});
        for (std::size_t t = 0; t < d.isolation.attention.size(); ++t) {
            out.push_back({"attention_change", fmt::format("{}", t), d.isolation.attention[t]});
            out.push_back({"mlp_change", fmt::format("{}", t), d.isolation.feed_forward[t]});
        }
    }
    const NeuronTest& n = d.neurons;
    if (n.best.empty()) return;
    out.push_back({"p_full", "", n.p});
    out.push_back({"p_without_best", "", n.p_without_best});
    out.push_back({"p_without_random_mean", "", n.p_random()});
    out.push_back({"active_neurons", "", static_cast<double>(n.active)});
    for (std::size_t i = 0; i < n.p_without_random.size(); ++i) out.push_back({"p_without_random", fmt::format("{}", i), n.p_without_random[i]});
    for (std::size_t i = 0; i < n.best.size(); ++i) out.push_back({"neuron_share", fmt::format("{}", i), n.best[i].share});
}

}  // namespace

Result<std::shared_ptr<const Data>> make_data(std::shared_ptr<const Trace> run, const Wanted& wanted, const Progress& progress) {
    const Config& config = run->model->model.config;
    auto d = std::make_shared<Data>();
    d->layers = config.num_hidden_layers, d->heads = config.num_attention_heads, d->tokens = run->batch.length;
    if (wanted.layer < 0 || wanted.layer >= d->layers) return out_of_range("block_layer", wanted.layer, d->layers);
    if (wanted.position < -1 || wanted.position >= d->tokens) return out_of_range("block_position", wanted.position, d->tokens);
    d->layer = wanted.layer, d->position = wanted.position < 0 ? d->tokens - 1 : wanted.position, d->moe = config.is_moe(wanted.layer);
    for (const TokenSpan& token : run->tokens) d->labels.push_back(run->model->tokenizer.label(token.id));
    d->run = std::move(run);
    d->target_given = !wanted.watch.empty();
    if (d->target_given) {
        const std::vector<std::int32_t> ids = d->run->model->tokenizer.encode(wanted.watch);
        if (ids.empty()) return Error{"block_watch", {{"text", printable(wanted.watch)}}, ""};
        d->target = ids.front();
    } else {
        d->target = likeliest(d->row(fmt::format("lens.layers.{}.out.probs", d->layers - 1)), 1).front();
    }
    read_stream(*d);
    read_positions(*d);
    if (wanted.isolate) DG_TRY(measure_isolation(*d, wanted.edit, wanted.replace));
    if (wanted.neurons) DG_TRY(measure_neurons(*d, wanted.seed, progress));
    return std::shared_ptr<const Data>(std::move(d));
}

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = dynamic_cast<const Data&>(base);
    std::vector<Observation> out{{"layers", "", static_cast<double>(d.layers)}, {"tokens", "", static_cast<double>(d.tokens)},
                                 {"position", "", static_cast<double>(d.position)}, {"layer", "", static_cast<double>(d.layer)},
                                 {"V", "", static_cast<double>(d.row("logits").size())}};
    for (const Reading& r : d.readings) {
        const std::string i = index_of(r);
        out.push_back({"p", i, r.p_target});
        out.push_back({"rank", i, static_cast<double>(r.rank_target)});
        out.push_back({"entropy", i, r.entropy});
        out.push_back({"length", i, r.length});
        if (r.layer < 0) continue;
        out.push_back({"added", i, r.added});
        out.push_back({"cosine", i, r.cosine});
    }
    out.push_back({"p_first", "", d.readings.front().p_target});
    out.push_back({"p_last", "", d.readings.back().p_target});
    for (const auto& [name, tensor] : {std::pair("rms1", d.entering()), std::pair("rms2", d.own("attn.residual"))}) {
        const auto x = d.row(tensor);
        const double mean_square = length_of(x) * length_of(x) / static_cast<double>(x.size());
        out.push_back({name, "", std::sqrt(mean_square + d.run->model->model.config.rms_norm_eps)});
    }
    for (std::size_t t = 0; t < d.next_p.size(); ++t) out.push_back({"next_p", fmt::format("{}", t), d.next_p[t]});
    out.push_back({"last_only_difference", "", d.last_only_difference});
    out.push_back({"known_targets", "", static_cast<double>(d.next_p.size())});
    observe_tests(d, out);
    return out;
}

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

std::string place_name(Lang lang, const Reading& r) {
    if (r.layer < 0) return tr(lang, "scene.block.place.embed");
    const TextArgs args = {{"layer", fmt::format("{}", r.layer)}};
    return r.middle ? tr(lang, "scene.block.place.middle", args) : tr(lang, "scene.block.place.after", args);
}

PageText words(const Data& d, const View& view, const std::string& show) {
    PageText page;
    const TextArgs args = {{"token", rich_escape(d.labels[static_cast<std::size_t>(d.position)])},
                           {"target", rich_escape(d.label(d.target))},
                           {"layer", fmt::format("{}", d.layer)},
                           {"layers", fmt::format("{}", d.layers)},
                           {"prompt", rich_escape(next_token::in_quotes(d.run->prompt, 30))},
                           {"p", percent(d.readings.back().p_target)}};
    page.subtitle = tr(view.lang, "scene.block.subtitle." + show, args);
    page.title = tr_covered(view, "scene.block.title." + show, args);
    page.badge = {.detail = badge_detail(view.lang, next_token::display_name(*d.run->model), d.model_hash())};
    return page;
}

}  // namespace block

Scene block_scene() {
    return {.id = "block", .chapter = "attention", .source = "engine/model/forward.cpp", .params = block::specs(),
            .stages = {{"norm", 0.6}, {"attend", 0.9}, {"add", 0.5}, {"norm2", 0.6}, {"feed", 0.9}, {"add2", 0.5}},
            .compute = &block::compute, .draw = &block::draw, .observe = &block::observe};
}

}  // namespace dg::viz
