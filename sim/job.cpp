#include "sim/job.h"

#include <new>

namespace dg::sim {

Job::Job(const Experiment& experiment, Params params)
    : experiment_(experiment), params_(std::move(params)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Job::~Job() { cancel(); }

void Job::run(const std::stop_token& stop) {
    const Task task{.report =
                        [this, &stop](double fraction) {
                            fraction_ = fraction;
                            return !stop.stop_requested();
                        },
                    .snapshot = [this](std::shared_ptr<const Records> records) { latest_.put(std::move(records)); }};
    // no exception leaves the thread
    const auto guarded = [&]() -> Result<Records> {
        try {
            return experiment_.run(params_, task);
        } catch (const std::bad_alloc&) {
            return Error{"out_of_memory", {}, ""};
        } catch (const std::exception& e) {
            return Error{"bug", {{"what", e.what()}}, ""};
        }
    };
    Result<Records> outcome = guarded();
    const std::scoped_lock lock(mutex_);
    outcome_ = std::move(outcome);
    ended_.notify_all();
}

bool Job::wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, time, [this] { return outcome_.has_value(); });
}

Result<Records> Job::finish() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return outcome_.has_value(); });
    return std::move(*outcome_);
}

}  // namespace dg::sim
