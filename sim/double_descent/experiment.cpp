// The row `double-descent` of the experiments: parameters to settings, a sweep to records.
#include "sim/double_descent/descent.h"
#include "sim/double_descent/subspace.h"
#include "sim/experiment.h"

#include <algorithm>

namespace dg::sim {
namespace {

using dd::Settings;
using dd::Sweep;

std::vector<ParamSpec> specs() {
    return {{.id = "model", .type = ParamType::kChoice, .default_value = "linear", .choices = {"linear", "relu", "fourier", "network", "polynomial"}},
            {.id = "over", .type = ParamType::kChoice, .default_value = "size", .choices = {"size", "samples", "time"}},
            {.id = "n", .type = ParamType::kInt, .default_value = "200", .min = 1, .max = 2000},
            {.id = "p_min", .type = ParamType::kInt, .default_value = "10", .min = 1, .max = 100000},
            {.id = "p_max", .type = ParamType::kInt, .default_value = "800", .min = 1, .max = 100000},
            {.id = "points", .type = ParamType::kInt, .default_value = "60", .min = 1, .max = 1000},
            {.id = "grid", .type = ParamType::kChoice, .default_value = "factors", .choices = {"factors", "steps"}},
            {.id = "p", .type = ParamType::kInt, .default_value = "100", .min = 1, .max = 5000},
            {.id = "n_min", .type = ParamType::kInt, .default_value = "10", .min = 1, .max = 2000},
            {.id = "n_max", .type = ParamType::kInt, .default_value = "400", .min = 1, .max = 2000},
            {.id = "t_max", .type = ParamType::kInt, .default_value = "1000000", .min = 1, .max = 1e9},
            {.id = "steps", .type = ParamType::kInt, .default_value = "4000", .min = 1, .max = 1000000},
            {.id = "signal", .type = ParamType::kReal, .default_value = "1", .min = 0, .max = 1e6},
            {.id = "noise_variance", .type = ParamType::kReal, .default_value = "0.25", .min = 0, .max = 1e6},
            {.id = "ridge", .type = ParamType::kReal, .default_value = "0", .min = 0, .max = 1e6},
            {.id = "seeds", .type = ParamType::kInt, .default_value = "10", .min = 1, .max = 1000},
            {.id = "d", .type = ParamType::kInt, .default_value = "20", .min = 1, .max = 200},
            {.id = "test_points", .type = ParamType::kInt, .default_value = "1000", .min = 1, .max = 100000},
            {.id = "seed", .type = ParamType::kInt, .default_value = "1", .min = 0, .max = 4294967295.0},
            {.id = "details", .type = ParamType::kBool, .default_value = "false"}};
}

Error wrong_order(const char* low, const char* high, const Params& params) {
    return {"param_order", {{"low", low}, {"low_value", params.text(low)}, {"high", high}, {"high_value", params.text(high)}}, ""};
}

dd::Model model_of(const std::string& name) {
    if (name == "relu") return dd::Model::kRelu;
    if (name == "fourier") return dd::Model::kFourier;
    if (name == "network") return dd::Model::kNetwork;
    return name == "polynomial" ? dd::Model::kPolynomial : dd::Model::kLinear;
}

/// Numbers of parameters that networks can have.
std::vector<std::int64_t> network_sizes(const std::vector<std::int64_t>& wanted, std::int64_t d) {
    std::vector<std::int64_t> sizes;
    for (const std::int64_t p : wanted) {
        const std::int64_t size = dd::network_parameters(dd::network_width(p, d), d);
        if (sizes.empty() || sizes.back() != size) sizes.push_back(size);
    }
    return sizes;
}

Result<void> set_points(Settings& s, const Params& params) {
    const std::int64_t count = params.integer("points");
    const bool factors = params.text("grid") == "factors";
    if (s.over == dd::Over::kTime) {
        const bool network = s.model == dd::Model::kNetwork;
        if (!network && s.model != dd::Model::kLinear) return Error{"param_over_time", {{"model", params.text("model")}}, ""};
        s.points = dd::spread(1, network ? s.steps : params.integer("t_max"), count, factors, 0);
        return {};
    }
    const bool samples = s.over == dd::Over::kSamples;
    const char* const low = samples ? "n_min" : "p_min";
    const char* const high = samples ? "n_max" : "p_max";
    if (params.integer(low) > params.integer(high)) return wrong_order(low, high, params);
    s.points = dd::spread(params.integer(low), params.integer(high), count, factors, samples ? s.p : s.n);
    if (!samples && s.model == dd::Model::kNetwork) s.points = network_sizes(s.points, s.d);
    return {};
}

Result<Settings> settings_of(const Params& params) {
    Settings s;
    s.model = model_of(params.text("model"));
    s.over = params.text("over") == "samples" ? dd::Over::kSamples : params.text("over") == "time" ? dd::Over::kTime : dd::Over::kSize;
    s.n = params.integer("n"), s.p = params.integer("p"), s.d = params.integer("d");
    s.signal = params.real("signal"), s.noise_variance = params.real("noise_variance"), s.ridge = params.real("ridge");
    s.seeds = static_cast<int>(params.integer("seeds")), s.seed = static_cast<std::uint64_t>(params.integer("seed"));
    s.test_points = params.integer("test_points"), s.steps = params.integer("steps");
    DG_TRY(set_points(s, params));
    return s;
}

/// The columns of DESIGN.md 7; `details` adds band and norm.
Records records_of(const Sweep& sweep, bool details) {
    const char* const what = sweep.settings.over == dd::Over::kSamples ? "n" : sweep.settings.over == dd::Over::kTime ? "t" : "p";
    Records r{.columns = {what, "test_risk_mean", "test_risk_median", "train_risk_mean", "theory"}};
    if (details) r.columns.insert(r.columns.end(), {"test_risk_p10", "test_risk_p90", "norm_median"});
    for (const dd::Point& point : sweep.points) {
        if (!point.complete(sweep.settings.seeds)) break;
        r.rows.push_back({static_cast<double>(point.at), dd::mean(point.test), dd::median(point.test), dd::mean(point.train), point.theory});
        if (details) r.rows.back().insert(r.rows.back().end(), {dd::quantile(point.test, 0.1), dd::quantile(point.test, 0.9), dd::median(point.norm)});
    }
    return r;
}

Result<Records> run(const Params& params, const Task& task) {
    DG_ASSIGN(const Settings settings, settings_of(params));
    const bool details = params.flag("details");
    const dd::Partial partial = [&](const Sweep& sweep) {
        if (task.snapshot) task.snapshot(std::make_shared<Records>(records_of(sweep, details)));
    };
    DG_ASSIGN(const Sweep sweep, dd::run_sweep(settings, task.report, partial));
    return records_of(sweep, details);
}

Records records_of(const dd::SubspaceResult& result) {
    Records r{.columns = {"d", "width", "parameters", "accuracy_mean", "accuracy_min", "full_accuracy"}};
    for (const dd::SubspacePoint& point : result.points) {
        r.rows.push_back({static_cast<double>(point.d), static_cast<double>(result.settings.width), static_cast<double>(result.parameters), dd::mean(point.accuracy),
                          dd::quantile(point.accuracy, 0), dd::mean(result.full)});
    }
    return r;
}

Result<Records> run_intrinsic(const Params& params, const Task& task) {
    if (params.integer("d_min") > params.integer("d_max")) return wrong_order("d_min", "d_max", params);
    dd::SubspaceSettings s{.width = params.integer("width"), .seeds = static_cast<int>(params.integer("seeds")),
                           .seed = static_cast<std::uint64_t>(params.integer("seed")), .steps = params.integer("steps")};
    s.dims = dd::spread(params.integer("d_min"), params.integer("d_max"), params.integer("points"), true, 0);
    DG_ASSIGN(const dd::SubspaceResult result, dd::run_subspace(s, task.report, [&](const dd::SubspaceResult& partial) {
        if (task.snapshot) task.snapshot(std::make_shared<Records>(records_of(partial)));
    }));
    return records_of(result);
}

}  // namespace

Experiment intrinsic_dimension_experiment() {
    return {.id = "intrinsic-dimension",
            .params = {{.id = "width", .type = ParamType::kInt, .default_value = "16", .min = 1, .max = 1024},
                       {.id = "d_min", .type = ParamType::kInt, .default_value = "4", .min = 1, .max = 4096},
                       {.id = "d_max", .type = ParamType::kInt, .default_value = "256", .min = 1, .max = 4096},
                       {.id = "points", .type = ParamType::kInt, .default_value = "13", .min = 1, .max = 100},
                       {.id = "steps", .type = ParamType::kInt, .default_value = "150", .min = 1, .max = 100000},
                       {.id = "seeds", .type = ParamType::kInt, .default_value = "5", .min = 1, .max = 100},
                       {.id = "seed", .type = ParamType::kInt, .default_value = "1", .min = 0, .max = 4294967295.0}},
            .run = &run_intrinsic};
}

Experiment double_descent_experiment() { return {.id = "double-descent", .params = specs(), .run = &run}; }

}  // namespace dg::sim
