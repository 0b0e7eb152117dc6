// From scene data to a PNG in memory (drawing, rasterising, encoding) against encoding alone: what the picture's pixels cost
// anyway. Peers that are not installed are said, never quoted.
#include "bench/bench.h"

#include "viz/canvas/backends.h"
#include "viz/export/figure.h"
#include "viz/scenes/scene.h"

#include <fmt/format.h>

#include <memory>

namespace dg::bench {

void add_figure() {
    for (const viz::Scene& scene : viz::scenes()) {
        viz::Session session;
        viz::FigureRequest request;
        request.scene = std::string(scene.id);
        auto made = viz::make_figure(session, request);
        if (!made) continue;
        const auto figure = std::make_shared<viz::Figure>(std::move(made).value());
        const auto image = viz::render_image({1920, 1080}, 1, viz::theme(viz::ThemeId::kPaper).ground, viz::drawing(*figure));
        if (!image) continue;
        const auto pixels = std::make_shared<viz::Image>(*image);
        const std::string name = fmt::format("figure/{}/", scene.id);
        add(name + "reference-encode", 1, "figure", [pixels] { static_cast<void>(viz::encode_png(*pixels, {}).has_value()); });
        add(name + "draw-and-encode", 1, "figure", [figure] {
            const auto drawn = viz::render_image({1920, 1080}, 1, viz::theme(viz::ThemeId::kPaper).ground, viz::drawing(*figure));
            if (drawn) static_cast<void>(viz::encode_png(*drawn, {}).has_value());
        });
    }
}

}  // namespace dg::bench
