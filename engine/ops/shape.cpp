// Ops that only move numbers: embedding rows, column slices, concatenation, token ranges, sums of two tensors.
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"

#include <algorithm>

namespace dg::ops {
namespace {

template <class Real>
class Embedding final : public Op<Real> {
  public:
    std::string_view name() const override { return "embedding"; }

    std::string_view source() const override { return "engine/ops/shape.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&ids = *in[0], &table = *in[1];
        Shape shape = ids.shape();
        shape.push_back(table.cols());
        *out[0] = Tensor<Real>::unset(std::move(shape));
        for (std::int64_t r = 0; r < ids.size(); ++r) {
            const auto id = static_cast<std::int64_t>(ids[r]);
            DG_CHECK(id >= 0 && id < table.rows());
            std::copy(table.row(id), table.row(id) + table.cols(), out[0]->row(r));
        }
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        // a row used twice gets both gradients, in token order
        for (std::int64_t r = 0; r < in[0]->size(); ++r) {
            Real* row = din[1]->row(static_cast<std::int64_t>((*in[0])[r]));
            for (std::int64_t i = 0; i < dout[0]->cols(); ++i) row[i] += dout[0]->row(r)[i];
        }
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(y_i = E_{id,i})";
        const Index token(at.begin(), at.end() - 1);
        const auto id = static_cast<std::int64_t>((*in[0])[in[0]->offset(token)]);
        why.operands = {{0, token, "id"}, {1, {id, at.back()}, "E"}};
        why.recheck = static_cast<double>(in[1]->row(id)[at.back()]);
        return why;
    }
};

template <class Real>
class Slice final : public Op<Real> {
  public:
    Slice(std::int64_t group, std::int64_t begin, std::int64_t end, bool keep_heads)
        : group_(group), begin_(begin), end_(end), keep_heads_(keep_heads) {}

    std::string_view name() const override { return "slice"; }

    std::string_view source() const override { return "engine/ops/shape.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>& x = *in[0];
        DG_CHECK_EQ(x.cols() % group_, 0);
        Shape shape = x.shape();
        shape.back() = x.cols() / group_;
        if (!keep_heads_) {
            DG_CHECK_EQ(shape.back(), 1);
            shape.pop_back();
        }
        shape.push_back(end_ - begin_);
        *out[0] = Tensor<Real>::unset(std::move(shape));
        const std::int64_t groups = x.size() / group_, width = end_ - begin_;
        for (std::int64_t g = 0; g < groups; ++g)
            std::copy(x.data() + g * group_ + begin_, x.data() + g * group_ + end_, out[0]->data() + g * width);
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const std::int64_t groups = in[0]->size() / group_, width = end_ - begin_;
        for (std::int64_t g = 0; g < groups; ++g)
            for (std::int64_t i = 0; i < width; ++i) din[0]->data()[g * group_ + begin_ + i] += dout[0]->data()[g * width + i];
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real> out, int, const Index& at) const override {
        const std::int64_t width = end_ - begin_, flat = out[0]->offset(at);
        CellExplanation why;
        why.formula = "y_i = x_j";
        why.operands = {{0, in[0]->index_of(flat / width * group_ + begin_ + flat % width), "x"}};
        why.recheck = static_cast<double>((*in[0])[in[0]->offset(why.operands[0].at)]);
        return why;
    }

  private:
    std::int64_t group_, begin_, end_;
    bool keep_heads_;
};

template <class Real>
class Add final : public Op<Real> {
  public:
    std::string_view name() const override { return "add"; }

    std::string_view source() const override { return "engine/ops/shape.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&a = *in[0], &b = *in[1];
        DG_CHECK(a.shape() == b.shape());
        *out[0] = Tensor<Real>::unset(a.shape());
        Real* y = out[0]->data();
        parallel_ranges(a.size(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) y[i] = a.data()[i] + b.data()[i];
        });
    }

    void backward(Inputs<Real>, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const Real* dy = dout[0]->data();
        parallel_ranges(dout[0]->size(), 1 << 15, [&](std::int64_t begin, std::int64_t end) {
            for (const auto& d : {din[0]->data(), din[1]->data()})
                for (std::int64_t i = begin; i < end; ++i) d[i] += dy[i];
        });
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = "y = a + b";
        why.operands = {{0, at, "a"}, {1, at, "b"}};
        why.recheck = static_cast<double>((*in[0])[in[0]->offset(at)]) + static_cast<double>((*in[1])[in[1]->offset(at)]);
        return why;
    }
};

template <class Real>
class Concat final : public Op<Real> {
  public:
    std::string_view name() const override { return "concat"; }

    std::string_view source() const override { return "engine/ops/shape.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>&a = *in[0], &b = *in[1];
        DG_CHECK_EQ(a.rows(), b.rows());
        Shape shape = a.shape();
        shape.back() += b.cols();
        *out[0] = Tensor<Real>::unset(std::move(shape));
        for (std::int64_t r = 0; r < a.rows(); ++r) {
            std::copy(a.row(r), a.row(r) + a.cols(), out[0]->row(r));
            std::copy(b.row(r), b.row(r) + b.cols(), out[0]->row(r) + a.cols());
        }
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const std::int64_t wa = in[0]->cols(), wb = in[1]->cols();
        for (std::int64_t r = 0; r < in[0]->rows(); ++r) {
            const Real* dy = dout[0]->row(r);
            for (std::int64_t i = 0; i < wa; ++i) din[0]->row(r)[i] += dy[i];
            for (std::int64_t i = 0; i < wb; ++i) din[1]->row(r)[i] += dy[wa + i];
        }
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        const std::int64_t wa = in[0]->cols();
        const int side = at.back() < wa ? 0 : 1;
        Index cell = at;
        cell.back() -= side == 0 ? 0 : wa;
        CellExplanation why;
        why.formula = "y = [a ; b]";
        why.operands = {{side, cell, side == 0 ? "a" : "b"}};
        const Tensor<Real>& source = *in[static_cast<std::size_t>(side)];
        why.recheck = static_cast<double>(source[source.offset(cell)]);
        return why;
    }
};

template <class Real>
class TakeTokens final : public Op<Real> {
  public:
    TakeTokens(std::int64_t begin, std::int64_t length) : begin_(begin), length_(length) {}

