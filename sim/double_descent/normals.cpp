#include "sim/double_descent/normals.h"

#include "engine/base/mathfn.h"

#include <array>
#include <cmath>

namespace dg::sim::dd {
namespace {

constexpr int kLayers = 256;
constexpr double kTail = 3.6541528853610088, kArea = 0.00492867323399;  // right end of layer 1; area of every layer

/// Right ends of the layers and the bell at them.
struct Tables {
    std::array<double, kLayers + 1> x{}, f{};

    Tables() {
        const auto bell = [](double at) { return dg::exp(-0.5 * at * at); };
        x[0] = kArea / bell(kTail);
        x[1] = kTail;
        for (std::size_t i = 2; i < kLayers; ++i) x[i] = std::sqrt(-2 * dg::log(kArea / x[i - 1] + bell(x[i - 1])));
        for (std::size_t i = 0; i <= kLayers; ++i) f[i] = bell(x[i]);
    }
};

/// Beyond kTail: Marsaglia's rejection from an exponential.
double tail(Rng& rng) {
    while (true) {
        const double x = -dg::log(1 - rng.uniform()) / kTail, y = -dg::log(1 - rng.uniform());
        if (2 * y >= x * x) return kTail + x;
    }
}

double draw(const Tables& t, Rng& rng) {
    while (true) {
        // layer and sign from bits that the place within the layer does not use
        const std::uint64_t high = rng.next(), low = rng.next(), bits = (high << 32U) | low;
        const auto layer = static_cast<std::size_t>(bits & 255U);
        const double sign = (bits & 256U) != 0 ? -1.0 : 1.0;
        const double x = static_cast<double>(bits >> 11U) * 0x1.0p-53 * t.x[layer];
        if (x < t.x[layer + 1]) return sign * x;
        if (layer == 0) return sign * tail(rng);
        if (t.f[layer] + rng.uniform() * (t.f[layer + 1] - t.f[layer]) < dg::exp(-0.5 * x * x)) return sign * x;
    }
}

}  // namespace

void fill_normal(Rng& rng, std::span<double> out) {
    static const Tables tables;
    for (double& value : out) value = draw(tables, rng);
}

}  // namespace dg::sim::dd
