// The forward pass, written once for training, traces and the inspector: DeepSeek-V3 2.1-2.2 as calls of ops.
#include "engine/model/model.h"
#include "engine/ops/ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg {
namespace {

using namespace ops;

/// Speed of the bias update that a trace shows (V3 4.2).
constexpr double kBiasSpeed = 0.001;

template <class Real>
class Forward {
  public:
    Forward(const Model<Real>& model, const ForwardOptions& options, Tape<Real>& tape)
        : model_(model), config_(model.config), options_(options), tape_(tape), rope_(rope_table(model.config)) {
        options_.numerics = resolve(options.numerics, config_);
        if (!options.rotary) std::ranges::fill(rope_.frequencies, 0.0);
    }

    void run(const TokenBatch& tokens) {
        ids_ = tape_.input("input_ids", integers({tokens.batch, tokens.length}, tokens.ids), true);
        const TensorId embed = embedding(tape_, ids_, weight("model.embed_tokens.weight"), "embed");
        TensorId x = embed;
        for (std::int64_t i = 0; i < config_.num_hidden_layers; ++i) x = block(x, i, fmt::format("layers.{}.", i), false);
        const TensorId normed = norm(x, "model.norm.weight", "norm");
        const TensorId logits = linear(tape_, normed, weight("lm_head.weight"), "logits");
        if (options_.losses && tokens.length > 1) add_loss(logits, tokens, 1, "loss.main", 1.0);
        if (options_.mtp) multi_token_prediction(tokens, embed, x, normed);
        if (!losses_.empty()) finish_losses();
        if (options_.decode) decode(embed);
        if (options_.lens) lens();
    }

    void sublayer(std::int64_t layer, Sublayer which, Tensor<Real> normed) {
        const TensorId x = tape_.input("normed", std::move(normed));
        const std::string w = fmt::format("model.layers.{}.", layer);
        if (which == Sublayer::kAttention) attention(x, layer, w + "self_attn.", "attn.", false);
        else feed_forward(x, layer, w, "");
    }

  private:
    TensorId weight(const std::string& name) { return tape_.weight(name, model_.weights.at(name)); }

    /// The weight as the number format leaves it.
    TensorId quantised_weight(const std::string& name) {
        const TensorId w = weight(name);
        const bool lossy = options_.numerics.lossy() && stored_codes(model_, name, options_.numerics) == nullptr;
        return lossy ? quantise_weight(tape_, w, options_.numerics) : w;
    }

    TensorId norm(TensorId x, const std::string& gain, std::string name) {
        return rmsnorm(tape_, x, weight(gain), config_.rms_norm_eps, std::move(name));
    }

    /// y = x W^T of attention and MLP, in the number format of the options.
    TensorId project(TensorId x, const std::string& matrix, std::string name, QuantisedInput input = QuantisedInput::kQuantised) {
        const TensorId w = weight(matrix);
        if (!options_.numerics.lossy()) return linear(tape_, x, w, std::move(name));
        return quantised_linear(tape_, x, w, options_.numerics, input, stored_codes(model_, matrix, options_.numerics), std::move(name));
    }

    /// y = x W^T of what V3 keeps in high precision: router, eh_proj, head.
    TensorId precise(TensorId x, const std::string& matrix, std::string name) { return linear(tape_, x, weight(matrix), std::move(name)); }

    static Tensor<Real> integers(Shape shape, const std::vector<std::int32_t>& values) {
        return Tensor<Real>(std::move(shape), std::vector<Real>(values.begin(), values.end()));
    }

    /// x + attention(norm x), then x + feed-forward(norm x). `trace`: "layers.0." or "mtp.0." or "decode.layers.0.".
    TensorId block(TensorId x, std::int64_t layer, const std::string& trace, bool absorbed) {
        const std::string w = fmt::format("model.layers.{}.", layer);
        const TensorId attention_in = norm(x, w + "input_layernorm.weight", trace + "input_layernorm");
        const TensorId attended = attention(attention_in, layer, w + "self_attn.", trace + "attn.", absorbed);
        x = add(tape_, x, attended, trace + "attn.residual");
        const TensorId mlp_in = norm(x, w + "post_attention_layernorm.weight", trace + "post_attention_layernorm");
        return add(tape_, x, feed_forward(mlp_in, layer, w, trace), trace + "out");
    }

