// Every key and error code that the sources name must be in the catalogue: found by reading the sources.
#include "viz/i18n/i18n.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace dg::viz {
namespace {

struct Use {
    std::string word, place;
};

/// Path and text of every source of some layers.
std::vector<std::pair<std::string, std::string>> read_sources(std::initializer_list<const char*> layers) {
    std::vector<std::pair<std::string, std::string>> sources;
    for (const char* layer : layers) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / layer)) {
            const auto extension = entry.path().extension();
            if (extension != ".cpp" && extension != ".h") continue;
            std::ifstream in(entry.path());
            sources.emplace_back(entry.path().string(), std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>()));
        }
    }
    return sources;
}

std::vector<Use> find_uses(std::initializer_list<const char*> layers, const std::regex& pattern) {
    std::vector<Use> uses;
    for (const auto& [path, text] : read_sources(layers)) {
        for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) uses.push_back({(*it)[1].str(), path});
    }
    return uses;
}

/// From an opening brace to its partner; strings are not looked into, which is enough for our sources.
std::string balanced(const std::string& text, std::size_t begin) {
    int depth = 0;
    for (std::size_t i = begin; i < text.size(); ++i) {
        if (text[i] == '{') ++depth;
        if (text[i] == '}' && --depth == 0) return text.substr(begin, i + 1 - begin);
    }
    return text.substr(begin);
}

TEST(I18nUsage, EveryKeyInTheCodeHasWords) {
    // tr(lang, "key") and has_key("key"); a literal followed by + or inside format() is only the beginning of a key
    const std::regex tr_literal(R"re(\btr\(\s*[^,"()]+(?:\([^()]*\))?\s*,\s*"([^"{}]+)"\s*[,)])re");
    const std::vector<Use> uses = find_uses({"viz", "lessons", "app"}, tr_literal);
    EXPECT_GT(uses.size(), 3U) << "the search finds nothing: has tr() changed?";
    for (const Use& use : uses) EXPECT_TRUE(has_key(use.word)) << use.place << " uses " << use.word;
}

TEST(I18nUsage, EveryErrorCodeHasWords) {
    const std::regex code_literal(R"re(\bError\s*\{\s*(?:\.code\s*=\s*)?"([a-z0-9_]+)")re");
    std::vector<Use> uses = find_uses({"engine", "sim", "viz", "lessons", "app"}, code_literal);
    // parsers pass their codes to a member that adds the place: fail("config_range", ...), problem("claim_too_deep")
    const std::regex helper_literal(R"re(\b(?:fail|problem)\(\s*"([a-z0-9]+_[a-z0-9_]+)")re");
    const std::vector<Use> helped = find_uses({"engine", "sim", "viz", "lessons", "app"}, helper_literal);
    uses.insert(uses.end(), helped.begin(), helped.end());
    EXPECT_GT(uses.size(), 3U) << "the search finds nothing: has Error changed?";
    std::set<std::string> missing;
    for (const Use& use : uses) {
        if (!has_key("error." + use.word)) missing.insert(use.word + "  (" + use.place + ")");
    }
    for (const std::string& code : missing) ADD_FAILURE() << "no wording for error." << code;
}

TEST(I18nUsage, WordingsAskOnlyForArgumentsThatErrorsBring) {
    const std::regex error(R"re(\bError\s*\{\s*"([a-z0-9_]+)"\s*,\s*\{)re"), argument(R"re(\{\s*"([a-z0-9_]+)"\s*,)re");
    int checked = 0;
    for (const auto& [path, text] : read_sources({"engine", "sim", "viz", "lessons", "app"})) {
        for (std::sregex_iterator it(text.begin(), text.end(), error), end; it != end; ++it) {
            const std::string code = (*it)[1].str();
            const std::string body = balanced(text, text.find('{', static_cast<std::size_t>(it->position())));
            std::set<std::string> given;
            for (std::sregex_iterator a(body.begin() + 1, body.end(), argument), none; a != none; ++a) given.insert((*a)[1].str());
            for (const std::string& wanted : placeholders(tr(Lang::kEn, "error." + code))) {
                EXPECT_TRUE(given.contains(wanted)) << path << ": " << code << " is worded with {" << wanted << "}, which is not given";
            }
            ++checked;
        }
    }
    EXPECT_GT(checked, 20);
}

}  // namespace
}  // namespace dg::viz
