// MODEL, -p TEXT and --ids: what most subcommands begin with.
#pragma once

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace dg::app {

struct Context;

/// The options as written.
struct ModelWords {
    std::string model, prompt, ids, numerics = "f32";
    bool has_prompt = false, has_ids = false;
};

/// A model and, when the directory has one, its tokenizer.
struct OpenModel {
    std::filesystem::path directory;
    Model<float> model;
    std::optional<Tokenizer> tokenizer;
};

/// Declares MODEL (and, when asked, -p and --ids, --numerics).
void declare_model(CLI::App& cli, const Context& context, ModelWords& words, bool with_tokens, bool with_ids = true);

/// A directory, or the name of a shipped model (assets/models/NAME).
Result<std::filesystem::path> model_directory(const std::string& name);
Result<OpenModel> open_model(const std::string& name);

/// The batch of -p or of --ids "1,2,3;4,5,6" (rows of equal length). Error codes: usage_tokens, usage_ids, tokenizer_missing,
/// empty_prompt.
Result<TokenBatch> read_tokens(const OpenModel& model, const ModelWords& words);

/// --numerics of a command without other words: declares the option on `text`.
void declare_numerics(CLI::App& cli, const Context& context, std::string& text);

/// "0,2,5,3" -> cell. Error code: usage_at.
Result<Index> read_index(const std::string& text);

}  // namespace dg::app
