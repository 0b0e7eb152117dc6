// Scene rope: description, measuring, observables. Pictures: rope_draw.
#include "viz/scenes/rope.h"

#include "engine/ops/ops.h"
#include "engine/ops/score_parts.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/numerics_param.h"
#include "viz/scenes/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dg::viz {
namespace rope {

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

namespace {

constexpr std::int64_t kDistances = 256;

/// The vector as the engine rotates it at a position.
std::vector<float> turned(std::span<const float> x, std::int64_t position, const ops::RopeTable& table) {
    const auto width = static_cast<std::int64_t>(x.size());
    Tensor<float> rows({1, position + 1, width});
    std::ranges::copy(x, rows.row(position));
    Tape<float> tape;
    const TensorId y = ops::rope(tape, tape.input("x", std::move(rows)), table, "y");
    const float* row = tape.value(y).row(position);
    return {row, row + width};
}

Vec2 pair_at(std::span<const float> x, std::size_t j) { return {x[2 * j], x[2 * j + 1]}; }

std::vector<Pair> pairs_of(std::span<const float> q, std::span<const float> k, std::int64_t m, std::int64_t n, const ops::RopeTable& table) {
    const std::vector<float> qt = turned(q, m, table), kt = turned(k, n, table);
    std::vector<Pair> out;
    for (std::size_t j = 0; j < table.frequencies.size(); ++j) {
        Pair p{.frequency = table.frequencies[j], .q = pair_at(q, j), .k = pair_at(k, j), .q_turned = pair_at(qt, j), .k_turned = pair_at(kt, j)};
        p.product = static_cast<double>(p.q_turned.x) * p.k_turned.x + static_cast<double>(p.q_turned.y) * p.k_turned.y;
        out.push_back(p);
    }
    return out;
}

double sum_of(const std::vector<Pair>& pairs) {
    double sum = 0;
    for (const Pair& p : pairs) sum += p.product;
    return sum;
}

const Tensor<float>* find(const Data& d, const std::string& name) {
    const TensorId id = d.run->tape.find(d.prefix + name);
    return id < 0 ? nullptr : &d.run->tape.value(id);
}

void measure_pairs(Data& d) {
    const Config& c = d.run->model->model.config;
    const bool mla = c.attention == AttentionKind::kMla;
    d.q_name = mla ? "q_pe" : "q", d.k_name = mla ? "k_pe" : "k";
    const Tensor<float>&q = *find(d, d.q_name + "_unrotated"), &k = *find(d, d.k_name + "_unrotated");
    const std::int64_t key_row = k.rank() == 3 ? d.key : d.key * k.dim(2) + d.head * k.dim(2) / c.num_attention_heads;
    const std::span<const float> qs{q.row(d.query * c.num_attention_heads + d.head), static_cast<std::size_t>(q.cols())}, ks{k.row(key_row), static_cast<std::size_t>(k.cols())};
    const ops::RopeTable table = ops::rope_table(c);
    d.pairs = pairs_of(qs, ks, d.query, d.key, table), d.score = sum_of(d.pairs);
    d.moved = pairs_of(qs, ks, d.query + d.shift, d.key + d.shift, table), d.moved_score = sum_of(d.moved);
    for (std::int64_t distance = 0; distance <= kDistances; ++distance) d.by_distance.push_back(sum_of(pairs_of(qs, ks, distance, 0, table)));
    d.scale = ops::attention_scale(c);
    const Tensor<float>* scores = find(d, "scores");
    d.full = (*scores)[(d.head * d.run->batch.length + d.query) * d.run->batch.length + d.key];
    d.content = mla ? ops::score_parts(*find(d, "q_nope"), *find(d, "k_nope"), find(d, "q_pe"), find(d, "k_pe"), 0, d.head, d.query, d.key).content : 0;
}

/// Earlier words in reverse order: what does the last query's first attention notice?
Result<void> measure_shuffle(Data& d) {
    TokenBatch batch = d.run->batch;
    std::reverse(batch.ids.begin(), batch.ids.end() - 1);
    for (const std::int32_t id : batch.ids) d.shuffle.order.push_back(d.run->model->tokenizer.label(id));
    for (const bool rotary : {true, false}) {
        ForwardOptions options;
        options.mtp = options.losses = false, options.rotary = rotary, options.numerics = numerics_of(*d.run->model);
        Tape<float> before, after;
        DG_TRY(forward(d.run->model->model, d.run->batch, options, before));
        DG_TRY(forward(d.run->model->model, batch, options, after));
        const Tensor<float>&a = before.value(before.find("layers.0.attn.out")), &b = after.value(after.find("layers.0.attn.out"));
        const std::int64_t last = a.dim(1) - 1;
        double change = 0, most = 0;
        for (std::int64_t i = 0; i < a.cols(); ++i) {
            change = std::max(change, std::abs(static_cast<double>(a.row(last)[i]) - static_cast<double>(b.row(last)[i])));
            most = std::max(most, std::abs(static_cast<double>(a.row(last)[i])));
        }
        (rotary ? d.shuffle.with : d.shuffle.without) = most > 0 ? change / most : change;
    }
    return {};
}

Result<void> measure_stretch(Data& d, const Session& session) {
    DG_ASSIGN(Config c, published_v3(session));
    const ops::RopeTable with = ops::rope_table(c);
    d.stretch.factor = c.rope_scaling ? c.rope_scaling->factor : 1, d.stretch.mscale = with.mscale;
    d.stretch.original = c.rope_scaling ? static_cast<double>(c.rope_scaling->original_max_position_embeddings) : 0;
    d.stretch.longest = static_cast<double>(c.max_position_embeddings);
    c.rope_scaling.reset();
    const ops::RopeTable without = ops::rope_table(c);
    for (std::size_t j = 0; j < with.frequencies.size(); ++j) {
        d.stretch.plain.push_back(2 * std::numbers::pi / without.frequencies[j]);
        d.stretch.stretched.push_back(2 * std::numbers::pi / with.frequencies[j]);
    }
    return {};
}

Result<void> check_place(const char* code, std::int64_t value, std::int64_t count) {
    if (value >= 0 && value < count) return {};
    return Error{code, {{"value", fmt::format("{}", value)}, {"last", fmt::format("{}", count - 1)}, {"count", fmt::format("{}", count)}}, ""};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<Data>();
    DG_ASSIGN(d->run, session.trace(model_of(params), params.text("prompt")));
    const Config& c = d->run->model->model.config;
    const std::int64_t tokens = d->run->batch.length, position = params.integer("position"), key = params.integer("key");
    d->layer = params.integer("layer"), d->head = params.integer("head"), d->shift = params.integer("shift"), d->show = params.text("show");
    d->query = position < 0 ? tokens - 1 : position, d->key = key < 0 ? 0 : key;
    DG_TRY(check_place("attention_layer", d->layer, c.num_hidden_layers));
    DG_TRY(check_place("attention_head", d->head, c.num_attention_heads));
    DG_TRY(check_place("attention_position", d->query, tokens));
    if (d->show == "shuffle" || d->show == "yarn") d->key = std::min(d->key, d->query);  // these choose no key
    DG_TRY(check_place("rope_key", d->key, d->query + 1));
    d->prefix = fmt::format("layers.{}.attn.", d->layer);
    for (const TokenSpan& token : d->run->tokens) d->labels.push_back(d->run->model->tokenizer.label(token.id));
    measure_pairs(*d);
    if (d->show == "shuffle") DG_TRY(measure_shuffle(*d));
    DG_TRY(measure_stretch(*d, session));
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = dynamic_cast<const Data&>(base);
    if (d.show == "shift") return draw_shift(canvas, d, view);
    if (d.show == "shuffle") return draw_shuffle(canvas, d, view);
    if (d.show == "yarn") return draw_yarn(canvas, d, view);
    draw_rotate(canvas, d, view);
}

}  // namespace

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = dynamic_cast<const Data&>(base);
    std::vector<Observation> out{{"query", "", static_cast<double>(d.query)}, {"key", "", static_cast<double>(d.key)}, {"distance", "", static_cast<double>(d.query - d.key)},
                                 {"shift", "", static_cast<double>(d.shift)}, {"rotary", "", d.score}, {"moved_rotary", "", d.moved_score},
                                 {"shift_difference", "", std::abs(d.score - d.moved_score)}, {"content", "", d.content}, {"full", "", d.full}, {"scale", "", d.scale},
                                 {"full_difference", "", std::abs(d.full - d.scale * (d.content + d.score))}};
    double spread = 0;
    for (const double v : d.by_distance) spread = std::max(spread, std::abs(v - d.by_distance.front()));
    out.push_back({"distance_effect", "", spread});
    for (std::size_t j = 0; j < d.pairs.size(); ++j) {
        out.push_back({"frequency", fmt::format("{}", j), d.pairs[j].frequency});
        out.push_back({"product", fmt::format("{}", j), d.pairs[j].product});
    }
    if (!d.shuffle.order.empty()) out.push_back({"change_with", "", d.shuffle.with}), out.push_back({"change_without", "", d.shuffle.without});
    double kept = 0, divided = 0;
    for (std::size_t j = 0; j < d.stretch.plain.size(); ++j) {
        const double ratio = d.stretch.stretched[j] / d.stretch.plain[j];
        kept += std::abs(ratio - 1) < 1e-9 ? 1 : 0, divided += std::abs(ratio / d.stretch.factor - 1) < 1e-9 ? 1 : 0;
    }
    out.push_back({"yarn_pairs", "", static_cast<double>(d.stretch.plain.size())});
    out.push_back({"yarn_kept", "", kept});
    out.push_back({"yarn_divided", "", divided});
    out.push_back({"yarn_factor", "", d.stretch.factor});
    out.push_back({"yarn_mscale", "", d.stretch.mscale});
    return out;
}

}  // namespace rope

Scene rope_scene() {
    return {.id = "rope", .chapter = "attention", .source = "engine/ops/rope.cpp",
            .params = {model_param(), only("show=rotate|shift|shuffle", prompt_param("a fluffy blue creature roamed the verdant forest")), only("show=rotate|shift", layer_param(3)), only("show=rotate|shift", head_param(0)), only("show=rotate|shift", position_param()),
                       {.id = "show", .type = ParamType::kChoice, .default_value = "rotate", .choices = {"rotate", "shift", "shuffle", "yarn"}},
                       {.id = "key", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 65535, .when = "show=rotate|shift"},
                       {.id = "shift", .type = ParamType::kInt, .default_value = "100", .min = 0, .max = 10000, .when = "show=shift"},
                       numerics_param()},
            .stages = {{"pairs", 0.5}, {"turn", 1.2}, {"score", 0.6}},
            .compute = &rope::compute, .draw = &rope::draw, .observe = &rope::observe};
}

}  // namespace dg::viz
