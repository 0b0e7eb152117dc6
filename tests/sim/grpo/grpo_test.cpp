#include "sim/grpo/experiment.h"

#include "engine/base/parallel.h"
#include "engine/io/hf.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg::sim {
namespace {

/// A model of the task's shape with fresh weights, small enough for a test.
Model<float> fresh_model(std::uint64_t seed = 1) {
    Config c;
    c.vocab_size = 32;
    c.hidden_size = 32;
    c.intermediate_size = 48;
    c.moe_intermediate_size = 24;
    c.num_hidden_layers = 2;
    c.num_attention_heads = c.num_key_value_heads = 2;
    c.kv_lora_rank = 16;
    c.qk_nope_head_dim = c.qk_rope_head_dim = c.v_head_dim = 8;
    c.n_routed_experts = 4;
    c.n_shared_experts = 1;
    c.num_experts_per_tok = 2;
    c.max_position_embeddings = 128;
    c.rope_theta = 500;
    return random_model(c, seed);
}

GrpoSettings small_settings() {
    GrpoSettings s;
    s.steps = 2, s.prompts = 3, s.group = 4;
    s.reward = Reward::kLength;  // a fresh model hardly ever answers
    return s;
}

TEST(Advantages, ByHand) {
    const auto a = group_advantages(std::vector<double>{1, 0, 0, 1, 0, 0, 0, 0});
    EXPECT_NEAR(a[0], 1.7320508, 1e-6);
    EXPECT_NEAR(a[1], -0.5773503, 1e-6);
    double sum = 0;
    for (const double x : a) sum += x;
    EXPECT_NEAR(sum, 0, 1e-12);
    EXPECT_NEAR(group_advantages(std::vector<double>{1, 0, 0, 1})[0], 1, 1e-6);
    const auto rare = group_advantages(std::vector<double>{1, 0, 0, 0, 0, 0, 0, 0});
    EXPECT_NEAR(rare[0], 2.6457513, 1e-6);
    EXPECT_NEAR(rare[1], -0.3779645, 1e-6);
    // equal rewards give exactly nothing, whatever their rounding
    for (const double x : group_advantages(std::vector<double>{0.1, 0.1, 0.1})) EXPECT_EQ(x, 0);
    EXPECT_TRUE(group_advantages({}).empty());
}

TEST(Rewards, StepRewardsFollowTheWrittenTotals) {
    const Problem p{{6, 6, 3}};
    const auto steps = step_rewards(p, "b6=3w2c3=6#5$");
    ASSERT_EQ(steps.size(), 3u);
    EXPECT_EQ(steps[0], (std::pair<std::size_t, double>{5, 1.0}));   // repaired
    EXPECT_EQ(steps[1], (std::pair<std::size_t, double>{9, 0.0}));   // 2 + 3 is not 6
    EXPECT_EQ(steps[2].first, 12u);
    EXPECT_NEAR(steps[2].second, 1.1, 1e-12);
    EXPECT_NEAR(outcome_reward(Reward::kAccuracy, p, "#4$"), 0.1, 1e-12);
    EXPECT_NEAR(outcome_reward(Reward::kFormat, p, "#4$"), 1, 1e-12);
    EXPECT_NEAR(outcome_reward(Reward::kLength, p, "#4$"), 3.0 / 108 + 0.1, 1e-12);
}

TEST(Rollouts, HaveTheProbabilitiesOfTheRecordedPath) {
    const Model<float> model = fresh_model();
    const auto problems = fresh_problems(5, 6);
    for (const double temperature : {1.0, 0.7}) {
        RolloutSettings how;
        how.temperature = temperature, how.max_tokens = 20, how.environment = noisy_pen(0.3);
        const auto rollouts = roll_out(PackedModel(model), problems, 3, how);
        ASSERT_TRUE(rollouts);
        std::vector<const Problem*> ps;
        std::vector<const Rollout*> rs;
        for (std::size_t i = 0; i < rollouts->size(); ++i) ps.push_back(&problems[i / 3]), rs.push_back(&(*rollouts)[i]);
        const auto recorded = token_logprobs(model, ps, rs, temperature);
        ASSERT_TRUE(recorded);
        std::size_t compared = 0;
        for (std::size_t i = 0; i < rs.size(); ++i)
            for (std::size_t k = 0; k < rs[i]->ids.size(); ++k, ++compared) ASSERT_NEAR((*recorded)[i][k], rs[i]->logprobs[k], 2e-5) << i << " " << k;
        EXPECT_GT(compared, 200u);
    }
}

TEST(Rollouts, SampleTheDistribution) {
    // first tokens of many responses to one problem against their probabilities: chi-square over the 32 characters
    const Model<float> model = fresh_model();
    const std::vector<Problem> one = fresh_problems(5, 1);
    RolloutSettings how;
    how.max_tokens = 1;
    constexpr std::int64_t kDraws = 4000;
    const auto rollouts = roll_out(PackedModel(model), one, kDraws, how);
    ASSERT_TRUE(rollouts);
    std::vector<double> count(32), p(32, 0);
    for (const Rollout& r : *rollouts) {
        count[static_cast<std::size_t>(r.ids[0])] += 1;
        p[static_cast<std::size_t>(r.ids[0])] = std::exp(static_cast<double>(r.logprobs[0]));
    }
    double chi = 0;
    for (std::size_t v = 0; v < 32; ++v)
        if (p[v] > 0) chi += (count[v] - kDraws * p[v]) * (count[v] - kDraws * p[v]) / (kDraws * p[v]);
    EXPECT_LT(chi, 61.1);  // 31 degrees of freedom, 0.1 %
    EXPECT_GT(chi, 5);
}

TEST(Rollouts, PenSlipsAtItsRateAndNeverAfterAWait) {
    const Environment pen = noisy_pen(0.25);
    Rng rng = Rng::keyed(1, "pen");
    int slips = 0;
    for (int i = 0; i < 4000; ++i) {
        const std::int32_t id = pen("b6=", character_id('9'), rng);
        if (id == character_id('9')) continue;
        ++slips;
        ASSERT_TRUE(id == character_id('8') || id == character_id('0'));
    }
    EXPECT_NEAR(slips / 4000.0, 0.25, 0.03);
    EXPECT_EQ(pen("b6=3w", character_id('2'), rng), character_id('2'));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(pen("b6=", character_id('#'), rng), character_id('#'));
}

TEST(Rollouts, EachAsIfAlone) {
    const Model<float> model = fresh_model();
    const auto problems = fresh_problems(5, 40);
    RolloutSettings how;
    how.max_tokens = 12;
    const auto all = roll_out(PackedModel(model), problems, 1, how);
    const auto few = roll_out(PackedModel(model), std::span(problems).first(2), 1, how);
    ASSERT_TRUE(all && few);
    EXPECT_EQ((*all)[1].ids, (*few)[1].ids);
    EXPECT_EQ((*all)[1].logprobs, (*few)[1].logprobs);
}

/// Two steps; the hash of the model after them.
std::string run_hash(const GrpoSettings& settings, GrpoStats* last = nullptr) {
    Grpo grpo(fresh_model(), settings);
    for (int i = 0; i < 2; ++i) {
        const auto stats = grpo.step(true, nullptr, {});
        EXPECT_TRUE(stats);
        if (stats && last != nullptr) *last = *stats;
    }
    return model_hash(grpo.model());
}

TEST(Grpo, SameBitsAtAnyThreadCount) {
    const int before = threads();
    set_threads(1);
    const std::string one = run_hash(small_settings());
    for (const int n : {2, 3}) {
        set_threads(n);
        EXPECT_EQ(run_hash(small_settings()), one) << n;
    }
    set_threads(before);
    EXPECT_NE(one, model_hash(fresh_model()));
    GrpoSettings other = small_settings();
    other.seed = 2;
    EXPECT_NE(run_hash(other), one);
}

TEST(Grpo, EqualRewardsChangeNothing) {
    GrpoSettings s = small_settings();
    s.reward = Reward::kFormat;  // a fresh model hardly ever gets the format right
    Grpo grpo(fresh_model(), s);
    int without_spread = 0;
    for (int i = 0; i < 6; ++i) {
        const std::string before = model_hash(grpo.model());
        const auto stats = grpo.step(true, nullptr, {});
        ASSERT_TRUE(stats);
        if (stats->dropped != s.prompts) continue;
        ++without_spread;
        EXPECT_EQ(model_hash(grpo.model()), before);
    }
    EXPECT_GT(without_spread, 0);
}

TEST(Grpo, TheUpdateRaisesWhatBeatItsGroup) {
    GrpoSettings s = small_settings();
    s.learning_rate = 0.01;  // a tenth of it in the first warm-up step
    s.pen = 0;
    Grpo grpo(fresh_model(), s);
    GroupTable table;
    ASSERT_TRUE(grpo.step(true, &table, {}));
    ASSERT_EQ(table.change.size(), 4u);
    double along = 0;
    for (std::size_t i = 0; i < 4; ++i)
        for (const float c : table.change[i]) along += table.advantages[i] * static_cast<double>(c);
    EXPECT_GT(along, 0);
}

TEST(Grpo, VariantsRunAndDiffer) {
    const std::string plain = run_hash(small_settings());
    GrpoSettings kl = small_settings(), inner = kl, response = kl, critic = kl, process = kl, hot = kl;
    kl.loss.kl = 0.5, inner.inner = 3, response.normalisation = Normalisation::kPerResponse, critic.baseline = Baseline::kCritic, process.reward = Reward::kProcess, hot.temperature = 2;
    GrpoStats stats;
    EXPECT_NE(run_hash(kl), plain);
    EXPECT_NE(run_hash(inner), plain);
    EXPECT_NE(run_hash(response), plain);
    EXPECT_NE(run_hash(critic, &stats), plain);
    EXPECT_GT(stats.value_error, 0);
    EXPECT_NE(run_hash(process), plain);
    EXPECT_NE(run_hash(hot), plain);
    EXPECT_EQ(Grpo(fresh_model(), critic).numbers_in_memory()[1], Grpo(fresh_model(), critic).numbers_in_memory()[0]);
    EXPECT_EQ(Grpo(fresh_model(), small_settings()).numbers_in_memory()[1], 0);
}

TEST(Grpo, StopsWhenTold) {
    Grpo grpo(fresh_model(), small_settings());
    const auto stopped = grpo.step(true, nullptr, [] { return false; });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, "cancelled");
}

TEST(GrpoExperiment, RefusesWhatCannotTeach) {
    const auto specs = grpo_params();
    for (const auto& [key, value] : {std::pair{"group", "1"}, {"temperature", "0"}, {"kl", "-1"}, {"prompts", "0"}, {"pen", "1.5"}})
        EXPECT_EQ(parse_params(specs, {{key, value}}).error().code, "param_range") << key;
    EXPECT_EQ(load_reasoner(std::string(DEEPGLASS_SOURCE_DIR) + "/assets/models/mini").error().code, "grpo_model");
}

}  // namespace
}  // namespace dg::sim
