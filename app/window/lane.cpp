#include "app/window/lane.h"

namespace dg::app {

Lane::Lane(std::function<void()> wake) : wake_(std::move(wake)), thread_([this](const std::stop_token& stop) { loop(stop); }) {}

Lane::~Lane() {
    cancel();
    thread_.request_stop();
    changed_.notify_all();
}

void Lane::request(Work work) {
    const std::scoped_lock lock(mutex_);
    waiting_ = std::make_shared<Work>(std::move(work));
    done_ = part_ = nullptr;
    wanted_ = ++ticket_;
    fraction_ = -1;
    since_ = std::chrono::steady_clock::now();
    changed_.notify_all();
}

void Lane::cancel() {
    const std::scoped_lock lock(mutex_);
    waiting_.reset();
    done_ = part_ = nullptr;
    wanted_ = ++ticket_;
    changed_.notify_all();
}

void Lane::offer(Finish part) {
    {
        const std::scoped_lock lock(mutex_);
        if (served_ != ticket_) return;
        part_ = std::move(part);
    }
    wake_();
}

bool Lane::poll() {
    Finish finish;
    {
        const std::scoped_lock lock(mutex_);
        finish = std::exchange(done_ ? done_ : part_, nullptr);
    }
    if (!finish) return false;
    finish();
    return true;
}

bool Lane::busy() const {
    const std::scoped_lock lock(mutex_);
    return waiting_ != nullptr || running_ || done_ != nullptr;
}

double Lane::elapsed() const {
    const std::scoped_lock lock(mutex_);
    if (!waiting_ && !running_) return 0;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since_).count();
}

void Lane::wait() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_ != nullptr || (!waiting_ && !running_); });
}

void Lane::loop(const std::stop_token& stop) {
    while (true) {
        std::shared_ptr<Work> work;
        std::uint64_t mine = 0;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, stop, [this] { return waiting_ != nullptr; });
            if (stop.stop_requested()) return;
            work = std::exchange(waiting_, nullptr);
            mine = served_ = ticket_;
            running_ = true;
        }
        const viz::Progress progress{.report = [this, mine, &stop](double fraction) {
            if (wanted_.load() == mine) fraction_ = fraction;
            return wanted_.load() == mine && !stop.stop_requested();
        }};
        Finish finish = (*work)(progress);
        {
            const std::scoped_lock lock(mutex_);
            running_ = false;
            if (mine == ticket_) done_ = std::move(finish), part_ = nullptr;
            changed_.notify_all();
        }
        wake_();
    }
}

}  // namespace dg::app
