#include "sim/fp8_lab/layers.h"

#include "engine/base/mathfn.h"
#include "engine/model/decode.h"
#include "engine/ops/ops.h"

#include <algorithm>
#include <cmath>

namespace dg::sim::fp8_lab {
namespace {

double relative_error(const Tensor<float>& wanted, const Tensor<float>& got) {
    double lost = 0, all = 0;
    for (std::int64_t i = 0; i < wanted.size(); ++i) {
        const double w = static_cast<double>(wanted[i]), d = static_cast<double>(got[i]) - w;
        lost += d * d, all += w * w;
    }
    return all > 0 ? std::sqrt(lost / all) : 0;
}

std::vector<double> probabilities(const float* logits, std::int64_t n) {
    const double top = static_cast<double>(*std::max_element(logits, logits + n));
    std::vector<double> p(static_cast<std::size_t>(n));
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += p[static_cast<std::size_t>(i)] = dg::exp(static_cast<double>(logits[i]) - top);
    for (double& v : p) v /= sum;
    return p;
}

/// KL(p || q) in nats.
double divergence(const float* p_logits, const float* q_logits, std::int64_t n) {
    const std::vector<double> p = probabilities(p_logits, n), q = probabilities(q_logits, n);
    double kl = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (p[i] > 0) kl += p[i] * (dg::log(p[i]) - dg::log(std::max(q[i], 1e-300)));
    }
    return kl;
}

std::int64_t argmax(const float* row, std::int64_t n) { return std::max_element(row, row + n) - row; }

std::vector<std::int64_t> chosen_of(const Tensor<float>& ids, std::int64_t row) {
    std::vector<std::int64_t> chosen;
    for (std::int64_t k = 0; k < ids.cols(); ++k) chosen.push_back(static_cast<std::int64_t>(ids.row(row)[k]));
    std::ranges::sort(chosen);
    return chosen;
}

}  // namespace

std::vector<std::string> followed_tensors(const Config& config) {
    std::vector<std::string> names = {"embed"};
    for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) names.push_back(fmt::format("layers.{}.out", i));
    names.insert(names.end(), {"norm", "logits"});
    return names;
}

LayerErrors compare_runs(const Config& config, const Tape<float>& reference, const Tape<float>& run, const Numerics& numerics) {
    LayerErrors e{.numerics = numerics};
    for (const std::string& name : followed_tensors(config)) e.error.push_back(relative_error(reference.value(reference.find(name)), run.value(run.find(name))));
    const Tensor<float>&wanted = reference.value(reference.find("logits")), &got = run.value(run.find("logits"));
    e.tokens = wanted.rows();
    for (std::int64_t r = 0; r < e.tokens; ++r) {
        const bool finite = std::all_of(got.row(r), got.row(r) + got.cols(), [](float v) { return std::isfinite(v); });
        e.finite = e.finite && finite;
        e.divergence += finite ? divergence(wanted.row(r), got.row(r), wanted.cols()) / static_cast<double>(e.tokens) : std::nan("");
        if (finite && argmax(wanted.row(r), wanted.cols()) == argmax(got.row(r), got.cols())) continue;
        ++e.choices_changed;
        if (e.first_changed < 0) e.first_changed = r;
    }
    return e;
}

Result<std::vector<std::int32_t>> greedy_text(const Model<float>& model, const Numerics& numerics, const std::vector<std::int32_t>& prompt,
                                              int tokens, const std::function<bool(double)>& report) {
    const PackedModel packed(model, numerics);
    Decoder decoder(packed);
    std::vector<std::int32_t> written, next = prompt;
    const auto room = packed.config().max_position_embeddings - static_cast<std::int64_t>(prompt.size());
    for (int i = 0; i < std::min<std::int64_t>(tokens, room); ++i) {
        if (!report(static_cast<double>(i) / tokens)) return Error{"cancelled", {}, ""};
        DG_ASSIGN(const std::span<const float> logits, decoder.append(next));
        next = {static_cast<std::int32_t>(argmax(logits.data(), static_cast<std::int64_t>(logits.size())))};
        written.push_back(next[0]);
    }
    return written;
}

std::vector<GateFlips> gate_flips(const Model<float>& model, const Tape<float>& run, const Numerics& numerics) {
    std::vector<GateFlips> all;
    for (std::int64_t layer = model.config.first_k_dense_replace; layer < model.config.num_hidden_layers; ++layer) {
        const std::string trace = fmt::format("layers.{}.", layer), weights = fmt::format("model.layers.{}.mlp.gate.", layer);
        const TensorId recorded = run.find(trace + "mlp.gate.topk_ids");
        if (recorded < 0) continue;
        Tape<float> tape;
        const TensorId x = tape.input("x", run.value(run.find(trace + "post_attention_layernorm")));
        const TensorId w = tape.weight("w", model.weights.at(weights + "weight"));
        const TensorId logits = ops::quantised_linear(tape, x, w, numerics, ops::QuantisedInput::kQuantised, nullptr, "logits");
        const bool biased = model.config.topk_method == TopkMethod::kNoauxTc;
        const TensorId bias = biased ? tape.weight("bias", model.weights.at(weights + "e_score_correction_bias")) : -1;
        const ops::Routing routing = ops::router(tape, logits, bias, model.config, "");
        const Tensor<float>&before = run.value(recorded), &after = tape.value(routing.topk_ids);
        GateFlips flips{.layer = layer, .tokens = before.rows()};
        for (std::int64_t r = 0; r < before.rows(); ++r) {
            std::vector<std::int64_t> a = chosen_of(before, r), b = chosen_of(after, r), both;
            std::ranges::set_intersection(a, b, std::back_inserter(both));
            flips.changed.push_back(static_cast<int>(a.size() - both.size()));
            flips.tokens_changed += flips.changed.back() > 0;
        }
        all.push_back(std::move(flips));
    }
    return all;
}

}  // namespace dg::sim::fp8_lab
