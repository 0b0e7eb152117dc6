// What a quantisation lost, counted number by number.
#include "engine/fp8/quantise.h"

#include <algorithm>
#include <cmath>

namespace dg::fp8 {

namespace {

/// Counters of one pass, number by number.
class Tally {
  public:
    explicit Tally(std::int64_t count) { c_.count = count; }

    /// `overflows`: before rounds beyond the largest finite number.
    void add(float before, float after, bool overflows) {
        if (std::isnan(before)) return;
        if (overflows) ++c_.overflow;
        if (before != 0 && after == 0) ++c_.underflow;
        if (std::isnan(after)) ++c_.not_a_number;
        if (!std::isfinite(before)) return;
        const auto x = static_cast<double>(before);
        c_.amax = std::max(c_.amax, std::abs(x));
        if (!std::isfinite(after)) return;
        const double d = static_cast<double>(after) - x;
        error_ += d * d;
        norm_ += x * x;
    }

    [[nodiscard]] Counters result() const {
        Counters c = c_;
        c.relative_error = norm_ > 0 ? std::sqrt(error_ / norm_) : 0;
        return c;
    }

  private:
    Counters c_;
    double error_ = 0;
    double norm_ = 0;
};

}  // namespace

Counters count_losses(const Tensor<float>& x, const Tensor<float>& quantised,
                      const Tensor<float>& scales, const QuantSpec& spec) {
    DG_CHECK_EQ(x.size(), quantised.size());
    Tally tally(x.size());
    const std::int64_t high = spec.tile_rows > 0 ? spec.tile_rows : std::max<std::int64_t>(x.rows(), 1);
    const std::int64_t wide = spec.tile_cols > 0 ? spec.tile_cols : std::max<std::int64_t>(x.cols(), 1);
    for (std::int64_t r = 0; r < x.rows(); ++r) {
        for (std::int64_t i = 0; i < x.cols(); ++i) {
            const float before = x.row(r)[i];
            const float inverse = 1.0F / scales.row(r / high)[i / wide];
            // what saturates would have been NaN or infinite without saturation
            const std::uint8_t code = encode(spec.format, before * inverse, false);
            tally.add(before, quantised[r * x.cols() + i], !std::isfinite(decode(spec.format, code)));
        }
    }
    return tally.result();
}

Counters count_bf16_losses(const Tensor<float>& x) {
    Tally tally(x.size());
    for (const float before : x.values()) {
        const float after = round_bf16(before);
        tally.add(before, after, std::isinf(after));
    }
    return tally.result();
}

Counters count_losses(const Tensor<float>& x, const QuantSpec& spec) {
    Tensor<float> out = Tensor<float>::unset(x.shape());
    Tensor<float> scales;
    fake_quantise(x.data(), x.rows(), x.cols(), spec, out.data(), &scales);
    return count_losses(x, out, scales, spec);
}

Tensor<float> fake_quantise_int8(const Tensor<float>& x, std::int64_t tile_rows,
                                 std::int64_t tile_cols) {
    Tensor<float> out = Tensor<float>::unset(x.shape());
    const std::int64_t high = tile_rows > 0 ? tile_rows : std::max<std::int64_t>(x.rows(), 1);
    const std::int64_t wide = tile_cols > 0 ? tile_cols : std::max<std::int64_t>(x.cols(), 1);
    for (std::int64_t r0 = 0; r0 < x.rows(); r0 += high) {
        for (std::int64_t c0 = 0; c0 < x.cols(); c0 += wide) {
            const std::int64_t r1 = std::min(r0 + high, x.rows());
            const std::int64_t c1 = std::min(c0 + wide, x.cols());
            float amax = 0;
            for (std::int64_t r = r0; r < r1; ++r) {
                for (std::int64_t c = c0; c < c1; ++c) {
                    if (std::isfinite(x.row(r)[c])) amax = std::max(amax, std::abs(x.row(r)[c]));
                }
            }
            const float s = std::max(amax, kAmaxFloor) / 127.0F;
            for (std::int64_t r = r0; r < r1; ++r) {
                for (std::int64_t c = c0; c < c1; ++c) {
                    const float v = x.row(r)[c] / s;
                    // NaN passes through both comparisons
                    const float bounded = v > 127.0F ? 127.0F : v < -127.0F ? -127.0F : v;
                    out[r * x.cols() + c] = std::nearbyint(bounded) * s;
                }
            }
        }
    }
    return out;
}

}  // namespace dg::fp8
