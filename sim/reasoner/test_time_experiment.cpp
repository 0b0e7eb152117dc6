#include "sim/reasoner/test_time_experiment.h"

#include "engine/io/hf.h"
#include "sim/grpo/experiment.h"
#include "sim/reasoner/test_time_distil.h"
#include "sim/reasoner/test_time_theory.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

namespace dg::sim {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

RolloutSettings sampling(const TestTimeSettings& s) {
    RolloutSettings r{.temperature = s.temperature, .seed = s.seed};
    if (s.pen > 0) r.environment = noisy_pen(s.pen);
    return r;
}

/// Rollouts ask from the pool's threads; the owner of a task hears only from its own.
class Asking {
  public:
    Asking(const Task& task, double parts) : task_(task), parts_(parts) {}

    void next() { done_ += 1; }

    std::function<bool()> go_on() {
        return [this] {
            if (std::this_thread::get_id() == owner_ && !task_.report(std::min(1.0, done_ / parts_))) going_ = false;
            return going_.load();
        };
    }

  private:
    const Task& task_;
    double parts_, done_ = 0;
    std::thread::id owner_ = std::this_thread::get_id();
    std::atomic<bool> going_ = true;
};

void publish(const Task& task, const Records& records) {
    if (task.snapshot) task.snapshot(std::make_shared<Records>(records));
}

/// Answer digits of `samples` responses to each problem; tokens: mean length.
Result<std::vector<int>> answers_of(const PackedModel& model, std::span<const Problem> problems, const TestTimeSettings& s, Style style, double& tokens, const std::function<bool()>& go_on) {
    RolloutSettings settings = sampling(s);
    settings.forcing = forced_thinking(problems, {.style = style});
    DG_ASSIGN(const auto rollouts, roll_out(model, problems, s.samples, settings, go_on));
    std::vector<int> digits;
    tokens = 0;
    for (const Rollout& r : rollouts) digits.push_back(answer_digit(r.text)), tokens += static_cast<double>(r.ids.size()) / static_cast<double>(rollouts.size());
    return digits;
}

TestTimeSettings settings_of(const Params& p) {
    return {.problems = p.integer("problems"), .samples = p.integer("samples"), .terms = p.integer("terms"), .temperature = p.real("temperature"), .pen = p.real("pen"),
            .word = p.text("word") == "check" ? '?' : 'w', .seed = static_cast<std::uint64_t>(p.integer("seed"))};
}

Result<Records> run(const Params& params, const Task& task) {
    const TestTimeSettings s = settings_of(params);
    const std::string& measure = params.text("measure");
    if (s.terms == 1) return Error{"reasoning_terms", {}, ""};
    DG_ASSIGN(const Model<float> model, load_reasoner(params.text("model")));
    const PackedModel packed(model);
    if (measure == "answers") return answers_table(packed, s, task);
    if (measure == "budget") return budget_table(packed, s, task);
    if (measure == "vote") return vote_table(packed, s, task);
    if (measure == "distil") return run_distil(packed, {.rl_steps = params.integer("rl_steps"), .seed = s.seed}, task);
    DG_ASSIGN(const Model<float> plain, load_reasoner(params.text("against")));
    const PackedModel packed_plain(plain);
    const std::array<const PackedModel*, 2> both = {&packed, &packed_plain};
    return wait_table(both, s, task);
}

std::vector<ParamSpec> specs() {
    return {{.id = "measure", .type = ParamType::kChoice, .default_value = "answers", .choices = {"answers", "budget", "vote", "wait", "distil"}},
            {.id = "model", .type = ParamType::kText, .default_value = "reasoner"},
            {.id = "against", .type = ParamType::kText, .default_value = "reasoner-plain"},
            {.id = "problems", .type = ParamType::kInt, .default_value = "256", .min = 1, .max = 100000},
            {.id = "samples", .type = ParamType::kInt, .default_value = "65", .min = 1, .max = 1000},
            {.id = "terms", .type = ParamType::kInt, .default_value = "8", .min = 0, .max = 8},
            {.id = "temperature", .type = ParamType::kReal, .default_value = "1", .min = 0, .max = 5},
            {.id = "pen", .type = ParamType::kReal, .default_value = "0", .min = 0, .max = 1},
            {.id = "word", .type = ParamType::kChoice, .default_value = "wait", .choices = {"wait", "check"}},
            {.id = "rl_steps", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 10000},
            {.id = "seed", .type = ParamType::kInt, .default_value = "1", .min = 0, .max = 4294967295.0}};
}

}  // namespace

std::vector<Problem> test_time_problems(const TestTimeSettings& s) {
    if (s.terms > 0) return fresh_problems(s.seed, s.problems, s.terms);
    std::vector<Problem> mixed;
    for (std::int64_t i = 0; i < s.problems; ++i) mixed.push_back(fresh_problems(hash_words(s.seed, static_cast<std::uint64_t>(i)), 1, 2 + i % (kSlots - 1)).front());
    return mixed;
}

