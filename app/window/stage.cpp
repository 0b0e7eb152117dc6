// The stage: the scene on its page, what the pointer and the keyboard do to its regions, and the messages over it.
#include "app/window/cells.h"
#include "app/window/icons.h"
#include "app/window/shell.h"

#include "viz/scenes/numbers.h"
#include "viz/scenes/widgets.h"

#include <algorithm>
#include <cmath>

namespace dg::app {
namespace {

constexpr float kTolerance = 0.86F;    // of the theme's least page: in the window a little less still reads
constexpr std::string_view kZoomArea = "zoom-area";  // a region whose picture the wheel magnifies (Scene::act "wheel ...")
constexpr double kPatience = 0.5;      // seconds before a computation shows

/// Why there is no picture.
void draw_no_picture(Shell& s, viz::Canvas& canvas, const viz::View& view) {
    const Lab& lab = s.lab;
    if (!lab.scene()) return viz::draw_empty(canvas, view, viz::tr(s.lang, "window.stage.no_scene"));
    if (lab.error() && lab.error()->code == "empty_prompt") return viz::draw_empty(canvas, view, viz::tr(s.lang, "state.empty.prompt"));
    if (lab.error()) return viz::draw_error(canvas, view, *lab.error());
    if (lab.lane().elapsed() > kPatience)
        return viz::draw_loading(canvas, view, lab.lane().fraction(), viz::tr(s.lang, fmt::format("scene.{}.name", lab.scene()->id)));
    canvas.fill_rect(canvas.page(), viz::theme(view.theme).ground);
}

bool same(Rect a, Rect b) { return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h; }

bool same(const viz::View& left, const viz::View& right) {
    // a field that is added to View does not compile here until it is compared
    const auto& [stage, u, hover, selection, operands, revealed, theme, lang, presenter, interactive] = left;
    const viz::View& r = right;
    return stage == r.stage && u == r.u && hover == r.hover && selection == r.selection && operands == r.operands && revealed == r.revealed && theme == r.theme &&
           lang == r.lang && presenter == r.presenter && interactive == r.interactive;
}

/// True while the kept triangles are those of this picture.
bool still_good(const Shell& s, const viz::Painter& painter, const viz::View& view, Rect page, Vec2 origin, float scale) {
    const StagePicture& kept = s.picture;
    const Shown& shown = *s.lab.shown();
    return kept.data == shown.data && kept.scene == s.lab.scene() && kept.params == shown.params && same(kept.view, view) && same(kept.page, page) &&
           kept.origin.x == origin.x && kept.origin.y == origin.y && kept.scale == scale && kept.glyphs == painter.atlas().generation();
}

/// The scene, drawn anew when anything it depends on changed; its regions go to the shell.
void draw_picture(Shell& s, viz::Painter& painter, Rect page, Vec2 origin, float scale) {
    const viz::View view = s.view();
    const bool empty = !s.lab.scene() || !s.lab.shown() || (s.lab.error() && s.lab.error()->code == "empty_prompt");
    if (empty || !still_good(s, painter, view, page, origin, scale)) {
        s.picture = {};
        const std::unique_ptr<viz::Canvas> canvas = painter.record(s.picture.mesh, page, origin, scale);
        canvas->push_clip(page);
        if (empty) draw_no_picture(s, *canvas, view);
        else s.lab.scene()->draw(*canvas, *s.lab.shown()->data, s.lab.shown()->params, view);
        canvas->pop_clip();
        s.regions = canvas->regions();
        StagePicture& kept = s.picture;
        if (!empty) kept.scene = s.lab.scene(), kept.data = s.lab.shown()->data, kept.params = s.lab.shown()->params;
        kept.view = view, kept.page = page, kept.origin = origin, kept.scale = scale;
        kept.glyphs = painter.atlas().generation();
    }
    painter.play(s.picture.mesh);
}

Rect on_window(const Shell& s, Rect r) {
    return {s.stage_rect.x + r.x * s.stage_scale, s.stage_rect.y + r.y * s.stage_scale, r.w * s.stage_scale, r.h * s.stage_scale};
}

/// Hover and click on cells; regions are those of the last frame: what was seen is what is hit.
void point(Shell& s, Ui& u, bool clicked) {
    const bool over = u.hot() == "stage" || u.hot().starts_with("do:");
    const viz::Region* region = over ? viz::region_at(s.regions, s.to_page(u.mouse)) : nullptr;
    const std::optional<viz::CellRef> pointed = region ? viz::cell_at(*region, s.to_page(u.mouse)) : std::nullopt;
    // what a panel points at shows when nothing on the stage is pointed at; the keyboard's cell stays
    const bool keyboard = u.focused("stage") && s.ui.focus_visible;
    // a pointer at rest keeps its cell while the picture moves below it (the inspector narrows the stage)
    if (over && (u.moved || !s.lab.hover) && !(keyboard && !u.moved)) s.lab.hover = pointed;
    else if (!over && !keyboard) s.lab.hover = s.panel_hover;
    s.panel_hover.reset();
    if (region && !region->tip.empty()) u.tip(region->tip);
    if (!clicked) return;
    if (pointed && region->action.empty()) s.show_cell(*pointed);
    else if (!region) s.lab.selection.reset();
}

/// With the keyboard on the stage, arrows walk the cells and Enter asks why.
void walk_cells(Shell& s, Ui& u) {
    if (!u.focused("stage") || !s.ui.focus_visible) return;
    const std::pair<viz::Key, Vec2> arrows[] = {{viz::Key::kLeft, {-1, 0}}, {viz::Key::kRight, {1, 0}}, {viz::Key::kUp, {0, -1}}, {viz::Key::kDown, {0, 1}}};
    for (const auto& [key, direction] : arrows) {
        if (!u.take_key("stage", key)) continue;
        const std::optional<CellSpot> current = s.lab.hover ? find_cell(s.regions, *s.lab.hover) : std::nullopt;
        const std::optional<CellSpot> next = current ? neighbour_cell(s.regions, current->rect, direction) : first_cell(s.regions);
        if (next) s.lab.hover = next->cell;
    }
    if (s.lab.hover && u.take_key("stage", viz::Key::kEnter)) s.show_cell(*s.lab.hover);
    if (u.take_key("stage", viz::Key::kEscape)) s.lab.hover.reset(), s.ui.focus.clear();
}

/// Every action on the picture is a control: the keyboard reaches it, scripts name it.
void offer_actions(Shell& s, Ui& u) {
    std::map<std::string, int> seen;
    std::string wanted;
    for (const viz::Region& r : s.regions) {
        if (r.action.empty() || r.action == kZoomArea) continue;
        std::string id = "do:" + r.action;
        if (const int n = seen[r.action]++; n > 0) id += fmt::format("#{}", n);
        const Rect rect = on_window(s, r.rect);
        if (u.press(id, rect, {.label = r.tip})) wanted = r.action;
        u.focus_ring(id, rect, 4);
    }
    if (!wanted.empty()) s.act(wanted);
}

/// The wheel magnifies a picture that can be magnified, about the pointer. (Its buttons + and − are for the keyboard.)
void magnify(Shell& s, Ui& u) {
    const auto area = std::ranges::find(s.regions, kZoomArea, &viz::Region::action);
    if (area == s.regions.end() || area->rect.h <= 0) return;
    const Vec2 at = s.to_page(u.mouse);
    const bool over = (u.hot() == "stage" || u.hot().starts_with("do:")) && area->rect.contains(at);
    if (!over || u.input.wheel.y == 0) return;
    const Vec2 share{(at.x - area->rect.x) / area->rect.w, (at.y - area->rect.y) / area->rect.h};
    s.act(fmt::format("wheel {:g} {:.6f} {:.6f} {:.6f}", u.input.wheel.y, share.x, share.y, area->rect.w / area->rect.h));
    u.input.wheel.y = 0;
}

/// Dragging moves a magnified picture along with the pointer; a press that hardly moves stays a click.
void pan(Shell& s, Ui& u) {
    constexpr float kDrag = 6;
    const auto area = std::ranges::find(s.regions, kZoomArea, &viz::Region::action);
    if (area == s.regions.end() || area->rect.w <= 0 || area->rect.h <= 0) return;
    const Vec2 by{u.mouse.x - u.state.grab.x, u.mouse.y - u.state.grab.y};
    const bool held = u.active("stage") || u.state.active.starts_with("do:");
    if (held && area->rect.contains(s.to_page(u.state.grab)) && std::hypot(by.x, by.y) > kDrag) u.state.active = "pan";  // no control: letting go clicks nothing
    // while the last move is still being computed the way adds up
    if (!u.active("pan") || (by.x == 0 && by.y == 0) || s.lab.lane().busy()) return;
    s.act(fmt::format("pan {:.6f} {:.6f} {:.6f}", by.x / s.stage_scale / area->rect.w, by.y / s.stage_scale / area->rect.h, area->rect.w / area->rect.h));
    u.state.grab = u.mouse;
}

/// A slow computation over the old picture: how far it is, and a way out.
void draw_working(Shell& s, Ui& u, Rect area) {
    if (!s.lab.shown() || s.lab.lane().elapsed() < kPatience) return;
    const double done = s.lab.lane().fraction();
    const std::string words = done >= 0 ? u.tr("window.stage.working_at", {{"percent", viz::percent(std::min(done, 1.0), 0)}}) : u.tr("window.stage.working");
    const float w = u.width(words, u.type.caption) + 120;
    const Rect pill = {area.right() - w - 24, area.y + 16, w, 36};
    u.card(pill, u.theme.panel, u.theme.border, 18);
    u.text({pill.x + 18, pill.center().y + 0.36F * u.type.caption}, words, u.type.caption, u.theme.ink2);
    if (u.button("cancel", {pill.right() - 88, pill.y + 3, 84, 30}, u.tr("state.loading.cancel"), Ui::Look::kGhost)) s.lab.cancel();
}

}  // namespace

void draw_stage(Shell& s, Ui& u, viz::Painter& painter, Rect area) {
    s.stage_rect = area;
    s.stage_scale = std::min({1.0F, area.w / (kTolerance * u.theme.page_width), area.h / (kTolerance * u.theme.page_height)});
    const bool clicked = u.press("stage", area, {.label = u.tr("window.stage.label"), .focusable = !s.regions.empty(), .pointer = Pointer::kArrow, .keys = false});
    point(s, u, clicked);
    walk_cells(s, u);
    const Rect page = {0, 0, area.w / s.stage_scale, area.h / s.stage_scale};
    draw_picture(s, painter, page, {std::round(area.x * u.scale), std::round(area.y * u.scale)}, u.scale * s.stage_scale);
    u.focus_ring("stage", area.inset(8), 8);
    offer_actions(s, u);
    magnify(s, u);
    pan(s, u);
    draw_working(s, u, area);
}

void draw_banner(Shell& s, Ui& u, Rect stage) {
    const bool failed = s.page != PageId::kStart && s.lab.error() && s.lab.shown() && s.lab.error()->code != "empty_prompt";
    if (!s.banner && !failed) return;
    const std::string words = s.banner ? s.banner->text : viz::describe(s.lang, *s.lab.error());
    const std::string report = s.banner ? s.banner->report : s.lab.error()->plain();
    const float buttons = 250, text_w = std::max(160.0F, stage.w - 120 - buttons);
    const float h = std::max(56.0F, u.paragraph_height(viz::rich_escape(words), u.type.label, text_w) + 28);
    const Rect box = {stage.x + 24, stage.y + 16, stage.w - 48, h};
    u.card(box, u.theme.panel, u.theme.error.fill, 10);
    u.press("banner", box, {.label = words, .focusable = false, .pointer = Pointer::kArrow});
    draw_icon(u.canvas, Icon::kWarning, {box.x + 30, box.y + 28}, 18, u.theme.error.fill);
    u.paragraph({box.x + 56, box.y + 14}, viz::rich_escape(words), u.type.label, u.theme.ink, text_w);
    const float y = box.center().y - 18;
    if (failed && !s.banner && u.button("banner.retry", {box.right() - 244, y, 96, 36}, u.tr("state.error.retry"))) s.lab.retry();
    if (s.banner && !report.empty() && u.button("banner.copy", {box.right() - 244, y, 96, 36}, u.tr("window.banner.copy"))) {
        s.host.set_clipboard(report);
        s.toast(u.tr("window.copied"));
    }
    if (u.button("banner.close", {box.right() - 136, y, 120, 36}, u.tr("window.banner.close"))) {
        if (failed && !s.banner) s.lab.dismiss_error();
        s.banner.reset();
        s.faults.clear();
    }
}

void draw_toast(Shell& s, Ui& u, Rect stage) {
    if (s.toast_left <= 0) return;
    const float w = u.width(s.toast_text, u.type.label) + 40;
    const Rect box = {stage.center().x - w / 2, stage.bottom() - 72, w, 40};
    u.canvas.fill_rect(box, u.theme.ink, 20);
    u.text({box.center().x, box.center().y + 0.36F * u.type.label}, s.toast_text, u.type.label, u.theme.ground, viz::Weight::kRegular, viz::Align::kCenter);
}

}  // namespace dg::app
