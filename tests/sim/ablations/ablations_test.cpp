// The ablation series: every member differs in one thing, runs repeat bit for bit, and a strong balance loss evens the loads.
#include "sim/ablations/ablations.h"
#include "sim/experiment.h"
#include "sim/fp8_lab/lab_recipe.h"

#include <gtest/gtest.h>

namespace dg::sim {
namespace {

Records run_of(const char* id, const std::map<std::string, std::string>& set) {
    const Experiment* experiment = require_experiment(id).value();
    return experiment->run(parse_params(experiment->params, set).value(), {}).value();
}

TEST(Ablations, SeriesRepeatBitForBit) {
    const std::map<std::string, std::string> set = {{"seeds", "1"}, {"steps", "4"}, {"width", "32"}};
    const Records a = run_of("mtp-gain", set), b = run_of("mtp-gain", set);
    EXPECT_EQ(a, b);
    ASSERT_EQ(a.rows.size(), 2U);
    EXPECT_EQ(a.columns, (std::vector<std::string>{"seed", "depth", "held_out", "max_vio", "max_vio_first", "parameters"}));
    EXPECT_EQ(a.rows[0][1], 0);
    EXPECT_EQ(a.rows[1][1], 1);
    EXPECT_LT(a.rows[0][5], a.rows[1][5]);    // the module has weights
    EXPECT_NE(a.rows[0][2], a.rows[1][2]);    // and its loss reaches the main model
    EXPECT_GT(a.rows[0][2], 3);
    EXPECT_LT(a.rows[0][2], 7);
}

TEST(Ablations, CancelledRunsSayWhere) {
    const Recipe recipe = fp8_lab::lab_recipe(32, 4, 1).value();
    const auto outcome = ablations::train_once(recipe, fp8_lab::lab_tokenizer().value(), [](std::int64_t step) { return step < 2; });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "cancelled");
}

TEST(Ablations, SlowAStrongLossEvensTheLoads) {
    const Records r = run_of("balance-loss", {{"seeds", "1"}, {"steps", "80"}, {"width", "32"}});
    ASSERT_EQ(r.rows.size(), 6U);
    const auto vio = [&](std::size_t row) { return r.rows[row][4]; };
    EXPECT_LT(vio(4), vio(0));  // alpha 0.1 against nothing
    EXPECT_LT(vio(5), vio(0));  // the controller against nothing
}

}  // namespace
}  // namespace dg::sim
