// Singular values by one-sided Jacobi rotations (Hestenes 1958): slow, short, accurate and the same on every machine.
#pragma once

#include "engine/tensor/tensor.h"

#include <vector>

namespace dg {

/// A = sum_i s_i u_i v_i^T, s falling.
struct Svd {
    std::int64_t rows = 0, cols = 0;
    std::vector<double> s;          // [rank]; rank = cols
    std::vector<double> u, v;       // u [rank][rows], v [rank][cols]: unit vectors (u_i = 0 where s_i = 0)
};

/// Of a matrix [rows, cols]; about 10 sweeps of rows * cols^2 * 3 flops.
Svd svd(const Tensor<float>& a);

/// sum of the first `rank` terms, [rows, cols]: the nearest matrix of that rank (Eckart & Young 1936).
Tensor<float> truncated(const Svd& svd, std::int64_t rank);

/// ||A - A_rank|| / ||A|| in the Frobenius norm, from the singular values alone.
double truncation_error(const Svd& svd, std::int64_t rank);

}  // namespace dg
