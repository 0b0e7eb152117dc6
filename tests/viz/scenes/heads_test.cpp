// Heads: contributions add up, muting is what the engine does, names need their statistic.
#include "viz/scenes/heads.h"

#include "tests/viz/scenes/shipped_scenes.h"

#include <cmath>
#include <map>

namespace dg::viz {
namespace {

using heads::Data;

std::shared_ptr<const Data> data_of(const std::map<std::string, std::string>& set) { return std::dynamic_pointer_cast<const Data>(computed("heads", set)); }

std::map<std::string, double> observed(const Data& d) { return numbers_of("heads", d); }

TEST(HeadsScene, ContributionsAddUpToAttentionsOutput) {
    for (const char* muted : {"", "4.3"}) {
        const auto d = data_of({{"show", "sum"}, {"muted", muted}});
        EXPECT_LT(d->sum_difference, 1e-4);
        ASSERT_EQ(d->added.size(), 8U);
        EXPECT_EQ(length_of(d->added[3]) == 0, *muted != 0) << "a muted head adds nothing";
    }
}

TEST(HeadsScene, MutingIsTheEnginesOwn) {
    const auto d = data_of({{"show", "mute"}, {"muted", "4.3,5.3"}, {"prompt", "湖南大学位于长沙"}});
    ForwardOptions options;
    options.mtp = false;
    options.head_gain = HeadGain(6, std::vector<double>(8, 1));
    options.head_gain[4][3] = options.head_gain[5][3] = 0;
    Tape<float> tape;
    ASSERT_TRUE(forward(d->run->model->model, d->run->batch, options, tape).has_value());
    auto o = observed(*d);
    EXPECT_EQ(o["loss_muted"], tape.value(tape.find("loss.main"))[0]);
    options.head_gain[5][3] = 1;
    Tape<float> one;
    ASSERT_TRUE(forward(d->run->model->model, d->run->batch, options, one).has_value());
    EXPECT_EQ(o["loss_change_of[4,3]"], one.value(one.find("loss.main"))[0] - o["loss"]);
    EXPECT_EQ(o["muted"], 2);
}

TEST(HeadsScene, WeightOneChangesNothing) {
    const auto d = data_of({{"show", "grid"}});
    ForwardOptions options;
    options.head_gain = HeadGain(6, std::vector<double>(8, 1));
    Tape<float> tape;
    ASSERT_TRUE(forward(d->run->model->model, d->run->batch, options, tape).has_value());
    const Tensor<float>&a = tape.value(tape.find("logits")), &b = d->full->tape.value(d->full->tape.find("logits"));
    for (std::int64_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i], b[i]);
}

TEST(HeadsScene, DistanceOfTwoCopiesIsZero) {
    auto o = observed(*data_of({}));
    EXPECT_EQ(o["js_copies"], 0);
    for (int l = 0; l < 6; ++l) EXPECT_GT(o[fmt::format("js[{}]", l)], 0);
    EXPECT_LE(o["js_mean"], std::sqrt(std::log(2.0)));
}

TEST(HeadsScene, NamesNeedTheirStatistic) {
    const auto d = data_of({});
    int named = 0;
    for (std::int64_t l = 0; l < 6; ++l)
        for (std::int64_t h = 0; h < 8; ++h) {
            named += d->named(l, h) ? 1 : 0;
            EXPECT_EQ(d->named(l, h), d->habits[d->index(l, h)].value >= heads::kNamed);
        }
    EXPECT_GT(named, 0);
    const auto random = data_of({{"model", "random"}});
    for (const auto& habit : random->habits) EXPECT_TRUE(habit.name.empty());
}

TEST(HeadsScene, MutedListsAreReadAndToggled) {
    EXPECT_EQ(heads::write_muted(heads::parse_muted(" 5.7, 0.1", 6, 8).value()), "0.1,5.7");
    for (const char* bad : {"6.0", "1.8", "1", "a.b", "1.2.3", "-1.0"}) EXPECT_EQ(heads::parse_muted(bad, 6, 8).error().code, "heads_muted") << bad;
    const Scene scene = heads_scene();
    const auto d = data_of({{"muted", "4.3"}});
    const Params params = parse_params(scene.params, {{"muted", "4.3"}}).value();
    EXPECT_EQ(scene.act(*d, params, "mute 1.2").at("muted"), "1.2,4.3");
    EXPECT_EQ(scene.act(*d, params, "mute 4.3").at("muted"), "");
    EXPECT_EQ(try_compute("heads", {{"layer", "6"}}).error().code, "attention_layer");
}

TEST(HeadsScene, EveryPictureDrawsInsideItsPage) {
    for (const char* show : {"grid", "sum", "mute"}) {
        const auto d = data_of({{"show", show}, {"muted", "4.3"}});
        const Params params = parse_params(heads_scene().params, {{"show", show}}).value();
        expect_pages(show, 3, [&](Canvas& canvas, const View& view) { heads_scene().draw(canvas, *d, params, view); });
    }
}

TEST(HeadsScene, InductionHeadsOfTheReasoner) {
    const auto d = data_of({{"show", "induction"}, {"model", "reasoner"}});
    auto o = observed(*d);
    EXPECT_EQ(d->layer, 1) << "the best head is chosen";
    EXPECT_GT(o["induction_best[own]"], 0.8);
    EXPECT_GE(o["induction_heads[own]"], 2);
    EXPECT_LT(o["induction_best[repeated]"], 0.2) << "not for any token";
    EXPECT_EQ(o["induction_best[own]"], o[fmt::format("induction[{},{}]", d->layer, d->head)]);
    const auto mini = data_of({{"show", "induction"}});
    EXPECT_EQ(mini->induction->kind, heads::Induction::Kind::kRepeated) << "another vocabulary has no pairs of the task";
    for (const auto& data : {d, mini}) {
        for (const Lang lang : {Lang::kZh, Lang::kEn}) {
            View view;
            view.stage = 2, view.lang = lang;
            LogCanvas open({0, 0, 1920, 1080}), covered({0, 0, 1920, 1080});
            heads::draw_induction(open, *data, view);
            view.revealed = false;
            heads::draw_induction(covered, *data, view);
            EXPECT_EQ(open.log().find("⟦"), std::string::npos);
            EXPECT_NE(open.log(), covered.log());
        }
    }
}

}  // namespace
}  // namespace dg::viz
