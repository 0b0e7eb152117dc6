// The loops of engine/fp8/quantise.cpp, written once and compiled per instruction set. Selections instead of branches, so
// that they vectorise; quantise_test holds them to format.h bit for bit.
#include "engine/fp8/quantise_kernel.h"

namespace {

using dg::fp8::Grid;

constexpr std::int32_t kSignless = 0x7FFFFFFF, kInfinity = 0x7F800000;

inline __attribute__((always_inline)) std::int32_t bits_of(float x) { return __builtin_bit_cast(std::int32_t, x); }

inline __attribute__((always_inline)) float float_of(std::int32_t b) { return __builtin_bit_cast(float, b); }

inline __attribute__((always_inline)) std::int32_t finite_magnitude(float x) {
    const std::int32_t m = bits_of(x) & kSignless;
    return m < kInfinity ? m : 0;
}

/// Nearest value of the format, ties to even; `g` is a copy so that its fields stay in registers.
inline __attribute__((always_inline)) float on_grid(const Grid g, float v) {
    const std::int32_t b = bits_of(v), magnitude = b & kSignless;
    // normal results: just under half of the last kept bit, one more when that bit is odd, and cut
    const std::int32_t odd = (magnitude >> g.drop) & 1;
    const std::int32_t normal = (magnitude + ((1 << (g.drop - 1)) - 1) + odd) & -(1 << g.drop);
    // subnormal results: one addition rounds
    const std::int32_t subnormal = bits_of((float_of(magnitude) + g.grid) - g.grid);
    std::int32_t r = magnitude < g.min_normal ? subnormal : normal;
    r = r > g.max_finite ? g.overflow : r;
    r = magnitude > kInfinity ? magnitude : r;
    return float_of(r | (b & ~kSignless));
}

inline __attribute__((always_inline)) std::int32_t code_of(const Grid g, float v) {
    const std::int32_t b = bits_of(v), magnitude = b & kSignless;
    const std::int32_t odd = (magnitude >> g.drop) & 1;
    const std::int32_t normal = (magnitude + ((1 << (g.drop - 1)) - 1) + odd - g.rebias) >> g.drop;
    const std::int32_t subnormal = bits_of(float_of(magnitude) + g.grid) - bits_of(g.grid);
    std::int32_t code = magnitude < g.min_normal ? subnormal : normal;
    code = code > g.max_code ? g.overflow_code : code;
    code = magnitude > kInfinity ? g.nan_code : code;
    return code | ((b >> 24) & 0x80);
}

template <std::int64_t kTile>
inline __attribute__((always_inline)) std::int32_t tile_max(const float* x, std::int64_t n) {
    std::int32_t top = 0;
    const std::int64_t count = kTile > 0 ? kTile : n;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int32_t m = finite_magnitude(x[i]);
        top = m > top ? m : top;
    }
    return top;
}

template <std::int64_t kTile>
inline __attribute__((always_inline)) void fake_tile(const Grid g, const float* x, std::int64_t n, float inverse, float scale,
                                                     float* out) {
    const std::int64_t count = kTile > 0 ? kTile : n;
    for (std::int64_t i = 0; i < count; ++i) out[i] = on_grid(g, x[i] * inverse) * scale;
}

template <std::int64_t kTile>
inline __attribute__((always_inline)) void encode_tile(const Grid g, const float* x, std::int64_t n, float inverse,
                                                       std::uint8_t* codes) {
    const std::int64_t count = kTile > 0 ? kTile : n;
    for (std::int64_t i = 0; i < count; ++i) codes[i] = static_cast<std::uint8_t>(code_of(g, x[i] * inverse));
}

