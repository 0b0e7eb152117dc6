// Inside of the fast decoder: one layer's weights as the kernels read them.
#pragma once

#include "engine/fp8/packed.h"
#include "engine/model/decode.h"
#include "engine/ops/ops.h"
#include "engine/tensor/matmul.h"

#include <optional>
#include <vector>

namespace dg {

using fp8::PackedWeight;

struct PackedMlp {
    PackedWeight gate, up, down;
};

struct PackedLayer {
    std::vector<float> input_norm, post_norm, q_norm, kv_norm;
    PackedWeight q, q_a, q_b, kv_a, k, v, o;             // q or q_a + q_b; k and v for MHA, GQA, MQA
    std::vector<PackedWeight> absorb_q, absorb_v;         // per head: W^UK, W^UV (transposed)
    PackedMlp dense, shared;
    PackedMatrix<float> router;
    std::vector<float> router_bias;
    std::vector<PackedMlp> experts;
};

/// The first MTP module: [enorm(embedding) ; hnorm(hidden)] -> eh -> block -> norm -> the model's head (V3 2.2).
struct PackedMtp {
    std::vector<float> enorm, hnorm, norm;
    PackedMatrix<float> eh;
    PackedLayer block;
};

struct PackedModel::Impl {
    Config config;
    Tensor<float> embedding;
    std::vector<PackedLayer> layers;
    std::vector<float> final_norm;
    PackedMatrix<float> head;
    std::optional<PackedMtp> mtp;
    float scale = 1;                    // of the attention scores
    std::vector<float> cosines, sines;  // [max_position_embeddings][pairs]
    std::int64_t pairs = 0;
    Bytes bytes;
};

}  // namespace dg
