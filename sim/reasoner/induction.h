// Induction heads (Olsson et al. 2022, arXiv 2209.11895): heads that look from a token to what followed its earlier occurrence.
#pragma once

#include "engine/model/model.h"
#include "sim/reasoner/task.h"

namespace dg::sim {

/// Least prefix-matching score that makes a head an induction head here: at least half of its attention, on average.
inline constexpr double kInduction = 0.5;

struct InductionScores {
    std::int64_t layers = 0, heads = 0;
    /// [layer * heads + head]: mean attention from a token of the second copy to the one that followed it in the first, over
    /// sequences of `half` distinct random tokens written twice. `uniform`: what an evenly spread row would score.
    std::vector<double> repeated;
    double uniform = 0;
    /// The same on sequences of the reasoner's own alphabet: from a slot letter in a response to the digit after it in a random
    /// prompt; `shuffled`: with the letters of the prompt in random order. Empty for models of another vocabulary.
    std::vector<double> lookup, shuffled;
    double lookup_uniform = 0, shuffled_uniform = 0;
    /// Highest score and its head.
    [[nodiscard]] static std::size_t best(const std::vector<double>& scores);
};

/// Token ids of one repeated sequence: ids in [first_id, vocab), no two equal among the first `half`.
std::vector<std::int32_t> repeated_sequence(std::int32_t first_id, std::int32_t vocab, std::int64_t half, std::uint64_t seed, std::uint64_t number);
/// Random digits behind the eight slot letters, in the alphabet's or in random order (which no training example has: place tells
/// nothing there), the faultless response behind it; and for every position the one whose attention counts (-1: none).
struct LookupSequence {
    std::vector<std::int32_t> ids;
    std::vector<std::int64_t> target;
};
LookupSequence lookup_sequence(bool shuffled, std::uint64_t seed, std::uint64_t number);

/// Over `count` sequences. Error codes: cancelled, those of forward().
Result<InductionScores> measure_induction(const Model<float>& model, std::int32_t first_id, std::int32_t vocab, std::int64_t half, std::int64_t count, bool lookup, std::uint64_t seed,
                                          const std::function<bool()>& go_on = {});

}  // namespace dg::sim
