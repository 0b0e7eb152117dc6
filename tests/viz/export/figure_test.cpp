#include "viz/export/figure.h"

#include "engine/io/files.h"
#include "tests/viz/export/test_scene.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace dg::viz {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class FigureTest : public testing::Test {
  protected:
    FigureTest() { fs::create_directories(dir_); }

    ~FigureTest() override { fs::remove_all(dir_); }

    Result<Figure> make(FigureRequest request = {.scene = "test", .width = 1280, .height = 720}) {
        return make_figure(session_, request, {}, test_table());
    }

    fs::path dir_ = fs::temp_directory_path() / ("deepglass_figure_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    Session session_{"/nonexistent"};
};

TEST_F(FigureTest, PngHasItsSizeAndRecipe) {
    auto figure = make({.scene = "test", .set = {{"share", "0.5"}}, .stage = "rise", .u = 0.5, .lang = Lang::kZh, .theme = ThemeId::kDark, .width = 800, .height = 500, .dpi = 48});
    ASSERT_TRUE(figure);
    ASSERT_TRUE(export_figure(*figure, FigureFormat::kPng, dir_ / "a.png"));
    const auto bytes = read_file(dir_ / "a.png");
    ASSERT_TRUE(bytes);
    const auto image = decode_png(*bytes);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->width, 400);
    EXPECT_EQ(image->height, 250);
    const auto recipe = read_recipe(dir_ / "a.png", test_table());
    ASSERT_TRUE(recipe) << recipe.error().plain();
    EXPECT_EQ(*recipe, figure->recipe);
    EXPECT_EQ(recipe->params.at("share"), "0.5");
    EXPECT_EQ(recipe->params.at("prompt"), "湖南大");
    EXPECT_EQ(recipe->stage, "rise");
    EXPECT_EQ(recipe->model_hash, test_model_hash());
}

TEST_F(FigureTest, FromRecipeIsTheSameBitForBit) {
    auto figure = make({.scene = "test", .set = {{"share", "0.1"}}, .u = 0.3, .width = 1000, .height = 600});
    ASSERT_TRUE(figure);
    ASSERT_TRUE(export_figure(*figure, FigureFormat::kPng, dir_ / "a.png"));
    const auto recipe = read_recipe(dir_ / "a.png", test_table());
    ASSERT_TRUE(recipe);
    const auto again = remake_figure(session_, *recipe, {}, test_table());
    ASSERT_TRUE(again);
    ASSERT_TRUE(export_figure(*again, FigureFormat::kPng, dir_ / "b.png"));
    const auto a = read_file(dir_ / "a.png"), b = read_file(dir_ / "b.png");
    ASSERT_TRUE(a && b);
    EXPECT_EQ(*a, *b);
    // and other settings give another picture
    auto other = make({.scene = "test", .set = {{"share", "0.9"}}, .u = 0.3, .width = 1000, .height = 600});
    ASSERT_TRUE(export_figure(*other, FigureFormat::kPng, dir_ / "c.png"));
    EXPECT_NE(*a, *read_file(dir_ / "c.png"));
}

TEST_F(FigureTest, VectorsCarryTheRecipeAndRepeat) {
    auto figure = make({.scene = "test", .set = {{"prompt", "<&\"湖南"}}, .width = 1280, .height = 720});
    ASSERT_TRUE(figure);
    ASSERT_TRUE(export_figure(*figure, FigureFormat::kSvg, dir_ / "a.svg"));
    const auto recipe = read_recipe(dir_ / "a.svg", test_table());
    ASSERT_TRUE(recipe) << recipe.error().plain();
    EXPECT_EQ(*recipe, figure->recipe);
    for (const FigureFormat format : {FigureFormat::kSvg, FigureFormat::kPdf}) {
        ASSERT_TRUE(export_figure(*figure, format, dir_ / "b"));
        ASSERT_TRUE(export_figure(*figure, format, dir_ / "c"));
        EXPECT_EQ(*read_file(dir_ / "b"), *read_file(dir_ / "c"));
        EXPECT_GT(read_file(dir_ / "b")->size(), 1000U);
    }
}

TEST_F(FigureTest, AnotherModelIsRefused) {
    auto figure = make();
    ASSERT_TRUE(figure);
    Recipe recipe = figure->recipe;
    recipe.model_hash = "1111111111111111";
    const auto again = remake_figure(session_, recipe, {}, test_table());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, "recipe_model");
}

