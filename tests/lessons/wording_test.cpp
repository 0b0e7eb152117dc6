// Every error and warning that the lesson machinery can name has words in both languages.
#include "engine/io/files.h"
#include "viz/i18n/i18n.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

namespace dg::lessons {
namespace {

TEST(Wording, EveryCodeIsInTheCatalogue) {
    const std::regex code(R"re("((?:lesson|lessons|claim|progress)_[a-z_]+)")re");
    std::set<std::string> codes;
    for (const auto& entry : std::filesystem::directory_iterator(
             std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "lessons")) {
        if (entry.path().extension() != ".cpp") continue;
        const std::string text = read_file(entry.path()).value();
        for (std::sregex_iterator it(text.begin(), text.end(), code), end; it != end; ++it)
            codes.insert((*it)[1]);
    }
    EXPECT_GT(codes.size(), 50U);
    for (const std::string& c : codes) EXPECT_TRUE(viz::has_key("error." + c)) << c;
}

TEST(Wording, EveryWordingIsUsed) {
    std::string sources;
    for (const char* layer : {"lessons", "app"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(
                 std::filesystem::path(DEEPGLASS_SOURCE_DIR) / layer)) {
            if (entry.path().extension() == ".cpp") sources += read_file(entry.path()).value();
        }
    }
    int seen = 0;
    for (const viz::CatalogueEntry& entry : viz::catalogue()) {
        const bool ours =
            entry.key.starts_with("error.lesson_") || entry.key.starts_with("error.claim_");
        if (!ours) continue;
        ++seen;
        std::string name = entry.key.substr(6);
        if (name.ends_with("_near")) name.resize(name.size() - 5);
        EXPECT_NE(sources.find("\"" + name), std::string::npos) << entry.key << " is never said";
    }
    EXPECT_GT(seen, 50);
}

}  // namespace
}  // namespace dg::lessons
