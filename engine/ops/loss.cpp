// Losses: cross entropy in two steps (per token, then the mean) and the sequence-wise balance loss.
#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::ops {
namespace {

template <class Real>
class TokenNll final : public Op<Real> {
  public:
    std::string_view name() const override { return "token_nll"; }

    std::string_view source() const override { return "engine/ops/loss.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&logits = *in[0], &targets = *in[1];
        DG_CHECK_EQ(targets.size(), logits.rows());
        *out[0] = Tensor<Real>::unset(targets.shape());
        parallel_ranges(logits.rows(), 64, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = begin; r < end; ++r) {
                const auto target = static_cast<std::int64_t>(targets[r]);
                DG_CHECK(target >= -1 && target < logits.cols());
                (*out[0])[r] = target < 0 ? Real(0) : log_sum_exp(logits.row(r), logits.cols()) - logits.row(r)[target];
            }
        });
    }

    void backward(Inputs<Real> in, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        const Tensor<Real>&logits = *in[0], &targets = *in[1];
        parallel_ranges(logits.rows(), 64, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = begin; r < end; ++r) {
                const auto target = static_cast<std::int64_t>(targets[r]);
                const Real d = (*dout[0])[r];
                if (target < 0 || d == Real(0)) continue;
                // forward was: nll = lse(z) - z_target, so dz = softmax(z) - onehot; lse = nll + z_target
                const Real *z = logits.row(r), lse = (*out[0])[r] + z[target];
                Real* dz = din[0]->row(r);
                for (std::int64_t v = 0; v < logits.cols(); ++v) dz[v] += d * dg::exp(z[v] - lse);
                dz[target] -= d;
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(\ell = \ln \sum_v e^{z_v} - z_{target})";
        const Tensor<Real>&logits = *in[0], &targets = *in[1];
        const auto target = static_cast<std::int64_t>(targets[targets.offset(at)]);
        why.operands.push_back({1, at, "target"});
        if (target < 0) return why;
        Index cell = at;
        cell.push_back(0);
        double top = -1e300, sum = 0;
        const Real* z = logits.row(logits.offset(cell) / logits.cols());
        for (std::int64_t v = 0; v < logits.cols(); ++v) top = std::max(top, static_cast<double>(z[v]));
        for (std::int64_t v = 0; v < logits.cols(); ++v) {
            cell.back() = v;
            why.operands.push_back({0, cell, "z"});
            sum += std::exp(static_cast<double>(z[v]) - top);
        }
        why.recheck = top + std::log(sum) - static_cast<double>(z[target]);
        return why;
    }

  private:
    static Real log_sum_exp(const Real* z, std::int64_t n) {
        const Real top = *std::max_element(z, z + n);
        std::vector<Real> exps(static_cast<std::size_t>(n));
        for (std::int64_t v = 0; v < n; ++v) exps[static_cast<std::size_t>(v)] = dg::exp(z[v] - top);
        return top + dg::log(sum(exps.data(), n));
    }
};

/// y = sum_i w_i x_i over all elements of the inputs; the weight of input i is shared by its elements.
template <class Real>
class WeightedSum final : public Op<Real> {
  public:
    WeightedSum(std::string_view kind, std::vector<double> weights, std::string formula)
        : kind_(kind), weights_(std::move(weights)), formula_(std::move(formula)) {}

    std::string_view name() const override { return kind_; }

    std::string_view source() const override { return "engine/ops/loss.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        *out[0] = Tensor<Real>({1});
        double sum = 0;
        for (std::size_t i = 0; i < weights_.size(); ++i)
            for (const Real x : in[i]->values()) sum += weights_[i] * static_cast<double>(x);
        (*out[0])[0] = static_cast<Real>(sum);
    }

    void backward(Inputs<Real>, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        for (std::size_t i = 0; i < weights_.size(); ++i)
            for (std::int64_t j = 0; j < din[i]->size(); ++j) (*din[i])[j] += (*dout[0])[0] * static_cast<Real>(weights_[i]);
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index&) const override {
        CellExplanation why;
        why.formula = formula_;
        long double sum = 0;
        for (std::size_t i = 0; i < weights_.size(); ++i)
            for (std::int64_t j = in[i]->size(); j-- > 0;) sum += static_cast<long double>(weights_[i]) * static_cast<long double>((*in[i])[j]);
        for (std::size_t i = 0; i < weights_.size(); ++i)
            for (std::int64_t j = 0; j < in[i]->size(); ++j) why.operands.push_back({static_cast<int>(i), in[i]->index_of(j), "x"});
        why.recheck = static_cast<double>(sum);
        return why;
    }

