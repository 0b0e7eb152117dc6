// A small network of every kind of attention and tokens for it: shared by the tests of decoders and number formats.
#pragma once

#include "engine/base/rng.h"
#include "engine/model/config.h"

#include <cstdint>
#include <vector>

namespace dg {

/// A dense first layer, then experts; the widths of the latents divide no tile, those of the layers are for the test to choose.
inline Config odd_config(AttentionKind kind) {
    Config c;
    c.vocab_size = 61;
    c.intermediate_size = 56;
    c.first_k_dense_replace = 1;
    c.num_attention_heads = 4;
    c.num_key_value_heads = kind == AttentionKind::kGqa ? 2 : kind == AttentionKind::kMqa ? 1 : 4;
    c.head_dim = 10;
    c.n_shared_experts = 1;
    c.q_lora_rank = 28;
    c.kv_lora_rank = 36;
    c.qk_nope_head_dim = 12;
    c.qk_rope_head_dim = 6;
    c.v_head_dim = 14;
    c.max_position_embeddings = 64;
    c.attention = kind;
    return c;
}

inline std::vector<std::int32_t> random_ids(std::int64_t n, std::int64_t vocab = 61) {
    Rng rng = Rng::keyed(5, "ids");
    std::vector<std::int32_t> ids;
    for (std::int64_t i = 0; i < n; ++i) ids.push_back(static_cast<std::int32_t>(rng.below(static_cast<std::uint32_t>(vocab))));
    return ids;
}

}  // namespace dg
