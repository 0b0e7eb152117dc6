// From scores to one token: divide by the temperature, softmax, keep the likeliest, roll. Every stage stays visible: the
// sampler scene draws SampleStages, `deepglass generate` only takes the token.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dg {

/// How a token is drawn.
struct SampleSettings {
    double temperature = 1;   // >= 0, finite; 0 = the most likely token, without dividing by it
    std::int64_t top_k = 0;   // keep the k likeliest; 0 = off
    double top_p = 1;         // (0, 1]: keep the fewest likeliest tokens whose probabilities reach p; 1 = off
};

/// All stages over the whole vocabulary, indexed by token id unless said otherwise.
struct SampleStages {
    std::vector<double> logits;       // as given
    std::vector<double> scaled;       // logits / temperature; the logits themselves at temperature 0
    std::vector<double> probs;        // softmax(scaled); at temperature 0: 1 for the first largest logit, 0 elsewhere
    std::vector<double> kept;         // probs of the kept tokens divided by their sum, 0 for the cut ones
    std::vector<std::int32_t> order;  // ids, most likely first; equals in vocabulary order
    std::int64_t cut_k = 0, cut_p = 0;  // tokens that each rule alone keeps, counted along `order`
    double kept_mass = 0;             // sum of probs over the kept tokens

    /// Tokens kept by both rules; at least 1.
    [[nodiscard]] std::int64_t keep() const { return cut_k < cut_p ? cut_k : cut_p; }
};

/// Computes the stages. Both cuts are read off the full softmax, so the smaller of the two counts wins. -inf logits are
/// tokens that may not be chosen: probability 0. O(V log V), in double.
/// Error codes: sample_temperature, sample_top_k, sample_top_p (arg value), sample_logits (arg index: NaN, +inf, or no
/// finite logit at all).
Result<SampleStages> sample_stages(std::span<const float> logits, const SampleSettings& settings);

/// The token hit by u in [0, 1) on the strip of kept probabilities, laid out along `order`.
std::int32_t sample(const SampleStages& stages, double u);

/// Where the slice of kept token order[rank] begins on the strip; slice_begin(stages, keep()) is 1 up to rounding.
double slice_begin(const SampleStages& stages, std::int64_t rank);

/// ln softmax(logits)[id] in nats, without temperature; logits finite or -inf, at least one finite.
double log_probability(std::span<const float> logits, std::int32_t id);

/// -sum p ln p in nats, 0 ln 0 = 0.
double entropy_nats(std::span<const double> probs);

}  // namespace dg
