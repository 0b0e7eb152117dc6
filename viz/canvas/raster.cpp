#include "viz/canvas/raster.h"

#include "viz/canvas/texture_id.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace dg::viz {

Image::Image(int w, int h, Color c) : width(w), height(h) {
    rgba.resize(4 * static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
    for (std::size_t i = 0; i < rgba.size(); i += 4) {
        rgba[i] = c.r, rgba[i + 1] = c.g, rgba[i + 2] = c.b, rgba[i + 3] = c.a;
    }
}

Color Image::at(int x, int y) const {
    const std::uint8_t* p =
        &rgba[4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                   static_cast<std::size_t>(x))];
    return {p[0], p[1], p[2], p[3]};
}

namespace {

constexpr std::int64_t kSub = 256;  // sub-pixel steps: 24.8 fixed point

struct Rgba {
    std::uint32_t r, g, b, a;
};

Rgba unpack(ImU32 c) {
    return {(c >> IM_COL32_R_SHIFT) & 255U, (c >> IM_COL32_G_SHIFT) & 255U,
            (c >> IM_COL32_B_SHIFT) & 255U, (c >> IM_COL32_A_SHIFT) & 255U};
}

/// round(x / 255) for x in [0, 255 * 255]
std::uint32_t div255(std::uint32_t x) {
    x += 128;
    return (x + (x >> 8U)) >> 8U;
}

/// src over dst, straight alpha.
void blend(std::uint8_t* p, const Rgba& c, std::uint32_t alpha) {
    if (alpha == 0) return;
    const std::uint32_t keep = 255 - alpha;
    if (p[3] == 255) {
        p[0] = static_cast<std::uint8_t>(div255(c.r * alpha + p[0] * keep));
        p[1] = static_cast<std::uint8_t>(div255(c.g * alpha + p[1] * keep));
        p[2] = static_cast<std::uint8_t>(div255(c.b * alpha + p[2] * keep));
        return;
    }
    // transparent page: weights are alpha and what shows of the old pixel
    const std::uint32_t old = div255(p[3] * keep), sum = alpha + old;
    p[0] = static_cast<std::uint8_t>((c.r * alpha + p[0] * old + sum / 2) / sum);
    p[1] = static_cast<std::uint8_t>((c.g * alpha + p[1] * old + sum / 2) / sum);
    p[2] = static_cast<std::uint8_t>((c.b * alpha + p[2] * old + sum / 2) / sum);
    p[3] = static_cast<std::uint8_t>(sum);
}

/// Keeps a coordinate where fixed point cannot overflow; NaN goes far outside of every page.
float bounded(float v) {
    return v > -1e6F ? (v < 1e6F ? v : 1e6F) : -1e6F;
}

class Painter {
  public:
    Painter(Image& target, PixelRect clip, const Texture* texture)
        : target_(target), clip_(clip), texture_(texture) {
        clip_.x0 = std::max(clip_.x0, 0), clip_.y0 = std::max(clip_.y0, 0);
        clip_.x1 = std::min(clip_.x1, target.width), clip_.y1 = std::min(clip_.y1, target.height);
    }

    [[nodiscard]] bool empty() const { return clip_.x0 >= clip_.x1 || clip_.y0 >= clip_.y1; }

    /// True when the two triangles a b c, a c d are an axis-aligned rectangle of one colour, and
    /// then drawn.
    bool rectangle(const ImDrawVert& a, const ImDrawVert& b, const ImDrawVert& c,
                   const ImDrawVert& d) {
        const bool upright = a.pos.y == b.pos.y && b.pos.x == c.pos.x && c.pos.y == d.pos.y &&
                             d.pos.x == a.pos.x && a.pos.x <= c.pos.x && a.pos.y <= c.pos.y;
        if (!upright || a.col != b.col || a.col != c.col || a.col != d.col) return false;
        const PixelRect r = {pixel_from(a.pos.x), pixel_from(a.pos.y), pixel_from(c.pos.x),
                             pixel_from(c.pos.y)};
        const bool plain =
            a.uv.x == c.uv.x && a.uv.y == c.uv.y && b.uv.x == a.uv.x && d.uv.y == a.uv.y;
        if (plain) {
            const Rgba color = unpack(a.col);
            fill(r, color, div255(color.a * sample(a.uv.x, a.uv.y)));
            return true;
        }
        const bool straight =
            a.uv.y == b.uv.y && b.uv.x == c.uv.x && c.uv.y == d.uv.y && d.uv.x == a.uv.x;
        return straight && texture_ && copy_unscaled(a, c, r);
    }

