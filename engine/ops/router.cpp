// The router: which experts a token goes to, and with what weight.
#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"
#include "engine/ops/select.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dg {
namespace {

/// Indices of the k largest values, best first, ties to the lower index.
template <class Real>
std::vector<std::int64_t> top_k(const Real* values, std::int64_t n, std::int64_t k) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](std::int64_t a, std::int64_t b) {
        return values[a] != values[b] ? values[a] > values[b] : a < b;
    });
    order.resize(static_cast<std::size_t>(k));
    return order;
}

/// The value by which groups compete.
template <class Real>
Real group_value(const Real* choice, std::int64_t size, bool two) {
    Real best = -std::numeric_limits<Real>::infinity(), second = best;
    for (std::int64_t i = 0; i < size; ++i) {
        if (choice[i] > best) {
            second = best;
            best = choice[i];
        } else {
            second = std::max(second, choice[i]);
        }
    }
    return two ? best + second : best;
}

}  // namespace

template <class Real>
std::vector<std::int64_t> select_experts(const Config& config, const Real* choice) {
    const std::int64_t experts = config.n_routed_experts, groups = config.n_group, k = config.num_experts_per_tok;
    const bool grouped = groups > 1 && config.topk_method != TopkMethod::kGreedy;
    if (!grouped) return top_k(choice, experts, k);
    const std::int64_t size = experts / groups;
    std::vector<Real> values(static_cast<std::size_t>(groups));
    for (std::int64_t g = 0; g < groups; ++g)
        values[static_cast<std::size_t>(g)] = group_value(choice + g * size, size, config.topk_method == TopkMethod::kNoauxTc);
    std::vector<Real> kept(static_cast<std::size_t>(experts), -std::numeric_limits<Real>::infinity());
    for (const std::int64_t g : top_k(values.data(), groups, config.topk_group))
        std::copy(choice + g * size, choice + (g + 1) * size, kept.begin() + g * size);
    return top_k(kept.data(), experts, k);
}

template std::vector<std::int64_t> select_experts(const Config&, const float*);
template std::vector<std::int64_t> select_experts(const Config&, const double*);

namespace ops {
namespace {

template <class Real>
class Router final : public Op<Real> {
  public:
    Router(Config config, bool biased) : config_(std::move(config)), biased_(biased) {}

    std::string_view name() const override { return "router"; }

    std::string_view source() const override { return "engine/ops/router.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>& logits = *in[0];
        const std::int64_t experts = config_.n_routed_experts, k = config_.num_experts_per_tok;
        DG_CHECK_EQ(logits.cols(), experts);
        *out[0] = Tensor<Real>::unset(logits.shape());
        Shape shape = logits.shape();
        shape.back() = k;
        *out[1] = Tensor<Real>::unset(shape);
        *out[2] = Tensor<Real>::unset(shape);
        parallel_ranges(logits.rows(), 64, [&](std::int64_t begin, std::int64_t end) {
            std::vector<Real> choice(static_cast<std::size_t>(experts));
            for (std::int64_t r = begin; r < end; ++r) {
                Real* s = out[0]->row(r);
                score(logits.row(r), s);
                for (std::int64_t e = 0; e < experts; ++e) choice[static_cast<std::size_t>(e)] = s[e] + (biased_ ? (*in[1])[e] : Real(0));
                const std::vector<std::int64_t> chosen = select_experts(config_, choice.data());
                const Real total = normaliser(s, chosen);
                for (std::int64_t i = 0; i < k; ++i) {
                    const std::int64_t e = chosen[static_cast<std::size_t>(i)];
                    out[1]->row(r)[i] = static_cast<Real>(e);
                    out[2]->row(r)[i] = s[e] / total * static_cast<Real>(config_.routed_scaling_factor);
                }
            }
        });
    }

    void backward(Inputs<Real>, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        const Tensor<Real>&s = *out[0], &ids = *out[1], &w = *out[2];
        const std::int64_t experts = s.cols(), k = ids.cols();
        const auto scale = static_cast<Real>(config_.routed_scaling_factor);
        std::vector<Real> ds(static_cast<std::size_t>(experts));
        for (std::int64_t r = 0; r < s.rows(); ++r) {
            std::fill(ds.begin(), ds.end(), Real(0));
            if (!dout[0]->empty()) std::copy(dout[0]->row(r), dout[0]->row(r) + experts, ds.begin());
            if (!dout[2]->empty()) {
                // forward was: w_i = s_i / total * scale; the selection itself has no gradient
                const std::vector<std::int64_t> chosen = ids_of(ids, r);
                const Real total = normaliser(s.row(r), chosen);
                Real weighted = 0;
                for (std::int64_t i = 0; i < k; ++i) weighted += dout[2]->row(r)[i] * w.row(r)[i];
                for (std::int64_t i = 0; i < k; ++i) {
                    const Real shared = normalises() ? weighted / total : Real(0);
                    ds[static_cast<std::size_t>(chosen[static_cast<std::size_t>(i)])] += dout[2]->row(r)[i] * scale / total - shared;
                }
            }
            score_backward(s.row(r), ds.data(), din[0]->row(r));
        }
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real> out, int which, const Index& at) const override {
        if (which == 0) return explain_score(in, at);
        CellExplanation why;
        Index row(at.begin(), at.end() - 1);
        row.push_back(0);
        const std::int64_t r = out[1]->offset(row) / out[1]->cols();
        // the decision again, in double, from the logits
        std::vector<double> s(static_cast<std::size_t>(config_.n_routed_experts)), choice(s);
        scores_in_double(in[0]->row(r), s);
        for (std::size_t e = 0; e < s.size(); ++e) choice[e] = s[e] + (biased_ ? static_cast<double>((*in[1])[static_cast<std::int64_t>(e)]) : 0.0);
        const std::vector<std::int64_t> chosen = select_experts(config_, choice.data());
        for (std::int64_t e = 0; e < config_.n_routed_experts; ++e) {
            Index cell = at;
            cell.back() = e;
            why.operands.push_back({0, cell, "z"});
            if (biased_ && which == 1) why.operands.push_back({1, {e}, "b"});
        }
        if (which == 1) {
            why.formula = biased_ ? R"(i_k = \mathrm{argtop}_k ( s_e + b_e ))" : R"(i_k = \mathrm{argtop}_k s_e)";
            why.discrete = true;
            why.recheck = static_cast<double>(chosen[static_cast<std::size_t>(at.back())]);
            return why;
        }
        why.formula = normalises() ? R"(w_k = \frac{s_k}{\sum_j s_j} c)" : R"(w_k = s_k c)";
        // the weight of the expert that was chosen here
        const auto expert = static_cast<std::size_t>((*out[1])[out[1]->offset(at)]);
        double total = normalises() ? 0.0 : 1.0;
        if (normalises())
            for (std::int64_t i = 0; i < out[1]->cols(); ++i) total += s[static_cast<std::size_t>(out[1]->row(r)[i])];
        why.recheck = s[expert] / total * config_.routed_scaling_factor;
        return why;
    }

