#include "sim/grpo/record.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

namespace dg::sim {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::int64_t kFresh = 512;

Json rounded(double x, int digits) {
    if (!std::isfinite(x)) return nullptr;
    return std::stod(fmt::format("{:.{}g}", x, digits));
}

double real_of(const Json& j) { return j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>(); }

Json skill_json(const Skill& s) {
    Json j = Json::array();
    for (const double x : {static_cast<double>(s.responses), s.accuracy, s.format, s.mean_length, s.waits}) j.push_back(rounded(x, 6));
    for (const double x : s.share) j.push_back(rounded(x, 6));
    for (const double x : s.accuracy_of) j.push_back(rounded(x, 6));
    for (const std::int64_t n : {s.steps.wrong, s.steps.wrong_wait, s.steps.right, s.steps.right_wait, s.steps.repaired}) j.push_back(n);
    return j;
}

Skill skill_of(const Json& j) {
    Skill s;
    s.responses = j.at(0).get<std::int64_t>();
    s.accuracy = j.at(1), s.format = j.at(2), s.mean_length = j.at(3), s.waits = j.at(4);
    for (std::size_t k = 0; k < 5; ++k) s.share[k] = real_of(j.at(5 + k)), s.accuracy_of[k] = real_of(j.at(10 + k));
    s.steps = {j.at(15), j.at(16), j.at(17), j.at(18), j.at(19)};
    return s;
}

Json stats_json(const GrpoStats& s) {
    return {{"step", s.step}, {"skill", skill_json(s.skill)}, {"reward", rounded(s.reward, 6)}, {"entropy", rounded(s.entropy, 6)}, {"kl", rounded(s.kl, 6)},
            {"clipped", rounded(s.clipped, 6)}, {"dropped", s.dropped}, {"value_error", rounded(s.value_error, 6)}, {"seconds", rounded(s.seconds, 4)}};
}

GrpoStats stats_of(const Json& j) {
    GrpoStats s;
    s.step = j.at("step"), s.skill = skill_of(j.at("skill")), s.reward = real_of(j.at("reward")), s.entropy = real_of(j.at("entropy")), s.kl = real_of(j.at("kl"));
    s.clipped = real_of(j.at("clipped")), s.dropped = j.at("dropped"), s.value_error = real_of(j.at("value_error")), s.seconds = real_of(j.at("seconds"));
    return s;
}

/// Text, which tokens the environment wrote ("1"), reward, advantage, change of ln p in hundredths.
Json table_json(const GroupTable& t) {
    Json j;
    j["number"] = t.number, j["digits"] = t.problem.digits, j["responses"] = Json::array();
    for (std::size_t i = 0; i < t.rollouts.size(); ++i) {
        std::string written;
        for (const char w : t.rollouts[i].written) written += w != 0 ? '1' : '0';
        Json change = Json::array();
        if (i < t.change.size())
            for (const float c : t.change[i]) change.push_back(std::lround(100.0 * static_cast<double>(c)));
        j["responses"].push_back({t.rollouts[i].text, written, rounded(t.rewards[i], 6), rounded(t.advantages[i], 6), change});
    }
    return j;
}

GroupTable table_of(const Json& j) {
    GroupTable t;
    t.number = j.at("number"), t.problem.digits = j.at("digits").get<std::vector<int>>();
    for (const Json& r : j.at("responses")) {
        Rollout rollout;
        rollout.text = r.at(0), rollout.ids = character_ids(rollout.text);
        for (const char w : r.at(1).get<std::string>()) rollout.written.push_back(w == '1' ? 1 : 0);
        t.rollouts.push_back(std::move(rollout));
        t.rewards.push_back(real_of(r.at(2))), t.advantages.push_back(real_of(r.at(3)));
        std::vector<float> change;
        for (const Json& c : r.at(4)) change.push_back(static_cast<float>(c.get<double>() / 100.0));
        t.change.push_back(std::move(change));
    }
    return t;
}

Result<Skill> fresh_skill(const Model<float>& model, const GrpoSettings& s, const std::function<bool()>& go_on) {
    const auto problems = fresh_problems(hash_words(s.seed, 0x512), kFresh, s.terms);
    RolloutSettings how;
    how.seed = hash_words(s.seed, 0xF4E5);
    if (s.pen > 0) how.environment = noisy_pen(s.pen);
    const PackedModel packed(model);
    DG_ASSIGN(const auto rollouts, roll_out(packed, problems, 1, how, go_on));
    return measure(problems, rollouts);
}

}  // namespace

