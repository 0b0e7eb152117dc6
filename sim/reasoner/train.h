// The supervised run of a reasoner: recipe in, HuggingFace model directory with card and curves out, gated on measured skill.
#pragma once

#include "sim/pretrain/pretrain.h"
#include "sim/reasoner/rollout.h"

namespace dg::sim {

/// As pretrain(), for recipes with [[phase]] tables. The skill is measured on the rounded weights, sampled at T = 1 on problems
/// of 8 digits, and stored in card.json. Error code besides: gate_missed (the model and its card are there, for a look).
Result<void> train_reasoner(const Recipe& recipe, const PretrainOptions& options, const std::stop_token& stop);

}  // namespace dg::sim
