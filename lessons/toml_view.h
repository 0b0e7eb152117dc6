// A TOML table read with a list of what may be in it; whatever is wrong becomes a Problem with its
// place. Included by the parser only: nothing else of the program sees toml++ through it.
#pragma once

#include "lessons/lesson.h"
#include "lessons/problem.h"

#include <toml++/toml.h>

#include <string>
#include <string_view>
#include <vector>

namespace dg::lessons {

/// What all views of one file share.
struct TomlFile {
    std::string name;
    std::vector<std::string> lines;
    Problems problems;

    [[nodiscard]] Place place(const toml::source_region& region) const {
        return {name, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
    }

    /// A string as written between its quotes; empty when it spans lines.
    [[nodiscard]] std::string raw_string(const toml::node& node) const;
};

class TomlView {
  public:
    /// `known`: the keys that may appear; any other is reported at once.
    TomlView(TomlFile& file, const toml::table& table, const std::vector<std::string>& known);

    [[nodiscard]] const toml::node* find(std::string_view key) const { return table_.get(key); }

    [[nodiscard]] Place place_of(std::string_view key) const;

    [[nodiscard]] Place place() const { return file_.place(table_.source()); }

    /// The text of a key with zh and en. Reports a missing key when `required`, a missing language
    /// always.
    Text text(std::string_view key, bool required);
    std::string string(std::string_view key, bool required);
    double number(std::string_view key, double otherwise, bool required);
    int integer(std::string_view key, int otherwise, bool required);
    bool flag(std::string_view key, bool otherwise);
    std::vector<std::string> strings(std::string_view key, std::vector<Place>& places);
    /// The tables of an array of tables (or none); anything else in the array is reported.
    std::vector<const toml::table*> tables(std::string_view key);
    /// Scene parameters: strings, numbers and booleans, written as --set takes them.
    Settings settings(std::string_view key);

    void missing(std::string_view key);
    void wrong_type(std::string_view key, const toml::node& node, std::string_view wanted);

  private:
    TomlFile& file_;
    const toml::table& table_;
};

/// zh and en of a table; both must be there and hold something.
Text text_of(TomlFile& file, const toml::node& node);
Settings settings_of(TomlFile& file, const toml::table& table);
/// A string, number or boolean as --set takes it; empty and false for other types.
bool scalar_written(const toml::node& node, std::string& out);

}  // namespace dg::lessons
