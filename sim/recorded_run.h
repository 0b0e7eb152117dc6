// Runs that ship with the program: <folder>/<name>-<seed>.csv holds the records exactly as `deepglass sim` writes them, and
// <name>-<seed>.recipe.json the parameters and the hash of the table. `name` is the value of one parameter of the experiment.
#pragma once

#include "sim/experiment.h"

#include <filesystem>
#include <map>
#include <string>

namespace dg::sim {

struct RecordedRun {
    Params params;
    Records records;
    std::string hash;  // of the CSV text
};

/// Which run of an experiment: `key` is the parameter that names it.
struct RunName {
    std::filesystem::path folder;
    std::string key, name;
    std::int64_t seed = 1;

    /// A file of this run: ending ".csv", ".recipe.json" or one of the experiment's own.
    [[nodiscard]] std::filesystem::path file(std::string_view ending) const;
};

/// The name that these parameters give a run.
RunName name_of_run(const std::filesystem::path& folder, const std::string& key, const Params& params);

/// Writes both files; `facts` go into the recipe. Error codes: those of write_file.
Result<void> write_run(const RunName& run, const Experiment& experiment, const Params& params, const Records& records, const std::map<std::string, std::string>& facts = {});
/// Error codes: file_read, recording_json, recording_damaged (what recipe and table do not agree in), those of parse_params.
Result<RecordedRun> read_run(const RunName& run, const Experiment& experiment);

/// Error code recording_damaged.
Error damaged_run(const std::filesystem::path& file, std::string what);

}  // namespace dg::sim
