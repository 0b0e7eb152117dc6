// show=isolate: an edited token in attention and in the MLP. show=neurons: P(target) without the units it rests on.
#include "viz/scenes/block.h"
#include "viz/scenes/covered.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::block {
namespace {

/// Changes of one sub-layer as bars over the tokens; exactly 0 says so.
void change_row(Canvas& canvas, const Data& d, const View& view, Rect at, std::string_view key, const std::vector<double>& change, double most) {
    const Theme t = fitted_type(canvas, view);
    const float title_h = t.body * 2;
    canvas.text({at.x, at.y + t.body}, tr(view.lang, key), strong(t));
    const auto shown = static_cast<std::size_t>(std::max(2.0F, std::min(static_cast<float>(change.size()), at.w / (t.label * 4.2F))));
    const std::size_t first = std::min(static_cast<std::size_t>(std::max<std::int64_t>(0, d.isolation.edited - 1)), change.size() - shown);
    const float w = at.w / static_cast<float>(shown), base = at.bottom() - t.label * 2.6F, height = base - at.y - title_h - t.label * 1.4F;
    canvas.line({at.x, base}, {at.right(), base}, {.color = t.border, .width = t.line});
    for (std::size_t i = first; i < first + shown; ++i) {
        const float x = at.x + w * (static_cast<float>(i - first) + 0.5F);
        const bool edited = static_cast<std::int64_t>(i) == d.isolation.edited;
        const float h = most > 0 ? height * static_cast<float>(change[i] / most) : 0;
        const float bar_w = std::min(w * 0.6F, t.label * 6);
        if (view.revealed && change[i] != 0) canvas.fill_rect({x - bar_w / 2, base - std::max(h, 3.0F), bar_w, std::max(h, 3.0F)}, edited ? t.ink : t.bar_strong, 3);
        const TextStyle value{.size = t.label, .color = change[i] == 0 ? t.ink2 : t.ink, .weight = change[i] == 0 ? Weight::kRegular : Weight::kBold, .align = Align::kCenter};
        canvas.text({x, base - (view.revealed ? std::max(h, 0.0F) : 0) - 8}, view.revealed ? (change[i] == 0 ? "0" : number(change[i], 2)) : "?", value);
        const float chip_w = std::min(w * 0.88F, t.label * 9);
        const Rect chip{x - chip_w / 2, base + 8, chip_w, t.label * 1.9F};
        draw_chip(canvas, t, chip, edited ? d.isolation.from + " → " + d.isolation.to : d.labels[i], {.role = {t.stream, t.ink}, .filled = edited, .size = t.caption});
        action_region(canvas, chip, fmt::format("set edit={}", i), tr(view.lang, "scene.block.tip.edit", {{"token", d.labels[i]}}));
    }
}

std::string unit_name(Lang lang, const Neuron& n) {
    const TextArgs args = {{"layer", fmt::format("{}", n.layer)}, {"unit", fmt::format("{}", n.unit)}, {"expert", fmt::format("{}", n.expert)}};
    return n.expert == -1 ? tr(lang, "scene.block.unit.dense", args) : n.expert == -2 ? tr(lang, "scene.block.unit.shared", args) : tr(lang, "scene.block.unit.expert", args);
}

void probability_bar(Canvas& canvas, const View& view, Rect at, std::string_view name, double p, bool covered) {
    const Theme t = fitted_type(canvas, view);
    canvas.text({at.x, at.y + t.body}, elide(canvas, name, body(t), at.w), body(t));
    const Rect track{at.x, at.y + t.body * 1.6F, at.w - t.heading * 4, t.body * 1.2F};
    draw_bar(canvas, t, track, p, {.fill = t.ink, .covered = covered});
    if (!covered) canvas.text({at.right(), track.center().y + t.heading * 0.35F}, percent(p), {.size = t.heading, .color = t.ink, .weight = Weight::kBold, .align = Align::kRight});
}

/// Every random draw as a tick under its bar: the mean alone would hide the spread.
void draw_ticks(Canvas& canvas, const Theme& t, Rect track, std::span<const double> values) {
    for (const double p : values) {
        const float x = track.x + track.w * static_cast<float>(std::clamp(p, 0.0, 1.0));
        canvas.line({x, track.bottom() + 4}, {x, track.bottom() + 14}, {.color = t.ink2, .width = 2});
    }
}

}  // namespace

