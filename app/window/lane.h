// Slow work beside the frame thread. A lane holds one thing at a time and the latest request wins: a new one replaces
// what waits and asks what runs to stop. Work runs on the lane's thread and returns what is to be done with its result;
// that part runs on the frame thread, in poll(), and only when nothing newer was asked for.
#pragma once

#include "viz/scenes/scene.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace dg::app {

class Lane {
  public:
    /// What the frame thread does with the result.
    using Finish = std::function<void()>;
    using Work = std::function<Finish(const viz::Progress&)>;

    /// `wake` is called from the lane's thread when a result waits.
    explicit Lane(std::function<void()> wake);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    /// `work` must not throw; wrap what may (guarded below).
    void request(Work work);
    /// From within the work: what the frame thread is to do with a part of the result. A later part replaces one that was not
    /// polled yet; nothing happens when something newer was asked for.
    void offer(Finish part);
    /// Forgets what waits and runs; its result never arrives.
    void cancel();
    /// Runs the finish of what is done, or of the latest part; true when there was one. Frame thread only.
    bool poll();

    /// Something waits, runs, or is done and not yet polled.
    [[nodiscard]] bool busy() const;
    /// 0 .. 1 as reported; negative when nothing was reported yet.
    [[nodiscard]] double fraction() const { return fraction_.load(); }

    /// Seconds since the request that is under way; 0 when idle.
    [[nodiscard]] double elapsed() const;
    /// Blocks until a result waits or the lane is idle (headless mode).
    void wait() const;

  private:
    void loop(const std::stop_token& stop);

    std::function<void()> wake_;
    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    std::shared_ptr<Work> waiting_;
    Finish done_, part_;
    bool running_ = false;
    std::uint64_t ticket_ = 0;                   // of the latest request
    std::uint64_t served_ = 0;                   // of what runs
    std::atomic<std::uint64_t> wanted_{0};       // the same, for the progress callback
    std::atomic<double> fraction_{-1};
    std::chrono::steady_clock::time_point since_;
    std::jthread thread_;
};

/// The result of `work`, or an Error "bug" for what it throws.
template <class T>
Result<T> guarded(const std::function<Result<T>()>& work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return Error{"out_of_memory", {}, ""};
    } catch (const std::exception& e) {
        return Error{"bug", {{"what", e.what()}}, ""};
    }
}

}  // namespace dg::app
