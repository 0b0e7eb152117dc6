#include "app/window/script.h"

#include "app/window/cells.h"
#include "app/window/deeds.h"
#include "app/window/inspector_panel.h"
#include "engine/base/suggest.h"
#include "lessons/expr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>

namespace dg::app {
namespace {

using viz::InputEvent;
using Type = InputEvent::Type;

constexpr double kFrame = 1.0 / 60;
constexpr int kMostFrames = 1200;  // of waiting for animations to rest

struct Run {
    Stage& stage;
    const ScriptLine& line;
    std::string where;

    [[nodiscard]] Error fail(std::string code, std::vector<std::pair<std::string, std::string>> args) const { return {std::move(code), std::move(args), where}; }
};

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

Result<double> number_of(const Run& run, const std::string& word) {
    double value = 0;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (code == std::errc() && end == word.data() + word.size()) return value;
    return run.fail("script_value", {{"found", word}});
}

const WidgetInfo* find_widget(const Shell& shell, const std::string& id) {
    // the topmost of several
    for (std::size_t i = shell.ui.widgets.size(); i-- > 0;) {
        if (shell.ui.widgets[i].id == id) return &shell.ui.widgets[i];
    }
    return nullptr;
}

Error no_widget(const Run& run, const std::string& id) {
    std::vector<std::string> known;
    for (const WidgetInfo& w : run.stage.shell().ui.widgets) known.push_back(w.id);
    return run.fail("script_widget", {{"id", id}, {"suggestion", nearest(id, known)}, {"known", fmt::format("{}", fmt::join(known, " "))}});
}

/// "@id ..." or "X Y ...": the point in pixels; `rest` receives what follows.
Result<Vec2> place_of(const Run& run, std::string& rest) {
    if (rest.starts_with('@')) {
        // ids of actions hold blanks: the longest control whose id begins the rest wins
        const WidgetInfo* best = nullptr;
        for (const WidgetInfo& w : run.stage.shell().ui.widgets) {
            const bool fits = std::string_view(rest).substr(1).starts_with(w.id) && (rest.size() == w.id.size() + 1 || rest[w.id.size() + 1] == ' ');
            if (fits && (!best || w.id.size() >= best->id.size())) best = &w;
        }
        if (!best) return no_widget(run, rest.substr(1));
        if (best->rect.w <= 0 || best->rect.h <= 0) return run.fail("script_hidden", {{"id", best->id}});
        rest.erase(0, std::min(rest.size(), best->id.size() + 2));
        const float s = run.stage.scale();
        return Vec2{best->rect.center().x * s, best->rect.center().y * s};
    }
    const std::vector<std::string> words = words_of(rest);
    if (words.size() < 2) return run.fail("script_value", {{"found", rest}});
    DG_ASSIGN(const double x, number_of(run, words[0]));
    DG_ASSIGN(const double y, number_of(run, words[1]));
    std::size_t at = rest.find(words[1], words[0].size());
    rest.erase(0, std::min(rest.size(), at + words[1].size() + 1));
    return Vec2{static_cast<float>(x), static_cast<float>(y)};
}

void click_at(Stage& stage, Vec2 at, int clicks) {
    stage.push({.type = Type::kMouseMove, .at = at});
    for (int i = 1; i <= clicks; ++i) {
        stage.push({.type = Type::kMouseDown, .at = at, .clicks = i});
        stage.push({.type = Type::kMouseUp, .at = at});
    }
    stage.frames(kFrame);
}

Result<void> do_click(const Run& run) {
    std::string rest = run.line.rest;
    DG_ASSIGN(const Vec2 at, place_of(run, rest));
    click_at(run.stage, at, run.line.command == "double" ? 2 : 1);
    return {};
}

Result<void> do_hover(const Run& run) {
    std::string rest = run.line.rest;
    DG_ASSIGN(const Vec2 at, place_of(run, rest));
    run.stage.push({.type = Type::kMouseMove, .at = at});
    run.stage.frames(kFrame);
    return {};
}

Result<void> do_drag(const Run& run) {
    std::string rest = run.line.rest;
    DG_ASSIGN(const Vec2 from, place_of(run, rest));
    const std::vector<std::string> words = words_of(rest);
    if (words.empty()) return run.fail("script_value", {{"found", run.line.rest}});
    DG_ASSIGN(const double dx, number_of(run, words[0]));
    double dy = 0;
    if (words.size() > 1) {
        DG_ASSIGN(dy, number_of(run, words[1]));
    }
    run.stage.push({.type = Type::kMouseMove, .at = from});
    run.stage.push({.type = Type::kMouseDown, .at = from});
    run.stage.frames(kFrame);
    const Vec2 to = {from.x + static_cast<float>(dx), from.y + static_cast<float>(dy)};
    run.stage.push({.type = Type::kMouseMove, .at = to});
    run.stage.frames(kFrame);
    run.stage.push({.type = Type::kMouseUp, .at = to});
    run.stage.frames(kFrame);
    return {};
}

Result<void> do_wheel(const Run& run) {
    std::string rest = run.line.rest;
    const std::vector<std::string> words = words_of(rest);
    if (words.empty()) return run.fail("script_value", {{"found", rest}});
    DG_ASSIGN(const double steps, number_of(run, words[0]));
    rest.erase(0, std::min(rest.size(), words[0].size() + 1));
    if (!rest.empty()) {
        DG_ASSIGN(const Vec2 at, place_of(run, rest));
        run.stage.push({.type = Type::kMouseMove, .at = at});
    }
    run.stage.push({.type = Type::kWheel, .at = {0, static_cast<float>(steps)}});
    run.stage.frames(kFrame);
    return {};
}

Result<void> do_cell(const Run& run) {
    const std::vector<std::string> words = words_of(run.line.rest);
    if (words.size() != 2) return run.fail("script_value", {{"found", run.line.rest}});
    Shell& shell = run.stage.shell();
    viz::CellRef wanted{words[0], {}};
    std::istringstream in(words[1]);
    for (std::string part; std::getline(in, part, ',');) {
        DG_ASSIGN(const double index, number_of(run, part));
        wanted.at.push_back(static_cast<std::int64_t>(index));
    }
    const std::optional<CellSpot> spot = find_cell(shell.regions, wanted);
    if (!spot) return run.fail("script_cell", {{"cell", run.line.rest}});
    const Vec2 c = spot->rect.center();
    const float s = run.stage.scale();
    const Vec2 at = {(shell.stage_rect.x + c.x * shell.stage_scale) * s, (shell.stage_rect.y + c.y * shell.stage_scale) * s};
    if (run.line.command == "cell") click_at(run.stage, at, 1);
    else run.stage.push({.type = Type::kMouseMove, .at = at}), run.stage.frames(kFrame);
    return {};
}

Result<void> do_key(const Run& run) {
    const std::optional<InputEvent> key = parse_key(run.line.rest);
    if (!key) return run.fail("script_value", {{"found", run.line.rest}});
    run.stage.push(*key);
    run.stage.frames(kFrame);
    return {};
}

Result<void> do_text(const Run& run) {
    const bool editing = run.line.command == "editing";
    InputEvent e{.type = editing ? Type::kEditing : Type::kText};
    e.text = run.line.rest;
    e.caret = static_cast<int>(run.line.rest.size());
    run.stage.push(std::move(e));
    run.stage.frames(kFrame);
    return {};
}

Result<void> do_wait(const Run& run) {
    Shell& shell = run.stage.shell();
    if (run.line.rest == "idle") {
        for (int i = 0; i < kMostFrames; ++i) {
            shell.wait_for_results();
            run.stage.frames(kFrame);
            if (!shell.busy() && shell.next_frame() != 0) return {};
        }
        return run.fail("script_wait", {});
    }
    DG_ASSIGN(const double seconds, number_of(run, run.line.rest));
    for (double t = 0; t < seconds; t += kFrame) run.stage.frames(kFrame);
    return {};
}

Result<void> do_resize(const Run& run) {
    int w = 0, h = 0;
    char x = 0;
    std::istringstream in(run.line.rest);
    if (!(in >> w >> x >> h) || w < 1 || h < 1 || w > 16384 || h > 16384) return run.fail("script_value", {{"found", run.line.rest}});
    run.stage.resize(w, h);
    run.stage.frames(kFrame);
    return {};
}

bool compare(const std::string& found, const std::string& op, const std::string& wanted) {
    if (op == "==") return found == wanted;
    if (op == "!=") return found != wanted;
    if (op == "contains") return found.find(wanted) != std::string::npos;
    const double a = std::strtod(found.c_str(), nullptr), b = std::strtod(wanted.c_str(), nullptr);
    return op == "<" ? a < b : op == ">" ? a > b : op == "<=" ? a <= b : op == ">=" ? a >= b : false;
}

Result<void> do_expect(const Run& run) {
    std::istringstream in(run.line.rest);
    std::string name, op, wanted;
    in >> name >> op;
    std::getline(in >> std::ws, wanted);
    const std::optional<std::string> found = state_value(run.stage, name);
    if (!found) return run.fail("script_value", {{"found", name}});
    if (compare(*found, op, wanted)) return {};
    return run.fail("script_expect", {{"name", name}, {"op", op}, {"wanted", wanted}, {"found", *found}});
}

Result<void> do_claim(const Run& run) {
    Shell& shell = run.stage.shell();
    if (!shell.lab.shown()) return run.fail("script_claim", {{"claim", run.line.rest}, {"found", "–"}});
    DG_ASSIGN(const lessons::Expression expression, lessons::Expression::parse(run.line.rest));
    const lessons::Environment environment = {{"", shell.lab.shown()->scene->observe(*shell.lab.shown()->data)}};
    DG_ASSIGN(const lessons::Evaluation got, expression.evaluate(environment));
    if (got.value != 0) return {};
    std::string found;
    for (const lessons::Reading& r : got.readings) found += r.text + " = " + r.written() + "  ";
    return run.fail("script_claim", {{"claim", run.line.rest}, {"found", found}});
}

Result<void> do_expect_widget(const Run& run) {
    const bool wanted = run.line.command == "expect-widget";
    const std::string id = run.line.rest.starts_with('@') ? run.line.rest.substr(1) : run.line.rest;
    const bool found = find_widget(run.stage.shell(), id) != nullptr;
    if (found == wanted) return {};
    return wanted ? no_widget(run, id) : run.fail("script_expect", {{"name", id}, {"op", "is not on screen"}, {"wanted", ""}, {"found", "it is"}});
}

Result<void> do_expect_label(const Run& run) {
    const std::size_t blank = std::min(run.line.rest.find(' '), run.line.rest.size());
    const std::string id = run.line.rest.substr(1, blank - 1), wanted = blank < run.line.rest.size() ? run.line.rest.substr(blank + 1) : std::string();
    const WidgetInfo* widget = find_widget(run.stage.shell(), id);
    if (!widget) return no_widget(run, id);
    if (widget->label.find(wanted) != std::string::npos) return {};
    return run.fail("script_expect", {{"name", id}, {"op", "contains"}, {"wanted", wanted}, {"found", widget->label}});
}

Result<void> do_shot(const Run& run) { return run.stage.shot(run.line.rest); }

struct Command {
    std::string_view name;
    Result<void> (*run)(const Run&);
};

constexpr std::array kCommands = {
    Command{"click", &do_click}, Command{"double", &do_click}, Command{"hover", &do_hover}, Command{"drag", &do_drag}, Command{"wheel", &do_wheel},
    Command{"cell", &do_cell}, Command{"hover-cell", &do_cell}, Command{"text", &do_text}, Command{"editing", &do_text}, Command{"key", &do_key},
    Command{"wait", &do_wait}, Command{"resize", &do_resize}, Command{"shot", &do_shot}, Command{"expect", &do_expect}, Command{"claim", &do_claim},
    Command{"expect-widget", &do_expect_widget}, Command{"expect-no-widget", &do_expect_widget}, Command{"expect-label", &do_expect_label}};

const Command* find_command(std::string_view name) {
    const auto at = std::ranges::find(kCommands, name, &Command::name);
    return at == kCommands.end() ? nullptr : &*at;
}

}  // namespace

Result<std::vector<ScriptLine>> parse_script(const std::string& text, const std::string& file) {
    std::vector<ScriptLine> lines;
    std::istringstream in(text);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        const std::size_t begin = line.find_first_not_of(" \t");
        if (begin == std::string::npos || line[begin] == '#') continue;
        const std::size_t blank = std::min(line.find(' ', begin), line.size());
        ScriptLine out{number, line.substr(begin, blank - begin), blank < line.size() ? line.substr(blank + 1) : std::string()};
        if (!find_command(out.command)) {
            std::vector<std::string> known;
            for (const Command& command : kCommands) known.emplace_back(command.name);
            return Error{"script_command", {{"command", out.command}, {"suggestion", nearest(out.command, known)}}, fmt::format("{}:{}", file, number)};
        }
        lines.push_back(std::move(out));
    }
    return lines;
}

Result<void> run_script(const std::vector<ScriptLine>& lines, const std::string& file, Stage& stage) {
    for (const ScriptLine& line : lines) {
        const Run run{stage, line, fmt::format("{}:{}", file, line.number)};
        if (Result<void> done = find_command(line.command)->run(run); !done) {
            Error error = done.error();
            if (error.where.empty()) error.where = run.where;
            return error;
        }
        if (stage.shell().quit) return {};
    }
    return {};
}

}  // namespace dg::app
