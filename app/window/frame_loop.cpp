// The real window: waits for events, draws only when something changed.
#include "app/interrupt.h"
#include "app/window/headless.h"
#include "app/window/options.h"
#include "app/window/world.h"
#include "engine/io/files.h"
#include "viz/canvas/png.h"
#include "viz/window/sdl_window.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace dg::app {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class WindowHost : public Host {
  public:
    explicit WindowHost(viz::SdlWindow& window) : window_(window) {}

    void wake() override { window_.wake(); }

    void set_full_screen(bool on) override { window_.set_full_screen(on); }

    [[nodiscard]] bool full_screen() const override { return window_.full_screen(); }

    void set_clipboard(const std::string& text) override { window_.set_clipboard(text); }

    [[nodiscard]] std::string clipboard() const override { return window_.clipboard(); }

  private:
    viz::SdlWindow& window_;
};

/// The window as a stage for scripts; the loop of a person's session uses the same frames.
class WindowStage : public Stage {
  public:
    WindowStage(viz::SdlWindow& window, viz::Painter& painter, ShellSetup setup)
        : window_(window), painter_(painter), host_(window), shell_(std::move(setup), host_), last_(Clock::now()) {}

    Shell& shell() override { return shell_; }

    void push(viz::InputEvent event) override { queue_.push(std::move(event)); }

    void frames(double dt) override {
        std::vector<viz::InputEvent> ignored;  // a script's window listens to the script alone
        window_.wait(0, ignored);
        bool again = true;
        while (again) {
            again = !queue_.empty();
            shell_.wait_for_results();
            build(dt);
        }
        show(nullptr);
    }

    void resize(int, int) override {}

    Result<void> shot(const std::filesystem::path& file) override {
        build(0);
        viz::Image image;
        show(&image);
        DG_ASSIGN(const std::string bytes, viz::encode_png(image));
        return write_file(file, bytes);
    }

    float scale() override { return shell_.unit_scale(window_.width(), window_.height()); }

    /// One turn of a person's session: waits, then draws if anything happened. Returns false when nothing was drawn.
    bool turn() {
        const double next = settle_ > 0 ? 0 : shell_.next_frame();
        const double left = next < 0 ? 1e9 : next - seconds_since(last_);
        const int wait = left <= 0 ? 0 : static_cast<int>(std::min(std::ceil(left * 1000), static_cast<double>(kInterruptPoll)));
        std::vector<viz::InputEvent> events;
        window_.wait(wait, events);
        const bool due = next >= 0 && seconds_since(last_) >= next;
        const bool waiting_result = shell_.busy();
        if (events.empty() && !due && !waiting_result) return false;
        if (!events.empty()) settle_ = 2;  // controls answer to the picture before: one more frame
        else if (settle_ > 0) --settle_;
        const bool typed = std::ranges::any_of(events, [](const viz::InputEvent& e) { return e.type == viz::InputEvent::Type::kText; });
        if (typed) typed_ = Clock::now(), picture_ = picture();
        for (viz::InputEvent& e : events) queue_.push(std::move(e));
        const double dt = std::min(0.1, seconds_since(last_));
        last_ = Clock::now();
        build(dt);
        while (!queue_.empty()) build(0);
        follow();
        show(nullptr);
        if (picture_ && picture() != picture_) {
            times.edit.push_back(seconds_since(typed_) * 1000);
            picture_ = nullptr;
        }
        // a playing clock needs no more than 60 frames a second
        if (next == 0 && settle_ == 0) std::this_thread::sleep_for(std::chrono::duration<double>(std::max(0.0, 1.0 / 60 - seconds_since(last_))));
        return true;
    }

    FrameTimes times;

  private:
    void build(double dt) {
        InputFrame input = queue_.next();
        const double start = thread_seconds();
        shell_.frame(painter_, input, window_.width(), window_.height(), dt);
        times.build.push_back(1000 * (thread_seconds() - start));
    }

    void show(viz::Image* copy) {
        const viz::PresentTimes took = window_.present(shell_.look().ground, copy);
        if (took.raster >= 0) times.raster.push_back(1000 * took.raster);
        times.present.push_back(1000 * took.present);
    }

    const viz::SceneData* picture() { return shell_.lab.shown() ? shell_.lab.shown()->data.get() : nullptr; }

    /// Pointer shape, input method and title follow the shell.
    void follow() {
        const float s = scale();
        const Rect caret = shell_.ui.caret;
        window_.set_text_input(shell_.ui.typing, {caret.x * s, caret.y * s, caret.w * s, caret.h * s});
        window_.set_cursor(pointer());
        window_.set_title(shell_.lab.scene() && shell_.page != PageId::kStart ? fmt::format("deepglass · {}", viz::tr(shell_.lang, fmt::format("scene.{}.name", shell_.lab.scene()->id))) : "deepglass");
    }

    viz::SdlWindow::Cursor pointer() const {
        for (std::size_t i = shell_.ui.widgets.size(); i-- > 0;) {
            const WidgetInfo& w = shell_.ui.widgets[i];
            if (!w.rect.contains(shell_.mouse)) continue;
            return w.pointer == Pointer::kText ? viz::SdlWindow::Cursor::kText : w.pointer == Pointer::kHand && w.enabled ? viz::SdlWindow::Cursor::kHand : viz::SdlWindow::Cursor::kArrow;
        }
        return viz::SdlWindow::Cursor::kArrow;
    }

    viz::SdlWindow& window_;
    viz::Painter& painter_;
    WindowHost host_;
    InputQueue queue_;
    Shell shell_;
    Clock::time_point last_, typed_;
    const viz::SceneData* picture_ = nullptr;  // on screen when a letter was typed that no picture answers yet
    int settle_ = 2;
    static constexpr int kInterruptPoll = 250;  // ms: Ctrl-C in the terminal closes the window
};

Result<void> run_script_in(WindowStage& stage, const std::string& script) {
    DG_ASSIGN(const std::string text, read_file(script));
    DG_ASSIGN(const std::vector<ScriptLine> lines, parse_script(text, script));
    stage.frames(0);
    return run_script(lines, script, stage);
}

}  // namespace

Result<void> run_window(const WindowRequest& request) {
    const auto start = Clock::now();
    viz::Painter painter;
    viz::WindowOptions options{.width = request.width, .height = request.height, .renderer = request.renderer, .full_screen = request.full_screen};
    DG_ASSIGN(const std::unique_ptr<viz::SdlWindow> window, viz::SdlWindow::open(options, painter));
    World world = make_world(request);
    WindowStage stage(*window, painter, world.setup);
    DG_TRY(enter(stage.shell(), request));
    for (const Error& problem : world.problems) stage.shell().say(problem);
    if (!request.script.empty()) {
        DG_TRY(run_script_in(stage, request.script));
        if (request.measure) fmt::print("{}; renderer {}\n", stage.times.summary(), window->renderer());
        return {};
    }
    bool first = true;
    while (!stage.shell().quit && !interrupted()) {
        const bool drawn = stage.turn();
        if (drawn && first && request.measure) fmt::print("first frame after {:.0f} ms; renderer {}\n", seconds_since(start) * 1000, window->renderer());
        first = first && !drawn;
    }
    if (request.measure) fmt::print("{}\n", stage.times.summary());
    return {};
}

}  // namespace dg::app
