// Inside of attention show=row: one query through all its stages; one column is one key all the way
// down.
#pragma once

#include "viz/scenes/attention.h"

namespace dg::viz::attention {

struct RowLayout {
    std::vector<std::int64_t> keys;  // the columns, in the order of the text
    float words_x = 0, words_w = 0;  // step names and worked lines
    float map_x = 0, map_side = 0;   // small maps; 0 = none
    float query_x = 0, query_w = 0;  // column of q and of the output
    float first_x = 0, column_w = 0, gap = 8;
    // top and height of the bands, from the keys down to the values
    Theme type;     // text sizes that fit the bands
    float end = 0;  // lower edge of the place
    Rect heads, keys_band, products, sums, score, scaled, masked, weights, ribbons, values;

    [[nodiscard]] Rect column(std::size_t i, const Rect& band) const {
        return {first_x + static_cast<float>(i) * (column_w + gap), band.y, column_w, band.h};
    }

    [[nodiscard]] Rect query(const Rect& band) const { return {query_x, band.y, query_w, band.h}; }
};

/// Columns are wide enough for two decimals; only huge scores lose them.
inline int row_decimals(double largest) {
    return largest >= 1000 ? 0 : 2;
}

RowLayout layout_row(const Data& data, const View& view, const Focus& focus, Rect place);

class RowPainter {
  public:
    RowPainter(Canvas& canvas, const Data& data, const View& view, const Focus& focus,
               const RowLayout& layout);

    void vectors();
    void score_bands();
    void weight_band();
    void mixing();
    void steps();
    void small_maps();

    /// Keys left out and what weight they hold; down-sampling.
    [[nodiscard]] std::vector<std::string> notes() const;

  private:
    /// Part of a vector: entries of one tensor in one hue.
    struct Lane {
        const float* values;
        std::int64_t count;
        Color color;
        std::string tensor;  // "" = no region
        Index at;            // of entry 0; the last index counts
    };

    void bars(Rect at, const std::vector<Lane>& lanes, float limit, double grown, bool dim);
    [[nodiscard]] std::vector<Lane> query_lanes() const;
    [[nodiscard]] std::vector<Lane> key_lanes(std::int64_t u) const;
    [[nodiscard]] Lane value_lane(std::int64_t u) const;
    [[nodiscard]] bool lit(const std::string& tensor, const Index& at) const;
    [[nodiscard]] bool strong(std::int64_t u) const;
    void head_chips();
    void products(std::size_t i);
    void score_cell(Rect cell, std::int64_t u, double value, double limit, double shown);
    void arrows(const Rect& above, const Rect& below, double shown, bool past_mask);
    void step(int number, std::string_view key, float y, float end, const std::string& worked,
              double reached);
    [[nodiscard]] std::string worked_score() const;
    [[nodiscard]] std::string worked_softmax() const;
    [[nodiscard]] std::string worked_mix() const;
    void small_map(Rect at, int stage, const Rect& band);

    Canvas& canvas_;
    const Data& d_;
    const View& view_;
    const Focus& f_;
    const RowLayout& l_;
    const Theme& t_;  // of the layout: its type fits
    Motion m_;
    std::vector<std::int64_t> heavy_;
    std::vector<double> shares_;
    std::int64_t followed_ = 0;  // the key that the worked lines follow
    float query_limit_ = 0, key_limit_ = 0, value_limit_ = 0, product_limit_ = 0;
};

}  // namespace dg::viz::attention
