#include "sim/grpo/experiment.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "sim/assets.h"
#include "sim/grpo/record.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace dg::sim {
namespace {

Records no_records() {
    return {.columns = {"step", "accuracy", "mean_length", "reward", "format", "entropy", "kl", "wait_given_wrong", "wait_given_right", "seconds"}};
}

Records records_of(const GrpoRun& run) {
    Records records = no_records();
    for (const GrpoStats& s : run.steps) records.rows.push_back(grpo_row(s));
    return records;
}

Result<Records> run(const Params& params, const Task& task) {
    const std::string& record = params.text("record");
    if (!record.empty()) DG_TRY(check_writable(record));
    DG_ASSIGN(const GrpoRun run, run_grpo(params, task.report, [&](const GrpoRun& part) {
        if (task.snapshot) task.snapshot(std::make_shared<Records>(records_of(part)));
    }));
    if (!record.empty()) DG_TRY(write_file(record, grpo_run_json(run)));
    return records_of(run);
}

Error unknown_model(const std::string& name, const std::filesystem::path& assets) {
    std::vector<std::string> known;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(assets / "models", ignored)) {
        const std::string id = entry.path().filename().string();
        if (id.starts_with("reasoner")) known.push_back(id);
    }
    std::ranges::sort(known);
    return {"model_unknown", {{"name", printable(name)}, {"known", fmt::format("{}", fmt::join(known, ", "))}}, ""};
}

}  // namespace

std::vector<ParamSpec> grpo_params() {
    return {{.id = "model", .type = ParamType::kText, .default_value = "reasoner"},
            {.id = "steps", .type = ParamType::kInt, .default_value = "80", .min = 1, .max = 100000},
            {.id = "prompts", .type = ParamType::kInt, .default_value = "16", .min = 1, .max = 1024},
            {.id = "group", .type = ParamType::kInt, .default_value = "16", .min = 2, .max = 256},
            {.id = "temperature", .type = ParamType::kReal, .default_value = "1", .min = 0.05, .max = 5},
            {.id = "lr", .type = ParamType::kReal, .default_value = "0.001", .min = 0, .max = 0.1},
            {.id = "clip", .type = ParamType::kReal, .default_value = "0.2", .min = 0.001, .max = 10},
            {.id = "inner", .type = ParamType::kInt, .default_value = "1", .min = 1, .max = 32},
            {.id = "kl", .type = ParamType::kReal, .default_value = "0", .min = 0, .max = 100},
            {.id = "reward", .type = ParamType::kChoice, .default_value = "accuracy", .choices = {"accuracy", "format", "length-hacking", "process"}},
            {.id = "normalisation", .type = ParamType::kChoice, .default_value = "per-token", .choices = {"per-token", "per-response"}},
            {.id = "baseline", .type = ParamType::kChoice, .default_value = "group", .choices = {"group", "critic"}},
            {.id = "pen", .type = ParamType::kReal, .default_value = "0.08", .min = 0, .max = 1},
            {.id = "terms", .type = ParamType::kInt, .default_value = "8", .min = 2, .max = 8},
            {.id = "record", .type = ParamType::kText},
            {.id = "seed", .type = ParamType::kInt, .default_value = "1", .min = 0, .max = 4294967295.0}};
}

GrpoSettings grpo_settings(const Params& params) {
    GrpoSettings s;
    s.steps = params.integer("steps"), s.prompts = params.integer("prompts"), s.group = params.integer("group");
    s.temperature = params.real("temperature"), s.learning_rate = params.real("lr"), s.inner = params.integer("inner");
    s.loss.clip_low = s.loss.clip_high = params.real("clip");
    s.loss.kl = params.real("kl");
    const std::string& reward = params.text("reward");
    s.reward = reward == "format" ? Reward::kFormat : reward == "length-hacking" ? Reward::kLength : reward == "process" ? Reward::kProcess : Reward::kAccuracy;
    s.normalisation = params.text("normalisation") == "per-token" ? Normalisation::kPerToken : Normalisation::kPerResponse;
    s.baseline = params.text("baseline") == "critic" ? Baseline::kCritic : Baseline::kGroup;
    s.pen = params.real("pen"), s.terms = params.integer("terms");
    s.seed = static_cast<std::uint64_t>(params.integer("seed"));
    return s;
}

Result<Model<float>> load_reasoner(const std::string& name) {
    std::filesystem::path folder = name;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(folder / "config.json", ignored)) {
        DG_ASSIGN(const std::filesystem::path assets, find_assets());
        folder = assets / "models" / name;
        if (name.empty() || !std::filesystem::is_regular_file(folder / "config.json", ignored)) return unknown_model(name, assets);
    }
    DG_ASSIGN(Model<float> model, load_model(folder));
    const Config& c = model.config;
    if (c.vocab_size != static_cast<std::int64_t>(kCharacters.size()) + 1 || c.max_position_embeddings < kPromptTokens + kMaxResponse)
        return Error{"grpo_model", {{"model", printable(name)}}, ""};
    return model;
}

std::vector<double> grpo_row(const GrpoStats& s) {
    return {static_cast<double>(s.step), s.skill.accuracy, s.skill.mean_length, s.reward, s.skill.format, s.entropy, s.kl, s.skill.wait_given_wrong(), s.skill.wait_given_right(), s.seconds};
}

Experiment grpo_experiment() { return {.id = "grpo", .params = grpo_params(), .run = &run}; }

}  // namespace dg::sim
