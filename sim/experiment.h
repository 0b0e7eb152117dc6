// An experiment: typed parameters (the recipe), a run that tells how far it is, can be stopped and shows what it has so far,
// and records: the table that figures draw and files store. It runs the same from the command line, the window and a test;
// equal parameters give equal records, bit for bit, at any number of threads.
//
// To add one: write `Experiment my_experiment()` in a folder of sim/, add a row to sim/experiments.cpp, and word in assets/i18n
// "sim.<id>.name", "sim.<id>.about" and "param.<id>.<param>.help" (not for the shared `seed`).
#pragma once

#include "sim/params.h"

#include <functional>
#include <memory>
#include <optional>

namespace dg::sim {

/// A table of numbers. NaN: unknown or infinite, an empty cell in files.
struct Records {
    std::vector<std::string> columns = {};
    std::vector<std::vector<double>> rows = {};  // each as long as columns

    friend bool operator==(const Records&, const Records&);  // bit for bit, NaN equals NaN
};

/// What a run tells its owner, from the thread that runs it.
struct Task {
    /// 0 .. 1; at least every 50 ms. False: stop and return the error code cancelled.
    std::function<bool(double fraction)> report = [](double) { return true; };
    /// What is known so far, rows complete; at most about 30 times a second. Never what the final records depend on.
    std::function<void(std::shared_ptr<const Records>)> snapshot = {};  // may be empty
};

struct Experiment {
    std::string_view id;  // stable: files and commands use it
    std::vector<ParamSpec> params = {};
    /// Error codes: cancelled, param_* for parameters that do not go together, those of the experiment.
    Result<Records> (*run)(const Params&, const Task&) = nullptr;
};

/// The one table (experiments.cpp).
std::span<const Experiment> experiments();
/// Error code unknown_experiment with a suggestion.
Result<const Experiment*> require_experiment(std::string_view id);

/// A header line and one line per row, numbers in the shortest form that reads back to the same bits.
std::string records_csv(const Records& records);
/// The contrary of records_csv: the same bits; nothing when the text is no such table.
std::optional<Records> parse_records_csv(std::string_view text);
/// {"experiment", "version", "params": {name: as written}, "columns": [...], "records": [{column: value or null}, ...]}.
std::string records_json(const Experiment& experiment, const Params& params, const Records& records, std::string_view version);

}  // namespace dg::sim
