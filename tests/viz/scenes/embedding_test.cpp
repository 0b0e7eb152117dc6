// The embedding scene on the shipped model: lookup, neighbours, senses against independent computation.
#include "viz/scenes/embedding.h"

#include "viz/canvas/log_canvas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace dg::viz {
namespace {

using embedding::Data;

std::shared_ptr<const Data> data_of(const std::map<std::string, std::string>& set) {
    static Session session;
    const Scene scene = embedding_scene();
    const auto data = scene.compute(session, parse_params(scene.params, set).value(), {});
    EXPECT_TRUE(data.has_value()) << (data ? "" : data.error().plain());
    return std::dynamic_pointer_cast<const Data>(data.value());
}

std::map<std::string, double> observed(const Data& d) {
    std::map<std::string, double> out;
    for (const Observation& o : embedding::observe(d)) out[o.index.empty() ? o.name : o.name + "[" + o.index + "]"] = o.value;
    return out;
}

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
        for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector})
            for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1100, 700}})
                for (int stage = 0; stage < 4; ++stage) {
                    LogCanvas canvas(page);
                    View view;
                    view.stage = stage, view.theme = id, view.lang = stage % 2 == 0 ? Lang::kZh : Lang::kEn, view.u = 0.5, view.revealed = stage != 2;
                    embedding_scene().draw(canvas, *d, parse_params(embedding_scene().params, {{"show", show}}).value(), view);
                    for (const LogCanvas::DrawnText& text : canvas.texts()) {
                        EXPECT_GE(text.box.x, page.x - 1) << show << " " << text.text;
                        EXPECT_LE(text.box.right(), page.right() + 1) << show << " " << text.text;
                        EXPECT_EQ(text.text.find("⟦"), std::string::npos) << text.text;
                    }
                }
    }
}

}  // namespace
}  // namespace dg::viz
