#include "app/window/frame_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace dg::app {
namespace {

double at_share(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

std::string percentiles(const std::vector<double>& values) {
    if (values.empty()) return "–";
    return fmt::format("p50 {:.2f} p95 {:.2f} max {:.2f} ms (n {})", at_share(values, 0.5), at_share(values, 0.95), at_share(values, 1), values.size());
}

}  // namespace

double thread_seconds() {
    timespec now{};
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return 0;
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::string FrameTimes::summary() const {
    std::string words = fmt::format("frame build (CPU) {}; raster {}; present {}", percentiles(build), percentiles(raster), percentiles(present));
    const double frame = at_share(build, 0.5) + at_share(raster, 0.5) + at_share(present, 0.5);
    if (!raster.empty() || !present.empty()) words += fmt::format("; {:.0f} frames/s", 1000 / frame);
    return words + "; letter to picture " + percentiles(edit);
}

}  // namespace dg::app
