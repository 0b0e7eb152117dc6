// A scene of the tests: two stages, a bar and a number, no model.
#pragma once

#include "viz/scenes/clock.h"
#include "viz/scenes/widgets.h"

#include <cmath>
#include <limits>

namespace dg::viz {

struct TestData : SceneData {
    double share = 0;
    std::string hash;

    [[nodiscard]] std::string model_hash() const override { return hash; }
};

/// What the test scene says its model is; a test changes it to play a changed model.
inline std::string& test_model_hash() {
    static std::string hash = "00ff00ff00ff00ff";
    return hash;
}

inline Scene test_scene() {
    Scene s;
    s.id = "test";
    s.chapter = "tests";
    s.params = {prompt_param("湖南大"), seed_param(), {.id = "share", .type = ParamType::kReal, .default_value = "0.25", .min = 0, .max = 1}};
    s.stages = {{"rise", 0.4}, {"rest", 0.2}};
    s.compute = [](Session&, const Params& p, const Progress& progress) -> Result<std::shared_ptr<const SceneData>> {
        if (!progress.report(0.5)) return Error{"cancelled", {}, ""};
        auto data = std::make_shared<TestData>();
        data->share = p.real("share");
        data->hash = test_model_hash();
        return std::shared_ptr<const SceneData>(std::move(data));
    };
    s.draw = [](Canvas& canvas, const SceneData& data, const Params& p, const View& view) {
        const Theme& t = theme(view.theme);
        const auto& d = dynamic_cast<const TestData&>(data);
        const Rect place = draw_frame(canvas, view, {.title = "Share of <q>" + rich_escape(p.text("prompt")) + "</q>",
                                                     .badge = {.kind = Kind::kComputed, .detail = badge_detail(view.lang, "test", d.hash, p.text("seed"))}});
        const double grown = view.stage == 0 ? d.share * ease(view.u) : d.share;
        draw_bar(canvas, t, {place.x, place.center().y, place.w, 40}, grown, {.fill = t.bar});
    };
    s.observe = [](const SceneData& data) -> std::vector<Observation> {
        const auto& d = dynamic_cast<const TestData&>(data);
        return {{"share", "", d.share, Kind::kComputed},
                {"cell", "2,5", 1.0 / 3, Kind::kComputed},
                {"limit", "学\"", std::numeric_limits<double>::quiet_NaN(), Kind::kIllustration},
                {"price", "", std::numeric_limits<double>::infinity(), Kind::kPublished}};
    };
    return s;
}

inline std::span<const Scene> test_table() {
    static const std::vector<Scene> table = {test_scene()};
    return table;
}

}  // namespace dg::viz
