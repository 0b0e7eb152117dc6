// Scene grpo: "wait" measured, three ways to pay side by side, runs that fail.
#include "viz/scenes/clock.h"
#include "viz/scenes/float_bits.h"
#include "viz/scenes/grpo.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

Color wrong_color(const Theme& t) { return t.experts[5]; }

/// A small table: rows wrong and right steps, columns before, half-way, after.
void draw_wait_table(Canvas& canvas, const View& view, const Theme& t, const Run& run, Rect area) {
    const std::int64_t half = halfway(run);
    const auto at = [&](const Curve& c) { return c.smooth[static_cast<std::size_t>(half)].y; };
    const std::string heads[] = {tr(view.lang, "grpo.wait.before"), tr(view.lang, "grpo.wait.during", {{"step", fmt::format("{}", half)}}), tr(view.lang, "grpo.wait.after")};
    const double rows[2][3] = {{run.run.before.wait_given_wrong(), at(run.wait_wrong), run.run.after.wait_given_wrong()},
                               {run.run.before.wait_given_right(), at(run.wait_right), run.run.after.wait_given_right()}};
    const float names = area.w * 0.4F, w = (area.w - names) / 3, pitch = area.h / 3;
    for (int c = 0; c < 3; ++c) canvas.text({area.x + names + w * (static_cast<float>(c) + 1) - 8, area.y + pitch * 0.7F}, elide(canvas, heads[c], caption(t), w), caption(t, Align::kRight));
    for (int r = 0; r < 2; ++r) {
        const float base = area.y + pitch * (static_cast<float>(r) + 1.7F);
        const Color color = r == 0 ? wrong_color(t) : t.ink2;
        canvas.fill_rect({area.x, base - t.label * 0.7F, t.label * 0.8F, t.label * 0.8F}, color, 2);
        canvas.text({area.x + t.label * 1.3F, base}, elide(canvas, tr(view.lang, r == 0 ? "grpo.wait.wrong" : "grpo.wait.right"), label(t), names - t.label * 1.4F), label(t));
        for (int c = 0; c < 3; ++c) {
            TextStyle style = r == 0 ? heading(t) : body(t);
            style.align = Align::kRight;
            const std::string text = std::isfinite(rows[r][c]) ? percent(rows[r][c], rows[r][c] < 0.1 ? 1 : 0) : std::string(kUnknown);
            canvas.text({area.x + names + w * (static_cast<float>(c) + 1) - 8, base}, text, style);
        }
    }
}

void draw_wait_half(Canvas& canvas, const View& view, const Theme& t, const Run& run, Rect area) {
    canvas.text({area.x, area.y + t.heading}, run_name(view.lang, run.id), heading(t));
    const bool small = area.h < theme(view.theme).label * 26;
    const float note = small ? area.y + t.heading : draw_wrapped(canvas, {area.x, area.y + t.heading + t.label * 1.5F}, tr(view.lang, run.id == "pen" ? "grpo.wait.note.pen" : "grpo.wait.note.plain"), label(t), area.w, 2);
    const float top = note + t.label, foot = t.label * (small ? 5.4F : 6.6F);
    const Rect box{area.x, top, area.w, area.bottom() - foot - top};
    if (!view.revealed) return draw_question(canvas, t, {area.x, top, area.w, area.bottom() - top});
    Plot plot = empty_plot(steps_axis(view, run), axis_to(tr(view.lang, "grpo.axis.wait"), 1, true), steps_shown(view));
    add_curve(plot, run.wait_right, t.ink2, t, "");
    plot.series.back().dash = 8, plot.series.back().gap = 5;
    add_curve(plot, run.wait_wrong, wrong_color(t), t, "");
    draw_plot(canvas, view, box, plot);
    draw_wait_table(canvas, view, t, run, {area.x, area.bottom() - foot + t.label * 0.6F, area.w, foot - t.label * 0.6F});
}

/// The last response of a run's tables that waits after a wrong step; nothing when there is none.
struct Example {
    std::int64_t step = -1;
    std::size_t row = 0;
};

