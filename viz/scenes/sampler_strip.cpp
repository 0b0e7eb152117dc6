// The strip of kept probability in scene sampler, the ribbons that carry it there, and the die.
#include "viz/scenes/sampler.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::sampler {
namespace {

/// The part of the strip that belongs to a row.
struct Slice {
    const Row* row = nullptr;
    std::size_t index = 0;
    double begin = 0, end = 0;
};

std::vector<Slice> slices_of(const std::vector<Row>& rows) {
    std::vector<Slice> slices;
    double at = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!(rows[i].kept > 0)) continue;
        slices.push_back({&rows[i], i, at, at + rows[i].kept});
        at += rows[i].kept;
    }
    return slices;
}

float at_share(const Layout& l, double share) { return l.strip.y + l.strip.h * static_cast<float>(std::clamp(share, 0.0, 1.0)); }

bool crosses(Rect a, std::span<const Rect> others) {
    return std::ranges::any_of(others, [&](Rect b) { return b.x < a.right() && a.x < b.right() && b.y < a.bottom() && a.y < b.bottom(); });
}

/// From the end of a row to its slice.
void draw_ribbon(Canvas& canvas, const Theme& t, const Layout& l, const Slice& s, double alpha) {
    const float left = l.table.right() + 8, right = l.strip.x - 2, bend = (right - left) * 0.5F;
    const float h = l.pitch * 0.5F, y = l.row_y(s.index) + (l.pitch - h) / 2;
    const float a = at_share(l, s.begin), b = at_share(l, s.end);
    const Path path = Path().move({left, y}).cubic({left + bend, y}, {right - bend, a}, {right, a}).line({right, b}).cubic({right - bend, b}, {left + bend, y + h}, {left, y + h}).close();
    canvas.fill_path(path, faded(t, s.row->rank < 0 ? t.stream : bar_color(t, s.row->kept), 0.26 * alpha));
}

Rect slice_rect(const Layout& l, const Slice& s) {
    const float a = at_share(l, s.begin), b = at_share(l, s.end);
    return {l.strip.x, a + 0.75F, l.strip.w, std::max(1.5F, b - a - 1.5F)};
}

Color slice_color(const Theme& t, const Slice& s) { return s.row->rank < 0 ? t.stream : bar_color(t, s.row->kept); }

void draw_slice(Canvas& canvas, const Theme& t, const Layout& l, const Slice& s, double alpha) {
    const Rect rect = slice_rect(l, s);
    canvas.fill_rect(rect, faded(t, slice_color(t, s), alpha), std::min(3.0F, rect.h / 2));
}

/// Its name inside; when it is too thin beside it with a leader, where there is room.
void draw_name(Canvas& canvas, const Theme& t, const Layout& l, const Slice& s, const std::string& name, std::vector<Rect>& taken) {
    const Rect rect = slice_rect(l, s);
    const float size = std::min(t.label, l.strip.w * 0.34F);
    if (rect.h >= size * 1.35F) {
        TextStyle inside{.size = size, .color = t.ink_on(slice_color(t, s)), .weight = s.row->chosen ? Weight::kBold : Weight::kRegular, .align = Align::kCenter};
        inside.size = fit_size(canvas, name, inside, rect.w - 10);
        return draw_centered(canvas, rect, elide(canvas, name, inside, rect.w - 8), inside);
    }
    const TextStyle beside{.size = std::min(size, t.caption), .color = t.ink2};
    const Vec2 at{l.strip.right() + 46, rect.center().y};
    const std::string words = elide(canvas, name, beside, l.die * 1.2F);
    const Rect place{rect.right(), at.y - beside.size * 0.7F, at.x - rect.right() + canvas.measure(words, beside).width + 4, beside.size * 1.4F};
    if (crosses(place, taken)) return;
    canvas.line({rect.right() + 2, at.y}, {at.x - 6, at.y}, {.color = t.ink3, .width = t.line});
    canvas.text({at.x, at.y + beside.size * 0.36F}, words, beside);
    taken.push_back(place);
}

/// 0, the borders of the slices and 1, where they do not crowd.
void draw_ticks(Canvas& canvas, const Theme& t, const Layout& l, std::span<const Slice> slices, std::vector<Rect>& taken) {
    const TextStyle style{.size = std::min(t.caption, l.pitch * 0.5F), .color = t.ink3};
    const auto tick = [&](double share, const std::string& text) {
        const float y = at_share(l, share);
        const Rect place{l.strip.right(), y - style.size * 0.7F, 14 + canvas.measure(text, style).width, style.size * 1.4F};
        if (crosses(place, taken)) return;
        taken.push_back(place);
        canvas.line({l.strip.right() + 3, y}, {l.strip.right() + 10, y}, {.color = t.ink3, .width = t.line});
        canvas.text({l.strip.right() + 14, y + style.size * 0.36F}, text, style);
    };
    tick(0, "0");
    tick(1, "1");
    float last = at_share(l, 0);
    for (const Slice& s : slices) {
        const float y = at_share(l, s.end), thin = at_share(l, s.end) - at_share(l, s.begin);
        if (y - last < style.size * 1.6F || at_share(l, 1) - y < style.size * 1.6F || thin < t.label * 1.35F) continue;
        tick(s.end, fixed(s.end, 3));
        last = y;
    }
}

