// Options that `figure` and `animate` share.
#pragma once

#include "app/commands/command.h"
#include "viz/export/figure.h"

#include <string>
#include <vector>

namespace dg::app {

struct FigureOptions {
    std::string scene, stage, theme = "paper", size;
    std::vector<std::string> set;
    double at = 1, dpi = 96;
    std::string output;
};

/// SCENE --set --theme --size --dpi -o
void add_figure_options(CLI::App& cli, const Context& context, FigureOptions& options, std::string default_size, std::string_view output_help);

/// Error codes: usage_scene, unknown_theme, param_size, param_assignment.
Result<viz::FigureRequest> request_from(const FigureOptions& options, viz::Lang lang);

/// Shows progress on the terminal; the result says stop after Ctrl-C.
viz::Progress progress_on(class ProgressLine& line);

}  // namespace dg::app
