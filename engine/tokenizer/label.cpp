// How tokens and bytes are shown to people. Nothing here ever yields U+FFFD.
#include "engine/tokenizer/tokenizer.h"
#include "engine/tokenizer/unicode.h"

namespace dg {
namespace {

// characters that would not be seen, or would disturb what is around them: shown by number
bool invisible(std::uint32_t code) {
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    const bool blank = code != ' ' && text::char_class(code) == text::CharClass::kBlank;
    const bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    const bool zero_width =
        (code >= 0x200B && code <= 0x200F) || code == 0x2060 || code == 0xFEFF || code == 0xAD;
    return control || blank || direction || zero_width || code == 0xFFFD;
}

std::string named(std::uint32_t code) {
    switch (code) {
        case ' ':
            return "␣";
        case '\n':
            return "⏎";
        case '\r':
            return "␍";
        case '\t':
            return "⇥";
        default:
            return fmt::format("U+{:04X}", code);
    }
}

}  // namespace

std::string Tokenizer::label(std::int32_t id) const {
    const std::string& all = bytes(id);
    if (is_special(id)) return printable(all);
    std::string out;
    bool stray_before = false;
    for (std::string_view rest = all; !rest.empty();) {
        const text::Character c = text::first_character(rest);
        const bool first = rest.size() == all.size();
        // a gap between hex numbers, and between them and text
        if (!first && (stray_before || !c.valid)) out += ' ';
        stray_before = !c.valid;
        if (!c.valid) {
            out += fmt::format("{:02X}", c.code);
        } else if (c.code == ' ' || c.code == '\n' || invisible(c.code)) {
            out += named(c.code);
        } else {
            out += rest.substr(0, c.size);
        }
        rest.remove_prefix(c.size);
    }
    return out;
}

std::string printable(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
        const text::Character c = text::first_character(bytes);
        const bool control =
            c.valid && (c.code < 0x20 || c.code == 0x7F || (c.code >= 0x80 && c.code < 0xA0));
        if (!c.valid || (control && c.code != '\n' && c.code != '\t')) {
            out += fmt::format("‹{:02X}›", c.code);
        } else if (c.code == 0xFFFD) {
            out += "‹U+FFFD›";
        } else {
            out += bytes.substr(0, c.size);
        }
        bytes.remove_prefix(c.size);
    }
    return out;
}

}  // namespace dg
