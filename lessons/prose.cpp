#include "lessons/prose.h"

#include "viz/scenes/numbers.h"
#include "viz/text/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dg::lessons {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

int count_words(std::string_view en) {
    int words = 0;
    bool inside = false, counted = false;
    int braces = 0;
    for (const char c : en) {
        braces += c == '{' ? 1 : (c == '}' ? -1 : 0);
        if (is_space(c) && braces == 0) {
            inside = false;
            continue;
        }
        if (!inside) counted = false;
        inside = true;
        const auto byte = static_cast<unsigned char>(c);
        const bool letter = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                            (byte >= 'a' && byte <= 'z');
        // a bare dash or an arrow is no word; Greek and Han are (their bytes lie above those of
        // punctuation U+20xx..22xx)
        const bool foreign = byte >= 0xC3 && byte != 0xE2;
        if (!counted && (letter || foreign)) {
            ++words;
            counted = true;
        }
    }
    return words;
}

int count_han(std::string_view zh) {
    int han = 0;
    for (std::size_t i = 0; i < zh.size();) {
        const char32_t c = viz::next_code_point(zh, i);
        if ((c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF)) ++han;
    }
    return han;
}

Result<std::vector<Placeholder>> placeholders(std::string_view text) {
    std::vector<Placeholder> found;
    for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
        constexpr std::string_view kOpen = "{value:";
        const std::size_t close = text.find('}', at);
        if (text.substr(at, kOpen.size()) != kOpen || close == std::string_view::npos) {
            return Error{"lesson_placeholder",
                         {{"found", std::string(text.substr(at, 24))}},
                         std::to_string(at)};
        }
        const std::string_view inside = text.substr(at + kOpen.size(), close - at - kOpen.size());
        const std::size_t bar = inside.rfind('|');
        Placeholder p{at, close + 1, at + kOpen.size(), std::string(inside.substr(0, bar)), {}};
        if (bar != std::string_view::npos) p.format = inside.substr(bar + 1);
        found.push_back(std::move(p));
        at = close + 1;
    }
    return found;
}

Result<std::string> formatted(double value, std::string_view format) {
    const Error bad{"lesson_placeholder_format", {{"found", std::string(format)}}, {}};
    const auto digits_of = [](std::string_view digits) {
        int n = -1;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
        return error == std::errc{} && end == digits.data() + digits.size() && n >= 0 && n <= 15
                   ? n
                   : -1;
    };
    if (format.empty()) format = "g4";
    const bool percent = format.front() == '%';
    const std::string_view rest = percent ? format.substr(1) : format;
    const bool fixed = rest.substr(0, 1) == ".", significant = !percent && rest.substr(0, 1) == "g";
    const int digits = fixed || significant ? digits_of(rest.substr(1)) : 0;
    const bool good =
        digits >= 0 && (fixed || significant || rest == "d" || (percent && rest.empty()));
    if (!good || (percent && rest == "d")) return bad;
    if (!std::isfinite(value)) return std::string(viz::kUnknown);
    if (format == "d") return viz::grouped(std::llround(value));
    if (significant) return viz::number(value, std::max(digits, 1));
    return percent ? viz::percent(value, digits) : viz::fixed(value, digits);
}

std::string filled(std::string_view text, const Environment& environment,
                   const std::vector<std::string>& runs) {
    const auto list = placeholders(text);
    if (!list) return std::string(text);
    std::string out;
    std::size_t done = 0;
    for (const Placeholder& p : *list) {
        out += text.substr(done, p.begin - done);
        done = p.end;
        std::string shown(viz::kUnknown);
        if (auto expression = Expression::parse(p.expression, runs)) {
            if (auto value = expression->evaluate(environment)) {
                if (auto written = formatted(value->value, p.format)) shown = *written;
            }
        }
        out += shown;
    }
    return out + std::string(text.substr(done));
}

}  // namespace dg::lessons
