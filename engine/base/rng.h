// Random numbers that are the same on every machine: PCG32 (O'Neill 2014, XSH-RR 64/32) with streams keyed by what the
// numbers are for, so that results do not depend on the order in which they are drawn.
#pragma once

#include <cstdint>
#include <string_view>

namespace dg {

/// Mixes words into one 64-bit key (splitmix64 finaliser).
std::uint64_t hash_words(std::uint64_t a, std::uint64_t b);
/// FNV-1a over the bytes, then mixed.
std::uint64_t hash_text(std::string_view text);

class Rng {
  public:
    explicit Rng(std::uint64_t seed, std::uint64_t stream = 0);
    /// The stream for one purpose: Rng::keyed(seed, "init", layer, index).
    static Rng keyed(std::uint64_t seed, std::string_view purpose, std::uint64_t step = 0, std::uint64_t index = 0);

    /// 32 uniform bits.
    std::uint32_t next();
    /// Uniform integer in [0, n), unbiased; n > 0.
    std::uint32_t below(std::uint32_t n);
    /// Uniform in [0, 1) with 53 bits.
    double uniform();
    /// Standard normal (Box-Muller with our own log, sin and cos).
    double normal();

    struct State {
        std::uint64_t state, increment;
    };

    [[nodiscard]] State state() const { return {state_, increment_}; }

    void restore(State s) { state_ = s.state, increment_ = s.increment; }

  private:
    std::uint64_t state_ = 0, increment_ = 1;
};

}  // namespace dg
