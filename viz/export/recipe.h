// What remakes a figure, carried inside every exported file: scene, parameters, moment, language, theme, size, and the
// identity of model and program. One line of JSON under the metadata key "deepglass.recipe".
#pragma once

#include "engine/base/result.h"
#include "viz/scenes/scene.h"
#include "viz/theme/theme.h"

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace dg::viz {

inline constexpr std::string_view kRecipeKey = "deepglass.recipe";

/// The program's version, "0.1.0".
std::string_view program_version();

struct Recipe {
    std::string scene;
    std::map<std::string, std::string> params;  // complete, as Params::written()
    std::string stage;                          // id; "" when the scene has no stages
    double u = 1;
    Lang lang = Lang::kEn;
    ThemeId theme = ThemeId::kPaper;
    int width = 1920, height = 1080;  // page in units of 1/96 inch
    double dpi = 96;                  // pixels of a PNG = size * dpi / 96
    std::string model_hash;           // empty: no model behind it
    std::string version;
    friend bool operator==(const Recipe&, const Recipe&) = default;
};

/// Limits that a request and a recipe must keep: sides 64..16384, dpi 24..1200, and at most 20,000 pixels a side.
/// Error codes: param_size, param_dpi, param_u.
Result<void> check_size(int width, int height, double dpi, double u);

/// Keys in a fixed order; "seed" repeats the parameter of that name, for people.
std::string recipe_json(const Recipe& recipe);

/// Reads a recipe from anywhere, trusting nothing: at most 64 KiB, every field typed and in range, scene known, parameters
/// accepted by the scene. Error codes: recipe_json, recipe_field, unknown_scene, unknown_stage, those of parse_params.
Result<Recipe> parse_recipe(std::string_view json, const std::string& where, std::span<const Scene> table = scenes());

/// The recipe inside an exported PNG, SVG or JSON file. Error codes: file_read, recipe_none, recipe_twice, those of
/// parse_recipe.
Result<Recipe> read_recipe(const std::filesystem::path& file, std::span<const Scene> table = scenes());

}  // namespace dg::viz
