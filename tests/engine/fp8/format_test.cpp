#include "engine/fp8/format.h"

#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace dg::fp8 {
namespace {

constexpr const char* kGolden = DEEPGLASS_SOURCE_DIR "/tests/golden/fp8/";

/// The cells of a CSV file without its header line.
std::vector<std::vector<std::string>> read_csv(const std::string& name) {
    std::ifstream in(kGolden + name);
    EXPECT_TRUE(in.good()) << name;
    std::vector<std::vector<std::string>> rows;
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::vector<std::string> cells;
        std::stringstream cut(line);
        for (std::string cell; std::getline(cut, cell, ',');) cells.push_back(cell);
        rows.push_back(cells);
    }
    return rows;
}

std::uint32_t hex(const std::string& cell) {
    return static_cast<std::uint32_t>(std::strtoul(cell.c_str(), nullptr, 16));
}

bool is_nan_code(Format format, std::uint8_t code) {
    return std::isnan(decode(format, code));
}

void check_decode(Format format, const std::string& file) {
    const auto rows = read_csv(file);
    ASSERT_EQ(rows.size(), 256U);
    for (const auto& row : rows) {
        const float value = decode(format, static_cast<std::uint8_t>(hex(row[0])));
        if (row[1] == "nan") {
            EXPECT_TRUE(std::isnan(value)) << row[0];
        } else {
            EXPECT_EQ(std::bit_cast<std::uint32_t>(value), hex(row[2]))
                << row[0] << " decodes to " << value;
        }
    }
}

TEST(Fp8Format, DecodesEveryCodeAsTheExactTable) {
    check_decode(Format::kE4M3, "decode_e4m3fn.csv");
    check_decode(Format::kE5M2, "decode_e5m2.csv");
}

TEST(Fp8Format, EncodesEveryGoldenCaseExactly) {
    const auto rows = read_csv("encode_cases.csv");
    ASSERT_EQ(rows.size(), 2878U);

    const struct {
        Format format;
        bool saturate;
    } columns[] = {{Format::kE4M3, true},
                   {Format::kE4M3, false},
                   {Format::kE5M2, true},
                   {Format::kE5M2, false}};

    for (const auto& row : rows) {
        const float x = std::bit_cast<float>(hex(row[0]));
        for (std::size_t c = 0; c < 4; ++c) {
            const std::uint8_t code = encode(columns[c].format, x, columns[c].saturate);
            if (row[c + 1] == "nan") {
                EXPECT_TRUE(is_nan_code(columns[c].format, code)) << row[0] << " column " << c;
            } else {
                EXPECT_EQ(code, hex(row[c + 1])) << row[0] << " column " << c << " " << row[5];
            }
        }
    }
}

TEST(Fp8Format, EveryCodeRoundTrips) {
    for (const Format format : {Format::kE4M3, Format::kE5M2}) {
        int nans = 0;
        for (int i = 0; i < 256; ++i) {
            const auto code = static_cast<std::uint8_t>(i);
            if (is_nan_code(format, code)) {
                ++nans;
                EXPECT_TRUE(is_nan_code(format, encode(format, decode(format, code), true)));
            } else {
                EXPECT_EQ(encode(format, decode(format, code), false), code);
            }
        }
        EXPECT_EQ(nans, format == Format::kE4M3 ? 2 : 6);
    }
}

TEST(Fp8Format, LimitsAreTheFormatsOwn) {
    for (const Format format : {Format::kE4M3, Format::kE5M2}) {
        float largest = 0;
        float smallest = 1;
        for (const float value : decode_table(format)) {
            if (std::isfinite(value)) largest = std::max(largest, value);
            if (value > 0) smallest = std::min(smallest, value);
        }
        EXPECT_EQ(max_finite(format), largest);
        EXPECT_EQ(min_subnormal(format), smallest);
        EXPECT_EQ(min_normal(format), smallest * (format == Format::kE4M3 ? 8.0F : 4.0F));
    }
}

/// The nearest code by search in double; ties to the even code. An independent second opinion for
/// finite inputs.
std::uint8_t nearest_code(Format format, float x) {
    int best = 0;
    double best_distance = INFINITY;
    for (int code = 0; code < 0x80; ++code) {
        const double value = decode(format, static_cast<std::uint8_t>(code));
        if (!std::isfinite(value)) continue;
        const double distance = std::abs(std::abs(static_cast<double>(x)) - value);
        if (distance < best_distance || (distance == best_distance && code % 2 == 0))
            best = code, best_distance = distance;
    }
    return static_cast<std::uint8_t>(best | (std::signbit(x) ? 0x80 : 0));
}

