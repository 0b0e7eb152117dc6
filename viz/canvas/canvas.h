// What scenes draw on. One drawing makes the window, PNG, SVG, PDF and the text log of the tests: a scene sees only this
// interface. Units are pixels of a 1920x1080 page at 100 %; the origin is the upper left corner, y grows downwards.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dg::viz {

struct Vec2 {
    float x = 0, y = 0;
};

struct Rect {
    float x = 0, y = 0, w = 0, h = 0;

    [[nodiscard]] float right() const { return x + w; }

    [[nodiscard]] float bottom() const { return y + h; }

    [[nodiscard]] Vec2 center() const { return {x + w / 2, y + h / 2}; }

    [[nodiscard]] bool contains(Vec2 p) const { return p.x >= x && p.x < x + w && p.y >= y && p.y < y + h; }

    [[nodiscard]] Rect inset(float d) const { return {x + d, y + d, w - 2 * d, h - 2 * d}; }
};

/// sRGB with straight alpha.
struct Color {
    std::uint8_t r = 0, g = 0, b = 0, a = 255;

    /// 0xRRGGBB
    static constexpr Color hex(std::uint32_t rgb, std::uint8_t alpha = 255) {
        return {static_cast<std::uint8_t>(rgb >> 16U), static_cast<std::uint8_t>(rgb >> 8U), static_cast<std::uint8_t>(rgb), alpha};
    }

    [[nodiscard]] Color with_alpha(float alpha) const { return {r, g, b, static_cast<std::uint8_t>(alpha * 255.0F + 0.5F)}; }

    friend bool operator==(const Color&, const Color&) = default;
};

/// Linear mix in sRGB: u = 0 gives a.
Color mix(Color a, Color b, float u);
/// WCAG relative luminance in [0, 1], and contrast ratio in [1, 21].
double luminance(Color c);
double contrast(Color a, Color b);

enum class Align { kLeft, kCenter, kRight };
enum class Weight { kRegular, kBold };

/// size: em in px. `at` of a text is on the baseline. rotate: degrees, 0 or -90 (reads upwards).
struct TextStyle {
    float size = 20;
    Color color;
    Weight weight = Weight::kRegular;
    Align align = Align::kLeft;
    float rotate = 0;
    bool tabular = true;  // digits of one width
};

struct Stroke {
    Color color;
    float width = 1;
    float dash = 0, gap = 0;  // 0 = solid
};

/// A filled or stroked outline: move, line, cubic Bezier, close.
struct Path {
    struct Step {
        char op;  // 'M' 'L' 'C' 'Z'
        Vec2 a, b, c;  // C: two controls and the end; M, L: a
    };
    std::vector<Step> steps;

    Path& move(Vec2 p) { return steps.push_back({'M', p, {}, {}}), *this; }

    Path& line(Vec2 p) { return steps.push_back({'L', p, {}, {}}), *this; }

    Path& cubic(Vec2 c1, Vec2 c2, Vec2 p) { return steps.push_back({'C', c1, c2, p}), *this; }

    Path& close() { return steps.push_back({'Z', {}, {}, {}}), *this; }
};

/// A cell of a recorded tensor.
struct CellRef {
    std::string tensor;
    std::vector<std::int64_t> at;
    friend bool operator==(const CellRef&, const CellRef&) = default;
};

/// What a place on the picture stands for. `cell`: hover lights its operands, click opens the inspector. `action`: what a
/// click does instead: "set head=5", "roll", "step". `tip`: one line of text on hover. Keyboard focus walks the actions.
struct Region {
    Rect rect;
    std::optional<CellRef> cell;
    std::string action;
    std::string tip;
    /// More than 1: the rectangle is a grid of equal cells. `cell` names the upper left one; its last two indices grow by
    /// one per row and column. Ask cell_at for the cell under a point.
    int rows = 1, cols = 1;
};

struct TextSize {
    float width = 0, ascent = 0, descent = 0;
};

class Canvas {
  public:
    virtual ~Canvas() = default;

    /// The page.
    [[nodiscard]] virtual Rect page() const = 0;

    virtual void fill_rect(Rect r, Color c, float radius = 0) = 0;
    virtual void stroke_rect(Rect r, const Stroke& s, float radius = 0) = 0;  // stroke centred on the edge
    virtual void line(Vec2 a, Vec2 b, const Stroke& s) = 0;
    virtual void polyline(std::span<const Vec2> points, const Stroke& s) = 0;
    virtual void fill_path(const Path& p, Color c) = 0;
    virtual void stroke_path(const Path& p, const Stroke& s) = 0;
    virtual void fill_circle(Vec2 center, float radius, Color c) = 0;
    /// Diagonal lines over a rectangle: masked, overflow, underflow.
    virtual void hatch(Rect r, Color c, float spacing = 8, float width = 1) = 0;
    /// rows x cols colours, row-major, each cell an exact rectangle of r (no smoothing).
    virtual void heatmap(Rect r, int rows, int cols, std::span<const Color> cells) = 0;
    /// UTF-8, one line, any mix of Chinese, Latin and mathematics.
    virtual void text(Vec2 at, std::string_view utf8, const TextStyle& style) = 0;
    [[nodiscard]] virtual TextSize measure(std::string_view utf8, const TextStyle& style) const = 0;

    virtual void push_clip(Rect r) = 0;
    virtual void pop_clip() = 0;
    /// Named group: an <g id> in SVG, a line in the log.
    virtual void begin_group(std::string_view name) = 0;
    virtual void end_group() = 0;

    /// Later regions lie on top of earlier ones.
    void region(Region r) { regions_.push_back(std::move(r)); }

    [[nodiscard]] const std::vector<Region>& regions() const { return regions_; }

    void clear_regions() { regions_.clear(); }

  private:
    std::vector<Region> regions_;
};

/// The topmost region under a point; nullptr for none.
const Region* region_at(std::span<const Region> regions, Vec2 p);
/// The cell that a point within `region` stands for; nothing when the region has none.
std::optional<CellRef> cell_at(const Region& region, Vec2 p);

}  // namespace dg::viz