  private:
    std::string_view kind_;
    std::vector<double> weights_;
    std::string formula_;
};

/// Outputs: load, P, f_selected, f_affinity, balance_selected, balance_affinity.
template <class Real>
class BalanceFactors final : public Op<Real> {
  public:
    std::string_view name() const override { return "balance"; }

    std::string_view source() const override { return "engine/ops/loss.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&s = *in[0], &ids = *in[1];
        const std::int64_t batch = s.dim(0), tokens = s.dim(1), experts = s.dim(2), k = ids.cols();
        *out[0] = Tensor<Real>({experts});
        for (int i = 1; i < 4; ++i) *out[static_cast<std::size_t>(i)] = Tensor<Real>({batch, experts});
        *out[4] = Tensor<Real>({batch});
        *out[5] = Tensor<Real>({batch});
        const Real unit = static_cast<Real>(experts) / static_cast<Real>(k * tokens);
        for (std::int64_t b = 0; b < batch; ++b) {
            for (std::int64_t t = 0; t < tokens; ++t) {
                const std::int64_t r = b * tokens + t;
                const Real total = row_sum(s, r);
                for (std::int64_t e = 0; e < experts; ++e) out[1]->row(b)[e] += s.row(r)[e] / total / static_cast<Real>(tokens);
                for (std::int64_t i = 0; i < k; ++i) {
                    const auto e = static_cast<std::int64_t>(ids.row(r)[i]);
                    (*out[0])[e] += Real(1);
                    out[2]->row(b)[e] += unit;
                }
                for (const std::int64_t e : top_scores(s.row(r), experts, k)) out[3]->row(b)[e] += unit;
            }
            for (std::int64_t e = 0; e < experts; ++e) {
                (*out[4])[b] += out[2]->row(b)[e] * out[1]->row(b)[e];
                (*out[5])[b] += out[3]->row(b)[e] * out[1]->row(b)[e];
            }
        }
    }

    void backward(Inputs<Real> in, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        const Tensor<Real>& s = *in[0];
        const std::int64_t batch = s.dim(0), tokens = s.dim(1), experts = s.dim(2);
        std::vector<Real> dP(static_cast<std::size_t>(experts));
        for (std::int64_t b = 0; b < batch; ++b) {
            // f counts decisions and is constant; balance = sum_e f_e P_e
            for (std::int64_t e = 0; e < experts; ++e) {
                Real d = dout[1]->empty() ? Real(0) : dout[1]->row(b)[e];
                if (!dout[4]->empty()) d += (*dout[4])[b] * out[2]->row(b)[e];
                if (!dout[5]->empty()) d += (*dout[5])[b] * out[3]->row(b)[e];
                dP[static_cast<std::size_t>(e)] = d / static_cast<Real>(tokens);
            }
            for (std::int64_t t = 0; t < tokens; ++t) {
                // forward was: P += s / sum(s) / T
                const std::int64_t r = b * tokens + t;
                const Real total = row_sum(s, r);
                Real dot = 0;
                for (std::int64_t e = 0; e < experts; ++e) dot += dP[static_cast<std::size_t>(e)] * s.row(r)[e];
                for (std::int64_t e = 0; e < experts; ++e) din[0]->row(r)[e] += (dP[static_cast<std::size_t>(e)] - dot / total) / total;
            }
        }
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real> out, int which, const Index& at) const override {
        const Tensor<Real>&s = *in[0], &ids = *in[1];
        const std::int64_t tokens = s.dim(1), experts = s.dim(2), k = ids.cols();
        CellExplanation why;
        if (which >= 4) {
            why.formula = R"(L = \sum_e f_e P_e)";
            const std::int64_t b = at[0];
            for (std::int64_t e = 0; e < experts; ++e)
                why.recheck += static_cast<double>(out[static_cast<std::size_t>(which - 2)]->row(b)[e]) * static_cast<double>(out[1]->row(b)[e]);
            return why;
        }
        const std::int64_t e = at.back(), first = which == 0 ? 0 : at[0], last = which == 0 ? s.dim(0) : at[0] + 1;
        for (std::int64_t r = first * tokens; r < last * tokens; ++r) {
            if (which == 1) {
                double total = 0;
                for (std::int64_t i = 0; i < experts; ++i) total += static_cast<double>(s.row(r)[i]);
                why.recheck += static_cast<double>(s.row(r)[e]) / total / static_cast<double>(tokens);
                why.operands.push_back({0, s.index_of(r * experts + e), "s"});
            } else if (which == 3) {
                const auto chosen = top_scores(s.row(r), experts, k);
                why.recheck += static_cast<double>(std::count(chosen.begin(), chosen.end(), e));
            } else {
                for (std::int64_t i = 0; i < k; ++i)
                    if (static_cast<std::int64_t>(ids.row(r)[i]) == e) {
                        why.recheck += 1;
                        why.operands.push_back({1, ids.index_of(r * k + i), "id"});
                    }
            }
        }
        why.formula = which == 0 ? R"(c_e = \sum_t 1(e \in \mathrm{topk}(t)))" : which == 1 ? R"(P_e = \frac{1}{T} \sum_t \frac{s_{t,e}}{\sum_j s_{t,j}})" : R"(f_e = \frac{E}{K T} c_e)";
        if (which >= 2) why.recheck *= static_cast<double>(experts) / static_cast<double>(k * tokens);
        return why;
    }

