// Where a learner stands, kept between sessions: $XDG_STATE_HOME/deepglass/lessons.json (else
// ~/.local/state). The file is read whole or not at all, and written whole or not at all.
#pragma once

#include "engine/base/result.h"
#include "lessons/player.h"

#include <filesystem>
#include <map>
#include <string>

namespace dg::lessons {

struct LessonProgress {
    int index = 0;  // the step last shown, from 0
    std::vector<StepState>
        steps;  // choices, votes, seconds, hints; never workspaces: each step restores its own
    std::string sentence;
};

/// Lesson id -> progress.
using ProgressBook = std::map<std::string, LessonProgress>;

/// $XDG_STATE_HOME/deepglass/lessons.json, else $HOME/.local/state/deepglass/lessons.json; empty
/// without both.
std::filesystem::path progress_file();

/// Empty when there is no file. Error codes: file_read, progress_bad (file, reason): then nothing
/// of it is used.
Result<ProgressBook> load_progress(const std::filesystem::path& file);
/// Error code: file_write.
Result<void> save_progress(const std::filesystem::path& file, const ProgressBook& book);

LessonProgress progress_of(const Player& player);

std::string progress_json(const ProgressBook& book);
/// Error code: progress_bad (file, reason).
Result<ProgressBook> parse_progress(const std::string& json, const std::string& file);

}  // namespace dg::lessons
