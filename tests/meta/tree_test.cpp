// The tree stands on its own: no path of the machine it was written on, no neighbour folder, nothing half-done.
#include "tests/meta/source_tree.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

namespace dg::meta {
namespace {

const std::vector<std::string> kEverything = {
    "engine", "sim",   "viz",   "lessons", "app", "tests", "bench",     "cmake",        "tools", "docs",
    "assets/i18n",     "assets/recipes",   ".ci", "run",   "test",      "README.md",    "CHANGELOG.md",
    "CMakeLists.txt",  "CMakePresets.json"};
const std::vector<std::string> kText = {".h", ".cpp", ".txt", ".cmake", ".md", ".toml", ".json", ".sh", "run", "test", ".csv"};

void expect_absent(const std::regex& pattern, const char* why) {
    for (const SourceFile& file : source_files(kEverything, kText))
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            EXPECT_FALSE(std::regex_search(file.lines[i], pattern)) << file.path << ":" << i + 1 << ": " << why << ": "
                                                                    << file.lines[i].substr(0, 160);
}

TEST(Tree, NamesNoPlaceOutsideItself) {
    // written in pieces: this file is read by the test, too
    expect_absent(std::regex("/wo" "rk/"), "a path of one machine");
    expect_absent(std::regex(R"(\.\./sha)" "red"), "a folder that only its authors have");
    expect_absent(std::regex("/ro" "ot/"), "somebody's home");
}

TEST(Tree, HasWhatAVisitorLooksFor) {
    namespace fs = std::filesystem;
    const fs::path root = DEEPGLASS_SOURCE_DIR;
    for (const char* name : {"README.md", "CHANGELOG.md", "docs/architecture.md", "docs/names.md", "CMakePresets.json", "lessons/FORMAT.md"})
        EXPECT_TRUE(fs::is_regular_file(root / name)) << name;
    for (const char* name : {"run", "test", ".ci/run"}) {
        ASSERT_TRUE(fs::is_regular_file(root / name)) << name;
        EXPECT_NE(fs::status(root / name).permissions() & fs::perms::owner_exec, fs::perms::none) << name << " is not executable";
    }
}

TEST(Tree, EveryLayerHasTests) {
    for (const std::string& layer : kLayers) EXPECT_FALSE(source_files({"tests/" + layer}, {"_test.cpp"}).empty()) << layer;
}

// every path that the guides name exists: a renamed file must take its mention along
TEST(Tree, GuidesNameFilesThatExist) {
    namespace fs = std::filesystem;
    const std::regex path(R"(`((engine|sim|viz|lessons|app|tests|tools|docs|assets|cmake|bench)/[A-Za-z0-9_./-]+)`)");
    int seen = 0;
    for (const SourceFile& file : source_files({"README.md", "docs"}, {".md"})) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string& line = file.lines[i];
            for (std::sregex_iterator it(line.begin(), line.end(), path), end; it != end; ++it, ++seen)
                EXPECT_TRUE(fs::exists(fs::path(DEEPGLASS_SOURCE_DIR) / (*it)[1].str()))
                    << file.path << ":" << i + 1 << ": no such file: " << (*it)[1];
        }
    }
    EXPECT_GT(seen, 5);
}

TEST(Tree, LeavesNothingHalfDone) {
    const std::regex marker("\\b(TO" "DO|FIX" "ME|XX" "X)\\b");
    for (const SourceFile& file : source_files(kLayers, {".h", ".cpp", ".toml"}))
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            EXPECT_FALSE(std::regex_search(file.lines[i], marker)) << file.path << ":" << i + 1 << ": " << file.lines[i];
}

}  // namespace
}  // namespace dg::meta
