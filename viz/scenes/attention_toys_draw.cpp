// Pictures of attention_toys.h.
#include "engine/base/mathfn.h"
#include "viz/scenes/attention.h"
#include "viz/scenes/attention_toys.h"
#include "viz/scenes/covered.h"
#include "viz/scenes/mla.h"
#include "viz/scenes/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::attention::toys {
namespace {

constexpr std::size_t kN = kWords.size();

/// An 8 x 8 table of weights with words at its top and left.
struct Grid {
    Rect cells;
    Color row_ink, col_ink;
    bool rows_are_queries = true;
};

Rect cell_of(const Grid& g, std::size_t r, std::size_t c) {
    const float w = g.cells.w / static_cast<float>(kN), h = g.cells.h / static_cast<float>(kN);
    return {g.cells.x + w * static_cast<float>(c), g.cells.y + h * static_cast<float>(r), w, h};
}

void draw_words(Canvas& canvas, const Theme& t, const Grid& g) {
    // one size for all columns: that of the longest word
    float widest = 1;
    for (const auto word : kWords) widest = std::max(widest, canvas.measure(word, {.size = t.label, .color = g.col_ink, .weight = Weight::kBold}).width);
    const float col_size = std::min(t.label, t.label * (cell_of(g, 0, 0).w - 8) / widest);
    for (std::size_t i = 0; i < kN; ++i) {
        const Rect left = cell_of(g, i, 0), top = cell_of(g, 0, i);
        TextStyle row{.size = std::min(t.label, left.h * 0.6F), .color = g.row_ink, .weight = Weight::kBold, .align = Align::kRight};
        canvas.text({left.x - 12, left.center().y + row.size * 0.35F}, kWords[i], row);
        canvas.text({top.center().x, g.cells.y - 10}, kWords[i], {.size = col_size, .color = g.col_ink, .weight = Weight::kBold, .align = Align::kCenter});
    }
}

void draw_value(Canvas& canvas, const Theme& t, Rect r, double value, double strength) {
    const Color fill = t.sequential_at(value * strength);
    canvas.fill_rect(r.inset(1), fill, 3);
    if (value < 0.005) return;
    draw_centered(canvas, r, fixed(value, 2), {.size = std::min({t.number, r.h * 0.5F, r.w * 0.36F}), .color = t.ink_on(fill), .weight = Weight::kBold});
}

/// Axis names: which side asks, which is asked.
void draw_axes(Canvas& canvas, const Theme& t, const View& view, const Grid& g, const char* rows, const char* cols) {
    canvas.text({g.cells.x, g.cells.y - 14 - t.label * 1.4F}, tr(view.lang, cols), caption(t));
    canvas.text({g.cells.x - 12, g.cells.y - 14 - t.label * 1.4F}, tr(view.lang, rows), caption(t, Align::kRight));
}

float words_width(const Canvas& canvas, const Theme& t) {
    float most = 0;
    for (const auto word : kWords) most = std::max(most, canvas.measure(word, {.size = t.label, .color = t.ink, .weight = Weight::kBold}).width);
    return most + 24;
}

std::vector<PlotPoint> histogram(const std::vector<double>& values, double factor, double limit, int bins) {
    std::vector<double> count(static_cast<std::size_t>(bins), 0);
    for (const double v : values) {
        const double at = (v * factor + limit) / (2 * limit) * bins;
        if (at >= 0 && at < bins) count[static_cast<std::size_t>(at)] += 1;
    }
    std::vector<PlotPoint> points;
    for (int i = 0; i < bins; ++i) points.push_back({-limit + 2 * limit * (i + 0.5) / bins, count[static_cast<std::size_t>(i)] / static_cast<double>(values.size())});
    return points;
}

}  // namespace

