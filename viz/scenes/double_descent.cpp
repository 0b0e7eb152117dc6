// Scene double-descent: parameters, computing, observables.
#include "viz/scenes/double_descent.h"

#include "engine/base/mathfn.h"
#include "sim/double_descent/descent.h"
#include "sim/double_descent/theory.h"
#include "viz/scenes/numbers.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace dg::viz {
namespace double_descent {

using sim::dd::Model;
using sim::dd::Over;
using sim::dd::Settings;
using sim::dd::Sweep;

// defined in double_descent_draw.cpp
void draw(Canvas& canvas, const SceneData& base, const Params& params, const View& view);

namespace {

constexpr std::int64_t kPolynomialSamples = 15, kPolynomialMost = 12, kTheoryPlaces = 120, kSlice = 121;

std::vector<ParamSpec> specs() {
    return {{.id = "mode", .type = ParamType::kChoice, .default_value = "size", .choices = {"size", "samples", "time", "polynomial", "all", "subspace"}},
            {.id = "model", .type = ParamType::kChoice, .default_value = "relu", .choices = {"linear", "relu", "fourier", "network"}},
            {.id = "n", .type = ParamType::kInt, .default_value = "100", .min = 4, .max = 1000, .when = "mode=size|time|all"},
            {.id = "noise", .type = ParamType::kReal, .default_value = "0.3", .min = 0, .max = 10, .fine = true, .when = "mode=size|samples|time|polynomial|all"},
            {.id = "ridge", .type = ParamType::kReal, .default_value = "0", .min = 0, .max = 10, .fine = true, .when = "mode=size|samples|polynomial"},
            {.id = "p_min", .type = ParamType::kInt, .default_value = "5", .min = 1, .max = 20000, .when = "mode=size|all"},
            {.id = "p_max", .type = ParamType::kInt, .default_value = "3200", .min = 2, .max = 20000, .when = "mode=size|all"},
            {.id = "points", .type = ParamType::kInt, .default_value = "24", .min = 3, .max = 200, .when = "mode=size|samples|all"},
            {.id = "p", .type = ParamType::kInt, .default_value = "100", .min = 2, .max = 5000, .when = "mode=samples|all;mode=time model=network"},
            {.id = "signal", .type = ParamType::kReal, .default_value = "1", .min = 0.0001, .max = 10000, .when = "mode=size|samples|time|polynomial|all"},
            {.id = "d", .type = ParamType::kInt, .default_value = "20", .min = 3, .max = 100, .when = "mode=size|samples|all;mode=time model=network"},
            {.id = "seeds", .type = ParamType::kInt, .default_value = "10", .min = 1, .max = 100},
            {.id = "size", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 1e9, .drawn_only = true, .when = "mode=size|samples|time|polynomial"},
            {.id = "show", .type = ParamType::kChoice, .default_value = "risk", .choices = {"risk", "norm"}, .drawn_only = true, .when = "mode=size|samples|time|polynomial|all"},
            seed_param()};
}

Mode mode_of(const std::string& name) {
    if (name == "samples") return Mode::kSamples;
    if (name == "time") return Mode::kTime;
    if (name == "polynomial") return Mode::kPolynomial;
    if (name == "all") return Mode::kAll;
    return name == "subspace" ? Mode::kSubspace : Mode::kSize;
}

Model model_of(const std::string& name) {
    if (name == "linear") return Model::kLinear;
    if (name == "fourier") return Model::kFourier;
    return name == "network" ? Model::kNetwork : Model::kRelu;
}

Settings common(const Params& params) {
    Settings s{.model = model_of(params.text("model")), .n = params.integer("n"), .p = params.integer("p"), .signal = params.real("signal"),
               .seeds = static_cast<int>(params.integer("seeds")), .seed = static_cast<std::uint64_t>(params.integer("seed")), .d = params.integer("d")};
    s.noise_variance = params.real("noise") * params.real("noise");
    s.slice_points = kSlice;
    return s;
}

/// A spread by factors, closer where it matters: a tenth and a twentieth off the threshold on either side.
std::vector<std::int64_t> places(std::int64_t low, std::int64_t high, std::int64_t count, std::int64_t edge) {
    std::vector<std::int64_t> out = sim::dd::spread(low, high, count, true, edge);
    for (const double factor : {0.9, 0.95, 1.05, 1.1, 1.2}) {
        const auto at = static_cast<std::int64_t>(std::llround(factor * static_cast<double>(edge)));
        if (at > low && at < high) out.push_back(at);
    }
    std::ranges::sort(out);
    const auto rest = std::ranges::unique(out);
    out.erase(rest.begin(), rest.end());
    return out;
}

Result<Settings> size_settings(const Params& params) {
    Settings s = common(params);
    const std::int64_t low = params.integer("p_min"), high = params.integer("p_max");
    if (low >= high) return Error{"param_order", {{"low", "p_min"}, {"low_value", params.text("p_min")}, {"high", "p_max"}, {"high_value", params.text("p_max")}}, ""};
    s.points = places(low, high, params.integer("points"), s.n);
    if (s.model != Model::kNetwork) return s;
    std::vector<std::int64_t> sizes;
    for (const std::int64_t p : s.points) {
        const std::int64_t size = sim::dd::network_parameters(sim::dd::network_width(p, s.d), s.d);
        if (sizes.empty() || sizes.back() != size) sizes.push_back(size);
    }
    s.points = sizes;
    return s;
}

Settings samples_settings(const Params& params) {
    Settings s = common(params);
    s.over = Over::kSamples;
    s.points = places(std::max<std::int64_t>(2, s.p / 10), 4 * s.p, params.integer("points"), s.p);
    return s;
}

Settings time_settings(const Params& params) {
    Settings s = common(params);
    s.over = Over::kTime;
    if (s.model != Model::kNetwork) s.model = Model::kLinear;
    s.points = sim::dd::spread(1, s.model == Model::kNetwork ? s.steps : 500000, std::max<std::int64_t>(40, params.integer("points")), true, 0);
    return s;
}

Settings polynomial_settings(const Params& params) {
    Settings s = common(params);
    s.model = Model::kPolynomial;
    s.n = kPolynomialSamples;
    s.points = sim::dd::spread(1, kPolynomialMost, kPolynomialMost, false, 0);
    return s;
}

/// The theory where the axis has room for it; a gap at the threshold.
std::vector<PlotPoint> theory_curve(const Settings& s) {
    const sim::dd::Theory theory(s);
    std::vector<PlotPoint> out;
    for (const std::int64_t at : places(s.points.front(), s.points.back(), kTheoryPlaces, s.over == Over::kSamples ? s.p : s.n)) {
        out.push_back({static_cast<double>(at), theory.at(at)});
    }
    if (std::ranges::none_of(out, [](const PlotPoint& p) { return std::isfinite(p.y); })) out.clear();
    return out;
}

/// The limit of large n and p beside the exact theory of the linear model; empty elsewhere.
std::vector<PlotPoint> limit_curve(const Settings& s, const std::vector<PlotPoint>& theory) {
    std::vector<PlotPoint> out;
    if (s.model != Model::kLinear || s.over == Over::kTime || s.ridge > 0) return out;
    for (const PlotPoint& p : theory) {
        const double gamma = s.over == Over::kSamples ? static_cast<double>(s.p) / p.x : p.x / static_cast<double>(s.n);
        out.push_back({p.x, sim::dd::linear_risk_asymptotic(gamma, s.signal, s.noise_variance)});
    }
    return out;
}

/// Publishes at most thirty times a second, and only where someone looks.
class Herald {
  public:
    explicit Herald(const Progress& progress) : progress_(progress) {}

