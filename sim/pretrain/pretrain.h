// The pre-training job: recipe in, HuggingFace model directory with card and curves out. Runs the same from the command
// line, the window and a test.
#pragma once

#include "sim/pretrain/recipe.h"

#include <filesystem>
#include <functional>
#include <stop_token>

namespace dg::sim {

/// One line of progress; rates are wall-clock and go to timing.csv, never to curves.csv.
struct PretrainProgress {
    StepStats stats;
    std::int64_t steps = 0;
    double tokens_per_second = 0, seconds_left = 0;
};

struct PretrainOptions {
    std::filesystem::path out;
    bool resume = false;  // go on from out/checkpoints; without it a run refuses a folder that holds one
    std::function<void(const PretrainProgress&)> progress = [](const PretrainProgress&) {};
};

/// Trains, writes checkpoints (out/checkpoints/latest.safetensors, whole or not at all) and, when done, config.json,
/// model.safetensors, tokenizer.json, curves.csv, timing.csv and card.json. A stop request saves a checkpoint and returns the
/// error `cancelled`; a loss that is not finite returns `diverged` with step and loss. Error codes besides: those of the recipe,
/// of files and of checkpoints, out_holds_run.
Result<void> pretrain(const Recipe& recipe, const PretrainOptions& options, std::stop_token stop);

}  // namespace dg::sim
