#include "engine/io/json.h"

#include "engine/io/text.h"

namespace dg {

namespace {

constexpr int kMaxDepth = 64;

/// Offset of the first bracket that nests too deeply, or npos. Brackets inside strings do not
/// count.
std::size_t too_deep(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '[' || c == '{')) {
            if (++depth > kMaxDepth) return i;
        } else if (!quoted && (c == ']' || c == '}')) {
            --depth;
        }
    }
    return std::string_view::npos;
}

Error error_at(std::string_view text, std::size_t offset, const std::string& where,
               const std::string& code) {
    const auto [line, column] = line_and_column(text, offset);
    std::string near(text.substr(std::min(offset, text.size()), 40));
    for (char& c : near) {
        if (static_cast<unsigned char>(c) >= 0x80U) c = '?';
    }
    return {.code = code,
            .args = {{"near", near.empty() ? "–" : clip(near)}},
            .where = fmt::format("{}:{}:{}", where, line, column)};
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, const std::string& where,
                                  const std::string& code) {
    const std::size_t deep = too_deep(text);
    if (deep != std::string_view::npos) return error_at(text, deep, where, code);
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        return error_at(text, error.byte > 0 ? error.byte - 1 : 0, where, code);
    } catch (const nlohmann::json::exception&) {
        return error_at(text, 0, where,
                        code);  // a number beyond double's range: the library does not say where
    }
}

std::string shown(const nlohmann::json& value) {
    return clip(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace dg
