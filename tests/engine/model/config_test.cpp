#include "engine/model/config.h"

#include "engine/base/rng.h"
#include "engine/tensor/tensor.h"
#include "tests/engine/io/io_testing.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>

namespace dg {
namespace {

using Json = nlohmann::json;
using testing::expect_error;
using testing::golden;

/// The config of DeepSeek-V3 as released, with the keys that this program does not need.
constexpr const char* kV3 = R"({
  "architectures": ["DeepseekV3ForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
  "auto_map": {"AutoConfig": "configuration_deepseek.DeepseekV3Config", "AutoModel": "modeling_deepseek.DeepseekV3Model"},
  "aux_loss_alpha": 0.001, "bos_token_id": 0, "eos_token_id": 1, "ep_size": 1, "first_k_dense_replace": 3,
  "hidden_act": "silu", "hidden_size": 7168, "initializer_range": 0.02, "intermediate_size": 18432,
  "kv_lora_rank": 512, "max_position_embeddings": 163840, "model_type": "deepseek_v3",
  "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256, "n_shared_experts": 1,
  "norm_topk_prob": true, "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61,
  "num_key_value_heads": 128, "num_nextn_predict_layers": 1, "pretraining_tp": 1, "q_lora_rank": 1536,
  "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
  "quantization_config": {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [128, 128]},
  "rms_norm_eps": 1e-06,
  "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
                   "original_max_position_embeddings": 4096, "type": "yarn"},
  "rope_theta": 10000, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "seq_aux": true,
  "tie_word_embeddings": false, "topk_group": 4, "topk_method": "noaux_tc", "torch_dtype": "bfloat16",
  "transformers_version": "4.33.1", "use_cache": true, "v_head_dim": 128, "vocab_size": 129280
})";

/// V3's config with keys replaced (null erases).
Result<Config> parse_with(const std::map<std::string, Json>& changes) {
    Json j = Json::parse(kV3);
    for (const auto& [key, value] : changes) {
        j[key] = value;
        if (value.is_null()) j.erase(key);
    }
    return parse_config(j.dump(), "config.json");
}

TEST(Config, DeepSeekV3Parses) {
    const Config c = parse_config(kV3, "config.json").value();
    EXPECT_EQ(c.hidden_size, 7168);
    EXPECT_EQ(c.q_lora_rank, 1536);
    EXPECT_EQ(c.qk_head_dim(), 192);
    EXPECT_EQ(c.cache_elements(), 576);
    EXPECT_EQ(c.rope_scaling.value().factor, 40);
    EXPECT_EQ(c.rope_scaling->original_max_position_embeddings, 4096);
    EXPECT_EQ(c.quantization, Fp8Quantization{});
    EXPECT_EQ(c.topk_method, TopkMethod::kNoauxTc);
    EXPECT_FALSE(c.is_moe(2));
    EXPECT_TRUE(c.is_moe(3));
}

TEST(Config, DeepSeekV3CountsAsTheCurriculumSays) {
    const Config c = parse_config(kV3, "config.json").value();
    const ParameterCount n = count_parameters(c);
    EXPECT_NEAR(static_cast<double>(n.total), 671.03e9, 0.005e9);
    EXPECT_NEAR(static_cast<double>(n.active), 36.62e9, 0.005e9);
    EXPECT_NEAR(static_cast<double>(n.mtp), 11.61e9, 0.005e9);
    EXPECT_NEAR(static_cast<double>(n.active + c.vocab_size * c.hidden_size), 37.55e9, 0.005e9);

    // the same total by listing all 46,000 tensors
    std::int64_t listed = 0;
    std::map<std::string, std::vector<std::int64_t>> shapes;
    for (const WeightSpec& spec : weight_specs(c)) {
        std::int64_t elements = 1;
        for (const std::int64_t d : spec.shape) elements *= d;
        listed += elements;
        EXPECT_TRUE(shapes.emplace(spec.name, spec.shape).second)
            << spec.name << " is listed twice";
    }
    EXPECT_EQ(listed, n.total + n.mtp);
    EXPECT_EQ(shapes.at("model.layers.60.self_attn.kv_b_proj.weight"), (Shape{128 * 256, 512}));
    EXPECT_EQ(shapes.at("model.layers.61.eh_proj.weight"), (Shape{7168, 14336}));
    EXPECT_EQ(shapes.at("model.layers.61.mlp.experts.255.down_proj.weight"), (Shape{7168, 2048}));
}

