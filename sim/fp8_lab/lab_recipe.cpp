#include "sim/fp8_lab/lab_recipe.h"

#include "sim/corpus/corpus.h"
#include "sim/pretrain/batches.h"

namespace dg::sim::fp8_lab {
namespace {

constexpr std::int64_t kVocabulary = 512;
constexpr std::size_t kTokenizerBytes = 1 << 18;
constexpr std::uint64_t kTokenizerSeed = 1;
constexpr std::int64_t kHeldOutBatches = 16;
constexpr std::uint64_t kHeldOutSeed = 0x6865'6c64;  // a data stream that training never reads

constexpr const char* kRecipe = R"(name = "fp8-lab"
seed = {seed}
[model]
model_type = "deepseek_v3"
vocab_size = 512
hidden_size = {width}
intermediate_size = {dense}
moe_intermediate_size = {expert}
num_hidden_layers = 3
first_k_dense_replace = 1
num_attention_heads = 4
num_key_value_heads = 4
q_lora_rank = {query}
kv_lora_rank = {latent}
qk_nope_head_dim = 16
qk_rope_head_dim = 8
v_head_dim = {value}
n_routed_experts = 8
n_shared_experts = 1
num_experts_per_tok = 2
n_group = 1
topk_group = 1
norm_topk_prob = true
routed_scaling_factor = 1.0
scoring_func = "sigmoid"
topk_method = "noaux_tc"
max_position_embeddings = 128
rope_theta = 500.0
rms_norm_eps = 1e-6
num_nextn_predict_layers = 0
bos_token_id = 0
eos_token_id = 0
[tokenizer]
specials = ["<|doc|>", "<|pad|>"]
[data]
rows = 8
length = 128
[train]
steps = {steps}
warmup = {warmup}
lr = 3e-3
flat = 0.6
floor = 0.05
)";

std::string filled(std::string text, const std::vector<std::pair<std::string, std::int64_t>>& values) {
    for (const auto& [key, value] : values) {
        const std::string place = "{" + key + "}";
        text.replace(text.find(place), place.size(), std::to_string(value));
    }
    return text;
}

}  // namespace

Result<Recipe> lab_recipe(std::int64_t width, std::int64_t steps, std::uint64_t seed) {
    const std::string text = filled(kRecipe, {{"seed", static_cast<std::int64_t>(seed)}, {"width", width}, {"dense", 2 * width}, {"expert", width / 2},
                                              {"query", 3 * width / 4}, {"latent", width / 2}, {"value", width / 4}, {"steps", steps},
                                              {"warmup", std::max<std::int64_t>(1, steps / 15)}});
    return parse_recipe(text, "fp8-lab");
}

Result<Tokenizer> lab_tokenizer() {
    return Tokenizer::train(corpus_text(kTokenizerSeed, kTokenizerBytes), kVocabulary, {"<|doc|>", "<|pad|>"});
}

Result<double> held_out_loss(const Recipe& recipe, const Tokenizer& tokenizer, const Model<float>& model, const Numerics& numerics) {
    Recipe other = recipe;
    other.seed = recipe.seed ^ kHeldOutSeed;
    double sum = 0;
    for (std::int64_t i = 0; i < kHeldOutBatches; ++i) {
        Tape<float> tape(Tape<float>::Mode::kTrain);
        ForwardOptions options;
        options.mtp = false;
        options.numerics = numerics;
        options.fp8_training = true;
        DG_TRY(forward(model, training_batch(other, tokenizer, i), options, tape));
        sum += static_cast<double>(tape.value(tape.find("loss.main"))[0]);
    }
    return sum / static_cast<double>(kHeldOutBatches);
}

}  // namespace dg::sim::fp8_lab
