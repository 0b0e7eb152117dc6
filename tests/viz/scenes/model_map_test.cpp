// The calculator counts what is published, and what the engine itself allocates.
#include "viz/scenes/model_map.h"

#include "tests/viz/scenes/scene_testing.h"
#include "viz/scenes/published.h"

#include <map>

namespace dg::viz {
namespace {

using model_map::Data;

Session& session() {
    static Session shared;
    return shared;
}

std::shared_ptr<const Data> data_of(const std::map<std::string, std::string>& set) {
    const Scene scene = model_map_scene();
    return std::dynamic_pointer_cast<const Data>(scene.compute(session(), parse_params(scene.params, set).value(), {}).value());
}

TEST(ModelMap, CountsDeepSeekV3AsPublished) {
    const model_map::Parts p = model_map::count_parts(published_v3(session()).value());
    EXPECT_EQ(p.total(), 671026419200);
    EXPECT_NEAR(static_cast<double>(p.awake()) / 1e9, 36.62, 0.01);
    EXPECT_NEAR(static_cast<double>(p.awake() + p.embedding) / 1e9, 37.55, 0.005);
    EXPECT_EQ(p.embedding, 926679040);
    EXPECT_NEAR(static_cast<double>(p.mtp) / 1e9, 11.61, 0.005);
    ASSERT_EQ(p.layers.size(), 61U);
    EXPECT_FALSE(p.layers[2].moe);
    EXPECT_TRUE(p.layers[3].moe);
    EXPECT_EQ(p.layers[30].expert, 3 * 2048 * 7168);
    EXPECT_EQ(p.layers[30].experts, 256);
    EXPECT_EQ(p.total(), count_parameters(p.config).total);
}

TEST(ModelMap, CountsTheRunningModelAsItsWeights) {
    const auto d = data_of({});
    std::int64_t stored = 0;
    for (const auto& [name, tensor] : d->run->model->model.weights.tensors) stored += tensor.size();
    EXPECT_EQ(d->small.total() + d->small.mtp, stored);
    for (std::size_t l = 0; l < d->awake.size(); ++l) EXPECT_EQ(d->awake[l].size(), static_cast<std::size_t>(d->small.layers[l].chosen));
}

TEST(ModelMap, APictureOfAMatrixHoldsItsLargestValues) {
    const auto d = data_of({{"zoom", "near"}, {"of", "model"}, {"matrix", "self_attn.kv_b_proj.weight"}});
    const Tensor<float>& w = d->run->model->model.weights.at("model.layers.3.self_attn.kv_b_proj.weight");
    EXPECT_EQ(d->picture.rows, w.rows());
    EXPECT_EQ(d->picture.limit, largest_of(w.values()));
    const Scene scene = model_map_scene();
    EXPECT_EQ(scene.compute(session(), parse_params(scene.params, {{"zoom", "near"}, {"of", "model"}, {"matrix", "mlp.nothing"}}).value(), {}).error().code, "map_matrix");
}

TEST(ModelMap, PartsOpenScenesThatExist) {
    for (const char* zoom : {"far", "middle"}) {
        const auto d = data_of({{"zoom", zoom}, {"of", "model"}});
        LogCanvas canvas({0, 0, 1920, 1080});
        model_map_scene().draw(canvas, *d, parse_params(model_map_scene().params, {{"zoom", zoom}}).value(), {});
        int opens = 0;
        for (const Region& r : canvas.regions()) {
            if (!r.action.starts_with("open ")) continue;
            const std::string rest = r.action.substr(5), id = rest.substr(0, rest.find(' '));
            EXPECT_NE(find_scene(id), nullptr) << r.action;
            ++opens;
        }
        EXPECT_GE(opens, 2) << zoom;
    }
}

TEST(ModelMap, EveryPictureDrawsInsideItsPage) {
    for (const char* zoom : {"far", "middle", "near"})
        for (const char* of : {"v3", "model"}) {
            const auto d = data_of({{"zoom", zoom}, {"of", of}, {"layer", of[0] == 'v' ? "2" : "3"}});
            for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector})
                for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 1100, 700}})
                    for (const Lang lang : {Lang::kZh, Lang::kEn}) {
                        LogCanvas canvas(page);
                        View view;
                        view.stage = 2, view.theme = id, view.lang = lang, view.u = 0.5, view.revealed = lang == Lang::kZh;
                        model_map_scene().draw(canvas, *d, parse_params(model_map_scene().params, {}).value(), view);
                        expect_text_on_page(canvas, fmt::format("{} {} {} {}", zoom, of, page.w, theme(id).name));
                    }
        }
}

}  // namespace
}  // namespace dg::viz
