#include "viz/export/figure.h"

#include "engine/base/suggest.h"
#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace dg::viz {
namespace {

/// Index of a stage given by id or by its number from 1; the last one for "".
Result<int> stage_index(const Scene& scene, const std::string& stage) {
    const int count = static_cast<int>(scene.stages.size());
    if (stage.empty()) return std::max(0, count - 1);
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) {
        ids.push_back(scene.stages[static_cast<std::size_t>(i)].id);
        if (ids.back() == stage) return i;
    }
    int number = 0;
    const auto [end, code] = std::from_chars(stage.data(), stage.data() + stage.size(), number);
    if (code == std::errc() && end == stage.data() + stage.size() && number >= 1 && number <= count) return number - 1;
    return Error{"unknown_stage",
                 {{"name", printable(stage)}, {"scene", std::string(scene.id)},
                  {"known", ids.empty() ? "–" : fmt::format("{}", fmt::join(ids, ", "))}, {"suggestion", nearest(stage, ids)}},
                 ""};
}

Recipe recipe_of(const Figure& figure, const FigureRequest& request) {
    Recipe r;
    r.scene = std::string(figure.scene->id);
    r.params = figure.params.written();
    if (!figure.scene->stages.empty()) r.stage = figure.scene->stages[static_cast<std::size_t>(figure.view.stage)].id;
    r.u = request.u;
    r.lang = request.lang;
    r.theme = request.theme;
    r.width = request.width;
    r.height = request.height;
    r.dpi = request.dpi;
    r.model_hash = figure.data->model_hash();
    r.version = std::string(program_version());
    return r;
}

/// Title and recipe, as the metadata of a picture. No date: the same figure is the same file.
OutputOptions options_of(const Figure& figure, float scale) {
    const Recipe& r = figure.recipe;
    return {.scale = scale,
            .background = theme(r.theme).ground,
            .metadata = {{"Title", tr(r.lang, "scene." + r.scene + ".name")},
                         {"Software", fmt::format("deepglass {}", r.version)},
                         {std::string(kRecipeKey), recipe_json(r)}}};
}

}  // namespace

Result<Figure> make_figure(Session& session, const FigureRequest& request, const Progress& progress, std::span<const Scene> table) {
    Figure figure;
    DG_ASSIGN(figure.scene, require_scene(request.scene, table));
    DG_TRY(check_size(request.width, request.height, request.dpi, request.u));
    DG_ASSIGN(figure.params, parse_params(figure.scene->params, request.set));
    DG_ASSIGN(figure.view.stage, stage_index(*figure.scene, request.stage));
    figure.view.u = request.u;
    figure.view.theme = request.theme;
    figure.view.lang = request.lang;
    DG_ASSIGN(figure.data, figure.scene->compute(session, figure.params, progress));
    figure.recipe = recipe_of(figure, request);
    return figure;
}

FigureRequest request_of(const Recipe& r) {
    return {.scene = r.scene, .set = r.params, .stage = r.stage, .u = r.u, .lang = r.lang, .theme = r.theme,
            .width = r.width, .height = r.height, .dpi = r.dpi};
}

Result<Figure> remake_figure(Session& session, const Recipe& recipe, const Progress& progress, std::span<const Scene> table) {
    DG_ASSIGN(Figure figure, make_figure(session, request_of(recipe), progress, table));
    if (figure.recipe.model_hash != recipe.model_hash) {
        const auto shown = [](const std::string& hash) { return hash.empty() ? "–" : hash; };
        return Error{"recipe_model", {{"wanted", printable(shown(recipe.model_hash))}, {"found", shown(figure.recipe.model_hash)}}, ""};
    }
    // the version inside stays the one that made the original: same bytes when the picture is the same
    figure.recipe.version = recipe.version;
    return figure;
}

Result<FigureFormat> figure_format(const std::filesystem::path& file) {
    static constexpr std::array<std::pair<std::string_view, FigureFormat>, 5> kFormats = {
        {{".png", FigureFormat::kPng}, {".svg", FigureFormat::kSvg}, {".pdf", FigureFormat::kPdf}, {".csv", FigureFormat::kCsv}, {".json", FigureFormat::kJson}}};
    std::string extension = file.extension().string();
    std::ranges::transform(extension, extension.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const auto& [name, format] : kFormats) {
        if (extension == name) return format;
    }
    return Error{"usage_format", {{"file", printable(file.string())}}, ""};
}

PageLayout layout_page(int width, int height, double dpi, const Theme& theme) {
    const auto w = static_cast<float>(width), h = static_cast<float>(height);
    float zoom = std::max(1.0F, std::min(w / 1920, h / 1080));
    zoom = std::min({zoom, w / theme.page_width, h / theme.page_height});
    return {{w / zoom, h / zoom}, static_cast<float>(dpi / 96) * zoom};
}

DrawFunction drawing(const Figure& figure) {
    return [figure](Canvas& canvas) { figure.scene->draw(canvas, *figure.data, figure.params, figure.view); };
}

Result<void> export_figure(const Figure& figure, FigureFormat format, const std::filesystem::path& file) {
    const Recipe& r = figure.recipe;
    const PageLayout layout = layout_page(r.width, r.height, r.dpi, theme(r.theme));
    switch (format) {
        case FigureFormat::kPng: return write_png(file, layout.page, options_of(figure, layout.scale), drawing(figure));
        case FigureFormat::kSvg: return write_svg(file, layout.page, options_of(figure, layout.scale), drawing(figure));
        case FigureFormat::kPdf: return write_pdf(file, layout.page, options_of(figure, layout.scale), drawing(figure));
        case FigureFormat::kCsv: return write_file(file, observations_csv(figure.scene->observe(*figure.data)));
        case FigureFormat::kJson: return write_file(file, observations_json(r, figure.scene->observe(*figure.data)));
    }
    throw_bug(__FILE__, __LINE__, "figure format without a writer");
}

}  // namespace dg::viz
