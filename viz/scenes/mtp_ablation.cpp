// show=ablation of scene mtp: the same small model trained with and without the module (records of sim mtp-gain).
#include "engine/io/files.h"
#include "engine/tokenizer/tokenizer.h"
#include "sim/read_records.h"
#include "viz/scenes/cohort.h"
#include "viz/scenes/mtp.h"

#include <fmt/format.h>

#include <algorithm>

namespace dg::viz::mtp {

Result<void> read_ablation(Data& d, const Session& session) {
    if (session.assets().empty()) return Error{"assets_missing", {{"tried", "–"}}, ""};
    const auto file = session.assets() / "records" / "mtp-gain.csv";
    DG_ASSIGN(const sim::Records r, sim::read_records(file, {"seed", "depth", "held_out", "max_vio", "max_vio_first", "parameters"}));
    DG_ASSIGN(const std::string bytes, read_file(file));
    d.records_hash = hash_hex(bytes);
    for (const auto& row : r.rows) {
        (row[1] > 0 ? d.with_module : d.without_module).push_back(row[2]);
        if (row[1] == 0) d.ablation_parameters = row[5];
    }
    if (d.with_module.size() != d.without_module.size()) return Error{"records_damaged", {{"columns", "seed,depth"}}, file.string()};
    return {};
}

void observe_ablation(const Data& d, std::vector<Observation>& out) {
    double better = 0;
    for (std::size_t s = 0; s < d.with_module.size(); ++s) {
        out.push_back({"held_out_without", fmt::format("{}", s + 1), d.without_module[s]});
        out.push_back({"held_out_with", fmt::format("{}", s + 1), d.with_module[s]});
        better += d.with_module[s] < d.without_module[s] ? 1 : 0;
    }
    out.push_back({"runs", "", static_cast<double>(d.with_module.size())});
    out.push_back({"runs_better_with", "", better});
    out.push_back({"mean_without", "", mean_of(d.without_module)});
    out.push_back({"mean_with", "", mean_of(d.with_module)});
}

void draw_ablation(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    std::int64_t better = 0;
    for (std::size_t s = 0; s < d.with_module.size(); ++s) better += d.with_module[s] < d.without_module[s] ? 1 : 0;
    const TextArgs args{{"seeds", fmt::format("{}", d.with_module.size())}, {"better", fmt::format("{}", better)}, {"gap", fixed(mean_of(d.with_module) - mean_of(d.without_module), 3)},
                        {"parameters", grouped(static_cast<std::int64_t>(d.ablation_parameters))}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.mtp.ablation.title" : "scene.mtp.ablation.title.covered", args), .subtitle = tr(view.lang, "scene.mtp.ablation.subtitle", args),
                                                 .notes = {tr(view.lang, "scene.mtp.ablation.note")}, .badge = {.detail = badge_detail(view.lang, "mtp-gain.csv", d.records_hash)}});
    const float w = std::min(place.w, std::max(place.h * 1.5F, t.label * 36));
    const double shown = view.stage > kJoin ? 1 : view.stage < kJoin ? 0.5 : 0.5 + 0.5 * std::clamp(view.u, 0.0, 1.0);
    draw_cohort(canvas, view, {place.x + (place.w - w) / 2, place.y, w, place.h},
                {.label = tr(view.lang, "scene.balance.loss.loss"), .axis = tr(view.lang, "scene.mtp.ablation.x"), .names = {tr(view.lang, "scene.mtp.ablation.without"), tr(view.lang, "scene.mtp.ablation.with")},
                 .values = {d.without_module, d.with_module}, .ringed = d.with_module.size(), .paired = true, .shown = shown});
}

}  // namespace dg::viz::mtp
