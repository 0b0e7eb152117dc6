// What can be done to the shell.
#include "app/window/export_panel.h"
#include "app/window/inspector_panel.h"
#include "app/window/search_panel.h"
#include "app/window/shell.h"
#include "app/window/start_page.h"

#include "engine/tokenizer/tokenizer.h"

#include <algorithm>

namespace dg::app {
namespace {

constexpr std::size_t kUndoKept = 200;

/// The first parameter an error of parse_params speaks of; "" for other errors.
std::string param_of(const Error& error) {
    if (!error.code.starts_with("param_")) return {};
    const auto name = std::ranges::find(error.args, "name", &std::pair<std::string, std::string>::first);
    return name == error.args.end() ? std::string() : name->second;
}

bool name_sign(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// Where the next "name=" begins, at `from` or after a blank behind it; npos when there is none.
std::size_t next_name(std::string_view text, std::size_t from) {
    for (std::size_t begin = from; begin < text.size(); begin = std::min(text.find(' ', begin), text.size() - 1) + 1) {
        std::size_t end = begin;
        while (end < text.size() && name_sign(text[end])) ++end;
        if (end > begin && end < text.size() && text[end] == '=') return begin;
    }
    return std::string_view::npos;
}

}  // namespace

Settings assignments(std::string_view words) {
    Settings out;
    std::size_t at = next_name(words, 0);
    while (at != std::string_view::npos) {
        const std::size_t equals = words.find('=', at);
        const std::size_t blank = words.find(' ', equals);
        const std::size_t next = blank == std::string_view::npos ? blank : next_name(words, blank + 1);
        const std::size_t end = next == std::string_view::npos ? words.size() : next - 1;
        out[std::string(words.substr(at, equals - at))] = std::string(words.substr(equals + 1, end - equals - 1));
        at = next;
    }
    return out;
}

Result<void> Shell::open_scene(std::string_view id, const Settings& set) {
    const auto at = std::ranges::find(setup.scenes, id, &viz::Scene::id);
    if (at == setup.scenes.end()) {
        const Result<const viz::Scene*> known = viz::require_scene(id);
        return known ? Error{"unknown_scene", {{"name", printable(id)}, {"suggestion", ""}}, ""} : known.error();
    }
    start->remember_lab(*this);
    DG_TRY(lab.open(*at, set));
    if (room.is_open()) {
        if (const Result<void> kept = room.keep(); !kept) say(kept.error());
        room.close();
    }
    lab.clock().set_reduced_motion(setup.reduced_motion);
    lab.clock().pause();
    page = PageId::kLab;
    undo_.clear(), redo_.clear(), param_errors.clear(), faults.clear();
    banner.reset();
    inspector->close(*this);
    return {};
}

Result<void> Shell::open_lesson(const lessons::ShelfEntry& entry, int step) {
    if (room.is_open()) DG_TRY(room.keep());
    start->remember_lab(*this);
    DG_TRY(room.open(entry, step));
    page = PageId::kLesson;
    if (presenter) room.player().set_mode(lessons::PlayMode::kLecturer);
    banner.reset(), faults.clear();
    apply_workspace();
    return {};
}

void Shell::open_start() {
    start->remember_lab(*this);
    if (room.is_open()) {
        if (const Result<void> kept = room.keep(); !kept) say(kept.error());
        room.close();
    }
    lab.clock().pause();
    inspector->close(*this);
    presenter = false;
    page = PageId::kStart;
}

void Shell::apply_workspace() {
    const lessons::Player& player = room.player();
    const lessons::Workspace& work = player.workspace();
    chosen = player.state().locked.value_or(0);
    undo_.clear(), redo_.clear(), param_errors.clear();
    inspector->close(*this);
    const auto scene = std::ranges::find(setup.scenes, player.step().scene, &viz::Scene::id);
    if (scene == setup.scenes.end()) {
        lab.close();
        return say(Error{"unknown_scene", {{"name", player.step().scene}, {"suggestion", ""}}, player.step().scene_at.written()});
    }
    lab.hover.reset(), lab.selection.reset();
    if (const Result<void> opened = lab.open(*scene, work.set); !opened) return say(opened.error());
    lab.clock().set_reduced_motion(setup.reduced_motion);
    lab.clock().scrub(lab.stage_index(work.stage), work.u);
    if (!player.covered()) room.measure();
}

void Shell::set_params(const Settings& changes) {
    if (!lab.scene()) return;
    const Settings before = lab.params().written();
    if (const Result<void> set = lab.set(changes); !set) {
        const std::string id = param_of(set.error());
        if (id.empty()) say(set.error());
        else param_errors.insert_or_assign(id, set.error());
        return;
    }
    for (const auto& [id, value] : changes) param_errors.erase(id);
    const Settings& after = lab.params().written();
    if (after == before) return;
    // a run of changes of one parameter (typing, dragging) is one undo
    std::string only;
    for (const auto& [id, value] : after) {
        if (before.at(id) != value) only = only.empty() ? id : "*";
    }
    const bool joins = !undo_.empty() && only != "*" && only == last_changed_ && now - changed_at_ < 1.0 && redo_.empty();
    if (!joins) undo_.push_back(before);
    if (undo_.size() > kUndoKept) undo_.erase(undo_.begin());
    redo_.clear();
    last_changed_ = only, changed_at_ = now;
    if (page == PageId::kLesson && room.is_open()) {
        for (const auto& [id, value] : changes) room.player().set_param(id, lab.params().written().at(id));
    }
}

void Shell::swap_params(std::vector<Settings>& from, std::vector<Settings>& to) {
    if (from.empty() || !lab.scene()) return;
    const Settings before = lab.params().written(), wanted = from.back();
    from.pop_back();
    if (const Result<void> set = lab.set(wanted); !set) return say(set.error());
    to.push_back(before);
    last_changed_.clear();
    param_errors.clear();
    if (page == PageId::kLesson && room.is_open()) {
        for (const auto& [id, value] : lab.params().written()) {
            if (before.at(id) != value) room.player().set_param(id, value);
        }
    }
}

void Shell::undo() { swap_params(undo_, redo_); }

void Shell::redo() { swap_params(redo_, undo_); }

void Shell::reset() {
    if (page == PageId::kLesson && room.is_open()) {
        room.player().reset_step();
        return apply_workspace();
    }
    if (!lab.scene()) return;
    Settings defaults;
    for (const viz::ParamSpec& spec : lab.scene()->params) defaults[spec.id] = spec.default_value;
    set_params(defaults);
    lab.clock().pause();
    lab.clock().to_end();
}

void Shell::reset_lesson() {
    if (!room.is_open()) return;
    room.player().reset_lesson();
    apply_workspace();
}

void Shell::act(const std::string& action) {
    if (action == "cancel") return lab.cancel();
    if (action == "retry") return lab.retry();
    if (action.starts_with("open ")) {
        const std::string_view rest = std::string_view(action).substr(5), id = rest.substr(0, rest.find(' '));
        const Settings set = id.size() < rest.size() ? assignments(rest.substr(id.size() + 1)) : Settings{};
        if (const Result<void> opened = open_scene(id, set); !opened) say(opened.error());
        return;
    }
    if (!lab.scene() || !lab.shown()) return;
    if (action.starts_with("set ")) {
        return set_params(assignments(std::string_view(action).substr(4)));
    }
    if (lab.scene()->act) set_params(lab.scene()->act(*lab.shown()->data, lab.shown()->params, action));
}

void Shell::show_cell(const viz::CellRef& cell) {
    lab.selection = cell;
    inspector->open(*this, cell);
}

void Shell::go_step(int direction) {
    if (!room.is_open()) return;
    const bool moved = direction > 0 ? room.player().next() : room.player().previous();
    if (!moved) return toast(viz::tr(lang, direction > 0 ? "window.lesson.last" : "window.lesson.first"));
    if (const Result<void> kept = room.keep(); !kept) say(kept.error());
    apply_workspace();
}

void Shell::choose(int choice) {
    if (!room.is_open()) return;
    lessons::Player& player = room.player();
    if (choice < 1 || choice > static_cast<int>(player.step().choices.size())) return;
    if (player.mode() == lessons::PlayMode::kLecturer) {
        player.digit(choice);
        return;
    }
    if (!player.state().locked) chosen = choice;
}

void Shell::reveal() {
    if (!room.is_open()) return;
    lessons::Player& player = room.player();
    if (player.state().revealed) return go_step(1);
    if (player.mode() == lessons::PlayMode::kSolo && player.step().has_question()) {
        if (chosen == 0) return toast(viz::tr(lang, "window.lesson.choose_first"));
        player.lock(chosen);
    } else {
        player.reveal();
    }
    room.measure();
    ui.scrolls["left.scroll"] = 1e6F;  // to what was uncovered; the panel clamps it
    if (const Result<void> kept = room.keep(); !kept) say(kept.error());
}

void Shell::say(const Error& error) { banner = Banner{viz::describe(lang, error), error.plain(), true}; }

void Shell::toast(std::string text) {
    toast_text = std::move(text);
    toast_left = 2.5;
}

void Shell::close_top() {
    if (!ui.popup.empty()) return ui.popup.clear();
    if (overlay != Overlay::kNone) {
        overlay = Overlay::kNone;
        ui.focus.clear();
        return;
    }
    if (blank) {
        blank = false;
        return;
    }
    if (ui.edits.contains(ui.focus)) return ui.focus.clear();
    if (banner) {
        banner.reset();
        faults.clear();
        return;
    }
    if (inspector->is_open()) return inspector->close(*this);
    if (ui.focus_visible) {
        ui.focus.clear(), ui.focus_visible = false;
        return;
    }
    if (presenter) {
        presenter = false;
        if (room.is_open()) room.player().set_mode(lessons::PlayMode::kSolo);
        return;
    }
    if (host.full_screen()) return host.set_full_screen(false);
    if (controls_hidden) controls_hidden = false;
}

void Shell::open_overlay(Overlay which) {
    overlay = which;
    ui.popup.clear();
    if (which == Overlay::kSearch) search->open(*this);
    if (which == Overlay::kExport) exporter->open(*this);
    if (which == Overlay::kHelp) ui.focus.clear();
}

void Shell::drop(const std::string& path) {
    std::error_code ignored;
    if (lab.spec("model") && std::filesystem::is_directory(path, ignored)) return set_params({{"model", path}});
    if (std::filesystem::is_regular_file(std::filesystem::path(path) / "config.json", ignored)) {
        for (const viz::Scene& scene : setup.scenes) {
            const bool takes = std::ranges::any_of(scene.params, [](const viz::ParamSpec& p) { return p.id == "model"; });
            if (!takes) continue;
            if (const Result<void> opened = open_scene(scene.id, {{"model", path}}); !opened) say(opened.error());
            return;
        }
    }
    say(Error{"window_drop", {{"path", printable(path)}}, ""});
}

}  // namespace dg::app
