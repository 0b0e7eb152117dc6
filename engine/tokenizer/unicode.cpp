#include "engine/tokenizer/unicode.h"

#include "engine/base/check.h"
#include "engine/tokenizer/tokenizer.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace dg {

bool valid_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const text::Character c = text::first_character(bytes);
        if (!c.valid) return false;
        bytes.remove_prefix(c.size);
    }
    return true;
}

}  // namespace dg

namespace dg::text {
namespace {

struct Range {
    std::uint32_t first, last;
};

// ideographs and radicals: CJK radicals, iteration mark and zero, unified blocks with extensions
// A-H, compatibility
constexpr Range kHan[] = {
    {0x2E80, 0x2FDF}, {0x3005, 0x3005}, {0x3007, 0x3007}, {0x3021, 0x3029},   {0x3038, 0x303B},
    {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x323AF},
};

// letters and marks, block by block, ascending
constexpr Range kLetter[] = {
    {0x41, 0x5A},       {0x61, 0x7A},       {0xAA, 0xAA},     {0xB5, 0xB5},     {0xBA, 0xBA},
    {0xC0, 0xD6},       {0xD8, 0xF6},       {0xF8, 0x37D},    {0x37F, 0x386},   {0x388, 0x60B},
    {0x60D, 0x61A},     {0x61C, 0x61E},     {0x620, 0x669},   {0x66E, 0x6D3},   {0x6D5, 0x963},
    {0x966, 0x167F},    {0x1681, 0x1FFF},   {0x2C00, 0x2DFF}, {0x3041, 0x309F}, {0x30A1, 0x30FA},
    {0x30FC, 0x318F},   {0x31A0, 0x31BF},   {0x31F0, 0x31FF}, {0xA000, 0xD7FF}, {0xFB00, 0xFDFF},
    {0xFE70, 0xFEFE},   {0xFF21, 0xFF3A},   {0xFF41, 0xFF5A}, {0xFF66, 0xFFDC}, {0x10000, 0x1CFFF},
    {0x1D400, 0x1D7FF}, {0x1DF00, 0x1EEFF},
};

constexpr Range kDigit[] = {{0x30, 0x39}, {0xFF10, 0xFF19}};

// Unicode's White_Space without the two line breaks \n and \r
constexpr Range kBlank[] = {
    {0x9, 0x9},       {0xB, 0xC},       {0x20, 0x20},     {0x85, 0x85},
    {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029},
    {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};

bool contains(std::span<const Range> table, std::uint32_t code) {
    const auto after = std::ranges::upper_bound(table, code, {}, &Range::first);
    return after != table.begin() && code <= std::prev(after)->last;
}

CharClass look_up(std::uint32_t code) {
    if (code == '\n' || code == '\r') return CharClass::kNewline;
    if (contains(kHan, code)) return CharClass::kHan;
    if (contains(kLetter, code)) return CharClass::kLetter;
    if (contains(kDigit, code)) return CharClass::kDigit;
    if (contains(kBlank, code)) return CharClass::kBlank;
    return CharClass::kOther;
}

std::array<CharClass, 128> ascii_classes() {
    std::array<CharClass, 128> classes{};
    for (std::uint32_t c = 0; c < 128; ++c) classes[c] = look_up(c);
    return classes;
}

// the inside of a [...] set
std::string regex_set(std::span<const Range> table) {
    std::string set;
    for (const Range& r : table) {
        set += fmt::format("\\x{{{:X}}}", r.first);
        if (r.last != r.first) set += fmt::format("-\\x{{{:X}}}", r.last);
    }
    return set;
}

struct Classified {
    CharClass kind;
    std::size_t size;
};

Classified classify(std::string_view bytes) {
    const Character c = first_character(bytes);
    return {c.valid ? char_class(c.code) : CharClass::kStray, c.size};
}

bool takes_leading_space(CharClass kind) {
    return kind == CharClass::kLetter || kind == CharClass::kOther;
}

std::size_t run_size(std::string_view bytes, CharClass kind) {
    std::size_t size = 0;
    while (size < bytes.size()) {
        const Classified c = classify(bytes.substr(size));
        if (c.kind != kind) break;
        size += c.size;
    }
    return size;
}

}  // namespace

Character first_character(std::string_view bytes) {
    DG_DCHECK(!bytes.empty());
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
    };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t size = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2);
    if (lead < 0xC2 || lead > 0xF4 || bytes.size() < size) return {lead, 1, false};

    std::uint32_t code = lead & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return {lead, 1, false};
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < kSmallest[size] || code > 0x10FFFF || surrogate) return {lead, 1, false};
    return {code, size, true};
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | (code >> 6U)), put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        put(0xE0U | (code >> 12U)), put(0x80U | ((code >> 6U) & 0x3FU)),
            put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | (code >> 18U)), put(0x80U | ((code >> 12U) & 0x3FU));
        put(0x80U | ((code >> 6U) & 0x3FU)), put(0x80U | (code & 0x3FU));
    }
}

CharClass char_class(std::uint32_t code) {
    static const std::array<CharClass, 128> kAscii = ascii_classes();
    if (code < 128) return kAscii[code];
    if (code >= 0x4E00 && code <= 0x9FFF) return CharClass::kHan;
    return look_up(code);
}

std::size_t pre_token_size(std::string_view bytes) {
    const auto [kind, size] = classify(bytes);
    switch (kind) {
        case CharClass::kHan:
        case CharClass::kDigit:
        case CharClass::kStray:
            return size;
        case CharClass::kLetter:
        case CharClass::kOther:
        case CharClass::kNewline:
            return run_size(bytes, kind);
        case CharClass::kBlank:
            break;
    }
    // blanks: a last plain space belongs to the letters or symbols behind it
    const std::size_t blanks = run_size(bytes, CharClass::kBlank);
    if (blanks == bytes.size() || bytes[blanks - 1] != ' ') return blanks;
    const CharClass next = classify(bytes.substr(blanks)).kind;
    if (!takes_leading_space(next)) return blanks;
    return blanks > 1 ? blanks - 1 : 1 + run_size(bytes.substr(1), next);
}

const std::string& split_regex() {
    static const std::string kRegex = [] {
        const std::string han = regex_set(kHan), letter = regex_set(kLetter),
                          digit = regex_set(kDigit);
        const std::string blank = regex_set(kBlank);
        const std::string space = blank + "\\x{A}\\x{D}";
        return fmt::format(
            "[{han}]| ?[{letter}]+|[{digit}]| ?[^{han}{letter}{digit}{space}]+|[\\x{{A}}\\x{{D}}]+|"
            "[{blank}]+(?= [^{han}{digit}{space}])|[{blank}]+",
            fmt::arg("han", han), fmt::arg("letter", letter), fmt::arg("digit", digit),
            fmt::arg("blank", blank), fmt::arg("space", space));
    }();
    return kRegex;
}

}  // namespace dg::text
