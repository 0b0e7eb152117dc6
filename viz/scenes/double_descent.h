// Scene double-descent: test error over parameters, samples and training time, with its theory. What its files share.
//   double_descent.cpp        parameters, computing, observables
//   double_descent_facts.cpp  valley, peak and second valley of a curve
//   double_descent_draw.cpp   the page and the large plot
//   double_descent_side.cpp   the fitted function, the norm, three kinds side by side, random subspaces
#pragma once

#include "sim/double_descent/subspace.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/scene.h"

#include <memory>
#include <string>
#include <vector>

namespace dg::viz::double_descent {

enum class Mode { kSize, kSamples, kTime, kPolynomial, kAll, kSubspace };

/// A sweep and the theory drawn over it, at more places than were measured.
struct Curve {
    sim::dd::Sweep sweep = {};
    std::vector<PlotPoint> theory = {};
    bool done = false;  // every point at every seed

    /// Points measured at all seeds that are under way; all of them once done.
    [[nodiscard]] std::vector<const sim::dd::Point*> measured() const;
};

struct Data : SceneData {
    Mode mode = Mode::kSize;
    std::vector<Curve> curves;                    // one; kAll: size, samples, time
    std::vector<Curve> ridge;                     // the same with ridge, when it is above 0: at most one
    std::vector<sim::dd::SubspaceResult> nets;    // kSubspace: width and four times the width
    double noise = 0;                             // standard deviation
    std::int64_t size = 0;                        // where the cursor rests; 0 = the threshold
    std::uint64_t seed = 1;
    bool whole = false;                           // false: published on the way
};

/// What a curve of medians does: down to a valley, up to a peak, down again. The peak is where the median is the greatest
/// multiple of the least one before it.
struct Shape {
    double valley = 0, peak = 0, second = 0, last = 0;      // medians; second: the least one after the peak
    double valley_at = 0, peak_at = 0, second_at = 0, last_at = 0;
    bool has_peak = false;   // at least 1.5 times the valley, and it falls again by a tenth
    double deviation = 0;    // median over the points of |mean / theory - 1|; NaN without theory
};
Shape shape_of(const Curve& curve);

/// The threshold of a curve: n for sizes, p for samples, 0 where there is none.
double threshold(const Curve& curve);
double median_test(const sim::dd::Point& point);

/// The computed point that the pointer, else the parameter `size`, else the clock names; -1 for none.
int cursor(const Data& data, const Curve& curve, const View& view);
/// Share of the x axis that the clock has reached, 0 .. 1.
double reached(const Curve& curve, const View& view);

/// Name under which points are regions: CellRef{kPoints, {i}}.
inline constexpr std::string_view kPoints = "double-descent.points";

std::string x_label(const View& view, const Curve& curve);
Axis x_axis(const View& view, const Curve& curve);

void draw_side(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_all(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_subspaces(Canvas& canvas, const Data& data, const View& view, Rect area);
/// Median, band, theory and ridge of one curve with axes; returns where values lie.
PlotFrame draw_curve(Canvas& canvas, const Data& data, const View& view, const Curve& curve, const Curve* ridge, Rect area, bool names);

}  // namespace dg::viz::double_descent
