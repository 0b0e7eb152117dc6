#include "engine/model/config.h"

#include "engine/io/json.h"

#include <cmath>

namespace dg {

namespace {

using Json = nlohmann::json;

/// Reads typed keys of one JSON object. The first error sticks; later reads then return defaults.
class KeyReader {
  public:
    KeyReader(const Json& object, const std::string& where, std::string prefix = "")
        : object_(object), where_(where), prefix_(std::move(prefix)) {}

    /// The value, or nullptr when the key is absent or null.
    [[nodiscard]] const Json* find(const std::string& key) const {
        const auto found = object_.find(key);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    std::int64_t integer(const std::string& key, std::int64_t low, std::int64_t high,
                         std::optional<std::int64_t> absent = std::nullopt) {
        const Json* value = find(key);
        if (value == nullptr) return missing(key, absent);
        if (!value->is_number_integer()) return wrong_type(key, *value, "config_not_integer"), low;
        const bool huge = value->is_number_unsigned() &&
                          value->get<std::uint64_t>() > static_cast<std::uint64_t>(high);
        const std::int64_t n = huge ? high : value->get<std::int64_t>();
        if (huge || n < low || n > high) {
            fail("config_range", key, *value,
                 {{"low", fmt::format("{}", low)}, {"high", fmt::format("{}", high)}});
            return low;
        }
        return n;
    }

    double number(const std::string& key, double low, double high,
                  std::optional<double> absent = std::nullopt) {
        const Json* value = find(key);
        if (value == nullptr) return missing(key, absent);
        if (!value->is_number()) return wrong_type(key, *value, "config_not_number"), low;
        const double x = value->get<double>();
        if (!(x >= low && x <= high)) {
            fail("config_range", key, *value,
                 {{"low", fmt::format("{}", low)}, {"high", fmt::format("{}", high)}});
            return low;
        }
        return x;
    }

    bool boolean(const std::string& key, bool absent) {
        const Json* value = find(key);
        if (value == nullptr) return absent;
        if (!value->is_boolean()) return wrong_type(key, *value, "config_not_bool"), absent;
        return value->get<bool>();
    }

    /// One of the allowed words, as its place in the list.
    std::size_t word(const std::string& key, const std::vector<std::string>& allowed,
                     std::optional<std::size_t> absent = std::nullopt) {
        const Json* value = find(key);
        if (value == nullptr) return missing(key, absent);
        if (!value->is_string()) return wrong_type(key, *value, "config_not_text"), 0;
        for (std::size_t i = 0; i < allowed.size(); ++i) {
            if (value->get_ref<const std::string&>() == allowed[i]) return i;
        }
        fail("config_value", key, *value,
             {{"allowed", fmt::format("{}", fmt::join(allowed, ", "))}});
        return 0;
    }

    /// A key that may be absent, but must have this value when it is there.
    void only(const std::string& key, const Json& built) {
        const Json* value = find(key);
        if (value != nullptr && *value != built)
            fail("config_value", key, *value, {{"allowed", shown(built)}});
    }

    /// A relation between keys, written as a formula.
    void rule(bool holds, const std::string& key, const std::string& formula) {
        const Json* value = find(key);
        if (!holds)
            fail("config_rule", key, value == nullptr ? Json() : *value, {{"rule", formula}});
    }

    void wrong_type(const std::string& key, const Json& value, const char* code) {
        fail(code, key, value, {});
    }

    void adopt(const KeyReader& part) {
        if (!error_) error_ = part.error_;
    }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    [[nodiscard]] const std::string& where() const { return where_; }

  private:
    template <class T>
    T missing(const std::string& key, const std::optional<T>& absent) {
        if (absent) return *absent;
        if (!error_)
            error_ =
                Error{.code = "config_missing", .args = {{"key", prefix_ + key}}, .where = where_};
        return T{};
    }

    void fail(const char* code, const std::string& key, const Json& value,
              std::vector<std::pair<std::string, std::string>> more) {
        if (error_) return;
        more.insert(more.begin(), {{"key", prefix_ + key}, {"found", shown(value)}});
        error_ = Error{.code = code, .args = std::move(more), .where = where_};
    }

    const Json& object_;
    const std::string& where_;
    std::string prefix_;
    std::optional<Error> error_;
};

// limits: far beyond any real model, near enough that every product of two of them fits 64 bits
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 17;
constexpr std::int64_t kMaxMlpWidth = std::int64_t{1} << 20;
constexpr std::int64_t kMaxVocabulary = std::int64_t{1} << 20;
constexpr std::int64_t kMaxContext = std::int64_t{1} << 24;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxHeads = 4096;
constexpr std::int64_t kMaxHeadDim = 4096;
constexpr std::int64_t kMaxExperts = 4096;
constexpr std::int64_t kMaxSharedExperts = 256;
constexpr std::int64_t kMaxMtp = 64;

const std::vector<std::string> kModelTypes = {"deepseek_v3", "deepseek_v2"};
const std::vector<std::string> kAttentionKinds = {"mla", "mha", "gqa", "mqa"};
const std::vector<std::string> kScoringFuncs = {"sigmoid", "softmax"};
const std::vector<std::string> kTopkMethods = {"noaux_tc", "greedy", "group_limited_greedy"};
const std::vector<std::string> kDtypes = {"float32", "bfloat16", "float16"};

void read_sizes(KeyReader& r, Config& c) {
    c.model_type = kModelTypes[r.word("model_type", kModelTypes)];
    c.vocab_size = r.integer("vocab_size", 1, kMaxVocabulary);
    c.hidden_size = r.integer("hidden_size", 1, kMaxWidth);
    c.num_hidden_layers = r.integer("num_hidden_layers", 1, kMaxLayers);
    c.max_position_embeddings = r.integer("max_position_embeddings", 1, kMaxContext);
    c.num_nextn_predict_layers = r.integer("num_nextn_predict_layers", 0, kMaxMtp, 0);
    c.rms_norm_eps = r.number("rms_norm_eps", 1e-30, 1, 1e-6);
    c.bos_token_id = r.integer("bos_token_id", -1, c.vocab_size - 1, -1);
    c.eos_token_id = r.integer("eos_token_id", -1, c.vocab_size - 1, -1);
    c.torch_dtype =
        kDtypes[r.word(r.find("torch_dtype") != nullptr ? "torch_dtype" : "dtype", kDtypes, 0)];
}

/// Features that other models have and these computations do not: refused rather than ignored.
void refuse_unbuilt(KeyReader& r) {
    r.only("hidden_act", "silu");
    r.only("attention_bias", false);
    r.only("mlp_bias", false);
    r.only("tie_word_embeddings", false);
    r.only("moe_layer_freq", 1);
    r.only("rope_interleave", true);
}

void read_attention(KeyReader& r, Config& c) {
    c.attention = static_cast<AttentionKind>(r.word("deepglass_attention", kAttentionKinds, 0));
    c.num_attention_heads = r.integer("num_attention_heads", 1, kMaxHeads);
    const std::int64_t H = c.num_attention_heads;
    if (c.attention == AttentionKind::kMla) {
        c.num_key_value_heads = r.integer("num_key_value_heads", 1, kMaxHeads, H);
        r.rule(c.num_key_value_heads == H, "num_key_value_heads",
               "num_key_value_heads == num_attention_heads (mla)");
        if (r.find("q_lora_rank") != nullptr)
            c.q_lora_rank = r.integer("q_lora_rank", 1, kMaxWidth);
        c.kv_lora_rank = r.integer("kv_lora_rank", 1, kMaxWidth);
        c.qk_nope_head_dim = r.integer("qk_nope_head_dim", 1, kMaxHeadDim);
        c.qk_rope_head_dim = r.integer("qk_rope_head_dim", 2, kMaxHeadDim);
        c.v_head_dim = r.integer("v_head_dim", 1, kMaxHeadDim);
        r.rule(c.qk_rope_head_dim % 2 == 0, "qk_rope_head_dim", "qk_rope_head_dim % 2 == 0");
        return;
    }
    c.head_dim = r.integer("head_dim", 2, kMaxHeadDim);
    r.rule(c.head_dim % 2 == 0, "head_dim", "head_dim % 2 == 0");
    const bool mqa = c.attention == AttentionKind::kMqa;
    const bool gqa = c.attention == AttentionKind::kGqa;
    const std::optional<std::int64_t> absent =
        gqa ? std::nullopt : std::optional<std::int64_t>(mqa ? 1 : H);
    const std::int64_t kv = c.num_key_value_heads =
        r.integer("num_key_value_heads", 1, kMaxHeads, absent);
    if (r.error()) return;
    if (mqa) r.rule(kv == 1, "num_key_value_heads", "num_key_value_heads == 1 (mqa)");
    if (gqa)
        r.rule(H % kv == 0, "num_key_value_heads",
               "num_attention_heads % num_key_value_heads == 0");
    if (!mqa && !gqa)
        r.rule(kv == H, "num_key_value_heads", "num_key_value_heads == num_attention_heads (mha)");
}

void read_router(KeyReader& r, Config& c) {
    const bool v3 = c.model_type == "deepseek_v3";
    c.scoring_func = static_cast<ScoringFunc>(r.word("scoring_func", kScoringFuncs, v3 ? 0 : 1));
    c.topk_method = static_cast<TopkMethod>(r.word("topk_method", kTopkMethods, v3 ? 0 : 1));
    c.norm_topk_prob = r.boolean("norm_topk_prob", v3);
    c.routed_scaling_factor = r.number("routed_scaling_factor", 1e-6, 1e6, 1.0);
    const std::int64_t E = c.n_routed_experts;
    c.num_experts_per_tok = r.integer("num_experts_per_tok", 1, E);
    const std::int64_t G = c.n_group = r.integer("n_group", 1, E, 1);
    c.topk_group = r.integer("topk_group", 1, c.n_group, c.n_group);
    if (r.error()) return;
    r.rule(E % G == 0, "n_group", "n_routed_experts % n_group == 0");
    if (G > 1 && c.topk_method == TopkMethod::kNoauxTc) {
        r.rule(E / G >= 2, "n_group", "n_routed_experts / n_group >= 2 (noaux_tc)");
    }
    if (c.topk_method != TopkMethod::kGreedy) {
        r.rule(c.num_experts_per_tok <= c.topk_group * (E / G), "num_experts_per_tok",
               "num_experts_per_tok <= topk_group * n_routed_experts / n_group");
    }
}

void read_ffn(KeyReader& r, Config& c) {
    c.n_routed_experts = r.integer("n_routed_experts", 0, kMaxExperts, 0);
    if (c.n_routed_experts == 0) {
        c.intermediate_size = r.integer("intermediate_size", 1, kMaxMlpWidth);
        return;
    }
    c.first_k_dense_replace = r.integer("first_k_dense_replace", 0, c.num_hidden_layers, 0);
    const bool dense = c.first_k_dense_replace > 0 || r.find("intermediate_size") != nullptr;
    c.intermediate_size = dense ? r.integer("intermediate_size", 1, kMaxMlpWidth) : 0;
    c.moe_intermediate_size = r.integer("moe_intermediate_size", 1, kMaxMlpWidth);
    c.n_shared_experts = r.integer("n_shared_experts", 0, kMaxSharedExperts, 0);
    if (!r.error()) read_router(r, c);
}

/// rope_scaling, or rope_parameters as newer files have it (with rope_theta inside).
void read_rope(KeyReader& r, Config& c) {
    c.rope_theta = r.number("rope_theta", 1.01, 1e12, 10000.0);
    const std::string key =
        r.find("rope_parameters") != nullptr ? "rope_parameters" : "rope_scaling";
    const Json* value = r.find(key);
    if (value == nullptr) return;
    if (!value->is_object()) return r.wrong_type(key, *value, "config_not_object");
    KeyReader part(*value, r.where(), key + ".");
    if (key == "rope_parameters")
        c.rope_theta = part.number("rope_theta", 1.01, 1e12, c.rope_theta);
    const bool old_name = part.find("rope_type") == nullptr && part.find("type") != nullptr;
    const std::vector<std::string> kinds = {"yarn", "default"};
    if (part.word(old_name ? "type" : "rope_type", kinds) == 0 && !part.error()) {
        YarnScaling yarn;
        yarn.factor = part.number("factor", 1, 65536);
        yarn.original_max_position_embeddings =
            part.integer("original_max_position_embeddings", 1, kMaxContext);
        yarn.beta_fast = part.number("beta_fast", 1e-3, 1e6, 32.0);
        yarn.beta_slow = part.number("beta_slow", 1e-3, 1e6, 1.0);
        yarn.mscale = part.number("mscale", 0, 100, part.number("mscale_all_dim", 0, 100, 1.0));
        yarn.mscale_all_dim = part.number("mscale_all_dim", 0, 100, yarn.mscale);
        part.rule(yarn.beta_fast >= yarn.beta_slow, "beta_fast", "beta_fast >= beta_slow");
        part.rule(yarn.mscale == yarn.mscale_all_dim, "mscale", "mscale == mscale_all_dim");
        c.rope_scaling = yarn;
    }
    r.adopt(part);
}

void read_quantization(KeyReader& r, Config& c) {
    const Json* value = r.find("quantization_config");
    if (value == nullptr) return;
    if (!value->is_object())
        return r.wrong_type("quantization_config", *value, "config_not_object");
    KeyReader part(*value, r.where(), "quantization_config.");
    part.word("quant_method", {"fp8"});
    part.word("fmt", {"e4m3"}, 0);
    part.word("activation_scheme", {"dynamic"}, 0);
    Fp8Quantization quantization;
    if (const Json* block = part.find("weight_block_size"); block != nullptr) {
        const bool pair = block->is_array() && block->size() == 2 &&
                          (*block)[0].is_number_integer() && (*block)[1].is_number_integer();
        if (pair) {
            // the elements as keys of their own: range checks with a name
            const Json sides = {{"weight_block_size[0]", (*block)[0]},
                                {"weight_block_size[1]", (*block)[1]}};
            KeyReader side(sides, r.where(), "quantization_config.");
            quantization.block_rows = side.integer("weight_block_size[0]", 1, kMaxWidth);
            quantization.block_cols = side.integer("weight_block_size[1]", 1, kMaxWidth);
            part.adopt(side);
        } else {
            part.wrong_type("weight_block_size", *block, "config_not_block");
        }
    }
    r.adopt(part);
    c.quantization = quantization;
}

}  // namespace

Result<Config> parse_config(const std::string& json_text, const std::string& where) {
    DG_ASSIGN(const Json root, parse_json(json_text, where, "config_json"));
    if (!root.is_object()) {
        return Error{
            .code = "config_json", .args = {{"near", shown(root)}}, .where = where + ":1:1"};
    }
    KeyReader reader(root, where);
    Config config;
    for (const auto read : {read_sizes, read_attention, read_ffn, read_rope, read_quantization}) {
        read(reader, config);
        if (reader.error()) return *reader.error();
    }
    refuse_unbuilt(reader);
    if (reader.error()) return *reader.error();
    return config;
}

namespace {

using OrderedJson = nlohmann::ordered_json;

void write_attention(const Config& c, OrderedJson& j) {
    j["num_attention_heads"] = c.num_attention_heads;
    j["num_key_value_heads"] = c.num_key_value_heads;
    if (c.attention != AttentionKind::kMla) {
        j["deepglass_attention"] = kAttentionKinds[static_cast<std::size_t>(c.attention)];
        j["head_dim"] = c.head_dim;
        return;
    }
    j["q_lora_rank"] = nullptr;
    if (c.q_lora_rank) j["q_lora_rank"] = *c.q_lora_rank;
    j["kv_lora_rank"] = c.kv_lora_rank;
    j["qk_nope_head_dim"] = c.qk_nope_head_dim;
    j["qk_rope_head_dim"] = c.qk_rope_head_dim;
    j["v_head_dim"] = c.v_head_dim;
}

void write_ffn(const Config& c, OrderedJson& j) {
    if (c.intermediate_size > 0) j["intermediate_size"] = c.intermediate_size;
    j["hidden_act"] = "silu";
    if (c.n_routed_experts == 0) return;
    j["n_routed_experts"] = c.n_routed_experts;
    j["n_shared_experts"] = c.n_shared_experts;
    j["num_experts_per_tok"] = c.num_experts_per_tok;
    j["moe_intermediate_size"] = c.moe_intermediate_size;
    j["first_k_dense_replace"] = c.first_k_dense_replace;
    j["moe_layer_freq"] = 1;
    j["n_group"] = c.n_group;
    j["topk_group"] = c.topk_group;
    j["scoring_func"] = kScoringFuncs[static_cast<std::size_t>(c.scoring_func)];
    j["topk_method"] = kTopkMethods[static_cast<std::size_t>(c.topk_method)];
    j["norm_topk_prob"] = c.norm_topk_prob;
    j["routed_scaling_factor"] = c.routed_scaling_factor;
}

void write_rope(const Config& c, OrderedJson& j) {
    j["max_position_embeddings"] = c.max_position_embeddings;
    j["rope_theta"] = c.rope_theta;
    j["rope_scaling"] = nullptr;
    if (!c.rope_scaling) return;
    const YarnScaling& y = *c.rope_scaling;
    j["rope_scaling"] = {{"type", "yarn"},
                         {"factor", y.factor},
                         {"original_max_position_embeddings", y.original_max_position_embeddings},
                         {"beta_fast", y.beta_fast},
                         {"beta_slow", y.beta_slow},
                         {"mscale", y.mscale},
                         {"mscale_all_dim", y.mscale_all_dim}};
}

}  // namespace

std::string config_json(const Config& c) {
    OrderedJson j;
    j["architectures"] = {c.model_type == "deepseek_v3" ? "DeepseekV3ForCausalLM"
                                                        : "DeepseekV2ForCausalLM"};
    j["model_type"] = c.model_type;
    j["vocab_size"] = c.vocab_size;
    j["hidden_size"] = c.hidden_size;
    j["num_hidden_layers"] = c.num_hidden_layers;
    j["num_nextn_predict_layers"] = c.num_nextn_predict_layers;
    write_attention(c, j);
    write_ffn(c, j);
    j["rms_norm_eps"] = c.rms_norm_eps;
    write_rope(c, j);
    j["attention_bias"] = false;
    j["tie_word_embeddings"] = false;
    j["bos_token_id"] = nullptr;
    j["eos_token_id"] = nullptr;
    if (c.bos_token_id >= 0) j["bos_token_id"] = c.bos_token_id;
    if (c.eos_token_id >= 0) j["eos_token_id"] = c.eos_token_id;
    j["torch_dtype"] = c.torch_dtype;
    if (c.quantization) {
        j["quantization_config"] = {
            {"quant_method", "fp8"},
            {"fmt", "e4m3"},
            {"activation_scheme", "dynamic"},
            {"weight_block_size", {c.quantization->block_rows, c.quantization->block_cols}}};
    }
    return j.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace dg
