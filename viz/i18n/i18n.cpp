#include "viz/i18n/i18n.h"

#include "viz/i18n/embedded.h"
#include "viz/i18n/reasons.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

namespace dg::viz {
namespace {

struct Catalogue {
    std::vector<CatalogueEntry> entries;
    std::vector<std::string> faults;
    std::unordered_map<std::string_view, const CatalogueEntry*> by_key;  // keys live in entries
};

/// A table with a string "zh" or "en" is a wording; other tables inside it lead on.
void flatten(const toml::table& table, const std::string& prefix, std::vector<CatalogueEntry>& out) {
    const auto zh = table["zh"].value<std::string>();
    const auto en = table["en"].value<std::string>();
    if (zh || en) out.push_back({prefix, zh.value_or(""), en.value_or("")});
    for (const auto& [key, node] : table) {
        const toml::table* child = node.as_table();
        if (child == nullptr) continue;
        const std::string name(key.str());
        flatten(*child, prefix.empty() ? name : prefix + "." + name, out);
    }
}

Catalogue read_catalogue() {
    Catalogue c;
    for (const EmbeddedFile& file : embedded_catalogue()) {
        try {
            flatten(toml::parse(file.text, file.name), "", c.entries);
        } catch (const toml::parse_error& e) {
            c.faults.push_back(fmt::format("{}:{}: {}", file.name, e.source().begin.line, e.description()));
        }
    }
    std::ranges::stable_sort(c.entries, {}, &CatalogueEntry::key);
    for (const CatalogueEntry& entry : c.entries) {
        if (!c.by_key.emplace(entry.key, &entry).second) c.faults.push_back(entry.key + ": defined twice");
        if (entry.zh.empty()) c.faults.push_back(entry.key + ": no zh");
        if (entry.en.empty()) c.faults.push_back(entry.key + ": no en");
    }
    return c;
}

const Catalogue& compiled() {
    static const Catalogue c = read_catalogue();
    return c;
}

const CatalogueEntry* find(std::string_view key) {
    const auto found = compiled().by_key.find(key);
    return found == compiled().by_key.end() ? nullptr : found->second;
}

bool name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// Length of a placeholder "{name}" at the start of `text`; 0 when there is none.
std::size_t placeholder_length(std::string_view text) {
    if (text.empty() || text[0] != '{') return 0;
    std::size_t end = 1;
    while (end < text.size() && name_char(text[end])) ++end;
    return end > 1 && end < text.size() && text[end] == '}' ? end + 1 : 0;
}

/// Replaces {name} by its argument; arguments are not read again, and an unknown {name} stays as it is.
std::string fill(std::string_view wording, const TextArgs& args) {
    std::string out;
    for (std::size_t i = 0; i < wording.size();) {
        const std::size_t length = placeholder_length(wording.substr(i));
        const std::string_view name = length == 0 ? std::string_view() : wording.substr(i + 1, length - 2);
        const auto arg = std::ranges::find_if(args, [&](const auto& a) { return a.first == name; });
        if (length == 0 || arg == args.end()) {
            out += wording[i++];
        } else {
            out += arg->second;
            i += length;
        }
    }
    return out;
}

}  // namespace

std::string tr(Lang lang, std::string_view key, const TextArgs& args) {
    const CatalogueEntry* entry = find(key);
    if (entry == nullptr) return fmt::format("⟦{}⟧", key);
    return fill(lang == Lang::kZh ? entry->zh : entry->en, args);
}

bool has_key(std::string_view key) { return find(key) != nullptr; }

const std::vector<CatalogueEntry>& catalogue() { return compiled().entries; }

const std::vector<std::string>& catalogue_faults() { return compiled().faults; }

std::string describe(Lang lang, const Error& error) {
    const std::string key = "error." + error.code;
    if (!has_key(key)) return error.plain();
    TextArgs args = error.args;
    for (auto& [name, value] : args) {
        if (name == "reason") value = reason_in_words(lang, value);
    }
    std::string text = tr(lang, key, args);
    for (const auto& [name, value] : error.args) {
        if (name == "suggestion" && !value.empty()) text += tr(lang, "error.did_you_mean", {{"suggestion", value}});
    }
    return error.where.empty() ? text : fmt::format("{}: {}", error.where, text);
}

std::vector<std::string> placeholders(std::string_view wording) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < wording.size(); ++i) {
        const std::size_t length = placeholder_length(wording.substr(i));
        if (length > 0) names.emplace_back(wording.substr(i + 1, length - 2));
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

std::string_view lang_name(Lang lang) { return lang == Lang::kZh ? "zh" : "en"; }

std::optional<Lang> lang_by_name(std::string_view name) {
    if (name == "zh") return Lang::kZh;
    if (name == "en") return Lang::kEn;
    return std::nullopt;
}

Lang lang_from_environment() {
    for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* value = std::getenv(variable);
        if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("zh") ? Lang::kZh : Lang::kEn;
    }
    return Lang::kEn;
}

}  // namespace dg::viz
