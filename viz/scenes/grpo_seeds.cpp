// Scene grpo: five seeds on two checkpoints, and what R1-Zero published.
#include "viz/scenes/clock.h"
#include "viz/scenes/grpo.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace dg::viz::grpo {
namespace {

std::map<std::string, std::vector<const SeedRun*>> by_model(const Data& d) {
    std::map<std::string, std::vector<const SeedRun*>> out;
    for (const SeedRun& s : d.seeds) out[s.model].push_back(&s);
    return out;
}

void draw_small(Canvas& canvas, const View& view, const Theme& t, const std::vector<const SeedRun*>& runs, bool accuracy, double most, Rect area) {
    double last = 1;
    for (const SeedRun* s : runs) last = std::max(last, static_cast<double>(s->accuracy.size()) - 1);
    Plot plot = empty_plot(axis_to(tr(view.lang, "grpo.axis.steps"), last), axis_to(tr(view.lang, accuracy ? "grpo.axis.accuracy" : "grpo.axis.length"), most), view.stage > kRun ? 1 : ease(view.u));
    const Color color = accuracy ? accuracy_color(t) : length_color(t);
    for (const SeedRun* s : runs) plot.series.push_back({.label = {}, .points = accuracy ? s->accuracy : s->length, .color = color.with_alpha(0.75F), .width = 2});
    draw_plot(canvas, view, area, plot);
}

/// One checkpoint: accuracy, length, the range of the ends.
void draw_column(Canvas& canvas, const View& view, const Theme& t, const std::string& model, const std::vector<const SeedRun*>& runs, double most, Rect area) {
    canvas.text({area.x, area.y + t.body}, elide(canvas, model, strong(t), area.w), strong(t));
    canvas.text({area.x, area.y + t.body + t.label * 1.5F}, elide(canvas, tr(view.lang, runs[0]->pen > 0 ? "grpo.seeds.pen" : "grpo.seeds.plain"), caption(t), area.w), caption(t));
    const float top = area.y + t.body + t.label * 2.6F, foot = t.label * 4.6F, h = (area.bottom() - foot - top) / 2;
    if (!view.revealed) return draw_question(canvas, t, {area.x, top, area.w, area.bottom() - top});
    draw_small(canvas, view, t, runs, true, 1, {area.x, top, area.w, h});
    draw_small(canvas, view, t, runs, false, most, {area.x, top + h, area.w, h});
    const auto [low, high] = std::ranges::minmax(runs, {}, [](const SeedRun* s) { return s->after.accuracy; });
    const auto ratio = [](const SeedRun* s) { return s->after.mean_length / s->before.mean_length; };
    const auto [short_, long_] = std::ranges::minmax(runs, {}, ratio);
    const float y = area.bottom() - foot + t.label * 1.9F;
    canvas.text({area.x, y}, elide(canvas, tr(view.lang, "grpo.seeds.accuracy", {{"low", percent(low->after.accuracy)}, {"high", percent(high->after.accuracy)}}), label(t), area.w), label(t));
    canvas.text({area.x, y + t.label * 1.5F}, elide(canvas, tr(view.lang, "grpo.seeds.length", {{"low", fixed(ratio(short_), 2)}, {"high", fixed(ratio(long_), 2)}}), label(t), area.w), label(t));
}

struct Figure {
    const char* key;
    double value;  // per cent, R1 section 1, table 2
    bool strong;
};

constexpr Figure kFigures[] = {{"grpo.published.before", 15.6, false}, {"grpo.published.after", 71.0, true}, {"grpo.published.vote", 86.7, true}, {"grpo.published.o1", 74.4, false}, {"grpo.published.o1_vote", 83.3, false}};

}  // namespace

void draw_seeds(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const auto models = by_model(d);
    if (models.empty()) return draw_question(canvas, t, area);
    double most = 1;
    for (const SeedRun& s : d.seeds)
        for (const PlotPoint& p : s.length) most = std::max(most, p.y);
    const auto n = static_cast<float>(models.size());
    const float gap = t.heading, w = (area.w - gap * (n - 1)) / n;
    float x = area.x;
    for (const auto& [model, runs] : models) {
        draw_column(canvas, view, t, model, runs, most * 1.1, {x, area.y, w, area.h});
        x += w + gap;
    }
}

void draw_published(Canvas& canvas, const Data&, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "published");
    const float names = std::min(area.w * 0.36F, t.body * 22), numbers = t.heading * 4, pitch = std::min(area.h / 6, t.heading * 4.6F);
    for (std::size_t i = 0; i < std::size(kFigures); ++i) {
        const Figure& f = kFigures[i];
        const Rect row{area.x, area.y + pitch * static_cast<float>(i), area.w, pitch};
        const float base = row.center().y + t.body * 0.35F;
        canvas.text({row.x, base}, elide(canvas, tr(view.lang, f.key), f.strong ? strong(t) : body(t), names - 16), f.strong ? strong(t) : body(t));
        const double grown = view.revealed ? (view.stage > kRun ? 1 : ease(view.u)) : 0;
        draw_bar(canvas, t, {row.x + names, row.y + pitch * 0.24F, row.w - names - numbers, pitch * 0.52F}, f.value / 100 * grown, {.fill = f.strong ? t.bar_strong : t.bar, .covered = !view.revealed});
        canvas.text({row.right(), row.center().y + t.heading * 0.35F}, view.revealed ? fmt::format("{:.1f}%", f.value) : "?", heading(t, Align::kRight));
    }
    draw_wrapped(canvas, {area.x, area.y + pitch * 5 + t.label * 2}, tr(view.lang, "grpo.published.note"), label(t), area.w, 3);
}

}  // namespace dg::viz::grpo
