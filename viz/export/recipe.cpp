#include "viz/export/recipe.h"

#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/canvas/backends.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace dg::viz {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxRecipe = 64 * 1024;

Error bad_field(const std::string& where, std::string_view field) {
    return {"recipe_field", {{"field", std::string(field)}}, where};
}

/// Fields of a JSON object, each asked for by type; the first wrong one is remembered.
class Fields {
  public:
    Fields(const Json& json, const std::string& where) : json_(json), where_(where) {}

    std::string text(std::string_view name, std::size_t longest = 200) {
        const Json* node = find(name);
        if (node == nullptr || !node->is_string() || node->get_ref<const std::string&>().size() > longest) return fail(name), "";
        return node->get<std::string>();
    }

    double real(std::string_view name) {
        const Json* node = find(name);
        if (node == nullptr || !node->is_number() || !std::isfinite(node->get<double>())) return fail(name), 0;
        return node->get<double>();
    }

    int whole(std::string_view name) {
        const double value = real(name);
        if (value != std::floor(value) || std::abs(value) > 1e6) return fail(name), 0;
        return static_cast<int>(value);
    }

    std::map<std::string, std::string> texts(std::string_view name) {
        std::map<std::string, std::string> out;
        const Json* node = find(name);
        if (node == nullptr || !node->is_object() || node->size() > 100) return fail(name), out;
        for (const auto& [key, value] : node->items()) {
            if (!value.is_string()) return fail(name), out;
            out[key] = value.get<std::string>();
        }
        return out;
    }

    void fail(std::string_view name) {
        if (!error_) error_ = bad_field(where_, name);
    }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  private:
    const Json* find(std::string_view name) const {
        const auto found = json_.find(std::string(name));
        return found == json_.end() ? nullptr : &*found;
    }

    const Json& json_;
    const std::string& where_;
    std::optional<Error> error_;
};

Result<Recipe> read_fields(const Json& json, const std::string& where) {
    Fields fields(json, where);
    Recipe r;
    r.scene = fields.text("scene");
    r.params = fields.texts("params");
    r.stage = fields.text("stage");
    r.u = fields.real("u");
    r.width = fields.whole("width");
    r.height = fields.whole("height");
    r.dpi = fields.real("dpi");
    r.model_hash = fields.text("model_hash");
    r.version = fields.text("version");
    const auto lang = lang_by_name(fields.text("lang"));
    const auto theme = theme_by_name(fields.text("theme"));
    if (!lang) fields.fail("lang");
    if (!theme) fields.fail("theme");
    if (fields.error()) return *fields.error();
    r.lang = *lang;
    r.theme = *theme;
    return r;
}

/// The recipe in the JSON export of a figure.
Result<Recipe> recipe_of_json(const std::string& bytes, const std::string& where, std::span<const Scene> table) {
    const Json json = Json::parse(bytes, nullptr, false);
    if (!json.is_object() || !json.contains("recipe")) return Error{"recipe_none", {}, where};
    return parse_recipe(json["recipe"].dump(-1, ' ', false, Json::error_handler_t::replace), where, table);
}

}  // namespace

std::string_view program_version() { return DEEPGLASS_VERSION; }

Result<void> check_size(int width, int height, double dpi, double u) {
    const auto side = [](int n) { return n >= 64 && n <= 16384; };
    if (!side(width) || !side(height)) return Error{"param_size", {{"size", fmt::format("{}x{}", width, height)}}, ""};
    const bool dpi_fits = dpi >= 24 && dpi <= 1200 && std::max(width, height) * dpi / 96 <= 20000;
    if (!dpi_fits) return Error{"param_dpi", {{"dpi", fmt::format("{}", dpi)}, {"size", fmt::format("{}x{}", width, height)}}, ""};
    if (!(u >= 0 && u <= 1)) return Error{"param_u", {{"u", fmt::format("{}", u)}}, ""};
    return {};
}

std::string recipe_json(const Recipe& r) {
    const auto seed = r.params.find("seed");
    const Json json = {{"program", "deepglass"},
                       {"version", r.version},
                       {"scene", r.scene},
                       {"params", r.params},
                       {"stage", r.stage},
                       {"u", r.u},
                       {"lang", lang_name(r.lang)},
                       {"theme", theme(r.theme).name},
                       {"width", r.width},
                       {"height", r.height},
                       {"dpi", r.dpi},
                       {"seed", seed == r.params.end() ? Json(nullptr) : Json(seed->second)},
                       {"model_hash", r.model_hash}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Recipe> parse_recipe(std::string_view text, const std::string& where, std::span<const Scene> table) {
    const Json json = text.size() > kMaxRecipe ? Json() : Json::parse(text, nullptr, false);
    if (!json.is_object()) return Error{"recipe_json", {}, where};
    DG_ASSIGN(Recipe r, read_fields(json, where));
    const auto placed = [&](Error e) {
        e.where = where;
        return e;
    };
    const auto scene = require_scene(r.scene, table);
    if (!scene) return placed(scene.error());
    const auto params = parse_params((*scene)->params, r.params);
    if (!params) return placed(params.error());
    r.params = params->written();
    const bool stage_known = (*scene)->stages.empty() ? r.stage.empty() : std::ranges::any_of((*scene)->stages, [&](const StageSpec& s) { return s.id == r.stage; });
    if (!stage_known) return bad_field(where, "stage");
    if (const auto sized = check_size(r.width, r.height, r.dpi, r.u); !sized) return placed(sized.error());
    return r;
}

Result<Recipe> read_recipe(const std::filesystem::path& file, std::span<const Scene> table) {
    const std::string where = file.string();
    if (file.extension() == ".json") {
        DG_ASSIGN(const std::string bytes, read_file(file));
        return recipe_of_json(bytes, where, table);
    }
    if (file.extension() == ".pdf" || file.extension() == ".csv") return Error{"recipe_none", {}, where};
    DG_ASSIGN(const Metadata metadata, read_metadata(file));
    const std::string* found = nullptr;
    for (const auto& [key, value] : metadata) {
        if (key != kRecipeKey) continue;
        if (found != nullptr) return Error{"recipe_twice", {}, where};
        found = &value;
    }
    if (found == nullptr) return Error{"recipe_none", {}, where};
    return parse_recipe(*found, where, table);
}

}  // namespace dg::viz
