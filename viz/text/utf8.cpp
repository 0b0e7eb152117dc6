#include "viz/text/utf8.h"

namespace dg::viz {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

/// Bytes of a sequence by its first byte; 0 = cannot start one.
int sequence_length(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return 2;
    if (first >= 0xE0 && first < 0xF0) return 3;
    return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& pos) {
    const auto first = static_cast<unsigned char>(text[pos]);
    const int length = sequence_length(first);
    if (length == 1) {
        ++pos;
        return first;
    }
    if (length == 0 || pos + static_cast<std::size_t>(length) > text.size()) {
        ++pos;
        return kReplacement;
    }
    char32_t code = first & (0xFFU >> (length + 1));
    for (int i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[pos + static_cast<std::size_t>(i)]);
        if ((byte & 0xC0U) != 0x80U) {
            ++pos;
            return kReplacement;
        }
        code = (code << 6U) | (byte & 0x3FU);
    }
    // overlong forms, surrogates and codes beyond Unicode
    const bool bad = (length == 3 && code < 0x800) ||
                     (length == 4 && (code < 0x10000 || code > 0x10FFFF)) ||
                     (code >= 0xD800 && code < 0xE000);
    pos += bad ? 1 : static_cast<std::size_t>(length);
    return bad ? kReplacement : code;
}

std::u32string decode_utf8(std::string_view text) {
    std::u32string codes;
    codes.reserve(text.size());
    for (std::size_t pos = 0; pos < text.size();) codes.push_back(next_code_point(text, pos));
    return codes;
}

void append_utf8(std::string& out, char32_t code) {
    const auto put = [&out](char32_t byte) {
        out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
    };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | (code >> 6U));
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        put(0xE0U | (code >> 12U));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | (code >> 18U));
        put(0x80U | ((code >> 12U) & 0x3FU));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
}

std::string encode_utf8(std::u32string_view codes) {
    std::string out;
    for (const char32_t code : codes) append_utf8(out, code);
    return out;
}

bool is_wide(char32_t c) {
    return (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0) ||
           (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) ||
           (c >= 0xFE30 && c < 0xFE70) || (c >= 0xFF00 && c < 0xFF61) ||
           (c >= 0xFFE0 && c < 0xFFE7) || (c >= 0x1F300 && c < 0x1F680) ||
           (c >= 0x20000 && c < 0x3FFFE);
}

}  // namespace dg::viz
