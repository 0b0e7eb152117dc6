// Pre-training: one step after another on given batches, with the router bias updated outside the gradient, and
// checkpoints from which a run goes on bit for bit.
#pragma once

#include "engine/train/adamw.h"
#include "engine/train/schedule.h"

#include <filesystem>
#include <functional>
#include <string>

namespace dg {

struct TrainSettings {
    Schedule schedule;
    AdamWSettings adamw;
    double mtp_weight = 0.3, mtp_weight_late = 0.1;  // late: in the decay phase (V3 4.2)
    double balance_alpha = 1e-4;                     // sequence-wise balance loss (V3 eq. 17)
    double bias_speed = 0.003;                       // gamma of the bias update (V3 2.1.2); 0 in the last `bias_rest` of the run
    double bias_rest = 0.1;
    /// Number format of the three products of every Linear (V3 3.3); its accumulator must be f32.
    Numerics numerics;
    /// Gradients run multiplied by this and are divided again before they are added up: the rescue of formats without scales.
    double loss_scale = 1;
};

/// What one step measured.
struct StepStats {
    std::int64_t step = 0;    // counted from 1
    std::int64_t tokens = 0;  // seen so far
    double loss = 0, loss_mtp = 0;
    double lr = 0, grad_norm = 0;
    double max_vio = 0;       // max load / mean load - 1, mean over the MoE layers (arXiv 2408.15664 4.1)
    bool diverged = false;    // a loss or gradient that is not finite: nothing was updated
};

class Trainer {
  public:
    Trainer(Model<float> model, TrainSettings settings);

    [[nodiscard]] const Model<float>& model() const { return model_; }

    [[nodiscard]] const TrainSettings& settings() const { return settings_; }

    /// Steps done.
    [[nodiscard]] std::int64_t steps_done() const { return state_.steps; }

    [[nodiscard]] std::int64_t tokens_seen() const { return tokens_; }

    /// Gradients of the last step, before clipping, by weight name.
    [[nodiscard]] const Gradients& gradients() const { return gradients_; }

    /// One optimiser step on micro-batches of equal size: gradients are averaged. Error codes of forward().
    Result<StepStats> step(const std::vector<TokenBatch>& micro_batches);

    /// Runs the model on micro-batch `part` and returns the tape's scalar whose gradient is wanted.
    using Objective = std::function<Result<TensorId>(std::int64_t part, Tape<float>& tape)>;
    /// One optimiser step on an objective of one's own (SFT with a loss mask, GRPO): gradients of the parts are ADDED, in order;
    /// several parts run side by side. `tokens` counts as seen; loss = sum of the parts' scalars.
    Result<StepStats> step(std::int64_t parts, const Objective& objective, std::int64_t tokens);

    /// Weights, moments, step and token counts in one safetensors file, whole or not at all.
    Result<void> save(const std::filesystem::path& file) const;
    /// Continues from save(): bit-equal to a run that never stopped. Error codes: safetensors_*, checkpoint_mismatch.
    Result<void> restore(const std::filesystem::path& file);

  private:
    void update_router_bias(std::int64_t step);
    [[nodiscard]] ForwardOptions options(std::int64_t step) const;
    Result<void> accumulate(const TokenBatch& batch, const ForwardOptions& options, double share, StepStats& stats);
    void add_gradients(const Tape<float>& tape, double share);
    void count_loads(const Tape<float>& tape);
    void begin_step(StepStats& stats);
    void finish_step(StepStats& stats);

    Model<float> model_;
    TrainSettings settings_;
    AdamWState state_;
    std::int64_t tokens_ = 0;
    Gradients gradients_;
    std::map<std::string, std::vector<double>> loads_;  // by name of the router bias
};

}  // namespace dg
