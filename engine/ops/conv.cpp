// Convolution over a sequence or an image: the patches side by side as rows of a matrix, then one product. And the mean over
// all places that often follows.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/tensor/matmul.h"

#include <algorithm>

namespace dg::ops {
namespace {

template <class Real>
class Conv final : public Op<Real> {
  public:
    explicit Conv(const ConvGeometry& geometry) : g_(geometry) {}

    std::string_view name() const override { return "conv"; }

    std::string_view source() const override { return "engine/ops/conv.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&x = *in[0], &w = *in[1];
        DG_CHECK(x.rank() == 4 || (x.rank() == 3 && g_.kernel_w == 1));
        DG_CHECK_EQ(w.cols(), g_.kernel_h * g_.kernel_w * x.cols());
        const Extent from = extent(x), to = out_extent(from);
        patches_ = Tensor<Real>({from.batch * to.h * to.w, w.cols()});
        parallel_for(from.batch * to.h, [&](std::int64_t job) {
            const std::int64_t b = job / to.h, o = job % to.h;
            for (std::int64_t p = 0; p < to.w; ++p) {
                Real* row = patches_.row(job * to.w + p);
                for_cells(from, o, p, [&](std::int64_t k, std::int64_t r, std::int64_t c) {
                    const Real* cell = x.data() + ((b * from.h + r) * from.w + c) * x.cols();
                    std::copy(cell, cell + x.cols(), row + k * x.cols());
                });
            }
        });
        Shape shape = x.shape();
        shape[1] = to.h;
        if (x.rank() == 4) shape[2] = to.w;
        shape.back() = w.rows();
        *out[0] = Tensor<Real>::unset(std::move(shape));
        matmul(cview(patches_), view(w).transposed(), view(*out[0]));
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const Tensor<Real>&x = *in[0], &w = *in[1], &dy = *dout[0];
        // forward was: Y = P W^T with P the patches, so dW = dY^T P and dP = dY W, added back where P was read
        matmul(view(dy).transposed(), cview(patches_), view(*din[1]), true);
        Tensor<Real> d = Tensor<Real>::unset(patches_.shape());
        matmul(view(dy), view(w), view(d));
        const Extent from = extent(x), to = out_extent(from);
        parallel_for(from.batch, [&](std::int64_t b) {
            for (std::int64_t n = 0; n < to.h * to.w; ++n) {
                const Real* row = d.row(b * to.h * to.w + n);
                for_cells(from, n / to.w, n % to.w, [&](std::int64_t k, std::int64_t r, std::int64_t c) {
                    Real* cell = din[0]->data() + ((b * from.h + r) * from.w + c) * x.cols();
                    for (std::int64_t i = 0; i < x.cols(); ++i) cell[i] += row[k * x.cols() + i];
                });
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = g_.kernel_w == 1 ? R"(y_{t,c} = \sum_{i,k} x_{t+i,k} W_{c,i,k})" : R"(y_{r,s,c} = \sum_{i,j,k} x_{r+i,s+j,k} W_{c,i,j,k})";
        const Tensor<Real>&x = *in[0], &w = *in[1];
        const bool image = x.rank() == 4;
        for_cells(extent(x), at[1], image ? at[2] : 0, [&](std::int64_t k, std::int64_t r, std::int64_t c) {
            for (std::int64_t i = 0; i < x.cols(); ++i) {
                const Index cell = image ? Index{at[0], r, c, i} : Index{at[0], r, i}, weight{at.back(), k * x.cols() + i};
                why.operands.push_back({0, cell, "x"});
                why.operands.push_back({1, weight, "W"});
                why.recheck += static_cast<double>(x[x.offset(cell)]) * static_cast<double>(w[w.offset(weight)]);
            }
        });
        return why;
    }

  private:
    struct Extent {
        std::int64_t batch, h, w;
    };

    /// Step along a row; one column is never skipped.
    [[nodiscard]] std::int64_t across() const { return g_.kernel_w == 1 ? 1 : g_.stride; }

    static Extent extent(const Tensor<Real>& x) { return {x.dim(0), x.dim(1), x.rank() == 4 ? x.dim(2) : 1}; }

    [[nodiscard]] Extent out_extent(const Extent& from) const {
        return {from.batch, (from.h + g_.stride - 1) / g_.stride, (from.w + across() - 1) / across()};
    }

    /// visit(kernel cell, row, column) for every cell of x that output cell (o, p) reads.
    template <class Visit>
    void for_cells(const Extent& from, std::int64_t o, std::int64_t p, const Visit& visit) const {
        for (std::int64_t i = 0; i < g_.kernel_h; ++i) {
            const std::int64_t r = o * g_.stride - g_.rows_before() + i;
            if (r < 0 || r >= from.h) continue;
            for (std::int64_t j = 0; j < g_.kernel_w; ++j) {
                const std::int64_t c = p * across() - g_.cols_before() + j;
                if (c >= 0 && c < from.w) visit(i * g_.kernel_w + j, r, c);
            }
        }
    }

    ConvGeometry g_;
    Tensor<Real> patches_;  // [B*H'*W', kernel_h*kernel_w*C]
};

template <class Real>
class MeanPlaces final : public Op<Real> {
  public:
    std::string_view name() const override { return "mean_places"; }

    std::string_view source() const override { return "engine/ops/conv.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>& x = *in[0];
        *out[0] = Tensor<Real>({x.dim(0), 1, x.cols()});
        const std::int64_t places = x.rows() / x.dim(0);
        for (std::int64_t r = 0; r < x.rows(); ++r)
            for (std::int64_t i = 0; i < x.cols(); ++i) out[0]->row(r / places)[i] += x.row(r)[i];
        for (std::int64_t i = 0; i < out[0]->size(); ++i) (*out[0])[i] /= static_cast<Real>(places);
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const std::int64_t places = in[0]->rows() / in[0]->dim(0);
        for (std::int64_t r = 0; r < in[0]->rows(); ++r)
            for (std::int64_t i = 0; i < in[0]->cols(); ++i) din[0]->row(r)[i] += dout[0]->row(r / places)[i] / static_cast<Real>(places);
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(y_i = \frac{1}{n} \sum_p x_{p,i})";
        const Tensor<Real>& x = *in[0];
        const std::int64_t places = x.rows() / x.dim(0);
        for (std::int64_t p = places; p-- > 0;) {
            const std::int64_t flat = (at[0] * places + p) * x.cols() + at[2];
            why.operands.push_back({0, x.index_of(flat), "x"});
            why.recheck += static_cast<double>(x[flat]) / static_cast<double>(places);
        }
        return why;
    }
};

}  // namespace

template <class Real>
TensorId mean_places(Tape<Real>& tape, TensorId x, std::string name) {
    return tape.run1(std::make_unique<MeanPlaces<Real>>(), {x}, std::move(name));
}

template <class Real>
TensorId conv(Tape<Real>& tape, TensorId x, TensorId w, const ConvGeometry& geometry, std::string name) {
    return tape.run1(std::make_unique<Conv<Real>>(geometry), {x, w}, std::move(name));
}

template TensorId conv(Tape<float>&, TensorId, TensorId, const ConvGeometry&, std::string);
template TensorId mean_places(Tape<float>&, TensorId, std::string);
template TensorId mean_places(Tape<double>&, TensorId, std::string);
template TensorId conv(Tape<double>&, TensorId, TensorId, const ConvGeometry&, std::string);

}  // namespace dg::ops
