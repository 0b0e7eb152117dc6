// Points times seeds: who computes what, in which order, and what is told meanwhile.
#include "engine/base/parallel.h"
#include "sim/double_descent/descent.h"
#include "sim/double_descent/meter.h"
#include "sim/double_descent/theory.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dg::sim::dd {
namespace {

constexpr double kMemory = 512.0 * (1 << 20);  // bytes of the seeds that are under way together

/// Seeds whose matrices fit into memory together; at least one.
int wave_size(const Settings& s) {
    const double n = static_cast<double>(s.n), most = std::min(n, static_cast<double>(s.points.back()));
    const double others = s.model == Model::kLinear ? 0 : static_cast<double>(s.test_points + s.slice_points);
    const double bytes = 8 * (most * (n + others) + 3 * n * n + n * others + 256 * (n + others));
    return static_cast<int>(std::clamp(kMemory / bytes, 1.0, static_cast<double>(s.seeds)));
}

void keep(Point& point, Fit fit, std::size_t seed) {
    point.test[seed] = fit.test;
    point.train[seed] = fit.train;
    point.norm[seed] = fit.norm;
    point.slices[seed] = std::move(fit.slice);
}

/// Room for `seeds` more results.
void widen(Point& point, std::size_t seeds) {
    const std::size_t n = point.test.size() + seeds;
    point.test.resize(n), point.train.resize(n), point.norm.resize(n), point.slices.resize(n);
}

/// Sizes: each seed keeps its factorisations from point to point.
bool sweep_sizes(Sweep& sweep, Meter& meter, const Partial& partial) {
    const Settings& s = sweep.settings;
    const int wave = wave_size(s);
    for (int first = 0; first < s.seeds; first += wave) {
        const int count = std::min(wave, s.seeds - first);
        std::vector<std::unique_ptr<SizeFit>> fits(static_cast<std::size_t>(count));
        parallel_for(count, [&](std::int64_t i) { fits[static_cast<std::size_t>(i)] = std::make_unique<SizeFit>(s, first + static_cast<int>(i)); });
        for (const auto& fit : fits) sweep.slices.push_back(fit->design().slice());
        for (Point& point : sweep.points) {
            widen(point, static_cast<std::size_t>(count));
            parallel_for(count, [&](std::int64_t i) {
                if (!meter.going()) return;
                keep(point, fits[static_cast<std::size_t>(i)]->at(point.at), static_cast<std::size_t>(first + i));
                meter.tick();
            });
            if (!meter.going()) return false;
            partial(sweep);
        }
    }
    return true;
}

Fit fit_samples(const Settings& settings, int index, std::int64_t n) {
    Settings s = settings;
    s.over = Over::kSize;
    s.n = n;
    s.points = {settings.p};
    if (s.model == Model::kNetwork) return Network(s, index).train(network_width(s.p, s.d), {s.steps}).front();
    return SizeFit(s, index).at(settings.p);
}

bool sweep_samples(Sweep& sweep, Meter& meter, const Partial& partial) {
    const Settings& s = sweep.settings;
    // training input 0 and the truth are the same at every n (a network draws new data: it has no common line)
    for (int i = 0; i < s.seeds && s.slice_points > 0 && s.model != Model::kNetwork; ++i) sweep.slices.push_back(Design(s, i, s.points.front()).slice());
    for (Point& point : sweep.points) {
        widen(point, static_cast<std::size_t>(sweep.settings.seeds));
        parallel_for(sweep.settings.seeds, [&](std::int64_t i) {
            if (!meter.going()) return;
            keep(point, fit_samples(sweep.settings, static_cast<int>(i), point.at), static_cast<std::size_t>(i));
            meter.tick();
        });
        if (!meter.going()) return false;
        partial(sweep);
    }
    return true;
}

/// Small networks, one width after the other.
bool sweep_networks(Sweep& sweep, Meter& meter, const Partial& partial) {
    const Settings& s = sweep.settings;
    for (int i = 0; i < s.seeds; ++i) sweep.slices.push_back(Network(s, i).slice());
    for (Point& point : sweep.points) {
        widen(point, static_cast<std::size_t>(s.seeds));
        parallel_for(s.seeds, [&](std::int64_t i) {
            if (!meter.going()) return;
            keep(point, Network(s, static_cast<int>(i)).train(network_width(point.at, s.d), {s.steps}).front(), static_cast<std::size_t>(i));
            meter.tick();
        });
        if (!meter.going()) return false;
        partial(sweep);
    }
    return true;
}

/// Time: a seed gives all its points at once, the band grows seed by seed.
bool sweep_time(Sweep& sweep, Meter& meter, const Partial& partial) {
    const Settings& s = sweep.settings;
    const bool network = s.model == Model::kNetwork;
    if (network) {
        for (int i = 0; i < s.seeds; ++i) sweep.slices.push_back(Network(s, i).slice());
    }
    const int together = std::max(1, threads());  // how many at once changes nothing in the results
    for (int first = 0; first < s.seeds; first += together) {
        const int count = std::min(together, s.seeds - first);
        for (Point& point : sweep.points) widen(point, static_cast<std::size_t>(count));
        parallel_for(count, [&](std::int64_t i) {
            if (!meter.going()) return;
            const int seed = first + static_cast<int>(i);
            std::vector<Fit> fits = network ? Network(s, seed).train(network_width(s.p, s.d), s.points) : descend(s, seed);
            for (std::size_t k = 0; k < fits.size(); ++k) keep(sweep.points[k], std::move(fits[k]), static_cast<std::size_t>(seed));
            for (std::size_t k = 0; k < fits.size(); ++k) meter.tick();
        });
        if (!meter.going()) return false;
        partial(sweep);
    }
    return true;
}

bool sweep_all(Sweep& sweep, Meter& meter, const Partial& partial) {
    switch (sweep.settings.over) {
        case Over::kSamples: return sweep_samples(sweep, meter, partial);
        case Over::kTime: return sweep_time(sweep, meter, partial);
        case Over::kSize: break;
    }
    return sweep.settings.model == Model::kNetwork ? sweep_networks(sweep, meter, partial) : sweep_sizes(sweep, meter, partial);
}

}  // namespace

double mean(std::vector<double> values) {
    if (values.empty()) return kUnknownValue;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return kUnknownValue;
    std::ranges::sort(values);
    const double place = share * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (values[high] - values[low]) * (place - static_cast<double>(low));
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

Result<Sweep> run_sweep(const Settings& settings, const Report& report, const Partial& partial) {
    Sweep sweep{.settings = settings};
    const Theory theory(settings);
    for (const std::int64_t at : settings.points) sweep.points.push_back({.at = at, .theory = theory.at(at)});
    Meter meter(report, settings.points.size() * static_cast<std::size_t>(settings.seeds));
    if (!sweep_all(sweep, meter, partial)) return Error{"cancelled", {}, ""};
    return sweep;
}

}  // namespace dg::sim::dd
