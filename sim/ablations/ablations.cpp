#include "sim/ablations/ablations.h"

#include "engine/train/trainer.h"
#include "sim/experiment.h"
#include "sim/fp8_lab/lab_recipe.h"
#include "sim/pretrain/batches.h"

#include <array>
#include <limits>

namespace dg::sim {
namespace ablations {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A run of the series: its first columns, and the recipe they ask for.
struct Member {
    std::vector<double> columns;
    Recipe recipe;
};

/// Trains all members in order; rows are columns, then held_out, max_vio, max_vio_first, parameters.
Result<Records> run_members(std::vector<std::string> names, const std::vector<Member>& members, const Task& task) {
    DG_ASSIGN(const Tokenizer tokenizer, fp8_lab::lab_tokenizer());
    for (const char* name : {"held_out", "max_vio", "max_vio_first", "parameters"}) names.emplace_back(name);
    Records records{.columns = std::move(names), .rows = {}};
    for (std::size_t m = 0; m < members.size(); ++m) {
        const auto steps = static_cast<double>(members[m].recipe.train.schedule.steps);
        DG_ASSIGN(const Outcome o, train_once(members[m].recipe, tokenizer, [&](std::int64_t step) { return task.report((static_cast<double>(m) + static_cast<double>(step) / steps) / static_cast<double>(members.size())); }));
        std::vector<double> row = members[m].columns;
        row.insert(row.end(), {o.held_out, o.max_vio, o.max_vio_first, static_cast<double>(o.parameters)});
        records.rows.push_back(std::move(row));
        if (task.snapshot) task.snapshot(std::make_shared<Records>(records));
    }
    return records;
}

Result<Recipe> base_recipe(const Params& params, std::int64_t seed) {
    DG_ASSIGN(Recipe recipe, fp8_lab::lab_recipe(params.integer("width"), params.integer("steps"), static_cast<std::uint64_t>(seed)));
    recipe.train.balance_alpha = 0;
    return recipe;
}

Result<Records> run_balance_loss(const Params& params, const Task& task) {
    // strength of the loss, speed of the bias: none, four losses, the controller alone
    constexpr std::array<std::pair<double, double>, 6> kSettings = {{{0, 0}, {1e-4, 0}, {1e-3, 0}, {1e-2, 0}, {1e-1, 0}, {0, 0.003}}};
    std::vector<Member> members;
    for (std::int64_t seed = params.integer("seed"); seed < params.integer("seed") + params.integer("seeds"); ++seed)
        for (const auto& [alpha, speed] : kSettings) {
            DG_ASSIGN(Recipe recipe, base_recipe(params, seed));
            recipe.train.balance_alpha = alpha, recipe.train.bias_speed = speed, recipe.train.bias_rest = 0;
            members.push_back({{static_cast<double>(seed), alpha, speed}, std::move(recipe)});
        }
    return run_members({"seed", "alpha", "bias_speed"}, members, task);
}

Result<Records> run_mtp_gain(const Params& params, const Task& task) {
    std::vector<Member> members;
    for (std::int64_t seed = params.integer("seed"); seed < params.integer("seed") + params.integer("seeds"); ++seed)
        for (const std::int64_t depth : {0, 1}) {
            DG_ASSIGN(Recipe recipe, base_recipe(params, seed));
            recipe.model.num_nextn_predict_layers = depth;
            members.push_back({{static_cast<double>(seed), static_cast<double>(depth)}, std::move(recipe)});
        }
    return run_members({"seed", "depth"}, members, task);
}

std::vector<ParamSpec> specs() {
    return {{.id = "seed", .type = ParamType::kInt, .default_value = "1", .min = 1, .max = 4294967295.0},
            {.id = "seeds", .type = ParamType::kInt, .default_value = "5", .min = 1, .max = 100},
            {.id = "steps", .type = ParamType::kInt, .default_value = "400", .min = 4, .max = 1e6},
            {.id = "width", .type = ParamType::kInt, .default_value = "64", .min = 32, .max = 1024}};
}

}  // namespace

Result<Outcome> train_once(const Recipe& recipe, const Tokenizer& tokenizer, const std::function<bool(std::int64_t step)>& keep_going) {
    Trainer trainer(random_model(recipe.model, recipe.seed), recipe.train);
    const std::int64_t steps = recipe.train.schedule.steps, late = steps - std::max<std::int64_t>(1, steps / 4), early = std::min<std::int64_t>(10, steps);
    Outcome o{.held_out = kNan, .max_vio = kNan, .max_vio_first = 0, .parameters = count_parameters(recipe.model).total + count_parameters(recipe.model).mtp};
    double late_sum = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
        DG_ASSIGN(const StepStats stats, trainer.step({training_batch(recipe, tokenizer, step)}));
        o.diverged = stats.diverged;
        if (o.diverged) return o;
        if (step < early) o.max_vio_first += stats.max_vio / static_cast<double>(early);
        if (step >= late) late_sum += stats.max_vio;
        if (!keep_going(step + 1)) return Error{"cancelled", {{"step", std::to_string(step + 1)}}, recipe.name};
    }
    o.max_vio = late_sum / static_cast<double>(steps - late);
    DG_ASSIGN(o.held_out, fp8_lab::held_out_loss(recipe, tokenizer, trainer.model()));
    return o;
}

}  // namespace ablations

Experiment balance_loss_experiment() { return {.id = "balance-loss", .params = ablations::specs(), .run = &ablations::run_balance_loss}; }

Experiment mtp_gain_experiment() { return {.id = "mtp-gain", .params = ablations::specs(), .run = &ablations::run_mtp_gain}; }

}  // namespace dg::sim
