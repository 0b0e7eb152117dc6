// What moves on the attention map: arcs from query to keys, the legend, values that mix into the
// output.
#include "viz/scenes/attention_map.h"

#include "viz/scenes/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::attention {
namespace {

/// Keys that get an arc or a chip; the rest would only be clutter.
constexpr std::size_t kMostArcs = 5;

}  // namespace

float MapPainter::arc_width(std::int64_t u) const {
    return (4 + 18 * d_.weight(f_.head, f_.row, u)) * (l_.cell_w >= 24 ? 1.0F : 0.55F);
}

void MapPainter::arc(std::int64_t u, float alpha) {
    const float w = d_.weight(f_.head, f_.row, u);
    const float from = l_.column_x(f_.row), to = l_.column_x(u), base = l_.arcs_bottom();
    const float thick = arc_width(u), head = thick * 0.9F + 6;
    const float reach = std::min(l_.arcs.h - 14, 40 + std::abs(from - to) * 0.22F);
    const Color ground = t_.ground, color = mix(ground, mix(t_.bar, t_.bar_strong, w * 0.6F),
                                                (0.45F + 0.55F * w) * alpha);
    const float start = from - (l_.cell_w >= 24 ? thick * 0.1F : 0);
    const float top = base - reach * 1.3F;
    canvas_.stroke_path(
        Path().move({start, base}).cubic({start, top}, {to, top}, {to, base - head}),
        {.color = color, .width = thick});
    const float half = thick * 0.5F + 5;
    canvas_.fill_path(Path()
                          .move({to, base})
                          .line({to - half, base - head})
                          .line({to + half, base - head})
                          .close(),
                      color);
}

void MapPainter::arcs() {
    const double done = rows_done_[static_cast<std::size_t>(f_.row)];
    if (l_.arcs.h <= 0 || done <= 0) return;
    const Group group(canvas_, "arcs");
    std::vector<std::int64_t> keys(
        heavy_.begin(),
        heavy_.begin() + static_cast<std::ptrdiff_t>(std::min(heavy_.size(), kMostArcs)));
    if (f_.col) keys = {*f_.col};
    if (f_.col && *f_.col > f_.row) return;
    const auto alpha = static_cast<float>(done);
    // light ones below
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
        if (*key != f_.row) arc(*key, alpha);
    }
    arc_numbers(keys, alpha);
}

/// Each number left of its arrow head, or right of it where a neighbour is in the way.
void MapPainter::arc_numbers(std::span<const std::int64_t> keys, float alpha) {
    const std::vector<double> shares = d_.printed_shares(f_.head, f_.row);
    const float size =
        std::min(t_.heading, view_.presenter ? 34.0F : 28.0F) * (l_.cell_w >= 60 ? 0.86F : 0.64F);
    const TextStyle style{.size = size, .color = t_.ink.with_alpha(alpha), .weight = Weight::kBold};
    const auto half = [&](std::int64_t u) { return arc_width(u) * 0.5F + 7; };
    std::vector<Rect> taken;
    for (const std::int64_t u : keys) {
        const float height = u == f_.row ? l_.arcs.h : size * 2;
        taken.push_back({l_.column_x(u) - half(u), l_.arcs_bottom() - height, half(u) * 2, height});
    }
    taken.push_back({l_.labels.x, l_.arcs.y, l_.labels.w - 8, l_.labels_bottom() - l_.arcs.y});
    for (const std::int64_t u : keys) {
        const std::string text = fixed(shares[static_cast<std::size_t>(u)], 2);
        const float width = canvas_.measure(text, style).width, base = l_.arcs_bottom() - 10;
        const float left = l_.column_x(u) - half(u) - width, right = l_.column_x(u) + half(u);
        // all arcs leave the query's own column to the left
        for (const float x : {u == f_.row ? right : left, u == f_.row ? left : right}) {
            const Rect box{x, base - size, width, size};
            const bool clash = std::ranges::any_of(taken, [&](const Rect& r) {
                return r.x < box.right() - 1 && box.x < r.right() - 1 && r.y < box.bottom() &&
                       box.y < r.bottom();
            });
            if (clash || box.x < canvas_.page().x || box.right() > canvas_.page().right()) continue;
            taken.push_back({box.x - 5, box.y, box.w + 10, box.h});
            canvas_.text({box.x, base}, text, style);
            break;
        }
    }
}

