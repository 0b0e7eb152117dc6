// Drafts change the number of passes, never the text; changed experts change what they should and nothing else.
#include "engine/base/rng.h"
#include "engine/io/hf.h"
#include "engine/model/speculative.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace dg {
namespace {

Config tiny(AttentionKind kind = AttentionKind::kMla) {
    Config c;
    c.vocab_size = 24;
    c.hidden_size = 32, c.intermediate_size = 40, c.moe_intermediate_size = 16;
    c.num_hidden_layers = 3, c.first_k_dense_replace = 1, c.num_nextn_predict_layers = 1;
    c.num_attention_heads = c.num_key_value_heads = 4, c.head_dim = 8;
    c.n_routed_experts = 8, c.n_shared_experts = 1, c.num_experts_per_tok = 2, c.n_group = 4, c.topk_group = 2;
    c.q_lora_rank = 16, c.kv_lora_rank = 12, c.qk_nope_head_dim = 8, c.qk_rope_head_dim = 4, c.v_head_dim = 8;
    c.max_position_embeddings = 96;
    c.attention = kind;
    return c;
}

std::vector<std::int32_t> ids_of(std::int64_t n, std::int64_t vocab, std::uint64_t seed) {
    Rng rng = Rng::keyed(seed, "ids");
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < n; ++i) ids.push_back(static_cast<std::int32_t>(rng.below(static_cast<std::uint32_t>(vocab))));
    return ids;
}

Model<float> shipped() { return load_model(std::string(DEEPGLASS_SOURCE_DIR) + "/assets/models/mini").value(); }

/// The same text with and without drafts, and passes that add up.
void same_text(const PackedModel& packed, std::span<const std::int32_t> prompt, GenerateSettings settings, const std::string& what) {
    settings.drafts = true;
    const Result<GeneratedText> with = generate(packed, prompt, settings);
    settings.drafts = false;
    const Result<GeneratedText> without = generate(packed, prompt, settings);
    ASSERT_TRUE(with && without) << what;
    EXPECT_EQ(with->ids, without->ids) << what;
    std::size_t written = 1;
    for (const VerifyPass& p : with->passes) {
        EXPECT_EQ(p.accepted, p.draft >= 0 && p.tokens[0] == p.draft) << what;
        EXPECT_LE(p.tokens.size(), p.accepted ? 2U : 1U) << what;
        written += p.tokens.size();
    }
    EXPECT_EQ(written, with->ids.size()) << what;
    EXPECT_EQ(without->passes.size() + 1, without->ids.size()) << what;
    EXPECT_EQ(without->drafted(), 0) << what;
}

TEST(Speculative, RandomModelsWriteTheSameTextGreedyAndSampled) {
    for (const AttentionKind kind : {AttentionKind::kMla, AttentionKind::kMha, AttentionKind::kGqa}) {
        Config c = tiny(kind);
        if (kind == AttentionKind::kGqa) c.num_key_value_heads = 2;
        const Model<float> model = random_model(c, 11);
        const PackedModel packed(model);
        for (const double temperature : {0.0, 0.7, 1.5})
            for (std::uint64_t seed = 1; seed <= 3; ++seed) {
                const auto prompt = ids_of(1 + static_cast<std::int64_t>(seed) * 3, c.vocab_size, seed);
                same_text(packed, prompt, {.tokens = 40, .sampling = {.temperature = temperature, .top_k = 8}, .seed = seed},
                          fmt::format("kind {} T {} seed {}", static_cast<int>(kind), temperature, seed));
            }
    }
}

TEST(Speculative, MiniAcceptsAndRejectsAndWritesTheSameText) {
    const Model<float> model = shipped();
    const PackedModel packed(model);
    std::int64_t accepted = 0, drafted = 0;
    for (const double temperature : {0.0, 1.0})
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            std::vector<std::int32_t> prompt{0};
            for (const std::int32_t id : ids_of(3, 1000, seed)) prompt.push_back(id);
            const GenerateSettings settings{.tokens = 60, .sampling = {.temperature = temperature}, .seed = seed};
            same_text(packed, prompt, settings, fmt::format("T {} seed {}", temperature, seed));
            const GeneratedText text = generate(packed, prompt, settings).value();
            accepted += text.accepted(), drafted += text.drafted();
        }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, drafted);
}

