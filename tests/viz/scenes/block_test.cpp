// What the block scene shows is what the tape holds; its experiments hold against independent computation.
#include "viz/scenes/block.h"

#include "tests/viz/scenes/attention_support.h"
#include "tests/viz/scenes/scene_testing.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>

namespace dg::viz {
namespace {

using block::Data;

std::shared_ptr<const Trace> lens_trace(const std::string& prompt, bool moe = true) {
    auto trace = std::make_shared<Trace>();
    auto model = std::make_shared<LoadedModel>();
    model->name = "small", model->tokenizer = small_tokenizer();
    Config c = small_config();
    if (moe) {
        c.first_k_dense_replace = 1, c.n_routed_experts = 8, c.num_experts_per_tok = 2, c.n_shared_experts = 1, c.moe_intermediate_size = 12;
        c.n_group = 2, c.topk_group = 1, c.routed_scaling_factor = 2.5;
    }
    model->model = random_model(c, 5);
    trace->prompt = prompt, trace->tokens = model->tokenizer.encode_spans(prompt);
    trace->batch.batch = 1, trace->batch.length = static_cast<std::int64_t>(trace->tokens.size());
    for (const TokenSpan& token : trace->tokens) trace->batch.ids.push_back(token.id);
    ForwardOptions options;
    options.lens = true;
    EXPECT_TRUE(forward(model->model, trace->batch, options, trace->tape).has_value());
    trace->model = model;
    return trace;
}

std::shared_ptr<const Data> data_of(block::Wanted wanted = {.layer = 1}, const std::string& prompt = "a fluffy blue creature") {
    return block::make_data(lens_trace(prompt), wanted, {}).value();
}

std::map<std::string, double> observed(const Data& d) { return by_name(block::observe(d)); }

/// softmax(head . norm(x)) in double, written out again.
std::vector<double> read_by_hand(const Data& d, const std::string& tensor) {
    const Model<float>& m = d.run->model->model;
    const auto x = d.row(tensor);
    double square = 0;
    for (const float v : x) square += static_cast<double>(v) * v;
    const double rms = std::sqrt(square / static_cast<double>(x.size()) + m.config.rms_norm_eps);
    const Tensor<float>&head = m.weights.at("lm_head.weight"), &gain = m.weights.at("model.norm.weight");
    std::vector<double> p(static_cast<std::size_t>(head.dim(0)));
    double sum = 0;
    for (std::size_t v = 0; v < p.size(); ++v) {
        double logit = 0;
        for (std::size_t i = 0; i < x.size(); ++i) logit += x[i] / rms * gain[static_cast<std::int64_t>(i)] * static_cast<double>(head.row(static_cast<std::int64_t>(v))[i]);
        sum += p[v] = std::exp(logit);
    }
    for (double& v : p) v /= sum;
    return p;
}

TEST(BlockScene, ReadingsEqualNormHeadAndSoftmaxByHand) {
    const auto d = data_of();
    auto o = observed(*d);
    ASSERT_EQ(d->readings.size(), 5U);
    const std::pair<const char*, const char*> places[] = {{"embed", "e"}, {"layers.0.attn.residual", "0a"}, {"layers.0.out", "0"}, {"layers.1.out", "1"}};
    for (const auto& [tensor, index] : places) {
        const std::vector<double> p = read_by_hand(*d, tensor);
        EXPECT_NEAR(o[fmt::format("p[{}]", index)], p[static_cast<std::size_t>(d->target)], 1e-6) << index;
        double entropy = 0;
        std::int64_t rank = 1;
        for (const double v : p) entropy -= v * std::log(v), rank += v > p[static_cast<std::size_t>(d->target)] ? 1 : 0;
        EXPECT_NEAR(o[fmt::format("entropy[{}]", index)], entropy, 1e-4);
        EXPECT_EQ(o[fmt::format("rank[{}]", index)], static_cast<double>(rank));
    }
    EXPECT_EQ(d->readings.back().rank_target, 1) << "without `watch` the model's own first choice is followed";
    EXPECT_EQ(o["last_only_difference"], 0);
}

TEST(BlockScene, CorrectionsAddUpToTheStream) {
    const auto d = data_of();
    const auto before = d->row(d->entering()), attention = d->row("layers.1.attn.out"), mlp = d->row("layers.1.mlp.out"), after = d->row("layers.1.out");
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], static_cast<double>(before[i]) + attention[i] + mlp[i], 1e-5);
    double dot = 0;
    for (std::size_t i = 0; i < before.size(); ++i) dot += static_cast<double>(before[i]) * attention[i];
    EXPECT_NEAR(d->middle().cosine, dot / (length_of(before) * length_of(attention)), 1e-9);
    EXPECT_NEAR(d->after().added, length_of(mlp), 1e-12);
}

TEST(BlockScene, AnEditedTokenChangesNoOtherTokenInTheMlp) {
    for (const std::int64_t layer : {0, 1}) {
        const auto d = data_of({.layer = layer, .isolate = true, .edit = 1, .replace = "river"});
        const auto& change = d->isolation;
        for (std::size_t t = 0; t < change.feed_forward.size(); ++t) {
            EXPECT_EQ(change.feed_forward[t] == 0, t != 1) << t;
            EXPECT_EQ(change.attention[t] == 0, t < 1) << t;
        }
    }
}

TEST(BlockScene, SilencedNeuronsAreThoseOfTheTape) {
    const auto d = data_of({.layer = 1, .neurons = true});
    const auto& test = d->neurons;
    // 48 dense units, 2 experts of 12 and a shared one of 12
    EXPECT_EQ(test.active, 48 + 3 * 12);
    EXPECT_NEAR(test.p, d->readings.back().p_target, 1e-6);
    ASSERT_EQ(test.best.size(), 5U);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_GE(test.best[i - 1].share, test.best[i].share);
    EXPECT_LT(test.p_without_best, test.p);
    for (const double p : test.p_without_random) EXPECT_TRUE(p > 0 && p < 1);
    // the model shown is left as it was
    EXPECT_NEAR(read_by_hand(*d, "layers.1.out")[static_cast<std::size_t>(d->target)], test.p, 1e-6);
}

TEST(BlockScene, BadPlacesAreRefused) {
    const auto run = lens_trace("a blue");
    EXPECT_EQ(block::make_data(run, {.layer = 2}, {}).error().code, "block_layer");
    EXPECT_EQ(block::make_data(run, {.layer = 0, .position = 99}, {}).error().code, "block_position");
    EXPECT_EQ(block::make_data(run, {.layer = 0, .isolate = true, .edit = 99, .replace = "x"}, {}).error().code, "block_edit");
    EXPECT_EQ(block::make_data(run, {.layer = 0, .isolate = true, .edit = 0, .replace = ""}, {}).error().code, "block_watch");
}

TEST(BlockScene, EveryPictureDrawsInsideItsPage) {
    const auto d = data_of({.layer = 1, .isolate = true, .neurons = true, .edit = 0, .replace = "river"});
    const auto dense = data_of({.layer = 0}, "湖南大学在长沙。湖南大学是一所大学，岳麓书院在湖南大学。");
    for (const char* show : {"flow", "steps", "lens", "isolate", "neurons", "positions"}) {
        const bool needs_tests = std::string_view(show) == "isolate" || std::string_view(show) == "neurons";
        const Params params = parse_params(block_scene().params, {{"show", show}}).value();
        expect_pages(show, 6, [&](Canvas& canvas, const View& view) { block_scene().draw(canvas, needs_tests || view.stage % 2 == 0 ? *d : *dense, params, view); });
    }
}

}  // namespace
}  // namespace dg::viz
