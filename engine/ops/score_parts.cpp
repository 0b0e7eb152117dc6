#include "engine/ops/score_parts.h"

#include "engine/ops/ops.h"

#include <cmath>

namespace dg::ops {
namespace {

double dot_pair(const Tensor<float>& q, const Tensor<float>& k, std::int64_t b, std::int64_t h,
                std::int64_t t, std::int64_t u) {
    DG_CHECK_EQ(q.cols(), k.cols());
    const std::int64_t heads = q.dim(2), tokens = q.dim(1), groups = k.rank() == 4 ? k.dim(2) : 1;
    const float* qr = q.row((b * tokens + t) * heads + h);
    const float* kr = k.row((b * tokens + u) * groups + h * groups / heads);
    double sum = 0;
    for (std::int64_t i = 0; i < q.cols(); ++i)
        sum += static_cast<double>(qr[i]) * static_cast<double>(kr[i]);
    return sum;
}

}  // namespace

double attention_scale(const Config& config) {
    const std::int64_t width =
        config.attention == AttentionKind::kMla ? config.qk_head_dim() : config.head_dim;
    const double mscale = rope_table(config).mscale;
    return mscale * mscale / std::sqrt(static_cast<double>(width));
}

ScoreParts score_parts(const Tensor<float>& q, const Tensor<float>& k, const Tensor<float>* q_pe,
                       const Tensor<float>* k_pe, std::int64_t b, std::int64_t h, std::int64_t t,
                       std::int64_t u) {
    ScoreParts parts{dot_pair(q, k, b, h, t, u), 0};
    if (q_pe != nullptr && k_pe != nullptr) parts.rotary = dot_pair(*q_pe, *k_pe, b, h, t, u);
    return parts;
}

}  // namespace dg::ops
