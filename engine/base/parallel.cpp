#include "engine/base/parallel.h"

#include "engine/base/check.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace dg {
namespace {

/// One parallel_for: tiles are taken by an atomic counter; `done` counts finished tiles.
struct Batch {
    std::int64_t n = 0;
    const std::function<void(std::int64_t)>* body = nullptr;
    std::atomic<std::int64_t> next{0};
    std::int64_t done = 0;                       // guarded by mutex
    std::int64_t failed_at = std::numeric_limits<std::int64_t>::max();
    std::exception_ptr failure;
    std::mutex mutex;
    std::condition_variable all_done;

    void work() {
        std::int64_t finished = 0;
        for (std::int64_t i = next.fetch_add(1); i < n; i = next.fetch_add(1)) {
            try {
                (*body)(i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (i < failed_at) failed_at = i, failure = std::current_exception();
            }
            ++finished;
        }
        if (finished == 0) return;
        const std::lock_guard lock(mutex);
        done += finished;
        if (done == n) all_done.notify_all();
    }
};

thread_local bool inside_pool = false;

class Pool {
  public:
    ~Pool() { stop(); }

    void resize(int n) {
        stop();
        stopping_ = false;
        for (int i = 1; i < n; ++i) workers_.emplace_back([this] { run(); });
        size_ = n;
    }

    int size() const { return size_; }

    void submit(const std::shared_ptr<Batch>& batch) {
        {
            const std::lock_guard lock(mutex_);
            current_ = batch;
            ++version_;
        }
        wake_.notify_all();
    }

  private:
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_all();
        for (auto& w : workers_) w.join();
        workers_.clear();
    }

    void run() {
        inside_pool = true;
        std::uint64_t seen = 0;
        while (true) {
            std::shared_ptr<Batch> batch;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [&] { return stopping_ || version_ != seen; });
                if (stopping_) return;
                seen = version_;
                batch = current_;
            }
            batch->work();
        }
    }

    std::vector<std::thread> workers_;
    std::atomic<int> size_{1};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::shared_ptr<Batch> current_;
    std::uint64_t version_ = 0;
    bool stopping_ = false;
};

int default_threads() {
    if (const char* text = std::getenv("DEEPGLASS_THREADS")) return std::clamp(std::atoi(text), 1, 256);
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

struct Shared {
    Pool pool;
    std::mutex mutex;  // one parallel_for at a time uses the workers; a second caller runs serially

    Shared() { pool.resize(default_threads()); }
};

Shared& shared() {
    static Shared instance;
    return instance;
}

}  // namespace

void set_threads(int n) {
    DG_CHECK(!inside_pool);
    Shared& s = shared();
    const std::lock_guard lock(s.mutex);
    s.pool.resize(std::max(1, n));
}

int threads() { return shared().pool.size(); }

void parallel_for(std::int64_t n, const std::function<void(std::int64_t)>& body) {
    if (n <= 0) return;
    Shared& s = shared();
    std::unique_lock lock(s.mutex, std::defer_lock);
    if (n == 1 || inside_pool || s.pool.size() == 1 || !lock.try_lock()) {
        for (std::int64_t i = 0; i < n; ++i) body(i);
        return;
    }
    const auto batch = std::make_shared<Batch>();
    batch->n = n;
    batch->body = &body;
    s.pool.submit(batch);
    inside_pool = true;
    batch->work();
    inside_pool = false;
    std::unique_lock done_lock(batch->mutex);
    batch->all_done.wait(done_lock, [&] { return batch->done == n; });
    if (batch->failure) std::rethrow_exception(batch->failure);
}

void parallel_for(std::int64_t n, std::int64_t operations, const std::function<void(std::int64_t)>& body) {
    if (operations >= kWorthWaking) return parallel_for(n, body);
    for (std::int64_t i = 0; i < n; ++i) body(i);
}

void parallel_ranges(std::int64_t n, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body) {
    if (n <= 0) return;
    grain = std::max<std::int64_t>(1, grain);
    const std::int64_t tiles = (n + grain - 1) / grain;
    parallel_for(tiles, [&](std::int64_t i) { body(i * grain, std::min(n, (i + 1) * grain)); });
}

}  // namespace dg
