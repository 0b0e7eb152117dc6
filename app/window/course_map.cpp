#include "app/window/course_map.h"

#include "app/window/icons.h"
#include "app/window/shell.h"
#include "viz/scenes/rich_text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace dg::app {
namespace {

using viz::Align;
using viz::Weight;

constexpr std::array kRoman = {"I", "II", "III", "IV", "V"};
constexpr float kHead = 66, kCircle = 20, kLabel = 260;

viz::Lang other(viz::Lang lang) { return lang == viz::Lang::kZh ? viz::Lang::kEn : viz::Lang::kZh; }

/// Columns of the map, from left to right; a width of 0: nothing to show.
struct Columns {
    Rect two, one, glass, three, four;
};

Columns columns_of(const CourseMap& map, Rect area, float case_h) {
    Columns c;
    const auto used = [&](int chapter) { return map.chapters.contains(chapter); };
    const float tile = std::clamp(area.w * 0.17F, 190.0F, 236.0F), gap = 28, case_w = std::clamp(area.w * 0.22F, 256.0F, 320.0F);
    float left = area.x, right = area.right();
    const float y = area.y, top = y + kHead;
    if (used(2)) c.two = {left, y, tile, kHead + case_h}, left += tile + gap;
    if (used(4)) c.four = {right - tile, y, tile, kHead + case_h}, right -= tile + gap;
    c.glass = {(left + right - case_w) / 2, top, case_w, case_h};
    // names stand close to the case
    c.one = {std::max(left, c.glass.x - kLabel), y, 0, kHead + case_h};
    c.one.w = c.glass.x - c.one.x;
    c.three = {c.glass.right(), y, std::min(right, c.glass.right() + kLabel) - c.glass.right(), kHead + case_h};
    return c;
}

/// `words` in at most two lines of the label's size, else three smaller ones, the last of them cut; no word is broken.
std::vector<std::string> fit_lines(Ui& u, std::string_view words, float width, viz::TextStyle& style) {
    const auto broken = [&](const std::vector<std::string>& lines) {
        // a line that ends inside a Latin word
        for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
            const std::size_t at = std::string(words).find(lines[i]);
            const std::size_t end = at == std::string::npos ? at : at + lines[i].size();
            if (end < words.size() && std::isalpha(static_cast<unsigned char>(words[end])) && std::isalpha(static_cast<unsigned char>(words[end - 1]))) return true;
        }
        return false;
    };
    std::vector<std::string> lines = viz::wrap(u.canvas, words, style, width);
    if (lines.size() <= 2 && !broken(lines)) return lines;
    style.size = u.type.caption - 1;
    lines = viz::wrap(u.canvas, words, style, width);
    while (broken(lines) && style.size > 13) --style.size, lines = viz::wrap(u.canvas, words, style, width);
    if (lines.size() <= 3) return lines;
    std::string rest;
    for (std::size_t i = 2; i < lines.size(); ++i) rest += (i > 2 ? " " : "") + lines[i];
    lines.resize(2);
    lines.push_back(viz::elide(u.canvas, rest, style, width));
    return lines;
}

/// Title, and the same in the other language below when there is room; returns the width of the widest line.
float draw_names(Ui& u, Vec2 at, float width, const MapLesson& lesson) {
    viz::TextStyle title{.size = u.type.label, .color = u.theme.ink, .weight = lesson.next ? Weight::kBold : Weight::kRegular};
    const std::vector<std::string> lines = fit_lines(u, lesson.info->title.in(u.lang), width, title);
    const viz::TextStyle small{.size = u.type.caption, .color = u.theme.ink3};
    const std::string words = lesson.info->title.in(other(u.lang));
    const bool second = lines.size() == 1 && u.theme.id != viz::ThemeId::kProjector && u.width(words, small.size) <= width;
    const float leading = title.size * 1.3F, height = leading * static_cast<float>(lines.size()) + (second ? small.size * 1.4F : 0);
    float widest = 0, y = at.y - height / 2 + leading / 2 + 0.36F * title.size;
    for (const std::string& line : lines) {
        u.canvas.text({at.x, y}, line, title);
        widest = std::max(widest, u.canvas.measure(line, title).width);
        y += leading;
    }
    if (!second) return widest;
    u.canvas.text({at.x, y}, words, small);
    return std::max(widest, u.canvas.measure(words, small).width);
}

/// Notes what the pointer or the keyboard does to a lesson.
void press_lesson(Ui& u, CourseMap& map, const MapLesson& lesson, Rect rect) {
    const std::string id = "lesson." + lesson.entry->id;
    if (u.press(id, rect, {.label = lesson.info->title.in(u.lang)})) map.opened = lesson.entry;
    if (u.hot(id) || (u.focused(id) && u.state.focus_visible)) map.pointed = &lesson;
}

