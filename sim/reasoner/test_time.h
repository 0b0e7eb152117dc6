// Test-time compute on the check-digit task: the same weights made to answer at once, to write every step, to stop at a cap or to
// go on when they want to stop (budget forcing, arXiv 2501.19393), and what that costs.
#pragma once

#include "engine/model/config.h"
#include "sim/reasoner/rollout.h"

namespace dg::sim {

/// How a response is led. kFree: not at all. kDirect: '#' is put first. kSteps: where the model would answer (or recheck, or end)
/// before its last step, the next slot's letter is put instead; the digits are always its own.
enum class Style { kFree, kDirect, kSteps };

struct Thinking {
    Style style = Style::kFree;
    std::int64_t cap = -1;   // after so many tokens of the response '#' is put; -1 = no cap
    std::int64_t waits = 0;  // so many times `word` is put where '#' would come
    char word = 'w';         // 'w': wait, the last digit once more; '?': let me check, a second pass
};

/// The hook that leads roll_out() so. `problems` must outlive it.
Forcing forced_thinking(std::span<const Problem> problems, const Thinking& thinking);

/// Multiply-adds of decoding counted as two operations each, matrix products only (V3's count: 2 N per token for the N active
/// weights, and what attention does for every token in the cache).
struct DecodeFlops {
    double per_token = 0;   // 2 * count_parameters().active
    double per_cached = 0;  // for each token looked at; absorbed MLA: layers * heads * (2 (r + dr) + 2 r)

    /// n generated tokens behind a prompt of `prompt`: n passes, the first over the prompt's last token.
    [[nodiscard]] double response(std::int64_t prompt, double n) const { return n * per_token + per_cached * (n * static_cast<double>(prompt) + n * (n - 1) / 2); }
};

DecodeFlops decode_flops(const Config& config);

/// One way of answering, measured.
struct Trial {
    Skill skill;
    double flops = 0;  // mean per response
};

/// Error codes: those of roll_out.
Result<Trial> measure_thinking(const PackedModel& model, std::span<const Problem> problems, std::int64_t samples, const Thinking& thinking, RolloutSettings settings,
                               const std::function<bool()>& go_on = {});

/// The answer digit of a response that has the right form, else -1.
int answer_digit(std::string_view response);

}  // namespace dg::sim
