#include "sim/experiment.h"
#include "sim/job.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <set>

namespace dg::sim {
namespace {

/// Counts to `n`, one row each; fails when told to.
Result<Records> count(const Params& params, const Task& task) {
    if (params.flag("throw")) throw std::runtime_error("broken on purpose");
    Records r{.columns = {"i", "half"}};
    for (std::int64_t i = 0; i < params.integer("n"); ++i) {
        if (!task.report(static_cast<double>(i) / static_cast<double>(params.integer("n")))) return Error{"cancelled", {}, ""};
        r.rows.push_back({static_cast<double>(i), static_cast<double>(i) / 2});
        if (task.snapshot) task.snapshot(std::make_shared<Records>(r));
    }
    return r;
}

Experiment counter() {
    return {.id = "count",
            .params = {{.id = "n", .default_value = "3", .min = 1, .max = 1e9}, {.id = "throw", .type = ParamType::kBool, .default_value = "false"}},
            .run = &count};
}

TEST(Experiments, TheTableIsSound) {
    std::set<std::string_view> ids;
    for (const Experiment& e : experiments()) {
        EXPECT_TRUE(ids.insert(e.id).second) << e.id;
        EXPECT_NE(e.run, nullptr);
        const auto defaults = parse_params(e.params, {});
        EXPECT_TRUE(defaults) << e.id;
        bool seeded = false;
        for (const ParamSpec& spec : e.params) seeded |= spec.id == "seed";
        EXPECT_TRUE(seeded) << e.id;
    }
    const auto missing = require_experiment("double-decent");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, "unknown_experiment");
}

TEST(Job, RunsAndHandsOverTheRecords) {
    const Experiment e = counter();
    Job job(e, *parse_params(e.params, {}));
    const auto records = job.finish();
    ASSERT_TRUE(records);
    EXPECT_EQ(records->rows.size(), 3u);
    ASSERT_NE(job.snapshot(), nullptr);
    EXPECT_EQ(*job.snapshot(), *records);
    EXPECT_TRUE(job.wait_for(std::chrono::milliseconds(0)));
}

TEST(Job, CancelEndsALongRun) {
    const Experiment e = counter();
    Job job(e, *parse_params(e.params, {{"n", "1000000000"}}));
    while (!job.snapshot()) std::this_thread::yield();
    job.cancel();
    const auto records = job.finish();
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().code, "cancelled");
    // and one that nobody waits for
    const Job abandoned(e, *parse_params(e.params, {{"n", "1000000000"}}));
}

TEST(Job, AnExceptionIsAnErrorNotAnEnd) {
    const Experiment e = counter();
    Job job(e, *parse_params(e.params, {{"throw", "on"}}));
    const auto records = job.finish();
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().code, "bug");
}

TEST(Records, FilesHoldEmptyCellsForWhatIsUnknown) {
    const Records r{.columns = {"p", "theory"}, .rows = {{1, 0.1}, {2, std::nan("")}, {3, INFINITY}}};
    EXPECT_EQ(records_csv(r), "p,theory\n1,0.1\n2,\n3,\n");
    const Experiment e = counter();
    const auto json = nlohmann::json::parse(records_json(e, *parse_params(e.params, {}), r, "9"));
    EXPECT_EQ(json["experiment"], "count");
    EXPECT_EQ(json["params"]["n"], "3");
    EXPECT_EQ(json["records"][0]["theory"], 0.1);
    EXPECT_TRUE(json["records"][1]["theory"].is_null());
    EXPECT_EQ(json["version"], "9");
}

TEST(DoubleDescentExperiment, WritesTheColumnsOfTheContract) {
    const auto e = require_experiment("double-descent");
    ASSERT_TRUE(e);
    const auto params = parse_params((*e)->params, {{"n", "20"}, {"p_min", "2"}, {"p_max", "80"}, {"points", "9"}, {"seeds", "3"}});
    ASSERT_TRUE(params);
    const auto records = (*e)->run(*params, {});
    ASSERT_TRUE(records);
    EXPECT_EQ(records->columns, (std::vector<std::string>{"p", "test_risk_mean", "test_risk_median", "train_risk_mean", "theory"}));
    ASSERT_EQ(records->rows.size(), 9u);
    int unknown = 0;
    for (const auto& row : records->rows) {
        unknown += std::isnan(row[4]);
        EXPECT_GT(row[1], 0);
        if (row[0] >= 20) {
            EXPECT_LT(row[3], 1e-10);  // interpolation
        }
    }
    EXPECT_EQ(unknown, 1);  // p = n
    const auto again = (*e)->run(*params, {});
    EXPECT_EQ(*records, *again);
}

TEST(DoubleDescentExperiment, RefusesWhatMakesNoSense) {
    const auto e = require_experiment("double-descent");
    for (const auto& [name, value] : std::map<std::string, std::string>{{"n", "0"}, {"ridge", "-1"}, {"noise_variance", "-0.1"}, {"seeds", "0"}, {"points", "0"}, {"ridge", "nan"}}) {
        EXPECT_FALSE(parse_params((*e)->params, {{name, value}})) << name;
    }
    const auto crossed = (*e)->run(*parse_params((*e)->params, {{"p_min", "50"}, {"p_max", "40"}}), {});
    ASSERT_FALSE(crossed);
    EXPECT_EQ(crossed.error().code, "param_order");
    const auto timeless = (*e)->run(*parse_params((*e)->params, {{"model", "relu"}, {"over", "time"}}), {});
    ASSERT_FALSE(timeless);
    EXPECT_EQ(timeless.error().code, "param_over_time");
}

}  // namespace
}  // namespace dg::sim
