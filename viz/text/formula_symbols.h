// The commands of formulas that stand for one symbol.
#pragma once

#include <string_view>

namespace dg::viz {

/// How a symbol keeps its distance, as in TeX.
enum class Spacing { kOrdinary, kBinary, kRelation, kOpen, kClose, kPunctuation, kOperator };

struct FormulaSymbol {
    std::string_view name;  // without the backslash
    std::string_view text;  // UTF-8
    Spacing spacing = Spacing::kOrdinary;
};

/// \alpha, \le, \infty ...; nullptr when unknown.
const FormulaSymbol* find_symbol(std::string_view name);
/// \exp, \max ...: set upright with a thin space after them.
bool is_function(std::string_view name);
/// \sum, \prod, \max ...: their limits go above and below.
bool takes_limits(std::string_view name);
/// Large operators: "∑" for "sum"; empty when it is none.
std::string_view large_operator(std::string_view name);
/// Width of \, \; \quad ... in em; negative when it is no space.
float space_width(std::string_view name);
Spacing spacing_of(char32_t code);

}  // namespace dg::viz
