// Scene "balance": the bias controller of the router alone. MaxVio over steps for several update speeds, and the load of
// every expert before and after.
#include "sim/balance/router_balance.h"
#include "viz/scenes/balance_loss.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz {
namespace {

struct BalanceData final : SceneData {
    sim::RouterBalance recipe;
    std::vector<sim::BalanceRun> runs;  // no balancing first
    std::size_t shown = 2;              // the run whose loads are drawn
};

std::string speed_text(double u) { return u == 0 ? "0" : fmt::format("{:g}", u); }

Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress) {
    if (params.text("show") == "loss") return balance::compute_loss(session, params);
    auto d = std::make_shared<BalanceData>();
    d->recipe.seed = static_cast<std::uint64_t>(params.integer("seed"));
    d->recipe.steps = params.integer("steps");
    const double speed = params.real("speed");
    std::vector<double>& speeds = d->recipe.speeds;
    if (std::ranges::find(speeds, speed) == speeds.end()) speeds.push_back(speed);
    d->shown = static_cast<std::size_t>(std::ranges::find(speeds, speed) - speeds.begin());
    DG_ASSIGN(d->runs, sim::run_router_balance(d->recipe, progress.report));
    return std::shared_ptr<const SceneData>(std::move(d));
}

std::vector<Observation> observe(const SceneData& data) {
    if (const auto* trained = dynamic_cast<const balance::LossData*>(&data)) return balance::observe_loss(*trained);
    const auto& d = dynamic_cast<const BalanceData&>(data);
    std::vector<Observation> out;
    for (const sim::BalanceRun& run : d.runs) {
        out.push_back({"max_vio_first", speed_text(run.speed), run.max_vio.front()});
        out.push_back({"max_vio_late", speed_text(run.speed), run.late()});
    }
    for (std::size_t e = 0; e < d.runs[d.shown].bias.size(); ++e) {
        out.push_back({"load_first", fmt::format("{}", e), d.runs[d.shown].first_load[e]});
        out.push_back({"load_last", fmt::format("{}", e), d.runs[d.shown].last_load[e]});
        out.push_back({"bias", fmt::format("{}", e), d.runs[d.shown].bias[e]});
    }
    out.push_back({"steps", "", static_cast<double>(d.recipe.steps)});
    // 1B model, loss-free balancing against a balance loss (arXiv 2408.15664, table 2)
    for (const auto& [name, free, loss] : {std::tuple("published_perplexity", 9.50, 9.56), {"published_max_vio", 0.04, 0.72}}) {
        out.push_back({name, "bias", free, Kind::kPublished});
        out.push_back({name, "loss", loss, Kind::kPublished});
    }
    return out;
}

void draw_loads(Canvas& c, const BalanceData& d, const View& view, Rect place) {
    const Group group(c, "loads");
    const Theme& t = theme(view.theme);
    const sim::BalanceRun& run = d.runs[d.shown];
    double most = 1;
    for (const double v : run.first_load) most = std::max(most, v);
    for (const double v : run.last_load) most = std::max(most, v);
    const float half = place.h / 2;
    for (int part = 0; part < 2; ++part) {
        const std::vector<double>& load = part == 0 ? run.first_load : run.last_load;
        const Rect r{place.x, place.y + half * static_cast<float>(part), place.w, half - 24};
        c.text({r.x, r.y + t.label}, elide(c, tr(view.lang, part == 0 ? "scene.balance.first" : "scene.balance.last", {{"speed", speed_text(run.speed)}}), strong(t), r.w), strong(t));
        const float base = r.bottom() - t.caption * 1.4F, room = base - r.y - t.label * 2.2F, w = r.w / static_cast<float>(load.size());
        const float even = base - room * static_cast<float>(1 / most);
        for (std::size_t e = 0; e < load.size(); ++e) {
            const float h = room * static_cast<float>(load[e] / most), x = r.x + w * static_cast<float>(e);
            if (view.revealed) c.fill_rect({x + w * 0.15F, base - h, w * 0.7F, h}, t.experts[e % t.experts.size()], 2);
            if (w > t.caption * 1.3F) c.text({x + w / 2, base + t.caption * 1.2F}, fmt::format("{}", e), caption(t, Align::kCenter));
            c.region({{x, r.y, w, r.h}, std::nullopt, "", fmt::format("{}: {}", e, view.revealed ? fixed(load[e], 3) : "?")});
        }
        c.line({r.x, base}, {r.right(), base}, {.color = t.border, .width = t.line});
        c.line({r.x, even}, {r.right(), even}, {.color = t.ink2, .width = 1.5F, .dash = 6, .gap = 5});
    }
}

