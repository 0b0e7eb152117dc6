// Scene "model-map": the whole model at true relative scale. Far: DeepSeek-V3 and the running model as walls of columns,
// one for each layer, height = weights; middle: the matrices of one layer at one scale; near: one matrix; map: both models in one
// picture, magnified without steps from all of V3 to single weights of the running model. Every count comes
// from a config through the calculator below. Clicking a part opens its scene.
#pragma once

#include "viz/scenes/strips.h"

#include <map>
#include <string>
#include <vector>

namespace dg::viz {

Scene model_map_scene();

namespace model_map {

enum Stage { kEmbed, kDense, kMoe, kUnembed };

/// A weight matrix (or a vector) of a layer.
struct Part {
    std::string name;   // within the layer: "self_attn.q_a_proj.weight"
    std::string group;  // attention, dense, router, expert, shared, norm, embedding, head, mtp
    std::int64_t rows = 0, cols = 1;
    std::int64_t expert = -1;

    [[nodiscard]] std::int64_t weights() const { return rows * cols; }
};

struct LayerParts {
    bool moe = false;
    std::int64_t attention = 0, dense = 0, router = 0, shared = 0, expert = 0, norms = 0;  // expert: one of them
    std::int64_t experts = 0, chosen = 0;  // how many there are, how many a token uses

    [[nodiscard]] std::int64_t total() const { return attention + dense + router + shared + norms + expert * experts; }

    /// Used by one token.
    [[nodiscard]] std::int64_t awake() const { return attention + dense + router + shared + norms + expert * chosen; }
};

/// The calculator: every weight that the config demands, by layer and kind.
struct Parts {
    Config config;
    std::vector<LayerParts> layers;
    std::int64_t embedding = 0, head = 0, final_norm = 0, mtp = 0;

    [[nodiscard]] std::int64_t total() const;
    /// As published for V3: with the head, without the embedding table.
    [[nodiscard]] std::int64_t awake() const;
    [[nodiscard]] std::int64_t of(std::int64_t LayerParts::* kind) const;
    [[nodiscard]] std::int64_t experts() const;
    [[nodiscard]] std::int64_t largest_layer() const;
};

Parts count_parts(const Config& config);
/// The weights of one layer in file order; experts after the first one are left out (they are alike).
std::vector<Part> parts_of_layer(const Config& config, std::int64_t layer);

/// One matrix made small: the value of largest size in each block.
struct Picture {
    std::string name;
    std::int64_t rows = 0, cols = 0, shown_rows = 0, shown_cols = 0, block_rows = 1, block_cols = 1;
    std::vector<float> cells;
    double limit = 0;
};

struct Data final : SceneData {
    std::shared_ptr<const Trace> run;
    Parts small, big;  // the running model, DeepSeek-V3
    std::vector<std::string> labels;
    std::int64_t layer = 0, position = 0;
    bool of_big = false;
    std::string zoom, model_name, small_name;
    std::vector<Part> inside;                        // of the opened layer
    std::vector<std::vector<std::int64_t>> awake;    // [layer] experts of this token, running model
    Picture picture;                                 // zoom near, running model only
    double scale = 0, at_x = 0.5, at_y = 0.5;        // zoom=map: magnification 2^scale, its centre as shares of the world
    std::vector<Part> big_dense, big_moe, small_dense, small_moe;  // zoom=map: parts of a layer of each kind
    std::map<std::string, double> limits;            // zoom=map: largest |weight| of every matrix of the running model

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return run->model->model.hash; }

    [[nodiscard]] const Parts& shown() const { return of_big ? big : small; }
};

/// total awake awake_with_embedding attention attention_share experts_share dense embedding_head mtp layers dense_layers
/// moe_layers experts_per_layer chosen; the same with big_ for V3; gpt_attention_share gpt_ffn_share (4 d^2 + 8 d^2).
std::vector<Observation> observe(const SceneData& data);

double done(const View& view, Stage stage);
/// The scene that shows a kind of part.
std::string opens(const Data& data, const std::string& group, std::int64_t layer);

void draw_far(Canvas& canvas, const Data& data, const View& view);
void draw_middle(Canvas& canvas, const Data& data, const View& view);
void draw_near(Canvas& canvas, const Data& data, const View& view);
void draw_zoom(Canvas& canvas, const Data& data, const View& view);
/// "wheel STEPS FX FY ASPECT": half a power of two a step, about the point at these shares of the picture. "pan DX DY ASPECT":
/// moved by these shares of the picture. "goto v3|model [LAYER]": the model, or one layer, fills the picture.
std::map<std::string, std::string> act_zoom(const SceneData& data, const Params& params, std::string_view action);

}  // namespace model_map
}  // namespace dg::viz
