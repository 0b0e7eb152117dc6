// Everything a key or the command field can do, in one table: the key handler, the help page and the search read it.
#pragma once

#include "viz/window/event.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dg::app {

class Shell;

/// id: catalogue key "window.deed.<id>". keys: "shift+r"; several with a blank between; the first is the one shown.
struct Deed {
    std::string_view id, keys;
    void (*run)(Shell&);
    bool (*useful)(const Shell&) = nullptr;  // nullptr = always
};

std::span<const Deed> deeds();

/// "ctrl+shift+z", "f1", "pagedown", "[": what a script writes and the table holds. Nothing for unknown words.
std::optional<viz::InputEvent> parse_key(std::string_view written);
/// Does this event press these keys?
bool presses(const viz::InputEvent& event, std::string_view keys);
/// For people: "Ctrl Z", "⇧ R", "空格" is left to the catalogue.
std::string key_label(std::string_view keys);
/// All of them: "/  Ctrl K  Ctrl F".
std::string all_key_labels(std::string_view keys);

}  // namespace dg::app
