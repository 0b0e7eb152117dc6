// What the router decided, what a change does to the answer, gate formulas and weight counts of scene moe.
#include "engine/base/mathfn.h"
#include "engine/ops/select.h"
#include "viz/scenes/moe.h"

#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dg::viz::moe {
namespace {

const Tensor<float>* find(const Tape<float>& tape, const std::string& name) {
    const TensorId id = tape.find(name);
    return id < 0 ? nullptr : &tape.value(id);
}

/// A fresh recording with changed experts.
Result<std::shared_ptr<const Trace>> record_changed(const Trace& base, const ExpertChanges& changes) {
    auto trace = std::make_shared<Trace>();
    trace->model = base.model, trace->prompt = base.prompt, trace->tokens = base.tokens, trace->batch = base.batch;
    ForwardOptions options;
    options.experts = changes, options.numerics = numerics_of(*base.model);
    DG_TRY(forward(base.model->model, trace->batch, options, trace->tape));
    return std::shared_ptr<const Trace>(std::move(trace));
}

/// mute, solo and swap in this layer; the shared expert, the bias and the group limit in all of them.
ExpertChanges changes_of(const Data& d, const Params& params) {
    const Config& c = d.model->model.config;
    ExpertChanges changes;
    changes.layers.resize(static_cast<std::size_t>(c.num_hidden_layers));
    const auto target = static_cast<std::size_t>(d.target), partner = static_cast<std::size_t>(d.partner);
    LayerExperts& here = changes.layers[static_cast<std::size_t>(d.layer)];
    if (d.change == "mute" || d.change == "solo") {
        here.gain.assign(static_cast<std::size_t>(d.experts), d.change == "mute" ? 1 : 0);
        here.gain[target] = d.change == "mute" ? 0 : 1;
    } else if (d.change == "swap") {
        here.weights_of.resize(static_cast<std::size_t>(d.experts));
        std::iota(here.weights_of.begin(), here.weights_of.end(), 0);
        std::swap(here.weights_of[target], here.weights_of[partner]);
    }
    for (LayerExperts& l : changes.layers) {
        if (d.shared) continue;
        l.gain.resize(static_cast<std::size_t>(d.experts), 1);
        l.gain.push_back(0);
    }
    changes.topk_group = params.integer("limit"), changes.router_bias = params.flag("bias");
    return changes;
}

void read_router(Data& d, bool biased) {
    const Tape<float>& tape = d.run->tape;
    d.scores = find(tape, d.prefix + "gate.scores"), d.ids = find(tape, d.prefix + "gate.topk_ids"), d.weights = find(tape, d.prefix + "gate.topk_weights");
    d.bias = biased ? find(tape, fmt::format("model.layers.{}.mlp.gate.e_score_correction_bias", d.layer)) : nullptr;
    DG_CHECK(d.scores != nullptr && d.ids != nullptr && d.weights != nullptr);
}

/// Selection scores, group values and which groups stay, as the router computes them.
void decide(Data& d) {
    Config c = d.model->model.config;
    c.topk_group = d.limit;
    const std::int64_t size = d.experts / d.groups;
    const bool two = c.topk_method == TopkMethod::kNoauxTc, grouped = d.groups > 1 && c.topk_method != TopkMethod::kGreedy;
    for (std::int64_t t = 0; t < d.tokens; ++t) {
        std::vector<float> choice, plain;
        for (std::int64_t e = 0; e < d.experts; ++e) {
            plain.push_back(d.affinity(t, e));
            choice.push_back(d.affinity(t, e) + (d.bias ? (*d.bias)[e] : 0.0F));
            d.selection.push_back(choice.back());
        }
        std::vector<std::pair<double, std::int64_t>> order;
        for (std::int64_t g = 0; g < d.groups; ++g) {
            std::vector<float> in(choice.begin() + g * size, choice.begin() + (g + 1) * size);
            std::ranges::sort(in, std::greater{});
            d.group_score.push_back(static_cast<double>(in[0]) + (two && size > 1 ? static_cast<double>(in[1]) : 0));
            order.emplace_back(-d.group_score.back(), g);
        }
        std::ranges::sort(order);
        const std::size_t first = d.kept.size();
        d.kept.resize(first + static_cast<std::size_t>(d.groups), !grouped);
        for (std::int64_t i = 0; grouped && i < d.limit; ++i) d.kept[first + static_cast<std::size_t>(order[static_cast<std::size_t>(i)].second)] = true;
        const auto with = select_experts(c, choice.data()), without = select_experts(c, plain.data());
        for (const std::int64_t e : with) d.bias_decided += std::ranges::find(without, e) == without.end() ? 1 : 0;
    }
}

double length_of(const float* v, std::int64_t n) {
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(v[i]) * static_cast<double>(v[i]);
    return std::sqrt(sum);
}

/// The row of token t in an expert's output; nullptr when it was not sent there.
const float* expert_output(const Data& d, std::int64_t t, std::int64_t e) {
    const Tensor<float>*tokens = find(d.run->tape, fmt::format("{}experts.{}.tokens", d.prefix, e)),
                       *out = find(d.run->tape, fmt::format("{}experts.{}.out", d.prefix, e));
    if (tokens == nullptr || out == nullptr) return nullptr;
    for (std::int64_t r = 0; r < tokens->size(); ++r)
        if (static_cast<std::int64_t>((*tokens)[r]) == t) return out->row(r);
    return nullptr;
}

double gain_of(const Data& d, const ExpertChanges& changes, std::int64_t e) {
    const std::vector<double>& gain = changes.layers[static_cast<std::size_t>(d.layer)].gain;
    return static_cast<std::size_t>(e) < gain.size() ? gain[static_cast<std::size_t>(e)] : 1;
}

void measure_outputs(Data& d, const ExpertChanges& changes) {
    const std::int64_t dim = d.model->model.config.hidden_size;
    for (std::int64_t e = 0; e < d.experts; ++e) {
        const float* out = expert_output(d, d.position, e);
        d.contribution.push_back(out != nullptr ? d.weight(d.position, e) * gain_of(d, changes, e) * length_of(out, dim) : 0);
    }
    const Tensor<float>* shared = find(d.run->tape, d.prefix + "shared.out");
    d.contribution.push_back(shared != nullptr ? gain_of(d, changes, d.experts) * length_of(shared->row(d.position), dim) : 0);

    double sum = 0, pairs = 0;
    for (std::int64_t t = 0; t < d.tokens; ++t)
        for (std::int64_t i = 0; i < d.chosen; ++i)
            for (std::int64_t j = 0; j < i; ++j) {
                const float *a = expert_output(d, t, static_cast<std::int64_t>((*d.ids)[t * d.chosen + i])),
                            *b = expert_output(d, t, static_cast<std::int64_t>((*d.ids)[t * d.chosen + j]));
                double dot = 0;
                for (std::int64_t k = 0; k < dim; ++k) dot += static_cast<double>(a[k]) * static_cast<double>(b[k]);
                sum += dot / (length_of(a, dim) * length_of(b, dim)), ++pairs;
            }
    d.routed_cosine = pairs > 0 ? sum / pairs : NAN;
}

std::vector<double> probabilities(const Trace& run) {
    const Tensor<float>& logits = run.tape.value(run.tape.find("logits"));
    const float* row = logits.row(logits.rows() - 1);
    const auto top = static_cast<double>(*std::max_element(row, row + logits.cols()));
    std::vector<double> p;
    double sum = 0;
    for (std::int64_t v = 0; v < logits.cols(); ++v) p.push_back(dg::exp(static_cast<double>(row[v]) - top)), sum += p.back();
    for (double& x : p) x /= sum;
    return p;
}

double loss_of(const Trace& run) {
    const Tensor<float>* loss = find(run.tape, "loss.main");
    return loss != nullptr ? static_cast<double>((*loss)[0]) : NAN;
}

void compare(Data& d) {
    d.loss = loss_of(*d.run), d.base_loss = loss_of(*d.base);
    const std::vector<double> before = probabilities(*d.base), after = probabilities(*d.run);
    std::vector<std::size_t> order(before.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    order.resize(static_cast<std::size_t>(std::min<std::int64_t>(d.model->tokenizer.vocab_size(), static_cast<std::int64_t>(order.size()))));
    const std::size_t shown = std::min<std::size_t>(4, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(), [&](std::size_t a, std::size_t b) { return before[a] > before[b]; });
    for (std::size_t i = 0; i < shown; ++i)
        d.next.push_back({d.model->tokenizer.label(static_cast<std::int32_t>(order[i])), before[order[i]], after[order[i]]});
    const Tensor<float>&a = *find(d.base->tape, "logits"), &b = *find(d.run->tape, "logits");
    for (std::int64_t i = 0; i < a.size(); ++i) d.logit_change = std::max(d.logit_change, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
}

/// n choose k: exact in integers as long as they suffice.
double binomial(std::int64_t n, std::int64_t k) {
    std::int64_t exact = 1;
    double value = 1;
    bool fits = true;
    for (std::int64_t i = 1; i <= k; ++i) {
        fits = fits && exact < std::numeric_limits<std::int64_t>::max() / n;
        if (fits) {
            exact = exact * (n - k + i) / i;
            value = static_cast<double>(exact);
        } else {
            value = value * static_cast<double>(n - k + i) / static_cast<double>(i);
        }
    }
    return value;
}

Error out_of_range(const char* code, std::int64_t value, std::int64_t count) {
    return {code, {{"value", fmt::format("{}", value)}, {"last", fmt::format("{}", count - 1)}}, ""};
}

}  // namespace

Result<void> measure_token(Data& d, Session& session, const Params& params) {
    const Config& c = d.model->model.config;
    DG_ASSIGN(d.base, session.trace(model_of(params), params.text("prompt")));
    d.tokens = d.base->batch.length, d.experts = c.n_routed_experts, d.chosen = c.num_experts_per_tok;
    d.groups = c.topk_method == TopkMethod::kGreedy ? 1 : std::max<std::int64_t>(1, c.n_group);
    d.limit = params.integer("limit") > 0 ? params.integer("limit") : c.topk_group;
    d.position = params.integer("position") < 0 ? d.tokens - 1 : params.integer("position");
    if (d.position >= d.tokens) return out_of_range("moe_position", d.position, d.tokens);
    d.prefix = fmt::format("layers.{}.mlp.", d.layer);
    for (const TokenSpan& token : d.base->tokens) d.labels.push_back(d.model->tokenizer.label(token.id));
    d.change = params.text("change"), d.shared = params.flag("shared") || c.n_shared_experts == 0;

    // without a number: the loudest expert of the token, as trained
    d.run = d.base;
    read_router(d, true);
    d.target = params.integer("expert");
    if (d.target < 0) {
        const float* w = d.weights->row(d.position);
        d.target = static_cast<std::int64_t>(d.ids->row(d.position)[std::max_element(w, w + d.chosen) - w]);
    }
    d.partner = params.integer("partner") < 0 ? (d.target + 1) % d.experts : params.integer("partner");
    for (const std::int64_t e : {d.target, d.partner})
        if (e >= d.experts) return out_of_range("moe_expert", e, d.experts);

    const ExpertChanges changes = changes_of(d, params);
    const bool different = d.change != "none" || !d.shared || !changes.router_bias || (changes.topk_group > 0 && changes.topk_group != c.topk_group);
    if (different) {
        DG_ASSIGN(d.run, record_changed(*d.base, changes));
    }
    read_router(d, changes.router_bias);
    decide(d);
    measure_outputs(d, changes);
    compare(d);
    return {};
}

std::vector<Gate> make_gates(const Data& d) {
    const Tensor<float>& logits = *find(d.run->tape, d.prefix + "gate.logits");
    const float* z = logits.row(d.position);
    const auto n = static_cast<std::size_t>(d.experts);
    Gate all{"softmax", std::vector<double>(n), 0, d.experts}, top{"topk", std::vector<double>(n), 0, d.chosen}, v3{"v3", std::vector<double>(n), 0, d.chosen};
    const auto largest = static_cast<double>(*std::max_element(z, z + d.experts));
    double total = 0;
    for (std::size_t e = 0; e < n; ++e) total += all.values[e] = dg::exp(static_cast<double>(z[e]) - largest);
    for (double& g : all.values) g /= total;
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return all.values[a] > all.values[b]; });
    double kept = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(d.chosen); ++i) kept += all.values[order[i]];
    for (std::size_t i = 0; i < static_cast<std::size_t>(d.chosen); ++i) top.values[order[i]] = all.values[order[i]] / kept;
    for (std::size_t e = 0; e < n; ++e) v3.values[e] = d.weight(d.position, static_cast<std::int64_t>(e));
    std::vector<Gate> gates{all, top, v3};
    for (Gate& g : gates) g.sum = std::accumulate(g.values.begin(), g.values.end(), 0.0);
    return gates;
}

