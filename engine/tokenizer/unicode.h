// UTF-8 and the five character classes that decide where a pre-token ends. One table serves the
// code and the regular expression in tokenizer.json, so both cut alike whatever Unicode version a
// reader has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dg::text {

/// One character at the front of some bytes. `size` is 1 and `valid` false for a byte that starts
/// no whole character.
struct Character {
    std::uint32_t code = 0;
    std::size_t size = 1;
    bool valid = false;
};

/// Decodes the first character of `bytes` (not empty). Strict UTF-8: no overlong forms, no
/// surrogates, <= U+10FFFF.
Character first_character(std::string_view bytes);

/// Appends `code` as UTF-8.
void append_utf8(std::string& out, std::uint32_t code);

/// Classes by block, so the table stays short: a script's own digits and punctuation inside its
/// block (Arabic, Devanagari
/// ...) count as letters; only ASCII and full-width digits are digits; every character in no table
/// is kOther (punctuation, symbols, emoji, controls, joiners). A byte that is no character is
/// kStray.
enum class CharClass : std::uint8_t { kHan, kLetter, kDigit, kNewline, kBlank, kOther, kStray };

CharClass char_class(std::uint32_t code);

/// Length in bytes of the pre-token at the front of `bytes` (not empty):
///   one Han character | letters with one leading space | one digit | other characters with one
///   leading space | line breaks | white space up to such a leading space | one stray byte
std::size_t pre_token_size(std::string_view bytes);

/// The same rule as a regular expression (Oniguruma or Rust syntax), every match a pre-token.
const std::string& split_regex();

}  // namespace dg::text
