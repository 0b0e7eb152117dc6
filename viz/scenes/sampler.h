// Scene sampler: from scores to one token in five stages. What its files share.
//   sampler.cpp        parameters, measuring, observables, actions
//   sampler_table.cpp  the columns: logits, / T, softmax, keep
//   sampler_strip.cpp  the strip of kept probability, ribbons, die
//   sampler_panel.cpp  temperature, top-k and top-p at the foot
#pragma once

#include "engine/model/sampler.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <memory>
#include <string>
#include <vector>

namespace dg::viz::sampler {

/// Probabilities of the likeliest tokens at a landmark of the temperature slider.
struct Landmark {
    double temperature = 1;
    std::vector<double> probs = {};  // falling
};

/// How often four tokens in a row repeat earlier ones, over generated texts.
struct Repetition {
    int texts = 0, tokens = 0;
    double greedy = 0, sampled = 0;  // share of 4-grams already seen in the same text
};

struct Data : SceneData {
    std::shared_ptr<const LoadedModel> model;  // nullptr: logits typed in
    std::shared_ptr<const Trace> recorded;     // nullptr: logits typed in
    std::string prompt;
    SampleSettings settings;
    SampleStages stages;
    std::uint64_t seed = 1;
    double u = 0;               // the die
    std::int32_t chosen = 0;    // token it hits
    std::vector<std::int64_t> tally;  // by token, empty without rolls
    std::int64_t rolls = 0;
    std::vector<Landmark> landmarks;
    Repetition repetition;

    [[nodiscard]] const Trace* trace() const override { return recorded.get(); }

    [[nodiscard]] std::string model_hash() const override { return model ? model->model.hash : ""; }

    /// For display: the token's label; typed logits are A, B, C ...
    [[nodiscard]] std::string label(std::int32_t id) const;
    /// Among the observables: the token's text; typed logits by number from 0.
    [[nodiscard]] std::string name(std::int32_t id) const;
};

enum Stage { kLogits, kScale, kSoftmax, kKeep, kRoll };

/// How far a stage has come: 0 before it, 1 after it, eased.
double done(const View& view, Stage stage);

/// A row of the table; rank -1: all others together.
struct Row {
    std::int64_t rank = -1;
    std::int32_t id = -1;
    std::string label = {};
    double logit = 0, scaled = 0, p = 0, kept = 0, frequency = 0;
    bool cut = false;    // nothing of it is kept
    bool chosen = false;
};

/// The likeliest tokens and the others.
std::vector<Row> rows_of(const Data& data, const View& view, std::size_t most);

/// Where everything stands.
struct Layout {
    Rect table;                 // all rows
    float pitch = 0, label_right = 0, column_w = 0;
    std::vector<float> columns;  // left ends, Stage order without kRoll; projector: without kLogits
    Rect strip;
    float die_x = 0, die = 0;
    Rect panel;
    bool merged = false;         // logits and / T in one column

    [[nodiscard]] float row_y(std::size_t i) const { return table.y + pitch * static_cast<float>(i); }

    /// Left end of a column.
    [[nodiscard]] float column(Stage stage) const { return columns.at(static_cast<std::size_t>(stage) - (merged ? 1U : 0U)); }
};

Color bar_color(const Theme& t, double p);
/// 0.768, "<0.001" for what is not nothing.
std::string share_text(double p);
Color faded(const Theme& t, Color c, double alpha);
/// The size of `style`, or down to seven tenths of it so that the text fits.
float fit_size(const Canvas& canvas, std::string_view text, const TextStyle& style, float width);

void draw_table(Canvas& canvas, const Data& data, const View& view, const Layout& layout, const std::vector<Row>& rows);
void draw_strip(Canvas& canvas, const Data& data, const View& view, const Layout& layout, const std::vector<Row>& rows);
void draw_panel(Canvas& canvas, const Data& data, const View& view, const Layout& layout);

}  // namespace dg::viz::sampler
