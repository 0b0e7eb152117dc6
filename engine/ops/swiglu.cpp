// SwiGLU: y = silu(gate) * up.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"

namespace dg::ops {
namespace {

constexpr std::int64_t kGrain = 1 << 13;

template <class Real>
class SwiGlu final : public Op<Real> {
  public:
    std::string_view name() const override { return "swiglu"; }

    std::string_view source() const override { return "engine/ops/swiglu.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        DG_CHECK(in[0]->shape() == in[1]->shape());
        *out[0] = Tensor<Real>::unset(in[0]->shape());
        const Real *gate = in[0]->data(), *up = in[1]->data();
        Real* y = out[0]->data();
        parallel_ranges(in[0]->size(), kGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) y[i] = swiglu_value(gate[i], up[i]);
        });
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        if (in[0]->empty()) return;
        const Real *gate = in[0]->data(), *up = in[1]->data(), *dy = dout[0]->data();
        Real *dgate = din[0]->data(), *dup = din[1]->data();
        parallel_ranges(in[0]->size(), kGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                // forward was: y = g s(g) u with s' = s (1 - s)
                const Real s = sigmoid(gate[i]);
                dgate[i] += dy[i] * up[i] * s * (Real(1) + gate[i] * (Real(1) - s));
                dup[i] += dy[i] * gate[i] * s;
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(y = \frac{g}{1 + e^{-g}} u)";
        why.operands = {{0, at, "g"}, {1, at, "u"}};
        const auto g = static_cast<double>((*in[0])[in[0]->offset(at)]), u = static_cast<double>((*in[1])[in[1]->offset(at)]);
        why.recheck = g / (1.0 + std::exp(-g)) * u;
        return why;
    }
};

}  // namespace

template <class Real>
TensorId swiglu(Tape<Real>& tape, TensorId gate, TensorId up, std::string name) {
    return tape.run1(std::make_unique<SwiGlu<Real>>(), {gate, up}, std::move(name));
}

template TensorId swiglu(Tape<float>&, TensorId, TensorId, std::string);
template TensorId swiglu(Tape<double>&, TensorId, TensorId, std::string);

}  // namespace dg::ops
