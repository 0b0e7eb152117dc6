// Left margin of the free lab: prompt, model, the scene's parameters, things to try.
#include "app/window/icons.h"
#include "app/window/shell.h"

#include "viz/scenes/rich_text.h"

namespace dg::app {
namespace {

/// "window.try.<scene>.1.text" and ".set", in the catalogue.
struct Try {
    std::string text, set;
};

std::vector<Try> things_to_try(const Shell& s) {
    std::vector<Try> out;
    for (int i = 1; i <= 4; ++i) {
        const std::string key = fmt::format("window.try.{}.{}", s.lab.scene()->id, i);
        if (!viz::has_key(key + ".text") || !viz::has_key(key + ".set")) break;
        out.push_back({viz::tr(s.lang, key + ".text"), viz::tr(s.lang, key + ".set")});
    }
    return out;
}

float draw_tries(Shell& s, Ui& u, Vec2 at, float width, const std::vector<Try>& tries) {
    u.hairline({at.x, at.y}, {at.x + width, at.y});
    u.text({at.x, at.y + 36}, u.tr("window.lab.try"), u.type.label, u.theme.ink2);
    float y = at.y + 50;
    for (std::size_t i = 0; i < tries.size(); ++i) {
        const float h = u.paragraph_height(viz::rich_escape(tries[i].text), u.type.label, width - 32) + 12;
        const Rect row = {at.x - 8, y, width + 16, h};
        const std::string id = fmt::format("try={}", i + 1);
        if (u.press(id, row, {.label = tries[i].text})) s.act("set " + tries[i].set);
        if (u.hot(id)) u.canvas.fill_rect(row, u.theme.track, 6);
        draw_icon(u.canvas, Icon::kRight, {at.x + 6, y + h / 2}, 12, u.theme.ink2);
        u.paragraph({at.x + 26, y + 6}, viz::rich_escape(tries[i].text), u.type.label, u.theme.ink, width - 32);
        u.focus_ring(id, row, 6);
        y += h;
    }
    return y - at.y;
}

float tries_height(Ui& u, float width, const std::vector<Try>& tries) {
    if (tries.empty()) return 0;
    float h = 50;
    for (const Try& t : tries) h += u.paragraph_height(viz::rich_escape(t.text), u.type.label, width - 32) + 12;
    return h;
}

}  // namespace

void draw_lab_panel(Shell& s, Ui& u, Rect area) {
    constexpr float kFoot = 60, kSide = 32;
    u.canvas.fill_rect(area, u.theme.panel);
    u.hairline({area.right(), area.y}, {area.right(), area.bottom()});
    u.hairline({area.x, area.y}, {area.right(), area.y});
    u.press("left", area, {.focusable = false, .pointer = Pointer::kArrow});
    if (!s.lab.scene()) return;
    const float width = area.w - 2 * kSide;
    const std::vector<Try> tries = things_to_try(s);
    const std::string about_key = fmt::format("scene.{}.about", s.lab.scene()->id);
    const std::string about = viz::has_key(about_key) ? u.tr(about_key) : std::string();
    const float about_h = about.empty() ? 0 : u.paragraph_height(viz::rich_escape(about), u.type.label, width) + 12;
    const float height = 76 + about_h + measure_param_controls(s, u, width, {}) + tries_height(u, width, tries) + 16;

    const Rect body = {area.x, area.y, area.w, area.h - kFoot};
    float y = body.y + u.begin_scroll("left.scroll", body, height);
    const float x = area.x + kSide;
    u.text({x, y + 52}, u.tr(fmt::format("scene.{}.name", s.lab.scene()->id)), u.type.title - 2, u.theme.ink, viz::Weight::kBold);
    y += 76;
    if (!about.empty()) y += u.paragraph({x, y}, viz::rich_escape(about), u.type.label, u.theme.ink2, width) + 12;
    y += draw_param_controls(s, u, {x, y}, width, {});
    if (!tries.empty()) draw_tries(s, u, {x, y}, width, tries);
    u.end_scroll();

    const float top = area.bottom() - kFoot;
    u.hairline({area.x, top}, {area.right(), top});
    if (s.lab.shown()) {
        std::string facts;
        if (s.lab.spec("seed")) facts = u.tr("badge.seed", {{"seed", s.lab.shown()->params.text("seed")}}) + " · ";
        facts += fmt::format("{:.0f} ms", s.lab.shown()->seconds * 1000);
        u.text({x, top + 36}, facts, u.type.caption, u.theme.ink3);
    }
    const std::string label = u.tr("window.deed.export");
    const Rect button = {area.right() - kSide - 150, top + 10, 158, 40};
    if (u.button("export", button, label + "   E", Ui::Look::kGhost)) s.open_overlay(Overlay::kExport);
}

}  // namespace dg::app
