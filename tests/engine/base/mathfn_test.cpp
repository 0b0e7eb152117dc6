// dg::exp, log, sin and cos against long double libm (64-bit mantissa: eleven bits to spare over double).
#include "engine/base/mathfn.h"

#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>
#include <vector>

namespace dg {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr float kInfF = std::numeric_limits<float>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int kSamples = 200000;

/// |got - want| / |want|
double relative(long double got, long double want) { return static_cast<double>(std::fabs((got - want) / want)); }

/// Worst relative error of f against reference over seeded uniform x in [low, high].
template <class Real, class F, class Reference>
double worst_relative(std::uint64_t seed, double low, double high, F f, Reference reference) {
    Rng rng(seed);
    double worst = 0;
    for (int i = 0; i < kSamples; ++i) {
        const Real x = static_cast<Real>(low + (high - low) * rng.uniform());
        worst = std::max(worst, relative(f(x), reference(static_cast<long double>(x))));
    }
    return worst;
}

TEST(MathfnExpFloat, IsAccurateOverItsRange) {
    const auto f = [](float x) { return exp(x); };
    const auto reference = [](long double x) { return std::exp(x); };
    EXPECT_LT(worst_relative<float>(1, -1, 1, f, reference), 2e-7);
    EXPECT_LT(worst_relative<float>(2, -86.5, 88.4, f, reference), 2e-7);
    // the last stretch before overflow
    EXPECT_LT(worst_relative<float>(3, 88.4, 88.7228, f, reference), 2e-7);
}

TEST(MathfnExpFloat, MeetsItsEdges) {
    EXPECT_EQ(exp(0.0F), 1.0F);
    EXPECT_EQ(exp(-0.0F), 1.0F);
    EXPECT_EQ(exp(-kInfF), 0.0F);
    EXPECT_EQ(exp(-1000.0F), 0.0F);
    EXPECT_EQ(exp(kInfF), kInfF);
    EXPECT_EQ(exp(1000.0F), kInfF);
    EXPECT_TRUE(std::isnan(exp(std::numeric_limits<float>::quiet_NaN())));
    // the largest x with a finite result, and the next float
    const float largest = 0x1.62e42ep+6F;
    EXPECT_TRUE(std::isfinite(exp(largest)));
    EXPECT_LT(relative(exp(largest), std::exp(static_cast<long double>(largest))), 2e-7);
    EXPECT_EQ(exp(std::nextafter(largest, 100.0F)), kInfF);
    // around the lower cut: normal results or exact zero, never a wrong subnormal
    for (float x = -88.0F; x < -86.0F; x += 0.01F) {
        const float y = exp(x);
        EXPECT_TRUE(y == 0 || relative(y, std::exp(static_cast<long double>(x))) < 2e-7) << x;
        EXPECT_EQ(y > 0, x >= -86.6F) << x;
    }
}

TEST(MathfnExpFloat, NeverFallsWhenItsArgumentGrows) {
    float previous = 0;
    for (float x = -87.0F; x < 89.0F; x += 0.0037F) {
        const float y = exp(x);
        EXPECT_GE(y, previous) << x;
        previous = y;
    }
}

TEST(MathfnExpDouble, IsAccurateOverItsRange) {
    const auto f = [](double x) { return exp(x); };
    const auto reference = [](long double x) { return std::exp(x); };
    EXPECT_LT(worst_relative<double>(4, -1, 1, f, reference), 4e-16);
    EXPECT_LT(worst_relative<double>(5, -708.39, 709.78, f, reference), 4e-16);
}

TEST(MathfnExpDouble, MeetsItsEdges) {
    EXPECT_EQ(exp(0.0), 1.0);
    EXPECT_EQ(exp(-kInf), 0.0);
    EXPECT_EQ(exp(-1e9), 0.0);
    EXPECT_EQ(exp(kInf), kInf);
    EXPECT_TRUE(std::isnan(exp(kNan)));
    const double largest = 0x1.62e42fefa39efp+9;  // ln DBL_MAX, rounded down
    EXPECT_TRUE(std::isfinite(exp(largest)));
    EXPECT_EQ(exp(std::nextafter(largest, kInf)), kInf);
    const double smallest = -0x1.6232bdd7abcd2p+9;  // ln DBL_MIN, rounded up
    EXPECT_GE(exp(smallest), DBL_MIN);
    EXPECT_EQ(exp(-708.5), 0.0);
}

TEST(MathfnLog, IsAccurateOverItsRange) {
    const auto f = [](double x) { return log(x); };
    const auto reference = [](long double x) { return std::log(x); };
    EXPECT_LT(worst_relative<double>(6, 1e-3, 0.7, f, reference), 4e-16);
    EXPECT_LT(worst_relative<double>(7, 0.7, 1.5, f, reference), 4e-16);
    EXPECT_LT(worst_relative<double>(8, 1.5, 1e6, f, reference), 4e-16);
    // every exponent, subnormal numbers included
    Rng rng(9);
    double worst = 0;
    for (int e = -1074; e < 1024; ++e) {
        const double x = std::ldexp(1.0 + rng.uniform(), e);
        if (std::isfinite(x)) worst = std::max(worst, relative(log(x), std::log(static_cast<long double>(x))));
    }
    EXPECT_LT(worst, 4e-16);
}

TEST(MathfnLog, MeetsItsEdges) {
    EXPECT_EQ(log(1.0), 0.0);
    EXPECT_EQ(log(0.0), -kInf);
    EXPECT_EQ(log(-0.0), -kInf);
    EXPECT_EQ(log(kInf), kInf);
    EXPECT_TRUE(std::isnan(log(-1.0)));
    EXPECT_TRUE(std::isnan(log(-kInf)));
    EXPECT_TRUE(std::isnan(log(kNan)));
    EXPECT_EQ(log(1.0F), 0.0F);
    EXPECT_FLOAT_EQ(log(10.0F), 2.302585093F);
}

TEST(MathfnLog, UndoesExp) {
    Rng rng(10);
    for (int i = 0; i < 2000; ++i) {
        const double x = -700 + 1400 * rng.uniform();
        EXPECT_NEAR(log(exp(x)), x, 1e-13 * std::max(1.0, std::fabs(x)));
    }
}

/// Worst absolute error of f against reference over seeded x in [-range, range].
template <class F, class Reference>
double worst_absolute(std::uint64_t seed, double range, F f, Reference reference) {
    Rng rng(seed);
    long double worst = 0;
    for (int i = 0; i < kSamples; ++i) {
        const double x = range * (2 * rng.uniform() - 1);
        worst = std::max(worst, std::fabs(f(x) - reference(static_cast<long double>(x))));
    }
    return static_cast<double>(worst);
}

TEST(MathfnSinCos, AreAccurateUpToAMillionRadians) {
    for (const double range : {1.0, 10.0, 1000.0, 163840.0, 1e6}) {
        EXPECT_LT(worst_absolute(11, range, [](double x) { return sin(x); }, [](long double x) { return std::sin(x); }), 1e-15)
            << range;
        EXPECT_LT(worst_absolute(12, range, [](double x) { return cos(x); }, [](long double x) { return std::cos(x); }), 1e-15)
            << range;
    }
}

TEST(MathfnSinCos, MeetTheirEdges) {
    EXPECT_EQ(sin(0.0), 0.0);
    EXPECT_EQ(cos(0.0), 1.0);
    // multiples of pi/2, where the reduction cancels most: relative accuracy of the small one
    for (int n = 1; n < 2000; ++n) {
        const double x = n * 1.57079632679489661923;
        const long double want = n % 2 == 0 ? std::sin(static_cast<long double>(x)) : std::cos(static_cast<long double>(x));
        EXPECT_NEAR(n % 2 == 0 ? sin(x) : cos(x), static_cast<double>(want), 1e-15) << n;
    }
    for (const double x : {kInf, -kInf, kNan}) {
        EXPECT_TRUE(std::isnan(sin(x))) << x;
        EXPECT_TRUE(std::isnan(cos(x))) << x;
    }
}

TEST(MathfnSinCos, KeepTheirSymmetriesExactly) {
    Rng rng(13);
    for (int i = 0; i < 2000; ++i) {
        const double x = 1000 * rng.uniform();
        EXPECT_EQ(sin(-x), -sin(x));
        EXPECT_EQ(cos(-x), cos(x));
        EXPECT_NEAR(sin(x) * sin(x) + cos(x) * cos(x), 1.0, 4e-16);
    }
}

// Bits, not only accuracy: the golden hashes of whole runs rest on these.
TEST(Mathfn, BitsAreTheSameInEveryBuild) {
    std::uint64_t h = 0;
    Rng rng(14);
    for (int i = 0; i < 10000; ++i) {
        const double x = 20 * rng.uniform() - 10;
        for (const double y : {exp(x), log(x * x + 1e-9), sin(x), cos(x)}) h = hash_words(h, std::bit_cast<std::uint64_t>(y));
        h = hash_words(h, std::bit_cast<std::uint32_t>(exp(static_cast<float>(x))));
    }
    EXPECT_EQ(h, 0xf5c0ee246a7f9603ULL) << "new hash 0x" << std::hex << h;
}

}  // namespace
}  // namespace dg
