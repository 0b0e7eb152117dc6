// The loops of engine/fp8/packed.cpp, written once; a kernel file sets DG_VECTOR_BYTES and includes this. Fused
// multiply-adds are written as such.
//
// E4M3 becomes f32 by way of binary16: the 7 bits below the sign, moved under a binary16 exponent, are the value times 2^-8,
// subnormals included, and the conversion instruction does not mind them; the 2^8 goes into the scale. Moving the bits straight
// into an f32 would make f32 subnormals, which are slow.
#include "engine/fp8/packed_kernel.h"

#if defined(__F16C__) && defined(__AVX2__) && defined(__FMA__)
#define DG_NARROW_VECTORS 1
#include <immintrin.h>
#else
#define DG_NARROW_VECTORS 0
#endif

namespace {

using dg::fp8::Storage;

constexpr int kLanes = DG_VECTOR_BYTES / 4, kColumns = 2 * kLanes;

template <Storage kStorage>
constexpr int kBytes = kStorage == Storage::kBf16 ? 2 : 1;

#if DG_NARROW_VECTORS

#if DG_VECTOR_BYTES == 64
typedef __m512 Vec;

inline __attribute__((always_inline)) Vec load(const float* p) { return _mm512_loadu_ps(p); }

inline __attribute__((always_inline)) void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }

inline __attribute__((always_inline)) Vec times(Vec a, Vec b) { return _mm512_mul_ps(a, b); }

inline __attribute__((always_inline)) Vec fused(float x, Vec b, Vec c) { return _mm512_fmadd_ps(_mm512_set1_ps(x), b, c); }

inline __attribute__((always_inline)) Vec spread(float x) { return _mm512_set1_ps(x); }

template <Storage kStorage>
inline __attribute__((always_inline)) void decode(const void* p, Vec& left, Vec& right) {
    if constexpr (kStorage == Storage::kBf16) {
        const __m512i both = _mm512_loadu_si512(p);
        left = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(both)), 16));
        right = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(both, 1)), 16));
    } else {
        __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
        wide = kStorage == Storage::kE4M3 ? _mm512_and_si512(_mm512_slli_epi16(wide, 7), _mm512_set1_epi16(static_cast<short>(0xBFFF)))
                                          : _mm512_slli_epi16(wide, 8);
        left = _mm512_cvtph_ps(_mm512_castsi512_si256(wide));
        right = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(wide, 1));
    }
}
#else
typedef __m256 Vec;

inline __attribute__((always_inline)) Vec load(const float* p) { return _mm256_loadu_ps(p); }

inline __attribute__((always_inline)) void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }

inline __attribute__((always_inline)) Vec times(Vec a, Vec b) { return _mm256_mul_ps(a, b); }

inline __attribute__((always_inline)) Vec fused(float x, Vec b, Vec c) { return _mm256_fmadd_ps(_mm256_set1_ps(x), b, c); }

inline __attribute__((always_inline)) Vec spread(float x) { return _mm256_set1_ps(x); }

template <Storage kStorage>
inline __attribute__((always_inline)) void decode(const void* p, Vec& left, Vec& right) {
    if constexpr (kStorage == Storage::kBf16) {
        const __m256i both = _mm256_loadu_si256(static_cast<const __m256i*>(p));
        left = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(both)), 16));
        right = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm256_extracti128_si256(both, 1)), 16));
    } else {
        __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128(static_cast<const __m128i*>(p)));
        wide = kStorage == Storage::kE4M3 ? _mm256_and_si256(_mm256_slli_epi16(wide, 7), _mm256_set1_epi16(static_cast<short>(0xBFFF)))
                                          : _mm256_slli_epi16(wide, 8);
        left = _mm256_cvtph_ps(_mm256_castsi256_si128(wide));
        right = _mm256_cvtph_ps(_mm256_extracti128_si256(wide, 1));
    }
}
#endif

template <Storage kStorage>
constexpr float kFactor = kStorage == Storage::kE4M3 ? 256.0F : 1.0F;

template <Storage kStorage>
void widen_vectors(std::int64_t depth, const void* panel, const float* scale, float* out) {
    const Vec s0 = times(load(scale), spread(kFactor<kStorage>)), s1 = times(load(scale + kLanes), spread(kFactor<kStorage>));
    const char* from = static_cast<const char*>(panel);
    for (std::int64_t k = 0; k < depth; ++k, from += kColumns * kBytes<kStorage>, out += kColumns) {
        Vec left, right;
        decode<kStorage>(from, left, right);
        store(out, times(left, s0));
        store(out + kLanes, times(right, s1));
    }
}

