// A drawing placed inside a page: every coordinate scaled and moved onto another canvas. Scenes
// draw on their own page of at least 1280 x 720; a handout shows it a column wide.
#pragma once

#include "viz/canvas/canvas.h"

namespace dg::lessons {

class PlacedCanvas final : public viz::Canvas {
  public:
    /// `inner`: the page the drawing sees. It fills the width of `place` on `target`, which
    /// outlives this.
    PlacedCanvas(viz::Canvas& target, viz::Rect inner, viz::Rect place)
        : target_(target), inner_(inner), place_(place), scale_(place.w / inner.w) {}

    [[nodiscard]] viz::Rect page() const override { return inner_; }

    void fill_rect(viz::Rect r, viz::Color c, float radius) override {
        target_.fill_rect(moved(r), c, radius * scale_);
    }

    void stroke_rect(viz::Rect r, const viz::Stroke& s, float radius) override {
        target_.stroke_rect(moved(r), scaled(s), radius * scale_);
    }

    void line(viz::Vec2 a, viz::Vec2 b, const viz::Stroke& s) override {
        target_.line(moved(a), moved(b), scaled(s));
    }

    void polyline(std::span<const viz::Vec2> points, const viz::Stroke& s) override;

    void fill_path(const viz::Path& p, viz::Color c) override { target_.fill_path(moved(p), c); }

    void stroke_path(const viz::Path& p, const viz::Stroke& s) override {
        target_.stroke_path(moved(p), scaled(s));
    }

    void fill_circle(viz::Vec2 center, float radius, viz::Color c) override {
        target_.fill_circle(moved(center), radius * scale_, c);
    }

    void hatch(viz::Rect r, viz::Color c, float spacing, float width) override {
        target_.hatch(moved(r), c, spacing * scale_, width * scale_);
    }

    void heatmap(viz::Rect r, int rows, int cols, std::span<const viz::Color> cells) override {
        target_.heatmap(moved(r), rows, cols, cells);
    }

    void text(viz::Vec2 at, std::string_view utf8, const viz::TextStyle& style) override {
        target_.text(moved(at), utf8, scaled(style));
    }

    [[nodiscard]] viz::TextSize measure(std::string_view utf8,
                                        const viz::TextStyle& style) const override;

    void push_clip(viz::Rect r) override { target_.push_clip(moved(r)); }

    void pop_clip() override { target_.pop_clip(); }

    void begin_group(std::string_view name) override { target_.begin_group(name); }

    void end_group() override { target_.end_group(); }

  private:
    [[nodiscard]] viz::Vec2 moved(viz::Vec2 p) const {
        return {place_.x + (p.x - inner_.x) * scale_, place_.y + (p.y - inner_.y) * scale_};
    }

    [[nodiscard]] viz::Rect moved(viz::Rect r) const {
        const viz::Vec2 corner = moved(viz::Vec2{r.x, r.y});
        return {corner.x, corner.y, r.w * scale_, r.h * scale_};
    }

    [[nodiscard]] viz::Path moved(const viz::Path& p) const;
    [[nodiscard]] viz::Stroke scaled(viz::Stroke s) const;
    [[nodiscard]] viz::TextStyle scaled(viz::TextStyle s) const;

    viz::Canvas& target_;
    viz::Rect inner_, place_;
    float scale_;
};

}  // namespace dg::lessons
