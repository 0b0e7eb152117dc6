// Scene "mtp": multi-token prediction. show=generate: text written with drafts, accepted and rejected ones marked; show=module:
// how the extra module predicts the token after the next; show=speed: tokens per pass from the share of accepted drafts;
// show=ablation: a small model trained with and without the module.
#pragma once

#include "engine/model/speculative.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <string>
#include <vector>

namespace dg::viz {

Scene mtp_scene();

namespace mtp {

enum Stage { kInputs, kJoin, kBlock, kPredict };

struct Guess {
    std::int32_t id = 0;
    std::string label;
    double p = 0;
};

struct Data final : SceneData {
    std::string show;
    std::shared_ptr<const LoadedModel> model;
    std::shared_ptr<const Trace> run;  // of the prompt; show=generate: of prompt and new text
    std::vector<std::string> labels;
    std::int64_t prompt_tokens = 0, position = 0;  // position i of the module: predicts token i + 2
    GeneratedText text;
    std::int64_t plain_passes = 0;
    bool same = false;          // as without drafts
    double temperature = 0;
    std::uint64_t seed = 0;
    std::vector<Guess> drafts, own;  // the module's and the main model's best guesses at token i + 2
    double future_difference = 0;    // change of the draft's logits when token i + 2 is another
    double removal_difference = 0;   // change of the main logits without the module
    double loss_main = 0, loss_mtp = 0, loss_total = 0, lambda = 0.3;
    double acceptance = 0, overhead = 0;  // show=speed: as set
    std::vector<double> with_module, without_module;  // show=ablation: held-out loss, seed by seed
    double ablation_parameters = 0;
    std::string records_hash;

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return model ? model->model.hash : ""; }

    /// Share of drafts that the main model would have written itself; NaN without drafts.
    [[nodiscard]] double measured() const;
    /// New tokens per pass after the prompt's.
    [[nodiscard]] double tokens_per_pass() const;
};

/// Mean new tokens per pass with `depth` chained drafts of acceptance a: 1 + a + ... + a^depth.
double expected_tokens(double a, int depth);

std::vector<Observation> observe(const SceneData& data);
double done(const View& view, Stage stage);

void draw_generate(Canvas& canvas, const Data& d, const View& view);
void draw_module(Canvas& canvas, const Data& d, const View& view);
void draw_speed(Canvas& canvas, const Data& d, const View& view);
/// Error codes: assets_missing, those of sim::read_records.
Result<void> read_ablation(Data& d, const Session& session);
/// held_out_without[seed] held_out_with[seed] runs runs_better_with mean_without mean_with.
void observe_ablation(const Data& d, std::vector<Observation>& out);
void draw_ablation(Canvas& canvas, const Data& d, const View& view);

}  // namespace mtp
}  // namespace dg::viz
