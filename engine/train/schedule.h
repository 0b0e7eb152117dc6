// What changes over a run: learning rate, MTP weight, bias speed.
#pragma once

#include <cstdint>

namespace dg {

/// lr: 0 -> peak over `warmup` steps, constant to `flat` of the run, cosine to peak * floor at the end.
struct Schedule {
    std::int64_t steps = 1000, warmup = 60;
    double peak = 2e-3;
    double flat = 0.65;   // share of the run
    double floor = 0.05;  // of the peak

    /// Learning rate of step s in [0, steps).
    [[nodiscard]] double learning_rate(std::int64_t s) const;
    /// In the decay phase (after `flat`).
    [[nodiscard]] bool decaying(std::int64_t s) const;
};

}  // namespace dg
