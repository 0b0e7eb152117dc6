// One frame of the shell: input, results, panels, keys.
#include "app/window/shell.h"

#include "app/window/export_panel.h"
#include "app/window/inspector_panel.h"
#include "app/window/search_panel.h"
#include "app/window/start_page.h"

#include <algorithm>
#include <cmath>

namespace dg::app {
namespace {

constexpr float kTop = 48, kLeft = 420, kStrip = 72, kInspector = 380, kPresenterLine = 128;
constexpr double kKeepEvery = 5;  // seconds between writes of the lesson's progress

}  // namespace

Shell::Shell(ShellSetup setup_in, Host& host_in)
    : setup(std::move(setup_in)), host(host_in), lab(*setup.session, [this] { host.wake(); }),
      room(*setup.session, setup.scenes, setup.progress_file, [this] { host.wake(); }), lang(setup.lang), theme(setup.theme),
      inspector(std::make_unique<InspectorPanel>()), search(std::make_unique<SearchPanel>()),
      exporter(std::make_unique<ExportPanel>([this] { host.wake(); })), start(std::make_unique<StartPage>()) {}

Shell::~Shell() {
    start->remember_lab(*this);
    if (room.is_open()) static_cast<void>(room.keep());  // the disk may be full: nothing more can be done on the way out
}

float Shell::unit_scale(int width, int height) const {
    const float fit = std::min(static_cast<float>(width) / 1920, static_cast<float>(height) / 1080);
    return std::max(fit, 0.75F) * zoom;
}

Layout Shell::layout(float width, float height) const {
    Layout out;
    out.page = {0, 0, width, height};
    if (blank) return out;
    const float left = theme == viz::ThemeId::kProjector ? kLeft * 1.15F : kLeft;
    float y = 0, bottom = height;
    out.narrow = width < 1100 / 0.75F;
    if (presenter && page != PageId::kStart) {
        const float line = page == PageId::kLesson ? kPresenterLine : 0;
        out.strip = {0, height - line, width, line};
        out.stage = {0, 0, width, height - line};
        return out;
    }
    out.top = {0, 0, width, kTop};
    y = kTop;
    if (page == PageId::kStart) {
        out.stage = {0, y, width, bottom - y};
        return out;
    }
    if (!controls_hidden) {
        out.strip = {0, height - kStrip, width, kStrip};
        bottom -= kStrip;
    }
    const float slide = inspector->slide();
    if (out.narrow) {
        // one column: the picture, then the text or the inspector below it
        const float stage_height = controls_hidden ? bottom - y : std::max((bottom - y) * 0.55F, 200.0F);
        out.stage = {0, y, width, stage_height};
        const Rect below = {0, y + stage_height, width, std::max(0.0F, bottom - y - stage_height)};
        if (slide > 0) out.inspector = {0, bottom - below.h * slide, width, below.h};
        if (!controls_hidden) out.left = below;
        return out;
    }
    if (!controls_hidden) out.left = {0, y, left, bottom - y};
    out.inspector = {width - kInspector * slide, y, kInspector, bottom - y};
    if (slide <= 0) out.inspector = {};
    out.stage = {out.left.w, y, width - out.left.w - kInspector * slide, bottom - y};
    return out;
}

Vec2 Shell::to_page(Vec2 window) const { return {(window.x - stage_rect.x) / stage_scale, (window.y - stage_rect.y) / stage_scale}; }

viz::View Shell::view() {
    viz::View v;
    v.stage = lab.clock().stages() > 0 ? lab.clock().stage() : 0;
    v.u = lab.clock().stages() > 0 ? lab.clock().u() : 1;
    v.hover = lab.hover, v.selection = lab.selection;
    v.operands = lab.operands();
    v.revealed = !(page == PageId::kLesson && room.is_open() && room.player().covered());
    v.theme = theme, v.lang = lang;
    v.presenter = presenter;
    v.interactive = true;
    return v;
}

bool Shell::busy() const { return lab.lane().busy() || room.lane().busy() || exporter->lane().busy() || start->busy(); }

void Shell::wait_for_results() const {
    lab.lane().wait();
    room.lane().wait();
    exporter->lane().wait();
    start->wait();
}

double Shell::next_frame() const {
    double wait = -1;
    const auto soon = [&](double seconds) { wait = wait < 0 ? seconds : std::min(wait, seconds); };
    if (page != PageId::kStart && lab.clock().playing() && !blank) soon(0);
    if (inspector->moving()) soon(0);
    if (ui.typing) soon(0.53);
    if (lab.lane().elapsed() > 0) soon(lab.lane().elapsed() < 0.5 ? 0.5 - lab.lane().elapsed() + 0.01 : 0.1);
    if (exporter->lane().elapsed() > 0) soon(0.1);
    if (page == PageId::kStart && !blank) {
        if (const double due = start->next_frame(*this); due >= 0) soon(due);
    }
    if (toast_left > 0) soon(toast_left);
    if (page == PageId::kLesson) soon(1);
    return wait;
}

void Shell::poll() {
    const bool fresh = lab.poll();
    room.poll();
    if (exporter->lane().poll()) exporter->report(*this);
    start->poll();
    if (fresh && lab.shown() && !lab.error()) inspector->refresh(*this);
    if (fresh && page == PageId::kLesson && room.is_open() && !room.player().covered()) room.measure();
}

void Shell::guard(const std::string& name, const std::function<void()>& panel) {
    if (faults.contains(name)) return;
    if (!setup.catch_faults) return panel();
    try {
        panel();
    } catch (const std::exception& e) {
        faults[name] = e.what();
        banner = Banner{viz::tr(lang, "window.fault", {{"panel", name}}), name + ": " + e.what(), true};
    }
}

void Shell::frame(viz::Painter& painter, InputFrame& input, int width, int height, double dt) {
    now += dt;
    poll();
    if (input.quit) quit = true;
    for (const std::string& path : input.dropped) drop(path);
    if (page != PageId::kStart) lab.clock().advance(dt);
    else start->advance(*this, dt);
    if (room.is_open() && page == PageId::kLesson) {
        room.player().tick(dt);
        progress_due_ += dt;
        if (now - reloaded_at_ > 1) {
            // an author saved the file: the step stays
            reloaded_at_ = now;
            const Result<bool> reloaded = room.reload();
            if (!reloaded) say(reloaded.error());
            else if (*reloaded) apply_workspace(), toast(viz::tr(lang, "window.lesson.reloaded"));
        }
        if (progress_due_ > kKeepEvery) {
            progress_due_ = 0;
            if (const Result<void> kept = room.keep(); !kept) say(kept.error());
        }
    }
    toast_left = std::max(0.0, toast_left - dt);
    inspector->advance(dt, setup.reduced_motion);

    const float scale = unit_scale(width, height);
    painter.begin(width, height);
    try {
        const std::unique_ptr<viz::Canvas> canvas =
            painter.open({0, 0, static_cast<float>(width) / scale, static_cast<float>(height) / scale}, {0, 0}, scale);
        Ui u(*canvas, ui, input, look(), lang, scale, host);
        u.time = now;
        mouse = u.mouse;
        draw(u, painter, layout(canvas->page().w, canvas->page().h), scale);
        u.end();
        run_keys(*this, u);
        faults_in_a_row_ = 0;
    } catch (const std::exception& e) {
        painter.end(false);
        if (!setup.catch_faults || ++faults_in_a_row_ >= 10) throw;
        banner = Banner{viz::tr(lang, "window.fault", {{"panel", "frame"}}), e.what(), true};
        return;
    }
    painter.end();
}

void Shell::draw(Ui& u, viz::Painter& painter, const Layout& areas, float) {
    u.canvas.fill_rect(areas.page, blank ? viz::Color{0, 0, 0, 255} : look().ground);
    if (blank) {
        if (u.press("blank", areas.page, {.focusable = false, .pointer = Pointer::kArrow})) blank = false;
        return;
    }
    draw_panels(u, painter, areas);
    if (areas.top.h > 0) guard("top", [&] { draw_top_bar(*this, u, areas.top); });
    draw_toast(*this, u, areas.stage);
    if (overlay == Overlay::kSearch) guard("search", [&] { search->draw(*this, u, areas.page); });
    if (overlay == Overlay::kHelp) guard("help", [&] { draw_help(*this, u, areas.page); });
    if (overlay == Overlay::kExport) guard("export", [&] { exporter->draw(*this, u, areas.page); });
}

void Shell::draw_panels(Ui& u, viz::Painter& painter, const Layout& areas) {
    if (page == PageId::kStart) {
        guard("start", [&] { start->draw(*this, u, areas.stage); });
        draw_banner(*this, u, areas.stage);
        return;
    }
    guard("stage", [&] { draw_stage(*this, u, painter, areas.stage); });
    draw_banner(*this, u, areas.stage);
    if (areas.left.h > 0) {
        if (page == PageId::kLesson && room.is_open()) guard("lesson", [&] { draw_lesson_panel(*this, u, areas.left); });
        else guard("lab", [&] { draw_lab_panel(*this, u, areas.left); });
    }
    if (areas.inspector.h > 0) guard("inspector", [&] { inspector->draw(*this, u, areas.inspector); });
    if (areas.strip.h > 0) {
        if (presenter) guard("presenter", [&] { draw_presenter_line(*this, u, areas.strip); });
        else guard("strip", [&] { draw_strip(*this, u, areas.strip, areas.narrow); });
    }
}

}  // namespace dg::app
