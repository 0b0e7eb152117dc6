// The columns of scene sampler: one row is one token in all of them, so nothing moves when ranks would.
#include "viz/scenes/sampler.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::sampler {
namespace {

/// Text size of rows.
float row_size(const Theme& t, const Layout& l) { return std::clamp(l.pitch * 0.38F, t.caption, t.body * 1.1F); }

float bar_height(const Layout& l) { return l.pitch * 0.52F; }

/// A linear scale for the logits: all shown values, and 0.
struct Axis {
    double low = 0, high = 0;
    float x = 0, w = 0;

    [[nodiscard]] float at(double v) const { return x + (high > low ? static_cast<float>((v - low) / (high - low)) * w : 0); }
};

Axis axis_of(std::span<const Row> rows, float x, float w, bool scaled, bool both) {
    Axis a{.x = x, .w = w};
    for (const Row& row : rows) {
        if (row.rank < 0) continue;
        for (const double v : {row.logit, row.scaled}) {
            if (!both && v != (scaled ? row.scaled : row.logit)) continue;
            if (std::isfinite(v)) a.low = std::min(a.low, v), a.high = std::max(a.high, v);
        }
    }
    return a;
}

/// The head of a column: the steps it shows (two where columns are merged) and their name.
void draw_head(Canvas& canvas, const View& view, const Layout& l, float x, int first, int last, const std::string& name, float room) {
    const Theme& t = theme(view.theme);
    const float r = t.body * 0.68F, y = l.table.y - t.body * 1.35F;
    float left = x;
    for (int number = first; number <= last; ++number, left += 2 * r + 4) {
        canvas.fill_circle({left + r, y}, r, t.ink);
        draw_centered(canvas, {left, y - r, 2 * r, 2 * r}, fmt::format("{}", number), {.size = t.body * 0.78F, .color = t.ground, .weight = Weight::kBold});
    }
    TextStyle style = strong(t);
    left += 6;
    style.size = fit_size(canvas, name, style, room - (left - x));
    canvas.text({left, y + style.size * 0.36F}, elide(canvas, name, style, room - (left - x)), style);
}

/// A value at the end of its bar.
void draw_value(Canvas& canvas, const Theme& t, const Layout& l, float x, float y, const std::string& text, Color color, bool bold) {
    const TextStyle style{.size = row_size(t, l), .color = color, .weight = bold ? Weight::kBold : Weight::kRegular};
    canvas.text({x, y + l.pitch / 2 + style.size * 0.36F}, text, style);
}

Rect bar_rect(const Layout& l, float from, float to, float y) {
    const float h = bar_height(l);
    return {std::min(from, to), y + (l.pitch - h) / 2, std::max(3.0F, std::abs(to - from)), h};
}

/// Columns 1 and 2: logits as given and divided.
void draw_logit_bar(Canvas& canvas, const Data& d, const View& view, const Layout& l, const Row& row, float y, const Axis& axis, bool scaled) {
    const Theme& t = theme(view.theme);
    const double grown = done(view, scaled ? kScale : kLogits);
    if (row.rank < 0 || !(grown > 0)) return;
    const bool grey = row.cut && view.revealed && view.stage >= kKeep;
    const Color ink = row.chosen && view.revealed && view.stage >= kRoll ? t.ink : grey ? t.ink3 : t.ink;
    if (scaled && !l.merged && d.settings.temperature == 0) return draw_value(canvas, t, l, axis.x + 4, y, std::string(kUnknown), t.ink3, false);
    // dividing stretches the bar from its old length
    const double shown = scaled ? row.logit + (row.scaled - row.logit) * grown : row.logit * grown;
    const Rect bar = bar_rect(l, axis.at(0), axis.at(shown), y);
    canvas.fill_rect(bar, faded(t, t.stream, grey ? 0.32 : 0.75), 3);
    draw_value(canvas, t, l, std::max(bar.right(), axis.at(0)) + 10, y, fixed(scaled ? row.scaled : row.logit, 2), faded(t, ink, grown), false);
    if (scaled || !d.recorded) return;
    canvas.region({{axis.x, y, l.column_w, l.pitch}, CellRef{"logits", {0, d.recorded->batch.length - 1, row.id}}, "",
                   tr(view.lang, "sampler.tip.logit", {{"token", row.label}, {"logit", fixed(row.logit, 4)}})});
}

/// Columns 3 and 4: probabilities on a scale to 1.
void draw_share_bar(Canvas& canvas, const View& view, const Layout& l, const Row& row, float y, float x, bool kept) {
    const Theme& t = theme(view.theme);
    const float room = canvas.measure("<0.001", {.size = row_size(t, l), .color = t.ink}).width + 24, full = l.column_w - room;
    if (!view.revealed) return draw_bar(canvas, t, bar_rect(l, x, x + full, y), 0, {.covered = true});
    const double grown = done(view, kept ? kKeep : kSoftmax);
    if (!(grown > 0)) return;
    const bool grey = row.cut && view.stage >= kKeep;
    if (kept && row.cut) {
        const Rect stub = bar_rect(l, x, x + 34, y);
        canvas.hatch(stub, faded(t, t.border, grown), 6, 1);
        canvas.stroke_rect(stub, {.color = faded(t, t.border, grown), .width = t.line}, 3);
        return;
    }
    const double share = kept ? row.kept : row.p;
    const bool bold = kept && row.chosen && view.stage >= kRoll;
    const Rect bar = bar_rect(l, x, x + full * static_cast<float>(share * grown), y);
    canvas.fill_rect(bar, faded(t, row.rank < 0 ? t.stream : bar_color(t, share), grey ? 0.35 : 1), 3);
    draw_value(canvas, t, l, bar.right() + 10, y, share_text(share), faded(t, grey ? t.ink3 : t.ink, grown), bold);
}

/// What was rolled, thin under the kept bar; its number beside the probability where there is room, else under it.
void draw_tally(Canvas& canvas, const Data& d, const View& view, const Layout& l, const Row& row, float y, float x) {
    if (d.rolls == 0 || row.cut || !view.revealed || view.stage < kRoll) return;
    const Theme& t = theme(view.theme);
    const float room = canvas.measure("<0.001", {.size = row_size(t, l), .color = t.ink}).width + 24, full = l.column_w - room;
    const double share = row.frequency * done(view, kRoll);
    const Rect bar{x, y + (l.pitch + bar_height(l)) / 2 + 3, std::max(2.0F, full * static_cast<float>(share)), std::max(4.0F, l.pitch * 0.09F)};
    canvas.fill_rect(bar, t.ink2, 2);
    const TextStyle small{.size = std::max(t.caption * 0.8F, row_size(t, l) * 0.72F), .color = t.ink2};
    const std::string words = share_text(row.frequency);
    const TextStyle large{.size = row_size(t, l), .color = t.ink, .weight = Weight::kBold};
    const float beside = x + full * static_cast<float>(row.kept) + 10 + canvas.measure(share_text(row.kept), large).width + 8;
    const bool fits = beside + canvas.measure(words, small).width <= x + l.column_w;
    const Vec2 at = fits ? Vec2{beside, y + l.pitch / 2 + row_size(t, l) * 0.36F} : Vec2{bar.right() + 10, bar.center().y + small.size * 0.36F};
    canvas.text(at, words, small);
}

/// One cut: a line under the last kept row, its name at the right end.
void draw_cut(Canvas& canvas, const View& view, const Layout& l, std::int64_t after, std::size_t shown, bool binding, const std::string& name) {
    const Theme& t = theme(view.theme);
    if (after >= static_cast<std::int64_t>(shown)) return;
    const double sweep = done(view, kKeep);
    if (!(sweep > 0)) return;
    // sweeps up from the bottom
    const float target = l.row_y(static_cast<std::size_t>(after)), y = l.table.bottom() + (target - l.table.bottom()) * static_cast<float>(sweep);
    const Stroke stroke = binding ? Stroke{.color = t.ink, .width = 2, .dash = 9, .gap = 6} : Stroke{.color = t.ink3, .width = 1.5F, .dash = 2, .gap = 5};
    canvas.line({l.column(kSoftmax), y}, {l.table.right(), y}, stroke);
    TextStyle style{.size = t.caption, .color = binding ? t.ink : t.ink3, .align = Align::kRight};
    style.size = std::min(style.size, l.pitch * 0.42F);
    style.size = fit_size(canvas, name, style, l.column_w - 44);
    canvas.text({l.table.right(), y + style.size * 1.15F}, elide(canvas, name, style, l.column_w - 44), style);
}

void draw_cuts(Canvas& canvas, const Data& d, const View& view, const Layout& l, std::size_t shown) {
    const SampleStages& s = d.stages;
    const bool k_on = d.settings.top_k > 0, p_on = d.settings.top_p < 1;
    double reached = 0;
    for (std::int64_t i = 0; i < s.cut_p; ++i) reached += s.probs[static_cast<std::size_t>(s.order[static_cast<std::size_t>(i)])];
    const std::string p_name = tr(view.lang, "sampler.cut.p", {{"p", fmt::format("{}", d.settings.top_p)}, {"sum", fixed(reached, 3)}});
    const std::string k_name = tr(view.lang, "sampler.cut.k", {{"k", fmt::format("{}", d.settings.top_k)}});
    const bool p_binds = p_on && (!k_on || s.cut_p <= s.cut_k), same = k_on && p_on && s.cut_k == s.cut_p;
    if (same) return draw_cut(canvas, view, l, s.cut_p, shown, true, k_name + " = " + p_name);
    if (k_on) draw_cut(canvas, view, l, s.cut_k, shown, !p_binds, k_name);
    if (p_on) draw_cut(canvas, view, l, s.cut_p, shown, p_binds, p_name);
}

void draw_heads(Canvas& canvas, const Data& d, const View& view, const Layout& l) {
    const std::string divide = d.settings.temperature == 0 ? tr(view.lang, "sampler.head.argmax") : tr(view.lang, "sampler.head.scale", {{"t", fmt::format("{}", d.settings.temperature)}});
    if (!l.merged) draw_head(canvas, view, l, l.column(kLogits), 1, 1, tr(view.lang, "sampler.head.logits"), l.column_w - 12);
    draw_head(canvas, view, l, l.column(kScale), l.merged ? 1 : 2, 2, l.merged && d.settings.temperature > 0 ? tr(view.lang, "sampler.head.logits") + " " + divide : divide, l.column_w - 12);
    draw_head(canvas, view, l, l.column(kSoftmax), 3, 3, tr(view.lang, "sampler.head.softmax"), l.column_w - 12);
    draw_head(canvas, view, l, l.column(kKeep), 4, 4, tr(view.lang, "sampler.head.keep"), l.column_w - 12);
    draw_head(canvas, view, l, l.strip.x - l.strip.w * 0.2F, 5, 5, tr(view.lang, "sampler.head.roll"), canvas.page().right() - l.strip.x - 24);
}

/// The arithmetic of a row in one line.
std::string arithmetic(const Data& d, const View& view, const Row& row) {
    if (row.rank < 0) return tr(view.lang, "sampler.tip.others", {{"p", number(row.p)}, {"kept", number(row.kept)}});
    if (d.settings.temperature == 0) return tr(view.lang, "sampler.tip.argmax", {{"token", row.label}, {"logit", fixed(row.logit, 4)}});
    return tr(view.lang, "sampler.tip.row", {{"token", row.label}, {"logit", fixed(row.logit, 2)}, {"t", fmt::format("{}", d.settings.temperature)},
                                             {"scaled", fixed(row.scaled, 2)}, {"p", number(row.p)}, {"mass", number(d.stages.kept_mass)}, {"kept", number(row.kept)}});
}

void draw_label(Canvas& canvas, const Data& d, const View& view, const Layout& l, const Row& row, float y) {
    const Theme& t = theme(view.theme);
    const bool picked = row.chosen && view.revealed && view.stage >= kRoll;
    if (picked) {
        const float alpha = 0.16F * static_cast<float>(done(view, kRoll));
        canvas.fill_rect({l.table.x, y + 3, l.table.w, l.pitch - 6}, mix(t.ground, t.select, alpha), 8);
    }
    const bool hovered = view.hover && view.hover->tensor == "logits" && !view.hover->at.empty() && view.hover->at.back() == row.id;
    if (hovered) canvas.stroke_rect({l.table.x, y + 3, l.table.w, l.pitch - 6}, {.color = t.ink3, .width = 1.5F}, 8);
    const bool grey = row.cut && view.revealed && view.stage >= kKeep;
    TextStyle style{.size = row_size(t, l) * 1.05F, .color = grey || row.rank < 0 ? t.ink3 : t.ink, .weight = picked ? Weight::kBold : Weight::kRegular, .align = Align::kRight};
    const float room = l.label_right - l.table.x;
    style.size = fit_size(canvas, row.label, style, room);
    canvas.text({l.label_right, y + l.pitch / 2 + style.size * 0.36F}, elide(canvas, row.label, style, room), style);
    canvas.region({{l.table.x, y, l.table.w, l.pitch}, std::nullopt, "", view.revealed ? arithmetic(d, view, row) : row.label});
}

}  // namespace