/// Pips of a die that shows 1 .. 6: the sixth of [0, 1) that u lies in.
void draw_die(Canvas& canvas, const Theme& t, Rect face, int shows) {
    const Color pip = t.id == ThemeId::kDark ? t.select : t.ink;
    canvas.fill_rect(face, t.id == ThemeId::kDark ? mix(t.ground, t.select, 0.12F) : t.select, face.w * 0.18F);
    canvas.stroke_rect(face, {.color = pip, .width = 2.5F}, face.w * 0.18F);
    const float r = face.w * 0.075F, d = face.w * 0.26F;
    const auto dot = [&](int i, int j) { canvas.fill_circle({face.center().x + d * static_cast<float>(i), face.center().y + d * static_cast<float>(j)}, r, pip); };
    if (shows % 2 == 1) dot(0, 0);
    if (shows > 1) dot(-1, -1), dot(1, 1);
    if (shows > 3) dot(1, -1), dot(-1, 1);
    if (shows == 6) dot(-1, 0), dot(1, 0);
}

/// Where die and words of a throw stand.
struct Throw {
    Rect face, block;  // block: die with the words above and below it
    std::string u, seed;
    TextStyle big, small;
    float hit = 0;  // y of u on the strip
};

Throw place_throw(const Canvas& canvas, const Data& d, const View& view, const Layout& l) {
    const Theme& t = theme(view.theme);
    Throw w;
    w.big = {.size = std::min(t.body, l.die * 0.42F), .color = t.id == ThemeId::kDark ? t.select : t.ink, .weight = Weight::kBold, .align = Align::kCenter};
    w.small = caption(t, Align::kCenter);
    w.small.size = std::min(w.small.size, l.die * 0.36F);
    w.u = fmt::format("u = {}", fixed(d.u, 2)), w.seed = tr(view.lang, "badge.seed", {{"seed", fmt::format("{}", d.seed)}});
    const float wide = std::max({l.die, canvas.measure(w.u, w.big).width, canvas.measure(w.seed, w.small).width});
    w.hit = at_share(l, d.u);
    const float y = std::clamp(w.hit, l.strip.y + l.die * 0.5F, l.strip.bottom() - l.die * 0.5F);
    w.face = {l.panel.right() - wide / 2 - l.die / 2, y - l.die / 2, l.die, l.die};
    w.block = {l.panel.right() - wide, w.face.y - w.big.size * 1.6F, wide, w.face.h + w.big.size * 1.6F + w.small.size * 1.8F};
    return w;
}

/// Die, arrow to the strip at u.
void draw_throw(Canvas& canvas, const Data& d, const View& view, const Layout& l, const Throw& w) {
    const Theme& t = theme(view.theme);
    const double landed = done(view, kRoll);
    // shakes for the first part of the stage, then stands
    const float shake = landed < 0.5 ? 6 * static_cast<float>(0.5 - landed) * (static_cast<int>(landed * 24) % 2 == 0 ? 1.0F : -1.0F) : 0;
    draw_die(canvas, t, {w.face.x + shake, w.face.y, w.face.w, w.face.h}, 1 + static_cast<int>(d.u * 6));
    canvas.text({w.face.center().x, w.face.y - w.big.size * 0.5F}, w.u, w.big);
    canvas.text({w.face.center().x, w.face.bottom() + w.small.size * 1.4F}, w.seed, w.small);
    canvas.region({w.face.inset(-12), std::nullopt, "roll", tr(view.lang, "sampler.tip.die", {{"u", fixed(d.u, 6)}})});
    if (landed >= 1) draw_arrow(canvas, {w.face.x - 8, w.face.center().y}, {l.strip.right() + 8, w.hit}, {.color = w.big.color, .width = 2.5F}, 13);
}

}  // namespace

void draw_strip(Canvas& canvas, const Data& d, const View& view, const Layout& l, const std::vector<Row>& rows) {
    const Group group(canvas, "strip");
    const Theme& t = theme(view.theme);
    const double alpha = view.revealed ? done(view, kRoll) : 0;
    canvas.fill_rect(l.strip, t.track, 3);
    if (!view.revealed) return draw_centered(canvas, l.strip, "?", strong(t));
    if (view.stage < kRoll) return;
    const std::vector<Slice> slices = slices_of(rows);
    for (const Slice& s : slices) draw_ribbon(canvas, t, l, s, alpha);
    for (const Slice& s : slices) {
        const std::string range = tr(view.lang, "sampler.tip.slice", {{"token", s.row->label}, {"from", fixed(s.begin, 4)}, {"to", fixed(s.end, 4)}});
        canvas.region({{l.strip.x, at_share(l, s.begin), l.strip.w, at_share(l, s.end) - at_share(l, s.begin)}, std::nullopt, "", range});
    }
    for (const Slice& s : slices) draw_slice(canvas, t, l, s, alpha);
    std::vector<Rect> taken;  // places that have words already
    if (d.settings.temperature > 0) {
        const Throw w = place_throw(canvas, d, view, l);
        draw_throw(canvas, d, view, l, w);
        const float y = w.face.center().y;
        taken = {w.block, {l.strip.right(), std::min(y, w.hit) - 8, w.face.x - l.strip.right(), std::abs(y - w.hit) + 16}};
    }
    if (alpha < 1) return;
    for (const Slice& s : slices) {
        if (s.row->chosen) draw_ring(canvas, t, slice_rect(l, s).inset(0.5F), 3);
    }
    draw_ticks(canvas, t, l, slices, taken);
    for (const Slice& s : slices) draw_name(canvas, t, l, s, s.row->rank < 0 ? tr(view.lang, "sampler.others_short") : s.row->label, taken);
}

}  // namespace dg::viz::sampler
