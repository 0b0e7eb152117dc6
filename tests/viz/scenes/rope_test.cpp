// Rotation as the tape holds it; only the distance counts; YaRN as published.
#include "viz/scenes/rope.h"

#include "tests/viz/scenes/shipped_scenes.h"

#include <cmath>
#include <map>

namespace dg::viz {
namespace {

using rope::Data;

std::shared_ptr<const Data> data_of(const std::map<std::string, std::string>& set) { return std::dynamic_pointer_cast<const Data>(computed("rope", set)); }

std::map<std::string, double> observed(const Data& d) { return numbers_of("rope", d); }

TEST(RopeScene, TurnedPairsAreTheTapes) {
    const auto d = data_of({{"layer", "2"}, {"head", "5"}, {"position", "7"}, {"key", "3"}});
    const Tensor<float>&q = d->run->tape.value(d->run->tape.find("layers.2.attn.q_pe")), &k = d->run->tape.value(d->run->tape.find("layers.2.attn.k_pe"));
    ASSERT_EQ(d->pairs.size(), 4U);
    double sum = 0;
    for (std::size_t j = 0; j < 4; ++j) {
        const float* qr = q.row(7 * 8 + 5) + 2 * j;
        const float* kr = k.row(3) + 2 * j;
        EXPECT_EQ(d->pairs[j].q_turned.x, qr[0]);
        EXPECT_EQ(d->pairs[j].k_turned.y, kr[1]);
        // turned by hand with libm
        const double angle = 7 * std::pow(500.0, -2.0 * static_cast<double>(j) / 8);
        EXPECT_NEAR(d->pairs[j].q.x * std::cos(angle) - d->pairs[j].q.y * std::sin(angle), qr[0], 1e-4);
        sum += static_cast<double>(qr[0]) * kr[0] + static_cast<double>(qr[1]) * kr[1];
    }
    auto o = observed(*d);
    EXPECT_NEAR(o["rotary"], sum, 1e-9);
    EXPECT_LT(o["full_difference"], 1e-4);
}

TEST(RopeScene, OnlyTheDistanceCounts) {
    for (const char* shift : {"1", "100", "1000"}) EXPECT_LT(observed(*data_of({{"position", "5"}, {"key", "3"}, {"shift", shift}}))["shift_difference"], 2e-3) << shift;
    EXPECT_GT(observed(*data_of({{"position", "5"}, {"key", "3"}}))["distance_effect"], 0.1);
}

TEST(RopeScene, WithoutPositionAttentionSeesABag) {
    auto o = observed(*data_of({{"show", "shuffle"}}));
    EXPECT_LT(o["change_without"], 1e-5);
    EXPECT_GT(o["change_with"], 1e-2);
}

TEST(RopeScene, YarnIsDeepSeekV3s) {
    auto o = observed(*data_of({{"show", "yarn"}}));
    EXPECT_EQ(o["yarn_factor"], 40);
    EXPECT_NEAR(o["yarn_mscale"], 1.3689, 5e-5);
    EXPECT_EQ(o["yarn_pairs"], 32);
    EXPECT_GT(o["yarn_kept"], 5);
    EXPECT_GT(o["yarn_divided"], 5);
    EXPECT_LT(o["yarn_kept"] + o["yarn_divided"], 32);
}

TEST(RopeScene, KeysAfterTheQueryAreRefused) { EXPECT_EQ(try_compute("rope", {{"position", "2"}, {"key", "3"}}).error().code, "rope_key"); }

TEST(RopeScene, EveryPictureDrawsInsideItsPage) {
    for (const char* show : {"rotate", "shift", "shuffle", "yarn"}) {
        const auto d = data_of({{"show", show}});
        const Params params = parse_params(rope_scene().params, {{"show", show}}).value();
        expect_pages(show, 3, [&](Canvas& canvas, const View& view) { rope_scene().draw(canvas, *d, params, view); });
    }
}

}  // namespace
}  // namespace dg::viz