void draw(Canvas& canvas, const SceneData& data, const Params&, const View& view) {
    if (const auto* trained = dynamic_cast<const balance::LossData*>(&data)) return balance::draw_loss(canvas, *trained, view);
    const auto& d = dynamic_cast<const BalanceData&>(data);
    const Theme& t = theme(view.theme);
    const sim::BalanceRun& run = d.runs[d.shown];
    const TextArgs args{{"speed", speed_text(run.speed)}, {"late", fixed(run.late(), 2)}, {"none", fixed(d.runs[0].late(), 2)}, {"experts", fmt::format("{}", d.recipe.experts)},
                        {"k", fmt::format("{}", d.recipe.top_k)}, {"tokens", grouped(d.recipe.tokens)}, {"steps", grouped(d.recipe.steps)}};
    const std::string title = tr(view.lang, !view.revealed ? "scene.balance.title.covered" : d.shown == 0 ? "scene.balance.title.none" : "scene.balance.title", args);
    const Rect place = draw_frame(canvas, view, {.title = title, .subtitle = tr(view.lang, "scene.balance.subtitle", args), .notes = {tr(view.lang, "scene.balance.note")},
                                                 .badge = {.detail = tr(view.lang, "badge.seed", {{"seed", fmt::format("{}", d.recipe.seed)}})}});
    const bool wide = place.w >= 46 * t.label;
    const float plot_w = wide ? place.w * 0.62F : place.w;
    std::vector<Series> series;
    double top = 0.5;
    for (std::size_t i = 0; i < d.runs.size(); ++i) {
        std::vector<PlotPoint> points;
        for (std::size_t s = 0; s < d.runs[i].max_vio.size(); ++s) {
            points.push_back({static_cast<double>(s + 1), view.revealed ? d.runs[i].max_vio[s] : NAN});
            top = std::max(top, d.runs[i].max_vio[s]);
        }
        series.push_back({.label = "u = " + speed_text(d.runs[i].speed), .points = std::move(points), .color = i == d.shown ? t.ink : t.experts[2 * i % t.experts.size()], .width = i == d.shown ? 3.5F : 2.0F});
    }
    const double shown = view.stage == 0 ? std::clamp(view.u, 0.0, 1.0) : 1;
    draw_plot(canvas, view, {place.x, place.y, plot_w, place.h},
              {.x = {.label = tr(view.lang, "scene.balance.x"), .min = 0, .max = static_cast<double>(d.recipe.steps)},
               .y = {.label = tr(view.lang, "scene.balance.y"), .min = 0, .max = top * 1.05}, .series = std::move(series), .shown = shown});
    if (wide) draw_loads(canvas, d, view, {place.x + plot_w + 48, place.y, place.w - plot_w - 48, place.h});
}

}  // namespace

Scene balance_scene() {
    return {.id = "balance",
            .chapter = "experts",
            .source = "engine/ops/bias_update.cpp",
            .params = {{.id = "speed", .type = ParamType::kReal, .default_value = "0.001", .min = 0, .max = 1}, {.id = "steps", .type = ParamType::kInt, .default_value = "600", .min = 60, .max = 5000}, seed_param(1), {.id = "show", .type = ParamType::kChoice, .default_value = "controller", .choices = {"controller", "loss"}}},
            .stages = {{"run", 3}},
            .compute = compute,
            .draw = draw,
            .observe = observe};
}

}  // namespace dg::viz
