// Sampled responses, many at once.
#pragma once

#include "engine/model/batch_decode.h"
#include "sim/reasoner/task.h"

#include <functional>

namespace dg::sim {

/// One sampled response.
struct Rollout {
    std::vector<std::int32_t> ids;  // the response, '$' included when it came to that
    std::vector<float> logprobs;    // ln p of every token when it was drawn, at the temperature of the draw; 0 where `written`
    std::vector<float> entropies;   // -sum p ln p of the distribution every token was drawn from, nats; 0 at temperature 0
    std::vector<char> written;      // 1: the environment put this token, the model did not choose it
    std::string text;               // the same as characters
};

/// Looks at what was just sampled, after `text`, and may put another token in its place. Draws from the rollout's own stream.
using Environment = std::function<std::int32_t(std::string_view text, std::int32_t sampled, Rng& rng)>;

struct Rollout;

/// Looks at the response so far and at the token that comes next (after the environment), and may put another in its place:
/// budget forcing. Draws nothing; called side by side for several rollouts.
using Forcing = std::function<std::int32_t(const Rollout& so_far, std::size_t problem, std::int32_t next)>;

/// The noisy pen: a digit that follows '=' becomes its neighbour (mod 10) with this probability. The digit after a wait is safe.
Environment noisy_pen(double probability);

struct RolloutSettings {
    double temperature = 1;  // 0 = the most likely token
    std::int64_t max_tokens = kMaxResponse;
    std::uint64_t seed = 1, step = 0;  // streams are keyed by seed, step and the rollout's number
    Environment environment = {};
    Forcing forcing = {};
};

/// `samples` responses to each problem: result[p * samples + g]. Same bits at any thread count, and each response the same as if
/// it had been sampled alone. `go_on` is asked between tokens; false gives the error cancelled.
Result<std::vector<Rollout>> roll_out(const PackedModel& model, std::span<const Problem> problems, std::int64_t samples, const RolloutSettings& settings,
                                      const std::function<bool()>& go_on = {});

/// What a set of responses shows.
struct Skill {
    std::int64_t responses = 0;
    double accuracy = 0, format = 0, mean_length = 0, waits = 0;  // waits: mean number of 'w' in a response
    double share[5] = {}, accuracy_of[5] = {};                    // by Strategy; accuracy NaN where none
    WaitCounts steps;

    /// P(wait | wrong step), P(wait | right step); NaN where there was no such step.
    [[nodiscard]] double wait_given_wrong() const;
    [[nodiscard]] double wait_given_right() const;
};

Skill measure(std::span<const Problem> problems, std::span<const Rollout> rollouts);

/// Problems of `terms` digits that no training stream uses.
std::vector<Problem> fresh_problems(std::uint64_t seed, std::int64_t count, std::int64_t terms = kSlots);

}  // namespace dg::sim
