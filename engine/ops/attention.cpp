// The attention operator in three steps: scores, softmax, mix. Heads may own their keys or share them, so the same three
// ops serve MLA (naive and absorbed), MHA, GQA and MQA.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"
#include "engine/tensor/matmul.h"

#include <algorithm>
#include <limits>

namespace dg::ops {
namespace {

/// One head of [B,T,D] (shared) or [B,T,G,D] as a matrix [T,D]; head h of H uses key head h*G/H.
template <class T>
auto head_matrix(T& t, std::int64_t b, std::int64_t h, std::int64_t heads) {
    const std::int64_t groups = t.rank() == 4 ? t.dim(2) : 1, width = t.cols(), tokens = t.dim(1);
    const std::int64_t g = h * groups / heads;
    return decltype(view(t)){t.data() + (b * tokens * groups + g) * width, tokens, width, groups * width, 1};
}

/// Attention matrices are zero above the diagonal: they are multiplied in blocks of rows that stop there. Adding a product
/// with an exact zero changes no bit, so the blocks are invisible in the result.
constexpr std::int64_t kCausalBlock = 48;

template <class Body>
void for_blocks(std::int64_t tokens, const Body& body) {
    for (std::int64_t begin = 0; begin < tokens; begin += kCausalBlock) body(begin, std::min(begin + kCausalBlock, tokens));
}

template <class T>
View<T> block_of(View<T> v, std::int64_t row, std::int64_t row_end, std::int64_t col, std::int64_t col_end) {
    return {v.data + row * v.row_stride + col * v.col_stride, row_end - row, col_end - col, v.row_stride, v.col_stride};
}

template <class T>
View<T> rows_of(View<T> v, std::int64_t begin, std::int64_t end) {
    return block_of(v, begin, end, 0, v.cols);
}

/// Runs of heads that share one key head: their gradients add up, so one worker owns the run.
std::int64_t shared_heads(std::int64_t heads, std::int64_t groups) { return heads / groups; }

template <class Real>
std::int64_t key_groups(const Tensor<Real>& k) {
    return k.rank() == 4 ? k.dim(2) : 1;
}

/// Cell of a key tensor for (b, u, head).
template <class Real>
Index key_cell(const Tensor<Real>& k, std::int64_t b, std::int64_t u, std::int64_t h, std::int64_t heads, std::int64_t i) {
    if (k.rank() == 3) return {b, u, i};
    return {b, u, h * k.dim(2) / heads, i};
}

template <class Real>
class Scores final : public Op<Real> {
  public:
    Scores(double scale, bool causal) : scale_(scale), causal_(causal) {}

    std::string_view name() const override { return "attention_scores"; }

