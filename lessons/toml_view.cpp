#include "lessons/toml_view.h"

#include <fmt/format.h>
#include <algorithm>

namespace dg::lessons {
namespace {

std::string_view type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::string:
            return "string";
        case toml::node_type::integer:
            return "integer";
        case toml::node_type::floating_point:
            return "number";
        case toml::node_type::boolean:
            return "boolean";
        case toml::node_type::array:
            return "array";
        case toml::node_type::table:
            return "table";
        default:
            return "date";
    }
}

// byte of the 1-based character column
std::size_t byte_of_column(const std::string& line, std::uint32_t column) {
    std::size_t at = 0;
    for (std::uint32_t c = 1; c < column && at < line.size(); ++c) {
        do {
            ++at;
        } while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U);
    }
    return at;
}

bool blank(const std::string& s) {
    return s.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

std::string TomlFile::raw_string(const toml::node& node) const {
    const toml::source_region& region = node.source();
    if (region.begin.line == 0 || region.begin.line != region.end.line ||
        region.begin.line > lines.size())
        return {};
    const std::string& line = lines[region.begin.line - 1];
    const std::size_t begin = byte_of_column(line, region.begin.column);
    const std::size_t end = byte_of_column(line, region.end.column);
    if (begin >= line.size() || end <= begin) return {};
    const char quote = line[begin];
    const std::size_t close = line.rfind(quote, std::min(end, line.size() - 1));
    return close != std::string::npos && close > begin ? line.substr(begin + 1, close - begin - 1)
                                                       : std::string();
}

TomlView::TomlView(TomlFile& file, const toml::table& table, const std::vector<std::string>& known)
    : file_(file), table_(table) {
    for (const auto& [key, node] : table) {
        if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
        file_.problems.unknown(file_.place(key.source()), "lesson_unknown_key",
                               std::string(key.str()), known);
    }
}

Place TomlView::place_of(std::string_view key) const {
    const toml::node* node = find(key);
    return node == nullptr ? place() : file_.place(node->source());
}

void TomlView::missing(std::string_view key) {
    file_.problems.error(place(), "lesson_missing_key", {{"key", std::string(key)}});
}

void TomlView::wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) {
    file_.problems.error(file_.place(node.source()), "lesson_wrong_type",
                         {{"key", std::string(key)},
                          {"wanted", std::string(wanted)},
                          {"found", std::string(type_name(node))}});
}

Text TomlView::text(std::string_view key, bool required) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        if (required) missing(key);
        return {};
    }
    if (!node->is_table()) {
        wrong_type(key, *node, "zh, en");
        return {};
    }
    return text_of(file_, *node);
}

std::string TomlView::string(std::string_view key, bool required) {
    const toml::node* node = find(key);
    if (node == nullptr) {
        if (required) missing(key);
        return {};
    }
    if (!node->is_string()) {
        wrong_type(key, *node, "string");
        return {};
    }
    return **node->as_string();
}

double TomlView::number(std::string_view key, double otherwise, bool required) {
    const toml::node* node = find(key);
    if (node == nullptr && required) missing(key);
    if (node == nullptr) return otherwise;
    if (node->is_number()) return node->value<double>().value_or(otherwise);
    wrong_type(key, *node, "number");
    return otherwise;
}

int TomlView::integer(std::string_view key, int otherwise, bool required) {
    const toml::node* node = find(key);
    if (node == nullptr && required) missing(key);
    if (node == nullptr) return otherwise;
    if (node->is_integer()) return node->value<int>().value_or(otherwise);
    wrong_type(key, *node, "integer");
    return otherwise;
}

bool TomlView::flag(std::string_view key, bool otherwise) {
    const toml::node* node = find(key);
    if (node == nullptr) return otherwise;
    if (node->is_boolean()) return **node->as_boolean();
    wrong_type(key, *node, "boolean");
    return otherwise;
}

std::vector<std::string> TomlView::strings(std::string_view key, std::vector<Place>& places) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    std::vector<std::string> out;
    if (!node->is_array()) {
        wrong_type(key, *node, "array of strings");
        return {};
    }
    for (const toml::node& item : *node->as_array()) {
        if (item.is_string()) {
            out.push_back(**item.as_string());
            places.push_back(file_.place(item.source()));
        } else {
            wrong_type(key, item, "string");
        }
    }
    return out;
}

std::vector<const toml::table*> TomlView::tables(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    std::vector<const toml::table*> out;
    if (!node->is_array()) {
        wrong_type(key, *node, "array of tables");
        return {};
    }
    for (const toml::node& item : *node->as_array()) {
        if (item.is_table()) {
            out.push_back(item.as_table());
        } else {
            wrong_type(key, item, "table");
        }
    }
    return out;
}

Settings TomlView::settings(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    if (!node->is_table()) {
        wrong_type(key, *node, "table");
        return {};
    }
    return settings_of(file_, *node->as_table());
}

Text text_of(TomlFile& file, const toml::node& node) {
    Text text;
    text.at = file.place(node.source());
    if (!node.is_table()) {
        file.problems.error(
            text.at, "lesson_wrong_type",
            {{"key", "zh, en"}, {"wanted", "zh, en"}, {"found", std::string(type_name(node))}});
        return text;
    }
    const toml::table& table = *node.as_table();
    TomlView view(file, table, {"zh", "en"});
    for (const char* lang : {"zh", "en"}) {
        const bool chinese = std::string_view(lang) == "zh";
        std::string& slot = chinese ? text.zh : text.en;
        if (view.find(lang) == nullptr) {
            // the place of the language that is there: the table of dotted keys has none of its own
            const Place there = view.place_of(chinese ? "en" : "zh");
            file.problems.error(there.line == 0 ? text.at : there, "lesson_missing_language",
                                {{"lang", lang}});
            continue;
        }
        slot = view.string(lang, true);
        if (view.find(lang)->is_string() && blank(slot)) {
            file.problems.error(view.place_of(lang), "lesson_empty_text", {{"lang", lang}});
        }
    }
    return text;
}

bool scalar_written(const toml::node& node, std::string& out) {
    if (node.is_string()) {
        out = **node.as_string();
    } else if (node.is_integer()) {
        out = fmt::format("{}", **node.as_integer());
    } else if (node.is_floating_point()) {
        out = fmt::format("{}", **node.as_floating_point());
    } else if (node.is_boolean()) {
        out = **node.as_boolean() ? "true" : "false";
    } else {
        return false;
    }
    return true;
}

Settings settings_of(TomlFile& file, const toml::table& table) {
    Settings settings;
    for (const auto& [key, node] : table) {
        std::string written;
        const std::string name(key.str());
        if (!scalar_written(node, written)) {
            file.problems.error(file.place(node.source()), "lesson_wrong_type",
                                {{"key", name},
                                 {"wanted", "string, number, boolean"},
                                 {"found", std::string(type_name(node))}});
            continue;
        }
        settings.values[name] = written;
        settings.places[name] = file.place(key.source());
    }
    return settings;
}

}  // namespace dg::lessons
