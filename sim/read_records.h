// Reading back what an experiment wrote: the contrary of records_csv.
#pragma once

#include "sim/experiment.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace dg::sim {

/// A header line and rows of numbers as many as it names; an empty cell is NaN. Nothing for any other text.
std::optional<Records> parse_records_csv(std::string_view text);

/// A records file, its columns as wanted. Error codes: those of read_file, records_damaged (columns, rows or numbers are not as
/// expected).
Result<Records> read_records(const std::filesystem::path& file, const std::vector<std::string>& columns);

}  // namespace dg::sim
