// A figure without a window: a scene, computed and drawn at one moment of its clock, as PNG, SVG, PDF, CSV or JSON.
#pragma once

#include "viz/canvas/backends.h"
#include "viz/export/recipe.h"
#include "viz/scenes/scene.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dg::viz {

struct FigureRequest {
    std::string scene;
    std::map<std::string, std::string> set = {};
    std::string stage = {};  // id, or number counted from 1; "" = the last
    double u = 1;            // progress within the stage
    Lang lang = Lang::kEn;
    ThemeId theme = ThemeId::kPaper;
    int width = 1920, height = 1080;  // in 1/96 inch
    double dpi = 96;
};

/// Ready to draw: at any moment, any number of times.
struct Figure {
    const Scene* scene = nullptr;
    Params params;
    std::shared_ptr<const SceneData> data;
    View view;
    Recipe recipe;
};

/// Checks the request and computes the scene. Error codes: unknown_scene, unknown_stage, param_*, those of the scene.
Result<Figure> make_figure(Session& session, const FigureRequest& request, const Progress& progress = {},
                           std::span<const Scene> table = scenes());

/// The request that a recipe stands for.
FigureRequest request_of(const Recipe& recipe);
/// Computes the recipe's figure again. Error code: recipe_model when the model at hand is not the one it was made with;
/// others as make_figure.
Result<Figure> remake_figure(Session& session, const Recipe& recipe, const Progress& progress = {},
                             std::span<const Scene> table = scenes());

enum class FigureFormat { kPng, kSvg, kPdf, kCsv, kJson };
/// By extension, in any case. Error code: usage_format.
Result<FigureFormat> figure_format(const std::filesystem::path& file);
/// Writes the file with its recipe inside (CSV has no place for one): whole or not at all.
Result<void> export_figure(const Figure& figure, FigureFormat format, const std::filesystem::path& file);

/// The page that scenes draw on and pixels per unit of it. Small pictures are drawn on the theme's least page (1280x720 units;
/// projector: 1920x1080) and large ones on one of at most about 1920x1080, then scaled: type stays in proportion to the page.
struct PageLayout {
    PageSize page;
    float scale = 1;
};
PageLayout layout_page(int width, int height, double dpi, const Theme& theme);

/// What the backends call: the scene's drawing.
DrawFunction drawing(const Figure& figure);

/// "name,index,value,kind", one line per observation; value in the fewest digits that read back the same, empty for what
/// cannot be computed (NaN).
std::string observations_csv(const std::vector<Observation>& observations);
/// {"recipe": {...}, "observations": [{"name","index","value","kind"}]}; NaN and infinities are null.
std::string observations_json(const Recipe& recipe, const std::vector<Observation>& observations);

}  // namespace dg::viz