  private:
    static Real row_sum(const Tensor<Real>& s, std::int64_t r) {
        Real total = 0;
        for (std::int64_t e = 0; e < s.cols(); ++e) total += s.row(r)[e];
        return total;
    }

    static std::vector<std::int64_t> top_scores(const Real* s, std::int64_t experts, std::int64_t k) {
        std::vector<std::int64_t> order(static_cast<std::size_t>(experts));
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return s[a] > s[b]; });
        order.resize(static_cast<std::size_t>(k));
        return order;
    }
};

template <class Real>
TensorId scalar(Tape<Real>& tape, std::string_view kind, const std::vector<TensorId>& x, std::vector<double> weights, std::string formula,
                std::string name) {
    return tape.run1(std::make_unique<WeightedSum<Real>>(kind, std::move(weights), std::move(formula)), x, std::move(name));
}

}  // namespace

template <class Real>
TensorId token_nll(Tape<Real>& tape, TensorId logits, TensorId targets, std::string name) {
    return tape.run1(std::make_unique<TokenNll<Real>>(), {logits, targets}, std::move(name));
}

template <class Real>
TensorId masked_mean(Tape<Real>& tape, TensorId x, TensorId targets, std::string name) {
    const auto values = tape.value(targets).values();
    const auto n = std::count_if(values.begin(), values.end(), [](Real t) { return t >= Real(0); });
    DG_CHECK(n > 0);
    return scalar(tape, "masked_mean", {x}, {1.0 / static_cast<double>(n)}, R"(L = \frac{1}{n} \sum_t \ell_t)", std::move(name));
}

template <class Real>
TensorId weighted_sum(Tape<Real>& tape, const std::vector<TensorId>& x, std::vector<double> weights, std::string name) {
    return scalar(tape, "weighted_sum", x, std::move(weights), R"(L = \sum_i \lambda_i L_i)", std::move(name));
}

template <class Real>
TensorId mean(Tape<Real>& tape, TensorId x, std::string name) {
    const auto n = static_cast<double>(tape.value(x).size());
    return scalar(tape, "mean", {x}, {1.0 / n}, R"(y = \frac{1}{n} \sum_i x_i)", std::move(name));
}

template <class Real>
Balance balance(Tape<Real>& tape, TensorId scores, TensorId topk_ids, const std::string& prefix) {
    const auto out = tape.run(std::make_unique<BalanceFactors<Real>>(), {scores, topk_ids},
                              {prefix + "load", prefix + "P", prefix + "f_selected", prefix + "f_affinity", prefix + "balance_selected", prefix + "balance_affinity"},
                              {true, false, false, false, false, false});
    return {out[0], out[1], out[2], out[3], out[4], out[5]};
}

#define DG_INSTANTIATE(Real)                                                                                         \
    template TensorId token_nll(Tape<Real>&, TensorId, TensorId, std::string);                                       \
    template TensorId masked_mean(Tape<Real>&, TensorId, TensorId, std::string);                                     \
    template TensorId weighted_sum(Tape<Real>&, const std::vector<TensorId>&, std::vector<double>, std::string);     \
    template TensorId mean(Tape<Real>&, TensorId, std::string);                                                      \
    template Balance balance(Tape<Real>&, TensorId, TensorId, const std::string&);
DG_INSTANTIATE(float)
DG_INSTANTIATE(double)
#undef DG_INSTANTIATE

}  // namespace dg::ops