    std::string_view source() const override { return "engine/ops/attention.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>& q = *in[0];
        const std::int64_t batch = q.dim(0), tokens = q.dim(1), heads = q.dim(2);
        for (std::size_t i = 0; i < in.size(); i += 2) DG_CHECK_EQ(in[i]->cols(), in[i + 1]->cols());
        Tensor<Real>& s = *out[0];
        s = Tensor<Real>::unset({batch, heads, tokens, tokens});
        parallel_for(batch * heads, 2 * s.size() * q.cols(), [&](std::int64_t n) {
            const std::int64_t b = n / heads, h = n % heads;
            const View<Real> sh{s.data() + n * tokens * tokens, tokens, tokens, tokens, 1};
            for (std::size_t i = 0; i < in.size(); i += 2) {
                const View<const Real> q_h = head_matrix(*in[i], b, h, heads), k_h = head_matrix(*in[i + 1], b, h, heads);
                for_blocks(tokens, [&](std::int64_t begin, std::int64_t end) {
                    const std::int64_t seen = causal_ ? end : tokens;
                    matmul(rows_of(q_h, begin, end), rows_of(k_h, 0, seen).transposed(), block_of(sh, begin, end, 0, seen), i > 0);
                });
            }
            for (std::int64_t t = 0; t < tokens; ++t) {
                Real* row = sh.data + t * tokens;
                const std::int64_t seen = causal_ ? t + 1 : tokens;
                for (std::int64_t u = 0; u < seen; ++u) row[u] *= static_cast<Real>(scale_);
                std::fill(row + seen, row + tokens, -std::numeric_limits<Real>::infinity());
            }
        });
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const std::int64_t batch = in[0]->dim(0), tokens = in[0]->dim(1), heads = in[0]->dim(2);
        // forward was: S = scale * sum_i Q_i K_i^T below the diagonal. dS is scaled and masked once per head.
        std::int64_t run = 1;
        for (std::size_t i = 1; i < in.size(); i += 2) run = std::max(run, shared_heads(heads, key_groups(*in[i])));
        parallel_for(batch * heads / run, 4 * dout[0]->size() * in[0]->cols(), [&](std::int64_t job) {
            typename Tensor<Real>::Storage ds(static_cast<std::size_t>(tokens * tokens));
            for (std::int64_t n = job * run; n < (job + 1) * run; ++n) {
                const std::int64_t b = n / heads, h = n % heads;
                const Real* d = dout[0]->data() + n * tokens * tokens;
                for (std::int64_t t = 0; t < tokens; ++t) {
                    Real* row = ds.data() + t * tokens;
                    const std::int64_t seen = causal_ ? t + 1 : tokens;
                    for (std::int64_t u = 0; u < seen; ++u) row[u] = d[t * tokens + u] * static_cast<Real>(scale_);
                    std::fill(row + seen, row + tokens, Real(0));
                }
                const View<const Real> dsv{ds.data(), tokens, tokens, tokens, 1};
                for (std::size_t i = 0; i < in.size(); i += 2) {
                    const View<const Real> q_h = head_matrix(*in[i], b, h, heads), k_h = head_matrix(*in[i + 1], b, h, heads);
                    const View<Real> dq = head_matrix(*din[i], b, h, heads), dk = head_matrix(*din[i + 1], b, h, heads);
                    for_blocks(tokens, [&](std::int64_t begin, std::int64_t end) {
                        const std::int64_t seen = causal_ ? end : tokens, first = causal_ ? begin : 0;
                        matmul(block_of(dsv, begin, end, 0, seen), rows_of(k_h, 0, seen), rows_of(dq, begin, end), true);
                        matmul(block_of(dsv, first, tokens, begin, end).transposed(), rows_of(q_h, first, tokens), rows_of(dk, begin, end), true);
                    });
                }
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        const std::int64_t b = at[0], h = at[1], t = at[2], u = at[3], heads = in[0]->dim(2);
        if (causal_ && u > t) {
            why.formula = R"(s_{t,u} = -\infty, u > t)";
            why.recheck = -std::numeric_limits<double>::infinity();
            return why;
        }
        why.formula = in.size() > 2 ? R"(s_{t,u} = \alpha ( \sum_i q_{t,i} k_{u,i} + \sum_i q^R_{t,i} k^R_{u,i} ))" : R"(s_{t,u} = \alpha \sum_i q_{t,i} k_{u,i})";
        for (std::size_t slot = 0; slot < in.size(); slot += 2) {
            const Tensor<Real>&q = *in[slot], &k = *in[slot + 1];
            for (std::int64_t i = 0; i < q.cols(); ++i) {
                const Index qc{b, t, h, i}, kc = key_cell(k, b, u, h, heads, i);
                why.operands.push_back({static_cast<int>(slot), qc, slot == 0 ? "q" : "q^R"});
                why.operands.push_back({static_cast<int>(slot) + 1, kc, slot == 0 ? "k" : "k^R"});
                why.recheck += static_cast<double>(q[q.offset(qc)]) * static_cast<double>(k[k.offset(kc)]);
            }
        }
        why.recheck *= scale_;
        return why;
    }

  private:
    double scale_;
    bool causal_;
};

template <class Real>
class Softmax final : public Op<Real> {
  public:
    explicit Softmax(bool reuse) : reuse_(reuse) {}

    std::string_view name() const override { return "softmax"; }

    std::string_view source() const override { return "engine/ops/attention.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        Tensor<Real>& y = *out[0];
        if (reuse_) {
            // training: the scores' own buffer becomes the weights; the scores' backward does not read it
            y = std::move(const_cast<Tensor<Real>&>(*in[0]));
            const_cast<Tensor<Real>&>(*in[0]) = Tensor<Real>();
        } else {
            y = Tensor<Real>::unset(in[0]->shape());
        }
        const Tensor<Real>& x = reuse_ ? y : *in[0];
        const std::int64_t width = y.cols();
        shape_ = y.shape();
        parallel_ranges(y.rows(), 128, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = begin; r < end; ++r) {
                std::int64_t live = width;
                while (live > 1 && x.row(r)[live - 1] == -std::numeric_limits<Real>::infinity()) --live;
                softmax_row(x.row(r), y.row(r), live, width);
            }
        });
    }

    void backward(Inputs<Real>, Inputs<Real> out, Inputs<Real> dout, Outputs<Real> din) override {
        // forward was: p = softmax(x), so dx = p * (dp - sum(p * dp))
        const Tensor<Real>&p = *out[0], &dp = *dout[0];
        if (din[0]->empty()) *din[0] = Tensor<Real>(shape_);
        parallel_ranges(p.rows(), 128, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t r = begin; r < end; ++r) {
                const Real *pr = p.row(r), *dpr = dp.row(r);
                // weights that are exactly 0 (masked) have no gradient
                std::int64_t live = p.cols();
                while (live > 1 && pr[live - 1] == Real(0)) --live;
                const Real mean = dot(pr, dpr, live);
                for (std::int64_t i = 0; i < live; ++i) din[0]->row(r)[i] += pr[i] * (dpr[i] - mean);
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(p_i = \frac{e^{s_i}}{\sum_j e^{s_j}})";
        const Tensor<Real>& x = *in[0];
        Index cell = at;
        double top = -std::numeric_limits<double>::infinity(), sum = 0;
        for (std::int64_t j = 0; j < x.cols(); ++j) {
            cell.back() = j;
            top = std::max(top, static_cast<double>(x[x.offset(cell)]));
        }
        for (std::int64_t j = 0; j < x.cols(); ++j) {
            cell.back() = j;
            const auto s = static_cast<double>(x[x.offset(cell)]);
            if (s == -std::numeric_limits<double>::infinity()) continue;
            why.operands.push_back({0, cell, "s"});
            sum += std::exp(s - top);
        }
        why.recheck = std::exp(static_cast<double>(x[x.offset(at)]) - top) / sum;
        return why;
    }

  private:
    bool reuse_;
    Shape shape_;
};

template <class Real>
class Mix final : public Op<Real> {
  public:
    Mix(std::vector<double> gain, bool causal) : gain_(std::move(gain)), causal_(causal) {}

    std::string_view name() const override { return "attention_mix"; }

    std::string_view source() const override { return "engine/ops/attention.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&p = *in[0], &v = *in[1];
        const std::int64_t batch = p.dim(0), heads = p.dim(1), tokens = p.dim(2);
        DG_CHECK_EQ(v.dim(1), tokens);
        *out[0] = Tensor<Real>::unset({batch, tokens, heads, v.cols()});
        parallel_for(batch * heads, 2 * p.size() * v.cols(), [&](std::int64_t n) {
            const std::int64_t b = n / heads, h = n % heads;
            const View<Real> o = head_matrix(*out[0], b, h, heads);
            const View<const Real> ph = probs_of(p, n), vh = head_matrix(v, b, h, heads);
            for_blocks(tokens, [&](std::int64_t begin, std::int64_t end) {
                const std::int64_t seen = causal_ ? end : tokens;
                matmul(block_of(ph, begin, end, 0, seen), rows_of(vh, 0, seen), rows_of(o, begin, end));
            });
            if (const auto g = static_cast<Real>(gain(h)); g != Real(1))
                for (std::int64_t t = 0; t < tokens; ++t)
                    for (std::int64_t i = 0; i < o.cols; ++i) o(t, i) *= g;
        });
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        // forward was: O = g P V, so dP = g dO V^T and dV = g P^T dO
        const Tensor<Real>&p = *in[0], &v = *in[1];
        const std::int64_t batch = p.dim(0), heads = p.dim(1), tokens = p.dim(2), run = shared_heads(heads, key_groups(v));
        parallel_for(batch * heads / run, 4 * p.size() * v.cols(), [&](std::int64_t job) {
            typename Tensor<Real>::Storage scaled(static_cast<std::size_t>(tokens * v.cols()));
            for (std::int64_t n = job * run; n < (job + 1) * run; ++n) {
                const std::int64_t b = n / heads, h = n % heads;
                const View<const Real> d = head_matrix(*dout[0], b, h, heads);
                const View<Real> s{scaled.data(), tokens, v.cols(), v.cols(), 1};
                for (std::int64_t t = 0; t < tokens; ++t)
                    for (std::int64_t i = 0; i < v.cols(); ++i) s(t, i) = d(t, i) * static_cast<Real>(gain(h));
                const View<const Real> dov{scaled.data(), tokens, v.cols(), v.cols(), 1};
                const View<const Real> ph = probs_of(p, n), vh = head_matrix(v, b, h, heads);
                const View<Real> dp{din[0]->data() + n * tokens * tokens, tokens, tokens, tokens, 1}, dv = head_matrix(*din[1], b, h, heads);
                for_blocks(tokens, [&](std::int64_t begin, std::int64_t end) {
                    const std::int64_t seen = causal_ ? end : tokens, first = causal_ ? begin : 0;
                    matmul(rows_of(dov, begin, end), rows_of(vh, 0, seen).transposed(), block_of(dp, begin, end, 0, seen), true);
                    matmul(block_of(ph, first, tokens, begin, end).transposed(), rows_of(dov, first, tokens), rows_of(dv, begin, end), true);
                });
            }
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(o_{t,i} = \sum_u p_{t,u} v_{u,i})";
        const Tensor<Real>&p = *in[0], &v = *in[1];
        const std::int64_t b = at[0], t = at[1], h = at[2], heads = p.dim(1);
        for (std::int64_t u = 0; u < (causal_ ? t + 1 : p.cols()); ++u) {
            const Index pc{b, h, t, u}, vc = key_cell(v, b, u, h, heads, at[3]);
            why.operands.push_back({0, pc, "p"});
            why.operands.push_back({1, vc, "v"});
            why.recheck += static_cast<double>(p[p.offset(pc)]) * static_cast<double>(v[v.offset(vc)]);
        }
        why.recheck *= gain(h);
        return why;
    }

  private:
    [[nodiscard]] double gain(std::int64_t h) const { return gain_.empty() ? 1.0 : gain_[static_cast<std::size_t>(h)]; }

    static View<const Real> probs_of(const Tensor<Real>& p, std::int64_t n) {
        const std::int64_t tokens = p.cols();
        return {p.data() + n * tokens * tokens, tokens, tokens, tokens, 1};
    }

    std::vector<double> gain_;
    bool causal_;
};

}  // namespace

template <class Real>
TensorId attention_scores(Tape<Real>& tape, TensorId q_a, TensorId k_a, TensorId q_b, TensorId k_b, double scale, std::string name, bool causal) {
    std::vector<TensorId> in{q_a, k_a};
    if (q_b >= 0) in.insert(in.end(), {q_b, k_b});
    return tape.run1(std::make_unique<Scores<Real>>(scale, causal), std::move(in), std::move(name));
}

template <class Real>
TensorId softmax(Tape<Real>& tape, TensorId x, std::string name) {
    const bool reuse = tape.mode() == Tape<Real>::Mode::kTrain;
    return tape.run1(std::make_unique<Softmax<Real>>(reuse), {x}, std::move(name));
}

template <class Real>
TensorId attention_mix(Tape<Real>& tape, TensorId probs, TensorId v, std::vector<double> gain, std::string name, bool causal) {
    return tape.run1(std::make_unique<Mix<Real>>(std::move(gain), causal), {probs, v}, std::move(name));
}

#define DG_INSTANTIATE(Real)                                                                                        \
    template TensorId attention_scores(Tape<Real>&, TensorId, TensorId, TensorId, TensorId, double, std::string, bool); \
    template TensorId softmax(Tape<Real>&, TensorId, std::string);                                                  \
    template TensorId attention_mix(Tape<Real>&, TensorId, TensorId, std::vector<double>, std::string, bool);
DG_INSTANTIATE(float)
DG_INSTANTIATE(double)
#undef DG_INSTANTIATE

}  // namespace dg::ops