TEST(Config, EveryKindOfModelRoundTripsThroughJson) {
    std::vector<Config> configs = {parse_config(kV3, "v3").value()};
    for (const char* name : {"v3_grouped", "v2_softmax", "v3_yarn_mtp", "v3_fp8"}) {
        const auto file = golden(std::string("model/") + name + "/config.json");
        configs.push_back(parse_config(read_file(file).value(), name).value());
    }
    configs.push_back(
        parse_with({{"deepglass_attention", "gqa"}, {"num_key_value_heads", 8}, {"head_dim", 96}})
            .value());
    configs.push_back(
        parse_with(
            {{"n_routed_experts", nullptr}, {"rope_scaling", nullptr}, {"eos_token_id", nullptr}})
            .value());
    for (const Config& c : configs) {
        const std::string text = config_json(c);
        EXPECT_EQ(parse_config(text, "again").value(), c) << text;
        EXPECT_EQ(config_json(parse_config(text, "again").value()), text);
    }
}

TEST(Config, AttentionKindsDemandTheirWeights) {
    struct Case {
        const char* kind;
        std::int64_t kv_heads;
    };

    for (const Case& kind : {Case{"mha", 128}, Case{"gqa", 8}, Case{"mqa", 1}}) {
        const Config c = parse_with({{"deepglass_attention", kind.kind},
                                     {"head_dim", 56},
                                     {"num_key_value_heads", kind.kv_heads}})
                             .value();
        EXPECT_EQ(c.cache_elements(), 2 * kind.kv_heads * 56);
        std::map<std::string, Shape> shapes;
        for (const WeightSpec& spec : weight_specs(c)) shapes[spec.name] = spec.shape;
        const std::string p = "model.layers.0.self_attn.";
        EXPECT_EQ(shapes.at(p + "q_proj.weight"), (Shape{128 * 56, 7168}));
        EXPECT_EQ(shapes.at(p + "k_proj.weight"), (Shape{kind.kv_heads * 56, 7168}));
        EXPECT_EQ(shapes.at(p + "v_proj.weight"), (Shape{kind.kv_heads * 56, 7168}));
        EXPECT_EQ(shapes.at(p + "o_proj.weight"), (Shape{7168, 128 * 56}));
        EXPECT_FALSE(shapes.contains(p + "kv_b_proj.weight"));
    }

    // head counts that follow from the kind may be absent
    EXPECT_EQ(
        parse_with(
            {{"deepglass_attention", "mqa"}, {"head_dim", 2}, {"num_key_value_heads", nullptr}})
            .value()
            .num_key_value_heads,
        1);
    EXPECT_EQ(
        parse_with(
            {{"deepglass_attention", "mha"}, {"head_dim", 2}, {"num_key_value_heads", nullptr}})
            .value()
            .num_key_value_heads,
        128);
}

TEST(Config, RouterBiasExistsForNoauxTcOnly) {
    for (const char* method : {"noaux_tc", "greedy", "group_limited_greedy"}) {
        bool bias = false;
        visit_weights(parse_with({{"topk_method", method}}).value(), [&](const WeightSpec& spec) {
            bias = bias || spec.name.ends_with("e_score_correction_bias");
            return !bias;
        });
        EXPECT_EQ(bias, std::string(method) == "noaux_tc");
    }
}

