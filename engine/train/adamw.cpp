#include "engine/train/adamw.h"

#include "engine/base/parallel.h"
#include "engine/fp8/quantise.h"

#include <cmath>

namespace dg {

double global_norm(const Gradients& gradients) {
    double sum = 0;
    for (const auto& [name, g] : gradients) {
        double part = 0;
        for (const float x : g.values()) part += static_cast<double>(x) * static_cast<double>(x);
        sum += part;
    }
    return std::sqrt(sum);
}

double adamw_step(const AdamWSettings& settings, double lr, const Gradients& gradients, Weights<float>& weights, AdamWState& state) {
    const double norm = global_norm(gradients);
    const auto scale = static_cast<float>(settings.clip > 0 && norm > settings.clip ? settings.clip / norm : 1.0);
    ++state.steps;
    double power1 = 1, power2 = 1;
    for (std::int64_t i = 0; i < state.steps && (power1 > 1e-300 || power2 > 1e-300); ++i) power1 *= settings.beta1, power2 *= settings.beta2;
    const auto correct1 = static_cast<float>(1.0 / (1.0 - power1)), correct2 = static_cast<float>(1.0 / (1.0 - power2));
    const auto b1 = static_cast<float>(settings.beta1), b2 = static_cast<float>(settings.beta2), eps = static_cast<float>(settings.eps);
    for (const auto& [name, g] : gradients) {
        Tensor<float>& w = weights.at(name);
        Tensor<float>& m = state.m.try_emplace(name, Tensor<float>(g.shape())).first->second;
        Tensor<float>& v = state.v.try_emplace(name, Tensor<float>(g.shape())).first->second;
        const auto decay = static_cast<float>(g.rank() > 1 ? settings.weight_decay : 0.0), rate = static_cast<float>(lr);
        parallel_ranges(g.size(), 1 << 14, [&, gd = g.data(), md = m.data(), vd = v.data(), wd = w.data()](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                const float x = gd[i] * scale;
                md[i] = b1 * md[i] + (1.0F - b1) * x;
                vd[i] = b2 * vd[i] + (1.0F - b2) * x * x;
                wd[i] -= rate * (md[i] * correct1 / (std::sqrt(vd[i] * correct2) + eps) + decay * wd[i]);
            }
            if (!settings.bf16_moments) return;
            fp8::round_bf16(md + begin, end - begin, md + begin);
            fp8::round_bf16(vd + begin, end - begin, vd + begin);
        });
    }
    return norm;
}

}  // namespace dg
