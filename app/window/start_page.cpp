#include "app/window/start_page.h"

#include "app/window/icons.h"
#include "app/window/shell.h"
#include "lessons/parser.h"
#include "lessons/progress.h"
#include "viz/scenes/numbers.h"
#include "viz/scenes/rich_text.h"

#include <algorithm>
#include <sstream>

namespace dg::app {

using viz::Align;
using viz::Weight;

namespace {

std::filesystem::path recent_file(const std::filesystem::path& progress) { return progress.parent_path() / "recent.json"; }

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

/// Counted as the language counts: in ten thousands, or in millions.
std::string parameters_in_words(viz::Lang lang, std::int64_t count) {
    const bool zh = lang == viz::Lang::kZh;
    const std::string number = viz::fixed(static_cast<double>(count) / (zh ? 1e4 : 1e6), zh ? 0 : 2);
    return viz::tr(lang, "window.start.millions", {{"count", number}});
}

/// The prompt of recent work as one line.
std::string prompt_line(const RecentWork& work) {
    const auto prompt = work.set.find("prompt");
    std::string line = prompt == work.set.end() ? std::string() : prompt->second;
    std::ranges::replace(line, '\n', ' ');
    return line;
}

/// The scene of a part of the model, and what it takes over from the case.
std::string_view scene_of(CasePart part) {
    switch (part) {
        case CasePart::kNext: return "next-token";
        case CasePart::kExperts: return "moe";
        case CasePart::kAttention: return "attention";
        case CasePart::kTokens: return "tokens";
        default: return "";
    }
}

}  // namespace

StartPage::StartPage() = default;

bool StartPage::busy() const { return (lane_ && lane_->busy()) || (living_ && living_->lane().busy()); }

void StartPage::wait() const {
    if (lane_) lane_->wait();
    if (living_) living_->lane().wait();
}

void StartPage::poll() {
    if (lane_) lane_->poll();
    if (living_) living_->poll();
}

bool StartPage::still(const Shell& shell) const { return over_case_ || shell.setup.reduced_motion || shell.overlay != Overlay::kNone; }

void StartPage::advance(Shell& shell, double dt) {
    if (!living_) living_ = std::make_unique<LivingModel>(*shell.setup.session, [&shell] { shell.host.wake(); });
    living_->begin(viz::tr(shell.lang, "window.case.prompt"));
    if (shell.setup.reduced_motion) living_->settle();
    living_->advance(dt, still(shell));
}

double StartPage::next_frame(const Shell& shell) const { return living_ ? living_->next_frame(still(shell)) : -1; }

void StartPage::load(Shell& shell) {
    lane_ = std::make_unique<Lane>([&shell] { shell.host.wake(); });
    lane_->request([this, &shell, shelf = shell.setup.shelf, file = shell.setup.progress_file](const viz::Progress& progress) -> Lane::Finish {
        std::map<std::string, LessonInfo> titles;
        std::vector<RecentWork> recent = file.empty() ? std::vector<RecentWork>() : load_recent(recent_file(file));
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
        return [this, &shell, titles = std::move(titles), recent = std::move(recent)] {
            shell.titles = titles;
            if (recent_.empty()) recent_ = recent;
        };
    });
}

void StartPage::remember_lab(Shell& shell) {
    if (shell.page != PageId::kLab || !shell.lab.scene() || !shell.lab.shown()) return;
    const std::vector<RecentWork> before = recent_;
    remember(recent_, {std::string(shell.lab.scene()->id), shell.lab.shown()->params.written()});
    if (recent_ == before || shell.setup.progress_file.empty()) return;
    if (const Result<void> kept = save_recent(recent_file(shell.setup.progress_file), recent_); !kept) shell.say(kept.error());
}

float StartPage::draw_recent(Shell& s, Ui& u, Vec2 at, float width, float limit) {
    constexpr float kRow = 40;
    const auto room = static_cast<std::size_t>(std::max(0.0F, (limit - at.y - 40) / kRow));
    const std::size_t count = std::min({recent_.size(), room, std::size_t{4}});
    if (count == 0) return 0;
    u.hairline(at, {at.x + width, at.y});
    u.text({at.x, at.y + 32}, u.tr("window.start.recent"), u.type.caption, u.theme.ink2);
    for (std::size_t i = 0; i < count; ++i) {
        const RecentWork& work = recent_[i];
        const Rect row = {at.x - 8, at.y + 44 + kRow * static_cast<float>(i), width + 16, kRow - 4};
        const std::string id = fmt::format("recent={}", i), name = u.tr(fmt::format("scene.{}.name", work.scene));
        if (u.press(id, row, {.label = name})) {
            if (const Result<void> opened = s.open_scene(work.scene, work.set); !opened) s.say(opened.error());
            return 0;
        }
        if (u.hot(id)) u.canvas.fill_rect(row, u.theme.track, 6);
        const float base = row.center().y + 0.36F * u.type.label, used = u.width(name, u.type.label) + 16;
        u.text({at.x, base}, name, u.type.label, u.theme.ink);
        const viz::TextStyle style{.size = u.type.caption, .color = u.theme.ink3};
        u.canvas.text({at.x + used, base}, viz::elide(u.canvas, prompt_line(work), style, width - used), style);
        u.focus_ring(id, row, 6);
    }
    return 44 + kRow * static_cast<float>(count);
}

void StartPage::draw_welcome(Shell& s, Ui& u, Rect area) {
    u.canvas.fill_rect(area, u.theme.ground);
    u.hairline({area.right(), area.y}, {area.right(), area.bottom()});
    const float x = area.x + 64, w = area.w - 128;
    float y = area.y + std::min(96.0F, area.h * 0.09F);
    // the wording says where its line ends
    std::istringstream headline(u.tr("window.start.headline"));
    for (std::string line; std::getline(headline, line, '|');) y += u.paragraph({x, y}, line, 46, u.theme.ink, w, Weight::kBold, 1.35F);
    y += 12;
    const std::optional<LivingStep> step = living_ ? living_->step() : std::nullopt;
    const std::string sentence = step ? u.tr("window.start.sentence_of", {{"parameters", parameters_in_words(s.lang, step->parameters)}}) : u.tr("window.start.sentence");
    y += u.paragraph({x, y}, sentence, u.type.body, u.theme.ink2, w) + 32;
    if (const lessons::ShelfEntry* entry = next_lesson(s)) {
        const auto info = s.titles.find(entry->id);
        const bool known = info != s.titles.end();
        const bool fresh = !known || info->second.done == 0;
        const std::string number = known ? std::to_string(info->second.number) : "1";
        const std::string title = u.tr(fresh ? "window.start.begin" : "window.start.go_on", {{"number", number}});
        const std::string detail = !known ? std::string()
                                   : fresh ? u.tr("window.start.minutes", {{"title", info->second.title.in(s.lang)}, {"minutes", fmt::format("{:g}", info->second.minutes)}})
                                           : u.tr("window.start.done", {{"title", info->second.title.in(s.lang)}, {"done", std::to_string(info->second.done)}, {"steps", std::to_string(info->second.steps)}});
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
    y += 100;
    const float foot = area.bottom() - 60;
    y += draw_recent(s, u, {x, y}, w, foot - 12);
    u.paragraph({x, std::max(y + 12, std::min(y + 40, foot))}, u.tr("window.start.keys"), u.type.caption, u.theme.ink3, w);
}

CourseMap StartPage::course(const Shell& s) const {
    CourseMap map;
    const lessons::ShelfEntry* next = next_lesson(s);
    for (const lessons::ShelfEntry& entry : s.setup.shelf) {
        const auto info = s.titles.find(entry.id);
        if (info != s.titles.end()) map.chapters[std::clamp(info->second.chapter, 1, 5)].push_back({&entry, &info->second, &entry == next});
    }
    return map;
}

void StartPage::open_part(Shell& s, CasePart part) {
    const LivingStep& step = *living_->step();
    const auto scene = std::ranges::find(s.setup.scenes, scene_of(part), &viz::Scene::id);
    if (scene == s.setup.scenes.end()) return s.toast(viz::tr(s.lang, "window.case.no_scene"));
    Settings set;
    const std::pair<std::string_view, std::string> wanted[] = {{"prompt", step.text}, {"layer", std::to_string(step.layer)}, {"head", std::to_string(step.head)}};
    for (const auto& [name, value] : wanted) {
        if (std::ranges::find(scene->params, name, &viz::ParamSpec::id) != scene->params.end()) set[std::string(name)] = value;
    }
    if (const Result<void> opened = s.open_scene(scene->id, set); !opened) s.say(opened.error());
}

float StartPage::draw_map(Shell& s, Ui& u, Rect area, float height) {
    CourseMap map = course(s);
    const float h = draw_course_map(u, area, height, map, *living_, lit_);
    lit_ = map.pointed ? case_part_of(map.pointed->info->number) : CasePart::kNone;
    over_case_ = map.over_case;
    if (map.opened) {
        if (const Result<void> opened = s.open_lesson(*map.opened); !opened) s.say(opened.error());
    } else if (map.part) {
        open_part(s, *map.part);
    }
    return h;
}

/// One column: the case first, then the lessons as cards by chapter.
float StartPage::draw_list(Shell& s, Ui& u, Rect area) {
    CourseMap map = course(s), none;
    float y = area.y + draw_course_map(u, {area.x, area.y - 66, area.w, 0}, 0, none, *living_, lit_) - 66;
    over_case_ = none.over_case;
    const int columns = std::max(1, static_cast<int>(area.w / 270));
    const float cell = (area.w - 16 * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    const lessons::ShelfEntry* opened = nullptr;
    for (const auto& [chapter, all] : map.chapters) {
        y += draw_chapter_head(u, {area.x, y}, area.w, chapter);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
            const Rect card = {area.x + (cell + 16) * static_cast<float>(column), y + 112 * static_cast<float>(row), cell, 96};
            if (u.press("lesson." + all[i].entry->id, card, {.label = all[i].info->title.in(s.lang)})) opened = all[i].entry;
            draw_lesson_card(u, card, all[i]);
        }
        y += 112 * static_cast<float>((static_cast<int>(all.size()) + columns - 1) / columns) + 12;
    }
    if (none.part) open_part(s, *none.part);
    if (opened) {
        if (const Result<void> done = s.open_lesson(*opened); !done) s.say(done.error());
    }
    return y - area.y;
}

float StartPage::draw_scenes(Shell& s, Ui& u, Rect area) {
    if (s.setup.scenes.empty()) return 0;
    const int columns = std::max(1, static_cast<int>(area.w / 200));
    const float cell = (area.w - 12 * static_cast<float>(columns - 1)) / static_cast<float>(columns);
    const int rows = (static_cast<int>(s.setup.scenes.size()) + columns - 1) / columns;
    const float height = 48 + static_cast<float>(rows) * 56;
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
    if (!living_) advance(s, 0);
    const bool narrow = area.w < 1200;
    const float welcome_w = narrow ? area.w : std::clamp(area.w * 0.3F, 440.0F, 568.0F);
    const float welcome_h = narrow ? 620 : area.h;
    if (!narrow) draw_welcome(s, u, {area.x, area.y, welcome_w, area.h});
    const Rect view = narrow ? area : Rect{area.x + welcome_w, area.y, area.w - welcome_w, area.h};
    u.canvas.fill_rect(view, u.theme.panel);
    float y = view.y + u.begin_scroll("start.scroll", view, content_);
    const float top = y, side = 32;
    if (narrow) draw_welcome(s, u, {area.x, y, area.w, welcome_h}), y += welcome_h;
    y += 28;
    const Rect inner = {view.x + side, y, view.w - 2 * side, 0};
    y += narrow ? draw_list(s, u, inner) : draw_map(s, u, inner, view.h - 28 - 80);
    // a click above may have left the page
    if (s.page == PageId::kStart) y += draw_scenes(s, u, {inner.x, y + 8, inner.w, 0}) + 40;
    content_ = y - top;
    u.end_scroll();
}

}  // namespace dg::app
