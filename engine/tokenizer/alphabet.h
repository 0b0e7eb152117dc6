// GPT-2's byte-to-unicode alphabet: in tokenizer.json each byte of a token is one printable
// character.
#pragma once

#include <string>
#include <string_view>

namespace dg::text {

/// The spelling of some bytes: " the" -> "Ġthe".
std::string spell(std::string_view bytes);
/// The bytes that a spelling stands for; false when a character is outside the alphabet.
bool unspell(std::string_view spelling, std::string& bytes);

}  // namespace dg::text
