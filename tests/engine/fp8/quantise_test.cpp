#include "engine/fp8/quantise.h"

#include "engine/base/parallel.h"
#include "engine/base/rng.h"
#include "engine/fp8/matmul.h"
#include "engine/fp8/quantise_kernel.h"
#include "engine/io/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace dg::fp8 {
namespace {

const std::string kGolden = std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/fp8/";
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

SafeTensors golden(const std::string& name) {
    auto file = read_safetensors(kGolden + name);
    if (!file) ADD_FAILURE() << file.error().plain();
    return std::move(file).value();
}

std::vector<std::uint8_t> codes_of(const RawTensor& raw) {
    std::vector<std::uint8_t> codes(raw.bytes.size());
    std::memcpy(codes.data(), raw.bytes.data(), codes.size());
    return codes;
}

std::vector<std::uint32_t> bits(const Tensor<float>& t) {
    std::vector<std::uint32_t> all;
    for (const float x : t.values()) all.push_back(std::bit_cast<std::uint32_t>(x));
    return all;
}

Tensor<float> random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed, double spread = 1.0) {
    Tensor<float> t({rows, cols});
    Rng rng = Rng::keyed(seed, "quantise_test");
    // magnitudes over many powers of two, so that tiles meet subnormals and both ends
    for (std::int64_t i = 0; i < t.size(); ++i)
        t[i] = static_cast<float>(rng.normal() * std::exp2(spread * std::floor(8.0 * rng.uniform() - 4.0)));
    return t;
}

void expect_golden(const SafeTensors& file, const std::string& x, const std::string& prefix, const std::string& scales, const QuantSpec& spec) {
    const QuantisedMatrix q = quantise(file.tensors.at(x).to_float(), spec);
    EXPECT_EQ(q.codes, codes_of(file.tensors.at(prefix + "codes"))) << prefix;
    EXPECT_EQ(bits(q.scales), bits(file.tensors.at(prefix + scales).to_float())) << prefix;
    EXPECT_EQ(q.scales.shape(), file.tensors.at(prefix + scales).shape) << prefix;
    EXPECT_EQ(bits(dequantise(q)), bits(file.tensors.at(prefix + "dequant").to_float())) << prefix;
}

TEST(Fp8Quantise, ActivationTilesAsGolden) {
    const SafeTensors file = golden("quant_cases.safetensors");
    for (const std::string name : {"act", "act_edge"}) {
        expect_golden(file, name + ".x", name + ".", "scales", {.tile_rows = 1, .tile_cols = 128});
        expect_golden(file, name + ".x", name + ".ue8m0.", "scales", {.tile_rows = 1, .tile_cols = 128, .ue8m0 = true});
    }
}

TEST(Fp8Quantise, WeightBlocksAsGolden) {
    expect_golden(golden("quant_cases.safetensors"), "weight.w", "weight.", "scale_inv", {.tile_rows = 128, .tile_cols = 128});
}

/// The rule of QuantSpec, number by number, with format.h alone.
QuantisedMatrix plain(const Tensor<float>& x, const QuantSpec& spec) {
    QuantisedMatrix q{.spec = spec, .rows = x.rows(), .cols = x.cols(), .codes = {}, .scales = Tensor<float>(scale_shape(x.rows(), x.cols(), spec))};
    Tensor<float> amax(q.scales.shape());
    const auto cell = [&](Tensor<float>& t, std::int64_t r, std::int64_t c) -> float& {
        return t.row(spec.tile_rows > 0 ? r / spec.tile_rows : 0)[spec.tile_cols > 0 ? c / spec.tile_cols : 0];
    };
    for (std::int64_t r = 0; r < x.rows(); ++r)
        for (std::int64_t c = 0; c < x.cols(); ++c)
            if (std::isfinite(x.row(r)[c])) cell(amax, r, c) = std::max(cell(amax, r, c), std::abs(x.row(r)[c]));
    for (std::int64_t i = 0; i < amax.size(); ++i) q.scales[i] = spec.scaled ? scale_of(amax[i], spec) : 1.0F;
    for (std::int64_t r = 0; r < x.rows(); ++r)
        for (std::int64_t c = 0; c < x.cols(); ++c)
            q.codes.push_back(encode(spec.format, x.row(r)[c] * (1.0F / cell(q.scales, r, c)), spec.saturate));
    return q;
}

