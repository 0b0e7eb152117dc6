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

std::vector<Use> find_uses(std::initializer_list<const char*> layers, const std::regex& pattern) {
    std::vector<Use> uses;
    for (const char* layer : layers) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / layer)) {
            const auto extension = entry.path().extension();
            if (extension != ".cpp" && extension != ".h") continue;
            std::ifstream in(entry.path());
            const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
            for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
                uses.push_back({(*it)[1].str(), entry.path().string()});
            }
        }
    }
    return uses;
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

}  // namespace
}  // namespace dg::viz
