#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "sim/double_descent/size_fit.h"
#include "sim/double_descent/theory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace dg::sim::dd {
namespace {

const Report kGoOn = [](double) { return true; };
const Partial kQuiet = [](const Sweep&) {};

/// What SizeFit must find: the rank-revealing solve of the same data, measured directly.
Fit fit_reference(const Settings& s, int index, std::int64_t p) {
    const Design design(s, index, s.n);
    Matrix all, training(p, s.n);
    design.features(0, p, all);
    for (std::int64_t j = 0; j < p; ++j) std::copy(all.row(j), all.row(j) + s.n, training.row(j));
    std::vector<double> y = design.linear() ? design.noise() : design.labels(), beta;
    if (design.linear()) {
        double length = 0;
        for (std::int64_t j = 0; j < p; ++j) beta.push_back(design.direction(j)), length += beta.back() * beta.back();
        for (std::int64_t j = 0; j < p; ++j) {
            beta[static_cast<std::size_t>(j)] *= std::sqrt(s.signal / length);
            axpy(beta[static_cast<std::size_t>(j)], training.row(j), y.data(), s.n);
        }
    }
    const double scale = design.feature_scale(p);
    const std::vector<double> b = min_norm_reference(training, y, s.ridge * scale * scale);
    Fit fit;
    std::vector<double> predicted(static_cast<std::size_t>(design.width()), 0.0);
    for (std::int64_t j = 0; j < p; ++j) axpy(b[static_cast<std::size_t>(j)], all.row(j), predicted.data(), design.width());
    for (std::int64_t i = 0; i < s.n; ++i) fit.train += std::pow(predicted[static_cast<std::size_t>(i)] - y[static_cast<std::size_t>(i)], 2) / static_cast<double>(s.n);
    for (std::int64_t j = 0; j < p && design.linear(); ++j) fit.test += std::pow(b[static_cast<std::size_t>(j)] - beta[static_cast<std::size_t>(j)], 2);
    for (std::int64_t i = 0; i < design.test_points(); ++i)
        fit.test += std::pow(predicted[static_cast<std::size_t>(s.n + i)] - design.truth()[static_cast<std::size_t>(i)], 2) / static_cast<double>(design.test_points());
    fit.norm = std::sqrt(dot(b.data(), b.data(), p)) * scale;
    for (std::int64_t i = s.n + design.test_points(); i < design.width(); ++i) fit.slice.push_back(static_cast<float>(predicted[static_cast<std::size_t>(i)]));
    return fit;
}

Settings small(Model model, double ridge) {
    return {.model = model, .n = 30, .points = {1, 5, 20, 28, 29, 30, 31, 33, 50, 160, 200}, .ridge = ridge, .seeds = 2, .d = 6, .test_points = 50, .slice_points = 7};
}

TEST(SizeFit, EqualsTheRankRevealingSolveEverywhere) {
    for (const Model model : {Model::kLinear, Model::kRelu, Model::kFourier}) {
        for (const double ridge : {0.0, 0.02}) {
            const Settings s = small(model, ridge);
            SizeFit fits(s, 1);
            for (const std::int64_t p : s.points) {
                const Fit fast = fits.at(p), slow = fit_reference(s, 1, p);
                EXPECT_NEAR(fast.test, slow.test, 1e-6 * slow.test) << static_cast<int>(model) << " ridge " << ridge << " p " << p;
                EXPECT_NEAR(fast.train, slow.train, 1e-9 + 1e-9 * slow.train) << p;
                EXPECT_NEAR(fast.norm, slow.norm, 1e-6 * slow.norm) << p;
                ASSERT_EQ(fast.slice.size(), slow.slice.size());
                for (std::size_t i = 0; i < fast.slice.size(); ++i) EXPECT_NEAR(fast.slice[i], slow.slice[i], 1e-4 * (1 + std::abs(slow.slice[i])));
            }
        }
    }
}

TEST(SizeFit, SkippedSizesChangeNothing) {
    const Settings s = small(Model::kLinear, 0);
    SizeFit all(s, 0), some(s, 0);
    Fit last;
    for (const std::int64_t p : s.points) last = all.at(p);
    EXPECT_NEAR(some.at(200).test, last.test, 1e-12);
}

TEST(SizeFit, MeanLogErrorWithinOneTenThousandthOfTheReference) {
    Settings s{.n = 100, .points = spread(5, 400, 24, true, 100), .seeds = 3};
    double worst = 0;
    for (const std::int64_t p : s.points) {
        double fast = 0, slow = 0;
        for (int i = 0; i < s.seeds; ++i) {
            fast += dg::log(SizeFit(s, i).at(p).test) / s.seeds;
            slow += dg::log(fit_reference(s, i, p).test) / s.seeds;
        }
        worst = std::max(worst, std::abs(fast - slow));
    }
    EXPECT_LT(worst, 1e-4);
}

TEST(SizeFit, PolynomialsOfHighDegreeStayFinite) {
    const Settings s{.model = Model::kPolynomial, .n = 15, .points = {1, 4, 15, 40}, .noise_variance = 0.09, .seeds = 1, .test_points = 200};
    SizeFit fits(s, 0);
    double before = 1e300;
    for (const std::int64_t p : s.points) {
        const Fit fit = fits.at(p);
        EXPECT_TRUE(std::isfinite(fit.test) && std::isfinite(fit.norm)) << p;
        EXPECT_LE(fit.train, before + 1e-9);
        before = fit.train;
    }
    EXPECT_LT(before, 1e-12);
}

TEST(Sweep, IsTheSameAtAnyNumberOfThreads) {
    for (const Model model : {Model::kLinear, Model::kRelu}) {
        Settings s = small(model, 0);
        s.seeds = 5;
        set_threads(1);
        const auto one = run_sweep(s, kGoOn, kQuiet);
        for (const int threads : {2, 3}) {
            set_threads(threads);
            const auto more = run_sweep(s, kGoOn, kQuiet);
            ASSERT_TRUE(one && more);
            for (std::size_t i = 0; i < s.points.size(); ++i) {
                EXPECT_EQ(one->points[i].test, more->points[i].test);
                EXPECT_EQ(one->points[i].train, more->points[i].train);
                EXPECT_EQ(one->points[i].slices, more->points[i].slices);
            }
        }
    }
    set_threads(2);
}

TEST(Sweep, StopsWhenToldAndShowsWhatItHas) {
    Settings s = small(Model::kLinear, 0);
    int calls = 0;
    const auto stopped = run_sweep(s, [&](double) { return ++calls < 5; }, kQuiet);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, "cancelled");
    std::vector<std::size_t> complete;
    const auto done = run_sweep(s, kGoOn, [&](const Sweep& sweep) {
        std::size_t n = 0;
        for (const Point& p : sweep.points) n += p.complete(s.seeds);
        complete.push_back(n);
    });
    ASSERT_TRUE(done);
    ASSERT_EQ(complete.size(), s.points.size());
    for (std::size_t i = 0; i < complete.size(); ++i) EXPECT_EQ(complete[i], i + 1);
}

