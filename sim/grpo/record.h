// A recorded run of GRPO: its recipe, the row of every step and one group's table per step. Scenes scrub it; tests run its first
// steps again and compare.
#pragma once

#include "sim/grpo/experiment.h"

#include <filesystem>
#include <map>

namespace dg::sim {

inline constexpr std::size_t kHashedSteps = 3;

struct GrpoRun {
    std::map<std::string, std::string> params;  // as --set takes them
    std::string model_hash;                     // of the first model
    std::vector<std::string> first_hashes;      // of the model after each of the first kHashedSteps updates: a test makes them again
    std::string after_hash;                     // of the model after the last update
    std::vector<GrpoStats> steps;               // 0 .. params.steps; the last one without an update
    std::vector<GroupTable> tables;             // of every step
    Skill before, after;                        // on 512 fresh prompts at T = 1, under the same pen
    std::array<std::int64_t, 3> memory{};       // Grpo::numbers_in_memory()
};

/// Runs it. `part` (may be empty) gets the run so far after each step. Error codes: those of load_reasoner and of Grpo.
Result<GrpoRun> run_grpo(const Params& params, const std::function<bool(double fraction)>& report, const std::function<void(const GrpoRun&)>& part = {});

/// Numbers of steps and tables keep 6 and 3 significant decimals: a record is a picture; what it shows is made again by running
/// its first steps. parse_grpo_run error code: grpo_record.
std::string grpo_run_json(const GrpoRun& run);
Result<GrpoRun> parse_grpo_run(const std::string& json, const std::string& where);
/// Error codes: those of read_file and parse_grpo_run.
Result<GrpoRun> read_grpo_run(const std::filesystem::path& file);

}  // namespace dg::sim
