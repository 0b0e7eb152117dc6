// Same-seed pairs: one model trained again and again on the same data, only the number format of its products differs. Beside
// them the chaos floor, f32 with one flipped bit in one weight, so that nobody reads noise as an effect.
#pragma once

#include "engine/tokenizer/tokenizer.h"
#include "sim/pretrain/recipe.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace dg::sim::fp8_lab {

/// One member of the comparison.
struct Variant {
    std::string name;        // column of the records: "f32", "chaos", "bf16", "fp8", ...
    std::string numerics;    // as --numerics takes it
    double loss_scale = 1;
    bool flipped_bit = false;
    bool bf16_moments = false;
};

/// f32, chaos, bf16, fp8 (tile 32), fp8-128, fp8-tensor, fp8-raw, fp8-raw-scaled (loss scale 4096), in the order they are run.
std::span<const Variant> variants();
/// Index of a name; -1 if there is none.
int variant_index(std::string_view name);

/// What one run left.
struct VariantRun {
    std::vector<double> loss;     // main loss of every step, nats per token
    double held_out = 0;          // mean loss on fresh batches, the trained model evaluated in f32, nats per token
    double held_out_own = 0;      // the same evaluated in the variant's own number format
    double vanished = 0;          // share of exact zeros in the gradients of all down_proj weights at step 1
    bool diverged = false;        // a loss or gradient was not finite: `loss` ends there, held_out is NaN
};

/// Progress after every step; false stops (error code cancelled).
using PairProgress = std::function<bool(std::int64_t step, double loss)>;

/// Trains one variant of a recipe. Bit-equal for equal arguments at any thread count. Error codes: cancelled, those of forward().
Result<VariantRun> train_variant(const Recipe& recipe, const Tokenizer& tokenizer, const Variant& variant, const PairProgress& progress);

/// Mean over steps [from * n, n) of (run - reference) / reference; NaN for a diverged run.
double relative_gap(const VariantRun& run, const VariantRun& reference, double from);

}  // namespace dg::sim::fp8_lab
