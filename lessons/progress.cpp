#include "lessons/progress.h"

#include "engine/io/files.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <system_error>

namespace dg::lessons {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kVersion = 1;

ordered_json step_json(const StepState& s) {
    ordered_json out = {{"seconds", s.seconds},
                        {"done", s.done},
                        {"revealed", s.revealed},
                        {"hints", s.hints},
                        {"votes", s.votes}};
    out["locked"] = s.locked ? ordered_json(*s.locked) : ordered_json(nullptr);
    return out;
}

// throws nlohmann's exceptions on a wrong type or a missing key; parse_progress turns them into an
// Error
StepState step_of(const ordered_json& json) {
    StepState s;
    s.seconds = json.at("seconds").get<double>();
    s.done = json.at("done").get<bool>();
    s.revealed = json.at("revealed").get<bool>();
    s.hints = json.at("hints").get<int>();
    s.votes = json.at("votes").get<std::vector<int>>();
    if (!json.at("locked").is_null()) s.locked = json.at("locked").get<int>();
    for (const int votes : s.votes) {
        if (votes < 0) throw std::invalid_argument("votes < 0");
    }
    if (!std::isfinite(s.seconds) || s.seconds < 0) throw std::invalid_argument("seconds");
    return s;
}

}  // namespace

fs::path progress_file() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return fs::path(value == nullptr ? "" : value);
    };
    // the XDG rule: a relative path is to be ignored
    fs::path state = variable("XDG_STATE_HOME");
    if (!state.is_absolute()) {
        const fs::path home = variable("HOME");
        if (!home.is_absolute()) return {};
        state = home / ".local" / "state";
    }
    return state / "deepglass" / "lessons.json";
}

std::string progress_json(const ProgressBook& book) {
    ordered_json out = {{"version", kVersion}, {"lessons", ordered_json::object()}};
    for (const auto& [id, progress] : book) {
        ordered_json lesson = {{"index", progress.index},
                               {"sentence", progress.sentence},
                               {"steps", ordered_json::array()}};
        for (const StepState& s : progress.steps) lesson["steps"].push_back(step_json(s));
        out["lessons"][id] = std::move(lesson);
    }
    return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

Result<ProgressBook> parse_progress(const std::string& json, const std::string& file) {
    const auto bad = [&](const std::string& reason) {
        return Error{"progress_bad", {{"file", file}, {"reason", reason}}, file};
    };
    try {
        const ordered_json root = ordered_json::parse(json);
        if (root.at("version").get<int>() != kVersion)
            return bad(fmt::format("version != {}", kVersion));
        ProgressBook book;
        for (const auto& [id, lesson] : root.at("lessons").items()) {
            LessonProgress progress;
            progress.index = lesson.at("index").get<int>();
            progress.sentence = lesson.at("sentence").get<std::string>();
            for (const ordered_json& step : lesson.at("steps"))
                progress.steps.push_back(step_of(step));
            book[id] = std::move(progress);
        }
        return book;
    } catch (const std::exception& error) {
        return bad(error.what());
    }
}

Result<ProgressBook> load_progress(const fs::path& file) {
    std::error_code error;
    if (file.empty() || !fs::exists(file, error)) return ProgressBook{};
    DG_ASSIGN(const std::string text, read_file(file));
    return parse_progress(text, file.string());
}

Result<void> save_progress(const fs::path& file, const ProgressBook& book) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error)
        return Error{"file_write", {{"file", file.string()}, {"reason", error.message()}}, {}};
    return write_file(file, progress_json(book));
}

LessonProgress progress_of(const Player& player) {
    return {player.index(), player.states(), player.sentence()};
}

}  // namespace dg::lessons
