// Runs that ship with the program: <folder>/<task>-<seed>.csv holds the records exactly as `deepglass sim networks` writes them,
// .recipe.json the parameters and the hashes of the other files, .safetensors (copy) the trained networks.
#pragma once

#include "sim/experiment.h"
#include "sim/networks/copy_task.h"
#include "sim/networks/strokes.h"

#include <filesystem>

namespace dg::sim::networks {

/// The experiment's parameters as recipes, and runs as its records.
/// Error code: network_distances when near < middle < far does not hold.
Result<CopyRecipe> copy_recipe(const Params& params);
StrokeRecipe stroke_recipe(const Params& params);
Records records_of(const std::vector<CopyRow>& rows);
Records records_of(const std::vector<StrokeRow>& rows);

struct Recording {
    Params params;
    Records records;
    std::string hash;  // of the CSV text
    std::array<std::array<Network, 3>, 3> nets;  // copy only
};

/// Runs the experiment with these parameters and writes its files. Error codes: those of the run and of writing.
Result<void> make_recording(const std::filesystem::path& folder, const Params& params);
/// Error codes: file_read, recording_damaged (what the recipe, the records or the weights do not agree in), those of safetensors.
Result<Recording> read_recording(const std::filesystem::path& folder, const std::string& task, std::int64_t seed);

}  // namespace dg::sim::networks
