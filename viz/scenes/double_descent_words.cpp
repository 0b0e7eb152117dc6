// Scene double-descent: title, subtitle and notes.
#include "sim/double_descent/theory.h"
#include "viz/scenes/double_descent.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::double_descent {
namespace {

using sim::dd::Model;
using sim::dd::Over;
using sim::dd::Settings;

std::string whole(double v) { return grouped(static_cast<std::int64_t>(v + 0.5)); }

/// The question before the reveal and while the curve is still being drawn.
std::string covered_key(const Shot& shot) {
    switch (asked(shot)) {
        case Ask::kNets: return "dd.title.covered.subspace";
        case Ask::kNorm: return "dd.title.covered.norm";
        case Ask::kRidge: return "dd.title.covered.ridge";
        case Ask::kTheory: return "dd.title.covered.theory";
        case Ask::kCurve: break;
    }
    const Mode mode = shot.data.mode;
    if (mode == Mode::kPolynomial) return "dd.title.covered.polynomial";
    return mode == Mode::kTime ? "dd.title.covered.time" : mode == Mode::kSamples ? "dd.title.covered.samples" : "dd.title.covered.size";
}

std::string norm_key(const Data& d) {
    const std::vector<PlotPoint> norms = medians(d.curves[0], true);
    const auto most = std::ranges::max_element(norms, {}, &PlotPoint::y);
    return most != norms.begin() && most != std::prev(norms.end()) ? "dd.title.norm" : "dd.title.norm.plain";
}

/// The title says what the curve did, not what it should do.
std::string title_key(const Shot& shot) {
    const Data& d = shot.data;
    if (!shot.view.revealed || (d.whole && shot.view.stage < 3)) return covered_key(shot);
    if (!d.whole) return "dd.title.running";
    if (d.mode == Mode::kSubspace) return "dd.title.subspace";
    if (d.mode == Mode::kAll) return "dd.title.all";
    if (shot.norm) return norm_key(d);
    const Shape s = shape_of(d.curves[0]);
    if (d.mode == Mode::kPolynomial) return s.least_at < s.last_at && s.last > 1.5 * s.least ? "dd.title.polynomial" : "dd.title.falls.noiseless";
    if (!d.ridge.empty() && s.has_peak) {
        if (!shape_of(d.ridge[0]).has_peak) return "dd.title.ridge";
        return "dd.title.ridge.lower";
    }
    if (!s.has_peak) return "dd.title.falls";
    if (d.mode == Mode::kTime) return "dd.title.time";
    if (d.mode == Mode::kSamples) return "dd.title.samples";
    return s.second < s.valley ? "dd.title.beats" : "dd.title.not_beats";
}

TextArgs subspace_args(const Data& d) {
    const auto d90 = [&](std::size_t i) { return d.nets.size() > i && d.nets[i].reaches() > 0 ? grouped(d.nets[i].reaches()) : std::string(kUnknown); };
    const auto weights = [&](std::size_t i) { return d.nets.size() > i ? grouped(d.nets[i].parameters) : std::string(kUnknown); };
    return {{"a", d90(0)}, {"b", d90(1)}, {"pa", weights(0)}, {"pb", weights(1)}};
}

TextArgs title_args(const Data& d) {
    if (d.mode == Mode::kSubspace) return subspace_args(d);
    const Curve& curve = d.curves[0];
    const Shape s = shape_of(curve);
    const bool edge = s.peak_at == threshold(curve);
    TextArgs args = {{"valley", risk_text(s.valley)}, {"valley_at", whole(d.mode == Mode::kPolynomial ? s.least_at : s.valley_at)}, {"peak", risk_text(s.peak)}, {"peak_at", whole(s.peak_at)},
                     {"second", risk_text(s.second)}, {"second_at", whole(s.second_at)}, {"where", edge ? "p = n" : fmt::format("p = {}", whole(s.peak_at))}};
    args.emplace_back("ridge", d.ridge.empty() ? "0" : fmt::format("{}", d.ridge[0].sweep.settings.ridge));
    if (!d.ridge.empty()) args.emplace_back("ridge_peak", risk_text(shape_of(d.ridge[0]).peak));
    const std::vector<PlotPoint> norms = medians(curve, true);
    const PlotPoint most = *std::ranges::max_element(norms, {}, &PlotPoint::y);
    args.emplace_back("norm", number(most.y, 3)), args.emplace_back("norm_at", fmt::format("{} = {}", symbol_of(curve), whole(most.x)));
    args.emplace_back("norm_first", number(norms.front().y, 3)), args.emplace_back("norm_last", number(norms.back().y, 3));
    args.emplace_back("last_at", fmt::format("{} = {}", symbol_of(curve), whole(s.last_at)));
    return args;
}

std::string setting_words(const Data& d, const View& view) {
    const Settings& s = d.curves[0].sweep.settings;
    const char* const model = s.over == Over::kTime && s.model == Model::kLinear ? "dd.model.two_speeds"
                              : s.model == Model::kLinear ? "dd.model.linear" : s.model == Model::kRelu ? "dd.model.relu" : s.model == Model::kFourier ? "dd.model.fourier"
                              : s.model == Model::kNetwork ? "dd.model.network" : "dd.model.polynomial";
    return tr(view.lang, model, {{"size", s.over == Over::kSamples ? fmt::format("p = {}", grouped(s.p)) : fmt::format("n = {}", grouped(s.n))}, {"d", grouped(s.d)}, {"noise", fmt::format("{}", d.noise)}});
}

/// What the theory is, how far the measured means are from it, and the best ridge where theory knows it.
void add_theory_notes(const Shot& shot, std::vector<std::string>& notes) {
    const Data& d = shot.data;
    const View& view = shot.view;
    const Settings& s = d.curves[0].sweep.settings;
    const double deviation = shape_of(d.curves[0]).deviation;
    if (!view.revealed || view.stage < 3 || d.mode == Mode::kAll || shot.norm) return;
    if (std::isfinite(deviation)) {
        notes.push_back(tr(view.lang, s.model == Model::kLinear ? "dd.note.exact" : "dd.note.asymptotic", {{"off", percent(deviation, 1)}}));
    }
    if (d.ridge.empty() || s.model != Model::kLinear || s.over != Over::kSize) return;
    const int at = cursor(shot, d.curves[0]);
    if (at < 0) return;
    const auto p = static_cast<double>(d.curves[0].measured()[static_cast<std::size_t>(at)]->at);
    const double best = sim::dd::best_linear_ridge(p / static_cast<double>(s.n), s.signal, s.noise_variance);
    notes.push_back(tr(view.lang, "dd.note.best_ridge", {{"at", fmt::format("p = {}", whole(p))}, {"ridge", number(best, 3)}}));
}

}  // namespace

