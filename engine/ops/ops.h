// Every op of the network, as one call each: run it now, record it on the tape, return the name's tensor. One file per
// op holds its three faces (forward, backward, explain); read rmsnorm.cpp first.
//
// Shapes: B batch, T tokens, D hidden, H heads; "rows" are all dimensions but the last. y = x W^T: a weight is [out, in].
// Shapes that disagree are a Bug. Gradients are exact derivatives except where an op says otherwise.
#pragma once

#include "engine/fp8/numerics.h"
#include "engine/model/config.h"
#include "engine/tape/tape.h"

namespace dg::ops {

/// y[b,t] = table[ids[b,t]].  ids [B,T] integer, table [V,D] -> [B,T,D].
template <class Real>
TensorId embedding(Tape<Real>& tape, TensorId ids, TensorId table, std::string name);

/// RMSNorm: y[r,i] = x[r,i] * gain[i] / sqrt(mean_j x[r,j]^2 + eps).  x [..,D], gain [D]. Zhang & Sennrich 2019.
template <class Real>
TensorId rmsnorm(Tape<Real>& tape, TensorId x, TensorId gain, double eps, std::string name);

/// y = x W^T.  x [..,in], w [out,in] -> [..,out]. 2*rows*in*out flops forward, twice that backward. `quantised`: the operands
/// are quantised values, and the explanation says so.
template <class Real>
TensorId linear(Tape<Real>& tape, TensorId x, TensorId w, std::string name, bool quantised = false);

/// What a quantised Linear does with its input.
enum class QuantisedInput {
    kQuantised,
    kAsItIs,           // only the weight is quantised
    kAttentionOutput,  // quantised; in training the copy kept for dW is E5M6 with power-of-two scales (V3 3.3.3)
};

/// y = Q(x) Q(W)^T with Q of `numerics` (not f32), each product of two quantised values and their sum in f32 or, on request, in
/// the emulated accumulator. x [..,in], w [out,in] -> [..,out].
/// In a trace the steps are ops of their own: X.scales, X.quantised for both operands (X.quantised alone for BF16), once per
/// tensor; their gradient is straight-through. In a training tape they are one op that quantises its gradients as well:
///   dX = Q(dY) Q(W) with 1 x tile along the outputs,   dW = Q'(dY)^T Q'(X) with tile x 1 along the tokens, where X comes
/// from its quantised copy, as V3 caches it. DeepSeek-V3 3.3.1-3.3.3.
/// `stored`: codes of which w holds the values already (an FP8 checkpoint), else nullptr; must outlive the tape.
template <class Real>
TensorId quantised_linear(Tape<Real>& tape, TensorId x, TensorId w, const Numerics& numerics, QuantisedInput input,
                          const fp8::QuantisedMatrix* stored, std::string name);

/// W.quantised (with W.scales) on the tape, made once: for ops that read a quantised weight themselves.
template <class Real>
TensorId quantise_weight(Tape<Real>& tape, TensorId w, const Numerics& numerics);

/// Columns [begin, end) of every group of `group` columns: x [..,n*group] -> [..,n,end-begin], or [..,end-begin] when n
/// is 1 and keep_heads is false. Splits q into q_nope and q_pe, kv into k_nope and v.
template <class Real>
TensorId slice(Tape<Real>& tape, TensorId x, std::int64_t group, std::int64_t begin, std::int64_t end, bool keep_heads, std::string name);

/// [B,T,H,E] -> [B,T,H*E]: the heads side by side.
template <class Real>
TensorId merge_heads(Tape<Real>& tape, TensorId x, std::int64_t width, std::string name);

/// Rotary frequencies f_j, j < dim/2, YaRN applied (DeepSeek-V3 4.3), and the softmax factor m of YaRN (1 without).
struct RopeTable {
    std::vector<double> frequencies;
    double mscale = 1;
};
RopeTable rope_table(const Config& config);

/// Rotation of interleaved pairs: y[2j] = x[2j] cos(t f_j) - x[2j+1] sin(t f_j), y[2j+1] = x[2j] sin + x[2j+1] cos, t =
/// the token's position (dimension 1).  x [B,T,P] or [B,T,H,P].
template <class Real>
TensorId rope(Tape<Real>& tape, TensorId x, const RopeTable& table, std::string name);

/// s[b,h,t,u] = scale * (q_a[b,t,h].k_a[b,u,h'] + q_b[b,t,h].k_b[b,u,h'']) for u <= t, -inf else.  q_* [B,T,H,*]; k_*
/// [B,T,*] (one key for all heads) or [B,T,G,*] with h' = h*G/H.  q_b and k_b may be -1. Serves MLA (nope + rotary part),
/// absorbed MLA (k_a = the latent itself), MHA, GQA and MQA. causal = false: no mask, every u.
template <class Real>
TensorId attention_scores(Tape<Real>& tape, TensorId q_a, TensorId k_a, TensorId q_b, TensorId k_b, double scale, std::string name, bool causal = true);

/// Softmax over the last dimension; -inf gives exactly 0. In a training tape it takes over the scores' buffer.
template <class Real>
TensorId softmax(Tape<Real>& tape, TensorId x, std::string name);

/// o[b,t,h] = gain[h] * sum_u p[b,h,t,u] v[b,u,h'].  v [B,T,E] or [B,T,G,E] -> [B,T,H,E]. `gain` empty = all 1: a muted
/// head has 0. causal: weights above the diagonal are known to be 0 and left out.
template <class Real>
TensorId attention_mix(Tape<Real>& tape, TensorId probs, TensorId v, std::vector<double> gain, std::string name, bool causal = true);

/// One small matrix per head, rows [h*group + begin, h*group + begin + n) of w [H*group, R]: x [B,T,H,n] -> [B,T,H,R]
/// (transposed = false: x W_h, folds W^UK into the query) or x [B,T,H,R] -> [B,T,H,n] (true: x W_h^T, applies W^UV).
template <class Real>
TensorId head_linear(Tape<Real>& tape, TensorId x, TensorId w, std::int64_t heads, std::int64_t begin, std::int64_t n, bool transposed, std::string name);

/// y = silu(gate) * up, silu(z) = z / (1 + e^-z).
template <class Real>
TensorId swiglu(Tape<Real>& tape, TensorId gate, TensorId up, std::string name);

/// y = tanh x, |error| < 2e-7 (float).
template <class Real>
TensorId tanh(Tape<Real>& tape, TensorId x, std::string name);

/// A tanh RNN over dimension 1:  h[b,t] = tanh(x[b,t] + h[b,t-1] W^T), h[b,-1] = 0.  x [B,T,H], w [H,H] -> [B,T,H].
/// T steps that wait for each other, 2*B*T*H^2 flops forward. Elman 1990.
template <class Real>
TensorId recurrence(Tape<Real>& tape, TensorId x, TensorId w, std::string name);

/// Which cells of x a convolution reads: cell o of y reads x from o*stride - before on, `kernel` long; zero outside.
struct ConvGeometry {
    std::int64_t kernel_h = 3, kernel_w = 1, stride = 1;
    bool causal = false;  // rows: only up to o itself; else centred. Columns are always centred

