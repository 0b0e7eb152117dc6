// deepglass animate SCENE ... -o frames/ | x.gif | x.mp4
#include "app/commands/figure_options.h"
#include "app/progress_line.h"
#include "viz/export/movie.h"

namespace dg::app {
namespace {

struct Options {
    FigureOptions figure;
    viz::MovieOptions movie;
};

Result<void> draw_movie(Context& c, const Options& options) {
    if (options.figure.output.empty()) return Error{"usage_output", {}, ""};
    DG_ASSIGN(const viz::FigureRequest request, request_from(options.figure, c.lang));
    viz::Session session;
    viz::Figure figure;
    {
        ProgressLine line(c.err, c.terminal, c.lang, c.word("cli.figure.computing"), "%");
        DG_ASSIGN(figure, viz::make_figure(session, request, progress_on(line)));
    }
    ProgressLine line(c.err, c.terminal, c.lang, c.word("cli.animate.drawing"), "%");
    return viz::export_movie(figure, options.movie, options.figure.output, progress_on(line));
}

}  // namespace

Action declare_animate(CLI::App& cli, const Context& context) {
    auto options = std::make_shared<Options>();
    add_figure_options(cli, context, options->figure, "1280x720", "cli.animate.output");
    cli.add_option("--fps", options->movie.fps, context.word("cli.animate.fps"))->capture_default_str();
    cli.add_option("--speed", options->movie.speed, context.word("cli.animate.speed"))->capture_default_str();
    cli.add_option("--hold", options->movie.hold, context.word("cli.animate.hold"))->capture_default_str();
    return [options](Context& c) { return draw_movie(c, *options); };
}

}  // namespace dg::app
