// Number formats in the model: tape and decoder agree bit for bit, cells explain themselves, FP8 checkpoints run with their own
// codes, and what V3 keeps in high precision stays so.
#include "engine/io/hf.h"
#include "engine/model/decode.h"
#include "engine/ops/quantise.h"
#include "tests/engine/model/model_testing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

namespace dg {
namespace {

const std::string kGolden = std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/model/";

Config small_config(AttentionKind kind) {
    Config c = odd_config(kind);
    c.hidden_size = 72;
    c.moe_intermediate_size = 40;
    c.num_hidden_layers = 2;
    c.n_routed_experts = 4;
    c.num_experts_per_tok = 2;
    return c;
}

Numerics words(const char* text) { return *parse_numerics(text); }

void run(const Model<float>& model, const TokenBatch& tokens, const Numerics& numerics, Tape<float>& tape, bool decode = true) {
    ForwardOptions options;
    options.decode = decode;
    options.mtp = options.losses = false;
    options.numerics = numerics;
    ASSERT_TRUE(forward(model, tokens, options, tape));
}

double rms_difference(const Tensor<float>& a, const Tensor<float>& b) {
    double d = 0, n = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) {
        d += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        n += std::pow(static_cast<double>(b[i]), 2);
    }
    return std::sqrt(d / n);
}

TEST(NumericsModel, DecoderHasTheBitsOfTheTapeInEveryFormat) {
    for (const char* text : {"bf16", "fp8", "fp8,tile=16,ue8m0", "fp8-e5m2,no-saturate", "fp8-raw", "fp8,accumulator=14"})
        for (const AttentionKind kind : {AttentionKind::kMla, AttentionKind::kGqa}) {
            const Model<float> model = random_model(small_config(kind), 3);
            const auto ids = random_ids(12);
            Tape<float> tape;
            run(model, {1, 12, ids}, words(text), tape);
            const Tensor<float>& expected = tape.value(tape.find("decode.logits"));
            const PackedModel packed(model, words(text));
            Decoder single(packed), whole(packed);
            for (std::int64_t t = 0; t < 12; ++t) {
                const auto logits = single.append({ids.data() + t, 1});
                ASSERT_TRUE(logits);
                ASSERT_EQ(std::memcmp(logits->data(), expected.row(t), logits->size_bytes()), 0) << text << " token " << t;
            }
            const auto last = whole.append(ids);
            ASSERT_TRUE(last);
            EXPECT_EQ(std::memcmp(last->data(), expected.row(11), last->size_bytes()), 0) << text << " as matrices";
            // the format does something, and not too much
            Tape<float> exact;
            run(model, {1, 12, ids}, {}, exact);
            const double error = rms_difference(tape.value(tape.find("logits")), exact.value(exact.find("logits")));
            EXPECT_GT(error, 0);
            EXPECT_LT(error, 0.7) << text;
        }
}

TEST(NumericsModel, F32RecordsNothingNew) {
    const Model<float> model = random_model(small_config(AttentionKind::kMla), 3);
    Tape<float> tape;
    run(model, {1, 6, random_ids(6)}, {}, tape);
    EXPECT_TRUE(ops::quantised_tensors(tape).empty());
    for (const std::string& name : tape.names()) EXPECT_FALSE(name.ends_with(".quantised")) << name;
}

TEST(NumericsModel, OnlyWhatV3QuantisesIsQuantised) {
    Config config = small_config(AttentionKind::kMla);
    config.num_nextn_predict_layers = 1;
    const Model<float> model = random_model(config, 3);
    Tape<float> tape;
    ForwardOptions options;
    options.numerics = words("fp8");
    ASSERT_TRUE(forward(model, {1, 6, random_ids(6)}, options, tape));
    std::set<std::string> weights;
    for (const ops::QuantisedTensor& t : ops::quantised_tensors(tape)) {
        EXPECT_EQ(tape.find(t.name) >= 0, true);
        if (!t.weight) continue;
        EXPECT_NE(t.name.find("_proj"), std::string::npos) << t.name;
        EXPECT_EQ(t.name.find("eh_proj"), std::string::npos);
        EXPECT_EQ(t.spec.tile_rows, 32);
        weights.insert(t.name);
    }
    EXPECT_TRUE(weights.contains("model.layers.0.self_attn.kv_b_proj.weight"));
    EXPECT_TRUE(weights.contains("model.layers.2.self_attn.o_proj.weight"));  // inside the MTP module
    // the latent goes into kv_b_proj as it is
    EXPECT_EQ(tape.find("layers.0.attn.kv_latent.quantised"), -1);
    EXPECT_GE(tape.find("layers.0.input_layernorm.quantised"), 0);
}

TEST(NumericsModel, QuantisedCellsExplainThemselves) {
    const Model<float> model = random_model(small_config(AttentionKind::kMla), 3);
    for (const char* text : {"bf16", "fp8,tile=16", "fp8,ue8m0", "fp8-tensor", "fp8-raw"}) {
        Tape<float> tape;
        run(model, {1, 9, random_ids(9)}, words(text), tape, false);
        Rng rng = Rng::keyed(8, text);
        const Index at{0, 7, 3};
        const Explanation why = *tape.explain("layers.0.mlp.gate", at);
        ASSERT_EQ(why.operands.size(), 2U * 72);
        EXPECT_EQ(why.operands[0].tensor, "layers.0.post_attention_layernorm.quantised");
        EXPECT_EQ(why.operands[1].tensor, "model.layers.0.mlp.gate_proj.weight.quantised");
        EXPECT_NEAR(why.value, why.recheck, 1e-5);
        double sum = 0;
        for (std::size_t i = 0; i < why.operands.size(); i += 2) sum += why.operands[i].value * why.operands[i + 1].value;
        EXPECT_NEAR(sum, why.value, 1e-5);
        for (const ops::QuantisedTensor& t : ops::quantised_tensors(tape))
            for (int trial = 0; trial < 4; ++trial) {
                const Tensor<float>& x = tape.value(tape.find(t.name));
                const Index cell = x.index_of(rng.below(static_cast<std::uint32_t>(x.size())));
                const Explanation q = *tape.explain(t.name + ".quantised", cell);
                EXPECT_EQ(q.operands[0].tensor, t.name);
                EXPECT_NEAR(q.difference(), 0, 1e-6 * std::max(1.0, std::abs(q.value))) << t.name << to_string(cell);
                if (!t.numerics.fp8()) continue;
                const Explanation s = *tape.explain(t.name + ".scales", q.operands[1].at);
                EXPECT_NEAR(s.value, s.recheck, 1e-6 * s.recheck) << t.name;
            }
    }
}

TEST(NumericsModel, CountersAndCodesOfATrace) {
    const Model<float> model = random_model(small_config(AttentionKind::kMla), 3);
    Tape<float> tape;
    run(model, {1, 9, random_ids(9)}, words("fp8-raw"), tape, false);
    bool lost = false;
    for (const ops::QuantisedTensor& t : ops::quantised_tensors(tape)) {
        const Tensor<float>&x = tape.value(tape.find(t.name)), &q = tape.value(tape.find(t.name + ".quantised"));
        const auto codes = ops::quantised_codes(tape, t);
        const fp8::Counters c = ops::quantised_counters(tape, t);
        std::int64_t vanished = 0;
        ASSERT_EQ(static_cast<std::int64_t>(codes.size()), x.size());
        for (std::int64_t i = 0; i < x.size(); ++i) {
            if (x[i] != 0 && q[i] == 0) ++vanished;
            EXPECT_EQ(fp8::decode(fp8::Format::kE4M3, codes[static_cast<std::size_t>(i)]), q[i]);
        }
        EXPECT_EQ(c.count, x.size());
        EXPECT_EQ(c.underflow, vanished) << t.name;
        lost = lost || vanished > 0;
    }
    EXPECT_TRUE(lost);
}

TEST(NumericsModel, TrainingTapeHasTheSameForwardBits) {
    const Model<float> model = random_model(small_config(AttentionKind::kMla), 3);
    for (const char* text : {"bf16", "fp8", "fp8-tensor"}) {
        Tape<float> trace, train(Tape<float>::Mode::kTrain);
        run(model, {1, 9, random_ids(9)}, words(text), trace, false);
        run(model, {1, 9, random_ids(9)}, words(text), train, false);
        const Tensor<float>&a = trace.value(trace.find("logits")), &b = train.value(train.find("logits"));
        EXPECT_EQ(std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * 4), 0) << text;
    }
}

