// The supervised phases of the reasoner: written responses, length-bucketed batches, loss on the response alone.
#pragma once

#include "sim/reasoner/task.h"
#include "engine/train/trainer.h"

#include <cstdint>
#include <vector>

namespace dg::sim {

/// A stretch of the supervised run that writes its examples by one mixture.
struct Phase {
    double share = 1;  // of the run's steps
    Mixture mixture;
};

/// Prompts and responses side by side, rows filled with spaces to the longest.
struct SftBatch {
    TokenBatch tokens;
    std::vector<float> targets;  // [B*T]: the next token where it belongs to the response, else -1
    std::int64_t response_tokens = 0;
};

using SftExample = std::pair<std::string, std::string>;  // prompt, response

/// Examples as one batch, whatever wrote them.
SftBatch sft_batch(std::span<const SftExample> examples);
/// Examples cut into batches of at most `tokens_per_batch` padded tokens: sorted by length, the batches then shuffled by `rng`.
std::vector<std::vector<SftExample>> sft_batches(std::vector<SftExample> examples, std::int64_t tokens_per_batch, Rng& rng);

/// The batches of one phase, the same for the same seed: pools of examples, sorted by length, cut into batches of at most
/// `tokens_per_batch` padded tokens, then shuffled. Without the sorting half of every batch would be padding; without a constant
/// divisor a batch of bare answers (pure noise labels) would weigh as much as one of full scratchpads.
class SftStream {
  public:
    SftStream(std::uint64_t seed, std::uint64_t phase, const Mixture& mixture, std::int64_t tokens_per_batch);

    [[nodiscard]] SftBatch next();
    /// Forgets the next n batches (resuming).
    void skip(std::int64_t n);

    /// The divisor of the loss: mean response tokens of a batch, over the first pool.
    [[nodiscard]] double response_tokens_per_batch() const { return divisor_; }

  private:
    void fill();

    std::uint64_t seed_, phase_, pool_ = 0;
    Mixture mixture_;
    std::int64_t tokens_per_batch_;
    double divisor_ = 0;
    std::vector<std::vector<SftExample>> batches_;  // the last is next
};

/// The tape's scalar: sum of -ln p over the response tokens, divided by `divisor`.
Result<TensorId> sft_loss(const Model<float>& model, const SftBatch& batch, double divisor, Tape<float>& tape);

}  // namespace dg::sim
