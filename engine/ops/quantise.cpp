// x^ = s Q(x / s): the scales of a tensor's tiles and its quantised values, as two steps of a trace.
#include "engine/ops/quantise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::ops {
namespace {

constexpr const char* kSource = "engine/ops/quantise.cpp";
constexpr std::int64_t kMostOperands = 128;  // of a scale: a whole tile, or only the number that decides

/// Piece (r, c) of a tensor seen as a matrix.
struct Piece {
    std::int64_t row0, row1, col0, col1;
};

Piece piece_of(const Tensor<float>& x, const fp8::QuantSpec& spec, std::int64_t r, std::int64_t c) {
    const std::int64_t high = spec.tile_rows > 0 ? spec.tile_rows : x.rows(), wide = spec.tile_cols > 0 ? spec.tile_cols : x.cols();
    return {r * high, std::min((r + 1) * high, x.rows()), c * wide, std::min((c + 1) * wide, x.cols())};
}

/// s[r, c] = max(amax of the piece, 1e-4) / largest finite number. The result is a matrix over the pieces.
class Scales final : public Op<float> {
  public:
    explicit Scales(const fp8::QuantSpec& spec) : spec_(spec) {}

    std::string_view name() const override { return "fp8_scales"; }

    std::string_view source() const override { return kSource; }

    void forward(Inputs<float> in, Outputs<float> out) override {
        Tensor<float> unused = Tensor<float>::unset(in[0]->shape());
        fp8::fake_quantise(in[0]->data(), in[0]->rows(), in[0]->cols(), spec_, unused.data(), out[0]);
    }

    /// Scales are constants for the gradient.
    void backward(Inputs<float>, Inputs<float>, Inputs<float>, Outputs<float>) override {}

    CellExplanation explain(Inputs<float> in, Inputs<float>, int, const Index& at) const override {
        CellExplanation why;
        const Tensor<float>& x = *in[0];
        if (!spec_.scaled) {
            why.formula = "s = 1";
            why.recheck = 1;
            return why;
        }
        const char* largest = spec_.format == fp8::Format::kE4M3 ? "448" : "57344";
        why.formula = fmt::format(R"({}\frac{{\max |x_i|}}{{{}}})", spec_.ue8m0 ? R"(s = 2^k \ge )" : "s = ", largest);
        const Piece p = piece_of(x, spec_, at[0], at[1]);
        const bool all = (p.row1 - p.row0) * (p.col1 - p.col0) <= kMostOperands;
        double amax = 0;
        std::int64_t winner = p.row0 * x.cols() + p.col0;
        for (std::int64_t r = p.row0; r < p.row1; ++r)
            for (std::int64_t c = p.col0; c < p.col1; ++c) {
                const double magnitude = std::abs(static_cast<double>(x.row(r)[c]));
                if (all) why.operands.push_back({0, x.index_of(r * x.cols() + c), "x"});
                if (!std::isfinite(magnitude) || magnitude <= amax) continue;
                amax = magnitude;
                winner = r * x.cols() + c;
            }
        if (!all) why.operands.push_back({0, x.index_of(winner), "x"});
        why.recheck = std::max(amax, static_cast<double>(fp8::kAmaxFloor)) / static_cast<double>(fp8::max_finite(spec_.format));
        if (spec_.ue8m0) {
            double power = 1;
            while (power < why.recheck) power *= 2;
            while (power / 2 >= why.recheck) power /= 2;
            why.recheck = power;
        }
        return why;
    }

  private:
    fp8::QuantSpec spec_;
};

/// x^ = s Q(x / s).  Inputs: x, and its scales for FP8.
class Quantise final : public Op<float> {
  public:
    Quantise(const Numerics& numerics, const fp8::QuantSpec& spec) : numerics_(numerics), spec_(spec) {}

    [[nodiscard]] const Numerics& numerics() const { return numerics_; }

    [[nodiscard]] const fp8::QuantSpec& spec() const { return spec_; }

    std::string_view name() const override { return numerics_.fp8() ? "fp8_quantise" : "bf16_round"; }

    std::string_view source() const override { return kSource; }

    void forward(Inputs<float> in, Outputs<float> out) override {
        const Tensor<float>& x = *in[0];
        *out[0] = Tensor<float>::unset(x.shape());
        if (numerics_.fp8()) {
            fp8::fake_quantise(x.data(), x.rows(), x.cols(), spec_, out[0]->data());
        } else {
            fp8::round_bf16(x.data(), x.size(), out[0]->data());
        }
    }

    /// Straight-through: rounding counts as the identity.
    void backward(Inputs<float>, Inputs<float>, Inputs<float> dout, Outputs<float> din) override {
        for (std::int64_t i = 0; i < dout[0]->size(); ++i) (*din[0])[i] += (*dout[0])[i];
    }

