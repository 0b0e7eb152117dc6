#include "viz/canvas/tessellate.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>

namespace dg::viz {

namespace {

constexpr float kNear = 0.02F;  // points closer than this are one
constexpr float kMostDashes = 20000;

Vec2 operator+(Vec2 a, Vec2 b) {
    return {a.x + b.x, a.y + b.y};
}

Vec2 operator-(Vec2 a, Vec2 b) {
    return {a.x - b.x, a.y - b.y};
}

Vec2 operator*(Vec2 a, float s) {
    return {a.x * s, a.y * s};
}

float dot(Vec2 a, Vec2 b) {
    return a.x * b.x + a.y * b.y;
}

float cross(Vec2 a, Vec2 b) {
    return a.x * b.y - a.y * b.x;
}

float length(Vec2 a) {
    return std::sqrt(dot(a, a));
}

bool finite(Vec2 p) {
    return std::isfinite(p.x) && std::isfinite(p.y);
}

/// Unit normal to the left of a -> b as the screen shows it: outwards for a clockwise outline.
Vec2 normal(Vec2 a, Vec2 b) {
    const Vec2 d = b - a;
    const float n = length(d);
    return n > 0 ? Vec2{d.y / n, -d.x / n} : Vec2{0, 0};
}

std::vector<Vec2> distinct(std::span<const Vec2> points, bool closed) {
    std::vector<Vec2> out;
    out.reserve(points.size());
    for (const Vec2 p : points) {
        if (finite(p) && (out.empty() || length(p - out.back()) > kNear)) out.push_back(p);
    }
    while (closed && out.size() > 1 && length(out.front() - out.back()) <= kNear) out.pop_back();
    return out;
}

/// Straight pieces for a curve of this extent; sane for sizes that are none.
int cuts_for(float extent, float density, int most) {
    const float bounded = extent > 0 ? std::min(extent, 1e4F) : 0.0F;
    return std::clamp(static_cast<int>(std::sqrt(bounded) * density) + 2, 4, most);
}

bool inside_triangle(Vec2 p, Vec2 a, Vec2 b, Vec2 c) {
    return cross(b - a, p - a) >= 0 && cross(c - b, p - b) >= 0 && cross(a - c, p - c) >= 0;
}

/// A section across a stroke: where it is, which way its sides lie, how opaque its core is.
struct Section {
    Vec2 at, side;
    float alpha;
};

/// Sections at a turn from normal n0 to n1: one mitred, or a fan round the outside.
void add_turn(std::vector<Section>& out, Vec2 p, Vec2 n0, Vec2 n1, float half, float shorter) {
    const float cosine = dot(n0, n1);
    const Vec2 sum = n0 + n1;
    const float reach = half * std::abs(cross(n0, n1)) / std::max(1 + cosine, 1e-3F);
    if (cosine > 0.9F || (cosine > -0.2F && reach < shorter)) {
        out.push_back({p, sum * (1 / (1 + cosine)), 1});
        return;
    }
    out.push_back({p, n0, 1});
    if (half > 1 && length(sum) > 0.1F) {
        const Vec2 middle = sum * (1 / length(sum));
        const Vec2 early = n0 + middle, late = middle + n1;
        out.push_back({p, early * (1 / length(early)), 1});
        out.push_back({p, middle, 1});
        out.push_back({p, late * (1 / length(late)), 1});
    }
    out.push_back({p, n1, 1});
}

std::vector<Section> sections(const std::vector<Vec2>& p, bool closed, float half) {
    std::vector<Section> out;
    const std::size_t n = p.size();
    if (!closed) {
        const Vec2 first = normal(p[0], p[1]), last = normal(p[n - 2], p[n - 1]);
        const Vec2 ahead = (p[1] - p[0]) * (0.5F / length(p[1] - p[0]));
        const Vec2 back = (p[n - 2] - p[n - 1]) * (0.5F / length(p[n - 2] - p[n - 1]));
        out.push_back({p[0] - ahead, first, 0});
        out.push_back({p[0] + ahead, first, 1});
        for (std::size_t i = 1; i + 1 < n; ++i) {
            const float shorter = std::min(length(p[i] - p[i - 1]), length(p[i + 1] - p[i]));
            add_turn(out, p[i], normal(p[i - 1], p[i]), normal(p[i], p[i + 1]), half, shorter);
        }
        out.push_back({p[n - 1] + back, last, 1});
        out.push_back({p[n - 1] - back, last, 0});
        return out;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const Vec2 before = p[(i + n - 1) % n], after = p[(i + 1) % n];
        const float shorter = std::min(length(p[i] - before), length(after - p[i]));
        add_turn(out, p[i], normal(before, p[i]), normal(p[i], after), half, shorter);
    }
    out.push_back(out.front());
    return out;
}

}  // namespace

std::uint16_t Tessellator::vertex(Vec2 p, Color c, float alpha) {
    ImDrawVert v;
    v.pos = ImVec2(p.x, p.y);
    v.uv = ImVec2(white_, white_);
    v.col = IM_COL32(c.r, c.g, c.b, static_cast<int>(static_cast<float>(c.a) * alpha + 0.5F));
    mesh_.vertices.push_back(v);
    return static_cast<std::uint16_t>(mesh_.vertices.size() - 1);
}

void Tessellator::triangle(std::uint16_t a, std::uint16_t b, std::uint16_t c) {
    mesh_.indices.insert(mesh_.indices.end(), {a, b, c});
}

void Tessellator::rectangle(float x0, float y0, float x1, float y1, Color c) {
    const std::uint16_t a = vertex({x0, y0}, c, 1), b = vertex({x1, y0}, c, 1);
    const std::uint16_t d = vertex({x1, y1}, c, 1), e = vertex({x0, y1}, c, 1);
    triangle(a, b, d);
    triangle(a, d, e);
}

void Tessellator::fill(std::span<const Vec2> outline, Color c) {
    std::vector<Vec2> p = distinct(outline, true);
    const std::size_t n = p.size();
    if (n < 3 || n > kMaxFill) return;
    float area = 0;
    for (std::size_t i = 0; i < n; ++i) area += cross(p[i] - p[0], p[(i + 1) % n] - p[0]);
    if (area < 0) std::reverse(p.begin(), p.end());

    // every corner twice: half a pixel inside, opaque, and half a pixel outside, transparent
    std::vector<Vec2> inner(n);
    const auto first = static_cast<std::uint16_t>(mesh_.vertices.size());
    for (std::size_t i = 0; i < n; ++i) {
        const Vec2 n0 = normal(p[(i + n - 1) % n], p[i]), n1 = normal(p[i], p[(i + 1) % n]);
        const Vec2 half = (n0 + n1) * (0.5F / std::max(1 + dot(n0, n1), 0.25F));
        inner[i] = p[i] - half;
        vertex(inner[i], c, 1);
        vertex(p[i] + half, c, 0);
    }
    for (std::size_t i = 0; i < n; ++i) {
        const auto a = static_cast<std::uint16_t>(first + 2 * i),
                   b = static_cast<std::uint16_t>(first + 2 * ((i + 1) % n));
        triangle(a, static_cast<std::uint16_t>(a + 1), static_cast<std::uint16_t>(b + 1));
        triangle(a, static_cast<std::uint16_t>(b + 1), b);
    }
    triangulate(inner, first, 2);
}

/// Ear clipping of a clockwise polygon; a convex one is a fan at once.
void Tessellator::triangulate(std::span<const Vec2> p, std::uint16_t first, std::uint16_t stride) {
    const std::size_t n = p.size();
    const auto id = [&](std::size_t i) { return static_cast<std::uint16_t>(first + stride * i); };
    std::vector<std::size_t> next(n), previous(n);
    for (std::size_t i = 0; i < n; ++i) next[i] = (i + 1) % n, previous[i] = (i + n - 1) % n;
    const auto turn = [&](std::size_t i) {
        return cross(p[i] - p[previous[i]], p[next[i]] - p[i]);
    };
    std::vector<std::size_t> reflex;
    for (std::size_t i = 0; i < n; ++i) {
        if (turn(i) < 0) reflex.push_back(i);
    }
    std::size_t left = n, i = 0, misses = 0;
    while (left > 3) {
        const std::size_t a = previous[i], b = next[i];
        bool ear = turn(i) >= 0;
        for (std::size_t k = 0; ear && k < reflex.size(); ++k) {
            const std::size_t r = reflex[k];
            ear = r == a || r == b || r == i || next[r] == n ||
                  !inside_triangle(p[r], p[a], p[i], p[b]);
        }
        // an outline that crosses itself may have no ear left: cut anyway
        if (!ear && misses < left) {
            i = next[i], ++misses;
            continue;
        }
        triangle(id(a), id(i), id(b));
        next[a] = b, previous[b] = a, next[i] = n;
        i = a, --left, misses = 0;
    }
    triangle(id(previous[i]), id(i), id(next[i]));
}

void Tessellator::stroke(std::span<const Vec2> points, bool closed, float width, Color c) {
    const std::vector<Vec2> p = distinct(points, closed);
    if (p.size() < 2 || p.size() > kMaxStroke || width <= 0) return;
    const float core = std::max(0.0F, (width - 1) / 2),
                edge = core + (width < 1 ? 1.0F : (width + 1) / 2 - core);
    const float strength = std::min(width, 1.0F);
    const std::vector<Section> across = sections(p, closed && p.size() > 2, width / 2);
    for (std::size_t i = 0; i < across.size(); ++i) {
        const Section& s = across[i];
        const std::uint16_t v = vertex(s.at + s.side * edge, c, 0);
        vertex(s.at + s.side * core, c, strength * s.alpha);
        vertex(s.at - s.side * core, c, strength * s.alpha);
        vertex(s.at - s.side * edge, c, 0);
        if (i == 0) continue;
        for (std::uint16_t lane = 0; lane < 3; ++lane) {
            if (core == 0 && lane == 1) continue;  // a hairline has no core
            const auto a = static_cast<std::uint16_t>(v - 4 + lane),
                       b = static_cast<std::uint16_t>(v + lane);
            triangle(a, b, static_cast<std::uint16_t>(b + 1));
            triangle(a, static_cast<std::uint16_t>(b + 1), static_cast<std::uint16_t>(a + 1));
        }
    }
}

std::vector<FlatPath> flatten(const Path& path, float scale) {
    std::vector<FlatPath> out;
    for (const Path::Step& s : path.steps) {
        if (s.op == 'M' || out.empty()) out.emplace_back();
        std::vector<Vec2>& points = out.back().points;
        if (s.op == 'Z') {
            out.back().closed = true;
        } else if (s.op != 'C' || points.empty()) {
            points.push_back(s.op == 'C' ? s.c : s.a);
        } else {
            const Vec2 p = points.back();
            const float reach = (length(s.a - p) + length(s.b - s.a) + length(s.c - s.b)) * scale;
            const int cuts = cuts_for(reach, 1.5F, 96);
            for (int i = 1; i <= cuts; ++i) {
                const float u = static_cast<float>(i) / static_cast<float>(cuts), w = 1 - u;
                points.push_back(p * (w * w * w) + s.a * (3 * w * w * u) + s.b * (3 * w * u * u) +
                                 s.c * (u * u * u));
            }
        }
    }
    return out;
}

std::vector<FlatPath> cut_dashes(std::span<const Vec2> points, bool closed, float dash, float gap) {
    std::vector<Vec2> p = distinct(points, closed);
    if (closed && p.size() > 2) p.push_back(p.front());
    std::vector<FlatPath> out;
    if (p.size() < 2 || dash <= 0) return out;
    float total = 0;
    for (std::size_t i = 1; i < p.size(); ++i) total += length(p[i] - p[i - 1]);
    if (!(total < (dash + gap) * kMostDashes)) return {{p, false}};
    bool drawing = true;
    float rest = dash;
    out.push_back({{p[0]}, false});
    for (std::size_t i = 1; i < p.size(); ++i) {
        Vec2 from = p[i - 1];
        float run = length(p[i] - from);
        while (run > rest) {
            from = from + (p[i] - from) * (rest / run);
            run = length(p[i] - from);
            if (drawing) out.back().points.push_back(from);
            drawing = !drawing;
            if (drawing) out.push_back({{from}, false});
            rest = drawing ? dash : std::max(gap, 0.01F);
        }
        rest -= run;
        if (drawing) out.back().points.push_back(p[i]);
    }
    return out;
}

std::vector<Vec2> thin_columns(std::span<const Vec2> p) {
    std::vector<Vec2> out;
    for (std::size_t i = 0; i < p.size();) {
        // one run of points in the same pixel column, going right
        const float column = std::floor(p[i].x);
        std::size_t low = i, high = i, end = i + 1;
        for (; end < p.size() && std::floor(p[end].x) == column; ++end) {
            if (p[end].y < p[low].y) low = end;
            if (p[end].y > p[high].y) high = end;
        }
        std::vector<std::size_t> kept = {i, std::min(low, high), std::max(low, high), end - 1};
        kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
        for (const std::size_t k : kept) out.push_back(p[k]);
        i = end;
    }
    return out;
}

namespace {

void add_arc(std::vector<Vec2>& out, Vec2 center, float radius, double from, double to) {
    const int cuts = cuts_for(radius, 2.5F, 64);
    for (int i = 0; i <= cuts; ++i) {
        const double angle = from + (to - from) * i / cuts;
        out.push_back(center +
                      Vec2{static_cast<float>(dg::cos(angle)), static_cast<float>(dg::sin(angle))} *
                          radius);
    }
}

constexpr double kQuarter = 1.57079632679489662;

}  // namespace

std::vector<Vec2> circle_outline(Vec2 center, float radius) {
    std::vector<Vec2> out;
    for (int i = 0; i < 4; ++i) add_arc(out, center, radius, kQuarter * i, kQuarter * (i + 1));
    return out;
}

std::vector<Vec2> rounded_outline(Rect r, float radius) {
    const float d = std::min({radius, r.w / 2, r.h / 2});
    if (d <= 0) return {{r.x, r.y}, {r.right(), r.y}, {r.right(), r.bottom()}, {r.x, r.bottom()}};
    std::vector<Vec2> out;
    add_arc(out, {r.right() - d, r.bottom() - d}, d, 0, kQuarter);
    add_arc(out, {r.x + d, r.bottom() - d}, d, kQuarter, 2 * kQuarter);
    add_arc(out, {r.x + d, r.y + d}, d, 2 * kQuarter, 3 * kQuarter);
    add_arc(out, {r.right() - d, r.y + d}, d, 3 * kQuarter, 4 * kQuarter);
    return out;
}

}  // namespace dg::viz
