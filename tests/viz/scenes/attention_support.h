// A small model with random weights and a small tokenizer: what the tests of the attention and
// tokens scenes run on.
#pragma once

#include "viz/scenes/session.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace dg::viz {

inline const Tokenizer& small_tokenizer() {
    static const Tokenizer tokenizer = [] {
        std::string corpus;
        for (int copy = 0; copy < 4; ++copy) {
            corpus +=
                "湖南大学在长沙。湖南大学是一所大学，岳麓书院在湖南大学。<|doc|>"
                "Hunan University is a university in Changsha. The university is on the "
                "river.<|doc|>"
                "a fluffy blue creature roamed the verdant forest and the creature saw another "
                "creature<|doc|>";
        }
        return Tokenizer::train(corpus, 400, {"<|doc|>", "<|end|>"}).value();
    }();
    return tokenizer;
}

inline Config small_config(AttentionKind kind = AttentionKind::kMla) {
    Config c;
    c.vocab_size = small_tokenizer().vocab_size();
    c.hidden_size = 32, c.intermediate_size = 48, c.num_hidden_layers = 2,
    c.first_k_dense_replace = 2;
    c.num_attention_heads = c.num_key_value_heads = 4;
    c.max_position_embeddings = 320, c.attention = kind;
    c.q_lora_rank = 16, c.kv_lora_rank = 8, c.qk_nope_head_dim = 8, c.qk_rope_head_dim = 4,
    c.v_head_dim = 6;
    if (kind != AttentionKind::kMla)
        c.head_dim = 8, c.num_key_value_heads = kind == AttentionKind::kGqa ? 2 : 4;
    return c;
}

inline std::shared_ptr<const LoadedModel> small_model(AttentionKind kind = AttentionKind::kMla) {
    auto loaded = std::make_shared<LoadedModel>();
    loaded->name = "small";
    loaded->tokenizer = small_tokenizer();
    loaded->model = random_model(small_config(kind), 3);
    // queries and keys of random weights are nearly equal everywhere: make the scores differ
    for (auto& [name, tensor] : loaded->model.weights.tensors) {
        if (name.find("q_b_proj") == std::string::npos && name.find("q_proj") == std::string::npos)
            continue;
        for (std::int64_t i = 0; i < tensor.size(); ++i) tensor[i] *= 6;
    }
    return loaded;
}

inline std::shared_ptr<const Trace> small_trace(const std::string& prompt,
                                                AttentionKind kind = AttentionKind::kMla) {
    auto trace = std::make_shared<Trace>();
    trace->model = small_model(kind), trace->prompt = prompt;
    trace->tokens = trace->model->tokenizer.encode_spans(prompt);
    trace->batch.batch = 1, trace->batch.length = static_cast<std::int64_t>(trace->tokens.size());
    for (const TokenSpan& token : trace->tokens) trace->batch.ids.push_back(token.id);
    const Result<void> done = forward(trace->model->model, trace->batch, {}, trace->tape);
    EXPECT_TRUE(done.has_value());
    return trace;
}

/// A text of exactly `tokens` tokens.
inline std::string long_prompt(std::int64_t tokens) {
    std::string text;
    const std::string words[] = {" Hunan", " creature", "湖", " the",
                                 "南",     " river",    "大", " blue"};
    for (int i = 0; static_cast<std::int64_t>(small_tokenizer().encode(text).size()) < tokens; ++i)
        text += words[i % 8];
    while (static_cast<std::int64_t>(small_tokenizer().encode(text).size()) > tokens)
        text.pop_back();
    while (static_cast<std::int64_t>(small_tokenizer().encode(text).size()) < tokens) text += "x";
    return text;
}

/// The drawing equals tests/viz/scenes/golden/<name>.log line by line. DG_UPDATE_GOLDEN=1 writes
/// the file instead.
inline void expect_golden(const std::string& name, const std::string& log) {
    const std::string file =
        std::string(DEEPGLASS_SOURCE_DIR) + "/tests/viz/scenes/golden/" + name + ".log";
    if (std::getenv("DG_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << log;
    std::ifstream in(file, std::ios::binary);
    ASSERT_TRUE(in.is_open()) << file;
    std::istringstream drawn(log);
    std::string expected, actual;
    for (int line = 1; std::getline(in, expected); ++line) {
        ASSERT_TRUE(std::getline(drawn, actual))
            << file << ":" << line << ": the drawing ends here";
        ASSERT_EQ(actual, expected) << file << ":" << line;
    }
    EXPECT_FALSE(std::getline(drawn, actual)) << file << ": the drawing goes on with " << actual;
}

}  // namespace dg::viz
