// The folder of lessons: what is there, and a new one.
#pragma once

#include "engine/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dg::lessons {

/// $DEEPGLASS_LESSONS, else lessons/data beside the assets folder. Error code: lessons_missing
/// (folder).
Result<std::filesystem::path> lessons_folder(const std::filesystem::path& assets);

/// A lesson on the shelf.
struct ShelfEntry {
    std::string id;              // "01-next-token"
    std::filesystem::path file;  // .../01-next-token/lesson.toml
};

/// Every folder NN-name that holds a lesson.toml, in order of its id.
std::vector<ShelfEntry> shelf(const std::filesystem::path& folder);

/// The entry that `name` means: an id, its number ("1", "01", "L1", "l1"), or the part after the
/// number ("next-token"). Error codes: lesson_unknown_lesson (name, known),
/// lesson_unknown_lesson_near (name, near).
Result<ShelfEntry> find_lesson(const std::vector<ShelfEntry>& entries, std::string_view name);

/// Writes FOLDER/NAME/lesson.toml: a commented lesson of one step that checks. NAME is NN-name, or
/// a name that gets the next free number. Returns the file. Error codes: lesson_name (name),
/// lesson_exists (file), file_write.
Result<std::filesystem::path> new_lesson(const std::filesystem::path& folder,
                                         std::string_view name);

/// The text of a new lesson.
std::string lesson_template();

}  // namespace dg::lessons
