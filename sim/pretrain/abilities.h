// What a model trained on the corpus can do, and where inside it is done: the second half of card.json. Every number is
// measured with the probe sets of sim/corpus/probes.h, greedily, after the document border.
#pragma once

#include "engine/model/decode.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/corpus/probes.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace dg::sim {

/// ln P(continuation | prompt), summed over the continuation's tokens. Error codes of Decoder::append.
Result<double> log_probability(const PackedModel& packed, const Tokenizer& tokenizer, const std::string& prompt, const std::string& continuation);

/// Share of probes whose greedy continuation begins with the answer, and the mean probability of that first choice.
struct ProbeScore {
    double accuracy = 0, mean_probability = 0, other_rate = 0;  // other_rate: how often the rival answer comes instead
    std::int64_t n = 0;
};
/// `anywhere`: the model may work first; the answer must occur in its text up to the document's end.
ProbeScore score_probes(const PackedModel& packed, const Tokenizer& tokenizer, const std::vector<Probe>& probes, bool anywhere = false);

/// Questions, notes, memory, additions, copying, web addresses, and the exact and measured shares after 湖南大.
nlohmann::ordered_json answers(const Model<float>& model, const Tokenizer& tokenizer);

/// Attention of the asking token to its evidence, by layer and head; heads' habits; silhouettes of word senses by layer;
/// expert load by group of domains with its mutual information (nats) and that of shuffled labels.
nlohmann::ordered_json inner_life(const Model<float>& model, const Tokenizer& tokenizer);

}  // namespace dg::sim
