#include "sim/pretrain/pretrain.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/pretrain/batches.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace dg::sim {
namespace {

namespace fs = std::filesystem;

std::string recipe_text() {
    auto text = read_file(std::string(DEEPGLASS_SOURCE_DIR) + "/assets/recipes/smoke.toml");
    EXPECT_TRUE(text);
    return *text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

Recipe short_recipe(int steps) {
    auto recipe = parse_recipe(replaced(replaced(recipe_text(), "steps = 60", "steps = " + std::to_string(steps)), "checkpoint_steps = 20", "checkpoint_steps = 2"), "smoke");
    EXPECT_TRUE(recipe) << recipe.error().plain();
    return *recipe;
}

fs::path fresh_folder(const std::string& name) {
    const fs::path folder = fs::path(testing::TempDir()) / ("pretrain_" + name);
    fs::remove_all(folder);
    return folder;
}

TEST(Recipe, ShippedRecipesParse) {
    for (const char* name : {"mini", "smoke"}) {
        const auto recipe = load_recipe(std::string(DEEPGLASS_SOURCE_DIR) + "/assets/recipes/" + name + ".toml");
        ASSERT_TRUE(recipe) << recipe.error().plain();
        EXPECT_EQ(recipe->name, name);
    }
}

TEST(Recipe, MiniKeepsTheRatiosOfV3) {
    const auto recipe = load_recipe(std::string(DEEPGLASS_SOURCE_DIR) + "/assets/recipes/mini.toml");
    ASSERT_TRUE(recipe);
    EXPECT_EQ(recipe->model.kv_lora_rank, 4 * recipe->model.qk_nope_head_dim);
    EXPECT_EQ(2 * recipe->model.qk_rope_head_dim, recipe->model.qk_nope_head_dim);
    EXPECT_EQ(recipe->model.cache_elements(), 72);
}

TEST(Recipe, MistakesAreNamedWithTheirPlace) {
    const std::string good = recipe_text();
    const std::vector<std::pair<std::string, std::string>> cases = {
        {replaced(good, "steps = 60", "steps = 0"), "recipe_range"},
        {replaced(good, "steps = 60", "stepps = 60"), "recipe_unknown_key"},
        {replaced(good, "steps = 60", "steps = \"many\""), "recipe_range"},
        {replaced(good, "dtype = \"bf16\"", "dtype = \"fp4\""), "recipe_choice"},
        {replaced(good, "[train]", "[train"), "recipe_syntax"},
        {replaced(good, "length = 64", "length = 640"), "recipe_range"},
        {replaced(good, "specials = [\"<|doc|>\", \"<|pad|>\"]", ""), "recipe_missing"},
        {"name = \"x\"\n[tokenizer]\nspecials = [\"<|doc|>\"]\n", "recipe_missing"},
    };
    for (const auto& [text, code] : cases) {
        const auto recipe = parse_recipe(text, "bad.toml");
        ASSERT_FALSE(recipe) << code;
        EXPECT_EQ(recipe.error().code, code) << recipe.error().plain();
        EXPECT_EQ(recipe.error().where.rfind("bad.toml", 0), 0U) << recipe.error().where;
    }
    const auto unknown = parse_recipe(cases[1].first, "bad.toml");
    EXPECT_NE(unknown.error().where, "bad.toml");  // line and column as well
}

TEST(Batches, RowsAreIndependentOfEachOtherAndFull) {
    const Recipe recipe = short_recipe(2);
    const auto tokenizer = Tokenizer::train("abc abc 湖南大学", 300, recipe.specials);
    ASSERT_TRUE(tokenizer);
    const TokenBatch first = training_batch(recipe, *tokenizer, 0), second = training_batch(recipe, *tokenizer, 1);
    EXPECT_EQ(first.ids.size(), static_cast<std::size_t>(recipe.rows * recipe.length));
    const auto row = packed_row(*tokenizer, recipe.seed, static_cast<std::uint64_t>(recipe.rows), recipe.length);
    EXPECT_TRUE(std::equal(row.begin(), row.end(), second.ids.begin()));
    EXPECT_NE(first.ids, second.ids);
}

TEST(Pretrain, StoppedAndResumedEqualsUninterrupted) {
    const Recipe recipe = short_recipe(7);
    PretrainOptions straight{fresh_folder("straight")}, broken{fresh_folder("broken")};
    ASSERT_TRUE(pretrain(recipe, straight, {}));
    std::stop_source stop;
    broken.progress = [&](const PretrainProgress& p) {
        if (p.stats.step == 3) stop.request_stop();
    };
    const auto stopped = pretrain(recipe, broken, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, "cancelled");
    EXPECT_FALSE(fs::exists(broken.out / "model.safetensors"));
    broken.progress = [](const PretrainProgress&) {};
    EXPECT_EQ(pretrain(recipe, broken, {}).error().code, "out_holds_run");
    broken.resume = true;
    ASSERT_TRUE(pretrain(recipe, broken, {}));
    for (const char* file : {"model.safetensors", "config.json", "tokenizer.json", "curves.csv"})
        EXPECT_EQ(*read_file(straight.out / file), *read_file(broken.out / file)) << file;
    // the clock of training goes on where it stopped
    std::istringstream lines(*read_file(broken.out / "timing.csv"));
    std::string line;
    std::getline(lines, line);
    double before = 0;
    std::int64_t rows = 0;
    for (; std::getline(lines, line); ++rows) {
        const double seconds = std::stod(line.substr(line.rfind(',') + 1));
        EXPECT_GE(seconds, before) << line;
        before = seconds;
    }
    EXPECT_EQ(rows, recipe.train.schedule.steps);
}

TEST(Pretrain, ResumedReasonerEqualsUninterrupted) {
    const std::string text = *read_file(fs::path(DEEPGLASS_SOURCE_DIR) / "assets" / "recipes" / "reasoner-raw.toml");
    const auto recipe = parse_recipe(replaced(replaced(text, "steps = 60", "steps = 20"), "documents = 2048", "documents = 16"), "reasoner-raw");
    ASSERT_TRUE(recipe) << recipe.error().plain();
    PretrainOptions straight{fresh_folder("reasoner-straight")}, broken{fresh_folder("reasoner-broken")};
    ASSERT_TRUE(pretrain(*recipe, straight, {}));
    std::stop_source stop;
    broken.progress = [&](const PretrainProgress& p) {
        if (p.stats.step == 10) stop.request_stop();
    };
    EXPECT_EQ(pretrain(*recipe, broken, stop.get_token()).error().code, "cancelled");
    broken.progress = [](const PretrainProgress&) {};
    broken.resume = true;
    ASSERT_TRUE(pretrain(*recipe, broken, {}));
    for (const char* file : {"model.safetensors", "curves.csv"}) EXPECT_EQ(*read_file(straight.out / file), *read_file(broken.out / file)) << file;
}

TEST(PretrainSlow, SmokeRecipeMakesALoadableModelWithACard) {
    const auto recipe = parse_recipe(recipe_text(), "smoke");
    ASSERT_TRUE(recipe);
    const PretrainOptions options{fresh_folder("smoke")};
    const auto done = pretrain(*recipe, options, {});
    ASSERT_TRUE(done) << done.error().plain();
    const auto model = load_model(options.out);
    ASSERT_TRUE(model);
    EXPECT_EQ(model->config.torch_dtype, "bfloat16");
    EXPECT_TRUE(Tokenizer::load(options.out / "tokenizer.json"));
    const auto card = nlohmann::json::parse(*read_file(options.out / "card.json"));
    EXPECT_EQ(card["domains"].size(), 11U);
    EXPECT_EQ(card["model_hash"], model_hash(*model));
    EXPECT_GT(card["all"]["ratio"].get<double>(), 1.0);  // no model beats the entropy of its source
    EXPECT_EQ(read_file(options.out / "curves.csv")->rfind("step,tokens,loss,loss_mtp,lr,grad_norm,max_vio\n", 0), 0U);
    EXPECT_TRUE(card["inside"]["experts"].is_array());
}

TEST(Pretrain, UnwritableFolderIsAnError) {
    const Recipe recipe = short_recipe(1);
    PretrainOptions options{fs::path("/proc/nowhere/out")};
    EXPECT_EQ(pretrain(recipe, options, {}).error().code, "file_write");
}

}  // namespace
}  // namespace dg::sim
