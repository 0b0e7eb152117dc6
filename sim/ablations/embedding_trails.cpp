// deepglass sim embedding-trails: where the rows of the embedding table go while a model is trained. The recipe is that of a
// shipped model, so with its seed the last points are those of its table (before rounding to BF16).
#include "engine/train/trainer.h"
#include "sim/assets.h"
#include "sim/corpus/probes.h"
#include "sim/experiment.h"
#include "sim/pca.h"
#include "sim/pretrain/batches.h"

#include <set>

namespace dg::sim {
namespace {

constexpr const char* kModel = "variant-mla";
constexpr const char* kTable = "model.embed_tokens.weight";

/// Tokens that are a whole word of one of the kinds.
std::set<std::int32_t> words_of(const Tokenizer& tokenizer) {
    std::set<std::int32_t> ids;
    for (const Tongue tongue : {Tongue::kEn, Tongue::kZh})
        for (const WordKind& kind : word_kinds(tongue))
            for (const std::string& word : kind.words)
                if (const auto pieces = tokenizer.encode(word); pieces.size() == 1) ids.insert(pieces.front());
    return ids;
}

Result<Records> run_trails(const Params& params, const Task& task) {
    DG_ASSIGN(const std::filesystem::path assets, find_assets());
    DG_ASSIGN(Recipe recipe, load_recipe(assets / "recipes" / (std::string(kModel) + ".toml")));
    recipe.seed = static_cast<std::uint64_t>(params.integer("seed"));
    DG_ASSIGN(const Tokenizer tokenizer, Tokenizer::load(assets / "models" / kModel / "tokenizer.json"));
    const std::int64_t every = params.integer("every"), steps = params.integer("steps") > 0 ? params.integer("steps") : recipe.train.schedule.steps;
    const std::set<std::int32_t> words = words_of(tokenizer);
    Trainer trainer(random_model(recipe.model, recipe.seed), recipe.train);
    std::vector<std::pair<std::int64_t, Tensor<float>>> tables{{0, trainer.model().weights.at(kTable)}};
    for (std::int64_t step = 0; step < steps; ++step) {
        DG_ASSIGN(const StepStats stats, trainer.step({training_batch(recipe, tokenizer, step)}));
        if (stats.diverged) return Error{"diverged", {{"step", std::to_string(stats.step)}, {"loss", fmt::format("{}", stats.loss)}}, "embedding-trails"};
        if ((step + 1) % every == 0 || step + 1 == steps) tables.emplace_back(step + 1, trainer.model().weights.at(kTable));
        if (!task.report(static_cast<double>(step + 1) / static_cast<double>(steps))) return Error{"cancelled", {{"step", std::to_string(step + 1)}}, "embedding-trails"};
    }
    // the plane of the finished table, for all points in time
    const Tensor<float>& last = tables.back().second;
    std::vector<std::span<const float>> rows;
    for (std::int64_t v = 0; v < last.dim(0); ++v) rows.emplace_back(last.row(v), static_cast<std::size_t>(last.dim(1)));
    const Pca pca = principal_axes(rows, 2);
    Records records{.columns = {"step", "token", "x", "y"}, .rows = {}};
    for (const auto& [step, table] : tables)
        for (const std::int32_t id : words) {
            const std::span<const float> row(table.row(id), static_cast<std::size_t>(table.dim(1)));
            records.rows.push_back({static_cast<double>(step), static_cast<double>(id), pca.along(row, 0), pca.along(row, 1)});
        }
    return records;
}

}  // namespace

Experiment embedding_trails_experiment() {
    return {.id = "embedding-trails",
            .params = {{.id = "every", .type = ParamType::kInt, .default_value = "50", .min = 1, .max = 1e6}, {.id = "steps", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 1e6},
                       {.id = "seed", .type = ParamType::kInt, .default_value = "7", .min = 0, .max = 4294967295.0}},
            .run = &run_trails};
}

}  // namespace dg::sim
