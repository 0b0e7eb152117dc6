#include "app/commands/figure_options.h"

#include "app/interrupt.h"
#include "app/progress_line.h"
#include "engine/tokenizer/tokenizer.h"

#include <charconv>

namespace dg::app {
namespace {

/// "1920x1080"
Result<std::pair<int, int>> parse_size(const std::string& text) {
    int width = 0, height = 0;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, width);
    const bool cross = first.ec == std::errc() && first.ptr != end && *first.ptr == 'x';
    const auto second = cross ? std::from_chars(first.ptr + 1, end, height) : first;
    if (!cross || second.ec != std::errc() || second.ptr != end) return Error{"param_size", {{"size", printable(text)}}, ""};
    return std::pair(width, height);
}

}  // namespace

void add_picture_options(CLI::App& cli, const Context& context, PictureOptions& options) {
    cli.add_option("--theme", options.theme, context.word("cli.figure.theme"))->capture_default_str();
    cli.add_option("--size", options.size, context.word("cli.figure.size"))->capture_default_str();
    cli.add_option("--dpi", options.dpi, context.word("cli.figure.dpi"))->capture_default_str();
}

Result<viz::FigureRequest> picture_from(const PictureOptions& options, viz::Lang lang) {
    viz::FigureRequest request;
    request.lang = lang;
    request.dpi = options.dpi;
    const auto theme = viz::theme_by_name(options.theme);
    if (!theme) return Error{"unknown_theme", {{"name", printable(options.theme)}}, ""};
    request.theme = *theme;
    DG_ASSIGN(const auto size, parse_size(options.size));
    request.width = size.first;
    request.height = size.second;
    return request;
}

void add_figure_options(CLI::App& cli, const Context& context, FigureOptions& options, std::string default_size, std::string_view output_help) {
    options.size = std::move(default_size);
    add_picture_options(cli, context, options);
    cli.add_option("SCENE", options.scene, context.word("cli.figure.scene"));
    cli.add_option("--set", options.set, context.word("cli.figure.set"))->allow_extra_args(false);
    cli.add_option("-o,--output", options.output, context.word(output_help));
}

Result<viz::FigureRequest> request_from(const FigureOptions& options, viz::Lang lang) {
    if (options.scene.empty()) return Error{"usage_scene", {}, ""};
    DG_ASSIGN(viz::FigureRequest request, picture_from(options, lang));
    request.scene = options.scene;
    request.stage = options.stage;
    request.u = options.at;
    DG_ASSIGN(request.set, viz::parse_assignments(options.set));
    return request;
}

viz::Progress progress_on(ProgressLine& line) {
    return {.report = [&line](double fraction) {
        line.update(fraction * 100, 100);
        return !interrupted();
    }};
}

}  // namespace dg::app
