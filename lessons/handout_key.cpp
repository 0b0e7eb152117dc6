// The key: for every step the right answer, the measured observation, the usual wrong answer with
// its reply, the note.
#include "lessons/handout.h"
#include "lessons/handout_kit.h"
#include "viz/i18n/i18n.h"

namespace dg::lessons {
namespace {

using namespace kit;
using viz::tr;

constexpr float kIndent = 30;
constexpr float kInner = kWidth - kIndent;

struct Part {
    std::string text;
    float size = 12;
    viz::Weight weight = viz::Weight::kRegular;
    bool quiet = false;
};

std::vector<Part> parts_of(const Handout& h, int index) {
    const Step& step = h.lesson.steps[static_cast<std::size_t>(index)];
    const viz::Lang lang = h.lang;
    std::vector<Part> parts = {{step.title.in(lang), 14, viz::Weight::kBold},
                               {step.question.in(lang), 12}};
    const std::string& answer =
        step.choices.at(static_cast<std::size_t>(step.answer) - 1).text.in(lang);
    parts.push_back({tr(lang, "lesson.key.answer", {{"answer", answer}}), 12, viz::Weight::kBold});
    parts.push_back({h.reveals[static_cast<std::size_t>(index)], 12});
    if (step.common_wrong) {
        const auto choice = static_cast<std::size_t>(step.common_wrong->choice) - 1;
        parts.push_back({tr(lang, "lesson.key.wrong",
                            {{"choice", step.choices.at(choice).text.in(lang)},
                             {"reply", step.common_wrong->reply.in(lang)}}),
                         12});
    }
    parts.push_back(
        {tr(lang, "lesson.key.note",
            {{"note", step.note.in(lang)}, {"minutes", fmt::format("{:g}", step.minutes)}}),
         11, viz::Weight::kRegular, true});
    return parts;
}

std::vector<Part> closing_parts(const Handout& h) {
    return {
        {tr(h.lang, "lesson.key.misconception", {{"text", h.lesson.misconception.in(h.lang)}}), 12},
        {tr(h.lang, "lesson.key.quiz",
            {{"question", h.lesson.quiz_question.in(h.lang)},
             {"answer", h.lesson.quiz_answer.in(h.lang)}}),
         12}};
}

float height_of_parts(const viz::Canvas& canvas, const std::vector<Part>& parts) {
    float height = kGap;
    for (const Part& part : parts)
        height += height_of(canvas, part.text, part.size, kInner, part.weight);
    return height;
}

float draw_parts(viz::Canvas& canvas, const std::vector<Part>& parts, float y) {
    const viz::Theme& paper = viz::theme(viz::ThemeId::kPaper);
    for (const Part& part : parts) {
        y = put(canvas, kMargin + kIndent, y, part.text,
                style(part.size, part.weight, part.quiet ? paper.ink2 : paper.ink), kInner);
    }
    return y + kGap;
}

}  // namespace

std::vector<HandoutPage> key_pages(const viz::Canvas& canvas, const Handout& h) {
    const float top = kMargin + 32;
    std::vector<HandoutPage> pages = {{0, 0, true, false}};
    float y =
        top + height_of(canvas, h.lesson.title.in(h.lang), 22, kWidth, viz::Weight::kBold) + kGap;
    const int count = static_cast<int>(h.lesson.steps.size());
    for (int i = 0; i < count; ++i) {
        const float height = height_of_parts(canvas, parts_of(h, i));
        if (y + height > kBottom) {
            pages.push_back({i, i, false, false});
            y = top;
        }
        pages.back().last = i + 1;
        y += height;
    }
    if (y + height_of_parts(canvas, closing_parts(h)) > kBottom)
        pages.push_back({count, count, false, false});
    pages.back().closing = true;
    return pages;
}

void draw_key_page(viz::Canvas& canvas, const Handout& h, const std::vector<HandoutPage>& pages,
                   std::size_t page) {
    const HandoutPage& p = pages[page];
    float y = header(canvas, h, "lesson.key.header", page, pages.size());
    if (p.opening)
        y = put(canvas, kMargin, y, h.lesson.title.in(h.lang), style(22, viz::Weight::kBold),
                kWidth) +
            kGap;
    for (int i = p.first; i < p.last; ++i) {
        number_disc(canvas, {kMargin + 10, y + 10}, i + 1);
        y = draw_parts(canvas, parts_of(h, i), y);
    }
    if (p.closing) draw_parts(canvas, closing_parts(h), y);
    foot(canvas, h);
}

}  // namespace dg::lessons