void MapPainter::ramp(Rect at, const std::string& name, const ColorScale& scale, int decimals) {
    const TextStyle style = caption(t_);
    const float base = at.center().y + style.size * 0.35F;
    const bool diverging = scale.map == ColorScale::Map::kDiverging;
    const std::string low = diverging ? fixed(scale.min, decimals) : "0",
                      high = diverging ? fixed(scale.max, decimals) : "1";
    float x = at.x;
    canvas_.text({x, base}, name, style);
    x += canvas_.measure(name, style).width + 14;
    canvas_.text({x, base}, low, style);
    x += canvas_.measure(low, style).width + 8;
    constexpr int kSteps = 48;
    std::vector<Color> colors;
    for (int i = 0; i < kSteps; ++i) {
        const double u = (i + 0.5) / kSteps;
        colors.push_back(diverging ? mix(t_.ground, t_.diverging_at(2 * u - 1), kScoreStrength)
                                   : t_.sequential_at(u));
    }
    const Rect bar{x, at.center().y - t_.caption * 0.4F, std::clamp(at.w * 0.3F, 60.0F, 200.0F),
                   t_.caption * 0.8F};
    canvas_.heatmap(bar, 1, kSteps, colors);
    canvas_.stroke_rect(bar, {.color = t_.hairline, .width = t_.line});
    x = bar.right() + 8;
    canvas_.text({x, base}, high, style);
    x += canvas_.measure(high, style).width + 12;
    canvas_.text({x, base}, tr(view_.lang, "scene.attention.legend.linear"), style);
}

void MapPainter::legend() {
    const Group group(canvas_, "legend");
    const Rect left{l_.foot.x, l_.foot.y, l_.foot.w * 0.4F, l_.foot.h};
    const Rect right{l_.foot.x + l_.foot.w * 0.5F, l_.foot.y, l_.foot.w * 0.4F, l_.foot.h};
    const bool weights = m_.softmax > 0;
    if (weights)
        ramp(left, tr(view_.lang, "scene.attention.legend.weight"), {.min = 0, .max = 1}, 0);
    if (m_.softmax >= 1) return;
    ColorScale scale = score_scale_;
    std::string name = tr(view_.lang, "scene.attention.legend.raw");
    if (m_.scale >= 0.5) {
        scale.min *= d_.scale, scale.max *= d_.scale;
        name = tr(view_.lang, "scene.attention.legend.scaled", {{"divisor", divisor(d_)}});
    }
    ramp(weights ? right : left, name, scale, score_decimals(scale.max));
}

/// The output of the query, entry by entry, as bars around a middle line.
void MapPainter::output_strip(Rect at) {
    const float* values = d_.context->row(f_.row * d_.heads + d_.head);
    const std::int64_t n = d_.context->cols();
    float limit = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        if (std::isfinite(values[i])) limit = std::max(limit, std::abs(values[i]));
    }
    const float step = at.w / static_cast<float>(n), middle = at.center().y;
    const auto grown = static_cast<float>(ease(std::clamp(m_.mix * 2 - 1, 0.0, 1.0)));
    canvas_.line({at.x, middle}, {at.right(), middle}, {.color = t_.border, .width = 1});
    for (std::int64_t i = 0; i < n; ++i) {
        const Rect slot{at.x + step * static_cast<float>(i), at.y, step, at.h};
        const float height =
            limit > 0 && std::isfinite(values[i]) ? values[i] / limit * at.h * 0.5F * grown : 0;
        canvas_.fill_rect({slot.x + step * 0.12F, std::min(middle, middle - height), step * 0.76F,
                           std::abs(height)},
                          t_.v.fill);
        draw_cell_mark(canvas_, t_, slot, values[i]);
        canvas_.region({slot, d_.cell("context", {0, f_.row, d_.head, i}), "", ""});
    }
}

