// Sizes: a file stops at 800 lines (400 is the aim), a function aims at 60. The test fails on the hard stop and prints
// what lies beyond the aims.
#include "tests/meta/source_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <regex>

namespace dg::meta {
namespace {

constexpr std::size_t kFileAim = 400, kFileStop = 800, kFunctionAim = 60;

struct Function {
    std::string head;
    std::size_t line, length;
};

/// End of what starts at `at` and is no code: a comment, string, character or number; `at` itself for code.
std::size_t end_of_quiet(const std::string& text, std::size_t at) {
    const auto after = [&](std::string_view closing, std::size_t from) {
        const std::size_t found = text.find(closing, from);
        return found == std::string::npos ? text.size() : found + closing.size();
    };
    if (text.compare(at, 2, "//") == 0) return std::min(text.find('\n', at), text.size());
    if (text.compare(at, 2, "/*") == 0) return after("*/", at + 2);
    if (text.compare(at, 2, "R\"") == 0) {
        const std::size_t open = text.find('(', at);
        return open == std::string::npos ? text.size() : after(")" + text.substr(at + 2, open - at - 2) + "\"", open);
    }
    if (text[at] == '"' || text[at] == '\'') {
        std::size_t i = at + 1;
        while (i < text.size() && text[i] != text[at]) i += text[i] == '\\' ? 2 : 1;
        return std::min(i + 1, text.size());
    }
    std::size_t i = at;  // a word or number with its digit separators: 1'000
    while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_' || (i > at && text[i] == '\'')))
        ++i;
    return std::isdigit(static_cast<unsigned char>(text[at])) != 0 ? i : at;
}

/// The text with comments, strings, characters and numbers blanked; line breaks stay.
std::string code_only(const SourceFile& file) {
    std::string text;
    for (const std::string& line : file.lines) text += line + "\n";
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool in_word = at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '_');
        if (in_word && text[at] != '"' && text[at] != '/' && text[at] != '\'') continue;
        const std::size_t end = end_of_quiet(text, at);
        std::replace_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end),
                        [](char c) { return c != '\n'; }, ' ');
    }
    return text;
}

/// Bodies of functions: braces after a head with parentheses, in a namespace or a class.
std::vector<Function> functions(const SourceFile& file) {
    static const std::regex scope(R"(\b(namespace|class|struct|union|enum|extern)\b)"), space(R"(\s+)");
    const std::string code = code_only(file);
    std::vector<Function> out;
    std::vector<char> open;  // 's'cope, 'f'unction, 'o'ther
    std::string head;
    std::size_t line = 1, head_line = 1;
    for (const char c : code) {
        if (c == '\n') ++line;
        if (c == '{') {
            const bool outside = std::find_if(open.begin(), open.end(), [](char k) { return k != 's'; }) == open.end();
            const bool call = head.find('(') != std::string::npos && head.find('=') == std::string::npos;
            open.push_back(outside && call ? 'f' : std::regex_search(head, scope) ? 's' : 'o');
            if (open.back() == 'f') out.push_back({std::regex_replace(head, space, " "), head_line, 0});
        } else if (c == '}' && !open.empty()) {
            if (open.back() == 'f') out.back().length = line - out.back().line + 1;
            open.pop_back();
        }
        if (c == '{' || c == '}' || c == ';' || (c == ':' && (head == "public" || head == "private" || head == "protected"))) {
            head.clear();
        } else if (!head.empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
            if (head.empty()) head_line = line;
            head += c;
        }
    }
    return out;
}

TEST(Sizes, NoFileBeyondTheHardStop) {
    std::size_t files = 0, lines = 0, measured = 0;
    for (const SourceFile& file : source_files({"engine", "sim", "viz", "lessons", "app", "tests", "bench"}, {".h", ".cpp"})) {
        ++files, lines += file.lines.size();
        EXPECT_LE(file.lines.size(), kFileStop) << file.path << ": split it";
        if (file.lines.size() > kFileAim) std::cout << "long file      " << file.lines.size() << "  " << file.path << "\n";
        for (const Function& f : functions(file)) {
            ++measured;
            if (f.length > kFunctionAim)
                std::cout << "long function  " << f.length << "  " << file.path << ":" << f.line << "  " << f.head.substr(0, 80) << "\n";
        }
    }
    std::cout << files << " files, " << lines << " lines, " << measured << " functions\n";
    EXPECT_GT(files, 30U);
    EXPECT_GT(measured, files);
}

TEST(Sizes, FunctionsAreMeasured) {
    const SourceFile sample{"x.cpp",
                            {"namespace a {", "/// two {", "int f(int x,", "      int y) const {", "    if (x) {", "        s = \"}\" + '{';",
                             "    }", "    return 1'000;", "}", "struct S {", "  public:", "    S() : a_{1} {}", "    int g() {",
                             "        return 1;", "    }", "};", "}"}};
    const auto found = functions(sample);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].head, "int f(int x, int y) const ");
    EXPECT_EQ(found[0].line, 3U);
    EXPECT_EQ(found[0].length, 7U);
    EXPECT_EQ(found[2].line, 13U);
    EXPECT_EQ(found[2].length, 3U);
}

}  // namespace
}  // namespace dg::meta
