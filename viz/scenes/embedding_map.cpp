// Pictures of the embedding scene in the plane of two principal axes: the table, the prompt's stream, a word's senses.
#include "viz/scenes/clock.h"
#include "viz/scenes/covered.h"
#include "viz/scenes/embedding.h"
#include "viz/scenes/next_token.h"
#include "viz/scenes/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::embedding {
namespace {

/// The plane: equal units on both axes, the same for every depth.
struct Plane {
    Rect at;
    double x = 0, y = 0, unit = 1;  // centre and units per pixel

    [[nodiscard]] Vec2 place(const Point& p) const {
        return {at.center().x + static_cast<float>((p.x - x) / unit), at.center().y - static_cast<float>((p.y - y) / unit)};
    }
};

Plane plane_for(Rect at, std::span<const Point> points, float inset) {
    Plane plane{.at = at};
    if (points.empty()) return plane;
    double left = points[0].x, right = left, low = points[0].y, high = low;
    for (const Point& p : points) left = std::min(left, p.x), right = std::max(right, p.x), low = std::min(low, p.y), high = std::max(high, p.y);
    plane.x = (left + right) / 2, plane.y = (low + high) / 2;
    plane.unit = std::max({(right - left) / static_cast<double>(at.w - 2 * inset), (high - low) / static_cast<double>(at.h - 2 * inset), 1e-12});
    return plane;
}

void draw_axes(Canvas& canvas, const View& view, const Theme& t, Rect at, const std::vector<double>& share) {
    canvas.stroke_rect(at, {.color = t.hairline, .width = t.line}, 6);
    const auto name = [&](std::size_t k) { return tr(view.lang, "scene.embedding.axis", {{"k", fmt::format("{}", k + 1)}, {"share", k < share.size() ? percent(share[k]) : std::string(kUnknown)}}); };
    canvas.text({at.right() - 10, at.bottom() - 10}, name(0), caption(t, Align::kRight));
    TextStyle up = caption(t);
    up.rotate = -90;
    canvas.text({at.x + t.caption * 1.4F, at.bottom() - 12}, name(1), up);
}

/// Where a trail stands at a depth between two layers.
Point point_at(const Trail& trail, double depth) {
    const auto i = static_cast<std::size_t>(std::clamp(depth, 0.0, static_cast<double>(trail.points.size() - 1)));
    const std::size_t j = std::min(i + 1, trail.points.size() - 1);
    const double u = ease(depth - static_cast<double>(i));
    return {trail.points[i].x + (trail.points[j].x - trail.points[i].x) * u, trail.points[i].y + (trail.points[j].y - trail.points[i].y) * u};
}

Color hue_of(const Theme& t, std::size_t i) {
    constexpr std::size_t kOrder[] = {0, 2, 5, 1, 3, 4, 6, 7};
    return t.experts[kOrder[i % 8]];
}

void draw_trail(Canvas& canvas, const Theme& t, const Plane& plane, const Trail& trail, double depth, Color hue) {
    std::vector<Vec2> line;
    for (std::size_t i = 0; i < trail.points.size() && static_cast<double>(i) <= depth; ++i) line.push_back(plane.place(trail.points[i]));
    const Vec2 head = plane.place(point_at(trail, depth));
    for (std::size_t i = 0; i < line.size(); ++i) canvas.fill_circle(line[i], 4, hue);
    line.push_back(head);
    if (line.size() > 1) canvas.polyline(line, {.color = hue, .width = 2.5F});
    canvas.fill_circle(head, 9, hue);
    canvas.fill_circle(head, 4, t.ground);
}

bool overlap(const Rect& a, const Rect& b) { return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom(); }

/// Names at the heads, clear of each other and of the other heads: right, left, else pushed downwards.
void draw_names(Canvas& canvas, const Theme& t, const Plane& plane, const std::vector<Trail>& trails, double depth, bool all) {
    std::vector<Rect> taken;
    const auto named = [&](std::size_t i) { return all || i + 8 >= trails.size(); };
    for (std::size_t i = 0; i < trails.size(); ++i) {
        const Vec2 head = plane.place(point_at(trails[i], depth));
        if (named(i)) taken.push_back({head.x - 9, head.y - 9, 18, 18});
    }
    for (std::size_t i = 0; i < trails.size(); ++i) {
        if (!named(i)) continue;
        const Vec2 head = plane.place(point_at(trails[i], depth));
        const TextStyle style{.size = t.label, .color = t.ink, .weight = Weight::kBold};
        const float w = canvas.measure(trails[i].name, style).width;
        const auto hit = [&](const Rect& box) { return std::ranges::any_of(taken, [&](const Rect& r) { return overlap(r, box); }); };
        const Rect right{head.x + 14, head.y - t.label * 0.7F, w, t.label * 1.25F}, left{head.x - 14 - w, right.y, w, right.h};
        const bool room = right.right() <= plane.at.right() - 6;
        Rect box = room && !hit(right) ? right : left.x > plane.at.x + 4 && !hit(left) ? left : room ? right : left;
        for (int tries = 0; tries < 12 && hit(box); ++tries) box.y += t.label * 1.3F;
        taken.push_back(box);
        canvas.fill_rect({box.x - 3, box.y, box.w + 6, box.h}, t.ground.with_alpha(0.75F), 3);
        canvas.text({box.x, box.y + t.label}, trails[i].name, style);
    }
}

std::vector<Point> all_points(const std::vector<Trail>& trails) {
    std::vector<Point> out;
    for (const Trail& trail : trails) out.insert(out.end(), trail.points.begin(), trail.points.end());
    return out;
}

PageText page_of(const Data& d, const View& view, const std::string& show, const TextArgs& args) {
    return {.title = tr_covered(view, "scene.embedding.title." + show, args), .subtitle = tr(view.lang, "scene.embedding.subtitle." + show, args),
            .notes = notes_when_revealed(view, {tr(view.lang, "scene.embedding.note." + show, args)}), .badge = {.detail = badge_detail(view.lang, next_token::display_name(*d.model), d.model_hash())}};
}

std::string depth_name(Lang lang, double depth) {
    const auto layer = static_cast<std::int64_t>(std::floor(depth + 1e-9)) - 1;
    return layer < 0 ? tr(lang, "scene.block.place.embed") : tr(lang, "scene.block.place.after", {{"layer", fmt::format("{}", layer)}});
}

}  // namespace