void expect_plain(const Tensor<float>& x, const QuantSpec& spec) {
    const QuantisedMatrix expected = plain(x, spec), q = quantise(x, spec);
    ASSERT_EQ(bits(q.scales), bits(expected.scales)) << x.rows() << "x" << x.cols() << " tile " << spec.tile_rows << "x" << spec.tile_cols;
    for (std::size_t i = 0; i < q.codes.size(); ++i) {
        const bool nan = std::isnan(decode(spec.format, expected.codes[i]));
        ASSERT_TRUE(nan ? std::isnan(decode(spec.format, q.codes[i])) : q.codes[i] == expected.codes[i])
            << i << ": " << x[static_cast<std::int64_t>(i)] << " tile " << spec.tile_rows << "x" << spec.tile_cols;
    }
    // the one-pass form has the same values
    const Tensor<float> values = dequantise(expected), fake = fake_quantise(x, spec);
    for (std::int64_t i = 0; i < values.size(); ++i)
        ASSERT_TRUE(std::isnan(values[i]) ? std::isnan(fake[i]) : std::bit_cast<std::uint32_t>(values[i]) == std::bit_cast<std::uint32_t>(fake[i])) << i;
}

TEST(Fp8Quantise, EqualsThePlainRuleOnEveryShapeAndTile) {
    for (const std::int64_t tile : {1, 2, 16, 31, 32, 33, 64, 128})
        for (const std::int64_t rows : {0, 1, 2, 5})
            for (const std::int64_t cols : {std::int64_t{0}, std::int64_t{1}, tile - 1, tile, tile + 1, 3 * tile + 7}) {
                const Tensor<float> x = random_matrix(rows, cols, static_cast<std::uint64_t>(tile * 1000 + rows * 100 + cols));
                for (const Format format : {Format::kE4M3, Format::kE5M2})
                    for (const bool flag : {false, true}) {
                        const QuantSpec base{.format = format, .ue8m0 = flag, .saturate = !flag};
                        QuantSpec s = base;
                        s.tile_rows = 1, s.tile_cols = tile;
                        expect_plain(x, s);
                        s.tile_rows = tile, s.tile_cols = 1;
                        expect_plain(x, s);
                        s.tile_rows = s.tile_cols = tile;
                        expect_plain(x, s);
                        s.tile_rows = s.tile_cols = 0;
                        expect_plain(x, s);
                        s.scaled = false;
                        expect_plain(x, s);
                    }
            }
}

TEST(Fp8Quantise, NanAndInfinityStayInTheirOwnCells) {
    Tensor<float> x = random_matrix(3, 70, 5);
    x.row(1)[3] = kNan;
    x.row(1)[40] = kInf;
    x.row(2)[0] = -kInf;
    for (const bool saturate : {true, false}) {
        const QuantSpec spec{.tile_rows = 1, .tile_cols = 32, .saturate = saturate};
        expect_plain(x, spec);
        const Tensor<float> q = fake_quantise(x, spec);
        for (std::int64_t i = 0; i < q.size(); ++i) {
            const bool special = !std::isfinite(x[i]);
            EXPECT_EQ(std::isnan(q[i]), special && (std::isnan(x[i]) || !saturate)) << i;
        }
        EXPECT_EQ(q.row(2)[0] < 0, saturate);
    }
}

TEST(Fp8Quantise, ZerosKeepTheirSignAndTakeTheFloorScale) {
    Tensor<float> x({2, 40});
    x.row(1)[1] = -0.0F;
    const QuantisedMatrix q = quantise(x, {.tile_rows = 1, .tile_cols = 32});
    for (const float s : q.scales.values()) EXPECT_EQ(s, kAmaxFloor / 448.0F);
    EXPECT_EQ(q.codes[0], 0);
    EXPECT_EQ(q.codes[41], 0x80);
}

TEST(Fp8Quantise, EveryCodeSurvivesWithEveryKindOfScale) {
    for (const Format format : {Format::kE4M3, Format::kE5M2})
        for (const float scale : {1.0F, 0.37F, 3e-7F, 1e20F}) {
            QuantisedMatrix all{.spec = {.format = format, .tile_rows = 0, .tile_cols = 0}, .rows = 1, .cols = 256, .codes = {}, .scales = Tensor<float>({1, 1})};
            all.scales[0] = scale;
            for (int code = 0; code < 256; ++code) all.codes.push_back(static_cast<std::uint8_t>(std::isfinite(decode(format, static_cast<std::uint8_t>(code))) ? code : 0));
            // the largest code is among them, so the tile's own scale is the one it was made with, up to rounding
            EXPECT_EQ(quantise(dequantise(all), all.spec).codes, all.codes) << scale;
        }
}

