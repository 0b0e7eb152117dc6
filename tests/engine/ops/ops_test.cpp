// Every op: gradients against central differences; every cell's explanation against its value.
#include "engine/ops/ops.h"

#include "tests/engine/ops/gradcheck.h"

#include <limits>

namespace dg {
namespace {

using test::gradcheck;
using test::random_tensor;

Tensor<double> integers(Shape shape, std::vector<double> values) { return Tensor<double>(std::move(shape), values); }

Config router_config(ScoringFunc scoring, TopkMethod method) {
    Config c;
    c.n_routed_experts = 8;
    c.num_experts_per_tok = 3;
    c.n_group = 4;
    c.topk_group = 2;
    c.scoring_func = scoring;
    c.topk_method = method;
    c.norm_topk_prob = method == TopkMethod::kNoauxTc;
    c.routed_scaling_factor = 2.5;
    return c;
}

TEST(OpGradients, Embedding) {
    gradcheck({random_tensor({5, 3}, 1)}, [](Tape<double>& t, const auto& in) {
        const TensorId ids = t.input("ids", integers({1, 4}, {2, 0, 2, 4}), true);
        return std::vector{ops::embedding(t, ids, in[0], "y")};
    });
}

TEST(OpGradients, RmsNorm) {
    gradcheck({random_tensor({2, 3, 5}, 1), random_tensor({5}, 2)},
              [](Tape<double>& t, const auto& in) { return std::vector{ops::rmsnorm(t, in[0], in[1], 1e-6, "y")}; });
}

TEST(OpGradients, Linear) {
    gradcheck({random_tensor({2, 3, 5}, 1), random_tensor({4, 5}, 2)},
              [](Tape<double>& t, const auto& in) { return std::vector{ops::linear(t, in[0], in[1], "y")}; });
}

TEST(OpGradients, HeadLinearBothWays) {
    gradcheck({random_tensor({2, 3, 2, 4}, 1), random_tensor({14, 5}, 2)},
              [](Tape<double>& t, const auto& in) { return std::vector{ops::head_linear(t, in[0], in[1], 2, 0, 4, false, "y")}; });
    gradcheck({random_tensor({2, 3, 2, 5}, 1), random_tensor({14, 5}, 2)},
              [](Tape<double>& t, const auto& in) { return std::vector{ops::head_linear(t, in[0], in[1], 2, 4, 3, true, "y")}; });
}

TEST(OpGradients, SliceConcatTakeMergeAdd) {
    gradcheck({random_tensor({1, 3, 8}, 1), random_tensor({1, 3, 2}, 2)}, [](Tape<double>& t, const auto& in) {
        const TensorId head = ops::slice(t, in[0], 4, 1, 4, true, "head");          // [1,3,2,3]
        const TensorId tail = ops::slice(t, in[0], 8, 6, 8, false, "tail");         // [1,3,2]
        const TensorId sum = ops::add(t, tail, in[1], "sum");
        return std::vector{ops::take_tokens(t, ops::concat(t, ops::merge_heads(t, head, 6, "m"), sum, "c"), 1, 2, "y")};
    });
}

TEST(OpGradients, RopeWithYarn) {
    Config c;
    c.qk_rope_head_dim = 6;
    c.rope_scaling = YarnScaling{8, 32, 32, 1, 1, 1};
    const auto table = ops::rope_table(c);
    gradcheck({random_tensor({2, 5, 2, 6}, 1)}, [&](Tape<double>& t, const auto& in) { return std::vector{ops::rope(t, in[0], table, "y")}; });
    gradcheck({random_tensor({2, 5, 6}, 1)}, [&](Tape<double>& t, const auto& in) { return std::vector{ops::rope(t, in[0], table, "y")}; });
}

/// q and k for 4 heads; `groups` key heads.
void check_attention(std::int64_t groups, bool rotary) {
    std::vector<Tensor<double>> in{random_tensor({2, 4, 4, 3}, 1), random_tensor(groups == 0 ? Shape{2, 4, 3} : Shape{2, 4, groups, 3}, 2),
                                   random_tensor(groups == 0 ? Shape{2, 4, 5} : Shape{2, 4, groups, 5}, 3)};
    if (rotary) in.push_back(random_tensor({2, 4, 4, 2}, 4)), in.push_back(random_tensor({2, 4, 2}, 5));
    gradcheck(in, [&](Tape<double>& t, const auto& x) {
        const TensorId s = ops::attention_scores(t, x[0], x[1], rotary ? x[3] : -1, rotary ? x[4] : -1, 0.4, "scores");
        return std::vector{ops::attention_mix(t, ops::softmax(t, s, "probs"), x[2], {1, 0.5, 1, 2}, "y")};
    });
}

TEST(OpGradients, AttentionMla) { check_attention(4, true); }

TEST(OpGradients, AttentionAbsorbed) { check_attention(0, true); }

TEST(OpGradients, AttentionGqa) { check_attention(2, false); }

TEST(OpGradients, AttentionMqa) { check_attention(1, false); }

TEST(OpGradients, SwiGlu) {
    gradcheck({random_tensor({3, 5}, 1), random_tensor({3, 5}, 2)},
              [](Tape<double>& t, const auto& in) { return std::vector{ops::swiglu(t, in[0], in[1], "y")}; });
}

void check_router(ScoringFunc scoring, TopkMethod method) {
    const Config c = router_config(scoring, method);
    gradcheck({random_tensor({2, 4, 8}, 7)}, [&](Tape<double>& t, const auto& in) {
        const TensorId bias = method == TopkMethod::kNoauxTc ? t.input("bias", random_tensor({8}, 9, 0.3)) : -1;
        const ops::Routing r = ops::router(t, in[0], bias, c, "");
        return std::vector{r.scores, r.topk_weights};
    });
}

TEST(OpGradients, RouterSigmoidNoaux) { check_router(ScoringFunc::kSigmoid, TopkMethod::kNoauxTc); }

TEST(OpGradients, RouterSoftmaxGreedy) { check_router(ScoringFunc::kSoftmax, TopkMethod::kGreedy); }

TEST(OpGradients, RouterSoftmaxGroupLimited) { check_router(ScoringFunc::kSoftmax, TopkMethod::kGroupLimitedGreedy); }

TEST(OpGradients, GatherAndCombine) {
    gradcheck({random_tensor({1, 3, 4}, 1), random_tensor({1, 3, 2}, 2), random_tensor({1, 3, 4}, 3)}, [](Tape<double>& t, const auto& in) {
        const TensorId ids = t.input("ids", integers({1, 3, 2}, {0, 2, 2, 0, 2, 0}), true);
        std::vector<TensorId> outs{ops::gather(t, in[0], ids, 0, "a", "at"), -1, ops::gather(t, in[0], ids, 2, "c", "ct")};
        return std::vector{ops::combine(t, ids, in[1], outs, in[2], "y")};
    });
}

TEST(OpGradients, CombineWithGains) {
    gradcheck({random_tensor({1, 3, 4}, 1), random_tensor({1, 3, 2}, 2), random_tensor({1, 3, 4}, 3)}, [](Tape<double>& t, const auto& in) {
        const TensorId ids = t.input("ids", integers({1, 3, 2}, {0, 2, 2, 0, 2, 0}), true);
        std::vector<TensorId> outs{ops::gather(t, in[0], ids, 0, "a", "at"), -1, ops::gather(t, in[0], ids, 2, "c", "ct")};
        return std::vector{ops::combine(t, ids, in[1], outs, in[2], "y", {0.5, 1, 2, 0.25})};
    });
}

TEST(OpGradients, Losses) {
    gradcheck({random_tensor({2, 3, 7}, 1), random_tensor({2, 3, 4}, 2, 0.2)}, [](Tape<double>& t, const auto& in) {
        const TensorId targets = t.input("targets", integers({2, 3}, {1, 6, -1, 0, 2, -1}), true);
        const TensorId loss = ops::masked_mean(t, ops::token_nll(t, in[0], targets, "nll"), targets, "loss");
        const TensorId ids = t.input("ids", integers({2, 3, 2}, {0, 1, 1, 2, 3, 0, 2, 1, 0, 3, 1, 0}), true);
        const TensorId positive = ops::swiglu(t, in[1], in[1], "p");  // z^2 s(z): scores that depend on the input
        const ops::Balance b = ops::balance(t, positive, ids, "aux.");
        const TensorId balance = ops::mean(t, b.balance_selected, "bal");
        return std::vector{ops::weighted_sum(t, {loss, balance, ops::mean(t, b.balance_affinity, "ba")}, {1.0, 0.3, 0.7}, "total")};
    });
}

TEST(Softmax, MaskedEntriesAreExactlyZeroAndRowsSumToOne) {
    Tape<float> tape;
    Tensor<float> x({2, 3}, {1, 2, -std::numeric_limits<float>::infinity(), -5, -std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()});
    const Tensor<float>& p = tape.value(ops::softmax(tape, tape.input("x", x), "p"));
    EXPECT_EQ(p[2], 0.0F);
    EXPECT_EQ(p[3], 1.0F);
    EXPECT_FLOAT_EQ(p[0] + p[1], 1.0F);
}

TEST(Router, TiesGoToTheLowerIndexAndTheBiasNeverWeighs) {
    Config c = router_config(ScoringFunc::kSigmoid, TopkMethod::kNoauxTc);
    c.n_group = c.topk_group = 1;
    Tape<float> tape;
    const TensorId bias = tape.input("bias", Tensor<float>({8}, {0, 0, 0, 0, 0, 0, 5, 0}));
    const ops::Routing r = ops::router(tape, tape.input("z", Tensor<float>({1, 1, 8})), bias, c, "");
    EXPECT_EQ(tape.value(r.topk_ids)[0], 6.0F);
    EXPECT_EQ(tape.value(r.topk_ids)[1], 0.0F);
    EXPECT_EQ(tape.value(r.topk_ids)[2], 1.0F);
    for (int i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(tape.value(r.topk_weights)[i], 2.5F / 3.0F);
}

}  // namespace
}  // namespace dg
