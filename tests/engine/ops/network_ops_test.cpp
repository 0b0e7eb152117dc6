// The ops of convolutional and recurrent networks: gradients, explanations, what they can see.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"

#include "tests/engine/ops/gradcheck.h"

#include <cmath>

namespace dg {
namespace {

using test::gradcheck;
using test::random_tensor;

/// Every cell of `name` rechecks.
void expect_explained(const Tape<double>& tape, const std::string& name) {
    const Tensor<double>& t = tape.value(tape.find(name));
    for (std::int64_t i = 0; i < t.size(); ++i) {
        const auto why = tape.explain(name, t.index_of(i));
        ASSERT_TRUE(why) << name;
        EXPECT_NEAR(why->difference(), 0, 1e-12) << name << to_string(t.index_of(i));
        EXPECT_FALSE(why->operands.empty());
    }
}

TEST(NetworkOps, TanhMatchesLibmAndItsGradient) {
    gradcheck({random_tensor({3, 5}, 1)}, [](Tape<double>& t, const auto& in) { return std::vector{ops::tanh(t, in[0], "y")}; });
    Tape<double> tape;
    ops::tanh(tape, tape.input("x", Tensor<double>({5}, {-40, -0.5, 0, 1e-9, 3})), "y");
    for (int i = 0; i < 5; ++i) EXPECT_NEAR(tape.value(1)[i], std::tanh(tape.value(0)[i]), 1e-15);
    expect_explained(tape, "y");
}

TEST(NetworkOps, RecurrenceGradientsThroughTime) {
    gradcheck({random_tensor({2, 5, 3}, 1), random_tensor({3, 3}, 2)},
              [](Tape<double>& t, const auto& in) { return std::vector{ops::recurrence(t, in[0], in[1], "h")}; });
}

TEST(NetworkOps, RecurrenceCellsReadEarlierCells) {
    Tape<double> tape;
    ops::recurrence(tape, tape.input("x", random_tensor({2, 4, 3}, 1)), tape.input("w", random_tensor({3, 3}, 2)), "h");
    expect_explained(tape, "h");
    const Explanation why = tape.explain("h", {1, 2, 0}).value();
    ASSERT_EQ(why.operands.size(), 7U);
    EXPECT_EQ(why.operands[0].tensor, "h");
    EXPECT_EQ(why.operands[0].at, (Index{1, 1, 0}));
    EXPECT_EQ(why.operands[0].value, tape.value(2)[tape.value(2).offset({1, 1, 0})]);
    EXPECT_EQ(why.operands[1].tensor, "w");
    EXPECT_EQ(why.operands[6].tensor, "x");
}

void check_conv(const Shape& x, const Shape& w, const ops::ConvGeometry& g, const Shape& y) {
    gradcheck({random_tensor(x, 1), random_tensor(w, 2)},
              [&](Tape<double>& t, const auto& in) { return std::vector{ops::conv(t, in[0], in[1], g, "y")}; });
    Tape<double> tape;
    const TensorId id = ops::conv(tape, tape.input("x", random_tensor(x, 1)), tape.input("w", random_tensor(w, 2)), g, "y");
    EXPECT_EQ(tape.value(id).shape(), y);
    expect_explained(tape, "y");
}

TEST(NetworkOps, ConvolutionsOverSequencesAndImages) {
    check_conv({2, 5, 3}, {4, 9}, {.kernel_h = 3, .causal = true}, {2, 5, 4});
    check_conv({1, 4, 2}, {3, 6}, {.kernel_h = 3}, {1, 4, 3});
    check_conv({2, 5, 4, 2}, {3, 18}, {.kernel_h = 3, .kernel_w = 3}, {2, 5, 4, 3});
    check_conv({1, 7, 5, 1}, {2, 9}, {.kernel_h = 3, .kernel_w = 3, .stride = 2}, {1, 4, 3, 2});
}

TEST(NetworkOps, MeanOverPlaces) {
    gradcheck({random_tensor({2, 3, 2, 4}, 1)}, [](Tape<double>& t, const auto& in) { return std::vector{ops::mean_places(t, in[0], "y")}; });
    Tape<double> tape;
    ops::mean_places(tape, tape.input("x", random_tensor({2, 3, 2, 4}, 1)), "y");
    EXPECT_EQ(tape.value(1).shape(), (Shape{2, 1, 4}));
    expect_explained(tape, "y");
}

TEST(NetworkOps, CausalConvolutionSeesTwoBack) {
    Tape<double> tape;
    const TensorId x = tape.input("x", random_tensor({1, 8, 2}, 1)), w = tape.input("w", random_tensor({3, 6}, 2));
    const TensorId y = ops::conv(tape, x, w, {.kernel_h = 3, .causal = true}, "y");
    Tensor<double> cotangent(tape.value(y).shape());
    for (int c = 0; c < 3; ++c) cotangent[5 * 3 + c] = 1;
    const std::pair<TensorId, Tensor<double>> seed(y, cotangent);
    tape.backward_from({&seed, 1});
    for (int t = 0; t < 8; ++t) EXPECT_EQ(tape.grad(x)[2 * t] != 0, t >= 3 && t <= 5) << t;
}

TEST(NetworkOps, AttentionWithoutMask) {
    std::vector<Tensor<double>> in{random_tensor({2, 4, 4, 3}, 1), random_tensor({2, 4, 2, 3}, 2), random_tensor({2, 4, 2, 5}, 3)};
    gradcheck(in, [](Tape<double>& t, const auto& x) {
        const TensorId s = ops::attention_scores(t, x[0], x[1], -1, -1, 0.4, "scores", false);
        return std::vector{ops::attention_mix(t, ops::softmax(t, s, "probs"), x[2], {}, "y", false)};
    });
    Tape<double> tape;
    const TensorId s = ops::attention_scores(tape, tape.input("q", in[0]), tape.input("k", in[1]), -1, -1, 0.4, "scores", false);
    ops::attention_mix(tape, ops::softmax(tape, s, "probs"), tape.input("v", in[2]), {}, "y", false);
    for (const double p : tape.value(tape.find("probs")).values()) EXPECT_GT(p, 0);
    for (const char* name : {"scores", "probs", "y"}) expect_explained(tape, name);
}

TEST(NetworkOps, SameBitsAtAnyThreadCount) {
    const auto run = [](int n) {
        set_threads(n);
        Tape<double> tape;
        const TensorId x = tape.input("x", random_tensor({3, 40, 12, 4}, 1)), w = tape.input("w", random_tensor({8, 36}, 2));
        const TensorId y = ops::conv(tape, x, w, {.kernel_h = 3, .kernel_w = 3, .stride = 2}, "y");
        const TensorId h = ops::recurrence(tape, ops::merge_heads(tape, y, 48, "m"), tape.input("u", random_tensor({48, 48}, 3, 0.1)), "h");
        const std::pair<TensorId, Tensor<double>> seed(h, tape.value(h));
        tape.backward_from({&seed, 1});
        std::vector<double> all(tape.value(h).values().begin(), tape.value(h).values().end());
        for (const TensorId id : {x, w}) all.insert(all.end(), tape.grad(id).values().begin(), tape.grad(id).values().end());
        return all;
    };
    const int before = threads();
    const std::vector<double> one = run(1);
    EXPECT_EQ(one, run(2));
    EXPECT_EQ(one, run(5));
    set_threads(before);
}

}  // namespace
}  // namespace dg
