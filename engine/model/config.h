// The model's shape: the keys of HuggingFace config.json for deepseek_v3 and deepseek_v2, under
// their own names.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dg {

enum class AttentionKind { kMla, kMha, kGqa, kMqa };
enum class ScoringFunc { kSigmoid, kSoftmax };
enum class TopkMethod { kNoauxTc, kGreedy, kGroupLimitedGreedy };

/// config.json "rope_scaling" of type yarn (deepseek-math: section 4 of docs/names.md).
struct YarnScaling {
    double factor = 1;
    std::int64_t original_max_position_embeddings = 4096;
    double beta_fast = 32, beta_slow = 1;
    // must be equal: then cos and sin stay unscaled; one given stands for both
    double mscale = 1, mscale_all_dim = 1;

    bool operator==(const YarnScaling&) const = default;
};

/// FP8 checkpoint: E4M3 linear weights in blocks, each with an F32 dequantisation scale (stored as
/// weight_scale_inv).
struct Fp8Quantization {
    std::int64_t block_rows = 128, block_cols = 128;

    bool operator==(const Fp8Quantization&) const = default;
};

struct Config {
    std::string model_type = "deepseek_v3";  // or deepseek_v2
    std::int64_t vocab_size = 0;             // rows of the embedding, [1, 2^20]
    std::int64_t hidden_size = 0;            // D, width of the residual stream
    std::int64_t intermediate_size = 0;      // dense MLP width
    std::int64_t moe_intermediate_size = 0;  // width of one expert
    std::int64_t num_hidden_layers = 0;      // without MTP modules
    std::int64_t num_attention_heads = 0;    // H
    std::int64_t num_key_value_heads = 0;    // H for MLA; heads sharing keys for GQA/MQA
    std::int64_t head_dim = 0;               // MHA, GQA, MQA only: rotary on all of it
    std::int64_t n_shared_experts = 0;  // one MLP of width n_shared_experts * moe_intermediate_size
    std::int64_t n_routed_experts = 0;  // E; 0 = every layer dense
    std::int64_t num_experts_per_tok = 0;  // K
    double routed_scaling_factor = 1;
    std::optional<std::int64_t> q_lora_rank;  // absent (null) = plain q_proj
    std::int64_t kv_lora_rank = 0;            // R, width of the cached latent
    std::int64_t qk_nope_head_dim = 0, qk_rope_head_dim = 0, v_head_dim = 0;
    std::int64_t n_group = 1, topk_group = 1;
    std::int64_t first_k_dense_replace = 0;  // layer i is dense iff i < this
    bool norm_topk_prob = true;
    ScoringFunc scoring_func = ScoringFunc::kSigmoid;
    TopkMethod topk_method = TopkMethod::kNoauxTc;
    std::int64_t max_position_embeddings = 0;  // context length in tokens
    double rms_norm_eps = 1e-6;
    double rope_theta = 10000;
    std::optional<YarnScaling> rope_scaling;
    std::int64_t num_nextn_predict_layers = 0;  // MTP modules
    std::int64_t bos_token_id = -1, eos_token_id = -1;
    std::string torch_dtype = "float32";
    std::optional<Fp8Quantization> quantization;
    AttentionKind attention = AttentionKind::kMla;  // "deepglass_attention", absent = mla

    [[nodiscard]] std::int64_t qk_head_dim() const { return qk_nope_head_dim + qk_rope_head_dim; }

    [[nodiscard]] bool is_moe(std::int64_t layer) const {
        return n_routed_experts > 0 && layer >= first_k_dense_replace;
    }

    /// Numbers cached per token and layer: R + dr for MLA, 2 * kv heads * head_dim otherwise.
    [[nodiscard]] std::int64_t cache_elements() const;

    bool operator==(const Config&) const = default;
};

/// Parses and validates. Keys that mean nothing here (architectures, auto_map, ...) are ignored;
/// keys that would change the computation in a way that is not built (biases, tied embeddings,
/// another activation) are refused. Error codes: config_json, config_missing, config_not_integer
/// (and _number, _bool, _text, _object, _block), config_range, config_value, config_rule; `where`
/// names the file, arg `key` the key.
Result<Config> parse_config(const std::string& json_text, const std::string& where);
/// The JSON text, HuggingFace keys, two-space indent.
std::string config_json(const Config& config);

/// One weight that the config demands.
struct WeightSpec {
    std::string name;  // HuggingFace name
    std::vector<std::int64_t> shape;
};

/// Every weight of the model in file order, MTP layers last (without their copies of embedding and
/// head).
std::vector<WeightSpec> weight_specs(const Config& config);
/// The same without building the list: calls visit for each weight until it returns false. False
/// when it did.
bool visit_weights(const Config& config, const std::function<bool(const WeightSpec&)>& visit);

/// Parameter counts from the config alone.
struct ParameterCount {
    std::int64_t total = 0;  // without MTP modules
    std::int64_t active =
        0;  // multiplied per token: matrices used, with the head, without embedding, norms and bias
    std::int64_t mtp = 0;  // own weights of the MTP modules
};

ParameterCount count_parameters(const Config& config);

}  // namespace dg
