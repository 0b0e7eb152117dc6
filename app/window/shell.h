// The window without a window: everything on screen and everything that can be done to it. Real windows, the headless
// mode and the tests feed it events and a painter.
#pragma once

#include "app/window/classroom.h"
#include "app/window/input.h"
#include "app/window/lab.h"
#include "app/window/ui.h"
#include "viz/window/painter.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dg::app {

/// What the shell asks of the platform.
class Host : public Clipboard {
  public:
    /// From any thread: a result waits, run a frame.
    virtual void wake() = 0;
    virtual void set_full_screen(bool on) = 0;
    [[nodiscard]] virtual bool full_screen() const = 0;
};

struct ShellSetup {
    std::span<const viz::Scene> scenes;
    viz::Session* session = nullptr;
    std::vector<lessons::ShelfEntry> shelf = {};
    std::filesystem::path progress_file = {};  // empty: nothing is kept
    viz::Lang lang = viz::Lang::kZh;
    viz::ThemeId theme = viz::ThemeId::kLight;
    bool reduced_motion = false;
    bool catch_faults = true;
};

enum class PageId { kStart, kLab, kLesson };
enum class Overlay { kNone, kSearch, kHelp, kExport };

/// A lesson as the start page and the search name it.
struct LessonInfo {
    lessons::Text title;
    int number = 0, chapter = 0, steps = 0;
    double minutes = 0;
    int done = 0;  // steps revealed so far
};

/// A message over the stage, and what can be done about it.
struct Banner {
    std::string text;
    std::string report;  // for the clipboard; empty = none
    bool error = true;
};

/// Rectangles of one frame in units; empty ones are not drawn.
struct Layout {
    Rect page, top, left, stage, strip, inspector;
    bool narrow = false;
};

/// The scene as last drawn and what it was drawn from: while nothing of that changes, frames repeat the triangles.
struct StagePicture {
    const viz::Scene* scene = nullptr;
    std::shared_ptr<const viz::SceneData> data;  // nullptr: nothing kept
    viz::Params params;
    viz::View view;
    Rect page;
    Vec2 origin;
    float scale = 0;
    std::uint64_t glyphs = 0;  // generation of the atlas
    viz::MeshRecording mesh;
};

class InspectorPanel;
class SearchPanel;
class ExportPanel;
class StartPage;

class Shell {
  public:
    Shell(ShellSetup setup, Host& host);
    ~Shell();
    Shell(const Shell&) = delete;
    Shell& operator=(const Shell&) = delete;

    /// One frame of width x height pixels; dt: seconds since the last one. The painter must not be open.
    void frame(viz::Painter& painter, InputFrame& input, int width, int height, double dt);

    /// Seconds until a frame is needed without an event: 0 = at once, negative = none.
    [[nodiscard]] double next_frame() const;
    /// Computations under way.
    [[nodiscard]] bool busy() const;
    /// Blocks until every computation has a result (headless mode).
    void wait_for_results() const;

    // ---- deeds: what buttons, keys, search and scripts do ----

    Result<void> open_scene(std::string_view id, const Settings& set = {});
    /// step counts from 0; negative: where the learner left off.
    Result<void> open_lesson(const lessons::ShelfEntry& entry, int step = -1);
    void open_start();
    /// Changes parameters with undo; what goes wrong is shown beside the control or as a banner.
    void set_params(const Settings& changes);
    void undo();
    void redo();
    void reset();
    void reset_lesson();
    /// A region's action: "set a=b c=d", "open SCENE a=b", "cancel", "retry", or the scene's own.
    void act(const std::string& action);
    void show_cell(const viz::CellRef& cell);
    void go_step(int direction);
    void choose(int choice);
    void reveal();
    void say(const Error& error);
    void toast(std::string text);
    void close_top();
    void open_overlay(Overlay overlay);
    void drop(const std::string& path);
    void apply_workspace();

    // ---- what is on screen: panels and tests read and change it ----

