#include "engine/base/mathfn.h"
#include "sim/double_descent/descent.h"
#include "sim/double_descent/normals.h"

#include <algorithm>
#include <cmath>

namespace dg::sim::dd {
namespace {

constexpr double kSlowDeviation = 0.03, kSlowShare = 0.3, kStep = 0.2;

/// Fast and slow features of one seed.
struct TwoSpeeds {
    Matrix x;                                // [n][fast + slow]
    std::vector<double> beta, variance, y;

    TwoSpeeds(const Settings& s, std::uint64_t index) {
        const std::int64_t fast = std::max<std::int64_t>(1, s.n * 7 / 10), slow = std::max<std::int64_t>(1, s.n * 3 / 20), p = fast + slow;
        x = Matrix(s.n, p);
        Rng rng = Rng::keyed(s.seed, "dd.two_speeds", index);
        fill_normal(rng, {x.row(0), static_cast<std::size_t>(s.n * p)});
        beta.resize(static_cast<std::size_t>(p));
        fill_normal(rng, beta);
        y.resize(static_cast<std::size_t>(s.n));
        fill_normal(rng, y);
        for (std::int64_t j = 0; j < p; ++j) {
            const double deviation = j < fast ? 1 : kSlowDeviation;
            const double power = j < fast ? s.signal / static_cast<double>(fast) : kSlowShare * s.signal / (static_cast<double>(slow) * deviation * deviation);
            beta[static_cast<std::size_t>(j)] *= std::sqrt(power);
            variance.push_back(deviation * deviation);
        }
        for (std::int64_t i = 0; i < s.n; ++i) {
            for (std::int64_t j = fast; j < p; ++j) x.row(i)[j] *= kSlowDeviation;
            double& label = y[static_cast<std::size_t>(i)];
            label = label * std::sqrt(s.noise_variance) + dot(x.row(i), beta.data(), p);
        }
    }
};

/// x^t by ln and exp; x in (-1, 1).
double shrink(double x, double t) {
    if (x == 0) return 0;
    const double size = dg::exp(t * dg::log(std::abs(x)));
    return x < 0 && static_cast<std::int64_t>(t) % 2 == 1 ? -size : size;
}

}  // namespace

std::vector<Fit> descend(const Settings& settings, int index) {
    const TwoSpeeds data(settings, static_cast<std::uint64_t>(index));
    const Svd svd = jacobi_svd(data.x);
    const std::int64_t n = settings.n, p = data.x.cols;
    const auto count = static_cast<double>(n);
    const double largest = svd.values[0] * svd.values[0] / count, step = std::min(kStep, 1 / largest);
    std::vector<Fit> fits;
    for (const std::int64_t t : settings.points) {
        std::vector<double> b(static_cast<std::size_t>(p), 0.0), residual = data.y;
        for (std::size_t i = 0; i < svd.values.size(); ++i) {
            const double s = svd.values[i];
            if (s <= 1e-12 * svd.values[0]) break;
            const auto at = static_cast<std::int64_t>(i);
            const double reached = 1 - shrink(1 - step * s * s / count, static_cast<double>(t)), along = dot(svd.u.row(at), data.y.data(), n);
            axpy(reached * along / s, svd.v.row(at), b.data(), p);
            axpy(-reached * along, svd.u.row(at), residual.data(), n);
        }
        Fit fit{.train = dot(residual.data(), residual.data(), n) / count, .norm = std::sqrt(dot(b.data(), b.data(), p))};
        for (std::size_t j = 0; j < b.size(); ++j) fit.test += (b[j] - data.beta[j]) * (b[j] - data.beta[j]) * data.variance[j];
        fits.push_back(std::move(fit));
    }
    return fits;
}

}  // namespace dg::sim::dd
