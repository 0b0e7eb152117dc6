#include "sim/fp8_lab/outlier.h"

#include "engine/base/rng.h"
#include "engine/tensor/matmul.h"

#include <cmath>

namespace dg::sim::fp8_lab {
namespace {

/// Do weights of that name read the normed stream of a layer?
bool reads_norm(const std::string& name) {
    for (const char* reader : {"q_proj.weight", "k_proj.weight", "v_proj.weight", "q_a_proj.weight", "kv_a_proj_with_mqa.weight", "gate_proj.weight", "up_proj.weight", "mlp.gate.weight"})
        if (name.ends_with(reader)) return true;
    return false;
}

Tensor<float> normal_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed, const char* purpose) {
    Tensor<float> t({rows, cols});
    Rng rng = Rng::keyed(seed, purpose);
    for (std::int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<float>(rng.normal());
    return t;
}

double product_error(const Tensor<float>& x, const Tensor<float>& w, const Tensor<float>& quantised_x, const Tensor<float>& quantised_w) {
    Tensor<float> exact({x.rows(), w.rows()}), rounded({x.rows(), w.rows()});
    matmul(view(x), view(w).transposed(), view(exact));
    matmul(view(quantised_x), view(quantised_w).transposed(), view(rounded));
    double error = 0, norm = 0;
    for (std::int64_t i = 0; i < exact.size(); ++i) {
        const auto y = static_cast<double>(exact[i]), d = static_cast<double>(rounded[i]) - y;
        error += d * d;
        norm += y * y;
    }
    return std::sqrt(error / norm);
}

double e4m3_error(const Tensor<float>& x, const Tensor<float>& w, std::int64_t tile) {
    return product_error(x, w, fp8::fake_quantise(x, {.tile_rows = tile > 0 ? 1 : 0, .tile_cols = tile}), fp8::fake_quantise(w, {.tile_rows = tile, .tile_cols = tile}));
}

double int8_error(const Tensor<float>& x, const Tensor<float>& w, std::int64_t tile) {
    return product_error(x, w, fp8::fake_quantise_int8(x, tile > 0 ? 1 : 0, tile), fp8::fake_quantise_int8(w, tile, tile));
}

/// Mean main loss per predicted token.
Result<double> mean_loss(const Model<float>& model, const Numerics& numerics, std::span<const TokenBatch> documents) {
    double sum = 0, count = 0;
    for (const TokenBatch& batch : documents) {
        if (batch.length < 2) continue;
        Tape<float> tape;
        ForwardOptions options;
        options.mtp = false;
        options.numerics = numerics;
        DG_TRY(forward(model, batch, options, tape));
        const auto tokens = static_cast<double>(batch.batch * (batch.length - 1));
        sum += tokens * static_cast<double>(tape.value(tape.find("loss.main"))[0]), count += tokens;
    }
    return sum / count;
}

}  // namespace

Model<float> with_outlier_channel(const Model<float>& model, std::int64_t channel, float factor) {
    Model<float> changed = model;
    changed.stored.clear();
    for (auto& [name, w] : changed.weights.tensors) {
        if (name.ends_with("input_layernorm.weight") || name.ends_with("post_attention_layernorm.weight")) w[channel] *= factor;
        if (!reads_norm(name)) continue;
        for (std::int64_t r = 0; r < w.rows(); ++r) w.row(r)[channel] /= factor;
    }
    return changed;
}

ProductErrors product_errors(float factor, std::uint64_t seed) {
    Tensor<float> x = normal_matrix(256, 128, seed, "outlier x"), w = normal_matrix(128, 128, seed, "outlier w");
    for (std::int64_t r = 0; r < x.rows(); ++r) x.row(r)[0] *= factor;
    for (std::int64_t r = 0; r < w.rows(); ++r) w.row(r)[0] /= factor;
    return {.e4m3_tensor = e4m3_error(x, w, 0), .e4m3_tile128 = e4m3_error(x, w, 128), .e4m3_tile16 = e4m3_error(x, w, 16), .int8_tensor = int8_error(x, w, 0), .int8_tile16 = int8_error(x, w, 16)};
}

Result<std::vector<ChannelLoss>> channel_losses(const Model<float>& model, std::int64_t channel, std::span<const Numerics> formats,
                                                std::span<const TokenBatch> documents, std::uint64_t seed, const std::function<bool(double)>& report) {
    std::vector<ChannelLoss> all;
    double factor = 1;
    constexpr int kPowers = 7;
    for (int power = 0; power < kPowers; ++power, factor *= 10) {
        const Model<float> loud = with_outlier_channel(model, channel, static_cast<float>(factor));
        ChannelLoss point{.factor = factor, .loss = {}, .product = product_errors(static_cast<float>(factor), seed)};
        for (const Numerics& numerics : formats) {
            const double done = (power + static_cast<double>(point.loss.size()) / static_cast<double>(formats.size())) / kPowers;
            if (!report(done)) return Error{"cancelled", {}, ""};
            DG_ASSIGN(const double loss, mean_loss(loud, numerics, documents));
            point.loss.push_back(loss);
        }
        all.push_back(std::move(point));
    }
    return all;
}

}  // namespace dg::sim::fp8_lab
