// Scene reasoning: description and measuring.
#include "viz/scenes/reasoning.h"

#include "sim/grpo/record.h"
#include "sim/reasoner/test_time_distil.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/numerics_param.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::viz {
namespace reasoning {

double Data::at(std::size_t row, std::string_view column) const {
    const auto c = std::ranges::find(records.columns, column);
    if (c == records.columns.end() || row >= records.rows.size()) return std::numeric_limits<double>::quiet_NaN();
    return records.rows[row][static_cast<std::size_t>(c - records.columns.begin())];
}

std::size_t Data::row_with(std::string_view column, double value) const {
    for (std::size_t i = 0; i < records.rows.size(); ++i)
        if (at(i, column) == value) return i;
    return records.rows.size();
}

std::array<double, 3> distil_ends(const Data& d, std::int64_t start) {
    std::array<double, 3> ends;
    ends.fill(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < d.records.rows.size(); ++i)
        if (d.at(i, "start") == static_cast<double>(start)) ends.at(static_cast<std::size_t>(d.at(i, "phase"))) = d.at(i, "accuracy");
    return ends;
}

double after_reinforcement(const Data& d, std::size_t model, std::string_view column) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    if (!d.reinforced.at(model)) return kNone;
    const sim::Skill& s = *d.reinforced.at(model);
    if (column == "wait_given_wrong") return s.wait_given_wrong();
    if (column == "wait_given_right") return s.wait_given_right();
    if (column == "accuracy") return s.accuracy;
    return s.steps.wrong == 0 ? kNone : static_cast<double>(s.steps.repaired) / static_cast<double>(s.steps.wrong);
}

double done(const View& view, Stage stage) {
    if (stage != kSetUp && !view.revealed) return 0;
    return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u);
}

