// deepglass sim NAME [--set k=v ...] [--seed S] [--recipe] [-o out.csv|json] | sim --list
#include "app/commands/command.h"
#include "app/interrupt.h"
#include "app/progress_line.h"
#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/job.h"
#include "sim/record_file.h"
#include "viz/export/recipe.h"

namespace dg::app {
namespace {

struct Options {
    std::string name, seed, output;
    std::vector<std::string> set;
    bool list = false, recipe = false;
};

std::string help_of(const Context& c, const sim::Experiment& experiment, const sim::ParamSpec& spec) {
    const std::string own = fmt::format("param.{}.{}.help", experiment.id, spec.id);
    return c.word(viz::has_key(own) ? own : fmt::format("param.{}.help", spec.id));
}

/// The id first on its line; below it every parameter with default, range and what it means.
void list_experiments(Context& c) {
    for (const sim::Experiment& experiment : sim::experiments()) {
        c.out << fmt::format("{:<20}{}\n", experiment.id, c.word(fmt::format("sim.{}.name", experiment.id)));
        c.out << fmt::format("    {}\n", c.word(fmt::format("sim.{}.about", experiment.id)));
        for (const sim::ParamSpec& spec : experiment.params) {
            std::string range = spec.choices.empty() ? "" : fmt::format(" [{}]", fmt::join(spec.choices, " | "));
            const bool numeric = spec.type == sim::ParamType::kInt || spec.type == sim::ParamType::kReal;
            if (numeric && spec.min <= spec.max) range = fmt::format(" [{} .. {}]", spec.min, spec.max);
            c.out << fmt::format("    {}={}{}  {}\n", spec.id, spec.default_value, range, help_of(c, experiment, spec));
        }
    }
}

enum class Format { kCsv, kJson };

Result<Format> format_of(const std::string& output) {
    const std::string extension = std::filesystem::path(output).extension().string();
    if (output.empty() || extension == ".csv") return Format::kCsv;
    if (extension == ".json") return Format::kJson;
    return Error{"usage_records", {{"file", printable(output)}}, ""};
}

Result<sim::Params> read_params(const Options& o, const sim::Experiment& experiment) {
    DG_ASSIGN(auto set, sim::parse_assignments(o.set));
    if (!o.seed.empty()) set["seed"] = o.seed;
    return sim::parse_params(experiment.params, set);
}

Result<sim::Records> perform_job(Context& c, const sim::Experiment& experiment, const sim::Params& params) {
    ProgressLine line(c.err, c.terminal, c.lang, std::string(experiment.id), "%");
    sim::Job job(experiment, params);
    while (!job.wait_for(std::chrono::milliseconds(40))) {
        if (interrupted()) job.cancel();
        line.update(job.fraction() * 100, 100);
    }
    return job.finish();
}

Result<void> run_sim(Context& c, const Options& o) {
    if (o.name.empty()) return Error{"usage_experiment", {}, ""};
    DG_ASSIGN(const sim::Experiment* experiment, sim::require_experiment(o.name));
    DG_ASSIGN(const Format format, format_of(o.output));
    DG_ASSIGN(const sim::Params params, read_params(o, *experiment));
    if (!o.output.empty()) DG_TRY(check_writable(o.output));
    DG_ASSIGN(const sim::Records records, perform_job(c, *experiment, params));
    std::string text = format == Format::kCsv ? sim::records_csv(records) : sim::records_json(*experiment, params, records, viz::program_version());
    if (format == Format::kCsv && o.recipe) text.insert(0, sim::recipe_line(*experiment, params, text));
    if (!o.output.empty()) return write_file(o.output, text);
    c.out << text;
    return {};
}

}  // namespace

Action declare_sim(CLI::App& cli, const Context& context) {
    auto o = std::make_shared<Options>();
    cli.add_option("NAME", o->name, context.word("cli.sim.experiment"));
    cli.add_option("--set", o->set, context.word("cli.sim.set"))->allow_extra_args(false);
    cli.add_option("--seed", o->seed, context.word("cli.sim.seed"));
    cli.add_option("-o,--output", o->output, context.word("cli.sim.output"));
    cli.add_flag("--recipe", o->recipe, context.word("cli.sim.recipe"));
    cli.add_flag("--list", o->list, context.word("cli.sim.list"));
    return [o](Context& c) -> Result<void> {
        if (o->list) return list_experiments(c), Result<void>();
        return run_sim(c, *o);
    };
}

}  // namespace dg::app
