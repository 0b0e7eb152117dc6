// deepglass sim fp8-training | fp8-outlier: FP8 against f32 in training, and what one large channel does.
#include "sim/experiment.h"
#include "sim/fp8_lab/lab_recipe.h"
#include "sim/fp8_lab/outlier.h"
#include "sim/fp8_lab/pairs.h"
#include "sim/pretrain/batches.h"

#include <cmath>
#include <limits>
#include <sstream>

namespace dg::sim {
namespace {

namespace lab = fp8_lab;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kSettled = 0.25;  // gaps are means over the run after this share of it

Error unknown_variant(const std::string& word) {
    std::vector<std::string> known;
    for (const lab::Variant& v : lab::variants()) known.push_back(v.name);
    return Error{"param_choice", {{"name", "variants"}, {"value", printable(word)}, {"choices", fmt::format("{}", fmt::join(known, ", "))}}, ""};
}

/// "f32,chaos,fp8": every name must be known.
Result<std::vector<lab::Variant>> variants_of(const std::string& text) {
    std::vector<lab::Variant> chosen;
    std::stringstream words(text);
    for (std::string word; std::getline(words, word, ',');) {
        const int i = lab::variant_index(word);
        if (i < 0) return unknown_variant(word);
        chosen.push_back(lab::variants()[static_cast<std::size_t>(i)]);
    }
    if (chosen.empty()) return unknown_variant(text);
    return chosen;
}

struct Runs {
    std::vector<lab::Variant> variants;
    std::vector<lab::VariantRun> runs;
};

/// step, then the loss of every variant; empty where a run has not come or has diverged.
Records curves(const Runs& all, std::int64_t steps) {
    Records r{.columns = {"step"}};
    for (const lab::Variant& v : all.variants) r.columns.push_back(v.name);
    for (std::int64_t s = 0; s < steps; ++s) {
        std::vector<double> row = {static_cast<double>(s + 1)};
        for (std::size_t i = 0; i < all.variants.size(); ++i) {
            const bool there = i < all.runs.size() && s < static_cast<std::int64_t>(all.runs[i].loss.size());
            row.push_back(there ? all.runs[i].loss[static_cast<std::size_t>(s)] : kNan);
        }
        r.rows.push_back(std::move(row));
    }
    return r;
}

/// One row per variant, numbered as in `fp8_lab::variants()`; gaps against the f32 run of the same call.
Records summary(const Runs& all) {
    Records r{.columns = {"variant", "gap", "held_out", "held_out_gap", "held_out_own", "vanished", "steps"}};
    const lab::VariantRun* reference = nullptr;
    for (std::size_t i = 0; i < all.runs.size(); ++i)
        if (all.variants[i].name == "f32") reference = &all.runs[i];
    for (std::size_t i = 0; i < all.runs.size(); ++i) {
        const lab::VariantRun& run = all.runs[i];
        const bool paired = reference != nullptr;
        r.rows.push_back({static_cast<double>(lab::variant_index(all.variants[i].name)), paired ? lab::relative_gap(run, *reference, kSettled) : kNan, run.held_out,
                          paired ? run.held_out / reference->held_out - 1 : kNan, run.held_out_own, run.vanished, static_cast<double>(run.loss.size())});
    }
    return r;
}

Result<Records> run_training(const Params& params, const Task& task) {
    const std::int64_t steps = params.integer("steps");
    Runs all;
    DG_ASSIGN(all.variants, variants_of(params.text("variants")));
    DG_ASSIGN(const Recipe recipe, lab::lab_recipe(params.integer("width"), steps, static_cast<std::uint64_t>(params.integer("seed"))));
    DG_ASSIGN(const Tokenizer tokenizer, lab::lab_tokenizer());
    for (const lab::Variant& variant : all.variants) {
        const auto done = static_cast<double>(all.runs.size()), count = static_cast<double>(all.variants.size());
        DG_ASSIGN(lab::VariantRun run, lab::train_variant(recipe, tokenizer, variant, [&](std::int64_t step, double) {
                      return task.report((done + static_cast<double>(step) / static_cast<double>(steps)) / count);
                  }));
        all.runs.push_back(std::move(run));
        if (task.snapshot) task.snapshot(std::make_shared<Records>(curves(all, steps)));
    }
    return params.text("table") == "summary" ? summary(all) : curves(all, steps);
}

/// Mean loss of a model in a number format on held-out batches.
Result<double> loss_of(const Model<float>& model, const std::vector<TokenBatch>& batches, const char* numerics) {
    double sum = 0;
    for (const TokenBatch& batch : batches) {
        Tape<float> tape(Tape<float>::Mode::kTrain);
        ForwardOptions options;
        DG_ASSIGN(options.numerics, parse_numerics(numerics));
        DG_TRY(forward(model, batch, options, tape));
        sum += static_cast<double>(tape.value(tape.find("loss.main"))[0]);
    }
    return sum / static_cast<double>(batches.size());
}

Result<Records> run_outlier(const Params& params, const Task& task) {
    const auto seed = static_cast<std::uint64_t>(params.integer("seed"));
    const std::int64_t steps = params.integer("steps");
    DG_ASSIGN(Recipe recipe, lab::lab_recipe(params.integer("width"), steps, seed));
    DG_ASSIGN(const Tokenizer tokenizer, lab::lab_tokenizer());
    Trainer trainer(random_model(recipe.model, seed), recipe.train);
    for (std::int64_t i = 0; i < steps; ++i) {
        DG_ASSIGN(const StepStats stats, trainer.step({training_batch(recipe, tokenizer, i)}));
        if (stats.diverged) return Error{"diverged", {{"step", std::to_string(stats.step)}, {"loss", fmt::format("{}", stats.loss)}}, "fp8-outlier"};
        if (!task.report(0.9 * static_cast<double>(i + 1) / static_cast<double>(steps))) return Error{"cancelled", {{"step", std::to_string(i)}}, "fp8-outlier"};
    }
    recipe.seed = seed ^ 0x6865'6c64;  // documents that training never saw
    std::vector<TokenBatch> batches;
    for (std::int64_t i = 0; i < 4; ++i) batches.push_back(training_batch(recipe, tokenizer, i));
    Records r{.columns = {"outlier", "loss_f32", "loss_bf16", "loss_fp8_tile16", "loss_fp8_tile32", "loss_fp8_tensor", "product_e4m3_tensor", "product_e4m3_tile128",
                          "product_e4m3_tile16", "product_int8_tensor", "product_int8_tile16"}};
    for (const float factor : {1.0F, 10.0F, 100.0F, 1e3F, 1e4F, 1e5F, 1e6F}) {
        const Model<float> model = lab::with_outlier_channel(trainer.model(), 0, factor);
        std::vector<double> row = {static_cast<double>(factor)};
        for (const char* numerics : {"f32", "bf16", "fp8,tile=16", "fp8", "fp8-tensor"}) {
            DG_ASSIGN(const double loss, loss_of(model, batches, numerics));
            row.push_back(loss);
        }
        const lab::ProductErrors e = lab::product_errors(factor, seed);
        row.insert(row.end(), {e.e4m3_tensor, e.e4m3_tile128, e.e4m3_tile16, e.int8_tensor, e.int8_tile16});
        r.rows.push_back(std::move(row));
        if (!task.report(0.9 + 0.0142 * static_cast<double>(r.rows.size()))) return Error{"cancelled", {{"step", std::to_string(steps)}}, "fp8-outlier"};
    }
    return r;
}

ParamSpec steps_spec(const char* fallback) { return {.id = "steps", .type = ParamType::kInt, .default_value = fallback, .min = 1, .max = 1e6}; }

ParamSpec width_spec() { return {.id = "width", .type = ParamType::kInt, .default_value = "128", .min = 32, .max = 1024}; }

ParamSpec seed_spec() { return {.id = "seed", .type = ParamType::kInt, .default_value = "1", .min = 0, .max = 4294967295.0}; }

}  // namespace

Experiment fp8_training_experiment() {
    return {.id = "fp8-training",
            .params = {{.id = "variants", .type = ParamType::kText, .default_value = "f32,chaos,bf16,fp8,fp8-tensor,fp8-raw,fp8-raw-scaled"},
                       {.id = "table", .type = ParamType::kChoice, .default_value = "curves", .choices = {"curves", "summary"}},
                       steps_spec("400"), width_spec(), seed_spec()},
            .run = &run_training};
}

Experiment fp8_outlier_experiment() { return {.id = "fp8-outlier", .params = {steps_spec("200"), width_spec(), seed_spec()}, .run = &run_outlier}; }

}  // namespace dg::sim
