// Rotary position embedding on interleaved pairs, with YaRN (DeepSeek-V3 4.3).
#include "engine/base/mathfn.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dg::ops {
namespace {

/// theta^(-2j/dim)
double base_frequency(double theta, std::int64_t j, std::int64_t dim) {
    return dg::exp(-2.0 * static_cast<double>(j) / static_cast<double>(dim) * dg::log(theta));
}

template <class Real>
class Rope final : public Op<Real> {
  public:
    explicit Rope(std::vector<double> frequencies) : frequencies_(std::move(frequencies)) {}

    std::string_view name() const override { return "rope"; }

    std::string_view source() const override { return "engine/ops/rope.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        *out[0] = *in[0];
        rotate(*in[0], *out[0], Real(1), false);
    }

    void backward(Inputs<Real>, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        // the inverse of a rotation is its transpose
        rotate(*dout[0], *din[0], Real(-1), true);
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        const std::int64_t j = at.back() / 2;
        const bool odd = at.back() % 2 == 1;
        Index even_cell = at, odd_cell = at;
        even_cell.back() = 2 * j;
        odd_cell.back() = 2 * j + 1;
        CellExplanation why;
        why.formula = odd ? R"(y_{2j+1} = x_{2j} \sin t\theta_j + x_{2j+1} \cos t\theta_j)" : R"(y_{2j} = x_{2j} \cos t\theta_j - x_{2j+1} \sin t\theta_j)";
        why.operands = {{0, even_cell, "x_{2j}"}, {0, odd_cell, "x_{2j+1}"}};
        const double angle = static_cast<double>(at[1]) * frequencies_[static_cast<std::size_t>(j)];
        const auto a = static_cast<double>((*in[0])[in[0]->offset(even_cell)]), b = static_cast<double>((*in[0])[in[0]->offset(odd_cell)]);
        why.recheck = odd ? a * dg::sin(angle) + b * dg::cos(angle) : a * dg::cos(angle) - b * dg::sin(angle);
        return why;
    }

  private:
    void rotate(const Tensor<Real>& x, Tensor<Real>& y, Real sign, bool accumulate) const {
        const std::int64_t half = static_cast<std::int64_t>(frequencies_.size()), tokens = x.dim(1);
        DG_CHECK_EQ(x.cols(), 2 * half);
        const std::int64_t per_token = x.size() / (x.dim(0) * tokens * x.cols());
        std::vector<Real> cosines(static_cast<std::size_t>(half)), sines(cosines), turned(static_cast<std::size_t>(2 * half));
        for (std::int64_t t = 0; t < tokens; ++t) {
            for (std::int64_t j = 0; j < half; ++j) {
                const double angle = static_cast<double>(t) * frequencies_[static_cast<std::size_t>(j)];
                cosines[static_cast<std::size_t>(j)] = static_cast<Real>(dg::cos(angle));
                sines[static_cast<std::size_t>(j)] = sign * static_cast<Real>(dg::sin(angle));
            }
            for (std::int64_t b = 0; b < x.dim(0); ++b)
                for (std::int64_t h = 0; h < per_token; ++h) {
                    const std::int64_t row = (b * tokens + t) * per_token + h;
                    if (accumulate) {
                        rope_row(x.row(row), turned.data(), cosines.data(), sines.data(), half);
                        for (std::int64_t i = 0; i < 2 * half; ++i) y.row(row)[i] += turned[static_cast<std::size_t>(i)];
                    } else {
                        rope_row(x.row(row), y.row(row), cosines.data(), sines.data(), half);
                    }
                }
        }
    }

    std::vector<double> frequencies_;
};

}  // namespace

RopeTable rope_table(const Config& config) {
    const std::int64_t dim = config.attention == AttentionKind::kMla ? config.qk_rope_head_dim : config.head_dim;
    RopeTable table;
    for (std::int64_t j = 0; j < dim / 2; ++j) table.frequencies.push_back(base_frequency(config.rope_theta, j, dim));
    if (!config.rope_scaling) return table;

    // pairs that turn more than beta_fast times within the original length stay, those below beta_slow are divided by factor
    const YarnScaling& yarn = *config.rope_scaling;
    const auto pair_turning = [&](double turns) {
        return static_cast<double>(dim) * dg::log(static_cast<double>(yarn.original_max_position_embeddings) / (2.0 * std::numbers::pi * turns)) /
               (2.0 * dg::log(config.rope_theta));
    };
    const double low = std::max(std::floor(pair_turning(yarn.beta_fast)), 0.0);
    double high = std::min(std::ceil(pair_turning(yarn.beta_slow)), static_cast<double>(dim - 1));
    if (low == high) high += 0.001;
    for (std::int64_t j = 0; j < dim / 2; ++j) {
        const double ramp = std::clamp((static_cast<double>(j) - low) / (high - low), 0.0, 1.0);
        double& f = table.frequencies[static_cast<std::size_t>(j)];
        f = f / yarn.factor * ramp + f * (1.0 - ramp);
    }
    if (yarn.factor > 1) table.mscale = 0.1 * yarn.mscale_all_dim * dg::log(yarn.factor) + 1.0;
    return table;
}

template <class Real>
TensorId rope(Tape<Real>& tape, TensorId x, const RopeTable& table, std::string name) {
    return tape.run1(std::make_unique<Rope<Real>>(table.frequencies), {x}, std::move(name));
}

template TensorId rope(Tape<float>&, TensorId, const RopeTable&, std::string);
template TensorId rope(Tape<double>&, TensorId, const RopeTable&, std::string);

}  // namespace dg::ops
