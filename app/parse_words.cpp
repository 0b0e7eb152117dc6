#include "app/parse_words.h"

#include "engine/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace dg::app {
namespace {

/// "left<mark>right" as its two sides.
std::optional<std::pair<std::string, std::string>> split(std::string_view text, std::string_view mark) {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    return std::pair(std::string(text.substr(0, at)), std::string(text.substr(at + mark.size())));
}

struct Range {
    std::string least, most;
};

/// "0.000000 to 1.5" as numbers in their shortest spelling; nothing when an end is as good as infinite.
std::optional<Range> range_of(const std::string& text) {
    const auto ends = split(text, " to ");
    if (!ends) return std::nullopt;
    const double low = std::strtod(ends->first.c_str(), nullptr), high = std::strtod(ends->second.c_str(), nullptr);
    if (!(low > -1e300 && high < 1e300)) return std::nullopt;
    return Range{fmt::format("{:g}", low), fmt::format("{:g}", high)};
}

/// "--name: complaint" about a value.
std::optional<Error> complaint(const std::string& name, const std::string& rest, const std::string& help) {
    if (rest.ends_with(" missing")) return Error{"usage_no_value", {{"name", name}, {"help", help}}, ""};
    if (const auto choice = split(rest, " not in {")) {
        std::string known = choice->second.substr(0, choice->second.find('}'));
        for (std::size_t at = known.find(','); at != std::string::npos; at = known.find(',', at + 2)) known.replace(at, 1, ", ");
        return Error{"usage_choice", {{"name", name}, {"value", choice->first}, {"known", known}, {"help", help}}, ""};
    }
    if (const auto range = split(rest, " not in range "); range && range->first.starts_with("Value ")) {
        const std::string value = range->first.substr(6);
        const std::optional<Range> ends = range_of(range->second);
        if (!ends) return Error{"usage_value", {{"name", name}, {"value", value}, {"help", help}}, ""};
        return Error{"usage_range", {{"name", name}, {"value", value}, {"least", ends->least}, {"most", ends->most}, {"help", help}}, ""};
    }
    return std::nullopt;
}

std::optional<Error> known_error(const std::string& what, const std::string& help) {
    for (const std::string_view extra : {"The following argument was not expected: ", "The following arguments were not expected: "}) {
        if (what.starts_with(extra)) return Error{"usage_extra", {{"words", what.substr(extra.size())}, {"help", help}}, ""};
    }
    if (const auto pair = split(what, "Could not convert: "); pair && pair->first.empty()) {
        const auto value = split(pair->second, " = ");
        if (value) return Error{"usage_value", {{"name", value->first}, {"value", value->second}, {"help", help}}, ""};
    }
    if (what.ends_with(" is required")) return Error{"usage_required", {{"name", what.substr(0, what.size() - 12)}, {"help", help}}, ""};
    if (const auto pair = split(what, ": ")) {
        if (auto found = complaint(pair->first, pair->second, help)) return found;
    }
    if (const auto pair = split(what, " excludes ")) return Error{"usage_excludes", {{"name", pair->first}, {"other", pair->second}, {"help", help}}, ""};
    if (const auto pair = split(what, " requires ")) return Error{"usage_requires", {{"name", pair->first}, {"other", pair->second}, {"help", help}}, ""};
    return std::nullopt;
}

}  // namespace

Error parse_error_in_words(const std::string& what, const std::string& help) {
    Error error = known_error(what, help).value_or(Error{"usage_words", {{"reason", what}, {"help", help}}, ""});
    for (auto& [name, value] : error.args) value = printable(value);
    return error;
}

}  // namespace dg::app
