// The pages that complete lessons 2, 3, 9, 10 and 11, and the map without steps: text within the page, numbers against
// computations of their own.
#include "shipped_scenes.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "sim/pretrain/card.h"
#include "viz/scenes/attention_toys.h"
#include "viz/scenes/embedding.h"
#include "viz/scenes/mla.h"
#include "viz/scenes/model_map.h"

#include <nlohmann/json.hpp>

namespace dg::viz {
namespace {

using Set = std::map<std::string, std::string>;

TEST(AttentionToys, PagesHoldTheirText) {
    for (const char* show : {"hand", "lecture", "spread", "pick", "cost"}) expect_page("attention", {{"show", show}, {"prompt", "湖南大学位于长沙"}});
    expect_page("attention", {{"show", "pick"}, {"prompt", "In the garden the blind mole dug a long tunnel. The doctor will take a biopsy of the mole on her arm."}, {"key", "20"}});
}

TEST(AttentionToys, TheHandSetHeadIsASoftmaxOfItsScores) {
    const auto data = computed("attention", {{"show", "hand"}});
    const auto numbers = numbers_of("attention", *data);
    const double sum = std::exp(7.0) + std::exp(7.32) + 2;  // a and creature itself score 0
    EXPECT_NEAR(numbers.at("weight[creature,fluffy]"), std::exp(7.0) / sum, 1e-6);
    EXPECT_NEAR(numbers.at("weight[creature,blue]"), std::exp(7.32) / sum, 1e-6);
    EXPECT_NEAR(numbers.at("weight[creature,creature]"), 1 / sum, 1e-6);
    EXPECT_EQ(numbers.at("weight[fluffy,creature]"), 0) << "the future is masked";
    const Result<Explanation> why = data->trace()->tape.explain("hand.scores", {0, 0, 3, 2});
    ASSERT_TRUE(why);
    EXPECT_NEAR(why->recheck, 7.32, 1e-5);
}

TEST(AttentionToys, SpreadGrowsWithTheWidthAndTheScaleUndoesIt) {
    for (const int width : {4, 64, 256}) {
        const auto numbers = numbers_of("attention", *computed("attention", {{"show", "spread"}, {"key_width", std::to_string(width)}, {"pairs", "4000"}}));
        EXPECT_NEAR(numbers.at("variance_before") / width, 1, 0.15) << width;
        EXPECT_NEAR(numbers.at("variance_after"), numbers.at("variance_before") / width, 1e-9);
    }
}

TEST(AttentionToys, AOneHotRowGivesEachKeysValueInEveryKindOfAttention) {
    for (const char* model : {"mini", "variant-mha", "variant-gqa", "variant-mqa"})
        for (const char* key : {"0", "2", "5"}) {
            const auto numbers = numbers_of("attention", *computed("attention", {{"show", "pick"}, {"model", model}, {"layer", "1"}, {"head", "5"}, {"key", key}, {"prompt", "湖南大学位于长沙"}}));
            EXPECT_EQ(numbers.at("output_difference"), 0) << model << key;
        }
    const auto failed = find_scene("attention")->compute(shipped_session(), scene_params("attention", {{"show", "pick"}, {"prompt", "湖南大学"}, {"key", "9"}}), {});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, "attention_key");
}

TEST(TokensChat, PagesHoldTheirText) {
    for (const Set& set : {Set{{"show", "chat"}}, Set{{"show", "chat"}, {"turns", "1"}}, Set{{"show", "chat"}, {"turns", "24"}}, Set{{"show", "window"}}, Set{{"show", "window"}, {"window", "40"}}}) expect_page("tokens", set);
}

TEST(TokensChat, HistoryIsSentAgainEveryTurn) {
    const auto numbers = numbers_of("tokens", *computed("tokens", {{"show", "chat"}, {"turns", "5"}, {"question", "30"}, {"reply", "70"}}));
    double history = 0, total = 0;
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(numbers.at(fmt::format("history[{}]", i)), history);
        EXPECT_EQ(numbers.at(fmt::format("fed[{}]", i)), history + 30);
        total += history + 30, history += 100;
    }
    EXPECT_EQ(numbers.at("fed_total"), total);
    EXPECT_EQ(numbers.at("text_total"), 500);
}

