#include "sim/double_descent/design.h"

#include "engine/base/mathfn.h"
#include "engine/tensor/matmul.h"
#include "sim/double_descent/normals.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dg::sim::dd {
namespace {

constexpr double kSteepness = 1.5;   // teacher tanh(1.5 x.b) of the random features
constexpr double kLineReach = 3.2;   // the slice covers the coordinate from -3.2 to 3.2

std::vector<double> normals(std::uint64_t seed, std::string_view purpose, std::uint64_t step, std::uint64_t index, std::int64_t count) {
    std::vector<double> out(static_cast<std::size_t>(count));
    Rng rng = Rng::keyed(seed, purpose, step, index);
    fill_normal(rng, out);
    return out;
}

}  // namespace

double tanh_of(double x) {
    if (x > 20) return 1;
    if (x < -20) return -1;
    const double e = dg::exp(2 * x);
    return (e - 1) / (e + 1);
}

double wave(double x) { return dg::sin(std::numbers::pi * x) + 0.5 * x; }

Design::Design(const Settings& settings, int index, std::int64_t n) : settings_(settings), index_(static_cast<std::uint64_t>(index)), n_(n) {
    noise_ = normals(settings.seed, "dd.noise", index_, 0, n);
    for (double& e : noise_) e *= std::sqrt(settings.noise_variance);
    if (linear()) {
        const std::int64_t most = settings.over == Over::kSize ? settings.points.back() : settings.p;
        direction_ = normals(settings.seed, "dd.direction", index_, 0, most);
        return;
    }
    test_ = settings.test_points;
    slice_ = settings.slice_points;
    if (settings.model == Model::kPolynomial) make_polynomial_inputs();
    else make_inputs();
}

void Design::make_inputs() {
    const std::int64_t d = settings_.d;
    std::vector<double> teacher = normals(settings_.seed, "dd.teacher", index_, 0, d);
    const double length = std::sqrt(dot(teacher.data(), teacher.data(), d));
    for (double& t : teacher) t /= length;
    inputs_ = Matrix(d, width());
    for (std::int64_t i = 0; i < n_ + test_; ++i) {
        // training input i has the same stream whatever n is: more samples only add to the earlier ones
        const bool training = i < n_;
        const auto x = normals(settings_.seed, training ? "dd.input" : "dd.test", index_, static_cast<std::uint64_t>(training ? i : i - n_), d);
        for (std::int64_t k = 0; k < d; ++k) inputs_.row(k)[i] = x[static_cast<std::size_t>(k)];
    }
    const double amplitude = std::sqrt(settings_.signal);
    for (std::int64_t i = 0; i < n_ + test_; ++i) {
        double along = 0;
        for (std::int64_t k = 0; k < d; ++k) along += teacher[static_cast<std::size_t>(k)] * inputs_.row(k)[i];
        const double value = amplitude * tanh_of(kSteepness * along);
        if (i < n_) labels_.push_back(value + noise_[static_cast<std::size_t>(i)]);
        else truth_.push_back(value);
    }
    if (slice_ > 0) make_slice(teacher);
}

void Design::make_slice(const std::vector<double>& teacher) {
    double along = 0;
    for (std::int64_t k = 0; k < settings_.d; ++k) along += teacher[static_cast<std::size_t>(k)] * inputs_.row(k)[0];
    line_.training_x = along;
    line_.training_y = labels_[0];
    for (std::int64_t s = 0; s < slice_; ++s) {
        const double at = kLineReach * (2 * static_cast<double>(s) / static_cast<double>(std::max<std::int64_t>(1, slice_ - 1)) - 1);
        line_.x.push_back(static_cast<float>(at));
        line_.teacher.push_back(static_cast<float>(std::sqrt(settings_.signal) * tanh_of(kSteepness * at)));
        for (std::int64_t k = 0; k < settings_.d; ++k) {
            inputs_.row(k)[n_ + test_ + s] = inputs_.row(k)[0] + (at - along) * teacher[static_cast<std::size_t>(k)];
        }
    }
}