    void triangle(const ImDrawVert& a, const ImDrawVert& b, const ImDrawVert& c);

  private:
    /// First pixel whose centre is at or right of a coordinate.
    static int pixel_from(float x) { return static_cast<int>(std::ceil(bounded(x) - 0.5F)); }

    std::uint8_t* pixel(int x, int y) {
        return &target_.rgba[4 * (static_cast<std::size_t>(y) *
                                      static_cast<std::size_t>(target_.width) +
                                  static_cast<std::size_t>(x))];
    }

    void fill(PixelRect r, const Rgba& color, std::uint32_t alpha) {
        const int x0 = std::max(r.x0, clip_.x0), x1 = std::min(r.x1, clip_.x1);
        for (int y = std::max(r.y0, clip_.y0); y < std::min(r.y1, clip_.y1); ++y)
            span(y, x0, x1, color, alpha);
    }

    void span(int y, int x0, int x1, const Rgba& c, std::uint32_t alpha) {
        if (x0 >= x1 || alpha == 0) return;
        std::uint8_t* p = pixel(x0, y);
        if (alpha < 255) {
            for (int x = x0; x < x1; ++x, p += 4) blend(p, c, alpha);
            return;
        }
        const std::array<std::uint8_t, 4> solid = {static_cast<std::uint8_t>(c.r),
                                                   static_cast<std::uint8_t>(c.g),
                                                   static_cast<std::uint8_t>(c.b), 255};
        for (int x = x0; x < x1; ++x, p += 4) std::copy(solid.begin(), solid.end(), p);
    }

    /// A textured rectangle at one texel per pixel (glyphs). False when it is scaled.
    bool copy_unscaled(const ImDrawVert& a, const ImDrawVert& c, PixelRect r) {
        const float u0 = a.uv.x * static_cast<float>(texture_->width),
                    v0 = a.uv.y * static_cast<float>(texture_->height);
        const float w = c.uv.x * static_cast<float>(texture_->width) - u0,
                    h = c.uv.y * static_cast<float>(texture_->height) - v0;
        if (std::abs(w - (c.pos.x - a.pos.x)) > 0.01F || std::abs(h - (c.pos.y - a.pos.y)) > 0.01F)
            return false;
        if (a.pos.x != std::floor(a.pos.x) || a.pos.y != std::floor(a.pos.y)) return false;
        const int du = static_cast<int>(std::lround(u0)) - r.x0,
                  dv = static_cast<int>(std::lround(v0)) - r.y0;
        const Rgba color = unpack(a.col);
        const int x0 = std::max({r.x0, clip_.x0, -du}),
                  x1 = std::min({r.x1, clip_.x1, texture_->width - du});
        const int y0 = std::max({r.y0, clip_.y0, -dv}),
                  y1 = std::min({r.y1, clip_.y1, texture_->height - dv});
        for (int y = y0; y < y1 && x0 < x1; ++y) {
            const std::uint8_t* s = &texture_->alpha[static_cast<std::size_t>(y + dv) *
                                                         static_cast<std::size_t>(texture_->width) +
                                                     static_cast<std::size_t>(x0 + du)];
            std::uint8_t* p = pixel(x0, y);
            for (int x = x0; x < x1; ++x, ++s, p += 4) {
                if (*s) blend(p, color, div255(color.a * *s));
            }
        }
        return true;
    }

    [[nodiscard]] std::uint32_t texel(int x, int y) const {
        x = std::clamp(x, 0, texture_->width - 1), y = std::clamp(y, 0, texture_->height - 1);
        return texture_
            ->alpha[static_cast<std::size_t>(y) * static_cast<std::size_t>(texture_->width) +
                    static_cast<std::size_t>(x)];
    }

    /// Bilinear coverage at a texture coordinate, 0 .. 255.
    [[nodiscard]] std::uint32_t sample(float u, float v) const {
        if (!texture_) return 255;
        const float x = u * static_cast<float>(texture_->width) - 0.5F,
                    y = v * static_cast<float>(texture_->height) - 0.5F;
        const float fx = x - std::floor(x), fy = y - std::floor(y);
        const int ix = static_cast<int>(std::floor(x)), iy = static_cast<int>(std::floor(y));
        const float top = static_cast<float>(texel(ix, iy)) * (1 - fx) +
                          static_cast<float>(texel(ix + 1, iy)) * fx;
        const float low = static_cast<float>(texel(ix, iy + 1)) * (1 - fx) +
                          static_cast<float>(texel(ix + 1, iy + 1)) * fx;
        return static_cast<std::uint32_t>(top * (1 - fy) + low * fy + 0.5F);
    }

