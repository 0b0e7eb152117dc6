// An experiment on a thread of its own: who started it polls progress and snapshots, cancels, and takes the records.
#pragma once

#include "sim/experiment.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace dg::sim {

/// The newest of a stream of values; older ones are dropped. (Not std::atomic<shared_ptr>: g++ 12's races inside.)
template <class T>
class LatestSlot {
  public:
    void put(std::shared_ptr<const T> value) {
        const std::scoped_lock lock(mutex_);
        value_ = std::move(value);
    }

    /// nullptr before the first.
    [[nodiscard]] std::shared_ptr<const T> get() const {
        const std::scoped_lock lock(mutex_);
        return value_;
    }

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;
};

class Job {
  public:
    /// Starts at once. `experiment` outlives the job (rows of the table do).
    Job(const Experiment& experiment, Params params);
    /// Cancels and waits.
    ~Job();
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    /// As last reported, 0 .. 1.
    [[nodiscard]] double fraction() const { return fraction_.load(); }

    [[nodiscard]] std::shared_ptr<const Records> snapshot() const { return latest_.get(); }

    /// Asks the run to stop; finish() then gives the error cancelled, unless the run ended before.
    void cancel() { thread_.request_stop(); }

    /// Waits up to `time` for the end; true when it has ended.
    [[nodiscard]] bool wait_for(std::chrono::milliseconds time);
    /// Waits for the end and takes the outcome; call once. Whatever the run throws is an error: out_of_memory, bug.
    Result<Records> finish();

  private:
    void run(const std::stop_token& stop);

    const Experiment& experiment_;
    Params params_;
    std::atomic<double> fraction_{0};
    LatestSlot<Records> latest_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::optional<Result<Records>> outcome_;  // guarded by mutex_
    std::jthread thread_;                     // last: ends before the rest
};

}  // namespace dg::sim
