#include "sim/networks/nets.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "engine/ops/ops.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace dg::sim::networks {
namespace {

struct Shaped {
    std::string name;
    Shape shape;
    double deviation;  // of the initial values; 0: all one
};

double fan(std::int64_t in) { return 1 / std::sqrt(static_cast<double>(in)); }

std::string named(const Dims& d, std::string_view rest) { return fmt::format("{}.{}", id_of(d.kind), rest); }

/// Every weight of a network.
std::vector<Shaped> shapes(const Dims& d) {
    const std::int64_t w = d.width;
    std::vector<Shaped> all = {{named(d, "embed"), {kVocabulary, w}, d.kind == Kind::kRnn ? 0.5 : 1.0}};
    switch (d.kind) {
        case Kind::kCnn:
            for (std::int64_t l = 0; l < d.layers; ++l) all.push_back({named(d, fmt::format("layers.{}.conv", l)), {w, kKernel * w}, fan(kKernel * w)});
            break;
        case Kind::kRnn: all.push_back({named(d, "recur"), {w, w}, fan(w)}); break;
        case Kind::kTransformer:
            all.push_back({named(d, "attn_norm"), {w}, 0});
            for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj"}) all.push_back({named(d, name), {w, w}, fan(w)});
            all.push_back({named(d, "mlp_norm"), {w}, 0});
            all.push_back({named(d, "gate_proj"), {d.inner, w}, fan(w)});
            all.push_back({named(d, "up_proj"), {d.inner, w}, fan(w)});
            all.push_back({named(d, "down_proj"), {w, d.inner}, fan(d.inner)});
            all.push_back({named(d, "norm"), {w}, 0});
            break;
    }
    all.push_back({named(d, "head"), {kSymbols, w}, fan(w)});
    return all;
}

/// The size from 1 up whose count comes nearest to `target`; `count` grows.
template <class Count>
std::int64_t nearest_size(std::int64_t target, const Count& count) {
    std::int64_t size = 1;
    while (std::abs(count(size + 1) - target) < std::abs(count(size) - target)) ++size;
    return size;
}

template <class Real>
struct Builder {
    Tape<Real>& tape;
    const Dims& dims;
    const Weights<Real>& weights;

    [[nodiscard]] std::string name(std::string_view rest) const { return named(dims, rest); }

    TensorId weight(std::string_view rest) { return tape.weight(name(rest), weights.at(name(rest))); }

    TensorId linear(TensorId x, std::string_view w, std::string_view out) { return ops::linear(tape, x, weight(w), name(out)); }

    TensorId norm(TensorId x, std::string_view gain, std::string_view out) { return ops::rmsnorm(tape, x, weight(gain), 1e-6, name(out)); }

    TensorId heads(TensorId x, std::string_view out) { return ops::slice(tape, x, kHeadDim, 0, kHeadDim, true, name(out)); }
};

template <class Real>
TensorId run_cnn(Builder<Real>& b, TensorId x) {
    for (std::int64_t l = 0; l < b.dims.layers; ++l) {
        const std::string layer = fmt::format("layers.{}.", l);
        const TensorId c = ops::conv(b.tape, x, b.weight(layer + "conv"), {.kernel_h = kKernel, .causal = true}, b.name(layer + "c"));
        const bool last = l + 1 == b.dims.layers;
        x = ops::add(b.tape, x, ops::tanh(b.tape, c, b.name(layer + "t")), b.name(last ? "out" : layer + "out"));
    }
    return x;
}

template <class Real>
TensorId run_transformer(Builder<Real>& b, TensorId x) {
    ops::RopeTable rotary;
    for (int j = 0; j < kHeadDim / 2; ++j) rotary.frequencies.push_back(dg::exp(-2.0 * j / kHeadDim * dg::log(10000.0)));
    const TensorId n = b.norm(x, "attn_norm", "attn_in");
    const TensorId q = ops::rope(b.tape, b.heads(b.linear(n, "q_proj", "q_flat"), "q_plain"), rotary, b.name("q"));
    const TensorId k = ops::rope(b.tape, b.heads(b.linear(n, "k_proj", "k_flat"), "k_plain"), rotary, b.name("k"));
    const TensorId v = b.heads(b.linear(n, "v_proj", "v_flat"), "v");
    const TensorId s = ops::attention_scores(b.tape, q, k, -1, -1, fan(kHeadDim), b.name("scores"));
    const TensorId mixed = ops::attention_mix(b.tape, ops::softmax(b.tape, s, b.name("probs")), v, {}, b.name("context"));
    const TensorId after = ops::add(b.tape, x, b.linear(ops::merge_heads(b.tape, mixed, b.dims.width, b.name("context_flat")), "o_proj", "attn_out"), b.name("middle"));
    const TensorId m = b.norm(after, "mlp_norm", "mlp_in");
    const TensorId inner = ops::swiglu(b.tape, b.linear(m, "gate_proj", "gate"), b.linear(m, "up_proj", "up"), b.name("swiglu"));
    return b.norm(ops::add(b.tape, after, b.linear(inner, "down_proj", "mlp_out"), b.name("end")), "norm", "out");
}

}  // namespace

