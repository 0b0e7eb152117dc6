// One part changed, everything else equal: the tiny mixture of sim/fp8_lab trained again and again on the same data, with
// balance losses of several strengths (balance-loss) and with or without a multi-token prediction module (mtp-gain).
#pragma once

#include "engine/tokenizer/tokenizer.h"
#include "sim/pretrain/recipe.h"

#include <functional>

namespace dg::sim::ablations {

/// What is left of one run.
struct Outcome {
    double held_out = 0;       // main loss on fresh batches, nats per token
    double max_vio = 0;        // mean over the last quarter of the steps
    double max_vio_first = 0;  // mean over the first ten steps
    std::int64_t parameters = 0;
    bool diverged = false;     // held_out and max_vio are NaN
};

/// Trains a recipe and measures. Bit-equal for equal arguments at any thread count. `keep_going` is asked after every step
/// (false: error code cancelled).
Result<Outcome> train_once(const Recipe& recipe, const Tokenizer& tokenizer, const std::function<bool(std::int64_t step)>& keep_going);

}  // namespace dg::sim::ablations
