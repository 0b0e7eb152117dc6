#include "sim/networks/copy_task.h"

#include "engine/base/rng.h"
#include "engine/ops/ops.h"
#include "engine/train/adamw.h"
#include "engine/train/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::sim::networks {
namespace {

constexpr std::int64_t kTestBatch = 50;

Schedule schedule_of(const CopyRecipe& r) { return {.steps = r.steps, .warmup = std::max<std::int64_t>(1, r.steps / 40), .peak = r.learning_rate}; }

/// One optimiser step; the loss before it.
double train_step(Network& net, AdamWState& state, const CopyBatch& batch, double rate) {
    Tape<float> tape(Tape<float>::Mode::kTrain);
    const TensorId logits = run_network(tape, net.dims, net.weights, tape.input("ids", batch.ids, true));
    return learn(tape, logits, batch.targets, rate, net.weights, state);
}

CopyRow measure(const CopyRun& run, std::int64_t step, const std::array<std::array<double, 3>, 3>& loss) {
    const CopyRecipe& r = run.recipe;
    CopyRow row{.step = step, .loss = loss};
    for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t d = 0; d < 3; ++d)
            row.accuracy[k][d] = copy_accuracy(run.nets[k][r.mixed ? 0 : d], static_cast<std::uint64_t>(r.seed), r.distances[d], r.tests);
    return row;
}

using Losses = std::array<std::array<double, 3>, 3>;

/// A training in progress.
struct Trainer {
    CopyRun& run;
    std::array<std::array<AdamWState, 3>, 3> states = {};
    Losses sums = {};
    std::int64_t since = 0;

    /// One step of every network. Error code: network_diverged.
    Result<void> step(std::int64_t step, const std::function<bool(int part)>& report) {
        const CopyRecipe& r = run.recipe;
        const double rate = schedule_of(r).learning_rate(step);
        for (std::size_t d = 0; d < (r.mixed ? 1U : 3U); ++d) {
            const std::int64_t noise = r.mixed ? noise_of_step(r, step) : r.distances[d];
            const CopyBatch batch = copy_batch(static_cast<std::uint64_t>(r.seed), "copy.train", static_cast<std::uint64_t>(step * 1000003 + noise), r.batch, noise);
            for (std::size_t k = 0; k < 3; ++k) {
                if (!report(static_cast<int>(3 * d + k))) return Error{"cancelled", {}, ""};
                const double loss = train_step(run.nets[k][d], states[k][d], batch, rate);
                if (!std::isfinite(loss)) return Error{"network_diverged", {{"network", std::string(id_of(kKinds[k]))}, {"step", std::to_string(step + 1)}}, ""};
                sums[k][d] += loss;
            }
        }
        ++since;
        return {};
    }

    /// Mean losses since the last call.
    Losses means() {
        Losses out = sums;
        for (auto& kind : out) {
            if (run.recipe.mixed) kind[1] = kind[2] = kind[0];
            for (double& loss : kind) loss /= static_cast<double>(since);
        }
        sums = {}, since = 0;
        return out;
    }
};

/// For one sequence repeated once per output: sums of squares of the gradient of each of `tensors`, per place [T].
std::vector<std::vector<double>> squares_per_place(const Network& net, const Tensor<float>& sequence, bool logits, const std::vector<std::string>& tensors) {
    const std::int64_t outputs = logits ? kSymbols : net.dims.width, length = sequence.size();
    Tensor<float> ids({outputs, length});
    for (std::int64_t i = 0; i < ids.size(); ++i) ids[i] = sequence[i % length];
    Tape<float> tape;
    const TensorId answer = run_network(tape, net.dims, net.weights, tape.input("ids", std::move(ids), true));
    const TensorId root = logits ? answer : tape.find(std::string(id_of(net.dims.kind)) + ".last");
    Tensor<float> cotangent(tape.value(root).shape());
    for (std::int64_t i = 0; i < outputs; ++i) cotangent[i * outputs + i] = 1;  // row i asks for output i
    const std::pair<TensorId, Tensor<float>> seed(root, std::move(cotangent));
    tape.backward_from({&seed, 1});
    std::vector<std::vector<double>> all;
    for (const std::string& name : tensors) {
        const Tensor<float>& g = tape.grad(tape.find(fmt::format("{}.{}", id_of(net.dims.kind), name)));
        std::vector<double>& sums = all.emplace_back(static_cast<std::size_t>(length));
        for (std::int64_t r = 0; r < g.rows(); ++r)
            for (std::int64_t i = 0; i < g.cols(); ++i) sums[static_cast<std::size_t>(r % length)] += static_cast<double>(g.row(r)[i]) * static_cast<double>(g.row(r)[i]);
    }
    return all;
}

}  // namespace

