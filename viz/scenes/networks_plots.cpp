// Scene networks: gradient against distance, training, cost, strokes.
#include "viz/scenes/networks.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::viz::networks {
namespace {

constexpr std::array<const char*, 3> kDistanceNames = {"near", "middle", "far"};

std::vector<PlotPoint> column(const Data& d, const std::string& name) {
    std::vector<PlotPoint> points;
    const auto at = std::ranges::find(d.records.columns, name) - d.records.columns.begin();
    for (const auto& row : d.records.rows) points.push_back({row[0], row[static_cast<std::size_t>(at)]});
    return points;
}

Series series_of(const Data& d, const View& view, net::Kind kind, const std::string& name) {
    return {.label = name_of(view.lang, kind), .points = view.revealed ? column(d, name) : std::vector<PlotPoint>{}, .color = color_of(theme(view.theme), kind),
            .width = kind == net::Kind::kTransformer ? 4.5F : 3.0F, .dash = kind == net::Kind::kRnn ? 10.0F : 0.0F, .gap = kind == net::Kind::kRnn ? 6.0F : 0.0F};
}

double last_step(const Data& d) { return std::max(1.0, d.records.rows.empty() ? 1.0 : d.records.rows.back()[0]); }

/// Share of the curves that is drawn.
double shown(const View& view) { return view.stage == kWiring ? 0 : done(view, kSpread); }

}  // namespace

void draw_gradient(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    Plot plot{.x = {.label = tr(view.lang, "networks.axis.distance"), .min = 1, .max = static_cast<double>(std::max<std::int64_t>(128, d.n)), .log = true}, .y = {}, .series = {}, .marks = {}};
    for (const Shown& s : d.nets) {
        Series line{.label = name_of(view.lang, s.dims.kind), .points = {}, .color = color_of(t, s.dims.kind), .width = s.dims.kind == net::Kind::kTransformer ? 4.5F : 3.0F, .dots = true};
        // exactly 0 has no logarithm: the line ends there
        for (std::size_t i = 0; i < s.by_distance.size(); ++i)
            line.points.push_back({static_cast<double>(d.distances[i]), s.by_distance[i] > 0 ? s.by_distance[i] : std::numeric_limits<double>::quiet_NaN()});
        plot.series.push_back(std::move(line));
    }
    plot.y = axis_for(plot.series, true, tr(view.lang, "networks.axis.gradient"), true);
    if (!view.revealed)
        for (Series& line : plot.series) line.points.clear();
    plot.marks = {{.at = static_cast<double>(d.n), .label = tr(view.lang, "networks.mark.n", {{"n", fmt::format("{}", d.n)}})}};
    plot.shown = shown(view);
    draw_plot(canvas, view, area, plot);
}

void draw_training(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const float gap = 48, width = (area.w - 2 * gap) / 3, foot = t.heading * 2.6F;
    for (std::size_t i = 0; i < 3; ++i) {
        const Rect part{area.x + (width + gap) * static_cast<float>(i), area.y, width, area.h};
        TextStyle head = heading(t);
        head.size = std::min(head.size, width / 12);
        canvas.text({part.x, part.y + head.size}, tr(view.lang, "networks.distance", {{"n", fmt::format("{}", d.trained_at[i])}}), head);
        Plot plot{.x = {.label = tr(view.lang, "networks.axis.steps"), .min = 0, .max = last_step(d)},
                  .y = {.label = tr(view.lang, "networks.axis.accuracy"), .min = 0, .max = 1.04, .percent = true},
                  .series = {},
                  .marks = {{.at = 1.0 / net::kSymbols, .label = tr(view.lang, "networks.mark.chance"), .horizontal = true}},
                  .shown = shown(view),
                  .direct_labels = false};
        for (const net::Kind kind : net::kKinds) plot.series.push_back(series_of(d, view, kind, fmt::format("{}_accuracy_{}", net::id_of(kind), kDistanceNames[i])));
        draw_plot(canvas, view, {part.x, part.y + head.size * 1.4F, part.w, part.h - head.size * 1.4F - foot}, plot);
        for (std::size_t k = 0; k < 3; ++k) {
            const float x = part.x + part.w * static_cast<float>(k) / 3, y = part.bottom() - foot + 12;
            canvas.fill_rect({x, y, part.w / 3 - 16, 6}, color_of(t, net::kKinds[k]), 3);
            TextStyle name = caption(t), value = heading(t);
            canvas.text({x, y + 10 + name.size}, elide(canvas, name_of(view.lang, net::kKinds[k]), name, part.w / 3 - 12), name);
            value.size = std::min(value.size, part.w / 12);
            const bool open = done(view, kAnswer) > 0;
            canvas.text({x, y + 14 + name.size + value.size * 1.1F}, open ? percent(d.last(fmt::format("{}_accuracy_{}", net::id_of(net::kKinds[k]), kDistanceNames[i])), 0) : "?", value);
        }
    }
}