    [[nodiscard]] bool due() const { return progress_.publish && std::chrono::steady_clock::now() - last_ >= std::chrono::milliseconds(33); }

    void show(const Data& data) {
        last_ = std::chrono::steady_clock::now();
        progress_.publish(std::make_shared<Data>(data));
    }

  private:
    const Progress& progress_;
    std::chrono::steady_clock::time_point last_{};
};

/// Runs one sweep into `curves` of `data`; `from` .. `to`: its share of the progress.
Result<void> run_into(Data& data, std::vector<Curve> Data::* curves, const Settings& settings, const Progress& progress, Herald& herald, double from, double to) {
    std::vector<Curve>& list = data.*curves;
    list.emplace_back();
    list.back().theory = theory_curve(settings);
    list.back().limit = limit_curve(settings, list.back().theory);
    const sim::dd::Report report = [&](double fraction) { return progress.report(from + (to - from) * fraction); };
    DG_ASSIGN(Sweep whole, sim::dd::run_sweep(settings, report, [&](const Sweep& sweep) {
        if (!herald.due()) return;
        list.back().take(sweep);
        herald.show(data);
    }));
    list.back().take(std::move(whole));
    list.back().done = true;
    return {};
}

Result<void> run_subspaces(Data& data, const Params& params, const Progress& progress, Herald& herald) {
    const std::int64_t widths[] = {16, 64};
    double from = 0;
    for (const std::int64_t width : widths) {
        sim::dd::SubspaceSettings s{.width = width, .dims = {8, 32, 64, 96, 128, 160, 192, 256}, .seeds = static_cast<int>(std::min<std::int64_t>(5, params.integer("seeds"))),
                                    .seed = data.seed};
        const double share = width == 16 ? 0.3 : 0.7;  // the wider net takes longer
        data.nets.emplace_back();
        DG_ASSIGN(data.nets.back(), sim::dd::run_subspace(s, [&](double fraction) { return progress.report(from + share * fraction); },
                                                          [&](const sim::dd::SubspaceResult& part) {
                                                              if (!herald.due()) return;
                                                              data.nets.back() = part;
                                                              herald.show(data);
                                                          }));
        from += share;
    }
    return {};
}

Result<void> run_curves(Data& data, const Params& params, const Progress& progress, Herald& herald) {
    std::vector<Settings> wanted;
    if (data.mode == Mode::kSize || data.mode == Mode::kAll) {
        DG_ASSIGN(Settings sizes, size_settings(params));
        wanted.push_back(std::move(sizes));
    }
    if (data.mode == Mode::kSamples || data.mode == Mode::kAll) wanted.push_back(samples_settings(params));
    if (data.mode == Mode::kTime || data.mode == Mode::kAll) wanted.push_back(time_settings(params));
    if (data.mode == Mode::kPolynomial) wanted.push_back(polynomial_settings(params));
    const double ridge = params.real("ridge");
    const bool both = ridge > 0 && wanted.size() == 1 && wanted[0].over != Over::kTime;
    const double parts = static_cast<double>(wanted.size()) + (both ? 1 : 0);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        DG_TRY(run_into(data, &Data::curves, wanted[i], progress, herald, static_cast<double>(i) / parts, static_cast<double>(i + 1) / parts));
    }
    if (!both) return {};
    wanted[0].ridge = ridge;
    return run_into(data, &Data::ridge, wanted[0], progress, herald, 1 / parts, 1);
}

Result<std::shared_ptr<const SceneData>> compute(Session&, const Params& params, const Progress& progress) {
    auto data = std::make_shared<Data>();
    data->mode = mode_of(params.text("mode"));
    data->noise = params.real("noise");
    data->seed = static_cast<std::uint64_t>(params.integer("seed"));
    Herald herald(progress);
    if (data->mode == Mode::kSubspace) DG_TRY(run_subspaces(*data, params, progress, herald));
    else DG_TRY(run_curves(*data, params, progress, herald));
    data->whole = true;
    return std::shared_ptr<const SceneData>(std::move(data));
}

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "") { out.push_back({std::move(name), std::move(index), value}); }

