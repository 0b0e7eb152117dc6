// Scene networks: description, measuring, observables.
#include "viz/scenes/networks.h"

#include "engine/ops/ops.h"
#include "viz/scenes/clock.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::sim {

Experiment networks_experiment();

}  // namespace dg::sim

namespace dg::viz {
namespace networks {

std::int64_t Data::reach(std::size_t i) const {
    const auto& places = nets.at(i).gradient;
    return places.empty() ? 0 : std::ranges::count_if(places.front(), [](double g) { return g != 0; });
}

double Data::last(const std::string& column) const {
    const auto at = std::ranges::find(records.columns, column);
    if (at == records.columns.end() || records.rows.empty()) return std::numeric_limits<double>::quiet_NaN();
    return records.rows.back()[static_cast<std::size_t>(at - records.columns.begin())];
}

double done(const View& view, Stage stage) {
    if (stage != kWiring && !view.revealed) return 0;
    return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u);
}

Color color_of(const Theme& t, net::Kind kind) { return kind == net::Kind::kCnn ? t.experts[1] : kind == net::Kind::kRnn ? t.experts[7] : t.ink; }

std::string name_of(Lang lang, net::Kind kind) { return tr(lang, fmt::format("networks.{}", net::id_of(kind))); }

namespace {

constexpr std::int64_t kBudget = 3000;
constexpr std::int64_t kShippedLayers = 6, kShippedSeeds = 5;
constexpr std::int64_t kLiveTests = 100;

std::vector<ParamSpec> specs() {
    return {{.id = "mode", .type = ParamType::kChoice, .default_value = "flow", .choices = {"flow", "reach", "gradient", "timeline", "train", "cost", "strokes"}},
            {.id = "n", .type = ParamType::kInt, .default_value = "8", .min = 1, .max = 256, .when = "mode=flow|gradient|timeline"},
            {.id = "layers", .type = ParamType::kInt, .default_value = "6", .min = 1, .max = 64, .when = "mode=flow|reach|gradient|timeline|cost"},
            {.id = "weights", .type = ParamType::kChoice, .default_value = "trained", .choices = {"trained", "fresh"}, .when = "mode=flow|gradient"},
            {.id = "steps", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 5000, .when = "mode=train|strokes"},
            {.id = "to", .type = ParamType::kInt, .default_value = "1024", .min = 129, .max = 65536, .when = "mode=cost"},
            seed_param(1)};
}

Mode mode_of(const std::string& name) {
    static const std::vector<std::string> names = {"flow", "reach", "gradient", "timeline", "train", "cost", "strokes"};
    return static_cast<Mode>(std::ranges::find(names, name) - names.begin());
}

/// The networks to look at: trained ones where the program ships them, else fresh ones.
Result<std::array<net::Network, 3>> networks_of(Data& d, Session& session, bool trained) {
    std::array<net::Network, 3> nets;
    const std::array<net::Dims, 3> dims = net::equal_dims(kBudget, d.layers);
    for (std::size_t k = 0; k < 3; ++k) nets[k] = net::make_network(dims[k], static_cast<std::uint64_t>(d.seed));
    d.trained = trained && d.layers == kShippedLayers && d.seed >= 1 && d.seed <= kShippedSeeds;
    if (!d.trained) return nets;
    DG_ASSIGN(const net::Recording recording, net::read_recording(session.assets() / "runs" / "networks", "copy", d.seed));
    // gradients are asked at every distance: of the networks that had to bridge the longest
    const std::size_t at = d.mode == Mode::kGradient ? 2 : d.n <= d.trained_at[0] ? 0 : d.n <= d.trained_at[1] ? 1 : 2;
    for (std::size_t k = 0; k < 3; ++k) nets[k] = recording.nets[k][at];
    d.hash = recording.hash;
    return nets;
}

/// Runs the three on one sequence, on one tape: what the inspector explains.
void record(Data& d, const std::array<net::Network, 3>& nets) {
    d.recorded = std::make_shared<Trace>();
    Tape<float>& tape = d.recorded->tape;
    Tensor<float> ids = net::copy_batch(static_cast<std::uint64_t>(d.seed), "copy.show", 0, 1, d.n).ids;
    for (const float id : ids.values()) d.symbols.push_back(static_cast<std::int64_t>(id));
    const TensorId input = tape.input("ids", std::move(ids), true);
    for (std::size_t k = 0; k < 3; ++k) {
        // the tape owns its weights (found by name): the networks of `nets` are gone when it is asked
        for (const auto& [name, t] : nets[k].weights.tensors) tape.input(name, t);
        const TensorId p = ops::softmax(tape, net::run_network(tape, nets[k].dims, nets[k].weights, input), fmt::format("{}.p", net::id_of(nets[k].dims.kind)));
        d.nets[k].p = static_cast<double>(tape.value(p)[d.symbols.front()]);
    }
    const Tensor<float>& probs = tape.value(tape.find("transformer.probs"));
    const std::int64_t heads = probs.dim(1), places = probs.cols();
    d.attention.assign(static_cast<std::size_t>(places), 0);
    for (std::int64_t h = 0; h < heads; ++h)
        for (std::int64_t u = 0; u < places; ++u) d.attention[static_cast<std::size_t>(u)] += probs.row((h + 1) * places - 1)[u] / static_cast<float>(heads);
}

Result<void> measure_distances(Data& d, const std::array<net::Network, 3>& nets, const Progress& progress) {
    d.distances = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128};
    if (std::ranges::find(d.distances, d.n) == d.distances.end()) d.distances.insert(std::ranges::upper_bound(d.distances, d.n), d.n);
    for (std::size_t i = 0; i < d.distances.size(); ++i) {
        for (std::size_t k = 0; k < 3; ++k) {
            if (!progress.report((static_cast<double>(i) + static_cast<double>(k) / 3) / static_cast<double>(d.distances.size()))) return Error{"cancelled", {}, ""};
            d.nets[k].by_distance.push_back(net::first_step_gradient(nets[k], static_cast<std::uint64_t>(d.seed), d.distances[i], 2));
        }
    }
    return {};
}

/// Shipped records, or fresh ones of `steps` steps.
Result<void> find_records(Data& d, Session& session, const std::string& task, std::int64_t steps, const Progress& progress) {
    if (steps == 0 && d.seed >= 1 && d.seed <= kShippedSeeds) {
        DG_ASSIGN(const net::Recording recording, net::read_recording(session.assets() / "runs" / "networks", task, d.seed));
        d.records = recording.records, d.hash = recording.hash, d.tests = recording.params.integer("tests");
        return {};
    }
    d.live = true;
    const std::int64_t every = std::max<std::int64_t>(1, (steps == 0 ? 300 : steps) / 12);
    const std::map<std::string, std::string> set = {{"task", task}, {"seed", fmt::format("{}", d.seed)}, {"steps", fmt::format("{}", steps == 0 ? 300 : steps)},
                                                    {"every", fmt::format("{}", every)}, {"tests", fmt::format("{}", kLiveTests)}};
    d.tests = kLiveTests;
    const sim::Experiment experiment = sim::networks_experiment();
    DG_ASSIGN(const Params params, sim::parse_params(experiment.params, set));
    DG_ASSIGN(d.records, experiment.run(params, {.report = progress.report}));
    return {};
}

Result<void> show_strokes(Data& d, Session& session, std::int64_t steps, const Progress& progress) {
    const std::array<net::StrokeDims, 2> dims = net::equal_stroke_dims(kBudget);
    d.stroke_parameters = {dims[0].parameters(), dims[1].parameters()};
    for (std::int64_t i = 0; i < 2 * net::kShapes; ++i) d.pictures.push_back(net::stroke_picture(static_cast<std::uint64_t>(d.seed), "strokes.train", i));
    return find_records(d, session, "strokes", steps, progress);
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    auto d = std::make_shared<Data>();
    d->mode = mode_of(params.text("mode"));
    d->n = params.integer("n"), d->layers = params.integer("layers"), d->to = params.integer("to"), d->seed = params.integer("seed");
    if (d->mode == Mode::kReach) d->n = 2 * d->layers + 3;  // the reach and two places more
    const bool trained = params.text("weights") == "trained" && (d->mode == Mode::kFlow || d->mode == Mode::kGradient);
    DG_ASSIGN(const auto nets, networks_of(*d, session, trained));
    for (std::size_t k = 0; k < 3; ++k) {
        Shown& s = d->nets[k];
        s.dims = nets[k].dims, s.parameters = s.dims.parameters(), s.cost = net::cost_of(s.dims, d->n);
        if (d->mode == Mode::kFlow || d->mode == Mode::kReach) s.gradient = net::gradient_rows(nets[k], static_cast<std::uint64_t>(d->seed), d->n);
    }
    if (d->mode == Mode::kFlow || d->mode == Mode::kReach) record(*d, nets);
    if (d->mode == Mode::kGradient) DG_TRY(measure_distances(*d, nets, progress));
    if (d->mode == Mode::kTrain) DG_TRY(find_records(*d, session, "copy", params.integer("steps"), progress));
    if (d->mode == Mode::kStrokes) DG_TRY(show_strokes(*d, session, params.integer("steps"), progress));
    return std::shared_ptr<const SceneData>(std::move(d));
}

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "") { out.push_back({std::move(name), std::move(index), value}); }

