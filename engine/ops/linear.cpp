// y = x W^T, for whole matrices (linear) and for one small matrix per head (head_linear).
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/ops/product.h"
#include "engine/tensor/matmul.h"

namespace dg::ops {
namespace {

template <class Real>
class Linear final : public Op<Real> {
  public:
    explicit Linear(bool quantised) : quantised_(quantised) {}

    std::string_view name() const override { return "linear"; }

    std::string_view source() const override { return "engine/ops/linear.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&x = *in[0], &w = *in[1];
        DG_CHECK_EQ(x.cols(), w.cols());
        Shape shape = x.shape();
        shape.back() = w.rows();
        *out[0] = Tensor<Real>::unset(std::move(shape));
        matmul(view(x), view(w).transposed(), view(*out[0]));
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        if (dout[0]->rows() == 0) return;
        // forward was: Y = X W^T, so dX = dY W and dW = dY^T X
        matmul(view(*dout[0]), view(*in[1]), view(*din[0]), true);
        matmul(view(*dout[0]).transposed(), view(*in[0]), view(*din[1]), true);
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        return explain_product(*in[0], *in[1], at, quantised_ ? kRoundedProduct : R"(y_i = \sum_j x_j W_{i,j})");
    }

  private:
    bool quantised_;
};

template <class Real>
class HeadLinear final : public Op<Real> {
  public:
    HeadLinear(std::int64_t heads, std::int64_t begin, std::int64_t n, bool transposed)
        : heads_(heads), begin_(begin), n_(n), transposed_(transposed) {}

    std::string_view name() const override { return "head_linear"; }

    std::string_view source() const override { return "engine/ops/linear.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&x = *in[0], &w = *in[1];
        DG_CHECK_EQ(w.rows() % heads_, 0);
        DG_CHECK_EQ(x.cols(), transposed_ ? w.cols() : n_);
        Shape shape = x.shape();
        shape.back() = transposed_ ? n_ : w.cols();
        *out[0] = Tensor<Real>::unset(std::move(shape));
        parallel_for(heads_, 2 * x.size() * right(w, 0).cols, [&](std::int64_t h) { matmul(head_view(x, h), right(w, h), head_view(*out[0], h)); });
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        // forward was: Y_h = X_h R_h with R_h = W_h or W_h^T
        parallel_for(heads_, 4 * in[0]->size() * right(*in[1], 0).cols, [&](std::int64_t h) {
            const View<const Real> dy = head_view(*dout[0], h);
            matmul(dy, right(*in[1], h).transposed(), head_view(*din[0], h), true);
            const View<const Real> x = head_view(*in[0], h);
            const View<Real> dw = weight_view(*din[1], h);
            if (transposed_) {
                matmul(dy.transposed(), x, dw, true);
            } else {
                matmul(x.transposed(), dy, dw, true);
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = transposed_ ? R"(y_{h,i} = \sum_j z_{h,j} W^h_{i,j})" : R"(y_{h,j} = \sum_i q_{h,i} W^h_{i,j})";
        const Tensor<Real>&x = *in[0], &w = *in[1];
        const std::int64_t h = at[at.size() - 2], first = h * (w.rows() / heads_) + begin_;
        Index cell = at;
        for (std::int64_t j = 0; j < x.cols(); ++j) {
            cell.back() = j;
            const Index weight = transposed_ ? Index{first + at.back(), j} : Index{first + j, at.back()};
            why.operands.push_back({0, cell, transposed_ ? "z" : "q"});
            why.operands.push_back({1, weight, "W"});
            why.recheck += static_cast<double>(x[x.offset(cell)]) * static_cast<double>(w[w.offset(weight)]);
        }
        return why;
    }

  private:
    template <class T>
    static auto head_view(T& t, std::int64_t h) {
        const std::int64_t heads = t.dim(-2), width = t.cols();
        return decltype(view(t)){t.data() + h * width, t.rows() / heads, width, heads * width, 1};
    }

    template <class T>
    auto weight_view(T& w, std::int64_t h) const {
        const std::int64_t group = w.rows() / heads_;
        return decltype(view(w)){w.data() + (h * group + begin_) * w.cols(), n_, w.cols(), w.cols(), 1};
    }

    View<const Real> right(const Tensor<Real>& w, std::int64_t h) const {
        return transposed_ ? weight_view(w, h).transposed() : weight_view(w, h);
    }

    std::int64_t heads_, begin_, n_;
    bool transposed_;
};

}  // namespace

template <class Real>
TensorId linear(Tape<Real>& tape, TensorId x, TensorId w, std::string name, bool quantised) {
    return tape.run1(std::make_unique<Linear<Real>>(quantised), {x, w}, std::move(name));
}

template <class Real>
TensorId head_linear(Tape<Real>& tape, TensorId x, TensorId w, std::int64_t heads, std::int64_t begin, std::int64_t n,
                     bool transposed, std::string name) {
    return tape.run1(std::make_unique<HeadLinear<Real>>(heads, begin, n, transposed), {x, w}, std::move(name));
}

template TensorId linear(Tape<float>&, TensorId, TensorId, std::string, bool);
template TensorId linear(Tape<double>&, TensorId, TensorId, std::string, bool);
template TensorId head_linear(Tape<float>&, TensorId, TensorId, std::int64_t, std::int64_t, std::int64_t, bool, std::string);
template TensorId head_linear(Tape<double>&, TensorId, TensorId, std::int64_t, std::int64_t, std::int64_t, bool, std::string);

}  // namespace dg::ops
