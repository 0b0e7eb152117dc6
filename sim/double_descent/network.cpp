#include "engine/base/mathfn.h"
#include "sim/double_descent/descent.h"
#include "sim/double_descent/normals.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dg::sim::dd {
namespace {

constexpr int kTeacherUnits = 3;
constexpr double kRate = 5e-3, kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

/// Weights in one vector: w [d][H], b [H], a [H], c.
struct Weights {
    std::int64_t d, H;
    std::vector<double> values;

    Weights(std::int64_t inputs, std::int64_t width) : d(inputs), H(width), values(static_cast<std::size_t>(network_parameters(width, inputs)), 0.0) {}

    [[nodiscard]] double* w(std::int64_t k) { return values.data() + k * H; }

    [[nodiscard]] double* b() { return values.data() + d * H; }

    [[nodiscard]] double* a() { return b() + H; }

    [[nodiscard]] double& c() { return values.back(); }
};

/// Hidden activations [H][m] and predictions [m] at the columns first .. first + m of the inputs.
void predict(Weights& net, const Matrix& inputs, std::int64_t first, std::int64_t m, Matrix& hidden, std::vector<double>& out) {
    out.assign(static_cast<std::size_t>(m), net.c());
    for (std::int64_t h = 0; h < net.H; ++h) {
        double* const row = hidden.row(h);
        std::fill(row, row + m, net.b()[h]);
        for (std::int64_t k = 0; k < net.d; ++k) axpy(net.w(k)[h], inputs.row(k) + first, row, m);
        for (std::int64_t i = 0; i < m; ++i) row[i] = std::max(0.0, row[i]);
        axpy(net.a()[h], row, out.data(), m);
    }
}

/// d (mean squared error) / d weights; hidden as predict left it.
void backward(Weights& net, const Matrix& inputs, const Matrix& hidden, const std::vector<double>& error, Weights& gradient) {
    const auto m = static_cast<std::int64_t>(error.size());
    std::vector<double> delta(error.size());
    double sum = 0;
    for (const double e : error) sum += e;
    gradient.c() = sum;
    for (std::int64_t h = 0; h < net.H; ++h) {
        const double* const row = hidden.row(h);
        gradient.a()[h] = dot(row, error.data(), m);
        double bias = 0;
        for (std::int64_t i = 0; i < m; ++i) {
            const auto at = static_cast<std::size_t>(i);
            delta[at] = row[i] > 0 ? error[at] * net.a()[h] : 0;
            bias += delta[at];
        }
        gradient.b()[h] = bias;
        for (std::int64_t k = 0; k < net.d; ++k) gradient.w(k)[h] = dot(inputs.row(k), delta.data(), m);
    }
}

/// Adam; rates of step t of `total`.
class Adam {
  public:
    explicit Adam(std::size_t size) : m_(size, 0.0), v_(size, 0.0) {}

    void step(std::vector<double>& values, const std::vector<double>& gradient, std::int64_t t, std::int64_t total) {
        const double rate = kRate * (0.5 * (1 + dg::cos(std::numbers::pi * static_cast<double>(t) / static_cast<double>(total))) + 0.01);
        power1_ *= kBeta1, power2_ *= kBeta2;
        for (std::size_t i = 0; i < values.size(); ++i) {
            m_[i] = kBeta1 * m_[i] + (1 - kBeta1) * gradient[i];
            v_[i] = kBeta2 * v_[i] + (1 - kBeta2) * gradient[i] * gradient[i];
            values[i] -= rate * (m_[i] / (1 - power1_)) / (std::sqrt(v_[i] / (1 - power2_)) + kEpsilon);
        }
    }

  private:
    std::vector<double> m_, v_;
    double power1_ = 1, power2_ = 1;
};

}  // namespace

std::int64_t network_parameters(std::int64_t width, std::int64_t d) { return width * (d + 2) + 1; }

std::int64_t network_width(std::int64_t p, std::int64_t d) { return std::max<std::int64_t>(1, (p - 1 + (d + 2) / 2) / (d + 2)); }

