#include "sim/fp8_lab/schemes.h"

#include <algorithm>
#include <cmath>

namespace dg::sim::fp8_lab {
namespace {

constexpr const char* kSource = "sim/fp8_lab/schemes.cpp";

/// y = x as a matrix, one cell replaced by hand.
class Place final : public Op<float> {
  public:
    explicit Place(std::optional<Outlier> outlier) : outlier_(outlier) {}

    std::string_view name() const override { return "place_outlier"; }

    std::string_view source() const override { return kSource; }

    void forward(Inputs<float> in, Outputs<float> out) override {
        *out[0] = *in[0];
        out[0]->reshape({in[0]->rows(), in[0]->cols()});
        if (outlier_) out[0]->row(outlier_->row)[outlier_->col] = outlier_->value;
    }

    /// The replaced cell does not depend on x.
    void backward(Inputs<float>, Inputs<float>, Inputs<float> dout, Outputs<float> din) override {
        const std::int64_t placed = outlier_ ? outlier_->row * dout[0]->cols() + outlier_->col : -1;
        for (std::int64_t i = 0; i < dout[0]->size(); ++i) {
            if (i != placed) (*din[0])[i] += (*dout[0])[i];
        }
    }

    CellExplanation explain(Inputs<float> in, Inputs<float>, int, const Index& at) const override {
        CellExplanation why;
        if (outlier_ && at[0] == outlier_->row && at[1] == outlier_->col) {
            why.formula = R"(x = \mathrm{outlier})";
            why.recheck = static_cast<double>(outlier_->value);
            return why;
        }
        const std::int64_t flat = at[0] * in[0]->cols() + at[1];
        why.formula = "x = x_0";
        why.operands.push_back({0, in[0]->index_of(flat), "x_0"});
        why.recheck = static_cast<double>((*in[0])[flat]);
        return why;
    }

  private:
    std::optional<Outlier> outlier_;
};

/// The number of a format nearest to v, by search; beyond the ends as encode() has it.
double nearest_e4m3(double v, bool saturate) {
    if (std::isnan(v)) return v;
    if (std::abs(v) > 464) return std::copysign(saturate ? 448.0 : std::nan(""), v);
    double best = 0;
    bool even = true;
    for (std::uint8_t code = 0; code < 0x7F; ++code) {
        const auto value = static_cast<double>(fp8::decode(fp8::Format::kE4M3, code));
        const double d = std::abs(value - std::abs(v)), least = std::abs(best - std::abs(v));
        if (d < least || (d == least && code % 2 == 0 && !even)) best = value, even = code % 2 == 0;
    }
    return std::copysign(best, v);
}

/// x^ = s E4M3(x / s) with a scale [1,1] made elsewhere.
class CastWithScale final : public Op<float> {
  public:
    explicit CastWithScale(bool saturate) : saturate_(saturate) {}

    std::string_view name() const override { return "fp8_cast"; }

    std::string_view source() const override { return kSource; }

    void forward(Inputs<float> in, Outputs<float> out) override {
        *out[0] = *in[0];
        const float s = (*in[1])[0], inverse = 1.0F / s;
        for (float& v : out[0]->storage()) v = fp8::decode(fp8::Format::kE4M3, fp8::encode(fp8::Format::kE4M3, v * inverse, saturate_)) * s;
    }

    /// Straight-through: rounding counts as the identity.
    void backward(Inputs<float>, Inputs<float>, Inputs<float> dout, Outputs<float> din) override {
        for (std::int64_t i = 0; i < dout[0]->size(); ++i) (*din[0])[i] += (*dout[0])[i];
    }

    CellExplanation explain(Inputs<float> in, Inputs<float>, int, const Index& at) const override {
        CellExplanation why;
        why.formula = R"(\hat{x} = s \cdot \mathrm{E4M3}(x / s))";
        why.operands = {{0, at, "x"}, {1, {0, 0}, "s"}};
        const auto s = static_cast<double>((*in[1])[0]);
        why.recheck = s * nearest_e4m3(static_cast<double>((*in[0])[in[0]->offset(at)]) / s, saturate_);
        return why;
    }

