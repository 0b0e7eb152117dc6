#include "app/window/input.h"

#include <utility>

namespace dg::app {

using Type = viz::InputEvent::Type;

bool InputQueue::apply(viz::InputEvent& e, InputFrame& frame) {
    switch (e.type) {
        case Type::kMouseMove: mouse_ = e.at, inside_ = true; return false;
        case Type::kMouseLeave: inside_ = false; return false;
        case Type::kMouseDown:
            mouse_ = e.at, inside_ = true;
            if (e.button == 1) frame.right_pressed = true;
            if (e.button != 0) return false;
            down_ = frame.pressed = true;
            frame.clicks = e.clicks;
            return true;
        case Type::kMouseUp:
            mouse_ = e.at;
            if (e.button != 0) return false;
            frame.released = down_;
            down_ = false;
            return true;
        case Type::kWheel: frame.wheel.x += e.at.x, frame.wheel.y += e.at.y; return false;
        case Type::kKey:
        case Type::kText: frame.strokes.push_back({std::move(e), false}); return false;
        case Type::kEditing: frame.editing = std::move(e); return false;
        case Type::kResize: frame.resized = e.at; return false;
        case Type::kDrop: frame.dropped.push_back(std::move(e.text)); return false;
        case Type::kBlur: frame.blurred = true; return false;
        case Type::kQuit: frame.quit = true; return false;
        case Type::kExpose: return false;
    }
    return false;
}

InputFrame InputQueue::next() {
    InputFrame frame;
    bool full = false;
    while (!full && !events_.empty()) {
        full = apply(events_.front(), frame);
        events_.pop_front();
    }
    frame.mouse = mouse_;
    frame.inside = inside_;
    frame.down = down_;
    return frame;
}

}  // namespace dg::app
