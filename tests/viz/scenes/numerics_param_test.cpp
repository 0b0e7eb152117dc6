// The number format of every scene that runs the model: the same weights, another format, and the pictures say so.
#include "tests/viz/scenes/next_token_support.h"

#include <gmock/gmock.h>

namespace dg::viz {
namespace {

using testing::HasSubstr;

class NumericsParam : public SmallModel {};

TEST(NumericsParamTable, EverySceneThatRunsTheModelHasIt) {
    // train reads the records of a model only; grpo trains one; fp8 shows all formats beside each other
    const std::set<std::string_view> without = {"train", "grpo", "fp8"};
    int count = 0;
    for (const Scene& scene : scenes()) {
        const auto has = [&](std::string_view id, ParamType type) { return std::ranges::any_of(scene.params, [&](const ParamSpec& p) { return p.id == id && p.type == type; }); };
        if (!has("model", ParamType::kText) || without.contains(scene.id)) continue;
        EXPECT_TRUE(has("numerics", ParamType::kChoice)) << scene.id;
        ++count;
    }
    EXPECT_GE(count, 13);
}

TEST_F(NumericsParam, SessionRunsAModelInAFormat) {
    const auto plain = session_.trace("mini", "湖南大"), fp8 = session_.trace("mini@fp8,tile=8", "湖南大");
    ASSERT_TRUE(plain && fp8);
    EXPECT_EQ((*plain)->tape.find("layers.1.input_layernorm.quantised"), -1);
    EXPECT_GE((*fp8)->tape.find("layers.1.input_layernorm.quantised"), 0);
    // the weights are the same
    EXPECT_EQ((*plain)->model->model.hash, (*fp8)->model->model.hash);
    EXPECT_EQ((*fp8)->model->name, "mini@fp8,tile=8");
    EXPECT_EQ(session_.trace("mini@f32", "湖南大").value()->tape.value(0).size(), (*plain)->tape.value(0).size());
    EXPECT_EQ(session_.trace("mini@fp9", "湖南大").error().code, "usage_numerics");
    EXPECT_EQ(session_.trace("nobody@fp8", "湖南大").error().code, "model_unknown");
    EXPECT_EQ(session_.trace("mini@", "湖南大").error().code, "usage_numerics");
}

TEST_F(NumericsParam, NextTokenChangesAndTheBadgeSaysSo) {
    const Shown f32 = show("next-token", {{"prompt", "湖南大"}}), fp8 = show("next-token", {{"prompt", "湖南大"}, {"numerics", "fp8-e5m2"}});
    EXPECT_NE(f32.value("entropy"), fp8.value("entropy"));
    EXPECT_NEAR(f32.value("entropy"), fp8.value("entropy"), 0.5);
    EXPECT_THAT(fp8.drawn(last(fp8)).log(), HasSubstr("mini@fp8-e5m2"));
    EXPECT_THAT(f32.drawn(last(f32)).log(), testing::Not(HasSubstr("mini@")));
}

TEST_F(NumericsParam, ComparesAModelWithItselfInFp8) {
    const Shown s = show("next-token", {{"prompt", "湖南大"}, {"compare", "mini@fp8"}});
    expect_tidy(s);
    EXPECT_THAT(s.drawn(last(s)).log(), HasSubstr("mini@fp8"));
}

}  // namespace
}  // namespace dg::viz
