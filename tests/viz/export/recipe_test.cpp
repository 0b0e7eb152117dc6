#include "viz/export/recipe.h"

#include "engine/base/rng.h"
#include "engine/io/files.h"
#include "tests/viz/export/test_scene.h"
#include "viz/canvas/png.h"
#include "viz/i18n/i18n.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace dg::viz {
namespace {

Recipe good() {
    Recipe r;
    r.scene = "test";
    r.params = {{"prompt", "湖南大 \"x\"\n"}, {"seed", "7"}, {"share", "0.1"}};
    r.stage = "rise";
    r.u = 1.0 / 3;
    r.lang = Lang::kZh;
    r.theme = ThemeId::kProjector;
    r.width = 640, r.height = 480, r.dpi = 144;
    r.model_hash = "3f9c000011112222";
    r.version = "0.1.0";
    return r;
}

Result<Recipe> parse(std::string_view text) { return parse_recipe(text, "x.png", test_table()); }

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Recipe, GoesThereAndBack) {
    const auto r = parse(recipe_json(good()));
    ASSERT_TRUE(r) << r.error().plain();
    EXPECT_EQ(*r, good());
    EXPECT_EQ(recipe_json(*r), recipe_json(good()));
}

TEST(Recipe, LiesAreRefused) {
    const std::string text = recipe_json(good());
    const std::vector<std::pair<std::string, std::string>> lies = {
        {"", "recipe_json"}, {"[]", "recipe_json"}, {"null", "recipe_json"}, {"{", "recipe_json"}, {std::string(70000, ' ') + text, "recipe_json"},
        {std::string(60000, '['), "recipe_json"}, {std::string("{\"\xff\xfe\":1}"), "recipe_json"}, {"{}", "recipe_field"},
        {replaced(text, "\"test\"", "\"tset\""), "unknown_scene"}, {replaced(text, "\"test\"", "3"), "recipe_field"},
        {replaced(text, "\"rise\"", "\"ries\""), "recipe_field"}, {replaced(text, "\"zh\"", "\"fr\""), "recipe_field"},
        {replaced(text, "\"projector\"", "\"neon\""), "recipe_field"}, {replaced(text, "640", "1e300"), "recipe_field"},
        {replaced(text, "640", "640.5"), "recipe_field"}, {replaced(text, "640", "-640"), "param_size"}, {replaced(text, "640", "99999"), "param_size"},
        {replaced(text, "144.0", "1e9"), "param_dpi"}, {replaced(text, "144.0", "\"144\""), "recipe_field"},
        {replaced(text, "0.3333333333333333", "2"), "param_u"}, {replaced(text, "0.3333333333333333", "null"), "recipe_field"},
        {replaced(text, "\"share\":\"0.1\"", "\"share\":\"7\""), "param_range"}, {replaced(text, "\"share\":\"0.1\"", "\"share\":0.1"), "recipe_field"},
        {replaced(text, "\"share\"", "\"sahre\""), "unknown_param"}, {replaced(text, "3f9c000011112222", std::string(500, 'a')), "recipe_field"}};
    for (const auto& [lie, code] : lies) {
        const auto r = parse(lie);
        ASSERT_FALSE(r) << lie.substr(0, 300);
        EXPECT_EQ(r.error().code, code) << lie.substr(0, 300);
        EXPECT_EQ(r.error().where, "x.png");
        EXPECT_TRUE(has_key("error." + r.error().code));
    }
}

// Any bytes: an answer, never a crash; and what is accepted can be written again.
TEST(Recipe, SurvivesNoise) {
    const std::string text = recipe_json(good());
    Rng rng = Rng::keyed(5, "recipe noise");
    int accepted = 0;
    for (int round = 0; round < 4000; ++round) {
        std::string noisy = text;
        for (std::uint32_t k = 0, n = 1 + rng.below(4); k < n; ++k) {
            const std::size_t at = rng.below(static_cast<std::uint32_t>(noisy.size()));
            switch (rng.below(3)) {
                case 0: noisy[at] = static_cast<char>(rng.below(256)); break;
                case 1: noisy.erase(at, 1 + rng.below(8)); break;
                default: noisy.insert(at, noisy.substr(rng.below(static_cast<std::uint32_t>(noisy.size())), rng.below(12))); break;
            }
            if (noisy.empty()) break;
        }
        const auto r = parse(noisy);
        if (!r) continue;
        ++accepted;
        const auto again = parse(recipe_json(*r));
        ASSERT_TRUE(again) << noisy;
        EXPECT_EQ(*again, *r) << noisy;
    }
    EXPECT_GT(accepted, 0);
}

TEST(Recipe, FilesWithoutOneOrWithTwo) {
    const auto dir = std::filesystem::temp_directory_path() / "deepglass_recipe_files";
    std::filesystem::create_directories(dir);
    const Image pixel(1, 1, {});
    const auto write = [&](const std::string& name, const Metadata& metadata) {
        const auto bytes = encode_png(pixel, metadata);
        ASSERT_TRUE(bytes);
        ASSERT_TRUE(write_file(dir / name, *bytes));
    };
    const std::string key(kRecipeKey), text = recipe_json(good());
    write("none.png", {{"Title", "x"}});
    write("two.png", {{key, text}, {key, text}});
    write("one.png", {{key, text}});
    EXPECT_EQ(read_recipe(dir / "none.png", test_table()).error().code, "recipe_none");
    EXPECT_EQ(read_recipe(dir / "two.png", test_table()).error().code, "recipe_twice");
    EXPECT_TRUE(read_recipe(dir / "one.png", test_table()));
    ASSERT_TRUE(write_file(dir / "a.pdf", "%PDF-1.7"));
    EXPECT_EQ(read_recipe(dir / "a.pdf", test_table()).error().code, "recipe_none");
    EXPECT_EQ(read_recipe(dir / "gone.png", test_table()).error().code, "file_read");
    ASSERT_TRUE(write_file(dir / "broken.png", "not a PNG at all"));
    EXPECT_FALSE(read_recipe(dir / "broken.png", test_table()));
    ASSERT_TRUE(write_file(dir / "odd.json", "{\"recipe\": 5}"));
    EXPECT_EQ(read_recipe(dir / "odd.json", test_table()).error().code, "recipe_json");
    ASSERT_TRUE(write_file(dir / "list.json", "[1,2]"));
    EXPECT_EQ(read_recipe(dir / "list.json", test_table()).error().code, "recipe_none");
    std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace dg::viz
