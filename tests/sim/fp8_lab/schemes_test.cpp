#include "sim/fp8_lab/schemes.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "sim/fp8_lab/accumulate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dg::sim::fp8_lab {
namespace {

Tensor<float> sine() {
    Tensor<float> x({8, 128});
    for (std::int64_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(dg::sin(static_cast<double>(i + 1)));
    return x;
}

Loss lose(const Tensor<float>& x, Scheme scheme, std::int64_t tile, float outlier) {
    Tape<float> tape;
    const TensorId id = tape.input("x0", x);
    return store(tape, id, "t.", {.scheme = scheme, .tile = tile}, outlier == 0 ? std::nullopt : std::optional(Outlier{0, 100, outlier})).loss;
}

TEST(Fp8Schemes, NumbersOfTheCurriculum) {
    // L15.5 and L15.6: tolerance 0.2 points
    const Loss tensor = lose(sine(), Scheme::kTensor, 128, 1e5F), tile = lose(sine(), Scheme::kTile, 128, 1e5F);
    EXPECT_NEAR(tensor.error_others, 0.163, 0.002);
    EXPECT_NEAR(tile.error_others, 0.061, 0.002);
    EXPECT_NEAR(tensor.zeros_others, 0.139, 0.002);
    EXPECT_NEAR(tile.zeros_others, 0.016, 0.002);
    EXPECT_NEAR(lose(sine(), Scheme::kTensor, 128, 1e6F).error_others, 1, 0.002);
    EXPECT_NEAR(lose(sine(), Scheme::kTile, 128, 1e6F).error_others, 0.355, 0.002);
    EXPECT_NEAR(lose(sine(), Scheme::kInt8Tensor, 128, 100).error_others, 0.278, 0.002);
    EXPECT_NEAR(lose(sine(), Scheme::kTensor, 128, 100).error_others, 0.027, 0.002);
}

/// Random magnitudes over many octaves, some zeros, NaN and infinities.
Tensor<float> wild(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
    Rng rng = Rng::keyed(seed, "wild");
    Tensor<float> x({rows, cols});
    for (float& v : x.storage()) {
        v = std::ldexp(static_cast<float>(rng.uniform()) - 0.5F, static_cast<int>(rng.below(60)) - 30);
        if (rng.below(20) == 0) v = 0;
        if (rng.below(200) == 0) v = std::numeric_limits<float>::quiet_NaN();
        if (rng.below(200) == 0) v = std::numeric_limits<float>::infinity();
    }
    return x;
}

TEST(Fp8Schemes, FatesEqualABruteForceCount) {
    for (const auto& [rows, cols] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {3, 31}, {5, 33}, {16, 64}, {1, 200}}) {
        for (const Scheme scheme : {Scheme::kRaw, Scheme::kTensor, Scheme::kTile, Scheme::kBlock, Scheme::kE5M2}) {
            Tape<float> tape;
            const Tensor<float> x = wild(rows, cols, 5);
            const Stored s = store(tape, tape.input("x0", x), "t.", {.scheme = scheme, .tile = 32}, std::nullopt);
            const fp8::Format format = scheme == Scheme::kE5M2 ? fp8::Format::kE5M2 : fp8::Format::kE4M3;
            const double limit = format == fp8::Format::kE4M3 ? 464 : 61440;
            std::int64_t over = 0, under = 0;
            for (std::int64_t i = 0; i < x.size(); ++i) {
                const std::int64_t r = s.tile_rows > 0 ? i / cols / s.tile_rows : 0, c = s.tile_cols > 0 ? i % cols / s.tile_cols : 0;
                const float scaled = x[i] * (1.0F / tape.value(tape.find(s.scales)).row(r)[c]);
                const double m = std::abs(static_cast<double>(scaled));
                over += !std::isnan(x[i]) && (m > limit || (m == limit && format == fp8::Format::kE5M2));
                under += x[i] != 0 && m <= static_cast<double>(fp8::min_subnormal(format)) / 2;
            }
            EXPECT_EQ(s.loss.overflow, over);
            EXPECT_EQ(s.loss.underflow, under);
            EXPECT_EQ(s.loss.count, rows * cols);
            const fp8::QuantSpec spec{.format = format, .tile_rows = s.tile_rows, .tile_cols = s.tile_cols, .scaled = scheme != Scheme::kRaw};
            const fp8::Counters counters = fp8::count_losses(x, spec);
            EXPECT_EQ(counters.overflow, over);
            EXPECT_EQ(counters.underflow, under);
        }
    }
}

TEST(Fp8Schemes, EveryCellExplainsItself) {
    Rng rng = Rng::keyed(1, "cells");
    Tensor<float> x({6, 40});
    for (float& v : x.storage()) v = static_cast<float>(rng.normal());
    for (const std::string& name : scheme_names()) {
        Tape<float> tape;
        const Stored s = store(tape, tape.input("x0", x), "t.", {.scheme = *scheme_by_name(name), .tile = 16}, Outlier{2, 20, 700});
        for (const std::string& tensor : {s.x, s.quantised, s.scales}) {
            if (tensor.empty()) continue;
            const Tensor<float>& values = tape.value(tape.find(tensor));
            for (std::int64_t i = 0; i < values.size(); ++i) {
                const auto why = tape.explain(tensor, values.index_of(i));
                ASSERT_TRUE(why) << name << tensor;
                EXPECT_NEAR(why->difference(), 0, 2e-7 * std::max(1.0, std::abs(why->value))) << name << " " << tensor << " " << i;
                EXPECT_FALSE(why->formula.empty());
            }
        }
        for (std::int64_t r = 0; r < 6; ++r) {
            for (std::int64_t c = 0; c < 40; ++c) {
                const CellSteps steps = steps_of(tape, s, r, c);
                EXPECT_NEAR(steps.decoded * steps.scale, steps.result, 2e-7 * std::abs(steps.result)) << name;
            }
        }
    }
    EXPECT_FALSE(scheme_by_name("fp4"));
}

TEST(Fp8Schemes, YesterdaysScaleOverflows) {
    Rng rng = Rng::keyed(2, "cells");
    Tensor<float> x({4, 32});
    for (float& v : x.storage()) v = static_cast<float>(rng.normal());
    for (const bool saturate : {true, false}) {
        Tape<float> tape;
        const Stored s = store(tape, tape.input("x0", x), "t.", {.scheme = Scheme::kYesterday, .saturate = saturate}, Outlier{1, 5, 1536});
        EXPECT_EQ(s.loss.overflow, 1);
        EXPECT_EQ(s.loss.nan, saturate ? 0 : 1);
        EXPECT_EQ(s.fates[1 * 32 + 5], kOverflow);
        const Stored online = store(tape, tape.find("x0"), "u.", {.scheme = Scheme::kTensor, .saturate = saturate}, Outlier{1, 5, 1536});
        EXPECT_EQ(online.loss.overflow, 0);
    }
}

TEST(Fp8Schemes, SweepLosesAtBothEnds) {
    const Tensor<float> x = sine();
    EXPECT_EQ(cast_loss(x, fp8::Format::kE4M3, -12, true).underflow, 1);
    EXPECT_GT(cast_loss(x, fp8::Format::kE4M3, 12, true).overflow, 0.9);
    EXPECT_EQ(cast_loss(x, fp8::Format::kE4M3, 4, true).overflow, 0);
    EXPECT_LT(cast_loss(x, fp8::Format::kE4M3, 4, true).error, 0.04);
    EXPECT_EQ(cast_loss(Tensor<float>({2, 2}), fp8::Format::kE5M2, 0, true).underflow, 0);
}

TEST(Fp8Accumulate, PromotionStopsTheGrowth) {
    const auto all = [](double) { return true; };
    const auto short_sum = accumulate({.length = 1024, .sums = 4}, all), long_sum = accumulate({.length = 4096, .sums = 4}, all);
    ASSERT_TRUE(short_sum && long_sum);
    EXPECT_GT(long_sum->back().limited, 2 * short_sum->back().limited);
    EXPECT_LT(long_sum->back().promoted, 1.5 * short_sum->back().promoted);
    EXPECT_LT(long_sum->back().f32, 1e-6);
    EXPECT_EQ(long_sum->back().length, 4096);
    EXPECT_EQ(accumulate({.length = 256}, [](double) { return false; }).error().code, "cancelled");
}

}  // namespace
}  // namespace dg::sim::fp8_lab
