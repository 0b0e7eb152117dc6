#include "sim/read_records.h"

#include "engine/io/files.h"

#include <charconv>
#include <limits>

namespace dg::sim {
namespace {

/// Numbers separated by commas; empty: NaN.
bool parse_row(std::string_view line, std::vector<double>& row) {
    while (true) {
        const std::size_t comma = line.find(',');
        const std::string_view cell = line.substr(0, comma);
        double value = std::numeric_limits<double>::quiet_NaN();
        if (!cell.empty()) {
            const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
            if (code != std::errc() || end != cell.data() + cell.size()) return false;
        }
        row.push_back(value);
        if (comma == std::string_view::npos) return true;
        line.remove_prefix(comma + 1);
    }
}

}  // namespace

std::optional<Records> parse_records_csv(std::string_view text) {
    Records records;
    for (bool head = true; !text.empty(); head = false) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (head) {
            for (std::size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
                records.columns.emplace_back(line.substr(0, comma));
                line.remove_prefix(comma + 1);
            }
            records.columns.emplace_back(line);
            continue;
        }
        std::vector<double> row;
        if (!parse_row(line, row) || row.size() != records.columns.size()) return std::nullopt;
        records.rows.push_back(std::move(row));
    }
    return records;
}

Result<Records> read_records(const std::filesystem::path& file, const std::vector<std::string>& columns) {
    DG_ASSIGN(const std::string text, read_file(file));
    std::optional<Records> records = parse_records_csv(text);
    if (!records || records->columns != columns || records->rows.empty()) return Error{"records_damaged", {{"columns", fmt::format("{}", fmt::join(columns, ","))}}, file.string()};
    return std::move(*records);
}

}  // namespace dg::sim
