// The embedding scene on the shipped model: lookup, neighbours, senses against independent computation.
#include "viz/scenes/embedding.h"

#include "tests/viz/scenes/shipped_scenes.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace dg::viz {
namespace {

using embedding::Data;

std::shared_ptr<const Data> data_of(const std::map<std::string, std::string>& set) { return std::dynamic_pointer_cast<const Data>(computed("embedding", set)); }

std::map<std::string, double> observed(const Data& d) { return numbers_of("embedding", d); }

TEST(EmbeddingScene, OneHotProductIsTheRowExactly) {
    const auto d = data_of({{"prompt", "湖南大学"}, {"position", "1"}});
    auto o = observed(*d);
    EXPECT_EQ(o["difference"], 0);
    EXPECT_EQ(o["operations"], 2.0 * 1024 * 128);
    EXPECT_EQ(o["id"], static_cast<double>(d->run->batch.at(0, 1)));
    EXPECT_EQ(o["big_parameters"], 926679040.0);
    EXPECT_NEAR(o["big_share"], 0.0014, 5e-5);
}

TEST(EmbeddingScene, NeighboursAreTheLargestCosines) {
    const auto d = data_of({{"show", "neighbours"}, {"word", " red"}});
    const Tensor<float>& table = d->table();
    const auto cosine = [&](std::int64_t v) {
        double dot = 0, aa = 0, bb = 0;
        for (std::int64_t i = 0; i < table.cols(); ++i) dot += table.row(v)[i] * table.row(d->word)[i], aa += table.row(v)[i] * table.row(v)[i], bb += table.row(d->word)[i] * table.row(d->word)[i];
        return dot / std::sqrt(aa * bb);
    };
    ASSERT_EQ(d->near.size(), 8U);
    for (const auto& n : d->near) EXPECT_NEAR(n.cosine, cosine(n.id), 1e-5);
    for (std::int64_t v = 0; v < d->model->tokenizer.vocab_size(); ++v) {
        const bool listed = std::ranges::any_of(d->near, [&](const auto& n) { return n.id == v; });
        EXPECT_TRUE(listed || v == d->word || cosine(v) <= d->near.back().cosine + 1e-6) << v;
    }
    EXPECT_GT(d->kin.same_pairs, 50);
}

TEST(EmbeddingScene, SensesStartAsOneVectorAndPart) {
    const auto d = data_of({{"show", "senses"}});
    auto o = observed(*d);
    EXPECT_EQ(o["senses"], 3);
    EXPECT_EQ(o["cosine_min[0]"], 1);
    for (std::size_t pair = 0; pair < 3; ++pair) EXPECT_LT(o[fmt::format("cosine[{},6]", pair)], 1);
    for (std::size_t i = 1; i < 3; ++i) {
        EXPECT_EQ(d->senses.trails[i].points[0].x, d->senses.trails[0].points[0].x);
        EXPECT_NE(d->senses.trails[i].points[6].x, d->senses.trails[0].points[6].x);
    }
    EXPECT_EQ(d->trace(), d->senses.trails[0].run.get());
    EXPECT_GT(o["contexts_asked"], 5);
}

TEST(EmbeddingScene, UnknownWordsAreNamed) {
    Session session;
    const Scene scene = embedding_scene();
    const auto data = scene.compute(session, parse_params(scene.params, {{"show", "senses"}, {"word", "tree"}}).value(), {});
    ASSERT_FALSE(data.has_value());
    EXPECT_EQ(data.error().code, "embedding_word");
}

TEST(EmbeddingScene, EveryPictureDrawsInsideItsPage) {
    for (const char* show : {"lookup", "map", "neighbours", "stream", "senses", "size"}) {
        const auto d = data_of({{"show", show}, {"prompt", "湖南大学位于长沙。 The red cat sat."}, {"word", std::string_view(show) == "neighbours" ? " red" : ""}});
        const Params params = parse_params(embedding_scene().params, {{"show", show}}).value();
        expect_pages(show, 4, [&](Canvas& canvas, const View& view) { embedding_scene().draw(canvas, *d, params, view); });
    }
}

}  // namespace
}  // namespace dg::viz
