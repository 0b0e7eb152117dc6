// Events to frames. A frame sees at most one press or release of a mouse button, so that a quick click is never lost;
// keys and typed text stay in their order.
#pragma once

#include "viz/window/event.h"

#include <array>
#include <deque>
#include <optional>
#include <vector>

namespace dg::app {

/// A key press or typed text; whoever acts on it sets `used`.
struct Stroke {
    viz::InputEvent event;
    bool used = false;
};

/// What one frame sees; positions in pixels.
struct InputFrame {
    viz::Vec2 mouse = {-1, -1};
    bool inside = false;                        // the mouse is over the window
    bool down = false;                          // left button, after this frame's events
    bool pressed = false, released = false;     // left button changed in this frame
    bool right_pressed = false;
    int clicks = 0;                             // with `pressed`
    viz::Vec2 wheel;
    std::vector<Stroke> strokes;
    std::optional<viz::InputEvent> editing;     // the input method's unfinished text, when it changed
    std::vector<std::string> dropped;
    std::optional<viz::Vec2> resized;
    bool blurred = false, quit = false;
};

class InputQueue {
  public:
    void push(viz::InputEvent event) { events_.push_back(std::move(event)); }

    [[nodiscard]] bool empty() const { return events_.empty(); }

    /// The next frame's input; takes events up to and including the first button change.
    InputFrame next();

  private:
    /// Returns whether the frame is full.
    bool apply(viz::InputEvent& event, InputFrame& frame);

    std::deque<viz::InputEvent> events_;
    viz::Vec2 mouse_ = {-1, -1};
    bool inside_ = false, down_ = false;
};

}  // namespace dg::app