Example waiting_example(const Run& run) {
    for (auto step = static_cast<std::int64_t>(run.run.tables.size()) - 1; step >= 0; --step) {
        const sim::GroupTable& table = run.run.tables[static_cast<std::size_t>(step)];
        for (std::size_t i = 0; i < table.rollouts.size(); ++i) {
            const sim::WaitCounts c = sim::wait_counts(table.problem, table.rollouts[i].text);
            if (c.repaired > 0 && sim::score(table.problem, table.rollouts[i].text).correct) return {step, i};
        }
    }
    return {};
}

// ---- compare ---------------------------------------------------------------------------------------------------------

/// Which boxes a run needs: critic, process reward model, rule. No run of ours has a learnt reward model.
struct Boxes {
    bool critic, rule_per_step;
};

Boxes boxes_of(const Run& run) {
    const auto is = [&](const char* param, const char* value) { return run.run.params.contains(param) && run.run.params.at(param) == value; };
    return {is("baseline", "critic"), is("reward", "process")};
}

Color compare_color(const Theme& t, std::size_t k) { return k == 0 ? t.ink : k == 1 ? t.experts[5] : t.experts[1]; }

void draw_box(Canvas& canvas, const Theme& t, Rect box, const std::string& name, const std::string& detail, bool there) {
    if (there) canvas.fill_rect(box, t.panel, 8);
    canvas.stroke_rect(box, {.color = there ? t.ink : t.border, .width = there ? 2.0F : 1.5F, .dash = there ? 0.0F : 7.0F, .gap = there ? 0.0F : 5.0F}, 8);
    TextStyle head = label(t, Align::kCenter);
    head.weight = there ? Weight::kBold : Weight::kRegular, head.color = there ? t.ink : t.ink3;
    std::vector<std::string> lines = wrap(canvas, name, head, box.w - 8);
    if (lines.size() > 2) head.size = float_bits::fit(canvas, name, head, box.w - 8), lines = {elide(canvas, name, head, box.w - 8)};
    const float first = box.center().y - t.caption * 0.25F - static_cast<float>(lines.size() - 1) * head.size * 1.15F;
    for (std::size_t i = 0; i < lines.size(); ++i) canvas.text({box.center().x, first + static_cast<float>(i) * head.size * 1.15F}, lines[i], head);
    canvas.text({box.center().x, box.center().y + t.caption * 1.15F}, elide(canvas, detail, caption(t), box.w - 10), caption(t, Align::kCenter));
}

void draw_boxes(Canvas& canvas, const View& view, const Theme& t, const Run& run, std::size_t k, Rect area) {
    canvas.fill_rect({area.x, area.y + 4, t.label * 0.9F, t.label * 0.9F}, compare_color(t, k), 2);
    const std::string end = view.revealed && done(view, kAdvantage) > 0 ? tr(view.lang, "grpo.compare.end", {{"before", percent(run.run.before.accuracy, 0)}, {"after", percent(run.run.after.accuracy, 0)}}) : "?";
    const float end_w = canvas.measure(end, strong(t)).width;
    canvas.text({area.x + t.label * 1.4F, area.y + t.label}, elide(canvas, tr(view.lang, "grpo.compare." + run.id), strong(t), area.w - end_w - t.label * 2), strong(t));
    canvas.text({area.right(), area.y + t.label}, end, strong(t, Align::kRight));
    const Boxes b = boxes_of(run);
    const float gap = t.label * 0.6F, w = (area.w - 3 * gap) / 4, top = area.y + t.label * 1.9F, h = area.bottom() - top;
    const auto box = [&](int i) { return Rect{area.x + (w + gap) * static_cast<float>(i), top, w, h}; };
    // a network that learns is held four times: weights, gradients, two moments
    const auto learns = [&](std::int64_t numbers) { return tr(view.lang, "grpo.memory.numbers", {{"numbers", grouped(numbers)}}); };
    const std::string none = tr(view.lang, "grpo.box.not_there");
    draw_box(canvas, t, box(0), tr(view.lang, "grpo.box.policy"), learns(run.run.memory[0]), true);
    if (!view.revealed) {
        for (const int i : {1, 2, 3}) draw_question(canvas, t, box(i));
        return;
    }
    draw_box(canvas, t, box(1), tr(view.lang, "grpo.box.critic"), b.critic ? learns(run.run.memory[1]) : none, b.critic);
    draw_box(canvas, t, box(2), tr(view.lang, "grpo.box.prm"), none, false);
    draw_box(canvas, t, box(3), tr(view.lang, "grpo.box.rule"), tr(view.lang, b.rule_per_step ? "grpo.box.each_step" : "grpo.box.answer"), true);
}

