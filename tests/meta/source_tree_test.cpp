#include "tests/meta/source_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace dg::meta {
namespace {

SourceFile read(const std::filesystem::path& root, const std::filesystem::path& file) {
    SourceFile out{std::filesystem::relative(file, root).generic_string(), {}};
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line);) out.lines.push_back(std::move(line));
    return out;
}

bool wanted(const std::filesystem::path& file, const std::vector<std::string>& endings) {
    const std::string name = file.filename().string();
    return endings.empty() || std::any_of(endings.begin(), endings.end(), [&](const auto& e) { return name.ends_with(e); });
}

}  // namespace

std::vector<SourceFile> source_files(const std::vector<std::string>& tops, const std::vector<std::string>& endings) {
    namespace fs = std::filesystem;
    const fs::path root = DEEPGLASS_SOURCE_DIR;
    std::vector<SourceFile> out;
    for (const std::string& top : tops) {
        if (fs::is_regular_file(root / top)) out.push_back(read(root, root / top));
        if (!fs::is_directory(root / top)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / top))
            if (entry.is_regular_file() && wanted(entry.path(), endings)) out.push_back(read(root, entry.path()));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    return out;
}

// the other tests of this folder mean nothing if the walk comes back empty
TEST(SourceTree, FindsTheCode) {
    const auto code = source_files(kLayers, {".h", ".cpp"});
    EXPECT_GT(code.size(), 20U);
    const auto has = [&](std::string_view path) {
        return std::any_of(code.begin(), code.end(), [&](const auto& f) { return f.path == path && f.lines.size() > 10; });
    };
    EXPECT_TRUE(has("engine/base/rng.cpp"));
    EXPECT_TRUE(has("viz/scenes/scene.h"));
}

}  // namespace dg::meta
