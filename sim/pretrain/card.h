// What a shipped model is and what it learnt, measured on the rounded weights: the numbers of card.json.
#pragma once

#include "engine/tokenizer/tokenizer.h"
#include "sim/pretrain/recipe.h"

#include <string>
#include <vector>

namespace dg::sim {

/// Loss of whole held-out documents of one domain against the exact entropy of the grammar.
struct DomainLoss {
    std::string domain;
    std::int64_t documents = 0, tokens = 0, bytes = 0;
    double model_nats = 0;    // mean per document, from the left border to the end token
    double entropy_nats = 0;  // mean per document
    double mtp_agreement = 0; // share of positions where the MTP module's choice is the main model's next choice
};

/// Every domain, `documents` each, of a seed that training never uses.
std::vector<DomainLoss> domain_losses(const Model<float>& model, const Tokenizer& tokenizer, std::uint64_t seed, std::int64_t documents);

/// card.json as text.
Result<std::string> model_card(const Recipe& recipe, const Model<float>& model, const Tokenizer& tokenizer, std::int64_t tokens, double seconds);

}  // namespace dg::sim
