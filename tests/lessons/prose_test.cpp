#include "lessons/prose.h"
#include "lessons/problem.h"

#include <gtest/gtest.h>

#include <cmath>

namespace dg::lessons {
namespace {

TEST(Prose, CountsWordsAndHan) {
    EXPECT_EQ(count_words(""), 0);
    EXPECT_EQ(count_words("One model, one step -- don't guess."), 6);
    EXPECT_EQ(count_words("→ ln V = 6.93"), 3);
    EXPECT_EQ(count_words("It gave {value:p['a b'] | .3} here"), 4);
    EXPECT_EQ(count_han("湖南大学 is 29 字节，标点不算。"), 10);
    EXPECT_EQ(count_han("P(学) > P(车)"), 2);
}

TEST(Prose, PlaceholdersAreFilled) {
    Environment e;
    e[""] = {{"p", "学", 0.81357}, {"n", "", 926679040}};
    e["random"] = {{"entropy", "", 6.9213}};
    const std::string text =
        "{value:p['学']|%.1}, {value:random.entropy|.3}, {value:n|d}, {value:-p['学']|g2}, "
        "{value:missing}";
    EXPECT_EQ(filled(text, e, {"random"}), "81.4%, 6.921, 926,679,040, −0.81, –");
    EXPECT_EQ(filled("no value", e, {}), "no value");
}

TEST(Prose, BadPlaceholdersAndFormats) {
    EXPECT_EQ(placeholders("a {val:x}").error().code, "lesson_placeholder");
    EXPECT_EQ(placeholders("a {value:x").error().where, "2");
    for (const char* bad : {"x", ".", ".x", "%d", "%g3", ".99", "g"})
        EXPECT_FALSE(formatted(1, bad)) << bad;
    EXPECT_EQ(*formatted(0.5, "%"), "50%");
    EXPECT_EQ(*formatted(-1234567, "d"), "−1,234,567");
    EXPECT_EQ(*formatted(std::nan(""), ".2"), "–");
}

TEST(Problem, ColumnsInsideStrings) {
    const Place quote{"f", 7, 8};
    // that = "p[\"学\"] > q": byte 9 of the value is after 学 (3 bytes), two escapes and ]
    EXPECT_EQ(place_in_string(quote, R"(p[\"学\"] > q)", 0).column, 9);
    EXPECT_EQ(place_in_string(quote, R"(p[\"学\"] > q)", 11).column, 20);
    EXPECT_EQ(place_in_string(quote, "abc", 2).column, 11);
}

}  // namespace
}  // namespace dg::lessons
