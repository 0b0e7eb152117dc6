#include "engine/fp8/matmul.h"

#include "engine/base/parallel.h"
#include "engine/tensor/matmul.h"

#include <algorithm>
#include <cmath>

namespace dg::fp8 {

namespace {

constexpr std::int64_t kStep = 32;         // products that are aligned together
constexpr int kFraction = 13;              // fraction bits that survive
constexpr std::uint32_t kTail = (1U << (23 - kFraction)) - 1U;

/// x cut (towards zero) to 13 fraction bits.
float cut(float x) {
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & ~kTail);
}

/// Codes of row r as numbers.
void decode_row(const QuantisedMatrix& q, std::int64_t r, float* out) {
    const auto& table = decode_table(q.spec.format);
    const std::uint8_t* codes = q.codes.data() + r * q.cols;
    for (std::int64_t c = 0; c < q.cols; ++c) out[c] = table[codes[c]];
}

/// Where the next partial sum ends: a promotion, or a new scale in a or b.
std::int64_t block_end(std::int64_t k, std::int64_t depth, std::int64_t promotion,
                       const QuantSpec& a, const QuantSpec& b) {
    std::int64_t end = std::min(depth, (k / promotion + 1) * promotion);
    for (const std::int64_t tile : {a.tile_cols, b.tile_cols}) {
        if (tile > 0) end = std::min(end, (k / tile + 1) * tile);
    }
    return end;
}

/// One aligned step: every product cut to a multiple of the unit 2^(e_max - 13), added exactly: 32 of
/// them are below 2^19 units, which a float holds.
float aligned_sum(const float* a, const float* b, std::int64_t n) {
    float products[kStep];
    float largest = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        products[i] = a[i] * b[i];  // exact: two significands of at most 4 bits
        largest = std::max(largest, std::abs(products[i]));
    }
    float sum = 0;
    if (!std::isfinite(largest) || largest == 0) {
        for (std::int64_t i = 0; i < n; ++i) sum += products[i];
        return sum;
    }
    const auto exponent = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(largest) >> 23U);
    const float unit = std::ldexp(1.0F, exponent - 127 - kFraction);
    const float per_unit = 1.0F / unit;
    for (std::int64_t i = 0; i < n; ++i) sum += std::trunc(products[i] * per_unit);
    return sum * unit;
}

template <class Partial>
Tensor<float> blockwise(const QuantisedMatrix& a, const QuantisedMatrix& b, std::int64_t promotion,
                        const Partial& partial) {
    DG_CHECK_EQ(a.cols, b.cols);
    DG_CHECK(promotion > 0);
    Tensor<float> y({a.rows, b.rows});
    std::vector<float> right(static_cast<std::size_t>(b.rows * b.cols));
    for (std::int64_t n = 0; n < b.rows; ++n) decode_row(b, n, right.data() + n * b.cols);
    parallel_for(a.rows, [&](std::int64_t m) {
        std::vector<float> left(static_cast<std::size_t>(a.cols));
        decode_row(a, m, left.data());
        for (std::int64_t n = 0; n < b.rows; ++n) {
            float sum = 0;
            for (std::int64_t k = 0; k < a.cols;) {
                const std::int64_t end = block_end(k, a.cols, promotion, a.spec, b.spec);
                const float part = partial(left.data() + k, right.data() + n * b.cols + k, end - k);
                sum = std::fma(part, a.scale_at(m, k) * b.scale_at(n, k), sum);
                k = end;
            }
            y.row(m)[n] = sum;
        }
    });
    return y;
}

/// The running sum of steps of 32, cut to 13 fraction bits after each.
float limited_block(const float* a, const float* b, std::int64_t n) {
    float sum = 0;
    for (std::int64_t k = 0; k < n; k += kStep) {
        // the sum of two short numbers far apart may need more than 24 bits: add in double, then cut
        const double both = static_cast<double>(sum) + static_cast<double>(aligned_sum(a + k, b + k, std::min(kStep, n - k)));
        float nearest = static_cast<float>(both);
        if (std::abs(static_cast<double>(nearest)) > std::abs(both)) nearest = std::nextafter(nearest, 0.0F);
        sum = cut(nearest);
    }
    return sum;
}

}  // namespace

Tensor<float> matmul_reference(const QuantisedMatrix& a, const QuantisedMatrix& b,
                               std::int64_t promotion) {
    return blockwise(a, b, promotion, [](const float* x, const float* w, std::int64_t n) {
        float sum = 0;
        for (std::int64_t i = 0; i < n; ++i) sum = std::fma(x[i], w[i], sum);
        return sum;
    });
}

Tensor<float> matmul(const QuantisedMatrix& a, const QuantisedMatrix& b) {
    const Tensor<float> left = dequantise(a);
    const Tensor<float> right = dequantise(b);
    Tensor<float> y = Tensor<float>::unset({a.rows, b.rows});
    dg::matmul(view(left), view(right).transposed(), view(y));
    return y;
}

Tensor<float> matmul_limited(const QuantisedMatrix& a, const QuantisedMatrix& b,
                             std::int64_t promotion) {
    return blockwise(a, b, promotion, &limited_block);
}

float limited_dot(const float* a, const float* b, std::int64_t n, std::int64_t promotion) {
    if (promotion <= 0) return limited_block(a, b, n);
    float sum = 0;
    for (std::int64_t k = 0; k < n; k += promotion) sum += limited_block(a + k, b + k, std::min(promotion, n - k));
    return sum;
}

}  // namespace dg::fp8
