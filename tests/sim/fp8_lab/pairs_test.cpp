#include "sim/experiment.h"
#include "sim/fp8_lab/lab_recipe.h"
#include "sim/fp8_lab/outlier.h"
#include "sim/fp8_lab/pairs.h"

#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg::sim {
namespace {

using namespace fp8_lab;

Records run_experiment(const char* id, const std::map<std::string, std::string>& set) {
    const Experiment* experiment = *require_experiment(id);
    const auto params = parse_params(experiment->params, set);
    EXPECT_TRUE(params);
    auto records = experiment->run(*params, {});
    if (!records) ADD_FAILURE() << records.error().plain();
    return std::move(records).value();
}

TEST(Fp8Pairs, EveryVariantTrainsOnTheSameData) {
    const Records r = run_experiment("fp8-training", {{"steps", "2"}, {"width", "32"}, {"variants", "f32,chaos,bf16,fp8,fp8-128,fp8-tensor,fp8-raw,fp8-raw-scaled"}});
    ASSERT_EQ(r.columns.size(), 9U);
    ASSERT_EQ(r.rows.size(), 2U);
    // same weights and data: the first loss differs by rounding only, the chaos floor by next to nothing
    for (std::size_t c = 2; c < 9; ++c) EXPECT_NEAR(r.rows[0][c], r.rows[0][1], 0.2) << r.columns[c];
    EXPECT_NEAR(r.rows[0][2], r.rows[0][1], 1e-5);
    EXPECT_NE(r.rows[1][4], r.rows[1][1]);
    EXPECT_EQ(r, run_experiment("fp8-training", {{"steps", "2"}, {"width", "32"}, {"variants", "f32,chaos,bf16,fp8,fp8-128,fp8-tensor,fp8-raw,fp8-raw-scaled"}}));
}

TEST(Fp8Pairs, SummaryComparesWithF32OfTheSameCall) {
    const Records r = run_experiment("fp8-training", {{"steps", "3"}, {"width", "32"}, {"variants", "f32,fp8-raw,fp8-raw-scaled"}, {"table", "summary"}});
    ASSERT_EQ(r.rows.size(), 3U);
    EXPECT_EQ(r.rows[0][1], 0);
    EXPECT_EQ(r.rows[1][0], variant_index("fp8-raw"));
    EXPECT_NEAR(r.rows[1][3], r.rows[1][2] / r.rows[0][2] - 1, 1e-12);
    EXPECT_GT(r.rows[1][5], 0.5);  // gradients gone
    EXPECT_LT(r.rows[2][5], 0.2);  // and back
}

TEST(Fp8Pairs, UnknownVariantsAreNamed) {
    const Experiment* experiment = *require_experiment("fp8-training");
    for (const char* text : {"f32,fp9", ",", ""}) {
        const auto params = parse_params(experiment->params, {{"variants", text}});
        ASSERT_TRUE(params) << text;
        const auto records = experiment->run(*params, {});
        ASSERT_FALSE(records);
        EXPECT_EQ(records.error().code, "param_choice");
    }
}

TEST(Fp8Pairs, StopsWhenAsked) {
    const Experiment* experiment = *require_experiment("fp8-training");
    const auto params = parse_params(experiment->params, {{"steps", "1000"}, {"width", "32"}});
    Task task;
    int calls = 0;
    task.report = [&](double) { return ++calls < 2; };
    const auto records = experiment->run(*params, task);
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().code, "cancelled");
}

TEST(Fp8Pairs, RelativeGapIgnoresTheStart) {
    const VariantRun reference{.loss = {4, 2, 2, 2}}, run{.loss = {8, 2.2, 2.2, 2.2}};
    EXPECT_NEAR(relative_gap(run, reference, 0.25), 0.1, 1e-12);
    EXPECT_TRUE(std::isnan(relative_gap({.loss = {1}, .diverged = true}, reference, 0)));
}

TEST(Fp8Outlier, TheFunctionStaysAndOneScaleFails) {
    const auto recipe = lab_recipe(64, 1, 3);
    ASSERT_TRUE(recipe);
    const Model<float> model = random_model(recipe->model, 3);
    TokenBatch tokens{1, 24, {}};
    Rng rng(2);
    for (int i = 0; i < 24; ++i) tokens.ids.push_back(static_cast<std::int32_t>(rng.below(512)));
    const auto logits = [&](const Model<float>& m, const char* numerics) {
        Tape<float> tape;
        ForwardOptions options;
        options.numerics = *parse_numerics(numerics);
        EXPECT_TRUE(forward(m, tokens, options, tape));
        return tape.value(tape.find("logits"));
    };
    const auto error = [](const Tensor<float>& a, const Tensor<float>& b) {
        double d = 0, n = 0;
        for (std::int64_t i = 0; i < a.size(); ++i) d += std::pow(a[i] - b[i], 2), n += std::pow(b[i], 2);
        return std::sqrt(d / n);
    };
    const Tensor<float> exact = logits(model, "f32");
    const auto harm = [&](float factor, const char* numerics) { return error(logits(with_outlier_channel(model, 0, factor), numerics), exact) - error(logits(model, numerics), exact); };
    EXPECT_LT(error(logits(with_outlier_channel(model, 0, 1e5F), "f32"), exact), 1e-5);
    // E4M3 reaches from 2^-9 to 448: ten thousand times the others does no harm, a hundred thousand times leaves that range
    EXPECT_LT(harm(1e4F, "fp8-tensor"), 0.1);
    EXPECT_GT(harm(1e5F, "fp8-tensor"), 0.5);
    // of four tiles in a row one holds the outlier
    EXPECT_LT(harm(1e5F, "fp8,tile=16"), 0.25);
}

TEST(Fp8Outlier, PublishedShapeOfTheProductErrors) {
    // recipes: E4M3 per tensor .038 up to 1e3 and .379 at 1e5; INT8 per tensor .676 at 100
    const ProductErrors one = product_errors(1, 1), hundred = product_errors(100, 1), huge = product_errors(1e5F, 1);
    EXPECT_NEAR(one.e4m3_tensor, 0.038, 0.004);
    EXPECT_NEAR(hundred.e4m3_tensor, 0.038, 0.004);
    EXPECT_GT(hundred.int8_tensor, 0.5);
    EXPECT_LT(one.int8_tensor, 0.02);
    EXPECT_GT(huge.e4m3_tensor, 0.3);
    EXPECT_LT(huge.e4m3_tile16, 0.08);
}

}  // namespace
}  // namespace dg::sim