PageText words(const Shot& shot) {
    const Data& d = shot.data;
    const View& view = shot.view;
    PageText page{.title = tr(view.lang, title_key(shot), title_args(d))};
    const auto badge = [&](int seeds) { page.badge = {.detail = tr(view.lang, seeds == 1 ? "dd.badge.one" : "dd.badge", {{"seeds", fmt::format("{}", seeds)}, {"seed", fmt::format("{}", d.seed)}})}; };
    if (d.mode == Mode::kSubspace) {
        page.subtitle = tr(view.lang, "dd.subspace.setting");
        const int seeds = d.nets.empty() ? 0 : d.nets[0].settings.seeds;
        badge(seeds);
        page.notes.push_back(tr(view.lang, seeds == 1 ? "dd.note.one" : "dd.note.mean_band", {{"seeds", fmt::format("{}", seeds)}}));
    } else {
        page.subtitle = setting_words(d, view);
        const Settings& s = d.curves[0].sweep.settings;
        badge(s.seeds);
        page.notes.push_back(tr(view.lang, s.seeds == 1 ? "dd.note.one" : "dd.note.band", {{"seeds", fmt::format("{}", s.seeds)}}));
        if (d.mode == Mode::kAll && s.model != Model::kNetwork) page.notes.push_back(tr(view.lang, "dd.note.all"));
        add_theory_notes(shot, page.notes);
    }
    if (!d.whole) page.notes.push_back(tr(view.lang, "dd.note.partial"));
    return page;
}

}  // namespace dg::viz::double_descent
