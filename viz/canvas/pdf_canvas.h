// Canvas that writes PDF through cairo: fonts embedded and text selectable, 1 unit = 0.75 pt, dates
// fixed so that the same drawing gives the same bytes.
#pragma once

#include "viz/canvas/canvas.h"
#include "viz/canvas/png.h"
#include "viz/text/fonts.h"

#include <memory>
#include <string>

namespace dg::viz {

class PdfCanvas : public Canvas {
  public:
    explicit PdfCanvas(Rect page, const Metadata& metadata = {},
                       const Fonts& fonts = Fonts::shared());
    ~PdfCanvas() override;
    PdfCanvas(const PdfCanvas&) = delete;
    PdfCanvas& operator=(const PdfCanvas&) = delete;

    /// Ends the current page and starts another of this size.
    void next_page(Rect page);
    /// The file's bytes; nothing may be drawn after it. Error code: pdf_encode (args reason).
    Result<std::string> finish();

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

    void begin_group(std::string_view) override {}

    void end_group() override {}

  private:
    struct State;
    Rect page_;
    const Fonts& fonts_;
    std::unique_ptr<State> state_;
};

}  // namespace dg::viz
