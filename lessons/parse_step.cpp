#include "lessons/parse_step.h"

#include "lessons/expr.h"
#include "lessons/prose.h"

#include <algorithm>
#include <cmath>

namespace dg::lessons {
namespace {

const std::vector<std::string> kStepKeys = {
    "title",    "scene",  "set",    "stage",        "u",     "do",   "text",    "question",
    "choices",  "answer", "reveal", "common_wrong", "hints", "note", "minutes", "short_route",
    "controls", "run",    "claim"};

// ---- questions
// -----------------------------------------------------------------------------------------------------

void read_common_wrong(TomlFile& file, TomlView& view, Step& step) {
    const toml::node* node = view.find("common_wrong");
    if (node == nullptr) return;
    if (!node->is_table()) return view.wrong_type("common_wrong", *node, "table");
    TomlView part(file, *node->as_table(), {"choice", "reply"});
    CommonWrong wrong;
    wrong.at = part.place_of("choice");
    wrong.choice = part.integer("choice", 0, true);
    wrong.reply = part.text("reply", true);
    const int count = static_cast<int>(step.choices.size());
    if (part.find("choice") != nullptr &&
        (wrong.choice < 1 || wrong.choice > count || wrong.choice == step.answer)) {
        file.problems.error(wrong.at, "lesson_common_wrong",
                            {{"choice", std::to_string(wrong.choice)},
                             {"count", std::to_string(count)},
                             {"answer", std::to_string(step.answer)}});
    }
    step.common_wrong = std::move(wrong);
}

void read_question(TomlFile& file, TomlView& view, Step& step) {
    step.question = view.text("question", true);
    if (view.find("choices") == nullptr) view.missing("choices");
    for (const toml::table* choice : view.tables("choices"))
        step.choices.push_back({text_of(file, *choice)});
    const int count = static_cast<int>(step.choices.size());
    if (view.find("choices") != nullptr && (count < 2 || count > 4)) {
        file.problems.error(view.place_of("choices"), "lesson_choices",
                            {{"count", std::to_string(count)}});
    }
    step.answer = view.integer("answer", 0, true);
    step.answer_at = view.place_of("answer");
    if (view.find("answer") != nullptr && (step.answer < 1 || step.answer > count)) {
        file.problems.error(
            step.answer_at, "lesson_answer_range",
            {{"answer", std::to_string(step.answer)}, {"count", std::to_string(count)}});
    }
    read_common_wrong(file, view, step);
}

// ---- further runs and claims
// ---------------------------------------------------------------------------------------

bool good_name(const std::string& name) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           std::all_of(name.begin(), name.end(), good);
}

void read_runs(TomlFile& file, TomlView& view, Step& step) {
    for (const toml::table* table : view.tables("run")) {
        TomlView part(file, *table, {"name", "set"});
        NamedRun run;
        run.name = part.string("name", true);
        run.at = part.place_of("name");
        run.set = part.settings("set");
        const bool taken = std::any_of(step.runs.begin(), step.runs.end(),
                                       [&](const NamedRun& r) { return r.name == run.name; });
        if (part.find("name") != nullptr && (!good_name(run.name) || taken)) {
            file.problems.error(run.at, "lesson_run_name", {{"name", run.name}});
        }
        step.runs.push_back(std::move(run));
    }
}

// over = [{prompt = "a"}, ...] or over = {seed = [1, 2, 3, 4, 5]}
std::vector<Settings> read_over(TomlFile& file, TomlView& view) {
    const toml::node* node = view.find("over");
    std::vector<Settings> sets;
    if (node == nullptr) return sets;
    if (node->is_array()) {
        for (const toml::table* table : view.tables("over"))
            sets.push_back(settings_of(file, *table));
        return sets;
    }
    const toml::table* table = node->as_table();
    const toml::array* values =
        table != nullptr && table->size() == 1 ? table->begin()->second.as_array() : nullptr;
    if (values == nullptr) {
        view.wrong_type("over", *node, "[{...}, ...] or {seed = [...]}");
        return sets;
    }
    const std::string name(table->begin()->first.str());
    for (const toml::node& value : *values) {
        Settings set;
        if (!scalar_written(value, set.values[name]))
            view.wrong_type(name, value, "string, number, boolean");
        set.places[name] = file.place(value.source());
        sets.push_back(std::move(set));
    }
    return sets;
}

CheckClass read_class(TomlFile& file, TomlView& view) {
    if (view.find("class") == nullptr) return CheckClass::kExact;
    const std::string written = view.string("class", false);
    for (const CheckClass c : {CheckClass::kExact, CheckClass::kTolerance, CheckClass::kRelation,
                               CheckClass::kPublished}) {
        if (written == std::string(1, letter(c))) return c;
    }
    file.problems.error(view.place_of("class"), "lesson_class", {{"found", written}});
    return CheckClass::kExact;
}

// what a class asks of its claim
void check_class(TomlFile& file, TomlView& view, const Claim& claim) {
    if (claim.check == CheckClass::kRelation && claim.records.empty() && claim.over.size() < 5) {
        file.problems.error(claim.at, "lesson_relation_sets",
                            {{"count", std::to_string(claim.over.size())}});
    }
    if (claim.check != CheckClass::kRelation && !claim.over.empty()) {
        file.problems.error(view.place_of("over"), "lesson_over_class",
                            {{"class", std::string(1, letter(claim.check))}});
    }
    if (claim.check == CheckClass::kPublished && claim.source.empty()) {
        file.problems.error(claim.at, "lesson_published_source");
    }
}

void check_expression(TomlFile& file, const Claim& claim, const std::vector<std::string>& runs) {
    auto expression = Expression::parse(claim.that, runs);
    if (!expression) return file.problems.in_string(claim.at, claim.raw, expression.error());
    if (!expression->is_condition()) {
        file.problems.error(claim.at, "lesson_claim_no_condition", {{"that", claim.that}});
    } else if (expression->observables().empty()) {
        file.problems.warning(claim.at, "lesson_claim_no_observable", {{"that", claim.that}});
    }
}

std::vector<std::string> run_names(const Step& step) {
    std::vector<std::string> names;
    for (const NamedRun& run : step.runs) names.push_back(run.name);
    return names;
}

void read_claims(TomlFile& file, TomlView& view, Step& step) {
    if (view.find("claim") == nullptr) file.problems.error(step.at, "lesson_no_claim");
    for (const toml::table* table : view.tables("claim")) {
        TomlView part(file, *table, {"that", "class", "source", "tolerance", "records", "over"});
        Claim claim;
        claim.that = part.string("that", true);
        claim.at = part.place_of("that");
        if (part.find("that") != nullptr) claim.raw = file.raw_string(*part.find("that"));
        claim.check = read_class(file, part);
        claim.source = part.string("source", false);
        claim.records = part.string("records", false);
        claim.over = read_over(file, part);
        if (const toml::node* tolerance = part.find("tolerance")) {
            const bool good =
                scalar_written(*tolerance, claim.tolerance) && parse_tolerance(claim.tolerance);
            if (!good)
                file.problems.error(part.place_of("tolerance"), "claim_tolerance",
                                    {{"found", claim.tolerance}});
        }
        if (part.find("that") == nullptr) continue;
        check_class(file, part, claim);
        check_expression(file, claim, run_names(step));
        step.claims.push_back(std::move(claim));
    }
}

// ---- prose
// ---------------------------------------------------------------------------------------------------------

void check_length(TomlFile& file, const Text& text) {
    const int words = count_words(text.en), han = count_han(text.zh);
    if (words > kMaxWords) {
        file.problems.error(
            text.at, "lesson_long_text_en",
            {{"count", std::to_string(words)}, {"limit", std::to_string(kMaxWords)}});
    }
    if (han > kMaxHan) {
        file.problems.error(text.at, "lesson_long_text_zh",
                            {{"count", std::to_string(han)}, {"limit", std::to_string(kMaxHan)}});
    }
}

// the same values, in whatever order the language wants them
std::vector<std::string> check_placeholders(TomlFile& file, const Text& text,
                                            const std::string& prose,
                                            const std::vector<std::string>& runs) {
    std::vector<std::string> expressions;
    const auto list = placeholders(prose);
    if (!list) {
        file.problems.error(text.at, list.error().code, list.error().args);
        return expressions;
    }
    for (const Placeholder& p : *list) {
        expressions.push_back(p.expression + "|" + p.format);
        if (const auto expression = Expression::parse(p.expression, runs); !expression) {
            file.problems.error(text.at, expression.error().code, expression.error().args);
        }
        if (const auto shown = formatted(0, p.format); !shown) {
            file.problems.error(text.at, shown.error().code, shown.error().args);
        }
    }
    std::sort(expressions.begin(), expressions.end());
    return expressions;
}

void check_reveal(TomlFile& file, const Step& step) {
    if (step.reveal.zh.empty() || step.reveal.en.empty()) return;
    const std::vector<std::string> runs = run_names(step);
    const auto zh = check_placeholders(file, step.reveal, step.reveal.zh, runs);
    const auto en = check_placeholders(file, step.reveal, step.reveal.en, runs);
    if (zh != en) {
        file.problems.error(step.reveal.at, "lesson_placeholders_differ",
                            {{"zh", fmt::format("{}", fmt::join(zh, "  "))},
                             {"en", fmt::format("{}", fmt::join(en, "  "))}});
    } else if (zh.empty()) {
        file.problems.warning(step.reveal.at, "lesson_reveal_no_value");
    }
}

void read_prose(TomlFile& file, TomlView& view, Step& step) {
    step.title = view.text("title", true);
    step.action = view.text("do", true);
    step.text = view.text("text", true);
    step.reveal = view.text("reveal", true);
    step.note = view.text("note", true);
    for (const toml::table* hint : view.tables("hints")) step.hints.push_back(text_of(file, *hint));
    if (step.hints.size() > 2) {
        file.problems.error(view.place_of("hints"), "lesson_hints",
                            {{"count", std::to_string(step.hints.size())}});
    }
    for (const Text* text : {&step.action, &step.text, &step.question, &step.reveal})
        check_length(file, *text);
    check_reveal(file, step);
}

}  // namespace

Step read_step(TomlFile& file, const toml::table& table) {
    TomlView view(file, table, kStepKeys);
    Step step;
    step.at = view.place();
    step.scene = view.string("scene", true);
    step.scene_at = view.place_of("scene");
    step.set = view.settings("set");
    step.stage = view.string("stage", false);
    step.stage_at = view.place_of("stage");
    step.u = view.number("u", 1, false);
    if (!(step.u >= 0 && step.u <= 1)) {
        file.problems.error(view.place_of("u"), "lesson_u_range",
                            {{"u", fmt::format("{:g}", step.u)}});
    }
    step.minutes = view.number("minutes", 4, false);
    if (!(step.minutes > 0))
        file.problems.error(view.place_of("minutes"), "lesson_minutes_positive");
    step.short_route = view.flag("short_route", false);
    step.controls = view.strings("controls", step.control_places);
    step.controls_at = view.place_of("controls");
    if (step.controls.size() > 3) {
        file.problems.error(step.controls_at, "lesson_controls",
                            {{"count", std::to_string(step.controls.size())}});
    }
    read_question(file, view, step);
    read_runs(file, view, step);
    read_prose(file, view, step);
    read_claims(file, view, step);
    return step;
}

}  // namespace dg::lessons