void draw_map(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const Rect place = draw_frame(canvas, view, page_of(d, view, "map", {{"rows", grouped(static_cast<std::int64_t>(d.map.size()))}}));
    const float legend_w = t.label * 9;
    const Rect at{place.x, place.y, place.w - legend_w - 24, place.h};
    draw_axes(canvas, view, t, at, d.share);
    std::vector<Point> points;
    for (const MapPoint& p : d.map) points.push_back(p.at);
    const Plane plane = plane_for(at, points, t.caption * 2.6F);
    // tokens without a kind first, the others over them
    const std::size_t step = std::max<std::size_t>(1, d.map.size() / 4096);
    for (std::size_t i = 0; i < d.map.size(); i += step) {
        if (d.map[i].kind < 0) canvas.fill_circle(plane.place(d.map[i].at), 3, t.border);
    }
    std::vector<Rect> taken;
    for (const MapPoint& p : d.map) {
        if (p.kind < 0) continue;
        const Vec2 c = plane.place(p.at);
        canvas.fill_circle(c, 6, hue_of(t, static_cast<std::size_t>(p.kind)));
        taken.push_back({c.x - 6, c.y - 6, 12, 12});
    }
    // a name stands right or left of its point, clear of the coloured points and the other names; else the tip has it
    for (const MapPoint& p : d.map) {
        if (p.kind < 0) continue;
        const Vec2 c = plane.place(p.at);
        const std::string name = d.label(p.id);
        const TextStyle style{.size = t.caption, .color = t.ink};
        const float w = canvas.measure(name, style).width, h = t.caption * 1.2F;
        for (const Rect& box : {Rect{c.x + 9, c.y - h / 2, w, h}, Rect{c.x - 9 - w, c.y - h / 2, w, h}}) {
            if (box.x < at.x || box.right() > at.right() || std::ranges::any_of(taken, [&](const Rect& r) { return overlap(r, box); })) continue;
            canvas.fill_rect({box.x - 2, box.y, box.w + 4, box.h}, t.ground.with_alpha(0.8F), 3);
            canvas.text({box.x, c.y + t.caption * 0.35F}, name, style);
            taken.push_back(box);
            break;
        }
    }
    for (std::size_t i = 0; i < d.map.size(); i += step) {
        const Vec2 c = plane.place(d.map[i].at);
        cell_region(canvas, {c.x - 6, c.y - 6, 12, 12}, CellRef{"model.embed_tokens.weight", {d.map[i].id, 0}}, fmt::format("{} · {}", d.map[i].id, d.label(d.map[i].id)));
    }
    float y = place.y + t.label;
    for (std::size_t k = 0; k < d.kinds.size(); ++k) {
        canvas.fill_circle({place.right() - legend_w + 8, y - t.label * 0.35F}, 7, hue_of(t, k));
        const std::string name = tr(view.lang, "scene.embedding.kind." + d.kinds[k]);
        canvas.text({place.right() - legend_w + 24, y}, elide(canvas, name, label(t), legend_w - 24), label(t));
        y += t.label * 1.8F;
    }
    canvas.fill_circle({place.right() - legend_w + 8, y - t.label * 0.35F}, 4, t.border);
    canvas.text({place.right() - legend_w + 24, y}, tr(view.lang, "scene.embedding.kind.other"), label(t));
}

