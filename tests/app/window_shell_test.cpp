// The shell by script: every way in, by mouse and by keyboard.
#include "window_testing.h"

#include "app/window/deeds.h"
#include "app/window/inspector_panel.h"
#include "app/window/search_panel.h"

namespace dg::app {
namespace {

using testing::Bench;

TEST(WindowShell, ShowsTheSceneAndItsControls) {
    Bench b;
    b.open();
    b.run(R"(
expect scene == probe
expect error ==
expect-widget @param.prompt
expect-widget @param.model
expect-widget @param.layer
expect-widget @param.gain
expect-widget @param.mode
expect-widget @play
expect-widget @chip=0
expect regions > 10
claim sum ~ 1
)");
    const viz::Image image = b.stage.pixels();
    EXPECT_EQ(image.width, 1280);
}

TEST(WindowShell, TypingIntoThePromptComputesAnew) {
    Bench b;
    b.open();
    b.run(R"(
click @param.prompt
expect typing == yes
key ctrl+a
text 岳麓山在长沙。
wait idle
expect param.prompt == 岳麓山在长沙。
expect error ==
key ctrl+z
wait idle
expect param.prompt == 湖南大学在长沙。
key escape
expect typing == no
)");
}

TEST(WindowShell, ACursorMovesOverThePictureWithoutComputing) {
    viz::Session session;
    HeadlessStage stage({.scenes = viz::scenes(), .session = &session, .lang = viz::Lang::kEn}, 1280, 720);
    const auto run = [&](const std::string& script) {
        const Result<void> done = run_script(parse_script(script, "script").value(), "script", stage);
        EXPECT_TRUE(done) << done.error().plain();
    };
    ASSERT_TRUE(stage.shell().open_scene("double-descent", {{"n", "30"}, {"p_min", "3"}, {"p_max", "300"}, {"points", "12"}, {"seeds", "3"}, {"d", "6"}}));
    run("wait idle\nexpect-widget @param.size");
    const std::shared_ptr<const viz::SceneData> data = stage.shell().lab.shown()->data;
    // the arrows go from one computed point to the next, beginning where the picture stands: at the threshold
    run("key up\nexpect param.size == 32\nkey right\nexpect param.size > 32\nkey down\nkey down\nkey down\nexpect param.size == 29\nexpect busy == no");
    EXPECT_EQ(stage.shell().lab.shown()->data, data);
    EXPECT_EQ(stage.shell().lab.shown()->params.integer("size"), 29);
    run("key ctrl+z\nwait idle\nexpect param.size != 29");
    EXPECT_EQ(stage.shell().lab.shown()->data, data);
    ASSERT_TRUE(stage.shell().lab.set({{"noise", "1"}}));
    run("wait idle");
    EXPECT_NE(stage.shell().lab.shown()->data, data);
}

TEST(WindowShell, UnfinishedInputMethodTextIsNotThePrompt) {
    Bench b;
    b.open();
    b.run(R"(
click @param.prompt
key ctrl+a
key backspace
editing hu nan
expect param.prompt ==
key backspace
expect param.prompt ==
text 湖南
expect param.prompt == 湖南
)");
    EXPECT_TRUE(b.stage.shell().ui.edits.at("param.prompt").preedit().empty());
}

TEST(WindowShell, HoverLightsOperandsAndClickAsksWhy) {
    Bench b;
    b.open();
    b.run(R"(
hover-cell layers.1.attn.probs 0,0,3,1
expect hover == layers.1.attn.probs[0,0,3,1]
expect operands == 4
cell layers.1.attn.probs 0,0,3,1
wait idle
expect inspector == layers.1.attn.probs[0,0,3,1]
expect inspector.recheck == agrees
expect selection == layers.1.attn.probs[0,0,3,1]
click @operand=0.0
expect inspector.depth == 2
expect inspector contains attn.scores
click @crumb=0
expect inspector.depth == 1
click @copy_name
expect clipboard == layers.1.attn.probs[0,0,3,1]
key escape
wait idle
expect inspector ==
expect selection ==
)");
}

TEST(WindowShell, KeysMoveTheClock) {
    Bench b;
    b.open();
    b.run(R"(
expect playing == no
key space
expect playing == yes
key space
expect playing == no
key ]
expect stage == scores
expect u == 1
key ]
expect stage == softmax
key ]
expect stage == mix
key [
expect stage == softmax
key ]
key ,
expect u == 0.9
key .
expect u == 1
expect speed == 1
key =
expect speed == 2
key -
key -
expect speed == 0.5
)");
}

