#include "engine/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace dg {
namespace {

Error sample_error() { return Error{"file_read", {{"file", "a.txt"}, {"reason", "gone"}}, "a.txt:3:9"}; }

Result<int> half(int n) {
    if (n % 2 != 0) return Error{"odd", {{"n", std::to_string(n)}}, ""};
    return n / 2;
}

Result<void> must_be_even(int n) {
    DG_TRY(half(n));
    return {};
}

Result<int> quarter(int n) {
    DG_ASSIGN(const int once, half(n));
    DG_ASSIGN(int twice, half(once));
    return twice;
}

Result<std::unique_ptr<int>> boxed(int n) {
    DG_ASSIGN(const int value, half(n));
    return std::make_unique<int>(value);
}

TEST(Result, HoldsAValueOrAnError) {
    EXPECT_TRUE(half(8).has_value());
    EXPECT_EQ(half(8).value(), 4);
    EXPECT_EQ(*half(8), 4);
    const Result<int> bad = half(3);
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error().code, "odd");
    EXPECT_EQ(bad.error().args.at(0).second, "3");
}

TEST(Result, TheWrongQuestionIsABugThatNamesTheError) {
    const Result<int> bad = half(3), good = half(2);
    EXPECT_THROW(static_cast<void>(good.error()), Bug);
    EXPECT_THROW(static_cast<void>(Result<void>().error()), Bug);
    try {
        static_cast<void>(bad.value());
        FAIL() << "value() of an error returned";
    } catch (const Bug& bug) {
        EXPECT_NE(std::string(bug.what()).find("odd (n=3)"), std::string::npos) << bug.what();
    }
}

TEST(Result, MovesWhatCannotBeCopied) {
    auto box = boxed(10);
    ASSERT_TRUE(box);
    const std::unique_ptr<int> taken = *std::move(box);
    EXPECT_EQ(*taken, 5);
}

TEST(Result, MacrosHandErrorsOn) {
    EXPECT_TRUE(must_be_even(2));
    EXPECT_EQ(must_be_even(3).error().code, "odd");
    EXPECT_EQ(quarter(12).value(), 3);
    EXPECT_EQ(quarter(6).error().args.at(0).second, "3");  // the second step failed
    EXPECT_EQ(boxed(1).error().code, "odd");
}

TEST(Result, PlainWordingNamesPlaceCodeAndArguments) {
    EXPECT_EQ(sample_error().plain(), "a.txt:3:9: file_read (file=a.txt, reason=gone)");
    EXPECT_EQ((Error{"odd", {}, ""}.plain()), "odd");
    EXPECT_EQ((Error{"odd", {{"n", "3"}}, ""}.plain()), "odd (n=3)");
    EXPECT_EQ((Error{"odd", {}, "x"}.plain()), "x: odd");
}

TEST(Check, ThrowsABugWithExpressionsValuesAndPlace) {
    const int rows = 3, cols = 4;
    try {
        DG_CHECK_EQ(rows, cols);
        FAIL() << "3 == 4 passed";
    } catch (const Bug& bug) {
        const std::string text = bug.what();
        EXPECT_NE(text.find("rows == 3 but cols == 4"), std::string::npos) << text;
        EXPECT_NE(text.find("result_test.cpp:"), std::string::npos) << text;
    }
    EXPECT_NO_THROW(DG_CHECK_EQ(rows + 1, cols));
    EXPECT_THROW(DG_CHECK(rows > cols), Bug);
}

}  // namespace
}  // namespace dg
