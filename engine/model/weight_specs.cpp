// Which weights a config demands, and how many numbers they hold.
#include "engine/model/config.h"

#include <fmt/format.h>

namespace dg {

namespace {

using Visit = std::function<bool(const WeightSpec&)>;

bool visit_mlp(const std::string& prefix, std::int64_t width, std::int64_t hidden,
               const Visit& visit) {
    return visit({prefix + "gate_proj.weight", {width, hidden}}) &&
           visit({prefix + "up_proj.weight", {width, hidden}}) &&
           visit({prefix + "down_proj.weight", {hidden, width}});
}

bool visit_mla(const Config& c, const std::string& p, const Visit& visit) {
    const std::int64_t D = c.hidden_size, H = c.num_attention_heads, R = c.kv_lora_rank;
    const std::int64_t query_rows = H * c.qk_head_dim();
    if (c.q_lora_rank) {
        if (!visit({p + "q_a_proj.weight", {*c.q_lora_rank, D}}) ||
            !visit({p + "q_a_layernorm.weight", {*c.q_lora_rank}}) ||
            !visit({p + "q_b_proj.weight", {query_rows, *c.q_lora_rank}})) {
            return false;
        }
    } else if (!visit({p + "q_proj.weight", {query_rows, D}})) {
        return false;
    }
    return visit({p + "kv_a_proj_with_mqa.weight", {R + c.qk_rope_head_dim, D}}) &&
           visit({p + "kv_a_layernorm.weight", {R}}) &&
           visit({p + "kv_b_proj.weight", {H * (c.qk_nope_head_dim + c.v_head_dim), R}}) &&
           visit({p + "o_proj.weight", {D, H * c.v_head_dim}});
}

bool visit_attention(const Config& c, const std::string& p, const Visit& visit) {
    if (c.attention == AttentionKind::kMla) return visit_mla(c, p, visit);
    const std::int64_t D = c.hidden_size;
    const std::int64_t q = c.num_attention_heads * c.head_dim,
                       kv = c.num_key_value_heads * c.head_dim;
    return visit({p + "q_proj.weight", {q, D}}) && visit({p + "k_proj.weight", {kv, D}}) &&
           visit({p + "v_proj.weight", {kv, D}}) && visit({p + "o_proj.weight", {D, q}});
}

bool visit_moe(const Config& c, const std::string& p, const Visit& visit) {
    const std::int64_t D = c.hidden_size, E = c.n_routed_experts;
    if (!visit({p + "gate.weight", {E, D}})) return false;
    if (c.topk_method == TopkMethod::kNoauxTc && !visit({p + "gate.e_score_correction_bias", {E}}))
        return false;
    for (std::int64_t e = 0; e < E; ++e) {
        if (!visit_mlp(fmt::format("{}experts.{}.", p, e), c.moe_intermediate_size, D, visit))
            return false;
    }
    if (c.n_shared_experts == 0) return true;
    return visit_mlp(p + "shared_experts.", c.n_shared_experts * c.moe_intermediate_size, D, visit);
}

/// One block: attention and FFN with their norms.
bool visit_block(const Config& c, std::int64_t layer, const Visit& visit) {
    const std::string p = fmt::format("model.layers.{}.", layer);
    if (!visit({p + "input_layernorm.weight", {c.hidden_size}}) ||
        !visit_attention(c, p + "self_attn.", visit) ||
        !visit({p + "post_attention_layernorm.weight", {c.hidden_size}})) {
        return false;
    }
    if (c.is_moe(layer)) return visit_moe(c, p + "mlp.", visit);
    return visit_mlp(p + "mlp.", c.intermediate_size, c.hidden_size, visit);
}

std::int64_t elements(const WeightSpec& spec) {
    std::int64_t n = 1;
    for (const std::int64_t d : spec.shape) n *= d;
    return n;
}

/// Numbers in one block: all of them, and those in matrices.
struct BlockCount {
    std::int64_t all = 0, matrices = 0;
};

BlockCount count_block(const Config& config, std::int64_t layer) {
    BlockCount n;
    visit_block(config, layer, [&](const WeightSpec& spec) {
        n.all += elements(spec);
        n.matrices += spec.shape.size() == 2 ? elements(spec) : 0;
        return true;
    });
    return n;
}

}  // namespace

std::int64_t Config::cache_elements() const {
    if (attention == AttentionKind::kMla) return kv_lora_rank + qk_rope_head_dim;
    return 2 * num_key_value_heads * head_dim;
}

bool visit_weights(const Config& c, const std::function<bool(const WeightSpec&)>& visit) {
    const std::int64_t D = c.hidden_size, L = c.num_hidden_layers;
    if (!visit({"model.embed_tokens.weight", {c.vocab_size, D}})) return false;
    for (std::int64_t layer = 0; layer < L; ++layer) {
        if (!visit_block(c, layer, visit)) return false;
    }
    if (!visit({"model.norm.weight", {D}}) || !visit({"lm_head.weight", {c.vocab_size, D}}))
        return false;

    // MTP modules follow as layers L, L + 1, ...
    for (std::int64_t layer = L; layer < L + c.num_nextn_predict_layers; ++layer) {
        const std::string p = fmt::format("model.layers.{}.", layer);
        if (!visit({p + "enorm.weight", {D}}) || !visit({p + "hnorm.weight", {D}}) ||
            !visit({p + "eh_proj.weight", {D, 2 * D}}) || !visit_block(c, layer, visit) ||
            !visit({p + "shared_head.norm.weight", {D}})) {
            return false;
        }
    }
    return true;
}

std::vector<WeightSpec> weight_specs(const Config& config) {
    std::vector<WeightSpec> specs;
    visit_weights(config, [&](const WeightSpec& spec) {
        specs.push_back(spec);
        return true;
    });
    return specs;
}

ParameterCount count_parameters(const Config& c) {
    const std::int64_t D = c.hidden_size, L = c.num_hidden_layers;
    const std::int64_t table = c.vocab_size * D;
    ParameterCount n;
    n.total = 2 * table + D;
    n.active = table;

    // blocks of one kind are alike: count one of each
    const std::int64_t moe_layers = c.n_routed_experts > 0 ? L - c.first_k_dense_replace : 0;
    const std::int64_t idle_experts = c.n_routed_experts - c.num_experts_per_tok;
    if (moe_layers > 0) {
        const BlockCount block = count_block(c, L - 1);
        n.total += moe_layers * block.all;
        n.active += moe_layers * (block.matrices - idle_experts * 3 * c.moe_intermediate_size * D);
    }
    if (moe_layers < L) {
        const BlockCount block = count_block(c, 0);
        n.total += (L - moe_layers) * block.all;
        n.active += (L - moe_layers) * block.matrices;
    }
    if (c.num_nextn_predict_layers > 0) {
        n.mtp = c.num_nextn_predict_layers * (count_block(c, L).all + 2 * D * D + 3 * D);
    }
    return n;
}

}  // namespace dg