void draw_hand(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const Tensor<float>& probs = d.run->tape.value(d.run->tape.find("hand.probs"));
    const auto weight = [&](std::size_t r, std::size_t c) { return static_cast<double>(probs[static_cast<std::int64_t>(r * kN + c)]); };
    const TextArgs args{{"fluffy", fixed(weight(3, 1), 2)}, {"blue", fixed(weight(3, 2), 2)}, {"self", fixed(weight(3, 3), 2)}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.attention.hand.title" : "scene.attention.hand.title.covered", args), .subtitle = tr(view.lang, "scene.attention.hand.subtitle"), .notes = {tr(view.lang, "scene.attention.hand.note")},
                                                 .badge = {.kind = Kind::kIllustration, .detail = tr(view.lang, "scene.attention.hand.badge")}});
    const float left = words_width(canvas, t), sum_w = t.label * 5, head = t.label * 3.4F;
    const float w = std::min(place.w - left - sum_w, (place.h - head) * 1.9F);
    Grid g{{place.x + left + std::max(0.0F, (place.w - left - sum_w - w) / 2), place.y + head, w, place.h - head}, t.q.ink, t.k.ink};
    draw_axes(canvas, t, view, g, "scene.attention.query_axis", "scene.attention.key_axis");
    draw_words(canvas, t, g);
    const Motion motion = motion_of(view);
    std::vector<Rect> future;
    for (std::size_t r = 0; r < kN; ++r) {
        if (r + 1 < kN) {
            const Rect a = cell_of(g, r, r + 1);
            future.push_back({a.x + 1, a.y + 1, g.cells.right() - a.x - 2, a.h - 2});
        }
        for (std::size_t c = 0; c <= r; ++c) draw_value(canvas, t, cell_of(g, r, c), weight(r, c), r == 3 ? 1 : 0.55);
    }
    if (motion.mask > 0) draw_masked(canvas, t, future, tr(view.lang, "scene.attention.masked"), cell_of(g, 1, 5).center());
    const Rect row{g.cells.x, cell_of(g, 3, 0).y, g.cells.w / static_cast<float>(kN) * 4, g.cells.h / static_cast<float>(kN)};
    draw_ring(canvas, t, row);
    canvas.text({g.cells.right() + sum_w - 8, g.cells.y - 10}, tr(view.lang, "scene.attention.sum"), caption(t, Align::kRight));
    for (std::size_t r = 0; r < kN; ++r) {
        double sum = 0;
        for (std::size_t c = 0; c < kN; ++c) sum += weight(r, c);
        canvas.text({g.cells.right() + sum_w - 8, cell_of(g, r, 0).center().y + t.body * 0.35F}, view.revealed ? fixed(sum, 3) : "?", strong(t, Align::kRight));
    }
    const auto light = [&](const CellRef& cell) {
        if ((cell.tensor == "hand.probs" || cell.tensor == "hand.scores") && cell.at.size() == 4) draw_ring(canvas, t, cell_of(g, static_cast<std::size_t>(cell.at[2]), static_cast<std::size_t>(cell.at[3])).inset(2), 3);
    };
    if (view.hover) light(*view.hover);
    for (const CellRef& cell : view.operands) light(cell);
    canvas.region({.rect = g.cells, .cell = CellRef{"hand.probs", {0, 0, 0, 0}}, .action = "", .tip = "", .rows = static_cast<int>(kN), .cols = static_cast<int>(kN)});
}

void draw_lecture(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const bool open = view.revealed;
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, open ? "scene.attention.lecture.title" : "scene.attention.lecture.title.covered"), .subtitle = tr_covered(view, "scene.attention.lecture.subtitle"),
                                                 .notes = {tr(view.lang, "scene.attention.lecture.note")}, .badge = {.kind = Kind::kPublished, .detail = tr(view.lang, "scene.attention.lecture.badge")}});
    const float left = words_width(canvas, t), foot = t.body * 2.2F, head = t.label * 5.2F;
    const float gap = 40, column = ((place.w - gap) / 2 - left) / static_cast<float>(kN);
    // two tables only where their words can be read
    const bool both = column >= left - 24;
    const float half = both ? (place.w - gap) / 2 : place.w;
    for (int table = 0; table < (both ? 2 : 1); ++table) {
        const std::vector<double>& values = table == 0 ? d.printed : d.corrected;
        const float x = place.x + (half + gap) * static_cast<float>(table);
        // which side holds the queries is the question
        Grid g{{x + left, place.y + head, half - left, place.h - head - foot}, open ? t.k.ink : t.ink, open ? t.q.ink : t.ink, false};
        canvas.text({x, place.y + t.body}, tr(view.lang, table == 0 ? "scene.attention.lecture.printed" : "scene.attention.lecture.corrected"), strong(t));
        if (open) draw_axes(canvas, t, view, g, "scene.attention.lecture.rows", "scene.attention.lecture.columns");
        draw_words(canvas, t, g);
        for (std::size_t r = 0; r < kN; ++r)
            for (std::size_t c = 0; c < kN; ++c) draw_value(canvas, t, cell_of(g, r, c), table == 1 && !open ? 0 : values[r * kN + c], 0.8);
        canvas.text({g.cells.x - 12, g.cells.bottom() + foot * 0.72F}, "Σ", strong(t, Align::kRight));
        for (std::size_t c = 0; c < kN; ++c) {
            double sum = 0;
            for (std::size_t r = 0; r < kN; ++r) sum += values[r * kN + c];
            const bool wrong = open && std::abs(sum - 1) > 1e-9;
            const Rect top = cell_of(g, 0, c);
            TextStyle style{.size = std::min(t.body, top.w * 0.42F), .color = wrong ? t.error.ink : t.ink, .weight = Weight::kBold, .align = Align::kCenter};
            canvas.text({top.center().x, g.cells.bottom() + foot * 0.72F}, open ? fixed(sum, 2) : "?", style);
            if (wrong) draw_ring(canvas, t, {top.x, g.cells.y, top.w, g.cells.h});
        }
    }
}

