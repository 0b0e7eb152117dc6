// The same weights in other number formats: how far every layer strays from f32, when the greedy text first differs, and what
// happens when the router is quantised too.
#pragma once

#include "engine/fp8/numerics.h"
#include "engine/model/model.h"

#include <functional>
#include <string>
#include <vector>

namespace dg::sim::fp8_lab {

/// One format beside f32 on the same tokens.
struct LayerErrors {
    Numerics numerics;
    std::vector<double> error = {};  // ||h^ - h|| / ||h|| of embed, layers.0.out, ..., norm, logits
    double divergence = 0;          // mean over positions of KL(f32 || this), nats
    std::int64_t tokens = 0;
    std::int64_t choices_changed = 0;  // positions whose most likely next token is another one
    std::int64_t first_changed = -1;   // the first of them; -1 = none
    bool finite = true;                // all logits are numbers
};

/// Names of the tensors that LayerErrors::error follows.
std::vector<std::string> followed_tensors(const Config& config);
/// Compares two recorded runs of the same tokens.
LayerErrors compare_runs(const Config& config, const Tape<float>& reference, const Tape<float>& run, const Numerics& numerics);

/// The greedy continuation; shorter when the context is full. Error codes: those of Decoder::append.
Result<std::vector<std::int32_t>> greedy_text(const Model<float>& model, const Numerics& numerics, const std::vector<std::int32_t>& prompt,
                                              int tokens, const std::function<bool(double)>& report);

/// What quantising the router as well would change, from the recorded inputs of every router.
struct GateFlips {
    std::int64_t layer = 0;
    std::vector<int> changed = {};  // by token: how many of its chosen experts differ
    std::int64_t tokens = 0, tokens_changed = 0;
};
/// The router's product with both operands quantised, its inputs being those of the recorded run; one entry per expert layer.
std::vector<GateFlips> gate_flips(const Model<float>& model, const Tape<float>& run, const Numerics& numerics);

}  // namespace dg::sim::fp8_lab