    Image& target_;
    PixelRect clip_;
    const Texture* texture_;
};

struct FixedPoint {
    std::int64_t x, y;
};

FixedPoint fix(const ImVec2& p) {
    return {std::llround(bounded(p.x) * static_cast<float>(kSub)),
            std::llround(bounded(p.y) * static_cast<float>(kSub))};
}

std::int64_t cross(FixedPoint a, FixedPoint b, FixedPoint p) {
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - static_cast<std::int64_t>((a % b != 0) && ((a < 0) != (b < 0)));
}

/// Edge function of a -> b along a pixel row: inside where value + step * x >= 0. The top-left rule
/// is a bias of one.
struct Edge {
    std::int64_t at_zero = 0, step = 0, down = 0;

    Edge(FixedPoint a, FixedPoint b) {
        const bool top_left = (a.y == b.y && b.x > a.x) || b.y < a.y;
        step = -(b.y - a.y) * kSub, down = (b.x - a.x) * kSub;
        at_zero = cross(a, b, {kSub / 2, kSub / 2}) - (top_left ? 0 : 1);
    }

    /// Narrows [x0, x1) to the pixels of row y that are inside.
    void narrow(int y, int& x0, int& x1) const {
        const std::int64_t value = at_zero + down * y;
        if (step == 0) {
            if (value < 0) x1 = x0;
        } else if (step > 0) {
            x0 = static_cast<int>(std::clamp<std::int64_t>(-floor_div(value, step), x0, x1));
        } else {
            x1 = static_cast<int>(std::clamp<std::int64_t>(floor_div(value, -step) + 1, x0, x1));
        }
    }
};

/// A value that is linear over the triangle: value(x, y) at pixel centres.
struct Plane {
    float base = 0, dx = 0, dy = 0;

    [[nodiscard]] float at(int x, int y) const {
        return base + dx * static_cast<float>(x) + dy * static_cast<float>(y);
    }
};

struct PlaneMaker {
    float x0, y0, x1, y1, x2, y2, inverse;

    PlaneMaker(const ImVec2& a, const ImVec2& b, const ImVec2& c)
        : x0(a.x),
          y0(a.y),
          x1(b.x - a.x),
          y1(b.y - a.y),
          x2(c.x - a.x),
          y2(c.y - a.y),
          inverse(x1 * y2 - x2 * y1) {
        inverse = inverse == 0 ? 0 : 1 / inverse;
    }

