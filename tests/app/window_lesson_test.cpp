// The first lesson, played through the window in both languages.
#include "window_testing.h"

#include "app/window/start_page.h"

#include <unistd.h>

#include <algorithm>

namespace dg::app {
namespace {

struct Class {
    explicit Class(viz::Lang lang, int width = 1920, int height = 1080)
        : shelf(lessons::shelf(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "lessons" / "data")),
          stage({.scenes = viz::scenes(), .session = &session, .shelf = shelf, .lang = lang}, width, height) {}

    void run(const std::string& script) {
        const Result<std::vector<ScriptLine>> lines = parse_script(script, "script");
        ASSERT_TRUE(lines) << lines.error().plain();
        const Result<void> done = run_script(lines.value(), "script", stage);
        EXPECT_TRUE(done) << done.error().plain();
    }

    void open(int step) {
        const Result<lessons::ShelfEntry> entry = lessons::find_lesson(shelf, "1");
        ASSERT_TRUE(entry) << entry.error().plain();
        const Result<void> opened = stage.shell().open_lesson(entry.value(), step);
        ASSERT_TRUE(opened) << opened.error().plain();
        run("wait idle");
    }

    [[nodiscard]] const lessons::Step& step() { return stage.shell().room.player().step(); }

    viz::Session session;
    std::vector<lessons::ShelfEntry> shelf;
    HeadlessStage stage;
};

TEST(WindowLesson, PredictLockReveal) {
    for (const viz::Lang lang : {viz::Lang::kZh, viz::Lang::kEn}) {
        Class c(lang);
        c.open(0);
        c.run("expect page == lesson\nexpect step == 1\nexpect covered == yes\nexpect revealed == no\nexpect error ==\nexpect faults == 0");
        // without a choice Enter reveals nothing
        c.run("key enter\nexpect revealed == no\nexpect-widget @choice=1");
        c.run(fmt::format("key {}\nexpect chosen == {}\nkey enter\nwait idle\nexpect revealed == yes\nexpect covered == no\nexpect correct == yes", c.step().answer, c.step().answer));
        const std::string reveal = state_value(c.stage, "reveal").value();
        EXPECT_EQ(reveal.find('{'), std::string::npos) << reveal;
        EXPECT_EQ(reveal.find("–"), std::string::npos) << "a value could not be computed: " << reveal;
        // Enter again goes on
        c.run("key enter\nwait idle\nexpect step == 2\nkey pageup\nwait idle\nexpect step == 1\nexpect revealed == yes");
        c.run("key r\nwait idle\nexpect revealed == no\nexpect covered == yes");
    }
}

TEST(WindowLesson, EveryStepShowsItsSceneWithoutFault) {
    Class c(viz::Lang::kEn, 1280, 720);
    c.open(0);
    const std::size_t steps = c.stage.shell().room.player().lesson().steps.size();
    for (std::size_t i = 0; i < steps; ++i) {
        c.run(fmt::format("wait idle\nexpect step == {}\nexpect scene == {}\nexpect error ==\nexpect faults == 0", i + 1, c.step().scene));
        c.run(fmt::format("key {}\nkey enter\nwait idle\nexpect revealed == yes\nexpect faults == 0\nkey pagedown", c.step().answer));
    }
    c.run(fmt::format("wait idle\nexpect step == {}\nexpect toast contains last", steps));
}

TEST(WindowLesson, OtherParametersForkFreePlay) {
    Class c(viz::Lang::kEn);
    c.open(0);
    std::string other;
    for (const viz::ParamSpec& spec : c.stage.shell().lab.scene()->params) {
        if (spec.id == "seed" && std::ranges::find(c.step().controls, spec.id) == c.step().controls.end()) other = spec.id;
    }
    ASSERT_EQ(other, "seed");
    c.stage.shell().set_params({{"seed", "42"}});
    c.run("wait idle\nexpect free_play == yes\nwheel -40 @left\nclick @free_play.leave\nwait idle\nexpect free_play == no");
    EXPECT_NE(c.stage.shell().lab.params().text("seed"), "42");
}

TEST(WindowLesson, PresenterCollectsVotesAndRevealsByKey) {
    Class c(viz::Lang::kZh);
    c.open(0);
    c.run("key f5\nexpect presenter == yes\nexpect-no-widget @left\nexpect-widget @choice=1");
    c.run("key 1\nkey 2\nkey 2\nexpect revealed == no");
    EXPECT_EQ(c.stage.shell().room.player().state().votes[1], 2);
    c.run("key enter\nwait idle\nexpect revealed == yes\nkey f5\nexpect presenter == no");
}

TEST(WindowLesson, StartPageListsAndOpensLessons) {
    Class c(viz::Lang::kEn);
    c.stage.shell().start->load(c.stage.shell());
    c.run("wait idle\nexpect page == start\nexpect lessons > 0\nclick @start.lesson\nwait idle\nexpect page == lesson\nclick @home\nexpect page == start");
    c.run("click @start.lab\nwait idle\nexpect page == lab\nexpect error ==");
}

TEST(WindowLesson, SearchFindsLessonsByNameInBothLanguages) {
    Class c(viz::Lang::kZh);
    c.stage.shell().start->load(c.stage.shell());
    c.run("wait idle\nkey /\ntext 文字接龙\nkey enter\nwait idle\nexpect page == lesson\nkey home\nkey /\ntext next-token pred\nkey enter\nwait idle\nexpect page == lesson");
}

TEST(WindowLesson, AFileThatChangesIsReadAgain) {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("dg_reload_{}", ::getpid()) / "01-next-token";
    std::filesystem::create_directories(folder);
    const std::filesystem::path file = folder / "lesson.toml";
    std::filesystem::copy_file(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "lessons/data/01-next-token/lesson.toml", file, std::filesystem::copy_options::overwrite_existing);
    {
        Class c(viz::Lang::kEn);
        c.shelf = lessons::shelf(folder.parent_path());
        c.open(1);
        c.run("wait 1.2\nexpect toast ==");
        std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) + std::chrono::seconds(5));
        c.run("wait 1.2\nexpect toast contains again\nexpect step == 2\nexpect faults == 0");
    }
    std::filesystem::remove_all(folder.parent_path());
}

}  // namespace
}  // namespace dg::app
