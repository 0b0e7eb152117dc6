#include "lessons/shelf.h"

#include "engine/io/files.h"
#include "lessons/parser.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace dg::lessons {
namespace {

namespace fs = std::filesystem;

class ShelfTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::path(::testing::TempDir()) /
                  (std::string("deepglass-shelf-") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(folder_);
        for (const char* id : {"01-next-token", "02-embedding", "10-moe"}) {
            fs::create_directories(folder_ / id);
            ASSERT_TRUE(write_file(folder_ / id / "lesson.toml", lesson_template()));
        }
        fs::create_directories(folder_ / "notes");
        fs::create_directories(folder_ / "03-empty");
    }

    void TearDown() override { fs::remove_all(folder_); }

    fs::path folder_;
};

TEST_F(ShelfTest, ListsLessonsInOrder) {
    const auto entries = shelf(folder_);
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].id, "01-next-token");
    EXPECT_EQ(entries[2].id, "10-moe");
    EXPECT_TRUE(shelf(folder_ / "nowhere").empty());
}

TEST_F(ShelfTest, FindsByIdNumberAliasAndName) {
    const auto entries = shelf(folder_);
    for (const char* name : {"01-next-token", "1", "01", "L1", "l1", "next-token"}) {
        auto found = find_lesson(entries, name);
        ASSERT_TRUE(found) << name;
        EXPECT_EQ(found->id, "01-next-token") << name;
    }
    EXPECT_EQ(find_lesson(entries, "L10")->id, "10-moe");
    EXPECT_EQ(find_lesson(entries, "10-meo").error().code, "lesson_unknown_lesson_near");
    EXPECT_EQ(find_lesson(entries, "L7").error().code, "lesson_unknown_lesson");
    EXPECT_FALSE(find_lesson(entries, ""));
}

TEST_F(ShelfTest, ANewLessonGetsTheNextNumberAndReads) {
    auto file = new_lesson(folder_, "my-lesson");
    ASSERT_TRUE(file) << file.error().plain();
    EXPECT_EQ(file->parent_path().filename(), "11-my-lesson");
    auto parsed = read_lesson(*file);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->lesson.id, "11-my-lesson");
    EXPECT_FALSE(parsed->problems.failed());
    EXPECT_EQ(new_lesson(folder_, "11-my-lesson").error().code, "lesson_exists");
    for (const char* bad : {"", "Upper", "../out", "a b", "12-", "课"}) {
        EXPECT_EQ(new_lesson(folder_, bad).error().code, "lesson_name") << bad;
    }
}

}  // namespace
}  // namespace dg::lessons
