// The shipped runs of assets/runs/grpo are what the program makes: their first steps are run again and compared.
#include "sim/grpo/record.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace dg::sim {
namespace {

const std::filesystem::path kRuns = std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets" / "runs" / "grpo";

std::string text_of(const std::string& name) {
    const auto text = read_file(kRuns / name);
    EXPECT_TRUE(text) << name;
    return text ? *text : "";
}

GrpoSettings settings_of(const std::map<std::string, std::string>& written) {
    const auto params = parse_params(grpo_params(), written);
    EXPECT_TRUE(params);
    return grpo_settings(*params);
}

/// Updates made again: the hash of the model after each, and what was measured before it.
void expect_first_steps(const GrpoRun& run, std::size_t steps, const std::string& name) {
    auto model = load_reasoner(run.params.at("model"));
    ASSERT_TRUE(model) << name;
    EXPECT_EQ(model_hash(*model), run.model_hash) << name;
    Grpo grpo(std::move(*model), settings_of(run.params));
    GrpoRun again;
    for (std::size_t i = 0; i < steps; ++i) {
        GroupTable table;
        const auto stats = grpo.step(true, &table, {});
        ASSERT_TRUE(stats) << name;
        EXPECT_EQ(model_hash(grpo.model()), run.first_hashes.at(i)) << name << " step " << i;
        again.steps.push_back(*stats), again.tables.push_back(table);
        again.steps[i].seconds = run.steps[i].seconds;
    }
    // rows and tables in the record's own digits
    GrpoRun first = run;
    first.steps.resize(steps), first.tables.resize(steps);
    again.params = run.params, again.model_hash = run.model_hash, again.first_hashes = run.first_hashes, again.after_hash = run.after_hash, again.memory = run.memory;
    again.before = run.before, again.after = run.after;
    EXPECT_EQ(grpo_run_json(again), grpo_run_json(first)) << name;
}

TEST(GrpoRecord, ComesBackAsItWasWritten) {
    const std::string text = text_of("pen.json");
    const auto run = parse_grpo_run(text, "pen.json");
    ASSERT_TRUE(run);
    EXPECT_EQ(grpo_run_json(*run), text);
    EXPECT_EQ(run->steps.size(), 81u);
    EXPECT_EQ(run->tables[0].rollouts.size(), 16u);
}

TEST(GrpoRecord, DamageIsNamed) {
    for (const char* text : {"", "{}", "[1]", R"({"params":{},"model_hash":"","first_hashes":[],"after_hash":"","memory":[1,2,3],"before":[1],"after":[1],"steps":[],"tables":[]})"}) {
        const auto run = parse_grpo_run(text, "x.json");
        ASSERT_FALSE(run) << text;
        EXPECT_EQ(run.error().code, "grpo_record");
    }
}

TEST(GrpoRecord, TheFirstStepOfThePenRunRepeats) {
    const auto run = parse_grpo_run(text_of("pen.json"), "pen.json");
    ASSERT_TRUE(run);
    expect_first_steps(*run, 1, "pen");
}

TEST(GrpoRecord, EveryRunsFirstStepsRepeatSlow) {
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(kRuns)) {
        const std::string name = file.path().filename().string();
        if (name == "seeds.json") continue;
        const auto run = parse_grpo_run(text_of(name), name);
        ASSERT_TRUE(run) << name;
        ASSERT_EQ(run->first_hashes.size(), kHashedSteps) << name;
        expect_first_steps(*run, name == "pen.json" ? kHashedSteps : 2, name);
        ++files;
    }
    EXPECT_GE(files, 11u);
}

TEST(GrpoRecord, EverySeedsFirstStepRepeatsSlow) {
    const auto seeds = nlohmann::json::parse(text_of("seeds.json"));
    std::size_t above = 0;
    for (const auto& s : seeds.at("runs")) {
        const auto params = s.at("params").get<std::map<std::string, std::string>>();
        auto model = load_reasoner(params.at("model"));
        ASSERT_TRUE(model);
        Grpo grpo(std::move(*model), settings_of(params));
        ASSERT_TRUE(grpo.step(true, nullptr, {}));
        EXPECT_EQ(model_hash(grpo.model()), s.at("first_hashes").at(0)) << params.at("model") << " " << params.at("seed");
        above += s.at("after").at("accuracy").get<double>() > 0.9 ? 1 : 0;
    }
    EXPECT_GE(seeds.at("runs").size(), 10u);
    EXPECT_GT(above, 0u);
}

TEST(Reasoners, CheckpointsCarryTheirRecipeAndPassedItsGate) {
    const std::filesystem::path assets = std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets";
    for (const char* name : {"reasoner", "reasoner-plain", "reasoner-2", "reasoner-plain-2", "reasoner-weak", "reasoner-rechecks", "reasoner-raw"}) {
        const auto text = read_file(assets / "models" / name / "card.json"), recipe = read_file(assets / "recipes" / (std::string(name) + ".toml"));
        ASSERT_TRUE(text && recipe) << name;
        const auto card = nlohmann::json::parse(*text);
        EXPECT_EQ(card.at("recipe"), *recipe) << name;
        EXPECT_EQ(card.at("model_hash"), load_reasoner(name)->hash) << name;
        const bool base = std::string_view(name).ends_with("weak") || std::string_view(name).ends_with("rechecks") || std::string_view(name).ends_with("raw");  // shipped for failing
        const auto& gate = card.at("gate");
        EXPECT_EQ(gate.at("full_chain").get<double>() >= 0.65, !base) << name;
        const bool notices = std::string_view(name) == "reasoner" || std::string_view(name) == "reasoner-2";
        EXPECT_EQ(gate.at("wait_gap").get<double>() >= 0.2, notices) << name;
    }
}

}  // namespace
}  // namespace dg::sim
