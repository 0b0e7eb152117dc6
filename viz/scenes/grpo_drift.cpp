// Scene grpo: length that nothing pays for. One weak base, one reward, two seeds: both learn, at different lengths.
#include "viz/scenes/clock.h"
#include "viz/scenes/grpo.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

Color seed_color(const Theme& t, std::size_t k) { return k == 0 ? length_color(t) : accuracy_color(t); }

std::string seed_of(const Run& run) {
    const auto found = run.run.params.find("seed");
    return found == run.run.params.end() ? std::string(kUnknown) : found->second;
}

/// Both runs' raw and smoothed curves, and the two ends at the right in the colours of the runs.
void draw_both(Canvas& canvas, const Data& d, const View& view, const Theme& t, Curve Run::* curve, const Axis& y, int decimals, const std::vector<PlotMark>& marks, Rect area) {
    const float number_w = t.heading * 2.6F;
    Plot plot = empty_plot(steps_axis(view, *d.runs[0]), y, steps_shown(view));
    plot.marks = marks;
    for (std::size_t k = 0; k < d.runs.size(); ++k) {
        add_curve(plot, (*d.runs[k]).*curve, seed_color(t, k), t, "");
        if (k > 0) plot.series.back().dash = 9, plot.series.back().gap = 5;
    }
    std::ranges::stable_partition(plot.series, [](const Series& s) { return s.width < 2; });
    const PlotFrame f = draw_plot(canvas, view, {area.x, area.y, area.w - number_w, area.h}, plot);
    if (plot.shown < 1) return;
    // ends that lie close together move apart, the higher one up
    const double ends[2] = {((*d.runs[0]).*curve).smooth.back().y, ((*d.runs[1]).*curve).smooth.back().y};
    const std::size_t upper = ends[0] >= ends[1] ? 0 : 1;
    const float middle = (f.py(ends[0]) + f.py(ends[1])) / 2, apart = std::max(std::abs(f.py(ends[0]) - f.py(ends[1])), t.heading * 1.1F) / 2;
    const float top = std::clamp(middle - apart, f.inner.y + t.heading * 0.4F, f.inner.bottom() - 2 * apart);
    for (std::size_t k = 0; k < 2; ++k) {
        TextStyle big = heading(t);
        big.color = seed_color(t, k);
        canvas.text({f.inner.right() + 14, top + (k == upper ? 0 : 2 * apart) + t.heading * 0.35F}, fixed(ends[k], decimals), big);
    }
}

/// The last right response of a run that is like most of its last ones: with a second pass, or without.
const sim::Rollout* typical(const Run& run, const sim::GroupTable*& from) {
    const double* share = run.run.after.share;
    const sim::Strategy most = static_cast<sim::Strategy>(std::max_element(share, share + 5) - share);
    for (auto table = run.run.tables.rbegin(); table != run.run.tables.rend(); ++table) {
        for (const sim::Rollout& r : table->rollouts) {
            if (sim::strategy(table->problem, r.text) == most && sim::score(table->problem, r.text).correct) return from = &*table, &r;
        }
    }
    return nullptr;
}

/// One seed: how often its responses go over the sum twice, before and after, and a response.
void draw_seed(Canvas& canvas, const View& view, const Theme& t, const Run& run, std::size_t k, Rect area) {
    const auto twice = [](const sim::Skill& s) { return percent(s.share[static_cast<std::size_t>(sim::Strategy::kRecheck)], 0); };
    canvas.fill_rect({area.x, area.y + t.label * 0.25F, t.label * 0.9F, t.label * 0.9F}, seed_color(t, k), 2);
    const bool ended = view.revealed && steps_shown(view) >= 1;
    const std::string words = tr(view.lang, ended ? "grpo.drift.seed" : "grpo.drift.seed.before", {{"seed", seed_of(run)}, {"before", twice(run.run.before)}, {"after", twice(run.run.after)}});
    canvas.text({area.x + t.label * 1.4F, area.y + t.label}, elide(canvas, words, label(t), area.w - t.label * 1.4F), label(t));
    const sim::GroupTable* table = nullptr;
    const sim::Rollout* example = ended ? typical(run, table) : nullptr;
    if (example != nullptr) draw_response(canvas, view, t, *example, {}, {area.x + t.label * 1.4F, area.y + t.label * 1.6F, area.w - t.label * 1.4F, t.label * 1.6F}, 1, 0);
}

/// Tokens of a response that writes every step once: four for each digit after the first, then the answer, its digit and the end.
double one_pass(const Run& run) {
    const auto found = run.run.params.find("terms");
    const double terms = found == run.run.params.end() ? sim::kSlots : std::stod(found->second);
    return 4 * (terms - 1) + 3;
}

}  // namespace

void draw_drift(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    if (d.runs.size() < 2 || d.runs[0]->run.steps.empty()) return draw_question(canvas, t, area);
    const Group group(canvas, "drift");
    const float row = t.label * 4.1F, gap = t.label * 1.6F, h = area.h - 2 * row, half = (area.w - gap) / 2;
    const Rect left{area.x, area.y, half, h}, right{area.x + half + gap, area.y, half, h};
    if (view.revealed) {
        const double most = std::max(greatest(d.runs[0]->length), greatest(d.runs[1]->length));
        const PlotMark needed{.at = one_pass(*d.runs[0]), .label = tr(view.lang, "grpo.drift.once", {{"tokens", fixed(one_pass(*d.runs[0]), 0)}}), .horizontal = true};
        draw_both(canvas, d, view, t, &Run::accuracy, axis_to(tr(view.lang, "grpo.axis.accuracy"), 1), 2, {}, left);
        draw_both(canvas, d, view, t, &Run::length, axis_to(tr(view.lang, "grpo.axis.length"), most * 1.1), 1, {needed}, right);
    } else {
        draw_question(canvas, t, left), draw_question(canvas, t, right);
    }
    for (std::size_t k = 0; k < 2; ++k) draw_seed(canvas, view, t, *d.runs[k], k, {area.x, area.y + h + row * static_cast<float>(k) + t.label * 0.9F, area.w, row});
}

}  // namespace dg::viz::grpo
