#include "sim/double_descent/subspace.h"

#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "engine/tensor/matmul.h"
#include "sim/double_descent/meter.h"
#include "sim/double_descent/normals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace dg::sim::dd {
namespace {

constexpr std::int64_t kPixels = 35, kClasses = 10, kTrain = 300, kTest = 1000;
constexpr double kNoise = 0.25, kRateFull = 0.01, kRateSubspace = 0.1;

/// Segments top, upper left, upper right, middle, lower left, lower right, bottom of each digit.
constexpr std::array<std::array<int, 7>, 10> kSegments = {{{1, 1, 1, 0, 1, 1, 1}, {0, 0, 1, 0, 0, 1, 0}, {1, 0, 1, 1, 1, 0, 1}, {1, 0, 1, 1, 0, 1, 1}, {0, 1, 1, 1, 0, 1, 0},
                                                           {1, 1, 0, 1, 0, 1, 1}, {1, 1, 0, 1, 1, 1, 1}, {1, 0, 1, 0, 0, 1, 0}, {1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 0, 1, 1}}};

/// Whether a pixel of the 7 x 5 field belongs to a lit segment.
bool lit(std::int64_t digit, std::int64_t row, std::int64_t col) {
    const auto& on = kSegments[static_cast<std::size_t>(digit)];
    const bool bar = col >= 1 && col <= 3;
    if (bar && row % 3 == 0) return on[row == 0 ? 0 : row == 3 ? 3 : 6] != 0;
    if (row % 3 == 0 || (col != 0 && col != 4)) return false;
    return on[(row < 3 ? 1U : 4U) + (col == 4 ? 1U : 0U)] != 0;
}

struct Drawings {
    Matrix pixels;  // [count][35]
    std::vector<std::int64_t> digits;

    Drawings(std::uint64_t seed, std::string_view purpose, std::uint64_t index, std::int64_t count) : pixels(count, kPixels) {
        Rng rng = Rng::keyed(seed, purpose, index);
        fill_normal(rng, {pixels.row(0), static_cast<std::size_t>(count * kPixels)});
        for (std::int64_t i = 0; i < count; ++i) {
            digits.push_back(i % kClasses);
            for (std::int64_t k = 0; k < kPixels; ++k) pixels.row(i)[k] = pixels.row(i)[k] * kNoise + (lit(i % kClasses, k / 5, k % 5) ? 1 : 0) - 0.5;
        }
    }
};

/// theta: w1 [35][H], b1 [H], w2 [H][10], b2 [10].
struct Net {
    std::int64_t H;

    [[nodiscard]] std::int64_t b1() const { return kPixels * H; }

    [[nodiscard]] std::int64_t w2() const { return b1() + H; }

    [[nodiscard]] std::int64_t b2() const { return w2() + H * kClasses; }

    [[nodiscard]] std::vector<double> start(std::uint64_t seed, std::uint64_t index) const {
        std::vector<double> theta(static_cast<std::size_t>(subspace_parameters(H)), 0.0);
        Rng rng = Rng::keyed(seed, "subspace.theta0", index, static_cast<std::uint64_t>(H));
        fill_normal(rng, theta);
        for (std::int64_t i = 0; i < static_cast<std::int64_t>(theta.size()); ++i) {
            const bool bias = (i >= b1() && i < w2()) || i >= b2();
            theta[static_cast<std::size_t>(i)] *= bias ? 0 : i < b1() ? std::sqrt(2.0 / kPixels) : std::sqrt(1.0 / static_cast<double>(H));
        }
        return theta;
    }

    /// Hidden [N][H] and class scores [N][10].
    void forward(const std::vector<double>& theta, const Matrix& x, Matrix& hidden, Matrix& scores) const {
        const double* const t = theta.data();
        for (std::int64_t i = 0; i < x.rows; ++i) {
            std::copy(t + b1(), t + w2(), hidden.row(i));
            std::copy(t + b2(), t + b2() + kClasses, scores.row(i));
        }
        matmul(View<const double>{x.row(0), x.rows, kPixels, kPixels, 1}, View<const double>{t, kPixels, H, H, 1}, View<double>{hidden.row(0), x.rows, H, H, 1}, true);
        for (std::int64_t i = 0; i < x.rows * H; ++i) hidden.values[static_cast<std::size_t>(i)] = std::max(0.0, hidden.values[static_cast<std::size_t>(i)]);
        matmul(View<const double>{hidden.row(0), x.rows, H, H, 1}, View<const double>{t + w2(), H, kClasses, kClasses, 1},
               View<double>{scores.row(0), x.rows, kClasses, kClasses, 1}, true);
    }

