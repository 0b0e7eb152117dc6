// The fast decoder against the tape and the golden numbers.
#include "engine/io/hf.h"
#include "engine/model/batch_decode.h"
#include "tests/engine/model/model_testing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace dg {
namespace {

Config small_config(AttentionKind kind) {
    Config c = odd_config(kind);
    c.hidden_size = 40;
    c.moe_intermediate_size = 24;
    c.num_hidden_layers = 3;
    c.n_routed_experts = 8;
    c.num_experts_per_tok = 3;
    c.n_group = 4;
    c.topk_group = 2;
    c.routed_scaling_factor = 2.5;
    return c;
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

/// Forks after three tokens, then sequences of different contents, some leaving on the way.
void batch_equals_single(const Model<float>& model) {
    const PackedModel packed(model);
    const auto ids = random_ids(200, model.config.vocab_size);
    BatchDecoder batch(packed, 5, 20);
    const std::vector<std::int64_t> fork{0, 0, 1, 1, 1}, leave{4, 0, 2};
    batch.select(std::vector<std::int64_t>{0, 1});
    std::vector<Decoder> singles;
    const std::vector<std::int32_t> start[2] = {{ids[0], ids[1], ids[2]}, {ids[3], ids[4], ids[5]}};
    for (std::size_t t = 0; t < 3; ++t) ASSERT_TRUE(batch.append(std::vector<std::int32_t>{start[0][t], start[1][t]}));
    batch.select(fork);
    for (const std::int64_t f : fork) {
        singles.emplace_back(packed);
        ASSERT_TRUE(singles.back().append(start[static_cast<std::size_t>(f)]));
    }
    std::vector<std::int64_t> alive{0, 1, 2, 3, 4};
    for (std::size_t t = 0; t < 9; ++t) {
        if (t == 4) {
            batch.select(leave);
            alive = leave;
        }
        std::vector<std::int32_t> next;
        for (const std::int64_t a : alive) next.push_back(ids[20 + 10 * static_cast<std::size_t>(a) + t]);
        const auto logits = batch.append(next);
        ASSERT_TRUE(logits);
        for (std::size_t r = 0; r < alive.size(); ++r) {
            const auto single = singles[static_cast<std::size_t>(alive[r])].append({&next[r], 1});
            ASSERT_TRUE(single);
            expect_bits(*single, logits->data + static_cast<std::int64_t>(r) * logits->row_stride, "sequence " + std::to_string(alive[r]) + ", token " + std::to_string(t));
        }
    }
    EXPECT_EQ(batch.length(), 12);
    EXPECT_EQ(batch.live(), 3);
}

TEST(BatchDecoder, HasTheBitsOfSingleDecoders) {
    for (const AttentionKind kind : {AttentionKind::kMla, AttentionKind::kMha, AttentionKind::kGqa, AttentionKind::kMqa}) batch_equals_single(random_model(small_config(kind), 3));
}

TEST(BatchDecoder, BadInput) {
    const Model<float> model = random_model(small_config(AttentionKind::kMla), 3);
    const PackedModel packed(model);
    BatchDecoder batch(packed, 2, 3);
    EXPECT_EQ(batch.append(std::vector<std::int32_t>{1, 61}).error().code, "bad_token_id");
    for (int t = 0; t < 3; ++t) ASSERT_TRUE(batch.append(std::vector<std::int32_t>{1, 2}));
    EXPECT_EQ(batch.append(std::vector<std::int32_t>{1, 2}).error().code, "too_long");
    batch.select({});
    EXPECT_EQ(batch.append({}).error().code, "empty_prompt");
}

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
    EXPECT_EQ(decoder.append(random_ids(65)).error().code, "too_long");
    EXPECT_EQ(decoder.length(), 0);
}

}  // namespace
}  // namespace dg
