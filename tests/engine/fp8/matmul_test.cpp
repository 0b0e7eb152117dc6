#include "engine/fp8/matmul.h"

#include "engine/base/parallel.h"
#include "engine/base/rng.h"
#include "engine/fp8/packed.h"
#include "engine/io/safetensors.h"
#include "engine/tensor/matmul.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>

namespace dg::fp8 {
namespace {

Tensor<float> random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
    Tensor<float> t({rows, cols});
    Rng rng = Rng::keyed(seed, "fp8_matmul_test");
    for (std::int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<float>(rng.normal());
    return t;
}

bool same_bits(const float* a, const float* b, std::int64_t n) { return std::memcmp(a, b, static_cast<std::size_t>(n) * sizeof(float)) == 0; }

QuantisedMatrix golden_matrix(const SafeTensors& file, const std::string& codes, const std::string& scales, const QuantSpec& spec) {
    const RawTensor& raw = file.tensors.at(codes);
    QuantisedMatrix q{.spec = spec, .rows = raw.shape[0], .cols = raw.shape[1], .codes = std::vector<std::uint8_t>(raw.bytes.size()), .scales = file.tensors.at(scales).to_float()};
    std::memcpy(q.codes.data(), raw.bytes.data(), raw.bytes.size());
    return q;
}

void expect_near_rows(const Tensor<float>& y, const Tensor<double>& expected, double tolerance, const std::string& what) {
    ASSERT_EQ(y.size(), expected.size());
    for (std::int64_t m = 0; m < y.rows(); ++m) {
        double top = 0;
        for (std::int64_t n = 0; n < y.cols(); ++n) top = std::max(top, std::abs(expected.row(m)[n]));
        for (std::int64_t n = 0; n < y.cols(); ++n)
            ASSERT_NEAR(static_cast<double>(y.row(m)[n]), expected.row(m)[n], tolerance * top) << what << " at " << m << "," << n;
    }
}

TEST(Fp8Matmul, GoldenProducts) {
    auto file = read_safetensors(std::string(DEEPGLASS_SOURCE_DIR) + "/tests/golden/fp8/gemm_cases.safetensors");
    ASSERT_TRUE(file);
    const QuantSpec activations{.tile_rows = 1, .tile_cols = 128}, weights{.tile_rows = 128, .tile_cols = 128};
    for (const std::string name : {"gemm", "gemm_edge"}) {
        const QuantisedMatrix a = quantise(file->tensors.at(name + ".x").to_float(), activations), b = quantise(file->tensors.at(name + ".w").to_float(), weights);
        EXPECT_EQ(a.codes, golden_matrix(*file, name + ".a_codes", name + ".a_scales", activations).codes);
        EXPECT_EQ(b.codes, golden_matrix(*file, name + ".b_codes", name + ".b_scale_inv", weights).codes);
        const Tensor<double> expected = file->tensors.at(name + ".y_f64").to_double();
        expect_near_rows(matmul_reference(a, b, 128), expected, 1e-6, name + " reference");
        expect_near_rows(matmul(a, b), expected, 1e-6, name + " fast");
        // the limited accumulator: 13 fraction bits, so about 2^-13 per step of 32
        expect_near_rows(matmul_limited(a, b, 128), expected, 2e-3, name + " limited");
        EXPECT_FALSE(same_bits(matmul_limited(a, b, 128).data(), matmul(a, b).data(), expected.size()));
    }
}

TEST(Fp8Matmul, FastEqualsReferenceOnEveryShape) {
    for (const std::int64_t tile : {1, 16, 32, 33, 128})
        for (const std::int64_t k : {std::int64_t{1}, tile - 1, tile, tile + 1, 2 * tile + 5}) {
            if (k < 1) continue;
            const QuantisedMatrix a = quantise(random_matrix(3, k, 1), {.tile_rows = 1, .tile_cols = tile});
            const QuantisedMatrix b = quantise(random_matrix(tile + 2, k, 2), {.tile_rows = tile, .tile_cols = tile});
            const Tensor<float> reference = matmul_reference(a, b, std::min<std::int64_t>(tile, 128));
            Tensor<double> expected({3, tile + 2});
            for (std::int64_t m = 0; m < 3; ++m)
                for (std::int64_t n = 0; n < tile + 2; ++n)
                    for (std::int64_t i = 0; i < k; ++i) expected.row(m)[n] += static_cast<double>(a.value(m, i)) * static_cast<double>(b.value(n, i));
            expect_near_rows(reference, expected, 2e-6, "reference");
            expect_near_rows(matmul(a, b), expected, 2e-6, "fast");
        }
    const QuantisedMatrix none = quantise(Tensor<float>({0, 4}), {.tile_rows = 1, .tile_cols = 32});
    EXPECT_EQ(matmul(none, quantise(random_matrix(2, 4, 1), {})).size(), 0);
}

/// Positive operands: the worst case, every cut goes the same way.
double limited_error(std::int64_t n, std::int64_t promotion) {
    Rng rng = Rng::keyed(7, "limited", static_cast<std::uint64_t>(n));
    double worst = 0;
    for (int trial = 0; trial < 20; ++trial) {
        std::vector<float> a, b;
        double exact = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            a.push_back(decode(Format::kE4M3, encode(Format::kE4M3, static_cast<float>(rng.uniform()), true)));
            b.push_back(decode(Format::kE4M3, encode(Format::kE4M3, static_cast<float>(rng.uniform()), true)));
            exact += static_cast<double>(a.back()) * static_cast<double>(b.back());
        }
        worst = std::max(worst, std::abs(static_cast<double>(limited_dot(a.data(), b.data(), n, promotion)) - exact) / exact);
    }
    return worst;
}

TEST(Fp8Matmul, LimitedAccumulatorLosesWithLengthUnlessPromoted) {
    // every 32 products up to one unit of the running sum is cut: the loss grows with the number of steps, K / 32;
    // promotion every 128 keeps it at that of 4 steps
    const double promoted = limited_error(4096, 128), long_sum = limited_error(4096, 0), short_sum = limited_error(512, 0);
    EXPECT_LT(promoted, 4 * 0x1p-13);
    EXPECT_LT(limited_error(128, 0), 4 * 0x1p-13);
    EXPECT_GT(long_sum, 4 * short_sum);
    EXPECT_GT(long_sum, 8 * promoted);
}

TEST(Fp8Matmul, LimitedAccumulatorCutsAsDescribed) {
    // 1 and 2^-14: the small product lies below 2^(0 - 13) and vanishes; 2^-13 stays
    const float one[] = {1.0F, 0x1p-7F}, small[] = {1.0F, 0x1p-7F}, less[] = {1.0F, 0x1p-6F};
    EXPECT_EQ(limited_dot(one, small, 2, 0), 1.0F);
    EXPECT_EQ(limited_dot(one, less, 2, 0), 1.0F + 0x1p-13F);
    // cut, not rounded: 1.5 * 2^-13 leaves 2^-13, of either sign
    const float half[] = {1.0F, -1.5F * 0x1p-6F};
    EXPECT_EQ(limited_dot(one, half, 2, 0), 1.0F - 0x1p-13F);
    const float nothing[] = {0.0F, 0.0F};
    EXPECT_EQ(limited_dot(one, nothing, 2, 0), 0.0F);
}

/// y = Q(x) Q(W)^T by definition, one fused chain.
std::vector<float> chain(const Tensor<float>& x, const View<const float>& w) {
    std::vector<float> y;
    for (std::int64_t m = 0; m < x.rows(); ++m)
        for (std::int64_t n = 0; n < w.cols; ++n) {
            float sum = 0;
            for (std::int64_t k = 0; k < w.rows; ++k) sum = std::fma(x.row(m)[k], w(k, n), sum);
            y.push_back(sum);
        }
    return y;
}

TEST(Fp8Packed, SameBitsAsTheChainForEveryFormatAndPart) {
    for (const char* text : {"f32", "bf16", "fp8", "fp8,tile=16", "fp8,tile=33", "fp8-tensor", "fp8-e5m2,ue8m0", "fp8-raw"})
        for (const auto& [rows, cols] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {31, 40}, {64, 64}, {150, 97}, {300, 260}}) {
            const Numerics numerics = *parse_numerics(text);
            const Tensor<float> w = random_matrix(rows, cols, 21);
            const bool fp8 = numerics.fp8();
            Tensor<float> values = w;
            if (fp8) values = fake_quantise(w, numerics.weights());
            if (numerics.kind == NumericsKind::kBf16) round_bf16(w.data(), w.size(), values.data());
            const std::int64_t begin = rows / 3, part_rows = rows - begin;
            for (const Part& part : {Part{}, Part{begin, part_rows, true}, Part{begin, part_rows, false}}) {
                const PackedWeight packed(w, part, numerics, nullptr, false);
                const std::int64_t first = part.begin, n = part.rows < 0 ? rows : part.rows;
                View<const float> right{values.data() + first * cols, n, cols, cols, 1};
                if (part.transposed) right = right.transposed();
                ASSERT_EQ(packed.rows(), right.rows);
                ASSERT_EQ(packed.cols(), right.cols);
                for (const std::int64_t m : {1, 2, 7}) {
                    const Tensor<float> x = random_matrix(m, right.rows, 22);
                    const std::vector<float> expected = chain(x, right);
                    Tensor<float> y({m, right.cols});
                    packed.multiply(view(x), view(y));
                    ASSERT_TRUE(same_bits(y.data(), expected.data(), y.size())) << text << " " << rows << "x" << cols << " rows " << m;
                }
            }
        }
}

