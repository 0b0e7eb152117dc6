#include "app/window/start_page.h"

#include "app/window/icons.h"
#include "app/window/shell.h"
#include "lessons/parser.h"
#include "lessons/progress.h"
#include "viz/scenes/rich_text.h"

#include <algorithm>
#include <array>

namespace dg::app {

using viz::Align;
using viz::Weight;

namespace {

constexpr std::array kRoman = {"I", "II", "III", "IV", "V"};
constexpr float kCard = 84;

viz::Lang other(viz::Lang lang) { return lang == viz::Lang::kZh ? viz::Lang::kEn : viz::Lang::kZh; }

/// The lesson to go on with: the first that is not done, else the first.
const lessons::ShelfEntry* next_lesson(const Shell& s) {
    for (const lessons::ShelfEntry& entry : s.setup.shelf) {
        const auto info = s.titles.find(entry.id);
        if (info == s.titles.end() || info->second.done < info->second.steps) return &entry;
    }
    return s.setup.shelf.empty() ? nullptr : s.setup.shelf.data();
}

/// A row that leads somewhere: title, second line, arrow.
bool way_in(Ui& u, const std::string& id, Rect rect, const std::string& title, const std::string& detail, bool primary) {
    const bool clicked = u.press(id, rect, {.label = title});
    const viz::Color fill = primary ? (u.hot(id) ? viz::mix(u.theme.ink, u.theme.ground, 0.15F) : u.theme.ink) : u.hot(id) ? u.theme.track : u.theme.ground;
    const viz::Color ink = primary ? u.theme.ground : u.theme.ink;
    u.card(rect, fill, primary ? fill : u.theme.border, 10);
    const float base = rect.center().y + 0.36F * u.type.body;
    u.text({rect.x + 24, base}, title, u.type.body, ink, Weight::kBold);
    const float used = u.width(title, u.type.body, Weight::kBold) + 36;
    const viz::TextStyle small{.size = u.type.caption, .color = primary ? u.theme.ground : u.theme.ink3};
    if (rect.w - used - 60 > 40) u.canvas.text({rect.x + used, base}, viz::elide(u.canvas, detail, small, rect.w - used - 60), small);
    draw_icon(u.canvas, Icon::kRight, {rect.right() - 30, rect.center().y}, 16, ink);
    u.focus_ring(id, rect, 10);
    return clicked;
}

void draw_number(Ui& u, Vec2 at, int number, const LessonInfo& info, bool next) {
    const bool done = info.steps > 0 && info.done >= info.steps;
    if (next) {
        u.canvas.fill_circle(at, 24, u.theme.select);
        u.canvas.fill_circle(at, 20, u.theme.ink);
    } else {
        u.canvas.fill_circle(at, 20, done ? u.theme.ink : u.theme.border);
        if (!done) u.canvas.fill_circle(at, 18.5F, u.theme.ground);
    }
    const viz::Color ink = next || done ? u.theme.ground : u.theme.ink;
    if (done) return draw_icon(u.canvas, Icon::kTick, at, 16, ink);
    u.text({at.x, at.y + 6.5F}, std::to_string(number), u.type.label, ink, Weight::kBold, Align::kCenter);
    if (!next && info.done > 0) u.canvas.fill_rect({at.x - 12, at.y + 24, 24.0F * static_cast<float>(info.done) / static_cast<float>(std::max(1, info.steps)), 3}, u.theme.ink, 1.5F);
}

}  // namespace

StartPage::StartPage() = default;

bool StartPage::busy() const { return lane_ && lane_->busy(); }

void StartPage::wait() const {
    if (lane_) lane_->wait();
}

void StartPage::poll() {
    if (lane_) lane_->poll();
}

void StartPage::load(Shell& shell) {
    lane_ = std::make_unique<Lane>([&shell] { shell.host.wake(); });
    lane_->request([&shell, shelf = shell.setup.shelf, file = shell.setup.progress_file](const viz::Progress& progress) -> Lane::Finish {
        std::map<std::string, LessonInfo> titles;
        lessons::ProgressBook book;
        if (!file.empty()) {
            if (Result<lessons::ProgressBook> known = lessons::load_progress(file)) book = std::move(known).value();
        }
        for (std::size_t i = 0; i < shelf.size() && progress.report(static_cast<double>(i) / static_cast<double>(shelf.size())); ++i) {
            const Result<lessons::ParsedLesson> parsed = lessons::read_lesson(shelf[i].file);
            if (!parsed || parsed->problems.failed()) continue;  // `lesson check` names the fault; opening it says so too
            const lessons::Lesson& lesson = parsed->lesson;
            LessonInfo info{lesson.title, lesson.number(), lesson.chapter, static_cast<int>(lesson.steps.size()), lesson.minutes, 0};
            if (const auto mine = book.find(shelf[i].id); mine != book.end())
                info.done = static_cast<int>(std::ranges::count_if(mine->second.steps, &lessons::StepState::done));
            titles.emplace(shelf[i].id, std::move(info));
        }
        return [&shell, titles = std::move(titles)] { shell.titles = titles; };
    });
}

void StartPage::draw_welcome(Shell& s, Ui& u, Rect area) {
    u.canvas.fill_rect(area, u.theme.ground);
    u.hairline({area.right(), area.y}, {area.right(), area.bottom()});
    const float x = area.x + 64, w = area.w - 128;
    float y = area.y + std::min(96.0F, area.h * 0.09F);
    y += u.paragraph({x, y}, u.tr("window.start.headline"), 46, u.theme.ink, w, Weight::kBold, 1.35F) + 12;
    y += u.paragraph({x, y}, u.tr("window.start.sentence"), u.type.body, u.theme.ink2, w) + 32;
    if (const lessons::ShelfEntry* entry = next_lesson(s)) {
        const auto info = s.titles.find(entry->id);
        const bool known = info != s.titles.end();
        const bool fresh = !known || info->second.done == 0;
        const std::string number = known ? std::to_string(info->second.number) : "1";
        const std::string title = u.tr(fresh ? "window.start.begin" : "window.start.go_on", {{"number", number}});
        const std::string detail = known ? u.tr("window.start.minutes", {{"title", info->second.title.in(s.lang)}, {"minutes", fmt::format("{:g}", info->second.minutes)}}) : std::string();
        if (way_in(u, "start.lesson", {x, y, w, 64}, title, detail, true)) {
            if (const Result<void> opened = s.open_lesson(*entry); !opened) s.say(opened.error());
            return;
        }
        y += 80;
    }
    if (!s.setup.scenes.empty() && way_in(u, "start.lab", {x, y, w, 64}, u.tr("window.trail.lab"), u.tr("window.start.lab"), s.setup.shelf.empty())) {
        if (const Result<void> opened = s.open_scene(s.setup.scenes.front().id); !opened) s.say(opened.error());
        return;
    }
    y += 80;
    if (way_in(u, "start.model", {x, y, w, 64}, u.tr("window.start.model"), u.tr("window.start.model_how"), false)) s.open_overlay(Overlay::kSearch);
    y += 104;
    u.paragraph({x, y}, u.tr("window.start.keys"), u.type.caption, u.theme.ink3, w);
}

float StartPage::draw_chapter(Shell& s, Ui& u, Rect area, int chapter, bool draw) {
    std::vector<const lessons::ShelfEntry*> mine;
    for (const lessons::ShelfEntry& entry : s.setup.shelf) {
        const auto info = s.titles.find(entry.id);
        if (info != s.titles.end() && info->second.chapter == chapter) mine.push_back(&entry);
    }
    if (mine.empty()) return 0;
    const int columns = std::max(1, static_cast<int>(area.w / 270));
    const float cell = (area.w - 16 * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    const int rows = (static_cast<int>(mine.size()) + columns - 1) / columns;
    const float height = 48 + static_cast<float>(rows) * (kCard + 16) + 8;
    if (!draw) return height;
    const std::string name = u.tr(fmt::format("window.chapter.{}", chapter));
    const char* roman = kRoman.at(static_cast<std::size_t>(chapter - 1));
    u.text({area.x, area.y + 24}, roman, u.type.body, u.theme.ink3, Weight::kBold);
    const float after = u.width(roman, u.type.body, Weight::kBold) + 14;
    u.text({area.x + after, area.y + 24}, name, u.type.body, u.theme.ink, Weight::kBold);
    u.text({area.x + after + u.width(name, u.type.body, Weight::kBold) + 14, area.y + 24}, viz::tr(other(s.lang), fmt::format("window.chapter.{}", chapter)), u.type.caption, u.theme.ink3);
    const lessons::ShelfEntry* next = next_lesson(s);
    for (std::size_t i = 0; i < mine.size(); ++i) {
        const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
        const Rect card = {area.x + (cell + 16) * static_cast<float>(column), area.y + 44 + (kCard + 16) * static_cast<float>(row), cell, kCard};
        const LessonInfo& info = s.titles.at(mine[i]->id);
        const std::string id = "lesson." + mine[i]->id;
        if (u.press(id, card, {.label = info.title.in(s.lang)})) {
            if (const Result<void> opened = s.open_lesson(*mine[i]); !opened) s.say(opened.error());
        }
        u.card(card, u.hot(id) ? u.theme.track : u.theme.ground, u.theme.hairline, 10);
        draw_number(u, {card.x + 40, card.center().y}, info.number, info, mine[i] == next);
        const viz::TextStyle title{.size = u.type.label, .color = u.theme.ink, .weight = Weight::kBold}, second{.size = u.type.caption, .color = u.theme.ink3};
        u.canvas.text({card.x + 76, card.center().y - 4}, viz::elide(u.canvas, info.title.in(s.lang), title, cell - 88), title);
        u.canvas.text({card.x + 76, card.center().y + 22}, viz::elide(u.canvas, info.title.in(other(s.lang)), second, cell - 88), second);
        u.focus_ring(id, card, 10);
    }
    return height;
}

float StartPage::draw_scenes(Shell& s, Ui& u, Rect area, bool draw) {
    if (s.setup.scenes.empty()) return 0;
    const int columns = std::max(1, static_cast<int>(area.w / 200));
    const float cell = (area.w - 12 * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    const int rows = (static_cast<int>(s.setup.scenes.size()) + columns - 1) / columns;
    const float height = 48 + static_cast<float>(rows) * 56;
    if (!draw) return height;
    u.text({area.x, area.y + 24}, u.tr("window.start.scenes"), u.type.body, u.theme.ink, Weight::kBold);
    for (std::size_t i = 0; i < s.setup.scenes.size(); ++i) {
        const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
        const Rect chip = {area.x + (cell + 12) * static_cast<float>(column), area.y + 44 + 56 * static_cast<float>(row), cell, 46};
        const std::string id = fmt::format("scene.{}", s.setup.scenes[i].id);
        const std::string name = u.tr(id + ".name");
        if (u.press(id, chip, {.label = name})) {
            if (const Result<void> opened = s.open_scene(s.setup.scenes[i].id); !opened) s.say(opened.error());
        }
        u.card(chip, u.hot(id) ? u.theme.track : u.theme.ground, u.theme.hairline, 8);
        const viz::TextStyle style{.size = u.type.label, .color = u.theme.ink2};
        u.canvas.text({chip.x + 16, chip.center().y + 0.36F * style.size}, viz::elide(u.canvas, name, style, cell - 28), style);
        u.focus_ring(id, chip, 8);
    }
    return height;
}

void StartPage::draw(Shell& s, Ui& u, Rect area) {
    const bool narrow = area.w < 1200;
    const float welcome_w = narrow ? area.w : std::clamp(area.w * 0.3F, 440.0F, 568.0F);
    const float welcome_h = narrow ? 620 : area.h;
    if (!narrow) draw_welcome(s, u, {area.x, area.y, welcome_w, area.h});
    const Rect view = narrow ? area : Rect{area.x + welcome_w, area.y, area.w - welcome_w, area.h};
    u.canvas.fill_rect(view, u.theme.panel);
    float y = view.y + u.begin_scroll("start.scroll", view, content_);
    const float top = y;
    if (narrow) draw_welcome(s, u, {area.x, y, area.w, welcome_h}), y += welcome_h;
    const float side = 32;
    y += 36;
    for (int chapter = 1; chapter <= 5; ++chapter) y += draw_chapter(s, u, {view.x + side, y, view.w - 2 * side, 0}, chapter, true);
    y += draw_scenes(s, u, {view.x + side, y, view.w - 2 * side, 0}, true) + 32;
    content_ = y - top;
    u.end_scroll();
}

}  // namespace dg::app
