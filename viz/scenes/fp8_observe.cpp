// Named numbers and sentences of scene fp8.
#include "viz/scenes/fp8.h"
#include "viz/scenes/next_token.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::fp8_page {
namespace {

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "", Kind kind = Kind::kComputed) {
    out.push_back({std::move(name), std::move(index), value, kind});
}

void observe_map(const Data& d, Observations& out) {
    for (const std::size_t i : {0U, 1U}) {
        const std::string index = i == 0 ? "a" : "b";
        const lab::Stored& s = d.stored[i];
        add(out, "count", static_cast<double>(s.loss.count), index);
        add(out, "amax", s.loss.amax, index);
        add(out, "overflow", static_cast<double>(s.loss.overflow), index);
        add(out, "underflow", static_cast<double>(s.loss.underflow), index);
        add(out, "nan", static_cast<double>(s.loss.nan), index);
        add(out, "error", s.loss.error, index);
        add(out, "error_others", s.loss.error_others, index);
        add(out, "zeros_others", s.loss.zeros_others, index);
        add(out, "scales", s.scales.empty() ? 0 : static_cast<double>(d.value(s.scales).size()), index);
        const lab::CellSteps c = lab::steps_of(d.run->tape, s, d.focus[0], d.focus[1]);
        add(out, "cell_scale", c.scale, index);
        add(out, "cell_code", c.code, index);
        add(out, "cell_result", c.result, index);
    }
    add(out, "cell_x", static_cast<double>(d.value(d.stored[0].x).row(d.focus[0])[d.focus[1]]));
    add(out, "outlier", d.outlier ? static_cast<double>(d.outlier->value) : 0);
}

void observe_layers(const Data& d, Observations& out) {
    for (const Policy& p : d.policies) {
        const lab::LayerErrors& e = p.errors;
        for (std::size_t k = 1; k < e.error.size(); ++k) add(out, "layer_error", e.error[k], fmt::format("{},{}", p.name, d.followed[k]));
        add(out, "logits_error", e.error.back(), p.name);
        add(out, "divergence", e.divergence, p.name);
        add(out, "choices_changed", static_cast<double>(e.choices_changed), p.name);
        add(out, "first_changed", static_cast<double>(e.first_changed), p.name);
        add(out, "first_differs", static_cast<double>(p.first_differs < 0 ? -1 : p.first_differs + 1), p.name);
    }
    if (!d.policies.empty()) add(out, "tokens", static_cast<double>(d.policies[0].errors.tokens));
}

void observe_outlier(const Data& d, Observations& out) {
    for (const lab::ChannelLoss& p : d.channel) {
        const std::string factor = fmt::format("{:.0f}", p.factor);
        for (std::size_t i = 0; i < d.formats.size(); ++i) add(out, "channel_loss", p.loss[i], d.formats[i] + "," + factor);
        add(out, "product_error", p.product.int8_tensor, "int8," + factor);
        add(out, "product_error", p.product.int8_tile16, "int8-tile," + factor);
        add(out, "product_error", p.product.e4m3_tensor, "e4m3," + factor);
        add(out, "product_error", p.product.e4m3_tile16, "e4m3-tile," + factor);
    }
}

/// Loss of a format at a factor.
double channel_loss(const Data& d, std::string_view format, double factor) {
    const auto i = static_cast<std::size_t>(std::ranges::find(d.formats, format) - d.formats.begin());
    const auto p = std::ranges::find(d.channel, factor, &lab::ChannelLoss::factor);
    return p == d.channel.end() || i >= p->loss.size() ? std::nan("") : p->loss[i];
}

/// What the publications report: never measured here.
void observe_published(const Data& d, Observations& out) {
    if (d.mode == Mode::kAccumulate) add(out, "published_worst", 0.02, "", Kind::kPublished);
}

TextArgs map_args(const Data& d, const View& view) {
    const lab::Loss &a = d.stored[0].loss, &b = d.stored[1].loss;
    return {{"a", scheme_text(view.lang, d.stored[0].how)}, {"b", scheme_text(view.lang, d.stored[1].how)},
            {"zeros_a", percent(a.zeros_others)}, {"zeros_b", percent(b.zeros_others)}, {"error_a", percent(a.error_others)}, {"error_b", percent(b.error_others)},
            {"outlier", d.outlier ? number(static_cast<double>(d.outlier->value), 4) : "0"}};
}

std::string map_key(const Data& d, const View& view) {
    if (!view.revealed) return "fp8.title.map.covered";
    if (!d.outlier) return "fp8.title.map.plain";
    const lab::Loss &a = d.stored[0].loss, &b = d.stored[1].loss;
    return a.zeros_others > b.zeros_others + 0.005 ? "fp8.title.map.zeros" : "fp8.title.map.outlier";
}

PageText map_words(const Data& d, const View& view, Lang lang) {
    View other = view;
    other.lang = lang;
    return {.title = tr(lang, map_key(d, view), map_args(d, other))};
}