TEST(Fp8Format, SaturatingEncodeIsTheNearestCode) {
    Rng rng(7);
    for (int i = 0; i < 20000; ++i) {
        const float x = std::bit_cast<float>(rng.next());
        if (!std::isfinite(x)) continue;
        const float scaled =
            std::ldexp(x, -std::ilogb(x == 0 ? 1 : x) + static_cast<int>(rng.below(40)) - 22);
        for (const Format format : {Format::kE4M3, Format::kE5M2}) {
            ASSERT_EQ(encode(format, scaled, true), nearest_code(format, scaled)) << scaled;
        }
    }
}

TEST(Bf16Format, MatchesTheGoldenCases) {
    const auto rows = read_csv("bf16_cases.csv");
    ASSERT_EQ(rows.size(), 265U);
    for (const auto& row : rows) {
        const std::uint16_t code = encode_bf16(std::bit_cast<float>(hex(row[0])));
        if (row[1] == "nan") {
            EXPECT_TRUE(std::isnan(decode_bf16(code))) << row[0];
        } else {
            EXPECT_EQ(code, hex(row[1])) << row[0];
        }
    }
}

TEST(Bf16Format, EveryCodeRoundTripsAndNanStaysNan) {
    for (std::uint32_t code = 0; code < 0x10000; ++code) {
        const float value = decode_bf16(static_cast<std::uint16_t>(code));
        if (std::isnan(value)) {
            ASSERT_TRUE(std::isnan(round_bf16(value)));
        } else {
            ASSERT_EQ(encode_bf16(value), code);
        }
    }
    EXPECT_TRUE(std::isnan(round_bf16(std::bit_cast<float>(0x7F800001U))));
    EXPECT_TRUE(std::isnan(round_bf16(std::bit_cast<float>(0xFFFFFFFFU))));
}

TEST(Fp16Format, EveryCodeRoundTripsAndMidpointsGoToEven) {
    for (std::uint32_t code = 0; code < 0x10000; ++code) {
        const float value = decode_fp16(static_cast<std::uint16_t>(code));
        if (std::isnan(value)) {
            ASSERT_TRUE(std::isnan(decode_fp16(encode_fp16(value))));
            continue;
        }
        ASSERT_EQ(encode_fp16(value), code) << value;

        // halfway to the next finite code: the even neighbour; just beside it: the nearer one
        if ((code & 0x7FFFU) >= 0x7BFFU) continue;
        const float next = decode_fp16(static_cast<std::uint16_t>(code + 1));
        const float middle = (value + next) / 2;
        ASSERT_EQ(encode_fp16(middle), code + (code & 1U)) << value;
        ASSERT_EQ(encode_fp16(std::nextafter(middle, value)), code) << value;
        ASSERT_EQ(encode_fp16(std::nextafter(middle, next)), code + 1) << value;
    }
    EXPECT_EQ(encode_fp16(65519.9F), 0x7BFF);
    EXPECT_EQ(encode_fp16(65520.0F), 0x7C00);
    EXPECT_EQ(encode_fp16(-1e30F), 0xFC00);
}

TEST(Fp8Format, E5m6RoundTripsAndKeepsItsLimits) {
    float largest = 0;
    float smallest = 1;
    for (int i = 0; i < 4096; ++i) {
        const auto code = static_cast<std::uint16_t>(i);
        const float value = decode_e5m6(code);
        if (std::isnan(value)) {
            EXPECT_TRUE(std::isnan(decode_e5m6(encode_e5m6(value, true))));
            continue;
        }
        EXPECT_EQ(encode_e5m6(value, false), code);
        if (std::isfinite(value)) largest = std::max(largest, value);
        if (value > 0) smallest = std::min(smallest, value);
        // E5M6 is binary16 without its last four bits
        EXPECT_EQ(value, decode_fp16(static_cast<std::uint16_t>((i & 0x7FF) << 4 | (i & 0x800) << 4)));
    }
    EXPECT_EQ(largest, 65024.0F);
    EXPECT_EQ(smallest, 0x1p-20F);
    EXPECT_TRUE(std::isinf(decode_e5m6(encode_e5m6(65280.0F, false))));
    EXPECT_EQ(decode_e5m6(encode_e5m6(65280.0F, true)), 65024.0F);
    // a tie goes to the even code: 1 + 2^-7 lies between 1 and 1 + 2^-6
    EXPECT_EQ(decode_e5m6(encode_e5m6(1.0F + 0x1p-7F, true)), 1.0F);
    EXPECT_EQ(decode_e5m6(encode_e5m6(1.0F + 3 * 0x1p-7F, true)), 1.0F + 2 * 0x1p-6F);
}

}  // namespace
}  // namespace dg::fp8