namespace {

using sim::Style;

const std::vector<std::string> kModes = {"answers", "compute", "aha", "pass", "vote", "budget", "easy", "wait", "distil"};

/// Modes that ask a model.
constexpr const char* kModel = "mode=answers|compute|pass|vote|budget|easy|wait|distil";

std::vector<ParamSpec> specs() {
    return {{.id = "mode", .type = ParamType::kChoice, .default_value = "answers", .choices = kModes},
            only(kModel, model_param("reasoner")),
            {.id = "terms", .type = ParamType::kInt, .default_value = "8", .min = 2, .max = 8, .when = "mode=answers|compute|pass|vote|easy|wait"},
            {.id = "temperature", .type = ParamType::kReal, .default_value = "1", .min = 0, .max = 5, .when = "mode=answers|compute|pass|vote|budget|easy|wait"},
            {.id = "a", .type = ParamType::kReal, .default_value = "3", .min = 0, .max = 20, .when = "mode=aha"},
            {.id = "p", .type = ParamType::kReal, .default_value = "0.6", .min = 0, .max = 1, .when = "mode=pass|vote"},
            {.id = "n", .type = ParamType::kInt, .default_value = "5", .min = 1, .max = static_cast<double>(kVoters), .when = "mode=pass|vote"},
            {.id = "word", .type = ParamType::kChoice, .default_value = "wait", .choices = {"wait", "check"}, .when = "mode=budget"},
            {.id = "pen", .type = ParamType::kReal, .default_value = "0.08", .min = 0, .max = 1, .when = "mode=wait"},
            {.id = "start", .type = ParamType::kChoice, .default_value = "weak", .choices = {"weak", "skilled"}, .when = "mode=distil"},
            {.id = "problems", .type = ParamType::kInt, .default_value = "256", .min = 8, .max = 8192, .when = "mode=answers|compute|pass|vote|budget|easy|wait"},
            only(kModel, seed_param(1)),
            only(kModel, numerics_param())};
}

/// A progress bar's part [from, from + share], as a task of sim.
sim::Task task_of(const Progress& progress, double from, double share) {
    return {.report = [&progress, from, share](double f) { return progress.report(from + share * f); }};
}

/// One response to the first problem, led in this way.
Result<Example> example_of(const PackedModel& model, const Data& d, const sim::Thinking& way, double pen) {
    const std::vector<sim::Problem> one = sim::fresh_problems(d.settings.seed, 1, d.settings.terms == 0 ? sim::kSlots : d.settings.terms);
    sim::RolloutSettings settings{.temperature = d.settings.temperature, .seed = d.settings.seed};
    if (pen > 0) settings.environment = sim::noisy_pen(pen);
    settings.forcing = sim::forced_thinking(one, way);
    DG_ASSIGN(const auto rollouts, sim::roll_out(model, one, 1, settings));
    const sim::Rollout& r = rollouts.front();
    return Example{one.front(), r.text, r.written, sim::score(one.front(), r.text).correct};
}

/// One of the first responses in which a step is wrong, the plainest there is: a noticed slip, or (`noticed` false) one passed over.
Result<Example> slip_of(const PackedModel& model, const Data& d, bool noticed) {
    const std::vector<sim::Problem> some = sim::fresh_problems(d.settings.seed, 32, d.settings.terms);
    sim::RolloutSettings settings{.temperature = d.settings.temperature, .seed = d.settings.seed};
    if (d.settings.pen > 0) settings.environment = sim::noisy_pen(d.settings.pen);
    settings.forcing = sim::forced_thinking(some, {.style = Style::kSteps});
    DG_ASSIGN(const auto rollouts, sim::roll_out(model, some, 1, settings));
    std::size_t best = 0;
    std::int64_t most = -1000;
    for (std::size_t i = 0; i < some.size(); ++i) {
        const sim::WaitCounts c = sim::wait_counts(some[i], rollouts[i].text);
        const std::int64_t wanted = noticed ? c.wrong_wait : c.wrong - c.wrong_wait, others = c.wrong - wanted + c.right_wait;
        const bool second_pass = rollouts[i].text.find('?') != std::string::npos;
        const std::int64_t worth = 8 * std::min<std::int64_t>(wanted, 1) + std::min<std::int64_t>(wanted, 2) - 2 * others - (second_pass ? 6 : 0);
        if (worth > most) most = worth, best = i;
    }
    return Example{some[best], rollouts[best].text, rollouts[best].written, sim::score(some[best], rollouts[best].text).correct};
}

Result<void> show_answers(Data& d, const PackedModel& model, const Progress& progress) {
    DG_ASSIGN(d.records, sim::answers_table(model, d.settings, task_of(progress, 0, 1)));
    for (const Style style : {Style::kDirect, Style::kSteps}) {
        DG_ASSIGN(Example e, example_of(model, d, {.style = style}, 0));
        d.shown.push_back(std::move(e));
    }
    return {};
}

/// Votes and pass@k: closed forms, thrown coins, and the model's own samples.
Result<void> show_votes(Data& d, const PackedModel& model, const Progress& progress) {
    d.votes = {1, 3, 5, 7, 9, 11, 15, 21, 31, 45, 65};
    if (d.mode == Mode::kPass) d.votes = {1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 65};
    if (std::ranges::find(d.votes, d.n) == d.votes.end()) d.votes.insert(std::ranges::upper_bound(d.votes, d.n), d.n);
    for (const std::int64_t n : d.votes) {
        const sim::CoinShares one = sim::throw_coins(d.p, n, kCoinTrials, d.settings.seed), other = sim::throw_coins(1 - d.p, n, kCoinTrials, hash_words(d.settings.seed, 1));
        d.exact.push_back(sim::majority(d.p, n)), d.exact_against.push_back(sim::majority(1 - d.p, n));
        d.simulated.push_back(one.majority), d.simulated_against.push_back(other.majority);
        d.pass.push_back(sim::pass_at(d.p, n)), d.pass_simulated.push_back(one.pass);
    }
    sim::TestTimeSettings few = d.settings;
    few.problems = d.settings.problems = std::max<std::int64_t>(8, d.settings.problems / 8), few.samples = kVoters;
    DG_ASSIGN(d.records, sim::vote_table(model, few, task_of(progress, 0, 1)));
    return {};
}

Result<void> show_budget(Data& d, const PackedModel& model, const Progress& progress) {
    DG_ASSIGN(d.records, sim::budget_table(model, d.settings, task_of(progress, 0, 1)));
    DG_ASSIGN(Example e, example_of(model, d, {.style = Style::kSteps, .waits = 2, .word = d.settings.word}, 0));
    d.shown.push_back(std::move(e));
    return {};
}

/// The shipped runs of the scene grpo that reinforced these two models, if their pen is this one.
Result<void> read_reinforced(Data& d, const Session& session) {
    constexpr std::array<const char*, 2> kFiles = {"pen.json", "slips.json"};
    for (std::size_t m = 0; m < kFiles.size(); ++m) {
        DG_ASSIGN(const sim::GrpoRun run, sim::read_grpo_run(session.assets() / "runs" / "grpo" / kFiles[m]));
        const auto pen = run.params.find("pen");
        if (pen != run.params.end() && pen->second == fmt::format("{}", d.settings.pen)) d.reinforced[m] = run.after;
    }
    return {};
}

Result<void> show_waits(Data& d, Session& session, const PackedModel& model, const Progress& progress) {
    DG_ASSIGN(const auto plain, session.model("reasoner-plain"));
    const PackedModel packed(plain->model);
    const std::array<const PackedModel*, 2> both = {&model, &packed};
    // they are runs of the shipped pair on 8 summands at temperature 1
    if (d.model_name == "reasoner" && d.settings.terms == sim::kSlots && d.settings.temperature == 1) DG_TRY(read_reinforced(d, session));
    DG_ASSIGN(d.records, sim::wait_table(both, d.settings, task_of(progress, 0, 1)));
    for (const PackedModel* m : both) {
        DG_ASSIGN(Example e, slip_of(*m, d, m == &model));
        d.shown.push_back(std::move(e));
    }
    return {};
}

Result<void> show_distil(Data& d, Session& session, const PackedModel& model, const Progress& progress) {
    d.student = count_parameters(sim::student_config()).total;
    const auto seed = static_cast<std::int64_t>(d.settings.seed);
    const std::filesystem::path folder = session.assets() / "runs" / "reasoning";
    std::error_code ignored;
    if (d.model_name == "reasoner" && std::filesystem::exists(folder / fmt::format("distil-{}.csv", seed), ignored)) {
        DG_ASSIGN(const sim::RecordedRun shipped, sim::read_reasoning_recording(folder, "distil", seed));
        d.records = shipped.records, d.hash = shipped.hash, d.recorded = true;
        return {};
    }
    sim::Task task = task_of(progress, 0, 1);
    if (progress.publish)
        task.snapshot = [&](std::shared_ptr<const sim::Records> part) {
            auto known = std::make_shared<Data>(d);
            known->records = *part;
            progress.publish(known);
        };
    DG_ASSIGN(d.records, sim::run_distil(model, {.seed = d.settings.seed}, task));
    return {};
}

void trace_branches(Data& d) {
    d.reach = 1.5;
    for (const sim::AhaRoot& r : d.roots) d.reach = std::max(d.reach, std::abs(r.x) * 1.35);
    // a branch ends where a root becomes 0: there it meets its neighbour
    std::vector<double> xs;
    for (int i = 0; i <= 300; ++i) xs.push_back(-d.reach + 2 * d.reach * i / 300.0);
    for (const double end : {-d.a, d.a * d.a - d.a})
        if (std::abs(end) < d.reach) xs.push_back(end);
    std::ranges::sort(xs);
    for (const auto& [outer, inner] : {std::pair{true, false}, {true, true}, {false, false}, {false, true}}) {
        std::vector<PlotPoint> points;
        for (const double x : xs) points.push_back({x, sim::aha_branch(d.a, x, outer, inner)});
        d.branches.push_back(std::move(points));
    }
}

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    auto d = std::make_shared<Data>();
    d->mode = static_cast<Mode>(std::ranges::find(kModes, params.text("mode")) - kModes.begin());
    d->settings = {.problems = params.integer("problems"), .terms = params.integer("terms"), .temperature = params.real("temperature"), .pen = 0,
                   .word = params.text("word") == "check" ? '?' : 'w', .seed = static_cast<std::uint64_t>(params.integer("seed"))};
    d->a = params.real("a"), d->p = params.real("p"), d->n = params.integer("n"), d->start = params.text("start") == "weak" ? 0 : 1;
    if (d->mode == Mode::kAha) {
        d->roots = sim::aha_roots(d->a);
        trace_branches(*d);
        return std::shared_ptr<const SceneData>(std::move(d));
    }
    DG_ASSIGN(const auto loaded, session.model(model_of(params)));
    const Config& c = loaded->model.config;
    if (c.vocab_size != static_cast<std::int64_t>(sim::kCharacters.size()) + 1 || c.max_position_embeddings < sim::kPromptTokens + sim::kMaxResponse)
        return Error{"grpo_model", {{"model", printable(params.text("model"))}}, ""};
    d->model_name = loaded->name, d->hash = loaded->model.hash;
    d->flops = sim::decode_flops(c), d->active = count_parameters(c).active, d->layers = c.num_hidden_layers, d->teacher = count_parameters(c).total;
    const PackedModel model(loaded->model, numerics_of(*loaded));
    if (d->mode == Mode::kBudget) d->settings.terms = 0;
    if (d->mode == Mode::kWait) {
        d->settings.pen = params.real("pen"), d->no_slip = 1;
        for (std::int64_t i = 1; i < d->settings.terms; ++i) d->no_slip *= 1 - d->settings.pen;
    }
    switch (d->mode) {
        case Mode::kPass:
        case Mode::kVote: DG_TRY(show_votes(*d, model, progress)); break;
        case Mode::kBudget: DG_TRY(show_budget(*d, model, progress)); break;
        case Mode::kWait: DG_TRY(show_waits(*d, session, model, progress)); break;
        case Mode::kDistil: DG_TRY(show_distil(*d, session, model, progress)); break;
        default: DG_TRY(show_answers(*d, model, progress));
    }
    return std::shared_ptr<const SceneData>(std::move(d));
}

