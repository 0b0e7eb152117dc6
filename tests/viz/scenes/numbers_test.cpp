#include "viz/scenes/numbers.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace dg::viz {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Numbers, FixedUsesTheTrueMinus) {
    EXPECT_EQ(fixed(-0.416, 2), "−0.42");
    EXPECT_EQ(fixed(-0.001, 2), "0.00");
    EXPECT_EQ(fixed(7, 2), "7.00");
    EXPECT_EQ(fixed(std::nan(""), 2), "NaN");
    EXPECT_EQ(fixed(-kInf, 2), "−∞");
}

TEST(Numbers, AdaptiveDigits) {
    EXPECT_EQ(number(0.42441), "0.424");
    EXPECT_EQ(number(7), "7.00");
    EXPECT_EQ(number(57.29), "57.3");
    EXPECT_EQ(number(1234.4), "1234");
    EXPECT_EQ(number(0.0013), "0.0013");
    EXPECT_EQ(number(0.000213), "0.00021");
    EXPECT_EQ(number(0.000213, 2), "0.00021");
    EXPECT_EQ(number(9.996), "10.0");
    EXPECT_EQ(number(-3e-7), "−3.0×10⁻⁷");
    EXPECT_EQ(number(1.2e7), "1.2×10⁷");
    EXPECT_EQ(number(0), "0");
    EXPECT_EQ(number(kInf), "∞");
}

TEST(Numbers, PercentNeverLiesAboutZeroAndAll) {
    EXPECT_EQ(percent(0.814), "81.4%");
    EXPECT_EQ(percent(0), "0%");
    EXPECT_EQ(percent(1), "100%");
    EXPECT_EQ(percent(0.0001), "<0.1%");
    EXPECT_EQ(percent(0.9999), ">99.9%");
    EXPECT_EQ(percent(0.15, 0), "15%");
}

TEST(Numbers, CountsBytesSeconds) {
    EXPECT_EQ(grouped(926679040), "926,679,040");
    EXPECT_EQ(grouped(-1234), "−1,234");
    EXPECT_EQ(grouped(-123), "−123");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(short_count(512), "512");
    EXPECT_EQ(short_count(4096), "4.1 k");
    EXPECT_EQ(short_count(671e9), "671 B");
    EXPECT_EQ(short_count(999999), "1 M");
    EXPECT_EQ(bytes_text(70.0 * 1024), "70 KiB");
    EXPECT_EQ(bytes_text(1.5 * 1073741824), "1.5 GiB");
    EXPECT_EQ(seconds_text(0.0421), "42.1 ms");
    EXPECT_EQ(seconds_text(200), "3 min 20 s");
    EXPECT_EQ(seconds_text(3900), "1 h 05 min");
    EXPECT_EQ(seconds_text(std::nan("")), kUnknown);
}

TEST(Numbers, RoundedSharesAddUp) {
    const std::vector<double> thirds(3, 1.0 / 3);
    const std::vector<double> rounded = rounded_shares(thirds, 2);
    EXPECT_EQ(rounded, (std::vector<double>{0.34, 0.33, 0.33}));
    EXPECT_EQ(rounded_shares(std::vector<double>{0.29, 0.71}, 2), (std::vector<double>{0.29, 0.71}));
    const std::vector<double> bad = {0.5, std::nan("")};
    EXPECT_THROW(rounded_shares(bad, 2), Bug);
}

TEST(Numbers, RoundedSharesAddUpForRandomRows) {
    Rng rng = Rng::keyed(11, "shares");
    for (int row = 0; row < 500; ++row) {
        std::vector<double> shares(1 + rng.below(12));
        for (double& s : shares) s = rng.uniform();
        const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (double& s : shares) s /= total;
        double sum = 0;
        const std::vector<double> rounded = rounded_shares(shares, 2);
        for (std::size_t i = 0; i < shares.size(); ++i) {
            sum += rounded[i];
            EXPECT_LT(std::abs(rounded[i] - shares[i]), 0.01 + 1e-9);
        }
        EXPECT_NEAR(sum, 1.0, 1e-9) << "row " << row;
    }
}

}  // namespace
}  // namespace dg::viz