    TensorId feed_forward(TensorId x, std::int64_t layer, const std::string& w, const std::string& trace) {
        return config_.is_moe(layer) ? mixture(x, layer, w + "mlp.", trace) : dense(x, w + "mlp.", trace + "mlp.", "out");
    }

    TensorId attention(TensorId x, std::int64_t layer, const std::string& w, const std::string& trace, bool absorbed) {
        const TensorId context = config_.attention != AttentionKind::kMla ? grouped_attention(x, layer, w, trace)
                                 : absorbed                               ? absorbed_mla(x, layer, w, trace)
                                                                          : naive_mla(x, layer, w, trace);
        return project(context, w + "o_proj.weight", trace + "out", QuantisedInput::kAttentionOutput);
    }

    /// The parts that naive and absorbed MLA share.
    struct Latents {
        TensorId q_nope, q_pe, kv_latent, k_pe;
    };

    Latents latents(TensorId x, const std::string& w, const std::string& trace) {
        const std::int64_t nope = config_.qk_nope_head_dim, pe = config_.qk_rope_head_dim, rank = config_.kv_lora_rank;
        TensorId q = x;
        if (config_.q_lora_rank) {
            q = norm(project(x, w + "q_a_proj.weight", trace + "q_a"), w + "q_a_layernorm.weight", trace + "c_q");
            q = project(q, w + "q_b_proj.weight", trace + "q");
        } else {
            q = project(x, w + "q_proj.weight", trace + "q");
        }
        const TensorId kv_a = project(x, w + "kv_a_proj_with_mqa.weight", trace + "kv_a");
        Latents l{};
        l.q_nope = slice(tape_, q, nope + pe, 0, nope, true, trace + "q_nope");
        l.q_pe = rope(tape_, slice(tape_, q, nope + pe, nope, nope + pe, true, trace + "q_pe_unrotated"), rope_, trace + "q_pe");
        l.kv_latent = norm(slice(tape_, kv_a, rank + pe, 0, rank, false, trace + "c_kv_unnormed"), w + "kv_a_layernorm.weight", trace + "kv_latent");
        l.k_pe = rope(tape_, slice(tape_, kv_a, rank + pe, rank, rank + pe, false, trace + "k_pe_unrotated"), rope_, trace + "k_pe");
        return l;
    }

    [[nodiscard]] double softmax_scale() const {
        const auto width = static_cast<double>(config_.attention == AttentionKind::kMla ? config_.qk_head_dim() : config_.head_dim);
        return rope_.mscale * rope_.mscale / std::sqrt(width);
    }

    [[nodiscard]] std::vector<double> head_gain(std::int64_t layer) const {
        const auto i = static_cast<std::size_t>(layer);
        return i < options_.head_gain.size() ? options_.head_gain[i] : std::vector<double>{};
    }

    TensorId naive_mla(TensorId x, std::int64_t layer, const std::string& w, const std::string& trace) {
        const std::int64_t nope = config_.qk_nope_head_dim, v_dim = config_.v_head_dim;
        const Latents l = latents(x, w, trace);
        const TensorId kv = project(l.kv_latent, w + "kv_b_proj.weight", trace + "kv", options_.fp8_training ? QuantisedInput::kQuantised : QuantisedInput::kAsItIs);
        const TensorId k_nope = slice(tape_, kv, nope + v_dim, 0, nope, true, trace + "k_nope");
        const TensorId v = slice(tape_, kv, nope + v_dim, nope, nope + v_dim, true, trace + "v");
        const TensorId scores = attention_scores(tape_, l.q_nope, k_nope, l.q_pe, l.k_pe, softmax_scale(), trace + "scores");
        return mix_heads(softmax(tape_, scores, trace + "probs"), v, layer, trace);
    }

    /// W^UK folded into the query, W^UV applied after the mix: only the latent and the rotary key are read per token.
    TensorId absorbed_mla(TensorId x, std::int64_t layer, const std::string& w, const std::string& trace) {
        const std::int64_t nope = config_.qk_nope_head_dim, v_dim = config_.v_head_dim, heads = config_.num_attention_heads;
        const Latents l = latents(x, w, trace);
        const TensorId kv_b = quantised_weight(w + "kv_b_proj.weight");
        const TensorId q_latent = head_linear(tape_, l.q_nope, kv_b, heads, 0, nope, false, trace + "q_latent");
        const TensorId scores = attention_scores(tape_, q_latent, l.kv_latent, l.q_pe, l.k_pe, softmax_scale(), trace + "scores");
        const TensorId probs = softmax(tape_, scores, trace + "probs");
        const TensorId latent_context = attention_mix(tape_, probs, l.kv_latent, head_gain(layer), trace + "latent_context");
        const TensorId context = head_linear(tape_, latent_context, kv_b, heads, nope, v_dim, true, trace + "context");
        return flatten(context, trace);
    }

