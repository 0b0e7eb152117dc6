// Experiments of the block scene: the engine run again with one token changed, or with neurons silenced.
#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "viz/scenes/block.h"
#include "viz/scenes/numerics_param.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::block {
namespace {

constexpr std::size_t kSilenced = 5;
constexpr int kDraws = 20;

Result<void> plain_forward(const Model<float>& model, const Numerics& numerics, const TokenBatch& batch, Tape<float>& tape) {
    ForwardOptions options;
    options.mtp = options.losses = false, options.numerics = numerics;
    return forward(model, batch, options, tape);
}

/// Largest change of each token's row.
std::vector<double> changes(const Tensor<float>& a, const Tensor<float>& b) {
    std::vector<double> out(static_cast<std::size_t>(a.dim(1)));
    for (std::int64_t t = 0; t < a.dim(1); ++t)
        for (std::int64_t i = 0; i < a.cols(); ++i)
            out[static_cast<std::size_t>(t)] = std::max(out[static_cast<std::size_t>(t)], std::abs(static_cast<double>(a.row(t)[i]) - static_cast<double>(b.row(t)[i])));
    return out;
}

/// A sub-layer's output with row `edit` of its input taken from another run.
Result<std::vector<double>> edited_change(const Data& d, const Tape<float>& other, Sublayer which, std::int64_t edit) {
    const bool attention = which == Sublayer::kAttention;
    const std::string in = d.own(attention ? "input_layernorm" : "post_attention_layernorm");
    const Tensor<float>& before = d.at(in);
    Tensor<float> mixed = before;
    const Tensor<float>& changed = other.value(other.find(in));
    std::copy_n(changed.row(edit), changed.cols(), mixed.row(edit));
    Tape<float> tape;
    ForwardOptions options;
    options.numerics = numerics_of(*d.run->model);
    DG_TRY(forward_sublayer(d.run->model->model, d.layer, which, std::move(mixed), options, tape));
    return changes(d.at(d.own(attention ? "attn.out" : "mlp.out")), tape.value(tape.find(attention ? "attn.out" : "mlp.out")));
}

std::string mlp_weight(const Neuron& n, std::string_view matrix) {
    const std::string place = n.expert == -1 ? "" : n.expert == -2 ? "shared_experts." : fmt::format("experts.{}.", n.expert);
    return fmt::format("model.layers.{}.mlp.{}{}.weight", n.layer, place, matrix);
}

/// Adds the units of one MLP with their share of the target's logit: factor * h_n * (column n of W_down) . direction.
void add_units(const Data& d, Neuron first, std::span<const float> hidden, double factor, std::span<const double> direction, std::vector<Neuron>& out) {
    const Tensor<float>& down = d.run->model->model.weights.at(mlp_weight(first, "down_proj"));
    for (std::size_t n = 0; n < hidden.size(); ++n) {
        double along = 0;
        for (std::int64_t i = 0; i < down.dim(0); ++i) along += static_cast<double>(down.row(i)[n]) * direction[static_cast<std::size_t>(i)];
        first.unit = static_cast<std::int64_t>(n), first.activation = hidden[n], first.share = factor * static_cast<double>(hidden[n]) * along;
        out.push_back(first);
    }
}

/// What one unit of the stream adds to the target's logit above the mean token's: gain_i (U_target,i - mean U_i) / rms.
std::vector<double> direction_of(const Data& d) {
    const Model<float>& model = d.run->model->model;
    const Tensor<float>&head = model.weights.at("lm_head.weight"), &gain = model.weights.at("model.norm.weight");
    const auto x = d.row(d.readings.back().tensor);
    const double rms = std::sqrt(length_of(x) * length_of(x) / static_cast<double>(x.size()) + model.config.rms_norm_eps);
    std::vector<double> direction(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        double mean = 0;
        for (std::int64_t v = 0; v < head.dim(0); ++v) mean += head.row(v)[i];
        direction[i] = gain[static_cast<std::int64_t>(i)] * (static_cast<double>(head.row(d.target)[i]) - mean / static_cast<double>(head.dim(0))) / rms;
    }
    return direction;
}

/// Every hidden unit that this token used, in all layers.
std::vector<Neuron> units_in_use(const Data& d) {
    const std::vector<double> direction = direction_of(d);
    std::vector<Neuron> units;
    Data at;  // the same position in each layer
    at.run = d.run, at.position = d.position;
    for (std::int64_t layer = 0; layer < d.layers; ++layer) {
        at.layer = layer, at.moe = d.run->model->model.config.is_moe(layer);
        if (!at.moe) {
            add_units(d, {.layer = layer, .expert = -1}, at.row(at.own("mlp.hidden")), 1, direction, units);
            continue;
        }
        for (const Choice& c : choices_of(at)) {
            const Tensor<float>& hidden = at.at(at.own(fmt::format("mlp.experts.{}.hidden", c.expert)));
            add_units(d, {.layer = layer, .expert = c.expert}, {hidden.row(c.row), static_cast<std::size_t>(hidden.cols())}, c.weight, direction, units);
        }
        if (d.run->tape.find(at.own("mlp.shared.hidden")) >= 0)
            add_units(d, {.layer = layer, .expert = -2}, at.row(at.own("mlp.shared.hidden")), 1, direction, units);
    }
    return units;
}

/// P(target) with these units silenced: their columns of W_down set to 0, then put back.
Result<double> p_without(const Data& d, Model<float>& model, std::span<const Neuron> silenced) {
    std::vector<std::pair<float*, float>> kept;
    for (const Neuron& n : silenced) {
        Tensor<float>& down = model.weights.at(mlp_weight(n, "down_proj"));
        for (std::int64_t i = 0; i < down.dim(0); ++i) {
            float* cell = down.row(i) + n.unit;
            kept.emplace_back(cell, *cell);
            *cell = 0;
        }
    }
    Tape<float> tape;
    const Result<void> ran = plain_forward(model, numerics_of(*d.run->model), d.run->batch, tape);
    for (std::size_t i = kept.size(); i-- > 0;) *kept[i].first = kept[i].second;
    if (!ran) return ran.error();
    const Tensor<float>& logits = tape.value(tape.find("logits"));
    const float* row = logits.row(d.position);
    const double top = *std::max_element(row, row + logits.cols());
    double sum = 0;
    for (std::int64_t v = 0; v < logits.cols(); ++v) sum += dg::exp(static_cast<double>(row[v]) - top);
    return dg::exp(static_cast<double>(row[d.target]) - top) / sum;
}

}  // namespace