TEST(NumericsModel, DoubleModelsHaveNoNumberFormats) {
    const Model<double> model = to_double(random_model(small_config(AttentionKind::kMla), 3));
    Tape<double> tape;
    ForwardOptions options;
    options.numerics = words("fp8");
    EXPECT_THROW(static_cast<void>(forward(model, {1, 3, {1, 2, 3}}, options, tape)), Bug);
}

struct Fp8Case {
    Model<float> model = *load_model(kGolden + "v3_fp8");
    SafeTensors golden = *read_safetensors(kGolden + "v3_fp8/golden.safetensors");
    TokenBatch tokens;

    Fp8Case() {
        const auto ids = golden.tensors.at("input_ids").to_ints();
        tokens = {1, static_cast<std::int64_t>(ids.size()), {ids.begin(), ids.end()}};
    }
};

TEST(NumericsModel, Fp8CheckpointRunsQuantisedAsGolden) {
    const Fp8Case c;
    Tape<float> tape;
    run(c.model, c.tokens, words("fp8"), tape);
    for (const std::string name : {"layers.0.attn.out", "layers.0.out"}) {
        const Tensor<float> expected = c.golden.tensors.at("w8a8." + name).to_float();
        EXPECT_LT(rms_difference(tape.value(tape.find(name)), expected), 1e-2) << name;
        // and that is not what exact activations give
        EXPECT_GT(rms_difference(c.golden.tensors.at(name).to_float(), expected), 1.5e-2) << name;
    }
    // its own codes: no weight was quantised again, activations have the checkpoint's tile
    for (const ops::QuantisedTensor& t : ops::quantised_tensors(tape)) {
        EXPECT_FALSE(t.weight) << t.name;
        EXPECT_EQ(t.spec.tile_cols, 128);
    }
    // the logits of quantised activations stay near the golden ones of exact activations
    EXPECT_LT(rms_difference(tape.value(tape.find("logits")), c.golden.tensors.at("logits").to_float()), 0.25);
    EXPECT_LT(rms_difference(tape.value(tape.find("decode.logits")), tape.value(tape.find("logits"))), 0.1);
}

