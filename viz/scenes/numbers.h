// How numbers are written on every picture: minus is U+2212, what cannot be computed is "–", NaN and infinities are
// themselves, and printed shares add up.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::viz {

/// What stands for a value that cannot be computed.
inline constexpr std::string_view kUnknown = "–";

/// Fixed decimals: fixed(-0.416, 2) = "−0.42". Never "−0.00". NaN "NaN", infinities "∞", "−∞".
std::string fixed(double value, int decimals);

/// Adaptive: about `digits` significant digits, no more than `digits` + 1 decimals, e.g. for 3: 0.424, 7.00, 57.3, 1234,
/// 0.0013; from 1e7 up and below 1e-4 as 1.2×10⁷.
std::string number(double value, int digits = 3);

/// A share as a percentage: percent(0.814) = "81.4%". Zero is "0%"; a non-zero share that would round to zero is
/// written "<0.1%", one that would round to all ">99.9%".
std::string percent(double share, int decimals = 1);

/// Whole numbers in groups of three: "926,679,040".
std::string grouped(std::int64_t value);

/// Short whole numbers: 512, 4.1 k, 671 B (thousand, million, billion, trillion: k M B T).
std::string short_count(double value);

/// Bytes in powers of 1024: "70 KiB", "1.5 GiB".
std::string bytes_text(double bytes);

/// Seconds for people: "0.42 s", "3 min 20 s", "1 h 05 min".
std::string seconds_text(double seconds);

/// Shares rounded so that the printed ones add up to the rounded total (largest remainder; the earlier one on a tie).
/// Values must be finite and >= 0; returns multiples of 10^-decimals.
std::vector<double> rounded_shares(std::span<const double> shares, int decimals);

/// x * 10^n as printed: "1.2×10⁷".
std::string scientific(double value, int digits);

/// Superscript digits of an integer: −3 -> "⁻³".
std::string superscript(std::int64_t value);

}  // namespace dg::viz
