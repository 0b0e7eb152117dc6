#include "app/window/icons.h"

#include <array>
#include <cmath>
#include <initializer_list>
#include <vector>

namespace dg::app {

using viz::Vec2;

namespace {

/// Drawing in a box from -1 to 1.
struct Pen {
    viz::Canvas& canvas;
    Vec2 at;
    float half;
    viz::Stroke stroke;

    [[nodiscard]] Vec2 p(Vec2 v) const { return {at.x + v.x * half, at.y + v.y * half}; }

    void line(std::initializer_list<Vec2> points) const {
        std::vector<Vec2> out;
        for (const Vec2 v : points) out.push_back(p(v));
        canvas.polyline(out, stroke);
    }

    void solid(std::initializer_list<Vec2> points) const {
        viz::Path path;
        bool first = true;
        for (const Vec2 v : points) {
            if (first) path.move(p(v));
            else path.line(p(v));
            first = false;
        }
        canvas.fill_path(path.close(), stroke.color);
    }

    void circle(Vec2 c, float r) const {
        constexpr int kParts = 28;
        std::vector<Vec2> out;
        for (int i = 0; i <= kParts; ++i) {
            const float a = 6.2831853F * static_cast<float>(i) / kParts;
            out.push_back(p({c.x + r * std::cos(a), c.y + r * std::sin(a)}));
        }
        canvas.polyline(out, stroke);
    }
};

void draw_sun(const Pen& pen) {
    pen.circle({0, 0}, 0.42F);
    for (int i = 0; i < 8; ++i) {
        const float a = 0.7853982F * static_cast<float>(i), c = std::cos(a), s = std::sin(a);
        pen.line({{0.68F * c, 0.68F * s}, {0.98F * c, 0.98F * s}});
    }
}

void draw_moon(const Pen& pen) {
    viz::Path path;
    path.move(pen.p({0.25F, -0.9F})).cubic(pen.p({-0.5F, -0.8F}), pen.p({-1.0F, -0.2F}), pen.p({-0.8F, 0.4F}));
    path.cubic(pen.p({-0.6F, 1.0F}), pen.p({0.4F, 1.1F}), pen.p({0.9F, 0.35F}));
    path.cubic(pen.p({0.2F, 0.6F}), pen.p({-0.45F, -0.1F}), pen.p({0.25F, -0.9F}));
    pen.canvas.stroke_path(path.close(), pen.stroke);
}

void draw_corners(const Pen& pen, float corner, float arm) {
    for (const float x : {-1.0F, 1.0F}) {
        for (const float y : {-1.0F, 1.0F}) pen.line({{x * corner, y * arm}, {x * corner, y * corner}, {x * arm, y * corner}});
    }
}

void draw_mark(const Pen& pen) {
    pen.canvas.stroke_rect({pen.at.x - pen.half, pen.at.y - pen.half, 2 * pen.half, 2 * pen.half}, pen.stroke, pen.half * 0.45F);
    const std::array<float, 3> tops = {-0.05F, -0.45F, 0.15F};
    for (std::size_t i = 0; i < tops.size(); ++i) {
        const float x = -0.48F + 0.48F * static_cast<float>(i);
        pen.line({{x, tops[i]}, {x, 0.52F}});
    }
}

}  // namespace

void draw_icon(viz::Canvas& canvas, Icon icon, Vec2 at, float size, viz::Color ink) {
    const Pen pen{canvas, at, size / 2, {.color = ink, .width = 2}};
    switch (icon) {
        case Icon::kMark: return draw_mark(pen);
        case Icon::kSearch: pen.circle({-0.15F, -0.15F}, 0.62F); return pen.line({{0.32F, 0.32F}, {0.92F, 0.92F}});
        case Icon::kSun: return draw_sun(pen);
        case Icon::kMoon: return draw_moon(pen);
        case Icon::kProjector:
            pen.line({{-0.95F, -0.75F}, {0.95F, -0.75F}, {0.95F, 0.35F}, {-0.95F, 0.35F}, {-0.95F, -0.75F}});
            return pen.line({{-0.5F, 0.95F}, {0, 0.35F}, {0.5F, 0.95F}});
        case Icon::kFullScreen: return draw_corners(pen, 0.85F, 0.35F);
        case Icon::kWindowed: return draw_corners(pen, 0.35F, 0.9F);
        case Icon::kPlay: return pen.solid({{-0.55F, -0.9F}, {0.95F, 0}, {-0.55F, 0.9F}});
        case Icon::kPause:
            pen.solid({{-0.7F, -0.8F}, {-0.2F, -0.8F}, {-0.2F, 0.8F}, {-0.7F, 0.8F}});
            return pen.solid({{0.2F, -0.8F}, {0.7F, -0.8F}, {0.7F, 0.8F}, {0.2F, 0.8F}});
        case Icon::kNext: pen.line({{-0.1F, -0.75F}, {0.7F, 0}, {-0.1F, 0.75F}}); return pen.line({{-0.7F, -0.75F}, {-0.7F, 0.75F}});
        case Icon::kPrevious: pen.line({{0.1F, -0.75F}, {-0.7F, 0}, {0.1F, 0.75F}}); return pen.line({{0.7F, -0.75F}, {0.7F, 0.75F}});
        case Icon::kClose: pen.line({{-0.7F, -0.7F}, {0.7F, 0.7F}}); return pen.line({{-0.7F, 0.7F}, {0.7F, -0.7F}});
        case Icon::kLeft: return pen.line({{0.35F, -0.8F}, {-0.45F, 0}, {0.35F, 0.8F}});
        case Icon::kRight: return pen.line({{-0.35F, -0.8F}, {0.45F, 0}, {-0.35F, 0.8F}});
        case Icon::kTick: return pen.line({{-0.7F, 0.05F}, {-0.2F, 0.6F}, {0.75F, -0.55F}});
        case Icon::kWarning: return pen.solid({{0, -0.9F}, {0.98F, 0.8F}, {-0.98F, 0.8F}});
        case Icon::kExport:
            pen.line({{0, 0.3F}, {0, -0.9F}});
            pen.line({{-0.45F, -0.45F}, {0, -0.9F}, {0.45F, -0.45F}});
            return pen.line({{-0.8F, 0.1F}, {-0.8F, 0.85F}, {0.8F, 0.85F}, {0.8F, 0.1F}});
        case Icon::kHelp: {
            viz::Path hook;
            hook.move(pen.p({-0.45F, -0.45F})).cubic(pen.p({-0.4F, -1.1F}), pen.p({0.6F, -1.05F}), pen.p({0.5F, -0.4F}));
            hook.cubic(pen.p({0.45F, 0}), pen.p({0, 0}), pen.p({0, 0.35F}));
            canvas.stroke_path(hook, pen.stroke);
            return canvas.fill_circle(pen.p({0, 0.78F}), 1.6F, ink);
        }
        case Icon::kHome:
            pen.line({{-0.9F, 0}, {0, -0.85F}, {0.9F, 0}});
            return pen.line({{-0.6F, -0.2F}, {-0.6F, 0.85F}, {0.6F, 0.85F}, {0.6F, -0.2F}});
    }
}

}  // namespace dg::app
