#include "app/window/classroom.h"

#include "lessons/parser.h"
#include "lessons/progress.h"
#include "lessons/prose.h"
#include "lessons/runner.h"

namespace dg::app {
namespace {

namespace fs = std::filesystem;

fs::file_time_type time_of(const fs::path& file) {
    std::error_code ignored;
    return fs::last_write_time(file, ignored);
}

Result<std::shared_ptr<const lessons::Lesson>> read(const fs::path& file) {
    DG_ASSIGN(lessons::ParsedLesson parsed, lessons::read_lesson(file));
    if (parsed.problems.failed()) {
        for (const lessons::Problem& problem : parsed.problems.sorted()) {
            if (!problem.warning) return problem.error;
        }
    }
    return std::make_shared<const lessons::Lesson>(std::move(parsed.lesson));
}

}  // namespace

Classroom::Classroom(viz::Session& session, std::span<const viz::Scene> scenes, fs::path progress, std::function<void()> wake)
    : session_(session), scenes_(scenes), progress_(std::move(progress)), lane_(std::move(wake)) {}

Result<void> Classroom::open(const lessons::ShelfEntry& entry, int step) {
    DG_ASSIGN(std::shared_ptr<const lessons::Lesson> lesson, read(entry.file));
    const int steps = static_cast<int>(lesson->steps.size());
    if (step >= steps) return Error{"window_no_step", {{"step", fmt::format("{}", step + 1)}, {"steps", fmt::format("{}", steps)}}, entry.id};
    close();
    player_.emplace(std::move(lesson));
    entry_ = entry;
    read_at_ = time_of(entry.file);
    if (!progress_.empty()) {
        // progress that cannot be read is left alone; the lesson starts fresh
        if (const Result<lessons::ProgressBook> book = lessons::load_progress(progress_)) {
            if (const auto mine = book->find(entry.id); mine != book->end())
                player_->restore(mine->second.index, mine->second.steps, mine->second.sentence);
        }
    }
    if (step >= 0) player_->go(step);
    return {};
}

void Classroom::close() {
    lane_.cancel();
    player_.reset();
    values_.clear(), failures_.clear();
}

Result<bool> Classroom::reload() {
    if (!player_ || time_of(entry_.file) == read_at_) return false;
    read_at_ = time_of(entry_.file);
    DG_ASSIGN(std::shared_ptr<const lessons::Lesson> lesson, read(entry_.file));
    const int index = player_->index();
    player_.emplace(std::move(lesson), player_->mode());
    if (!player_->go(index)) player_->go(0);
    values_.clear(), failures_.clear();
    return true;
}

std::string Classroom::filled(const lessons::Text& text, viz::Lang lang) const {
    std::vector<std::string> runs;
    for (const lessons::NamedRun& run : player_->step().runs) runs.push_back(run.name);
    const auto values = values_.find(player_->index());
    return lessons::filled(text.in(lang), values == values_.end() ? lessons::Environment{} : values->second, runs);
}

void Classroom::measure() {
    const int index = player_->index();
    if (values_.contains(index) || failures_.contains(index)) return;
    failures_.insert_or_assign(index, Error{"pending", {}, ""});  // asked for: not again
    lane_.request([this, index, step = player_->step()](const viz::Progress& progress) -> Lane::Finish {
        Result<lessons::Environment> values = guarded<lessons::Environment>([&] {
            lessons::Runner runner(session_, scenes_, progress);
            return runner.environment(step);
        });
        return [this, index, values = std::move(values)] {
            failures_.erase(index);
            if (values) values_.insert_or_assign(index, values.value());
            else failures_.insert_or_assign(index, values.error());
        };
    });
}

Result<void> Classroom::keep() {
    if (!player_ || progress_.empty()) return {};
    lessons::ProgressBook book;
    if (Result<lessons::ProgressBook> known = lessons::load_progress(progress_)) book = std::move(known).value();
    book[entry_.id] = lessons::progress_of(*player_);
    return lessons::save_progress(progress_, book);
}

}  // namespace dg::app
