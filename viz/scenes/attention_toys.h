// The pages of scene attention that need less than a trained head: show=hand, a head whose queries and keys are set by hand on
// the lecture's eight words; show=lecture, the lecture's printed table and its column sums; show=spread, products of random
// vectors before and after the scale; show=pick, one recorded row replaced by a one-hot row; show=cost, how much of the work
// the scores are.
#pragma once

#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace dg::viz::attention::toys {

inline constexpr std::array<std::string_view, 8> kWords = {"a", "fluffy", "blue", "creature", "roamed", "the", "verdant", "forest"};

/// Products of random vectors of one width, and how uneven softmax makes groups of eight of them.
struct Spread {
    std::int64_t width = 0, pairs = 0;
    std::uint64_t seed = 0;
    std::vector<double> raw;                           // q.k
    double variance_raw = 0, variance_scaled = 0;
    double top_raw = 0, top_scaled = 0;                // mean largest weight over groups of eight
};

struct Data final : SceneData {
    std::string show;
    std::shared_ptr<const Trace> run;                  // hand: without a model; pick: the model's, with pick.* added
    std::vector<double> printed, corrected;            // show=lecture, [8][8], rows keys, columns queries
    Spread spread;
    std::vector<std::string> labels;                   // show=pick
    std::int64_t position = 0, key = 0, head = 0, layer = 0;
    std::vector<float> value, output;                  // show=pick: V of the key, what the mix gives
    double difference = 0;
    std::string prefix, value_name;
    std::int64_t hidden = 0, length = 0;               // show=cost

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return run && run->model ? run->model->model.hash : ""; }
};

/// True for the pages of this file.
bool is_toy(std::string_view show);
/// Error codes: cancelled, attention_layer, attention_head, attention_position, attention_key, those of Session::trace.
Result<std::shared_ptr<const SceneData>> compute(Session& session, const Params& params, const Progress& progress);
/// hand: weight[query,key] row_sum[query] by word; lecture: column_sum[word] corrected_sum[word]; spread: variance_before
/// variance_after top_before top_after; pick: output_difference value[i] output[i]; cost: share scores_flops matrix_flops
/// even_at.
std::vector<Observation> observe(const Data& data);
void draw(Canvas& canvas, const Data& data, const View& view);

/// Share of a layer's work that is scores and mixing: n / (n + 6 d), all n^2 pairs counted.
double score_share(double n, double d);

void draw_hand(Canvas& canvas, const Data& data, const View& view);
void draw_lecture(Canvas& canvas, const Data& data, const View& view);
void draw_spread(Canvas& canvas, const Data& data, const View& view);
void draw_pick(Canvas& canvas, const Data& data, const View& view);
void draw_cost(Canvas& canvas, const Data& data, const View& view);

}  // namespace dg::viz::attention::toys
