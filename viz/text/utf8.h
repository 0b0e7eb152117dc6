// UTF-8 in and out of code points.
#pragma once

#include <string>
#include <string_view>

namespace dg::viz {

/// The code point at `pos`, which moves past it. Malformed bytes give U+FFFD, one per byte; pos <
/// text.size().
char32_t next_code_point(std::string_view text, std::size_t& pos);
/// All code points of a text.
std::u32string decode_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t code);
std::string encode_utf8(std::u32string_view codes);
/// Characters that fill a square: Han, kana, hangul, full-width forms and CJK punctuation.
bool is_wide(char32_t code);

}  // namespace dg::viz
