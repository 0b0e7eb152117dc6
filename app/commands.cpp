// The one table of subcommands: to add one, declare its function here and add a row. Order = order of the help page.
#include "app/commands/command.h"

#include <array>

namespace dg::app {

Action declare_figure(CLI::App& cli, const Context& context);
Action declare_animate(CLI::App& cli, const Context& context);

std::span<const Command> commands() {
    static constexpr std::array kCommands = {
        Command{"figure", &declare_figure},
        Command{"animate", &declare_animate},
    };
    return kCommands;
}

}  // namespace dg::app
