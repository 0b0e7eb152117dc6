// lesson.toml -> Lesson. Every problem of the file is reported in one pass, with its place and a
// suggestion.
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

/// Reads the text of a lesson file: structure, types, both languages, answer index, claim syntax,
/// length of prose.
///   file   name for messages;  id   the lesson's id (its folder's name)
/// Problem codes and their wording: assets/i18n/lessons.toml, error.lesson_* and error.claim_*.
/// Warnings, which do not fail a check: lesson_minutes, lesson_steps, lesson_reveal_no_value,
/// lesson_claim_no_observable.
ParsedLesson parse_lesson(std::string_view text, const std::string& file, const std::string& id);

/// The same from disk; the id is the name of the file's folder. Error code: file_read.
Result<ParsedLesson> read_lesson(const std::filesystem::path& file);

}  // namespace dg::lessons
