#include "engine/base/rng.h"
#include "engine/model/model.h"

#include <cmath>

namespace dg {
namespace {

bool ends_with(const std::string& text, std::string_view tail) {
    return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

/// Standard deviation of a fresh matrix; docstring of random_model.
double initial_deviation(const Config& config, const WeightSpec& spec) {
    const auto width = static_cast<double>(spec.shape.back());
    const double fan_in = 1.0 / std::sqrt(width);
    if (spec.name == "model.embed_tokens.weight") return 0.1;
    if (spec.name == "lm_head.weight") return 0.5 * fan_in;
    if (ends_with(spec.name, "mlp.gate.weight")) return 0.16 * fan_in;
    if (ends_with(spec.name, "o_proj.weight") || ends_with(spec.name, "down_proj.weight"))
        return fan_in / std::sqrt(2.0 * static_cast<double>(config.num_hidden_layers));
    return fan_in;
}

}  // namespace

template <class Real>
const Tensor<Real>& Weights<Real>::at(const std::string& name) const {
    const auto it = tensors.find(name);
    if (it == tensors.end()) throw_bug(__FILE__, __LINE__, "no weight " + name);
    return it->second;
}

template <class Real>
Tensor<Real>& Weights<Real>::at(const std::string& name) {
    return const_cast<Tensor<Real>&>(static_cast<const Weights&>(*this).at(name));
}

Model<float> random_model(const Config& config, std::uint64_t seed) {
    Model<float> model{config, {}, {}};
    for (const WeightSpec& spec : weight_specs(config)) {
        Tensor<float> t(spec.shape);
        Rng rng = Rng::keyed(seed, "init " + spec.name);
        const bool bias = ends_with(spec.name, "e_score_correction_bias");
        if (spec.shape.size() == 1) {
            for (std::int64_t i = 0; i < t.size(); ++i) t[i] = bias ? 0.0F : 1.0F;
        } else {
            const double deviation = initial_deviation(config, spec);
            for (std::int64_t i = 0; i < t.size(); ++i) t[i] = static_cast<float>(deviation * rng.normal());
        }
        model.weights.tensors.emplace(spec.name, std::move(t));
    }
    return model;
}

Model<double> to_double(const Model<float>& model) {
    Model<double> wide{model.config, {}, model.hash};
    for (const auto& [name, t] : model.weights.tensors)
        wide.weights.tensors.emplace(name, Tensor<double>(t.shape(), std::vector<double>(t.values().begin(), t.values().end())));
    return wide;
}

Numerics resolve(Numerics numerics, const Config& config) {
    if (numerics.tiled() && numerics.tile == 0) numerics.tile = config.quantization ? config.quantization->block_cols : numerics.tile_or_default();
    return numerics;
}

template <class Real>
const fp8::QuantisedMatrix* stored_codes(const Model<Real>& model, const std::string& name, const Numerics& numerics) {
    const auto found = model.stored.find(name);
    if (found == model.stored.end() || numerics.kind != NumericsKind::kFp8 || numerics.tile != found->second->spec.tile_cols) return nullptr;
    const fp8::QuantisedMatrix& q = *found->second;
    const Tensor<Real>& w = model.weights.at(name);
    DG_CHECK(w.rows() == q.rows && w.cols() == q.cols);
    for (std::int64_t r = 0; r < q.rows; ++r)
        for (std::int64_t c = 0; c < q.cols; ++c)
            if (w.row(r)[c] != static_cast<Real>(q.value(r, c))) return nullptr;  // the weight was changed since
    return &q;
}

template const fp8::QuantisedMatrix* stored_codes(const Model<float>&, const std::string&, const Numerics&);
template const fp8::QuantisedMatrix* stored_codes(const Model<double>&, const std::string&, const Numerics&);
template struct Weights<float>;
template struct Weights<double>;

}  // namespace dg