TEST(WindowShell, KeysChangeParametersAndUndoIt) {
    Bench b;
    b.open();
    b.run(R"(
key right
expect param.head == 1
key left
key left
expect param.head == 7
key up
expect param.layer == 2
key ctrl+z
expect param.layer == 1
key ctrl+y
expect param.layer == 2
key down
expect param.layer == 1
key r
wait idle
expect param.layer == 1
expect param.head == 0
)");
}

TEST(WindowShell, KeysChangeHowTheWindowLooks) {
    Bench b;
    b.open();
    b.run(R"(
key l
expect lang == zh
key l
key t
expect theme == dark
key t
expect theme == projector
key t
expect theme == light
key h
expect controls == no
key h
key b
expect blank == yes
key b
expect blank == no
key f11
expect fullscreen == yes
key escape
expect fullscreen == no
key ctrl+=
expect zoom == 1.25
key ctrl+0
expect zoom == 1
)");
}

TEST(WindowShell, KeysOpenDialogsAndTheRemoteWorks) {
    Bench b;
    b.open();
    b.run(R"(
key ?
expect overlay == help
key escape
expect overlay == none
key e
expect overlay == export
key escape
key home
expect page == start
)");
    b.open();
    // a presenter's remote sends PageUp, PageDown, the full stop or B, and F5
    b.run(R"(
key f5
expect presenter == yes
key .
expect blank == yes
key .
expect blank == no
key b
expect blank == yes
key b
key pageup
expect stage == softmax
key pageup
expect stage == scores
key pagedown
expect stage == softmax
key f5
expect presenter == no
key .
expect blank == no
)");
}

TEST(WindowShell, TabReachesEveryControlAndEnterPressesIt) {
    Bench b;
    b.open();
    std::set<std::string> reached;
    for (int i = 0; i < 60; ++i) {
        b.run("key tab");
        reached.insert(b.value("focus"));
        EXPECT_EQ(b.value("focus.visible"), "yes");
        if (b.value("typing") == "yes") continue;
    }
    for (const char* id : {"stage", "do:roll", "param.prompt", "param.model", "param.layer", "param.gain", "play", "scrub", "search", "lang", "theme", "export"})
        EXPECT_TRUE(reached.contains(id)) << id;

    b.stage.shell().ui.focus = "do:roll";
    b.run("key enter\nwait idle\nexpect param.seed == 2");
}

TEST(WindowShell, ArrowsWalkTheCellsOfTheStage) {
    Bench b;
    b.open();
    b.stage.shell().ui.focus = "stage";
    b.stage.shell().ui.focus_visible = true;
    b.run(R"(
key right
expect hover == layers.1.attn.probs[0,0,0,0]
key down
expect hover == layers.1.attn.probs[0,0,1,0]
key right
expect hover == layers.1.attn.probs[0,0,1,1]
expect param.head == 0
key enter
expect inspector == layers.1.attn.probs[0,0,1,1]
)");
}

TEST(WindowShell, ControlsOfEveryTypeChangeTheirParameter) {
    Bench b(1920, 1080);
    b.open();
    b.run(R"(
click @param.layer=3
expect param.layer == 3
click @param.loud
expect param.loud == true
drag @param.gain 60 0
expect param.gain > 0.5
click @param.gain.value
key ctrl+a
text 1.75
expect param.gain == 1.75
key ctrl+a
text 9
expect param.gain == 1.75
key ctrl+a
text 0.25
expect param.gain == 0.25
key escape
wheel -20 @left
click @param.seed.more
expect param.seed == 2
click @do:roll
expect param.seed == 3
click @chip=2
expect param.position == 2
wheel 20 @left
click @param.model
expect popup == param.model
key escape
expect popup ==
)");
}

TEST(WindowShell, SearchFindsScenesCommandsAndTensors) {
    Bench b;
    b.open();
    b.run(R"(
key /
expect overlay == search
expect typing == yes
text dark
key escape
key /
text theme
key enter
expect overlay == none
expect theme == dark
key /
text layers.2.attn.probs
key enter
wait idle
expect inspector contains layers.2.attn.probs
)");
    EXPECT_GT(match_score("attn probs", "layers.2.attn.probs"), match_score("atp", "layers.2.attn.probs"));
    EXPECT_EQ(match_score("xyz", "layers"), 0);
    EXPECT_GT(match_score("注意", "注意力"), 0);
}

TEST(WindowShell, FaultsOfAPanelLeaveTheRestAlive) {
    Bench b;
    b.open({{"mode", "throws"}});
    b.run(R"(
expect faults == 1
expect banner contains stage
expect-widget @play
click @param.mode=0
click @banner.close
wait idle
expect faults == 0
expect regions > 10
)");
}

