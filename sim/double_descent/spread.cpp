// Values that a sweep visits.
#include "engine/base/mathfn.h"
#include "sim/double_descent/settings.h"

#include <algorithm>
#include <cmath>

namespace dg::sim::dd {

std::vector<std::int64_t> spread(std::int64_t first, std::int64_t last, std::int64_t count, bool by_factors, std::int64_t through) {
    count = std::min(count, last - first + 1);
    if (count <= 1) return {first};
    std::vector<std::int64_t> out;
    const auto low = static_cast<double>(first), high = static_cast<double>(last), gaps = static_cast<double>(count - 1);
    for (std::int64_t i = 0; i < count; ++i) {
        const double u = static_cast<double>(i) / gaps;
        const double value = by_factors ? dg::exp(dg::log(low) + u * dg::log(high / low)) : low + u * (high - low);
        // none twice, and room for those that follow
        const std::int64_t least = out.empty() ? first : out.back() + 1, most = last - (count - 1 - i);
        out.push_back(std::clamp(static_cast<std::int64_t>(std::llround(value)), least, most));
    }
    if (count > 2 && through > first && through < last && !std::ranges::binary_search(out, through)) {
        const auto nearest = std::min_element(out.begin() + 1, out.end() - 1, [&](auto a, auto b) { return std::abs(a - through) < std::abs(b - through); });
        *nearest = through;
    }
    return out;
}

}  // namespace dg::sim::dd
