#include "sim/networks/strokes.h"

#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "engine/ops/ops.h"
#include "engine/train/adamw.h"
#include "engine/train/schedule.h"
#include "sim/networks/nets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace dg::sim::networks {
namespace {

constexpr std::array<std::int64_t, 4> kStrides = {2, 1, 2, 1};  // of the CNN's layers: 28 -> 14 -> 14 -> 7 -> 7
constexpr std::int64_t kPatches = (kImage / kPatch) * (kImage / kPatch);

struct Shaped {
    std::string name;
    Shape shape;
};

std::vector<Shaped> shapes(const StrokeDims& d) {
    const std::int64_t w = d.width;
    std::vector<Shaped> all;
    if (!d.transformer) {
        for (std::size_t l = 0; l < kStrides.size(); ++l) all.push_back({fmt::format("strokes.cnn.layers.{}.conv", l), {w, 9 * (l == 0 ? 1 : w)}});
        all.push_back({"strokes.cnn.head", {kShapes, w}});
        return all;
    }
    const auto add = [&](const char* name, Shape shape) { all.push_back({std::string("strokes.transformer.") + name, std::move(shape)}); };
    add("patch", {w, kPatch * kPatch});
    add("place", {kPatches, w});
    add("attn_norm", {w});
    for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj"}) add(name, {w, w});
    add("mlp_norm", {w});
    add("gate_proj", {d.inner, w});
    add("up_proj", {d.inner, w});
    add("down_proj", {w, d.inner});
    add("norm", {w});
    add("head", {kShapes, w});
    return all;
}

struct Segment {
    double ax, ay, bx, by;
};

double distance(const Segment& s, double x, double y) {
    const double dx = s.bx - s.ax, dy = s.by - s.ay;
    const double u = std::clamp(((x - s.ax) * dx + (y - s.ay) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
    const double ex = x - s.ax - u * dx, ey = y - s.ay - u * dy;
    return std::sqrt(ex * ex + ey * ey);
}

/// Corners in a unit circle around 0, before turning.
std::vector<Segment> outline(std::int64_t shape) {
    constexpr double d = 0.7071;
    switch (shape) {
        case 0: return {{-1, 0, 1, 0}};
        case 1: return {{0, -1, 0, 1}};
        case 2: return {{-d, d, d, -d}};
        case 3: return {{-d, -d, d, d}};
        case 4: return {{-1, 0, 1, 0}, {0, -1, 0, 1}};
        case 5: return {{-d, d, d, -d}, {-d, -d, d, d}};
        case 7: return {{0, -1, 0.87, 0.5}, {0.87, 0.5, -0.87, 0.5}, {-0.87, 0.5, 0, -1}};
        default: break;
    }
    std::vector<Segment> circle;
    for (int i = 0; i < 12; ++i) {
        const double a = i * std::numbers::pi / 6, b = (i + 1) * std::numbers::pi / 6;
        circle.push_back({dg::cos(a), dg::sin(a), dg::cos(b), dg::sin(b)});
    }
    return circle;
}

/// Pictures as the Transformer takes them: [B, 49, 16].
template <class Real>
Tensor<Real> patches_of(const Tensor<Real>& pictures) {
    constexpr std::int64_t kSide = kImage / kPatch;
    const std::int64_t batch = pictures.dim(0);
    Tensor<Real> out({batch, kPatches, kPatch * kPatch});
    for (std::int64_t b = 0; b < batch; ++b)
        for (std::int64_t y = 0; y < kImage; ++y)
            for (std::int64_t x = 0; x < kImage; ++x)
                out.row(b * kPatches + y / kPatch * kSide + x / kPatch)[y % kPatch * kPatch + x % kPatch] = pictures[(b * kImage + y) * kImage + x];
    return out;
}

template <class Real>
TensorId run_stroke_cnn(Tape<Real>& tape, const Weights<Real>& weights, const Tensor<Real>& pictures) {
    TensorId x = tape.input("strokes.cnn.x", pictures);
    for (std::size_t l = 0; l < kStrides.size(); ++l) {
        const std::string layer = fmt::format("strokes.cnn.layers.{}.", l);
        const TensorId w = tape.weight(layer + "conv", weights.at(layer + "conv"));
        x = ops::tanh(tape, ops::conv(tape, x, w, {.kernel_h = 3, .kernel_w = 3, .stride = kStrides[l]}, layer + "c"), layer + "out");
    }
    x = ops::mean_places(tape, x, "strokes.cnn.mean");
    return ops::linear(tape, x, tape.weight("strokes.cnn.head", weights.at("strokes.cnn.head")), "strokes.cnn.logits");
}

template <class Real>
TensorId run_stroke_transformer(Tape<Real>& tape, const StrokeDims& dims, const Weights<Real>& weights, const Tensor<Real>& pictures) {
    const auto n = [](const char* name) { return std::string("strokes.transformer.") + name; };
    const auto w = [&](const char* name) { return tape.weight(n(name), weights.at(n(name))); };
    const auto linear = [&](TensorId x, const char* weight, const char* out) { return ops::linear(tape, x, w(weight), n(out)); };
    const auto heads = [&](TensorId x, const char* out) { return ops::slice(tape, x, kHeadDim, 0, kHeadDim, true, n(out)); };
    Tensor<Real> places({pictures.dim(0), kPatches});
    for (std::int64_t i = 0; i < places.size(); ++i) places[i] = static_cast<Real>(i % kPatches);
    const TensorId place = ops::embedding(tape, tape.input(n("places"), std::move(places), true), w("place"), n("place_rows"));
    const TensorId x = ops::add(tape, linear(tape.input(n("x"), patches_of(pictures)), "patch", "patch_rows"), place, n("in"));
    const TensorId a = ops::rmsnorm(tape, x, w("attn_norm"), 1e-6, n("attn_in"));
    const TensorId q = heads(linear(a, "q_proj", "q_flat"), "q"), k = heads(linear(a, "k_proj", "k_flat"), "k"), v = heads(linear(a, "v_proj", "v_flat"), "v");
    const TensorId scores = ops::attention_scores(tape, q, k, -1, -1, 1 / std::sqrt(static_cast<double>(kHeadDim)), n("scores"), false);
    const TensorId mixed = ops::attention_mix(tape, ops::softmax(tape, scores, n("probs")), v, {}, n("context"), false);
    const TensorId after = ops::add(tape, x, linear(ops::merge_heads(tape, mixed, dims.width, n("context_flat")), "o_proj", "attn_out"), n("middle"));
    const TensorId m = ops::rmsnorm(tape, after, w("mlp_norm"), 1e-6, n("mlp_in"));
    const TensorId inner = ops::swiglu(tape, linear(m, "gate_proj", "gate"), linear(m, "up_proj", "up"), n("swiglu"));
    const TensorId end = ops::add(tape, after, linear(inner, "down_proj", "mlp_out"), n("end"));
    return linear(ops::mean_places(tape, ops::rmsnorm(tape, end, w("norm"), 1e-6, n("out")), n("mean")), "head", "logits");
}

struct StrokeBatch {
    Tensor<float> pictures, targets;
};

StrokeBatch gather_pictures(const std::vector<Tensor<float>>& set, const std::vector<std::int64_t>& indices) {
    const auto n = static_cast<std::int64_t>(indices.size());
    StrokeBatch batch{Tensor<float>({n, kImage, kImage, 1}), Tensor<float>({n, 1})};
    for (std::int64_t b = 0; b < n; ++b) {
        const std::int64_t i = indices[static_cast<std::size_t>(b)];
        const Tensor<float>& picture = set[static_cast<std::size_t>(i)];
        std::copy(picture.data(), picture.data() + picture.size(), batch.pictures.data() + b * picture.size());
        batch.targets[b] = static_cast<float>(i % kShapes);
    }
    return batch;
}

std::vector<Tensor<float>> picture_set(const StrokeRecipe& r, std::string_view purpose, std::int64_t n) {
    std::vector<Tensor<float>> set;
    for (std::int64_t i = 0; i < n; ++i) set.push_back(stroke_picture(static_cast<std::uint64_t>(r.seed), purpose, i));
    return set;
}

double stroke_accuracy(const StrokeNetwork& net, const std::vector<Tensor<float>>& set) {
    std::int64_t right = 0;
    for (std::size_t begin = 0; begin < set.size(); begin += 50) {
        std::vector<std::int64_t> indices;
        for (std::size_t i = begin; i < std::min(begin + 50, set.size()); ++i) indices.push_back(static_cast<std::int64_t>(i));
        const StrokeBatch batch = gather_pictures(set, indices);
        Tape<float> tape(Tape<float>::Mode::kTrain);
        const Tensor<float>& logits = tape.value(run_strokes(tape, net.dims, net.weights, batch.pictures));
        for (std::int64_t b = 0; b < logits.rows(); ++b) {
            const float* row = logits.row(b);
            right += std::max_element(row, row + kShapes) - row == static_cast<std::ptrdiff_t>(batch.targets[b]);
        }
    }
    return static_cast<double>(right) / static_cast<double>(set.size());
}

double stroke_step(StrokeNetwork& net, AdamWState& state, const StrokeBatch& batch, double rate) {
    Tape<float> tape(Tape<float>::Mode::kTrain);
    const TensorId logits = run_strokes(tape, net.dims, net.weights, batch.pictures);
    return learn(tape, logits, batch.targets, rate, net.weights, state);
}

}  // namespace

Tensor<float> stroke_picture(std::uint64_t seed, std::string_view purpose, std::int64_t index) {
    Rng rng = Rng::keyed(seed, purpose, static_cast<std::uint64_t>(index));
    const double size = 5 + 5 * rng.uniform(), room = kImage / 2.0 - size - 1;
    const double cx = kImage / 2.0 + room * (2 * rng.uniform() - 1), cy = kImage / 2.0 + room * (2 * rng.uniform() - 1);
    const double slant = 0.25 * (2 * rng.uniform() - 1), thick = 0.6 + 0.7 * rng.uniform();
    const double c = dg::cos(slant) * size, s = dg::sin(slant) * size;
    std::vector<Segment> lines = outline(index % kShapes);
    for (Segment& l : lines) l = {cx + c * l.ax - s * l.ay, cy + s * l.ax + c * l.ay, cx + c * l.bx - s * l.by, cy + s * l.bx + c * l.by};
    Tensor<float> out({kImage, kImage});
    for (std::int64_t y = 0; y < kImage; ++y) {
        for (std::int64_t x = 0; x < kImage; ++x) {
            double nearest = 1e9;
            for (const Segment& l : lines) nearest = std::min(nearest, distance(l, static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5));
            const double ink = std::clamp(thick + 0.5 - nearest, 0.0, 1.0) + 0.1 * rng.normal();
            out[y * kImage + x] = static_cast<float>(std::clamp(ink, 0.0, 1.0));
        }
    }
    return out;
}

std::int64_t StrokeDims::parameters() const {
    std::int64_t total = 0;
    for (const Shaped& s : shapes(*this)) total += count(s.shape);
    return total;
}

std::array<StrokeDims, 2> equal_stroke_dims(std::int64_t budget) {
    StrokeDims cnn{.width = 1}, transformer{.transformer = true, .width = kHeadDim, .inner = 1};
    const auto count_of = [](StrokeDims d, std::int64_t width, std::int64_t inner) { return d.width = width, d.inner = inner, d.parameters(); };
    while (std::abs(count_of(cnn, cnn.width + 1, 0) - budget) < std::abs(cnn.parameters() - budget)) ++cnn.width;
    const std::int64_t target = cnn.parameters();
    while (count_of(transformer, transformer.width + kHeadDim, 1) * 4 <= target * 3) transformer.width += kHeadDim;
    while (std::abs(count_of(transformer, transformer.width, transformer.inner + 1) - target) < std::abs(transformer.parameters() - target)) ++transformer.inner;
    return {cnn, transformer};
}

StrokeNetwork make_stroke_network(const StrokeDims& dims, std::uint64_t seed) {
    StrokeNetwork net{dims, {}};
    for (const Shaped& s : shapes(dims)) {
        Tensor<float> t(s.shape);
        Rng rng = Rng::keyed(seed, s.name);
        const double deviation = s.name.ends_with(".place") ? 0.5 : 1 / std::sqrt(static_cast<double>(s.shape.back()));
        for (std::int64_t i = 0; i < t.size(); ++i) t[i] = s.shape.size() == 1 ? 1.0F : static_cast<float>(deviation * rng.normal());
        net.weights.tensors.emplace(s.name, std::move(t));
    }
    return net;
}

template <class Real>
TensorId run_strokes(Tape<Real>& tape, const StrokeDims& dims, const Weights<Real>& weights, const Tensor<Real>& pictures) {
    return dims.transformer ? run_stroke_transformer(tape, dims, weights, pictures) : run_stroke_cnn(tape, weights, pictures);
}

Result<StrokeRun> train_strokes(const StrokeRecipe& r, const std::function<bool(double)>& report,
                                const std::function<void(const std::vector<StrokeRow>&)>& watch) {
    StrokeRun run{r, {}, {}};
    const std::array<StrokeDims, 2> dims = equal_stroke_dims(r.parameters);
    for (std::size_t k = 0; k < 2; ++k) run.nets[k] = make_stroke_network(dims[k], static_cast<std::uint64_t>(r.seed));
    const std::vector<Tensor<float>> train = picture_set(r, "strokes.train", r.samples), test = picture_set(r, "strokes.test", r.tests);
    const auto measure = [&](std::int64_t step, const std::array<double, 2>& loss) {
        StrokeRow row{.step = step, .loss = loss};
        for (std::size_t k = 0; k < 2; ++k) row.accuracy[k] = stroke_accuracy(run.nets[k], test), row.train_accuracy[k] = stroke_accuracy(run.nets[k], train);
        run.rows.push_back(row);
    };
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    measure(0, {kNone, kNone});
    const Schedule schedule{.steps = r.steps, .warmup = std::max<std::int64_t>(1, r.steps / 40), .peak = r.learning_rate};
    std::array<AdamWState, 2> states;
    std::array<double, 2> sums{};
    std::int64_t since = 0;
    for (std::int64_t step = 0; step < r.steps; ++step) {
        if (report && !report(static_cast<double>(step) / static_cast<double>(r.steps))) return Error{"cancelled", {}, ""};
        Rng rng = Rng::keyed(static_cast<std::uint64_t>(r.seed), "strokes.batch", static_cast<std::uint64_t>(step));
        std::vector<std::int64_t> indices;
        for (std::int64_t b = 0; b < r.batch; ++b) indices.push_back(rng.below(static_cast<std::uint32_t>(r.samples)));
        const StrokeBatch batch = gather_pictures(train, indices);
        for (std::size_t k = 0; k < 2; ++k) {
            const double loss = stroke_step(run.nets[k], states[k], batch, schedule.learning_rate(step));
            if (!std::isfinite(loss)) return Error{"network_diverged", {{"network", k == 0 ? "cnn" : "transformer"}, {"step", std::to_string(step + 1)}}, ""};
            sums[k] += loss;
        }
        ++since;
        if ((step + 1) % r.every != 0 && step + 1 != r.steps) continue;
        for (double& sum : sums) sum /= static_cast<double>(since);
        measure(step + 1, sums);
        sums = {}, since = 0;
        if (watch) watch(run.rows);
    }
    return run;
}

template TensorId run_strokes(Tape<float>&, const StrokeDims&, const Weights<float>&, const Tensor<float>&);
template TensorId run_strokes(Tape<double>&, const StrokeDims&, const Weights<double>&, const Tensor<double>&);

}  // namespace dg::sim::networks