namespace {

constexpr std::size_t kMostTrails = 64;

}  // namespace

void draw_stream(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const double depth = depth_at(d, view);
    const std::size_t every = (d.stream.size() + kMostTrails - 1) / kMostTrails;
    PageText page = page_of(d, view, "stream", {{"depth", depth_name(view.lang, depth)}, {"prompt", rich_escape(next_token::in_quotes(d.run->prompt, 30))}});
    if (every > 1) page.notes.push_back(tr(view.lang, "scene.embedding.note.trails", {{"every", fmt::format("{}", every)}}));
    const Rect place = draw_frame(canvas, view, page);
    const float chip_h = t.label * 2.1F;
    draw_token_row(canvas, view, {place.x, place.y + 4, place.w, chip_h}, d.labels, static_cast<int>(d.position));
    const Rect at{place.x, place.y + chip_h + 20, place.w, place.h - chip_h - 20};
    draw_axes(canvas, view, t, at, d.share);
    const Plane plane = plane_for(at, all_points(d.stream), t.label * 3);
    for (std::size_t i = 0; i < d.stream.size(); ++i) {
        const bool now = static_cast<std::int64_t>(i) == d.position;
        const Vec2 head = plane.place(point_at(d.stream[i], depth));
        if (now || i % every == 0) draw_trail(canvas, t, plane, d.stream[i], depth, now ? t.ink : mix(t.ground, hue_of(t, i), 0.75F));
        else canvas.fill_circle(head, 3, mix(t.ground, hue_of(t, i), 0.75F));
        const auto whole = static_cast<std::int64_t>(std::floor(depth + 1e-9));
        cell_region(canvas, {head.x - 10, head.y - 10, 20, 20}, CellRef{stream_name(whole), {0, static_cast<std::int64_t>(i), 0}}, d.labels[i]);
    }
    draw_names(canvas, t, plane, d.stream, depth, d.stream.size() <= 40);
    canvas.text({at.x + 20, at.y + t.body * 1.5F}, depth_name(view.lang, depth), strong(t));
}

