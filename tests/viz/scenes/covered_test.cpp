#include "viz/scenes/covered.h"

#include "tests/viz/scenes/fake_canvas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace dg::viz {
namespace {

using Set = std::map<std::string, std::string>;

/// All words of a scene on a page, before or after the reveal; stage -1: the last.
std::string words_of(const char* id, const Set& set, bool revealed, int stage = -1) {
    static Session session;
    const Scene* scene = find_scene(id);
    const auto params = parse_params(scene->params, set);
    EXPECT_TRUE(params);
    const auto data = scene->compute(session, *params, {});
    EXPECT_TRUE(data) << id;
    View view;
    view.lang = Lang::kEn;
    view.revealed = revealed;
    view.stage = stage < 0 ? static_cast<int>(scene->stages.size()) - 1 : stage;
    FakeCanvas canvas;
    scene->draw(canvas, **data, *params, view);
    return canvas.all_text();
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Covered, AQuestionTakesThePlaceOfTheFindingWhereThereIsOne) {
    View view;
    view.lang = Lang::kEn;
    const std::string open = tr_covered(view, "scene.block.title.positions");
    view.revealed = false;
    EXPECT_NE(tr_covered(view, "scene.block.title.positions"), open);
    EXPECT_EQ(tr_covered(view, "scene.heads.title.mute"), tr(view.lang, "scene.heads.title.mute"));  // a question already
    EXPECT_TRUE(notes_when_revealed(view, {"why"}).empty());
    view.revealed = true;
    EXPECT_EQ(notes_when_revealed(view, {"why"}).size(), 1U);
}

TEST(Covered, WhatLessonsAskIsNotOnThePage) {
    struct Case {
        const char* scene;
        Set set;
        int stage;
        const char* answer;  // on the page after the reveal, not before
    };
    const Case cases[] = {
        {"tokens", {{"prompt", "湖南大学"}}, 0, "E6"},                                     // how many bytes a character has
        {"tokens", {{"show", "window"}}, -1, "fact outside"},                            // why the answer is lost
        {"embedding", {{"show", "lookup"}}, -1, "a lookup will do"},                     // why nobody multiplies
        {"embedding", {{"show", "map"}}, -1, "shadow"},                                  // whether close is close
        {"embedding", {{"show", "senses"}, {"word", "mole"}, {"prompt", "mole"}}, -1, "senses told"},
        {"attention", {{"show", "lecture"}}, -1, "query Q"},                             // which side holds the queries
        {"heads", {{"show", "sum"}}, -1, "is the sum of"},                               // what muting a head does
        {"rope", {{"show", "shift"}}, -1, "the score stays"},
        {"rope", {{"show", "shuffle"}}, -1, "bag of words"},
        {"block", {{"show", "isolate"}}, -1, "the MLP to nobody"},
        {"block", {{"show", "positions"}}, -1, "answer is unknown"},
        {"next-token", {{"mode", "columns"}, {"prompt", "小明"}}, -1, "chance enters only in the draw"},
        {"mla", {{"show", "cache"}}, -1, "32,768"},                                      // whose cache is the smallest
        {"mla", {{"show", "flow"}}, -1, "cached 64 + 8"},                                // which two are cached
        {"mla", {{"show", "flow"}, {"form", "absorbed"}}, -1, "folded into the query"},  // where the matrices go
    };
    for (const Case& c : cases) {
        EXPECT_TRUE(says(words_of(c.scene, c.set, true, c.stage), c.answer)) << c.scene << ": " << c.answer;
        EXPECT_FALSE(says(words_of(c.scene, c.set, false, c.stage), c.answer)) << c.scene << ": " << c.answer;
    }
}

}  // namespace
}  // namespace dg::viz
