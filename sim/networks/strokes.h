// Strokes: small synthetic pictures of eight kinds, few to learn from. A CNN, whose kernels look at neighbours and are the same
// everywhere, against a Transformer on patches (Dosovitskiy et al. 2021) with as many parameters.
#pragma once

#include "engine/base/result.h"
#include "engine/model/model.h"
#include "engine/tape/tape.h"

#include <array>
#include <functional>
#include <vector>

namespace dg::sim::networks {

inline constexpr std::int64_t kImage = 28;   // pixels a side
inline constexpr std::int64_t kPatch = 4;    // pixels a side of a Transformer's patch
inline constexpr std::int64_t kShapes = 8;   // - | / \ + x circle triangle

struct StrokeRecipe {
    std::int64_t seed = 1;
    std::int64_t steps = 600;
    std::int64_t batch = 20;
    std::int64_t parameters = 3000;
    std::int64_t samples = 200;  // pictures to learn from
    std::int64_t every = 50;
    std::int64_t tests = 400;    // fresh pictures
    double learning_rate = 3e-3;
};

/// Picture `index` of a set: its shape is index % 8, place, size, slant and thickness are drawn. Values 0 .. 1 with noise.
Tensor<float> stroke_picture(std::uint64_t seed, std::string_view purpose, std::int64_t index);

/// CNN: four layers tanh(conv 3x3), 28 -> 14 -> 14 -> 7 -> 7. Transformer: 49 patches with learned places, one block of full
/// attention. Both take the mean over all places, then a linear head.
struct StrokeDims {
    bool transformer = false;
    std::int64_t width = 0, inner = 0;

    [[nodiscard]] std::int64_t parameters() const;
};
/// CNN nearest to the budget, the Transformer within 5 % of it.
std::array<StrokeDims, 2> equal_stroke_dims(std::int64_t budget);

struct StrokeNetwork {
    StrokeDims dims;
    Weights<float> weights;
};
StrokeNetwork make_stroke_network(const StrokeDims& dims, std::uint64_t seed);

/// pictures [B,28,28,1] (an input of the tape) -> logits, 8 per picture.
template <class Real>
TensorId run_strokes(Tape<Real>& tape, const StrokeDims& dims, const Weights<Real>& weights, const Tensor<Real>& pictures);

/// Indices: 0 CNN, 1 Transformer.
struct StrokeRow {
    std::int64_t step = 0;
    std::array<double, 2> loss = {}, accuracy = {}, train_accuracy = {};
};

struct StrokeRun {
    StrokeRecipe recipe;
    std::array<StrokeNetwork, 2> nets;
    std::vector<StrokeRow> rows;
};

/// Error codes: cancelled, network_diverged.
Result<StrokeRun> train_strokes(const StrokeRecipe& recipe, const std::function<bool(double)>& report = {},
                                const std::function<void(const std::vector<StrokeRow>&)>& watch = {});

}  // namespace dg::sim::networks