    /// MHA, GQA, MQA: rotary on the whole head, one key head for every num_key_value_heads-th part of the heads.
    TensorId grouped_attention(TensorId x, std::int64_t layer, const std::string& w, const std::string& trace) {
        const std::int64_t width = config_.head_dim;
        const auto heads_of = [&](const char* matrix, const char* name) {
            return slice(tape_, project(x, w + matrix, trace + name + "_flat"), width, 0, width, true, trace + name + "_unrotated");
        };
        const TensorId q = rope(tape_, heads_of("q_proj.weight", "q"), rope_, trace + "q");
        const TensorId k = rope(tape_, heads_of("k_proj.weight", "k"), rope_, trace + "k");
        const TensorId v = heads_of("v_proj.weight", "v");
        const TensorId scores = attention_scores(tape_, q, k, -1, -1, softmax_scale(), trace + "scores");
        return mix_heads(softmax(tape_, scores, trace + "probs"), v, layer, trace);
    }

    TensorId mix_heads(TensorId probs, TensorId v, std::int64_t layer, const std::string& trace) {
        return flatten(attention_mix(tape_, probs, v, head_gain(layer), trace + "context"), trace);
    }

    /// [B,T,H,E] -> [B,T,H*E] for o_proj.
    TensorId flatten(TensorId context, const std::string& trace) {
        const Shape& s = tape_.value(context).shape();
        return merge_heads(tape_, context, s[2] * s[3], trace + "context_flat");
    }

    TensorId dense(TensorId x, const std::string& w, const std::string& trace, const std::string& out) {
        const TensorId gate = project(x, w + "gate_proj.weight", trace + "gate");
        const TensorId up = project(x, w + "up_proj.weight", trace + "up");
        return project(swiglu(tape_, gate, up, trace + "hidden"), w + "down_proj.weight", trace + out);
    }

    [[nodiscard]] LayerExperts layer_experts(std::int64_t layer) const {
        const auto i = static_cast<std::size_t>(layer);
        return i < options_.experts.layers.size() ? options_.experts.layers[i] : LayerExperts{};
    }

    TensorId mixture(TensorId x, std::int64_t layer, const std::string& w, const std::string& block_trace) {
        const std::string trace = block_trace + "mlp.";
        const TensorId logits = precise(x, w + "gate.weight", trace + "gate.logits");
        const bool biased = config_.topk_method == TopkMethod::kNoauxTc;
        const TensorId bias = biased ? weight(w + "gate.e_score_correction_bias") : -1;
        Config routing = config_;
        if (options_.experts.topk_group > 0) routing.topk_group = options_.experts.topk_group;
        const Routing r = router(tape_, logits, options_.experts.router_bias ? bias : -1, routing, trace + "gate.");
        const LayerExperts change = layer_experts(layer);
        std::vector<TensorId> outs;
        for (std::int64_t e = 0; e < config_.n_routed_experts; ++e) {
            const std::string expert = fmt::format("experts.{}.", e);
            const TensorId rows = gather(tape_, x, r.topk_ids, e, trace + expert + "in", trace + expert + "tokens");
            const std::int64_t owner = change.weights_of.empty() ? e : change.weights_of[static_cast<std::size_t>(e)];
            const std::string matrices = fmt::format("{}experts.{}.", w, owner);
            outs.push_back(tape_.value(rows).empty() ? -1 : dense(rows, matrices, trace + expert, "out"));
        }
        const TensorId shared = config_.n_shared_experts > 0 ? dense(x, w + "shared_experts.", trace + "shared.", "out") : -1;
        if (options_.balance || options_.balance_alpha > 0) {
            const Balance b = balance(tape_, r.scores, r.topk_ids, block_trace + "aux.");
            balances_.push_back(mean(tape_, b.balance_affinity, block_trace + "aux.mean"));
            if (bias >= 0 && options_.balance) bias_update(tape_, bias, b.load, kBiasSpeed, block_trace + "aux.bias_after");
        }
        return combine(tape_, r.topk_ids, r.topk_weights, outs, shared, trace + "out", change.gain);
    }

