#include "engine/base/mathfn.h"
#include "viz/scenes/double_descent.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {

std::vector<const sim::dd::Point*> Curve::measured() const {
    std::vector<const sim::dd::Point*> out;
    std::size_t most = 0;
    for (const sim::dd::Point& p : sweep.points) most = std::max(most, p.test.size());
    for (const sim::dd::Point& p : sweep.points) {
        if (most > 0 && p.test.size() == most) out.push_back(&p);
    }
    return out;
}

void Curve::take(sim::dd::Sweep fresh) {
    sweep = std::move(fresh);
    spreads.assign(sweep.points.size(), {});
    const auto spread_of = [](const std::vector<double>& values) { return Spread{sim::dd::quantile(values, 0.1), sim::dd::median(values), sim::dd::quantile(values, 0.9)}; };
    for (std::size_t i = 0; i < spreads.size(); ++i) {
        const sim::dd::Point& p = sweep.points[i];
        if (!p.test.empty()) spreads[i] = {spread_of(p.test), spread_of(p.norm)};
    }
}

const Spread& Curve::spread(const sim::dd::Point& point, bool norm) const { return spreads[static_cast<std::size_t>(&point - sweep.points.data())][norm ? 1 : 0]; }

std::vector<PlotPoint> medians(const Curve& curve, bool norm) {
    std::vector<PlotPoint> out;
    for (const sim::dd::Point* p : curve.measured()) out.push_back({static_cast<double>(p->at), curve.spread(*p, norm).middle});
    return out;
}

Shape shape_of(const Curve& curve) {
    Shape s;
    const auto points = curve.measured();
    if (points.empty()) return s;
    std::vector<double> y;
    for (const auto* p : points) y.push_back(curve.spread(*p, false).middle);
    std::size_t least = 0, valley = 0, peak = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (y[i] < y[least]) least = i;
        if (y[i] / y[least] > y[peak] / y[valley]) peak = i, valley = least;
    }
    const std::size_t second = static_cast<std::size_t>(std::min_element(y.begin() + static_cast<std::ptrdiff_t>(peak), y.end()) - y.begin());
    const auto at = [&](std::size_t i) { return static_cast<double>(points[i]->at); };
    if (peak == 0) valley = least;  // it never rises: the valley is its lowest point
    s = {.valley = y[valley], .peak = y[peak], .second = y[second], .last = y.back(), .valley_at = at(valley), .peak_at = at(peak),
         .second_at = at(second), .last_at = at(y.size() - 1), .least = y[least], .least_at = at(least), .has_peak = peak > 0 && y[peak] > 1.5 * y[valley] && y[second] < 0.9 * y[peak]};
    std::vector<double> off;
    for (const auto* p : points) {
        if (std::isfinite(p->theory)) off.push_back(std::abs(sim::dd::mean(p->test) / p->theory - 1));
    }
    s.deviation = sim::dd::median(off);
    return s;
}

double threshold(const Curve& curve) {
    const sim::dd::Settings& s = curve.sweep.settings;
    if (s.over == sim::dd::Over::kTime) return 0;
    return static_cast<double>(s.over == sim::dd::Over::kSamples ? s.p : s.n);
}

const std::vector<double>& values_of(const sim::dd::Point& point, bool norm) { return norm ? point.norm : point.test; }

Ask asked(const Shot& shot) {
    const Data& d = shot.data;
    if (d.mode == Mode::kSubspace) return Ask::kNets;
    if (shot.norm) return Ask::kNorm;
    if (!d.ridge.empty()) return Ask::kRidge;
    const sim::dd::Settings& s = d.curves[0].sweep.settings;
    return s.model == sim::dd::Model::kLinear && s.over == sim::dd::Over::kSize ? Ask::kTheory : Ask::kCurve;
}

double along(const Curve& curve, double value) {
    const auto first = static_cast<double>(curve.sweep.points.front().at), last = static_cast<double>(curve.sweep.points.back().at);
    if (!(last > first)) return 1;
    if (curve.sweep.settings.model == sim::dd::Model::kPolynomial) return std::clamp((value - first) / (last - first), 0.0, 1.0);
    return std::clamp(dg::log(value / first) / dg::log(last / first), 0.0, 1.0);
}

double reached(const Curve& curve, const Shot& shot) {
    const View& view = shot.view;
    const double edge = threshold(curve);
    if (!view.revealed && (asked(shot) == Ask::kCurve || asked(shot) == Ask::kNorm)) {
        // the beginning, which says nothing of what comes
        const auto second = static_cast<double>(curve.sweep.points[std::min<std::size_t>(1, curve.sweep.points.size() - 1)].at);
        return edge > 0 && along(curve, edge) < 1 ? along(curve, edge / 4) : along(curve, second);
    }
    // under: up to 4/5 of the threshold; threshold: through it; over: the rest
    const bool inside = edge > 0 && along(curve, edge) > 0 && along(curve, edge) < 1;
    const double a = inside ? along(curve, edge * 0.8) : 0.35, b = inside ? along(curve, edge * 1.25) : 0.7;
    if (view.stage == 0) return a * view.u;
    if (view.stage == 1) return a + (b - a) * view.u;
    if (view.stage == 2) return b + (1 - b) * view.u;
    return 1;
}

int cursor(const Shot& shot, const Curve& curve) {
    const View& view = shot.view;
    const auto points = curve.measured();
    if (points.empty()) return -1;
    const double far = reached(curve, shot);
    const bool moving = view.stage < 3 || far < 1;
    if (view.hover && view.hover->tensor == kPoints && view.hover->at.size() == 1 && view.hover->at[0] < static_cast<std::int64_t>(points.size())) {
        return static_cast<int>(view.hover->at[0]);
    }
    const double edge = threshold(curve);
    const bool at_edge = std::ranges::any_of(points, [&](const sim::dd::Point* p) { return static_cast<double>(p->at) == edge; });
    const double wanted = shot.size > 0 ? static_cast<double>(shot.size) : at_edge ? edge : shape_of(curve).peak_at;
    const double place = moving ? far : along(curve, wanted);
    int best = 0;
    for (int i = 0; i < static_cast<int>(points.size()); ++i) {
        const double here = along(curve, static_cast<double>(points[static_cast<std::size_t>(i)]->at));
        const double best_place = along(curve, static_cast<double>(points[static_cast<std::size_t>(best)]->at));
        if (moving ? here <= place + 1e-9 : std::abs(here - place) < std::abs(best_place - place)) best = i;
    }
    return best;
}

}  // namespace dg::viz::double_descent
