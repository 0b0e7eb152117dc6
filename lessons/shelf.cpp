#include "lessons/shelf.h"

#include "engine/base/suggest.h"
#include "engine/io/files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

namespace dg::lessons {
namespace {

namespace fs = std::filesystem;

bool digit(char c) {
    return c >= '0' && c <= '9';
}

// "01-next-token": two digits or more, a dash, a name of small letters, digits and dashes
bool good_id(std::string_view id) {
    std::size_t i = 0;
    while (i < id.size() && digit(id[i])) ++i;
    if (i < 2 || i + 1 >= id.size() || id[i] != '-' || id.back() == '-') return false;
    return std::all_of(id.begin() + static_cast<std::ptrdiff_t>(i), id.end(),
                       [](char c) { return digit(c) || (c >= 'a' && c <= 'z') || c == '-'; });
}

int number_of(std::string_view id) {
    return std::atoi(std::string(id).c_str());
}

std::string name_of(std::string_view id) {
    const std::size_t dash = id.find('-');
    return std::string(dash == std::string_view::npos ? id : id.substr(dash + 1));
}

// "L1", "l1", "1", "01" -> 1; anything else -> -1
int alias_number(std::string_view name) {
    if (!name.empty() && (name.front() == 'L' || name.front() == 'l')) name.remove_prefix(1);
    const bool number =
        !name.empty() && name.size() < 6 && std::all_of(name.begin(), name.end(), digit);
    return number ? number_of(name) : -1;
}

}  // namespace

Result<fs::path> lessons_folder(const fs::path& assets) {
    const char* chosen = std::getenv("DEEPGLASS_LESSONS");
    const fs::path folder = chosen != nullptr && *chosen != '\0'
                                ? fs::path(chosen)
                                : assets.parent_path() / "lessons" / "data";
    std::error_code error;
    if (!fs::is_directory(folder, error))
        return Error{"lessons_missing", {{"folder", folder.string()}}, {}};
    return folder;
}

std::vector<ShelfEntry> shelf(const fs::path& folder) {
    std::vector<ShelfEntry> entries;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        const std::string id = entry.path().filename().string();
        const fs::path file = entry.path() / "lesson.toml";
        if (good_id(id) && fs::is_regular_file(file, error)) entries.push_back({id, file});
    }
    std::sort(entries.begin(), entries.end(), [](const ShelfEntry& a, const ShelfEntry& b) {
        return std::pair(number_of(a.id), a.id) < std::pair(number_of(b.id), b.id);
    });
    return entries;
}

Result<ShelfEntry> find_lesson(const std::vector<ShelfEntry>& entries, std::string_view name) {
    const int number = alias_number(name);
    std::vector<std::string> known;
    for (const ShelfEntry& entry : entries) {
        if (entry.id == name || name_of(entry.id) == name ||
            (number >= 0 && number_of(entry.id) == number))
            return entry;
        known.push_back(entry.id);
    }
    const std::string near = nearest(name, known);
    if (!near.empty())
        return Error{
            "lesson_unknown_lesson_near", {{"name", std::string(name)}, {"near", near}}, {}};
    return Error{
        "lesson_unknown_lesson",
        {{"name", std::string(name)}, {"known", fmt::format("{}", fmt::join(known, ", "))}},
        {}};
}

Result<fs::path> new_lesson(const fs::path& folder, std::string_view name) {
    std::string id(name);
    if (!good_id(id)) {
        int next = 1;
        for (const ShelfEntry& entry : shelf(folder))
            next = std::max(next, number_of(entry.id) + 1);
        id = fmt::format("{:02}-{}", next, name);
    }
    if (!good_id(id)) return Error{"lesson_name", {{"name", std::string(name)}}, {}};
    const fs::path file = folder / id / "lesson.toml";
    std::error_code error;
    if (fs::exists(file, error)) return Error{"lesson_exists", {{"file", file.string()}}, {}};
    fs::create_directories(file.parent_path(), error);
    if (error)
        return Error{"file_write", {{"file", file.string()}, {"reason", error.message()}}, {}};
    DG_TRY(write_file(file, lesson_template()));
    return file;
}

}  // namespace dg::lessons
