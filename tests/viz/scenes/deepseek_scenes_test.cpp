// Scenes moe, mla, mtp, balance: pages, cells, and numbers against independent computation.
#include "tests/viz/scenes/shipped_scenes.h"
#include "viz/scenes/mla.h"
#include "viz/scenes/moe.h"
#include "viz/scenes/mtp.h"

#include <chrono>

namespace dg::viz {
namespace {

using Set = std::map<std::string, std::string>;

TEST(MoeScene, PagesHoldTheirText) {
    const std::string prompt = "湖南大学在长沙", text = prompt + prompt + prompt + prompt + prompt + prompt;
    EXPECT_GT(expect_page("moe", {{"prompt", prompt}}), 0);
    EXPECT_GT(expect_page("moe", {{"prompt", text}, {"change", "swap"}}), 0);
    EXPECT_GT(expect_page("moe", {{"prompt", "a"}, {"show", "gates"}}), 0);
    expect_page("moe", {{"show", "load"}, {"documents", "1"}});
    expect_page("moe", {{"show", "meters"}, {"split", "4"}});
}

TEST(MoeScene, CellsCanBeAskedWhy) { expect_cells_explained("moe", {{"prompt", "Hunan University is in Changsha"}}); }

TEST(MoeScene, WeightsFollowAffinityAndChoiceFollowsTheScore) {
    const auto data = computed("moe", {{"prompt", "Hunan University is in Changsha"}});
    const auto& d = dynamic_cast<const moe::Data&>(*data);
    for (std::int64_t t = 0; t < d.tokens; ++t) {
        double sum = 0, total = 0, worst_in = 1e9, best_out = -1e9;
        for (std::int64_t e = 0; e < 16; ++e)
            if (d.choice(t, e)) sum += d.affinity(t, e);
        for (std::int64_t e = 0; e < 16; ++e) {
            if (d.choice(t, e)) {
                EXPECT_TRUE(d.group_kept(t, d.group_of(e)));
                EXPECT_NEAR(d.weight(t, e), d.affinity(t, e) / sum * 2.5, 1e-6);
                worst_in = std::min(worst_in, d.score(t, e));
            } else if (d.group_kept(t, d.group_of(e))) {
                best_out = std::max(best_out, d.score(t, e));
            }
            total += d.weight(t, e);
        }
        EXPECT_NEAR(total, 2.5, 1e-5);
        EXPECT_GE(worst_in, best_out);
        EXPECT_DOUBLE_EQ(d.cut(t), worst_in);
    }
}

TEST(MoeScene, MutingChangesTheAnswerAndNothingWithoutAChange) {
    const auto plain = numbers_of("moe", *computed("moe", {{"prompt", "Hunan University is in Changsha"}}));
    EXPECT_EQ(plain.at("logit_change"), 0);
    EXPECT_EQ(plain.at("loss"), plain.at("loss_as_trained"));
    for (const char* change : {"mute", "solo", "swap"}) {
        const auto changed = numbers_of("moe", *computed("moe", {{"prompt", "Hunan University is in Changsha"}, {"change", change}}));
        EXPECT_GT(changed.at("logit_change"), 0) << change;
        EXPECT_EQ(changed.at("loss_as_trained"), plain.at("loss")) << change;
    }
    EXPECT_GT(numbers_of("moe", *computed("moe", {{"shared", "false"}})).at("logit_change"), 0);
    const auto one = numbers_of("moe", *computed("moe", {{"limit", "1"}}));
    for (int t = 0; t < static_cast<int>(one.at("tokens")); ++t) EXPECT_EQ(one.at(fmt::format("groups_touched[{}]", t)), 1);
}

TEST(MoeScene, CountsAreExact) {
    const auto n = numbers_of("moe", *computed("moe", {{"show", "meters"}}));
    EXPECT_EQ(n.at("combinations[small16]"), 120);
    EXPECT_EQ(n.at("combinations[v3]"), 409663695276000.0);
    EXPECT_EQ(numbers_of("moe", *computed("moe", {{"show", "meters"}, {"split", "4"}})).at("combinations[small16]"), 4426165368.0);
}

TEST(MoeScene, WrongPlacesAreErrors) {
    const auto code = [](const Set& set) { return find_scene("moe")->compute(shipped_session(), scene_params("moe", set), {}).error().code; };
    EXPECT_EQ(code({{"layer", "0"}}), "moe_dense");
    EXPECT_EQ(code({{"layer", "9"}}), "moe_layer");
    EXPECT_EQ(code({{"expert", "16"}}), "moe_expert");
    EXPECT_EQ(code({{"position", "500"}}), "moe_position");
    EXPECT_EQ(code({{"limit", "9"}}), "expert_change");
    EXPECT_EQ(code({{"prompt", ""}}), "empty_prompt");
}

TEST(MlaScene, PagesHoldTheirText) {
    EXPECT_GT(expect_page("mla", {}), 0);
    EXPECT_GT(expect_page("mla", {{"form", "absorbed"}, {"prompt", "Hunan University is in Changsha"}}), 0);
    expect_page("mla", {{"show", "cache"}});
    expect_page("mla", {{"show", "growth"}, {"steps", "30"}});
    expect_page("mla", {{"show", "rank"}, {"documents", "1"}});
    expect_page("mla", {{"show", "rotate"}});
}

TEST(MlaScene, CellsCanBeAskedWhy) {
    expect_cells_explained("mla", {});
    expect_cells_explained("mla", {{"show", "growth"}, {"steps", "12"}});
}

TEST(MlaScene, BothFormsAgreeAndTheCachesAreThePublishedOnes) {
    const auto n = numbers_of("mla", *computed("mla", {}));
    EXPECT_LT(n.at("layer_difference"), 1e-5);
    EXPECT_GT(n.at("layer_difference"), 0);  // two code paths, not one shown twice
    EXPECT_EQ(n.at("cached"), 72);
    EXPECT_EQ(n.at("bytes[MLA]"), 70272);
    EXPECT_EQ(n.at("per_layer[naive]"), 40960);
    const auto own = numbers_of("mla", *computed("mla", {{"shape", "model"}}));
    EXPECT_EQ(own.at("per_layer[MLA]"), 72);
    EXPECT_EQ(own.at("per_layer[MHA]"), 256);
}

TEST(MlaScene, TheGrowingCacheSavesProjections) {
    const auto n = numbers_of("mla", *computed("mla", {{"show", "growth"}, {"steps", "20"}}));
    EXPECT_EQ(n.at("projections_without_cache"), 210);
    EXPECT_EQ(n.at("projections_with_cache"), 20);
    EXPECT_EQ(n.at("cache_difference"), 0);
}

TEST(MtpScene, PagesHoldTheirText) {
    EXPECT_GT(expect_page("mtp", {{"tokens", "60"}, {"temperature", "1"}}), 0);
    EXPECT_GT(expect_page("mtp", {{"show", "module"}, {"prompt", "Hunan University is in Changsha"}}), 0);
    expect_page("mtp", {{"show", "speed"}});
}

TEST(MtpScene, CellsCanBeAskedWhy) {
    expect_cells_explained("mtp", {});
    expect_cells_explained("mtp", {{"show", "module"}});
}

TEST(MtpScene, DraftsSavePassesAndKeepTheText) {
    const auto n = numbers_of("mtp", *computed("mtp", {{"tokens", "60"}}));
    EXPECT_EQ(n.at("same_text"), 1);
    EXPECT_LT(n.at("passes"), n.at("plain_passes"));
    EXPECT_DOUBLE_EQ(n.at("expected[0.85,2]"), 1 + 0.85 + 0.85 * 0.85);
    EXPECT_EQ(numbers_of("mtp", *computed("mtp", {{"show", "module"}, {"position", "1"}})).at("future_difference"), 0);
}

TEST(BalanceScene, PagesHoldTheirText) { expect_page("balance", {{"steps", "60"}}); }

TEST(DeepseekScenes, AFrameTakesLittleTime) {
    for (const auto& [id, set] : {std::pair<const char*, Set>{"moe", {}}, {"mla", {}}, {"mtp", {}}, {"mla", {{"show", "growth"}}}}) {
        const auto data = computed(id, set);
        double best = 1e9;
        for (int i = 0; i < 8; ++i) {
            LogCanvas canvas(Rect{0, 0, 1920, 1080});
            const auto begin = std::chrono::steady_clock::now();
            find_scene(id)->draw(canvas, *data, scene_params(id, set), {});
            best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
        }
        std::printf("%s: %.2f ms on the text log\n", id, best);
        EXPECT_LT(best, 50) << id;
    }
}

}  // namespace
}  // namespace dg::viz
