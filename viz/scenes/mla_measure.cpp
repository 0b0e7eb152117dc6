// What scene mla measures: naive against absorbed, caches of all schemes, the growing cache, lower ranks, and rotation inside
// the latent path.
#include "engine/base/mathfn.h"
#include "engine/model/decode.h"
#include "engine/ops/ops.h"
#include "engine/ops/score_parts.h"
#include "engine/tensor/svd.h"
#include "sim/corpus/probes.h"
#include "viz/scenes/mla.h"
#include "viz/scenes/numerics_param.h"
#include "viz/scenes/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::mla {
namespace {

double largest_difference(std::span<const float> a, std::span<const float> b) {
    DG_CHECK_EQ(a.size(), b.size());
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return most;
}

void label_tokens(Data& d) {
    for (const TokenSpan& token : d.run->tokens) d.labels.push_back(d.model->tokenizer.label(token.id));
}

/// Documents of every domain in turn, each after the border token.
std::vector<std::vector<std::int32_t>> held_out(const Data& d, std::int64_t count) {
    std::vector<std::vector<std::int32_t>> documents;
    const auto all = sim::domains();
    for (std::int64_t i = 0; i < count; ++i) {
        const auto& domain = all[static_cast<std::size_t>(i) % all.size()];
        const auto texts = sim::held_out_documents(domain.id, static_cast<std::size_t>(i) / all.size() + 1);
        std::vector<std::int32_t> ids{0};
        for (const std::int32_t id : d.model->tokenizer.encode(texts.back().text)) ids.push_back(id);
        if (static_cast<std::int64_t>(ids.size()) > d.config().max_position_embeddings) ids.resize(static_cast<std::size_t>(d.config().max_position_embeddings));
        documents.push_back(std::move(ids));
    }
    return documents;
}

/// Nats per token over all documents.
Result<double> loss_of(const Model<float>& model, const Numerics& numerics, const std::vector<std::vector<std::int32_t>>& documents) {
    double sum = 0, count = 0;
    for (const auto& ids : documents) {
        Tape<float> tape;
        ForwardOptions options;
        options.mtp = false, options.numerics = numerics;
        const auto n = static_cast<std::int64_t>(ids.size());
        if (n < 2) continue;
        DG_TRY(forward(model, TokenBatch{1, n, ids}, options, tape));
        sum += static_cast<double>(tape.value(tape.find("loss.main"))[0]) * static_cast<double>(n - 1), count += static_cast<double>(n - 1);
    }
    return sum / count;
}

std::vector<double> softmax(const std::vector<double>& scores) {
    const double top = *std::ranges::max_element(scores);
    std::vector<double> p;
    double sum = 0;
    for (const double s : scores) p.push_back(dg::exp(s - top)), sum += p.back();
    for (double& x : p) x /= sum;
    return p;
}

/// Vector turned to position t: pairs (2j, 2j + 1) by t f_j.
std::vector<double> turned(const float* x, std::int64_t n, double t, const std::vector<double>& frequencies) {
    std::vector<double> y(static_cast<std::size_t>(n));
    for (std::size_t j = 0; 2 * j + 1 < y.size(); ++j) {
        const double c = dg::cos(t * frequencies[j % frequencies.size()]), s = dg::sin(t * frequencies[j % frequencies.size()]);
        const double a = x[2 * j], b = x[2 * j + 1];
        y[2 * j] = a * c - b * s, y[2 * j + 1] = a * s + b * c;
    }
    return y;
}

}  // namespace

Result<void> measure_flow(Data& d, Session& session, const Params& params) {
    DG_ASSIGN(d.run, session.trace(model_of(params), params.text("prompt")));
    d.tokens = d.run->batch.length;
    d.position = params.integer("position") < 0 ? d.tokens - 1 : params.integer("position");
    if (d.position >= d.tokens) return Error{"mla_position", {{"value", fmt::format("{}", d.position)}, {"last", fmt::format("{}", d.tokens - 1)}}, ""};
    label_tokens(d);
    d.layer_difference = largest_difference(d.at("out").values(), d.at(fmt::format("/decode.layers.{}.attn.out", d.layer)).values());
    d.logit_difference = largest_difference(d.at("/logits").values(), d.at("/decode.logits").values());
    return {};
}