std::vector<Meter> make_meters(const Config& model, const std::string& name, const Config& big, std::int64_t split) {
    const auto meter = [&](std::string id, std::string label, const Config& c) {
        const ParameterCount n = count_parameters(c);
        Meter m{.id = std::move(id), .name = std::move(label), .routed = c.n_routed_experts * split, .shared = c.n_shared_experts * split,
                .chosen = c.num_experts_per_tok * split, .split = split,
                .expert_weights = static_cast<double>(3 * c.hidden_size * c.moe_intermediate_size) / static_cast<double>(split),
                .layers = c.num_hidden_layers - c.first_k_dense_replace,
                .total = static_cast<double>(n.total), .active = static_cast<double>(n.active)};
        return m;
    };
    std::vector<Meter> meters;
    if (model.n_routed_experts > 0) meters.push_back(meter("model", name, model));
    meters.push_back(meter("v3", "DeepSeek-V3", big));
    Config paper;  // DeepSeekMoE 3.1: 16 experts, two of them chosen; widths do not matter for the count
    paper.hidden_size = 1, paper.moe_intermediate_size = 1, paper.n_routed_experts = 16, paper.num_experts_per_tok = 2, paper.num_hidden_layers = 1;
    paper.vocab_size = 1, paper.intermediate_size = 1, paper.num_attention_heads = 1;
    meters.push_back(meter("small16", "16 · top 2", paper));
    meters.back().total = meters.back().active = 0;
    meters.back().expert_weights = 1 / static_cast<double>(split);  // in units of one unsplit expert
    for (Meter& m : meters) m.combinations = binomial(m.routed, m.chosen);
    return meters;
}

}  // namespace dg::viz::moe
