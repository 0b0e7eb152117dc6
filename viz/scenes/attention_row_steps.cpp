// The lower half and the left margin of attention show=row: weights, values, output, worked lines,
// small maps.
#include "viz/scenes/attention_row.h"

#include "engine/base/mathfn.h"
#include "viz/scenes/attention_map.h"
#include "viz/scenes/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::attention {

void RowPainter::weight_band() {
    const Group group(canvas_, "weights");
    arrows(l_.masked, l_.weights, m_.softmax, true);
    const auto shown = static_cast<float>(ease(m_.softmax));
    for (std::size_t i = 0; i < l_.keys.size(); ++i) {
        const std::int64_t u = l_.keys[i];
        const Rect cell = l_.column(i, l_.weights);
        canvas_.region({cell, d_.cell("probs", {0, d_.head, f_.row, u}), "", ""});
        if (shown <= 0) {
            canvas_.stroke_rect(cell.inset(0.5F), {.color = t_.hairline, .width = t_.line}, 4);
            continue;
        }
        if (u > f_.row) {
            draw_masked(canvas_, t_, {&cell, 1}, "0", cell.center());
            continue;
        }
        const float w = d_.weight(d_.head, f_.row, u);
        const Color fill = mix(t_.ground, t_.sequential_at(w), shown);
        canvas_.fill_rect(cell, fill, 4);
        draw_cell_mark(canvas_, t_, cell, w);
        const float size =
            std::min({strong(u) ? t_.title : t_.number, cell.w / 3.0F, cell.h * 0.62F});
        draw_on_cell(canvas_, t_, cell, fixed(shares_[static_cast<std::size_t>(u)], 2), size,
                     strong(u) ? Weight::kBold : Weight::kRegular, fill, shown);
        if (u == followed_ && m_.softmax >= 1) draw_ring(canvas_, t_, cell, 4);
    }
}

void RowPainter::mixing() {
    const Group group(canvas_, "mix");
    const auto fallen = static_cast<float>(ease(std::min(1.0, m_.mix * 2)));
    const double grown = ease(std::clamp(m_.mix * 2 - 1, 0.0, 1.0));
    const float base = l_.values.y - 8;
    for (std::size_t i = 0; i < l_.keys.size(); ++i) {
        const std::int64_t u = l_.keys[i];
        const Rect cell = l_.column(i, l_.values);
        if (view_.presenter && !strong(u)) continue;
        // a ribbon as wide as the weight carries the value down
        if (const float w = u <= f_.row ? d_.weight(d_.head, f_.row, u) : 0; w > 0 && fallen > 0) {
            const float width = std::max(1.0F, w * cell.w);
            canvas_.fill_rect(
                {cell.center().x - width / 2, l_.ribbons.y, width, (l_.ribbons.h - 3) * fallen},
                mix(t_.ground, t_.v.fill, 0.4F));
            const TextStyle style{.size = t_.label, .color = t_.ink, .weight = Weight::kBold};
            const std::string text = "×" + fixed(shares_[static_cast<std::size_t>(u)], 2);
            if (strong(u) && fallen > 0.6F && l_.ribbons.h > t_.label * 1.6F) {
                const float plate = canvas_.measure(text, style).width + 8;
                const Rect at{cell.center().x - plate / 2, l_.ribbons.center().y - t_.label * 0.7F,
                              plate, t_.label * 1.4F};
                canvas_.fill_rect(at, mix(t_.ground, t_.v.fill, 0.4F), 3);
                draw_centered(canvas_, at, text, style);
            }
        }
        bars(cell, {value_lane(u)}, value_limit_, 1, m_.mix <= 0 || !strong(u));
    }
    TextStyle style{.size = t_.caption, .color = t_.v.ink, .weight = Weight::kBold};
    canvas_.text({l_.first_x, l_.values.bottom() + t_.caption * 1.2F},
                 tr(view_.lang, "scene.attention.row.values"), style);
    if (m_.mix <= 0) return;
    const Rect output = l_.query(l_.values);
    const std::int64_t n = d_.context->cols();
    const float* values = d_.context->row(f_.row * d_.heads + d_.head);
    bars(output, {{values, n, t_.v.fill, d_.prefix + "context", {0, f_.row, d_.head, 0}}},
         value_limit_, grown, false);
    canvas_.stroke_rect(output, {.color = t_.ink, .width = 2}, 4);
    style.color = t_.ink, style.align = Align::kCenter;
    canvas_.text({output.center().x, base}, tr(view_.lang, "scene.attention.row.output"), style);
    draw_centered(canvas_,
                  {output.right(), output.center().y, l_.first_x - output.right(), output.h / 2},
                  "=", {.size = t_.label, .color = t_.ink3});
}

