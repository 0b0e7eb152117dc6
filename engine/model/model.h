// The DeepSeek model: weights under HuggingFace names and the forward pass on a tape.
#pragma once

#include "engine/fp8/numerics.h"
#include "engine/model/config.h"
#include "engine/tape/tape.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dg {

/// Token ids of one batch: B rows of T ids each.
struct TokenBatch {
    std::int64_t batch = 0, length = 0;
    std::vector<std::int32_t> ids;  // [batch * length]

    [[nodiscard]] std::int32_t at(std::int64_t b, std::int64_t t) const { return ids[static_cast<std::size_t>(b * length + t)]; }
};

template <class Real>
struct Weights {
    std::map<std::string, Tensor<Real>> tensors;

    /// The tensor; a Bug if the model has none of that name (weights are validated when loaded).
    [[nodiscard]] const Tensor<Real>& at(const std::string& name) const;
    [[nodiscard]] Tensor<Real>& at(const std::string& name);
};

template <class Real>
struct Model {
    Config config;
    Weights<Real> weights;
    std::string hash;  // of config and weights, 16 hex digits; shown as the recipe's model
    /// Codes and scales of an FP8 checkpoint by weight name; `weights` holds their values.
    std::map<std::string, std::shared_ptr<const fp8::QuantisedMatrix>> stored = {};
};

/// `numerics` with the tile written out: the checkpoint's own block when it was left open, else 32.
Numerics resolve(Numerics numerics, const Config& config);
/// The checkpoint's own codes of a weight: when `numerics` (resolved) is fp8 with the checkpoint's block and the codes still give
/// the weight's values. nullptr otherwise: then the weight is quantised online.
template <class Real>
const fp8::QuantisedMatrix* stored_codes(const Model<Real>& model, const std::string& name, const Numerics& numerics);

extern template struct Weights<float>;
extern template struct Weights<double>;

/// Fresh weights, seeded per tensor name: N(0, 1/fan_in) for matrices, o_proj and down_proj also divided by sqrt(2 L);
/// embedding N(0, 0.1^2), head N(0, (0.5/sqrt D)^2), router N(0, (0.16/sqrt D)^2), norms 1, router bias 0.
Model<float> random_model(const Config& config, std::uint64_t seed);
Model<double> to_double(const Model<float>& model);

/// What a run does differently with the experts of one layer; everything empty = as trained.
struct LayerExperts {
    /// Multiplies what an expert adds, [E], or [E + 1] with the shared expert last; empty = all 1. The choice and the other
    /// gate weights stay: a muted expert (0) leaves a gap, it is not replaced.
    std::vector<double> gain;
    /// [E]: whose matrices run where expert e was chosen; empty = its own.
    std::vector<std::int64_t> weights_of;

    bool operator==(const LayerExperts&) const = default;
};

/// Changes to a trained mixture, to see what experts and their router do.
struct ExpertChanges {
    std::vector<LayerExperts> layers;  // [layers]; shorter = the others as trained
    std::int64_t topk_group = 0;       // groups a token may use; 0 = the config's
    bool router_bias = true;           // false: selection by the score alone

    bool operator==(const ExpertChanges&) const = default;
};

/// Which tensors a forward pass adds beyond the main model.
struct ForwardOptions {
    bool mtp = true;          // MTP modules, when the config has any and T > 1
    bool losses = true;       // loss.main, loss.mtp, loss.total (T > 1)
    bool decode = false;      // absorbed attention on the latent cache: tensors decode.*, decode.logits
    bool balance = false;     // layers.i.aux.* (load, P, f, balance)
    bool mtp_prenorm = false; // mtp.0.logits_prenorm as well
    double mtp_weight = 0.3;  // of loss.mtp in loss.total
    double balance_alpha = 0; // of loss.balance in loss.total; above 0 switches `balance` on
    bool lens = false;        // lens.<stream>.{norm,logits,probs}: final norm, head and softmax after every sub-layer
    bool rotary = true;       // false: every rotary angle is 0, attention sees no positions
    /// Head mask for muting, [layers][heads]; empty = all 1. Multiplies the head's context.
    std::vector<std::vector<double>> head_gain;
    /// Number format of the Linears of attention and MLP (float models only). In a trace every quantised operand X stands on the
    /// tape as X.quantised and X.scales. kv_b_proj's weight is quantised and its input is not, as in DeepSeek's inference code.
    Numerics numerics;
    /// Mixed-precision training (V3 3.3): kv_b_proj's input is quantised too. Gradients are quantised in every training tape.
    bool fp8_training = false;
    ExpertChanges experts;
};

/// Runs the model and records every tensor of tests/golden/README.md under its name.
/// Error codes: bad_token_id, too_long, empty_prompt, expert_change (a gain or an expert that the layer does not have).
template <class Real>
Result<void> forward(const Model<Real>& model, const TokenBatch& tokens, const ForwardOptions& options, Tape<Real>& tape);

/// One sub-layer alone: `normed` [B,T,D] as it comes out of the norm. Records "normed" and the sub-layer's tensors as
/// "attn.*" (result attn.out) or "mlp.*" (result mlp.out). Error code: layer_range.
enum class Sublayer { kAttention, kFeedForward };
template <class Real>
Result<void> forward_sublayer(const Model<Real>& model, std::int64_t layer, Sublayer which, Tensor<Real> normed, const ForwardOptions& options, Tape<Real>& tape);

extern template Result<void> forward_sublayer(const Model<float>&, std::int64_t, Sublayer, Tensor<float>, const ForwardOptions&, Tape<float>&);
extern template Result<void> forward_sublayer(const Model<double>&, std::int64_t, Sublayer, Tensor<double>, const ForwardOptions&, Tape<double>&);
extern template Result<void> forward(const Model<float>&, const TokenBatch&, const ForwardOptions&, Tape<float>&);
extern template Result<void> forward(const Model<double>&, const TokenBatch&, const ForwardOptions&, Tape<double>&);

}  // namespace dg
