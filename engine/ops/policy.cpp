#include "engine/ops/policy.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>

namespace dg::ops {
namespace {

template <class Real>
class Scale final : public Op<Real> {
  public:
    explicit Scale(double factor) : factor_(factor) {}

    std::string_view name() const override { return "scale"; }

    std::string_view source() const override { return "engine/ops/policy.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        *out[0] = Tensor<Real>::unset(in[0]->shape());
        for (std::int64_t i = 0; i < in[0]->size(); ++i) (*out[0])[i] = static_cast<Real>(factor_) * (*in[0])[i];
    }

    void backward(Inputs<Real>, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        for (std::int64_t i = 0; i < din[0]->size(); ++i) (*din[0])[i] += static_cast<Real>(factor_) * (*dout[0])[i];
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(y = \frac{x}{T})";
        why.operands = {{0, at, "x"}};
        why.recheck = factor_ * static_cast<double>((*in[0])[in[0]->offset(at)]);
        return why;
    }

  private:
    double factor_;
};

/// Inputs: nll, old, advantage, weight, and the reference if there is one. Outputs: ratio, kl, loss.
template <class Real>
class PolicyTerm final : public Op<Real> {
  public:
    explicit PolicyTerm(PolicyLossSettings settings) : s_(settings) {}

    std::string_view name() const override { return "policy_loss"; }

    std::string_view source() const override { return "engine/ops/policy.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        for (const Tensor<Real>* t : in) DG_CHECK_EQ(t->size(), in[0]->size());
        for (Tensor<Real>* t : out) *t = Tensor<Real>::unset(in[0]->shape());
        for (std::int64_t i = 0; i < in[0]->size(); ++i) {
            const Real l = -(*in[0])[i], a = (*in[2])[i], rho = dg::exp(l - (*in[1])[i]);
            const Real kl = in.size() > 4 ? dg::exp((*in[4])[i] - l) - ((*in[4])[i] - l) - Real(1) : Real(0);
            (*out[0])[i] = rho;
            (*out[1])[i] = kl;
            (*out[2])[i] = -(*in[3])[i] * (std::min(rho * a, held(rho) * a) - static_cast<Real>(s_.kl) * kl);
        }
    }

    void backward(Inputs<Real> in, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        // with l = -nll: d ratio / dl = ratio; d kl / dl = 1 - e^(ref - l); the clipped term has gradient 0 where the clip holds
        for (std::int64_t i = 0; i < in[0]->size(); ++i) {
            const Real l = -(*in[0])[i], a = (*in[2])[i], rho = (*out[0])[i];
            const Real dkl = in.size() > 4 ? Real(1) - dg::exp((*in[4])[i] - l) : Real(0);
            const Real dterm = rho * a <= held(rho) * a ? rho * a : Real(0);
            Real dl = 0;
            if (!dout[0]->empty()) dl += (*dout[0])[i] * rho;
            if (!dout[1]->empty()) dl += (*dout[1])[i] * dkl;
            if (!dout[2]->empty()) dl -= (*dout[2])[i] * (*in[3])[i] * (dterm - static_cast<Real>(s_.kl) * dkl);
            (*din[0])[i] -= dl;
        }
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int which, const Index& at) const override {
        CellExplanation why;
        const std::int64_t i = in[0]->offset(at);
        const auto value = [&](std::size_t k) { return static_cast<double>((*in[k])[i]); };
        const bool has_reference = in.size() > 4;
        const double l = -value(0), rho = std::exp(l - value(1)), d = has_reference ? value(4) - l : 0.0;
        const double kl = has_reference ? std::expm1(d) - d : 0.0;
        why.operands = {{0, at, R"(-\ln \pi)"}};
        if (which != 1) why.operands.push_back({1, at, R"(\ln \pi_{old})"});
        if (which != 0 && has_reference) why.operands.push_back({4, at, R"(\ln \pi_{ref})"});
        if (which == 0) {
            why.formula = R"(\rho = \frac{\pi}{\pi_{old}})";
            why.recheck = rho;
        } else if (which == 1) {
            why.formula = R"(\frac{\pi_{ref}}{\pi} - \ln \frac{\pi_{ref}}{\pi} - 1)";
            why.recheck = kl;
        } else {
            why.operands.push_back({2, at, "A"});
            why.operands.push_back({3, at, "w"});
            why.formula = R"(- w ( \mathrm{min}( \rho A, \mathrm{clip}( \rho ) A ) - \beta KL ))";
            const double clipped = std::clamp(rho, 1.0 - s_.clip_low, 1.0 + s_.clip_high);
            why.recheck = -value(3) * (std::min(rho * value(2), clipped * value(2)) - s_.kl * kl);
        }
        return why;
    }

