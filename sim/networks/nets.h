// Three small networks for one task, with equal numbers of parameters: how does the first symbol reach the last place?
//   CNN          embedding, L residual layers x + tanh(conv3(x)), causal: reach 1 + 2L
//   RNN          embedding, h_t = tanh(x_t + W h_{t-1})
//   Transformer  embedding, one block: RMSNorm, attention with rotary positions, RMSNorm, SwiGLU
// All end in one linear head on the last place. Only ops of engine/ops, so every cell can be explained.
#pragma once

#include "engine/model/model.h"
#include "engine/tape/tape.h"
#include "engine/train/adamw.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace dg::sim::networks {

enum class Kind { kCnn, kRnn, kTransformer };
inline constexpr std::array<Kind, 3> kKinds = {Kind::kCnn, Kind::kRnn, Kind::kTransformer};
/// "cnn", "rnn", "transformer": prefix of tensor names, columns and observables.
std::string_view id_of(Kind kind);

inline constexpr std::int64_t kSymbols = 8;              // classes: ids 0 .. 7
inline constexpr std::int64_t kNoise = 8;                // ids 8 .. 15
inline constexpr std::int64_t kQuery = kSymbols + kNoise;  // the last id
inline constexpr std::int64_t kVocabulary = kQuery + 1;
inline constexpr std::int64_t kKernel = 3;
inline constexpr std::int64_t kHeadDim = 8;

/// Sizes of a network.
struct Dims {
    Kind kind = Kind::kCnn;
    std::int64_t width = 0;   // channels, state or hidden size
    std::int64_t layers = 1;  // CNN; the others have one
    std::int64_t inner = 0;   // Transformer: width of the SwiGLU

    [[nodiscard]] std::int64_t heads() const { return width / kHeadDim; }

    /// All weights.
    [[nodiscard]] std::int64_t parameters() const;
    friend bool operator==(const Dims&, const Dims&) = default;
};

/// CNN, RNN, Transformer: the CNN's width is the nearest to `budget` parameters with `layers` layers, the others match the
/// CNN. Within 5 % of each other for budgets in [1500, 100000] and layers in [1, 64] (tests).
std::array<Dims, 3> equal_dims(std::int64_t budget, std::int64_t layers);

struct Network {
    Dims dims;
    Weights<float> weights;  // names "<kind>.embed", "<kind>.head", ...
};

/// N(0, 1/fan_in) matrices from streams keyed by name; embeddings N(0, 1) (RNN: N(0, 0.5^2)); norms 1.
Network make_network(const Dims& dims, std::uint64_t seed);
Weights<double> to_double(const Weights<float>& weights);

/// Runs a network on ids [B,T] (a tape input) and returns the logits of the last place, [B,1,8], "<kind>.logits".
/// Tensors: <kind>.x [B,T,width] the embedded symbols, what each layer makes, <kind>.out [B,T,width] before the head.
template <class Real>
TensorId run_network(Tape<Real>& tape, const Dims& dims, const Weights<Real>& weights, TensorId ids);

/// One AdamW step on the mean -ln p of `targets` under `logits` [B,1,classes]; returns the loss before it. Nothing changes when that is
/// not finite.
double learn(Tape<float>& tape, TensorId logits, const Tensor<float>& targets, double rate, Weights<float>& weights, AdamWState& state);

/// Multiply-adds and waiting of one forward pass over n symbols (head and embedding left out).
struct Cost {
    double scores = 0;      // query-key pairs times key width, and as many for the mix; Transformer only, full n^2
    double rest = 0;        // everything else
    std::int64_t pairs = 0;  // query-key pairs, all heads
    std::int64_t sequential = 0;  // products that must wait for the one before
    std::int64_t path = 0;  // fewest steps from the first symbol to the last; CNN: layers needed, RNN: n - 1, attention: 1
};
Cost cost_of(const Dims& dims, std::int64_t n);

}  // namespace dg::sim::networks