TEST(Config, NewerSpellingsMeanTheSame) {
    const Config c = parse_config(kV3, "config.json").value();
    Json yarn = Json::parse(kV3)["rope_scaling"];
    yarn.erase("type");
    yarn["rope_type"] = "yarn";
    EXPECT_EQ(parse_with({{"rope_scaling", yarn}}).value(), c);
    yarn["rope_theta"] = 10000.0;
    EXPECT_EQ(
        parse_with({{"rope_scaling", nullptr}, {"rope_theta", nullptr}, {"rope_parameters", yarn}})
            .value(),
        c);
    EXPECT_EQ(parse_with({{"torch_dtype", nullptr}, {"dtype", "bfloat16"}}).value(), c);
    EXPECT_FALSE(parse_with({{"rope_scaling", {{"rope_type", "default"}}}}).value().rope_scaling);
    yarn.erase("mscale");
    yarn["mscale_all_dim"] = 0.707;
    EXPECT_EQ(parse_with({{"rope_scaling", yarn}}).value().rope_scaling->mscale, 0.707);
}

TEST(ConfigHostile, EveryRequiredKeyIsMissedByName) {
    for (const char* key :
         {"model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
          "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "intermediate_size",
          "moe_intermediate_size", "num_experts_per_tok", "max_position_embeddings"}) {
        const Result<Config> parsed = parse_with({{key, nullptr}});
        ASSERT_FALSE(parsed) << key;
        expect_error(parsed.error(), "config_missing");
        EXPECT_EQ(testing::arg(parsed.error(), "key"), key);
        EXPECT_EQ(parsed.error().where, "config.json");
    }
    expect_error(parse_with({{"deepglass_attention", "mha"}}).error(), "config_missing");
    expect_error(
        parse_with(
            {{"deepglass_attention", "gqa"}, {"head_dim", 8}, {"num_key_value_heads", nullptr}})
            .error(),
        "config_missing");
}

TEST(ConfigHostile, SizesOutOfRangeAreNamedWithTheirRange) {
    for (const char* key :
         {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "kv_lora_rank",
          "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "intermediate_size", "q_lora_rank",
          "moe_intermediate_size", "num_experts_per_tok", "max_position_embeddings", "n_group"}) {
        for (const Json& bad :
             {Json(0), Json(-1), Json(std::int64_t{1} << 40), Json(~std::uint64_t{0}),
              Json(std::numeric_limits<std::int64_t>::min())}) {
            const Result<Config> parsed = parse_with({{key, bad}});
            ASSERT_FALSE(parsed) << key << " " << bad;
            expect_error(parsed.error(), "config_range");
            EXPECT_EQ(testing::arg(parsed.error(), "key"), key);
            EXPECT_EQ(testing::arg(parsed.error(), "found"), bad.dump());
        }
        for (const Json& bad :
             {Json("7"), Json(7.0), Json(true), Json::array({7}), Json::object()}) {
            const Result<Config> parsed = parse_with({{key, bad}});
            ASSERT_FALSE(parsed) << key << " " << bad;
            expect_error(parsed.error(), "config_not_integer");
        }
    }
}

struct Hostile {
    std::map<std::string, Json> changes;
    const char* code;
    const char* key;
};

