#include "viz/text/line_break.h"

#include "viz/text/utf8.h"

namespace dg::viz {

namespace {

// GB/T 15834 and common practice: these never begin, those never end a line
constexpr std::u32string_view kNeverFirst =
    U"，。、；：？！）】》〉」』〕”’…—～·％‰℃ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.;:?!)]}%°";
constexpr std::u32string_view kNeverLast = U"（【《〈「『〔“‘([{￥$＃#";

bool in(std::u32string_view set, char32_t c) {
    return set.find(c) != std::u32string_view::npos;
}

bool is_word(char32_t c) {
    return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') ||
           (c >= 0xC0 && c < 0x250);
}

/// Chinese text: the wide characters, and the punctuation it shares with Latin.
bool is_han_text(char32_t c) {
    return is_wide(c) || c == 0x201C || c == 0x201D || c == 0x2018 || c == 0x2019 || c == 0x2026 ||
           c == 0x2014;
}

}  // namespace

bool is_breaking_blank(char32_t c) {
    return c == U' ' || c == U'\t' || c == 0x3000 || (c >= 0x2000 && c <= 0x200B && c != 0x2007);
}

bool may_break(char32_t before, char32_t after) {
    if (is_breaking_blank(after)) return false;  // blanks stay with the word before them
    if (is_breaking_blank(before)) return true;
    if (in(kNeverFirst, after) || in(kNeverLast, before)) return false;
    if (is_wide(before) || is_wide(after))
        return is_han_text(before) || is_han_text(after) || is_word(before) || is_word(after);
    // a hyphen or slash inside a word; before a digit it may be a minus
    return (before == U'-' || before == U'/' || before == 0x2013) && is_word(after) &&
           !(after >= U'0' && after <= U'9');
}

}  // namespace dg::viz
