// The foot of scene sampler: temperature with landmarks, top-k, top-p, and what to do next.
#include "viz/scenes/sampler.h"

#include "engine/base/mathfn.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::sampler {
namespace {

constexpr double kLeast = 0.125, kMost = 8;  // ends of the temperature slider; 0 stands left of it

/// Place of a temperature on the slider: logarithmic from kLeast to kMost, 0 at the left end.
float place(double temperature) {
    if (temperature <= kLeast) return 0;
    return static_cast<float>(std::min(1.0, dg::log(temperature / kLeast) / dg::log(kMost / kLeast)));
}

/// A rail, filled up to the handle.
void draw_slider(Canvas& canvas, const Theme& t, Rect rail, float share, Color handle) {
    const float x = rail.x + rail.w * share;
    canvas.fill_rect(rail, t.border, rail.h / 2);
    canvas.fill_rect({rail.x, rail.y, x - rail.x, rail.h}, t.ink, rail.h / 2);
    canvas.fill_circle({x, rail.center().y}, rail.h * 2.1F, t.ink);
    canvas.fill_circle({x, rail.center().y}, rail.h * 1.5F, handle);
}

/// Clickable steps of a slider.
void add_steps(Canvas& canvas, Rect rail, int n, const std::function<std::pair<std::string, std::string>(int)>& step) {
    const float w = rail.w / static_cast<float>(n);
    for (int i = 0; i < n; ++i) {
        const auto [id, value] = step(i);
        canvas.region({{rail.x + w * static_cast<float>(i), rail.y - 14, w, rail.h + 28}, std::nullopt, fmt::format("set {}={}", id, value), fmt::format("{} = {}", id, value)});
    }
}

/// A small histogram of the likeliest tokens standing on the slider.
void draw_histogram(Canvas& canvas, Rect area, const std::vector<double>& probs, Color fill, Color edge) {
    const float w = area.w / static_cast<float>(probs.size());
    for (std::size_t i = 0; i < probs.size(); ++i) {
        const float h = std::max(1.5F, area.h * static_cast<float>(probs[i]));
        const Rect bar{area.x + w * static_cast<float>(i), area.bottom() - h, std::max(1.5F, w - 2), h};
        canvas.fill_rect(bar, fill, 0);
        if (edge.a > 0 && h > 3) canvas.stroke_rect(bar, {.color = edge, .width = 1}, 0);
    }
}

void draw_temperature(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "temperature");
    const Theme& t = theme(view.theme);
    const TextStyle name = strong(t);
    const float name_w = std::max(canvas.measure(tr(view.lang, "sampler.temperature"), name).width, t.heading * 2.6F) + 28;
    canvas.text({area.x, area.y + name.size * 1.2F}, tr(view.lang, "sampler.temperature"), name);
    const TextStyle big{.size = std::min(t.big, area.h * 0.36F), .color = t.ink, .weight = Weight::kBold};
    canvas.text({area.x, area.y + name.size * 1.5F + big.size}, d.settings.temperature == 0 ? "0" : fmt::format("{:.2f}", d.settings.temperature), big);

    const TextStyle side = caption(t);
    const float ends = std::max(canvas.measure(tr(view.lang, "sampler.sharper"), side).width, canvas.measure(tr(view.lang, "sampler.flatter"), side).width) + 16;
    const Rect rail{area.x + name_w + ends, area.bottom() - t.caption * 2.6F, area.w - name_w - 2 * ends, 5};
    canvas.text({rail.x - ends, rail.center().y + side.size * 0.36F}, tr(view.lang, "sampler.sharper"), side);
    canvas.text({rail.right() + 16, rail.center().y + side.size * 0.36F}, tr(view.lang, "sampler.flatter"), side);

    TextStyle tick = caption(t, Align::kCenter);
    tick.size = std::min(tick.size, rail.w / 6 * 0.48F);
    const float here = rail.x + rail.w * place(d.settings.temperature), top = area.y, h = rail.y - top - 16;
    const float w = std::min(rail.w * 0.1F, 72.0F);
    add_steps(canvas, rail, 24, [](int i) {
        const double at = kLeast * dg::exp(dg::log(kMost / kLeast) * i / 23.0);
        return std::pair<std::string, std::string>("temperature", i == 0 ? "0" : fmt::format("{:.2f}", at));
    });
    for (const Landmark& mark : d.landmarks) {
        const float x = rail.x + rail.w * place(mark.temperature);
        canvas.line({x, rail.bottom() + 5}, {x, rail.bottom() + 12}, {.color = t.ink3, .width = t.line});
        canvas.text({x, rail.bottom() + 14 + tick.size}, fmt::format("{}", mark.temperature), tick);
        if (!view.revealed) continue;
        const Rect bars{x - w / 2, top, w, h};
        if (std::abs(x - here) > w * 1.05F) draw_histogram(canvas, bars, mark.probs, t.ink3, {0, 0, 0, 0});
        canvas.region({bars, std::nullopt, fmt::format("set temperature={}", mark.temperature), tr(view.lang, "sampler.tip.landmark", {{"t", fmt::format("{}", mark.temperature)}})});
    }
    if (view.revealed) {
        std::vector<double> now;
        for (std::size_t i = 0; i < std::min<std::size_t>(8, d.stages.order.size()); ++i) now.push_back(d.stages.probs[static_cast<std::size_t>(d.stages.order[i])]);
        draw_histogram(canvas, {here - w / 2, top, w, h}, now, t.select, t.id == ThemeId::kDark ? Color{0, 0, 0, 0} : t.ink);
    }
    draw_slider(canvas, t, rail, place(d.settings.temperature), t.select);
}