// ---- failures --------------------------------------------------------------------------------------------------------

/// The quantity that tells what went wrong.
const Curve& telling(const Run& run) {
    if (run.id == "equal") return run.dropped;
    if (run.id == "collapse") return run.entropy;
    if (run.id == "kl") return run.kl;
    return run.id == "no-skill" ? run.format : run.length;
}

std::string telling_name(Lang lang, const Run& run) {
    if (run.id == "equal") return tr(lang, "grpo.axis.equal");
    if (run.id == "collapse") return tr(lang, "grpo.axis.entropy");
    if (run.id == "kl") return tr(lang, "grpo.axis.kl");
    return tr(lang, run.id == "no-skill" ? "grpo.axis.format" : "grpo.column.length");
}

double mean_of(const Curve& c) {
    double sum = 0;
    for (const PlotPoint& p : c.raw) sum += p.y;
    return sum / static_cast<double>(c.raw.size());
}

/// A curve in a card: with axes where there is room for them, else the line alone between 0 and its end.
void draw_small(Canvas& canvas, const View& view, const Theme& t, const Run& run, const Curve& curve, Color color, Axis y, Rect area) {
    Plot plot = empty_plot(steps_axis(view, run), std::move(y), steps_shown(view));
    add_curve(plot, curve, color, t, "");
    if (area.h > 9 * theme(view.theme).label && area.w > 12 * theme(view.theme).label) {
        draw_plot(canvas, view, area, plot);
        return;
    }
    canvas.text({area.x, area.y + t.caption}, elide(canvas, plot.y.label, caption(t), area.w), caption(t));
    const float number_w = t.label * 3, top = area.y + t.caption * 1.6F;
    const PlotFrame f{{area.x, top, area.w - number_w, std::max(4.0F, area.bottom() - top)}, plot.x, plot.y};
    canvas.line({f.inner.x, f.inner.bottom()}, {f.inner.right(), f.inner.bottom()}, {.color = t.border, .width = t.line});
    std::vector<Vec2> line;
    for (const PlotPoint& p : curve.smooth) {
        if (std::isfinite(p.y) && p.x <= plot.x.max * plot.shown) line.push_back({f.px(p.x), f.py(p.y)});
    }
    if (line.size() < 2) return;
    canvas.polyline(line, {.color = color, .width = 3});
    TextStyle end = label(t);
    end.color = color, end.weight = Weight::kBold;
    canvas.text({f.inner.right() + 8, std::clamp(line.back().y + t.label * 0.35F, top + t.label * 0.5F, area.bottom())}, number(curve.smooth[line.size() - 1].y, 2), end);
}

void draw_card(Canvas& canvas, const Data& d, const View& view, const Theme& t, const Run& run, Rect area) {
    canvas.fill_rect(area, t.panel, 10);
    const float pad = t.label * 0.9F;
    const Rect in = area.inset(pad);
    canvas.text({in.x, in.y + t.body}, elide(canvas, tr(view.lang, "grpo.fail." + run.id), strong(t), in.w), strong(t));
    canvas.region({area, std::nullopt, run.id == "drift" ? "set mode=drift" : "set mode=train run=" + run.id, tr(view.lang, "grpo.tip.open")});
    const float top = in.y + t.body * 1.9F, foot = t.caption * 3.1F, w = (in.w - pad) / 2, h = in.bottom() - foot - top;
    if (!view.revealed) return draw_question(canvas, t, {in.x, top, in.w, in.bottom() - top});
    draw_small(canvas, view, t, run, run.accuracy, accuracy_color(t), axis_to(tr(view.lang, "grpo.axis.accuracy"), 1), {in.x, top, w, h});
    draw_small(canvas, view, t, run, telling(run), length_color(t), axis_to(telling_name(view.lang, run), 1.08 * greatest(telling(run))), {in.x + w + pad, top, w, h});
    const sim::Skill& a = run.run.before;
    const sim::Skill& b = run.run.after;
    const sim::Skill& other = d.other_seed->run.after;
    const std::string verdict = tr(view.lang, "grpo.fail." + run.id + ".verdict",
                                   {{"before", percent(a.accuracy, 0)}, {"after", percent(b.accuracy, 0)}, {"length", fixed(a.mean_length, 1)}, {"length_after", fixed(b.mean_length, 1)},
                                    {"format", percent(a.format, 0)}, {"format_after", percent(b.format, 0)}, {"entropy", fixed(run.run.steps.front().entropy, 2)},
                                    {"entropy_after", fixed(run.run.steps.back().entropy, 2)}, {"kl", fixed(run.kl.smooth.back().y, 3)}, {"skip", percent(b.share[static_cast<std::size_t>(sim::Strategy::kSkip)], 0)},
                                    {"equal", fixed(mean_of(run.dropped), 1)}, {"other_length", fixed(other.mean_length, 1)}, {"other_after", percent(other.accuracy, 0)}});
    draw_wrapped(canvas, {in.x, in.bottom() - foot + t.caption * 1.6F}, verdict, caption(t), in.w, 2);
}

}  // namespace

