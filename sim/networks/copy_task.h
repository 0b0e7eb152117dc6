// Copy the first symbol: symbol, n steps of noise, query; at the query the network must name the symbol. Training of the three
// networks on it, and what the trained ones can do. Each distance has networks of its own, trained at that distance only: what
// carries no gradient there is not learnt. With `mixed` one network of each kind learns all distances at once.
#pragma once

#include "engine/base/result.h"
#include "sim/networks/nets.h"

#include <functional>

namespace dg::sim::networks {

/// What a run is made from.
struct CopyRecipe {
    std::int64_t seed = 1;
    std::int64_t steps = 2000;      // >= 0
    std::int64_t batch = 16;        // sequences per step
    std::int64_t parameters = 3000; // see equal_dims
    std::int64_t layers = 6;        // of the CNN
    std::array<std::int64_t, 3> distances = {8, 32, 128};  // steps of noise, rising
    std::int64_t every = 100;       // steps between two rows
    std::int64_t tests = 200;       // sequences per distance
    double learning_rate = 5e-3;
    bool mixed = false;
};

/// B sequences with n steps of noise: ids [B, n + 2] and the symbols to name [B].
struct CopyBatch {
    Tensor<float> ids, targets;
};
CopyBatch copy_batch(std::uint64_t seed, std::string_view purpose, std::uint64_t step, std::int64_t batch, std::int64_t noise);
/// Steps of noise of a training step when mixed: with one chance in three each, uniform in [1, near], (near, middle],
/// (middle, far].
std::int64_t noise_of_step(const CopyRecipe& recipe, std::int64_t step);

/// One row of the records, measured after `step` steps. Indices: network, then distance.
struct CopyRow {
    std::int64_t step = 0;
    std::array<std::array<double, 3>, 3> loss = {};  // nats, mean of the training losses since the last row; NaN in the first
    std::array<std::array<double, 3>, 3> accuracy = {};  // share right of `tests` fresh sequences
};

struct CopyRun {
    CopyRecipe recipe;
    std::array<std::array<Network, 3>, 3> nets;  // when mixed the three of a kind are equal
    std::vector<CopyRow> rows;
};

using Report = std::function<bool(double fraction)>;  // false: stop
using Watch = std::function<void(const std::vector<CopyRow>&)>;

/// Trains the networks side by side on the same sequences (AdamW without decay, clip 1). Bit for bit the same at any
/// number of threads. Error codes: cancelled, network_diverged.
Result<CopyRun> train_copy(const CopyRecipe& recipe, const Report& report = {}, const Watch& watch = {});

/// The networks that a run starts from.
std::array<std::array<Network, 3>, 3> fresh_networks(const CopyRecipe& recipe);

/// Share of `tests` sequences with n steps of noise that the network answers right.
double copy_accuracy(const Network& net, std::uint64_t seed, std::int64_t noise, std::int64_t tests);

/// |d logits / d x_t|_F for every place t of one sequence with n steps of noise: the receptive field of the answer. Exactly 0
/// where nothing arrives.
std::vector<double> receptive_field(const Network& net, std::uint64_t seed, std::int64_t noise);
/// The same at every layer: row 0 the symbols as above, then (CNN) every layer's output. Row l, place t: |d logits / d row_{l,t}|_F.
std::vector<std::vector<double>> gradient_rows(const Network& net, std::uint64_t seed, std::int64_t noise);
/// |d out_n / d x_1|_F of a sequence of n symbols (the state at step n, all of it), root mean square over `sequences`.
double first_step_gradient(const Network& net, std::uint64_t seed, std::int64_t n, std::int64_t sequences = 4);

}  // namespace dg::sim::networks
