// Inside of the tokens scene: which bytes are on the page, where the merges hang, and the painter.
#pragma once

#include "viz/scenes/tokens.h"

namespace dg::viz::tokens {

inline constexpr std::int64_t kMostBytes = 32;

struct Layout {
    Theme type;        // text sizes that fit the page
    Range shown;       // bytes on the page: whole words unless one is longer than the page
    bool cut = false;  // a word is cut by the page
    float names_x = 0, axis_x = 0, left = 0, right = 0, byte_w = 0;
    std::vector<float> byte_x;          // left edges, of shown.begin + i
    float glyph_y = 0, glyph_size = 0;  // baseline of the characters
    float bracket_y = 0;
    Rect bytes, tree, boxes, ids, pager;  // bands over the whole width
    float pill_h = 28, pill_text = 16;
    std::vector<Rect> pills;  // per node; width 0 = none on this page

    [[nodiscard]] float begin_x(std::int64_t byte) const;

    [[nodiscard]] float end_x(std::int64_t byte) const { return begin_x(byte) + byte_w; }

    [[nodiscard]] bool shows(const Range& r) const {
        return r.begin < shown.end && r.end > shown.begin;
    }

    /// The columns of a range, as far as they are on the page.
    [[nodiscard]] Rect columns(const Range& r, const Rect& band) const;
    /// Height on the axis of a merge number: square root, early merges are many and crowded.
    [[nodiscard]] float axis_y(double number, std::int64_t all) const;
};

Layout lay_out(const Canvas& canvas, const Data& data, const View& view, Rect place);

/// Where the slider stands in this moment of the clock: 0 while the bytes appear, then down to
/// Data::merges.
double slider_at(const Data& data, const View& view);

class Painter {
  public:
    Painter(Canvas& canvas, const Data& data, const View& view, const Layout& layout);

    void bands();
    void names();
    void axis();
    void characters();
    void byte_pills();
    void tree();
    void token_boxes();
    void pager();

  private:
    void wires(int parent, int child);
    void pill(int i, bool root);
    void brackets(const Range& character);
    void bracket(const Range& part, const Range& character);
    [[nodiscard]] bool is_root(int i) const;
    [[nodiscard]] float anchor_x(int i) const;

    Canvas& canvas_;
    const Data& d_;
    const View& view_;
    const Layout& l_;
    const Theme& t_;
    double slider_ = 0;
    std::int64_t known_ = 0;  // whole merges at the slider
    std::vector<int> roots_;
    float bytes_in_ = 1, ids_in_ = 1;
};

}  // namespace dg::viz::tokens
