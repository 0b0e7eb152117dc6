// deepglass without a subcommand: the window.
#include "app/commands/command.h"
#include "app/window/options.h"
#include "viz/scenes/scene.h"

namespace dg::app {
namespace {

struct Options {
    WindowRequest request;
    std::vector<std::string> set;
    std::string theme = "light", size;
};

Result<void> read_size(const std::string& written, WindowRequest& request) {
    if (written.empty()) return {};
    int width = 0, height = 0;
    char x = 0, rest = 0;
    const int got = std::sscanf(written.c_str(), "%d%c%d%c", &width, &x, &height, &rest);
    if (got != 3 || x != 'x' || width < 320 || height < 240 || width > 16384 || height > 16384) return Error{"usage_window_size", {{"size", written}}, ""};
    request.width = width, request.height = height;
    return {};
}

Result<void> open(Options& options, const Context& context) {
    WindowRequest& request = options.request;
    request.lang = context.lang;
    const std::optional<viz::ThemeId> theme = viz::theme_by_name(options.theme);
    if (!theme) return Error{"usage_window_theme", {{"name", options.theme}}, ""};
    request.theme = *theme;
    DG_ASSIGN(request.set, viz::parse_assignments(options.set));
    DG_TRY(read_size(options.size, request));
    if (!request.set.empty() && request.scene.empty() && request.lesson.empty()) return Error{"usage_set_without_scene", {}, ""};
    if (request.headless && request.script.empty()) return Error{"usage_headless_script", {}, ""};
    if (!request.scene.empty()) DG_TRY(viz::require_scene(request.scene));
    return request.headless ? run_headless(request) : run_window(request);
}

}  // namespace

Action declare_window(CLI::App& cli, const Context& context) {
    auto options = std::make_shared<Options>();
    WindowRequest& r = options->request;
    cli.add_option("--scene", r.scene, context.word("cli.window.scene"));
    cli.add_option("--lesson", r.lesson, context.word("cli.window.lesson"));
    cli.add_option("--step", r.step, context.word("cli.window.step"))->check(CLI::PositiveNumber);
    cli.add_option("--set", options->set, context.word("cli.window.set"))->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    cli.add_option("--theme", options->theme, context.word("cli.window.theme"));
    cli.add_option("--size", options->size, context.word("cli.window.size"));
    cli.add_flag("--fullscreen", r.full_screen, context.word("cli.window.fullscreen"));
    cli.add_flag("--presenter", r.presenter, context.word("cli.window.presenter"));
    cli.add_flag("--reduced-motion", r.reduced_motion, context.word("cli.window.reduced_motion"));
    cli.add_option("--renderer", r.renderer, context.word("cli.window.renderer"))->check(CLI::IsMember({"auto", "gl", "software"}));
    cli.add_option("--script", r.script, context.word("cli.window.script"));
    cli.add_flag("--headless", r.headless, context.word("cli.window.headless"));
    cli.add_flag("--measure", r.measure, context.word("cli.window.measure"));
    return [options](Context& c) -> Result<void> { return open(*options, c); };
}

}  // namespace dg::app
