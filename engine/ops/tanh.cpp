// tanh, and the tanh RNN: one cell after another along time.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"
#include "engine/tensor/matmul.h"

#include <cmath>

namespace dg::ops {
namespace {

template <class Real>
class Tanh final : public Op<Real> {
  public:
    std::string_view name() const override { return "tanh"; }

    std::string_view source() const override { return "engine/ops/tanh.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        *out[0] = Tensor<Real>::unset(in[0]->shape());
        const Real* x = in[0]->data();
        Real* y = out[0]->data();
        parallel_ranges(in[0]->size(), 1 << 13, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) y[i] = tanh_value(x[i]);
        });
    }

    void backward(Inputs<Real>, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        // forward was: y = tanh x, so dx = dy (1 - y^2)
        const Real *y = out[0]->data(), *dy = dout[0]->data();
        Real* dx = din[0]->data();
        parallel_ranges(out[0]->size(), 1 << 13, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) dx[i] += dy[i] * (Real(1) - y[i] * y[i]);
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(y = \frac{1 - e^{-2x}}{1 + e^{-2x}})";
        why.operands = {{0, at, "x"}};
        why.recheck = std::tanh(static_cast<double>((*in[0])[in[0]->offset(at)]));
        return why;
    }
};

template <class Real>
class Recurrence final : public Op<Real> {
  public:
    std::string_view name() const override { return "recurrence"; }

    std::string_view source() const override { return "engine/ops/tanh.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&x = *in[0], &w = *in[1];
        DG_CHECK_EQ(w.rows(), x.cols());
        DG_CHECK_EQ(w.cols(), x.cols());
        Tensor<Real>& h = *out[0];
        h = x;
        for (std::int64_t t = 0; t < x.dim(1); ++t) {
            const View<Real> now = step(h, t);
            if (t > 0) matmul(constant(step(h, t - 1)), view(w).transposed(), now, true);
            for (std::int64_t b = 0; b < now.rows; ++b)
                for (std::int64_t i = 0; i < now.cols; ++i) now(b, i) = tanh_value(now(b, i));
        }
    }

    void backward(Inputs<Real> in, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        const Tensor<Real>&w = *in[1], &h = *out[0];
        Tensor<Real> d = *dout[0];  // becomes the gradient before tanh, last step first
        for (std::int64_t t = h.dim(1); t-- > 0;) {
            const View<Real> now = step(d, t);
            // forward was: h_{t+1} = tanh(x_{t+1} + W h_t), so dh_t also gets W^T of the step after it
            if (t + 1 < h.dim(1)) matmul(constant(step(d, t + 1)), view(w), now, true);
            const View<const Real> value = step(h, t);
            for (std::int64_t b = 0; b < now.rows; ++b)
                for (std::int64_t i = 0; i < now.cols; ++i) now(b, i) *= Real(1) - value(b, i) * value(b, i);
            if (t > 0) matmul(constant(now).transposed(), step(h, t - 1), view(*din[1]), true);
        }
        for (std::int64_t i = 0; i < d.size(); ++i) (*din[0])[i] += d[i];
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real> out, int, const Index& at) const override {
        CellExplanation why;
        why.formula = at[1] > 0 ? R"(h_{t,i} = \tanh(\sum_j h_{t-1,j} W_{i,j} + x_{t,i}))" : R"(h_{t,i} = \tanh(x_{t,i}))";
        const Tensor<Real>&x = *in[0], &w = *in[1], &h = *out[0];
        double sum = static_cast<double>(x[x.offset(at)]);
        Index before = at;
        before[1] -= 1;
        for (std::int64_t j = 0; at[1] > 0 && j < w.cols(); ++j) {
            before.back() = j;
            why.operands.push_back({-1, before, "h"});
            why.operands.push_back({1, {at.back(), j}, "W"});
            sum += static_cast<double>(h[h.offset(before)]) * static_cast<double>(w.row(at.back())[j]);
        }
        why.operands.push_back({0, at, "x"});
        why.recheck = std::tanh(sum);
        return why;
    }

  private:
    /// Step t of all sequences: [B,H].
    template <class T>
    static auto step(T& x, std::int64_t t) {
        return decltype(view(x)){x.data() + t * x.cols(), x.dim(0), x.cols(), x.dim(1) * x.cols(), 1};
    }

    static View<const Real> constant(View<Real> v) { return {v.data, v.rows, v.cols, v.row_stride, v.col_stride}; }
};

}  // namespace

template <class Real>
TensorId tanh(Tape<Real>& tape, TensorId x, std::string name) {
    return tape.run1(std::make_unique<Tanh<Real>>(), {x}, std::move(name));
}

template <class Real>
TensorId recurrence(Tape<Real>& tape, TensorId x, TensorId w, std::string name) {
    return tape.run1(std::make_unique<Recurrence<Real>>(), {x, w}, std::move(name));
}

template TensorId tanh(Tape<float>&, TensorId, std::string);
template TensorId tanh(Tape<double>&, TensorId, std::string);
template TensorId recurrence(Tape<float>&, TensorId, TensorId, std::string);
template TensorId recurrence(Tape<double>&, TensorId, TensorId, std::string);

}  // namespace dg::ops