Result<void> measure_caches(Data& d, const Session& session, const Params& params) {
    d.shape = params.text("shape"), d.context = params.integer("context");
    const Config& own = d.config();
    const bool v3 = d.shape == "v3" || own.attention != AttentionKind::kMla;
    Config mla = own;
    if (v3) {
        DG_ASSIGN(mla, published_v3(session));
    }
    d.layers = mla.num_hidden_layers, d.heads = mla.num_attention_heads;
    const auto add = [&](std::string id, std::int64_t groups, std::int64_t per_layer) {
        const double bytes = static_cast<double>(per_layer * mla.num_hidden_layers * 2);
        d.caches.push_back({std::move(id), groups, per_layer, bytes, bytes * static_cast<double>(d.context)});
    };
    const auto other = [&](AttentionKind kind, std::int64_t groups) {
        Config c = mla;
        c.attention = kind, c.num_key_value_heads = groups, c.head_dim = mla.v_head_dim;
        return c.cache_elements();
    };
    const std::int64_t groups = std::min<std::int64_t>(8, std::max<std::int64_t>(2, d.heads / 4));
    add("MHA", d.heads, other(AttentionKind::kMha, d.heads));
    add("GQA", groups, other(AttentionKind::kGqa, groups));
    add("MLA", 0, mla.cache_elements());
    add("MQA", 1, other(AttentionKind::kMqa, 1));
    add("naive", d.heads, d.heads * (mla.qk_head_dim() + mla.v_head_dim));
    d.published = {{"mmlu", "MHA", 45.2, "V2 table 8"}, {"mmlu", "GQA", 41.2, "V2 table 8"}, {"mmlu", "MQA", 37.9, "V2 table 8"},
                   {"cache_bits_v2", "", 6, "V2 3.2.3"},
                   {"cache_reduction", "", 0.933, "V2 abstract"}};
    return {};
}

Result<void> measure_growth(Data& d, Session& session, const Params& params, const Progress& progress) {
    const PackedModel packed(d.model->model, numerics_of(*d.model));
    std::vector<std::int32_t> ids = d.model->tokenizer.encode(params.text("prompt"));
    const std::int64_t limit = std::min(params.integer("steps"), d.config().max_position_embeddings);
    if (ids.empty()) return Error{"empty_prompt", {}, ""};
    if (static_cast<std::int64_t>(ids.size()) > limit) ids.resize(static_cast<std::size_t>(limit));

    // write with the cache, one token a step; a second decoder without memory computes everything again each time
    Decoder cached(packed);
    std::int64_t fed = 0;
    while (true) {
        const std::int64_t n = static_cast<std::int64_t>(ids.size());
        if (!progress.report(static_cast<double>(n) / static_cast<double>(limit))) return Error{"cancelled", {}, ""};
        for (; fed < n; ++fed) {
            DG_ASSIGN(const std::span<const float> with, cached.append({ids.data() + fed, 1}));
            Decoder fresh(packed);
            DG_ASSIGN(const std::span<const float> without, fresh.append({ids.data(), static_cast<std::size_t>(fed) + 1}));
            d.cache_difference = std::max(d.cache_difference, largest_difference(with, without));
            d.projected_with += 1, d.projected_without += fed + 1;
            if (fed + 1 < n || n >= limit) continue;
            ids.push_back(static_cast<std::int32_t>(std::max_element(with.begin(), with.begin() + d.model->tokenizer.vocab_size()) - with.begin()));
        }
        if (n >= limit) break;
    }
    // the numbers in the cache, as the tape records them
    auto trace = std::make_shared<Trace>();
    trace->model = d.model, trace->batch = {1, static_cast<std::int64_t>(ids.size()), ids};
    ForwardOptions options;
    options.decode = true, options.mtp = options.losses = false, options.numerics = numerics_of(*d.model);
    DG_TRY(forward(d.model->model, trace->batch, options, trace->tape));
    d.tokens = trace->batch.length;
    d.position = d.tokens - 1;
    for (const std::int32_t id : ids) d.labels.push_back(d.model->tokenizer.label(id));
    d.run = std::move(trace);
    static_cast<void>(session);
    return {};
}

namespace {

/// The matrices of one layer that make K and V, one above the other: kv_b_proj of MLA as it is, else k_proj and v_proj.
struct JointMap {
    std::vector<std::string> names;
    Svd parts;
};

JointMap joint_map(const Model<float>& model, std::int64_t layer) {
    const bool mla = model.config.attention == AttentionKind::kMla;
    JointMap map;
    for (const char* name : mla ? std::vector<const char*>{"kv_b_proj"} : std::vector<const char*>{"k_proj", "v_proj"})
        map.names.push_back(fmt::format("model.layers.{}.self_attn.{}.weight", layer, name));
    std::vector<float> values;
    std::int64_t rows = 0, cols = 0;
    for (const std::string& name : map.names) {
        const Tensor<float>& w = model.weights.at(name);
        values.insert(values.end(), w.values().begin(), w.values().end());
        cols = w.cols(), rows += static_cast<std::int64_t>(w.values().size()) / cols;
    }
    Tensor<float> joint({rows, cols});
    std::ranges::copy(values, joint.row(0));
    map.parts = svd(joint);
    return map;
}

/// Writes the nearest matrix of that rank back into its parts; the full rank restores the trained weights.
void cut(Model<float>& model, const Model<float>& trained, const JointMap& map, std::int64_t rank, std::int64_t full) {
    if (rank == full) {
        for (const std::string& name : map.names) model.weights.at(name) = trained.weights.at(name);
        return;
    }
    const Tensor<float> joint = truncated(map.parts, rank);
    const float* from = joint.row(0);
    for (const std::string& name : map.names) {
        Tensor<float>& w = model.weights.at(name);
        const auto n = static_cast<std::ptrdiff_t>(w.values().size());
        std::copy(from, from + n, w.row(0));
        from += n;
    }
}

}  // namespace

