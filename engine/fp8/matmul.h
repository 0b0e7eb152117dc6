// Products of quantised matrices, y = A B^T with A, B as codes and scales.
#pragma once

#include "engine/fp8/quantise.h"

namespace dg::fp8 {

/// The definition (kernel.py fp8_gemm): y[m,n] = sum over blocks b of (sum_{k in b} a[m,k] b[n,k]) * s_a[m,b] * s_b[n,b],
/// the inner sum over codes, one chain of fused multiply-adds in f32; then promoted: y += partial * (s_a s_b). A block ends
/// after `promotion` products and wherever a scale changes.   a [M,K], b [N,K] -> [M,N].
Tensor<float> matmul_reference(const QuantisedMatrix& a, const QuantisedMatrix& b,
                               std::int64_t promotion);

/// The same product as the model runs it: y = A^ B^^T with A^, B^ = code * scale in f32, on the kernels of
/// engine/tensor/matmul.h (one chain along k: same bits at any vector width and thread count). Differs from the reference by
/// f32 rounding only (about 1e-7 of a row's maximum): with an f32 accumulator promotion has nothing to promote.
Tensor<float> matmul(const QuantisedMatrix& a, const QuantisedMatrix& b);

/// The same product through an emulated tensor-core accumulator (deepseek-math 10; Hopper as described in arXiv 2505.09343):
/// 32 products at a time are aligned to the largest exponent and cut to 13 fraction bits, added, and the running sum is cut to
/// 13 fraction bits; every `promotion` products (and where a scale changes) it goes, scaled, to an f32 sum. Bit-exactness with
/// the hardware is not claimed.
Tensor<float> matmul_limited(const QuantisedMatrix& a, const QuantisedMatrix& b,
                             std::int64_t promotion);

/// Dot product through that accumulator; promotion 0 = never promoted.
float limited_dot(const float* a, const float* b, std::int64_t n, std::int64_t promotion);

}  // namespace dg::fp8
