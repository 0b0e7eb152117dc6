// What scripts and tests can ask of the shell, by name.
#include "app/window/inspector_panel.h"
#include "app/window/script.h"

#include <functional>

namespace dg::app {
namespace {

std::string yes_no(bool value) { return value ? "yes" : "no"; }

std::string cell(const std::optional<viz::CellRef>& ref) { return ref ? viz::cell_name(*ref) : std::string(); }

std::string page_name(PageId page) { return page == PageId::kStart ? "start" : page == PageId::kLab ? "lab" : "lesson"; }

std::string overlay_name(Overlay overlay) {
    constexpr const char* kNames[] = {"none", "search", "help", "export"};
    return kNames[static_cast<std::size_t>(overlay)];
}

using Reader = std::function<std::string(Shell&)>;

const std::map<std::string, Reader>& readers() {
    static const std::map<std::string, Reader> kReaders = {
        {"scene", [](Shell& s) { return std::string(s.lab.scene() ? s.lab.scene()->id : ""); }},
        {"page", [](Shell& s) { return page_name(s.page); }},
        {"lang", [](Shell& s) { return std::string(viz::lang_name(s.lang)); }},
        {"theme", [](Shell& s) { return std::string(s.look().name); }},
        {"lesson", [](Shell& s) { return s.room.is_open() ? s.room.entry().id : std::string(); }},
        {"step", [](Shell& s) { return s.room.is_open() ? std::to_string(s.room.player().index() + 1) : std::string(); }},
        {"stage", [](Shell& s) { return s.lab.scene() && s.lab.clock().stages() > 0 ? s.lab.scene()->stages[static_cast<std::size_t>(s.lab.clock().stage())].id : std::string(); }},
        {"u", [](Shell& s) { return fmt::format("{:g}", s.lab.clock().u()); }},
        {"playing", [](Shell& s) { return yes_no(s.lab.clock().playing()); }},
        {"speed", [](Shell& s) { return fmt::format("{:g}", s.lab.clock().speed()); }},
        {"revealed", [](Shell& s) { return yes_no(s.room.is_open() && s.room.player().state().revealed); }},
        {"covered", [](Shell& s) { return yes_no(!s.view().revealed); }},
        {"correct", [](Shell& s) { return s.room.is_open() && s.room.player().correct() ? yes_no(*s.room.player().correct()) : std::string(); }},
        {"free_play", [](Shell& s) { return yes_no(s.room.is_open() && s.room.player().free_play()); }},
        {"reveal", [](Shell& s) { return s.room.is_open() ? s.room.filled(s.room.player().step().reveal, s.lang) : std::string(); }},
        {"chosen", [](Shell& s) { return std::to_string(s.chosen); }},
        {"inspector", [](Shell& s) { return s.inspector->is_open() ? viz::cell_name(s.inspector->trail().page().cell) : std::string(); }},
        {"inspector.value", [](Shell& s) { return s.inspector->is_open() ? fmt::format("{:.9g}", s.inspector->trail().page().why.value) : std::string(); }},
        {"inspector.depth", [](Shell& s) { return std::to_string(s.inspector->trail().trail().size()); }},
        {"inspector.recheck", [](Shell& s) {
             if (!s.inspector->is_open()) return std::string();
             const viz::Recheck verdict = s.inspector->trail().page().recheck;
             return std::string(verdict == viz::Recheck::kLeaf ? "leaf" : verdict == viz::Recheck::kAgrees ? "agrees" : "differs");
         }},
        {"focus", [](Shell& s) { return s.ui.focus; }},
        {"focus.visible", [](Shell& s) { return yes_no(s.ui.focus_visible); }},
        {"typing", [](Shell& s) { return yes_no(s.ui.typing); }},
        {"overlay", [](Shell& s) { return overlay_name(s.overlay); }},
        {"popup", [](Shell& s) { return s.ui.popup; }},
        {"banner", [](Shell& s) { return s.banner ? s.banner->text : s.lab.error() ? viz::describe(s.lang, *s.lab.error()) : std::string(); }},
        {"toast", [](Shell& s) { return s.toast_left > 0 ? s.toast_text : std::string(); }},
        {"clipboard", [](Shell& s) { return s.host.clipboard(); }},
        {"hover", [](Shell& s) { return cell(s.lab.hover); }},
        {"selection", [](Shell& s) { return cell(s.lab.selection); }},
        {"operands", [](Shell& s) { return std::to_string(s.lab.operands().size()); }},
        {"tokens", [](Shell& s) { return std::to_string(s.lab.trace() ? s.lab.trace()->tokens.size() : 0); }},
        {"zoom", [](Shell& s) { return fmt::format("{:g}", s.zoom); }},
        {"presenter", [](Shell& s) { return yes_no(s.presenter); }},
        {"blank", [](Shell& s) { return yes_no(s.blank); }},
        {"controls", [](Shell& s) { return yes_no(!s.controls_hidden); }},
        {"fullscreen", [](Shell& s) { return yes_no(s.host.full_screen()); }},
        {"busy", [](Shell& s) { return yes_no(s.busy()); }},
        {"error", [](Shell& s) { return s.lab.error() ? s.lab.error()->code : std::string(); }},
        {"faults", [](Shell& s) { return std::to_string(s.faults.size()); }},
        {"regions", [](Shell& s) { return std::to_string(s.regions.size()); }},
        {"lessons", [](Shell& s) { return std::to_string(s.titles.size()); }},
    };
    return kReaders;
}

}  // namespace

std::optional<std::string> state_value(Stage& stage, const std::string& name) {
    Shell& shell = stage.shell();
    if (const auto reader = readers().find(name); reader != readers().end()) return reader->second(shell);
    if (name.starts_with("param.") && shell.lab.scene()) {
        const auto& written = shell.lab.params().written();
        const auto value = written.find(name.substr(6));
        return value == written.end() ? std::nullopt : std::optional(value->second);
    }
    if (name.starts_with("edit.")) {
        const auto edit = shell.ui.edits.find(name.substr(5));
        return edit == shell.ui.edits.end() ? std::nullopt : std::optional(edit->second.value());
    }
    return std::nullopt;
}

}  // namespace dg::app
