// Reading back what an experiment wrote: the contrary of records_csv.
#pragma once

#include "sim/experiment.h"

#include <filesystem>
#include <string>

namespace dg::sim {

/// A records file, its columns as wanted. Error codes: those of read_file, records_damaged (columns, rows or numbers are not as
/// expected).
Result<Records> read_records(const std::filesystem::path& file, const std::vector<std::string>& columns);

}  // namespace dg::sim