void draw(Canvas& canvas, const SceneData& base, const Params&, const View& view) {
    const auto& d = dynamic_cast<const Data&>(base);
    const Rect area = draw_frame(canvas, view, words(d, view));
    const Group group(canvas, "reasoning");
    switch (d.mode) {
        case Mode::kAnswers: return draw_answers(canvas, d, view, area);
        case Mode::kCompute: return draw_compute(canvas, d, view, area);
        case Mode::kAha: return draw_aha(canvas, d, view, area);
        case Mode::kPass: return draw_pass(canvas, d, view, area);
        case Mode::kVote: return draw_vote(canvas, d, view, area);
        case Mode::kBudget: return draw_budget(canvas, d, view, area);
        case Mode::kEasy: return draw_easy(canvas, d, view, area);
        case Mode::kWait: return draw_wait(canvas, d, view, area);
        case Mode::kDistil: return draw_distil(canvas, d, view, area);
    }
}

}  // namespace
}  // namespace reasoning

Scene reasoning_scene() {
    return {.id = "reasoning", .chapter = "reasoning", .source = "sim/reasoner/test_time.cpp", .params = reasoning::specs(),
            .stages = {{"setup", 0.5}, {"run", 1.0}, {"result", 0.6}},
            .compute = &reasoning::compute, .draw = &reasoning::draw, .observe = &reasoning::observe};
}

}  // namespace dg::viz