std::string_view id_of(Kind kind) { return kind == Kind::kCnn ? "cnn" : kind == Kind::kRnn ? "rnn" : "transformer"; }

std::int64_t Dims::parameters() const {
    std::int64_t total = 0;
    for (const Shaped& s : shapes(*this)) total += count(s.shape);
    return total;
}

std::array<Dims, 3> equal_dims(std::int64_t budget, std::int64_t layers) {
    Dims cnn{.kind = Kind::kCnn, .layers = layers}, rnn{.kind = Kind::kRnn}, transformer{.kind = Kind::kTransformer, .width = kHeadDim, .inner = 1};
    const auto with_width = [](Dims d, std::int64_t width) { return d.width = width, d.parameters(); };
    cnn.width = nearest_size(budget, [&](std::int64_t w) { return with_width(cnn, w); });
    const std::int64_t target = cnn.parameters();
    rnn.width = nearest_size(target, [&](std::int64_t w) { return with_width(rnn, w); });
    // attention takes up to three fifths, the SwiGLU fills up
    while (with_width(transformer, transformer.width + kHeadDim) * 5 <= target * 3) transformer.width += kHeadDim;
    transformer.inner = nearest_size(target, [&](std::int64_t inner) {
        Dims d = transformer;
        return d.inner = inner, d.parameters();
    });
    return {cnn, rnn, transformer};
}

Network make_network(const Dims& dims, std::uint64_t seed) {
    Network net{dims, {}};
    for (const Shaped& s : shapes(dims)) {
        Tensor<float> t(s.shape);
        Rng rng = Rng::keyed(seed, s.name);
        for (std::int64_t i = 0; i < t.size(); ++i) t[i] = s.deviation == 0 ? 1.0F : static_cast<float>(s.deviation * rng.normal());
        net.weights.tensors.emplace(s.name, std::move(t));
    }
    return net;
}

Weights<double> to_double(const Weights<float>& weights) {
    Weights<double> out;
    for (const auto& [name, t] : weights.tensors) out.tensors.emplace(name, Tensor<double>(t.shape(), std::vector<double>(t.values().begin(), t.values().end())));
    return out;
}

template <class Real>
TensorId run_network(Tape<Real>& tape, const Dims& dims, const Weights<Real>& weights, TensorId ids) {
    Builder<Real> b{tape, dims, weights};
    const TensorId x = ops::embedding(tape, ids, b.weight("embed"), b.name("x"));
    TensorId out = x;
    switch (dims.kind) {
        case Kind::kCnn: out = run_cnn(b, x); break;
        case Kind::kRnn: out = ops::recurrence(tape, x, b.weight("recur"), b.name("out")); break;
        case Kind::kTransformer: out = run_transformer(b, x); break;
    }
    const TensorId last = ops::take_tokens(tape, out, tape.value(ids).cols() - 1, 1, b.name("last"));
    return b.linear(last, "head", "logits");
}

double learn(Tape<float>& tape, TensorId logits, const Tensor<float>& targets, double rate, Weights<float>& weights, AdamWState& state) {
    const TensorId wanted = tape.input("targets", targets, true);
    const TensorId loss = ops::masked_mean(tape, ops::token_nll(tape, logits, wanted, "nll"), wanted, "loss");
    tape.backward(loss);
    Gradients gradients;
    for (const auto& [name, w] : weights.tensors) gradients.emplace(name, tape.grad(tape.find(name)));
    const double value = static_cast<double>(tape.value(loss)[0]);
    if (std::isfinite(value)) adamw_step({.beta2 = 0.99, .weight_decay = 0, .clip = 1}, rate, gradients, weights, state);
    return value;
}

Cost cost_of(const Dims& d, std::int64_t n) {
    const auto w = static_cast<double>(d.width), length = static_cast<double>(n);
    switch (d.kind) {
        case Kind::kCnn: return {.rest = length * static_cast<double>(d.layers * kKernel) * w * w, .sequential = d.layers, .path = n / 2};
        case Kind::kRnn: return {.rest = length * w * w, .sequential = n, .path = n - 1};
        case Kind::kTransformer:
            return {.scores = 2 * length * length * w, .rest = length * (4 * w * w + 3 * w * static_cast<double>(d.inner)), .pairs = d.heads() * n * n,
                    .sequential = 7, .path = 1};  // q k v at once, scores, mix, o, gate and up at once, down; the softmax
    }
    return {};
}

template TensorId run_network(Tape<float>&, const Dims&, const Weights<float>&, TensorId);
template TensorId run_network(Tape<double>&, const Dims&, const Weights<double>&, TensorId);

}  // namespace dg::sim::networks
