// The course as a map round the glass case: chapter I points at the parts of the model from the left, III (what DeepSeek
// changed) from the right; II (learning) and IV (pipeline) stand outside, V (machines) is the ground below.
#pragma once

#include "app/window/glass_case.h"
#include "lessons/shelf.h"

#include <functional>
#include <map>
#include <vector>

namespace dg::app {

struct LessonInfo;

/// A lesson as the map shows it.
struct MapLesson {
    const lessons::ShelfEntry* entry = nullptr;
    const LessonInfo* info = nullptr;
    bool next = false;  // the one to go on with
};

struct CourseMap {
    std::map<int, std::vector<MapLesson>> chapters;  // by number 1 .. 5
    const lessons::ShelfEntry* opened = nullptr;     // clicked in this frame
    const MapLesson* pointed = nullptr;              // hovered or focused
    std::optional<CasePart> part;                    // of the case: clicked in this frame
    bool over_case = false;
};

/// Part of the model that a lesson is about.
CasePart case_part_of(int lesson);
/// Draws the map into `area` and returns its height; fills in what the pointer did.
float draw_course_map(Ui& u, Rect area, float least_height, CourseMap& map, const LivingModel& living, CasePart lit);
/// Number, tick or half-filled circle of a lesson.
void draw_lesson_number(Ui& u, Vec2 at, const MapLesson& lesson);
/// A lesson as a card: number, title, title in the other language.
bool draw_lesson_card(Ui& u, Rect card, const MapLesson& lesson);
/// "I  What a Transformer computes", and the same in the other language below; returns the height.
float draw_chapter_head(Ui& u, Vec2 at, float width, int chapter);

}  // namespace dg::app
