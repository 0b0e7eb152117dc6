#include "engine/base/rng.h"

#include "engine/base/check.h"
#include "engine/base/mathfn.h"

#include <cmath>
#include <numbers>

namespace dg {

std::uint64_t hash_words(std::uint64_t a, std::uint64_t b) {
    std::uint64_t z = a + 0x9E3779B97F4A7C15ULL * (b + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

std::uint64_t hash_text(std::string_view text) {
    std::uint64_t h = 0xCBF29CE484222325ULL;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return hash_words(h, text.size());
}

Rng::Rng(std::uint64_t seed, std::uint64_t stream) : increment_((stream << 1U) | 1U) {
    next();
    state_ += seed;
    next();
}

Rng Rng::keyed(std::uint64_t seed, std::string_view purpose, std::uint64_t step, std::uint64_t index) {
    const std::uint64_t key = hash_words(hash_words(hash_words(seed, hash_text(purpose)), step), index);
    return Rng(key, hash_words(key, 1));
}

std::uint32_t Rng::next() {
    const std::uint64_t old = state_;
    state_ = old * 6364136223846793005ULL + increment_;
    const auto xorshifted = static_cast<std::uint32_t>(((old >> 18U) ^ old) >> 27U);
    const auto rot = static_cast<std::uint32_t>(old >> 59U);
    return (xorshifted >> rot) | (xorshifted << ((32U - rot) & 31U));
}

std::uint32_t Rng::below(std::uint32_t n) {
    DG_CHECK(n > 0);
    const std::uint32_t threshold = (0U - n) % n;
    while (true) {
        const std::uint32_t r = next();
        if (r >= threshold) return r % n;
    }
}

double Rng::uniform() {
    const std::uint64_t high = next();
    const std::uint64_t low = next();
    return static_cast<double>(((high << 32U) | low) >> 11U) * 0x1.0p-53;
}

double Rng::normal() {
    const double u = 1.0 - uniform();  // in (0, 1]
    const double v = uniform();
    return std::sqrt(-2.0 * log(u)) * cos(2.0 * std::numbers::pi * v);
}

}  // namespace dg