void draw_training(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const double depth = depth_at(d, view);
    const std::string step = grouped(static_cast<std::int64_t>(d.steps[static_cast<std::size_t>(std::floor(depth + 1e-9))]));
    PageText page = page_of(d, view, "training", {{"step", step}, {"words", grouped(static_cast<std::int64_t>(d.stream.size()))}});
    if (depth < 1) page.title = tr(view.lang, "scene.embedding.title.training_start");
    page.badge.detail = badge_detail(view.lang, "embedding-trails.csv", d.records_hash, "7");
    const Rect place = draw_frame(canvas, view, page);
    const float legend_w = t.label * 9;
    const Rect at{place.x, place.y, place.w - legend_w - 24, place.h};
    draw_axes(canvas, view, t, at, d.share);
    const Plane plane = plane_for(at, all_points(d.stream), t.label * 3);
    // all trails first: heads and names stand above them
    for (std::size_t i = 0; i < d.stream.size(); ++i) {
        std::vector<Vec2> line;
        for (std::size_t k = 0; k < d.steps.size() && static_cast<double>(k) <= depth; ++k) line.push_back(plane.place(d.stream[i].points[k]));
        line.push_back(plane.place(point_at(d.stream[i], depth)));
        canvas.polyline(line, {.color = mix(t.ground, hue_of(t, static_cast<std::size_t>(d.trail_kinds[i])), 0.4F), .width = 1.5F});
    }
    std::vector<Rect> taken;
    for (std::size_t i = 0; i < d.stream.size(); ++i) {
        const Color hue = hue_of(t, static_cast<std::size_t>(d.trail_kinds[i]));
        const Vec2 head = plane.place(point_at(d.stream[i], depth));
        canvas.fill_circle(head, 6, hue);
        cell_region(canvas, {head.x - 8, head.y - 8, 16, 16}, CellRef{"model.embed_tokens.weight", {d.stream[i].row, 0}}, d.stream[i].name);
        const TextStyle style{.size = t.caption, .color = t.ink};
        const Rect box{head.x + 8, head.y - t.caption * 0.6F, canvas.measure(d.stream[i].name, style).width, t.caption * 1.2F};
        const bool hit = box.right() > at.right() || std::ranges::any_of(taken, [&](const Rect& r) { return box.x < r.right() && r.x < box.right() && box.y < r.bottom() && r.y < box.bottom(); });
        if (!hit) canvas.text({box.x, head.y + t.caption * 0.35F}, d.stream[i].name, style), taken.push_back(box);
    }
    canvas.text({at.x + 20, at.y + t.body * 1.5F}, tr(view.lang, "scene.embedding.training.step", {{"step", step}}), strong(t));
    float y = place.y + t.label;
    for (std::size_t k = 0; k < d.kinds.size(); ++k) {
        canvas.fill_circle({place.right() - legend_w + 8, y - t.label * 0.35F}, 7, hue_of(t, k));
        canvas.text({place.right() - legend_w + 24, y}, elide(canvas, tr(view.lang, "scene.embedding.kind." + d.kinds[k]), label(t), legend_w - 24), label(t));
        y += t.label * 1.8F;
    }
}

namespace {

/// The phrases, the word of each in its colour; a click writes out its vector.
float sense_phrases(Canvas& canvas, const Data& d, const Theme& t, Rect at) {
    float y = at.y;
    for (std::size_t i = 0; i < d.senses.trails.size(); ++i) {
        const Trail& trail = d.senses.trails[i];
        const Rect card{at.x, y, at.w, t.label * 4.1F};
        canvas.fill_rect(card, t.panel, 8);
        canvas.stroke_rect(card, {.color = i == d.pick ? t.ink : t.hairline, .width = i == d.pick ? 2.0F : t.line}, 8);
        canvas.fill_rect({card.x, card.y + 6, 8, card.h - 12}, hue_of(t, i), 3);
        canvas.text({card.x + 24, card.y + t.label * 1.4F}, trail.name, {.size = t.label, .color = t.ink, .weight = Weight::kBold});
        const RichText text = rich(t, fmt::format("<dim>{}</dim><b>{}</b><dim>{}</dim>", rich_escape(trail.before), rich_escape(trail.word), rich_escape(trail.after)), t.ink);
        const TextStyle style{.size = t.label, .color = t.ink};
        const auto lines = wrap_rich(canvas, text, style, card.w - 40);
        if (!lines.empty()) draw_rich(canvas, {card.x + 24, card.y + t.label * 3}, lines.front(), style);
        action_region(canvas, card, fmt::format("set pick={}", i), trail.before + trail.word + trail.after);
        y += card.h + 10;
    }
    return y;
}

void sense_plot(Canvas& canvas, const Data& d, const View& view, Rect at, double depth) {
    const Theme& t = theme(view.theme);
    Plot plot;
    plot.x.label = tr(view.lang, "scene.embedding.senses.axis"), plot.x.max = static_cast<double>(d.layers);
    plot.y.label = tr(view.lang, "scene.embedding.senses.cosine"), plot.y.max = 1;
    double least = 0;
    for (std::size_t p = 0; p < d.senses.pairs.size(); ++p) {
        Series s;
        s.label = fmt::format("{} · {}", d.senses.trails[static_cast<std::size_t>(d.senses.pairs[p][0])].name, d.senses.trails[static_cast<std::size_t>(d.senses.pairs[p][1])].name);
        s.color = mix(hue_of(t, static_cast<std::size_t>(d.senses.pairs[p][0])), hue_of(t, static_cast<std::size_t>(d.senses.pairs[p][1])), 0.5F), s.dots = true;
        for (std::size_t k = 0; k < d.senses.cosine[p].size(); ++k) {
            s.points.push_back({static_cast<double>(k), d.senses.cosine[p][k]});
            least = std::min(least, d.senses.cosine[p][k]);
        }
        plot.series.push_back(std::move(s));
    }
    Series accuracy;
    accuracy.label = tr(view.lang, "scene.embedding.senses.accuracy"), accuracy.color = t.ink, accuracy.dash = 7, accuracy.gap = 5, accuracy.dots = true;
    for (std::size_t k = 0; k < d.senses.accuracy.size(); ++k) accuracy.points.push_back({static_cast<double>(k), d.senses.accuracy[k]});
    plot.series.push_back(std::move(accuracy));
    plot.y.min = std::floor(least * 5) / 5;
    plot.shown = view.revealed ? depth / static_cast<double>(d.layers) : 0;
    draw_plot(canvas, view, at, plot);
}

}  // namespace