/// Number in a disc, name, and the arithmetic of the followed key below it.
void RowPainter::step(int number, std::string_view key, float y, float end,
                      const std::string& worked, double reached) {
    const float disc = t_.body * 0.68F;
    const Color ink = reached > 0 ? t_.ink : t_.ink3;
    canvas_.fill_circle({l_.words_x + disc, y}, disc, reached > 0 ? t_.ink : t_.border);
    draw_centered(
        canvas_, {l_.words_x, y - disc, disc * 2, disc * 2}, fmt::format("{}", number),
        {.size = t_.caption, .color = reached > 0 ? t_.ground : t_.ink, .weight = Weight::kBold});
    canvas_.text({l_.words_x + disc * 2 + 10, y + t_.body * 0.35F}, tr(view_.lang, key),
                 {.size = t_.body, .color = ink, .weight = Weight::kBold});
    if (reached <= 0) return;
    const TextStyle style{.size = t_.caption, .color = t_.ink2};
    float base = y + t_.body * 0.35F + t_.caption * 1.5F;
    const auto lines = wrap_rich(canvas_, rich(t_, worked, t_.ink2), style, l_.words_w);
    // half an equation would mislead
    if (base + t_.caption * (1.3F * static_cast<float>(lines.size()) - 1) > end) return;
    for (const RichText& line : lines) {
        draw_rich(canvas_, {l_.words_x, base}, line, style);
        base += t_.caption * 1.3F;
    }
}

/// "q·k(blue) = 7.90 + 3.43 = 11.33": one more decimal where two would contradict the sum.
std::string RowPainter::worked_score() const {
    const ops::ScoreParts& parts =
        d_.parts[static_cast<std::size_t>(f_.row * d_.tokens + followed_)];
    int decimals = row_decimals(d_.raw_limit);
    const auto agrees = [&](int n) {
        double unit = 1;
        for (int i = 0; i < n; ++i) unit *= 10;
        return std::abs(std::round(parts.content * unit) + std::round(parts.rotary * unit) -
                        std::round(parts.raw() * unit)) < 0.5;
    };
    while (decimals < 4 && d_.q_pe != nullptr && !agrees(decimals)) ++decimals;
    const TextArgs args{
        {"key", rich_escape(elide(canvas_, d_.labels[static_cast<std::size_t>(followed_)],
                                  caption(t_), l_.words_w * 0.25F))},
        {"content", fixed(parts.content, decimals)},
        {"rotary", fixed(parts.rotary, decimals)},
        {"raw", fixed(parts.raw(), decimals)},
        {"count", fmt::format("{}", d_.width())}};
    return tr(view_.lang,
              d_.q_pe != nullptr ? "scene.attention.row.score" : "scene.attention.row.score_plain",
              args);
}

/// exp(s − max) ÷ sum of the same over the row.
std::string RowPainter::worked_softmax() const {
    double top = d_.scaled(f_.row, 0), sum = 0;
    for (std::int64_t u = 1; u <= f_.row; ++u) top = std::max(top, d_.scaled(f_.row, u));
    for (std::int64_t u = 0; u <= f_.row; ++u) sum += dg::exp(d_.scaled(f_.row, u) - top);
    return tr(view_.lang, "scene.attention.row.softmax",
              {{"scaled", fixed(d_.scaled(f_.row, followed_), 2)},
               {"minus_top", fmt::format("{} {}", top < 0 ? "+" : "−", fixed(std::abs(top), 2))},
               {"sum", fixed(sum, 2)},
               {"weight", fixed(shares_[static_cast<std::size_t>(followed_)], 2)}});
}

std::string RowPainter::worked_mix() const {
    std::string words;
    double rest = 1;
    const std::size_t named = std::min<std::size_t>(heavy_.size(), 2);
    for (std::size_t i = 0; i < named; ++i) {
        const auto u = static_cast<std::size_t>(heavy_[i]);
        words += fmt::format("{}{}·<v>V({})</v>", i > 0 ? " + " : "", fixed(shares_[u], 2),
                             rich_escape(d_.labels[u]));
        rest -= shares_[u];
    }
    const std::int64_t others = f_.row + 1 - static_cast<std::int64_t>(named);
    if (others == 0) return words;
    const TextArgs args{{"count", fmt::format("{}", others)},
                        {"share", fixed(std::max(0.0, rest), 2)}};
    return words + (named > 0 ? " + " : "") + tr(view_.lang, "scene.attention.output.rest", args);
}

