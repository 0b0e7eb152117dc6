// A training recipe: everything that decides a run, as one TOML file (assets/recipes/*.toml). The same recipe and seed give
// the same model bit for bit on one machine class.
#pragma once

#include "engine/base/result.h"
#include "engine/model/config.h"
#include "engine/train/trainer.h"
#include "sim/reasoner/sft.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dg::sim {

/// [[phase]], [data], [gate]: what makes a recipe one of a reasoner (sim/reasoner).
struct SftRecipe {
    std::vector<Phase> phases;
    std::filesystem::path init;                 // `init`: model folder to start from, relative to the recipe; empty = fresh weights
    std::int64_t tokens_per_batch = 2048;       // padded
    double gate_chain = 0, gate_wait_gap = 0;   // accuracy of full scratchpads, P(wait | wrong) - P(wait | right); 0 = no gate
};

struct Recipe {
    std::string name;
    std::uint64_t seed = 1;                 // weights, data and evaluation streams are keyed by it
    Config model;                           // [model]: the keys of config.json
    std::vector<std::string> specials;      // [tokenizer]: special tokens, lowest ids; the first ends a document
    std::int64_t tokenizer_bytes = 4 << 20; // text the merges are learnt from
    std::int64_t rows = 16, length = 256;   // [data]: one batch
    std::int64_t micro_batches = 1;         // batches per step
    std::int64_t eval_documents = 100;      // per domain, held out
    std::int64_t checkpoint_steps = 500;    // steps between checkpoints
    std::string dtype = "bf16";             // of the finished model
    TrainSettings train;                    // [train]; also numerics, moments and loss_scale
    std::optional<SftRecipe> reasoner;      // [[phase]] present
    std::string text;                       // the file itself, kept for the card
};

/// The words of --numerics, for training: the emulated accumulator is left out (it has no gradient of its own and is far too
/// slow). Error codes: those of parse_numerics, recipe_accumulator.
Result<Numerics> training_numerics(const std::string& text);

/// Reads and validates. Error codes: file_read, recipe_syntax, recipe_unknown_key, recipe_range, recipe_missing, config_*,
/// usage_numerics*, recipe_accumulator;
/// `where` is file:line:column.
Result<Recipe> load_recipe(const std::filesystem::path& file);
Result<Recipe> parse_recipe(const std::string& text, const std::string& where);

}  // namespace dg::sim
