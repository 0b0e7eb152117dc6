// Scene fp8: numbers in eight bits, on tensors of the live model. What its files share.
//   fp8.cpp             parameters, measuring, actions, titles
//   fp8_observe.cpp     observables
//   fp8_line.cpp        histogram on the format's number line
//   fp8_map.cpp         the same matrix stored in two ways, with what was lost; one cell step by step
//   fp8_sweep.cpp       the range sweep: numbers fall off both ends
//   fp8_accumulate.cpp  long sums in a short accumulator
//   fp8_layers.cpp      error from layer to layer, and the first other choice
//   fp8_gate.cpp        the router quantised as well
//   fp8_outlier.cpp     one channel made louder and louder: loss of the model, error of one product
#pragma once

#include "sim/fp8_lab/accumulate.h"
#include "sim/fp8_lab/layers.h"
#include "sim/fp8_lab/outlier.h"
#include "sim/fp8_lab/schemes.h"
#include "viz/scenes/float_bits.h"
#include "viz/scenes/scene.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace dg::viz::fp8_page {

namespace lab = dg::sim::fp8_lab;

enum class Mode { kMap, kSweep, kAccumulate, kLayers, kGate, kOutlier };

/// One format of mode layers.
struct Policy {
    std::string name;  // as --numerics writes it
    lab::LayerErrors errors;
    std::vector<std::int32_t> text;   // greedy continuation
    std::int64_t first_differs = -1;  // token of it that f32 would not have written; -1 = none
};

/// Flips of one layer over all documents.
struct GateLayer {
    std::int64_t layer = 0, tokens = 0, changed = 0;
    std::vector<int> first;  // by token of the first text: experts that differ
};

struct Data : SceneData {
    Mode mode = Mode::kMap;
    std::shared_ptr<const LoadedModel> model;  // nullptr: the sine example
    std::shared_ptr<Trace> run;                // own tape: the model's pass, then the stored matrices
    std::string prompt, tensor;                // tensor: full name
    std::uint64_t seed = 1;

    // mode map
    std::array<lab::Stored, 2> stored;         // a and b
    std::optional<lab::Outlier> outlier;
    std::array<std::vector<float>, 2> log_x, log_scale;  // log2 |x| (-inf for 0) and log2 of its scale, by cell
    double top = 1;                            // largest |x| but for the outlier: end of the colour scale
    std::int64_t rows = 0, cols = 0, first_row = 0, shown_rows = 0, first_col = 0, shown_cols = 0;
    std::array<std::int64_t, 2> focus = {0, 0};  // the cell explained when none is pointed at

    // mode sweep
    std::vector<lab::RangeLoss> sweep;
    dg::fp8::Format format = dg::fp8::Format::kE4M3;
    int shift = 0;

    // mode accumulate
    lab::AccumulateRecipe sum_recipe;
    std::vector<lab::AccumulatePoint> sums;

    // mode layers
    std::vector<Policy> policies;
    std::vector<std::int32_t> reference_text;
    std::vector<std::string> followed;

    // mode gate
    std::vector<GateLayer> gates;
    std::vector<std::string> gate_tokens;  // of the first text
    int documents = 0;

    // mode outlier
    std::vector<std::string> formats;       // of the losses
    std::vector<lab::ChannelLoss> channel;  // by factor
    std::int64_t loud = 0;                  // the channel

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return model ? model->model.hash : ""; }

    [[nodiscard]] const Tensor<float>& value(const std::string& name) const { return run->tape.value(run->tape.find(name)); }
};

enum Stage { kValues, kScale, kRound, kCompare };

/// How far a stage has come: 0 before it, 1 after it, eased.
double done(const View& view, Stage stage);

/// "one scale for the tensor", "1 × 32 tiles": what a way of storing is called.
std::string scheme_text(Lang lang, const lab::Storage& how);
/// Ends of a stored format's number line: at or below `low` becomes zero, above `high` overflows; `largest` is the largest number.
struct Ends {
    double low = 0, high = 0, largest = 0, smallest = 0;
    std::vector<double> codes;  // all positive numbers of the format that fit on the page
    std::string name;
};
Ends ends_of(const lab::Stored& stored);
Ends ends_of(const dg::fp8::FormatInfo& format);
double log2_of(double v);

/// The number line with a histogram of log2 |x| - shift * log2 s over it. `fallen`: how far the lost ones have been marked.
struct LinePicture {
    const Ends* ends = nullptr;
    std::span<const float> log_x = {}, log_scale = {};
    double scaled = 1, fallen = 1;
    double offset = 0;        // added to every log2
    bool covered = false;
    std::string lost_low = {}, lost_high = {};  // labels at the ends
    std::span<const float> other_x = {}, other_scale = {};  // outline of a second way; empty: none
    double other = 0;         // how visible it is
};
void draw_line(Canvas& canvas, const View& view, const Theme& t, Rect area, const LinePicture& picture);

void draw_map_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_cell_panel(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_sweep_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_accumulate_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_layers_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_gate_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_outlier_page(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);

std::vector<Observation> observe(const SceneData& data);
PageText words(const Data& data, const View& view);

}  // namespace dg::viz::fp8_page