void draw_wait(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    if (d.runs.size() < 2) return draw_question(canvas, t, area);
    const Example e = waiting_example(*d.runs[0]);
    const bool example = e.step >= 0 && view.revealed && area.h > t.label * 32;
    const float gap = t.heading * 1.4F, half = (area.w - gap) / 2, foot = example ? t.label * 3.6F : 0;
    draw_wait_half(canvas, view, t, *d.runs[0], {area.x, area.y, half, area.h - foot});
    draw_wait_half(canvas, view, t, *d.runs[1], {area.x + half + gap, area.y, half, area.h - foot});
    if (!example) return;
    const sim::GroupTable& table = d.runs[0]->run.tables[static_cast<std::size_t>(e.step)];
    const float y = area.bottom() - foot + t.label * 1.5F;
    const std::string words = tr(view.lang, "grpo.wait.example", {{"step", fmt::format("{}", e.step)}});
    canvas.text({area.x, y + t.label * 1.1F}, words, label(t));
    const float x = area.x + canvas.measure(words, label(t)).width + t.label;
    draw_response(canvas, view, t, table.rollouts[e.row], {}, {x, y, area.right() - x, t.label * 1.6F}, 1, 0);
}

void draw_compare(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    if (d.runs.empty()) return draw_question(canvas, t, area);
    const bool side = area.w > 900;
    const float gap = t.heading * 1.4F, w = side ? area.w * 0.48F : area.w, h = side ? area.h : area.h * 0.5F;
    const Rect main{area.x, area.y, w, h}, rest = side ? Rect{area.x + w + gap, area.y, area.w - w - gap, area.h} : Rect{area.x, area.y + h + t.label, area.w, area.h - h - t.label};
    if (view.revealed) {
        Plot plot = empty_plot(steps_axis(view, *d.runs[0]), axis_to(tr(view.lang, "grpo.axis.accuracy"), 1), steps_shown(view));
        for (std::size_t k = 0; k < d.runs.size(); ++k) add_curve(plot, d.runs[k]->accuracy, compare_color(t, k), t, "");
        // raw lines first: the smoothed ones lie on top
        std::ranges::stable_partition(plot.series, [](const Series& s) { return s.width < 2; });
        draw_plot(canvas, view, main, plot);
    } else {
        draw_question(canvas, t, main);
    }
    const float pitch = std::min(rest.h / static_cast<float>(d.runs.size()), t.label * 12.5F), between = t.label * 1.4F;
    for (std::size_t k = 0; k < d.runs.size(); ++k) draw_boxes(canvas, view, t, *d.runs[k], k, {rest.x, rest.y + pitch * static_cast<float>(k), rest.w, pitch - between});
}

void draw_failures(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float gap = t.label, w = (area.w - 2 * gap) / 3, h = (area.h - gap) / 2;
    for (std::size_t i = 0; i < d.runs.size(); ++i) {
        draw_card(canvas, d, view, t, *d.runs[i], {area.x + (w + gap) * static_cast<float>(i % 3), area.y + (h + gap) * static_cast<float>(i / 3), w, h});
    }
}

}  // namespace dg::viz::grpo
