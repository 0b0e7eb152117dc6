// The shell without a window: frames of fixed length, the software rasteriser, a clipboard of its own.
#pragma once

#include "app/window/frame_times.h"
#include "app/window/script.h"

namespace dg::app {

class HeadlessHost : public Host {
  public:
    void wake() override {}

    void set_full_screen(bool on) override { full_ = on; }

    [[nodiscard]] bool full_screen() const override { return full_; }

    void set_clipboard(const std::string& text) override { clipboard_ = text; }

    [[nodiscard]] std::string clipboard() const override { return clipboard_; }

  private:
    bool full_ = false;
    std::string clipboard_;
};

class HeadlessStage : public Stage {
  public:
    HeadlessStage(ShellSetup setup, int width, int height);

    Shell& shell() override { return shell_; }

    void push(viz::InputEvent event) override {
        typed_ = typed_ || event.type == viz::InputEvent::Type::kText;
        queue_.push(std::move(event));
    }

    void frames(double dt) override;
    void resize(int width, int height) override;
    Result<void> shot(const std::filesystem::path& file) override;
    float scale() override;
    /// The pixels as they are now.
    viz::Image pixels();

    /// Off: computations run on while frames pass. On (default): every frame waits for results, so runs repeat exactly.
    void set_waiting(bool on) { waiting_ = on; }

    /// On: typed letters are timed until their picture is drawn.
    void set_measuring(bool on) { measuring_ = on; }

    FrameTimes times;

  private:
    HeadlessHost host_;
    viz::Painter painter_;
    InputQueue queue_;
    Shell shell_;
    int width_, height_;
    bool waiting_ = true, measuring_ = false, typed_ = false;
};

}  // namespace dg::app
