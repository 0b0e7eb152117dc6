// Long sums in a short accumulator: the emulated tensor core of deepseek-math 10 with and without promotion to FP32.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace dg::sim::fp8_lab {

struct AccumulateRecipe {
    std::int64_t length = 4096;    // K, products of one sum; a multiple of 32
    std::int64_t promotion = 128;  // products between two promotions
    int sums = 16;                 // sums that are averaged
    std::uint64_t seed = 1;
};

/// Relative errors |sum - exact| / exact after `length` products, averaged over the sums. Exact: the same products in double.
struct AccumulatePoint {
    std::int64_t length = 0;
    double limited = 0;   // never promoted
    double promoted = 0;  // promoted every recipe.promotion products
    double f32 = 0;       // one f32 chain of fused multiply-adds
};

/// Inputs uniform in [0, 1), rounded to E4M3 as the operands of an FP8 product are. One point every 128 products or fewer.
/// Error code: cancelled.
Result<std::vector<AccumulatePoint>> accumulate(const AccumulateRecipe& recipe, const std::function<bool(double)>& report);

}  // namespace dg::sim::fp8_lab
