#include "viz/scenes/train.h"

#include "tests/viz/scenes/next_token_support.h"

#include <gmock/gmock.h>

namespace dg::viz::train {
namespace {

using testing::HasSubstr;

constexpr const char* kCurves = "step,tokens,loss,loss_mtp,lr,grad_norm,max_vio\n10,100,6,6.5,0.1,2,0.3\n20,200,4,4.5,0.2,1,0.3\n30,300,2,2.5,0.1,1,0.3\n";

class TrainScene : public SmallModel {
  protected:
    Error fails(const Set& set) {
        const Scene* scene = find_scene("train");
        return scene->compute(session_, *parse_params(scene->params, set), Progress{}).error();
    }

    void records(const std::string& text) {
        std::filesystem::create_directories(dir_ / "records");
        EXPECT_TRUE(write_file(dir_ / "records" / "fp8-training.csv", text));
    }
};

TEST_F(TrainScene, DrawsARunFromItsFiles) {
    EXPECT_EQ(fails({}).code, "train_no_curves");
    EXPECT_TRUE(write_file(dir_ / "models" / "mini" / "curves.csv", kCurves));
    EXPECT_TRUE(write_file(dir_ / "models" / "mini" / "card.json", R"({"seed": 7, "domains": [{"domain": "facts", "model_nats_per_document": 9.5, "entropy_nats_per_document": 9.0}, {"domain": 3}]})"));
    const Shown s = show("train", {{"window", "2"}});
    EXPECT_EQ(s.value("tokens"), 300);
    EXPECT_EQ(s.value("loss_first"), 6);
    EXPECT_EQ(s.value("loss_end"), 3);
    EXPECT_EQ(fails({{"mode", "numerics"}}).code, "train_no_records");
    EXPECT_EQ(s.value("lr_max"), 0.2);
    expect_tidy(s);
}

TEST_F(TrainScene, DamagedCurvesAreNamed) {
    for (const char* text : {"", "step,loss\n", "step,loss\n1\n", "step,loss\n1,two\n", "tokens,loss\n1,2\n"}) {
        EXPECT_TRUE(write_file(dir_ / "models" / "mini" / "curves.csv", text));
        EXPECT_EQ(fails({}).code, "train_curves") << text;
    }
}

TEST_F(TrainScene, GapsAreThoseOfTheSameSeed) {
    records("# made up for this test\nseed,step,f32,chaos,fp8\n1,1,4,4,4\n1,2,2,2.02,2.2\n2,1,8,8,8\n2,2,4,3.96,4.2\n");
    const Shown s = show("train", {{"mode", "numerics"}, {"window", "1"}});
    EXPECT_EQ(s.value("seeds", "fp8"), 2);
    // last quarter of two points: nothing; so the mean gap needs four
    records("seed,step,f32,chaos,fp8\n1,1,4,4,4\n1,2,4,4,4\n1,3,4,4,4\n1,4,2,2.02,2.2\n2,1,8,8,8\n2,2,8,8,8\n2,3,8,8,8\n2,4,4,3.96,4.2\n");
    const Shown four = show("train", {{"mode", "numerics"}, {"window", "1"}});
    EXPECT_NEAR(four.value("gap", "fp8"), 0.075, 1e-12);
    EXPECT_NEAR(four.value("gap_low", "fp8"), 0.05, 1e-12);
    EXPECT_NEAR(four.value("gap_high", "fp8"), 0.1, 1e-12);
    EXPECT_NEAR(four.value("gap_size", "chaos"), 0.01, 1e-12);
    EXPECT_EQ(four.value("published_gap"), 0.0025);
    expect_tidy(four);
}

TEST_F(TrainScene, SmoothingIsATrailingMean) {
    EXPECT_THAT(smoothed({1, 3, 5, 7}, 2), testing::ElementsAre(1, 3, 4, 6));
    EXPECT_THAT(smoothed({1, 3, 5}, 1), testing::ElementsAre(1, 3, 5));
    EXPECT_THAT(smoothed({}, 3), testing::IsEmpty());
}

}  // namespace
}  // namespace dg::viz::train
