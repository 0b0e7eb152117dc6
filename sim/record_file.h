// Record files that say how they were made: a CSV under the line
//   # deepglass sim fp8-training --set steps=800 --seed 2; table 0123456789abcdef
// with every parameter that is not at its default, and the hash of the table below.
#pragma once

#include "sim/experiment.h"

#include <optional>
#include <string_view>

namespace dg::sim {

struct RecordRecipe {
    std::string command;                     // "deepglass sim fp8-training --set steps=800 --seed 2"
    std::string experiment;                  // "fp8-training"
    std::map<std::string, std::string> set;  // with seed
    std::string table_hash;                  // hash_hex of the text below the line
};

/// The line, newline included, for the CSV text `table`.
std::string recipe_line(const Experiment& experiment, const Params& params, std::string_view table);

/// Reads the first line of a record file; nothing when it is no such line.
std::optional<RecordRecipe> read_recipe_line(std::string_view text);

/// What stands below the first line.
std::string_view below_first_line(std::string_view text);

}  // namespace dg::sim