TEST(MlaVariants, PagesHoldTheirText) {
    expect_page("mla", {{"show", "variants"}});
    expect_page("mla", {{"show", "rank"}, {"model", "variant-mha"}, {"rank", "24"}, {"documents", "2"}});
}

TEST(MlaVariants, CountsAreTheWeightsAndTheCardIsTheModels) {
    const auto numbers = numbers_of("mla", *computed("mla", {{"show", "variants"}}));
    for (const auto& [id, name] : {std::pair("MHA", "variant-mha"), {"GQA", "variant-gqa"}, {"MLA", "variant-mla"}, {"MQA", "variant-mqa"}}) {
        const auto model = shipped_session().model(name).value();
        std::int64_t stored = 0;
        for (const auto& [key, tensor] : model->model.weights.tensors) stored += tensor.size();
        EXPECT_EQ(numbers.at(fmt::format("variant_parameters[{}]", id)), static_cast<double>(stored)) << id;
        const auto card = nlohmann::json::parse(model->card_json);
        const std::string recipe = read_file(std::string(DEEPGLASS_SOURCE_DIR) + "/assets/recipes/" + name + ".toml").value();
        EXPECT_EQ(card["recipe"], recipe) << "the shipped recipe is the one it was trained with";
    }
}

TEST(MlaVariants, SlowTheCardsLossIsTheLossOfTheShippedWeights) {
    const auto model = shipped_session().model("variant-mqa").value();
    const auto card = nlohmann::json::parse(model->card_json);
    const auto losses = sim::domain_losses(model->model, model->tokenizer, hash_words(7, 0xE7A1), 300);
    ASSERT_EQ(losses.size(), card["domains"].size());
    for (std::size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i].model_nats, card["domains"][i]["model_nats_per_document"].get<double>(), 1e-6) << losses[i].domain;
}

TEST(TrainingRecords, PagesHoldTheirText) {
    expect_page("mtp", {{"show", "ablation"}});
    expect_page("balance", {{"show", "loss"}});
    const auto failed = find_scene("balance")->compute(shipped_session(), scene_params("balance", {{"show", "loss"}, {"seed", "99"}}), {});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, "records_seed");
}

TEST(EmbeddingTraining, PagesHoldTheirText) { expect_page("embedding", {{"show", "training"}}); }

TEST(EmbeddingTraining, TheLastPointsLieOnTheShippedTable) {
    const auto data = computed("embedding", {{"show", "training"}});
    const auto& d = dynamic_cast<const embedding::Data&>(*data);
    std::vector<std::span<const float>> rows;
    for (std::int64_t v = 0; v < d.table().dim(0); ++v) rows.emplace_back(d.table().row(v), static_cast<std::size_t>(d.table().dim(1)));
    const sim::Pca pca = sim::principal_axes(rows, 2);
    ASSERT_GT(d.stream.size(), 20U);
    EXPECT_EQ(d.steps.front(), 0);
    EXPECT_EQ(d.steps.back(), 1200);
    double moved = 0;
    for (const embedding::Trail& trail : d.stream) {
        const auto& row = rows[static_cast<std::size_t>(trail.row)];
        // recorded in f32, shipped in BF16: 8 bits of each of the row's numbers
        EXPECT_NEAR(trail.points.back().x, pca.along(row, 0), 0.02) << trail.name;
        EXPECT_NEAR(trail.points.back().y, pca.along(row, 1), 0.02) << trail.name;
        moved = std::max(moved, std::hypot(trail.points.back().x - trail.points.front().x, trail.points.back().y - trail.points.front().y));
    }
    EXPECT_GT(moved, 0.2) << "ten times the rounding";
}