    /// Mean cross entropy of logits[b,i] against ids[b,i+ahead].
    void add_loss(TensorId logits, const TokenBatch& tokens, std::int64_t ahead, const std::string& name, double share) {
        const std::int64_t rows = tape_.value(logits).dim(1);
        Tensor<Real> targets({tokens.batch, rows});
        bool any = false;
        for (std::int64_t b = 0; b < tokens.batch; ++b)
            for (std::int64_t i = 0; i < rows; ++i) {
                const bool inside = i + ahead < tokens.length;
                any = any || inside;
                targets[b * rows + i] = inside ? static_cast<Real>(tokens.at(b, i + ahead)) : Real(-1);
            }
        if (!any) return;
        const TensorId target_ids = tape_.input(name + ".targets", std::move(targets), true);
        const TensorId nll = token_nll(tape_, logits, target_ids, name + ".nll");
        losses_.push_back({masked_mean(tape_, nll, target_ids, name), share});
    }

    /// Module k: [norm(embed of token i+k) ; norm(hidden i)] -> one block -> head; predicts token i+k+1 (V3 2.2).
    void multi_token_prediction(const TokenBatch& tokens, TensorId embed, TensorId last_block, TensorId normed) {
        TensorId hidden = normed;
        for (std::int64_t k = 1; k <= config_.num_nextn_predict_layers; ++k) {
            const std::int64_t length = tokens.length - k;
            if (length < 1) return;
            const std::string trace = fmt::format("mtp.{}.", k - 1);
            const bool counts = options_.losses && length > 1;
            const std::string loss = config_.num_nextn_predict_layers == 1 ? "loss.mtp" : fmt::format("loss.mtp.{}", k - 1);
            const TensorId next = take_tokens(tape_, embed, k, length, trace + "next_embed");
            const Predicted p = mtp_module(k, trace, next, take_tokens(tape_, hidden, 0, length, trace + "hidden"));
            if (counts) add_loss(p.logits, tokens, k + 1, loss, options_.mtp_weight / static_cast<double>(config_.num_nextn_predict_layers));
            if (options_.mtp_prenorm && k == 1) {
                const TensorId raw = take_tokens(tape_, last_block, 0, length, "mtp_prenorm.hidden");
                mtp_module(k, "mtp_prenorm.", next, raw);
            }
            hidden = p.normed;
        }
    }

    struct Predicted {
        TensorId normed, logits;
    };

    Predicted mtp_module(std::int64_t k, const std::string& trace, TensorId next_embed, TensorId hidden) {
        const std::int64_t layer = config_.num_hidden_layers + k - 1;
        const std::string w = fmt::format("model.layers.{}.", layer);
        const TensorId e = norm(next_embed, w + "enorm.weight", trace + "enorm");
        const TensorId g = norm(hidden, w + "hnorm.weight", trace + "hnorm");
        const TensorId joined = precise(concat(tape_, e, g, trace + "eh"), w + "eh_proj.weight", trace + "eh_proj");
        const TensorId x = block(joined, layer, trace, false);
        const TensorId normed = norm(x, w + "shared_head.norm.weight", trace + "norm");
        const std::string name = trace == "mtp_prenorm." ? "mtp.0.logits_prenorm" : trace + "logits";
        return {normed, linear(tape_, normed, weight("lm_head.weight"), name)};
    }

    void finish_losses() {
        std::vector<TensorId> parts;
        std::vector<double> shares;
        for (const auto& [id, share] : losses_) {
            parts.push_back(id);
            shares.push_back(share);
        }
        if (!balances_.empty()) {
            const TensorId sum = weighted_sum(tape_, balances_, std::vector<double>(balances_.size(), 1.0), "loss.balance");
            if (options_.balance_alpha > 0) {
                parts.push_back(sum);
                shares.push_back(options_.balance_alpha);
            }
        }
        weighted_sum(tape_, parts, shares, "loss.total");
    }

    /// The same model read through its cache: tensors decode.*, absorbed attention. Row t is what decoding token t computes.
    void decode(TensorId embed) {
        TensorId x = embed;
        const bool balance_before = options_.balance;
        options_.balance = false;
        for (std::int64_t i = 0; i < config_.num_hidden_layers; ++i) x = block(x, i, fmt::format("decode.layers.{}.", i), true);
        options_.balance = balance_before;
        linear(tape_, norm(x, "model.norm.weight", "decode.norm"), weight("lm_head.weight"), "decode.logits");
    }

