// The mixture around the experts: gather the tokens of one expert, and combine what the experts return. The experts
// themselves are linear, swiglu, linear on the gathered rows.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"

#include <algorithm>

namespace dg::ops {
namespace {

template <class Real>
class Gather final : public Op<Real> {
  public:
    explicit Gather(std::int64_t expert) : expert_(expert) {}

    std::string_view name() const override { return "gather"; }

    std::string_view source() const override { return "engine/ops/experts.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&x = *in[0], &ids = *in[1];
        std::vector<Real> tokens;
        for (std::int64_t i = 0; i < ids.size(); ++i)
            if (static_cast<std::int64_t>(ids[i]) == expert_) tokens.push_back(static_cast<Real>(i / ids.cols()));
        const auto n = static_cast<std::int64_t>(tokens.size());
        *out[0] = Tensor<Real>::unset({n, x.cols()});
        for (std::int64_t r = 0; r < n; ++r) {
            const Real* from = x.row(static_cast<std::int64_t>(tokens[static_cast<std::size_t>(r)]));
            std::copy(from, from + x.cols(), out[0]->row(r));
        }
        *out[1] = Tensor<Real>({n}, tokens);
    }

    void backward(Inputs<Real>, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        for (std::int64_t r = 0; r < dout[0]->rows(); ++r) {
            Real* to = din[0]->row(static_cast<std::int64_t>((*out[1])[r]));
            for (std::int64_t i = 0; i < dout[0]->cols(); ++i) to[i] += dout[0]->row(r)[i];
        }
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real> out, int which, const Index& at) const override {
        CellExplanation why;
        const auto token = static_cast<std::int64_t>((*out[1])[at[0]]);
        if (which == 1) {
            why.formula = R"(t : e \in \mathrm{topk}(t))";
            why.discrete = true;
            const Tensor<Real>& ids = *in[1];
            // the at[0]-th token, in order, that chose this expert
            std::int64_t seen = 0;
            for (std::int64_t i = 0; i < ids.size(); ++i)
                if (static_cast<std::int64_t>(ids[i]) == expert_ && seen++ == at[0]) {
                    why.operands = {{1, ids.index_of(i), "id"}};
                    why.recheck = static_cast<double>(i / ids.cols());
                }
            return why;
        }
        why.formula = "y_i = x_{t,i}";
        const Index cell = in[0]->index_of(token * in[0]->cols() + at[1]);
        why.operands = {{0, cell, "x"}};
        why.recheck = static_cast<double>((*in[0])[in[0]->offset(cell)]);
        return why;
    }

  private:
    std::int64_t expert_;
};

/// Inputs: ids, weights, the experts' outputs in order of `experts`, then shared if `has_shared`.
template <class Real>
class Combine final : public Op<Real> {
  public:
    Combine(std::vector<int> slot_of_expert, bool has_shared, std::vector<double> gain)
        : slot_(std::move(slot_of_expert)), has_shared_(has_shared), gain_(std::move(gain)) {}

    std::string_view name() const override { return "combine"; }

    std::string_view source() const override { return "engine/ops/experts.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&ids = *in[0], &weights = *in[1];
        locate_rows(ids);
        const std::int64_t dim = in.back()->cols(), k = ids.cols();
        Shape shape = ids.shape();
        shape.back() = dim;
        Tensor<Real>& y = *out[0];
        y = has_shared_ ? *in.back() : Tensor<Real>(shape);
        DG_CHECK(y.shape() == shape);
        if (const Real g = shared_gain(); has_shared_ && g != Real(1))
            for (Real& v : y.storage()) v *= g;
        parallel_ranges(ids.rows(), 128, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t t = begin; t < end; ++t)
                for (std::int64_t i = 0; i < k; ++i) {
                    const Real w = weights.row(t)[i] * gain_of(ids, t, i);
                    const Real* from = expert_row(in, ids, t, i);
                    for (std::int64_t j = 0; j < dim; ++j) y.row(t)[j] = std::fma(w, from[j], y.row(t)[j]);
                }
        });
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const Tensor<Real>&ids = *in[0], &weights = *in[1], &dy = *dout[0];
        const std::int64_t dim = dy.cols(), k = ids.cols();
        // every (token, choice) owns one row of one expert's output: tokens can be shared out
        parallel_ranges(ids.rows(), 128, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t t = begin; t < end; ++t) {
                const Real* d = dy.row(t);
                for (std::int64_t i = 0; i < k; ++i) {
                    const Real* from = expert_row(in, ids, t, i);
                    const auto slot = static_cast<std::size_t>(slot_of(ids, t, i));
                    Real* to = din[slot]->row(row_[static_cast<std::size_t>(t * k + i)]);
                    const Real gain = gain_of(ids, t, i), w = weights.row(t)[i] * gain;
                    Real dot = 0;
                    for (std::int64_t j = 0; j < dim; ++j) dot = std::fma(d[j], from[j], dot);
                    for (std::int64_t j = 0; j < dim; ++j) to[j] = std::fma(w, d[j], to[j]);
                    din[1]->row(t)[i] += gain * dot;
                }
                if (has_shared_)
                    for (std::int64_t j = 0; j < dim; ++j) din.back()->row(t)[j] += shared_gain() * d[j];
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        const Tensor<Real>&ids = *in[0], &weights = *in[1];
        CellExplanation why;
        const bool changed = !gain_.empty();
        why.formula = std::string(changed ? R"(y = \sum_k g_k w_k o_k)" : R"(y = \sum_k w_k o_k)");
        if (has_shared_) why.formula += changed ? R"( + g_s o_{\mathrm{shared}})" : R"( + o_{\mathrm{shared}})";
        Index cell = at;
        cell.back() = 0;
        const std::int64_t t = ids.offset(cell) / ids.cols();
        for (std::int64_t i = 0; i < ids.cols(); ++i) {
            cell.back() = i;
            const int slot = slot_of(ids, t, i);
            const std::int64_t row = row_[static_cast<std::size_t>(t * ids.cols() + i)];
            why.operands.push_back({1, cell, "w"});
            why.operands.push_back({slot, {row, at.back()}, "o"});
            why.recheck += static_cast<double>(gain_of(ids, t, i)) * static_cast<double>(weights.row(t)[i]) * static_cast<double>(in[static_cast<std::size_t>(slot)]->row(row)[at.back()]);
        }
        if (has_shared_) {
            why.operands.push_back({static_cast<int>(in.size()) - 1, at, "o_{shared}"});
            why.recheck += static_cast<double>(shared_gain()) * static_cast<double>((*in.back())[in.back()->offset(at)]);
        }
        return why;
    }