  private:
    bool saturate_;
};

/// Scale s = amax / 127 of the piece and x^ = s round(x / s): two outputs.
class Int8 final : public Op<float> {
  public:
    Int8(std::int64_t tile_rows, std::int64_t tile_cols) : tile_rows_(tile_rows), tile_cols_(tile_cols) {}

    std::string_view name() const override { return "int8_quantise"; }

    std::string_view source() const override { return kSource; }

    void forward(Inputs<float> in, Outputs<float> out) override {
        const Tensor<float>& x = *in[0];
        const fp8::QuantSpec spec{.tile_rows = tile_rows_, .tile_cols = tile_cols_};
        *out[0] = Tensor<float>(fp8::scale_shape(x.rows(), x.cols(), spec));
        for (std::int64_t i = 0; i < x.size(); ++i) {
            float& s = out[0]->row(piece_row(i / x.cols()))[piece_col(i % x.cols())];
            if (std::isfinite(x[i])) s = std::max(s, std::abs(x[i]) / 127.0F);
        }
        *out[1] = fp8::fake_quantise_int8(x, tile_rows_, tile_cols_);
    }

    /// Straight-through for the values; scales are constants.
    void backward(Inputs<float>, Inputs<float>, Inputs<float> dout, Outputs<float> din) override {
        for (std::int64_t i = 0; i < dout[1]->size(); ++i) (*din[0])[i] += (*dout[1])[i];
    }

    CellExplanation explain(Inputs<float> in, Inputs<float>, int which, const Index& at) const override {
        CellExplanation why;
        const Tensor<float>& x = *in[0];
        const Index top = largest(x, which == 0 ? at : Index{piece_row(at[0]), piece_col(at[1])});
        const double amax = std::abs(static_cast<double>(x[x.offset(top)])), s = amax / 127;
        if (which == 0) {
            why.formula = R"(s = \frac{\max |x_i|}{127})";
            why.operands = {{0, top, "x"}};
            why.recheck = s;
            return why;
        }
        why.formula = R"(\hat{x} = s \cdot \mathrm{round}(x / s))";
        why.operands = {{0, at, "x"}, {0, top, R"(x_{\max})"}};
        why.recheck = s > 0 ? std::nearbyint(static_cast<double>(x[x.offset(at)]) / s) * s : 0;
        return why;
    }

  private:
    [[nodiscard]] std::int64_t piece_row(std::int64_t r) const { return tile_rows_ > 0 ? r / tile_rows_ : 0; }

    [[nodiscard]] std::int64_t piece_col(std::int64_t c) const { return tile_cols_ > 0 ? c / tile_cols_ : 0; }

    /// The cell of a piece that decides its scale.
    [[nodiscard]] Index largest(const Tensor<float>& x, const Index& piece) const {
        const std::int64_t high = tile_rows_ > 0 ? tile_rows_ : x.rows(), wide = tile_cols_ > 0 ? tile_cols_ : x.cols();
        Index best{piece[0] * high, piece[1] * wide};
        for (std::int64_t r = piece[0] * high; r < std::min((piece[0] + 1) * high, x.rows()); ++r)
            for (std::int64_t c = piece[1] * wide; c < std::min((piece[1] + 1) * wide, x.cols()); ++c)
                if (std::isfinite(x.row(r)[c]) && !(std::abs(x.row(r)[c]) <= std::abs(x.row(best[0])[best[1]]))) best = {r, c};
        return best;
    }