TEST(Fp8Packed, OneByteANumberAndTwoForBf16) {
    const Tensor<float> w = random_matrix(256, 512, 23);
    const std::int64_t n = 256 * 512;
    EXPECT_EQ(PackedWeight(w, {}, *parse_numerics("f32"), nullptr).bytes(), 4 * n);
    EXPECT_EQ(PackedWeight(w, {}, *parse_numerics("bf16"), nullptr).bytes(), 2 * n);
    EXPECT_EQ(PackedWeight(w, {}, *parse_numerics("fp8"), nullptr).bytes(), n + 4 * n / 1024);
    EXPECT_EQ(PackedWeight(w, {}, *parse_numerics("fp8,accumulator=14"), nullptr).bytes(), n + 4 * n / 1024);
}

TEST(Fp8Packed, CodesThatAreNanAreShownAsThemselves) {
    Tensor<float> w = random_matrix(40, 40, 24);
    w.row(3)[5] = 1e6F;
    const Numerics raw = *parse_numerics("fp8-raw,no-saturate");
    const PackedWeight packed(w, {}, raw, nullptr);
    const Tensor<float> x = random_matrix(1, 40, 25);
    std::vector<float> y(40);
    packed.multiply_row(x.data(), y.data());
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), i == 3) << i;
}