void observe_net(const Data& d, std::size_t k, Observations& out) {
    const Shown& s = d.nets[k];
    const std::string id(net::id_of(s.dims.kind));
    add(out, "parameters", static_cast<double>(s.parameters), id);
    add(out, "sequential", static_cast<double>(s.cost.sequential), id);
    add(out, "sequential_double", static_cast<double>(net::cost_of(s.dims, 2 * d.n).sequential), id);
    add(out, "path", static_cast<double>(net::cost_of(s.dims, d.n + 2).path), id);  // symbol, noise, query
    const net::Cost from = net::cost_of(s.dims, 128), to = net::cost_of(s.dims, d.to);
    add(out, "cost_growth", to.rest / from.rest, id);
    if (s.dims.kind == net::Kind::kTransformer) add(out, "scores_growth", static_cast<double>(to.pairs) / static_cast<double>(from.pairs));
    if (!s.gradient.empty()) {
        add(out, "reach", static_cast<double>(d.reach(k)), id);
        add(out, "p", s.p, id);
        add(out, "first_gradient", s.gradient.front().front(), id);
    }
    for (std::size_t i = 0; i < s.by_distance.size(); ++i) add(out, id + "_gradient", s.by_distance[i], fmt::format("{}", d.distances[i]));
}

Observations observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    add(out, "n", static_cast<double>(d.n));
    add(out, "layers", static_cast<double>(d.layers));
    add(out, "trained", d.trained ? 1 : 0);
    for (std::size_t k = 0; k < 3; ++k) observe_net(d, k, out);
    // layers that a causal CNN of kernel 3 needs to span a number of places
    for (const std::int64_t span : {65, 129}) add(out, "layers_for", static_cast<double>((span - 1 + net::kKernel - 2) / (net::kKernel - 1)), fmt::format("{}", span));
    if (d.mode == Mode::kTrain) {
        for (const net::Kind kind : net::kKinds)
            for (std::size_t i = 0; i < 3; ++i) {
                static constexpr std::array<const char*, 3> kNames = {"near", "middle", "far"};
                add(out, fmt::format("{}_accuracy", net::id_of(kind)), d.last(fmt::format("{}_accuracy_{}", net::id_of(kind), kNames[i])), fmt::format("{}", d.trained_at[i]));
            }
        add(out, "steps", d.last("step"));
    }
    if (d.mode == Mode::kStrokes) {
        for (const char* name : {"cnn_accuracy", "transformer_accuracy", "cnn_train_accuracy", "transformer_train_accuracy"}) add(out, name, d.last(name));
        add(out, "stroke_parameters", static_cast<double>(d.stroke_parameters[0]), "cnn");
        add(out, "stroke_parameters", static_cast<double>(d.stroke_parameters[1]), "transformer");
    }
    return out;
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    const Rect area = draw_frame(canvas, view, words(d, view));
    switch (d.mode) {
        case Mode::kFlow: return draw_flow(canvas, d, view, area);
        case Mode::kReach: return draw_reach(canvas, d, view, area);
        case Mode::kGradient: return draw_gradient(canvas, d, view, area);
        case Mode::kTimeline: return draw_timeline(canvas, d, view, area);
        case Mode::kTrain: return draw_training(canvas, d, view, area);
        case Mode::kCost: return draw_cost(canvas, d, view, area);
        case Mode::kStrokes: return draw_strokes(canvas, d, view, area);
    }
}

}  // namespace
}  // namespace networks

Scene networks_scene() {
    return {.id = "networks", .chapter = "learning", .source = "sim/networks/nets.cpp", .params = networks::specs(),
            .stages = {{"wiring", 0.6}, {"spread", 1.6}, {"answer", 0.6}},
            .compute = &networks::compute, .draw = &networks::draw, .observe = &networks::observe};
}

}  // namespace dg::viz
