// The policy-gradient loss: hand-computed cases, gradients, explanations.
#include "engine/ops/policy.h"

#include "tests/engine/ops/gradcheck.h"

#include <cmath>

namespace dg {
namespace {

using test::gradcheck;
using test::random_tensor;

Tensor<double> row(std::vector<double> values) {
    const auto n = static_cast<std::int64_t>(values.size());
    return Tensor<double>({1, n}, values);
}

struct Case {
    double ratio, advantage, term, slope;  // slope: d term / d ln pi
};

TEST(PolicyLoss, ClipByHand) {
    // at eps 0.2: above 1.2 a good token gains no more, below 0.8 a bad one loses no more; the other two sides stay open
    const Case cases[] = {{1.5, 1, 1.2, 0}, {1.5, -1, -1.5, -1.5}, {0.5, 1, 0.5, 0.5}, {0.5, -1, -0.8, 0}, {1.1, 2, 2.2, 2.2}, {1, 0, 0, 0}};
    for (const Case& c : cases) {
        Tape<double> tape;
        const TensorId nll = tape.input("nll", row({-std::log(c.ratio) + 0.7})), old = tape.input("old", row({-0.7}));
        const ops::PolicyLoss l = ops::policy_loss(tape, nll, old, -1, tape.input("a", row({c.advantage})), tape.input("w", row({0.25})), {}, "p.");
        EXPECT_NEAR(tape.value(l.ratio)[0], c.ratio, 1e-12);
        EXPECT_NEAR(tape.value(l.loss)[0], -0.25 * c.term, 1e-12) << c.ratio << " " << c.advantage;
        const std::pair<TensorId, Tensor<double>> seed(l.loss, row({1}));
        tape.backward_from({&seed, 1});
        EXPECT_NEAR(tape.grad(nll)[0], 0.25 * c.slope, 1e-12) << c.ratio << " " << c.advantage;
        const auto why = tape.explain("p.loss", {0, 0});
        ASSERT_TRUE(why);
        EXPECT_NEAR(why->difference(), 0, 1e-12);
    }
}

TEST(PolicyLoss, KlByHand) {
    // r - ln r - 1 at r = pi_ref / pi
    for (const auto& [r, kl] : {std::pair{0.5, 0.19315}, {1.0, 0.0}, {2.0, 0.30685}, {4.0, 1.61371}}) {
        Tape<double> tape;
        const TensorId ref = tape.input("ref", row({std::log(r) - 0.3}));
        const ops::PolicyLoss l = ops::policy_loss(tape, tape.input("nll", row({0.3})), tape.input("old", row({-0.3})), ref, tape.input("a", row({0})), tape.input("w", row({1})), {.kl = 2}, "p.");
        EXPECT_NEAR(tape.value(l.kl)[0], kl, 1e-5);
        EXPECT_NEAR(tape.value(l.loss)[0], 2 * kl, 2e-5);
        EXPECT_NEAR(tape.explain("p.kl", {0, 0})->difference(), 0, 1e-12);
    }
}

TEST(PolicyLoss, GradientsAgainstDifferences) {
    // ratios spread over both sides of both clips, away from the kinks
    const Tensor<double> nll = row({0.2, 0.9, 1.6, 0.4, 2.1, 0.05});
    gradcheck({nll}, [](Tape<double>& t, const auto& in) {
        const TensorId old = t.input("old", row({-0.7, -0.8, -1.1, -0.45, -2.0, -0.6})), a = t.input("a", row({1, -1, 0.5, 2, -0.3, -1.5}));
        const TensorId ref = t.input("ref", row({-0.3, -1.2, -1.0, -0.2, -2.5, -0.1})), w = t.input("w", row({0.1, 0.2, 0.3, 0, 0.2, 0.4}));
        const ops::PolicyLoss l = ops::policy_loss(t, in[0], old, ref, a, w, {.clip_low = 0.2, .clip_high = 0.3, .kl = 0.7}, "p.");
        return std::vector{l.ratio, l.kl, l.loss};
    });
}

TEST(PolicyLoss, ValueErrorAndScale) {
    gradcheck({random_tensor({2, 3, 4}, 1)}, [](Tape<double>& t, const auto& in) {
        const TensorId target = t.input("r", Tensor<double>({2, 3}, {1, 0, 1, 1.1, 0, 0.1})), weight = t.input("w", Tensor<double>({2, 3}, {1, 2, 0.5, 1, 0.25, 1}));
        return std::vector{ops::value_loss(t, ops::scale(t, in[0], 1.7, "s"), target, weight, "v")};
    });
    Tape<double> tape;
    const TensorId x = tape.input("x", Tensor<double>({1, 1, 2}, {3, 9}));
    ops::value_loss(tape, ops::scale(tape, x, 0.5, "s"), tape.input("r", row({1})), tape.input("w", row({4})), "v");
    EXPECT_DOUBLE_EQ(tape.value(tape.find("v"))[0], 0.5);
    EXPECT_NEAR(tape.explain("v", {0, 0})->difference(), 0, 1e-12);
    EXPECT_NEAR(tape.explain("s", {0, 0, 1})->difference(), 0, 1e-12);
}

}  // namespace
}  // namespace dg