void draw_spread(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const Spread& s = d.spread;
    const TextArgs args{{"before", fixed(s.variance_raw, 1)}, {"after", fixed(s.variance_scaled, 2)}, {"width", fmt::format("{}", s.width)}, {"pairs", grouped(s.pairs)},
                        {"top_before", fixed(s.top_raw, 2)}, {"top_after", fixed(s.top_scaled, 2)}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.attention.spread.title" : "scene.attention.spread.title.covered", args), .subtitle = tr(view.lang, "scene.attention.spread.subtitle", args), .notes = {tr(view.lang, "scene.attention.spread.note")},
                                                 .badge = {.kind = Kind::kComputed, .detail = badge_detail(view.lang, "", "", fmt::format("{}", s.seed))}});
    const double root = std::sqrt(static_cast<double>(s.width)), limit = std::ceil(3.6 * root);
    const bool open = view.revealed;
    const float gap = 64, w = (place.w - gap) / 2, foot = t.label * 4.4F;
    // both on one axis, so that the scale is seen as a squeeze
    const std::vector<PlotPoint> raw = histogram(s.raw, 1, limit, 60), scaled = histogram(s.raw, 1 / root, limit, 60);
    double most = 0;
    for (const PlotPoint& p : scaled) most = std::max(most, p.y);
    for (int side = 0; side < 2; ++side) {
        const Rect area{place.x + (w + gap) * static_cast<float>(side), place.y, w, place.h - foot};
        const PlotFrame f = draw_plot(canvas, view, area, {.x = {.label = tr(view.lang, side == 0 ? "scene.attention.spread.raw" : "scene.attention.spread.scaled", args), .min = -limit, .max = limit},
                                                           .y = {.label = tr(view.lang, "scene.attention.spread.share"), .min = 0, .max = most * 1.08, .percent = true}, .direct_labels = false});
        const double shown = side == 0 ? motion_of(view).score : motion_of(view).scale;
        const std::vector<PlotPoint>& points = side == 0 ? raw : scaled;
        const float bin = (f.inner.w) / static_cast<float>(points.size());
        if (open || side == 0)
            for (const PlotPoint& p : points) {
                const float top = f.py(p.y * shown);
                canvas.fill_rect({f.px(p.x) - bin / 2 + 0.5F, top, bin - 1, f.inner.bottom() - top}, side == 0 ? t.bar : t.bar_strong);
            }
        const float y = place.bottom() - foot + t.label * 1.9F;
        canvas.text({f.inner.x, y}, tr(view.lang, "scene.attention.spread.variance", {{"value", open ? fixed(side == 0 ? s.variance_raw : s.variance_scaled, 2) : "?"}}), strong(t));
        const std::string top = tr(view.lang, "scene.attention.spread.top", {{"value", open ? fixed(side == 0 ? s.top_raw : s.top_scaled, 2) : "?"}});
        canvas.text({f.inner.x, y + t.label * 1.8F}, elide(canvas, top, label(t), area.right() - f.inner.x), label(t));
    }
}

