// deepglass figure SCENE ... -o x.png | --from x.png | --list
#include "app/commands/figure_options.h"
#include "app/progress_line.h"

namespace dg::app {
namespace {

struct Options {
    FigureOptions figure;
    std::string from;
    bool list = false, params = false;
};

/// One scene per line, its id first.
void list_scenes(Context& c) {
    for (const viz::Scene& scene : viz::scenes()) {
        c.out << fmt::format("{:<16}{}\n", scene.id, c.word(fmt::format("scene.{}.name", scene.id)));
    }
}

/// The scene's own label of a parameter, else the shared one.
std::string param_word(const Context& c, const viz::Scene& scene, const viz::ParamSpec& spec, std::string_view what) {
    const std::string own = fmt::format("param.{}.{}.{}", scene.id, spec.id, what);
    return c.word(viz::has_key(own) ? own : fmt::format("param.{}.{}", spec.id, what));
}

Result<void> list_params(Context& c, const std::string& id) {
    DG_ASSIGN(const viz::Scene* scene, viz::require_scene(id));
    c.out << c.word("cli.figure.list.params") << '\n';
    for (const viz::ParamSpec& spec : scene->params) {
        std::string range = spec.choices.empty() ? "" : fmt::format(" [{}]", fmt::join(spec.choices, " | "));
        const bool numeric = spec.type == viz::ParamType::kInt || spec.type == viz::ParamType::kReal;
        if (numeric && spec.min <= spec.max) range = fmt::format(" [{} .. {}]", spec.min, spec.max);
        const std::string only = spec.when.empty() ? "" : fmt::format(" ({})", spec.when);
        c.out << fmt::format("  {}={}{}{}  {}\n", spec.id, spec.default_value, range, only, param_word(c, *scene, spec, "help"));
    }
    if (scene->stages.empty()) return {};
    c.out << c.word("cli.figure.list.stages") << '\n';
    for (const viz::StageSpec& stage : scene->stages) {
        c.out << fmt::format("  {}  {}\n", stage.id, c.word(fmt::format("stage.{}.{}", scene->id, stage.id)));
    }
    return {};
}

Result<viz::Figure> remake(Context& c, viz::Session& session, const Options& options, const viz::Progress& progress) {
    DG_ASSIGN(const viz::Recipe recipe, viz::read_recipe(options.from));
    if (recipe.version != viz::program_version()) {
        c.err << c.word("cli.figure.note.version", {{"made", recipe.version}, {"now", std::string(viz::program_version())}}) << '\n';
    }
    return viz::remake_figure(session, recipe, progress);
}

Result<void> draw_figure(Context& c, const Options& options) {
    if (options.figure.output.empty()) return Error{"usage_output", {}, ""};
    DG_ASSIGN(const viz::FigureFormat format, viz::figure_format(options.figure.output));
    viz::Session session;
    ProgressLine line(c.err, c.terminal, c.lang, c.word("cli.figure.computing"), "%");
    const viz::Progress progress = progress_on(line);
    if (!options.from.empty()) {
        DG_ASSIGN(const viz::Figure figure, remake(c, session, options, progress));
        return viz::export_figure(figure, format, options.figure.output);
    }
    DG_ASSIGN(const viz::FigureRequest request, request_from(options.figure, c.lang));
    DG_ASSIGN(const viz::Figure figure, viz::make_figure(session, request, progress));
    return viz::export_figure(figure, format, options.figure.output);
}

/// Options that would contradict --from.
Result<void> check_from(const CLI::App& cli) {
    for (const char* option : {"SCENE", "--set", "--stage", "--at", "--theme", "--size", "--dpi"}) {
        if (cli.count(option) > 0) return Error{"usage_from", {{"option", option}}, ""};
    }
    return {};
}

}  // namespace

Action declare_figure(CLI::App& cli, const Context& context) {
    auto options = std::make_shared<Options>();
    add_figure_options(cli, context, options->figure, "1920x1080", "cli.figure.output");
    cli.add_option("--stage", options->figure.stage, context.word("cli.figure.stage"));
    cli.add_option("--at", options->figure.at, context.word("cli.figure.at"))->capture_default_str();
    cli.add_option("--from", options->from, context.word("cli.figure.from"));
    cli.add_flag("--list", options->list, context.word("cli.figure.list"));
    cli.add_flag("--params", options->params, context.word("cli.figure.params"));
    return [options, &cli](Context& c) -> Result<void> {
        if (options->list) return list_scenes(c), Result<void>();
        if (options->params) return list_params(c, options->figure.scene);
        if (!options->from.empty()) DG_TRY(check_from(cli));
        return draw_figure(c, *options);
    };
}

}  // namespace dg::app
