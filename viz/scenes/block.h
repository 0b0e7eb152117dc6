// Scene "block": one transformer block as data flow on the residual stream (show=flow), each of its operations with its
// real operands (show=steps), the stream read through norm and head after every sub-layer (show=lens), what an edited
// token changes in each sub-layer (show=isolate), which MLP neurons a continuation rests on (show=neurons), and what
// every position predicts (show=positions). Numbers are the tape's; experiments run the engine again.
#pragma once

#include "viz/scenes/strips.h"

#include <string>
#include <vector>

namespace dg::viz {

Scene block_scene();

namespace block {

enum Stage { kNorm, kAttend, kAdd, kNorm2, kFeed, kAdd2 };

/// The stream at one place, read by the head.
struct Reading {
    std::string tensor;  // of the stream: "embed", "layers.3.attn.residual", "layers.3.out"
    std::int64_t layer = -1;
    bool middle = false;  // after attention; else after the whole layer (or the embedding, layer -1)
    std::vector<std::int32_t> top = {};  // likeliest tokens, most likely first
    double p_target = 0, entropy = 0, length = 0;
    std::int64_t rank_target = 1;
    double added = 0, cosine = 0;  // of the sub-layer that led here: length of what it added, its angle to the stream

    [[nodiscard]] std::string probs() const { return "lens." + tensor + ".probs"; }
};

/// show=isolate: the same sub-layers with one row of their input taken from another text.
struct Isolation {
    std::int64_t edited = -1;
    std::string from, to;  // labels of the token before and after
    std::vector<double> attention, feed_forward;  // largest change of the output at each token
};

/// A hidden unit of an MLP: layer, expert (-1 dense, -2 shared), index.
struct Neuron {
    std::int64_t layer = 0, expert = -1, unit = 0;
    double activation = 0, share = 0;  // share: what it adds to the target's logit above the mean token's
};

struct NeuronTest {
    std::vector<Neuron> best;
    double p = 0, p_without_best = 0;
    std::vector<double> p_without_random;  // one per draw
    std::int64_t active = 0;               // units in use at this position

    [[nodiscard]] double p_random() const;
};

struct Data final : SceneData {
    std::shared_ptr<const Trace> run;
    std::vector<std::string> labels;
    std::int64_t layer = 0, layers = 0, position = 0, tokens = 0, heads = 0;
    bool moe = false;
    std::int32_t target = 0;       // token whose probability is followed
    bool target_given = false;     // by the parameter watch; else the model's own first choice
    std::vector<Reading> readings; // embedding first
    std::vector<double> next_p;    // P of the token that really follows each position
    double last_only_difference = 0;
    Isolation isolation;
    NeuronTest neurons;

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return run->model->model.hash; }

    [[nodiscard]] std::string label(std::int32_t id) const;
    [[nodiscard]] const Tensor<float>& at(const std::string& name) const;
    /// Row of this position of a [1,T,..] tensor: all its values.
    [[nodiscard]] std::span<const float> row(const std::string& name) const { return row(name, position); }

    [[nodiscard]] std::span<const float> row(const std::string& name, std::int64_t t) const;
    /// "layers.3." + rest
    [[nodiscard]] std::string own(std::string_view rest) const;
    /// The stream that enters the block.
    [[nodiscard]] std::string entering() const;
    [[nodiscard]] float prob(const Reading& r, std::int32_t id) const { return row(r.probs())[static_cast<std::size_t>(id)]; }

    [[nodiscard]] const Reading& before() const { return readings[static_cast<std::size_t>(2 * layer)]; }

    [[nodiscard]] const Reading& middle() const { return readings[static_cast<std::size_t>(2 * layer + 1)]; }

    [[nodiscard]] const Reading& after() const { return readings[static_cast<std::size_t>(2 * layer + 2)]; }
};

/// What a MoE layer did with this token: the chosen experts by falling weight.
struct Choice {
    std::int64_t expert = 0, slot = 0;
    double weight = 0;
    std::int64_t row = 0;  // of this token in the expert's gathered rows
};
std::vector<Choice> choices_of(const Data& data);

/// Which of the costly experiments to run.
struct Wanted {
    std::int64_t layer = 3, position = -1;
    std::string watch = {};
    bool isolate = false, neurons = false;
    std::int64_t edit = 0;
    std::string replace = {};
    std::uint64_t seed = 1;
};

/// `run` must hold lens.*. Error codes: block_layer, block_position, block_edit, block_watch (no token), cancelled.
Result<std::shared_ptr<const Data>> make_data(std::shared_ptr<const Trace> run, const Wanted& wanted, const Progress& progress);
Result<void> measure_isolation(Data& data, std::int64_t edit, const std::string& replace);
Result<void> measure_neurons(Data& data, std::uint64_t seed, const Progress& progress);

/// layers tokens position; of the stream after every sub-layer (index 0, 0a, 1, ..: "e" embedding, "2a" after attention
/// of layer 2, "2" after layer 2): p rank entropy length added cosine; rms1 rms2 gain; next_p[t] last_only_difference;
/// isolate: attention_change[t] mlp_change[t] edited; neurons: p_full p_without_best p_without_random[i] ...
std::vector<Observation> observe(const SceneData& data);

/// How far each stage has come, 0 .. 1, eased.
double done(const View& view, Stage stage);
/// "after layer 2", short.
std::string place_name(Lang lang, const Reading& r);
PageText words(const Data& data, const View& view, const std::string& show);

void draw_flow(Canvas& canvas, const Data& data, const View& view);
void draw_steps(Canvas& canvas, const Data& data, const View& view);
void draw_lens(Canvas& canvas, const Data& data, const View& view);
void draw_isolation(Canvas& canvas, const Data& data, const View& view);
void draw_neurons(Canvas& canvas, const Data& data, const View& view);
void draw_positions(Canvas& canvas, const Data& data, const View& view);

/// Cards along the stream with the open block's frame; returns where the wires of the block hang and the y below.
struct StreamPlaces {
    float y = 0, bottom = 0;
    float tap1 = 0, add1 = 0, tap2 = 0, add2 = 0;
};
StreamPlaces draw_stream(Canvas& canvas, const Data& data, const View& view, Rect area);

/// The two branches below the stream; each returns nothing, wires are drawn inside.
struct Branch {
    Rect area = {};
    float in = 0, out = 0;  // x of the wire down and the wire up
    double moved = 0;       // progress of the branch, 0 .. 1
    double normed = 0;
};
void draw_attention_branch(Canvas& canvas, const Data& data, const View& view, const Branch& branch);
void draw_feed_branch(Canvas& canvas, const Data& data, const View& view, const Branch& branch);

}  // namespace block
}  // namespace dg::viz