/// Name, value and rail of one cut.
void draw_limit(Canvas& canvas, const Theme& t, Rect area, const std::string& name, const std::string& brief, const std::string& value, float share) {
    TextStyle number = strong(t, Align::kRight);
    number.size = t.label;
    const bool fits = canvas.measure(name, label(t)).width + canvas.measure(value, number).width + 16 <= area.w;
    canvas.text({area.x, area.y + t.label}, fits ? name : brief, label(t));
    canvas.text({area.right(), area.y + t.label}, value, number);
    draw_slider(canvas, t, {area.x, area.y + t.label * 1.75F, area.w, 4}, share, t.ground);
}

void draw_limits(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "limits");
    const Theme& t = theme(view.theme);
    const SampleSettings& s = d.settings;
    const std::string off = tr(view.lang, "sampler.off");
    const float h = area.h / 2;
    const Rect k{area.x, area.y, area.w, h}, p{area.x, area.y + h, area.w, h};
    constexpr int kSteps = 20;  // the slider's far end is "off"
    draw_limit(canvas, t, k, tr(view.lang, "sampler.top_k"), "top-k", s.top_k == 0 ? off : fmt::format("{}", s.top_k),
               s.top_k == 0 ? 1 : static_cast<float>(std::min<std::int64_t>(s.top_k, kSteps)) / (kSteps + 1));
    draw_limit(canvas, t, p, tr(view.lang, "sampler.top_p"), "top-p", s.top_p >= 1 ? off : fmt::format("{:.2f}", s.top_p), static_cast<float>(s.top_p));
    const auto rail = [&](Rect r) { return Rect{r.x, r.y + t.label * 1.75F, r.w, 4}; };
    add_steps(canvas, rail(k), kSteps + 1, [](int i) { return std::pair<std::string, std::string>("top_k", i == kSteps ? "0" : fmt::format("{}", i + 1)); });
    add_steps(canvas, rail(p), kSteps, [](int i) { return std::pair<std::string, std::string>("top_p", fmt::format("{:.2f}", (i + 1) * 0.05)); });
}

void draw_button(Canvas& canvas, const Theme& t, Rect rect, const std::string& words, const std::string& action, bool primary) {
    if (primary) canvas.fill_rect(rect, t.ink, 8);
    else canvas.stroke_rect(rect, {.color = t.border, .width = std::max(1.0F, t.line)}, 8);
    TextStyle style{.size = t.label, .color = primary ? t.ground : t.ink, .weight = primary ? Weight::kBold : Weight::kRegular};
    style.size = fit_size(canvas, words, style, rect.w - 24);
    draw_centered(canvas, rect, words, style);
    canvas.region({rect, std::nullopt, action, words});
}

/// Buttons in the window; in exports what the settings leave: entropy and kept tokens.
void draw_end(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Theme& t = theme(view.theme);
    if (view.interactive) {
        const float h = std::min(area.h * 0.42F, t.label * 2.6F);
        draw_button(canvas, t, {area.x, area.y, area.w, h}, tr(view.lang, "sampler.roll_again"), "roll", true);
        draw_button(canvas, t, {area.x, area.y + h + 12, area.w, h}, tr(view.lang, "sampler.roll_many"), "set rolls=10000", false);
        return;
    }
    const double bits = entropy_nats(d.stages.probs) / dg::log(2.0);
    const std::pair<std::string, std::string> lines[] = {{tr(view.lang, "sampler.entropy"), tr(view.lang, "sampler.bits", {{"h", view.revealed ? fixed(bits, 3) : "?"}})},
                                                         {tr(view.lang, "sampler.kept"), view.revealed ? grouped(d.stages.keep()) : "?"},
                                                         {tr(view.lang, "sampler.rolls"), d.rolls > 0 ? grouped(d.rolls) : "1"}};
    float y = area.y + t.label;
    for (const auto& [name, value] : lines) {
        TextStyle right = strong(t, Align::kRight);
        right.size = t.label;
        canvas.text({area.right(), y}, value, right);
        TextStyle left = label(t);
        const float room = area.w - canvas.measure(value, right).width - 12;
        left.size = fit_size(canvas, name, left, room);
        canvas.text({area.x, y}, elide(canvas, name, left, room), left);
        y += std::min(t.label * 1.9F, area.h / 3);
    }
}

}  // namespace

void draw_panel(Canvas& canvas, const Data& d, const View& view, const Layout& l) {
    const Group group(canvas, "panel");
    const Theme& t = theme(view.theme);
    canvas.line({l.panel.x, l.panel.y}, {l.panel.right(), l.panel.y}, {.color = t.hairline, .width = t.line});
    const Rect inner{l.panel.x, l.panel.y + 18, l.panel.w, l.panel.h - 18};
    draw_temperature(canvas, d, view, {inner.x, inner.y, inner.w * 0.58F, inner.h});
    draw_limits(canvas, d, view, {inner.x + inner.w * 0.63F, inner.y, inner.w * 0.15F, inner.h});
    draw_end(canvas, d, view, {inner.x + inner.w * 0.83F, inner.y, inner.w * 0.17F, inner.h});
}

}  // namespace dg::viz::sampler