Result<void> measure_isolation(Data& d, std::int64_t edit, const std::string& replace) {
    if (edit < 0 || edit >= d.tokens)
        return Error{"block_edit", {{"value", fmt::format("{}", edit)}, {"last", fmt::format("{}", d.tokens - 1)}}, ""};
    const std::vector<std::int32_t> ids = d.run->model->tokenizer.encode(replace);
    if (ids.empty()) return Error{"block_watch", {{"text", printable(replace)}}, ""};
    TokenBatch batch = d.run->batch;
    batch.ids[static_cast<std::size_t>(edit)] = ids.front();
    Tape<float> other;
    DG_TRY(plain_forward(d.run->model->model, numerics_of(*d.run->model), batch, other));
    d.isolation.edited = edit, d.isolation.from = d.labels[static_cast<std::size_t>(edit)], d.isolation.to = d.label(ids.front());
    DG_ASSIGN(d.isolation.attention, edited_change(d, other, Sublayer::kAttention, edit));
    DG_ASSIGN(d.isolation.feed_forward, edited_change(d, other, Sublayer::kFeedForward, edit));
    return {};
}

Result<void> measure_neurons(Data& d, std::uint64_t seed, const Progress& progress) {
    std::vector<Neuron> units = units_in_use(d);
    NeuronTest& test = d.neurons;
    test.active = static_cast<std::int64_t>(units.size());
    const std::vector<Neuron> all = units;
    std::ranges::stable_sort(units, [](const Neuron& a, const Neuron& b) { return a.share > b.share; });
    units.resize(std::min(units.size(), kSilenced));
    test.best = units;
    Model<float> model = d.run->model->model;
    DG_ASSIGN(test.p, p_without(d, model, {}));
    DG_ASSIGN(test.p_without_best, p_without(d, model, test.best));
    Rng rng = Rng::keyed(seed, "silenced neurons");
    for (int draw = 0; draw < kDraws; ++draw) {
        if (!progress.report(static_cast<double>(draw) / kDraws)) return Error{"cancelled", {}, ""};
        std::vector<Neuron> random;
        while (random.size() < std::min(kSilenced, all.size())) {
            const Neuron& n = all[rng.below(static_cast<std::uint32_t>(all.size()))];
            const bool again = std::ranges::any_of(random, [&](const Neuron& m) { return m.layer == n.layer && m.expert == n.expert && m.unit == n.unit; });
            if (!again) random.push_back(n);
        }
        DG_ASSIGN(const double p, p_without(d, model, random));
        test.p_without_random.push_back(p);
    }
    return {};
}

}  // namespace dg::viz::block
