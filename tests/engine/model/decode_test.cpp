// The fast decoder against the tape and the golden numbers.
#include "engine/base/rng.h"
#include "engine/io/hf.h"
#include "engine/model/decode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace dg {
namespace {

Config small_config(AttentionKind kind) {
    Config c;
    c.vocab_size = 61;
    c.hidden_size = 40;
    c.intermediate_size = 56;
    c.moe_intermediate_size = 24;
    c.num_hidden_layers = 3;
    c.first_k_dense_replace = 1;
    c.num_attention_heads = 4;
    c.num_key_value_heads = kind == AttentionKind::kGqa ? 2 : kind == AttentionKind::kMqa ? 1 : 4;
    c.head_dim = 10;
    c.n_routed_experts = 8;
    c.n_shared_experts = 1;
    c.num_experts_per_tok = 3;
    c.n_group = 4;
    c.topk_group = 2;
    c.q_lora_rank = 28;
    c.kv_lora_rank = 36;
    c.qk_nope_head_dim = 12;
    c.qk_rope_head_dim = 6;
    c.v_head_dim = 14;
    c.max_position_embeddings = 64;
    c.routed_scaling_factor = 2.5;
    c.attention = kind;
    return c;
}

std::vector<std::int32_t> random_ids(std::int64_t n, std::int64_t vocab) {
    Rng rng = Rng::keyed(5, "ids");
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < n; ++i) ids.push_back(static_cast<std::int32_t>(rng.below(static_cast<std::uint32_t>(vocab))));
    return ids;
}

void expect_bits(std::span<const float> got, const float* expected, const std::string& what) {
    EXPECT_EQ(std::memcmp(got.data(), expected, got.size_bytes()), 0) << what << ": " << got[0] << " against " << expected[0];
}

/// Token by token, in pieces, and after a truncation: the bits of the tape's decode.logits.
void decoder_equals_tape(const Model<float>& model, std::int64_t n) {
    const auto ids = random_ids(n, model.config.vocab_size);
    Tape<float> tape;
    ForwardOptions options;
    options.decode = true;
    options.mtp = options.losses = false;
    ASSERT_TRUE(forward(model, TokenBatch{1, n, ids}, options, tape));
    const Tensor<float>& expected = tape.value(tape.find("decode.logits"));
    const PackedModel packed(model);
    Decoder single(packed), pieces(packed);
    for (std::int64_t t = 0; t < n; ++t) {
        const auto logits = single.append({ids.data() + t, 1});
        ASSERT_TRUE(logits);
        expect_bits(*logits, expected.row(t), "token " + std::to_string(t));
    }
    ASSERT_TRUE(pieces.append({ids.data(), 7}));
    const auto rest = pieces.append({ids.data() + 7, static_cast<std::size_t>(n - 7)});
    ASSERT_TRUE(rest);
    expect_bits(*rest, expected.row(n - 1), "in pieces");
    single.truncate(3);
    const auto again = single.append({ids.data() + 3, 9});
    ASSERT_TRUE(again);
    expect_bits(*again, expected.row(11), "after a truncation");
    // and close to the naive form
    const Tensor<float>& naive = tape.value(tape.find("logits"));
    for (std::int64_t i = 0; i < naive.size(); ++i) ASSERT_NEAR(naive[i], expected[i], 2e-4);
}

TEST(Decoder, MlaHasTheBitsOfTheTape) { decoder_equals_tape(random_model(small_config(AttentionKind::kMla), 3), 40); }

TEST(Decoder, MhaHasTheBitsOfTheTape) { decoder_equals_tape(random_model(small_config(AttentionKind::kMha), 3), 40); }

TEST(Decoder, GqaHasTheBitsOfTheTape) { decoder_equals_tape(random_model(small_config(AttentionKind::kGqa), 3), 40); }

TEST(Decoder, MqaHasTheBitsOfTheTape) { decoder_equals_tape(random_model(small_config(AttentionKind::kMqa), 3), 40); }

TEST(Decoder, GoldenModels) {
    for (const char* name : {"v3_grouped", "v2_softmax", "v3_yarn_mtp", "v3_fp8"}) {
        const std::string folder = std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/model/" + name;
        const auto model = load_model(folder);
        const auto golden = read_safetensors(folder + "/golden.safetensors");
        ASSERT_TRUE(model);
        ASSERT_TRUE(golden);
        const auto ids = golden->tensors.at("input_ids").to_ints();
        const Tensor<float> expected = golden->tensors.at("decode.logits").to_float();
        const PackedModel packed(*model);
        Decoder decoder(packed);
        for (std::int64_t t = 0; t < expected.dim(1); ++t) {
            const auto id = static_cast<std::int32_t>(ids[static_cast<std::size_t>(t)]);
            const auto logits = decoder.append({&id, 1});
            ASSERT_TRUE(logits);
            for (std::int64_t v = 0; v < expected.cols(); ++v) ASSERT_NEAR((*logits)[static_cast<std::size_t>(v)], expected.row(t)[v], 1e-4) << name;
        }
    }
}

TEST(Decoder, CachesLatentAndRotaryKeyOnly) {
    const Model<float> model = random_model(small_config(AttentionKind::kMla), 3);
    const PackedModel packed(model);
    EXPECT_EQ(Decoder(packed).cache_bytes_per_token(), 3 * (36 + 6) * 4);
}

TEST(Decoder, BadInput) {
    const Model<float> model = random_model(small_config(AttentionKind::kMla), 3);
    const PackedModel packed(model);
    Decoder decoder(packed);
    EXPECT_EQ(decoder.append({}).error().code, "empty_prompt");
    const std::int32_t bad = 61;
    EXPECT_EQ(decoder.append({&bad, 1}).error().code, "bad_token_id");
    EXPECT_EQ(decoder.append(random_ids(65, 61)).error().code, "too_long");
    EXPECT_EQ(decoder.length(), 0);
}

}  // namespace
}  // namespace dg
