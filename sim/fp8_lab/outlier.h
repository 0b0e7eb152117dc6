// One channel blown up without changing the function: what a single scale survives and what it does not.
#pragma once

#include "engine/model/model.h"

#include <functional>
#include <span>
#include <vector>

namespace dg::sim::fp8_lab {

/// The same function with channel `channel` of every normed input of attention and MLP multiplied by `factor`: the norm's gain is,
/// the weights that read it are divided (router included).
Model<float> with_outlier_channel(const Model<float>& model, std::int64_t channel, float factor);

/// ||Y^ - Y|| / ||Y|| of Y = X W^T, X [256,128] and W [128,128] normal, X's channel 0 times `factor` and W's divided by it.
struct ProductErrors {
    double e4m3_tensor = 0, e4m3_tile128 = 0, e4m3_tile16 = 0;
    double int8_tensor = 0, int8_tile16 = 0;
};
ProductErrors product_errors(float factor, std::uint64_t seed);

/// What one loud channel costs: the model's mean loss in several number formats, and the errors of one product.
struct ChannelLoss {
    double factor = 1;
    std::vector<double> loss;  // nats per token, by number format; NaN when a logit is none
    ProductErrors product;
};
/// factor 1, 10, ..., 1e6. `channel` within the hidden size. Error codes: cancelled, those of forward().
Result<std::vector<ChannelLoss>> channel_losses(const Model<float>& model, std::int64_t channel, std::span<const Numerics> formats,
                                                std::span<const TokenBatch> documents, std::uint64_t seed, const std::function<bool(double)>& report);

}  // namespace dg::sim::fp8_lab