Result<GrpoRun> run_grpo(const Params& params, const std::function<bool(double)>& report, const std::function<void(const GrpoRun&)>& part) {
    const GrpoSettings settings = grpo_settings(params);
    DG_ASSIGN(Model<float> model, load_reasoner(params.text("model")));
    GrpoRun run;
    run.params = params.written();
    run.params.erase("record");  // where it is stored is no part of what it is
    run.model_hash = model_hash(model);
    Grpo grpo(std::move(model), settings);
    run.memory = grpo.numbers_in_memory();
    // rollouts ask from the pool's threads; the owner hears only from this one
    const std::thread::id owner = std::this_thread::get_id();
    std::atomic<bool> going = true;
    double fraction = 0;
    const auto go_on = [&] {
        if (std::this_thread::get_id() == owner && !report(fraction)) going = false;
        return going.load();
    };
    DG_ASSIGN(run.before, fresh_skill(grpo.model(), settings, go_on));
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i <= settings.steps; ++i) {
        fraction = static_cast<double>(i) / static_cast<double>(settings.steps + 1);
        GroupTable table;
        DG_ASSIGN(GrpoStats stats, grpo.step(i < settings.steps, &table, go_on));
        stats.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        run.steps.push_back(std::move(stats));
        run.tables.push_back(std::move(table));
        if (i < settings.steps && run.first_hashes.size() < kHashedSteps) run.first_hashes.push_back(model_hash(grpo.model()));
        if (part) part(run);
    }
    DG_ASSIGN(run.after, fresh_skill(grpo.model(), settings, go_on));
    run.after_hash = model_hash(grpo.model());
    return run;
}

std::string grpo_run_json(const GrpoRun& run) {
    Json j;
    j["params"] = run.params, j["model_hash"] = run.model_hash, j["first_hashes"] = run.first_hashes, j["after_hash"] = run.after_hash, j["memory"] = run.memory;
    j["before"] = skill_json(run.before), j["after"] = skill_json(run.after);
    // a line for each step keeps files small and readable
    std::string text = j.dump();
    text.pop_back();
    text += ",\n\"steps\":[\n";
    for (std::size_t i = 0; i < run.steps.size(); ++i) text += stats_json(run.steps[i]).dump() + (i + 1 < run.steps.size() ? ",\n" : "\n");
    text += "],\n\"tables\":[\n";
    for (std::size_t i = 0; i < run.tables.size(); ++i) text += table_json(run.tables[i]).dump() + (i + 1 < run.tables.size() ? ",\n" : "\n");
    return text + "]}\n";
}

Result<GrpoRun> parse_grpo_run(const std::string& json, const std::string& where) {
    try {
        const Json j = Json::parse(json);
        GrpoRun run;
        run.params = j.at("params").get<std::map<std::string, std::string>>();
        run.model_hash = j.at("model_hash"), run.first_hashes = j.at("first_hashes").get<std::vector<std::string>>(), run.after_hash = j.at("after_hash"), run.memory = j.at("memory").get<std::array<std::int64_t, 3>>();
        run.before = skill_of(j.at("before")), run.after = skill_of(j.at("after"));
        for (const Json& s : j.at("steps")) run.steps.push_back(stats_of(s));
        for (const Json& t : j.at("tables")) run.tables.push_back(table_of(t));
        if (run.steps.empty() || run.steps.size() != run.tables.size()) return Error{"grpo_record", {{"reason", "steps, tables"}}, where};
        return run;
    } catch (const Json::exception& e) {
        return Error{"grpo_record", {{"reason", printable(e.what())}}, where};
    }
}

Result<GrpoRun> read_grpo_run(const std::filesystem::path& file) {
    DG_ASSIGN(const std::string text, read_file(file));
    return parse_grpo_run(text, file.filename().string());
}

}  // namespace dg::sim