    /// What the head would say of the residual stream after every sub-layer.
    void lens() {
        std::vector<std::string> places{"embed"};
        for (std::int64_t i = 0; i < config_.num_hidden_layers; ++i) {
            places.push_back(fmt::format("layers.{}.attn.residual", i));
            places.push_back(fmt::format("layers.{}.out", i));
        }
        for (const std::string& place : places) {
            const std::string trace = "lens." + place + ".";
            const TensorId normed = norm(tape_.find(place), "model.norm.weight", trace + "norm");
            softmax(tape_, linear(tape_, normed, weight("lm_head.weight"), trace + "logits"), trace + "probs");
        }
    }

    const Model<Real>& model_;
    const Config& config_;
    ForwardOptions options_;
    Tape<Real>& tape_;
    RopeTable rope_;
    TensorId ids_ = -1;
    std::vector<std::pair<TensorId, double>> losses_;
    std::vector<TensorId> balances_;
};

/// Gains and experts that exist, and group limits that leave K experts to choose from.
Result<void> check_experts(const Config& c, const ExpertChanges& changes) {
    const auto wrong = [](const char* what, std::int64_t value) { return Error{"expert_change", {{"what", what}, {"value", std::to_string(value)}}, {}}; };
    const std::int64_t limit = changes.topk_group, size = c.n_routed_experts / std::max<std::int64_t>(1, c.n_group);
    if (limit != 0 && (limit < 1 || limit > c.n_group || limit * size < c.num_experts_per_tok)) return wrong("topk_group", limit);
    for (const LayerExperts& l : changes.layers) {
        const auto gains = static_cast<std::int64_t>(l.gain.size()), owners = static_cast<std::int64_t>(l.weights_of.size());
        if (gains != 0 && gains != c.n_routed_experts && gains != c.n_routed_experts + 1) return wrong("gain", gains);
        if (owners != 0 && owners != c.n_routed_experts) return wrong("weights_of", owners);
        for (const std::int64_t e : l.weights_of)
            if (e < 0 || e >= c.n_routed_experts) return wrong("expert", e);
    }
    return {};
}

}  // namespace

template <class Real>
Result<void> forward(const Model<Real>& model, const TokenBatch& tokens, const ForwardOptions& options, Tape<Real>& tape) {
    if (tokens.length < 1 || tokens.batch < 1) return Error{"empty_prompt", {}, {}};
    if (tokens.length > model.config.max_position_embeddings)
        return Error{"too_long", {{"tokens", std::to_string(tokens.length)}, {"limit", std::to_string(model.config.max_position_embeddings)}}, {}};
    for (std::size_t i = 0; i < tokens.ids.size(); ++i)
        if (tokens.ids[i] < 0 || tokens.ids[i] >= model.config.vocab_size)
            return Error{"bad_token_id", {{"id", std::to_string(tokens.ids[i])}, {"vocab", std::to_string(model.config.vocab_size)}}, fmt::format("position {}", i)};
    DG_TRY(check_experts(model.config, options.experts));
    Forward<Real>(model, options, tape).run(tokens);
    return {};
}

template <class Real>
Result<void> forward_sublayer(const Model<Real>& model, std::int64_t layer, Sublayer which, Tensor<Real> normed, const ForwardOptions& options, Tape<Real>& tape) {
    if (layer < 0 || layer >= model.config.num_hidden_layers)
        return Error{"layer_range", {{"value", std::to_string(layer)}, {"last", std::to_string(model.config.num_hidden_layers - 1)}}, {}};
    DG_CHECK(normed.rank() == 3 && normed.dim(2) == model.config.hidden_size);
    Forward<Real>(model, options, tape).sublayer(layer, which, std::move(normed));
    return {};
}

template Result<void> forward_sublayer(const Model<float>&, std::int64_t, Sublayer, Tensor<float>, const ForwardOptions&, Tape<float>&);
template Result<void> forward_sublayer(const Model<double>&, std::int64_t, Sublayer, Tensor<double>, const ForwardOptions&, Tape<double>&);
template Result<void> forward(const Model<float>&, const TokenBatch&, const ForwardOptions&, Tape<float>&);
template Result<void> forward(const Model<double>&, const TokenBatch&, const ForwardOptions&, Tape<double>&);

}  // namespace dg
