#include "sim/balance/router_balance.h"

#include <gtest/gtest.h>

#include <numeric>

namespace dg::sim {
namespace {

TEST(RouterBalance, TheControllerBalancesAndZeroSpeedDoesNot) {
    RouterBalance recipe;
    recipe.steps = 500, recipe.tokens = 256;
    const auto runs = run_router_balance(recipe);
    ASSERT_TRUE(runs);
    EXPECT_GT((*runs)[0].late(), 0.5);
    EXPECT_LT((*runs)[2].late() * 2, (*runs)[0].late());
    for (const double b : (*runs)[0].bias) EXPECT_EQ(b, 0);
    for (const BalanceRun& run : *runs) {
        EXPECT_EQ(run.max_vio.size(), 500U);
        EXPECT_NEAR(std::accumulate(run.last_load.begin(), run.last_load.end(), 0.0), 16, 1e-9);
        // the first step is the same for all: no bias has moved yet
        EXPECT_EQ(run.max_vio[0], (*runs)[0].max_vio[0]);
    }
}

TEST(RouterBalance, StopsWhenAsked) {
    const auto runs = run_router_balance({}, [](double) { return false; });
    ASSERT_FALSE(runs);
    EXPECT_EQ(runs.error().code, "cancelled");
}

}  // namespace
}  // namespace dg::sim
