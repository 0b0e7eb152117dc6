#include "app/window/headless.h"

#include "app/window/options.h"
#include "app/window/world.h"
#include "engine/io/files.h"
#include "viz/canvas/png.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace dg::app {
namespace {

double milliseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

HeadlessStage::HeadlessStage(ShellSetup setup, int width, int height) : shell_(std::move(setup), host_), width_(width), height_(height) {}

float HeadlessStage::scale() { return shell_.unit_scale(width_, height_); }

void HeadlessStage::frames(double dt) {
    const auto begin = std::chrono::steady_clock::now();
    const viz::SceneData* before = shell_.lab.shown() ? shell_.lab.shown()->data.get() : nullptr;
    // one more than the input needs: controls answer to the picture before
    bool again = true;
    while (again) {
        again = !queue_.empty();
        if (waiting_) shell_.wait_for_results();
        InputFrame input = queue_.next();
        const double start = thread_seconds();
        shell_.frame(painter_, input, width_, height_, dt);
        times.build.push_back(1000 * (thread_seconds() - start));
        if (measuring_) static_cast<void>(pixels());
    }
    if (measuring_ && typed_ && shell_.lab.shown() && shell_.lab.shown()->data.get() != before) {
        times.edit.push_back(milliseconds_since(begin));
    }
    typed_ = false;
}

void HeadlessStage::resize(int width, int height) {
    width_ = width, height_ = height;
    queue_.push({.type = viz::InputEvent::Type::kResize, .at = {static_cast<float>(width), static_cast<float>(height)}});
}

viz::Image HeadlessStage::pixels() {
    const auto start = std::chrono::steady_clock::now();
    viz::Image image;
    painter_.raster(image, shell_.look().ground);
    times.raster.push_back(milliseconds_since(start));
    return image;
}

Result<void> HeadlessStage::shot(const std::filesystem::path& file) {
    frames(0);
    DG_ASSIGN(const std::string bytes, viz::encode_png(pixels()));
    return write_file(file, bytes);
}

Result<void> run_headless(const WindowRequest& request) {
    DG_ASSIGN(const std::string text, read_file(request.script));
    DG_ASSIGN(const std::vector<ScriptLine> lines, parse_script(text, request.script));
    World world = make_world(request);
    HeadlessStage stage(world.setup, request.width, request.height);
    DG_TRY(enter(stage.shell(), request));
    for (const Error& problem : world.problems) stage.shell().say(problem);
    stage.frames(0);
    stage.set_measuring(request.measure);
    DG_TRY(run_script(lines, request.script, stage));
    if (request.measure) fmt::print("{}\n", stage.times.summary());
    return {};
}

}  // namespace dg::app
