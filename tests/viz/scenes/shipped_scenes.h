// What tests of scenes on the shipped models share: one session, and scenes computed and drawn.
#pragma once

#include "tests/viz/scenes/scene_testing.h"

#include <cmath>
#include <map>
#include <memory>
#include <string>

namespace dg::viz {

inline Session& shipped_session() {
    static Session session(std::string(DEEPGLASS_SOURCE_DIR) + "/assets");
    return session;
}

inline Params scene_params(const char* id, const std::map<std::string, std::string>& set) {
    return parse_params(find_scene(id)->params, set).value();
}

inline Result<std::shared_ptr<const SceneData>> try_compute(const char* id, const std::map<std::string, std::string>& set) {
    return find_scene(id)->compute(shipped_session(), scene_params(id, set), {});
}

inline std::shared_ptr<const SceneData> computed(const char* id, const std::map<std::string, std::string>& set) {
    const Result<std::shared_ptr<const SceneData>> data = try_compute(id, set);
    EXPECT_TRUE(data) << (data ? "" : data.error().code);
    return data ? *data : nullptr;
}

inline std::map<std::string, double> numbers_of(const char* id, const SceneData& data) {
    return by_name(find_scene(id)->observe(data));
}

/// Every stage on several pages, both languages: words known, all text within the page; returns the regions with cells.
inline int expect_page(const char* id, const std::map<std::string, std::string>& set) {
    const auto data = computed(id, set);
    if (!data) return 0;
    int cells = 0;
    for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{420, 48, 1120, 960}, Rect{0, 0, 900, 600}})
        for (const Lang lang : {Lang::kZh, Lang::kEn})
            for (const ThemeId theme : {ThemeId::kLight, ThemeId::kProjector})
                for (int stage = 0; stage < static_cast<int>(find_scene(id)->stages.size()); ++stage)
                    for (const bool revealed : {true, false}) {
                        if (theme == ThemeId::kProjector && page.w < 1280) continue;
                        LogCanvas canvas(page);
                        View view;
                        view.stage = stage, view.u = stage % 2 == 0 ? 1 : 0.5, view.lang = lang, view.theme = theme, view.revealed = revealed;
                        find_scene(id)->draw(canvas, *data, scene_params(id, set), view);
                        const std::string at = fmt::format("{} {}x{} {} stage {} revealed {}", id, page.w, page.h, lang == Lang::kZh ? "zh" : "en", stage, revealed);
                        expect_text_on_page(canvas, at);
                        for (const Region& r : canvas.regions()) cells += r.cell ? 1 : 0;
                        if (testing::Test::HasFailure()) return cells;
                    }
    return cells;
}

/// Every cell that the picture names exists on the tape and can be explained; its recheck agrees.
inline void expect_cells_explained(const char* id, const std::map<std::string, std::string>& set) {
    const auto data = computed(id, set);
    ASSERT_TRUE(data);
    ASSERT_NE(data->trace(), nullptr);
    LogCanvas canvas(Rect{0, 0, 1920, 1080});
    View view;
    view.stage = static_cast<int>(find_scene(id)->stages.size()) - 1;
    find_scene(id)->draw(canvas, *data, scene_params(id, set), view);
    int seen = 0;
    for (const Region& r : canvas.regions()) {
        if (!r.cell) continue;
        CellRef cell = *r.cell;
        if (r.cols > 1) cell.at.back() += (seen * 7) % r.cols;
        if (r.rows > 1) cell.at[cell.at.size() - 2] += (seen * 3) % r.rows;
        const Result<Explanation> why = data->trace()->tape.explain(cell.tensor, cell.at);
        ASSERT_TRUE(why) << cell.tensor << " " << why.error().code;
        if (std::isfinite(why->value)) {
            EXPECT_NEAR(why->difference(), 0, 1e-4 * std::max(1.0, std::abs(why->value))) << cell.tensor;
        }
        ++seen;
    }
    EXPECT_GT(seen, 10);
}

}  // namespace dg::viz
