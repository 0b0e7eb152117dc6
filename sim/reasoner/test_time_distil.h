// A smaller model, taught two ways from one start: on the long right traces of the reasoner (distillation), or by reinforcement on
// itself. As R1's table 6 asks it, at our size, and from two starts: one that can hardly write the steps, one that can.
#pragma once

#include "sim/experiment.h"
#include "sim/reasoner/test_time.h"

namespace dg::sim {

struct DistilSettings {
    std::int64_t weak_steps = 250;      // supervised steps of the start that has hardly the skill
    std::int64_t skilled_steps = 800;   // of the start that has it
    std::int64_t traces = 3000;         // right traces of the teacher; 2 to 8 summands
    std::int64_t distil_steps = 800;
    std::int64_t rl_steps = 0;          // of 16 x 16 responses; 0 = until as many response tokens are written as distillation was shown
    std::int64_t tests = 512;           // fresh problems of 8 digits per measurement, T = 1
    std::uint64_t seed = 1;
};

/// The student: 3 layers of width 32, about a quarter of the reasoner's weights.
Config student_config();

/// Columns start (0 weak, 1 skilled), phase (0 the start itself, 1 distilled, 2 reinforced), step, tokens (response tokens trained on in this phase), accuracy,
/// mean_length, full_share (responses that write every step), loss (phases 0, 1) or reward (phase 2).
Records no_distil_records();
/// Error codes: cancelled, diverged.
Result<Records> run_distil(const PackedModel& teacher, const DistilSettings& settings, const Task& task);

}  // namespace dg::sim
