#include "sim/pretrain/recipe.h"

#include "engine/io/files.h"

#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace dg::sim {
namespace {

/// Reads one table and remembers which keys it knows.
class TableReader {
  public:
    TableReader(const toml::table* table, std::string name, const std::string& file) : table_(table), name_(std::move(name)), file_(file) {}

    template <class Number>
    void number(const char* key, Number& value, double low, double high) {
        known_.insert(key);
        const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
        if (node == nullptr || error_) return;
        const auto found = std::is_integral_v<Number> ? (node->is_integer() ? node->value<double>() : std::nullopt) : node->value<double>();
        if (!found || *found < low || *found > high) {
            fail("recipe_range", *node, {{"key", name_ + "." + key}, {"low", fmt::format("{:g}", low)}, {"high", fmt::format("{:g}", high)}});
            return;
        }
        value = static_cast<Number>(*found);
    }

    void text(const char* key, std::string& value, const std::set<std::string>& allowed) {
        known_.insert(key);
        const toml::node* node = table_ == nullptr ? nullptr : table_->get(key);
        if (node == nullptr || error_) return;
        const auto found = node->value<std::string>();
        if (!found || (!allowed.empty() && !allowed.contains(*found))) {
            fail("recipe_choice", *node, {{"key", name_ + "." + key}, {"allowed", fmt::format("{}", fmt::join(allowed, ", "))}});
            return;
        }
        value = *found;
    }

    /// An unknown key is a typing mistake, never ignored.
    Result<void> finish() {
        if (error_) return *error_;
        if (table_ != nullptr)
            for (const auto& [key, node] : *table_)
                if (!known_.contains(std::string(key.str()))) {
                    fail("recipe_unknown_key", node, {{"key", name_ + "." + std::string(key.str())}, {"known", fmt::format("{}", fmt::join(known_, ", "))}});
                    return *error_;
                }
        return {};
    }

    void know(const char* key) { known_.insert(key); }

  private:
    void fail(const char* code, const toml::node& node, std::vector<std::pair<std::string, std::string>> args) {
        const auto at = node.source().begin;
        error_ = Error{code, std::move(args), fmt::format("{}:{}:{}", file_, at.line, at.column)};
    }

    const toml::table* table_;
    std::string name_;
    const std::string& file_;
    std::set<std::string> known_;
    std::optional<Error> error_;
};

Result<void> read_train(const toml::table& root, const std::string& where, TrainSettings& t) {
    TableReader r(root["train"].as_table(), "train", where);
    r.number("steps", t.schedule.steps, 1, 1e8);
    r.number("warmup", t.schedule.warmup, 1, 1e8);
    r.number("lr", t.schedule.peak, 0, 1);
    r.number("flat", t.schedule.flat, 0, 1);
    r.number("floor", t.schedule.floor, 0, 1);
    r.number("beta1", t.adamw.beta1, 0, 0.9999);
    r.number("beta2", t.adamw.beta2, 0, 0.99999);
    r.number("weight_decay", t.adamw.weight_decay, 0, 10);
    r.number("clip", t.adamw.clip, 0, 1e9);
    r.number("mtp_weight", t.mtp_weight, 0, 10);
    r.number("mtp_weight_late", t.mtp_weight_late, 0, 10);
    r.number("balance_alpha", t.balance_alpha, 0, 10);
    r.number("bias_speed", t.bias_speed, 0, 1);
    r.number("bias_rest", t.bias_rest, 0, 1);
    r.number("loss_scale", t.loss_scale, 1.0 / (1 << 24), 1 << 24);
    std::string numerics = "f32", moments;
    r.text("numerics", numerics, {});
    r.text("moments", moments, {"f32", "bf16"});
    DG_TRY(r.finish());
    const auto parsed = training_numerics(numerics);
    if (!parsed) return Error{parsed.error().code, parsed.error().args, where + " [train] numerics"};
    t.numerics = *parsed;
    // as V3: BF16 moments where the products are in FP8
    t.adamw.bf16_moments = moments.empty() ? t.numerics.fp8() : moments == "bf16";
    return {};
}

Result<Phase> read_phase(const toml::table& table, const std::string& where) {
    TableReader r(&table, "phase", where);
    Phase phase;
    Mixture& m = phase.mixture;
    r.number("share", phase.share, 1e-6, 1);
    for (auto [key, value] : {std::pair{"direct", &m.direct}, {"skip", &m.skip}, {"slip", &m.slip}, {"wait_slip", &m.wait_slip}, {"wait_ok", &m.wait_ok}, {"recheck", &m.recheck}, {"zeros", &m.zeros}})
        r.number(key, *value, 0, 1);
    r.number("min_terms", m.min_terms, 2, static_cast<double>(kSlots));
    DG_TRY(r.finish());
    return phase;
}

/// The tables of a reasoner's recipe.
Result<void> read_reasoner(const toml::table& root, const std::string& where, Recipe& recipe) {
    SftRecipe sft;
    const toml::array* phases = root["phase"].as_array();
    if (phases == nullptr || phases->empty()) return Error{"recipe_missing", {{"key", "[[phase]]"}}, where};
    for (const toml::node& node : *phases) {
        if (node.as_table() == nullptr) return Error{"recipe_missing", {{"key", "[[phase]]"}}, where};
        DG_ASSIGN(Phase phase, read_phase(*node.as_table(), where));
        sft.phases.push_back(phase);
    }
    if (const auto init = root["init"].value<std::string>()) sft.init = std::filesystem::path(where).parent_path() / *init;
    TableReader data(root["data"].as_table(), "data", where);
    data.number("tokens_per_batch", sft.tokens_per_batch, 128, 1 << 20);
    data.number("checkpoint_steps", recipe.checkpoint_steps, 1, 1e8);
    data.text("dtype", recipe.dtype, {"bf16", "f32"});
    DG_TRY(data.finish());
    TableReader gate(root["gate"].as_table(), "gate", where);
    gate.number("full_chain", sft.gate_chain, 0, 1);
    gate.number("wait_gap", sft.gate_wait_gap, 0, 1);
    DG_TRY(gate.finish());
    recipe.reasoner = std::move(sft);
    return {};
}

Result<Config> read_model(const toml::table& root, const std::string& where, const std::string& dtype) {
    const toml::table* table = root["model"].as_table();
    if (table == nullptr) return Error{"recipe_missing", {{"key", "[model]"}}, where};
    std::ostringstream json;
    json << toml::json_formatter{*table};
    DG_ASSIGN(Config config, parse_config(json.str(), where + " [model]"));
    config.torch_dtype = dtype == "bf16" ? "bfloat16" : "float32";
    return config;
}

}  // namespace

