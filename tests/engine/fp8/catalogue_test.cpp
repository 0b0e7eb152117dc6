#include "engine/fp8/catalogue.h"

#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace dg::fp8 {
namespace {

double two(int e) { return std::ldexp(1.0, e); }

TEST(FormatCatalogue, LimitsAreThoseOfTheCurriculum) {
    struct Row {
        const char* id;
        double max, normal, subnormal, epsilon;
    };
    const Row rows[] = {{"e4m3", 448, two(-6), two(-9), 0.125},
                        {"e5m2", 57344, two(-14), two(-16), 0.25},
                        {"e5m6", 65024, two(-14), two(-20), two(-6)},
                        {"fp16", 65504, two(-14), two(-24), two(-10)},
                        {"bf16", (2 - two(-7)) * two(127), two(-126), two(-133), two(-7)},
                        {"fp32", (2 - two(-23)) * two(127), two(-126), two(-149), two(-23)}};
    for (const Row& row : rows) {
        const FormatInfo* format = find_format(row.id);
        ASSERT_NE(format, nullptr) << row.id;
        const Limits l = limits(*format);
        EXPECT_EQ(l.max, row.max) << row.id;
        EXPECT_EQ(l.min_normal, row.normal) << row.id;
        EXPECT_EQ(l.min_subnormal, row.subnormal) << row.id;
        EXPECT_EQ(l.epsilon, row.epsilon) << row.id;
    }
    EXPECT_EQ(find_format("e3m4"), nullptr);
    EXPECT_EQ(limits(*find_format("e4m3")).overflow_from, 464);
    EXPECT_EQ(limits(*find_format("e5m2")).overflow_from, 61440);
}

TEST(FormatCatalogue, CountsEqualAWalkOverAllCodes) {
    for (const FormatInfo& format : formats()) {
        if (format.bits() > 16) continue;
        std::set<double> values;
        std::int64_t nan = 0, infinite = 0;
        for (std::uint32_t code = 0; code < 1U << static_cast<unsigned>(format.bits()); ++code) {
            const double v = decode(format, code);
            if (std::isnan(v)) ++nan;
            else if (std::isinf(v)) ++infinite;
            else values.insert(v);
            if (std::isfinite(v)) {
                EXPECT_EQ(unreserved_value(format, code), v) << format.name << code;
            }
        }
        const Limits l = limits(format);
        EXPECT_EQ(l.values, static_cast<std::int64_t>(values.size())) << format.name;
        EXPECT_EQ(l.nan_codes, nan) << format.name;
        EXPECT_EQ(l.infinite_codes, infinite) << format.name;
        EXPECT_EQ(l.max, *values.rbegin());
    }
    EXPECT_EQ(unreserved_value(*find_format("e4m3"), 0x7F), 480);
}

/// The nearest value of a format by trying all, ties to the even code.
double nearest(const FormatInfo& format, double x) {
    double best = std::numeric_limits<double>::quiet_NaN(), distance = std::numeric_limits<double>::infinity();
    bool even = false;
    for (std::uint32_t code = 0; code <= limits(format).max_code; ++code) {
        const double v = decode(format, code), d = std::abs(v - x);
        if (d < distance || (d == distance && code % 2 == 0 && !even)) best = v, distance = d, even = code % 2 == 0;
    }
    return best;
}

TEST(FormatCatalogue, EncodingRoundsTheDoubleOnce) {
    Rng rng = Rng::keyed(3, "catalogue");
    for (const FormatInfo& format : formats()) {
        if (format.bits() > 8) continue;
        const Limits l = limits(format);
        for (int i = 0; i < 4000; ++i) {
            const double x = std::ldexp(rng.uniform(), static_cast<int>(rng.below(28)) - 18);
            if (x >= l.overflow_from) continue;
            EXPECT_EQ(decode(format, encode(format, x, true)), nearest(format, x)) << format.name << " " << x;
        }
        // a hair off a tie: a detour over float would call it a tie
        for (std::uint32_t code = 0; code < l.max_code; ++code) {
            const double low = decode(format, code), high = decode(format, code + 1), tie = (low + high) / 2;
            EXPECT_EQ(decode(format, encode(format, std::nextafter(tie, 0.0), true)), low);
            EXPECT_EQ(decode(format, encode(format, std::nextafter(tie, 1e9), true)), high);
            EXPECT_EQ(encode(format, tie, true) % 2, 0U);
            EXPECT_EQ(encode(format, -tie, true), encode(format, tie, true) | format.sign_bit());
        }
    }
}

TEST(FormatCatalogue, OverflowSaturatesOrNot) {
    const double inf = std::numeric_limits<double>::infinity();
    for (const FormatInfo& format : formats()) {
        const Limits l = limits(format);
        for (const double x : {l.max * 1.5, inf}) {
            EXPECT_EQ(decode(format, encode(format, x, true)), l.max) << format.name;
            EXPECT_EQ(decode(format, encode(format, -x, true)), -l.max) << format.name;
            const double open = decode(format, encode(format, x, false));
            EXPECT_TRUE(format.has_infinity ? open == inf : std::isnan(open)) << format.name;
        }
        EXPECT_TRUE(std::isnan(decode(format, encode(format, std::nan(""), true)))) << format.name;
        EXPECT_EQ(decode(format, encode(format, l.max, false)), l.max);
    }
    EXPECT_EQ(decode(*find_format("e4m3"), encode(*find_format("e4m3"), 464, false)), 448);
    EXPECT_TRUE(std::isnan(decode(*find_format("e4m3"), encode(*find_format("e4m3"), 464.0001, false))));
}

TEST(FormatCatalogue, NeighboursAndSpacing) {
    const FormatInfo &e4 = *find_format("e4m3"), &e5 = *find_format("e5m2");
    EXPECT_EQ(spacing(e4, 1), 0.125);
    EXPECT_EQ(spacing(e5, 1), 0.25);
    EXPECT_EQ(spacing(e4, 400), 32);
    EXPECT_EQ(spacing(e5, -400), 64);
    EXPECT_EQ(spacing(e4, 448), 32);
    EXPECT_EQ(spacing(e4, 0.001), two(-9));
    EXPECT_EQ(spacing(e4, 1e9), 32);
    const Bracket b = bracket(e4, 3.14159);
    EXPECT_EQ(decode(e4, b.below), 3);
    EXPECT_EQ(decode(e4, b.above), 3.25);
    EXPECT_EQ(bracket(e4, 3.25).below, encode(e4, 3.25, true));
    EXPECT_EQ(bracket(e4, 500).above, 0x7FU);
    EXPECT_EQ(bracket(e4, 0).below, 0U);
}

}  // namespace
}  // namespace dg::fp8