void draw_pick(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const auto label_of = [&](std::int64_t i) { return d.labels[static_cast<std::size_t>(i)]; };
    const TextArgs args{{"query", rich_escape(label_of(d.position))}, {"key", rich_escape(label_of(d.key))}, {"difference", d.difference > 0 ? number(d.difference, 2) : "0"}, {"layer", fmt::format("{}", d.layer)},
                        {"head", fmt::format("{}", d.head)}, {"count", fmt::format("{}", d.value.size())}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.attention.pick.title" : "scene.attention.pick.title.covered", args), .subtitle = tr(view.lang, "scene.attention.pick.subtitle", args),
                                                 .notes = {tr(view.lang, "scene.attention.pick.note")}, .badge = {.kind = Kind::kComputed, .detail = badge_detail(view.lang, d.run->model->name, d.model_hash())}});
    // the keys as a row of cells, one of them 1
    const auto n = static_cast<std::size_t>(d.position) + 1, most = static_cast<std::size_t>(std::max(6.0F, place.w / (t.label * 4)));
    const std::size_t first = n <= most ? 0 : std::min(n - most, static_cast<std::size_t>(std::max<std::int64_t>(0, d.key - static_cast<std::int64_t>(most) / 2)));
    const std::size_t count = std::min(n, most);
    const float w = std::min(place.w / static_cast<float>(count), t.label * 9), top = place.y + t.label * 1.8F, h = std::min(t.label * 4, place.h * 0.16F);
    canvas.text({place.x, place.y + t.label}, tr(view.lang, "scene.attention.pick.keys", args), label(t));
    float from_x = place.x;
    for (std::size_t i = 0; i < count; ++i) {
        const auto u = static_cast<std::int64_t>(first + i);
        const Rect cell{place.x + w * static_cast<float>(i), top, w - 6, h};
        const bool own = u == d.key;
        const Color fill = t.sequential_at(own ? 1.0 : 0.0);
        canvas.fill_rect(cell, fill, 6);
        canvas.stroke_rect(cell, {.color = t.border, .width = t.line}, 6);
        if (own) draw_ring(canvas, t, cell, 6), from_x = cell.center().x;
        draw_centered(canvas, cell, own ? "1" : "0", {.size = t.heading, .color = t.ink_on(fill), .weight = Weight::kBold});
        draw_centered(canvas, {cell.x, cell.bottom() + 4, cell.w, t.label * 1.7F}, elide(canvas, label_of(u), label(t), cell.w - 4), {.size = t.label, .color = t.k.ink, .weight = Weight::kBold});
        canvas.region({.rect = cell, .cell = std::nullopt, .action = fmt::format("set key={}", u), .tip = ""});
    }
    const float label_w = std::min(place.w * 0.26F, t.label * 15), strip_x = place.x + label_w, strip_w = place.w - label_w;
    const float room = place.bottom() - (top + h + t.label * 3.4F), strip_h = std::clamp(room * 0.25F, t.label * 1.4F, t.label * 8);
    float y = top + h + t.label * 3.4F;
    const auto strip = [&](const char* key, const std::vector<float>& values, bool hidden, const CellRef& cell, double limit, bool diverging) {
        const float cell_w = strip_w / static_cast<float>(values.size());
        draw_wrapped(canvas, {place.x, y + strip_h / 2}, tr(view.lang, key, args), strong(t), label_w - 20, 2);
        if (!hidden) mla::draw_cells(canvas, view, {.rect = {strip_x, y, strip_w, strip_h}, .values = values, .limit = limit, .fill = t.v.fill, .first = cell, .diverging = diverging});
        for (std::size_t i = 0; i < values.size() && !hidden && cell_w >= t.caption * 3.4F; ++i) {
            const double v = values[i];
            const Color ground = diverging ? t.diverging_at(v / limit) : mix(t.ground, t.v.fill, std::min(1.0, std::abs(v) / limit));
            draw_centered(canvas, {strip_x + cell_w * static_cast<float>(i), y, cell_w, strip_h}, v == 0 ? "0" : fixed(v, 2), {.size = t.caption, .color = t.ink_on(ground), .weight = Weight::kBold});
        }
        if (hidden) canvas.fill_rect({strip_x, y, strip_w, strip_h}, t.track, 4), draw_centered(canvas, {strip_x, y, strip_w, strip_h}, "?", heading(t));
        y += strip_h + room * 0.1F;
    };
    double limit = 0;
    for (const float v : d.value) limit = std::max(limit, std::abs(static_cast<double>(v)));
    const std::int64_t groups = d.run->tape.value(d.run->tape.find(d.prefix + d.value_name)).rank() == 4 ? d.run->tape.value(d.run->tape.find(d.prefix + d.value_name)).dim(2) : 1;
    const float strip_top = y;
    strip("scene.attention.pick.value", d.value, false, groups > 1 ? CellRef{d.prefix + d.value_name, {0, d.key, d.head * groups / d.run->model->model.config.num_attention_heads, 0}} : CellRef{}, limit, false);
    draw_arrow(canvas, {std::clamp(from_x, strip_x + 8, strip_x + strip_w - 8), top + h + t.label * 2}, {std::clamp(from_x, strip_x + 8, strip_x + strip_w - 8), strip_top - 8}, {.color = t.v.fill, .width = 4});
    strip("scene.attention.pick.output", d.output, !view.revealed, {}, limit, false);
    std::vector<float> difference;
    for (std::size_t i = 0; i < d.value.size(); ++i) difference.push_back(d.output[i] - d.value[i]);
    strip("scene.attention.pick.difference", difference, !view.revealed, {}, limit, true);
}

