#include "viz/export/movie.h"

#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/export/ffmpeg.h"
#include "viz/export/gif.h"
#include "viz/scenes/clock.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace dg::viz {
namespace {

namespace fs = std::filesystem;
using Moments = std::vector<std::pair<int, double>>;

/// Removes what is not finished, unless told that it is.
class Unfinished {
  public:
    explicit Unfinished(fs::path path) : path_(std::move(path)) {}

    ~Unfinished() {
        std::error_code ignored;
        if (!done_) fs::remove_all(path_, ignored);
    }

    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }

    /// Renames it to its final name.
    Result<void> finish(const fs::path& target) {
        std::error_code error;
        fs::rename(path_, target, error);
        if (error) return Error{"file_write", {{"file", target.string()}, {"reason", error.message()}}, ""};
        done_ = true;
        return {};
    }

  private:
    fs::path path_;
    bool done_ = false;
};

fs::path beside(const fs::path& target, std::string_view extension) {
    fs::path name = target;
    if (!name.has_filename()) name = name.parent_path();
    name += fmt::format(".part{}{}", ::getpid(), extension);
    return name;
}

Figure at_moment(const Figure& figure, std::pair<int, double> moment) {
    Figure frame = figure;
    frame.view.stage = moment.first;
    frame.view.u = moment.second;
    if (!figure.scene->stages.empty()) frame.recipe.stage = figure.scene->stages[static_cast<std::size_t>(moment.first)].id;
    frame.recipe.u = moment.second;
    return frame;
}

Result<Image> render(const Figure& figure, std::pair<int, double> moment) {
    const Recipe& r = figure.recipe;
    const PageLayout layout = layout_page(r.width, r.height, r.dpi, theme(r.theme));
    return render_image(layout.page, layout.scale, theme(r.theme).ground, drawing(at_moment(figure, moment)));
}

/// Draws every moment in turn and hands it on.
Result<void> each_frame(const Figure& figure, const Moments& moments, const Progress& progress,
                        const std::function<Result<void>(const Image&)>& take) {
    for (std::size_t i = 0; i < moments.size(); ++i) {
        if (!progress.report(static_cast<double>(i) / static_cast<double>(moments.size()))) return Error{"cancelled", {}, ""};
        DG_ASSIGN(const Image image, render(figure, moments[i]));
        DG_TRY(take(image));
    }
    return {};
}

Result<void> write_frames(const Figure& figure, const Moments& moments, const fs::path& target, const Progress& progress) {
    std::error_code error;
    if (fs::exists(target, error) && !(fs::is_directory(target, error) && fs::is_empty(target, error))) {
        return Error{"animate_exists", {}, target.string()};
    }
    Unfinished folder(beside(target, ""));
    fs::create_directories(folder.path(), error);
    if (error) return Error{"file_write", {{"file", target.string()}, {"reason", error.message()}}, ""};
    for (std::size_t i = 0; i < moments.size(); ++i) {
        if (!progress.report(static_cast<double>(i) / static_cast<double>(moments.size()))) return Error{"cancelled", {}, ""};
        DG_TRY(export_figure(at_moment(figure, moments[i]), FigureFormat::kPng, folder.path() / fmt::format("frame-{:04}.png", i + 1)));
    }
    fs::remove(target, error);  // an empty folder of that name gives way
    fs::path name = target;
    if (!name.has_filename()) name = name.parent_path();
    return folder.finish(name);
}

Result<void> write_gif(const Figure& figure, const Moments& moments, const MovieOptions& options, const fs::path& target,
                       const Progress& progress) {
    // colours from a dozen frames, the last among them
    Palette palette;
    const std::size_t step = std::max<std::size_t>(1, moments.size() / 12);
    int width = 1, height = 1;
    for (std::size_t i = moments.size(); i > 0; i -= std::min(i, step)) {
        DG_ASSIGN(const Image sample, render(figure, moments[i - 1]));
        palette.add(sample);
        width = sample.width, height = sample.height;
    }
    palette.choose();
    GifWriter gif(width, height, palette, static_cast<int>(std::lround(100 / options.fps)));
    DG_TRY(each_frame(figure, moments, progress, [&](const Image& image) -> Result<void> { return gif.add(image), Result<void>(); }));
    return write_file(target, gif.finish(static_cast<int>(std::lround(100 * options.hold))));
}

Result<void> write_mp4(const Figure& figure, const Moments& moments, const MovieOptions& options, const fs::path& target,
                       const Progress& progress) {
    Unfinished file(beside(target, ".mp4"));
    DG_ASSIGN(const Image first, render(figure, moments.front()));
    DG_ASSIGN(Ffmpeg encoder, Ffmpeg::start(file.path(), first.width, first.height, options.fps));
    Image last;
    DG_TRY(each_frame(figure, moments, progress, [&](const Image& image) {
        last = image;
        return encoder.write(image);
    }));
    for (int i = 0; i < static_cast<int>(options.hold * options.fps); ++i) DG_TRY(encoder.write(last));
    DG_TRY(encoder.finish());
    return file.finish(target);
}

}  // namespace

std::vector<std::pair<int, double>> movie_moments(const Scene& scene, const MovieOptions& options) {
    std::vector<double> seconds;
    for (const StageSpec& stage : scene.stages) seconds.push_back(stage.seconds);
    Clock clock(seconds);
    if (seconds.empty()) return {{0, 1.0}};
    clock.set_speed(options.speed);
    clock.to_start();
    clock.play();
    Moments moments = {{0, 0.0}};
    while (clock.playing()) {
        clock.advance(1 / options.fps);
        moments.emplace_back(clock.stage(), clock.u());
    }
    return moments;
}

Result<void> export_movie(const Figure& figure, const MovieOptions& options, const fs::path& target, const Progress& progress) {
    if (!(options.fps >= 1 && options.fps <= 60)) return Error{"param_fps", {{"fps", fmt::format("{}", options.fps)}}, ""};
    if (!(options.hold >= 0 && options.hold <= 600)) return Error{"param_hold", {{"hold", fmt::format("{}", options.hold)}}, ""};
    const Moments moments = movie_moments(*figure.scene, options);
    const std::string extension = target.extension().string();
    if (extension == ".gif") return write_gif(figure, moments, options, target, progress);
    if (extension == ".mp4") return write_mp4(figure, moments, options, target, progress);
    if (target.empty() || !extension.empty()) return Error{"usage_movie", {{"file", printable(target.string())}}, ""};
    return write_frames(figure, moments, target, progress);
}

}  // namespace dg::viz
