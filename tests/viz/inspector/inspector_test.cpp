// The inspector on real recorded runs: every cell of every tensor must recheck, down to weights and inputs.
#include "viz/inspector/inspector.h"

#include "engine/base/rng.h"
#include "engine/io/hf.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace dg::viz {
namespace {

std::shared_ptr<const Trace> golden_trace(const std::string& name) {
    auto loaded = std::make_shared<LoadedModel>();
    loaded->name = name;
    auto model = load_model(std::filesystem::path(DEEPGLASS_SOURCE_DIR) / "tests/golden/model" / name);
    EXPECT_TRUE(model) << (model ? "" : model.error().plain());
    if (!model) return nullptr;
    loaded->model = std::move(model).value();
    auto trace = std::make_shared<Trace>();
    trace->batch = {1, 9, {}};
    Rng rng = Rng::keyed(2, "inspector");
    for (int t = 0; t < 9; ++t) {
        trace->batch.ids.push_back(static_cast<std::int32_t>(rng.below(static_cast<std::uint32_t>(loaded->model.config.vocab_size))));
    }
    ForwardOptions options;
    options.decode = true;
    EXPECT_TRUE(forward(loaded->model, trace->batch, options, trace->tape));
    trace->model = std::move(loaded);
    return trace;
}

class InspectorOn : public testing::TestWithParam<const char*> {};

TEST_P(InspectorOn, SampledCellsOfEveryTensorAgree) {
    const auto trace = golden_trace(GetParam());
    ASSERT_TRUE(trace);
    Rng rng = Rng::keyed(3, "cells");
    int cells = 0;
    for (const std::string& name : trace->tape.names()) {
        const Tensor<float>& t = trace->tape.value(trace->tape.find(name));
        for (int i = 0; i < 5 && t.size() > 0; ++i) {
            const CellRef cell{name, t.index_of(rng.below(static_cast<std::uint32_t>(t.size())))};
            const auto page = inspect(*trace, cell, Lang::kEn);
            ASSERT_TRUE(page) << name << ": " << page.error().plain();
            EXPECT_NE(page->recheck, Recheck::kDiffers)
                << cell_name(cell) << " value " << page->why.value << " recheck " << page->why.recheck << " tolerance " << page->tolerance;
            EXPECT_LE(page->terms.size(), kShownTerms);
            ++cells;
        }
    }
    EXPECT_GT(cells, 200);
}

TEST_P(InspectorOn, EveryTrailEndsAtAWeightOrAnInput) {
    const auto trace = golden_trace(GetParam());
    ASSERT_TRUE(trace);
    const Tensor<float>& logits = trace->tape.value(trace->tape.find("logits"));
    for (std::int64_t flat : {std::int64_t{0}, logits.size() / 2, logits.size() - 1}) {
        Inspector inspector;
        ASSERT_TRUE(inspector.open(*trace, {"logits", logits.index_of(flat)}, Lang::kZh));
        for (int depth = 0; depth < 500 && inspector.page().recheck != Recheck::kLeaf; ++depth) {
            ASSERT_FALSE(inspector.page().why.operands.empty()) << cell_name(inspector.page().cell);
            const Operand first = inspector.page().why.operands.front();
            const auto pushed = inspector.push(*trace, {first.tensor, first.at}, Lang::kZh);
            ASSERT_TRUE(pushed) << pushed.error().plain() << " operand of " << cell_name(inspector.page().cell);
            EXPECT_EQ(inspector.page().why.value, first.value);
        }
        EXPECT_EQ(inspector.page().recheck, Recheck::kLeaf);
        EXPECT_GT(inspector.trail().size(), 5U);
    }
}

INSTANTIATE_TEST_SUITE_P(Golden, InspectorOn, testing::Values("v3_grouped", "v2_softmax", "v3_yarn_mtp"));

TEST(Inspector, GoesDownAndUp) {
    const auto trace = golden_trace("v3_grouped");
    ASSERT_TRUE(trace);
    Inspector inspector;
    EXPECT_FALSE(inspector.is_open());
    EXPECT_THROW(static_cast<void>(inspector.page()), Bug);
    ASSERT_TRUE(inspector.open(*trace, {"logits", {0, 8, 3}}, Lang::kEn));
    ASSERT_TRUE(inspector.push(*trace, {"norm", {0, 8, 0}}, Lang::kEn));
    EXPECT_EQ(inspector.trail().size(), 2U);
    // an error leaves the trail as it was
    const auto bad = inspector.push(*trace, {"norm", {0, 9, 0}}, Lang::kEn);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, "bad_index");
    EXPECT_EQ(inspector.open(*trace, {"nonsense", {0}}, Lang::kEn).error().code, "no_such_tensor");
    EXPECT_EQ(inspector.page().cell.tensor, "norm");
    inspector.jump(0);
    EXPECT_EQ(inspector.page().cell.tensor, "logits");
    inspector.pop();
    EXPECT_FALSE(inspector.is_open());
    inspector.pop();
}

}  // namespace
}  // namespace dg::viz
