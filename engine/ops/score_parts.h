// An attention score taken apart for display: what the scores op adds up before scale and mask, for
// any pair of tokens.
#pragma once

#include "engine/model/config.h"
#include "engine/tensor/tensor.h"

namespace dg::ops {

/// The factor that scores are multiplied with: 1 / sqrt(query-key width), with YaRN times mscale^2
/// (V2 appendix B).
double attention_scale(const Config& config);

/// q.k before scale and mask: content (all of it without rotary lanes) and rotary part.
struct ScoreParts {
    double content = 0, rotary = 0;

    [[nodiscard]] double raw() const { return content + rotary; }
};

/// Recorded operands of one pair, summed in double. q [B,T,H,D]; k [B,T,G,D] or shared [B,T,D]; the
/// rotary pair may be nullptr. Pairs with u > t, which the model masks without computing them, are
/// defined too. 2 * width flops.
ScoreParts score_parts(const Tensor<float>& q, const Tensor<float>& k, const Tensor<float>* q_pe,
                       const Tensor<float>* k_pe, std::int64_t b, std::int64_t h, std::int64_t t,
                       std::int64_t u);

}  // namespace dg::ops
