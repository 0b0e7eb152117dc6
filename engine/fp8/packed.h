// Weights packed for decoding under a number format: FP8 keeps one byte per number in memory, BF16 two.
#pragma once

#include "engine/fp8/numerics.h"
#include "engine/fp8/packed_kernel.h"
#include "engine/tensor/matmul.h"

#include <memory>

namespace dg::fp8 {

/// Which part of a weight W [out, in] stands on the right, and how.
struct Part {
    std::int64_t begin = 0, rows = -1;  // rows of W; -1 = all
    bool transposed = true;             // y = x W^T, else y = x W
};

/// The right-hand side of y = Q(x) Q(W)^T, packed once. Same bits as the tape's op: y = chain of fma(x^[k], code * scale, ..)
/// along k, x^ quantised row by row with the format's scales.
class PackedWeight {
  public:
    PackedWeight() = default;
    /// `stored`: the codes of an FP8 checkpoint, used instead of quantising w; may be null. `quantise_input` false: x enters as
    /// it is (W^UK and W^UV of absorbed attention, V3's inference code).
    PackedWeight(const Tensor<float>& w, const Part& part, const Numerics& numerics, const QuantisedMatrix* stored,
                 bool quantise_input = true);

    [[nodiscard]] std::int64_t rows() const { return depth_; }

    [[nodiscard]] std::int64_t cols() const { return columns_; }

    /// C = Q(A) B; serial, for M of a few rows. c: row-major rows, any row_stride.
    void multiply(View<const float> a, View<float> c) const;
    void multiply_row(const float* x, float* y) const;

    /// Bytes of weights and scales in memory, panels' padding included.
    [[nodiscard]] std::int64_t bytes() const;

  private:
    void pack_codes(const QuantisedMatrix& w, const Part& part);
    void pack_bf16(const Tensor<float>& w, const Part& part);
    /// x as it enters the product: quantised rows in a scratch buffer, or x itself.
    View<const float> input(View<const float> a) const;
    void narrow_row(const float* x, float* y) const;
    void narrow_rows(View<const float> a, View<float> c) const;
    /// Scales of `count` panels from `panel` on, for the piece of k that holds k.
    void fill_scales(std::int64_t k, std::int64_t panel, int count, float* out) const;
    [[nodiscard]] std::int64_t piece_end(std::int64_t k) const;

    Numerics numerics_;
    bool quantise_input_ = true;
    std::int64_t depth_ = 0, columns_ = 0;
    PackedMatrix<float> plain_;              // f32
    Storage storage_ = Storage::kE4M3;
    Format format_ = Format::kE4M3;
    std::vector<std::uint8_t> panels_;       // [ceil(N / nr)][K][nr] codes, or pairs of bytes for BF16
    Tensor<float> scales_;                   // [pieces of K][pieces of N]; empty for BF16
    std::int64_t k_tile_ = 0, n_tile_ = 0;   // extents of a piece, 0 = all
    std::int64_t k_first_ = 0, n_first_ = 0; // where the part begins within its first piece
    std::shared_ptr<const QuantisedMatrix> limited_;  // W for the emulated accumulator
};

}  // namespace dg::fp8