Network::Network(const Settings& settings, int index)
    : settings_(settings), index_(static_cast<std::uint64_t>(index)), n_(settings.n), others_(settings.test_points + settings.slice_points) {
    const std::int64_t d = settings.d, width = n_ + others_;
    inputs_ = Matrix(d, width);
    Rng rng = Rng::keyed(settings.seed, "dd.network", index_);
    fill_normal(rng, {inputs_.row(0), static_cast<std::size_t>(d * width)});
    std::vector<double> first(static_cast<std::size_t>(d * kTeacherUnits)), last(kTeacherUnits), noise(static_cast<std::size_t>(n_));
    fill_normal(rng, first), fill_normal(rng, last), fill_normal(rng, noise);
    const double scale = 1.5 / std::sqrt(static_cast<double>(d)), amplitude = std::sqrt(settings.signal / kTeacherUnits);
    // the slice: training input 0 with its first coordinate moved
    for (std::int64_t s = 0; s < settings.slice_points; ++s) {
        const double at = 3.2 * (2 * static_cast<double>(s) / static_cast<double>(std::max<std::int64_t>(1, settings.slice_points - 1)) - 1);
        for (std::int64_t k = 0; k < d; ++k) inputs_.row(k)[n_ + settings.test_points + s] = k == 0 ? at : inputs_.row(k)[0];
        line_.x.push_back(static_cast<float>(at));
    }
    for (std::int64_t i = 0; i < width; ++i) {
        double value = 0;
        for (std::size_t u = 0; u < kTeacherUnits; ++u) {
            double along = 0;
            for (std::int64_t k = 0; k < d; ++k) along += first[static_cast<std::size_t>(k) * kTeacherUnits + u] * inputs_.row(k)[i];
            value += amplitude * last[u] * tanh_of(scale * along);
        }
        if (i < n_) labels_.push_back(value + std::sqrt(settings.noise_variance) * noise[static_cast<std::size_t>(i)]);
        else if (i < n_ + settings.test_points) truth_.push_back(value);
        else line_.teacher.push_back(static_cast<float>(value));
    }
    line_.training_x = inputs_.row(0)[0];
    line_.training_y = labels_[0];
}

std::vector<Fit> Network::train(std::int64_t width, const std::vector<std::int64_t>& record) const {
    const std::int64_t d = settings_.d, p = network_parameters(width, d);
    Weights net(d, width), gradient(d, width);
    Rng rng = Rng::keyed(settings_.seed, "dd.weights", index_, static_cast<std::uint64_t>(width));
    fill_normal(rng, {net.values.data(), static_cast<std::size_t>(p - 1)});
    for (std::int64_t i = 0; i < d * width; ++i) net.values[static_cast<std::size_t>(i)] /= std::sqrt(static_cast<double>(d));
    for (std::int64_t h = 0; h < width; ++h) net.b()[h] *= 0.3, net.a()[h] /= std::sqrt(static_cast<double>(width));
    Adam adam(net.values.size());
    Matrix hidden(width, std::max(n_, others_));
    std::vector<double> out;
    std::vector<Fit> fits;
    for (std::int64_t t = 0; fits.size() < record.size(); ++t) {
        predict(net, inputs_, 0, n_, hidden, out);
        double loss = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double e = out[i] - labels_[i];
            loss += e * e / static_cast<double>(n_);
            out[i] = 2 * e / static_cast<double>(n_);
        }
        if (t == record[fits.size()]) {
            Fit fit{.train = loss, .norm = std::sqrt(dot(net.values.data(), net.values.data(), p))};
            const std::vector<double> error = out;
            predict(net, inputs_, n_, others_, hidden, out);
            for (std::size_t i = 0; i < truth_.size(); ++i) fit.test += (out[i] - truth_[i]) * (out[i] - truth_[i]) / static_cast<double>(truth_.size());
            fit.slice.assign(out.begin() + static_cast<std::ptrdiff_t>(truth_.size()), out.end());
            fits.push_back(std::move(fit));
            predict(net, inputs_, 0, n_, hidden, out);
            out = error;
        }
        backward(net, inputs_, hidden, out, gradient);
        axpy(2 * settings_.ridge, net.values.data(), gradient.values.data(), p);
        adam.step(net.values, gradient.values, t, std::max(settings_.steps, record.back()));
    }
    return fits;
}

}  // namespace dg::sim::dd
