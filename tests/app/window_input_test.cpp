// Events to frames, text editing, lanes, scripts that must fail.
#include "window_testing.h"

#include "app/window/text_edit.h"

namespace dg::app {
namespace {

using viz::InputEvent;
using EventType = InputEvent::Type;

class Pocket : public Clipboard {
  public:
    void set_clipboard(const std::string& text) override { text_ = text; }

    [[nodiscard]] std::string clipboard() const override { return text_; }

  private:
    std::string text_;
};

InputEvent key(viz::Key k, bool shift = false, bool ctrl = false, char32_t code = 0) {
    InputEvent e;
    e.type = EventType::kKey;
    e.key = k, e.shift = shift, e.ctrl = ctrl, e.code = code;
    return e;
}

TEST(WindowInput, AQuickClickTakesTwoFrames) {
    InputQueue queue;
    queue.push({.type = EventType::kMouseMove, .at = {10, 20}});
    queue.push({.type = EventType::kMouseDown, .at = {10, 20}});
    queue.push({.type = EventType::kMouseUp, .at = {10, 20}});
    queue.push({.type = EventType::kText, .text = "a"});
    const InputFrame down = queue.next();
    EXPECT_TRUE(down.pressed && down.down && !down.released);
    EXPECT_TRUE(down.strokes.empty());
    const InputFrame up = queue.next();
    EXPECT_TRUE(up.released && !up.down && !up.pressed);
    const InputFrame rest = queue.next();
    ASSERT_EQ(rest.strokes.size(), 1U);
    EXPECT_FALSE(rest.pressed || rest.released);
    EXPECT_FLOAT_EQ(rest.mouse.x, 10);
    EXPECT_TRUE(queue.empty());
}

TEST(WindowInput, KeysAndTextKeepTheirOrder) {
    InputQueue queue;
    queue.push({.type = EventType::kText, .text = "a"});
    queue.push(key(viz::Key::kBackspace));
    queue.push({.type = EventType::kText, .text = "b"});
    const InputFrame frame = queue.next();
    ASSERT_EQ(frame.strokes.size(), 3U);
    EXPECT_EQ(frame.strokes[1].event.key, viz::Key::kBackspace);
    EXPECT_EQ(frame.strokes[2].event.text, "b");
}

TEST(WindowTextEdit, TypesSelectsCutsAndPastes) {
    TextEdit edit;
    Pocket pocket;
    edit.insert("湖南 University", false);
    EXPECT_EQ(edit.caret(), 13U);
    edit.key(key(viz::Key::kLeft, true, true), false, pocket);
    EXPECT_EQ(edit.selection_begin(), 3U);
    edit.key(key(viz::Key::kCharacter, false, true, U'x'), false, pocket);
    EXPECT_EQ(pocket.clipboard(), "University");
    EXPECT_EQ(edit.value(), "湖南 ");
    edit.key(key(viz::Key::kHome), false, pocket);
    edit.key(key(viz::Key::kCharacter, false, true, U'v'), false, pocket);
    EXPECT_EQ(edit.value(), "University湖南 ");
    edit.key(key(viz::Key::kEnd), false, pocket);
    edit.key(key(viz::Key::kBackspace, false, true), false, pocket);
    EXPECT_EQ(edit.value(), "University");
    while (edit.undo()) {
    }
    EXPECT_EQ(edit.value(), "");
    while (edit.redo()) {
    }
    EXPECT_EQ(edit.value(), "University");
}

TEST(WindowTextEdit, OneUndoTakesBackARunOfTyping) {
    TextEdit edit;
    for (const char* letter : {"a", "b", "c"}) edit.insert(letter, false);
    EXPECT_TRUE(edit.undo());
    EXPECT_EQ(edit.value(), "");
    EXPECT_FALSE(edit.undo());
}

TEST(WindowTextEdit, OneLineKeepsNoBreaksAndNoControls) {
    TextEdit edit;
    edit.insert("a\nb\tc\x01\x7f", false);
    EXPECT_EQ(edit.value(), "ab c");
    edit.set("");
    edit.insert("a\nb", true);
    EXPECT_EQ(edit.value(), "a\nb");
}

TEST(WindowTextEdit, UnfinishedTextSwallowsKeysAndStaysOut) {
    TextEdit edit;
    Pocket pocket;
    edit.insert("大", false);
    edit.set_preedit("hu", 2);
    EXPECT_TRUE(edit.key(key(viz::Key::kBackspace), false, pocket));
    EXPECT_EQ(edit.value(), "大");
    edit.set_preedit("", 0);
    edit.key(key(viz::Key::kBackspace), false, pocket);
    EXPECT_EQ(edit.value(), "");
}

TEST(WindowTextEdit, DoubleClickTakesAWord) {
    TextEdit edit;
    edit.insert("湖南大学 is here", false);
    edit.select_word(6);
    EXPECT_EQ(edit.selection_begin(), 5U);
    EXPECT_EQ(edit.selection_end(), 7U);
    edit.select_word(1);
    EXPECT_EQ(edit.selection_end(), 4U);
}

TEST(WindowLane, LatestRequestWins) {
    std::atomic<int> woken{0};
    Lane lane([&] { ++woken; });
    std::vector<int> finished;
    std::atomic<bool> started{false}, stopped{false};
    lane.request([&](const viz::Progress& progress) -> Lane::Finish {
        started = true;
        while (progress.report(0.5)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        stopped = true;
        return [&] { finished.push_back(1); };
    });
    while (!started) std::this_thread::yield();
    EXPECT_TRUE(lane.busy());
    EXPECT_GT(lane.elapsed(), 0);
    lane.request([&](const viz::Progress&) -> Lane::Finish { return [&] { finished.push_back(2); }; });
    while (!lane.poll()) lane.wait();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(finished, std::vector<int>{2});
    EXPECT_FALSE(lane.busy());
    EXPECT_GE(woken, 1);
}

TEST(WindowLane, PartsArriveBeforeTheResultAndOnlyTheLatest) {
    std::atomic<int> stage{0};
    std::vector<int> seen;
    Lane lane([] {});
    lane.request([&](const viz::Progress&) -> Lane::Finish {
        lane.offer([&] { seen.push_back(1); });
        lane.offer([&] { seen.push_back(2); });
        stage = 1;
        while (stage != 2) std::this_thread::yield();
        lane.offer([&] { seen.push_back(3); });
        return [&] { seen.push_back(4); };
    });
    while (stage != 1) std::this_thread::yield();
    EXPECT_TRUE(lane.poll());
    EXPECT_EQ(seen, (std::vector<int>{2}));
    EXPECT_FALSE(lane.poll());
    stage = 2;
    lane.wait();
    EXPECT_TRUE(lane.poll());  // the whole replaces the part
    EXPECT_FALSE(lane.poll());
    EXPECT_EQ(seen, (std::vector<int>{2, 4}));
}

TEST(WindowLane, PartsOfWhatWasReplacedNeverArrive) {
    std::atomic<int> stage{0};
    std::vector<int> seen;
    Lane lane([] {});
    lane.request([&](const viz::Progress&) -> Lane::Finish {
        stage = 1;
        while (stage != 2) std::this_thread::yield();
        lane.offer([&] { seen.push_back(1); });
        return [&] { seen.push_back(2); };
    });
    while (stage != 1) std::this_thread::yield();
    lane.request([&](const viz::Progress&) -> Lane::Finish { return [&] { seen.push_back(9); }; });
    stage = 2;
    while (lane.busy()) lane.poll();
    EXPECT_EQ(seen, (std::vector<int>{9}));
}

TEST(WindowLane, ThrownFaultsBecomeErrors) {
    const Result<int> result = guarded<int>([]() -> Result<int> { throw Bug("wires crossed"); });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "bug");
    EXPECT_EQ(result.error().args.front().second, "wires crossed");
}

TEST(WindowScript, FalseExpectationsFailWithTheirPlace) {
    testing::Bench b;
    b.open();
    const auto outcome = [&](const std::string& script) {
        const Result<std::vector<ScriptLine>> lines = parse_script(script, "t.script");
        if (!lines) return lines.error().code + " " + lines.error().where;
        const Result<void> done = run_script(lines.value(), "t.script", b.stage);
        return done ? std::string("passed") : done.error().code + " " + done.error().where;
    };
    EXPECT_EQ(outcome("# fine\n\nexpect scene == probe"), "passed");
    EXPECT_EQ(outcome("expect scene == attention"), "script_expect t.script:1");
    EXPECT_EQ(outcome("wait idle\nclaim sum > 2"), "script_claim t.script:2");
    EXPECT_EQ(outcome("claim nothing_like_it > 2"), "claim_unknown_observable 0");
    EXPECT_EQ(outcome("click @no.such.control"), "script_widget t.script:1");
    EXPECT_EQ(outcome("cell layers.1.attn.probs 0,0,99,0"), "script_cell t.script:1");
    EXPECT_EQ(outcome("expect no.such.name == 1"), "script_value t.script:1");
    EXPECT_EQ(outcome("key ctrl+hyper"), "script_value t.script:1");
    EXPECT_EQ(outcome("press @play"), "script_command t.script:1");
    EXPECT_EQ(outcome("expect-no-widget @play"), "script_expect t.script:1");
}

}  // namespace
}  // namespace dg::app