TEST(Sweep, LinearMeansFollowTheExactFormula) {
    Settings s{.n = 60, .points = {6, 30, 45, 80, 120, 240}, .signal = 2, .noise_variance = 0.5, .seeds = 300, .seed = 3};
    const auto sweep = run_sweep(s, kGoOn, kQuiet);
    ASSERT_TRUE(sweep);
    for (const Point& point : sweep->points) {
        double square = 0;
        const double m = mean(point.test);
        for (const double v : point.test) square += (v - m) * (v - m);
        const double error = std::sqrt(square / (300.0 * 299));
        EXPECT_NEAR(m, point.theory, 4.5 * error) << point.at;
    }
}

TEST(Sweep, SamplesUseTheSameFormulaAndPeakAtP) {
    Settings s{.over = Over::kSamples, .p = 40, .points = {10, 20, 40, 80, 160}, .seeds = 40};
    const auto sweep = run_sweep(s, kGoOn, kQuiet);
    ASSERT_TRUE(sweep);
    EXPECT_TRUE(std::isnan(sweep->points[2].theory));
    EXPECT_NEAR(sweep->points[1].theory, 1 * (1 - 20.0 / 40) + 0.25 * 20 / (40 - 20 - 1), 1e-12);
    EXPECT_NEAR(mean(sweep->points[4].test) / sweep->points[4].theory, 1, 0.15);
    EXPECT_GT(median(sweep->points[2].test), 5 * median(sweep->points[1].test));
}