void draw_senses(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    const double depth = view.revealed ? depth_at(d, view) : 0;
    const Senses& s = d.senses;
    const auto last = static_cast<std::size_t>(std::floor(depth + 1e-9));
    double least = 1;
    for (const auto& pair : s.cosine) least = std::min(least, pair[last]);
    const TextArgs args = {{"word", rich_escape(s.trails.front().word)}, {"depth", depth_name(view.lang, depth)}, {"cosine", fixed(least, 2)}, {"n", fmt::format("{}", s.trails.size())},
                           {"accuracy", percent(s.accuracy[last], 0)}, {"asked", fmt::format("{}", s.asked)}, {"taught", fmt::format("{}", s.taught)}};
    PageText page = page_of(d, view, "senses", args);
    if (view.revealed && depth < 1e-9) page.title = tr(view.lang, "scene.embedding.title.senses_start", args);
    const Rect place = draw_frame(canvas, view, page);
    const float left_w = place.w * 0.46F;
    const float y = sense_phrases(canvas, d, t, {place.x, place.y, left_w, place.h});
    const Rect plane_at{place.x + left_w + 32, place.y, place.w - left_w - 32, place.h - t.caption * 5};
    if (!view.revealed) return draw_question(canvas, t, plane_at);
    if (place.bottom() - y > t.label * 8) sense_plot(canvas, d, view, {place.x, y + 8, left_w, place.bottom() - y - 8}, depth);
    const Rect at = plane_at;
    draw_axes(canvas, view, t, at, d.share);
    const Plane plane = plane_for(at, all_points(s.trails), t.label * 3);
    for (std::size_t i = 0; i < s.trails.size(); ++i) {
        draw_trail(canvas, t, plane, s.trails[i], depth, hue_of(t, i));
        const Vec2 head = plane.place(point_at(s.trails[i], depth));
        action_region(canvas, {head.x - 12, head.y - 12, 24, 24}, fmt::format("set pick={}", i), s.trails[i].name);
    }
    draw_names(canvas, t, plane, s.trails, depth, true);
    canvas.text({at.x + 20, at.y + t.body * 1.5F}, depth_name(view.lang, depth), strong(t));
    const Trail& pick = s.trails[d.pick];
    const std::string name = stream_name(static_cast<std::int64_t>(last));
    const Tensor<float>& x = pick.run->tape.value(pick.run->tape.find(name));
    canvas.text({at.x, at.bottom() + t.caption * 2}, tr(view.lang, "scene.embedding.senses.vector", {{"sense", pick.name}, {"depth", depth_name(view.lang, depth)}}), caption(t));
    draw_strip(canvas, view, {.rect = {at.x, at.bottom() + t.caption * 2.7F, at.w, t.caption * 1.9F}, .values = {x.row(pick.row), static_cast<std::size_t>(x.cols())}, .tensor = name, .first = {0, pick.row, 0}});
}

}  // namespace dg::viz::embedding
