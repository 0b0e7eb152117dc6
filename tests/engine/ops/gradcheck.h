// Gradients in double against central differences, with random cotangents.
#pragma once

#include "engine/base/rng.h"
#include "engine/tape/tape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace dg::test {

inline Tensor<double> random_tensor(Shape shape, std::uint64_t seed, double deviation = 1.0) {
    Tensor<double> t(std::move(shape));
    Rng rng = Rng::keyed(seed, "gradcheck");
    for (std::int64_t i = 0; i < t.size(); ++i) t[i] = deviation * rng.normal();
    return t;
}

using Build = std::function<std::vector<TensorId>(Tape<double>&, const std::vector<TensorId>&)>;

/// sum_i cotangent_i . output_i for given inputs.
inline double objective(const std::vector<Tensor<double>>& inputs, const Build& build, const std::vector<Tensor<double>>& cotangents) {
    Tape<double> tape;
    std::vector<TensorId> ids;
    for (std::size_t i = 0; i < inputs.size(); ++i) ids.push_back(tape.input("in" + std::to_string(i), inputs[i]));
    const std::vector<TensorId> out = build(tape, ids);
    double sum = 0;
    for (std::size_t o = 0; o < out.size(); ++o)
        for (std::int64_t i = 0; i < tape.value(out[o]).size(); ++i)
            if (std::isfinite(tape.value(out[o])[i])) sum += cotangents[o][i] * tape.value(out[o])[i];
    return sum;
}

/// Checks d objective / d every entry of every input. `tolerance`: relative to the gradient's largest entry.
inline void gradcheck(std::vector<Tensor<double>> inputs, const Build& build, double tolerance = 1e-7) {
    Tape<double> tape;
    std::vector<TensorId> ids;
    for (std::size_t i = 0; i < inputs.size(); ++i) ids.push_back(tape.input("in" + std::to_string(i), inputs[i]));
    const std::vector<TensorId> out = build(tape, ids);
    std::vector<Tensor<double>> cotangents;
    std::vector<std::pair<TensorId, Tensor<double>>> seeds;
    for (std::size_t o = 0; o < out.size(); ++o) {
        cotangents.push_back(random_tensor(tape.value(out[o]).shape(), 1000 + o));
        seeds.emplace_back(out[o], cotangents.back());
    }
    tape.backward_from(seeds);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
        const Tensor<double> analytic = tape.grad(ids[k]);
        ASSERT_EQ(analytic.size(), inputs[k].size()) << "input " << k;
        double largest = 0, worst = 0;
        bool identical = true;
        for (std::int64_t i = 0; i < analytic.size(); ++i) {
            const double x = inputs[k][i], h = 1e-5 * std::max(1.0, std::abs(x));
            inputs[k][i] = x + h;
            const double up = objective(inputs, build, cotangents);
            inputs[k][i] = x - h;
            const double down = objective(inputs, build, cotangents);
            inputs[k][i] = x;
            const double numeric = (up - down) / (2 * h);
            largest = std::max(largest, std::abs(analytic[i]));
            worst = std::max(worst, std::abs(analytic[i] - numeric));
            identical = identical && analytic[i] == numeric;
        }
        EXPECT_GT(largest, 0) << "input " << k << " has no gradient at all";
        EXPECT_LE(worst, tolerance * std::max(1.0, largest)) << "input " << k;
        EXPECT_FALSE(identical && analytic.size() > 1) << "input " << k << ": the check compares a number with itself";
    }
}

}  // namespace dg::test
