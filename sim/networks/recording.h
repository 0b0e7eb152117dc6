// Recorded runs of `deepglass sim networks` (sim/recorded_run.h, named by `task`); copy has the trained networks beside, as
// .safetensors.
#pragma once

#include "sim/networks/copy_task.h"
#include "sim/networks/strokes.h"
#include "sim/recorded_run.h"

#include <filesystem>

namespace dg::sim::networks {

/// The experiment's parameters as recipes, and runs as its records.
/// Error code: network_distances when near < middle < far does not hold.
Result<CopyRecipe> copy_recipe(const Params& params);
StrokeRecipe stroke_recipe(const Params& params);
Records records_of(const std::vector<CopyRow>& rows);
Records records_of(const std::vector<StrokeRow>& rows);

struct Recording : RecordedRun {
    std::array<std::array<Network, 3>, 3> nets;  // copy only
};

/// Runs the experiment with these parameters and writes its files. Error codes: those of the run and of writing.
Result<void> make_recording(const std::filesystem::path& folder, const Params& params);
/// Error codes: those of read_run and of safetensors.
Result<Recording> read_recording(const std::filesystem::path& folder, const std::string& task, std::int64_t seed);

}  // namespace dg::sim::networks