void Design::make_polynomial_inputs() {
    inputs_ = Matrix(1, width());
    double* const x = inputs_.row(0);
    const double amplitude = std::sqrt(settings_.signal);
    for (std::int64_t i = 0; i < n_; ++i) {
        x[i] = 2 * Rng::keyed(settings_.seed, "dd.input", index_, static_cast<std::uint64_t>(i)).uniform() - 1;
        labels_.push_back(amplitude * wave(x[i]) + noise_[static_cast<std::size_t>(i)]);
    }
    for (std::int64_t i = n_; i < width(); ++i) {
        const bool test = i < n_ + test_;
        const std::int64_t count = test ? test_ : slice_, at = test ? i - n_ : i - n_ - test_;
        x[i] = (2 * static_cast<double>(at) + 1) / static_cast<double>(count) - 1;  // middles of equal cells
        const double value = amplitude * wave(x[i]);
        if (test) truth_.push_back(value);
        else line_.x.push_back(static_cast<float>(x[i])), line_.teacher.push_back(static_cast<float>(value));
    }
    line_.training_x = x[0];
    line_.training_y = labels_[0];
}

void Design::features(std::int64_t first, std::int64_t count, Matrix& out) const {
    if (out.cols != width() || out.rows < count) out = Matrix(count, width());
    if (linear()) {
        for (std::int64_t j = 0; j < count; ++j) {
            Rng rng = Rng::keyed(settings_.seed, "dd.feature", index_, static_cast<std::uint64_t>(first + j));
            fill_normal(rng, {out.row(j), static_cast<std::size_t>(n_)});
        }
        return;
    }
    if (settings_.model == Model::kPolynomial) {
        // (k + 1) P_k+1 = (2k + 1) x P_k - k P_k-1, each of unit mean square on [-1, 1]
        for (std::int64_t i = 0; i < width(); ++i) {
            const double x = inputs_.row(0)[i];
            double before = 0, now = 1;
            for (std::int64_t k = 0; k < first + count; ++k) {
                if (k >= first) out.row(k - first)[i] = now * std::sqrt(2 * static_cast<double>(k) + 1);
                const double next = ((2 * static_cast<double>(k) + 1) * x * now - static_cast<double>(k) * before) / static_cast<double>(k + 1);
                before = now, now = next;
            }
        }
        return;
    }
    const std::int64_t d = settings_.d;
    Matrix w(count, d);
    std::vector<double> phase(static_cast<std::size_t>(count), 0.0);
    for (std::int64_t j = 0; j < count; ++j) {
        Rng rng = Rng::keyed(settings_.seed, "dd.feature", index_, static_cast<std::uint64_t>(first + j));
        fill_normal(rng, {w.row(j), static_cast<std::size_t>(d)});
        for (std::int64_t k = 0; k < d; ++k) w.row(j)[k] /= std::sqrt(static_cast<double>(d));
        phase[static_cast<std::size_t>(j)] = 2 * std::numbers::pi * rng.uniform();
    }
    matmul(View<const double>{w.row(0), count, d, d, 1}, View<const double>{inputs_.row(0), d, width(), width(), 1},
           View<double>{out.row(0), count, width(), width(), 1});
    const bool relu = settings_.model == Model::kRelu;
    for (std::int64_t j = 0; j < count; ++j) {
        double* const row = out.row(j);
        if (relu) for (std::int64_t i = 0; i < width(); ++i) row[i] = std::max(0.0, row[i]);
        else for (std::int64_t i = 0; i < width(); ++i) row[i] = std::numbers::sqrt2 * dg::cos(row[i] + phase[static_cast<std::size_t>(j)]);
    }
}

double Design::feature_scale(std::int64_t p) const {
    const bool random = settings_.model == Model::kRelu || settings_.model == Model::kFourier;
    return random ? std::sqrt(static_cast<double>(p)) : 1;
}

}  // namespace dg::sim::dd
