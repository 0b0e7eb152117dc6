// The row `networks` of the experiments: CNN, RNN and Transformer with equal numbers of parameters on one task.
#include "sim/experiment.h"
#include "sim/networks/recording.h"

namespace dg::sim {
namespace {

std::vector<ParamSpec> specs() {
    return {{.id = "task", .type = ParamType::kChoice, .default_value = "copy", .choices = {"copy", "strokes"}},
            {.id = "seed", .type = ParamType::kInt, .default_value = "1", .min = 0, .max = 4294967295.0},
            {.id = "steps", .type = ParamType::kInt, .default_value = "2000", .min = 0, .max = 100000},
            {.id = "batch", .type = ParamType::kInt, .default_value = "16", .min = 1, .max = 512},
            {.id = "parameters", .type = ParamType::kInt, .default_value = "3000", .min = 1500, .max = 100000},
            {.id = "layers", .type = ParamType::kInt, .default_value = "6", .min = 1, .max = 64},
            {.id = "near", .type = ParamType::kInt, .default_value = "8", .min = 1, .max = 1000},
            {.id = "middle", .type = ParamType::kInt, .default_value = "32", .min = 1, .max = 1000},
            {.id = "far", .type = ParamType::kInt, .default_value = "128", .min = 1, .max = 1000},
            {.id = "mixed", .type = ParamType::kBool, .default_value = "false"},
            {.id = "samples", .type = ParamType::kInt, .default_value = "200", .min = 8, .max = 20000},
            {.id = "every", .type = ParamType::kInt, .default_value = "100", .min = 1, .max = 100000},
            {.id = "tests", .type = ParamType::kInt, .default_value = "200", .min = 1, .max = 10000},
            {.id = "learning_rate", .type = ParamType::kReal, .default_value = "0.005", .min = 0, .max = 1}};
}

template <class Rows>
std::function<void(const Rows&)> watcher(const Task& task) {
    if (!task.snapshot) return {};
    return [&task](const Rows& rows) { task.snapshot(std::make_shared<Records>(networks::records_of(rows))); };
}

Result<Records> run(const Params& params, const Task& task) {
    if (params.text("task") == "strokes") {
        DG_ASSIGN(const networks::StrokeRun run, networks::train_strokes(networks::stroke_recipe(params), task.report, watcher<std::vector<networks::StrokeRow>>(task)));
        return networks::records_of(run.rows);
    }
    DG_ASSIGN(const networks::CopyRecipe recipe, networks::copy_recipe(params));
    DG_ASSIGN(const networks::CopyRun run, networks::train_copy(recipe, task.report, watcher<std::vector<networks::CopyRow>>(task)));
    return networks::records_of(run.rows);
}

}  // namespace

Experiment networks_experiment() { return {.id = "networks", .params = specs(), .run = &run}; }

}  // namespace dg::sim
