// The real window: SDL2. OpenGL 3 on a real GPU, else the software rasteriser and the window's surface.
#pragma once

#include "engine/base/result.h"
#include "viz/canvas/image.h"
#include "viz/window/event.h"
#include "viz/window/painter.h"

#include <memory>
#include <string>
#include <vector>

namespace dg::viz {

struct WindowOptions {
    int width = 1600, height = 900;
    std::string title = "deepglass";
    /// "auto": OpenGL unless its renderer is software; "gl": OpenGL whatever it is; "software".
    std::string renderer = "auto";
    bool full_screen = false;
};

/// Seconds by the clock; raster < 0: drawn by OpenGL.
struct PresentTimes {
    double raster = -1, present = 0;
};

class SdlWindow {
  public:
    /// Error codes: window_sdl (args reason): no display, or SDL refuses.
    static Result<std::unique_ptr<SdlWindow>> open(const WindowOptions& options, Painter& painter);
    virtual ~SdlWindow() = default;

    /// Size in pixels.
    [[nodiscard]] virtual int width() const = 0;
    [[nodiscard]] virtual int height() const = 0;
    /// "software", or the OpenGL driver's name.
    [[nodiscard]] virtual const std::string& renderer() const = 0;

    /// Waits at most so long (0: not at all; negative: for ever) and appends what happened.
    virtual void wait(int milliseconds, std::vector<InputEvent>& events) = 0;
    /// Ends a wait from any thread.
    virtual void wake() = 0;

    /// Shows the painter's frame, and copies its pixels when asked.
    virtual PresentTimes present(Color ground, Image* copy = nullptr) = 0;

    virtual void set_title(const std::string& title) = 0;
    virtual void set_full_screen(bool on) = 0;
    [[nodiscard]] virtual bool full_screen() const = 0;
    /// Typing on, its candidate window under this rectangle (pixels); or off: keys then are commands.
    virtual void set_text_input(bool on, Rect caret) = 0;
    virtual void set_clipboard(const std::string& text) = 0;
    [[nodiscard]] virtual std::string clipboard() const = 0;
    enum class Cursor { kArrow, kHand, kText };
    virtual void set_cursor(Cursor cursor) = 0;
};

}  // namespace dg::viz