    /// Gradient of the mean cross entropy; scores become their own gradient.
    void backward(const std::vector<double>& theta, const Drawings& data, const Matrix& hidden, Matrix& scores, Matrix& delta, std::vector<double>& gradient) const {
        const std::int64_t N = data.pixels.rows;
        for (std::int64_t i = 0; i < N; ++i) {
            double* const s = scores.row(i);
            const double top = *std::max_element(s, s + kClasses);
            double sum = 0;
            for (std::int64_t c = 0; c < kClasses; ++c) sum += s[c] = dg::exp(s[c] - top);
            for (std::int64_t c = 0; c < kClasses; ++c) s[c] = (s[c] / sum - (c == data.digits[static_cast<std::size_t>(i)] ? 1 : 0)) / static_cast<double>(N);
        }
        const View<const double> ds{scores.row(0), N, kClasses, kClasses, 1}, w2_view{theta.data() + w2(), H, kClasses, kClasses, 1};
        matmul(ds, w2_view.transposed(), View<double>{delta.row(0), N, H, H, 1});
        for (std::int64_t i = 0; i < N * H; ++i) {
            if (!(hidden.values[static_cast<std::size_t>(i)] > 0)) delta.values[static_cast<std::size_t>(i)] = 0;
        }
        double* const g = gradient.data();
        matmul(View<const double>{data.pixels.row(0), kPixels, N, 1, kPixels}, View<const double>{delta.row(0), N, H, H, 1}, View<double>{g, kPixels, H, H, 1});
        matmul(View<const double>{hidden.row(0), H, N, 1, H}, ds, View<double>{g + w2(), H, kClasses, kClasses, 1});
        std::fill(g + b1(), g + w2(), 0.0), std::fill(g + b2(), g + b2() + kClasses, 0.0);
        for (std::int64_t i = 0; i < N; ++i) {
            axpy(1, delta.row(i), g + b1(), H);
            axpy(1, scores.row(i), g + b2(), kClasses);
        }
    }
};

double accuracy(const Net& net, const std::vector<double>& theta, const Drawings& test) {
    Matrix hidden(kTest, net.H), scores(kTest, kClasses);
    net.forward(theta, test.pixels, hidden, scores);
    double right = 0;
    for (std::int64_t i = 0; i < kTest; ++i) {
        const double* const s = scores.row(i);
        right += std::max_element(s, s + kClasses) - s == test.digits[static_cast<std::size_t>(i)];
    }
    return right / kTest;
}

/// Adam with a rate that falls to zero as a cosine.
struct Adam {
    std::vector<double> m, v;
    double rate;

    Adam(std::size_t size, double r) : m(size, 0.0), v(size, 0.0), rate(r) {}

    void step(std::vector<double>& values, const std::vector<double>& gradient, std::int64_t t, std::int64_t total) {
        const double now = rate * 0.5 * (1 + dg::cos(std::numbers::pi * static_cast<double>(t) / static_cast<double>(total)));
        const double c1 = 1 - dg::exp(static_cast<double>(t + 1) * dg::log(0.9)), c2 = 1 - dg::exp(static_cast<double>(t + 1) * dg::log(0.999));
        for (std::size_t i = 0; i < values.size(); ++i) {
            m[i] = 0.9 * m[i] + 0.1 * gradient[i];
            v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
            values[i] -= now * (m[i] / c1) / (std::sqrt(v[i] / c2) + 1e-8);
        }
    }
};

/// Accuracy after training along d random directions of unit length; d = 0: along every weight.
double train(const SubspaceSettings& s, std::uint64_t index, std::int64_t d) {
    const Net net{s.width};
    const Drawings data(s.seed, "subspace.train", index, kTrain), test(s.seed, "subspace.test", index, kTest);
    const std::vector<double> start = net.start(s.seed, index);
    const auto D = static_cast<std::int64_t>(start.size());
    Matrix P(d, D);  // rows are the directions
    for (std::int64_t j = 0; j < d; ++j) {
        Rng rng = Rng::keyed(hash_words(s.seed, index), "subspace.direction", static_cast<std::uint64_t>(s.width), static_cast<std::uint64_t>(j));
        fill_normal(rng, {P.row(j), static_cast<std::size_t>(D)});
        const double length = std::sqrt(dot(P.row(j), P.row(j), D));
        for (std::int64_t i = 0; i < D; ++i) P.row(j)[i] /= length;
    }
    std::vector<double> theta = start, z(static_cast<std::size_t>(d), 0.0), dz = z, gradient(start.size());
    Matrix hidden(kTrain, s.width), scores(kTrain, kClasses), delta(kTrain, s.width);
    Adam adam(d > 0 ? z.size() : theta.size(), d > 0 ? kRateSubspace : kRateFull);
    for (std::int64_t t = 0; t < s.steps; ++t) {
        net.forward(theta, data.pixels, hidden, scores);
        net.backward(theta, data, hidden, scores, delta, gradient);
        if (d == 0) {
            adam.step(theta, gradient, t, s.steps);
            continue;
        }
        for (std::int64_t j = 0; j < d; ++j) dz[static_cast<std::size_t>(j)] = dot(P.row(j), gradient.data(), D);
        adam.step(z, dz, t, s.steps);
        theta = start;
        for (std::int64_t j = 0; j < d; ++j) axpy(z[static_cast<std::size_t>(j)], P.row(j), theta.data(), D);
    }
    return accuracy(net, theta, test);
}

}  // namespace

std::int64_t subspace_parameters(std::int64_t width) { return (kPixels + 1) * width + (width + 1) * kClasses; }

std::int64_t SubspaceResult::reaches(double share) const {
    for (const SubspacePoint& p : points) {
        if (mean(p.accuracy) >= share * mean(full)) return p.d;
    }
    return 0;
}

Result<SubspaceResult> run_subspace(const SubspaceSettings& settings, const Report& report, const std::function<void(const SubspaceResult&)>& partial) {
    SubspaceResult r{.settings = settings, .parameters = subspace_parameters(settings.width)};
    Meter meter(report, (settings.dims.size() + 1) * static_cast<std::size_t>(settings.seeds));
    const auto all_seeds = [&](std::int64_t d) {
        std::vector<double> found(static_cast<std::size_t>(settings.seeds));
        parallel_for(settings.seeds, [&](std::int64_t i) {
            if (!meter.going()) return;
            found[static_cast<std::size_t>(i)] = train(settings, static_cast<std::uint64_t>(i), d);
            meter.tick();
        });
        return found;
    };
    r.full = all_seeds(0);
    for (const std::int64_t d : settings.dims) {
        if (!meter.going()) return Error{"cancelled", {}, ""};
        r.points.push_back({d, all_seeds(d)});
        if (meter.going()) partial(r);
    }
    if (!meter.going()) return Error{"cancelled", {}, ""};
    return r;
}

}  // namespace dg::sim::dd
