// The engine against the official inference code: logits, every named intermediate, decoding, routing, losses, gradients.
#include "engine/base/rng.h"
#include "engine/io/hf.h"
#include "engine/io/safetensors.h"
#include "engine/model/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace dg {
namespace {

const std::string kGolden = std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/model/";

struct Case {
    Model<float> model;
    SafeTensors golden;
    TokenBatch tokens;
};

Case load_case(const std::string& name) {
    auto model = load_model(kGolden + name);
    auto golden = read_safetensors(kGolden + name + "/golden.safetensors");
    if (!model) ADD_FAILURE() << model.error().plain();
    if (!golden) ADD_FAILURE() << golden.error().plain();
    Case c{std::move(model).value(), std::move(golden).value(), {}};
    const RawTensor& ids = c.golden.tensors.at("input_ids");
    const auto values = ids.to_ints();
    c.tokens = TokenBatch{ids.shape[0], ids.shape[1], std::vector<std::int32_t>(values.begin(), values.end())};
    return c;
}

ForwardOptions everything() {
    ForwardOptions o;
    o.decode = o.balance = o.mtp_prenorm = true;
    return o;
}

double tolerance(const std::string& name, const Tensor<float>& expected) {
    double largest = 1;
    for (const float x : expected.values()) largest = std::max(largest, std::abs(static_cast<double>(x)));
    if (name.find("logits") != std::string::npos) return 1e-4;
    if (name.rfind("loss.", 0) == 0) return 1e-5;
    return 5e-5 * largest;
}

/// Rows of expert ids as sets; weights are compared in the golden's order of ids.
void compare_routing(const Case& c, const Tape<float>& tape, const std::string& ids_name) {
    const std::string weights_name = ids_name.substr(0, ids_name.size() - 3) + "weights";
    const auto expected = c.golden.tensors.at(ids_name).to_ints();
    const Tensor<float> expected_weights = c.golden.tensors.at(weights_name).to_float();
    const Tensor<float>&ids = tape.value(tape.find(ids_name)), &weights = tape.value(tape.find(weights_name));
    ASSERT_EQ(static_cast<std::int64_t>(expected.size()), ids.size());
    for (std::int64_t r = 0; r < ids.rows(); ++r)
        for (std::int64_t i = 0; i < ids.cols(); ++i) {
            const auto wanted = static_cast<float>(expected[static_cast<std::size_t>(r * ids.cols() + i)]);
            const float* found = std::find(ids.row(r), ids.row(r) + ids.cols(), wanted);
            ASSERT_NE(found, ids.row(r) + ids.cols()) << ids_name << " row " << r;
            EXPECT_NEAR(weights.row(r)[found - ids.row(r)], expected_weights.row(r)[i], 5e-5 * 2.5) << weights_name << " row " << r;
        }
}

void compare_all(const std::string& name) {
    const Case c = load_case(name);
    Tape<float> tape;
    ASSERT_TRUE(forward(c.model, c.tokens, everything(), tape));
    int compared = 0;
    for (const auto& [tensor, raw] : c.golden.tensors) {
        if (tensor == "input_ids" || tensor.rfind("w8a8", 0) == 0 || tensor.ends_with("topk_weights")) continue;
        const TensorId id = tape.find(tensor);
        ASSERT_GE(id, 0) << tensor << " is not on the tape";
        if (tensor.ends_with("topk_ids")) {
            compare_routing(c, tape, tensor);
            ++compared;
            continue;
        }
        const Tensor<float> expected = raw.dtype == DType::kI64 ? Tensor<float>() : raw.to_float();
        const auto ints = raw.dtype == DType::kI64 ? raw.to_ints() : std::vector<std::int64_t>{};
        const Tensor<float>& got = tape.value(id);
        ASSERT_EQ(got.shape(), raw.shape) << tensor;
        double worst = 0;
        for (std::int64_t i = 0; i < got.size(); ++i) {
            const double want = ints.empty() ? static_cast<double>(expected[i]) : static_cast<double>(ints[static_cast<std::size_t>(i)]);
            worst = std::max(worst, std::abs(static_cast<double>(got[i]) - want));
        }
        EXPECT_LE(worst, ints.empty() ? tolerance(tensor, expected) : 0.0) << tensor;
        ++compared;
    }
    EXPECT_GT(compared, 20);
}

TEST(Golden, V3GroupedRoutingAndLowRankQueries) { compare_all("v3_grouped"); }

TEST(Golden, V2SoftmaxRouter) { compare_all("v2_softmax"); }

TEST(Golden, V3YarnAndMultiTokenPrediction) { compare_all("v3_yarn_mtp"); }

TEST(Golden, V3Fp8CheckpointDequantised) { compare_all("v3_fp8"); }

template <class Real>
void compare_gradients(const Case& c, const Model<Real>& model, const std::string& name) {
    auto grads = read_safetensors(kGolden + name + "/grads.safetensors");
    ASSERT_TRUE(grads);
    Tape<Real> tape;
    ASSERT_TRUE(forward(model, c.tokens, ForwardOptions{}, tape));
    tape.backward(tape.find("loss.total"));
    int compared = 0;
    for (const auto& [weight, raw] : grads->tensors) {
        const Tensor<float> expected = raw.to_float();
        const TensorId id = tape.find(weight);
        double difference = 0, norm = 0;
        for (std::int64_t i = 0; i < expected.size(); ++i) {
            const double got = id < 0 || tape.grad(id).empty() ? 0.0 : static_cast<double>(tape.grad(id)[i]);
            difference += (got - static_cast<double>(expected[i])) * (got - static_cast<double>(expected[i]));
            norm += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
        }
        EXPECT_LE(std::sqrt(difference), 1e-3 * std::sqrt(norm)) << weight;
        if (norm > 0) ++compared;
    }
    EXPECT_GT(compared, 20);
}

TEST(GoldenGradients, V3GroupedFloatAndDouble) {
    const Case c = load_case("v3_grouped");
    compare_gradients(c, c.model, "v3_grouped");
    compare_gradients(c, to_double(c.model), "v3_grouped");
}

TEST(GoldenGradients, V3YarnMtpFloatAndDouble) {
    const Case c = load_case("v3_yarn_mtp");
    compare_gradients(c, c.model, "v3_yarn_mtp");
    compare_gradients(c, to_double(c.model), "v3_yarn_mtp");
}

/// Every tensor of a trace: random cells recheck, and every operand can be asked in turn down to weights and ids.
void explain_everything(const std::string& name) {
    const Case c = load_case(name);
    Tape<float> tape;
    ASSERT_TRUE(forward(c.model, c.tokens, everything(), tape));
    std::set<std::string> asked;
    std::vector<std::pair<std::string, Index>> queue;
    Rng rng = Rng::keyed(1, "explain");
    for (const std::string& tensor : tape.names()) {
        const Tensor<float>& t = tape.value(tape.find(tensor));
        for (int i = 0; i < 3 && t.size() > 0; ++i) queue.emplace_back(tensor, t.index_of(rng.below(static_cast<std::uint32_t>(t.size()))));
    }
    std::size_t leaves = 0;
    for (std::size_t n = 0; n < queue.size(); ++n) {
        const auto why = tape.explain(queue[n].first, queue[n].second);
        ASSERT_TRUE(why) << queue[n].first << " " << to_string(queue[n].second) << " " << why.error().plain();
        if (why->op == "weight" || why->op == "input") {
            ++leaves;
            continue;
        }
        double scale = std::max(1.0, std::abs(why->value));
        for (const Operand& o : why->operands) {
            if (std::isfinite(o.value)) scale = std::max(scale, std::abs(o.value));
            ASSERT_FALSE(o.tensor.empty()) << queue[n].first;
        }
        if (std::isfinite(why->value)) {
            EXPECT_NEAR(why->value, why->recheck, why->discrete ? 0.0 : 2e-5 * scale) << queue[n].first << to_string(queue[n].second);
        } else {
            EXPECT_EQ(why->value, why->recheck) << queue[n].first;
        }
        EXPECT_FALSE(why->formula.empty()) << queue[n].first;
        // follow the first, the middle and the last operand of tensors not asked from here before
        for (const std::size_t k : {std::size_t{0}, why->operands.size() / 2, why->operands.size() - 1})
            if (k < why->operands.size() && asked.insert(queue[n].first + ">" + why->operands[k].tensor).second)
                queue.emplace_back(why->operands[k].tensor, why->operands[k].at);
    }
    EXPECT_GT(leaves, 20U);
}

TEST(Explain, EveryTensorOfV3Grouped) { explain_everything("v3_grouped"); }

TEST(Explain, EveryTensorOfV2Softmax) { explain_everything("v2_softmax"); }

TEST(Explain, EveryTensorOfV3YarnMtp) { explain_everything("v3_yarn_mtp"); }

TEST(Explain, UnknownNamesAndCellsAreErrors) {
    const Case c = load_case("v2_softmax");
    Tape<float> tape;
    ASSERT_TRUE(forward(c.model, c.tokens, ForwardOptions{}, tape));
    EXPECT_EQ(tape.explain("layers.9.out", {0, 0, 0}).error().code, "no_such_tensor");
    EXPECT_EQ(tape.explain("logits", {0, 0}).error().code, "bad_index");
    EXPECT_EQ(tape.explain("logits", {0, 0, 72}).error().code, "bad_index");
}

TEST(Forward, BadPromptsAreErrors) {
    const Case c = load_case("v2_softmax");
    Tape<float> tape;
    EXPECT_EQ(forward(c.model, TokenBatch{1, 0, {}}, {}, tape).error().code, "empty_prompt");
    EXPECT_EQ(forward(c.model, TokenBatch{1, 2, {1, 72}}, {}, tape).error().code, "bad_token_id");
    EXPECT_EQ(forward(c.model, TokenBatch{1, 65, std::vector<std::int32_t>(65, 1)}, {}, tape).error().code, "too_long");
}

/// Changing a later token changes nothing before it, bit for bit.
TEST(Forward, IsCausal) {
    Case c = load_case("v3_grouped");
    Tape<float> before, after;
    ASSERT_TRUE(forward(c.model, c.tokens, everything(), before));
    const std::int64_t changed = 15;
    c.tokens.ids[changed] = (c.tokens.ids[changed] + 1) % 80;
    ASSERT_TRUE(forward(c.model, c.tokens, everything(), after));
    for (const char* name : {"logits", "decode.logits"}) {
        const Tensor<float>&a = before.value(before.find(name)), &b = after.value(after.find(name));
        for (std::int64_t i = 0; i < changed * a.cols(); ++i) ASSERT_EQ(a[i], b[i]);
        EXPECT_NE(a.row(changed)[0], b.row(changed)[0]);
    }
}

}  // namespace
}  // namespace dg