TEST(Speculative, StopsAtTheEndOfTheContext) {
    Config c = tiny();
    c.max_position_embeddings = 20;
    const Model<float> model = random_model(c, 3);
    const PackedModel packed(model);
    for (std::int64_t n = 1; n <= 20; ++n) same_text(packed, ids_of(n, c.vocab_size, 5), {.tokens = 64, .sampling = {}}, fmt::format("prompt {}", n));
}

TEST(Speculative, DraftsAreTheTapesModule) {
    const Model<float> model = random_model(tiny(), 7);
    const auto ids = ids_of(12, model.config.vocab_size, 2);
    Tape<float> tape;
    ASSERT_TRUE(forward(model, TokenBatch{1, 12, ids}, {}, tape));
    const Tensor<float>& expected = tape.value(tape.find("mtp.0.logits"));
    const PackedModel packed(model);
    Decoder decoder(packed);
    ASSERT_TRUE(decoder.append_all(ids));
    const std::vector<float> hidden(decoder.hidden().begin(), decoder.hidden().end());
    const auto dim = static_cast<std::size_t>(model.config.hidden_size);
    for (const std::size_t at : {std::size_t{1}, std::size_t{4}, std::size_t{11}}) {
        Decoder again(packed);
        ASSERT_TRUE(again.append_all(ids));
        const auto logits = again.draft({ids.data() + 1, at}, {hidden.data(), at * dim});
        ASSERT_TRUE(logits);
        for (std::size_t v = 0; v < logits->size(); ++v) ASSERT_NEAR((*logits)[v], expected.row(static_cast<std::int64_t>(at) - 1)[v], 2e-4);
    }
}

TEST(Speculative, AppendAllGivesEveryRowOfTheTape) {
    const Model<float> model = random_model(tiny(), 8);
    const auto ids = ids_of(9, model.config.vocab_size, 4);
    Tape<float> tape;
    ForwardOptions options;
    options.decode = true;
    ASSERT_TRUE(forward(model, TokenBatch{1, 9, ids}, options, tape));
    const Tensor<float>& expected = tape.value(tape.find("decode.logits"));
    const PackedModel packed(model);
    Decoder decoder(packed);
    const auto logits = decoder.append_all(ids);
    ASSERT_TRUE(logits);
    EXPECT_EQ(std::memcmp(logits->data(), expected.data(), logits->size_bytes()), 0);
}

TEST(Speculative, NeedsAModule) {
    Config c = tiny();
    c.num_nextn_predict_layers = 0;
    const Model<float> model = random_model(c, 1);
    const PackedModel packed(model);
    const Result<GeneratedText> text = generate(packed, std::vector<std::int32_t>{1}, {});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, "no_mtp");
}

// ---- changed experts --------------------------------------------------------------------------------------------------

Tensor<float> run_with(const Model<float>& model, const ExpertChanges& changes, const std::string& tensor) {
    Tape<float> tape;
    ForwardOptions options;
    options.experts = changes;
    EXPECT_TRUE(forward(model, TokenBatch{1, 10, ids_of(10, model.config.vocab_size, 6)}, options, tape));
    return tape.value(tape.find(tensor));
}

TEST(ExpertChanges, GainOneChangesNoBit) {
    const Model<float> model = random_model(tiny(), 9);
    const Tensor<float> plain = run_with(model, {}, "logits");
    ExpertChanges ones;
    ones.layers.assign(3, {.gain = std::vector<double>(9, 1.0), .weights_of = {0, 1, 2, 3, 4, 5, 6, 7}});
    const Tensor<float> same = run_with(model, ones, "logits");
    EXPECT_EQ(std::memcmp(plain.data(), same.data(), static_cast<std::size_t>(plain.size()) * sizeof(float)), 0);
}

