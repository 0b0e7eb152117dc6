// The one table of subcommands: to add one, declare its function here and add a row. Order = order of the help page.
#include "app/commands/command.h"

#include <array>

namespace dg::app {

Action declare_generate(CLI::App& cli, const Context& context);
Action declare_trace(CLI::App& cli, const Context& context);
Action declare_explain(CLI::App& cli, const Context& context);
Action declare_gradients(CLI::App& cli, const Context& context);
Action declare_tokenize(CLI::App& cli, const Context& context);
Action declare_train(CLI::App& cli, const Context& context);
Action declare_eval(CLI::App& cli, const Context& context);
Action declare_inspect(CLI::App& cli, const Context& context);
Action declare_convert(CLI::App& cli, const Context& context);
Action declare_fp8(CLI::App& cli, const Context& context);
Action declare_bench(CLI::App& cli, const Context& context);
Action declare_figure(CLI::App& cli, const Context& context);
Action declare_animate(CLI::App& cli, const Context& context);
Action declare_sim(CLI::App& cli, const Context& context);
Action declare_lesson(CLI::App& cli, const Context& context);
Action declare_window(CLI::App& cli, const Context& context);

std::span<const Command> commands() {
    static constexpr std::array kCommands = {
        Command{"generate", &declare_generate},
        Command{"trace", &declare_trace},
        Command{"explain", &declare_explain},
        Command{"gradients", &declare_gradients},
        Command{"tokenize", &declare_tokenize},
        Command{"train", &declare_train},
        Command{"eval", &declare_eval},
        Command{"inspect", &declare_inspect},
        Command{"convert", &declare_convert},
        Command{"fp8", &declare_fp8},
        Command{"bench", &declare_bench},
        Command{"figure", &declare_figure},
        Command{"animate", &declare_animate},
        Command{"sim", &declare_sim},
        Command{"lesson", &declare_lesson},
        Command{"", &declare_window},
    };
    return kCommands;
}

}  // namespace dg::app
