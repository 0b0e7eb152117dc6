#include "app/window/deeds.h"

#include "app/window/cells.h"
#include "app/window/inspector_panel.h"
#include "app/window/shell.h"
#include "viz/text/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::app {
namespace {

using viz::InputEvent;
using viz::Key;

bool has_scene(const Shell& s) { return s.page != PageId::kStart && s.lab.scene() != nullptr; }

bool has_clock(const Shell& s) { return has_scene(s) && s.lab.clock().stages() > 0; }

bool inspecting(const Shell& s) { return s.page != PageId::kStart && s.inspector->is_open(); }

/// In front of an audience the full stop is the remote's: it blanks the screen.
bool steps_clock(const Shell& s) { return has_clock(s) && !s.presenter && !s.blank; }

bool in_lesson(const Shell& s) { return s.page == PageId::kLesson && s.room.is_open(); }

/// Moves the clock within its stage and beyond by a tenth.
void nudge(Shell& s, double by) {
    viz::Clock& clock = s.lab.clock();
    double stage = clock.stage(), u = clock.u() + by;
    if (u > 1 + 1e-9 && clock.stage() + 1 < clock.stages()) stage += 1, u = by;
    if (u < -1e-9 && clock.stage() > 0) stage -= 1, u = 1 + by;
    clock.scrub(static_cast<int>(stage), std::round(std::clamp(u, 0.0, 1.0) * 100) / 100);
}

void next_theme(Shell& s) {
    constexpr std::array kOrder = {viz::ThemeId::kLight, viz::ThemeId::kDark, viz::ThemeId::kProjector};
    const auto at = std::ranges::find(kOrder, s.theme);
    s.theme = at == kOrder.end() || at + 1 == kOrder.end() ? kOrder[0] : *(at + 1);
}

void zoom(Shell& s, int direction) {
    constexpr std::array kZooms = {0.75F, 1.0F, 1.25F, 1.5F, 2.0F};
    auto at = std::ranges::min_element(kZooms, {}, [&](float z) { return std::abs(z - s.zoom); }) - kZooms.begin();
    at = std::clamp<std::ptrdiff_t>(at + direction, 0, static_cast<std::ptrdiff_t>(kZooms.size()) - 1);
    s.zoom = direction == 0 ? 1.0F : kZooms.at(static_cast<std::size_t>(at));
}

/// The parameter `id` by `step` places, round at its ends when it is one of a few.
void cycle(Shell& s, std::string_view id, int step) {
    const viz::ParamSpec* spec = s.lab.spec(id);
    if (!spec || spec->type != viz::ParamType::kInt) return;
    std::int64_t low = static_cast<std::int64_t>(spec->min), high = static_cast<std::int64_t>(spec->max);
    if (const viz::Trace* trace = s.lab.trace(); trace && trace->model) {
        const Config& config = trace->model->model.config;
        if (id == "layer") high = std::min<std::int64_t>(high, config.num_hidden_layers - 1);
        if (id == "head") high = std::min<std::int64_t>(high, config.num_attention_heads - 1);
        if (id == "position") low = 0, high = static_cast<std::int64_t>(trace->tokens.size()) - 1;
    }
    if (high < low) return;
    std::int64_t value = s.lab.params().integer(id);
    if (id == "position" && value < 0) value = high;
    value = value + step > high ? low : value + step < low ? high : value + step;
    s.set_params({{std::string(id), std::to_string(value)}});
}

/// The layer; where a scene has none, the next place of the picture along a parameter that only the drawing reads (a cursor).
void upright(Shell& s, int step) {
    if (s.lab.spec("layer")) return cycle(s, "layer", step);
    if (!s.lab.scene()) return;
    for (const viz::ParamSpec& spec : s.lab.scene()->params) {
        if (!spec.drawn_only || spec.type != viz::ParamType::kInt) continue;
        const Places places = places_of(s.regions, spec.id);
        const int to = places.here + step;
        if (to >= 0 && to < static_cast<int>(places.values.size())) s.set_params({{spec.id, places.values[static_cast<std::size_t>(to)]}});
    }
}

void across(Shell& s, int step) {
    if (in_lesson(s)) return s.go_step(step);
    if (s.lab.spec("head")) return cycle(s, "head", step);
    if (s.lab.spec("position")) return cycle(s, "position", step);
    upright(s, step);
}

/// Forward and back as a presenter's remote sends them: steps of a lesson, in the lab stages of the clock.
void remote(Shell& s, int step) {
    if (in_lesson(s)) return s.go_step(step);
    if (s.lab.clock().stages() == 0) return;
    step > 0 ? s.lab.clock().next_stage() : s.lab.clock().previous_stage();
}

void flip_language(Shell& s) { s.lang = s.lang == viz::Lang::kZh ? viz::Lang::kEn : viz::Lang::kZh; }

void full_screen(Shell& s) { s.host.set_full_screen(!s.host.full_screen()); }

void presenter(Shell& s) {
    s.presenter = !s.presenter;
    if (s.presenter && in_lesson(s)) s.room.player().set_mode(lessons::PlayMode::kLecturer);
    else if (in_lesson(s)) s.room.player().set_mode(lessons::PlayMode::kSolo);
}

void short_route(Shell& s) {
    lessons::Player& player = s.room.player();
    player.set_short_route(!player.short_route());
    s.toast(viz::tr(s.lang, player.short_route() ? "window.lesson.short_on" : "window.lesson.short_off"));
}

constexpr std::array kDeeds = {
    Deed{"search", "/ ctrl+k ctrl+f", [](Shell& s) { s.open_overlay(Overlay::kSearch); }},
    Deed{"help", "? f1", [](Shell& s) { s.open_overlay(Overlay::kHelp); }},
    Deed{"play", "space", [](Shell& s) { s.lab.clock().toggle(); }, &has_clock},
    Deed{"next_stage", "]", [](Shell& s) { s.lab.clock().next_stage(); }, &has_clock},
    Deed{"previous_stage", "[", [](Shell& s) { s.lab.clock().previous_stage(); }, &has_clock},
    Deed{"step", ".", [](Shell& s) { nudge(s, 0.1); }, &steps_clock},
    Deed{"step_back", ",", [](Shell& s) { nudge(s, -0.1); }, &has_clock},
    Deed{"reverse", "shift+space", [](Shell& s) { s.lab.clock().reverse(!s.lab.clock().reversed()); s.lab.clock().play(); }, &has_clock},
    Deed{"faster", "=", [](Shell& s) { s.lab.clock().step_speed(1); }, &has_clock},
    Deed{"slower", "-", [](Shell& s) { s.lab.clock().step_speed(-1); }, &has_clock},
    Deed{"next", "pagedown", [](Shell& s) { remote(s, 1); }, &has_scene},
    Deed{"previous", "pageup", [](Shell& s) { remote(s, -1); }, &has_scene},
    Deed{"reveal", "enter", [](Shell& s) { s.reveal(); }, &in_lesson},
    Deed{"right", "right", [](Shell& s) { across(s, 1); }, &has_scene},
    Deed{"left", "left", [](Shell& s) { across(s, -1); }, &has_scene},
    Deed{"up", "up", [](Shell& s) { upright(s, 1); }, &has_scene},
    Deed{"down", "down", [](Shell& s) { upright(s, -1); }, &has_scene},
    Deed{"pin", "p", [](Shell& s) { s.inspector->pin(s); }, &inspecting},
    Deed{"back", "backspace", [](Shell& s) { s.inspector->back(s); }, &inspecting},
    Deed{"undo", "ctrl+z", [](Shell& s) { s.undo(); }, &has_scene},
    Deed{"redo", "ctrl+shift+z ctrl+y", [](Shell& s) { s.redo(); }, &has_scene},
    Deed{"reset", "r", [](Shell& s) { s.reset(); }, &has_scene},
    Deed{"reset_lesson", "shift+r", [](Shell& s) { s.reset_lesson(); }, &in_lesson},
    Deed{"notes", "n", [](Shell& s) { s.notes = !s.notes; }, &in_lesson},
    Deed{"short_route", "s", &short_route, &in_lesson},
    Deed{"export", "e", [](Shell& s) { s.open_overlay(Overlay::kExport); }, &has_scene},
    Deed{"language", "l", &flip_language},
    Deed{"theme", "t", &next_theme},
    Deed{"full_screen", "f f11", &full_screen},
    Deed{"presenter", "f5", &presenter},
    Deed{"controls", "h", [](Shell& s) { s.controls_hidden = !s.controls_hidden; }},
    Deed{"blank", "b .", [](Shell& s) { s.blank = !s.blank; }},
    Deed{"zoom_in", "ctrl+=", [](Shell& s) { zoom(s, 1); }},
    Deed{"zoom_out", "ctrl+-", [](Shell& s) { zoom(s, -1); }},
    Deed{"zoom_reset", "ctrl+0", [](Shell& s) { zoom(s, 0); }},
    Deed{"start", "home", [](Shell& s) { s.open_start(); }},
    Deed{"close", "escape", [](Shell& s) { s.close_top(); }},
    Deed{"quit", "ctrl+q", [](Shell& s) { s.quit = true; }},
};

struct KeyName {
    std::string_view name;
    Key key;
};

constexpr std::array kKeyNames = {
    KeyName{"tab", Key::kTab}, KeyName{"enter", Key::kEnter}, KeyName{"escape", Key::kEscape}, KeyName{"space", Key::kSpace},
    KeyName{"backspace", Key::kBackspace}, KeyName{"delete", Key::kDelete}, KeyName{"left", Key::kLeft}, KeyName{"right", Key::kRight},
    KeyName{"up", Key::kUp}, KeyName{"down", Key::kDown}, KeyName{"home", Key::kHome}, KeyName{"end", Key::kEnd},
    KeyName{"pageup", Key::kPageUp}, KeyName{"pagedown", Key::kPageDown}, KeyName{"f1", Key::kF1}, KeyName{"f5", Key::kF5},
    KeyName{"f11", Key::kF11}};

/// Signs that need Shift on some keyboards and not on others.
bool sign(char32_t c) { return c == U'?' || c == U'/' || c == U'=' || c == U'-' || c == U'[' || c == U']'; }

/// What the key writes: Shift and / is ?.
char32_t written_sign(const InputEvent& e) {
    if (!e.shift) return e.code;
    return e.code == U'/' ? U'?' : e.code == U'7' ? U'/' : e.code;
}

}  // namespace