TEST(ConfigHostile, ContradictionsAndUnbuiltFeatures) {
    const auto yarn = [](const char* key, const Json& value) {
        Json j = Json::parse(kV3)["rope_scaling"];
        j[key] = value;
        return j;
    };
    const std::vector<Hostile> cases = {
        {{{"model_type", "llama"}}, "config_value", "model_type"},
        {{{"model_type", 3}}, "config_not_text", "model_type"},
        {{{"deepglass_attention", "flash"}}, "config_value", "deepglass_attention"},
        {{{"n_group", 7}}, "config_rule", "n_group"},
        {{{"n_group", 256}}, "config_rule", "n_group"},
        {{{"topk_group", 9}}, "config_range", "topk_group"},
        {{{"n_group", 64}, {"topk_group", 1}}, "config_rule", "num_experts_per_tok"},
        {{{"num_experts_per_tok", 257}}, "config_range", "num_experts_per_tok"},
        {{{"first_k_dense_replace", 62}}, "config_range", "first_k_dense_replace"},
        {{{"n_routed_experts", -1}}, "config_range", "n_routed_experts"},
        {{{"n_routed_experts", 1 << 20}}, "config_range", "n_routed_experts"},
        {{{"n_shared_experts", -1}}, "config_range", "n_shared_experts"},
        {{{"qk_rope_head_dim", 63}}, "config_rule", "qk_rope_head_dim"},
        {{{"deepglass_attention", "mha"}, {"head_dim", 7}}, "config_rule", "head_dim"},
        {{{"num_key_value_heads", 8}}, "config_rule", "num_key_value_heads"},
        {{{"deepglass_attention", "mha"}, {"head_dim", 8}, {"num_key_value_heads", 8}},
         "config_rule",
         "num_key_value_heads"},
        {{{"deepglass_attention", "mqa"}, {"head_dim", 8}, {"num_key_value_heads", 8}},
         "config_rule",
         "num_key_value_heads"},
        {{{"deepglass_attention", "gqa"}, {"head_dim", 8}, {"num_key_value_heads", 3}},
         "config_rule",
         "num_key_value_heads"},
        {{{"scoring_func", "relu"}}, "config_value", "scoring_func"},
        {{{"topk_method", "best"}}, "config_value", "topk_method"},
        {{{"norm_topk_prob", 1}}, "config_not_bool", "norm_topk_prob"},
        {{{"routed_scaling_factor", -2.5}}, "config_range", "routed_scaling_factor"},
        {{{"routed_scaling_factor", "2.5"}}, "config_not_number", "routed_scaling_factor"},
        {{{"rms_norm_eps", 0}}, "config_range", "rms_norm_eps"},
        {{{"rope_theta", -1}}, "config_range", "rope_theta"},
        {{{"eos_token_id", 129280}}, "config_range", "eos_token_id"},
        {{{"num_nextn_predict_layers", 1000}}, "config_range", "num_nextn_predict_layers"},
        {{{"torch_dtype", "int8"}}, "config_value", "torch_dtype"},
        {{{"rope_scaling", "yarn"}}, "config_not_object", "rope_scaling"},
        {{{"rope_scaling", Json::object()}}, "config_missing", "rope_scaling.rope_type"},
        {{{"rope_scaling", yarn("type", "linear")}}, "config_value", "rope_scaling.type"},
        {{{"rope_scaling", yarn("factor", 0.5)}}, "config_range", "rope_scaling.factor"},
        {{{"rope_scaling", yarn("factor", nullptr)}}, "config_missing", "rope_scaling.factor"},
        {{{"rope_scaling", yarn("mscale", 0.707)}}, "config_rule", "rope_scaling.mscale"},
        {{{"rope_scaling", yarn("beta_fast", 0.5)}}, "config_rule", "rope_scaling.beta_fast"},
        {{{"rope_scaling", yarn("original_max_position_embeddings", 0)}},
         "config_range",
         "rope_scaling.original_max_position_embeddings"},
        {{{"quantization_config", 8}}, "config_not_object", "quantization_config"},
        {{{"quantization_config", {{"quant_method", "gptq"}}}},
         "config_value",
         "quantization_config.quant_method"},
        {{{"quantization_config", {{"quant_method", "fp8"}, {"fmt", "e5m2"}}}},
         "config_value",
         "quantization_config.fmt"},
        {{{"quantization_config", {{"quant_method", "fp8"}, {"weight_block_size", {128}}}}},
         "config_not_block",
         "quantization_config.weight_block_size"},
        {{{"quantization_config", {{"quant_method", "fp8"}, {"weight_block_size", {0, 128}}}}},
         "config_range",
         "quantization_config.weight_block_size[0]"},
        {{{"tie_word_embeddings", true}}, "config_value", "tie_word_embeddings"},
        {{{"attention_bias", true}}, "config_value", "attention_bias"},
        {{{"hidden_act", "gelu"}}, "config_value", "hidden_act"},
        {{{"moe_layer_freq", 2}}, "config_value", "moe_layer_freq"},
        {{{"rope_interleave", false}}, "config_value", "rope_interleave"},
    };
    for (const Hostile& hostile : cases) {
        SCOPED_TRACE(Json(hostile.changes).dump());
        const Result<Config> parsed = parse_with(hostile.changes);
        ASSERT_FALSE(parsed);
        expect_error(parsed.error(), hostile.code);
        EXPECT_EQ(testing::arg(parsed.error(), "key"), hostile.key);
    }
}

