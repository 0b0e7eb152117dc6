#include "app/window/recent.h"

#include "engine/io/files.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace dg::app {
namespace {

using Json = nlohmann::json;

std::string prompt_of(const RecentWork& work) {
    const auto at = work.set.find("prompt");
    return at == work.set.end() ? std::string() : at->second;
}

}  // namespace

void remember(std::vector<RecentWork>& all, RecentWork work) {
    std::erase_if(all, [&](const RecentWork& old) { return old.scene == work.scene && prompt_of(old) == prompt_of(work); });
    all.insert(all.begin(), std::move(work));
    if (all.size() > kRecentKept) all.resize(kRecentKept);
}

std::vector<RecentWork> load_recent(const std::filesystem::path& file) {
    const Result<std::string> text = read_file(file);
    if (!text) return {};
    const Json json = Json::parse(*text, nullptr, false);
    std::vector<RecentWork> all;
    if (!json.is_array()) return all;
    for (const Json& entry : json) {
        if (!entry.is_object() || !entry.contains("scene") || !entry["scene"].is_string() || !entry.contains("set") || !entry["set"].is_object()) continue;
        RecentWork work{entry["scene"].get<std::string>(), {}};
        for (const auto& [name, value] : entry["set"].items()) {
            if (value.is_string()) work.set[name] = value.get<std::string>();
        }
        if (all.size() < kRecentKept) all.push_back(std::move(work));
    }
    return all;
}

Result<void> save_recent(const std::filesystem::path& file, const std::vector<RecentWork>& all) {
    Json json = Json::array();
    for (const RecentWork& work : all) json.push_back(Json{{"scene", work.scene}, {"set", work.set}});
    return write_file(file, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace dg::app