    [[nodiscard]] Plane make(float a, float b, float c) const {
        Plane p;
        p.dx = ((b - a) * y2 - (c - a) * y1) * inverse;
        p.dy = ((c - a) * x1 - (b - a) * x2) * inverse;
        p.base = a + p.dx * (0.5F - x0) + p.dy * (0.5F - y0);
        return p;
    }
};

std::uint32_t channel(float v) {
    return static_cast<std::uint32_t>(std::clamp(v, 0.0F, 255.0F) + 0.5F);
}

void Painter::triangle(const ImDrawVert& a, const ImDrawVert& b0, const ImDrawVert& c0) {
    const std::int64_t area = cross(fix(a.pos), fix(b0.pos), fix(c0.pos));
    if (area == 0) return;
    const ImDrawVert& b = area > 0 ? b0 : c0;
    const ImDrawVert& c = area > 0 ? c0 : b0;
    const FixedPoint pa = fix(a.pos), pb = fix(b.pos), pc = fix(c.pos);
    const std::array<Edge, 3> edges = {Edge(pa, pb), Edge(pb, pc), Edge(pc, pa)};
    const auto [low_x, high_x] = std::minmax({pa.x, pb.x, pc.x});
    const auto [low_y, high_y] = std::minmax({pa.y, pb.y, pc.y});
    const auto bound = [](std::int64_t v, int low, int high) {
        return static_cast<int>(std::clamp<std::int64_t>(v, low, high));
    };
    const int left = bound(floor_div(low_x, kSub), clip_.x0, clip_.x1),
              right = bound(floor_div(high_x, kSub) + 1, clip_.x0, clip_.x1);
    const int top = bound(floor_div(low_y, kSub), clip_.y0, clip_.y1),
              low = bound(floor_div(high_y, kSub) + 1, clip_.y0, clip_.y1);

    const Rgba ca = unpack(a.col), cb = unpack(b.col), cc = unpack(c.col);
    const auto same = [](const Rgba& p, const Rgba& q) {
        return p.r == q.r && p.g == q.g && p.b == q.b;
    };
    const bool one_hue = same(ca, cb) && same(ca, cc),
               flat = one_hue && ca.a == cb.a && ca.a == cc.a;
    const auto same_uv = [](const ImDrawVert& p, const ImDrawVert& q) {
        return p.uv.x == q.uv.x && p.uv.y == q.uv.y;
    };
    const bool textured = texture_ && !(same_uv(a, b) && same_uv(a, c));
    const std::uint32_t cover = textured ? 255 : sample(a.uv.x, a.uv.y);
    const PlaneMaker maker(a.pos, b.pos, c.pos);
    const auto plane = [&](auto of) {
        return maker.make(static_cast<float>(of(ca)), static_cast<float>(of(cb)),
                          static_cast<float>(of(cc)));
    };
    const Plane alpha = plane([](const Rgba&p) { return p.a; }),
                red = plane([](const Rgba&p) { return p.r; }),
                green = plane([](const Rgba&p) { return p.g; }),
                blue = plane([](const Rgba&p) { return p.b; });
    const Plane u = maker.make(a.uv.x, b.uv.x, c.uv.x), v = maker.make(a.uv.y, b.uv.y, c.uv.y);

    for (int y = top; y < low; ++y) {
        int x0 = left, x1 = right;
        for (const Edge& edge : edges) edge.narrow(y, x0, x1);
        if (x0 >= x1) continue;
        if (flat && !textured) {
            span(y, x0, x1, ca, div255(ca.a * cover));
            continue;
        }
        std::uint8_t* p = pixel(x0, y);
        for (int x = x0; x < x1; ++x, p += 4) {
            const std::uint32_t texture = textured ? sample(u.at(x, y), v.at(x, y)) : cover;
            const Rgba color = one_hue ? ca
                                       : Rgba{channel(red.at(x, y)), channel(green.at(x, y)),
                                              channel(blue.at(x, y)), 255};
            blend(p, color, div255(channel(alpha.at(x, y)) * texture));
        }
    }
}

template <class Index>
void raster(Image& target, PixelRect clip, const Texture* texture, std::span<const ImDrawVert> v,
            std::span<const Index> i) {
    Painter painter(target, clip, texture && texture->width > 0 ? texture : nullptr);
    if (painter.empty()) return;
    for (std::size_t k = 0; k + 2 < i.size();) {
        const bool quad = k + 5 < i.size() && i[k] == i[k + 3] && i[k + 2] == i[k + 4];
        if (quad && painter.rectangle(v[i[k]], v[i[k + 1]], v[i[k + 2]], v[i[k + 5]])) {
            k += 6;
            continue;
        }
        painter.triangle(v[i[k]], v[i[k + 1]], v[i[k + 2]]);
        k += 3;
    }
}

}  // namespace

void raster_triangles(Image& target, PixelRect clip, const Texture* texture,
                      std::span<const ImDrawVert> vertices,
                      std::span<const std::uint32_t> indices) {
    raster(target, clip, texture, vertices, indices);
}

void raster_triangles(Image& target, PixelRect clip, const Texture* texture,
                      std::span<const ImDrawVert> vertices,
                      std::span<const std::uint16_t> indices) {
    raster(target, clip, texture, vertices, indices);
}

void raster_draw_data(const ImDrawData& data, Image& target) {
    for (int n = 0; n < data.CmdListsCount; ++n) {
        const ImDrawList& list = *data.CmdLists[n];
        const std::span<const ImDrawVert> vertices(list.VtxBuffer.Data,
                                                   static_cast<std::size_t>(list.VtxBuffer.Size));
        for (const ImDrawCmd& cmd : list.CmdBuffer) {
            if (cmd.UserCallback != nullptr || cmd.ElemCount == 0) continue;
            const auto whole = [](float v) { return static_cast<int>(std::floor(bounded(v))); };
            const ImVec4& c = cmd.ClipRect;
            const PixelRect clip = {whole(c.x), whole(c.y), whole(c.z), whole(c.w)};
            const std::span<const ImDrawIdx> indices(list.IdxBuffer.Data + cmd.IdxOffset,
                                                     cmd.ElemCount);
            raster(target, clip, texture_of_id(cmd.GetTexID()), vertices.subspan(cmd.VtxOffset),
                   indices);
        }
    }
}

}  // namespace dg::viz
