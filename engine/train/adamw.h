// AdamW (Loshchilov & Hutter 2019) with decoupled weight decay on matrices, and clipping by the global norm.
#pragma once

#include "engine/model/model.h"

#include <map>
#include <string>

namespace dg {

struct AdamWSettings {
    double beta1 = 0.9, beta2 = 0.95, eps = 1e-8;
    double weight_decay = 0.1;  // of matrices; vectors (norm gains, biases) are not decayed
    double clip = 1.0;          // largest global gradient norm; 0 = off
    bool bf16_moments = false;  // moments stored as BF16 between steps (V3 3.3.3); master weights stay f32
};

/// First and second moments by weight name.
struct AdamWState {
    std::map<std::string, Tensor<float>> m, v;
    std::int64_t steps = 0;
};

using Gradients = std::map<std::string, Tensor<float>>;

/// sqrt of the sum of squares over all gradients, summed in double in name order.
double global_norm(const Gradients& gradients);

/// One step on every weight that has a gradient:
///   m = b1 m + (1-b1) g,  v = b2 v + (1-b2) g^2,  w -= lr * (m^ / (sqrt v^ + eps) + decay w)
/// with g scaled by min(1, clip / norm). Returns the norm before clipping.
double adamw_step(const AdamWSettings& settings, double lr, const Gradients& gradients, Weights<float>& weights, AdamWState& state);

}  // namespace dg
