// Records as files.
#include "sim/experiment.h"

#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>

namespace dg::sim {

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
