// Pictures of the rope scene.
#include "viz/scenes/covered.h"
#include "viz/scenes/next_token.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/rope.h"

#include "engine/base/mathfn.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dg::viz::rope {
namespace {

PageText page_of(const Data& d, const View& view, const TextArgs& args) {
    return {.title = tr_covered(view, "scene.rope.title." + d.show, args), .subtitle = tr(view.lang, "scene.rope.subtitle." + d.show, args),
            .notes = notes_when_revealed(view, {tr(view.lang, "scene.rope.note." + d.show, args)}), .badge = {.detail = badge_detail(view.lang, next_token::display_name(*d.run->model), d.model_hash())}};
}

TextArgs words_of(const Data& d) {
    return {{"query", rich_escape(d.labels[static_cast<std::size_t>(d.query)])}, {"key", rich_escape(d.labels[static_cast<std::size_t>(d.key)])},
            {"m", fmt::format("{}", d.query)}, {"n", fmt::format("{}", d.key)}, {"distance", fmt::format("{}", d.query - d.key)}, {"shift", fmt::format("{}", d.shift)},
            {"score", number(d.score)}, {"layer", fmt::format("{}", d.layer)}, {"head", fmt::format("{}", d.head)}, {"pairs", fmt::format("{}", d.pairs.size())},
            {"difference", number(std::abs(d.score - d.moved_score), 2)}};
}

/// A hand of a dial: a pair as a vector, turned by `part` of its angle.
void hand(Canvas& canvas, Vec2 center, float radius, Vec2 v, double angle, float limit, Color color, float width) {
    const double c = dg::cos(angle), s = dg::sin(angle);
    const double x = v.x * c - v.y * s, y = v.x * s + v.y * c;
    const Vec2 tip{center.x + static_cast<float>(x) / limit * radius, center.y - static_cast<float>(y) / limit * radius};
    draw_arrow(canvas, center, tip, {.color = color, .width = width}, 10);
}

std::string degrees(double radians) {
    const double turns = radians / (2 * std::numbers::pi);
    return fmt::format("{}°", fixed((turns - std::floor(turns)) * 360, 0));
}

/// One dial: query blue, key orange, both turned by their own positions.
void dial(Canvas& canvas, const View& view, const Theme& t, Rect at, const Pair& p, std::size_t j, std::int64_t m, std::int64_t n, double turn, double scored) {
    const float radius = std::min(at.w * 0.42F, (at.h - t.caption * 7) * 0.5F);
    const Vec2 center{at.center().x, at.y + radius + t.caption * 1.9F};
    canvas.text({at.center().x, at.y + t.caption}, tr(view.lang, "scene.rope.pair", {{"j", fmt::format("{}", j)}}), {.size = t.caption, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter});
    canvas.fill_circle(center, radius + 1.5F, t.border);
    canvas.fill_circle(center, radius, t.ground);
    canvas.line({center.x - radius, center.y}, {center.x + radius, center.y}, {.color = t.hairline, .width = 1});
    canvas.line({center.x, center.y - radius}, {center.x, center.y + radius}, {.color = t.hairline, .width = 1});
    const float limit = std::max({std::hypot(p.q.x, p.q.y), std::hypot(p.k.x, p.k.y), 1e-9F});
    // where they stood before turning
    hand(canvas, center, radius, p.q, 0, limit, mix(t.ground, t.q.fill, 0.35F), 2);
    hand(canvas, center, radius, p.k, 0, limit, mix(t.ground, t.k.fill, 0.35F), 2);
    hand(canvas, center, radius, p.k, static_cast<double>(n) * p.frequency * turn, limit, t.k.fill, 4);
    hand(canvas, center, radius, p.q, static_cast<double>(m) * p.frequency * turn, limit, t.q.fill, 4);
    float y = center.y + radius + t.caption * 1.5F;
    const auto line = [&](const std::string& markup, bool strong_line) {
        draw_rich(canvas, {at.center().x, y}, rich(t, markup, strong_line ? t.ink : t.ink2), {.size = strong_line ? t.label : t.caption, .color = t.ink2, .align = Align::kCenter});
        y += t.caption * 1.45F;
    };
    line(tr(view.lang, "scene.rope.frequency", {{"f", number(p.frequency)}}), false);
    line(fmt::format("<q>{}</q> · <k>{}</k>", degrees(static_cast<double>(m) * p.frequency), degrees(static_cast<double>(n) * p.frequency)), false);
    if (scored > 0) line(fmt::format("<b>{}</b>", view.revealed ? number(p.product) : "?"), true);
}

void dials(Canvas& canvas, const View& view, const Theme& t, Rect at, const std::vector<Pair>& pairs, std::int64_t m, std::int64_t n, double turn, double scored) {
    const std::size_t most = std::max<std::size_t>(2, static_cast<std::size_t>(at.w / (t.caption * 9)));
    std::vector<std::size_t> shown;
    for (std::size_t j = 0; j < pairs.size(); ++j) {
        if (pairs.size() <= most || j * most / pairs.size() != (j + pairs.size() - 1) % pairs.size() * most / pairs.size()) shown.push_back(j);
    }
    const float w = at.w / static_cast<float>(shown.size());
    for (std::size_t i = 0; i < shown.size(); ++i) dial(canvas, view, t, {at.x + w * static_cast<float>(i), at.y, w, at.h}, pairs[shown[i]], shown[i], m, n, turn, scored);
}

}  // namespace

