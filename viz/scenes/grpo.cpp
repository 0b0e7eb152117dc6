// Scene grpo: parameters, computing.
#include "viz/scenes/grpo.h"

#include "engine/base/mathfn.h"
#include "engine/io/hf.h"
#include "engine/ops/policy.h"
#include "sim/grpo/experiment.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/float_bits.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace dg::viz {
namespace grpo {

// defined in grpo_observe.cpp
std::vector<Observation> observe(const SceneData& base);

const Run* Data::run(std::string_view id) const {
    const auto found = std::ranges::find_if(runs, [&](const auto& each) { return each->id == id; });
    return found == runs.end() ? nullptr : found->get();
}

double done(const View& view, Stage stage) {
    if (!view.revealed) return 0;
    return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u);
}

namespace {

constexpr std::size_t kMostRewards = 16;
constexpr double kMostReward = 1000;  // of a reward set by hand
constexpr int kGridPlaces = 100;  // of a unit

const std::vector<std::string> kModes = {"advantage", "clip", "kl", "memory", "train", "wait", "compare", "failures", "drift", "seeds", "published"};

std::vector<ParamSpec> specs() {
    std::vector<std::string> runs(kRecorded.begin(), kRecorded.end());
    runs.emplace_back("live");
    std::vector<ParamSpec> all = {{.id = "mode", .type = ParamType::kChoice, .default_value = "train", .choices = kModes},
                                  {.id = "run", .type = ParamType::kChoice, .default_value = "pen", .choices = runs, .when = "mode=train"},
                                  {.id = "at", .type = ParamType::kInt, .default_value = "-1", .min = -1, .max = static_cast<double>(kMostAt), .when = "mode=train"},
                                  {.id = "rewards", .type = ParamType::kText, .default_value = "1,0,0,1,0,0,0,0", .when = "mode=advantage"},
                                  {.id = "ratio", .type = ParamType::kReal, .default_value = "1.5", .min = 0, .max = 2, .when = "mode=clip"},
                                  {.id = "r", .type = ParamType::kReal, .default_value = "2", .min = 0.05, .max = 5, .when = "mode=kl"}};
    for (ParamSpec& spec : sim::grpo_params()) {
        if (spec.id == "record" || spec.id == "terms") continue;
        const bool counts = spec.id == "model" || spec.id == "kl" || spec.id == "baseline";  // what must be in memory
        spec.when = std::string(counts ? "mode=memory;" : spec.id == "clip" ? "mode=clip;" : "") + "mode=train run=live";
        all.push_back(std::move(spec));
    }
    return all;
}

/// "1,0,0.5": one to sixteen numbers.
Result<std::vector<double>> parse_rewards(const std::string& text) {
    std::vector<double> out;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        double value = 0;
        const auto read = std::from_chars(text.data() + begin, text.data() + end, value);
        if (begin == end || read.ec != std::errc{} || read.ptr != text.data() + end || !(std::abs(value) <= kMostReward) || out.size() == kMostRewards)
            return Error{"grpo_rewards", {{"rewards", printable(text)}}, ""};
        out.push_back(value);
        begin = end + 1;
    }
    return out;
}

Hand hand_of(std::vector<double> rewards) {
    Hand h{.rewards = std::move(rewards), .advantages = {}};
    h.advantages = sim::group_advantages(h.rewards);
    const auto n = static_cast<double>(h.rewards.size());
    for (const double r : h.rewards) h.mean += r / n;
    for (const double r : h.rewards) h.deviation += (r - h.mean) * (r - h.mean) / n;
    h.deviation = std::sqrt(h.deviation);
    return h;
}

/// One row of tokens through policy_loss: `x` are ratios (KL: r), one token each.
struct Row {
    Tape<float> tape{Tape<float>::Mode::kTrain};
    ops::PolicyLoss loss;
    TensorId nll = -1;
};