std::span<const Deed> deeds() { return kDeeds; }

std::optional<InputEvent> parse_key(std::string_view written) {
    InputEvent e{.type = InputEvent::Type::kKey};
    for (std::size_t plus = written.find('+'); plus != std::string_view::npos && plus + 1 < written.size(); plus = written.find('+')) {
        const std::string_view word = written.substr(0, plus);
        if (word == "ctrl") e.ctrl = true;
        else if (word == "shift") e.shift = true;
        else if (word == "alt") e.alt = true;
        else return std::nullopt;
        written.remove_prefix(plus + 1);
    }
    const auto named = std::ranges::find(kKeyNames, written, &KeyName::name);
    if (named != kKeyNames.end()) {
        e.key = named->key;
        return e;
    }
    const std::u32string codes = viz::decode_utf8(written);
    if (codes.size() != 1) return std::nullopt;
    e.key = Key::kCharacter;
    e.code = codes[0];
    return e;
}

bool presses(const InputEvent& event, std::string_view keys) {
    while (!keys.empty()) {
        const std::size_t blank = std::min(keys.find(' '), keys.size());
        const std::optional<InputEvent> wanted = parse_key(keys.substr(0, blank));
        keys.remove_prefix(std::min(blank + 1, keys.size()));
        if (!wanted || wanted->key != event.key || wanted->ctrl != event.ctrl || wanted->alt != event.alt) continue;
        if (wanted->key == Key::kCharacter && sign(wanted->code)) {
            if (written_sign(event) == wanted->code) return true;
        } else if (wanted->code == event.code && wanted->shift == event.shift) {
            return true;
        }
    }
    return false;
}

