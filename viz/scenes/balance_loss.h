// show=loss of scene balance: what balance losses of several strengths led to (records of sim balance-loss).
#pragma once

#include "viz/scenes/cohort.h"
#include "viz/scenes/scene.h"

namespace dg::viz::balance {

struct LossData final : SceneData {
    std::vector<double> alphas;             // of the settings; the last one is the controller alone, alpha 0
    std::vector<double> speeds;
    std::vector<std::vector<double>> loss, max_vio;  // [setting][seed]
    double parameters = 0;
    std::size_t seed = 1, seeds = 0;
    std::string hash;

    [[nodiscard]] std::string model_hash() const override { return hash; }
};

/// Error codes: assets_missing, records_seed, those of sim::read_records.
Result<std::shared_ptr<const SceneData>> compute_loss(Session& session, const Params& params);
/// trained_max_vio[a] held_out[a] of the chosen seed, mean_max_vio[a] mean_held_out[a] of all; a = "0", "0.0001", ..., "bias"; seeds.
std::vector<Observation> observe_loss(const LossData& data);
void draw_loss(Canvas& canvas, const LossData& data, const View& view);

}  // namespace dg::viz::balance