/// Heights of the lessons of one side: at their parts, pushed apart where they would touch.
std::vector<float> spread(const std::vector<MapLesson>& side, const CaseParts& parts, Rect glass) {
    constexpr float kApart = 74;
    std::vector<float> y;
    for (const MapLesson& lesson : side) {
        const CasePart part = case_part_of(lesson.info->number);
        y.push_back(part == CasePart::kNone ? glass.center().y : parts.of(part).center().y);
    }
    for (std::size_t i = 1; i < y.size(); ++i) y[i] = std::max(y[i], y[i - 1] + kApart);
    // too far down: the last ones move up again
    float floor = glass.bottom() - 30;
    for (std::size_t i = y.size(); i-- > 0; floor -= kApart) y[i] = std::min(y[i], floor);
    return y;
}

/// Lessons of chapter I (left) or III (right): number, name, and a line to the part.
void draw_side(Ui& u, Rect column, int chapter, CourseMap& map, const CaseParts& parts, Rect glass, bool left) {
    const auto found = map.chapters.find(chapter);
    if (found == map.chapters.end()) return;
    std::vector<MapLesson>& side = found->second;
    std::ranges::stable_sort(side, {}, [&](const MapLesson& l) { return parts.of(case_part_of(l.info->number)).center().y; });
    draw_chapter_head(u, {left ? column.x : column.x + 28, column.y}, column.w - 28, chapter);
    const std::vector<float> heights = spread(side, parts, glass);
    for (std::size_t i = 0; i < side.size(); ++i) {
        const float y = heights[i], circle = left ? column.x + 26 : glass.right() + 56;
        const Rect row = {left ? column.x : glass.right() + 28, y - 30, (left ? glass.x : column.right()) - (left ? column.x : glass.right() + 28) - (left ? 24 : 0), 60};
        press_lesson(u, map, side[i], row);
        const std::string id = "lesson." + side[i].entry->id;
        if (u.hot(id)) u.canvas.fill_rect(row, u.theme.track, 10);
        draw_lesson_number(u, {circle, y}, side[i]);
        const float text_x = circle + 34, used = draw_names(u, {text_x, y}, row.right() - text_x - 6, side[i]);
        const viz::Stroke line{.color = u.theme.ink3, .width = 1.5F};
        const Vec2 dot = {left ? glass.x : glass.right(), y};
        if (left && text_x + used + 14 < dot.x) u.canvas.line({text_x + used + 14, y}, dot, line);
        if (!left) u.canvas.line(dot, {circle - 24, y}, line);
        u.canvas.fill_circle(dot, 4.5F, u.theme.ink);
        u.focus_ring(id, row, 10);
    }
}

/// Lessons outside the model, as cards one below the other; returns the height.
float draw_tiles(Ui& u, Rect column, int chapter, CourseMap& map) {
    const auto found = map.chapters.find(chapter);
    if (found == map.chapters.end()) return 0;
    draw_chapter_head(u, {column.x, column.y}, column.w, chapter);
    float y = column.y + kHead;
    for (const MapLesson& lesson : found->second) {
        const Rect card = {column.x, y, column.w, 96};
        press_lesson(u, map, lesson, card);
        draw_lesson_card(u, card, lesson);
        y += card.h + 14;
    }
    return y - column.y;
}

/// Chapter V as a row of cards; returns the height.
float draw_ground(Ui& u, Rect area, CourseMap& map) {
    const auto found = map.chapters.find(5);
    if (found == map.chapters.end()) return 0;
    draw_chapter_head(u, {area.x, area.y}, area.w, 5);
    const std::vector<MapLesson>& row = found->second;
    const int columns = std::clamp(static_cast<int>(area.w / 170), 1, 6);
    const float cell = (area.w - 14 * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    for (std::size_t i = 0; i < row.size(); ++i) {
        const int column = static_cast<int>(i) % columns, line = static_cast<int>(i) / columns;
        const Rect card = {area.x + (cell + 14) * static_cast<float>(column), area.y + kHead + 110 * static_cast<float>(line), cell, 96};
        press_lesson(u, map, row[i], card);
        draw_lesson_card(u, card, row[i]);
    }
    return kHead + 110 * static_cast<float>((static_cast<int>(row.size()) + columns - 1) / columns);
}

/// The case itself: its parts open their scenes.
CaseParts draw_living_case(Ui& u, Rect glass, CourseMap& map, const LivingModel& living, CasePart lit) {
    const CaseParts parts = draw_glass_case(u, glass, living.step(), living.error(), living.shown(), lit);
    u.press("case", glass, {.focusable = false, .pointer = Pointer::kArrow});
    map.over_case = u.hot("case") || u.hot().starts_with("case.");
    if (!living.step()) return parts;
    constexpr std::array kDoors = {std::pair{"case.next", CasePart::kNext}, std::pair{"case.experts", CasePart::kExperts}, std::pair{"case.attention", CasePart::kAttention},
                                   std::pair{"case.tokens", CasePart::kTokens}};
    for (const auto& [id, part] : kDoors) {
        const Rect door = parts.of(part).inset(-4);
        if (u.press(id, door, {.label = u.tr(fmt::format("window.{}", id))})) map.part = part;
        if (u.hot(id)) u.tip(u.tr(fmt::format("window.{}", id)));
        u.focus_ring(id, door, 8);
    }
    return parts;
}

}  // namespace