void fill_row(Row& row, const std::vector<double>& x, bool of_kl, float advantage, double clip, const std::string& prefix) {
    const auto n = static_cast<std::int64_t>(x.size());
    // KL: the reference is r times as likely; else the policy is rho times as likely as the old one
    std::vector<float> nll, other, a(x.size(), advantage), w(x.size(), 1.0F);
    for (const double v : x) {
        const auto log = static_cast<float>(dg::log(v));
        nll.push_back(of_kl ? 0.0F : -log), other.push_back(of_kl ? log : 0.0F);
    }
    const auto input = [&](const char* name, std::vector<float> v) { return row.tape.input(prefix + name, Tensor<float>({1, n}, std::move(v))); };
    row.nll = input("nll", nll);
    const TensorId old = input("old", of_kl ? nll : other), reference = of_kl ? input("reference", other) : -1;
    row.loss = ops::policy_loss(row.tape, row.nll, old, reference, input("advantage", a), input("weight", w), {.clip_low = clip, .clip_high = clip, .kl = of_kl ? 1.0 : 0.0}, prefix);
    const std::pair<TensorId, Tensor<float>> seed(row.loss.loss, Tensor<float>({1, n}, std::vector<float>(x.size(), 1.0F)));
    row.tape.backward_from({&seed, 1});
}

std::vector<double> values(const Tensor<float>& tensor, double sign) {
    std::vector<double> out;
    for (std::int64_t i = 0; i < tensor.size(); ++i) out.push_back(sign * static_cast<double>(tensor[i]));
    return out;
}

/// Both curves of the clip, or the penalty; the recorded tape holds what the inspector explains.
void fill_grid(Data& d, bool of_kl) {
    const double here = of_kl ? d.r : std::max(d.ratio, 0.01), most = of_kl ? 5 : 2;
    for (int i = 1; i <= static_cast<int>(most) * kGridPlaces; ++i) d.grid.at.push_back(static_cast<double>(i) / kGridPlaces);
    const auto place = std::ranges::lower_bound(d.grid.at, here);
    d.grid.here = static_cast<std::size_t>(place - d.grid.at.begin());
    if (place == d.grid.at.end() || *place != here) d.grid.at.insert(place, here);
    Row up, down;
    fill_row(up, d.grid.at, of_kl, of_kl ? 0.0F : 1.0F, d.clip, "policy.");
    if (of_kl) {
        d.grid.penalty = values(up.tape.value(up.loss.kl), 1);
    } else {
        fill_row(down, d.grid.at, of_kl, -1.0F, d.clip, "policy.");
        d.grid.up = values(up.tape.value(up.loss.loss), -1), d.grid.down = values(down.tape.value(down.loss.loss), -1);
        // nll = -ln pi and loss = -objective: the two signs cancel
        d.grid.slope_up = values(up.tape.grad(up.nll), 1), d.grid.slope_down = values(down.tape.grad(down.nll), 1);
    }
    auto trace = std::make_shared<Trace>();
    trace->tape = std::move(up.tape);
    d.recorded = std::move(trace);
}

/// The parameters of the experiment among those of the scene.
Result<sim::Params> run_params(const Params& params) {
    std::map<std::string, std::string> set;
    for (const ParamSpec& spec : sim::grpo_params()) {
        const auto found = params.written().find(spec.id);
        if (found != params.written().end()) set.insert(*found);
    }
    return sim::parse_params(sim::grpo_params(), set);
}

Result<void> fill_memory(Data& d, const Params& params) {
    DG_ASSIGN(const Model<float> model, sim::load_reasoner(params.text("model")));
    DG_ASSIGN(const sim::Params settings, run_params(params));
    d.model = params.text("model"), d.hash = dg::model_hash(model);
    for (const auto& [name, t] : model.weights.tensors) d.parameters += t.size();
    for (const bool critic : {false, true}) {
        sim::GrpoSettings s = sim::grpo_settings(settings);
        s.baseline = critic ? sim::Baseline::kCritic : sim::Baseline::kGroup;
        d.memory[critic ? 1 : 0] = {.critic = critic, .reference = s.loss.kl > 0, .numbers = sim::Grpo(model, s).numbers_in_memory()};
    }
    d.critic = params.text("baseline") == "critic";
    return {};
}

std::vector<std::string> runs_of(Mode mode, const std::string& chosen) {
    switch (mode) {
        case Mode::kTrain: return {chosen};
        case Mode::kWait: return {"pen", "plain"};
        case Mode::kCompare: return {"pen", "process", "critic"};
        case Mode::kFailures: return {kFailures.begin(), kFailures.end()};
        case Mode::kDrift: return {"drift", "drift-2"};
        default: return {};
    }
}

