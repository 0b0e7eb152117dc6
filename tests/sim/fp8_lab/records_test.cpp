// The shipped FP8 training records say how they were made; their first steps are made again and must have the same bits.
#include "engine/base/parallel.h"
#include "engine/io/files.h"
#include "sim/assets.h"
#include "sim/fp8_lab/lab_recipe.h"
#include "sim/fp8_lab/pairs.h"
#include "sim/record_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

namespace dg::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSteps = 2;

std::vector<fs::path> record_files() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(*find_assets() / "records")) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("fp8-training") && name.ends_with(".csv")) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> cells;
    std::stringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    return cells;
}

/// The losses of the first steps of a run, as the records write them.
std::vector<std::string> first_losses(const Recipe& recipe, const Tokenizer& tokenizer, const fp8_lab::Variant& variant) {
    std::vector<std::string> losses;
    const auto run = fp8_lab::train_variant(recipe, tokenizer, variant, [&](std::int64_t, double loss) {
        losses.push_back(fmt::format("{}", loss));
        return losses.size() < kSteps;
    });
    EXPECT_EQ(run ? "" : run.error().code, "cancelled") << variant.name;
    return losses;
}

TEST(Fp8Records, ThreeSeedsAtLeastAndAllOfTheSameRecipe) {
    std::set<std::string> seeds;
    std::optional<RecordRecipe> first;
    for (const fs::path& file : record_files()) {
        const std::string text = *read_file(file);
        auto recipe = read_recipe_line(text);
        ASSERT_TRUE(recipe) << file;
        EXPECT_EQ(recipe->table_hash, hash_hex(below_first_line(text))) << file << ": the table is not the one that the recipe made";
        EXPECT_TRUE(seeds.insert(recipe->set["seed"]).second) << file << ": a seed twice";
        recipe->set.erase("seed");
        if (!first) first = recipe;
        EXPECT_EQ(recipe->set, first->set) << file;
    }
    EXPECT_GE(seeds.size(), 3U);
}

TEST(Fp8Records, FirstStepsHaveTheSameBitsAtAnyThreadCountSlow) {
    const Tokenizer tokenizer = *fp8_lab::lab_tokenizer();
    const int before = threads();
    int count = 0;
    for (const fs::path& file : record_files()) {
        const std::string text = *read_file(file);
        const auto recorded = read_recipe_line(text);
        ASSERT_TRUE(recorded);
        const Params params = *parse_params((*require_experiment(recorded->experiment))->params, recorded->set);
        const Recipe recipe = *fp8_lab::lab_recipe(params.integer("width"), params.integer("steps"), static_cast<std::uint64_t>(params.integer("seed")));
        std::stringstream table{std::string(below_first_line(text))};
        std::vector<std::vector<std::string>> rows;
        for (std::string line; rows.size() <= kSteps && std::getline(table, line);) rows.push_back(split(line));
        ASSERT_EQ(rows.size(), kSteps + 1);
        ASSERT_EQ(rows[0][0], "step");
        set_threads(1 + count++ % 3);
        for (std::size_t c = 1; c < rows[0].size(); ++c) {
            const int variant = fp8_lab::variant_index(rows[0][c]);
            ASSERT_GE(variant, 0) << rows[0][c];
            const std::vector<std::string> made = first_losses(recipe, tokenizer, fp8_lab::variants()[static_cast<std::size_t>(variant)]);
            for (std::size_t s = 0; s < kSteps; ++s) EXPECT_EQ(made[s], rows[s + 1][c]) << file << " " << rows[0][c] << " step " << s + 1;
        }
    }
    set_threads(before);
}

TEST(RecordFile, TheLineReadsBack) {
    const Experiment* experiment = *require_experiment("fp8-training");
    const Params params = *parse_params(experiment->params, {{"steps", "7"}, {"variants", "f32,fp8"}, {"seed", "5"}});
    const std::string line = recipe_line(*experiment, params, "step,f32\n");
    const auto recipe = read_recipe_line(line + "step,f32\n");
    ASSERT_TRUE(recipe) << line;
    EXPECT_EQ(recipe->experiment, "fp8-training");
    EXPECT_EQ(*parse_params(experiment->params, recipe->set), params);
    EXPECT_EQ(recipe->table_hash, hash_hex(below_first_line(line + "step,f32\n")));
    EXPECT_EQ(recipe->command, "deepglass sim fp8-training --set variants=f32,fp8 --set steps=7 --seed 5");
    // the width is at its default and not said
    EXPECT_EQ(line.find("width"), std::string::npos);
}

TEST(RecordFile, OtherFirstLinesAreNoRecipe) {
    for (const char* text : {"", "step,f32\n", "# deepglass sim\n", "# deepglass sim ; table 0", "# deepglass sim x --seed; table 0", "# deepglass sim x --set steps; table 0", "# deepglass sim x --what 1; table 0", "# made by hand"})
        EXPECT_FALSE(read_recipe_line(text)) << text;
    EXPECT_EQ(below_first_line("no end of line"), "");
}

}  // namespace
}  // namespace dg::sim
