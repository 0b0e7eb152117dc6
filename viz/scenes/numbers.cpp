#include "viz/scenes/numbers.h"

#include "engine/base/check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace dg::viz {
namespace {

constexpr std::string_view kMinus = "−";

std::string not_finite(double value) {
    if (std::isnan(value)) return "NaN";
    return value > 0 ? "∞" : std::string(kMinus) + "∞";
}

/// 10^n for small n: exact, unlike pow on some machines.
double power_of_ten(int n) {
    double p = 1;
    for (int i = 0; i < std::abs(n); ++i) p *= 10;
    return n < 0 ? 1 / p : p;
}

/// Decimal exponent of a positive number as it prints: 9.996 with 3 digits counts as 10.
int printed_exponent(double magnitude, int digits) {
    const std::string text = fmt::format("{:.{}e}", magnitude, digits - 1);
    return std::stoi(text.substr(text.find('e') + 1));
}

struct Unit {
    double size;
    std::string_view name;
};

/// Three digits and a unit, going one unit up when rounding reaches it.
std::string with_unit(double value, std::span<const Unit> units) {
    const double magnitude = std::abs(value);
    for (const Unit& unit : units) {
        if (magnitude < unit.size * 0.9995 && unit.size > units.back().size) continue;
        const double scaled = value / unit.size;
        const bool whole = unit.size == 1.0 || std::abs(scaled) >= 99.95;
        std::string text = fixed(scaled, whole ? 0 : 1);
        if (text.ends_with(".0")) text.resize(text.size() - 2);
        return unit.name.empty() ? text : fmt::format("{} {}", text, unit.name);
    }
    return fixed(value, 0);
}

}  // namespace

std::string fixed(double value, int decimals) {
    if (!std::isfinite(value)) return not_finite(value);
    const std::string digits = fmt::format("{:.{}f}", std::abs(value), std::max(0, decimals));
    const bool zero = digits.find_first_not_of("0.") == std::string::npos;
    return value < 0 && !zero ? std::string(kMinus) + digits : digits;
}

std::string superscript(std::int64_t value) {
    static constexpr std::array<std::string_view, 10> kDigits = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    std::string out = value < 0 ? "⁻" : "";
    for (const char c : fmt::format("{}", value)) {
        if (c != '-') out += kDigits[static_cast<std::size_t>(c - '0')];
    }
    return out;
}

std::string scientific(double value, int digits) {
    if (!std::isfinite(value)) return not_finite(value);
    if (value == 0) return "0";
    const int exponent = printed_exponent(std::abs(value), digits);
    const std::string text = fmt::format("{:.{}e}", std::abs(value), digits - 1);
    return fmt::format("{}{}×10{}", value < 0 ? kMinus : "", text.substr(0, text.find('e')), superscript(exponent));
}

std::string number(double value, int digits) {
    if (!std::isfinite(value)) return not_finite(value);
    if (value == 0) return "0";
    const int exponent = printed_exponent(std::abs(value), digits);
    if (exponent >= 7 || exponent < -4) return scientific(value, std::min(digits, 2));
    const int wanted = digits - 1 - exponent;
    return fixed(value, std::clamp(wanted, 0, std::max(digits + 1, 1 - exponent)));  // small values keep two digits
}

std::string percent(double share, int decimals) {
    if (!std::isfinite(share)) return not_finite(share);
    const double step = power_of_ten(-decimals);
    const double shown = share * 100;
    if (share == 0 || share == 1) return share == 0 ? "0%" : "100%";
    if (share > 0 && shown < step / 2) return fmt::format("<{}%", fixed(step, decimals));
    if (share < 1 && shown >= 100 - step / 2) return fmt::format(">{}%", fixed(100 - step, decimals));
    return fixed(shown, decimals) + "%";
}

std::string grouped(std::int64_t value) {
    const std::string digits = fmt::format("{}", value);
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const std::size_t left = digits.size() - i;
        if (digits[i] == '-') {
            out += kMinus;
        } else {
            const bool group = left % 3 == 0 && !out.empty() && !out.ends_with(kMinus);
            if (group) out += ',';
            out += digits[i];
        }
    }
    return out;
}

std::string short_count(double value) {
    if (!std::isfinite(value)) return not_finite(value);
    static constexpr std::array<Unit, 5> kUnits = {{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}};
    return with_unit(value, kUnits);
}

std::string bytes_text(double bytes) {
    if (!std::isfinite(bytes)) return not_finite(bytes);
    static constexpr std::array<Unit, 5> kUnits = {
        {{1099511627776.0, "TiB"}, {1073741824.0, "GiB"}, {1048576.0, "MiB"}, {1024.0, "KiB"}, {1, "B"}}};
    return with_unit(bytes, kUnits);
}

std::string seconds_text(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) return std::string(kUnknown);
    if (seconds < 1e-3) return number(seconds * 1e6, 2) + " µs";
    if (seconds < 1) return number(seconds * 1e3, 3) + " ms";
    if (seconds < 59.5) return number(seconds, 2) + " s";
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::vector<double> rounded_shares(std::span<const double> shares, int decimals) {
    const double scale = power_of_ten(decimals);
    double total = 0;
    std::vector<double> floors(shares.size()), rest(shares.size());
    for (std::size_t i = 0; i < shares.size(); ++i) {
        DG_CHECK(std::isfinite(shares[i]) && shares[i] >= 0);
        total += shares[i];
        // a share such as 0.29 * 100 = 28.999... must not lose its last unit
        floors[i] = std::floor(shares[i] * scale + 1e-9);
        rest[i] = shares[i] * scale - floors[i];
    }
    const double missing = std::round(total * scale) - std::accumulate(floors.begin(), floors.end(), 0.0);

    // the units still missing go to the largest remainders
    std::vector<std::size_t> order(shares.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return rest[a] > rest[b]; });
    for (std::size_t i = 0; i < order.size() && static_cast<double>(i) < missing; ++i) floors[order[i]] += 1;
    for (double& units : floors) units /= scale;
    return floors;
}

}  // namespace dg::viz