TEST(Numerics, WordsAndBack) {
    for (const char* text : {"f32", "bf16", "fp8", "fp8,tile=16", "fp8,tile=64,ue8m0,no-saturate,accumulator=14", "fp8-tensor,ue8m0", "fp8-e5m2", "fp8-raw,no-saturate"}) {
        const auto parsed = parse_numerics(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(to_string(*parsed), text);
        EXPECT_EQ(*parse_numerics(to_string(*parsed)), *parsed);
    }
    EXPECT_EQ(parse_numerics("fp8")->activations(), (QuantSpec{.tile_rows = 1, .tile_cols = 32}));
    EXPECT_EQ(parse_numerics("fp8,tile=256")->promotion(), 128);
    EXPECT_EQ(parse_numerics("fp8,tile=16")->promotion(), 16);
    EXPECT_EQ(parse_numerics("fp8-tensor")->promotion(), 128);
    EXPECT_EQ(parse_numerics("fp8")->tokens(), (QuantSpec{.tile_rows = 32, .tile_cols = 1}));
}

TEST(Numerics, WrongWordsAreNamed) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "usage_numerics"},          {"fp9", "usage_numerics"},           {"FP8 ,", "usage_numerics"},       {"fp8,tile", "usage_numerics_tile"},
        {"fp8,tile=0", "usage_numerics_tile"}, {"fp8,tile=-4", "usage_numerics_tile"}, {"fp8,tile=3.5", "usage_numerics_tile"}, {"fp8,tile=99999999999999999999", "usage_numerics_tile"},
        {"fp8,ue8m", "usage_numerics_option"}, {"fp8,accumulator=15", "usage_numerics_option"}, {"fp8,", "usage_numerics_option"}, {"f32,ue8m0", "usage_numerics_use"},
        {"bf16,tile=32", "usage_numerics_use"}, {"fp8-tensor,tile=32", "usage_numerics_use"}, {"fp8-raw,ue8m0", "usage_numerics_use"}};
    for (const auto& [text, code] : cases) {
        const auto parsed = parse_numerics(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, code) << text;
    }
    const Error near = parse_numerics("fp8-tensr").error();
    EXPECT_EQ(near.args[1].second, "fp8-tensor");
}

}  // namespace
}  // namespace dg::fp8
