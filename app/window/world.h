// What every shell of the program works with: models, scenes, lessons on the shelf.
#pragma once

#include "app/window/options.h"
#include "app/window/shell.h"

#include <memory>

namespace dg::app {

/// Session and setup for a request. Problems that need not stop the window (no assets, no lessons) go to `problems`.
struct World {
    std::unique_ptr<viz::Session> session;
    ShellSetup setup;
    std::vector<Error> problems;
};

World make_world(const WindowRequest& request);

}  // namespace dg::app
