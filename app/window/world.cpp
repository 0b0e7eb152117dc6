#include "app/window/world.h"

#include "app/window/start_page.h"
#include "lessons/progress.h"
#include "viz/text/fonts.h"

#include <cstdlib>

namespace dg::app {

World make_world(const WindowRequest& request) {
    World world;
    world.session = std::make_unique<viz::Session>();
    if (const Result<std::filesystem::path> assets = viz::find_assets(); !assets) world.problems.push_back(assets.error());
    for (const Error& problem : viz::Fonts::shared().problems()) world.problems.push_back(problem);
    ShellSetup& setup = world.setup;
    setup.scenes = viz::scenes();
    setup.session = world.session.get();
    setup.lang = request.lang;
    setup.theme = request.theme;
    setup.reduced_motion = request.reduced_motion;
    const char* no_catch = std::getenv("DEEPGLASS_NO_CATCH");
    setup.catch_faults = !no_catch || std::string_view(no_catch) != "1";
    if (const Result<std::filesystem::path> folder = lessons::lessons_folder(world.session->assets())) setup.shelf = lessons::shelf(*folder);
    if (!request.headless) setup.progress_file = lessons::progress_file();
    return world;
}

Result<void> enter(Shell& shell, const WindowRequest& request) {
    shell.start->load(shell);
    shell.presenter = request.presenter;
    if (!request.lesson.empty()) {
        DG_ASSIGN(const lessons::ShelfEntry entry, lessons::find_lesson(shell.setup.shelf, request.lesson));
        DG_TRY(shell.open_lesson(entry, request.step - 1));
        if (!request.set.empty()) shell.set_params(request.set);
        return {};
    }
    if (!request.scene.empty()) return shell.open_scene(request.scene, request.set);
    return {};
}

}  // namespace dg::app