void observe_curve(const Curve& curve, const std::string& prefix, Observations& out) {
    const Shape s = shape_of(curve);
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, double>>{
             {"valley", s.valley}, {"valley_at", s.valley_at}, {"peak", s.peak}, {"peak_at", s.peak_at}, {"second", s.second}, {"second_at", s.second_at}, {"last", s.last},
             {"last_at", s.last_at}, {"deviation", s.deviation}}) {
        add(out, prefix + name, value);
    }
    add(out, prefix + "has_peak", s.has_peak ? 1 : 0);
    for (const sim::dd::Point* p : curve.measured()) {
        const std::string at = fmt::format("{}", p->at);
        const Spread& risk = curve.spread(*p, false);
        add(out, prefix + "test", risk.middle, at);
        add(out, prefix + "test_mean", sim::dd::mean(p->test), at);
        add(out, prefix + "test_low", risk.low, at);
        add(out, prefix + "test_high", risk.high, at);
        add(out, prefix + "train", sim::dd::mean(p->train), at);
        add(out, prefix + "norm", curve.spread(*p, true).middle, at);
        add(out, prefix + "theory", p->theory, at);
    }
}

void observe_theory(const Settings& s, Observations& out) {
    if (s.model != Model::kLinear || s.over != Over::kSize) return;
    for (const double gamma : {0.5, 0.9, 1.1, 2.0}) {
        add(out, "limit", sim::dd::linear_risk_asymptotic(gamma, s.signal, s.noise_variance), fmt::format("{}", gamma));
        add(out, "exact", sim::dd::linear_risk(static_cast<double>(s.n), gamma * static_cast<double>(s.n), s.signal, s.noise_variance), fmt::format("{}", gamma));
    }
}

Observations observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    add(out, "noise", d.noise);
    const char* const names[] = {"", "samples_", "time_"};
    for (std::size_t i = 0; i < d.curves.size(); ++i) observe_curve(d.curves[i], names[i], out);
    if (!d.curves.empty()) {
        const Settings& s = d.curves[0].sweep.settings;
        add(out, "n", static_cast<double>(s.n));
        add(out, "seeds", s.seeds);
        observe_theory(s, out);
    }
    if (!d.ridge.empty()) {
        observe_curve(d.ridge[0], "ridge_", out);
        add(out, "ridge", d.ridge[0].sweep.settings.ridge);
    }
    for (const sim::dd::SubspaceResult& net : d.nets) {
        const std::string width = fmt::format("{}", net.settings.width);
        add(out, "d90", static_cast<double>(net.reaches()), width);
        add(out, "parameters", static_cast<double>(net.parameters), width);
        add(out, "full_accuracy", sim::dd::mean(net.full), width);
        for (const sim::dd::SubspacePoint& p : net.points) add(out, "accuracy", sim::dd::mean(p.accuracy), fmt::format("{},{}", width, p.d));
    }
    return out;
}

}  // namespace
}  // namespace double_descent

Scene double_descent_scene() {
    return {.id = "double-descent", .chapter = "learning", .source = "sim/double_descent/size_fit.cpp", .params = double_descent::specs(),
            .stages = {{"under", 2.5}, {"threshold", 2.5}, {"over", 3.0}, {"compare", 1.2}},
            .compute = &double_descent::compute, .draw = &double_descent::draw, .observe = &double_descent::observe};
}

}  // namespace dg::viz
