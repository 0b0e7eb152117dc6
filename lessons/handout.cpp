// The handout: one covered figure, the questions of all steps in two columns, the quiz and the
// sentence to write.
#include "lessons/handout.h"

#include "lessons/handout_kit.h"
#include "lessons/placed_canvas.h"
#include "lessons/prose.h"
#include "viz/i18n/i18n.h"

#include <algorithm>

namespace dg::lessons {
namespace {

using namespace kit;
using viz::tr;

constexpr float kColumn = (kWidth - kGap) / 2;
constexpr float kPad = 24;     // no text nearer to a box's frame
constexpr float kIndent = 28;  // after the number
constexpr float kBeforeChoices = 6;
constexpr float kFigureHeight = kWidth * 720 / 1280;

const viz::Theme& paper() {
    return viz::theme(viz::ThemeId::kPaper);
}

float text_width() {
    return kColumn - kPad - kIndent - kPad / 2;
}

float box_height(const viz::Canvas& canvas, const Handout& h, const Step& step) {
    float height =
        kPad + height_of(canvas, step.question.in(h.lang), 13, text_width()) + kBeforeChoices;
    for (const Choice& choice : step.choices) {
        height += std::max(leading(12),
                           height_of(canvas, choice.text.in(h.lang), 12, text_width() - 22)) +
                  4;
    }
    return height + kPad * 0.5F;
}

// rows of two boxes: how far down the boxes of a page reach
float opening_height(const viz::Canvas& canvas, const Handout& h) {
    const float title =
        height_of(canvas, h.lesson.title.in(h.lang), 25, kWidth, viz::Weight::kBold);
    const float goal = height_of(canvas, h.lesson.goal.in(h.lang), 13, kWidth) + leading(13);
    return title + 24 + 44 + goal + 12 + leading(12) + kFigureHeight + kGap;
}

float closing_height(const viz::Canvas& canvas, const Handout& h) {
    float height = leading(13) + height_of(canvas, h.lesson.quiz_question.in(h.lang), 13, kWidth) +
                   2 * kLineGap + kGap;
    if (!h.lesson.sentence.empty())
        height += height_of(canvas, h.lesson.sentence.in(h.lang), 13, kWidth) + 2 * kLineGap + kGap;
    return height;
}

void writing_lines(viz::Canvas& canvas, float x, float top, float width, int count) {
    for (int i = 1; i <= count; ++i) {
        const float y = top + static_cast<float>(i) * kLineGap;
        canvas.line({x, y}, {x + width, y}, {paper().border, 0.8F});
    }
}

void draw_box(viz::Canvas& canvas, const Handout& h, int index, viz::Rect box) {
    const Step& step = h.lesson.steps[static_cast<std::size_t>(index)];
    canvas.begin_group(fmt::format("question {}", index + 1));
    canvas.stroke_rect(box, {paper().ink, 0.9F}, 6);
    number_disc(canvas, {box.x + 20, box.y + kPad + 6}, index + 1);
    const float x = box.x + kPad / 2 + kIndent;
    float y = put(canvas, x, box.y + kPad - 4, step.question.in(h.lang), style(13), text_width()) +
              kBeforeChoices;
    for (const Choice& choice : step.choices) {
        canvas.stroke_rect({x, y + 5, 10, 10}, {paper().ink, 1.2F}, 2);
        const float below =
            put(canvas, x + 22, y + 1, choice.text.in(h.lang), style(12), text_width() - 22);
        y = std::max(below, y + leading(12)) + 4;
    }
    canvas.end_group();
}

float draw_opening(viz::Canvas& canvas, const Handout& h, float y) {
    const viz::Lang other = h.lang == viz::Lang::kZh ? viz::Lang::kEn : viz::Lang::kZh;
    y = put(canvas, kMargin, y, h.lesson.title.in(h.lang), style(25, viz::Weight::kBold), kWidth);
    y = put(canvas, kMargin, y, h.lesson.title.in(other),
            style(12, viz::Weight::kRegular, paper().ink3), kWidth) +
        6;

    // name, student number, date
    float x = kMargin;
    for (const char* key :
         {"lesson.handout.name", "lesson.handout.number", "lesson.handout.date"}) {
        const std::string word = tr(h.lang, key);
        canvas.text({x, y + 22}, word, style(12, viz::Weight::kRegular, paper().ink2));
        const float after = x + canvas.measure(word, style(12)).width + 8;
        canvas.line({after, y + 25}, {x + kWidth / 3 - 24, y + 25}, {paper().ink3, 0.8F});
        x += kWidth / 3;
    }
    y = put(canvas, kMargin, y + 44, h.lesson.goal.in(h.lang), style(13), kWidth);
    y = put(canvas, kMargin, y, tr(h.lang, "lesson.handout.predict"), style(13, viz::Weight::kBold),
            kWidth) +
        12;

    // the figure, covered: nothing on it gives an answer away
    const auto index = static_cast<std::size_t>(h.figure_step);
    const Step& step = h.lesson.steps[index];
    const std::string caption =
        tr(h.lang, "lesson.handout.figure",
           {{"title", step.title.in(h.lang)}, {"step", std::to_string(index + 1)}});
    y = put(canvas, kMargin, y, caption, style(12, viz::Weight::kBold), kWidth);
    const viz::Rect place{kMargin, y, kWidth, kFigureHeight};
    if (const auto& run = h.runs[index]; run != nullptr && run->scene->draw != nullptr) {
        PlacedCanvas inner(canvas, {0, 0, 1280, 720}, place);
        canvas.push_clip(place);
        run->scene->draw(inner, *run->data, run->params, view_of(step, *run->scene, h.lang, false));
        canvas.pop_clip();
    }
    canvas.stroke_rect(place, {paper().hairline, 0.8F}, 4);
    return place.bottom() + kGap;
}

void draw_closing(viz::Canvas& canvas, const Handout& h, float y) {
    y = put(canvas, kMargin, y, tr(h.lang, "lesson.handout.quiz"), style(13, viz::Weight::kBold),
            kWidth);
    y = put(canvas, kMargin, y, h.lesson.quiz_question.in(h.lang), style(13), kWidth);
    writing_lines(canvas, kMargin, y, kWidth, 2);
    if (h.lesson.sentence.empty()) return;
    y += 2 * kLineGap + kGap;
    y = put(canvas, kMargin, y, h.lesson.sentence.in(h.lang), style(13), kWidth);
    writing_lines(canvas, kMargin, y, kWidth, 2);
}

}  // namespace

viz::View view_of(const Step& step, const viz::Scene& scene, viz::Lang lang, bool revealed) {
    viz::View view;
    view.lang = lang;
    view.theme = viz::ThemeId::kPaper;
    view.revealed = revealed;
    view.u = step.u;
    view.stage = std::max(0, static_cast<int>(scene.stages.size()) - 1);
    for (std::size_t i = 0; i < scene.stages.size(); ++i) {
        if (scene.stages[i].id == step.stage) view.stage = static_cast<int>(i);
    }
    return view;
}

Result<Handout> make_handout(Runner& runner, const Lesson& lesson, viz::Lang lang) {
    Handout handout{lesson, lang, {}, {}, 0};
    for (const Step& step : lesson.steps) {
        DG_ASSIGN(auto run, runner.run(step));
        DG_ASSIGN(const Environment environment, runner.environment(step));
        std::vector<std::string> names;
        for (const NamedRun& named : step.runs) names.push_back(named.name);
        handout.runs.push_back(std::move(run));
        handout.reveals.push_back(filled(step.reveal.in(lang), environment, names));
    }
    // the first step of the short route is the one to show
    const auto first = std::find_if(lesson.steps.begin(), lesson.steps.end(),
                                    [](const Step& s) { return s.short_route; });
    if (first != lesson.steps.end())
        handout.figure_step = static_cast<int>(first - lesson.steps.begin());
    return handout;
}

std::vector<HandoutPage> handout_pages(const viz::Canvas& canvas, const Handout& h) {
    const int count = static_cast<int>(h.lesson.steps.size());
    std::vector<HandoutPage> pages = {{0, 0, true, false}};
    const float top = kMargin + 32;
    float y = top + opening_height(canvas, h);
    for (int i = 0; i < count; i += 2) {
        float row = box_height(canvas, h, h.lesson.steps[static_cast<std::size_t>(i)]);
        if (i + 1 < count)
            row = std::max(row,
                           box_height(canvas, h, h.lesson.steps[static_cast<std::size_t>(i) + 1]));
        if (y + row > kBottom) {
            pages.push_back({i, i, false, false});
            y = top;
        }
        pages.back().last = std::min(i + 2, count);
        y += row + kGap;
    }
    if (y + closing_height(canvas, h) > kBottom) pages.push_back({count, count, false, false});
    pages.back().closing = true;
    return pages;
}

void draw_handout_page(viz::Canvas& canvas, const Handout& h, const std::vector<HandoutPage>& pages,
                       std::size_t page) {
    const HandoutPage& p = pages[page];
    float y = header(canvas, h, "lesson.handout.header", page, pages.size());
    if (p.opening) y = draw_opening(canvas, h, y);
    for (int i = p.first; i < p.last; i += 2) {
        float row = 0;
        for (int k = i; k < std::min(i + 2, p.last); ++k) {
            row = std::max(row, box_height(canvas, h, h.lesson.steps[static_cast<std::size_t>(k)]));
        }
        for (int k = i; k < std::min(i + 2, p.last); ++k) {
            draw_box(canvas, h, k,
                     {kMargin + static_cast<float>(k - i) * (kColumn + kGap), y, kColumn, row});
        }
        y += row + kGap;
    }
    if (p.closing) draw_closing(canvas, h, y);
    foot(canvas, h);
}

}  // namespace dg::lessons