/// body(kTile, first, length, index) over the tiles of a row; the usual tiles get loops of known length.
#define DG_TILES(call_fixed, call_rest)                                \
    std::int64_t t = 0, i = 0;                                         \
    switch (tile) {                                                    \
        case 16: for (; i + 16 <= n; i += 16, ++t) { call_fixed(16); } break;    \
        case 32: for (; i + 32 <= n; i += 32, ++t) { call_fixed(32); } break;    \
        case 64: for (; i + 64 <= n; i += 64, ++t) { call_fixed(64); } break;    \
        case 128: for (; i + 128 <= n; i += 128, ++t) { call_fixed(128); } break; \
        default: break;                                                \
    }                                                                  \
    for (; i < n; i += tile, ++t) {                                    \
        const std::int64_t length = n - i < tile ? n - i : tile;       \
        call_rest;                                                     \
    }

void row_max(const float* x, std::int64_t n, std::int64_t tile, std::int32_t* out) {
#define DG_FIXED(T) out[t] = tile_max<T>(x + i, T)
    DG_TILES(DG_FIXED, out[t] = tile_max<0>(x + i, length))
#undef DG_FIXED
}

void column_max(const float* x, std::int64_t n, std::int32_t* running) {
    for (std::int64_t i = 0; i < n; ++i) {
        const std::int32_t m = finite_magnitude(x[i]);
        running[i] = m > running[i] ? m : running[i];
    }
}

void fake_row(const Grid& grid, const float* x, std::int64_t n, std::int64_t tile, const float* inverse, const float* scale,
              float* out) {
    const Grid g = grid;
#define DG_FIXED(T) fake_tile<T>(g, x + i, T, inverse[t], scale[t], out + i)
    DG_TILES(DG_FIXED, fake_tile<0>(g, x + i, length, inverse[t], scale[t], out + i))
#undef DG_FIXED
}

void fake_columns(const Grid& grid, const float* x, std::int64_t n, const float* inverse, const float* scale, float* out) {
    const Grid g = grid;
    for (std::int64_t i = 0; i < n; ++i) out[i] = on_grid(g, x[i] * inverse[i]) * scale[i];
}

void encode_row(const Grid& grid, const float* x, std::int64_t n, std::int64_t tile, const float* inverse, std::uint8_t* codes) {
    const Grid g = grid;
#define DG_FIXED(T) encode_tile<T>(g, x + i, T, inverse[t], codes + i)
    DG_TILES(DG_FIXED, encode_tile<0>(g, x + i, length, inverse[t], codes + i))
#undef DG_FIXED
}

template <std::int64_t kTile>
inline __attribute__((always_inline)) void int8_tile(const float* x, std::int64_t n, float inverse, std::uint8_t* codes) {
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
    const std::int64_t count = kTile > 0 ? kTile : n;
    for (std::int64_t i = 0; i < count; ++i) {
        float v = x[i] * inverse;
        v = v > 127.0F ? 127.0F : v;
        v = v < -127.0F ? -127.0F : v;
        codes[i] = static_cast<std::uint8_t>(bits_of(v + kRound));
    }
}

void encode_int8_row(const float* x, std::int64_t n, std::int64_t tile, const float* inverse, std::uint8_t* codes) {
#define DG_FIXED(T) int8_tile<T>(x + i, T, inverse[t], codes + i)
    DG_TILES(DG_FIXED, int8_tile<0>(x + i, length, inverse[t], codes + i))
#undef DG_FIXED
}

void round_bf16_row(const float* x, std::int64_t n, float* out) {
    for (std::int64_t i = 0; i < n; ++i) {
        const std::int32_t b = bits_of(x[i]);
        const std::int32_t rounded = static_cast<std::int32_t>((static_cast<std::uint32_t>(b) + 0x7FFFU + ((static_cast<std::uint32_t>(b) >> 16) & 1U)) & 0xFFFF0000U);
        out[i] = float_of((b & kSignless) > kInfinity ? (b | 0x400000) & static_cast<std::int32_t>(0xFFFF0000U) : rounded);
    }
}

constexpr dg::fp8::QuantKernels kTable = {&row_max, &column_max, &fake_row, &fake_columns, &encode_row, &round_bf16_row,
                                           &encode_int8_row};

}  // namespace
