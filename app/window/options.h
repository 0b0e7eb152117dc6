// What the command line asks of the window.
#pragma once

#include "engine/base/result.h"
#include "viz/theme/theme.h"

#include <map>
#include <optional>
#include <string>

namespace dg::app {

struct WindowRequest {
    std::string scene, lesson;
    int step = 0;  // from 1; 0 = where the learner left off
    std::map<std::string, std::string> set;
    viz::Lang lang = viz::Lang::kZh;
    viz::ThemeId theme = viz::ThemeId::kLight;
    std::string script;         // file of script.h
    bool headless = false, full_screen = false, presenter = false, reduced_motion = false;
    std::string renderer = "auto";
    int width = 1600, height = 900;
    bool measure = false;       // print timings at the end
};

class Shell;

/// Opens what was asked for. Errors: those of open_scene and open_lesson, lesson_unknown_lesson, param_*.
Result<void> enter(Shell& shell, const WindowRequest& request);

/// The real window, until it is closed. Error codes: window_sdl, those of enter() and of scripts.
Result<void> run_window(const WindowRequest& request);
/// The same shell without a window; runs the script. Error codes: as above, script_*.
Result<void> run_headless(const WindowRequest& request);

}  // namespace dg::app
