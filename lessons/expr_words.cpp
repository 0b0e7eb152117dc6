// Claim expressions: the words around them. Names of functions, tolerances as written, numbers for
// people.
#include "lessons/expr.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dg::lessons {

const std::vector<std::string>& expression_functions() {
    static const std::vector<std::string> kNames = {
        "abs", "all",  "any",    "count", "exp",  "floor", "ln",   "log10", "log2",
        "max", "mean", "median", "min",   "rank", "round", "sqrt", "sum",   "var"};
    return kNames;
}

Result<Tolerance> parse_tolerance(std::string_view written) {
    Tolerance tolerance;
    const char* last = written.data() + written.size();
    const auto [end, error] = std::from_chars(written.data(), last, tolerance.amount);
    std::string_view rest(end, static_cast<std::size_t>(last - end));
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    tolerance.relative = rest == "%";
    const bool good =
        error == std::errc{} && (rest.empty() || rest == "%") && tolerance.amount >= 0;
    if (!good) return Error{"claim_tolerance", {{"found", std::string(written)}}, {}};
    if (tolerance.relative) tolerance.amount /= 100;
    return tolerance;
}

std::string written_number(double value, int digits) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return fmt::format("{:.{}g}", value, digits);
}

std::string Reading::written() const {
    if (!vector) return written_number(cells.front());
    const auto [low, high] = std::minmax_element(cells.begin(), cells.end());
    return fmt::format("[{}] {} … {}", cells.size(), written_number(*low), written_number(*high));
}

}  // namespace dg::lessons
