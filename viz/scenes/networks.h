// Scene networks: how information flows in CNN, RNN and Transformer. What its files share.
//   networks.cpp        parameters, measuring, observables
//   networks_words.cpp  titles and notes
//   networks_flow.cpp   the wiring with measured gradients; one CNN grown layer by layer
//   networks_plots.cpp  gradient against distance, training, cost, strokes
//   networks_time.cpp   what waits for what
#pragma once

#include "sim/networks/recording.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace dg::viz::networks {

namespace net = sim::networks;

enum class Mode { kFlow, kReach, kGradient, kTimeline, kTrain, kCost, kStrokes };

/// One network at one length.
struct Shown {
    net::Dims dims;
    std::int64_t parameters = 0;
    net::Cost cost;
    std::vector<std::vector<double>> gradient;  // [row][place], see gradient_rows
    double p = 0;                               // probability of the right symbol
    std::vector<double> by_distance;            // |d out_n / d x_1| at Data::distances
};

struct Data : SceneData {
    Mode mode = Mode::kFlow;
    std::int64_t n = 8, layers = 6, to = 1024, seed = 1;
    bool trained = false;  // networks of the shipped recording
    bool live = false;     // records made just now
    std::array<Shown, 3> nets;
    std::vector<std::int64_t> symbols;    // the sequence
    std::vector<std::int64_t> distances;  // of by_distance
    std::vector<float> attention;         // last row, mean over heads
    sim::Records records;                 // kTrain, kStrokes
    std::int64_t tests = 0;               // fresh samples per measurement
    std::string hash;
    std::array<std::int64_t, 3> trained_at = {8, 32, 128};
    std::array<std::int64_t, 2> stroke_parameters = {};
    std::vector<Tensor<float>> pictures;  // kStrokes
    std::shared_ptr<Trace> recorded;

    [[nodiscard]] const Trace* trace() const override { return recorded.get(); }

    [[nodiscard]] std::string model_hash() const override { return hash; }

    /// Number of places from which anything arrives.
    [[nodiscard]] std::int64_t reach(std::size_t net) const;
    /// The last row's value in a column of the records; NaN without.
    [[nodiscard]] double last(const std::string& column) const;
};

enum Stage { kWiring, kSpread, kAnswer };

/// 0 before a stage, 1 after it, eased. Covered: results stay at 0.
double done(const View& view, Stage stage);
Color color_of(const Theme& t, net::Kind kind);
std::string name_of(Lang lang, net::Kind kind);
PageText words(const Data& data, const View& view);

void draw_flow(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_reach(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_gradient(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_timeline(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_training(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_cost(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_strokes(Canvas& canvas, const Data& data, const View& view, Rect area);

}  // namespace dg::viz::networks
