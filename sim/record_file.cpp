#include "sim/record_file.h"

#include "engine/io/files.h"

namespace dg::sim {
namespace {

constexpr std::string_view kBegin = "# deepglass sim ", kTable = "; table ";

/// Words between blanks.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t end = std::min(text.find(' ', i), text.size());
        if (end > i) words.emplace_back(text.substr(i, end - i));
        i = end + 1;
    }
    return words;
}

}  // namespace

std::string recipe_line(const Experiment& experiment, const Params& params, std::string_view table) {
    std::string line = std::string(kBegin) + std::string(experiment.id);
    for (const ParamSpec& spec : experiment.params) {
        const std::string& value = params.written().at(spec.id);
        if (spec.id != "seed" && value != spec.default_value) line += fmt::format(" --set {}={}", spec.id, value);
    }
    if (const auto seed = params.written().find("seed"); seed != params.written().end()) line += " --seed " + seed->second;
    return line + std::string(kTable) + hash_hex(table) + "\n";
}

std::optional<RecordRecipe> read_recipe_line(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t split = line.rfind(kTable);
    if (!line.starts_with(kBegin) || split == std::string_view::npos) return std::nullopt;
    RecordRecipe recipe{.command = std::string(line.substr(2, split - 2)), .experiment = {}, .set = {}, .table_hash = std::string(line.substr(split + kTable.size()))};
    const std::vector<std::string> words = words_of(line.substr(kBegin.size(), split - kBegin.size()));
    if (words.empty() || words.size() % 2 == 0) return std::nullopt;
    recipe.experiment = words[0];
    for (std::size_t i = 1; i + 1 < words.size(); i += 2) {
        const std::size_t equals = words[i + 1].find('=');
        if (words[i] == "--seed") recipe.set["seed"] = words[i + 1];
        else if (words[i] == "--set" && equals != std::string::npos) recipe.set[words[i + 1].substr(0, equals)] = words[i + 1].substr(equals + 1);
        else return std::nullopt;
    }
    return recipe;
}

std::string_view below_first_line(std::string_view text) {
    const std::size_t end = text.find('\n');
    return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

}  // namespace dg::sim