TEST(NumericsModel, Fp8CheckpointDecodesFromItsOwnBytes) {
    const Fp8Case c;
    Tape<float> tape;
    run(c.model, c.tokens, words("fp8"), tape);
    const PackedModel packed(c.model, words("fp8"));
    Decoder decoder(packed);
    const auto logits = decoder.append(c.tokens.ids);
    ASSERT_TRUE(logits);
    EXPECT_EQ(std::memcmp(logits->data(), tape.value(tape.find("decode.logits")).row(c.tokens.length - 1), logits->size_bytes()), 0);
    // a third of f32 at most, panels' padding and scales included
    const PackedModel::Bytes narrow = packed.bytes(), wide = PackedModel(c.model).bytes();
    EXPECT_EQ(narrow.linear_numbers, wide.linear_numbers);
    EXPECT_LT(3 * narrow.linear, wide.linear);
    EXPECT_EQ(narrow.other, wide.other);
}

TEST(NumericsModel, ChangedWeightsAreQuantisedAnew) {
    Fp8Case c;
    const std::string name = "model.layers.0.mlp.up_proj.weight";
    const Numerics own = resolve(words("fp8"), c.model.config);
    EXPECT_NE(stored_codes(c.model, name, own), nullptr);
    EXPECT_EQ(stored_codes(c.model, name, words("fp8,tile=32")), nullptr);
    EXPECT_EQ(stored_codes(c.model, name, resolve(words("fp8-e5m2"), c.model.config)), nullptr);
    c.model.weights.at(name)[5] += 0.01F;
    EXPECT_EQ(stored_codes(c.model, name, own), nullptr);
}

}  // namespace
}  // namespace dg
