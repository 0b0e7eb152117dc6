// lesson.toml -> Lesson. Every problem of the file is reported in one pass, with its place and a suggestion.
#pragma once

#include "lessons/lesson.h"
#include "lessons/problem.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace dg::lessons {

/// A file as far as it could be read. The lesson is complete when problems.failed() is false.
struct ParsedLesson {
    Lesson lesson;
    Problems problems;
};

/// Reads the text of a lesson file: structure, types, both languages, answer index, claim syntax, length of prose.
///   file   name for messages;  id   the lesson's id (its folder's name)
/// Problem codes: lesson_toml, lesson_unknown_key[_near], lesson_missing_key, lesson_wrong_type, lesson_missing_language,
/// lesson_empty_text, lesson_choices, lesson_answer_range, lesson_class, lesson_long_text_zh, lesson_long_text_en,
/// lesson_run_name, lesson_relation_sets, lesson_published_source, lesson_placeholders_differ, lesson_placeholder,
/// lesson_claim_no_condition, claim_* of expr.h; warnings lesson_minutes, lesson_steps, lesson_reveal_no_value.
ParsedLesson parse_lesson(std::string_view text, const std::string& file, const std::string& id);

/// The same from disk; the id is the name of the file's folder. Error code: file_read.
Result<ParsedLesson> read_lesson(const std::filesystem::path& file);

}  // namespace dg::lessons