TEST(Theory, RidgeTendsToTheRidgelessCurve) {
    for (const double gamma : {0.3, 0.8, 1.5, 4.0}) {
        EXPECT_NEAR(linear_ridge_risk(gamma, 1e-9, 1, 0.25) / linear_risk_asymptotic(gamma, 1, 0.25), 1, 1e-5) << gamma;
    }
    EXPECT_TRUE(std::isnan(linear_risk_asymptotic(1, 1, 1)));
    // curriculum L8 step 7: r2 = 5, noise 1
    EXPECT_NEAR(linear_risk_asymptotic(0.5, 5, 1), 1.00, 5e-3);
    EXPECT_NEAR(linear_risk_asymptotic(0.9, 5, 1), 9.00, 5e-3);
    EXPECT_NEAR(linear_risk_asymptotic(1.1, 5, 1), 10.45, 5e-3);
    EXPECT_NEAR(linear_risk_asymptotic(2, 5, 1), 3.50, 5e-3);
}

TEST(Theory, TheBestRidgeIsBestAndHasNoPeak) {
    double before = 0;
    for (double gamma = 0.1; gamma < 6; gamma *= 1.2) {
        const double best = best_linear_ridge(gamma, 1, 0.25), risk = linear_ridge_risk(gamma, best, 1, 0.25);
        for (const double factor : {0.3, 0.8, 1.25, 3.0}) EXPECT_LT(risk, linear_ridge_risk(gamma, best * factor, 1, 0.25)) << gamma;
        EXPECT_GT(risk, before);
        before = risk;
    }
}

TEST(Sweep, RidgeMeansFollowTheAsymptoticFormula) {
    Settings s{.n = 100, .points = {50, 100, 200}, .ridge = 0.25, .seeds = 60};
    const auto sweep = run_sweep(s, kGoOn, kQuiet);
    ASSERT_TRUE(sweep);
    for (const Point& p : sweep->points) EXPECT_NEAR(mean(p.test) / p.theory, 1, 0.06) << p.at;
}

TEST(Spread, KeepsEndsOrderAndThePointAsked) {
    const auto grid = spread(10, 800, 60, true, 200);
    EXPECT_EQ(grid.size(), 60u);
    EXPECT_EQ(grid.front(), 10);
    EXPECT_EQ(grid.back(), 800);
    EXPECT_TRUE(std::ranges::binary_search(grid, 200));
    for (std::size_t i = 1; i < grid.size(); ++i) EXPECT_LT(grid[i - 1], grid[i]);
    EXPECT_EQ(spread(3, 6, 100, true, 5), (std::vector<std::int64_t>{3, 4, 5, 6}));
    EXPECT_EQ(spread(7, 7, 5, false, 1), (std::vector<std::int64_t>{7}));
    EXPECT_EQ(spread(1, 11, 3, false, 0), (std::vector<std::int64_t>{1, 6, 11}));
}

TEST(Statistics, MedianAndQuantiles) {
    EXPECT_EQ(median({3, 1, 2}), 2);
    EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
    EXPECT_EQ(quantile({0, 10}, 0.1), 1);
    EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace dg::sim::dd
