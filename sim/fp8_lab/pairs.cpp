#include "sim/fp8_lab/pairs.h"

#include "sim/fp8_lab/lab_recipe.h"
#include "sim/pretrain/batches.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace dg::sim::fp8_lab {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The lowest mantissa bit of one weight.
void flip_bit(Model<float>& model) {
    float& w = model.weights.at("model.layers.0.self_attn.o_proj.weight")[0];
    w = std::bit_cast<float>(std::bit_cast<std::uint32_t>(w) ^ 1U);
}

double zero_share(const Gradients& gradients) {
    std::int64_t zeros = 0, all = 0;
    for (const auto& [name, g] : gradients) {
        if (!name.ends_with("down_proj.weight")) continue;
        for (const float x : g.values()) zeros += x == 0 ? 1 : 0;
        all += g.size();
    }
    return all > 0 ? static_cast<double>(zeros) / static_cast<double>(all) : 0;
}

}  // namespace

std::span<const Variant> variants() {
    static const std::array<Variant, 8> kVariants = {{
        {.name = "f32", .numerics = "f32"},
        {.name = "chaos", .numerics = "f32", .flipped_bit = true},
        {.name = "bf16", .numerics = "bf16"},
        {.name = "fp8", .numerics = "fp8,tile=32", .bf16_moments = true},
        {.name = "fp8-128", .numerics = "fp8,tile=128", .bf16_moments = true},
        {.name = "fp8-tensor", .numerics = "fp8-tensor", .bf16_moments = true},
        {.name = "fp8-raw", .numerics = "fp8-raw", .bf16_moments = true},
        {.name = "fp8-raw-scaled", .numerics = "fp8-raw", .loss_scale = 4096, .bf16_moments = true},
    }};
    return kVariants;
}

int variant_index(std::string_view name) {
    const auto all = variants();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].name == name) return static_cast<int>(i);
    return -1;
}

Result<VariantRun> train_variant(const Recipe& recipe, const Tokenizer& tokenizer, const Variant& variant, const PairProgress& progress) {
    TrainSettings settings = recipe.train;
    DG_ASSIGN(settings.numerics, training_numerics(variant.numerics));
    settings.loss_scale = variant.loss_scale;
    settings.adamw.bf16_moments = variant.bf16_moments;
    Model<float> start = random_model(recipe.model, recipe.seed);
    if (variant.flipped_bit) flip_bit(start);
    Trainer trainer(std::move(start), settings);
    VariantRun run;
    for (std::int64_t step = 0; step < settings.schedule.steps; ++step) {
        std::vector<TokenBatch> batches;
        for (std::int64_t i = 0; i < recipe.micro_batches; ++i) batches.push_back(training_batch(recipe, tokenizer, step * recipe.micro_batches + i));
        DG_ASSIGN(const StepStats stats, trainer.step(batches));
        if (step == 0) run.vanished = zero_share(trainer.gradients());
        run.diverged = stats.diverged;
        if (run.diverged) break;
        run.loss.push_back(stats.loss);
        if (!progress(stats.step, stats.loss)) return Error{"cancelled", {{"step", std::to_string(stats.step)}}, variant.name};
    }
    run.held_out = run.held_out_own = kNan;
    if (run.diverged) return run;
    DG_ASSIGN(run.held_out, held_out_loss(recipe, tokenizer, trainer.model(), {}));
    DG_ASSIGN(run.held_out_own, held_out_loss(recipe, tokenizer, trainer.model(), settings.numerics));
    return run;
}

double relative_gap(const VariantRun& run, const VariantRun& reference, double from) {
    if (run.diverged || reference.diverged || run.loss.size() != reference.loss.size()) return kNan;
    const auto n = run.loss.size();
    const auto first = static_cast<std::size_t>(from * static_cast<double>(n));
    double sum = 0;
    for (std::size_t i = first; i < n; ++i) sum += (run.loss[i] - reference.loss[i]) / reference.loss[i];
    return first < n ? sum / static_cast<double>(n - first) : kNan;
}

}  // namespace dg::sim::fp8_lab