template <Storage kStorage, int kPanels>
void row_vectors(std::int64_t depth, const float* x, const void* panel, std::int64_t stride, const float* scale, float* y) {
    Vec acc[2 * kPanels], s[2 * kPanels];
#pragma GCC unroll 16
    for (int p = 0; p < 2 * kPanels; ++p) {
        acc[p] = load(y + p * kLanes);
        s[p] = times(load(scale + p * kLanes), spread(kFactor<kStorage>));
    }
    const char* from = static_cast<const char*>(panel);
    for (std::int64_t k = 0; k < depth; ++k, from += kColumns * kBytes<kStorage>) {
        const float xk = x[k];
#pragma GCC unroll 16
        for (int p = 0; p < kPanels; ++p) {
            Vec left, right;
            decode<kStorage>(from + p * stride * kBytes<kStorage>, left, right);
            acc[2 * p] = fused(xk, times(left, s[2 * p]), acc[2 * p]);
            acc[2 * p + 1] = fused(xk, times(right, s[2 * p + 1]), acc[2 * p + 1]);
        }
    }
#pragma GCC unroll 16
    for (int p = 0; p < 2 * kPanels; ++p) store(y + p * kLanes, acc[p]);
}

constexpr int kPanelsAtOnce = DG_VECTOR_BYTES == 64 ? 4 : 2;

template <Storage kStorage>
void row_counted(int count, std::int64_t depth, const float* x, const void* panel, std::int64_t stride, const float* scale, float* y) {
    if (count == kPanelsAtOnce) {
        row_vectors<kStorage, kPanelsAtOnce>(depth, x, panel, stride, scale, y);
        return;
    }
    for (int p = 0; p < count; ++p)
        row_vectors<kStorage, 1>(depth, x, static_cast<const char*>(panel) + p * stride * kBytes<kStorage>, stride, scale + p * kColumns,
                                 y + p * kColumns);
}

#else
constexpr int kPanelsAtOnce = 2;
#endif

/// One number of a panel, through the table or from its upper half.
inline __attribute__((always_inline)) float value_at(Storage storage, const void* panel, std::int64_t i, const float* table) {
    if (storage != Storage::kBf16) return table[static_cast<const std::uint8_t*>(panel)[i]];
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(static_cast<const std::uint16_t*>(panel)[i]) << 16);
}

void widen_plain(Storage storage, std::int64_t depth, const void* panel, const float* scale, const float* table, float* out) {
    for (std::int64_t k = 0; k < depth; ++k)
        for (int j = 0; j < kColumns; ++j) out[k * kColumns + j] = value_at(storage, panel, k * kColumns + j, table) * scale[j];
}

void row_plain(Storage storage, int count, std::int64_t depth, const float* x, const void* panel, std::int64_t stride, const float* scale,
               const float* table, float* y) {
    for (std::int64_t k = 0; k < depth; ++k)
        for (int p = 0; p < count; ++p)
            for (int j = 0; j < kColumns; ++j) {
                float& sum = y[p * kColumns + j];
                sum = __builtin_fmaf(x[k], value_at(storage, panel, p * stride + k * kColumns + j, table) * scale[p * kColumns + j], sum);
            }
}

void widen(Storage storage, std::int64_t depth, const void* panel, const float* scale, const float* table, float* out) {
#if DG_NARROW_VECTORS
    switch (storage) {
        case Storage::kBf16: widen_vectors<Storage::kBf16>(depth, panel, scale, out); return;
        case Storage::kE4M3: widen_vectors<Storage::kE4M3>(depth, panel, scale, out); return;
        case Storage::kE5M2: widen_vectors<Storage::kE5M2>(depth, panel, scale, out); return;
        case Storage::kTable: break;
    }
#endif
    widen_plain(storage, depth, panel, scale, table, out);
}

void row(Storage storage, int count, std::int64_t depth, const float* x, const void* panel, std::int64_t stride, const float* scale,
         const float* table, float* y) {
#if DG_NARROW_VECTORS
    switch (storage) {
        case Storage::kBf16: row_counted<Storage::kBf16>(count, depth, x, panel, stride, scale, y); return;
        case Storage::kE4M3: row_counted<Storage::kE4M3>(count, depth, x, panel, stride, scale, y); return;
        case Storage::kE5M2: row_counted<Storage::kE5M2>(count, depth, x, panel, stride, scale, y); return;
        case Storage::kTable: break;
    }
#endif
    row_plain(storage, count, depth, x, panel, stride, scale, table, y);
}

constexpr dg::fp8::PackedKernels kTable = {kColumns, kPanelsAtOnce, &widen, &row};

}  // namespace
