// Progress of work that many threads share.
#pragma once

#include "sim/double_descent/settings.h"

#include <atomic>
#include <mutex>

namespace dg::sim::dd {

/// Counts finished parts; calls the owner's report one at a time.
class Meter {
  public:
    Meter(const Report& report, std::size_t total) : report_(report), total_(total) {}

    /// False once the owner said stop.
    bool tick() {
        const std::scoped_lock lock(mutex_);
        if (going_) going_ = report_(static_cast<double>(++done_) / static_cast<double>(total_));
        return going_;
    }

    [[nodiscard]] bool going() const { return going_; }

  private:
    const Report& report_;
    std::size_t total_, done_ = 0;
    std::atomic<bool> going_{true};
    std::mutex mutex_;
};

}  // namespace dg::sim::dd