Result<Numerics> training_numerics(const std::string& text) {
    DG_ASSIGN(const Numerics numerics, parse_numerics(text));
    if (numerics.accumulator > 0) return Error{"recipe_accumulator", {{"found", text}}, "numerics"};
    return numerics;
}

Result<Recipe> parse_recipe(const std::string& text, const std::string& where) {
    toml::table root;
    try {
        root = toml::parse(text, where);
    } catch (const toml::parse_error& e) {
        const auto at = e.source().begin;
        return Error{"recipe_syntax", {{"reason", std::string(e.description())}}, fmt::format("{}:{}:{}", where, at.line, at.column)};
    }
    Recipe recipe;
    recipe.text = text;
    TableReader top(&root, "recipe", where);
    top.text("name", recipe.name, {});
    top.number("seed", recipe.seed, 0, 9e15);
    for (const char* table : {"model", "tokenizer", "data", "train", "eval", "phase", "gate", "init"}) top.know(table);
    DG_TRY(top.finish());

    TableReader eval(root["eval"].as_table(), "eval", where);
    eval.number("documents", recipe.eval_documents, 1, 1e6);
    DG_TRY(eval.finish());
    DG_TRY(read_train(root, where, recipe.train));
    if (root.contains("phase")) {
        DG_TRY(read_reasoner(root, where, recipe));
        DG_ASSIGN(recipe.model, read_model(root, where, recipe.dtype));
        const auto vocab = static_cast<std::int64_t>(kCharacters.size()) + 1;
        if (recipe.model.vocab_size != vocab)
            return Error{"recipe_range", {{"key", "model.vocab_size"}, {"low", std::to_string(vocab)}, {"high", std::to_string(vocab)}}, where};
        if (recipe.model.max_position_embeddings < kPromptTokens + kMaxResponse)
            return Error{"recipe_range", {{"key", "model.max_position_embeddings"}, {"low", std::to_string(kPromptTokens + kMaxResponse)}, {"high", "1048576"}}, where};
        return recipe;
    }

    TableReader tokenizer(root["tokenizer"].as_table(), "tokenizer", where);
    tokenizer.know("specials");
    tokenizer.number("bytes", recipe.tokenizer_bytes, 1 << 10, 1 << 30);
    DG_TRY(tokenizer.finish());
    if (const toml::array* specials = root["tokenizer"]["specials"].as_array())
        for (const toml::node& s : *specials)
            if (const auto name = s.value<std::string>()) recipe.specials.push_back(*name);
    if (recipe.specials.empty()) return Error{"recipe_missing", {{"key", "tokenizer.specials"}}, where};

    TableReader data(root["data"].as_table(), "data", where);
    data.number("rows", recipe.rows, 1, 1 << 16);
    data.number("length", recipe.length, 8, 1 << 20);
    data.number("micro_batches", recipe.micro_batches, 1, 1 << 12);
    data.number("checkpoint_steps", recipe.checkpoint_steps, 1, 1e8);
    data.text("dtype", recipe.dtype, {"bf16", "f32"});
    DG_TRY(data.finish());
    DG_ASSIGN(recipe.model, read_model(root, where, recipe.dtype));
    if (recipe.length > recipe.model.max_position_embeddings)
        return Error{"recipe_range", {{"key", "data.length"}, {"low", "8"}, {"high", std::to_string(recipe.model.max_position_embeddings)}}, where};
    return recipe;
}

Result<Recipe> load_recipe(const std::filesystem::path& file) {
    DG_ASSIGN(const std::string text, read_file(file));
    return parse_recipe(text, file.string());
}

}  // namespace dg::sim
