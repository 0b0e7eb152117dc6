// The handout and its key: everything is on a page, nothing overlaps, and no answer is given away.
#include "lessons/handout.h"

#include "lessons/parser.h"
#include "lessons/placed_canvas.h"
#include "tests/lessons/coin_scene.h"
#include "viz/canvas/log_canvas.h"

#include <gtest/gtest.h>

#include <set>

namespace dg::lessons {
namespace {

class HandoutTest : public ::testing::Test {
  protected:
    Handout make(int steps, viz::Lang lang) {
        Lesson lesson = parse_lesson(testing::coin_lesson(), "lesson.toml", "01-coin").lesson;
        while (static_cast<int>(lesson.steps.size()) < steps)
            lesson.steps.push_back(lesson.steps[0]);
        auto handout = make_handout(runner_, lesson, lang);
        EXPECT_TRUE(handout);
        return *handout;
    }

    viz::Session session_{"."};
    std::vector<viz::Scene> scenes_ = testing::coin_scenes();
    Runner runner_{session_, scenes_};
};

std::string all_text(const viz::LogCanvas& canvas) {
    std::string text;
    for (const auto& t : canvas.texts()) text += t.text + "\n";
    return text;
}

bool overlap(const viz::Rect& a, const viz::Rect& b) {
    const float slack = 0.5F;
    return a.x + slack < b.right() && b.x + slack < a.right() && a.y + slack < b.bottom() &&
           b.y + slack < a.bottom();
}

void expect_tidy(const viz::LogCanvas& canvas, const std::string& what) {
    const auto& texts = canvas.texts();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const viz::Rect& box = texts[i].box;
        EXPECT_GE(box.x, 60) << what << texts[i].text;
        EXPECT_LE(box.right(), kA4.w - 60) << what << texts[i].text;
        EXPECT_LE(box.bottom(), kA4.h - 55) << what << texts[i].text;
        for (std::size_t k = 0; k < i; ++k) {
            EXPECT_FALSE(overlap(box, texts[k].box))
                << what << texts[i].text << " over " << texts[k].text;
        }
    }
}

TEST_F(HandoutTest, EveryQuestionOnceAndNoAnswer) {
    for (const viz::Lang lang : {viz::Lang::kZh, viz::Lang::kEn}) {
        for (const int steps : {1, 2, 5, 8, 10}) {
            const Handout handout = make(steps, lang);
            const viz::LogCanvas probe(kA4);
            const auto pages = handout_pages(probe, handout);
            int questions = 0;
            std::string text;
            for (std::size_t i = 0; i < pages.size(); ++i) {
                viz::LogCanvas page(kA4);
                draw_handout_page(page, handout, pages, i);
                expect_tidy(page, "handout ");
                text += all_text(page);
                questions += pages[i].last - pages[i].first;
            }
            EXPECT_EQ(questions, steps);
            EXPECT_EQ(text.find("0.693"), std::string::npos) << "a result on the handout";
            EXPECT_EQ(text.find("bias 0.5"), std::string::npos) << "the figure is not covered";
            EXPECT_NE(text.find("bias ?"), std::string::npos);
            EXPECT_NE(text.find(handout.lesson.quiz_question.in(lang)), std::string::npos);
            EXPECT_EQ(text.find(handout.lesson.misconception.in(lang)), std::string::npos);
            EXPECT_EQ(text.find("⟦"), std::string::npos) << text;
        }
    }
}

TEST_F(HandoutTest, TheKeyHasTheMeasuredValues) {
    for (const viz::Lang lang : {viz::Lang::kZh, viz::Lang::kEn}) {
        const Handout handout = make(9, lang);
        const viz::LogCanvas probe(kA4);
        const auto pages = key_pages(probe, handout);
        std::string text;
        for (std::size_t i = 0; i < pages.size(); ++i) {
            viz::LogCanvas page(kA4);
            draw_key_page(page, handout, pages, i);
            expect_tidy(page, "key ");
            text += all_text(page);
        }
        EXPECT_NE(text.find("0.693"), std::string::npos);
        EXPECT_NE(text.find("0.325"), std::string::npos) << "of the named run";
        EXPECT_NE(text.find("ln 2"), std::string::npos);
        EXPECT_EQ(text.find("⟦"), std::string::npos) << text;
    }
}

TEST(PlacedCanvasTest, ScalesAndMovesEverything) {
    viz::LogCanvas target({0, 0, 1000, 1000});
    PlacedCanvas placed(target, {0, 0, 1280, 720}, {100, 200, 640, 360});
    EXPECT_EQ(placed.page().w, 1280);
    viz::TextStyle style;
    style.size = 40;
    placed.text({200, 100}, "x", style);
    ASSERT_EQ(target.texts().size(), 1U);
    EXPECT_EQ(target.texts()[0].style.size, 20);
    EXPECT_EQ(target.texts()[0].box.x, 200);
    EXPECT_NEAR(placed.measure("word", style).width, target.measure("word", style).width, 1e-3);

    viz::LogCanvas direct({0, 0, 1000, 1000}), through({0, 0, 1000, 1000});
    PlacedCanvas half(through, {0, 0, 1280, 720}, {100, 200, 640, 360});
    half.fill_rect({200, 100, 40, 20}, {}, 4);
    direct.fill_rect({200, 250, 20, 10}, {}, 2);
    half.stroke_path(viz::Path().move({0, 0}).cubic({20, 0}, {40, 20}, {40, 40}), {{}, 4, 8, 2});
    direct.stroke_path(viz::Path().move({100, 200}).cubic({110, 200}, {120, 210}, {120, 220}),
                       {{}, 2, 4, 1});
    half.push_clip({0, 0, 1280, 720});
    direct.push_clip({100, 200, 640, 360});
    EXPECT_EQ(through.log(), direct.log());
}

}  // namespace
}  // namespace dg::lessons
