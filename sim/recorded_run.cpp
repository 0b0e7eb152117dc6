#include "sim/recorded_run.h"

#include "engine/io/files.h"
#include "engine/io/json.h"

namespace dg::sim {

std::filesystem::path RunName::file(std::string_view ending) const { return folder / fmt::format("{}-{}{}", name, seed, ending); }

RunName name_of_run(const std::filesystem::path& folder, const std::string& key, const Params& params) {
    return {.folder = folder, .key = key, .name = params.text(key), .seed = params.integer("seed")};
}

Error damaged_run(const std::filesystem::path& file, std::string what) { return {"recording_damaged", {{"what", std::move(what)}}, file.string()}; }

Result<void> write_run(const RunName& run, const Experiment& experiment, const Params& params, const Records& records, const std::map<std::string, std::string>& facts) {
    const std::string csv = records_csv(records);
    nlohmann::ordered_json recipe = {{"experiment", experiment.id}, {"params", params.written()}};
    for (const auto& [name, value] : facts) recipe[name] = value;
    recipe["csv_hash"] = hash_hex(csv);
    DG_TRY(write_file(run.file(".csv"), csv));
    return write_file(run.file(".recipe.json"), recipe.dump(1) + "\n");
}

Result<RecordedRun> read_run(const RunName& run, const Experiment& experiment) {
    const std::filesystem::path recipe_file = run.file(".recipe.json");
    DG_ASSIGN(const std::string recipe_text, read_file(recipe_file));
    DG_ASSIGN(const std::string csv, read_file(run.file(".csv")));
    DG_ASSIGN(const nlohmann::json recipe, parse_json(recipe_text, recipe_file.string(), "recording_json"));
    if (!recipe.is_object() || !recipe.contains("params") || !recipe["params"].is_object()) return damaged_run(recipe_file, "params");
    std::map<std::string, std::string> set;
    for (const auto& [name, value] : recipe["params"].items()) {
        if (!value.is_string()) return damaged_run(recipe_file, "params." + name);
        set[name] = value.get<std::string>();
    }
    RecordedRun out;
    DG_ASSIGN(out.params, parse_params(experiment.params, set));
    out.hash = hash_hex(csv);
    if (recipe.value("csv_hash", nlohmann::json()) != out.hash || out.params.text(run.key) != run.name || out.params.integer("seed") != run.seed)
        return damaged_run(recipe_file, "csv_hash");
    std::optional<Records> records = parse_records_csv(csv);
    if (!records || records->rows.empty()) return damaged_run(run.file(".csv"), "rows");
    out.records = std::move(*records);
    return out;
}

}  // namespace dg::sim