Result<Records> answers_table(const PackedModel& model, const TestTimeSettings& s, const Task& task) {
    Records records{.columns = {"terms"}};
    for (const char* style : {"direct", "steps", "free"})
        for (const char* what : {"accuracy", "tokens", "flops"}) records.columns.push_back(fmt::format("{}_{}", style, what));
    Asking asking(task, 3 * (kSlots - 1));
    for (std::int64_t terms = 2; terms <= kSlots; ++terms) {
        const std::vector<Problem> problems = fresh_problems(s.seed, s.problems, terms);
        std::vector<double> row = {static_cast<double>(terms)};
        for (const Style style : {Style::kDirect, Style::kSteps, Style::kFree}) {
            DG_ASSIGN(const Trial t, measure_thinking(model, problems, 1, {.style = style}, sampling(s), asking.go_on()));
            row.insert(row.end(), {t.skill.accuracy, t.skill.mean_length, t.flops});
            asking.next();
        }
        records.rows.push_back(std::move(row));
        publish(task, records);
    }
    return records;
}

Result<Records> budget_table(const PackedModel& model, const TestTimeSettings& s, const Task& task) {
    Records records{.columns = {"cap", "waits", "tokens", "accuracy", "format", "flops"}};
    std::vector<Thinking> ways;
    for (std::int64_t cap = 0; cap <= 4 * (kSlots - 1); cap += 4) ways.push_back({.style = Style::kSteps, .cap = cap});
    for (const std::int64_t waits : {0, 1, 2, 4}) ways.push_back({.style = Style::kSteps, .waits = waits, .word = s.word});
    const std::vector<Problem> problems = test_time_problems(s);
    Asking asking(task, static_cast<double>(ways.size()));
    for (const Thinking& way : ways) {
        DG_ASSIGN(const Trial t, measure_thinking(model, problems, 1, way, sampling(s), asking.go_on()));
        records.rows.push_back({way.cap < 0 ? kNone : static_cast<double>(way.cap), static_cast<double>(way.waits), t.skill.mean_length, t.skill.accuracy, t.skill.format, t.flops});
        asking.next();
        publish(task, records);
    }
    return records;
}

Result<Records> vote_table(const PackedModel& model, const TestTimeSettings& s, const Task& task) {
    Records records{.columns = {"n", "tokens", "vote", "pass", "pass_formula", "direct_vote"}};
    const std::vector<Problem> problems = test_time_problems(s);
    Asking asking(task, 2);
    double tokens = 0, direct_tokens = 0;
    DG_ASSIGN(const std::vector<int> free, answers_of(model, problems, s, Style::kFree, tokens, asking.go_on()));
    asking.next();
    DG_ASSIGN(const std::vector<int> direct, answers_of(model, problems, s, Style::kDirect, direct_tokens, asking.go_on()));
    const auto samples = static_cast<std::size_t>(s.samples);
    const auto count = static_cast<double>(problems.size());
    for (const std::int64_t n : {1, 2, 4, 5, 8, 15, 32, 65, 128, 256, 512}) {
        if (n > s.samples) break;
        double vote = 0, pass = 0, formula = 0, direct_vote = 0;
        for (std::size_t i = 0; i < problems.size(); ++i) {
            const int right = problems[i].answer();
            const auto own = std::span(free).subspan(i * samples, samples);
            const VoteShares shares = vote_shares(own, right, n);
            vote += shares.vote / count, pass += shares.pass / count;
            formula += pass_at(static_cast<double>(std::ranges::count(own, right)) / static_cast<double>(samples), n) / count;
            direct_vote += vote_shares(std::span(direct).subspan(i * samples, samples), right, n).vote / count;
        }
        records.rows.push_back({static_cast<double>(n), tokens * static_cast<double>(n), vote, pass, formula, direct_vote});
    }
    return records;
}

Result<Records> wait_table(std::span<const PackedModel* const> models, const TestTimeSettings& s, const Task& task) {
    Records records{.columns = {"model", "accuracy", "tokens", "wrong", "wrong_wait", "repaired", "right", "right_wait", "wait_given_wrong", "wait_given_right", "repaired_share"}};
    const std::vector<Problem> problems = test_time_problems(s);
    Asking asking(task, static_cast<double>(models.size()));
    for (std::size_t m = 0; m < models.size(); ++m) {
        DG_ASSIGN(const Trial t, measure_thinking(*models[m], problems, 1, {.style = Style::kSteps}, sampling(s), asking.go_on()));
        const WaitCounts& c = t.skill.steps;
        const double repaired = c.wrong == 0 ? kNone : static_cast<double>(c.repaired) / static_cast<double>(c.wrong);
        std::vector<double> row = {static_cast<double>(m), t.skill.accuracy, t.skill.mean_length};
        for (const std::int64_t n : {c.wrong, c.wrong_wait, c.repaired, c.right, c.right_wait}) row.push_back(static_cast<double>(n));
        row.insert(row.end(), {t.skill.wait_given_wrong(), t.skill.wait_given_right(), repaired});
        records.rows.push_back(std::move(row));
        asking.next();
        publish(task, records);
    }
    return records;
}

Experiment reasoning_experiment() { return {.id = "reasoning", .params = specs(), .run = &run}; }

Result<void> make_reasoning_recording(const std::filesystem::path& folder, const Params& params) {
    DG_ASSIGN(const Records records, run(params, {}));
    DG_ASSIGN(const Model<float> model, load_reasoner(params.text("model")));
    return write_run(name_of_run(folder, "measure", params), reasoning_experiment(), params, records, {{"model_hash", model_hash(model)}});
}

Result<RecordedRun> read_reasoning_recording(const std::filesystem::path& folder, const std::string& measure, std::int64_t seed) {
    return read_run({.folder = folder, .key = "measure", .name = measure, .seed = seed}, reasoning_experiment());
}

}  // namespace dg::sim
