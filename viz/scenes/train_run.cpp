// One recorded training run: loss raw and smoothed, learning rate, gradient norm, and where it ends in every domain.
#include "viz/scenes/float_bits.h"
#include "viz/scenes/train.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::train {
namespace {

std::vector<PlotPoint> points_of(const std::vector<double>& x, const std::vector<double>& y) {
    std::vector<PlotPoint> points;
    for (std::size_t i = 0; i < x.size(); ++i) points.push_back({x[i], y[i]});
    return points;
}

Plot loss_plot(const Data& d, const View& view, const Theme& t) {
    const Curves& c = d.curves;
    std::vector<Series> series = {{.label = {}, .points = points_of(c.tokens, c.loss), .color = mix(t.ground, t.stream, 0.45F), .width = 1.2F},
                                  {.label = tr(view.lang, "train.loss"), .points = points_of(c.tokens, smoothed(c.loss, d.window)), .color = t.ink, .width = 3},
                                  {.label = tr(view.lang, "train.loss_mtp"), .points = points_of(c.tokens, smoothed(c.loss_mtp, d.window)), .color = t.experts[7], .width = 2, .dash = 8, .gap = 5}};
    Plot plot{.x = axis_for(series, false, tr(view.lang, "train.tokens")), .y = axis_for(series, true, tr(view.lang, "train.loss_axis"), true), .series = std::move(series)};
    plot.shown = view.revealed ? done(view, kLoss) : 0;
    return plot;
}

Plot small_plot(const View& view, const Theme& t, const std::vector<double>& x, const std::vector<double>& y, const char* key, double shown) {
    std::vector<Series> series = {{.label = {}, .points = points_of(x, y), .color = t.bar, .width = 2}};
    Plot plot{.x = axis_for(series, false, tr(view.lang, "train.tokens")), .y = axis_for(series, true, tr(view.lang, key)), .series = std::move(series)};
    plot.y.min = 0;
    plot.shown = shown;
    plot.direct_labels = false;
    return plot;
}

/// Nats the model needs beyond what the grammar itself leaves open, domain by domain.
void draw_domains(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "domains");
    float_bits::draw_fitted(canvas, {area.x, area.y + t.body}, tr(view.lang, "train.domains"), strong(t), area.w);
    const float top = area.y + t.body * 1.9F, pitch = std::min((area.bottom() - top) / static_cast<float>(std::max<std::size_t>(1, d.domains.size())), t.label * 3);
    double most = 1;
    for (const DomainLoss& domain : d.domains) most = std::max({most, domain.model, domain.entropy});
    const float names = area.w * 0.34F, numbers = area.w * 0.26F;
    const double told = view.revealed ? done(view, kCompare) : 0;
    for (std::size_t i = 0; i < d.domains.size(); ++i) {
        const DomainLoss& domain = d.domains[i];
        const float y = top + pitch * static_cast<float>(i), base = y + pitch * 0.6F;
        const std::string name = has_key("corpus.domain." + domain.name) ? tr(view.lang, "corpus.domain." + domain.name) : domain.name;
        float_bits::draw_fitted(canvas, {area.x, base}, name, label(t), names - 10);
        const Rect track{area.x + names, y + pitch * 0.22F, area.w - names - numbers, pitch * 0.5F};
        draw_bar(canvas, t, track, domain.model / most * told, {.fill = t.bar, .covered = !view.revealed});
        if (told >= 1) {
            const float x = track.x + track.w * static_cast<float>(domain.entropy / most);
            canvas.line({x, track.y - 3}, {x, track.bottom() + 3}, {.color = t.ink, .width = 3});
        }
        const std::string text = told >= 1 ? tr(view.lang, "train.domain.nats", {{"model", fixed(domain.model, 1)}, {"entropy", fixed(domain.entropy, 1)}}) : "?";
        float_bits::draw_fitted(canvas, {area.right(), base}, text, label(t, Align::kRight), numbers - 10);
    }
}

}  // namespace

void draw_run_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float left = area.w * 0.6F, gap = area.w * 0.03F, top = area.h * 0.6F;
    draw_plot(canvas, view, {area.x, area.y, left, top}, loss_plot(d, view, t));
    const double rest = view.revealed ? done(view, kRest) : 0;
    const float half = (left - gap) / 2, y = area.y + top + t.label;
    draw_plot(canvas, view, {area.x, y, half, area.bottom() - y}, small_plot(view, t, d.curves.tokens, d.curves.lr, "train.lr", rest));
    draw_plot(canvas, view, {area.x + half + gap, y, half, area.bottom() - y}, small_plot(view, t, d.curves.tokens, smoothed(d.curves.grad_norm, d.window), "train.grad_norm", rest));
    draw_domains(canvas, d, view, t, {area.x + left + gap, area.y, area.w - left - gap, area.h});
}

}  // namespace dg::viz::train
