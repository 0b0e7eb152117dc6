// A canvas that remembers what was drawn; glyphs are half an em wide, Chinese ones a whole em.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/scenes/rich_text.h"

#include <string>
#include <vector>

namespace dg::viz {

class FakeCanvas : public Canvas {
  public:
    struct Text {
        Vec2 at;
        std::string utf8;
        TextStyle style;
        float width;
        /// The ink box, whatever the alignment.
        [[nodiscard]] Rect box() const {
            const float left = at.x - (style.align == Align::kCenter ? width / 2 : style.align == Align::kRight ? width : 0);
            return {left, at.y - style.size * 0.8F, width, style.size};
        }
    };

    explicit FakeCanvas(Rect page = {0, 0, 1920, 1080}) : page_(page) {}

    [[nodiscard]] Rect page() const override { return page_; }

    void fill_rect(Rect r, Color, float) override { fills.push_back(r); }

    void stroke_rect(Rect r, const Stroke& s, float) override { strokes.emplace_back(r, s); }

    void line(Vec2, Vec2, const Stroke&) override {}

    void polyline(std::span<const Vec2>, const Stroke&) override {}

    void fill_path(const Path&, Color) override {}

    void stroke_path(const Path&, const Stroke&) override {}

    void fill_circle(Vec2, float, Color) override {}

    void hatch(Rect r, Color, float, float) override { hatches.push_back(r); }

    void heatmap(Rect, int rows, int cols, std::span<const Color> cells) override {
        heatmaps.emplace_back(rows, cols);
        last_cells.assign(cells.begin(), cells.end());
    }

    void text(Vec2 at, std::string_view utf8, const TextStyle& style) override {
        texts.push_back({at, std::string(utf8), style, measure(utf8, style).width});
    }

    [[nodiscard]] TextSize measure(std::string_view utf8, const TextStyle& style) const override {
        float ems = 0;
        for (; !utf8.empty(); utf8.remove_prefix(utf8_length(utf8))) ems += utf8_code(utf8) < 0x2E80 ? 0.5F : 1.0F;
        return {ems * style.size, style.size * 0.8F, style.size * 0.2F};
    }

    void push_clip(Rect) override { ++clips; }

    void pop_clip() override { --clips; }

    void begin_group(std::string_view name) override { groups.emplace_back(name), ++depth; }

    void end_group() override { --depth; }

    /// All texts in one string, for searching.
    [[nodiscard]] std::string all_text() const {
        std::string out;
        for (const Text& t : texts) out += t.utf8 + "\n";
        return out;
    }

    std::vector<Text> texts;
    std::vector<Rect> fills, hatches;
    std::vector<std::pair<Rect, Stroke>> strokes;
    std::vector<std::pair<int, int>> heatmaps;
    std::vector<Color> last_cells;
    std::vector<std::string> groups;
    int depth = 0, clips = 0;

  private:
    Rect page_;
};

}  // namespace dg::viz