Result<void> measure_rank(Data& d, const Params& params, const Progress& progress) {
    const Config& c = d.config();
    d.full_rank = c.attention == AttentionKind::kMla ? c.kv_lora_rank : std::min(c.hidden_size, 2 * c.num_key_value_heads * c.head_dim);
    d.rank = std::min(params.integer("rank"), d.full_rank);
    d.rank_documents = params.integer("documents");
    const auto documents = held_out(d, d.rank_documents);
    std::vector<JointMap> maps;
    for (std::int64_t l = 0; l < c.num_hidden_layers; ++l) maps.push_back(joint_map(d.model->model, l));
    std::vector<std::int64_t> ranks{0, d.rank};
    for (std::int64_t i = 1; i <= 8; ++i) ranks.push_back(d.full_rank * i / 8);
    for (const std::int64_t small : {1, 2, 4}) ranks.push_back(std::min<std::int64_t>(small, d.full_rank));
    std::ranges::sort(ranks);
    ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
    Model<float> model = d.model->model;
    for (const std::int64_t rank : ranks) {
        if (!progress.report(static_cast<double>(d.ranks.size()) / static_cast<double>(ranks.size()))) return Error{"cancelled", {}, ""};
        RankPoint p{.rank = rank};
        for (const JointMap& map : maps) {
            cut(model, d.model->model, map, rank, d.full_rank);
            p.error += (rank == d.full_rank ? 0 : truncation_error(map.parts, rank)) / static_cast<double>(maps.size());
        }
        DG_ASSIGN(p.loss, loss_of(model, numerics_of(*d.model), documents));
        d.ranks.push_back(p);
    }
    return {};
}

/// Content query and key of one head, rotated as if position went through the latent path, with the fold that absorption does
/// (the key's rotation cannot be folded: it stands between W^UK and the latent); and the recorded model's two forms.
void measure_rotate(Data& d) {
    const Config& c = d.config();
    const std::int64_t n = d.tokens, nope = c.qk_nope_head_dim, heads = c.num_attention_heads;
    const Tensor<float>&q = d.at("q_nope"), &k = d.at("k_nope"), &v = d.at("v");
    const std::vector<double> frequencies = ops::rope_table(c).frequencies;
    const double scale = ops::attention_scale(c);
    for (Pair* pair : {&d.inside, &d.separate}) pair->naive.assign(static_cast<std::size_t>(n * n), 0), pair->absorbed = pair->naive;
    const Tensor<float>&probs = d.at("probs"), &decoded = d.at(fmt::format("/decode.layers.{}.attn.probs", d.layer));
    const Tensor<float>&context = d.at("context"), &decoded_context = d.at(fmt::format("/decode.layers.{}.attn.context", d.layer));
    d.separate.output = largest_difference(context.values(), decoded_context.values());
    for (std::int64_t t = 0; t < n; ++t) {
        const std::vector<double> query = turned(q.row(t * heads + d.head), nope, static_cast<double>(t), frequencies);
        std::vector<double> right, folded;
        for (std::int64_t u = 0; u <= t; ++u) {
            const float* plain = k.row(u * heads + d.head);
            const std::vector<double> key = turned(plain, nope, static_cast<double>(u), frequencies);
            double with = 0, without = 0;
            for (std::size_t i = 0; i < key.size(); ++i) with += query[i] * key[i], without += query[i] * static_cast<double>(plain[i]);
            right.push_back(with * scale), folded.push_back(without * scale);
        }
        const std::vector<double> a = softmax(right), b = softmax(folded);
        std::vector<double> output(static_cast<std::size_t>(c.v_head_dim));
        for (std::int64_t u = 0; u <= t; ++u) {
            const auto i = static_cast<std::size_t>(t * n + u), at = static_cast<std::size_t>(u);
            d.inside.naive[i] = static_cast<float>(a[at]), d.inside.absorbed[i] = static_cast<float>(b[at]);
            d.separate.naive[i] = probs[(d.head * n + t) * n + u], d.separate.absorbed[i] = decoded[(d.head * n + t) * n + u];
            for (std::int64_t e = 0; e < c.v_head_dim; ++e) output[static_cast<std::size_t>(e)] += (a[at] - b[at]) * static_cast<double>(v.row(u * heads + d.head)[e]);
        }
        for (const double x : output) d.inside.output = std::max(d.inside.output, std::abs(x));
    }
    for (Pair* pair : {&d.inside, &d.separate}) pair->difference = largest_difference(pair->naive, pair->absorbed);
}

}  // namespace dg::viz::mla