CasePart case_part_of(int lesson) {
    switch (lesson) {
        case 1:
        case 11: return CasePart::kNext;
        case 5: return CasePart::kUnembed;
        case 4:
        case 10: return CasePart::kExperts;
        case 3:
        case 9: return CasePart::kAttention;
        case 2: return CasePart::kEmbed;
        default: return CasePart::kNone;
    }
}

void draw_lesson_number(Ui& u, Vec2 at, const MapLesson& lesson) {
    const LessonInfo& info = *lesson.info;
    const bool done = info.steps > 0 && info.done >= info.steps;
    if (lesson.next) {
        u.canvas.fill_circle(at, 24, u.theme.select);
        u.canvas.fill_circle(at, 20, u.theme.ink);
    } else {
        u.canvas.fill_circle(at, kCircle, done ? u.theme.ink : u.theme.border);
        if (!done) u.canvas.fill_circle(at, 18.5F, u.theme.ground);
    }
    const viz::Color ink = lesson.next || done ? u.theme.ground : u.theme.ink;
    if (done) return draw_icon(u.canvas, Icon::kTick, at, 16, ink);
    u.text({at.x, at.y + 6.5F}, std::to_string(info.number), 18, ink, Weight::kBold, Align::kCenter);
    if (info.done <= 0) return;
    const Rect bar = {at.x - 14, at.y + 27, 28, 4};
    u.canvas.fill_rect(bar, u.theme.border, 2);
    u.canvas.fill_rect({bar.x, bar.y, bar.w * static_cast<float>(info.done) / static_cast<float>(std::max(1, info.steps)), bar.h}, u.theme.ink, 2);
}

bool draw_lesson_card(Ui& u, Rect card, const MapLesson& lesson) {
    const std::string id = "lesson." + lesson.entry->id;
    u.card(card, u.hot(id) ? u.theme.track : u.theme.ground, u.theme.hairline, 10);
    draw_lesson_number(u, {card.x + 36, card.center().y}, lesson);
    draw_names(u, {card.x + 68, card.center().y}, card.w - 78, lesson);
    u.focus_ring(id, card, 10);
    return u.hot(id);
}

float draw_chapter_head(Ui& u, Vec2 at, float width, int chapter) {
    const std::string key = fmt::format("window.chapter.{}", chapter);
    const char* roman = kRoman.at(static_cast<std::size_t>(chapter - 1));
    u.text({at.x, at.y + 22}, roman, u.type.label, u.theme.ink3, Weight::kBold);
    const float after = u.width(roman, u.type.label, Weight::kBold) + 12;
    const viz::TextStyle name{.size = u.type.label, .color = u.theme.ink, .weight = Weight::kBold}, second{.size = u.type.caption, .color = u.theme.ink3};
    const std::vector<std::string> lines = viz::wrap(u.canvas, u.tr(key), name, width - after);
    for (std::size_t i = 0; i < std::min<std::size_t>(2, lines.size()); ++i) u.text({at.x + after, at.y + 22 + 24 * static_cast<float>(i)}, lines[i], name.size, name.color, name.weight);
    const std::string translated = viz::tr(other(u.lang), key);
    if (lines.size() == 1 && u.theme.id != viz::ThemeId::kProjector && u.width(translated, second.size) <= width) u.canvas.text({at.x, at.y + 44}, translated, second);
    return kHead;
}

float draw_course_map(Ui& u, Rect area, float least_height, CourseMap& map, const LivingModel& living, CasePart lit) {
    const bool ground = map.chapters.contains(5);
    const float case_h = std::clamp(least_height - kHead - 52 - (ground ? kHead + 120 : 0), 560.0F, 760.0F);
    const Columns columns = columns_of(map, area, case_h);
    const CaseParts parts = draw_living_case(u, columns.glass, map, living, lit);
    draw_side(u, columns.one, 1, map, parts, columns.glass, true);
    draw_side(u, columns.three, 3, map, parts, columns.glass, false);
    const float tiles = std::max(draw_tiles(u, columns.two, 2, map), draw_tiles(u, columns.four, 4, map));
    // under the case: which lesson is pointed at, else what runs
    std::string words = living.step() ? u.tr("window.case.running", {{"model", living.step()->model}}) : std::string();
    if (map.pointed) {
        const LessonInfo& info = *map.pointed->info;
        words = u.tr("window.case.lesson", {{"title", info.title.in(u.lang)}, {"minutes", fmt::format("{:g}", info.minutes)}, {"done", std::to_string(info.done)}, {"steps", std::to_string(info.steps)}});
    }
    u.text({columns.glass.center().x, columns.glass.bottom() + 34}, words, u.type.caption, u.theme.ink2, Weight::kRegular, Align::kCenter);
    float h = std::max(kHead + case_h + 52, tiles);
    if (ground) h += draw_ground(u, {area.x, area.y + h + 12, area.w, 0}, map) + 12;
    return h;
}

}  // namespace dg::app