    ShellSetup setup;
    Host& host;
    Lab lab;
    Classroom room;
    UiState ui;
    viz::Lang lang;
    viz::ThemeId theme;
    PageId page = PageId::kStart;
    Overlay overlay = Overlay::kNone;
    float zoom = 1;
    bool controls_hidden = false, blank = false, presenter = false, notes = false, quit = false;
    std::optional<Banner> banner;
    std::map<std::string, Error> param_errors;  // beside the control of that parameter
    std::map<std::string, LessonInfo> titles;   // by lesson id; read beside the frame thread
    std::map<std::string, std::string> drafts;  // numbers while they are typed
    std::map<std::string, float> panel_heights;  // content of scrolling panels in the last frame
    std::optional<viz::CellRef> panel_hover;    // the cell a panel points at
    int chosen = 0;                             // radio of the question, from 1; 0 = none
    std::vector<viz::Region> regions;           // of the stage, as last drawn, in page units of the scene
    StagePicture picture;
    Rect stage_rect;                            // where the stage was last drawn, window units
    float stage_scale = 1;                      // window units per page unit of the scene
    std::unique_ptr<InspectorPanel> inspector;
    std::unique_ptr<SearchPanel> search;
    std::unique_ptr<ExportPanel> exporter;
    std::unique_ptr<StartPage> start;

    /// Panels that threw, by name: not drawn again until dismissed.
    std::map<std::string, std::string> faults;
    std::string toast_text;
    double toast_left = 0;
    double now = 0;  // seconds of frames so far
    Vec2 mouse;      // in units of the window

    [[nodiscard]] const viz::Theme& look() const { return viz::theme(theme); }

    /// The scene's view as it is drawn now.
    viz::View view();
    [[nodiscard]] Layout layout(float width, float height) const;
    [[nodiscard]] float unit_scale(int width, int height) const;
    /// Where a point of the window lies on the scene's page.
    [[nodiscard]] Vec2 to_page(Vec2 window) const;

  private:
    void poll();
    void draw(Ui& ui_frame, viz::Painter& painter, const Layout& areas, float scale);
    /// Draws a panel; what it throws disables it and shows a banner.
    void guard(const std::string& name, const std::function<void()>& panel);
    void draw_panels(Ui& u, viz::Painter& painter, const Layout& areas);
    void swap_params(std::vector<Settings>& from, std::vector<Settings>& to);

    std::vector<Settings> undo_, redo_;
    std::string last_changed_;  // the parameter of the last change; "*" for several
    double changed_at_ = -1;
    int faults_in_a_row_ = 0;
    double progress_due_ = 0, reloaded_at_ = 0;
};

/// "a=1 b=two words c=3" as settings: a value ends where " name=" begins.
Settings assignments(std::string_view words);

// ---- panels (one file each) ----

void draw_top_bar(Shell& shell, Ui& u, Rect area);
void draw_lab_panel(Shell& shell, Ui& u, Rect area);
void draw_lesson_panel(Shell& shell, Ui& u, Rect area);
void draw_presenter_line(Shell& shell, Ui& u, Rect area);
void draw_strip(Shell& shell, Ui& u, Rect area, bool narrow);
void draw_stage(Shell& shell, Ui& u, viz::Painter& painter, Rect area);
void draw_banner(Shell& shell, Ui& u, Rect stage);
void draw_toast(Shell& shell, Ui& u, Rect stage);
void draw_help(Shell& shell, Ui& u, Rect page);
/// Controls of these parameters (none named: all of the scene) from `at` downwards; both return the height.
float draw_param_controls(Shell& shell, Ui& u, Vec2 at, float width, std::span<const std::string> ids);
float measure_param_controls(Shell& shell, Ui& u, float width, std::span<const std::string> ids);

/// Commands by key: returns when every stroke that nobody used was looked up.
void run_keys(Shell& shell, Ui& u);

}  // namespace dg::app
