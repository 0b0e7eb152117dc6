// Scene "embedding": from a token id to a vector, and what the vectors mean: the lookup as a product with a one-hot vector
// (show=lookup), the table as a map (map), nearest rows before and after training (neighbours), the prompt's vectors on
// their way through the layers (stream), the table's rows on their way through the training (training), one word in several senses parting from layer to layer (senses), and the table's
// share of a real model (size).
#pragma once

#include "sim/pca.h"
#include "viz/scenes/strips.h"

#include <array>
#include <string>
#include <vector>

namespace dg::viz {

Scene embedding_scene();

namespace embedding {

enum Stage { kOneHot, kMultiply, kRow, kLayers };

struct Point {
    double x = 0, y = 0;
};

struct Neighbour {
    std::int32_t id = 0;
    double cosine = 0;
};

/// How alike the rows of related words are, and of unrelated ones.
struct Kinship {
    double same = 0, other = 0;  // mean cosine of pairs of one kind, of two kinds
    std::int64_t same_pairs = 0, other_pairs = 0;
};

/// A vector followed through the layers.
struct Trail {
    std::string name;    // sense or token
    std::string before;  // the text before the word, the word, the text after
    std::string word, after;
    std::shared_ptr<const Trace> run;
    std::int64_t row = 0;
    std::vector<Point> points;  // embedding, then after every layer
};

struct Senses {
    std::vector<Trail> trails;
    std::vector<std::array<int, 2>> pairs;
    std::vector<std::vector<double>> cosine;  // [pair][depth]
    std::vector<double> accuracy;             // [depth]: nearest class mean, on contexts held out of training
    std::int64_t taught = 0, asked = 0;       // contexts behind the means, contexts tested
};

struct MapPoint {
    std::int32_t id = 0;
    int kind = -1;  // index into kinds; -1 = other
    Point at;
};

struct Data final : SceneData {
    std::string show;
    std::shared_ptr<const LoadedModel> model, fresh;
    std::shared_ptr<const Trace> run;
    std::vector<std::string> labels;
    std::int64_t position = 0, depth = 0, layers = 0;
    std::int32_t id = 0;
    double difference = 0;             // of the product with the one-hot vector and the row
    std::int32_t word = 0;             // neighbours
    std::vector<Neighbour> near, near_fresh;
    Kinship kin, kin_fresh;
    std::vector<std::string> kinds;    // names of word kinds
    std::vector<MapPoint> map;
    std::vector<double> share;         // of the variance on the two axes of map, stream or senses
    std::vector<Trail> stream;         // of the prompt; show=training: of words, through the training
    std::vector<int> trail_kinds;      // show=training: index into kinds
    std::vector<double> steps;         // show=training: of the points
    std::string records_hash;
    Senses senses;
    std::size_t pick = 0;              // trail whose vector is written out
    Config small, big;                 // big: DeepSeek-V3 as published

    [[nodiscard]] const Trace* trace() const override;

    [[nodiscard]] std::string model_hash() const override { return model->model.hash; }

    [[nodiscard]] const Tensor<float>& table() const { return model->model.weights.at("model.embed_tokens.weight"); }

    [[nodiscard]] std::string label(std::int32_t token) const;
};

/// Tensor of the stream at a depth: 0 the embedding, d after layer d - 1.
std::string stream_name(std::int64_t depth);

/// V d multiply_adds parameters difference share big_share big_parameters; neighbours: near[token], same_kind other_kind
/// fresh_same_kind fresh_other_kind; senses: cosine[pair,depth] cosine_max[depth] accuracy[depth] senses; map, stream:
/// variance[axis].
std::vector<Observation> observe(const SceneData& data);

Result<void> measure_neighbours(Data& data, const std::string& word);
Result<void> measure_map(Data& data);
Result<void> measure_stream(Data& data);
/// Records of sim embedding-trails for the model variant-mla. Error codes: those of sim::read_records, embedding_trails (a
/// word of the model without its points).
Result<void> measure_training(Data& data, const Session& session);
Result<void> measure_senses(Data& data, const std::string& word, Session& session, const std::string& model, const Progress& progress);

double done(const View& view, Stage stage);
/// How deep the vectors have come: 0 .. data.depth.
double depth_at(const Data& data, const View& view);

void draw_lookup(Canvas& canvas, const Data& data, const View& view);
void draw_map(Canvas& canvas, const Data& data, const View& view);
void draw_neighbours(Canvas& canvas, const Data& data, const View& view);
void draw_stream(Canvas& canvas, const Data& data, const View& view);
void draw_training(Canvas& canvas, const Data& data, const View& view);
void draw_senses(Canvas& canvas, const Data& data, const View& view);
void draw_size(Canvas& canvas, const Data& data, const View& view);

}  // namespace embedding
}  // namespace dg::viz
