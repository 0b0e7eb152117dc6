// RMSNorm, the first op to read: forward, backward and explain side by side, then the call that records it.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"

#include <cmath>

namespace dg::ops {
namespace {

constexpr std::int64_t kRowGrain = 64;

template <class Real>
class RmsNorm final : public Op<Real> {
  public:
    explicit RmsNorm(double eps) : eps_(eps) {}

    std::string_view name() const override { return "rmsnorm"; }

    std::string_view source() const override { return "engine/ops/rmsnorm.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&x = *in[0], &gain = *in[1];
        DG_CHECK_EQ(gain.size(), x.cols());
        const std::int64_t dim = x.cols();
        Tensor<Real>& y = *out[0];
        y = Tensor<Real>::unset(x.shape());
        rrms_ = Tensor<Real>::unset({x.rows()});
        parallel_ranges(x.rows(), kRowGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = begin; r < end; ++r) rrms_[r] = rmsnorm_row(x.row(r), gain.data(), dim, eps_, y.row(r));
        });
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const Tensor<Real>&x = *in[0], &gain = *in[1], &dy = *dout[0];
        const std::int64_t dim = x.cols();
        parallel_ranges(x.rows(), kRowGrain, [&](std::int64_t begin, std::int64_t end) {
            std::vector<Real> weighted(static_cast<std::size_t>(dim));
            for (std::int64_t r = begin; r < end; ++r) {
                // forward was: y = x * r * gain with r = (mean(x^2) + eps)^(-1/2), so dr/dx = -r^3 x / dim
                const Real *xr = x.row(r), *dyr = dy.row(r);
                for (std::int64_t i = 0; i < dim; ++i) weighted[static_cast<std::size_t>(i)] = dyr[i] * gain[i];
                const Real dr = dot(weighted.data(), xr, dim);
                const Real k = rrms_[r], back = dr * k * k * k / static_cast<Real>(dim);
                for (std::int64_t i = 0; i < dim; ++i) din[0]->row(r)[i] += weighted[static_cast<std::size_t>(i)] * k - xr[i] * back;
            }
        });
        // dgain: rows added in order, columns shared out
        parallel_ranges(dim, 32, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = 0; r < x.rows(); ++r)
                for (std::int64_t i = begin; i < end; ++i) (*din[1])[i] += dy.row(r)[i] * x.row(r)[i] * rrms_[r];
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(y_i = \frac{x_i}{\sqrt{\frac{1}{n}\sum_j x_j^2 + \epsilon}} g_i)";
        const Tensor<Real>&x = *in[0], &gain = *in[1];
        Index cell = at;
        double mean_square = 0;
        for (std::int64_t j = 0; j < x.cols(); ++j) {
            cell.back() = j;
            const auto v = static_cast<double>(x[x.offset(cell)]);
            mean_square += v * v / static_cast<double>(x.cols());
            why.operands.push_back({0, cell, "x"});
        }
        why.operands.push_back({1, {at.back()}, "g"});
        why.recheck = static_cast<double>(x[x.offset(at)]) / std::sqrt(mean_square + eps_) * static_cast<double>(gain[at.back()]);
        return why;
    }

  private:
    double eps_;
    Tensor<Real> rrms_;  // 1 / rms of every row
};

}  // namespace

template <class Real>
TensorId rmsnorm(Tape<Real>& tape, TensorId x, TensorId gain, double eps, std::string name) {
    return tape.run1(std::make_unique<RmsNorm<Real>>(eps), {x, gain}, std::move(name));
}

template TensorId rmsnorm(Tape<float>&, TensorId, TensorId, double, std::string);
template TensorId rmsnorm(Tape<double>&, TensorId, TensorId, double, std::string);

}  // namespace dg::ops
