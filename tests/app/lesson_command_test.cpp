// deepglass lesson: what it prints and how it exits.
#include "engine/io/files.h"
#include "lessons/shelf.h"
#include "tests/app/command_testing.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace dg::app {
namespace {

namespace fs = std::filesystem;

Outcome ask(std::vector<std::string> words) {
    words.insert(words.begin(), "lesson");
    return call(words);
}

class LessonCommand : public ::testing::Test {
  protected:
    void SetUp() override {
        folder_ = temporary("folder");
        fs::create_directories(folder_);
    }

    void TearDown() override { fs::remove_all(folder_); }

    fs::path folder_;
};

TEST_F(LessonCommand, ListsTheShippedLessonsIdFirst) {
    const Outcome answer = ask({"list"});
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_EQ(answer.out.substr(0, 15), "01-next-token  ") << answer.out;
}

TEST_F(LessonCommand, ANewLessonIsFoundListedAndNeverOverwritten) {
    const Outcome made = ask({"new", "my-lesson", "--folder", folder_.string()});
    EXPECT_EQ(made.status, 0) << made.err;
    EXPECT_TRUE(fs::exists(folder_ / "01-my-lesson" / "lesson.toml"));
    EXPECT_NE(made.out.find("01-my-lesson/lesson.toml"), std::string::npos) << made.out;
    EXPECT_EQ(ask({"list", "--folder", folder_.string()}).out,
              "01-my-lesson  A new lesson  20 min\n");
    EXPECT_EQ(ask({"new", "01-my-lesson", "--folder", folder_.string()}).status, 1);
}

TEST_F(LessonCommand, MistakesAreReportedWithTheirPlace) {
    std::string text = lessons::lesson_template();
    const std::size_t at = text.find("scene = \"next-token\"");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 20, "scene = \"next-tokne\"");
    const fs::path file = folder_ / "01-spoilt" / "lesson.toml";
    fs::create_directories(file.parent_path());
    ASSERT_TRUE(write_file(file, text));
    const Outcome answer = ask({"check", file.string()});
    EXPECT_EQ(answer.status, 1);
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    EXPECT_NE(answer.out.find(fmt::format("{}:{}:9", file.string(), line)), std::string::npos)
        << answer.out;
    EXPECT_NE(answer.out.find("next-tokne"), std::string::npos);
    EXPECT_FALSE(answer.err.empty()) << "the summary goes to standard error";

    const auto json = nlohmann::json::parse(ask({"check", "--json", file.string()}).out);
    EXPECT_EQ(json["ok"], false);
    EXPECT_GT(json["lessons"][0]["problems"].size(), 0U);
}

TEST_F(LessonCommand, ExportWritesTheHandoutAndEveryStepsFigureInTheThemeAskedFor) {
    ASSERT_EQ(ask({"new", "short", "--folder", folder_.string()}).status, 0);
    const fs::path out = folder_ / "out";
    const std::vector<std::string> command = {"export", "01-short", "--folder", folder_.string(), "-o", out.string()};
    const auto with = [&](std::vector<std::string> more) {
        std::vector<std::string> words = command;
        words.insert(words.end(), more.begin(), more.end());
        return ask(words);
    };
    EXPECT_EQ(with({"--theme", "puce"}).status, 2);
    EXPECT_EQ(with({"--size", "20"}).status, 2);
    EXPECT_FALSE(fs::exists(out)) << "nothing is written after a wrong option";
    const Outcome answer = with({"--theme", "projector", "--size", "640x360"});
    ASSERT_EQ(answer.status, 0) << answer.err;
    EXPECT_NE(answer.out.find(out.string()), std::string::npos) << answer.out;
    EXPECT_TRUE(fs::exists(out / "handout.pdf"));
    EXPECT_TRUE(fs::exists(out / "handout-key.pdf"));
    const auto text = read_file(out / "step-1.json");
    ASSERT_TRUE(text);
    const auto recipe = nlohmann::json::parse(*text)["recipe"];
    EXPECT_EQ(recipe["theme"], "projector");
    EXPECT_EQ(recipe["width"], 640);
}

TEST_F(LessonCommand, WrongUsageAndMissingFiles) {
    EXPECT_EQ(ask({}).status, 2);
    EXPECT_EQ(ask({"chekc"}).status, 2);
    EXPECT_EQ(ask({"new"}).status, 2);
    EXPECT_EQ(ask({"export", "1"}).status, 2) << "no -o";
    const Outcome missing = ask({"check", (folder_ / "no.toml").string()});
    EXPECT_EQ(missing.status, 1);
    EXPECT_NE(missing.err.find("no.toml"), std::string::npos);
    EXPECT_EQ(ask({"check", "L77"}).status, 1);
}

}  // namespace
}  // namespace dg::app
