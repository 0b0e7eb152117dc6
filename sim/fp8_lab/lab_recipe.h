// The model that the FP8 experiments train: mini's width, fewer layers, no MTP; its own small tokenizer, so that the experiment
// needs no files.
#pragma once

#include "engine/tokenizer/tokenizer.h"
#include "sim/pretrain/recipe.h"

namespace dg::sim::fp8_lab {

/// d = `width` (a multiple of 32), three layers (one dense), 8 experts, context 128, 1024 tokens a step.
/// Error codes: those of parse_recipe.
Result<Recipe> lab_recipe(std::int64_t width, std::int64_t steps, std::uint64_t seed);

/// 512 tokens learnt from the corpus grammar; the same for every seed. Error codes: those of Tokenizer::train.
Result<Tokenizer> lab_tokenizer();

/// Mean main loss, nats per token, over 16 batches of a stream that training never reads; products as in training with `numerics`.
Result<double> held_out_loss(const Recipe& recipe, const Tokenizer& tokenizer, const Model<float>& model, const Numerics& numerics = {});

}  // namespace dg::sim::fp8_lab