  private:
    Real gain_of(const Tensor<Real>& ids, std::int64_t t, std::int64_t i) const {
        return gain_.empty() ? Real(1) : static_cast<Real>(gain_[static_cast<std::size_t>(ids.row(t)[i])]);
    }

    Real shared_gain() const { return gain_.size() > slot_.size() ? static_cast<Real>(gain_.back()) : Real(1); }

    /// row_[t*K + i]: the row of (token t, choice i) in its expert's gathered matrix.
    void locate_rows(const Tensor<Real>& ids) {
        std::vector<std::int64_t> used(slot_.size(), 0);
        row_.resize(static_cast<std::size_t>(ids.size()));
        for (std::int64_t i = 0; i < ids.size(); ++i) row_[static_cast<std::size_t>(i)] = used[static_cast<std::size_t>(ids[i])]++;
    }

    int slot_of(const Tensor<Real>& ids, std::int64_t t, std::int64_t i) const {
        return slot_[static_cast<std::size_t>(ids.row(t)[i])];
    }

    const Real* expert_row(Inputs<Real> in, const Tensor<Real>& ids, std::int64_t t, std::int64_t i) const {
        return in[static_cast<std::size_t>(slot_of(ids, t, i))]->row(row_[static_cast<std::size_t>(t * ids.cols() + i)]);
    }

    std::vector<int> slot_;  // input slot of every expert, -1 without tokens
    bool has_shared_;
    std::vector<double> gain_;
    std::vector<std::int64_t> row_;
};

}  // namespace

template <class Real>
TensorId gather(Tape<Real>& tape, TensorId x, TensorId topk_ids, std::int64_t expert, std::string name, std::string name_tokens) {
    return tape.run(std::make_unique<Gather<Real>>(expert), {x, topk_ids}, {std::move(name), std::move(name_tokens)}, {false, true}).front();
}

template <class Real>
TensorId combine(Tape<Real>& tape, TensorId topk_ids, TensorId topk_weights, const std::vector<TensorId>& expert_out, TensorId shared,
                 std::string name, std::vector<double> gain) {
    DG_CHECK(gain.empty() || gain.size() >= expert_out.size());
    std::vector<TensorId> in{topk_ids, topk_weights};
    std::vector<int> slot;
    for (const TensorId id : expert_out) {
        slot.push_back(id < 0 ? -1 : static_cast<int>(in.size()));
        if (id >= 0) in.push_back(id);
    }
    if (shared >= 0) in.push_back(shared);
    return tape.run1(std::make_unique<Combine<Real>>(std::move(slot), shared >= 0, std::move(gain)), std::move(in), std::move(name));
}

#define DG_INSTANTIATE(Real)                                                                               \
    template TensorId gather(Tape<Real>&, TensorId, TensorId, std::int64_t, std::string, std::string);     \
    template TensorId combine(Tape<Real>&, TensorId, TensorId, const std::vector<TensorId>&, TensorId, std::string, std::vector<double>);
DG_INSTANTIATE(float)
DG_INSTANTIATE(double)
#undef DG_INSTANTIATE

}  // namespace dg::ops
