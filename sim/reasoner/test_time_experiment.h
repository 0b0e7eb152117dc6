// The row `reasoning` of the experiments, and what the scene shares with it: one function per table.
#pragma once

#include "sim/reasoner/test_time.h"
#include "sim/recorded_run.h"

#include <filesystem>

namespace dg::sim {

struct TestTimeSettings {
    std::int64_t problems = 256, samples = 65;
    std::int64_t terms = 8;  // 0 = 2 to 8, evenly
    double temperature = 1, pen = 0;
    char word = 'w';         // of budget forcing
    std::uint64_t seed = 1;
};

/// Answers at once and with every step written, for 2 to 8 summands. Columns terms, then accuracy, tokens, flops (means per
/// response) of direct, steps and free.
Result<Records> answers_table(const PackedModel& model, const TestTimeSettings& s, const Task& task);
/// Step-by-step answers cut at a cap of 0, 4, .. 28 tokens, then uncut, then forced to go on 1, 2, 4 times. Columns cap (empty: none),
/// waits, tokens, accuracy, format, flops.
Result<Records> budget_table(const PackedModel& model, const TestTimeSettings& s, const Task& task);
/// Many free samples of every problem, shared out in groups of n: columns n, tokens (of a whole group), vote, pass, pass_formula
/// (mean of 1 - (1 - p)^n over the problems' own p), direct_vote (of answers at once).
Result<Records> vote_table(const PackedModel& model, const TestTimeSettings& s, const Task& task);
/// Every step written, the pen slipping, for several models: columns model (its place), accuracy, tokens, wrong, wrong_wait, repaired, right,
/// right_wait (steps of first passes), and wait_given_wrong, wait_given_right, repaired_share (of slips).
Result<Records> wait_table(std::span<const PackedModel* const> models, const TestTimeSettings& s, const Task& task);

/// problems[i] of `terms` digits (0: 2 to 8), on a stream of their own.
std::vector<Problem> test_time_problems(const TestTimeSettings& s);

/// Runs with these parameters and writes a recorded run, named by `measure`.
Result<void> make_reasoning_recording(const std::filesystem::path& folder, const Params& params);
/// Error codes: those of read_run.
Result<RecordedRun> read_reasoning_recording(const std::filesystem::path& folder, const std::string& measure, std::int64_t seed);

Experiment reasoning_experiment();

}  // namespace dg::sim