void RowPainter::steps() {
    const Group group(canvas_, "steps");
    const auto middle = [](const Rect& band) { return band.y + band.h * 0.3F; };
    const std::string divided = tr(view_.lang, "scene.attention.row.scale",
                                   {{"raw", fixed(d_.raw(f_.row, followed_), 2)},
                                    {"divisor", divisor(d_)},
                                    {"scaled", fixed(d_.scaled(f_.row, followed_), 2)}});
    const std::int64_t masked = d_.tokens - 1 - f_.row;
    const std::string hidden =
        tr(view_.lang, masked > 0 ? "scene.attention.row.mask" : "scene.attention.row.mask_none",
           {{"count", fmt::format("{}", masked)}});
    canvas_.text({l_.words_x, l_.keys_band.y + t_.body},
                 tr(view_.lang, "scene.attention.row.vectors"),
                 {.size = t_.body, .color = t_.ink, .weight = Weight::kBold});
    const bool parts = d_.q_pe != nullptr;
    const TextArgs widths{{"count", fmt::format("{}", d_.width())},
                          {"content", fmt::format("{}", d_.q->cols())},
                          {"rotary", fmt::format("{}", parts ? d_.q_pe->cols() : 0)}};
    const TextStyle style{.size = t_.caption, .color = t_.ink2};
    float y = l_.keys_band.y + t_.body + t_.caption * 1.6F;
    for (const RichText& line : wrap_rich(
             canvas_,
             rich(t_,
                  tr(view_.lang,
                     parts ? "scene.attention.row.widths" : "scene.attention.row.widths_plain",
                     widths),
                  t_.ink2),
             style, l_.words_w)) {
        draw_rich(canvas_, {l_.words_x, y}, line, style);
        y += t_.caption * 1.35F;
    }
    step(1, "stage.attention.score", middle(l_.score), l_.scaled.y, worked_score(), m_.score);
    step(2, "stage.attention.scale", middle(l_.scaled), l_.masked.y, divided, m_.scale);
    step(3, "stage.attention.mask", middle(l_.masked), l_.weights.y, hidden, m_.mask);
    step(4, "stage.attention.softmax", middle(l_.weights), l_.values.y, worked_softmax(),
         m_.softmax);
    step(5, "stage.attention.mix", middle(l_.values), l_.end, worked_mix(), m_.mix);
}

/// The whole matrix of a stage; the framed row is unrolled to the right by two thin lines.
void RowPainter::small_map(Rect at, int stage, const Rect& band) {
    const std::int64_t n = d_.tokens;
    std::vector<Color> colors(static_cast<std::size_t>(n * n), t_.track);
    for (std::int64_t t = 0; t < n; ++t)
        for (std::int64_t u = 0; u < n; ++u) {
            Color& cell = colors[static_cast<std::size_t>(t * n + u)];
            if (stage == kSoftmax) {
                if (u <= t) cell = t_.sequential_at(d_.weight(d_.head, t, u));
            } else if (stage < kMask || u <= t) {
                cell =
                    mix(t_.ground,
                        t_.diverging_at(d_.raw_limit > 0 ? d_.raw(t, u) / d_.raw_limit : 0), 0.55F);
            }
        }
    canvas_.heatmap(at, static_cast<int>(n), static_cast<int>(n), colors);
    const float step = at.h / static_cast<float>(n);
    const Rect row{at.x - 3, at.y + static_cast<float>(f_.row) * step - 1, at.w + 6, step + 2};
    canvas_.stroke_rect(row, {.color = t_.ink, .width = 2}, 2);
    const Stroke thin{.color = t_.border, .width = t_.line};
    const float end = l_.first_x - 10;
    canvas_.line({row.right() + 2, row.y}, {end, band.y}, thin);
    canvas_.line({row.right() + 2, row.bottom()}, {end, band.bottom()}, thin);
}

void RowPainter::small_maps() {
    if (l_.map_side <= 0) return;
    const Group group(canvas_, "small maps");
    const double reached[] = {m_.score, m_.scale, m_.mask, m_.softmax};
    const Rect* bands[] = {&l_.score, &l_.scaled, &l_.masked, &l_.weights};
    for (int i = 0; i < 4; ++i) {
        if (reached[i] <= 0) continue;
        small_map({l_.map_x, bands[i]->center().y - l_.map_side / 2, l_.map_side, l_.map_side}, i,
                  *bands[i]);
    }
}

std::vector<std::string> RowPainter::notes() const {
    std::vector<std::string> notes;
    std::int64_t shown = 0;
    double weight = 0;
    for (const std::int64_t u : l_.keys) {
        if (u > f_.row) continue;
        ++shown, weight += d_.weight(d_.head, f_.row, u);
    }
    if (shown <= f_.row) {
        notes.push_back(tr(view_.lang, "scene.attention.row.left_out",
                           {{"shown", fmt::format("{}", shown)},
                            {"all", fmt::format("{}", f_.row + 1)},
                            {"rest", fixed(std::max(0.0, 1 - weight), 3)}}));
    }
    if (!view_.presenter) notes.push_back(tr(view_.lang, "scene.attention.row.scales"));
    return notes;
}

void draw_row(Canvas& canvas, const Data& data, const View& view) {
    Focus focus = focus_of(data, view);
    // one query stays: the map shows other rows and heads
    focus.row = data.query, focus.head = data.head, focus.preview = false;
    if (focus.col && *focus.col > focus.row) focus.col.reset();
    Nowhere nowhere(canvas);
    std::vector<std::string> notes{" ", " "};
    for (int round = 0; round < 2; ++round) {
        const RowLayout probe =
            layout_row(data, view, focus,
                       draw_frame(nowhere, view, page_text(data, view, focus, notes, true)));
        notes = RowPainter(nowhere, data, view, focus, probe).notes();
    }
    const RowLayout layout = layout_row(
        data, view, focus, draw_frame(canvas, view, page_text(data, view, focus, notes, true)));
    RowPainter painter(canvas, data, view, focus, layout);
    painter.small_maps();
    painter.vectors();
    painter.score_bands();
    painter.weight_band();
    painter.mixing();
    painter.steps();
}

}  // namespace dg::viz::attention