  private:
    [[nodiscard]] bool normalises() const { return config_.norm_topk_prob && config_.topk_method == TopkMethod::kNoauxTc; }

    static std::vector<std::int64_t> ids_of(const Tensor<Real>& ids, std::int64_t r) {
        std::vector<std::int64_t> chosen;
        for (std::int64_t i = 0; i < ids.cols(); ++i) chosen.push_back(static_cast<std::int64_t>(ids.row(r)[i]));
        return chosen;
    }

    Real normaliser(const Real* s, const std::vector<std::int64_t>& chosen) const {
        if (!normalises()) return Real(1);
        Real total = 0;
        for (const std::int64_t e : chosen) total += s[e];
        return total;
    }

    void score(const Real* z, Real* s) const {
        const std::int64_t n = config_.n_routed_experts;
        if (config_.scoring_func == ScoringFunc::kSigmoid) {
            for (std::int64_t e = 0; e < n; ++e) s[e] = sigmoid(z[e]);
            return;
        }
        const Real top = *std::max_element(z, z + n);
        Real sum = 0;
        for (std::int64_t e = 0; e < n; ++e) sum += s[e] = dg::exp(z[e] - top);
        for (std::int64_t e = 0; e < n; ++e) s[e] /= sum;
    }

    void score_backward(const Real* s, const Real* ds, Real* dz) const {
        const std::int64_t n = config_.n_routed_experts;
        if (config_.scoring_func == ScoringFunc::kSigmoid) {
            for (std::int64_t e = 0; e < n; ++e) dz[e] += ds[e] * s[e] * (Real(1) - s[e]);
            return;
        }
        Real dot = 0;
        for (std::int64_t e = 0; e < n; ++e) dot += ds[e] * s[e];
        for (std::int64_t e = 0; e < n; ++e) dz[e] += s[e] * (ds[e] - dot);
    }

    void scores_in_double(const Real* z, std::vector<double>& s) const {
        double sum = 0;
        for (std::size_t e = 0; e < s.size(); ++e) {
            const auto x = static_cast<double>(z[e]);
            s[e] = config_.scoring_func == ScoringFunc::kSigmoid ? 1.0 / (1.0 + std::exp(-x)) : std::exp(x);
            sum += s[e];
        }
        if (config_.scoring_func == ScoringFunc::kSoftmax)
            for (double& v : s) v /= sum;
    }

    CellExplanation explain_score(Inputs<Real> in, const Index& at) const {
        CellExplanation why;
        Index first = at;
        first.back() = 0;
        std::vector<double> s(static_cast<std::size_t>(config_.n_routed_experts));
        scores_in_double(in[0]->row(in[0]->offset(first) / in[0]->cols()), s);
        why.recheck = s[static_cast<std::size_t>(at.back())];
        if (config_.scoring_func == ScoringFunc::kSigmoid) {
            why.formula = R"(s_e = \frac{1}{1 + e^{-z_e}})";
            why.operands = {{0, at, "z"}};
            return why;
        }
        why.formula = R"(s_e = \frac{e^{z_e}}{\sum_j e^{z_j}})";
        for (std::int64_t e = 0; e < config_.n_routed_experts; ++e) {
            first.back() = e;
            why.operands.push_back({0, first, "z"});
        }
        return why;
    }

    Config config_;
    bool biased_;
};

}  // namespace

template <class Real>
Routing router(Tape<Real>& tape, TensorId logits, TensorId bias, const Config& config, const std::string& prefix) {
    std::vector<TensorId> in{logits};
    if (bias >= 0) in.push_back(bias);
    const auto out = tape.run(std::make_unique<Router<Real>>(config, bias >= 0), std::move(in),
                              {prefix + "scores", prefix + "topk_ids", prefix + "topk_weights"}, {false, true, false});
    return {out[0], out[1], out[2]};
}

template Routing router(Tape<float>&, TensorId, TensorId, const Config&, const std::string&);
template Routing router(Tape<double>&, TensorId, TensorId, const Config&, const std::string&);

}  // namespace ops
}  // namespace dg