void draw_rotate(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const TextArgs args = words_of(d);
    const Rect place = draw_frame(canvas, view, page_of(d, view, args));
    const float chip_h = t.label * 2.1F, foot = t.label * 7.4F;
    const TokenChips chips = draw_token_row(canvas, view, {place.x, place.y + 4, place.w, chip_h}, d.labels, static_cast<int>(d.query));
    const std::int64_t local = d.key - chips.first;
    if (local >= 0 && local < static_cast<std::int64_t>(chips.rects.size())) canvas.stroke_rect(chips.rects[static_cast<std::size_t>(local)].inset(-2), {.color = t.k.fill, .width = 3}, 7);
    const float top = place.y + chip_h + t.caption * 1.6F;
    dials(canvas, view, t, {place.x, top, place.w, place.bottom() - foot - top}, d.pairs, d.query, d.key, done(view, kTurn), done(view, kScore));
    // the lanes as the tape holds them, and the score they belong to
    const float y = place.bottom() - foot + t.label * 0.8F, lane_h = t.caption * 1.8F, lane_w = std::min(place.w * 0.2F, 320.0F);
    const bool mla = d.q_name == "q_pe";
    const auto lane = [&](float x, const char* key, const std::string& name, Index first, const RoleColor& role) {
        canvas.text({x, y + t.caption}, tr(view.lang, key, args), {.size = t.caption, .color = role.ink});
        const Tensor<float>& v = d.run->tape.value(d.run->tape.find(d.prefix + name));
        draw_strip(canvas, view, {.rect = {x, y + t.caption * 1.6F, lane_w, lane_h}, .values = {v.data() + v.offset(first), static_cast<std::size_t>(v.cols())}, .tensor = d.prefix + name, .first = first, .frame = role.fill, .shown = done(view, kTurn)});
    };
    const Tensor<float>& k = d.run->tape.value(d.run->tape.find(d.prefix + d.k_name));
    lane(place.x, "scene.rope.lane.query", d.q_name, {0, d.query, d.head, 0}, t.q);
    lane(place.x + lane_w + 40, "scene.rope.lane.key", d.k_name, k.rank() == 3 ? Index{0, d.key, 0} : Index{0, d.key, d.head * k.dim(2) / d.run->model->model.config.num_attention_heads, 0}, t.rotary);
    const float x = place.x + 2 * lane_w + 100;
    const std::string sum = view.revealed ? tr(view.lang, mla ? "scene.rope.sum" : "scene.rope.sum_plain", {{"content", number(d.content)}, {"rotary", number(d.score)}, {"scale", number(d.scale)}, {"full", number(d.full)}}) : "?";
    if (done(view, kScore) > 0) {
        float line_y = y + t.caption;
        for (const RichText& l : wrap_rich(canvas, rich(t, sum, t.ink), {.size = t.body, .color = t.ink}, place.right() - x)) {
            draw_rich(canvas, {x, line_y + t.caption * 0.4F}, l, {.size = t.body, .color = t.ink});
            line_y += t.body * 1.35F;
        }
        draw_wrapped(canvas, {x, line_y + t.label * 0.6F}, tr(view.lang, mla ? "scene.rope.lanes" : "scene.rope.lanes_plain"), label(t), place.right() - x, 2);
        cell_region(canvas, {x, y, place.right() - x, t.body * 1.6F}, CellRef{d.prefix + "scores", {0, d.head, d.query, d.key}});
    }
}

