#include "engine/io/text.h"

#include <algorithm>

namespace dg {

std::string clip(std::string_view text, std::size_t bytes) {
    std::size_t length = std::min(text.size(), bytes);

    // step back over continuation bytes, so that the last character stays whole
    if (length < text.size()) {
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) --length;
    }
    std::string clipped(text.substr(0, length));
    for (char& c : clipped) {
        if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) c = ' ';
    }
    return length < text.size() ? clipped + "…" : clipped;
}

std::pair<std::size_t, std::size_t> line_and_column(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    const std::size_t start = before.rfind('\n');
    return {line, start == std::string_view::npos ? before.size() + 1 : before.size() - start};
}

}  // namespace dg