void draw_cost(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const auto n = static_cast<double>(d.length), w = static_cast<double>(d.hidden);
    const TextArgs args{{"n", grouped(d.length)}, {"d", grouped(d.hidden)}, {"share", percent(score_share(n, w))}, {"even", grouped(6 * d.hidden)}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.attention.cost.title" : "scene.attention.cost.title.covered", args), .subtitle = tr(view.lang, "scene.attention.cost.subtitle", args),
                                                 .notes = {tr(view.lang, "scene.attention.cost.note")}, .badge = {.kind = Kind::kComputed, .detail = "n / (n + 6d)"}});
    Series line{.label = "", .points = {}, .color = t.ink, .width = 4};
    const double low = 64, high = 4194304;
    for (int i = 0; i <= 160; ++i) {
        const double x = low * dg::exp(dg::log(high / low) * i / 160.0);
        line.points.push_back({x, view.revealed ? score_share(x, w) : NAN});
    }
    const float side = place.w >= 46 * t.label ? std::min(place.w * 0.3F, t.label * 18) : 0;
    const PlotFrame f = draw_plot(canvas, view, {place.x, place.y, place.w - (side > 0 ? side + 48 : 0), place.h},
                                  {.x = {.label = tr(view.lang, "scene.attention.cost.x"), .min = low, .max = high, .log = true}, .y = {.label = tr(view.lang, "scene.attention.cost.y"), .min = 0, .max = 1, .percent = true},
                                   .series = {line},
                                   .marks = {{.at = n, .label = tr(view.lang, "scene.attention.cost.here", args)}, {.at = 0.5, .label = tr(view.lang, "scene.attention.cost.half"), .horizontal = true}},
                                   .shown = motion_of(view).score,
                                   .direct_labels = false});
    if (view.revealed) canvas.fill_circle({f.px(std::clamp(n, low, high)), f.py(score_share(n, w))}, t.label * 0.45F, t.ink);
    if (side <= 0) return;
    float y = place.y + t.heading;
    const float x = place.right() - side;
    const auto fact = [&](const char* key, const std::string& value) {
        y = draw_wrapped(canvas, {x, y}, tr(view.lang, key, args), label(t), side, 3) + t.heading * 1.4F;
        canvas.text({x, y}, view.revealed ? value : "?", heading(t));
        y += t.heading * 1.7F;
    };
    fact("scene.attention.cost.share", percent(score_share(n, w)));
    fact("scene.attention.cost.scores", scientific(4 * n * n * w, 3));
    fact("scene.attention.cost.matrices", scientific(24 * n * w * w, 3));
    fact("scene.attention.cost.even", tr(view.lang, "scene.attention.cost.tokens", args));
}

}  // namespace dg::viz::attention::toys
