#include "viz/scenes/attention.h"

#include "engine/base/mathfn.h"
#include "viz/scenes/attention_toys.h"
#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::viz {
namespace attention {
namespace {

/// Side of a thumbnail in cells; longer prompts are shown as maxima of blocks, which the picture
/// says.
constexpr std::int64_t kThumbCells = 46;

const Tensor<float>* find(const Tape<float>& tape, const std::string& name) {
    const TensorId id = tape.find(name);
    return id < 0 ? nullptr : &tape.value(id);
}

Error out_of_range(std::string code, std::int64_t value, std::int64_t count) {
    return {std::move(code),
            {{"value", fmt::format("{}", value)},
             {"last", fmt::format("{}", count - 1)},
             {"count", fmt::format("{}", count)}},
            ""};
}

void find_tensors(Data& d) {
    const Tape<float>& tape = d.run->tape;
    const bool mla = tape.find(d.prefix + "q_nope") >= 0;
    d.q_name = mla ? "q_nope" : "q", d.k_name = mla ? "k_nope" : "k";
    d.q = find(tape, d.prefix + d.q_name), d.k = find(tape, d.prefix + d.k_name);
    if (mla) d.q_pe = find(tape, d.prefix + "q_pe"), d.k_pe = find(tape, d.prefix + "k_pe");
    d.scores = find(tape, d.prefix + "scores"), d.probs = find(tape, d.prefix + "probs");
    d.v_name = mla ? "v" : "v_unrotated";
    d.values = find(tape, d.prefix + d.v_name), d.context = find(tape, d.prefix + "context");
    DG_CHECK(d.q != nullptr && d.k != nullptr && d.scores != nullptr && d.probs != nullptr &&
             d.values != nullptr && d.context != nullptr);
}

void make_thumbs(Data& d) {
    d.thumb_block = (d.tokens + kThumbCells - 1) / kThumbCells;
    d.thumb_cells = (d.tokens + d.thumb_block - 1) / d.thumb_block;
    d.thumbs.assign(static_cast<std::size_t>(d.heads * d.thumb_cells * d.thumb_cells), -1.0F);
    for (std::int64_t h = 0; h < d.heads; ++h)
        for (std::int64_t t = 0; t < d.tokens; ++t)
            for (std::int64_t u = 0; u <= t; ++u) {
                float& cell = d.thumbs[static_cast<std::size_t>(
                    (h * d.thumb_cells + t / d.thumb_block) * d.thumb_cells + u / d.thumb_block)];
                cell = std::max(cell, d.weight(h, t, u));
            }
}

void make_parts(Data& d) {
    d.parts.resize(static_cast<std::size_t>(d.tokens * d.tokens));
    for (std::int64_t t = 0; t < d.tokens; ++t)
        for (std::int64_t u = 0; u < d.tokens; ++u)
            d.parts[static_cast<std::size_t>(t * d.tokens + u)] =
                ops::score_parts(*d.q, *d.k, d.q_pe, d.k_pe, 0, d.head, t, u);
    for (std::int64_t t = 0; t < d.tokens; ++t)
        for (std::int64_t u = 0; u < d.tokens; ++u) {
            if (const double raw = std::abs(d.raw(t, u)); std::isfinite(raw))
                d.raw_limit = std::max(d.raw_limit, raw);
        }
}

std::string pair_index(std::int64_t t, std::int64_t u) {
    return fmt::format("{},{}", t, u);
}

void observe_rows(const Data& d, std::vector<Observation>& out) {
    for (std::int64_t t = 0; t < d.tokens; ++t) {
        double sum = 0, entropy = 0;
        for (const float p : d.row(d.head, t)) {
            sum += p;
            if (p > 0) entropy -= static_cast<double>(p) * dg::log(static_cast<double>(p));
        }
        const std::string index = fmt::format("{}", t);
        out.push_back({"row_sum", index, sum});
        out.push_back({"entropy", index, entropy});
        out.push_back({"top_key", index, static_cast<double>(d.top_key(d.head, t))});
        out.push_back({"self", index, d.weight(d.head, t, t)});
    }
}

void observe_means(const Data& d, std::vector<Observation>& out) {
    double previous = 0, self = 0, first = 0, nonzero = 0;
    for (std::int64_t t = 0; t < d.tokens; ++t) {
        self += d.weight(d.head, t, t), first += d.weight(d.head, t, 0);
        if (t > 0) previous += d.weight(d.head, t, t - 1);
        for (const float p : d.row(d.head, t)) nonzero += p != 0 ? 1 : 0;
    }
    const auto n = static_cast<double>(d.tokens);
    out.push_back({"tokens", "", n});
    out.push_back({"score_entries", "", n * n});
    out.push_back({"masked", "", n * (n - 1) / 2});
    out.push_back({"nonzero", "", nonzero});
    out.push_back({"scale", "", d.scale});
    // rows that have a previous token: all but the first
    if (d.tokens > 1) out.push_back({"previous_token_mean", "", previous / (n - 1)});
    out.push_back({"self_mean", "", self / n});
    out.push_back({"first_mean", "", first / n});
    out.push_back({"position", "", static_cast<double>(d.query)});
}

void observe_query(const Data& d, std::vector<Observation>& out) {
    for (std::int64_t u = 0; u <= d.query; ++u) {
        const std::string index = fmt::format("{}", u);
        const ops::ScoreParts& parts = d.parts[static_cast<std::size_t>(d.query * d.tokens + u)];
        out.push_back({"raw", index, d.raw(d.query, u)});
        out.push_back({"content", index, parts.content});
        if (d.q_pe != nullptr) out.push_back({"rotary", index, parts.rotary});
        out.push_back({"scaled", index, d.scaled(d.query, u)});
    }
    const float* output = d.context->row(d.query * d.heads + d.head);
    for (std::int64_t i = 0; i < d.context->cols(); ++i)
        out.push_back({"output", fmt::format("{}", i), output[i]});
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params,
                                                 const Progress& progress) {
    if (toys::is_toy(params.text("show"))) return toys::compute(session, params, progress);
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    DG_ASSIGN(const auto run, session.trace(model_of(params), params.text("prompt")));
    DG_ASSIGN(const auto data, make_data(run, params.integer("layer"), params.integer("head"),
                                         params.integer("position")));
    return std::shared_ptr<const SceneData>(data);
}

void draw(Canvas& canvas, const SceneData& data, const Params& params, const View& view) {
    if (const auto* toy = dynamic_cast<const toys::Data*>(&data)) return toys::draw(canvas, *toy, view);
    const auto& d = dynamic_cast<const Data&>(data);
    if (params.text("show") == "row") return draw_row(canvas, d, view);
    draw_map(canvas, d, view, params.flag("heads"));
}

}  // namespace

double Data::raw(std::int64_t t, std::int64_t u) const {
    if (u > t) return parts[static_cast<std::size_t>(t * tokens + u)].raw();
    return static_cast<double>((*scores)[(head * tokens + t) * tokens + u]) / scale;
}

double Data::scaled(std::int64_t t, std::int64_t u) const {
    if (u > t) return parts[static_cast<std::size_t>(t * tokens + u)].raw() * scale;
    return (*scores)[(head * tokens + t) * tokens + u];
}

std::vector<std::int64_t> Data::heavy_keys(std::int64_t h, std::int64_t t, double share) const {
    std::vector<std::int64_t> keys;
    for (std::int64_t u = 0; u <= t; ++u) {
        if (weight(h, t, u) >= share) keys.push_back(u);
    }
    std::ranges::stable_sort(
        keys, [&](std::int64_t a, std::int64_t b) { return weight(h, t, a) > weight(h, t, b); });
    return keys;
}

std::vector<double> Data::printed_shares(std::int64_t h, std::int64_t t) const {
    const auto r = row(h, t);
    const std::vector<double> shares(r.begin(), r.begin() + t + 1);
    const bool finite =
        std::ranges::all_of(shares, [](double p) { return std::isfinite(p) && p >= 0; });
    return finite ? rounded_shares(shares, 2) : shares;
}

std::int64_t Data::top_key(std::int64_t h, std::int64_t t) const {
    const auto r = row(h, t);
    return std::max_element(r.begin(), r.begin() + t + 1) - r.begin();
}

Result<std::shared_ptr<const Data>> make_data(std::shared_ptr<const Trace> run, std::int64_t layer,
                                              std::int64_t head, std::int64_t position) {
    const Config& config = run->model->model.config;
    auto d = std::make_shared<Data>();
    d->layers = config.num_hidden_layers, d->heads = config.num_attention_heads,
    d->tokens = run->batch.length;
    if (layer < 0 || layer >= d->layers) return out_of_range("attention_layer", layer, d->layers);
    if (head < 0 || head >= d->heads) return out_of_range("attention_head", head, d->heads);
    if (position < -1 || position >= d->tokens)
        return out_of_range("attention_position", position, d->tokens);
    d->layer = layer, d->head = head, d->query = position < 0 ? d->tokens - 1 : position;
    d->prefix = fmt::format("layers.{}.attn.", layer);
    d->scale = ops::attention_scale(config);
    for (const TokenSpan& token : run->tokens)
        d->labels.push_back(run->model->tokenizer.label(token.id));
    d->run = std::move(run);
    find_tensors(*d);
    d->plain_scale = std::abs(d->scale * std::sqrt(static_cast<double>(d->width())) - 1) < 1e-9;
    make_parts(*d);
    make_thumbs(*d);
    return std::shared_ptr<const Data>(std::move(d));
}

std::vector<Observation> observe(const SceneData& data) {
    if (const auto* toy = dynamic_cast<const toys::Data*>(&data)) return toys::observe(*toy);
    const auto& d = dynamic_cast<const Data&>(data);
    std::vector<Observation> out;
    out.reserve(static_cast<std::size_t>(d.tokens * (d.tokens + 8)));
    observe_means(d, out);
    observe_rows(d, out);
    observe_query(d, out);
    for (std::int64_t t = 0; t < d.tokens; ++t)
        for (std::int64_t u = 0; u < d.tokens; ++u)
            out.push_back({"weight", pair_index(t, u), d.weight(d.head, t, u)});
    return out;
}

Motion motion_of(const View& view) {
    const auto progress = [&](Stage stage) {
        return view.stage > stage ? 1.0 : view.stage == stage ? std::clamp(view.u, 0.0, 1.0) : 0.0;
    };
    return {progress(kScore), progress(kScale), progress(kMask), progress(kSoftmax),
            progress(kMix)};
}

}  // namespace attention

