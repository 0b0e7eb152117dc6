// A subcommand: one file under app/commands/, one row in app/commands.cpp. It declares its options on a CLI11 App and
// returns what to do once they are parsed:
//
//     Action declare_tokenize(CLI::App& cli, const Context& context) {
//         auto options = std::make_shared<Options>();          // the options live as long as the action
//         cli.add_option("MODEL", options->model, context.word("cli.tokenize.model"))->required();
//         return [options](Context& c) -> Result<void> { ... c.out << ...; return {}; };
//     }
//
// Its about line is the catalogue key "cli.<name>.about". Long work polls app/interrupt.h and shows app/progress_line.h.
#pragma once

#include "engine/base/result.h"
#include "viz/i18n/i18n.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace dg::app {

/// What every command gets. Results go to `out`, everything else to `err`.
struct Context {
    std::ostream& out;
    std::ostream& err;
    viz::Lang lang = viz::Lang::kEn;
    bool terminal = false;  // err is a terminal: show progress

    /// A wording in the user's language.
    [[nodiscard]] std::string word(std::string_view key, const viz::TextArgs& args = {}) const { return viz::tr(lang, key, args); }
};

/// An Error ends the command: its wording goes to `err`; exit status 2 for codes "usage_*", "param_*" and "unknown_*"
/// (wrong usage), 1 for all others.
using Action = std::function<Result<void>(Context&)>;

struct Command {
    std::string_view name;  // "" = what runs when no subcommand is named
    Action (*declare)(CLI::App&, const Context&);
};

/// The table (app/commands.cpp).
std::span<const Command> commands();

/// Exit status for an error code.
int exit_status(std::string_view code);

/// Parses and runs; never throws. `words`: the command line without the program's name.
int run(const std::vector<std::string>& words, Context context);

/// --lang of the words, else the environment's language.
viz::Lang language_of(const std::vector<std::string>& words);

}  // namespace dg::app