float fit_size(const Canvas& canvas, std::string_view text, const TextStyle& style, float width) {
    const float natural = canvas.measure(text, style).width;
    return natural <= width ? style.size : std::max(style.size * 0.62F, style.size * width / natural);
}

Color faded(const Theme& t, Color c, double alpha) { return mix(t.ground, c, static_cast<float>(std::clamp(alpha, 0.0, 1.0))); }

Color bar_color(const Theme& t, double p) { return t.sequential_at(0.42 + 0.5 * std::clamp(p, 0.0, 1.0)); }

std::string share_text(double p) { return p > 0 && p < 0.0005 ? "<0.001" : fixed(p, 3); }

std::vector<Row> rows_of(const Data& d, const View& view, std::size_t most) {
    const SampleStages& s = d.stages;
    const std::size_t all = s.order.size(), n = all <= most ? all : most - 1;
    std::vector<Row> rows;
    Row others{.label = tr(view.lang, "sampler.others", {{"n", grouped(static_cast<std::int64_t>(all - n))}})};
    for (std::size_t i = 0; i < all; ++i) {
        const std::int32_t id = s.order[i];
        const auto k = static_cast<std::size_t>(id);
        const double frequency = d.rolls > 0 ? static_cast<double>(d.tally[k]) / static_cast<double>(d.rolls) : 0;
        if (i >= n) {
            others.p += s.probs[k], others.kept += s.kept[k], others.frequency += frequency;
            others.chosen = others.chosen || id == d.chosen;
            continue;
        }
        rows.push_back({.rank = static_cast<std::int64_t>(i), .id = id, .label = d.label(id), .logit = s.logits[k], .scaled = s.scaled[k], .p = s.probs[k],
                        .kept = s.kept[k], .frequency = frequency, .cut = static_cast<std::int64_t>(i) >= s.keep(), .chosen = id == d.chosen});
    }
    others.cut = static_cast<std::int64_t>(n) >= s.keep();
    if (all > n) rows.push_back(std::move(others));
    return rows;
}

