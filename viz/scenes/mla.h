// Scene "mla": latent attention of one layer. show=flow: hidden state squeezed into the cached latent and rebuilt into keys
// and values, the rotary lane apart, naive and absorbed outputs compared; show=cache: cached bytes of MHA, GQA, MQA and MLA
// from one calculator; show=growth: the cache as it fills token by token; show=rank: the joint map to K and V cut to a lower
// rank and the loss that costs; show=rotate: what goes wrong when rotation passes through the latent; show=variants: four
// models trained alike, MHA, GQA, MQA, MLA, with loss, bytes and parameters.
#pragma once

#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dg::viz {

Scene mla_scene();

namespace mla {

enum Stage { kCompress, kRotary, kRebuild, kScore, kMix };

/// One attention scheme's cache, from Config::cache_elements.
struct CacheRow {
    std::string id;                 // "MHA", "GQA", "MLA", "MQA", "naive"
    std::int64_t groups = 0;        // key-value heads, 0 for MLA
    std::int64_t per_layer = 0;     // numbers per token and layer
    double bytes = 0;               // per token, all layers, BF16
    double total = 0;               // bytes for the whole context
};

/// A number of a paper beside what is computed.
struct Published {
    std::string name, index;
    double value = 0;
    std::string source;
};

struct RankPoint {
    std::int64_t rank = 0;
    double error = 0;  // relative, mean over the layers
    double loss = 0;   // nats per token
};

/// A trained attention variant: assets/models/variant-*.
struct Variant {
    std::string id = {}, hash = {};       // "MHA", ...
    std::int64_t groups = 0, parameters = 0, per_layer = 0, layers = 0, documents = 0, steps = 0, tokens = 0;
    double bytes = 0;                     // cached per token, BF16
    double loss = 0, over_entropy = 0;    // held-out nats per token; times the entropy of the grammar
    std::vector<double> train_tokens = {}, train_loss = {};  // smoothed
};

/// Two ways of one computation.
struct Pair {
    std::vector<float> naive, absorbed;  // [T,T] weights
    double difference = 0;               // largest of the weights
    double output = 0;                   // largest of the head's outputs
};

struct Data final : SceneData {
    std::string show;
    bool absorbed = false;
    std::shared_ptr<const LoadedModel> model;
    std::shared_ptr<const Trace> run;
    std::vector<std::string> labels;
    std::int64_t layer = 0, position = 0, head = 0, tokens = 0;
    double layer_difference = 0, logit_difference = 0;  // naive against absorbed
    std::vector<CacheRow> caches;
    std::vector<Published> published;
    std::string shape;             // "v3" or "model"
    std::int64_t layers = 0, heads = 0, context = 0;
    std::vector<RankPoint> ranks;
    std::int64_t full_rank = 0, rank = 0;
    std::int64_t rank_documents = 0;
    Pair inside, separate;         // show=rotate
    std::int64_t projected_without = 0, projected_with = 0;  // rows of K and V computed while writing, show=growth
    double cache_difference = 0;
    std::vector<Variant> variants;  // show=variants

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return model ? model->model.hash : ""; }

    [[nodiscard]] const Config& config() const { return model->model.config; }

    [[nodiscard]] std::string prefix() const;
    /// A tensor of this layer's attention, or of the whole tape when it starts with "/".
    [[nodiscard]] const Tensor<float>& at(const std::string& name) const;
};

std::vector<Observation> observe(const SceneData& data);

Result<void> measure_flow(Data& d, Session& session, const Params& params);
Result<void> measure_growth(Data& d, Session& session, const Params& params, const Progress& progress);
Result<void> measure_rank(Data& d, const Params& params, const Progress& progress);
void measure_rotate(Data& d);
/// Error codes: those of Session::model and read_curves, mla_variant_card.
Result<void> measure_variants(Data& d, Session& session, const Progress& progress);
void observe_variants(const Data& d, std::vector<Observation>& out);
/// Error codes: those of published_v3.
Result<void> measure_caches(Data& d, const Session& session, const Params& params);

double done(const View& view, Stage stage);
PageText page(const Data& d, const View& view, std::string title, std::string subtitle, std::vector<std::string> notes = {});

void draw_flow(Canvas& canvas, const Data& d, const View& view);
void draw_cache(Canvas& canvas, const Data& d, const View& view);
void draw_growth(Canvas& canvas, const Data& d, const View& view);
void draw_rank(Canvas& canvas, const Data& d, const View& view);
void draw_rotate(Canvas& canvas, const Data& d, const View& view);
void draw_variants(Canvas& canvas, const Data& d, const View& view);
/// Bars of bytes per token beside the hourglass; returns the y below.
float draw_cache_bars(Canvas& canvas, const Data& d, const View& view, Rect place, float bar_height);

/// A vector as a row of equal cells shaded with one role's hue by |value|; cells are regions of `first`'s tensor, whose last
/// index grows along it. More values than pixels: the largest of each block is drawn, without regions.
struct CellStrip {
    Rect rect = {};
    std::span<const float> values = {};
    double limit = 0;  // full shade; 0 = the strip's own largest
    Color fill = {};
    CellRef first = {};
    double shown = 1;
    bool outline = false;   // "never built": dashed, empty
    bool diverging = false; // signed map instead of one hue
};
void draw_cells(Canvas& canvas, const View& view, const CellStrip& strip);
/// A weight matrix as a heat-map, down-sampled to at most 2,048 cells; returns the block side (1 = every weight).
std::int64_t draw_matrix(Canvas& canvas, const View& view, Rect rect, const Tensor<float>& w, std::int64_t first_row, std::int64_t rows,
                         const std::string& name);

}  // namespace mla
}  // namespace dg::viz
