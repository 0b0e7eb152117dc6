#include "engine/train/trainer.h"

#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "tests/engine/train/train_testing.h"

#include <cmath>
#include <limits>

namespace dg {
namespace {

Config small_config() {
    Config c = counting_config();
    c.hidden_size = 24;
    c.intermediate_size = 40;
    c.moe_intermediate_size = 12;
    c.n_routed_experts = 8;
    c.n_group = 4;
    c.topk_group = 2;
    return c;
}

TrainSettings quick() {
    TrainSettings s;
    s.schedule = {40, 4, 1e-2, 0.6, 0.05};
    s.bias_speed = 0.01;
    return s;
}

std::vector<TokenBatch> batch(std::int64_t step) { return {counting("trainer_test", step)}; }

std::vector<StepStats> run(Trainer& trainer, std::int64_t steps) {
    std::vector<StepStats> all;
    for (std::int64_t i = 0; i < steps; ++i) {
        auto stats = trainer.step(batch(trainer.steps_done()));
        EXPECT_TRUE(stats);
        all.push_back(*stats);
    }
    return all;
}

TEST(Trainer, LossFallsFromLnV) {
    Trainer trainer(random_model(small_config(), 1), quick());
    const auto stats = run(trainer, 40);
    EXPECT_NEAR(stats.front().loss, std::log(40.0), 0.15);
    EXPECT_LT(stats.back().loss, 0.5 * stats.front().loss);
    EXPECT_LT(stats.back().loss_mtp, stats.front().loss_mtp);
    EXPECT_EQ(stats.back().tokens, 40 * 64);
}

TEST(Trainer, SameBitsAtAnyThreadCount) {
    const int before = threads();
    set_threads(1);
    Trainer one(random_model(small_config(), 1), quick());
    run(one, 5);
    for (const int n : {2, 3, 8}) {
        set_threads(n);
        Trainer many(random_model(small_config(), 1), quick());
        run(many, 5);
        EXPECT_TRUE(same_weights(one, many)) << n;
    }
    set_threads(before);
}

TEST(Trainer, ResumedRunIsBitEqual) {
    const std::string file = testing::TempDir() + "trainer_resume.safetensors";
    Trainer straight(random_model(small_config(), 1), quick());
    run(straight, 8);
    Trainer first(random_model(small_config(), 1), quick());
    run(first, 5);
    ASSERT_TRUE(first.save(file));
    Trainer second(random_model(small_config(), 77), quick());
    ASSERT_TRUE(second.restore(file));
    EXPECT_EQ(second.steps_done(), 5);
    EXPECT_EQ(second.tokens_seen(), 5 * 64);
    run(second, 3);
    EXPECT_TRUE(same_weights(straight, second));
}

TEST(Trainer, ForeignCheckpointsAreRefused) {
    const std::string file = testing::TempDir() + "trainer_foreign.safetensors";
    Config other = small_config();
    other.vocab_size = 41;
    Trainer small(random_model(small_config(), 1), quick()), wide(random_model(other, 1), quick());
    run(small, 1);
    ASSERT_TRUE(small.save(file));
    EXPECT_EQ(wide.restore(file).error().code, "checkpoint_mismatch");
    ASSERT_TRUE(write_file(file, "not a checkpoint"));
    EXPECT_FALSE(wide.restore(file));
    EXPECT_EQ(wide.steps_done(), 0);
}

TEST(Trainer, DivergenceChangesNothing) {
    Model<float> model = random_model(small_config(), 1);
    model.weights.at("lm_head.weight")[0] = std::numeric_limits<float>::quiet_NaN();
    const Tensor<float> before = model.weights.at("model.norm.weight");
    Trainer trainer(std::move(model), quick());
    const auto stats = trainer.step(batch(0));
    ASSERT_TRUE(stats);
    EXPECT_TRUE(stats->diverged);
    EXPECT_EQ(trainer.steps_done(), 0);
    EXPECT_EQ(trainer.model().weights.at("model.norm.weight")[0], before[0]);
}

TEST(Trainer, BiasMovesAgainstTheLoadAndRestsAtTheEnd) {
    TrainSettings settings = quick();
    settings.schedule.steps = 10;
    settings.bias_rest = 0.5;
    Trainer trainer(random_model(small_config(), 1), settings);
    const std::string name = "model.layers.1.mlp.gate.e_score_correction_bias";
    run(trainer, 1);
    const Tensor<float> after_one = trainer.model().weights.at(name);
    float largest = 0;
    for (const float b : after_one.values()) {
        largest = std::max(largest, std::abs(b));
        EXPECT_TRUE(b == 0.0F || std::abs(std::abs(b) - 0.01F) < 1e-7F);
    }
    EXPECT_FLOAT_EQ(largest, 0.01F);
    run(trainer, 4);
    const Tensor<float> resting = trainer.model().weights.at(name);
    run(trainer, 3);
    for (std::int64_t e = 0; e < resting.size(); ++e) EXPECT_EQ(trainer.model().weights.at(name)[e], resting[e]);
}

TEST(AdamW, OneStepByHand) {
    Weights<float> w;
    w.tensors.emplace("w", Tensor<float>({1, 2}, {1.0F, -2.0F}));
    Gradients g;
    g.emplace("w", Tensor<float>({1, 2}, {0.3F, -0.4F}));
    AdamWState state;
    // norm 0.5, clip 0.25: gradients halve; the first step of Adam moves by lr * sign, decay by lr * 0.1 * w
    const double norm = adamw_step({0.9, 0.95, 1e-8, 0.1, 0.25}, 0.01, g, w, state);
    EXPECT_NEAR(norm, 0.5, 1e-7);
    EXPECT_NEAR(w.at("w")[0], 1.0 - 0.01 - 0.01 * 0.1 * 1.0, 1e-6);
    EXPECT_NEAR(w.at("w")[1], -2.0 + 0.01 + 0.01 * 0.1 * 2.0, 1e-6);
    EXPECT_NEAR(state.m.at("w")[0], 0.1 * 0.15, 1e-8);
    EXPECT_NEAR(state.v.at("w")[0], 0.05 * 0.15 * 0.15, 1e-9);
}

TEST(Schedule, WarmsUpStaysAndDecays) {
    const Schedule s{100, 10, 1.0, 0.5, 0.1};
    EXPECT_DOUBLE_EQ(s.learning_rate(0), 0.1);
    EXPECT_DOUBLE_EQ(s.learning_rate(9), 1.0);
    EXPECT_DOUBLE_EQ(s.learning_rate(49), 1.0);
    EXPECT_NEAR(s.learning_rate(75), 0.1 + 0.9 * 0.5, 1e-12);
    EXPECT_LT(s.learning_rate(99), 0.102);
    EXPECT_FALSE(s.decaying(49));
    EXPECT_TRUE(s.decaying(50));
}

}  // namespace
}  // namespace dg
