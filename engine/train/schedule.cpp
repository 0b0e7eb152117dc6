#include "engine/train/schedule.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <numbers>

namespace dg {

bool Schedule::decaying(std::int64_t s) const { return static_cast<double>(s) >= flat * static_cast<double>(steps); }

double Schedule::learning_rate(std::int64_t s) const {
    if (s < warmup) return peak * static_cast<double>(s + 1) / static_cast<double>(warmup);
    if (!decaying(s)) return peak;
    const double start = flat * static_cast<double>(steps), length = std::max(1.0, static_cast<double>(steps) - start);
    const double u = std::clamp((static_cast<double>(s) - start) / length, 0.0, 1.0);
    return peak * (floor + (1.0 - floor) * 0.5 * (1.0 + dg::cos(std::numbers::pi * u)));
}

}  // namespace dg
