// deepglass bench [NAME]: the benchmarks are a program of their own beside this one, so that no user needs their libraries.
#include "app/commands/command.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

namespace dg::app {
namespace {

Result<void> run_bench(Context& c, const std::string& name) {
    std::error_code failed;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", failed);
    const std::filesystem::path program = self.parent_path().parent_path() / "bench" / "deepglass-bench";
    if (failed || !std::filesystem::exists(program, failed)) return Error{"bench_missing", {{"program", program.string()}}, {}};
    c.out.flush();
    const pid_t child = fork();
    if (child == 0) {
        execl(program.c_str(), program.c_str(), name.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return Error{"bench_failed", {{"name", name}}, program.string()};
    return {};
}

}  // namespace

Action declare_bench(CLI::App& cli, const Context& context) {
    auto name = std::make_shared<std::string>();
    cli.add_option("NAME", *name, context.word("cli.bench.name"));
    return [name](Context& c) { return run_bench(c, *name); };
}

}  // namespace dg::app