TEST(WindowShell, ErrorsOfAComputationKeepTheOldPicture) {
    Bench b;
    b.open();
    b.run(R"(
click @param.prompt
key ctrl+a
key backspace
wait idle
expect error == empty_prompt
text 湖南
wait idle
expect error ==
key escape
click @param.mode=1
wait idle
expect error == bug
expect regions > 1
expect-widget @banner.retry
click @banner.close
expect error ==
)");
}

TEST(WindowShell, LatestRequestWinsAndCancelReturns) {
    Bench b;
    b.open();
    b.stage.set_waiting(false);
    Shell& shell = b.stage.shell();
    shell.set_params({{"delay", "60000"}});
    shell.set_params({{"delay", "0"}, {"head", "3"}});
    const auto start = std::chrono::steady_clock::now();
    while (shell.busy()) b.stage.frames(0.01);
    EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 30.0);
    EXPECT_EQ(b.value("param.head"), "3");
    EXPECT_EQ(shell.lab.shown()->params.integer("head"), 3);

    shell.set_params({{"delay", "60000"}});
    shell.act("cancel");
    EXPECT_EQ(b.value("param.delay"), "0");
}

TEST(WindowShell, AssignmentsKeepBlanksAndEqualsSigns) {
    EXPECT_EQ(assignments("head=5"), (Settings{{"head", "5"}}));
    EXPECT_EQ(assignments("prompt=a b  c mode=loop"), (Settings{{"prompt", "a b  c"}, {"mode", "loop"}}));
    EXPECT_EQ(assignments("prompt=x = 3 * 2"), (Settings{{"prompt", "x = 3 * 2"}}));
    EXPECT_EQ(assignments("watch= top_k=0"), (Settings{{"watch", ""}, {"top_k", "0"}}));
    EXPECT_TRUE(assignments("nothing here").empty());
}

TEST(WindowShell, ThingsToTryWorkInBothLanguages) {
    viz::Session session;
    int tried = 0;
    for (const viz::CatalogueEntry& entry : viz::catalogue()) {
        if (!entry.key.starts_with("window.try.") || !entry.key.ends_with(".set")) continue;
        const std::string id = entry.key.substr(11, entry.key.find('.', 11) - 11);
        const viz::Scene* scene = viz::find_scene(id);
        ASSERT_NE(scene, nullptr) << entry.key;
        for (const std::string& words : {entry.zh, entry.en}) {
            const Result<viz::Params> params = viz::parse_params(scene->params, assignments(words));
            ASSERT_TRUE(params) << entry.key << ": " << params.error().plain();
            EXPECT_FALSE(assignments(words).empty()) << entry.key;
            const auto data = scene->compute(session, params.value(), {});
            EXPECT_TRUE(data) << entry.key << ": " << data.error().plain();
            ++tried;
        }
    }
    EXPECT_GT(tried, 10);
}

TEST(WindowShell, EveryDeedHasWordsAndAReadableKey) {
    for (const Deed& deed : deeds()) {
        EXPECT_TRUE(viz::has_key(fmt::format("window.deed.{}", deed.id))) << deed.id;
        std::string_view keys = deed.keys;
        while (!keys.empty()) {
            const std::size_t blank = std::min(keys.find(' '), keys.size());
            const auto event = parse_key(keys.substr(0, blank));
            ASSERT_TRUE(event.has_value()) << keys;
            EXPECT_TRUE(presses(*event, deed.keys)) << deed.keys;
            keys.remove_prefix(std::min(blank + 1, keys.size()));
        }
    }
}

TEST(WindowShell, SameScriptSamePixels) {
    const std::string script = "hover-cell layers.1.attn.probs 0,0,3,1\nclick @param.layer=2\nwait idle";
    Bench a, b;
    a.open(), b.open();
    a.run(script), b.run(script);
    EXPECT_EQ(a.stage.pixels().rgba, b.stage.pixels().rgba);
    a.run("key right\nwait idle");
    EXPECT_NE(a.stage.pixels().rgba, b.stage.pixels().rgba);
}

TEST(WindowShell, NoSizeBreaksTheLayout) {
    Bench b;
    b.open();
    for (const auto& [w, h] : {std::pair(1920, 1080), {1280, 720}, {1000, 800}, {640, 480}, {480, 360}, {3840, 2160}, {1, 1}}) {
        b.run(fmt::format("resize {}x{}\ncell layers.1.attn.probs 0,0,3,1\nkey escape\nwait idle", w, h));
        EXPECT_EQ(b.value("faults"), "0") << w << "x" << h;
    }
}

}  // namespace
}  // namespace dg::app
