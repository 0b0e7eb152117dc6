// Inside of the attention map: where everything stands, and the painter.
#pragma once

#include "viz/scenes/attention.h"

namespace dg::viz::attention {

/// Places on the page. Numbers stand in cells up to kNumberTokens tokens; longer prompts are one
/// heat-map.
struct MapLayout {
    Rect thumbs, arcs, header, grid, labels, sums, predicts, foot;
    Rect row_strip;  // the row of interest enlarged, where rows are too low to see; h = 0: none
    float cell_w = 0, cell_h = 0, gap = 0;
    float number = 0;  // size of the numbers in cells; 0 = none
    float label_size = 0;
    bool stacked_axes = false;          // the names of the axes stand one above the other
    bool upright = true;                // column labels; else they read upwards
    int column_step = 1, row_step = 1;  // every n-th label is written
    std::int64_t block =
        1;  // tokens per drawn cell; above 1 only when a cell would be under one pixel

    [[nodiscard]] Rect cell(std::int64_t t, std::int64_t u) const {
        return {grid.x + static_cast<float>(u) * cell_w, grid.y + static_cast<float>(t) * cell_h,
                cell_w - gap, cell_h - gap};
    }

    /// The cells of row t from key u to key `end`.
    [[nodiscard]] Rect span(std::int64_t t, std::int64_t u, std::int64_t end) const {
        return {grid.x + static_cast<float>(u) * cell_w, grid.y + static_cast<float>(t) * cell_h,
                static_cast<float>(end - u) * cell_w - gap, cell_h - gap};
    }

    /// Lower edge of the key labels.
    [[nodiscard]] float labels_bottom() const {
        return (row_strip.h > 0 ? row_strip.y : grid.y) - 6;
    }

    /// Where arcs end: above the key labels.
    [[nodiscard]] float arcs_bottom() const {
        return upright ? labels_bottom() - label_size * 1.7F - 2 : arcs.bottom() - 2;
    }

    [[nodiscard]] float column_x(std::int64_t u) const {
        return grid.x + (static_cast<float>(u) + 0.5F) * cell_w - gap / 2;
    }

    [[nodiscard]] float row_y(std::int64_t t) const {
        return grid.y + (static_cast<float>(t) + 0.5F) * cell_h - gap / 2;
    }
};

inline constexpr std::int64_t kNumberTokens = 24;
/// Up to here every cell is a region of its own, above one grid region stands for all.
inline constexpr std::int64_t kSingleRegions = 64;
/// Keys that count as "read": arcs, chips, title.
inline constexpr double kHeavy = 0.05;
/// Scores are drawn paler than their map, so that weights stay the strongest colour and every
/// number stays readable.
inline constexpr float kScoreStrength = 0.72F;

MapLayout layout_map(const Canvas& canvas, const Data& data, const View& view, Rect place,
                     bool heads_strip);

/// Draws the map piece by piece; one per drawing.
class MapPainter {
  public:
    MapPainter(Canvas& canvas, const Data& data, const View& view, const Focus& focus,
               const MapLayout& layout);

    void thumbs();
    void headers();
    void cells();
    void row_strip();
    void focus_marks();
    void arcs();
    void sums();
    void predictions();
    void legend();
    void output();
    void regions();

    /// Down-sampling that the picture has to say.
    [[nodiscard]] std::vector<std::string> notes() const;

  private:
    /// What a cell shows now: colour and, where numbers are shown, its text with an opacity.
    struct Cell {
        Color color;
        std::string text;
        float text_alpha = 1;
        bool hidden = false;  // not scored yet, or masked
    };

    [[nodiscard]] Cell cell_at_stage(std::int64_t t, std::int64_t u) const;
    [[nodiscard]] bool heavy(std::int64_t u) const;
    [[nodiscard]] std::vector<bool> labels_shown(int step,
                                                 std::span<const std::int64_t> first) const;
    [[nodiscard]] float dimming(std::int64_t t, std::int64_t u) const;
    void masked_ground();
    void small_cells();
    void heat_cells();
    void number_in(std::int64_t t, std::int64_t u, const Cell& cell);
    void column_label(std::int64_t u);
    void row_label(std::int64_t t);
    void arc(std::int64_t u, float alpha);
    void arc_numbers(std::span<const std::int64_t> keys, float alpha);
    [[nodiscard]] float arc_width(std::int64_t u) const;
    void thumb(std::int64_t h, Rect rect);
    void ramp(Rect at, const std::string& label, const ColorScale& scale, int decimals);
    [[nodiscard]] RichText mix_words(std::size_t terms, bool named, float alpha) const;
    void output_strip(Rect at);
    void mixing_chips(Vec2 to);

    Canvas& canvas_;
    const Data& d_;
    const View& view_;
    const Focus& f_;
    const MapLayout& l_;
    const Theme& t_;
    Motion m_;
    ColorScale score_scale_;  // in raw units
    std::vector<std::vector<double>>
        shares_;  // per row, as printed; filled where numbers are shown
    std::vector<std::int64_t> heavy_;
    std::vector<double> rows_done_, columns_done_;  // softmax per row, scores per column: 0 .. 1
};

/// Draws nothing, measures like another canvas: what would a frame leave free?
class Nowhere final : public Canvas {
  public:
    explicit Nowhere(const Canvas& like) : like_(like) {}

    [[nodiscard]] Rect page() const override { return like_.page(); }

    [[nodiscard]] TextSize measure(std::string_view utf8, const TextStyle& style) const override {
        return like_.measure(utf8, style);
    }

    void fill_rect(Rect, Color, float) override {}

    void stroke_rect(Rect, const Stroke&, float) override {}

    void line(Vec2, Vec2, const Stroke&) override {}

    void polyline(std::span<const Vec2>, const Stroke&) override {}

    void fill_path(const Path&, Color) override {}

    void stroke_path(const Path&, const Stroke&) override {}

    void fill_circle(Vec2, float, Color) override {}

    void hatch(Rect, Color, float, float) override {}

    void heatmap(Rect, int, int, std::span<const Color>) override {}

    void text(Vec2, std::string_view, const TextStyle&) override {}

    void push_clip(Rect) override {}

    void pop_clip() override {}

    void begin_group(std::string_view) override {}

    void end_group() override {}

  private:
    const Canvas& like_;
};

/// A number on a cell, readable on any colour: bold and large, or on a plate, where neither ink
/// reaches 4.5:1.
void draw_on_cell(Canvas& canvas, const Theme& theme, Rect cell, std::string_view text, float size,
                  Weight weight, Color fill, float alpha = 1);
/// Scores as printed: fewer decimals for large ones, so that a column has one width.
int score_decimals(double largest);

}  // namespace dg::viz::attention