Scene attention_scene() {
    return {
        .id = "attention",
        .chapter = "attention",
        .source = "engine/ops/attention.cpp",
        .params = {model_param(),
                   prompt_param("Hunan University is in Changsha"),
                   layer_param(3),
                   head_param(0),
                   position_param(),
                   {.id = "show",
                    .type = ParamType::kChoice,
                    .default_value = "map",
                    .choices = {"map", "row", "hand", "lecture", "spread", "pick", "cost"}},
                   {.id = "heads", .type = ParamType::kBool, .default_value = "true"},
                   {.id = "key", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 1 << 20},
                   {.id = "key_width", .type = ParamType::kInt, .default_value = "16", .min = 1, .max = 4096},
                   {.id = "pairs", .type = ParamType::kInt, .default_value = "1000", .min = 8, .max = 100000},
                   {.id = "hidden", .type = ParamType::kInt, .default_value = "4096", .min = 1, .max = 65536},
                   {.id = "length", .type = ParamType::kInt, .default_value = "4096", .min = 64, .max = 4194304},
                   seed_param(),
                   numerics_param()},
        .stages = {{"score", 1.2}, {"scale", 0.8}, {"mask", 0.8}, {"softmax", 1.6}, {"mix", 1.2}},
        .compute = &attention::compute,
        .draw = &attention::draw,
        .observe = &attention::observe};
}

}  // namespace dg::viz
