#include "app/interrupt.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace dg::app {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not lock");

std::atomic<std::int64_t> first{0};  // milliseconds
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

/// The first signal asks for a clean end. A later one ends at once, but not its echo: `timeout` signals the process and then its group.
void on_signal(int signal) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t at = static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
    if (!flag.exchange(true)) return first.store(at);
    if (at - first.load() < 500) return;
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

}  // namespace

void catch_interrupts() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
}

bool interrupted() { return flag; }

void set_interrupted(bool value) { flag = value; }

}  // namespace dg::app