void draw_shift(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const Rect place = draw_frame(canvas, view, page_of(d, view, words_of(d)));
    const float left_w = place.w * 0.56F, half = place.h / 2;
    const auto part = [&](float y, std::int64_t m, std::int64_t n, const std::vector<Pair>& pairs, double sum, bool covered) {
        const TextArgs args = {{"m", fmt::format("{}", m)}, {"n", fmt::format("{}", n)}, {"distance", fmt::format("{}", m - n)}, {"score", covered ? "?" : number(sum, 6)}};
        draw_rich(canvas, {place.x, y + t.body}, rich(t, tr(view.lang, "scene.rope.shift.row", args), t.ink), {.size = t.body, .color = t.ink});
        dials(canvas, view, t, {place.x, y + t.body * 1.6F, left_w, half - t.body * 2}, pairs, m, n, done(view, kTurn), 0);
    };
    part(place.y, d.query, d.key, d.pairs, d.score, false);
    part(place.y + half, d.query + d.shift, d.key + d.shift, d.moved, d.moved_score, !view.revealed);
    Plot plot;
    Series s;
    s.label = "q·k", s.color = t.ink;
    for (std::size_t i = 0; i < d.by_distance.size(); ++i) s.points.push_back({static_cast<double>(i), d.by_distance[i]});
    plot.series.push_back(s);
    plot.x.label = tr(view.lang, "scene.rope.shift.axis"), plot.x.max = static_cast<double>(d.by_distance.size() - 1);
    plot.y = axis_for(plot.series, true, tr(view.lang, "scene.rope.shift.score"));
    PlotMark mark;
    mark.at = static_cast<double>(d.query - d.key), mark.label = fmt::format("m − n = {}", d.query - d.key);
    plot.marks.push_back(mark);
    plot.direct_labels = false;
    draw_plot(canvas, view, {place.x + left_w + 32, place.y, place.w - left_w - 32, place.h}, plot);
}

void draw_shuffle(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const Rect place = draw_frame(canvas, view, page_of(d, view, words_of(d)));
    const float chip_h = t.label * 2.1F;
    canvas.text({place.x, place.y + t.label}, tr(view.lang, "scene.rope.shuffle.before"), label(t));
    draw_token_row(canvas, view, {place.x, place.y + t.label * 1.7F, place.w, chip_h}, d.labels, static_cast<int>(d.labels.size()) - 1);
    const float y = place.y + t.label * 3.4F + chip_h;
    canvas.text({place.x, y}, tr(view.lang, "scene.rope.shuffle.after"), label(t));
    draw_token_row(canvas, view, {place.x, y + t.label * 0.7F, place.w, chip_h}, d.shuffle.order, static_cast<int>(d.shuffle.order.size()) - 1);
    const std::pair<const char*, double> rows[] = {{"scene.rope.shuffle.without", d.shuffle.without}, {"scene.rope.shuffle.with", d.shuffle.with}};
    float at = y + chip_h + t.label * 4;
    const float step = std::min((place.bottom() - at) / 2, t.body * 7);
    for (const auto& [key, value] : rows) {
        canvas.text({place.x, at}, tr(view.lang, key), body(t));
        const Rect track{place.x, at + t.body * 0.6F, place.w - t.heading * 6, t.body * 1.4F};
        draw_bar(canvas, t, track, value, {.fill = t.ink, .min_px = value > 1e-4 ? 6.0F : 0.0F, .covered = !view.revealed});
        canvas.text({place.right(), track.center().y + t.heading * 0.35F}, view.revealed ? (value < 1e-4 ? scientific(value, 2) : percent(value)) : "?", {.size = t.heading, .color = t.ink, .weight = Weight::kBold, .align = Align::kRight});
        at += step;
    }
}

void draw_yarn(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const Stretch& s = d.stretch;
    const TextArgs args = {{"factor", fmt::format("{:g}", s.factor)}, {"original", grouped(std::llround(s.original))}, {"longest", grouped(std::llround(s.longest))}, {"mscale", number(s.mscale, 5)}, {"pairs", fmt::format("{}", s.plain.size())}};
    const Rect place = draw_frame(canvas, view, page_of(d, view, args));
    Plot plot;
    plot.x.label = tr(view.lang, "scene.rope.yarn.pair"), plot.x.max = static_cast<double>(s.plain.size() - 1);
    Series plain, stretched;
    plain.label = tr(view.lang, "scene.rope.yarn.plain"), plain.color = t.stream, plain.dash = 6, plain.gap = 5;
    stretched.label = tr(view.lang, "scene.rope.yarn.stretched"), stretched.color = t.ink, stretched.dots = true;
    for (std::size_t j = 0; j < s.plain.size(); ++j) {
        plain.points.push_back({static_cast<double>(j), s.plain[j]});
        const double part = done(view, kTurn);
        stretched.points.push_back({static_cast<double>(j), s.plain[j] + (s.stretched[j] - s.plain[j]) * part});
    }
    plot.series.push_back(plain);
    if (view.revealed) plot.series.push_back(stretched);
    plot.y.label = tr(view.lang, "scene.rope.yarn.wavelength"), plot.y.log = true, plot.y.min = 4, plot.y.max = s.stretched.back() * 1.5;
    PlotMark mark;
    mark.at = s.original, mark.horizontal = true, mark.label = tr(view.lang, "scene.rope.yarn.trained", args);
    plot.marks.push_back(mark);
    mark.at = s.longest, mark.label = tr(view.lang, "scene.rope.yarn.longest", args);
    plot.marks.push_back(mark);
    draw_plot(canvas, view, place, plot);
}

}  // namespace dg::viz::rope
