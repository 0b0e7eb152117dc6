// Sizes: a file stops at 800 lines (400 is the aim), a function aims at 60. The test fails on the hard stop and prints
// what lies beyond the aims.
#include "tests/meta/source_tree.h"

#include <gtest/gtest.h>

#include <iostream>
#include <regex>

namespace dg::meta {
namespace {

constexpr std::size_t kFileAim = 400, kFileStop = 800, kFunctionAim = 60;

struct Function {
    std::string head;
    std::size_t line, length;
};

/// Functions at namespace level: from a line at column 0 that ends with "{" after a ")" to the next "}" at column 0.
std::vector<Function> functions(const SourceFile& file) {
    static const std::regex opens(R"(^[A-Za-z_].*\).*\{\s*$|^    .*\)( const)?( override)? \{\s*$)");
    static const std::regex other(R"(^\s*(namespace|struct|class|enum|union|extern "C"|if|for|while|switch|do|else)\b)");
    std::vector<Function> out;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        if (!std::regex_search(line, opens) || std::regex_search(line, other)) continue;
        const std::size_t indent = line.find_first_not_of(' ');
        const std::string end = std::string(indent, ' ') + "}";
        std::size_t j = i + 1;
        while (j < file.lines.size() && file.lines[j].compare(0, end.size(), end) != 0) ++j;
        out.push_back({line.substr(indent), i + 1, j - i + 1});
        if (indent == 0) i = j;
    }
    return out;
}

TEST(Sizes, NoFileBeyondTheHardStop) {
    std::size_t files = 0, lines = 0;
    for (const SourceFile& file : source_files({"engine", "sim", "viz", "lessons", "app", "tests", "bench"}, {".h", ".cpp"})) {
        ++files, lines += file.lines.size();
        EXPECT_LE(file.lines.size(), kFileStop) << file.path << ": split it";
        if (file.lines.size() > kFileAim) std::cout << "long file      " << file.lines.size() << "  " << file.path << "\n";
        for (const Function& f : functions(file))
            if (f.length > kFunctionAim)
                std::cout << "long function  " << f.length << "  " << file.path << ":" << f.line << "  " << f.head << "\n";
    }
    std::cout << files << " files, " << lines << " lines\n";
    EXPECT_GT(files, 30U);
}

TEST(Sizes, FunctionsAreMeasured) {
    const SourceFile sample{"x.cpp",
                            {"namespace a {", "int f(int x) {", "    if (x) {", "    }", "    return x;", "}", "struct S {",
                             "    int g() const {", "        return 1;", "    }", "};", "}"}};
    const auto found = functions(sample);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].line, 2U);
    EXPECT_EQ(found[0].length, 5U);
    EXPECT_EQ(found[1].length, 3U);
}

}  // namespace
}  // namespace dg::meta
