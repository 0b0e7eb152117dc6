#include "viz/window/sdl_events.h"

#include <SDL.h>

namespace dg::viz {
namespace {

using Type = InputEvent::Type;

Key key_of(SDL_Keycode code) {
    switch (code) {
        case SDLK_TAB: return Key::kTab;
        case SDLK_RETURN:
        case SDLK_KP_ENTER: return Key::kEnter;
        case SDLK_ESCAPE: return Key::kEscape;
        case SDLK_SPACE: return Key::kSpace;
        case SDLK_BACKSPACE: return Key::kBackspace;
        case SDLK_DELETE: return Key::kDelete;
        case SDLK_LEFT: return Key::kLeft;
        case SDLK_RIGHT: return Key::kRight;
        case SDLK_UP: return Key::kUp;
        case SDLK_DOWN: return Key::kDown;
        case SDLK_HOME: return Key::kHome;
        case SDLK_END: return Key::kEnd;
        case SDLK_PAGEUP: return Key::kPageUp;
        case SDLK_PAGEDOWN: return Key::kPageDown;
        case SDLK_F1: return Key::kF1;
        case SDLK_F5: return Key::kF5;
        case SDLK_F11: return Key::kF11;
        default: return code > 0x20 && code < 0x7F ? Key::kCharacter : Key::kNone;
    }
}

InputEvent keyboard(const SDL_KeyboardEvent& key) {
    InputEvent e;
    e.type = Type::kKey;
    e.key = key_of(key.keysym.sym);
    if (e.key == Key::kCharacter) e.code = static_cast<char32_t>(key.keysym.sym);
    if (key.keysym.sym >= SDLK_KP_1 && key.keysym.sym <= SDLK_KP_9) {
        e.key = Key::kCharacter;
        e.code = U'1' + static_cast<char32_t>(key.keysym.sym - SDLK_KP_1);
    }
    e.shift = (key.keysym.mod & KMOD_SHIFT) != 0;
    e.ctrl = (key.keysym.mod & (KMOD_CTRL | KMOD_GUI)) != 0;
    e.alt = (key.keysym.mod & KMOD_LALT) != 0;
    return e;
}

InputEvent mouse_button(const SDL_MouseButtonEvent& button, float pixels) {
    InputEvent e;
    e.type = button.type == SDL_MOUSEBUTTONDOWN ? Type::kMouseDown : Type::kMouseUp;
    e.at = {static_cast<float>(button.x) * pixels, static_cast<float>(button.y) * pixels};
    e.button = button.button == SDL_BUTTON_LEFT ? 0 : button.button == SDL_BUTTON_RIGHT ? 1 : 2;
    e.clicks = button.clicks;
    return e;
}

std::optional<InputEvent> window_event(const SDL_WindowEvent& window) {
    switch (window.event) {
        case SDL_WINDOWEVENT_SIZE_CHANGED: return InputEvent{.type = Type::kResize};
        case SDL_WINDOWEVENT_EXPOSED:
        case SDL_WINDOWEVENT_SHOWN:
        case SDL_WINDOWEVENT_FOCUS_GAINED: return InputEvent{.type = Type::kExpose};
        case SDL_WINDOWEVENT_FOCUS_LOST: return InputEvent{.type = Type::kBlur};
        case SDL_WINDOWEVENT_LEAVE: return InputEvent{.type = Type::kMouseLeave};
        case SDL_WINDOWEVENT_CLOSE: return InputEvent{.type = Type::kQuit};
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<InputEvent> translate(const SDL_Event& event, float pixels) {
    InputEvent e;
    switch (event.type) {
        case SDL_QUIT: e.type = Type::kQuit; return e;
        case SDL_WINDOWEVENT: return window_event(event.window);
        case SDL_MOUSEMOTION:
            e.type = Type::kMouseMove;
            e.at = {static_cast<float>(event.motion.x) * pixels, static_cast<float>(event.motion.y) * pixels};
            return e;
        case SDL_MOUSEBUTTONDOWN:
        case SDL_MOUSEBUTTONUP: return mouse_button(event.button, pixels);
        case SDL_MOUSEWHEEL:
            e.type = Type::kWheel;
            e.at = {event.wheel.preciseX, event.wheel.preciseY};
            return e;
        case SDL_KEYDOWN: return keyboard(event.key);
        case SDL_TEXTINPUT:
            e.type = Type::kText;
            e.text = event.text.text;
            return e;
        case SDL_TEXTEDITING:
            e.type = Type::kEditing;
            e.text = event.edit.text;
            e.caret = event.edit.start;
            return e;
        case SDL_DROPFILE: {
            e.type = Type::kDrop;
            e.text = event.drop.file ? event.drop.file : "";
            return e;
        }
        default: return std::nullopt;
    }
}

}  // namespace dg::viz
