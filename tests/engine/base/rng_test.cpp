#include "engine/base/rng.h"

#include "engine/base/check.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>
#include <vector>

namespace dg {
namespace {

// the published demonstration of PCG32 (pcg32-demo, seed 42, stream 54), round 1
TEST(Rng, MatchesThePublishedSequence) {
    Rng rng(42, 54);
    for (const std::uint32_t want : {0xa15c02b7U, 0x7b47f409U, 0xba1d3330U, 0x83d2f293U, 0xbfa4784bU, 0xcbed606eU})
        EXPECT_EQ(rng.next(), want);
}

TEST(Rng, BelowIsUniform) {
    for (const std::uint32_t n : {2U, 3U, 10U, 97U}) {
        Rng rng(7, n);
        std::vector<int> counts(n);
        const int draws = 1000 * static_cast<int>(n);
        for (int i = 0; i < draws; ++i) ++counts.at(rng.below(n));
        double chi2 = 0;
        for (const int c : counts) chi2 += (c - 1000.0) * (c - 1000.0) / 1000.0;
        // mean n - 1, standard deviation sqrt(2 (n - 1)); five of them
        EXPECT_LT(chi2, (n - 1) + 5 * std::sqrt(2.0 * (n - 1))) << n;
        EXPECT_GT(chi2, 0) << n;
    }
}

// 3 * 2^30 does not divide 2^32: without rejection the low quarter would come up twice as often
TEST(Rng, BelowIsUnbiasedForLargeRanges) {
    Rng rng(8);
    const std::uint32_t n = 3U << 30U;
    int low = 0;
    const int draws = 40000;
    for (int i = 0; i < draws; ++i) low += rng.below(n) < n / 3 ? 1 : 0;
    // binomial(40000, 1/3): mean 13333, standard deviation 94
    EXPECT_NEAR(low, draws / 3.0, 5 * 94.3);
}

TEST(Rng, BelowZeroIsABug) {
    Rng rng(1);
    EXPECT_THROW(static_cast<void>(rng.below(0)), Bug);
    EXPECT_EQ(rng.below(1), 0U);
}

TEST(Rng, UniformFillsTheUnitIntervalEvenly) {
    Rng rng(9);
    std::array<int, 64> counts{};
    double sum = 0;
    const int draws = 64 * 2000;
    for (int i = 0; i < draws; ++i) {
        const double u = rng.uniform();
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        ++counts.at(static_cast<std::size_t>(u * 64));
        sum += u;
    }
    double chi2 = 0;
    for (const int c : counts) chi2 += (c - 2000.0) * (c - 2000.0) / 2000.0;
    EXPECT_LT(chi2, 63 + 5 * std::sqrt(2.0 * 63));
    EXPECT_NEAR(sum / draws, 0.5, 5 * std::sqrt(1.0 / 12 / draws));
}

TEST(Rng, NormalHasTheMomentsOfANormal) {
    Rng rng(10);
    const int draws = 200000;
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    int beyond_two = 0;
    for (int i = 0; i < draws; ++i) {
        const double x = rng.normal();
        m1 += x, m2 += x * x, m3 += x * x * x, m4 += x * x * x * x;
        beyond_two += std::fabs(x) > 2 ? 1 : 0;
    }
    const double root = std::sqrt(static_cast<double>(draws));
    EXPECT_NEAR(m1 / draws, 0, 5 * 1 / root);
    EXPECT_NEAR(m2 / draws, 1, 5 * std::sqrt(2.0) / root);
    EXPECT_NEAR(m3 / draws, 0, 5 * std::sqrt(15.0) / root);
    EXPECT_NEAR(m4 / draws, 3, 5 * std::sqrt(96.0) / root);
    EXPECT_NEAR(beyond_two / static_cast<double>(draws), 0.0455, 5 * std::sqrt(0.0455 / draws));
}

TEST(Rng, SameKeySameNumbersOtherKeyOthers) {
    const auto first = [](Rng rng) { return std::array{rng.next(), rng.next(), rng.next(), rng.next()}; };
    const auto base = first(Rng::keyed(1, "init", 2, 3));
    EXPECT_EQ(base, first(Rng::keyed(1, "init", 2, 3)));
    std::set<std::array<std::uint32_t, 4>> seen{base};
    EXPECT_TRUE(seen.insert(first(Rng::keyed(2, "init", 2, 3))).second);
    EXPECT_TRUE(seen.insert(first(Rng::keyed(1, "data", 2, 3))).second);
    EXPECT_TRUE(seen.insert(first(Rng::keyed(1, "init", 3, 2))).second);
    EXPECT_TRUE(seen.insert(first(Rng::keyed(1, "init", 2, 4))).second);
}

// neighbouring keys must not give related streams: correlation of 2000 pairs of streams, 16 draws each
TEST(Rng, NeighbouringStreamsAreUncorrelated) {
    double product = 0;
    int n = 0;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        Rng a = Rng::keyed(1, "noise", 0, i), b = Rng::keyed(1, "noise", 0, i + 1);
        for (int k = 0; k < 16; ++k, ++n) product += (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12;
    }
    EXPECT_NEAR(product / n, 0, 5 / std::sqrt(static_cast<double>(n)));
}

// first draws of consecutive indices are themselves a uniform sample: results may use one draw per stream
TEST(Rng, FirstDrawsOfConsecutiveStreamsAreUniform) {
    std::array<int, 32> counts{};
    for (std::uint64_t i = 0; i < 32000; ++i) ++counts.at(Rng::keyed(5, "row", 0, i).below(32));
    double chi2 = 0;
    for (const int c : counts) chi2 += (c - 1000.0) * (c - 1000.0) / 1000.0;
    EXPECT_LT(chi2, 31 + 5 * std::sqrt(2.0 * 31));
}

TEST(Rng, RestoredStateContinuesTheSequence) {
    Rng rng(11, 3);
    for (int i = 0; i < 100; ++i) static_cast<void>(rng.normal());
    const Rng::State saved = rng.state();
    std::vector<double> want;
    for (int i = 0; i < 50; ++i) want.push_back(rng.normal());
    Rng other(999);
    other.restore(saved);
    for (const double w : want) EXPECT_EQ(other.normal(), w);
}

TEST(Rng, HashesSpreadAndAreStable) {
    EXPECT_NE(hash_text(""), hash_text(std::string_view("\0", 1)));
    EXPECT_NE(hash_text("ab"), hash_text("ba"));
    EXPECT_NE(hash_words(1, 2), hash_words(2, 1));
    // one flipped input bit flips about half of the 64 output bits
    double flipped = 0;
    for (std::uint64_t bit = 0; bit < 64; ++bit)
        flipped += std::popcount(hash_words(12345, 678) ^ hash_words(12345 ^ (1ULL << bit), 678));
    EXPECT_NEAR(flipped / 64, 32, 3);
}

}  // namespace
}  // namespace dg
