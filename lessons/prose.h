// Prose of lessons: its length, and the measured numbers inside it.
#pragma once

#include "lessons/expr.h"

#include <string>
#include <string_view>
#include <vector>

namespace dg::lessons {

constexpr int kMaxWords = 40;  // of English prose in a step
constexpr int kMaxHan = 80;    // Han characters of Chinese prose in a step

/// Words: runs of letters, digits and the marks inside a word, that hold a letter or digit. A
/// placeholder is one word.
int count_words(std::string_view en);
/// Han characters, CJK Unified Ideographs with extension A.
int count_han(std::string_view zh);

/// One `{value:EXPRESSION}` or `{value:EXPRESSION|FORMAT}` of a text.
struct Placeholder {
    std::size_t begin = 0, end = 0;  // bytes, with the braces
    std::size_t expression_at = 0;   // byte where the expression starts
    std::string expression, format;
};

/// The placeholders of a text in order. Error code: lesson_placeholder (found); `where` is the byte
/// offset.
Result<std::vector<Placeholder>> placeholders(std::string_view text);

/// A number in a placeholder's format: "" four significant digits; ".3" that many decimals; "g6"
/// significant digits;
/// "%.1" percent with decimals; "d" whole number with thousands separators. Error code:
/// lesson_placeholder_format (found).
Result<std::string> formatted(double value, std::string_view format);

/// The text with every placeholder computed from `environment`; one that cannot be computed reads
/// "–".
std::string filled(std::string_view text, const Environment& environment,
                   const std::vector<std::string>& runs);

}  // namespace dg::lessons