TEST(Fp8Quantise, SameBitsAtAnyThreadCountAndVectorWidth) {
    const Tensor<float> x = random_matrix(300, 517, 9);
    const int before = threads();
    std::vector<std::uint32_t> first;
    for (const int n : {1, 2, 3, 8}) {
        set_threads(n);
        for (const QuantSpec& spec : {QuantSpec{.tile_rows = 1, .tile_cols = 32}, QuantSpec{.tile_rows = 32, .tile_cols = 32}, QuantSpec{.tile_rows = 32, .tile_cols = 1}}) {
            std::vector<std::uint32_t> now = bits(fake_quantise(x, spec));
            if (spec.tile_rows == 1 && n == 1) first = now;
            EXPECT_TRUE(spec.tile_rows != 1 || now == first) << n;
        }
    }
    set_threads(before);
    if (!__builtin_cpu_supports("avx512bw")) GTEST_SKIP() << "one vector width on this machine";
    const std::int64_t n = x.size();
    std::vector<float> inverse(static_cast<std::size_t>(n / 32 + 1), 3.7F), scale(static_cast<std::size_t>(n / 32 + 1), 0.21F);
    std::vector<std::uint8_t> narrow(static_cast<std::size_t>(n)), wide(static_cast<std::size_t>(n));
    const Grid e4m3 = grid_of(Format::kE4M3, true);
    quant_baseline().encode_row(e4m3, x.data(), n, 32, inverse.data(), narrow.data());
    quant_avx512().encode_row(e4m3, x.data(), n, 32, inverse.data(), wide.data());
    EXPECT_EQ(narrow, wide);
    for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(narrow[static_cast<std::size_t>(i)], encode(Format::kE4M3, x[i] * 3.7F, true));
    quant_baseline().encode_int8_row(x.data(), n, 32, inverse.data(), narrow.data());
    quant_avx512().encode_int8_row(x.data(), n, 32, inverse.data(), wide.data());
    EXPECT_EQ(narrow, wide);
    for (std::int64_t i = 0; i < n; ++i) {
        const float v = std::nearbyint(std::clamp(x[i] * 3.7F, -127.0F, 127.0F));
        ASSERT_EQ(narrow[static_cast<std::size_t>(i)], static_cast<std::uint8_t>(static_cast<std::int8_t>(v)));
    }
}

TEST(Fp8Quantise, CountersEqualABruteForceCount) {
    Tensor<float> x = random_matrix(9, 77, 3, 3.0);
    x.row(0)[0] = kNan;
    x.row(1)[0] = kInf;
    x.row(2)[5] = 1e9F;
    x.row(3)[7] = 1e-12F;
    x.row(4)[9] = 0.0F;
    const QuantSpec specs[] = {{.tile_rows = 1, .tile_cols = 32},
                               {.tile_rows = 0, .tile_cols = 0},
                               {.format = Format::kE5M2, .tile_rows = 1, .tile_cols = 16, .saturate = false},
                               {.tile_rows = 0, .tile_cols = 0, .scaled = false},
                               {.tile_rows = 0, .tile_cols = 0, .scaled = false, .saturate = false}};
    bool met_overflow = false, met_underflow = false;
    for (const QuantSpec& spec : specs) {
        const QuantisedMatrix q = plain(x, spec);
        Counters expected;
        double error = 0, norm = 0;
        for (std::int64_t i = 0; i < x.size(); ++i) {
            const std::int64_t r = i / x.cols(), c = i % x.cols();
            const double before = x[i], scaled = static_cast<double>(x[i] * (1.0F / q.scale_at(r, c))), after = q.value(r, c);
            // ties to even: 464 still rounds down, 61440 up
            const double limit = spec.format == Format::kE4M3 ? std::nextafter(464.0, 1e9) : 61440.0;
            ++expected.count;
            if (std::isnan(before)) continue;
            if (std::abs(scaled) >= limit) ++expected.overflow;
            if (before != 0 && after == 0) ++expected.underflow;
            if (std::isnan(after)) ++expected.not_a_number;
            if (!std::isfinite(before)) continue;
            expected.amax = std::max(expected.amax, std::abs(before));
            if (!std::isfinite(after)) continue;
            error += (after - before) * (after - before);
            norm += before * before;
        }
        expected.relative_error = std::sqrt(error / norm);
        EXPECT_EQ(count_losses(x, spec), expected);
        met_overflow = met_overflow || expected.overflow > 1;
        met_underflow = met_underflow || expected.underflow > 0;
    }
    EXPECT_TRUE(met_overflow && met_underflow);
}