std::string title_of(const Data& d, const View& view, Lang lang) {
    const bool told = view.revealed;
    switch (d.mode) {
        case Mode::kMap: return map_words(d, view, lang).title;
        case Mode::kSweep: {
            int wide = 0;  // shifts at which under one per cent is lost
            for (const lab::RangeLoss& l : d.sweep) wide += l.overflow + l.underflow < 0.01;
            return tr(lang, told ? "fp8.title.sweep" : "fp8.title.sweep.covered", {{"format", d.format == dg::fp8::Format::kE4M3 ? "E4M3" : "E5M2"}, {"octaves", fmt::format("{}", wide)}});
        }
        case Mode::kAccumulate:
            return tr(lang, told ? "fp8.title.sum" : "fp8.title.sum.covered", {{"k", grouped(d.sum_recipe.length)}, {"limited", percent(d.sums.back().limited, 2)}, {"promoted", percent(d.sums.back().promoted, 3)}});
        case Mode::kLayers: {
            const auto fine = std::ranges::find(d.policies, "fp8", &Policy::name);
            return tr(lang, told ? "fp8.title.layers" : "fp8.title.layers.covered", {{"error", fine == d.policies.end() ? std::string(kUnknown) : percent(fine->errors.error.back())}});
        }
        case Mode::kGate: {
            std::int64_t tokens = 0, changed = 0;
            for (const GateLayer& g : d.gates) tokens += g.tokens, changed += g.changed;
            return tr(lang, told ? "fp8.title.gate" : "fp8.title.gate.covered", {{"share", percent(tokens > 0 ? static_cast<double>(changed) / static_cast<double>(tokens) : 0)}});
        }
        case Mode::kOutlier:
            return tr(lang, told ? "fp8.title.outlier" : "fp8.title.outlier.covered", {{"before", fixed(channel_loss(d, "f32", 1e6), 2)}, {"tensor", fixed(channel_loss(d, "fp8-tensor", 1e6), 2)}, {"tile", fixed(channel_loss(d, "fp8", 1e6), 2)}});
    }
    return {};
}

}  // namespace

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    if (d.mode == Mode::kMap && d.run) observe_map(d, out);
    for (const lab::RangeLoss& l : d.sweep) {
        add(out, "overflow_at", l.overflow, fmt::format("{}", l.shift));
        add(out, "underflow_at", l.underflow, fmt::format("{}", l.shift));
        add(out, "error_at", l.error, fmt::format("{}", l.shift));
    }
    for (const lab::AccumulatePoint& p : d.sums) {
        add(out, "limited", p.limited, fmt::format("{}", p.length));
        add(out, "promoted", p.promoted, fmt::format("{}", p.length));
        add(out, "f32", p.f32, fmt::format("{}", p.length));
    }
    if (!d.sums.empty()) add(out, "limited_end", d.sums.back().limited), add(out, "promoted_end", d.sums.back().promoted), add(out, "f32_end", d.sums.back().f32);
    observe_layers(d, out);
    observe_outlier(d, out);
    std::int64_t tokens = 0, changed = 0;
    for (const GateLayer& g : d.gates) {
        tokens += g.tokens, changed += g.changed;
        add(out, "gate_changed", g.tokens > 0 ? static_cast<double>(g.changed) / static_cast<double>(g.tokens) : 0, fmt::format("{}", g.layer));
    }
    if (tokens > 0) add(out, "gate_changed_all", static_cast<double>(changed) / static_cast<double>(tokens)), add(out, "gate_tokens", static_cast<double>(tokens));
    observe_published(d, out);
    return out;
}

PageText words(const Data& d, const View& view) {
    PageText page{.title = title_of(d, view, view.lang), .subtitle = title_of(d, view, view.lang == Lang::kZh ? Lang::kEn : Lang::kZh)};
    const std::string source = d.model ? next_token::display_name(*d.model) : tr(view.lang, d.mode == Mode::kAccumulate ? "fp8.source.sums" : "fp8.source.sine");
    const bool seeded = d.mode == Mode::kAccumulate || d.mode == Mode::kGate || d.mode == Mode::kOutlier;
    page.badge = {.detail = badge_detail(view.lang, source, d.model_hash(), seeded ? fmt::format("{}", d.seed) : "")};
    const char* notes[] = {"fp8.note.map", "fp8.note.sweep", "fp8.note.sum", "fp8.note.layers", "fp8.note.gate", "fp8.note.outlier"};
    std::string note = tr(view.lang, notes[static_cast<int>(d.mode)], {{"tensor", d.tensor}});
    if (d.mode == Mode::kMap && (d.shown_rows < d.rows || d.shown_cols < d.cols)) {
        note += " " + tr(view.lang, "fp8.note.window", {{"r0", fmt::format("{}", d.first_row)}, {"r1", fmt::format("{}", d.first_row + d.shown_rows - 1)}, {"rows", grouped(d.rows)}, {"c0", fmt::format("{}", d.first_col)}, {"c1", fmt::format("{}", d.first_col + d.shown_cols - 1)}, {"cols", grouped(d.cols)}});
    }
    page.notes = {note};
    return page;
}

}  // namespace dg::viz::fp8_page
