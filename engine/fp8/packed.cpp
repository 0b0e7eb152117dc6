#include "engine/fp8/packed.h"

#include "engine/fp8/matmul.h"

#include <algorithm>
#include <cmath>

namespace dg::fp8 {
namespace {

const PackedKernels& kernels() {
    static const PackedKernels& chosen = matmul_kernel_name() == "avx512" ? packed_avx512() : packed_baseline();
    return chosen;
}

constexpr std::int64_t kMostColumns = 4 * 32;  // panels * nr of the widest kernel

/// A part of W as right-hand side: row k, column n.
template <class T>
View<const T> right_hand(const T* w, std::int64_t cols, const Part& part) {
    const View<const T> rows{w + part.begin * cols, part.rows, cols, cols, 1};
    return part.transposed ? rows.transposed() : rows;
}

/// Numbers in the panels, the last one's padding included.
std::size_t padded_size(std::int64_t depth, std::int64_t columns) {
    const int nr = kernels().nr;
    return static_cast<std::size_t>((columns + nr - 1) / nr * nr * depth);
}

/// body(k, n) for every place of the panels in order; n = -1 for the padding.
template <class Body>
void for_places(std::int64_t depth, std::int64_t columns, const Body& body) {
    const int nr = kernels().nr;
    for (std::int64_t p = 0; p * nr < columns; ++p)
        for (std::int64_t k = 0; k < depth; ++k)
            for (int j = 0; j < nr; ++j) body(k, p * nr + j < columns ? p * nr + j : -1);
}

}  // namespace

PackedWeight::PackedWeight(const Tensor<float>& w, const Part& wanted, const Numerics& numerics, const QuantisedMatrix* stored,
                           bool quantise_input)
    : numerics_(numerics), quantise_input_(quantise_input) {
    Part part = wanted;
    if (part.rows < 0) part.rows = w.rows();
    const View<const float> b = right_hand(w.data(), w.cols(), part);
    depth_ = b.rows;
    columns_ = b.cols;
    if (!numerics.lossy()) {
        plain_ = PackedMatrix<float>(b);
    } else if (!numerics.fp8()) {
        pack_bf16(w, part);
    } else if (numerics.accumulator > 0 && quantise_input) {
        DG_CHECK(part.transposed && part.rows == w.rows());
        limited_ = std::make_shared<QuantisedMatrix>(stored != nullptr ? *stored : quantise(w, numerics.weights()));
    } else {
        pack_codes(stored != nullptr ? *stored : quantise(w, numerics.weights()), part);
    }
}

void PackedWeight::pack_codes(const QuantisedMatrix& w, const Part& part) {
    const View<const std::uint8_t> b = right_hand(w.codes.data(), w.cols, part);
    format_ = w.spec.format;
    storage_ = format_ == Format::kE4M3 ? Storage::kE4M3 : Storage::kE5M2;
    bool nan = false;
    panels_.reserve(padded_size(depth_, columns_));
    for_places(depth_, columns_, [&](std::int64_t k, std::int64_t n) {
        const std::uint8_t code = n < 0 ? std::uint8_t{0} : b(k, n);
        nan = nan || std::isnan(decode(format_, code));
        panels_.push_back(code);
    });
    if (nan) storage_ = Storage::kTable;
    const std::int64_t tile_rows = w.spec.tile_rows > 0 ? w.spec.tile_rows : w.rows, tile_cols = w.spec.tile_cols > 0 ? w.spec.tile_cols : w.cols;
    const std::int64_t band = tile_rows > 0 ? part.begin / tile_rows : 0, inside = part.begin - band * tile_rows;
    // scales as [pieces of k][pieces of n]
    const std::int64_t bands = tile_rows > 0 ? (inside + part.rows + tile_rows - 1) / tile_rows : 0, pieces = w.scales.cols();
    scales_ = Tensor<float>(part.transposed ? Shape{pieces, bands} : Shape{bands, pieces});
    for (std::int64_t r = 0; r < bands; ++r)
        for (std::int64_t c = 0; c < pieces; ++c) (part.transposed ? scales_.row(c)[r] : scales_.row(r)[c]) = w.scales.row(band + r)[c];
    k_tile_ = part.transposed ? tile_cols : tile_rows;
    n_tile_ = part.transposed ? tile_rows : tile_cols;
    (part.transposed ? n_first_ : k_first_) = inside;
}

void PackedWeight::pack_bf16(const Tensor<float>& w, const Part& part) {
    const View<const float> b = right_hand(w.data(), w.cols(), part);
    storage_ = Storage::kBf16;
    panels_.reserve(2 * padded_size(depth_, columns_));
    for_places(depth_, columns_, [&](std::int64_t k, std::int64_t n) {
        const std::uint16_t code = n < 0 ? std::uint16_t{0} : encode_bf16(b(k, n));
        panels_.push_back(static_cast<std::uint8_t>(code & 0xFFU));
        panels_.push_back(static_cast<std::uint8_t>(code >> 8U));
    });
}

std::int64_t PackedWeight::bytes() const {
    const std::int64_t numbers = static_cast<std::int64_t>(sizeof(float)) * scales_.size();
    if (limited_) return limited_->bytes();
    if (!numerics_.lossy()) return plain_.bytes();
    return static_cast<std::int64_t>(panels_.size()) + numbers;
}

View<const float> PackedWeight::input(View<const float> a) const {
    if (!numerics_.lossy() || !quantise_input_) return a;
    static thread_local Tensor<float>::Storage scratch;
    scratch.resize(static_cast<std::size_t>(a.rows * a.cols));
    float* to = scratch.data();
    for (std::int64_t r = 0; r < a.rows; ++r)
        for (std::int64_t c = 0; c < a.cols; ++c) to[r * a.cols + c] = a(r, c);
    if (numerics_.fp8()) {
        fake_quantise(to, a.rows, a.cols, numerics_.activations(), to);
    } else {
        round_bf16(to, a.rows * a.cols, to);
    }
    return {to, a.rows, a.cols, a.cols, 1};
}

void PackedWeight::multiply(View<const float> a, View<float> c) const {
    DG_CHECK_EQ(a.cols, depth_);
    DG_CHECK_EQ(c.cols, columns_);
    if (!numerics_.lossy()) {
        plain_.multiply(a, c);
        return;
    }
    if (limited_) {
        std::vector<float> rows;
        for (std::int64_t r = 0; r < a.rows; ++r)
            for (std::int64_t i = 0; i < a.cols; ++i) rows.push_back(a(r, i));
        const Tensor<float> y = matmul_limited(quantise(rows.data(), a.rows, a.cols, numerics_.activations()), *limited_, numerics_.promotion());
        for (std::int64_t r = 0; r < c.rows; ++r) std::copy(y.row(r), y.row(r) + columns_, c.data + r * c.row_stride);
        return;
    }
    const View<const float> x = input(a);
    if (x.rows == 1 && x.col_stride == 1) {
        narrow_row(x.data, c.data);
    } else {
        narrow_rows(x, c);
    }
}

void PackedWeight::multiply_row(const float* x, float* y) const {
    multiply({x, 1, depth_, depth_, 1}, {y, 1, columns_, columns_, 1});
}

std::int64_t PackedWeight::piece_end(std::int64_t k) const {
    return k_tile_ > 0 && scales_.size() > 0 ? std::min(depth_, ((k + k_first_) / k_tile_ + 1) * k_tile_ - k_first_) : depth_;
}

void PackedWeight::fill_scales(std::int64_t k, std::int64_t panel, int count, float* out) const {
    const int width = count * kernels().nr;
    if (scales_.empty()) {
        std::fill(out, out + width, 1.0F);
        return;
    }
    const float* pieces = scales_.row((k + k_first_) / k_tile_);
    const std::int64_t first = panel * kernels().nr + n_first_;
    // runs of equal scale; the padding repeats the last one
    for (std::int64_t j = 0; j < width;) {
        const std::int64_t piece = std::min((first + j) / n_tile_, scales_.cols() - 1);
        const std::int64_t end = piece + 1 < scales_.cols() ? std::min<std::int64_t>(width, (piece + 1) * n_tile_ - first) : width;
        std::fill(out + j, out + end, pieces[piece]);
        j = end;
    }
}

void PackedWeight::narrow_row(const float* x, float* y) const {
    const PackedKernels& kern = kernels();
    const std::int64_t panel_count = (columns_ + kern.nr - 1) / kern.nr;
    const std::int64_t element = storage_ == Storage::kBf16 ? 2 : 1;
    const float* table = decode_table(format_).data();
    float sums[kMostColumns], scale[kMostColumns];
    for (std::int64_t p = 0; p < panel_count;) {
        const int count = static_cast<int>(panel_count - p >= kern.panels ? kern.panels : 1);
        const std::int64_t first = p * kern.nr, width = std::min<std::int64_t>(count * kern.nr, columns_ - first);
        std::fill(sums, sums + count * kern.nr, 0.0F);
        for (std::int64_t k = 0; k < depth_;) {
            const std::int64_t end = piece_end(k);
            fill_scales(k, p, count, scale);
            kern.row(storage_, count, end - k, x + k, panels_.data() + (p * depth_ + k) * kern.nr * element, depth_ * kern.nr, scale, table, sums);
            k = end;
        }
        std::copy(sums, sums + width, y + first);
        p += count;
    }
}

void PackedWeight::narrow_rows(View<const float> a, View<float> c) const {
    const PackedKernels& kern = kernels();
    const std::int64_t element = storage_ == Storage::kBf16 ? 2 : 1;
    static thread_local Tensor<float>::Storage wide;
    wide.resize(static_cast<std::size_t>(depth_ * kern.nr + kReadAhead));
    float scale[kMostColumns];
    for (std::int64_t p = 0; p * kern.nr < columns_; ++p) {
        const std::int64_t first = p * kern.nr, width = std::min<std::int64_t>(kern.nr, columns_ - first);
        for (std::int64_t k = 0; k < depth_;) {
            const std::int64_t end = piece_end(k);
            fill_scales(k, p, 1, scale);
            kern.widen(storage_, end - k, panels_.data() + (first * depth_ + k * kern.nr) * element, scale, decode_table(format_).data(),
                       wide.data() + k * kern.nr);
            k = end;
        }
        matmul_in_place(a, View<const float>{wide.data(), depth_, width, kern.nr, 1}, View<float>{c.data + first, c.rows, width, c.row_stride, 1});
    }
}

}  // namespace dg::fp8
