// What the tests of scenes share: observations by name, and whether a picture's text is worded and on its page.
#pragma once

#include "viz/canvas/log_canvas.h"
#include "viz/scenes/scene.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace dg::viz {

/// "name" or "name[index]" -> value.
inline std::map<std::string, double> by_name(const std::vector<Observation>& observations) {
    std::map<std::string, double> out;
    for (const Observation& o : observations) out[o.index.empty() ? o.name : o.name + "[" + o.index + "]"] = o.value;
    return out;
}

/// No wording is missing, and all text lies within the page; `at` says which picture it is.
inline void expect_text_on_page(const LogCanvas& canvas, const std::string& at) {
    const Rect page = canvas.page();
    EXPECT_EQ(canvas.log().find("⟦"), std::string::npos) << at;
    for (const LogCanvas::DrawnText& text : canvas.texts()) {
        EXPECT_GE(text.box.x, page.x - 1) << at << ": " << text.text;
        EXPECT_LE(text.box.right(), page.right() + 1) << at << ": " << text.text;
        EXPECT_GE(text.box.y, page.y - 1) << at << ": " << text.text;
        EXPECT_LE(text.box.bottom(), page.bottom() + 1) << at << ": " << text.text;
    }
}

/// Full HD and the smallest page that the window lays out (0.86 of the theme's least), two themes, the first `stages` stages in
/// alternating languages, one of them covered.
inline void expect_pages(const std::string& what, int stages, const std::function<void(Canvas&, const View&)>& draw) {
    for (const ThemeId id : {ThemeId::kLight, ThemeId::kProjector})
        for (const Rect page : {Rect{0, 0, 1920, 1080}, Rect{0, 0, 0.86F * theme(id).page_width, 0.86F * theme(id).page_height}})
            for (int stage = 0; stage < stages; ++stage) {
                LogCanvas canvas(page);
                View view;
                view.stage = stage, view.theme = id, view.lang = stage % 2 == 0 ? Lang::kZh : Lang::kEn, view.u = 0.5, view.revealed = stage != 1;
                draw(canvas, view);
                expect_text_on_page(canvas, fmt::format("{} {}x{} {} stage {}", what, page.w, page.h, theme(id).name, stage));
            }
}

}  // namespace dg::viz