TEST(ModelMapZoom, PagesHoldTheirTextAtEveryMagnification) {
    for (const char* scale : {"0", "1", "3", "5", "8.5", "11", "14", "19"})
        for (const auto& [x, y] : {std::pair("0.3", "0.6"), {"0.365", "0.945"}, {"0.99", "0.86"}}) expect_page("model-map", {{"zoom", "map"}, {"scale", scale}, {"at_x", x}, {"at_y", y}});
}

TEST(ModelMapZoom, TheWheelKeepsThePointUnderThePointer) {
    const Scene& scene = *find_scene("model-map");
    Set set = {{"zoom", "map"}, {"scale", "3"}, {"at_x", "0.41"}, {"at_y", "0.52"}};
    const auto act = [&](const std::string& action) {
        const Params params = scene_params("model-map", set);
        set = scene.act(*computed("model-map", set), params, action);
    };
    // the centre stays when the pointer is there, and zooming out again about any point leads back
    act("wheel 4 0.5 0.5 1.7");
    EXPECT_DOUBLE_EQ(std::stod(set["scale"]), 5);
    EXPECT_NEAR(std::stod(set["at_x"]), 0.41, 1e-9);
    act("wheel 3 0.2 0.8 1.7");
    EXPECT_LT(std::stod(set["at_x"]), 0.41);
    EXPECT_GT(std::stod(set["at_y"]), 0.52);
    act("wheel -3 0.2 0.8 1.7");
    EXPECT_NEAR(std::stod(set["at_x"]), 0.41, 1e-9);
    EXPECT_NEAR(std::stod(set["at_y"]), 0.52, 1e-9);
    // moving there and back, by shares of what is seen
    act("pan 0.25 -0.1 1.7");
    EXPECT_LT(std::stod(set["at_x"]), 0.41);
    EXPECT_GT(std::stod(set["at_y"]), 0.52);
    act("pan -0.25 0.1 1.7");
    EXPECT_NEAR(std::stod(set["at_x"]), 0.41, 1e-9);
    EXPECT_NEAR(std::stod(set["at_y"]), 0.52, 1e-9);
    // words that are no numbers and endless turns do no harm
    act("pan nan 1e300 x");
    EXPECT_LE(std::stod(set["at_y"]), 1);
    set["at_x"] = "0.41", set["at_y"] = "0.52";
    act("wheel 1e9 0.5 0.5 1.7");
    EXPECT_LE(std::stod(set["scale"]), 19);
    act("wheel nan x y z");
    act("goto model 3");
    EXPECT_GT(std::stod(set["scale"]), 8);
    act("goto v3");
    EXPECT_DOUBLE_EQ(std::stod(set["scale"]), 0);
}

TEST(ModelMapZoom, DrawnCellsAreTheModelsWeights) {
    // layer 3 of the running model, then eight times nearer
    Set set = {{"zoom", "map"}};
    for (const char* action : {"goto model 3", "wheel 6 0.5 0.5 1.7"}) set = find_scene("model-map")->act(*computed("model-map", set), scene_params("model-map", set), action);
    const auto data = computed("model-map", set);
    LogCanvas canvas(Rect{0, 0, 1920, 1080});
    find_scene("model-map")->draw(canvas, *data, scene_params("model-map", set), {});
    int cells = 0;
    for (const Region& r : canvas.regions()) {
        if (!r.cell) continue;
        const Result<Explanation> why = data->trace()->tape.explain(r.cell->tensor, {r.cell->at[0] + r.rows - 1, r.cell->at[1] + r.cols - 1});
        ASSERT_TRUE(why) << r.cell->tensor;
        const Tensor<float>& w = shipped_session().model("mini").value()->model.weights.at(r.cell->tensor);
        EXPECT_EQ(why->value, static_cast<double>(w.row(r.cell->at[0] + r.rows - 1)[r.cell->at[1] + r.cols - 1]));
        ++cells;
    }
    EXPECT_GT(cells, 0);
}

}  // namespace
}  // namespace dg::viz
