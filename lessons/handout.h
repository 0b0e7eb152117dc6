// What leaves the room: a lesson's handout on A4 (questions without answers) and its key (answers
// with the values of the same run, replies, speaker notes). Pages are drawn on any Canvas;
// export_handout writes files.
#pragma once

#include "lessons/runner.h"
#include "viz/canvas/canvas.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dg::lessons {

/// A4 portrait at 96 units per inch.
constexpr viz::Rect kA4{0, 0, 793.7F, 1122.5F};

/// A lesson with what its steps computed, ready to draw.
struct Handout {
    Lesson lesson;
    viz::Lang lang = viz::Lang::kZh;
    std::vector<std::shared_ptr<const SceneRun>>
        runs;                          // of the steps; nullptr where a scene failed
    std::vector<std::string> reveals;  // filled
    int figure_step = 0;               // the step whose scene is shown, covered
};

/// Computes every step. Error codes: those of the scenes.
Result<Handout> make_handout(Runner& runner, const Lesson& lesson, viz::Lang lang);

/// What a page holds: the boxes of steps first .. last - 1, and the closing part on the last page.
struct HandoutPage {
    int first = 0, last = 0;
    bool opening = false, closing = false;
};

/// Pages of the handout, measured with `canvas`; a question and its choices stay on one page.
std::vector<HandoutPage> handout_pages(const viz::Canvas& canvas, const Handout& handout);
void draw_handout_page(viz::Canvas& canvas, const Handout& handout,
                       const std::vector<HandoutPage>& pages, std::size_t page);

/// Pages of the key.
std::vector<HandoutPage> key_pages(const viz::Canvas& canvas, const Handout& handout);
void draw_key_page(viz::Canvas& canvas, const Handout& handout,
                   const std::vector<HandoutPage>& pages, std::size_t page);

/// How the step's scene stands in the lesson: stage, u, covered or not.
viz::View view_of(const Step& step, const viz::Scene& scene, viz::Lang lang, bool revealed);

}  // namespace dg::lessons
