// Broken invariants of our own code. A check throws dg::Bug with both expressions and both values, in release builds
// too: the learner's session outlives our mistakes. Bad input is not a bug; it returns Result (result.h).
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>
#include <string>

namespace dg {

/// A broken invariant. Caught only at the borders: job thread, panel draw, lesson step, main.
struct Bug : std::logic_error {
    using std::logic_error::logic_error;
};

[[noreturn]] void throw_bug(const char* file, int line, const std::string& what);

}  // namespace dg

#define DG_CHECK(condition)                                                       \
    do {                                                                          \
        if (!(condition)) ::dg::throw_bug(__FILE__, __LINE__, "false: " #condition); \
    } while (false)

#define DG_CHECK_EQ(a, b)                                                                     \
    do {                                                                                      \
        const auto dg_a = (a);                                                                \
        const auto dg_b = (b);                                                                \
        if (!(dg_a == dg_b))                                                                  \
            ::dg::throw_bug(__FILE__, __LINE__, fmt::format(#a " == {} but " #b " == {}", dg_a, dg_b)); \
    } while (false)

#ifdef NDEBUG
#define DG_DCHECK(condition) static_cast<void>(0)
#else
#define DG_DCHECK(condition) DG_CHECK(condition)
#endif