/// Values leave their cells, as wide as their weight, and meet at the output.
void MapPainter::mixing_chips(Vec2 to) {
    if (m_.mix <= 0 || m_.mix >= 1) return;
    for (std::size_t i = 0; i < std::min(heavy_.size(), kMostArcs); ++i) {
        const std::int64_t u = heavy_[i];
        const auto moved = static_cast<float>(ease(std::min(1.0, m_.mix * 1.6)));
        const Vec2 from = l_.cell(f_.row, u).center();
        const float width =
                        std::max(6.0F, d_.weight(f_.head, f_.row, u) * std::max(l_.cell_w, 56.0F)),
                    height = std::clamp(l_.cell_h * 0.5F, 12.0F, 30.0F);
        const Vec2 at{from.x + (to.x - from.x) * moved, from.y + (to.y - from.y) * moved};
        const Rect chip{at.x - width / 2, at.y - height / 2, width, height};
        canvas_.fill_rect(chip, t_.v.fill, 4);
        if (width > t_.caption * 1.4F && height > t_.caption)
            draw_centered(
                canvas_, chip, "V",
                {.size = t_.caption, .color = t_.ink_on(t_.v.fill), .weight = Weight::kBold});
    }
}

/// "output (16 entries) = 0.58 V(blue) + 0.42 V(fluffy) + 3 others 0.00 =" with the heaviest
/// `terms` keys by name, with or without its first words.
RichText MapPainter::mix_words(std::size_t terms, bool named, float alpha) const {
    const std::vector<double> shares = d_.printed_shares(f_.head, f_.row);
    std::string words;
    if (named) {
        const TextArgs width{{"width", fmt::format("{}", d_.context->cols())}};
        words = tr(view_.lang, "scene.attention.output", width) + " = ";
    }
    double rest = 1;
    for (std::size_t i = 0; i < terms; ++i) {
        const auto u = static_cast<std::size_t>(heavy_[i]);
        words += fmt::format("{}{}·<v>V({})</v>", i > 0 ? " + " : "", fixed(shares[u], 2),
                             rich_escape(d_.labels[u]));
        rest -= shares[u];
    }
    const std::int64_t others = f_.row + 1 - static_cast<std::int64_t>(terms);
    const TextArgs args{{"count", fmt::format("{}", others)},
                        {"share", fixed(std::max(0.0, rest), 2)}};
    if (terms == 0)
        words += tr(view_.lang, "scene.attention.output.all", args);
    else if (others > 0)
        words += " + " + tr(view_.lang, "scene.attention.output.rest", args);
    RichText text = rich(t_, words + " =", t_.ink);
    for (RichPart& part : text) part.color = part.color.with_alpha(alpha);
    return text;
}

void MapPainter::output() {
    if (m_.mix <= 0) return;
    const Group group(canvas_, "output");
    const float strip_w = std::clamp(l_.foot.w * 0.16F, 96.0F, 260.0F);
    const Rect strip{l_.foot.right() - strip_w, l_.foot.y - 4, strip_w, l_.foot.h + 8};
    const auto shown = static_cast<float>(ease(std::clamp(m_.mix * 2 - 1, 0.0, 1.0)));

    // the fullest wording that fits between legend and strip: first fewer keys, then no first words
    const TextStyle style{.size = t_.label, .color = t_.ink, .align = Align::kRight};
    const float room = strip.x - 16 - (l_.foot.x + l_.foot.w * 0.38F);
    const std::size_t most = std::min<std::size_t>(heavy_.size(), 4),
                      least = std::min<std::size_t>(most, 1);
    for (std::size_t step = 0; step < 2 * (most - least + 1); ++step) {
        const bool named = step <= most - least;
        const RichText text = mix_words(most - step % (most - least + 1), named, shown);
        if (measure_rich(canvas_, text, style) > room) continue;
        draw_rich(canvas_, {strip.x - 16, strip.center().y + style.size * 0.35F}, text, style);
        break;
    }
    output_strip(strip);
    mixing_chips(strip.center());
}

}  // namespace dg::viz::attention
