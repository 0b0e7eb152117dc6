// Options that `figure`, `animate` and `lesson export` share.
#pragma once

#include "app/commands/command.h"
#include "viz/export/figure.h"

#include <string>
#include <vector>

namespace dg::app {

struct PictureOptions {
    std::string theme = "paper", size = "1920x1080";
    double dpi = 96;
};

struct FigureOptions : PictureOptions {
    std::string scene, stage;
    std::vector<std::string> set;
    double at = 1;
    std::string output;
};

/// --theme --size --dpi
void add_picture_options(CLI::App& cli, const Context& context, PictureOptions& options);
/// A request without a scene. Error codes: unknown_theme, param_size.
Result<viz::FigureRequest> picture_from(const PictureOptions& options, viz::Lang lang);

/// SCENE --set --theme --size --dpi -o
void add_figure_options(CLI::App& cli, const Context& context, FigureOptions& options, std::string default_size, std::string_view output_help);

/// Error codes: usage_scene, unknown_theme, param_size, param_assignment.
Result<viz::FigureRequest> request_from(const FigureOptions& options, viz::Lang lang);

/// Shows progress on the terminal; the result says stop after Ctrl-C.
viz::Progress progress_on(class ProgressLine& line);

}  // namespace dg::app
