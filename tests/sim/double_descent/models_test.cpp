// Theory of random features, descent over time, the small network, random subspaces.
#include "engine/base/parallel.h"
#include "sim/double_descent/descent.h"
#include "sim/double_descent/subspace.h"
#include "sim/double_descent/theory.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg::sim::dd {
namespace {

const Report kGoOn = [](double) { return true; };
const Partial kQuiet = [](const Sweep&) {};

TEST(RandomFeatures, SpectraHoldTheTraceAndTheTruth) {
    for (const std::int64_t d : {3, 6, 20}) {
        // to the accuracy of the 500 midpoints; E f(x)^2 of the kernels: 1/2 for ReLU (E |w.x|^2 / 2), 1 for Fourier; the truth's square is the same for both
        double relu_trace = 0, fourier_trace = 0, relu_power = 0, fourier_power = 0;
        const Spectrum relu = relu_spectrum(d, 1), fourier = fourier_spectrum(d, 1);
        for (const Level& l : relu.levels) relu_trace += l.count * l.value, relu_power += l.power;
        for (const Level& l : fourier.levels) fourier_trace += l.count * l.value, fourier_power += l.power;
        EXPECT_NEAR(relu_trace, 0.5, 1e-5) << d;
        EXPECT_NEAR(fourier_trace, 1, 1e-6) << d;
        EXPECT_NEAR(relu_power + relu.rest, fourier_power + fourier.rest, 1e-4) << d;
        EXPECT_LT(fourier.rest, 0.01 * fourier_power) << d;
        // ReLU: the constant harmonic is (E|t| / 2)^2 d, the linear one holds half of t
        EXPECT_NEAR(relu.levels[1].value * relu.levels[1].count, 0.25, 1e-5) << d;
    }
}

TEST(RandomFeatures, PredictionFollowsTheMedians) {
    for (const Model model : {Model::kRelu, Model::kFourier}) {
        const Settings s{.model = model, .n = 100, .points = {10, 40, 80, 130, 200, 1000}, .noise_variance = 0.09, .seeds = 12};
        const auto sweep = run_sweep(s, kGoOn, kQuiet);
        ASSERT_TRUE(sweep);
        for (const Point& p : sweep->points) EXPECT_NEAR(median(p.test) / p.theory, 1, 0.3) << static_cast<int>(model) << " " << p.at;
    }
    Settings s{.model = Model::kRelu, .n = 100, .points = {50, 100, 300}, .noise_variance = 0.09, .ridge = 0.01, .seeds = 12};
    const auto ridge = run_sweep(s, kGoOn, kQuiet);
    for (const Point& p : ridge->points) EXPECT_NEAR(median(p.test) / p.theory, 1, 0.15) << p.at;
}

TEST(RandomFeatures, RidgeOfZeroIsTheLimitAndThePeakIsUnknown) {
    const Spectrum s = relu_spectrum(20, 1);
    for (const double k : {30.0, 90.0, 150.0, 2000.0}) EXPECT_NEAR(random_feature_risk(s, 100, k, 1e-9, 0.09) / random_feature_risk(s, 100, k, 0, 0.09), 1, 1e-3) << k;
    EXPECT_TRUE(std::isnan(random_feature_risk(s, 100, 100, 0, 0.09)));
    EXPECT_TRUE(std::isfinite(random_feature_risk(s, 100, 100, 0.01, 0.09)));
}

TEST(Descent, FallsInTrainingAndDescendsTwice) {
    Settings s{.over = Over::kTime, .n = 20, .points = {1, 2, 7, 50}, .noise_variance = 0.05, .seeds = 1};
    const std::vector<Fit> fits = descend(s, 0);
    ASSERT_EQ(fits.size(), 4u);
    for (std::size_t i = 1; i < fits.size(); ++i) EXPECT_LT(fits[i].train, fits[i - 1].train);
    // recipes: 0.67 near step 13, 1.19 near 500, 0.25 near 1.6e5
    s = {.over = Over::kTime, .n = 100, .points = {13, 500, 160000}, .noise_variance = 0.05, .seeds = 20};
    const auto sweep = run_sweep(s, kGoOn, kQuiet);
    ASSERT_TRUE(sweep);
    const double first = mean(sweep->points[0].test), hump = mean(sweep->points[1].test), last = mean(sweep->points[2].test);
    EXPECT_NEAR(first, 0.67, 0.1);
    EXPECT_NEAR(hump, 1.1, 0.2);
    EXPECT_NEAR(last, 0.26, 0.06);
}

TEST(Network, TrainsToInterpolationAndRecordsOnTheWay) {
    const Settings s{.model = Model::kNetwork, .n = 20, .noise_variance = 0.16, .d = 4, .test_points = 100, .steps = 1500, .slice_points = 5};
    const Network net(s, 0);
    const std::vector<Fit> fits = net.train(30, {1, 100, 1500});
    ASSERT_EQ(fits.size(), 3u);
    EXPECT_LT(fits[2].train, 0.02 * fits[0].train);
    EXPECT_EQ(fits[2].slice.size(), 5u);
    // recording changes nothing
    EXPECT_EQ(net.train(30, {1500}).front().test, fits[2].test);
    EXPECT_EQ(network_parameters(network_width(61, 4), 4), 61);
    EXPECT_EQ(network_width(1, 4), 1);
}

TEST(SubspaceSlow, ReachesTheFullAccuracyWithFarFewerDirections) {
    SubspaceSettings s{.dims = {4, 64, 256}, .seeds = 2};
    std::size_t parts = 0;
    const auto r = run_subspace(s, kGoOn, [&](const SubspaceResult&) { ++parts; });
    ASSERT_TRUE(r);
    EXPECT_EQ(parts, 3u);
    EXPECT_EQ(r->parameters, 36 * 16 + 170);
    EXPECT_GT(mean(r->full), 0.95);
    EXPECT_LT(mean(r->points[0].accuracy), 0.4);
    EXPECT_GT(mean(r->points[2].accuracy), 0.9 * mean(r->full));
    set_threads(1);
    const auto again = run_subspace(s, kGoOn, [](const SubspaceResult&) {});
    set_threads(2);
    EXPECT_EQ(r->points[1].accuracy, again->points[1].accuracy);
    int calls = 0;
    const auto stopped = run_subspace(s, [&](double) { return ++calls < 2; }, [](const SubspaceResult&) {});
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, "cancelled");
}

}  // namespace
}  // namespace dg::sim::dd
