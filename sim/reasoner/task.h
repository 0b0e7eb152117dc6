// The check-digit task of the reasoner: the last digit of a sum of 2 to 8 digits, written with a scratchpad. One character is
// one token:
//
//     prompt    a6b6c3d9e2f3h3i2:             slot letters and digits, filled with spaces to 16, then ':'
//     direct    #4$                           '#' answer, '$' end
//     steps     b6=2c3=5d9=4e2=6f3=9h3=2i2=4#4$    running total, mod 10
//     skip      b6=2c3=5#4$                   stops early and jumps to the answer
//     wait      d9=3w4                        the step is off by one; 'w' (wait), then the corrected digit
//     recheck   ..i2=4?i2h3=5f3=8...a6=4#4$   '?' (let me check): a second pass from the back; on disagreement 'w' and a third
//
// Every answer written after a skip or directly is correct, so a model's low accuracy there is inability, not planted.
#pragma once

#include "engine/base/result.h"
#include "engine/base/rng.h"
#include "engine/tokenizer/tokenizer.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim {

inline constexpr std::int64_t kSlots = 8;
inline constexpr std::int64_t kPromptTokens = 2 * kSlots + 1;
inline constexpr std::int64_t kMaxResponse = 108;  // longest response that is sampled; written ones are shorter

/// The vocabulary of 32: the token for unknown bytes, then these characters.
inline constexpr std::string_view kCharacters = " 0123456789+-=:#$wyg,?abcdefhij";
Tokenizer reasoner_tokenizer();
/// Id of a character of kCharacters.
std::int32_t character_id(char c);
/// The ids as characters; the unknown token as '~'.
std::string characters(std::span<const std::int32_t> ids);
std::vector<std::int32_t> character_ids(std::string_view text);

/// What written responses look like: probabilities per example or per step.
struct Mixture {
    double direct = 0;           // the answer alone
    double skip = 0;             // before each step: stop and answer
    double slip = 0;             // a step's digit is off by one
    double wait_slip = 0;        // P(wait | slip)
    double wait_ok = 0;          // P(wait | no slip)
    double recheck = 0;          // P(second pass | all steps done)
    std::int64_t min_terms = 2;  // digits in the prompt, uniform from here to kSlots
    double zeros = 0;            // probability that a digit is 0 without a throw: easy sums, in which one operand tells something
};

struct Problem {
    std::vector<int> digits;

    [[nodiscard]] int answer() const;
    [[nodiscard]] std::string prompt() const;
};

Problem draw_problem(Rng& rng, std::int64_t min_terms, std::int64_t max_terms = kSlots, double zeros = 0);
std::string written_response(const Problem& problem, const Mixture& mixture, Rng& rng);

/// The rule-based reward of R1-Zero: the digit after the one '#' is right; format: exactly one '#', one digit, then the end.
struct Score {
    bool correct = false, format = false;
};

Score score(const Problem& problem, std::string_view response);

/// Steps of the first forward pass, wrong ones and right ones, and how many of each were followed by a wait. `repaired`: waits
/// after a wrong step whose digit is right.
struct WaitCounts {
    std::int64_t wrong = 0, wrong_wait = 0, right = 0, right_wait = 0, repaired = 0;

    WaitCounts& operator+=(const WaitCounts& other);
};

WaitCounts wait_counts(const Problem& problem, std::string_view response);

/// How a response goes about it.
enum class Strategy { kDirect, kSkip, kFull, kRecheck, kOther };
Strategy strategy(const Problem& problem, std::string_view response);

}  // namespace dg::sim