  private:
    [[nodiscard]] Real held(Real rho) const { return std::clamp(rho, static_cast<Real>(1.0 - s_.clip_low), static_cast<Real>(1.0 + s_.clip_high)); }

    PolicyLossSettings s_;
};

template <class Real>
class ValueError final : public Op<Real> {
  public:
    std::string_view name() const override { return "value_loss"; }

    std::string_view source() const override { return "engine/ops/policy.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        DG_CHECK_EQ(in[0]->rows(), in[1]->size());
        *out[0] = Tensor<Real>::unset(in[1]->shape());
        for (std::int64_t r = 0; r < in[1]->size(); ++r) {
            const Real e = in[0]->row(r)[0] - (*in[1])[r];
            (*out[0])[r] = (*in[2])[r] / Real(2) * e * e;
        }
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        for (std::int64_t r = 0; r < in[1]->size(); ++r) din[0]->row(r)[0] += (*dout[0])[r] * (*in[2])[r] * (in[0]->row(r)[0] - (*in[1])[r]);
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        Index first = at;
        first.push_back(0);
        why.formula = R"(\frac{w}{2} ( V - R )^2)";
        why.operands = {{0, first, "V"}, {1, at, "R"}, {2, at, "w"}};
        const std::int64_t r = in[1]->offset(at);
        const double e = static_cast<double>(in[0]->row(r)[0]) - static_cast<double>((*in[1])[r]);
        why.recheck = static_cast<double>((*in[2])[r]) / 2 * e * e;
        return why;
    }
};

}  // namespace

template <class Real>
TensorId scale(Tape<Real>& tape, TensorId x, double factor, std::string name) {
    return tape.run1(std::make_unique<Scale<Real>>(factor), {x}, std::move(name));
}

template <class Real>
PolicyLoss policy_loss(Tape<Real>& tape, TensorId nll, TensorId old_logprob, TensorId reference, TensorId advantage, TensorId weight,
                       const PolicyLossSettings& settings, const std::string& prefix) {
    std::vector<TensorId> in{nll, old_logprob, advantage, weight};
    if (reference >= 0) in.push_back(reference);
    const auto out = tape.run(std::make_unique<PolicyTerm<Real>>(settings), std::move(in), {prefix + "ratio", prefix + "kl", prefix + "loss"});
    return {out[0], out[1], out[2]};
}

template <class Real>
TensorId value_loss(Tape<Real>& tape, TensorId scores, TensorId target, TensorId weight, std::string name) {
    return tape.run1(std::make_unique<ValueError<Real>>(), {scores, target, weight}, std::move(name));
}

#define DG_INSTANTIATE(Real)                                                                                                             \
    template TensorId scale(Tape<Real>&, TensorId, double, std::string);                                                                 \
    template PolicyLoss policy_loss(Tape<Real>&, TensorId, TensorId, TensorId, TensorId, TensorId, const PolicyLossSettings&, const std::string&); \
    template TensorId value_loss(Tape<Real>&, TensorId, TensorId, TensorId, std::string);
DG_INSTANTIATE(float)
DG_INSTANTIATE(double)
#undef DG_INSTANTIATE

}  // namespace dg::ops
