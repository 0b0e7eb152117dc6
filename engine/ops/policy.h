// Ops of reinforcement learning: the policy-gradient loss of GRPO and PPO per token, a value head's squared error, and the
// division of scores by a temperature.
#pragma once

#include "engine/tape/tape.h"

namespace dg::ops {

/// y = factor * x.
template <class Real>
TensorId scale(Tape<Real>& tape, TensorId x, double factor, std::string name);

struct PolicyLossSettings {
    double clip_low = 0.2, clip_high = 0.2;  // the ratio is held in [1 - clip_low, 1 + clip_high]
    double kl = 0;                           // beta
};

/// The tensors of policy_loss, all shaped like nll.
struct PolicyLoss {
    TensorId ratio = -1, kl = -1, loss = -1;
};

/// Per token, with l = -nll:  ratio = e^(l - old);  kl = e^(ref - l) - (ref - l) - 1 (>= 0, 0 without a reference);
///   loss = -weight * (min(ratio A, clip(ratio) A) - beta kl)       (DeepSeekMath eq. 3 and 4; V3 5.2.2 eq. 26-28)
/// Minimising the sum of `loss` maximises the objective. `weight` carries the normalisation (1 / all tokens, or 1 / (responses *
/// length)) and is 0 for prompts, padding and tokens the model did not choose. `reference` may be -1. Where the clip holds, the
/// gradient of the first term is exactly 0. Gradients flow to nll only. Names: prefix + "ratio", "kl", "loss".
template <class Real>
PolicyLoss policy_loss(Tape<Real>& tape, TensorId nll, TensorId old_logprob, TensorId reference, TensorId advantage, TensorId weight,
                       const PolicyLossSettings& settings, const std::string& prefix);

/// loss[r] = weight[r] / 2 * (scores[r, 0] - target[r])^2: the first score of a network read as a value (PPO's critic).
template <class Real>
TensorId value_loss(Tape<Real>& tape, TensorId scores, TensorId target, TensorId weight, std::string name);

}  // namespace dg::ops
