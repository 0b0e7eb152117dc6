// Principal axes of a set of vectors: the directions in which they differ most.
#pragma once

#include <array>
#include <span>
#include <vector>

namespace dg::sim {

/// x is approximated by mean + sum_k ((x - mean) . axes[k]) axes[k]; axes have length 1 and are orthogonal.
struct Pca {
    std::vector<double> mean;
    std::vector<std::vector<double>> axes;  // as many as asked for, or as the vectors span
    std::vector<double> share;              // of the variance that each axis holds, falling

    /// Coordinate along axis k; 0 beyond the axes.
    [[nodiscard]] double along(std::span<const float> x, std::size_t k) const;
};

/// The first `wanted` principal axes of `rows` (equal lengths), by orthogonal iteration from the row furthest from the mean:
/// no randomness, same bits every time. The largest entry of an axis is positive. O(rows * width * iterations).
Pca principal_axes(std::span<const std::span<const float>> rows, std::size_t wanted);

}  // namespace dg::sim