TEST(ConfigHostile, BrokenJsonIsPlaced) {
    const Result<Config> parsed = parse_config("{\n  \"vocab_size\": 5,,\n}", "c.json");
    expect_error(parsed.error(), "config_json");
    EXPECT_EQ(parsed.error().where, "c.json:2:19");
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("null"), std::string("{\"a\":\"\xff\"}"),
          std::string("{\"a\":1e999}"), std::string("{} {}"), std::string(1'000'000, '['),
          "{\"a\":" + std::string(65, '[') + std::string(65, ']') + "}"}) {
        expect_error(parse_config(text, "c.json").error(), "config_json");
    }
}

TEST(ConfigHostile, TheLargestLegalModelCountsWithoutOverflow) {
    const Config c = parse_with({{"vocab_size", 1 << 20},
                                 {"hidden_size", 1 << 17},
                                 {"num_hidden_layers", 512},
                                 {"num_attention_heads", 4096},
                                 {"num_key_value_heads", 4096},
                                 {"n_routed_experts", 4096},
                                 {"moe_intermediate_size", 1 << 20},
                                 {"first_k_dense_replace", 0},
                                 {"n_shared_experts", 256},
                                 {"qk_nope_head_dim", 4096},
                                 {"qk_rope_head_dim", 4096},
                                 {"v_head_dim", 4096},
                                 {"kv_lora_rank", 1 << 17},
                                 {"q_lora_rank", 1 << 17},
                                 {"num_nextn_predict_layers", 64}})
                         .value();
    const ParameterCount n = count_parameters(c);
    const double experts = 512.0 * (4096 + 256) * 3 * (1 << 20) * (1 << 17);
    EXPECT_GT(static_cast<double>(n.total), experts);
    EXPECT_LT(static_cast<double>(n.total), 1.01 * experts);
    EXPECT_GT(n.active, 0);
    EXPECT_GT(n.mtp, 0);
}

TEST(ConfigHostile, MutationsNeverCrashAndWhatPassesIsStable) {
    constexpr std::uint64_t kSeed = 7;
    static const char* const kTrouble[] = {
        "0",  "-1", "null", "true",    "1e308", "18446744073709551615",
        "{}", "[",  "\"",   "\\u0000", "\xff"};
    Rng rng(kSeed);
    const std::string good = kV3;
    const auto stop = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    int passed = 0;
    while (std::chrono::steady_clock::now() < stop) {
        for (int i = 0; i < 64; ++i) {
            std::string text = good;
            const std::uint32_t edits = 1 + rng.below(3);
            for (std::uint32_t e = 0; e < edits; ++e) {
                const std::size_t at = rng.below(static_cast<std::uint32_t>(text.size()));
                if (rng.below(2) == 0) {
                    text.replace(at, rng.below(6), kTrouble[rng.below(std::size(kTrouble))]);
                } else {
                    text[at] = static_cast<char>(rng.below(256));
                }
            }
            const Result<Config> parsed = parse_config(text, "mutation");
            if (!parsed) continue;
            ++passed;
            ASSERT_EQ(parse_config(config_json(*parsed), "again").value(), *parsed)
                << "seed " << kSeed << "\n"
                << text;
            ASSERT_GT(count_parameters(*parsed).total, 0);
        }
    }
    EXPECT_GT(passed, 0);
}

}  // namespace
}  // namespace dg
