// deepglass lesson list | check [FILE ...] | new NAME | export ID
#include "app/commands/figure_options.h"
#include "app/interrupt.h"
#include "lessons/export.h"
#include "lessons/parser.h"
#include "lessons/report.h"
#include "lessons/runner.h"
#include "lessons/shelf.h"

#include <filesystem>
#include <memory>

namespace dg::app {
namespace {

namespace fs = std::filesystem;
using namespace dg::lessons;

struct LessonOptions {
    CLI::App *list = nullptr, *check = nullptr, *create = nullptr, *leave = nullptr;
    std::vector<std::string> files;
    std::string name, folder, out;
    PictureOptions picture;
    bool json = false;
};

Result<fs::path> folder_of(const LessonOptions& options) {
    if (!options.folder.empty()) return fs::path(options.folder);
    DG_ASSIGN(const fs::path assets, viz::find_assets());
    return lessons_folder(assets);
}

// a file, a lesson's folder, or a name of the shelf
Result<fs::path> lesson_file(const std::string& word, const LessonOptions& options) {
    std::error_code error;
    if (fs::is_regular_file(word, error)) return fs::path(word);
    if (fs::is_directory(word, error)) return fs::path(word) / "lesson.toml";
    if (word.ends_with(".toml") || word.find('/') != std::string::npos) {
        return Error{"lesson_no_file", {{"file", word}}, {}};
    }
    DG_ASSIGN(const fs::path folder, folder_of(options));
    DG_ASSIGN(const ShelfEntry entry, find_lesson(shelf(folder), word));
    return entry.file;
}

Result<void> list_lessons(const LessonOptions& options, Context& context) {
    DG_ASSIGN(const fs::path folder, folder_of(options));
    for (const ShelfEntry& entry : shelf(folder)) {
        DG_ASSIGN(const ParsedLesson parsed, read_lesson(entry.file));
        const Lesson& lesson = parsed.lesson;
        const std::string minutes =
            context.word("lesson.list.minutes", {{"minutes", fmt::format("{:g}", lesson.minutes)}});
        context.out << fmt::format("{}  {}  {}\n", entry.id, lesson.title.in(context.lang),
                                   minutes);
    }
    return {};
}

Result<std::vector<fs::path>> files_to_check(const LessonOptions& options) {
    std::vector<fs::path> files;
    for (const std::string& word : options.files) {
        DG_ASSIGN(fs::path file, lesson_file(word, options));
        files.push_back(std::move(file));
    }
    if (!files.empty()) return files;
    DG_ASSIGN(const fs::path folder, folder_of(options));
    for (const ShelfEntry& entry : shelf(folder)) files.push_back(entry.file);
    return files;
}

Result<void> check_lessons(const LessonOptions& options, Context& context) {
    DG_ASSIGN(const std::vector<fs::path> files, files_to_check(options));
    std::vector<std::string> ids;
    if (const auto folder = folder_of(options)) {
        for (const ShelfEntry& entry : shelf(folder.value())) ids.push_back(entry.id);
    }
    viz::Session session;
    Runner runner(session, viz::scenes(), {.report = [](double) { return !interrupted(); }});
    std::vector<LessonReport> reports;
    bool good = true;
    for (const fs::path& file : files) {
        if (interrupted()) return Error{"cancelled", {}, {}};
        DG_ASSIGN(const ParsedLesson parsed, read_lesson(file));
        reports.push_back(runner.check(parsed.lesson, parsed.problems, ids));
        good = good && reports.back().good();
        if (!options.json) context.out << report_text(context.lang, reports.back()) << std::flush;
    }
    if (options.json) context.out << report_json(context.lang, reports);
    const std::string summary = summary_text(context.lang, reports);
    if (!good) return Error{"lesson_check_failed", {{"summary", summary}}, {}};
    if (!options.json) context.out << summary << '\n';
    return {};
}

Result<void> create_lesson(const LessonOptions& options, Context& context) {
    DG_ASSIGN(const fs::path folder, folder_of(options));
    DG_ASSIGN(const fs::path file, new_lesson(folder, options.name));
    context.out << context.word("lesson.new.done", {{"file", file.string()}}) << '\n';
    return {};
}

Result<void> export_lesson(const LessonOptions& options, Context& context) {
    DG_ASSIGN(const fs::path file, lesson_file(options.name, options));
    DG_ASSIGN(const ParsedLesson parsed, read_lesson(file));
    if (parsed.problems.failed()) {
        for (const Problem& p : parsed.problems.sorted()) {
            if (!p.warning) return p.error;
        }
    }
    DG_ASSIGN(const viz::FigureRequest picture, picture_from(options.picture, context.lang));
    viz::Session session;
    Runner runner(session, viz::scenes(), {.report = [](double) { return !interrupted(); }});
    const fs::path out(options.out);
    DG_ASSIGN(const Files files,
              out.extension() == ".pdf"
                  ? export_handout(runner, parsed.lesson, context.lang, out)
                  : export_folder(session, runner, parsed.lesson, picture, out));
    context.out << context.word("lesson.export.done", {{"count", fmt::format("{}", files.size())},
                                                       {"folder", fs::absolute(files.front()).parent_path().string()}})
                << '\n';
    return {};
}

}  // namespace

Action declare_lesson(CLI::App& cli, const Context& context) {
    auto options = std::make_shared<LessonOptions>();
    cli.require_subcommand(1);
    options->list = cli.add_subcommand("list", context.word("cli.lesson.list"));
    options->check = cli.add_subcommand("check", context.word("cli.lesson.check"));
    options->check->add_option("FILE", options->files, context.word("cli.lesson.file"));
    options->check->add_flag("--json", options->json, context.word("cli.lesson.json"));
    options->create = cli.add_subcommand("new", context.word("cli.lesson.new"));
    options->create->add_option("NAME", options->name, context.word("cli.lesson.name"))->required();
    options->leave = cli.add_subcommand("export", context.word("cli.lesson.export"));
    options->leave->add_option("ID", options->name, context.word("cli.lesson.id"))->required();
    options->leave->add_option("-o,--out", options->out, context.word("cli.lesson.out"))
        ->required();
    add_picture_options(*options->leave, context, options->picture);
    for (CLI::App* sub : {options->list, options->check, options->create, options->leave}) {
        sub->fallthrough();
        sub->add_option("--folder", options->folder, context.word("cli.lesson.folder"));
    }
    return [options](Context& c) -> Result<void> {
        if (options->list->parsed()) return list_lessons(*options, c);
        if (options->check->parsed()) return check_lessons(*options, c);
        if (options->create->parsed()) return create_lesson(*options, c);
        return export_lesson(*options, c);
    };
}

}  // namespace dg::app