    std::int64_t tile_rows_, tile_cols_;
};

Numerics numerics_of(const Storage& how) {
    Numerics n{.kind = NumericsKind::kFp8, .tile = how.tile, .ue8m0 = how.ue8m0, .saturate = how.saturate};
    if (how.scheme == Scheme::kRaw) n.kind = NumericsKind::kFp8Raw;
    if (how.scheme == Scheme::kTensor || how.scheme == Scheme::kYesterday) n.kind = NumericsKind::kFp8Tensor;
    if (how.scheme == Scheme::kE5M2) n.kind = NumericsKind::kFp8E5M2;
    if (how.scheme == Scheme::kBf16) n.kind = NumericsKind::kBf16;
    return n;
}

bool is_int8(Scheme s) { return s == Scheme::kInt8Tensor || s == Scheme::kInt8Tile; }

/// Runs the scheme's ops and fills names, format and extents of the pieces.
void run_scheme(Tape<float>& tape, TensorId source, TensorId x, const std::string& prefix, Stored& s) {
    const Storage& how = s.how;
    s.scales = s.x + ".scales", s.quantised = s.x + ".quantised";
    if (is_int8(how.scheme)) {
        s.tile_rows = how.scheme == Scheme::kInt8Tile ? 1 : 0, s.tile_cols = how.scheme == Scheme::kInt8Tile ? how.tile : 0;
        tape.run(std::make_unique<Int8>(s.tile_rows, s.tile_cols), {x}, {s.scales, s.quantised});
        return;
    }
    s.format = fp8::find_format(how.scheme == Scheme::kE5M2 ? "e5m2" : how.scheme == Scheme::kBf16 ? "bf16" : "e4m3");
    const Numerics numerics = numerics_of(how);
    const bool square = how.scheme == Scheme::kBlock;
    if (how.scheme == Scheme::kBf16) {
        ops::quantise(tape, x, numerics, false);
        s.scales.clear();
        return;
    }
    const fp8::QuantSpec spec = square ? numerics.weights() : numerics.activations();
    s.tile_rows = spec.scaled ? spec.tile_rows : 0, s.tile_cols = spec.scaled ? spec.tile_cols : 0;
    if (how.scheme != Scheme::kYesterday) {
        ops::quantise(tape, x, numerics, square);
        return;
    }
    const TensorId before = tape.run1(std::make_unique<Place>(std::nullopt), {source}, prefix + "before");
    ops::quantise(tape, before, numerics, false);
    s.scales = prefix + "before.scales";
    tape.run1(std::make_unique<CastWithScale>(how.saturate), {x, tape.find(s.scales)}, s.quantised);
}

Fate fate_of(const Tape<float>& tape, const Stored& s, std::int64_t row, std::int64_t col) {
    const CellSteps c = steps_of(tape, s, row, col);
    if (std::isnan(c.x)) return kNan;
    if (s.format != nullptr && !std::isfinite(fp8::decode(*s.format, fp8::encode(*s.format, c.scaled, false)))) return kOverflow;
    return c.x != 0 && c.result == 0 ? kUnderflow : kKept;
}

void count_losses(const Tape<float>& tape, Stored& s, const std::optional<Outlier>& outlier) {
    const Tensor<float>&x = tape.value(tape.find(s.x)), &q = tape.value(tape.find(s.quantised));
    const std::int64_t placed = outlier ? outlier->row * x.cols() + outlier->col : -1;
    double lost = 0, all = 0, lost_others = 0, all_others = 0;
    std::int64_t zeros = 0;
    s.loss.count = x.size();
    s.fates.resize(static_cast<std::size_t>(x.size()));
    for (std::int64_t i = 0; i < x.size(); ++i) {
        const Fate fate = fate_of(tape, s, i / x.cols(), i % x.cols());
        s.fates[static_cast<std::size_t>(i)] = fate;
        s.loss.overflow += fate == kOverflow, s.loss.underflow += fate == kUnderflow;
        s.loss.nan += std::isnan(q[i]);
        zeros += fate == kUnderflow && i != placed;
        if (!std::isfinite(x[i])) continue;
        s.loss.amax = std::max(s.loss.amax, std::abs(static_cast<double>(x[i])));
        if (!std::isfinite(q[i])) continue;
        const double d = static_cast<double>(q[i]) - static_cast<double>(x[i]), square = static_cast<double>(x[i]) * static_cast<double>(x[i]);
        lost += d * d, all += square;
        if (i != placed) lost_others += d * d, all_others += square;
    }
    s.loss.error = all > 0 ? std::sqrt(lost / all) : 0;
    s.loss.error_others = all_others > 0 ? std::sqrt(lost_others / all_others) : 0;
    const std::int64_t others = x.size() - (placed >= 0 ? 1 : 0);
    s.loss.zeros_others = others > 0 ? static_cast<double>(zeros) / static_cast<double>(others) : 0;
}

}  // namespace

std::span<const std::string> scheme_names() {
    static const std::vector<std::string> kNames = {"raw", "tensor", "tile", "block", "e5m2", "yesterday", "int8", "int8-tile", "bf16"};
    return kNames;
}

std::optional<Scheme> scheme_by_name(std::string_view name) {
    const auto names = scheme_names();
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Scheme>(found - names.begin());
}

Stored store(Tape<float>& tape, TensorId source, const std::string& prefix, const Storage& how, const std::optional<Outlier>& outlier) {
    Stored s{.how = how, .x = prefix + "x", .scales = {}, .quantised = {}, .fates = {}, .loss = {}};
    const TensorId x = tape.run1(std::make_unique<Place>(outlier), {source}, s.x);
    run_scheme(tape, source, x, prefix, s);
    count_losses(tape, s, outlier);
    return s;
}

CellSteps steps_of(const Tape<float>& tape, const Stored& s, std::int64_t row, std::int64_t col) {
    CellSteps c;
    const float x = tape.value(tape.find(s.x)).row(row)[col];
    float scale = 1;
    if (!s.scales.empty()) {
        c.scale_row = s.tile_rows > 0 ? row / s.tile_rows : 0, c.scale_col = s.tile_cols > 0 ? col / s.tile_cols : 0;
        scale = tape.value(tape.find(s.scales)).row(c.scale_row)[c.scale_col];
    }
    // as the quantiser does it: times the reciprocal, in f32
    const float scaled = scale > 0 ? x * (1.0F / scale) : 0.0F;
    c.x = static_cast<double>(x), c.scale = static_cast<double>(scale), c.scaled = static_cast<double>(scaled);
    c.result = static_cast<double>(tape.value(tape.find(s.quantised)).row(row)[col]);
    if (s.format == nullptr) {
        c.decoded = scale > 0 ? std::nearbyint(c.result / c.scale) : 0;
        c.code = static_cast<std::uint32_t>(static_cast<std::int32_t>(std::isfinite(c.decoded) ? c.decoded : 0)) & 0xFFU;
    } else {
        c.code = fp8::encode(*s.format, c.scaled, s.how.saturate && s.how.scheme != Scheme::kBf16);
        c.decoded = fp8::decode(*s.format, c.code);
    }
    return c;
}

RangeLoss cast_loss(const Tensor<float>& x, fp8::Format format, int shift, bool saturate) {
    RangeLoss loss{.shift = shift};
    const double factor = std::ldexp(1.0, shift);
    double lost = 0, all = 0;
    std::int64_t over = 0, under = 0, some = 0;
    for (const float v : x.values()) {
        if (!std::isfinite(v) || v == 0) continue;
        ++some;
        const double wanted = static_cast<double>(v) * factor;
        const auto cast = static_cast<float>(wanted);
        const auto open = static_cast<double>(fp8::decode(format, fp8::encode(format, cast, false)));
        const auto got = static_cast<double>(fp8::decode(format, fp8::encode(format, cast, saturate)));
        over += !std::isfinite(open), under += got == 0;
        if (std::isfinite(got)) lost += (got - wanted) * (got - wanted);
        all += wanted * wanted;
    }
    if (some > 0) loss.overflow = static_cast<double>(over) / static_cast<double>(some), loss.underflow = static_cast<double>(under) / static_cast<double>(some);
    loss.error = all > 0 ? std::sqrt(lost / all) : 0;
    return loss;
}

}  // namespace dg::sim::fp8_lab
