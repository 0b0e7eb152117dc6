// From the start of the process to the first picture of a scene and a clean exit, against window_floor.cpp. Both on SDL's
// dummy driver, so that no graphics card takes part.
#include "bench/bench.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace dg::bench {
namespace {

namespace fs = std::filesystem;

void start(const std::string& command) {
    if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error("failed: " + command);
}

}  // namespace

void add_first_frame() {
    std::error_code failed;
    const fs::path here = fs::read_symlink("/proc/self/exe", failed).parent_path();
    const fs::path program = here.parent_path() / "app" / "deepglass", floor = here / "deepglass-window-floor";
    if (failed || !fs::exists(program) || !fs::exists(floor)) return;
    const fs::path script = fs::temp_directory_path() / "deepglass-first-frame.script";
    std::ofstream(script) << "wait idle\nkey ctrl+q\n";
    add("first-frame/window/reference-floor", 1, "start", [floor] { start(fmt::format("SDL_VIDEODRIVER=dummy '{}'", floor.string())); });
    for (const char* scene : {"next-token", "attention"}) {
        const std::string command =
            fmt::format("SDL_VIDEODRIVER=dummy '{}' --size 1280x720 --scene {} --script '{}'", program.string(), scene, script.string());
        add(fmt::format("first-frame/window/deepglass-{}", scene), 1, "start", [command] { start(command); });
    }
}

}  // namespace dg::bench