void draw_table(Canvas& canvas, const Data& d, const View& view, const Layout& l, const std::vector<Row>& rows) {
    const Group group(canvas, "table");
    const Theme& t = theme(view.theme);
    draw_heads(canvas, d, view, l);
    for (std::size_t i = 0; i < rows.size(); ++i) draw_label(canvas, d, view, l, rows[i], l.row_y(i));

    // one scale for logits and scaled logits, unless dividing changes them too much to compare
    const double t0 = d.settings.temperature;
    const bool both = !l.merged && t0 > 0.2 && t0 < 5;
    const float room = canvas.measure("−00.00", {.size = row_size(t, l), .color = t.ink}).width + 22;
    const Axis first = axis_of(rows, l.columns[0], l.column_w - room, l.merged, both);
    const Axis second = axis_of(rows, l.column(kScale), l.column_w - room, true, both);
    for (const float x : l.columns) {
        const float zero = x == l.columns[0] ? first.at(0) : x == l.column(kScale) ? second.at(0) : x;
        canvas.line({zero, l.table.y}, {zero, l.table.bottom()}, {.color = t.border, .width = t.line});
    }
    const auto shown = static_cast<std::size_t>(std::ranges::count_if(rows, [](const Row& row) { return row.rank >= 0; }));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const float y = l.row_y(i);
        if (!l.merged) draw_logit_bar(canvas, d, view, l, rows[i], y, first, false);
        draw_logit_bar(canvas, d, view, l, rows[i], y, second, true);
        draw_share_bar(canvas, view, l, rows[i], y, l.column(kSoftmax), false);
        draw_share_bar(canvas, view, l, rows[i], y, l.column(kKeep), true);
        draw_tally(canvas, d, view, l, rows[i], y, l.column(kKeep));
    }
    if (view.revealed) draw_cuts(canvas, d, view, l, shown + (rows.size() > shown ? 1 : 0));
}

}  // namespace dg::viz::sampler
