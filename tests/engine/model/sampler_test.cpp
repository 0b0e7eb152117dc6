#include "engine/model/sampler.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace dg {
namespace {

const std::vector<float> kFive = {4, 3, 2, 1, 0};

SampleStages stages(const std::vector<float>& logits, const SampleSettings& settings) {
    return sample_stages(logits, settings).value();
}

double total(const std::vector<double>& p) { return std::accumulate(p.begin(), p.end(), 0.0); }

TEST(Sampler, FiveLogitsGiveTheTextbookNumbers) {
    const SampleStages s = stages(kFive, {});
    const std::vector<double> expected = {0.6364, 0.2341, 0.0861, 0.0317, 0.0117};
    for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(s.probs[i], expected[i], 5e-5);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(s.probs[i] / s.probs[i + 1], 2.718281828459045, 1e-12);
    EXPECT_NEAR(total(s.probs), 1, 1e-15);
    EXPECT_EQ(s.kept, s.probs);
}

TEST(Sampler, TemperatureStretchesAndFlattens) {
    // curriculum L5.2: top probability and entropy in bits
    const double bit = dg::log(2.0);
    const double table[][3] = {{0.25, 0.9817, 0.134}, {0.5, 0.8647, 0.661}, {2, 0.4287, 2.012}, {5, 0.2868, 2.266}};
    for (const auto& [t, top, entropy] : table) {
        const SampleStages s = stages(kFive, {.temperature = t});
        EXPECT_NEAR(s.probs[0], top, 5e-5) << t;
        EXPECT_NEAR(entropy_nats(s.probs) / bit, entropy, 5e-4) << t;
        EXPECT_DOUBLE_EQ(s.scaled[1], 3 / t);
    }
}

TEST(Sampler, TopKAndTopPKeepTheLikeliest) {
    const SampleStages k = stages(kFive, {.top_k = 2});
    EXPECT_EQ(k.keep(), 2);
    EXPECT_NEAR(k.kept[0], 0.7311, 5e-5);
    EXPECT_NEAR(k.kept[1], 0.2689, 5e-5);
    EXPECT_EQ(k.kept[2], 0);
    const SampleStages p = stages(kFive, {.top_p = 0.8});
    EXPECT_EQ(p.cut_p, 2);
    EXPECT_NEAR(p.kept_mass, 0.8705, 5e-5);
    // both: the smaller count wins; k beyond the vocabulary is everything
    EXPECT_EQ(stages(kFive, {.top_k = 1, .top_p = 0.8}).keep(), 1);
    EXPECT_EQ(stages(kFive, {.top_k = 3, .top_p = 0.8}).keep(), 2);
    EXPECT_EQ(stages(kFive, {.top_k = 99}).keep(), 5);
    EXPECT_EQ(stages(kFive, {.top_p = 1e-9}).keep(), 1);
}

TEST(Sampler, TemperatureZeroIsArgmaxWithoutDividing) {
    const std::vector<float> logits = {1, 7, 7, -2};
    const SampleStages s = stages(logits, {.temperature = 0});
    EXPECT_EQ(s.probs, (std::vector<double>{0, 1, 0, 0}));
    EXPECT_EQ(s.scaled, s.logits);
    EXPECT_EQ(s.order, (std::vector<std::int32_t>{1, 2, 0, 3}));  // equals in vocabulary order
    for (const double u : {0.0, 0.5, 0.9999999}) EXPECT_EQ(sample(s, u), 1);
    // the smallest positive temperature must not overflow either
    const SampleStages cold = stages({1, 7, 6.5F, -2}, {.temperature = 5e-324});
    EXPECT_EQ(cold.probs, (std::vector<double>{0, 1, 0, 0}));
}

TEST(Sampler, SlicesLieInOrderOnTheStrip) {
    const SampleStages s = stages({0, 2, 1}, {});
    EXPECT_EQ(slice_begin(s, 0), 0);
    EXPECT_DOUBLE_EQ(slice_begin(s, 1), s.kept[1]);
    EXPECT_NEAR(slice_begin(s, 3), 1, 1e-15);
    EXPECT_EQ(sample(s, 0), 1);
    EXPECT_EQ(sample(s, s.kept[1] - 1e-9), 1);
    EXPECT_EQ(sample(s, s.kept[1] + 1e-9), 2);
    EXPECT_EQ(sample(s, s.kept[1] + s.kept[2] + 1e-9), 0);
    EXPECT_EQ(sample(s, 1 - 1e-16), 0);
    EXPECT_THROW(sample(s, 1.0), Bug);
}

TEST(Sampler, CutAndForbiddenTokensAreNeverDrawn) {
    const float never = -std::numeric_limits<float>::infinity();
    const SampleStages s = stages({never, 1, 0, 0.5F, never}, {.top_k = 4});
    EXPECT_EQ(s.probs[0], 0);
    Rng rng(3);
    for (int i = 0; i < 2000; ++i) {
        const std::int32_t id = sample(s, rng.uniform());
        EXPECT_TRUE(id >= 1 && id <= 3) << id;
    }
    EXPECT_EQ(sample(s, 0x1.fffffffffffffp-1), 2);  // the last one with a probability, not a forbidden one
}

TEST(Sampler, TenThousandRollsFollowTheProbabilities) {
    const SampleStages s = stages(kFive, {});
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        std::vector<int> hits(5);
        Rng rng = Rng::keyed(seed, "rolls");
        for (int i = 0; i < 10000; ++i) ++hits[static_cast<std::size_t>(sample(s, rng.uniform()))];
        double chi2 = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            const double expected = s.probs[i] * 10000;
            chi2 += (hits[i] - expected) * (hits[i] - expected) / expected;
        }
        EXPECT_LT(chi2, 18.47) << seed;  // 4 degrees of freedom, 0.1 %
        EXPECT_GT(hits[4], 0);
    }
}

TEST(Sampler, RefusesWhatHasNoMeaning) {
    const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
    EXPECT_EQ(sample_stages(kFive, {.temperature = -1}).error().code, "sample_temperature");
    EXPECT_EQ(sample_stages(kFive, {.temperature = std::numeric_limits<double>::quiet_NaN()}).error().code, "sample_temperature");
    EXPECT_EQ(sample_stages(kFive, {.top_k = -1}).error().code, "sample_top_k");
    EXPECT_EQ(sample_stages(kFive, {.top_p = 0}).error().code, "sample_top_p");
    EXPECT_EQ(sample_stages(kFive, {.top_p = 1.01}).error().code, "sample_top_p");
    EXPECT_EQ(sample_stages(std::vector<float>{1, nan}, {}).error().code, "sample_logits");
    EXPECT_EQ(sample_stages(std::vector<float>{inf, 1}, {}).error().code, "sample_logits");
    EXPECT_EQ(sample_stages(std::vector<float>{-inf}, {}).error().code, "sample_logits");
    EXPECT_EQ(sample_stages(std::vector<float>{}, {}).error().code, "sample_logits");
}

}  // namespace
}  // namespace dg
