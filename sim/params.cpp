#include "sim/params.h"

#include "engine/base/suggest.h"
#include "engine/tokenizer/tokenizer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace dg::sim {
namespace {

template <class Number>
std::optional<Number> read_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<bool> read_flag(std::string_view text) {
    if (text == "true" || text == "1" || text == "on" || text == "yes") return true;
    if (text == "false" || text == "0" || text == "off" || text == "no") return false;
    return std::nullopt;
}

/// The pieces between the separators; none of an empty text.
std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        pieces.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return pieces;
}

std::string_view type_name(ParamType type) {
    switch (type) {
        case ParamType::kInt: return "int";
        case ParamType::kReal: return "real";
        case ParamType::kText: return "text";
        case ParamType::kChoice: return "choice";
        case ParamType::kBool: return "bool";
    }
    return "";
}

Error wrong_type(const ParamSpec& spec, const std::string& value) {
    return {"param_type", {{"name", spec.id}, {"value", printable(value)}, {"type", std::string(type_name(spec.type))}}, ""};
}

/// The number as the recipe stores it, when it is one and in range.
template <class Number>
Result<std::string> canonical_number(const ParamSpec& spec, const std::string& value) {
    const std::optional<Number> number = read_number<Number>(value);
    if (!number) return wrong_type(spec, value);
    const auto real = static_cast<double>(*number);
    if (!std::isfinite(real)) return wrong_type(spec, value);
    if (spec.min <= spec.max && (real < spec.min || real > spec.max)) {
        return Error{"param_range",
                     {{"name", spec.id}, {"value", value}, {"min", fmt::format("{}", spec.min)}, {"max", fmt::format("{}", spec.max)}},
                     ""};
    }
    return fmt::format("{}", *number);
}

Result<std::string> canonical(const ParamSpec& spec, const std::string& value) {
    switch (spec.type) {
        case ParamType::kInt: return canonical_number<std::int64_t>(spec, value);
        case ParamType::kReal: return canonical_number<double>(spec, value);
        case ParamType::kText:
            if (!valid_utf8(value)) return Error{"param_utf8", {{"name", spec.id}, {"value", printable(value)}}, ""};
            return value;
        case ParamType::kBool: {
            const std::optional<bool> flag = read_flag(value);
            if (!flag) return wrong_type(spec, value);
            return std::string(*flag ? "true" : "false");
        }
        case ParamType::kChoice: {
            if (std::ranges::find(spec.choices, value) != spec.choices.end()) return value;
            return Error{"param_choice",
                         {{"name", spec.id}, {"value", printable(value)}, {"choices", fmt::format("{}", fmt::join(spec.choices, ", "))},
                          {"suggestion", nearest(value, spec.choices)}},
                         ""};
        }
    }
    throw_bug(__FILE__, __LINE__, "parameter " + spec.id + " has no type");
}

Error unknown_param(std::span<const ParamSpec> specs, const std::string& name) {
    std::vector<std::string> known;
    for (const ParamSpec& spec : specs) known.push_back(spec.id);
    return {"unknown_param",
            {{"name", printable(name)}, {"known", known.empty() ? "–" : fmt::format("{}", fmt::join(known, ", "))},
             {"suggestion", nearest(name, known)}},
            ""};
}

}  // namespace

Result<Params> parse_params(std::span<const ParamSpec> specs, const std::map<std::string, std::string>& set) {
    for (const auto& [name, value] : set) {
        const bool known = std::ranges::any_of(specs, [&](const ParamSpec& spec) { return spec.id == name; });
        if (!known) return unknown_param(specs, name);
    }
    Params params;
    for (const ParamSpec& spec : specs) {
        const auto given = set.find(spec.id);
        DG_ASSIGN(params.written_[spec.id], canonical(spec, given == set.end() ? spec.default_value : given->second));
    }
    return params;
}

ParamSpec only(std::string when, ParamSpec spec) {
    spec.when = std::move(when);
    return spec;
}

bool acts(const ParamSpec& spec, const Params& params) {
    const auto holds = [&](std::string_view word) {
        const std::size_t equals = word.find('=');
        const std::vector<std::string_view> values = split(word.substr(equals + 1), '|');
        return std::ranges::find(values, params.text(word.substr(0, equals))) != values.end();
    };
    const auto all = [&](std::string_view words) { return std::ranges::all_of(split(words, ' '), holds); };
    return spec.when.empty() || std::ranges::any_of(split(spec.when, ';'), all);
}

Result<std::map<std::string, std::string>> parse_assignments(std::span<const std::string> words) {
    std::map<std::string, std::string> set;
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos || equals == 0) return Error{"param_assignment", {{"word", printable(word)}}, ""};
        set[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return set;
}

const std::string& Params::text(std::string_view id) const {
    const auto found = written_.find(std::string(id));
    if (found == written_.end()) throw_bug(__FILE__, __LINE__, fmt::format("no parameter '{}'", id));
    return found->second;
}

std::int64_t Params::integer(std::string_view id) const {
    const std::optional<std::int64_t> value = read_number<std::int64_t>(text(id));
    if (!value) throw_bug(__FILE__, __LINE__, fmt::format("parameter '{}' = '{}' is no integer", id, text(id)));
    return *value;
}

double Params::real(std::string_view id) const {
    const std::optional<double> value = read_number<double>(text(id));
    if (!value) throw_bug(__FILE__, __LINE__, fmt::format("parameter '{}' = '{}' is no number", id, text(id)));
    return *value;
}

bool Params::flag(std::string_view id) const {
    const std::optional<bool> value = read_flag(text(id));
    if (!value) throw_bug(__FILE__, __LINE__, fmt::format("parameter '{}' = '{}' is no switch", id, text(id)));
    return *value;
}

}  // namespace dg::sim
