// One channel made louder and louder while the function stays: what E4M3 with one scale, with tiles, and INT8 make of it.
#include "viz/scenes/fp8.h"

#include "viz/scenes/plot.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

/// Mean loss of the model in every format.
Plot loss_plot(const Data& d, const View& view, const Theme& t) {
    std::vector<Series> series;
    for (std::size_t i = 0; i < d.formats.size(); ++i) {
        Series s{.label = tr(view.lang, "fp8.outlier." + d.formats[i]), .color = float_bits::numerics_color(t, d.formats[i]), .width = 3, .dots = true};
        if (i == 0) s.dash = 8, s.gap = 5, s.dots = false;
        for (const lab::ChannelLoss& p : d.channel) s.points.push_back({p.factor, p.loss[i]});
        series.push_back(std::move(s));
    }
    Plot plot{.x = axis_for(series, false, tr(view.lang, "fp8.outlier.x"), true), .y = axis_for(series, true, tr(view.lang, "fp8.outlier.loss")), .series = std::move(series)};
    plot.y.min = 0;
    plot.shown = view.revealed ? done(view, kScale) : 0;
    return plot;
}

struct ProductLine {
    const char* key;
    double lab::ProductErrors::*error;
};

constexpr std::array<ProductLine, 4> kProducts = {{{"fp8.outlier.int8", &lab::ProductErrors::int8_tensor},
                                                   {"fp8.outlier.int8-tile", &lab::ProductErrors::int8_tile16},
                                                   {"fp8.outlier.e4m3", &lab::ProductErrors::e4m3_tensor},
                                                   {"fp8.outlier.e4m3-tile", &lab::ProductErrors::e4m3_tile16}}};

/// Relative error of one product of normal matrices.
Plot product_plot(const Data& d, const View& view, const Theme& t) {
    const std::array<Color, 4> colors = {t.experts[6], mix(t.ground, t.experts[6], 0.55F), float_bits::numerics_color(t, "fp8-tensor"), float_bits::numerics_color(t, "fp8")};
    std::vector<Series> series;
    for (std::size_t i = 0; i < kProducts.size(); ++i) {
        Series s{.label = tr(view.lang, kProducts[i].key), .color = colors[i], .width = 3, .dots = true};
        if (i == 1) s.dash = 8, s.gap = 5;
        for (const lab::ChannelLoss& p : d.channel) s.points.push_back({p.factor, std::min(1.0, p.product.*kProducts[i].error)});
        series.push_back(std::move(s));
    }
    Plot plot{.x = axis_for(series, false, tr(view.lang, "fp8.outlier.x"), true), .y = {.label = tr(view.lang, "fp8.outlier.product"), .min = 0, .max = 1, .percent = true}, .series = std::move(series)};
    plot.shown = view.revealed ? done(view, kCompare) : 0;
    return plot;
}

}  // namespace

void draw_outlier_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "outlier");
    const float gap = area.w * 0.04F, w = (area.w - gap) / 2, head = t.body * 2;
    float_bits::draw_fitted(canvas, {area.x, area.y + t.body}, tr(view.lang, "fp8.outlier.model", {{"channel", fmt::format("{}", d.loud)}, {"documents", fmt::format("{}", d.documents)}}), strong(t), w);
    float_bits::draw_fitted(canvas, {area.x + w + gap, area.y + t.body}, tr(view.lang, "fp8.outlier.one"), strong(t), w);
    draw_plot(canvas, view, {area.x, area.y + head, w, area.h - head}, loss_plot(d, view, t));
    draw_plot(canvas, view, {area.x + w + gap, area.y + head, w, area.h - head}, product_plot(d, view, t));
}

}  // namespace dg::viz::fp8_page
