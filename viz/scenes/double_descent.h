// Scene double-descent: test error over parameters, samples and training time, with its theory. What its files share.
//   double_descent.cpp        parameters, computing, observables
//   double_descent_facts.cpp  valley, peak and second valley of a curve; where the cursor stands
//   double_descent_words.cpp  title, subtitle and notes: what the curve did, not what it should do
//   double_descent_draw.cpp   the page and the large plot
//   double_descent_marks.cpp  the cursor with its number, the valleys, the places that can be pointed at
//   double_descent_side.cpp   the fitted function, the other quantity, the exact formula
//   double_descent_more.cpp   three kinds side by side, random subspaces
#pragma once

#include "sim/double_descent/subspace.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/scene.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace dg::viz::double_descent {

enum class Mode { kSize, kSamples, kTime, kPolynomial, kAll, kSubspace };

/// A quantity of one point over its seeds: 10 %, 50 % and 90 % quantile.
struct Spread {
    double low = 0, middle = 0, high = 0;
};

/// A sweep and the theory drawn over it, at more places than were measured.
struct Curve {
    sim::dd::Sweep sweep = {};
    std::vector<std::array<Spread, 2>> spreads = {};  // of sweep.points: test error, norm; every frame draws them
    std::vector<PlotPoint> theory = {};
    std::vector<PlotPoint> limit = {};  // of large n and p, where theory is the exact finite one
    bool done = false;  // every point at every seed

    void take(sim::dd::Sweep fresh);
    /// `point` is one of sweep.points.
    [[nodiscard]] const Spread& spread(const sim::dd::Point& point, bool norm) const;
    /// Points measured at all seeds that are under way; all of them once done.
    [[nodiscard]] std::vector<const sim::dd::Point*> measured() const;
};

struct Data : SceneData {
    Mode mode = Mode::kSize;
    std::vector<Curve> curves;                    // one; kAll: size, samples, time
    std::vector<Curve> ridge;                     // the same with ridge, when it is above 0: at most one
    std::vector<sim::dd::SubspaceResult> nets;    // kSubspace: width and four times the width
    double noise = 0;                             // standard deviation
    std::uint64_t seed = 1;
    bool whole = false;                           // false: published on the way
};

/// What a curve of medians does: down to a valley, up to a peak, down again. The peak is where the median is the greatest
/// multiple of the least one before it.
struct Shape {
    double valley = 0, peak = 0, second = 0, last = 0;      // medians; second: the least one after the peak
    double valley_at = 0, peak_at = 0, second_at = 0, last_at = 0;
    double least = 0, least_at = 0;                         // of all
    bool has_peak = false;   // at least 1.5 times the valley, and it falls again by a tenth
    double deviation = 0;    // median over the points of |mean / theory - 1|; NaN without theory
};
Shape shape_of(const Curve& curve);

/// The threshold of a curve: n for sizes, p for samples, 0 where there is none.
double threshold(const Curve& curve);
std::vector<PlotPoint> medians(const Curve& curve, bool norm);

/// What one drawing shows: data, view and the parameters that only the drawing reads.
struct Shot {
    const Data& data;
    const View& view;
    std::int64_t size = 0;  // where the cursor rests; 0 = the threshold
    bool norm = false;      // the large plot is the length of the weights, not the test error
};

/// Risk or norm of a point by seed.
const std::vector<double>& values_of(const sim::dd::Point& point, bool norm);

/// What a lesson lets predict, from what is set: only that is covered before the reveal.
enum class Ask { kCurve, kNorm, kRidge, kTheory, kNets };
Ask asked(const Shot& shot);

/// The computed point that the pointer, else the parameter `size`, else the clock names; -1 for none.
int cursor(const Shot& shot, const Curve& curve);
/// Share of the x axis that the clock has reached, 0 .. 1; before a lesson's reveal of a curve only its beginning.
double reached(const Curve& curve, const Shot& shot);
/// Share of the x axis up to a value.
double along(const Curve& curve, double value);

/// Name under which points are regions: CellRef{kPoints, {i}}.
inline constexpr std::string_view kPoints = "double-descent.points";

std::string x_label(const View& view, const Curve& curve);
Axis x_axis(const View& view, const Curve& curve);
/// The letter of what rises: p, n or t.
const char* symbol_of(const Curve& curve);
/// A median as text: three figures, above 1000 a whole number.
std::string risk_text(double value);
Color ridge_color(const Theme& theme);

PageText words(const Shot& shot);
void draw_side(Canvas& canvas, const Shot& shot, Rect area);
void draw_all(Canvas& canvas, const Shot& shot, Rect area);
void draw_subspaces(Canvas& canvas, const Shot& shot, Rect area);
/// Median, band, theory and ridge of one curve with axes; returns where values lie.
PlotFrame draw_curve(Canvas& canvas, const Shot& shot, const Curve& curve, const Curve* ridge, Rect area, bool names);
/// Ring, value and place of the point the cursor stands on, its seeds as dots, rings at the valleys.
void draw_marks(Canvas& canvas, const Shot& shot, const PlotFrame& frame, const Curve& curve);
/// Columns of the plot that pick the nearest point: hover moves the cursor, a click keeps it. The column the cursor stands on
/// comes last: a control of `size` finds it there.
void add_regions(Canvas& canvas, const Shot& shot, const PlotFrame& frame, const Curve& curve);
/// The area between two quantiles of the seeds, in pixels; left out where it has no height.
class Band {
  public:
    void add(float x, float high, float low);
    void fill(Canvas& canvas, Color color) const;

  private:
    struct At {
        float x, high, low;
    };
    std::vector<std::vector<At>> runs_{1};
};

}  // namespace dg::viz::double_descent