TEST_F(FigureTest, CsvAndJsonCarryTheNumbers) {
    auto figure = make();
    ASSERT_TRUE(figure);
    ASSERT_TRUE(export_figure(*figure, FigureFormat::kCsv, dir_ / "a.csv"));
    EXPECT_EQ(*read_file(dir_ / "a.csv"),
              "name,index,value,kind\nshare,,0.25,computed\ncell,\"2,5\",0.3333333333333333,computed\nlimit,\"学\"\"\",,illustration\nprice,,inf,published\n");
    ASSERT_TRUE(export_figure(*figure, FigureFormat::kJson, dir_ / "a.json"));
    const auto json = nlohmann::json::parse(*read_file(dir_ / "a.json"));
    EXPECT_EQ(json["observations"][1]["value"], 1.0 / 3);
    EXPECT_TRUE(json["observations"][2]["value"].is_null());
    EXPECT_EQ(json["recipe"]["scene"], "test");
    const auto recipe = read_recipe(dir_ / "a.json", test_table());
    ASSERT_TRUE(recipe) << recipe.error().plain();
    EXPECT_EQ(*recipe, figure->recipe);
}

TEST_F(FigureTest, BadRequestsAreNamed) {
    const std::vector<std::pair<FigureRequest, std::string>> cases = {
        {{.scene = "tset"}, "unknown_scene"},
        {{.scene = "test", .set = {{"share", "2"}}}, "param_range"},
        {{.scene = "test", .set = {{"sharee", "1"}}}, "unknown_param"},
        {{.scene = "test", .stage = "ries"}, "unknown_stage"},
        {{.scene = "test", .stage = "3"}, "unknown_stage"},
        {{.scene = "test", .stage = "0"}, "unknown_stage"},
        {{.scene = "test", .u = 1.5}, "param_u"},
        {{.scene = "test", .u = std::nan("")}, "param_u"},
        {{.scene = "test", .width = 10}, "param_size"},
        {{.scene = "test", .height = 100000}, "param_size"},
        {{.scene = "test", .dpi = 5}, "param_dpi"},
        {{.scene = "test", .width = 16000, .dpi = 1200}, "param_dpi"}};
    for (const auto& [request, code] : cases) {
        const auto r = make(request);
        ASSERT_FALSE(r) << code;
        EXPECT_EQ(r.error().code, code);
        EXPECT_TRUE(has_key("error." + code));
    }
    EXPECT_EQ(figure_format("x.jpeg").error().code, "usage_format");
    EXPECT_EQ(figure_format("png").error().code, "usage_format");
    EXPECT_EQ(*figure_format("X.PNG"), FigureFormat::kPng);
}

TEST_F(FigureTest, StageByNumberOrId) {
    EXPECT_EQ(make({.scene = "test"})->view.stage, 1);
    EXPECT_EQ(make({.scene = "test", .stage = "1"})->view.stage, 0);
    EXPECT_EQ(make({.scene = "test", .stage = "rest"})->view.stage, 1);
}

TEST_F(FigureTest, CancelledComputeLeavesNothing) {
    const Progress stop{.report = [](double) { return false; }};
    const auto r = make_figure(session_, {.scene = "test"}, stop, test_table());
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, "cancelled");
}

TEST_F(FigureTest, UnwritablePlaceIsAnError) {
    auto figure = make();
    ASSERT_TRUE(figure);
    for (const FigureFormat format : {FigureFormat::kPng, FigureFormat::kCsv, FigureFormat::kJson}) {
        const auto r = export_figure(*figure, format, dir_ / "no" / "such" / "folder" / "a.png");
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code, "file_write");
    }
}

TEST(PageLayout, KeepsTypeInProportion) {
    const PageLayout hd = layout_page(1920, 1080, 96, theme(ThemeId::kLight));
    EXPECT_EQ(hd.page.width, 1920);
    EXPECT_EQ(hd.scale, 1);
    const PageLayout small = layout_page(640, 360, 96, theme(ThemeId::kLight));
    EXPECT_EQ(small.page.width, 1280);
    EXPECT_EQ(small.page.height, 720);
    EXPECT_EQ(small.scale, 0.5F);
    const PageLayout large = layout_page(3840, 2160, 192, theme(ThemeId::kLight));
    EXPECT_EQ(large.page.width, 1920);
    EXPECT_EQ(large.scale, 4);
    for (const auto& [w, h] : {std::pair(100, 3000), std::pair(3000, 100), std::pair(1281, 719)}) {
        const PageLayout l = layout_page(w, h, 96, theme(ThemeId::kLight));
        EXPECT_GE(l.page.width, 1279.9F);
        EXPECT_GE(l.page.height, 719.9F);
        EXPECT_NEAR(l.page.width * l.scale, w, 0.01);
        EXPECT_NEAR(l.page.height * l.scale, h, 0.01);
    }
    // the projector's type is that of a 1080p page
    const PageLayout projector = layout_page(1280, 720, 96, theme(ThemeId::kProjector));
    EXPECT_EQ(projector.page.width, 1920);
    EXPECT_EQ(projector.page.height, 1080);
    EXPECT_NEAR(projector.scale, 2.0 / 3, 1e-6);
}

}  // namespace
}  // namespace dg::viz