    std::string_view name() const override { return "take_tokens"; }

    std::string_view source() const override { return "engine/ops/shape.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        const Tensor<Real>& x = *in[0];
        DG_CHECK(begin_ >= 0 && length_ >= 0 && begin_ + length_ <= x.dim(1));
        Shape shape = x.shape();
        shape[1] = length_;
        *out[0] = Tensor<Real>::unset(shape);
        const std::int64_t step = x.size() / (x.dim(0) * x.dim(1));
        for (std::int64_t b = 0; b < x.dim(0); ++b) {
            const Real* from = x.data() + (b * x.dim(1) + begin_) * step;
            std::copy(from, from + length_ * step, out[0]->data() + b * length_ * step);
        }
    }

    void backward(Inputs<Real> in, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        const std::int64_t batch = in[0]->dim(0), tokens = in[0]->dim(1), step = in[0]->size() / (batch * tokens);
        for (std::int64_t b = 0; b < batch; ++b)
            for (std::int64_t i = 0; i < length_ * step; ++i)
                din[0]->data()[(b * tokens + begin_) * step + i] += dout[0]->data()[b * length_ * step + i];
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real>, int, const Index& at) const override {
        Index cell = at;
        cell[1] += begin_;
        CellExplanation why;
        why.formula = "y_t = x_u";
        why.operands = {{0, cell, "x"}};
        why.recheck = static_cast<double>((*in[0])[in[0]->offset(cell)]);
        return why;
    }

  private:
    std::int64_t begin_, length_;
};

template <class Real>
class MergeHeads final : public Op<Real> {
  public:
    explicit MergeHeads(std::int64_t width) : width_(width) {}

    std::string_view name() const override { return "merge_heads"; }

    std::string_view source() const override { return "engine/ops/shape.cpp"; }

    void forward(Inputs<Real> in, Outputs<Real> out) override {
        *out[0] = *in[0];
        out[0]->reshape({in[0]->dim(0), in[0]->dim(1), width_});
    }

    void backward(Inputs<Real>, Inputs<Real>, Inputs<Real> dout, Outputs<Real> din) override {
        for (std::int64_t i = 0; i < dout[0]->size(); ++i) (*din[0])[i] += (*dout[0])[i];
    }

    CellExplanation explain(Inputs<Real> in, Inputs<Real> out, int, const Index& at) const override {
        CellExplanation why;
        why.formula = "y_i = x_{h,e}";
        why.operands = {{0, in[0]->index_of(out[0]->offset(at)), "x"}};
        why.recheck = static_cast<double>((*in[0])[out[0]->offset(at)]);
        return why;
    }

  private:
    std::int64_t width_;
};

}  // namespace

template <class Real>
TensorId merge_heads(Tape<Real>& tape, TensorId x, std::int64_t width, std::string name) {
    return tape.run1(std::make_unique<MergeHeads<Real>>(width), {x}, std::move(name));
}

template <class Real>
TensorId embedding(Tape<Real>& tape, TensorId ids, TensorId table, std::string name) {
    return tape.run1(std::make_unique<Embedding<Real>>(), {ids, table}, std::move(name));
}

template <class Real>
TensorId slice(Tape<Real>& tape, TensorId x, std::int64_t group, std::int64_t begin, std::int64_t end, bool keep_heads,
               std::string name) {
    return tape.run1(std::make_unique<Slice<Real>>(group, begin, end, keep_heads), {x}, std::move(name));
}

template <class Real>
TensorId add(Tape<Real>& tape, TensorId a, TensorId b, std::string name) {
    return tape.run1(std::make_unique<Add<Real>>(), {a, b}, std::move(name));
}

template <class Real>
TensorId concat(Tape<Real>& tape, TensorId a, TensorId b, std::string name) {
    return tape.run1(std::make_unique<Concat<Real>>(), {a, b}, std::move(name));
}

template <class Real>
TensorId take_tokens(Tape<Real>& tape, TensorId x, std::int64_t begin, std::int64_t length, std::string name) {
    return tape.run1(std::make_unique<TakeTokens<Real>>(begin, length), {x}, std::move(name));
}

#define DG_INSTANTIATE(Real)                                                                                             \
    template TensorId embedding(Tape<Real>&, TensorId, TensorId, std::string);                                           \
    template TensorId slice(Tape<Real>&, TensorId, std::int64_t, std::int64_t, std::int64_t, bool, std::string);         \
    template TensorId add(Tape<Real>&, TensorId, TensorId, std::string);                                                 \
    template TensorId concat(Tape<Real>&, TensorId, TensorId, std::string);                                              \
    template TensorId merge_heads(Tape<Real>&, TensorId, std::int64_t, std::string);                                     \
    template TensorId take_tokens(Tape<Real>&, TensorId, std::int64_t, std::int64_t, std::string);
DG_INSTANTIATE(float)
DG_INSTANTIATE(double)
#undef DG_INSTANTIATE

}  // namespace dg::ops
