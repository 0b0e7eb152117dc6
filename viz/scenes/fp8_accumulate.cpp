// Long sums in a short accumulator, with and without promotion to FP32.
#include "viz/scenes/fp8.h"

#include "viz/scenes/plot.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

/// One big number with its words.
void draw_result(Canvas& canvas, const Theme& t, Rect area, const std::string& value, const std::string& what, Color ink) {
    TextStyle big{.size = t.big, .color = ink, .weight = Weight::kBold};
    float_bits::draw_fitted(canvas, {area.x, area.y + t.big}, value, big, area.w);
    float y = area.y + t.big + t.label * 1.5F;
    for (const std::string& line : wrap(canvas, what, label(t), area.w)) {
        canvas.text({area.x, y}, line, label(t));
        y += t.label * 1.4F;
    }
}

}  // namespace

void draw_accumulate_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "accumulate");
    const float side = std::max(area.w * 0.26F, t.big * 4);
    Plot plot{.x = {.label = tr(view.lang, "fp8.sum.x"), .min = 0, .max = static_cast<double>(d.sums.back().length)}};
    Series limited{.label = tr(view.lang, "fp8.sum.limited"), .color = t.error.fill, .width = 3.5F}, promoted{.label = tr(view.lang, "fp8.sum.promoted"), .color = t.ink, .width = 3.5F}, f32{.label = "FP32", .color = t.stream, .dash = 8, .gap = 5};
    double top = 0;
    for (const lab::AccumulatePoint& p : d.sums) {
        const auto x = static_cast<double>(p.length);
        limited.points.push_back({x, p.limited}), promoted.points.push_back({x, p.promoted}), f32.points.push_back({x, p.f32});
        top = std::max({top, p.limited, p.promoted});
    }
    plot.y = {.label = tr(view.lang, "fp8.sum.y"), .min = 0, .max = top > 0 ? top * 1.1 : 1, .percent = true};
    const double shown = view.revealed ? 1 : 0;
    plot.series = {f32};
    if (view.stage >= kRound || !view.revealed) plot.series.push_back(limited);
    if (view.stage >= kCompare || !view.revealed) plot.series.push_back(promoted);
    plot.shown = shown;
    // names go to the right side, beside the numbers
    plot.direct_labels = false;
    draw_plot(canvas, view, {area.x, area.y, area.w - side - t.body * 2, area.h}, plot);
    const lab::AccumulatePoint& end = d.sums.back();
    const auto text = [&](double v, Stage stage) { return view.revealed && view.stage >= stage ? percent(v, 3) : std::string("?"); };
    const Rect column{area.right() - side, area.y, side, area.h / 3};
    draw_result(canvas, t, column, text(end.limited, kRound), tr(view.lang, "fp8.sum.limited"), t.error.ink);
    draw_result(canvas, t, {column.x, column.y + area.h * 0.3F, side, column.h}, text(end.promoted, kCompare), tr(view.lang, "fp8.sum.promoted_long", {{"n", grouped(d.sum_recipe.promotion)}}), t.ink);
    float_bits::draw_quotation(canvas, view, t, tr(view.lang, "fp8.sum.paper"), {column.x, area.y + area.h * 0.64F, side, area.h * 0.36F});
}

}  // namespace dg::viz::fp8_page
