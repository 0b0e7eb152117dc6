// The row functions that ops and the fast decoder share, so that both have the same bits.
#pragma once

#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace dg::ops {

/// sum_i a[i] b[i] in sixteen interleaved chains, added as a tree: fast, and the same at any vector width.
template <class Real>
Real dot(const Real* a, const Real* b, std::int64_t n) {
    constexpr std::int64_t kChains = 16;
    Real part[kChains] = {};
    std::int64_t i = 0;
    for (; i + kChains <= n; i += kChains)
        for (std::int64_t j = 0; j < kChains; ++j) part[j] = std::fma(a[i + j], b[i + j], part[j]);
    for (std::int64_t j = 0; i + j < n; ++j) part[j] = std::fma(a[i + j], b[i + j], part[j]);
    for (std::int64_t step = kChains / 2; step > 0; step /= 2)
        for (std::int64_t j = 0; j < step; ++j) part[j] += part[j + step];
    return part[0];
}

/// sum_i a[i], added as dot() does.
template <class Real>
Real sum(const Real* a, std::int64_t n) {
    constexpr std::int64_t kChains = 16;
    Real part[kChains] = {};
    std::int64_t i = 0;
    for (; i + kChains <= n; i += kChains)
        for (std::int64_t j = 0; j < kChains; ++j) part[j] += a[i + j];
    for (std::int64_t j = 0; i + j < n; ++j) part[j] += a[i + j];
    for (std::int64_t step = kChains / 2; step > 0; step /= 2)
        for (std::int64_t j = 0; j < step; ++j) part[j] += part[j + step];
    return part[0];
}

/// y = x * gain / rms(x); returns 1 / rms.
template <class Real>
Real rmsnorm_row(const Real* x, const Real* gain, std::int64_t dim, double eps, Real* y) {
    const Real rrms = Real(1) / std::sqrt(dot(x, x, dim) / static_cast<Real>(dim) + static_cast<Real>(eps));
    for (std::int64_t i = 0; i < dim; ++i) y[i] = x[i] * rrms * gain[i];
    return rrms;
}

/// y[i] = e^(x[i] - max) / sum for i < live, 0 beyond. Every loop vectorises; x may be y.
template <class Real>
void softmax_row(const Real* x, Real* y, std::int64_t live, std::int64_t width) {
    Real top = -std::numeric_limits<Real>::infinity();
    for (std::int64_t i = 0; i < live; ++i) top = x[i] > top ? x[i] : top;
    for (std::int64_t i = 0; i < live; ++i) y[i] = dg::exp(x[i] - top);
    const Real inverse = Real(1) / sum(y, live);
    for (std::int64_t i = 0; i < live; ++i) y[i] *= inverse;
    std::fill(y + live, y + width, Real(0));
}

template <class Real>
Real sigmoid(Real z) {
    return Real(1) / (Real(1) + dg::exp(-z));
}

/// tanh z = (1 - e^-2|z|) / (1 + e^-2|z|) with the sign of z
template <class Real>
Real tanh_value(Real z) {
    const Real e = dg::exp(Real(-2) * std::abs(z));
    return std::copysign((Real(1) - e) / (Real(1) + e), z);
}

/// silu(gate) * up
template <class Real>
Real swiglu_value(Real gate, Real up) {
    return gate * sigmoid(gate) * up;
}

/// Rotates one vector by given cosines and sines (interleaved pairs).
template <class Real>
void rope_row(const Real* x, Real* y, const Real* cosines, const Real* sines, std::int64_t pairs) {
    for (std::int64_t j = 0; j < pairs; ++j) {
        const Real a = x[2 * j], b = x[2 * j + 1];
        y[2 * j] = a * cosines[j] - b * sines[j];
        y[2 * j + 1] = a * sines[j] + b * cosines[j];
    }
}

}  // namespace dg::ops