    CellExplanation explain(Inputs<float> in, Inputs<float>, int, const Index& at) const override {
        CellExplanation why;
        const Tensor<float>& x = *in[0];
        const std::int64_t flat = x.offset(at);
        why.operands.push_back({0, at, "x"});
        if (!numerics_.fp8()) {
            why.formula = R"(\hat{x} = \mathrm{BF16}(x))";
            why.recheck = nearest_bf16(static_cast<double>(x[flat]));
            return why;
        }
        why.formula = fmt::format(R"(\hat{{x}} = s \cdot \mathrm{{{}}}(x / s))", spec_.format == fp8::Format::kE4M3 ? "E4M3" : "E5M2");
        const std::int64_t r = flat / x.cols(), c = flat % x.cols();
        const Index cell{spec_.tile_rows > 0 ? r / spec_.tile_rows : 0, spec_.tile_cols > 0 ? c / spec_.tile_cols : 0};
        why.operands.push_back({1, cell, "s"});
        const auto s = static_cast<double>((*in[1])[in[1]->offset(cell)]);
        why.recheck = s * nearest(static_cast<double>(x[flat]) / s);
        return why;
    }

  private:
    /// The nearest number of the format by search over its codes; ties to the even code.
    [[nodiscard]] double nearest(double v) const {
        const auto& table = fp8::decode_table(spec_.format);
        const auto largest = static_cast<double>(fp8::max_finite(spec_.format));
        // half a step beyond the largest number (its neighbours differ by a sixteenth or an eighth of 2^k)
        const double limit = spec_.format == fp8::Format::kE4M3 ? 464.0 : 61440.0;
        const double magnitude = std::abs(v);
        if (std::isnan(v)) return v;
        if (magnitude > limit || (magnitude == limit && spec_.format == fp8::Format::kE5M2)) {
            const double beyond = spec_.format == fp8::Format::kE4M3 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
            return std::copysign(spec_.saturate ? largest : beyond, v);
        }
        std::size_t best = 0;
        for (std::size_t code = 0; code < 128; ++code) {
            const auto value = static_cast<double>(table[code]);
            if (!std::isfinite(value)) continue;
            const double d = std::abs(value - magnitude), least = std::abs(static_cast<double>(table[best]) - magnitude);
            if (d < least || (d == least && code % 2 == 0)) best = code;
        }
        return std::copysign(static_cast<double>(table[best]), v);
    }

    static double nearest_bf16(double v) {
        if (!std::isfinite(v) || v == 0) return v;
        int exponent = 0;
        std::frexp(v, &exponent);
        // 8 significant bits; below 2^-126 the spacing stays 2^-133
        const double unit = std::ldexp(1.0, std::max(exponent - 8, -133));
        const double rounded = std::nearbyint(v / unit) * unit;
        return std::abs(rounded) >= 0x1p128 ? std::copysign(std::numeric_limits<double>::infinity(), v) : rounded;
    }

    Numerics numerics_;
    fp8::QuantSpec spec_;
};

const Quantise& quantiser(const Tape<float>& tape, const std::string& name) {
    const TensorId id = tape.find(name + ".quantised");
    const auto* op = id < 0 ? nullptr : dynamic_cast<const Quantise*>(tape.producer(id));
    if (op == nullptr) throw_bug(__FILE__, __LINE__, "no quantised tensor " + name);
    return *op;
}

}  // namespace

TensorId quantise(Tape<float>& tape, TensorId x, const Numerics& numerics, bool weight) {
    const std::string name = tape.name(x);
    if (const TensorId made = name.empty() ? -1 : tape.find(name + ".quantised"); made >= 0) return made;
    const auto named = [&](const char* suffix) { return name.empty() ? std::string() : name + suffix; };
    const fp8::QuantSpec spec = weight ? numerics.weights() : numerics.activations();
    if (!numerics.fp8()) return tape.run1(std::make_unique<Quantise>(numerics, spec), {x}, named(".quantised"));
    const TensorId scales = tape.run1(std::make_unique<Scales>(spec), {x}, named(".scales"));
    return tape.run1(std::make_unique<Quantise>(numerics, spec), {x, scales}, named(".quantised"));
}

std::vector<QuantisedTensor> quantised_tensors(const Tape<float>& tape) {
    std::vector<QuantisedTensor> all;
    constexpr std::string_view kSuffix = ".quantised";
    for (const std::string& name : tape.names()) {
        if (!name.ends_with(kSuffix)) continue;
        const auto* op = dynamic_cast<const Quantise*>(tape.producer(tape.find(name)));
        if (op == nullptr) continue;
        std::string source = name.substr(0, name.size() - kSuffix.size());
        const bool weight = tape.is_weight(tape.find(source));
        all.push_back({std::move(source), op->numerics(), op->spec(), weight});
    }
    return all;
}

fp8::Counters quantised_counters(const Tape<float>& tape, const QuantisedTensor& tensor) {
    const Quantise& op = quantiser(tape, tensor.name);
    const Tensor<float>&x = tape.value(tape.find(tensor.name)), &q = tape.value(tape.find(tensor.name + ".quantised"));
    if (op.numerics().fp8()) return fp8::count_losses(x, q, tape.value(tape.find(tensor.name + ".scales")), op.spec());
    return fp8::count_bf16_losses(x);
}

std::vector<std::uint8_t> quantised_codes(const Tape<float>& tape, const QuantisedTensor& tensor) {
    const Quantise& op = quantiser(tape, tensor.name);
    if (!op.numerics().fp8()) return {};
    return fp8::quantise(tape.value(tape.find(tensor.name)), op.spec()).codes;
}

}  // namespace dg::ops
