// Top bar: mark, where we are, search, language, theme, full screen.
#include "app/window/icons.h"
#include "app/window/shell.h"

#include "viz/scenes/rich_text.h"

#include <array>

namespace dg::app {
namespace {

using viz::Weight;

/// Course > lesson > step, or free lab > scene.
std::vector<std::string> trail(const Shell& s) {
    const auto tr = [&](std::string_view key, const viz::TextArgs& args = {}) { return viz::tr(s.lang, key, args); };
    if (s.page == PageId::kStart) return {tr("window.trail.start")};
    if (s.page == PageId::kLesson && s.room.is_open()) {
        const lessons::Lesson& lesson = s.room.player().lesson();
        return {tr("window.trail.course"), fmt::format("L{} {}", lesson.number(), lesson.title.in(s.lang)),
                tr("window.trail.step", {{"step", std::to_string(s.room.player().index() + 1)}, {"steps", std::to_string(lesson.steps.size())}})};
    }
    std::vector<std::string> words = {tr("window.trail.lab")};
    if (s.lab.scene()) words.push_back(viz::tr(s.lang, fmt::format("scene.{}.name", s.lab.scene()->id)));
    return words;
}

void draw_trail(Shell& s, Ui& u, float x, float base, float limit) {
    const std::vector<std::string> words = trail(s);
    // what is cut is the lesson's title, not the step
    const float last_w = u.canvas.measure(words.back(), {.size = u.type.label, .color = {}, .weight = Weight::kBold}).width + 28;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool last = i + 1 == words.size();
        const viz::TextStyle style{.size = u.type.label, .color = last ? u.theme.ink : u.theme.ink2, .weight = last && words.size() > 1 ? Weight::kBold : Weight::kRegular};
        const std::string word = viz::elide(u.canvas, words[i], style, std::max(40.0F, limit - x - (last ? 0 : last_w)));
        const float w = u.canvas.measure(word, style).width;
        if (x + w > limit + 1) return;
        const std::string id = fmt::format("trail.{}", i);
        if (!last && u.press(id, {x - 6, 4, w + 12, 40}, {.label = word})) s.open_start();
        if (!last && u.hot(id)) u.canvas.line({x, base + 4}, {x + w, base + 4}, {.color = u.theme.ink2, .width = 1});
        u.canvas.text({x, base}, word, style);
        if (!last) u.focus_ring(id, {x - 6, 8, w + 12, 32}, 6);
        x += w + 14;
        if (!last) draw_icon(u.canvas, Icon::kRight, {x, 24}, 12, u.theme.ink3), x += 14;
    }
}

bool icon_button(Ui& u, const std::string& id, float center_x, Icon icon, const std::string& label) {
    const Rect rect = {center_x - 20, 4, 40, 40};
    const bool clicked = u.press(id, rect, {.label = label});
    if (u.hot(id)) {
        u.canvas.fill_rect(rect.inset(2), u.theme.track, 8);
        u.tip(label);
    }
    draw_icon(u.canvas, icon, rect.center(), 20, u.theme.ink2);
    u.focus_ring(id, rect.inset(4), 6);
    return clicked;
}

}  // namespace

void draw_top_bar(Shell& s, Ui& u, Rect area) {
    const viz::Theme& t = u.theme;
    u.canvas.fill_rect(area, t.panel);
    u.hairline({area.x, area.bottom()}, {area.right(), area.bottom()});
    const float base = area.center().y + 0.36F * u.type.label;

    // mark and name lead to the start page
    if (u.press("home", {12, 4, 152, 40}, {.label = u.tr("window.deed.start")})) s.open_start();
    draw_icon(u.canvas, Icon::kMark, {34, 24}, 20, t.ink);
    u.text({56, base}, "deepglass", 20, t.ink, Weight::kBold);
    u.focus_ring("home", {16, 8, 144, 32}, 6);
    u.canvas.line({180, 14}, {180, 34}, {.color = t.border, .width = 1});

    const float search_w = std::clamp(area.w * 0.225F, 180.0F, 400.0F), search_x = std::max(area.center().x - search_w / 2, area.w * 0.38F);
    draw_trail(s, u, 204, base, search_x - 24);

    const Rect field = {search_x, 8, search_w, 32};
    if (u.press("search", field, {.label = u.tr("window.search.hint"), .pointer = Pointer::kText})) s.open_overlay(Overlay::kSearch);
    u.card(field, t.ground, u.hot("search") ? t.ink3 : t.border, 6);
    draw_icon(u.canvas, Icon::kSearch, {field.x + 22, field.center().y}, 15, t.ink2);
    const viz::TextStyle hint{.size = u.type.caption, .color = t.ink3};
    u.canvas.text({field.x + 42, field.center().y + 0.36F * hint.size}, viz::elide(u.canvas, u.tr(field.w < 260 ? "window.deed.search" : "window.search.hint"), hint, field.w - 100), hint);
    const Rect key = {field.right() - 54, field.y + 5, 46, 22};
    u.card(key, t.ground, t.border, 4);
    u.text({key.center().x, key.center().y + 0.36F * 15}, "/", 15, t.ink2, Weight::kRegular, viz::Align::kCenter);
    u.focus_ring("search", field, 6);

    // right end
    float x = area.right() - 34;
    const bool full = s.host.full_screen();
    if (icon_button(u, "fullscreen", x, full ? Icon::kWindowed : Icon::kFullScreen, u.tr("window.deed.full_screen"))) s.host.set_full_screen(!full);
    x -= 48;
    const Icon look = s.theme == viz::ThemeId::kDark ? Icon::kMoon : s.theme == viz::ThemeId::kProjector ? Icon::kProjector : Icon::kSun;
    if (icon_button(u, "theme", x, look, u.tr("window.deed.theme"))) {
        s.theme = s.theme == viz::ThemeId::kLight ? viz::ThemeId::kDark : s.theme == viz::ThemeId::kDark ? viz::ThemeId::kProjector : viz::ThemeId::kLight;
    }
    x -= 48;
    if (icon_button(u, "help", x, Icon::kHelp, u.tr("window.deed.help"))) s.open_overlay(Overlay::kHelp);
    const std::array<std::string, 2> names = {"中", "EN"};
    const Rect lang = {x - 28 - 84, 7, 84, 34};
    if (const auto chosen = u.segmented("lang", lang, names, s.lang == viz::Lang::kZh ? 0 : 1)) s.lang = *chosen == 0 ? viz::Lang::kZh : viz::Lang::kEn;
}

}  // namespace dg::app