TEST(Fp8Quantise, CountersOfNothingAndOfZeros) {
    const QuantSpec spec{.tile_rows = 1, .tile_cols = 32};
    EXPECT_EQ(count_losses(Tensor<float>({0, 5}), spec), Counters{});
    Counters zeros;
    zeros.count = 15;
    EXPECT_EQ(count_losses(Tensor<float>({3, 5}), spec), zeros);
}

TEST(Fp8Quantise, OneOutlierRuinsItsTileOnly) {
    Tensor<float> x = random_matrix(1, 128, 11, 0.0);
    const Tensor<float> before = fake_quantise(x, {.tile_rows = 1, .tile_cols = 32});
    x[40] = 1e8F;
    const Tensor<float> tiles = fake_quantise(x, {.tile_rows = 1, .tile_cols = 32});
    const Tensor<float> tensor = fake_quantise(x, {.tile_rows = 0, .tile_cols = 0});
    for (std::int64_t i = 0; i < 128; ++i) {
        if (i == 40) continue;
        EXPECT_EQ(tensor[i], 0.0F) << i;
        if (i / 32 == 1) {
            EXPECT_EQ(tiles[i], 0.0F) << i;
        } else {
            EXPECT_EQ(tiles[i], before[i]) << i;
        }
    }
}

TEST(Fp8Quantise, HundredfoldOutlierKillsInt8PerTensorNotE4m3) {
    Tensor<float> x = random_matrix(64, 128, 12, 0.0);
    const auto error = [&](const Tensor<float>& q) {
        double e = 0, n = 0;
        for (std::int64_t i = 0; i < x.size(); ++i) {
            if (i % 128 == 0) continue;  // the outlier channel itself
            e += (q[i] - x[i]) * (q[i] - x[i]);
            n += x[i] * x[i];
        }
        return std::sqrt(e / n);
    };
    for (std::int64_t r = 0; r < 64; ++r) x.row(r)[0] *= 100;
    EXPECT_LT(error(fake_quantise(x, {.tile_rows = 0, .tile_cols = 0})), 0.05);
    EXPECT_GT(error(fake_quantise_int8(x, 0, 0)), 0.3);
    EXPECT_LT(error(fake_quantise_int8(x, 1, 16)), 0.3);
}

TEST(Fp8Quantise, E5m6KeepsSixBitsUnderPowersOfTwo) {
    const Tensor<float> x = random_matrix(4, 50, 13, 0.0);
    Tensor<float> q(x.shape());
    fake_quantise_e5m6(x.data(), 4, 50, 32, q.data());
    for (std::int64_t i = 0; i < x.size(); ++i) EXPECT_LE(std::abs(q[i] - x[i]), std::abs(x[i]) * 0x1p-7F) << i;
    // values of 6 mantissa bits are kept whatever the tile's scale is: it is a power of two
    Tensor<float> again(x.shape());
    fake_quantise_e5m6(q.data(), 4, 50, 16, again.data());
    EXPECT_EQ(bits(again), bits(q));
}

TEST(Fp8Quantise, Bf16RowsEqualTheScalarRule) {
    Tensor<float> x = random_matrix(3, 333, 14, 4.0);
    x[0] = kNan, x[1] = kInf, x[2] = -kInf, x[3] = std::numeric_limits<float>::max(), x[4] = 1e-41F;
    Tensor<float> q(x.shape());
    round_bf16(x.data(), x.size(), q.data());
    for (std::int64_t i = 0; i < x.size(); ++i)
        EXPECT_TRUE(std::isnan(x[i]) ? std::isnan(q[i]) : std::bit_cast<std::uint32_t>(q[i]) == std::bit_cast<std::uint32_t>(round_bf16(x[i]))) << i;
}

}  // namespace
}  // namespace dg::fp8
