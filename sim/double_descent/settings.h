// What the double-descent experiments are told and what they find. Risk always means the excess test risk without noise:
// the mean of (prediction - truth)^2 over fresh inputs.
#pragma once

#include "engine/base/result.h"
#include "sim/double_descent/linalg.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace dg::sim::dd {

/// kLinear      y = x.beta + noise, x ~ N(0, I_p), |beta|^2 = signal for every p; risk |b - beta|^2, exact
/// kRelu        features max(0, w.x), w ~ N(0, I_d / d), x ~ N(0, I_d), divided by sqrt(p)
/// kFourier     features sqrt(2) cos(w.x + phase), phase uniform, divided by sqrt(p)
/// kNetwork     two layers of ReLU, p = width (d + 2) + 1, all of them trained by full-batch Adam
/// kPolynomial  Legendre polynomials of degree 0 .. p - 1 on [-1, 1]
enum class Model { kLinear, kRelu, kFourier, kNetwork, kPolynomial };

/// What rises from point to point: fitted parameters, samples, or steps of gradient descent.
enum class Over { kSize, kSamples, kTime };

struct Settings {
    Model model = Model::kLinear;
    Over over = Over::kSize;
    std::int64_t n = 200;                       // samples (kSize, kTime)
    std::int64_t p = 100;                       // parameters (kSamples)
    std::vector<std::int64_t> points = {};      // values of p, n or the step, rising
    double signal = 1, noise_variance = 0.25;
    double ridge = 0;                           // minimises |y - X b|^2 / n + ridge |b|^2
    int seeds = 10;
    std::uint64_t seed = 1;                     // of the first; the i-th uses stream i of it
    std::int64_t d = 20;                        // inputs of kRelu, kFourier, kNetwork
    std::int64_t test_points = 1000;            // for risks that have no closed form
    std::int64_t steps = 4000;                  // kNetwork: Adam
    std::int64_t slice_points = 0;              // fitted functions are kept on so many points of one line (see Point::slices)
};

inline constexpr double kUnknownValue = std::numeric_limits<double>::quiet_NaN();

/// One setting of what rises; test, train and norm by seed.
struct Point {
    std::int64_t at = 0;        // p, n or step
    std::vector<double> test = {}, train = {}, norm = {};  // norm |b| (features divided by sqrt(p))
    double theory = kUnknownValue;
    std::vector<std::vector<float>> slices = {};  // by seed: predictions on Sweep::slice_x; empty for kLinear

    /// Measured at all seeds.
    [[nodiscard]] bool complete(int seeds) const { return test.size() == static_cast<std::size_t>(seeds); }
};

/// The slice: the line through training input 0 in the teacher's direction; the teacher is a function of that coordinate.
struct SliceTruth {
    std::vector<float> x = {}, teacher = {};
    double training_x = 0, training_y = 0;  // where training point 0 lies on it
};

struct Sweep {
    Settings settings = {};
    std::vector<Point> points = {};
    std::vector<SliceTruth> slices = {};  // by seed
};

double mean(std::vector<double> values);
/// Of an even count: the mean of the middle two. NaN of none.
double median(std::vector<double> values);
/// 0 .. 1, linear between the ordered values.
double quantile(std::vector<double> values, double share);

/// 0 .. 1; false = stop. Called from any thread, one call at a time.
using Report = std::function<bool(double)>;
/// The points measured so far.
using Partial = std::function<void(const Sweep&)>;

/// `count` whole numbers from first to last, evenly spaced or by equal factors, ends included, none twice (fewer when there are
/// fewer). `through`, when inside, replaces its nearest inner neighbour.
std::vector<std::int64_t> spread(std::int64_t first, std::int64_t last, std::int64_t count, bool by_factors, std::int64_t through);

/// Runs the sweep: every point at every seed, all seeds of a point before the next point. Error code: cancelled.
Result<Sweep> run_sweep(const Settings& settings, const Report& report, const Partial& partial);

}  // namespace dg::sim::dd