void draw_cost(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    const auto last = static_cast<double>(d.to);
    Plot plot{.x = {.label = tr(view.lang, "networks.axis.length"), .min = 128, .max = last, .log = true}, .y = {}, .series = {}, .marks = {}};
    const auto line = [&](std::string name, Color color, float width, const auto& value) {
        Series s{.label = std::move(name), .points = {}, .color = color, .width = width};
        for (int i = 0; i <= 32; ++i) {
            const auto n = static_cast<std::int64_t>(std::llround(128 + (last - 128) * i / 32.0));
            s.points.push_back({static_cast<double>(n), value(n)});
        }
        plot.series.push_back(std::move(s));
    };
    for (const Shown& s : d.nets)
        line(tr(view.lang, s.dims.kind == net::Kind::kTransformer ? "networks.rest" : fmt::format("networks.{}", net::id_of(s.dims.kind))), color_of(t, s.dims.kind), 3,
             [&](std::int64_t n) { return net::cost_of(s.dims, n).rest; });
    line(tr(view.lang, "networks.scores"), t.error.fill, 5, [&](std::int64_t n) { return net::cost_of(d.nets[2].dims, n).scores; });
    plot.y = axis_for(plot.series, true, tr(view.lang, "networks.axis.cost"), true);
    std::vector<std::pair<std::string, double>> growth;
    for (const Series& s : plot.series) growth.emplace_back(s.label, s.points.back().y / s.points.front().y);
    if (!view.revealed)
        for (Series& s : plot.series) s.points.clear();
    plot.shown = shown(view);
    const float side = std::min(area.w * 0.26F, t.body * 15);
    draw_plot(canvas, view, {area.x, area.y, area.w - side - 40, area.h}, plot);
    float y = area.y + t.label * 2;
    canvas.text({area.right() - side, y}, elide(canvas, tr(view.lang, "networks.growth", {{"to", grouped(d.to)}}), label(t), side), label(t));
    for (const auto& [name, factor] : growth) {
        y += t.body * 2.2F;
        TextStyle value = heading(t);
        value.align = Align::kRight;
        canvas.text({area.right(), y}, done(view, kAnswer) > 0 ? "×" + fixed(factor, factor == std::round(factor) ? 0 : 1) : "?", value);
        canvas.text({area.right() - side, y}, elide(canvas, name, body(t), side - t.heading * 4), body(t));
    }
}

void draw_strokes(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "strokes");
    const Theme& t = theme(view.theme);
    // sixteen of the pictures learnt from, two of each shape
    const float side = std::min(area.h - t.label * 2, area.w * 0.4F), gap = 10, cell = (side - 3 * gap) / 4;
    canvas.text({area.x, area.y + t.label}, elide(canvas, tr(view.lang, "networks.pictures"), label(t), side), label(t));
    for (std::size_t i = 0; i < d.pictures.size(); ++i) {
        const Rect frame{area.x + (cell + gap) * static_cast<float>(i % 4), area.y + t.label * 1.8F + (cell + gap) * static_cast<float>(i / 4), cell, cell};
        std::vector<Color> colors;
        for (const float ink : d.pictures[i].values()) colors.push_back(mix(t.track, t.ink, ink));
        canvas.heatmap(frame, net::kImage, net::kImage, colors);
    }
    Plot plot{.x = {.label = tr(view.lang, "networks.axis.steps"), .min = 0, .max = last_step(d)},
              .y = {.label = tr(view.lang, "networks.axis.fresh"), .min = 0, .max = 1.04, .percent = true},
              .series = {series_of(d, view, net::Kind::kCnn, "cnn_accuracy"), series_of(d, view, net::Kind::kTransformer, "transformer_accuracy")},
              .marks = {{.at = 1.0 / net::kShapes, .label = tr(view.lang, "networks.mark.chance"), .horizontal = true}},
              .shown = shown(view)};
    for (std::size_t k = 0; k < 2; ++k) plot.series[k].label += fmt::format(" · {}", grouped(d.stroke_parameters[k]));
    const float left = area.x + side + 64;
    draw_plot(canvas, view, {left, area.y, area.right() - left, area.h}, plot);
}

}  // namespace dg::viz::networks
