// Typed, documented, ranged parameters: of experiments (sim) and of scenes (viz). From one list of ParamSpec follow
// `--set name=value`, --list, the window's controls, a lesson's `set` and the recipe stored in exported files.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim {

enum class ParamType { kInt, kReal, kText, kChoice, kBool };

/// One parameter. Label and help are catalogue keys "param.<owner>.<id>.label" / ".help" (of an experiment: ".help" only),
/// shared ones "param.<id>.label".
struct ParamSpec {
    std::string id;
    ParamType type = ParamType::kInt;
    std::string default_value = {};    // written as --set takes it
    double min = 0, max = 0;           // kInt, kReal
    std::vector<std::string> choices = {};  // kChoice: catalogue keys "param.<owner>.<id>.<choice>"
    bool drawn_only = false;  // scenes: `draw` reads it, `compute` does not: a change draws again and computes nothing
    bool fine = false;        // kReal from 0: its slider is finer near 0 (the cube of its place)
    std::string when = {};             // where it acts: "mode=clip;mode=train|wait run=live" (; or, | or, blank and); empty: everywhere
};

/// Values of a list of parameters: complete, typed and in range once made by parse_params.
class Params {
  public:
    [[nodiscard]] std::int64_t integer(std::string_view id) const;
    [[nodiscard]] double real(std::string_view id) const;
    [[nodiscard]] const std::string& text(std::string_view id) const;  // kText, kChoice
    [[nodiscard]] bool flag(std::string_view id) const;

    /// id -> value as --set takes it: what a recipe stores.
    [[nodiscard]] const std::map<std::string, std::string>& written() const { return written_; }

    friend Result<Params> parse_params(std::span<const ParamSpec> specs, const std::map<std::string, std::string>& set);
    friend bool operator==(const Params& a, const Params& b) { return a.written_ == b.written_; }

  private:
    std::map<std::string, std::string> written_;
};

/// Defaults overlaid with `set`, each value in its shortest spelling ("+07" -> "7", "on" -> "true"). min > max means no
/// range. Error codes: unknown_param (with a suggestion), param_type, param_range, param_choice, param_utf8.
Result<Params> parse_params(std::span<const ParamSpec> specs, const std::map<std::string, std::string>& set);

/// The same parameter, acting there only.
ParamSpec only(std::string when, ParamSpec spec);
/// Whether a parameter has an effect beside these values of the others.
bool acts(const ParamSpec& spec, const Params& params);

/// "name=value" words of the command line; the value may contain "=". Error code: param_assignment.
Result<std::map<std::string, std::string>> parse_assignments(std::span<const std::string> words);

}  // namespace dg::sim
