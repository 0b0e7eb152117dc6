// A small network, sequences it can learn, and whether two trainers hold the same bits: shared by the tests of training.
#pragma once

#include "engine/base/rng.h"
#include "engine/train/trainer.h"

#include <gtest/gtest.h>

#include <cstring>

namespace dg {

/// Two layers, the second with experts, and one MTP module; the widths are for the test to choose.
inline Config counting_config() {
    Config c;
    c.vocab_size = 40;
    c.num_hidden_layers = 2;
    c.first_k_dense_replace = 1;
    c.num_attention_heads = c.num_key_value_heads = 2;
    c.n_shared_experts = 1;
    c.num_experts_per_tok = 2;
    c.kv_lora_rank = 16;
    c.qk_nope_head_dim = 8;
    c.qk_rope_head_dim = 4;
    c.v_head_dim = 8;
    c.max_position_embeddings = 32;
    c.num_nextn_predict_layers = 1;
    return c;
}

/// `rows` sequences of 16 tokens that count upwards modulo 40: something to learn.
inline TokenBatch counting(const char* purpose, std::int64_t step, std::int64_t rows = 4) {
    TokenBatch b{rows, 16, {}};
    Rng rng = Rng::keyed(9, purpose, static_cast<std::uint64_t>(step));
    for (std::int64_t r = 0; r < b.batch; ++r) {
        const auto first = static_cast<std::int32_t>(rng.below(40));
        for (std::int64_t t = 0; t < b.length; ++t) b.ids.push_back((first + static_cast<std::int32_t>(t)) % 40);
    }
    return b;
}

inline testing::AssertionResult same_weights(const Trainer& a, const Trainer& b) {
    for (const auto& [name, t] : a.model().weights.tensors) {
        const Tensor<float>& other = b.model().weights.at(name);
        if (std::memcmp(t.data(), other.data(), static_cast<std::size_t>(t.size()) * sizeof(float)) != 0) return testing::AssertionFailure() << name << " differs";
    }
    return testing::AssertionSuccess() << "the same weights";
}

}  // namespace dg
