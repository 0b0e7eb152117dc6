#include "viz/scenes/balance_loss.h"

#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/read_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace dg::viz::balance {
namespace {

std::string name_of(const LossData& d, std::size_t i) { return d.speeds[i] > 0 ? "bias" : fmt::format("{:g}", d.alphas[i]); }

Cohort cohort(const LossData& d, const View& view, const std::vector<std::vector<double>>& values, std::string label, bool from_zero) {
    Cohort c{.label = std::move(label), .axis = tr(view.lang, "scene.balance.loss.x"), .names = {}, .values = values, .ringed = d.seed - 1, .joined = d.alphas.size() - 1, .from_zero = from_zero};
    for (std::size_t i = 0; i < d.alphas.size(); ++i) c.names.push_back(d.speeds[i] > 0 ? tr(view.lang, "scene.balance.loss.bias") : fmt::format("{:g}", d.alphas[i]));
    c.shown = std::clamp(view.u, 0.0, 1.0);
    return c;
}

}  // namespace

Result<std::shared_ptr<const SceneData>> compute_loss(Session& session, const Params& params) {
    if (session.assets().empty()) return Error{"assets_missing", {{"tried", "–"}}, ""};
    const auto file = session.assets() / "records" / "balance-loss.csv";
    DG_ASSIGN(const sim::Records r, sim::read_records(file, {"seed", "alpha", "bias_speed", "held_out", "max_vio", "max_vio_first", "parameters"}));
    auto d = std::make_shared<LossData>();
    DG_ASSIGN(const std::string bytes, read_file(file));
    d->hash = hash_hex(bytes);
    std::set<double> seeds;
    for (const auto& row : r.rows) {
        seeds.insert(row[0]);
        std::size_t i = 0;
        while (i < d->alphas.size() && (d->alphas[i] != row[1] || d->speeds[i] != row[2])) ++i;
        if (i == d->alphas.size()) d->alphas.push_back(row[1]), d->speeds.push_back(row[2]), d->loss.emplace_back(), d->max_vio.emplace_back();
        d->loss[i].push_back(row[3]), d->max_vio[i].push_back(row[4]);
        d->parameters = row[6];
    }
    d->seeds = seeds.size(), d->seed = static_cast<std::size_t>(params.integer("seed"));
    if (d->seed < 1 || d->seed > d->seeds) return Error{"records_seed", {{"seed", params.text("seed")}, {"last", fmt::format("{}", d->seeds)}}, ""};
    for (const auto& column : d->loss)
        if (column.size() != d->seeds) return Error{"records_damaged", {{"columns", "seed,alpha"}}, file.string()};
    return std::shared_ptr<const SceneData>(std::move(d));
}

std::vector<Observation> observe_loss(const LossData& d) {
    std::vector<Observation> out;
    for (std::size_t i = 0; i < d.alphas.size(); ++i) {
        out.push_back({"trained_max_vio", name_of(d, i), d.max_vio[i][d.seed - 1]});
        out.push_back({"held_out", name_of(d, i), d.loss[i][d.seed - 1]});
        out.push_back({"mean_max_vio", name_of(d, i), mean_of(d.max_vio[i])});
        out.push_back({"mean_held_out", name_of(d, i), mean_of(d.loss[i])});
    }
    out.push_back({"seeds", "", static_cast<double>(d.seeds)});
    // 1B model, loss-free balancing against a balance loss (arXiv 2408.15664, table 2)
    for (const auto& [name, free, loss] : {std::tuple("published_perplexity", 9.50, 9.56), {"published_max_vio", 0.04, 0.72}}) {
        out.push_back({name, "bias", free, Kind::kPublished});
        out.push_back({name, "loss", loss, Kind::kPublished});
    }
    return out;
}

void draw_loss(Canvas& canvas, const LossData& d, const View& view) {
    const std::size_t strong = d.alphas.size() - 2;
    const TextArgs args{{"none", fixed(mean_of(d.max_vio[0]), 2)}, {"strong", fixed(mean_of(d.max_vio[strong]), 2)}, {"loss_none", fixed(mean_of(d.loss[0]), 3)}, {"loss_strong", fixed(mean_of(d.loss[strong]), 3)},
                        {"parameters", grouped(static_cast<std::int64_t>(d.parameters))}, {"seeds", fmt::format("{}", d.seeds)}, {"seed", fmt::format("{}", d.seed)}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.balance.loss.title" : "scene.balance.loss.title.covered", args), .subtitle = tr(view.lang, "scene.balance.loss.subtitle", args),
                                                 .notes = {tr(view.lang, "scene.balance.loss.note", args)}, .badge = {.detail = badge_detail(view.lang, "balance-loss.csv", d.hash)}});
    const float gap = 64, w = (place.w - gap) / 2;
    draw_cohort(canvas, view, {place.x, place.y, w, place.h}, cohort(d, view, d.max_vio, tr(view.lang, "scene.balance.y"), true));
    draw_cohort(canvas, view, {place.x + w + gap, place.y, w, place.h}, cohort(d, view, d.loss, tr(view.lang, "scene.balance.loss.loss"), false));
}

}  // namespace dg::viz::balance
