#include "sim/read_records.h"

#include "engine/io/files.h"

namespace dg::sim {

Result<Records> read_records(const std::filesystem::path& file, const std::vector<std::string>& columns) {
    DG_ASSIGN(const std::string text, read_file(file));
    std::optional<Records> records = parse_records_csv(text);
    if (!records || records->columns != columns || records->rows.empty()) return Error{"records_damaged", {{"columns", fmt::format("{}", fmt::join(columns, ","))}}, file.string()};
    return std::move(*records);
}

}  // namespace dg::sim