    [[nodiscard]] std::int64_t rows_before() const { return causal ? kernel_h - 1 : (kernel_h - 1) / 2; }

    [[nodiscard]] std::int64_t cols_before() const { return (kernel_w - 1) / 2; }
};

/// y[b,o,p,c] = sum_{i,j,k} x[b, o*s + i - before, p*s + j - before, k] w[c, (i*kernel_w + j)*C + k].
/// x [B,T,C] (kernel_w 1) or [B,H,W,C], w [out, kernel_h*kernel_w*C] -> [B,ceil(T/s),out] or [B,ceil(H/s),ceil(W/s),out].
template <class Real>
TensorId conv(Tape<Real>& tape, TensorId x, TensorId w, const ConvGeometry& geometry, std::string name);

/// Mean over all places: x [B,...,D] -> [B,1,D].
template <class Real>
TensorId mean_places(Tape<Real>& tape, TensorId x, std::string name);

/// What the router decided.
struct Routing {
    TensorId scores = -1, topk_ids = -1, topk_weights = -1;
};

/// DeepSeek router (V3 2.1.2, V2 2.2). logits [B,T,E], bias [E] or -1. Names: prefix + "scores", "topk_ids", "topk_weights".
/// Selection by score + bias within the kept groups, ties to the lower index; the bias never enters a weight and gets no
/// gradient; the gradient flows through the scores of the selected experts.
template <class Real>
Routing router(Tape<Real>& tape, TensorId logits, TensorId bias, const Config& config, const std::string& prefix);

/// The rows of x whose token chose expert e, in token order: x [B,T,D], topk_ids [B,T,K] -> [n,D] and, as a second
/// tensor `name_tokens` [n] integer, their flat token numbers.
template <class Real>
TensorId gather(Tape<Real>& tape, TensorId x, TensorId topk_ids, std::int64_t expert, std::string name, std::string name_tokens);

/// y[t] = sum_k weights[t,k] * out_{ids[t,k]}[row of t] + shared[t].  expert_out[e] [n_e,D] in gather's order (-1 where no
/// token went); shared may be -1. `gain`: empty, or a factor for what each expert adds, [E] or [E + 1] with the shared one
/// last; a muted expert has 0.
template <class Real>
TensorId combine(Tape<Real>& tape, TensorId topk_ids, TensorId topk_weights, const std::vector<TensorId>& expert_out, TensorId shared, std::string name,
                 std::vector<double> gain = {});

/// y = a + b.
template <class Real>
TensorId add(Tape<Real>& tape, TensorId a, TensorId b, std::string name);

/// y = [a ; b] along the last dimension.
template <class Real>
TensorId concat(Tape<Real>& tape, TensorId a, TensorId b, std::string name);

/// Tokens [begin, begin + length) of every sequence: x [B,T,D] -> [B,length,D].
template <class Real>
TensorId take_tokens(Tape<Real>& tape, TensorId x, std::int64_t begin, std::int64_t length, std::string name);

/// nll[r] = ln sum_v e^{logits[r,v]} - logits[r, target[r]]; 0 where the target is -1.  logits [..,V], targets [..] integer.
template <class Real>
TensorId token_nll(Tape<Real>& tape, TensorId logits, TensorId targets, std::string name);

/// [1]: sum of x over the number of targets that are not -1.
template <class Real>
TensorId masked_mean(Tape<Real>& tape, TensorId x, TensorId targets, std::string name);

/// [1]: sum_i weight_i * x_i of scalars.
template <class Real>
TensorId weighted_sum(Tape<Real>& tape, const std::vector<TensorId>& x, std::vector<double> weights, std::string name);

/// The factors of the sequence-wise balance loss (V3 eq. 17-20).
struct Balance {
    TensorId load = -1, P = -1, f_selected = -1, f_affinity = -1, balance_selected = -1, balance_affinity = -1;
};

/// prefix + load [E], P [B,E], f_selected, f_affinity [B,E], balance_selected, balance_affinity [B]. f is constant for the
/// gradient (V3 eq. 18 counts the top-K of the scores; f_selected counts the real selection).
template <class Real>
Balance balance(Tape<Real>& tape, TensorId scores, TensorId topk_ids, const std::string& prefix);

/// [E]: bias + speed * sign(mean(load) - load): an expert with too little load becomes easier to choose. No gradient.
template <class Real>
TensorId bias_update(Tape<Real>& tape, TensorId bias, TensorId load, double speed, std::string name);

/// [1]: mean over all elements (the balance loss of a batch is the mean over its sequences).
template <class Real>
TensorId mean(Tape<Real>& tape, TensorId x, std::string name);

}  // namespace dg::ops
