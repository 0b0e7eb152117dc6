// Auxiliary-loss-free balance: the router's bias after one update (V3 2.1.2). A controller, not a function to differentiate.
#include "engine/ops/ops.h"

namespace dg::ops {
namespace {

template <class Real>
class BiasUpdate final : public Op<Real> {
  public:
    explicit BiasUpdate(double speed) : speed_(speed) {}

    std::string_view name() const override { return "bias_update"; }

    std::string_view source() const override { return "engine/ops/bias_update.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        *out[0] = *in[0];
        for (std::int64_t e = 0; e < in[0]->size(); ++e) (*out[0])[e] += static_cast<Real>(step(*in[1], e));
    }

    void backward(Inputs<Real>, Inputs<Real>, Inputs<Real>, Outputs<Real>) override {}

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(b_e + \gamma \mathrm{sign}( \frac{1}{E} \sum_j c_j - c_e ))";
        why.operands.push_back({0, at, "b"});
        for (std::int64_t e = 0; e < in[1]->size(); ++e) why.operands.push_back({1, {e}, "c"});
        why.recheck = static_cast<double>((*in[0])[at[0]]) + step(*in[1], at[0]);
        return why;
    }

  private:
    [[nodiscard]] double step(const Tensor<Real>& load, std::int64_t e) const {
        double total = 0;
        for (const Real c : load.values()) total += static_cast<double>(c);
        const double mean = total / static_cast<double>(load.size()), c = static_cast<double>(load[e]);
        return c == mean ? 0.0 : c < mean ? speed_ : -speed_;
    }

    double speed_;
};

}  // namespace

template <class Real>
TensorId bias_update(Tape<Real>& tape, TensorId bias, TensorId load, double speed, std::string name) {
    return tape.run1(std::make_unique<BiasUpdate<Real>>(speed), {bias, load}, std::move(name));
}

template TensorId bias_update(Tape<float>&, TensorId, TensorId, double, std::string);
template TensorId bias_update(Tape<double>&, TensorId, TensorId, double, std::string);

}  // namespace dg::ops