CopyBatch copy_batch(std::uint64_t seed, std::string_view purpose, std::uint64_t step, std::int64_t batch, std::int64_t noise) {
    CopyBatch out{Tensor<float>({batch, noise + 2}), Tensor<float>({batch, 1})};
    for (std::int64_t b = 0; b < batch; ++b) {
        Rng rng = Rng::keyed(seed, purpose, step, static_cast<std::uint64_t>(b));
        float* row = out.ids.row(b);
        out.targets[b] = row[0] = static_cast<float>(rng.below(kSymbols));
        for (std::int64_t t = 1; t <= noise; ++t) row[t] = static_cast<float>(kSymbols + rng.below(kNoise));
        row[noise + 1] = kQuery;
    }
    return out;
}

std::int64_t noise_of_step(const CopyRecipe& r, std::int64_t step) {
    Rng rng = Rng::keyed(static_cast<std::uint64_t>(r.seed), "copy.noise", static_cast<std::uint64_t>(step));
    const std::size_t part = rng.below(3);
    const std::int64_t after = part == 0 ? 0 : r.distances[part - 1];
    return after + 1 + rng.below(static_cast<std::uint32_t>(r.distances[part] - after));
}

std::array<std::array<Network, 3>, 3> fresh_networks(const CopyRecipe& r) {
    std::array<std::array<Network, 3>, 3> nets;
    const std::array<Dims, 3> dims = equal_dims(r.parameters, r.layers);
    for (std::size_t k = 0; k < 3; ++k) nets[k].fill(make_network(dims[k], static_cast<std::uint64_t>(r.seed)));
    return nets;
}

Result<CopyRun> train_copy(const CopyRecipe& r, const Report& report, const Watch& watch) {
    CopyRun run{r, fresh_networks(r), {}};
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    Losses none;
    for (auto& kind : none) kind.fill(kNone);
    run.rows.push_back(measure(run, 0, none));
    Trainer trainer{run};
    for (std::int64_t step = 0; step < r.steps; ++step) {
        DG_TRY(trainer.step(step, [&](int part) { return !report || report((static_cast<double>(step) + part / 9.0) / static_cast<double>(r.steps)); }));
        if ((step + 1) % r.every != 0 && step + 1 != r.steps) continue;
        run.rows.push_back(measure(run, step + 1, trainer.means()));
        if (watch) watch(run.rows);
    }
    if (r.mixed)
        for (auto& kind : run.nets) kind[1] = kind[2] = kind[0];
    return run;
}

double copy_accuracy(const Network& net, std::uint64_t seed, std::int64_t noise, std::int64_t tests) {
    std::int64_t right = 0;
    for (std::int64_t begin = 0; begin < tests; begin += kTestBatch) {
        const std::int64_t n = std::min(kTestBatch, tests - begin);
        const CopyBatch batch = copy_batch(seed, "copy.test", static_cast<std::uint64_t>(noise * 1000003 + begin), n, noise);
        Tape<float> tape(Tape<float>::Mode::kTrain);
        const Tensor<float>& logits = tape.value(run_network(tape, net.dims, net.weights, tape.input("ids", batch.ids, true)));
        for (std::int64_t b = 0; b < n; ++b) {
            const float* row = logits.row(b);
            right += std::max_element(row, row + kSymbols) - row == static_cast<std::ptrdiff_t>(batch.targets[b]);
        }
    }
    return static_cast<double>(right) / static_cast<double>(tests);
}

std::vector<std::vector<double>> gradient_rows(const Network& net, std::uint64_t seed, std::int64_t noise) {
    std::vector<std::string> names = {"x"};
    for (std::int64_t l = 0; net.dims.kind == Kind::kCnn && l < net.dims.layers; ++l)
        names.push_back(l + 1 == net.dims.layers ? "out" : fmt::format("layers.{}.out", l));
    std::vector<std::vector<double>> rows = squares_per_place(net, copy_batch(seed, "copy.show", 0, 1, noise).ids, true, names);
    for (auto& row : rows)
        for (double& f : row) f = std::sqrt(f);
    return rows;
}

std::vector<double> receptive_field(const Network& net, std::uint64_t seed, std::int64_t noise) { return gradient_rows(net, seed, noise).front(); }

double first_step_gradient(const Network& net, std::uint64_t seed, std::int64_t n, std::int64_t sequences) {
    double sum = 0;
    for (std::int64_t s = 0; s < sequences; ++s) {
        Tensor<float> ids = copy_batch(seed, "copy.gradient", static_cast<std::uint64_t>(s), 1, n).ids;
        sum += squares_per_place(net, Tensor<float>({n}, std::vector<float>(ids.data(), ids.data() + n)), false, {"x"})[0][0];
    }
    return std::sqrt(sum / static_cast<double>(sequences));
}

}  // namespace dg::sim::networks
