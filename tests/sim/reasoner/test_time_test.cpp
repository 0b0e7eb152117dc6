// Test-time compute: steering, counting, votes, the verifier, shipped records.
#include "sim/reasoner/test_time_experiment.h"

#include "engine/io/files.h"
#include "sim/grpo/experiment.h"
#include "sim/reasoner/induction.h"
#include "sim/reasoner/test_time_distil.h"
#include "sim/reasoner/test_time_theory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

namespace dg::sim {
namespace {

const std::filesystem::path kSource = DEEPGLASS_SOURCE_DIR;
const std::filesystem::path kRuns = kSource / "assets" / "runs" / "reasoning";

const Model<float>& reasoner() {
    static const Model<float> model = load_reasoner((kSource / "assets/models/reasoner").string()).value();
    return model;
}

const PackedModel& packed() {
    static const PackedModel model(reasoner());
    return model;
}

std::vector<Rollout> led(std::span<const Problem> problems, const Thinking& way, double temperature = 1) {
    RolloutSettings s{.temperature = temperature, .seed = 3};
    s.forcing = forced_thinking(problems, way);
    return roll_out(packed(), problems, 1, s).value();
}

TEST(TestTime, DirectPutsTheMarkAndNothingElse) {
    const auto problems = fresh_problems(1, 40);
    for (const Rollout& r : led(problems, {.style = Style::kDirect})) {
        EXPECT_EQ(r.text.front(), '#');
        EXPECT_EQ(std::ranges::count(r.written, 1), r.written.front() != 0 ? 1 : 0);
    }
}

TEST(TestTime, StepsAreAllWritten) {
    const auto problems = fresh_problems(1, 40);
    std::int64_t put = 0;
    for (const Rollout& r : led(problems, {.style = Style::kSteps})) {
        const std::string first_pass = r.text.substr(0, r.text.find_first_of("?#"));
        // a slot may be misread, but all seven steps are there
        EXPECT_GE(std::ranges::count(first_pass, '='), kSlots - 1) << r.text;
        for (std::size_t i = 0; i < r.ids.size(); ++i) {
            if (r.written[i] == 0) continue;
            ++put;
            EXPECT_TRUE(r.text[i] >= 'b' && r.text[i] <= 'i') << "only letters are put: " << r.text;
        }
    }
    EXPECT_GT(put, 0) << "the model would have answered early";
}

TEST(TestTime, CapsAndWaitsAreKept) {
    const auto problems = fresh_problems(2, 32);
    for (const Rollout& r : led(problems, {.style = Style::kSteps, .cap = 12})) EXPECT_LE(r.text.find('#'), 12U) << r.text;
    double before = 0;
    for (const std::int64_t waits : {0, 1, 2, 4}) {
        std::int64_t put = 0;
        const auto rollouts = led(problems, {.style = Style::kSteps, .waits = waits}, 0);
        double tokens = 0;
        for (const Rollout& r : rollouts) {
            tokens += static_cast<double>(r.ids.size());
            for (std::size_t i = 0; i < r.ids.size(); ++i) put += r.written[i] != 0 && r.text[i] == 'w' ? 1 : 0;
        }
        EXPECT_LE(put, waits * 32);
        EXPECT_GE(put, waits * 28) << "nearly every response wants to stop that often";
        EXPECT_GT(tokens, before);
        before = tokens;
    }
}

TEST(TestTime, FlopsByHand) {
    const DecodeFlops f = decode_flops(reasoner().config);
    // 3 layers x 4 heads: scores over r + dr = 48, mixing over r = 32
    EXPECT_EQ(f.per_token, 2.0 * 157952);
    EXPECT_EQ(f.per_cached, 3 * 4 * 2.0 * (48 + 32));
    EXPECT_EQ(f.response(17, 3), 3 * f.per_token + f.per_cached * (17 + 18 + 19));
    EXPECT_EQ(f.response(17, 0), 0);
}

TEST(TestTime, MajorityIsTheBinomial) {
    const double right[][2] = {{1, 0.6}, {5, 0.68256}, {15, 0.786897}, {65, 0.949}}, wrong[][2] = {{1, 0.4}, {5, 0.31744}, {15, 0.213103}, {65, 0.051}};
    for (const auto& [n, p] : right) EXPECT_NEAR(majority(0.6, static_cast<std::int64_t>(n)), p, 1e-6);
    for (const auto& [n, p] : wrong) EXPECT_NEAR(majority(0.4, static_cast<std::int64_t>(n)), p, 1e-6);
    EXPECT_DOUBLE_EQ(majority(0.3, 2), 0.3) << "a tie is a coin";
    EXPECT_EQ(majority(1, 8), 1);
    EXPECT_NEAR(pass_at(0.4, 4), 0.8704, 1e-12);
    for (const std::int64_t n : {1, 5, 15, 65}) {
        const CoinShares s = throw_coins(0.6, n, 4000, 7);
        EXPECT_NEAR(s.majority, majority(0.6, n), 0.03) << n;
        EXPECT_NEAR(s.pass, pass_at(0.6, n), 0.03) << n;
    }
}

TEST(TestTime, VotesByHand) {
    const std::vector<int> answers = {3, 3, 5, 5, 7, 3, -1, -1, -1};
    EXPECT_DOUBLE_EQ(vote_shares(answers, 3, 3).vote, (1 + 1.0 / 3) / 3) << "3 3 5 elects 3; 5 7 3 ties three ways; no answers elect nobody";
    EXPECT_DOUBLE_EQ(vote_shares(answers, 3, 3).pass, 2.0 / 3);
    EXPECT_DOUBLE_EQ(vote_shares(answers, 3, 4).vote, 0.5) << "3 3 5 5 ties, 7 3 and two without an answer ties";
    EXPECT_EQ(vote_shares(answers, 3, 4).groups, 2) << "what is left over forms no group";
    EXPECT_EQ(vote_shares(answers, 3, 10).groups, 0);
    EXPECT_EQ(answer_digit("b6=2#4$"), 4);
    for (const char* none : {"", "#4", "4$", "#44$", "#w$"}) EXPECT_EQ(answer_digit(none), -1) << none;
}

TEST(TestTime, OneRootOfTheAhaEquationSurvives) {
    const double known[][2] = {{1.5, 0.36602540378443865}, {2, 0.6180339887498949}, {3, 1}, {7, 2}};
    for (const auto& [a, x] : known) {
        const auto roots = aha_roots(a);
        ASSERT_EQ(roots.size(), 4U);
        EXPECT_EQ(std::ranges::count_if(roots, &AhaRoot::valid), 1);
        const AhaRoot& r = *std::ranges::find_if(roots, &AhaRoot::valid);
        EXPECT_NEAR(r.x, x, 1e-12);
        EXPECT_LT(std::abs(r.residual), 1e-12);
        EXPECT_NEAR(aha_solution(a), x, 1e-12);
        EXPECT_TRUE(r.outer_plus && !r.inner_plus);
        for (const AhaRoot& each : roots) {
            EXPECT_NEAR(each.quartic, 0, 1e-11);
            // every candidate solves the equation with its own signs
            const double value = aha_branch(a, each.x, each.outer_plus, each.inner_plus);
            if (std::isfinite(value)) { EXPECT_NEAR(value, each.x, 1e-7); }
        }
    }
    EXPECT_EQ(std::ranges::count_if(aha_roots(0.9), &AhaRoot::valid), 0) << "below 1 no candidate survives";
    EXPECT_EQ(aha_roots(0.5).size(), 2U);
    EXPECT_TRUE(aha_roots(-1).empty());
}

TEST(TestTime, TablesRepeatAndTakeBadInput) {
    const Experiment e = reasoning_experiment();
    const std::string model = (kSource / "assets/models/reasoner").string(), plain = (kSource / "assets/models/reasoner-plain").string();
    for (const char* measure : {"answers", "budget", "vote", "wait"}) {
        const Params p = parse_params(e.params, {{"measure", measure}, {"model", model}, {"against", plain}, {"problems", "9"}, {"samples", "5"}, {"pen", "0.1"}}).value();
        const auto once = e.run(p, {}), again = e.run(p, {});
        ASSERT_TRUE(once && again) << measure;
        EXPECT_TRUE(*once == *again);
        EXPECT_TRUE(parse_records_csv(records_csv(*once)).value() == *once) << measure;
        const auto stopped = e.run(p, {.report = [](double) { return false; }});
        ASSERT_FALSE(stopped) << measure;
        EXPECT_EQ(stopped.error().code, "cancelled");
    }
    EXPECT_EQ(e.run(parse_params(e.params, {{"model", model}, {"terms", "1"}}).value(), {}).error().code, "reasoning_terms");
    EXPECT_FALSE(parse_params(e.params, {{"problems", "0"}}));
    EXPECT_FALSE(parse_params(e.params, {{"temperature", "-1"}}));
    EXPECT_FALSE(parse_records_csv("a,b\n1\n"));
    EXPECT_FALSE(parse_records_csv("a,b\n1,x\n"));
}

TEST(TestTime, ForcingDoesNotTouchOtherRollouts) {
    const auto problems = fresh_problems(5, 12);
    const auto plain = roll_out(packed(), problems, 2, {.seed = 9}).value();
    RolloutSettings s{.seed = 9};
    std::atomic<int> asked = 0;
    s.forcing = [&](const Rollout&, std::size_t problem, std::int32_t next) {
        EXPECT_LT(problem, 12U);
        ++asked;
        return next;
    };
    const auto same = roll_out(packed(), problems, 2, s).value();
    for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(plain[i].text, same[i].text);
    EXPECT_GT(asked, 24);
}

TEST(Induction, LooksBackInTheTaskAndNotElsewhere) {
    const auto ids = repeated_sequence(2, 32, 10, 1, 0);
    ASSERT_EQ(ids.size(), 20U);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(ids[i], ids[i + 10]);
        EXPECT_EQ(std::count(ids.begin(), ids.end(), ids[i]), 2);
    }
    for (const bool shuffled : {false, true}) {
        const LookupSequence s = lookup_sequence(shuffled, 1, 0);
        std::int64_t targets = 0;
        for (std::size_t t = 0; t < s.ids.size(); ++t) {
            if (s.target[t] < 0) continue;
            ++targets;
            const auto to = static_cast<std::size_t>(s.target[t]);
            EXPECT_EQ(s.ids[to - 1], s.ids[t]) << "the earlier occurrence";
            EXPECT_EQ(s.ids[to], s.ids[t + 1]) << "what followed it follows again";
        }
        EXPECT_EQ(targets, kSlots - 1);
    }
    const InductionScores s = measure_induction(reasoner(), 2, 32, 16, 8, true, 1).value();
    const std::size_t best = InductionScores::best(s.lookup);
    EXPECT_EQ(best / 4, 1U) << "in the middle layer";
    EXPECT_GT(s.lookup[best], 0.8);
    EXPECT_LT(s.shuffled[best], s.lookup[best] - 0.3) << "much of it hangs on the order of the keys";
    EXPECT_GT(s.shuffled[best], 2 * s.shuffled_uniform);
    EXPECT_LT(s.repeated[InductionScores::best(s.repeated)], 0.2);
}

TEST(TestTime, ShippedDistillationIsWhole) {
    ASSERT_TRUE(std::filesystem::exists(kRuns / "distil-1.csv"));
    for (const auto& file : std::filesystem::directory_iterator(kRuns)) {
        if (file.path().extension() != ".csv") continue;
        const int seed = std::stoi(file.path().stem().string().substr(std::string("distil-").size()));
        const auto shipped = read_reasoning_recording(kRuns, "distil", seed);
        ASSERT_TRUE(shipped) << shipped.error().plain();
        EXPECT_EQ(shipped->hash, hash_hex(records_csv(shipped->records)));
        EXPECT_EQ(shipped->records.columns, no_distil_records().columns);
        EXPECT_EQ(shipped->records.rows.back()[0], 1);
        EXPECT_EQ(shipped->records.rows.back()[1], 2);
    }
    EXPECT_EQ(read_reasoning_recording(kRuns, "distil", 99).error().code, "file_read");
    const auto folder = std::filesystem::path(testing::TempDir()) / "deepglass_reasoning_test";
    std::filesystem::create_directories(folder);
    for (const char* ending : {".csv", ".recipe.json"})
        std::filesystem::copy_file(kRuns / (std::string("distil-1") + ending), folder / (std::string("distil-1") + ending), std::filesystem::copy_options::overwrite_existing);
    std::string csv = read_file(folder / "distil-1.csv").value();
    csv[csv.size() - 3] = csv[csv.size() - 3] == '1' ? '2' : '1';
    ASSERT_TRUE(write_file(folder / "distil-1.csv", csv));
    EXPECT_EQ(read_reasoning_recording(folder, "distil", 1).error().code, "recording_damaged");
    std::filesystem::remove_all(folder);
}

TEST(TestTimeSlow, ShippedDistillationRepeatsItsFirstRows) {
    const auto shipped = read_reasoning_recording(kRuns, "distil", 1).value();
    std::shared_ptr<const Records> seen;
    const Task watch{.report = [&](double) { return !seen || seen->rows.size() < 2; }, .snapshot = [&](std::shared_ptr<const Records> r) { seen = std::move(r); }};
    const auto stopped = run_distil(packed(), {.rl_steps = shipped.params.integer("rl_steps"), .seed = 1}, watch);
    ASSERT_FALSE(stopped);
    ASSERT_TRUE(seen && seen->rows.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(seen->rows[i], shipped.records.rows[i]);
}

/// Writes assets/runs/reasoning again: DEEPGLASS_RECORD=folder test_sim --gtest_also_run_disabled_tests --gtest_filter=*MakeDistillation
TEST(TestTimeSlow, DISABLED_MakeDistillation) {
    const char* folder = std::getenv("DEEPGLASS_RECORD");
    ASSERT_NE(folder, nullptr);
    for (const char* seed : {"1", "2", "3"})
        ASSERT_TRUE(make_reasoning_recording(folder, parse_params(reasoning_experiment().params, {{"measure", "distil"}, {"seed", seed}}).value()));
}

}  // namespace
}  // namespace dg::sim
