// Records as files.
#include "sim/experiment.h"

#include <nlohmann/json.hpp>

#include <bit>
#include <charconv>
#include <cmath>
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

bool operator==(const Records& a, const Records& b) {
    if (a.columns != b.columns || a.rows.size() != b.rows.size()) return false;
    const auto same = [](double x, double y) { return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y) || (x != x && y != y); };
    for (std::size_t i = 0; i < a.rows.size(); ++i) {
        if (!std::equal(a.rows[i].begin(), a.rows[i].end(), b.rows[i].begin(), b.rows[i].end(), same)) return false;
    }
    return true;
}

std::string records_csv(const Records& records) {
    std::string text = fmt::format("{}\n", fmt::join(records.columns, ","));
    for (const std::vector<double>& row : records.rows) {
        DG_CHECK_EQ(row.size(), records.columns.size());
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (c > 0) text += ',';
            if (std::isfinite(row[c])) text += fmt::format("{}", row[c]);
        }
        text += '\n';
    }
    return text;
}

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

std::string records_json(const Experiment& experiment, const Params& params, const Records& records, std::string_view version) {
    nlohmann::ordered_json file;
    file["experiment"] = experiment.id;
    file["version"] = version;
    file["params"] = params.written();
    file["columns"] = records.columns;
    file["records"] = nlohmann::ordered_json::array();
    for (const std::vector<double>& row : records.rows) {
        DG_CHECK_EQ(row.size(), records.columns.size());
        nlohmann::ordered_json line;
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (std::isfinite(row[c])) line[records.columns[c]] = row[c];
            else line[records.columns[c]] = nullptr;
        }
        file["records"].push_back(std::move(line));
    }
    return file.dump(1) + "\n";
}

}  // namespace dg::sim
