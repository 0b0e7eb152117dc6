// y = Q(x) Q(W)^T: FP8 and BF16 operands. For training one op with quantised gradients, for traces one op per step.
#include "engine/fp8/matmul.h"
#include "engine/ops/ops.h"
#include "engine/ops/product.h"
#include "engine/ops/quantise.h"
#include "engine/tensor/matmul.h"

namespace dg::ops {
namespace {

constexpr const char* kSource = "engine/ops/quantised_linear.cpp";

/// Q(x) for an operand whose pieces are `spec`; BF16 has no pieces.
Tensor<float> quantised_copy(const Tensor<float>& x, const Numerics& numerics, const fp8::QuantSpec& spec) {
    Tensor<float> q = Tensor<float>::unset(x.shape());
    if (numerics.fp8()) {
        fp8::fake_quantise(x.data(), x.rows(), x.cols(), spec, q.data());
    } else {
        fp8::round_bf16(x.data(), x.size(), q.data());
    }
    return q;
}

/// Forward, backward and both gradients in low precision (V3 figure 6).
class QuantisedLinear final : public Op<float> {
  public:
    QuantisedLinear(const Numerics& numerics, QuantisedInput input, bool exact_weight)
        : numerics_(numerics), input_(input), exact_weight_(exact_weight) {}

    std::string_view name() const override { return "quantised_linear"; }

    std::string_view source() const override { return kSource; }

    void forward(Inputs<float> in, Outputs<float> out) override {
        const Tensor<float>&x = *in[0], &w = *in[1];
        DG_CHECK_EQ(x.cols(), w.cols());
        if (!exact_weight_) w_ = quantised_copy(w, numerics_, numerics_.weights());
        if (input_ != QuantisedInput::kAsItIs) x_ = quantised_copy(x, numerics_, numerics_.activations());
        Shape shape = x.shape();
        shape.back() = w.rows();
        *out[0] = Tensor<float>::unset(std::move(shape));
        matmul(view(left(in)), view(right(in)).transposed(), view(*out[0]));
    }

    void backward(Inputs<float> in, Inputs<float>, Inputs<float> dout, Outputs<float> din) override {
        const Tensor<float>& dy = *dout[0];
        if (dy.rows() == 0) return;
        // Dgrad, dX = dY W: the inner dimension is the outputs, so dY has tiles along them
        const Tensor<float> along_outputs = quantised_copy(dy, numerics_, numerics_.activations());
        matmul(cview(along_outputs), view(right(in)), view(*din[0]), true);
        // Wgrad, dW = dY^T X: the inner dimension is the tokens. X is the copy kept since forward
        const Tensor<float> dy_tokens = quantised_copy(dy, numerics_, numerics_.tokens());
        const Tensor<float> x_tokens = quantised_copy(cached(in), numerics_, numerics_.tokens());
        matmul(cview(dy_tokens).transposed(), cview(x_tokens), view(*din[1]), true);
    }

    CellExplanation explain(Inputs<float> in, Inputs<float>, int, const Index& at) const override { return explain_product(left(in), right(in), at, kRoundedProduct); }

  private:
    const Tensor<float>& left(Inputs<float> in) const { return input_ == QuantisedInput::kAsItIs ? *in[0] : x_; }

    const Tensor<float>& right(Inputs<float> in) const { return exact_weight_ ? *in[1] : w_; }

    /// X as training keeps it for Wgrad: the FP8 copy, or E5M6 after attention, whose tiles are laid anew without a second loss.
    Tensor<float> cached(Inputs<float> in) const {
        if (input_ != QuantisedInput::kAttentionOutput || !numerics_.tiled()) return left(in);
        Tensor<float> kept = Tensor<float>::unset(in[0]->shape());
        fp8::fake_quantise_e5m6(in[0]->data(), in[0]->rows(), in[0]->cols(), numerics_.tile_or_default(), kept.data());
        return kept;
    }

    Numerics numerics_;
    QuantisedInput input_;
    bool exact_weight_;
    Tensor<float> x_, w_;
};

/// Products through the emulated accumulator. Inputs: x^, W^ (which explain), x, W (which are multiplied: codes and scales).
class LimitedLinear final : public Op<float> {
  public:
    LimitedLinear(const Numerics& numerics, const fp8::QuantisedMatrix* stored) : numerics_(numerics), stored_(stored) {}

    std::string_view name() const override { return "limited_linear"; }

    std::string_view source() const override { return kSource; }

    void forward(Inputs<float> in, Outputs<float> out) override {
        const Tensor<float>&x = *in[2], &w = *in[3];
        Shape shape = x.shape();
        shape.back() = w.rows();
        const fp8::QuantisedMatrix left = fp8::quantise(x, numerics_.activations());
        *out[0] = fp8::matmul_limited(left, stored_ != nullptr ? *stored_ : fp8::quantise(w, numerics_.weights()), numerics_.promotion());
        out[0]->reshape(std::move(shape));
    }

    /// The gradient of the exact product.
    void backward(Inputs<float> in, Inputs<float>, Inputs<float> dout, Outputs<float> din) override {
        if (dout[0]->rows() == 0) return;
        matmul(view(*dout[0]), view(*in[1]), view(*din[0]), true);
        matmul(view(*dout[0]).transposed(), view(*in[0]), view(*din[1]), true);
    }

    /// The recheck adds without the accumulator's cuts: the difference is what the accumulator lost.
    CellExplanation explain(Inputs<float> in, Inputs<float>, int, const Index& at) const override { return explain_product(*in[0], *in[1], at, kRoundedProduct); }

  private:
    Numerics numerics_;
    const fp8::QuantisedMatrix* stored_;
};

}  // namespace

template <>
TensorId quantised_linear(Tape<float>& tape, TensorId x, TensorId w, const Numerics& numerics, QuantisedInput input, const fp8::QuantisedMatrix* stored,
                          std::string name) {
    DG_CHECK(numerics.lossy());
    const bool limited = numerics.accumulator > 0 && input != QuantisedInput::kAsItIs;
    if (tape.mode() == Tape<float>::Mode::kTrain && !limited)
        return tape.run1(std::make_unique<QuantisedLinear>(numerics, input, stored != nullptr), {x, w}, std::move(name));
    const TensorId left = input == QuantisedInput::kAsItIs ? x : quantise(tape, x, numerics, false);
    const TensorId right = stored != nullptr ? w : quantise(tape, w, numerics, true);
    if (limited) return tape.run1(std::make_unique<LimitedLinear>(numerics, stored), {left, right, x, w}, std::move(name));
    return linear(tape, left, right, std::move(name), true);
}

template <>
TensorId quantise_weight(Tape<float>& tape, TensorId w, const Numerics& numerics) {
    return quantise(tape, w, numerics, true);
}

// number formats are studied in float; double is for gradient checks
template <>
TensorId quantised_linear(Tape<double>&, TensorId, TensorId, const Numerics&, QuantisedInput, const fp8::QuantisedMatrix*, std::string) {
    throw_bug(__FILE__, __LINE__, "low precision needs a float tape");
}

template <>
TensorId quantise_weight(Tape<double>&, TensorId, const Numerics&) {
    throw_bug(__FILE__, __LINE__, "low precision needs a float tape");
}

}  // namespace dg::ops