void draw_isolation(Canvas& canvas, const Data& d, const View& view) {
    if (d.isolation.attention.empty()) return draw_empty(canvas, view, tr(view.lang, "state.empty.prompt"));
    PageText page = words(d, view, "isolate");
    page.notes = notes_when_revealed(view, {tr(view.lang, "scene.block.note.isolate")});
    const Rect place = draw_frame(canvas, view, page);
    const float gap = 24, h = (place.h - gap) / 2;
    const auto most = [](const std::vector<double>& v) { return *std::ranges::max_element(v); };
    change_row(canvas, d, view, {place.x, place.y, place.w, h}, "scene.block.isolate.attention", d.isolation.attention, most(d.isolation.attention));
    change_row(canvas, d, view, {place.x, place.y + h + gap, place.w, h}, "scene.block.isolate.mlp", d.isolation.feed_forward, most(d.isolation.feed_forward));
}

void draw_neurons(Canvas& canvas, const Data& d, const View& view) {
    const NeuronTest& n = d.neurons;
    if (n.best.empty()) return draw_empty(canvas, view, tr(view.lang, "state.empty.prompt"));
    const Theme t = fitted_type(canvas, view);
    PageText page = words(d, view, "neurons");
    page.notes = {tr(view.lang, "scene.block.note.neurons", {{"n", grouped(n.active)}, {"draws", fmt::format("{}", n.p_without_random.size())}})};
    const Rect place = draw_frame(canvas, view, page);
    const float left_w = place.w * 0.46F, row = std::min((place.h - t.body * 3) / static_cast<float>(n.best.size()), t.body * 4);
    canvas.text({place.x, place.y + t.body}, tr(view.lang, "scene.block.neurons.best", {{"target", d.label(d.target)}}), strong(t));
    double most = 0;
    for (const Neuron& unit : n.best) most = std::max(most, unit.share);
    for (std::size_t i = 0; i < n.best.size(); ++i) {
        const Neuron& unit = n.best[i];
        const Rect at{place.x, place.y + t.body * 2.2F + row * static_cast<float>(i), left_w, row};
        canvas.text({at.x, at.y + t.label * 1.1F}, unit_name(view.lang, unit), label(t));
        draw_bar(canvas, t, {at.x, at.y + t.label * 1.7F, left_w * 0.7F, t.label * 0.9F}, most > 0 ? unit.share / most : 0, {.fill = t.bar_strong});
        canvas.text({at.x + left_w * 0.73F, at.y + t.label * 2.45F}, tr(view.lang, "scene.block.neurons.logit", {{"value", number(unit.share)}}), label(t));
    }
    const float x = place.x + left_w + 48, w = place.right() - x, step = t.body * 5;
    canvas.text({x, place.y + t.body}, tr(view.lang, "scene.block.neurons.p", {{"target", d.label(d.target)}}), strong(t));
    const float y = place.y + t.body * 2.2F;
    probability_bar(canvas, view, {x, y, w, step}, tr(view.lang, "scene.block.neurons.all"), n.p, false);
    probability_bar(canvas, view, {x, y + step, w, step}, tr(view.lang, "scene.block.neurons.without_best"), n.p_without_best, !view.revealed);
    const Rect random{x, y + 2 * step, w, step};
    probability_bar(canvas, view, random, tr(view.lang, "scene.block.neurons.without_random", {{"draws", fmt::format("{}", n.p_without_random.size())}}), n.p_random(), !view.revealed);
    if (view.revealed) draw_ticks(canvas, t, {random.x, random.y + t.body * 1.6F, random.w - t.heading * 4, t.body * 1.2F}, n.p_without_random);
}

}  // namespace dg::viz::block
