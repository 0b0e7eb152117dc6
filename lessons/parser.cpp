#include "lessons/parser.h"

#include "engine/io/files.h"
#include "lessons/parse_step.h"

#include <cmath>
#include <sstream>

namespace dg::lessons {
namespace {

constexpr int kFormat = 1;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// [lesson]: what the whole lesson is about
void read_head(TomlFile& file, const toml::table& table, Lesson& lesson) {
    TomlView head(file, table,
                  {"title", "goal", "minutes", "chapter", "prerequisite", "misconception", "quiz",
                   "sentence"});
    lesson.at = head.place();
    lesson.title = head.text("title", true);
    lesson.goal = head.text("goal", true);
    lesson.minutes = head.number("minutes", 0, true);
    lesson.chapter = head.integer("chapter", 0, false);
    lesson.prerequisites = head.strings("prerequisite", lesson.prerequisite_places);
    lesson.misconception = head.text("misconception", true);
    lesson.sentence = head.text("sentence", false);
    if (!(lesson.minutes > 0) && head.find("minutes") != nullptr) {
        file.problems.error(head.place_of("minutes"), "lesson_minutes_positive");
    }
    const toml::node* quiz = head.find("quiz");
    if (quiz == nullptr) return head.missing("quiz");
    if (!quiz->is_table()) return head.wrong_type("quiz", *quiz, "table");
    TomlView parts(file, *quiz->as_table(), {"question", "answer"});
    lesson.quiz_question = parts.text("question", true);
    lesson.quiz_answer = parts.text("answer", true);
}

// a lesson has 5 to 10 steps, and they fit into its minutes
void check_size(TomlFile& file, const Lesson& lesson) {
    double minutes = 0;
    for (const Step& step : lesson.steps) minutes += step.minutes;
    if (minutes > lesson.minutes + 1e-9) {
        file.problems.warning(lesson.at, "lesson_minutes",
                              {{"steps", fmt::format("{:g}", minutes)},
                               {"lesson", fmt::format("{:g}", lesson.minutes)}});
    }
    if (lesson.steps.size() < 5 || lesson.steps.size() > 10) {
        file.problems.warning(lesson.at, "lesson_steps",
                              {{"count", std::to_string(lesson.steps.size())}});
    }
}

}  // namespace

ParsedLesson parse_lesson(std::string_view text, const std::string& file_name,
                          const std::string& id) {
    TomlFile file{file_name, lines_of(text), {}};
    ParsedLesson parsed;
    parsed.lesson.id = id;
    parsed.lesson.at = {file_name, 1, 1};
    toml::table root;
    try {
        root = toml::parse(text, file_name);
    } catch (const toml::parse_error& error) {
        parsed.problems.error(file.place(error.source()), "lesson_toml",
                              {{"reason", std::string(error.description())}});
        return parsed;
    }
    TomlView view(file, root, {"format", "lesson", "step"});
    if (view.integer("format", kFormat, false) != kFormat) {
        file.problems.error(view.place_of("format"), "lesson_format",
                            {{"known", std::to_string(kFormat)}});
    }
    const toml::node* head = view.find("lesson");
    if (head == nullptr) {
        file.problems.error({file_name, 1, 1}, "lesson_missing_key", {{"key", "[lesson]"}});
    } else if (!head->is_table()) {
        view.wrong_type("lesson", *head, "table");
    } else {
        read_head(file, *head->as_table(), parsed.lesson);
    }
    for (const toml::table* step : view.tables("step"))
        parsed.lesson.steps.push_back(read_step(file, *step));
    if (parsed.lesson.steps.empty()) {
        file.problems.error({file_name, 1, 1}, "lesson_missing_key", {{"key", "[[step]]"}});
    } else {
        check_size(file, parsed.lesson);
    }
    parsed.problems = std::move(file.problems);
    return parsed;
}

Result<ParsedLesson> read_lesson(const std::filesystem::path& file) {
    DG_ASSIGN(const std::string text, read_file(file));
    const std::filesystem::path folder = std::filesystem::absolute(file).parent_path();
    return parse_lesson(text, file.string(), folder.filename().string());
}

}  // namespace dg::lessons