std::string all_key_labels(std::string_view keys) {
    std::string out;
    while (!keys.empty()) {
        const std::size_t blank = std::min(keys.find(' '), keys.size());
        out += (out.empty() ? "" : "  ") + key_label(keys.substr(0, blank));
        keys.remove_prefix(std::min(blank + 1, keys.size()));
    }
    return out;
}

std::string key_label(std::string_view keys) {
    const std::string first(keys.substr(0, keys.find(' ')));
    std::string out;
    std::string word;
    const auto flush = [&] {
        if (word.empty()) return;
        if (!out.empty()) out += ' ';
        if (word == "ctrl") out += "Ctrl";
        else if (word == "shift") out += "⇧";
        else if (word == "left") out += "←";
        else if (word == "right") out += "→";
        else if (word == "up") out += "↑";
        else if (word == "down") out += "↓";
        else if (word == "escape") out += "Esc";
        else if (word == "enter") out += "Enter";
        else if (word == "space") out += "Space";
        else if (word == "pageup") out += "PgUp";
        else if (word == "pagedown") out += "PgDn";
        else if (word == "home") out += "Home";
        else if (word == "backspace") out += "Backspace";
        else for (const char c : word) out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
        word.clear();
    };
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (first[i] == '+' && !word.empty() && i + 1 < first.size()) flush();
        else word += first[i];
    }
    flush();
    return out;
}

void run_keys(Shell& shell, Ui& u) {
    for (Stroke& s : u.input.strokes) {
        if (s.used || s.event.type != InputEvent::Type::kKey) continue;
        // while a text field has the keyboard only keys with Ctrl, function keys and Escape are commands
        const bool plain = s.event.key == Key::kCharacter && !s.event.ctrl;
        if (u.state.typing && (plain || s.event.key == Key::kSpace)) continue;
        const bool dialog = shell.overlay != Overlay::kNone;
        if (plain && !dialog && shell.page == PageId::kLesson && s.event.code >= U'1' && s.event.code <= U'9' && !s.event.shift) {
            shell.choose(static_cast<int>(s.event.code - U'0'));
            s.used = true;
            continue;
        }
        for (const Deed& deed : deeds()) {
            if (!presses(s.event, deed.keys)) continue;
            if (dialog && deed.id != "close" && deed.id != "quit" && deed.id != "full_screen") continue;
            if (deed.useful && !deed.useful(shell)) continue;
            deed.run(shell);
            s.used = true;
            break;
        }
    }
}

}  // namespace dg::app
