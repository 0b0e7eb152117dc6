// Scene "moe": the mixture of experts of one layer. show=token: one token's way through the router, every expert's
// affinity, bias, selection score and gate weight, and what changes when an expert is muted; show=gates: three gate
// formulas on the same logits; show=load: which experts which kind of text uses; show=meters: stored against multiplied
// weights. The numbers are those of the tape and of config counts.
#pragma once

#include "sim/pretrain/expert_loads.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <optional>
#include <string>
#include <vector>

namespace dg::viz {

Scene moe_scene();

namespace moe {

enum Stage { kAffinity, kBias, kGroups, kTopK, kMix };

/// A token after the prompt, before and after the change.
struct NextToken {
    std::string label;
    double before = 0, after = 0;
};

/// One way of turning the router's logits into gate values (show=gates).
struct Gate {
    std::string id;              // "softmax", "topk", "v3"
    std::vector<double> values;  // [E], 0 = expert not run
    double sum = 0;
    std::int64_t run = 0;        // experts that have to be computed
};

/// Weights of one architecture, counted from its config (show=meters).
struct Meter {
    std::string id;  // "model", "v3", "small16"
    std::string name;
    std::int64_t routed = 0, shared = 0, chosen = 0, split = 1;
    double expert_weights = 0;               // of one expert, after splitting
    std::int64_t layers = 1;                 // MoE layers
    double total = 0, active = 0;            // whole model, 0 = only the layer is meant
    double combinations = 0;

    [[nodiscard]] double stored() const { return static_cast<double>((routed + shared) * layers) * expert_weights; }

    [[nodiscard]] double multiplied() const { return static_cast<double>((chosen + shared) * layers) * expert_weights; }

    [[nodiscard]] double share() const { return static_cast<double>(chosen + shared) / static_cast<double>(routed + shared); }
};

struct Data final : SceneData {
    std::string show;
    std::shared_ptr<const LoadedModel> model;
    std::shared_ptr<const Trace> run, base;  // with the change, as trained; the same without a change
    std::vector<std::string> labels;
    std::int64_t layer = 0, position = 0, tokens = 0, experts = 0, chosen = 0, groups = 1, limit = 1;
    std::int64_t target = -1, partner = -1;  // the expert that is changed, and whose matrices it gets
    std::string change = "none";
    bool shared = true;
    std::string prefix;  // "layers.3.mlp."
    const Tensor<float>*scores = nullptr, *ids = nullptr, *weights = nullptr, *bias = nullptr;
    std::vector<double> selection;      // [T,E] s + b
    std::vector<double> group_score;    // [T,G]
    std::vector<bool> kept;             // [T,G]
    std::vector<double> contribution;   // [E + 1] length of what each expert adds at `position`; shared last
    std::int64_t bias_decided = 0;      // (token, expert) choices that the bias made
    double routed_cosine = 0;           // mean cosine between outputs of the experts chosen together
    double loss = 0, base_loss = 0, logit_change = 0;
    std::vector<NextToken> next;
    std::vector<Gate> gates;
    sim::ExpertLoads loads;
    std::vector<Meter> meters;

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return model ? model->model.hash : ""; }

    [[nodiscard]] float affinity(std::int64_t t, std::int64_t e) const { return (*scores)[t * experts + e]; }

    [[nodiscard]] double bias_of(std::int64_t e) const { return bias ? static_cast<double>((*bias)[e]) : 0; }

    [[nodiscard]] double score(std::int64_t t, std::int64_t e) const { return selection[static_cast<std::size_t>(t * experts + e)]; }

    [[nodiscard]] bool group_kept(std::int64_t t, std::int64_t g) const { return kept[static_cast<std::size_t>(t * groups + g)]; }

    [[nodiscard]] std::int64_t group_of(std::int64_t e) const { return e / (experts / groups); }

    /// Which choice (0 .. K-1) of the token this expert is.
    [[nodiscard]] std::optional<std::int64_t> choice(std::int64_t t, std::int64_t e) const;
    [[nodiscard]] double weight(std::int64_t t, std::int64_t e) const;
    /// The K-th best selection score: who reaches it runs.
    [[nodiscard]] double cut(std::int64_t t) const;

    [[nodiscard]] bool changed() const { return run != base; }

    [[nodiscard]] CellRef cell(const std::string& name, Index at) const { return {prefix + name, std::move(at)}; }
};

std::vector<Observation> observe(const SceneData& data);

/// Fills run, base and everything the router decided. Error codes: moe_dense, moe_layer, moe_position, moe_expert.
Result<void> measure_token(Data& d, Session& session, const Params& params);
/// The configs to compare; `split`: every expert cut into that many.
std::vector<Meter> make_meters(const Config& model, const std::string& name, const Config& big, std::int64_t split);
std::vector<Gate> make_gates(const Data& d);

/// Progress of a stage.
double done(const View& view, Stage stage);
/// The expert that the viewer looks at: hovered, else the parameter's, else the loudest.
std::int64_t focus_expert(const Data& d, const View& view);

void draw_token(Canvas& canvas, const Data& d, const View& view);
void draw_panel(Canvas& canvas, const Data& d, const View& view, Rect place, std::int64_t expert);
void draw_grid(Canvas& canvas, const Data& d, const View& view, Rect labels, Rect place, std::int64_t expert);
void draw_gates(Canvas& canvas, const Data& d, const View& view);
void draw_load(Canvas& canvas, const Data& d, const View& view);
void draw_meters(Canvas& canvas, const Data& d, const View& view);

/// Where each expert's column stands: groups side by side with gaps.
struct Columns {
    float x = 0, w = 0, gap = 0;  // of all columns; gap between groups
    std::int64_t experts = 1, groups = 1;

    [[nodiscard]] float column_w() const { return (w - gap * static_cast<float>(groups - 1)) / static_cast<float>(experts); }

    [[nodiscard]] float left(std::int64_t e) const {
        return x + column_w() * static_cast<float>(e) + gap * static_cast<float>(e / (experts / groups));
    }

    [[nodiscard]] float center(std::int64_t e) const { return left(e) + column_w() / 2; }
};

/// Columns of this width between x and x + w; the shared expert's column lies right of them.
Columns columns_of(const Data& d, float x, float w);
/// Shade of an expert's number or bar.
Color expert_color(const Theme& t, std::int64_t e);
/// Columns and "?" where a lesson asks first.
PageText page(const Data& d, const View& view, std::string title, std::string subtitle, std::vector<std::string> notes = {});

}  // namespace moe
}  // namespace dg::viz
