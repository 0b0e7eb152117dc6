// The same weights in other number formats: the error from layer to layer, and the first other choice.
#include "viz/scenes/fp8.h"

#include "viz/scenes/plot.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

Plot plot_of(const Data& d, const View& view, const Theme& t) {
    const auto last = static_cast<double>(d.followed.size() - 1);
    Plot plot{.x = {.label = tr(view.lang, "fp8.layers.x"), .min = 0, .max = last}, .y = {.label = tr(view.lang, "fp8.layers.y"), .min = 1e-4, .max = 1, .log = true, .percent = true}};
    double low = 1;
    for (std::size_t i = 0; i < d.policies.size(); ++i) {
        Series s{.label = d.policies[i].name, .color = float_bits::numerics_color(t, d.policies[i].name), .width = 3, .dots = true};
        const std::vector<double>& error = d.policies[i].errors.error;
        for (std::size_t k = 1; k < error.size(); ++k) {
            if (!(error[k] > 0)) continue;
            s.points.push_back({static_cast<double>(k), error[k]});
            if (std::isfinite(error[k])) low = std::min(low, error[k]), plot.y.max = std::max(plot.y.max, error[k]);
        }
        plot.series.push_back(std::move(s));
    }
    while (plot.y.min > low) plot.y.min /= 10;
    while (plot.y.min * 10 < low) plot.y.min *= 10;
    plot.shown = view.revealed ? (view.stage < kScale ? 0 : view.stage == kScale ? view.u : 1) : 0;
    plot.direct_labels = false;
    return plot;
}

struct Column {
    const char* key;
    float share;
};

constexpr std::array<Column, 5> kColumns = {{{"fp8.layers.head.format", 0.25F}, {"fp8.layers.head.error", 0.2F}, {"fp8.layers.head.kl", 0.19F}, {"fp8.layers.head.changed", 0.18F}, {"fp8.layers.head.differs", 0.18F}}};

std::array<std::string, 4> cells_of(const Data& d, const View& view, const Policy& p) {
    const lab::LayerErrors& e = p.errors;
    const std::string none = tr(view.lang, "fp8.layers.none", {{"n", fmt::format("{}", d.reference_text.size())}});
    return {e.finite ? percent(e.error.back(), e.error.back() < 0.001 ? 2 : 1) : "NaN", e.finite ? (e.divergence < 1e-3 ? scientific(e.divergence, 2) : number(e.divergence, 2)) : "NaN", fmt::format("{} / {}", e.choices_changed, e.tokens),
            d.reference_text.empty() ? std::string(kUnknown) : p.first_differs < 0 ? none : fmt::format("{}", p.first_differs + 1)};
}

/// Returns its lower end.
float draw_table(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const float pitch = std::min(area.h / 6.5F, t.body * 2.1F);
    float x = area.x;
    for (std::size_t c = 0; c < kColumns.size(); ++c) {
        const float w = area.w * kColumns[c].share;
        const TextStyle style = c == 0 ? label(t) : label(t, Align::kRight);
        float_bits::draw_fitted(canvas, {c == 0 ? x : x + w, area.y + pitch * 0.62F}, tr(view.lang, kColumns[c].key), style, w - 12);
        x += w;
    }
    canvas.line({area.x, area.y + pitch}, {area.right(), area.y + pitch}, {.color = t.border, .width = t.line});
    const bool told = view.revealed && view.stage >= kCompare;
    for (std::size_t i = 0; i < d.policies.size(); ++i) {
        const float y = area.y + pitch * static_cast<float>(i + 1), base = y + pitch * 0.62F;
        canvas.fill_circle({area.x + t.body * 0.35F, base - t.body * 0.33F}, t.body * 0.3F, float_bits::numerics_color(t, d.policies[i].name));
        float_bits::draw_fitted(canvas, {area.x + t.body, base}, d.policies[i].name, strong(t), area.w * kColumns[0].share - t.body - 8);
        const auto cells = cells_of(d, view, d.policies[i]);
        float right = area.x + area.w * kColumns[0].share;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const float w = area.w * kColumns[c + 1].share;
            right += w;
            float_bits::draw_fitted(canvas, {right, base}, told ? cells[c] : "?", body(t, Align::kRight), w - 12);
        }
    }
    return area.y + pitch * static_cast<float>(d.policies.size() + 1);
}

/// What f32 writes, and for every format the first token that it writes otherwise.
void draw_texts(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    float y = area.y + t.label;
    canvas.text({area.x, y}, tr(view.lang, "fp8.layers.text"), label(t));
    std::string written;
    for (const std::int32_t id : d.reference_text) written += d.model->tokenizer.bytes(id);
    const std::string text = printable(d.prompt + written);
    y += t.body * 1.5F;
    y = draw_wrapped(canvas, {area.x, y}, view.revealed ? text : d.prompt, body(t), area.w, 3);
    if (!view.revealed || view.stage < kCompare) return;
    y += t.label * 1.9F;
    for (const Policy& p : d.policies) {
        const auto at = static_cast<std::size_t>(p.first_differs);
        if (p.first_differs < 0 || at >= p.text.size() || at >= d.reference_text.size() || y + t.label * 1.4F > area.bottom()) continue;
        const auto word = [&](const std::vector<std::int32_t>& ids) { return d.model->tokenizer.label(ids[at]); };
        const std::string line = tr(view.lang, "fp8.layers.other", {{"name", p.name}, {"n", fmt::format("{}", at + 1)}, {"f32", word(d.reference_text)}, {"other", word(p.text)}});
        canvas.fill_circle({area.x + t.label * 0.35F, y - t.label * 0.33F}, t.label * 0.3F, float_bits::numerics_color(t, p.name));
        float_bits::draw_fitted(canvas, {area.x + t.label, y}, line, label(t), area.w - t.label);
        y += t.label * 1.5F;
    }
}

}  // namespace

void draw_layers_page(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "layers");
    const float left = area.w * 0.47F;
    draw_plot(canvas, view, {area.x, area.y, left, area.h}, plot_of(d, view, t));
    const float x = area.x + left + t.body * 2.5F;
    const float y = draw_table(canvas, d, view, t, {x, area.y, area.right() - x, area.h * 0.62F}) + t.body;
    if (!d.reference_text.empty()) draw_texts(canvas, d, view, t, {x, y, area.right() - x, area.bottom() - y});
}

}  // namespace dg::viz::fp8_page
