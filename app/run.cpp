// From words to exit status: declares every command of the table, parses, runs, words the error.
#include "app/commands/command.h"
#include "app/parse_words.h"

#include "engine/base/suggest.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/export/recipe.h"

#include <algorithm>
#include <exception>
#include <new>

namespace dg::app {
namespace {

/// The first word that is no option: the command's name. Values of the options before it do not count.
std::string first_command(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--lang") {
            ++i;
        } else if (!words[i].starts_with('-')) {
            return words[i];
        } else if (!words[i].starts_with("--lang=")) {
            return {};
        }
    }
    return {};
}

bool known(std::string_view name) {
    return std::ranges::any_of(commands(), [&](const Command& c) { return c.name == name && !c.name.empty(); });
}

Error unknown_command(const std::string& name) {
    std::vector<std::string> names;
    for (const Command& command : commands()) {
        if (!command.name.empty()) names.emplace_back(command.name);
    }
    return {"unknown_command", {{"name", printable(name)}, {"suggestion", nearest(name, names)}}, ""};
}

int report(const Context& context, const Error& error) {
    context.err << "deepglass: " << viz::describe(context.lang, error) << '\n';
    return exit_status(error.code);
}

/// Runs the action and makes sure that its output arrived.
int perform(const Action& action, Context& context) {
    if (Result<void> done = action(context); !done) return report(context, done.error());
    context.out.flush();
    return context.out ? 0 : report(context, {"output_write", {}, ""});
}

int parse_and_perform(CLI::App& cli, const std::vector<std::string>& words, Context& context, const Action& fallback,
                      const std::vector<std::pair<CLI::App*, Action>>& actions) {
    // CLI11 wants the words last to first
    cli.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    for (const auto& [subcommand, action] : actions) {
        if (subcommand->parsed()) return perform(action, context);
    }
    if (fallback) return perform(fallback, context);
    context.out << cli.help();
    return 0;
}

int run_unguarded(const std::vector<std::string>& words, Context& context) {
    const std::string name = first_command(words);
    if (!name.empty() && !known(name)) return report(context, unknown_command(name));

    CLI::App cli(context.word("cli.about"), "deepglass");
    cli.set_version_flag("--version", std::string(viz::program_version()));
    std::string lang;
    cli.add_option("--lang", lang, context.word("cli.lang"))->check(CLI::IsMember({"zh", "en"}));
    cli.require_subcommand(0, 1);

    Action fallback;
    std::vector<std::pair<CLI::App*, Action>> actions;
    for (const Command& command : commands()) {
        if (command.name.empty()) {
            fallback = command.declare(cli, context);
            continue;
        }
        CLI::App* sub = cli.add_subcommand(std::string(command.name), context.word(fmt::format("cli.{}.about", command.name)));
        sub->fallthrough();
        actions.emplace_back(sub, command.declare(*sub, context));
    }
    try {
        return parse_and_perform(cli, words, context, fallback, actions);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return cli.exit(e, context.out, context.err);  // --help, --version
        const std::string help = name.empty() ? "deepglass --help" : "deepglass " + name + " --help";
        return report(context, parse_error_in_words(e.what(), help));
    }
}

}  // namespace

int exit_status(std::string_view code) {
    const bool usage = code.starts_with("usage_") || code.starts_with("param_") || code.starts_with("unknown_");
    return usage ? 2 : 1;
}

viz::Lang language_of(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string_view value;
        if (words[i] == "--lang" && i + 1 < words.size()) value = words[i + 1];
        if (words[i].starts_with("--lang=")) value = std::string_view(words[i]).substr(7);
        if (const auto lang = viz::lang_by_name(value)) return *lang;
    }
    return viz::lang_from_environment();
}

int run(const std::vector<std::string>& words, Context context) {
    try {
        return run_unguarded(words, context);
    } catch (const std::bad_alloc&) {
        return report(context, {"out_of_memory", {}, ""});
    } catch (const std::exception& e) {
        return report(context, {"bug", {{"what", e.what()}}, ""});
    }
}

}  // namespace dg::app
