#include "engine/train/trainer.h"

#include "engine/base/parallel.h"
#include "engine/io/safetensors.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace dg {
namespace {

/// Large buffers come and go every step: let the heap keep them instead of returning pages to the system.
void keep_freed_memory() {
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

}  // namespace

Trainer::Trainer(Model<float> model, TrainSettings settings) : model_(std::move(model)), settings_(settings) {
    static const bool once = (keep_freed_memory(), true);
    static_cast<void>(once);
}

ForwardOptions Trainer::options(std::int64_t step) const {
    ForwardOptions o;
    o.mtp_weight = settings_.schedule.decaying(step) ? settings_.mtp_weight_late : settings_.mtp_weight;
    o.balance_alpha = settings_.balance_alpha;
    o.numerics = settings_.numerics;
    o.fp8_training = true;
    return o;
}

void Trainer::count_loads(const Tape<float>& tape) {
    const Config& c = model_.config;
    for (std::int64_t layer = 0; layer < c.num_hidden_layers + c.num_nextn_predict_layers; ++layer) {
        const std::string trace = layer < c.num_hidden_layers ? fmt::format("layers.{}.", layer) : fmt::format("mtp.{}.", layer - c.num_hidden_layers);
        const TensorId ids = tape.find(trace + "mlp.gate.topk_ids");
        if (ids < 0) continue;
        auto& load = loads_.try_emplace(fmt::format("model.layers.{}.mlp.gate.e_score_correction_bias", layer),
                                        std::vector<double>(static_cast<std::size_t>(c.n_routed_experts)))
                         .first->second;
        for (const float e : tape.value(ids).values()) load[static_cast<std::size_t>(e)] += 1;
    }
}

void Trainer::add_gradients(const Tape<float>& tape, double share) {
    const auto weight_of_batch = static_cast<float>(share);
    for (auto& [name, weight] : model_.weights.tensors) {
        const TensorId id = tape.find(name);
        if (id < 0 || tape.grad(id).empty() || name.ends_with("e_score_correction_bias")) continue;
        const Tensor<float>& g = tape.grad(id);
        Tensor<float>& sum = gradients_.try_emplace(name, Tensor<float>(g.shape())).first->second;
        for (std::int64_t i = 0; i < g.size(); ++i) sum[i] = std::fma(weight_of_batch, g[i], sum[i]);
    }
}

Result<void> Trainer::accumulate(const TokenBatch& batch, const ForwardOptions& forward_options, double share, StepStats& stats) {
    Tape<float> tape(Tape<float>::Mode::kTrain);
    DG_TRY(forward(model_, batch, forward_options, tape));
    const TensorId total = tape.find("loss.total"), mtp = tape.find("loss.mtp");
    stats.loss += share * static_cast<double>(tape.value(tape.find("loss.main"))[0]);
    if (mtp >= 0) stats.loss_mtp += share * static_cast<double>(tape.value(mtp)[0]);
    Tensor<float> seed(tape.value(total).shape(), {static_cast<float>(settings_.loss_scale)});
    tape.backward_from(std::array{std::pair<TensorId, Tensor<float>>(total, std::move(seed))});
    add_gradients(tape, share / settings_.loss_scale);
    count_loads(tape);
    stats.tokens += batch.batch * batch.length;
    return {};
}

void Trainer::begin_step(StepStats& stats) {
    stats.step = state_.steps + 1;
    stats.lr = settings_.schedule.learning_rate(state_.steps);
    gradients_.clear();
    loads_.clear();
}

Result<StepStats> Trainer::step(const std::vector<TokenBatch>& micro_batches) {
    StepStats stats;
    begin_step(stats);
    const ForwardOptions forward_options = options(state_.steps);
    for (const TokenBatch& batch : micro_batches) DG_TRY(accumulate(batch, forward_options, 1.0 / static_cast<double>(micro_batches.size()), stats));
    finish_step(stats);
    return stats;
}

Result<StepStats> Trainer::step(std::int64_t parts, const Objective& objective, std::int64_t tokens) {
    StepStats stats;
    begin_step(stats);
    stats.tokens = tokens;
    std::vector<std::optional<Tape<float>>> tapes(static_cast<std::size_t>(parts));
    std::vector<Result<TensorId>> losses(static_cast<std::size_t>(parts), TensorId{-1});
    const auto run = [&](std::int64_t i) {
        const auto k = static_cast<std::size_t>(i);
        tapes[k].emplace(Tape<float>::Mode::kTrain);
        losses[k] = objective(i, *tapes[k]);
        if (losses[k]) tapes[k]->backward(*losses[k]);
    };
    // one part leaves the threads to its ops
    if (parts == 1) {
        run(0);
    } else {
        parallel_for(parts, run);
    }
    for (std::size_t k = 0; k < tapes.size(); ++k) {
        if (!losses[k]) return losses[k].error();
        stats.loss += static_cast<double>(tapes[k]->value(*losses[k])[0]);
        add_gradients(*tapes[k], 1.0);
        count_loads(*tapes[k]);
    }
    finish_step(stats);
    return stats;
}

void Trainer::finish_step(StepStats& stats) {
    stats.grad_norm = global_norm(gradients_);
    stats.diverged = !std::isfinite(stats.loss) || !std::isfinite(stats.grad_norm);
    if (!stats.diverged) {
        const std::int64_t step = state_.steps;
        adamw_step(settings_.adamw, stats.lr, gradients_, model_.weights, state_);
        update_router_bias(step);
        tokens_ += stats.tokens;
    }
    for (const auto& [name, load] : loads_) {
        double sum = 0;
        for (const double c : load) sum += c;
        stats.max_vio += (*std::max_element(load.begin(), load.end()) / (sum / static_cast<double>(load.size())) - 1.0) / static_cast<double>(loads_.size());
    }
    stats.tokens = tokens_;
}

void Trainer::update_router_bias(std::int64_t step) {
    const bool resting = static_cast<double>(step) >= (1.0 - settings_.bias_rest) * static_cast<double>(settings_.schedule.steps);
    if (resting || settings_.bias_speed == 0) return;
    for (const auto& [name, load] : loads_) {
        if (!model_.weights.tensors.contains(name)) continue;
        double mean = 0;
        for (const double c : load) mean += c / static_cast<double>(load.size());
        Tensor<float>& bias = model_.weights.at(name);
        for (std::int64_t e = 0; e < bias.size(); ++e) {
            // an expert with too little load becomes easier to choose; equal load: no change
            const double c = load[static_cast<std::size_t>(e)];
            if (c != mean) bias[e] += static_cast<float>(c < mean ? settings_.bias_speed : -settings_.bias_speed);
        }
    }
}

Result<void> Trainer::save(const std::filesystem::path& file) const {
    SafeTensors content;
    content.metadata = {{"format", "deepglass-checkpoint"}, {"step", std::to_string(state_.steps)}, {"tokens", std::to_string(tokens_)}};
    for (const auto& [name, t] : model_.weights.tensors) content.tensors.emplace("w." + name, RawTensor::from(t));
    for (const auto& [name, t] : state_.m) content.tensors.emplace("m." + name, RawTensor::from(t));
    for (const auto& [name, t] : state_.v) content.tensors.emplace("v." + name, RawTensor::from(t));
    return write_safetensors(file, content);
}

Result<void> Trainer::restore(const std::filesystem::path& file) {
    DG_ASSIGN(SafeTensors content, read_safetensors(file));
    const auto mismatch = [&](const std::string& what) { return Error{"checkpoint_mismatch", {{"what", what}}, file.string()}; };
    if (content.metadata["format"] != "deepglass-checkpoint") return mismatch("format");
    const auto number = [&](const char* key) { return std::strtoll(content.metadata[key].c_str(), nullptr, 10); };
    AdamWState state;
    state.steps = number("step");
    Weights<float> weights = model_.weights;
    std::size_t found = 0;
    for (const auto& [name, raw] : content.tensors) {
        const std::string weight = name.size() > 2 ? name.substr(2) : name;
        const auto it = weights.tensors.find(weight);
        if (it == weights.tensors.end() || it->second.shape() != raw.shape) return mismatch(name);
        if (name[0] == 'w') it->second = raw.to_float(), ++found;
        if (name[0] == 'm') state.m.emplace(weight, raw.to_float());
        if (name[0] == 'v') state.v.emplace(weight, raw.to_float());
    }
    if (found != weights.tensors.size()) return mismatch("weights");
    model_.weights = std::move(weights);
    state_ = std::move(state);
    tokens_ = number("tokens");
    return {};
}

}  // namespace dg