TEST(ExpertChanges, AllMutedLeavesNothingOfTheMixture) {
    const Model<float> model = random_model(tiny(), 9);
    ExpertChanges none;
    none.layers.assign(3, {.gain = std::vector<double>(9, 0.0), .weights_of = {}});
    const Tensor<float> out = run_with(model, none, "layers.2.mlp.out");
    for (const float v : out.values()) EXPECT_EQ(v, 0.0F);
    none.layers[2].gain[8] = 1;  // the shared expert alone
    const Tensor<float> alone = run_with(model, none, "layers.2.mlp.out"), shared = run_with(model, none, "layers.2.mlp.shared.out");
    for (std::int64_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i], shared[i]);
}

TEST(ExpertChanges, SwappedExpertsAreTheOthersMatrices) {
    Model<float> model = random_model(tiny(), 9);
    ExpertChanges swap;
    swap.layers.resize(3);
    swap.layers[1].weights_of = {0, 5, 2, 3, 4, 1, 6, 7};
    const Tensor<float> changed = run_with(model, swap, "logits");
    for (const char* m : {"gate_proj", "up_proj", "down_proj"})
        std::swap(model.weights.at(fmt::format("model.layers.1.mlp.experts.1.{}.weight", m)), model.weights.at(fmt::format("model.layers.1.mlp.experts.5.{}.weight", m)));
    const Tensor<float> expected = run_with(model, {}, "logits");
    EXPECT_EQ(std::memcmp(changed.data(), expected.data(), static_cast<std::size_t>(changed.size()) * sizeof(float)), 0);
}

TEST(ExpertChanges, TheGroupLimitHolds) {
    const Model<float> model = random_model(tiny(), 9);
    for (const std::int64_t limit : {1, 2, 3, 4}) {
        ExpertChanges change;
        change.topk_group = limit;
        const Tensor<float> ids = run_with(model, change, "layers.1.mlp.gate.topk_ids");
        bool mixed = false;
        for (std::int64_t t = 0; t < 10; ++t) mixed = mixed || static_cast<int>(ids.row(t)[0]) / 2 != static_cast<int>(ids.row(t)[1]) / 2;
        EXPECT_EQ(mixed, limit > 1) << limit;
    }
}

TEST(ExpertChanges, ExplainRechecksAMutedMixture) {
    const Model<float> model = random_model(tiny(), 9);
    Tape<float> tape;
    ForwardOptions options;
    options.experts.layers.assign(3, {.gain = {0, 0.5, 1, 1, 0, 1, 2, 1, 0.25}, .weights_of = {}});
    ASSERT_TRUE(forward(model, TokenBatch{1, 10, ids_of(10, 24, 6)}, options, tape));
    for (const std::int64_t i : {0, 7, 31}) {
        const auto why = tape.explain("layers.1.mlp.out", {0, 4, i});
        ASSERT_TRUE(why);
        EXPECT_NEAR(why->difference(), 0, 1e-5);
    }
}

TEST(ExpertChanges, WhatDoesNotFitIsAnError) {
    const Model<float> model = random_model(tiny(), 9);
    const auto code = [&](const ExpertChanges& changes) {
        Tape<float> tape;
        ForwardOptions options;
        options.experts = changes;
        const Result<void> done = forward(model, TokenBatch{1, 2, {1, 2}}, options, tape);
        return done ? std::string("none") : done.error().code;
    };
    ExpertChanges gains, owners, limit;
    gains.layers.assign(1, {.gain = {1, 2}, .weights_of = {}});
    owners.layers.assign(1, {.gain = {}, .weights_of = {0, 1, 2, 3, 4, 5, 6, 8}});
    limit.topk_group = 5;
    EXPECT_EQ(code(gains), "expert_change");
    EXPECT_EQ(code(owners), "expert_change");
    EXPECT_EQ(code(limit), "expert_change");
}

}  // namespace
}  // namespace dg
