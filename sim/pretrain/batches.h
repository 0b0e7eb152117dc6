// Training batches from the corpus grammar: every row is its own run of fresh documents, so batches need no order.
#pragma once

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/pretrain/recipe.h"

namespace dg::sim {

/// One row of `length` tokens: documents number row * 64, row * 64 + 1, ... of the seed, each followed by the end token, cut at
/// the length. Half of the rows begin with the end token (a document's left border), a quarter directly with a document and
/// a quarter somewhere inside one: prompts come without a border and may be fragments.
std::vector<std::int32_t> packed_row(const Tokenizer& tokenizer, std::uint64_t seed, std::uint64_t row, std::int64_t length);

/// Batch `index` (counted over steps and micro-batches) of a recipe.
TokenBatch training_batch(const Recipe& recipe, const Tokenizer& tokenizer, std::int64_t index);

}  // namespace dg::sim