Result<void> fill_runs(std::shared_ptr<Data>& d, const Session& session, const Params& params, const Progress& progress) {
    d->at = params.integer("at");
    if (d->mode == Mode::kTrain && params.text("run") == "live") {
        DG_ASSIGN(const sim::Params settings, run_params(params));
        DG_ASSIGN(auto run, live_run(settings, progress, [&](std::shared_ptr<const Run> part) {
            auto shown = std::make_shared<Data>(*d);
            shown->hash = part->run.model_hash;
            shown->runs = {std::move(part)};
            progress.publish(shown);
        }));
        d->runs = {std::move(run)};
    } else {
        for (const std::string& id : runs_of(d->mode, params.text("run"))) {
            DG_ASSIGN(auto run, recorded_run(session, id));
            d->runs.push_back(std::move(run));
            if (!progress.report(static_cast<double>(d->runs.size()) / 8)) return Error{"cancelled", {}, ""};
        }
        if (d->mode == Mode::kFailures) {
            DG_ASSIGN(d->other_seed, recorded_run(session, "drift-2"));
        }
    }
    if (!d->runs.empty()) d->hash = d->runs[0]->run.model_hash, d->model = d->runs[0]->run.params.at("model");
    return {};
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    auto d = std::make_shared<Data>();
    d->mode = static_cast<Mode>(std::ranges::find(kModes, params.text("mode")) - kModes.begin());
    d->clip = params.real("clip"), d->ratio = params.real("ratio"), d->r = params.real("r");
    if (d->mode == Mode::kAdvantage) {
        DG_ASSIGN(std::vector<double> rewards, parse_rewards(params.text("rewards")));
        d->hand = hand_of(std::move(rewards));
    }
    if (d->mode == Mode::kClip || d->mode == Mode::kKl) fill_grid(*d, d->mode == Mode::kKl);
    if (d->mode == Mode::kMemory) DG_TRY(fill_memory(*d, params));
    if (d->mode == Mode::kSeeds) {
        DG_ASSIGN(d->seeds, read_seeds(session));
    }
    DG_TRY(fill_runs(d, session, params, progress));
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    const Rect area = draw_frame(canvas, view, words(d, view));
    const Theme t = float_bits::fitted(view, canvas.page());
    switch (d.mode) {
        case Mode::kAdvantage: return draw_hand(canvas, d, view, t, area);
        case Mode::kClip: return draw_clip(canvas, d, view, t, area);
        case Mode::kKl: return draw_penalty(canvas, d, view, t, area);
        case Mode::kMemory: return draw_memory(canvas, d, view, t, area);
        case Mode::kTrain: return draw_train(canvas, d, view, t, area);
        case Mode::kWait: return draw_wait(canvas, d, view, t, area);
        case Mode::kCompare: return draw_compare(canvas, d, view, t, area);
        case Mode::kFailures: return draw_failures(canvas, d, view, t, area);
        case Mode::kDrift: return draw_drift(canvas, d, view, t, area);
        case Mode::kSeeds: return draw_seeds(canvas, d, view, t, area);
        case Mode::kPublished: return draw_published(canvas, d, view, t, area);
    }
}

/// "toggle 3": the reward of a response set by hand; "baseline": critic on or off.
std::map<std::string, std::string> act(const SceneData& base, const Params& params, std::string_view action) {
    const auto& d = static_cast<const Data&>(base);
    if (action == "baseline") return {{"baseline", params.text("baseline") == "critic" ? "group" : "critic"}};
    std::size_t which = 0;
    if (!action.starts_with("toggle ") || std::from_chars(action.data() + 7, action.data() + action.size(), which).ec != std::errc{} || which >= d.hand.rewards.size()) return {};
    std::string text;
    for (std::size_t i = 0; i < d.hand.rewards.size(); ++i) {
        const double r = i == which ? (d.hand.rewards[i] > 0 ? 0 : 1) : d.hand.rewards[i];
        text += fmt::format("{}{}", i == 0 ? "" : ",", r);
    }
    return {{"rewards", text}};
}

}  // namespace
}  // namespace grpo

Scene grpo_scene() {
    return {.id = "grpo",
            .chapter = "training",
            .source = "sim/grpo/grpo.cpp",
            .params = grpo::specs(),
            .stages = {{"run", 2.0}, {"sample", 1.2}, {"reward", 0.6}, {"advantage", 0.8}, {"update", 0.8}},
            .compute = &grpo::compute,
            .draw = &grpo::draw,
            .observe = &grpo::observe,
            .act = &grpo::act};
}

}  // namespace dg::viz
