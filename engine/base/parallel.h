// One pool for all numerics. Work is cut into tiles whose number does not depend on the thread count, and every tile
// writes its own outputs, so results have the same bits at any thread count. No spinning: beside a busy process the
// caller simply does the tiles that nobody else took.
#pragma once

#include <cstdint>
#include <functional>

namespace dg {

/// Threads used by parallel_for, the caller included; at least 1. Default: hardware threads, or DEEPGLASS_THREADS.
/// Changing the number waits for a running parallel_for; from inside a body it is a Bug.
void set_threads(int n);
int threads();

/// Calls body(i) once for every i in [0, n), in any order, from any pool thread; returns when all are done. Calls from
/// inside a body run serially. An exception of a body is rethrown here (the first by index).
void parallel_for(std::int64_t n, const std::function<void(std::int64_t)>& body);

/// The same, but without waking anybody when all bodies together take fewer than kWorthWaking operations.
inline constexpr std::int64_t kWorthWaking = 1 << 21;  // waking a sleeper costs as long as a few hundred thousand of them
void parallel_for(std::int64_t n, std::int64_t operations, const std::function<void(std::int64_t)>& body);

/// Cuts [0, n) into runs of `grain` and calls body(begin, end) for each, as parallel_for does.
void parallel_ranges(std::int64_t n, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body);

}  // namespace dg
