// The three networks: equal sizes, gradients, reach, training that repeats bit for bit, shipped records.
#include "sim/networks/recording.h"

#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "engine/ops/ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace dg::sim {

Experiment networks_experiment();

namespace networks {
namespace {

const std::filesystem::path kRuns = std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "assets" / "runs" / "networks";

CopyRecipe small() {
    CopyRecipe r;
    r.steps = 3, r.batch = 4, r.distances = {2, 4, 9}, r.every = 2, r.tests = 20;
    return r;
}

TEST(Networks, EqualParametersWithinFivePercent) {
    for (const std::int64_t budget : {1500, 2000, 3000, 5000, 12000, 100000}) {
        for (const std::int64_t layers : {1, 2, 6, 12, 32, 64}) {
            std::int64_t least = 1 << 30, most = 0;
            for (const Dims& d : equal_dims(budget, layers)) {
                least = std::min(least, d.parameters()), most = std::max(most, d.parameters());
                std::int64_t counted = 0;
                for (const auto& [name, t] : make_network(d, 1).weights.tensors) counted += t.size();
                EXPECT_EQ(counted, d.parameters());
            }
            EXPECT_LE(static_cast<double>(most), 1.05 * static_cast<double>(least)) << budget << " " << layers;
        }
    }
    for (const std::int64_t budget : {1500, 3000, 6000, 20000}) {
        const auto [cnn, transformer] = equal_stroke_dims(budget);
        EXPECT_NEAR(static_cast<double>(cnn.parameters()) / static_cast<double>(transformer.parameters()), 1, 0.05) << budget;
    }
}

/// Loss of a run and the gradient of every weight against central differences, in double.
template <class Run>
void check_gradients(Weights<double> weights, const Run& run) {
    const auto loss_of = [&](Tape<double>& tape) {
        const TensorId logits = run(tape, weights);
        const std::int64_t batch = tape.value(logits).dim(0);
        Tensor<double> wanted({batch, 1});
        for (std::int64_t b = 0; b < batch; ++b) wanted[b] = static_cast<double>(b % kSymbols);
        const TensorId targets = tape.input("targets", std::move(wanted), true);
        return ops::masked_mean(tape, ops::token_nll(tape, logits, targets, "nll"), targets, "loss");
    };
    Tape<double> tape;
    const TensorId loss = loss_of(tape);
    tape.backward(loss);
    for (auto& [name, w] : weights.tensors) {
        const Tensor<double>& g = tape.grad(tape.find(name));
        ASSERT_EQ(g.size(), w.size()) << name;
        double largest = 0;
        for (std::int64_t i = 0; i < w.size(); i += std::max<std::int64_t>(1, w.size() / 7)) {
            const double x = w[i], h = 1e-5;
            w[i] = x + h;
            Tape<double> up;
            const TensorId a = loss_of(up);
            w[i] = x - h;
            Tape<double> down;
            const TensorId b = loss_of(down);
            w[i] = x;
            EXPECT_NEAR(g[i], (up.value(a)[0] - down.value(b)[0]) / (2 * h), 1e-8) << name << " " << i;
            largest = std::max(largest, std::abs(g[i]));
        }
        EXPECT_GT(largest, 0) << name;
    }
}

TEST(Networks, GradientsOfEveryWeight) {
    for (const Dims& dims : equal_dims(1500, 3)) {
        const Tensor<float> ids = copy_batch(1, "test", 0, 3, 4).ids;
        const Tensor<double> input(ids.shape(), std::vector<double>(ids.values().begin(), ids.values().end()));
        check_gradients(to_double(make_network(dims, 2).weights),
                        [&](Tape<double>& tape, const Weights<double>& w) { return run_network(tape, dims, w, tape.input("ids", input, true)); });
    }
}

TEST(Networks, GradientsOfTheStrokeNetworks) {
    Tensor<double> pictures({2, kImage, kImage, 1});
    for (std::int64_t b = 0; b < 2; ++b) {
        const Tensor<float> p = stroke_picture(1, "test", b);
        std::copy(p.values().begin(), p.values().end(), pictures.data() + b * p.size());
    }
    for (const StrokeDims& dims : equal_stroke_dims(1500))
        check_gradients(to_double(make_stroke_network(dims, 2).weights), [&](Tape<double>& tape, const Weights<double>& w) { return run_strokes(tape, dims, w, pictures); });
}

TEST(Networks, ReachOfTheConvolutionsIsOnePlusTwoL) {
    for (const std::int64_t layers : {1, 2, 6, 32}) {
        const Network cnn = make_network(equal_dims(3000, layers)[0], 1);
        const std::vector<double> field = receptive_field(cnn, 1, 2 * layers + 5);
        for (std::size_t t = 0; t < field.size(); ++t) EXPECT_EQ(field[t] != 0, t + static_cast<std::size_t>(1 + 2 * layers) >= field.size()) << layers << " " << t;
    }
    for (const std::size_t k : {1U, 2U})
        for (const double g : receptive_field(make_network(equal_dims(3000, 6)[k], 1), 1, 12)) EXPECT_GT(g, 0);
}

TEST(Networks, ReceptiveFieldIsTheDerivative) {
    // one place's embedding moved a little: the logits move by the gradient
    const Network rnn = make_network(equal_dims(3000, 6)[1], 1);
    const Weights<double> weights = to_double(rnn.weights);
    const Tensor<float> ids = copy_batch(1, "copy.show", 0, 1, 3).ids;
    const auto logits = [&](std::int64_t place, std::int64_t channel, double h) {
        Tape<double> tape;
        Tensor<double> x({1, ids.size(), rnn.dims.width});
        for (std::int64_t t = 0; t < ids.size(); ++t)
            for (std::int64_t i = 0; i < rnn.dims.width; ++i) x.row(t)[i] = weights.at("rnn.embed").row(static_cast<std::int64_t>(ids[t]))[i] + (t == place && i == channel ? h : 0);
        const TensorId out = ops::recurrence(tape, tape.input("x", x), tape.input("w", weights.at("rnn.recur")), "h");
        const TensorId last = ops::take_tokens(tape, out, ids.size() - 1, 1, "l");
        return tape.value(ops::linear(tape, last, tape.input("head", weights.at("rnn.head")), "z"));
    };
    double squares = 0;
    for (std::int64_t i = 0; i < rnn.dims.width; ++i) {
        const Tensor<double> up = logits(1, i, 1e-5), down = logits(1, i, -1e-5);
        for (std::int64_t c = 0; c < kSymbols; ++c) squares += (up[c] - down[c]) * (up[c] - down[c]) / 4e-10;
    }
    const double field = receptive_field(rnn, 1, 3)[1];
    EXPECT_NEAR(field, std::sqrt(squares), 1e-4 * field);
}

TEST(Networks, CostsFollowFromTheShapes) {
    const std::array<Dims, 3> dims = equal_dims(3000, 6);
    for (const Dims& d : dims) {
        EXPECT_EQ(cost_of(d, 1024).rest / cost_of(d, 128).rest, 8);
        EXPECT_EQ(cost_of(d, 128).sequential == cost_of(d, 256).sequential, d.kind != Kind::kRnn);
    }
    EXPECT_EQ(cost_of(dims[2], 1024).pairs, 64 * cost_of(dims[2], 128).pairs);
    // the recorded scores have as many cells
    Tape<float> tape;
    const Network net = make_network(dims[2], 1);
    run_network(tape, net.dims, net.weights, tape.input("ids", copy_batch(1, "test", 0, 1, 30).ids, true));
    EXPECT_EQ(tape.value(tape.find("transformer.scores")).size(), cost_of(dims[2], 32).pairs);
}

TEST(Networks, EveryCellOfARunRechecks) {
    Tape<float> tape;
    const TensorId ids = tape.input("ids", copy_batch(1, "test", 0, 1, 5).ids, true);
    std::array<Network, 3> nets;
    for (std::size_t k = 0; k < 3; ++k) nets[k] = make_network(equal_dims(3000, 2)[k], 1), run_network(tape, nets[k].dims, nets[k].weights, ids);
    int cells = 0;
    for (const std::string& name : tape.names()) {
        const Tensor<float>& t = tape.value(tape.find(name));
        for (std::int64_t i = 0; i < t.size(); i += 1 + t.size() / 5, ++cells) {
            const Explanation why = tape.explain(name, t.index_of(i)).value();
            if (!std::isfinite(why.value)) continue;
            EXPECT_NEAR(why.difference(), 0, 2e-5 * std::max(1.0, std::abs(why.value))) << name;
        }
    }
    EXPECT_GT(cells, 80);
}

TEST(Networks, SameRecordsAtAnyThreadCountAndCancel) {
    const int before = threads();
    set_threads(1);
    const Records one = records_of(train_copy(small()).value().rows);
    set_threads(3);
    EXPECT_TRUE(one == records_of(train_copy(small()).value().rows));
    set_threads(before);
    ASSERT_EQ(one.rows.size(), 3U);  // before the first step, after 2, after 3
    EXPECT_TRUE(std::isnan(one.rows[0][1]));
    EXPECT_EQ(one.rows[2][0], 3);
    int asked = 0;
    const auto stopped = train_copy(small(), [&](double) { return ++asked < 5; });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, "cancelled");
    CopyRecipe mixed = small();
    mixed.mixed = true;
    const CopyRun run = train_copy(mixed).value();
    EXPECT_EQ(run.nets[0][0].weights.at("cnn.head").values()[0], run.nets[0][2].weights.at("cnn.head").values()[0]);
}

// what the speaker's note of L7.3 says
TEST(NetworksSlow, MixedDistancesTeachTheRnnToKeepTheSymbol) {
    const CopyRun run = train_copy({.steps = 1000, .every = 1000, .mixed = true}).value();
    EXPECT_GT(run.rows.back().accuracy[1][2], 0.95);  // RNN, 128 steps of noise
    EXPECT_LT(run.rows.back().accuracy[0][2], 0.3);   // CNN: out of sight
}

TEST(Networks, BatchesAskForTheirFirstSymbol) {
    const CopyBatch batch = copy_batch(3, "test", 1, 40, 6);
    for (std::int64_t b = 0; b < 40; ++b) {
        EXPECT_EQ(batch.ids.row(b)[0], batch.targets[b]);
        EXPECT_LT(batch.targets[b], kSymbols);
        EXPECT_EQ(batch.ids.row(b)[7], kQuery);
        for (int t = 1; t < 7; ++t) EXPECT_TRUE(batch.ids.row(b)[t] >= kSymbols && batch.ids.row(b)[t] < kQuery);
    }
}

TEST(Networks, ParametersAreChecked) {
    const Experiment e = networks_experiment();
    const Params wrong = parse_params(e.params, {{"near", "40"}}).value();
    const auto result = e.run(wrong, {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "network_distances");
}

TEST(Networks, ShippedRecordsAreWhole) {
    for (const char* task : {"copy", "strokes"}) {
        const Recording shipped = read_recording(kRuns, task, 1).value();
        EXPECT_EQ(shipped.records.rows.back()[0], static_cast<double>(shipped.params.integer("steps")));
        EXPECT_EQ(shipped.hash, hash_hex(records_csv(shipped.records))) << task;
    }
}

TEST(NetworksSlow, ShippedRecordsRepeatTheirFirstRows) {
    for (const char* task : {"copy", "strokes"}) {
        const Recording shipped = read_recording(kRuns, task, 1).value();
        // stop after the first rows: the schedule is that of the whole run
        std::shared_ptr<const Records> seen;
        const Task watch{.report = [&](double) { return !seen || seen->rows.size() < 2; }, .snapshot = [&](std::shared_ptr<const Records> r) { seen = std::move(r); }};
        const Experiment e = networks_experiment();
        const auto stopped = e.run(shipped.params, watch);
        ASSERT_FALSE(stopped);
        ASSERT_TRUE(seen && seen->rows.size() >= 2);
        for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t c = 0; c < seen->columns.size(); ++c)
                EXPECT_TRUE(seen->rows[i][c] == shipped.records.rows[i][c] || std::isnan(seen->rows[i][c])) << task << " " << seen->columns[c] << " row " << i;
    }
}

TEST(Networks, DamagedRecordsAreRefused) {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "deepglass_networks_test";
    std::filesystem::create_directories(folder);
    for (const char* ending : {".csv", ".recipe.json"}) std::filesystem::copy_file(kRuns / (std::string("strokes-1") + ending), folder / (std::string("strokes-1") + ending), std::filesystem::copy_options::overwrite_existing);
    EXPECT_TRUE(read_recording(folder, "strokes", 1));
    std::string csv = read_file(folder / "strokes-1.csv").value();
    csv[csv.size() - 3] = csv[csv.size() - 3] == '1' ? '2' : '1';
    ASSERT_TRUE(write_file(folder / "strokes-1.csv", csv));
    EXPECT_EQ(read_recording(folder, "strokes", 1).error().code, "recording_damaged");
    EXPECT_EQ(read_recording(folder, "strokes", 9).error().code, "file_read");
    std::filesystem::remove_all(folder);
}

/// Writes assets/runs/networks again: DEEPGLASS_RECORD=folder test_sim --gtest_also_run_disabled_tests --gtest_filter=*MakeRecordings
TEST(NetworksSlow, DISABLED_MakeRecordings) {
    const char* folder = std::getenv("DEEPGLASS_RECORD");
    ASSERT_NE(folder, nullptr);
    const Experiment e = networks_experiment();
    for (int seed = 1; seed <= 5; ++seed) {
        const std::string s = std::to_string(seed);
        ASSERT_TRUE(make_recording(folder, parse_params(e.params, {{"seed", s}}).value()));
        ASSERT_TRUE(make_recording(folder, parse_params(e.params, {{"task", "strokes"}, {"seed", s}, {"steps", "600"}, {"batch", "20"}, {"tests", "400"}, {"every", "50"}}).value()));
    }
}

}  // namespace
}  // namespace networks
}  // namespace dg::sim
