// What people do, in neutral words: the SDL window and the script of a test write the same events.
#pragma once

#include "viz/canvas/canvas.h"

#include <string>

namespace dg::viz {

/// Keys with a meaning of their own; every other key is kCharacter with its `code`.
enum class Key {
    kNone, kCharacter, kTab, kEnter, kEscape, kSpace, kBackspace, kDelete, kLeft, kRight, kUp, kDown, kHome, kEnd, kPageUp,
    kPageDown, kF1, kF5, kF11
};

struct InputEvent {
    enum class Type {
        kMouseMove, kMouseDown, kMouseUp, kMouseLeave, kWheel, kKey, kText, kEditing, kResize, kExpose, kDrop, kBlur, kQuit
    };

    Type type = Type::kExpose;
    Vec2 at = {};               // mouse position in pixels; kResize: new size; kWheel: steps, y > 0 away from the user
    int button = 0;             // 0 left, 1 right, 2 middle
    int clicks = 1;             // kMouseDown: 2 = double click
    Key key = Key::kNone;
    char32_t code = 0;          // kCharacter: the unshifted letter or sign
    bool shift = false, ctrl = false, alt = false;
    std::string text = {};      // kText: typed; kEditing: not yet committed; kDrop: a path
    int caret = 0;              // kEditing: characters before the caret
};

}  // namespace dg::viz
