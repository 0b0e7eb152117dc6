// A drawing as text, one line per command: the golden files of the tests. Numbers are rounded to a
// tenth. Text is measured by a fixed rule (wide characters 1 em, others 0.56 em), so that a log
// does not depend on installed fonts.
#pragma once

#include "viz/canvas/canvas.h"

#include <string>
#include <vector>

namespace dg::viz {

class LogCanvas : public Canvas {
  public:
    explicit LogCanvas(Rect page) : page_(page) {}

    /// A text that was drawn and the box it fills on the page: what overlap and clipping tests look
    /// at.
    struct DrawnText {
        std::string text;
        Rect box;
        TextStyle style;
    };

    /// Everything drawn so far, each line ended by '\n', groups indented.
    [[nodiscard]] const std::string& log() const { return log_; }

    [[nodiscard]] const std::vector<DrawnText>& texts() const { return texts_; }

    [[nodiscard]] Rect page() const override { return page_; }

    void fill_rect(Rect r, Color c, float radius) override;
    void stroke_rect(Rect r, const Stroke& s, float radius) override;
    void line(Vec2 a, Vec2 b, const Stroke& s) override;
    void polyline(std::span<const Vec2> points, const Stroke& s) override;
    void fill_path(const Path& p, Color c) override;
    void stroke_path(const Path& p, const Stroke& s) override;
    void fill_circle(Vec2 center, float radius, Color c) override;
    void hatch(Rect r, Color c, float spacing, float width) override;
    void heatmap(Rect r, int rows, int cols, std::span<const Color> cells) override;
    void text(Vec2 at, std::string_view utf8, const TextStyle& style) override;
    [[nodiscard]] TextSize measure(std::string_view utf8, const TextStyle& style) const override;
    void push_clip(Rect r) override;
    void pop_clip() override;
    void begin_group(std::string_view name) override;
    void end_group() override;

  private:
    void write(const std::string& line);

    Rect page_;
    std::string log_;
    std::vector<DrawnText> texts_;
    int depth_ = 0;
};

}  // namespace dg::viz
