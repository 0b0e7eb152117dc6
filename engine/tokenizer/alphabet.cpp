#include "engine/tokenizer/alphabet.h"

#include "engine/tokenizer/unicode.h"

#include <array>
#include <cstdint>

namespace dg::text {
namespace {

std::array<std::uint32_t, 256> byte_alphabet() {
    std::array<std::uint32_t, 256> code{};
    std::uint32_t next = 256;
    for (std::uint32_t b = 0; b < 256; ++b) {
        const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        code[b] = itself ? b : next++;
    }
    return code;
}

}  // namespace

std::string spell(std::string_view bytes) {
    static const auto kAlphabet = byte_alphabet();
    std::string out;
    for (const char c : bytes) append_utf8(out, kAlphabet[static_cast<unsigned char>(c)]);
    return out;
}

bool unspell(std::string_view spelling, std::string& bytes) {
    static const auto kBytes = [] {
        std::array<int, 324> byte_of;
        byte_of.fill(-1);
        const auto alphabet = byte_alphabet();
        for (std::size_t b = 0; b < 256; ++b) byte_of[alphabet[b]] = static_cast<int>(b);
        return byte_of;
    }();
    bytes.clear();
    while (!spelling.empty()) {
        const Character c = first_character(spelling);
        if (!c.valid || c.code >= kBytes.size() || kBytes[c.code] < 0) return false;
        bytes += static_cast<char>(kBytes[c.code]);
        spelling.remove_prefix(c.size);
    }
    return true;
}

}  // namespace dg::text
