// Group Relative Policy Optimization on the reasoner (DeepSeekMath; DeepSeek-V3 5.2.2; R1 2.2.1): sample G responses to each
// prompt, pay each by a rule, compare it with its own group, make what beat the group's mean likelier. Beside it, on the same
// task: PPO with a policy-sized critic, and step rewards (process supervision).
#pragma once

#include "engine/ops/policy.h"
#include "engine/train/trainer.h"
#include "sim/reasoner/rollout.h"

#include <array>
#include <filesystem>
#include <optional>

namespace dg::sim {

/// What is paid. kAccuracy: 1 for the right digit + 0.1 for the format; kFormat: 1 for the format alone; kLength: length /
/// kMaxResponse + 0.1 for the format - a reward that can be hacked; kProcess: kAccuracy, but paid step by step.
enum class Reward { kAccuracy, kFormat, kLength, kProcess };
/// How tokens weigh in the loss: 1 / all response tokens, or 1 / (responses * tokens of this response) as in DeepSeekMath.
enum class Normalisation { kPerToken, kPerResponse };
/// What a response is compared with: its group's mean, or a critic's value.
enum class Baseline { kGroup, kCritic };

struct GrpoSettings {
    std::int64_t steps = 80;
    std::int64_t prompts = 16, group = 16;  // responses per step = prompts * group
    double temperature = 1;
    double learning_rate = 1e-3;            // after 10 warm-up updates
    std::int64_t inner = 1;                 // updates per batch; from the second on the ratio leaves 1 and the clip acts
    ops::PolicyLossSettings loss;           // clip 0.2, beta 0
    Reward reward = Reward::kAccuracy;
    Normalisation normalisation = Normalisation::kPerToken;
    Baseline baseline = Baseline::kGroup;
    double pen = 0.08;                      // the noisy pen's slips; 0 = plain
    std::int64_t terms = kSlots;            // digits in a prompt
    std::uint64_t seed = 1;
};

inline constexpr double kFormatReward = 0.1;

/// (r - mean) / (population std + 1e-8); all 0 when the rewards are equal.
std::vector<double> group_advantages(std::span<const double> rewards);

/// Reward of a whole response.
double outcome_reward(Reward kind, const Problem& problem, std::string_view response);
/// Process supervision: (index of the token that ends a step, reward of the step) for every step of the first pass and the
/// answer: 1 if it is right, else 0; a wait and its digit belong to their step.
std::vector<std::pair<std::size_t, double>> step_rewards(const Problem& problem, std::string_view response);

/// What one step measured, before its update.
struct GrpoStats {
    std::int64_t step = 0;  // 0: the model as it came
    Skill skill;
    double reward = 0;      // mean
    double entropy = 0;     // mean of -sum p ln p over sampled tokens, nats
    double kl = 0;          // mean of KL_i against the first model, over up to 64 responses (all of them when beta > 0)
    double clipped = 0;     // share of trained tokens held by the clip in the last inner update
    std::int64_t dropped = 0;  // groups whose rewards are all equal
    double value_error = 0;    // root mean square error of the critic; 0 without one
    double seconds = 0;        // since the run began; wall-clock, not reproducible
};

/// One prompt's responses as a table: what the scene shows.
struct GroupTable {
    std::int64_t number = 0;  // of the prompt in its step
    Problem problem;
    std::vector<Rollout> rollouts;
    std::vector<double> rewards, advantages;  // advantages: of the response (its last token for step rewards)
    std::vector<std::vector<float>> change;   // ln p after the update - ln p before, per token; empty without an update
};

class Grpo {
  public:
    Grpo(Model<float> model, const GrpoSettings& settings);

    /// Samples, measures and, if `update`, learns. `table` (may be null) receives the first group with unequal rewards, or group
    /// 0. Error codes: cancelled, diverged.
    Result<GrpoStats> step(bool update, GroupTable* table, const std::function<bool()>& go_on);

    [[nodiscard]] const Model<float>& model() const { return trainer_.model(); }

    /// Numbers that live in memory while it learns: weights, gradients and two moments of every network that learns, and the
    /// weights of a frozen reference if beta > 0.
    [[nodiscard]] std::array<std::int64_t, 3> numbers_in_memory() const;  // policy, critic, reference

  private:
    struct Batch;

    void reward(Batch& batch) const;
    void advantages_from_groups(Batch& batch, GrpoStats& stats) const;
    void advantages_from_steps(Batch& batch, GrpoStats& stats) const;
    Result<void> advantages_from_critic(Batch& batch, GrpoStats& stats);
    Result<void> learn(Batch& batch, GrpoStats& stats);
    Result<double> kl_from_start(const Batch& batch) const;
    Result<void> fill_table(const Batch& batch, bool updated, GroupTable& table) const;

    GrpoSettings settings_;
    Trainer trainer_;
    std::optional<Trainer> critic_;
    Model<float> start_;
    std::int64_t step_ = 0;
};

/// ln p of every token of every rollout at a temperature, by the recorded (training) path; 0 where written.
Result<std::vector<std::vector<float>>> token_logprobs(const Model<float>& model, std::span<const Problem* const> problems, std::span<const Rollout* const> rollouts,
                                                       double temperature);

}  // namespace dg::sim
