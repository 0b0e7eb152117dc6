// Scene "rope": position as rotation of pairs (show=rotate), only the distance counts (shift), attention without position
// is a bag of words (shuffle), how YaRN stretches the slow pairs (yarn). Rotations are the engine's own op.
#pragma once

#include "viz/scenes/strips.h"

#include <string>
#include <vector>

namespace dg::viz {

Scene rope_scene();

namespace rope {

enum Stage { kPairs, kTurn, kScore };

/// One pair of the rotary lane: the query's and the key's part, before and after rotation.
struct Pair {
    double frequency = 0;
    Vec2 q, k, q_turned, k_turned;
    double product = 0;  // of the turned ones: what the pair adds to the score
};

struct Shuffle {
    double with = 0, without = 0;  // largest change of the last token's output, relative to its largest entry
    std::vector<std::string> order;
};

/// Wavelengths in tokens, 2 pi / f_j, as trained and stretched.
struct Stretch {
    std::vector<double> plain, stretched;
    double factor = 1, mscale = 1, original = 0, longest = 0;
};

struct Data final : SceneData {
    std::shared_ptr<const Trace> run;
    std::vector<std::string> labels;
    std::int64_t layer = 0, head = 0, query = 0, key = 0, shift = 0;
    std::string show, prefix;
    std::string q_name, k_name;  // on the tape: "q_pe", "k_pe" (MLA) or "q", "k"
    std::vector<Pair> pairs, moved;  // at (m, n) and at (m + shift, n + shift)
    double score = 0, moved_score = 0;  // sums of the products
    double content = 0, full = 0, scale = 1;  // the tape's score = scale * (content + rotary)
    std::vector<double> by_distance;  // rotary score of the same q and k, d tokens apart
    Shuffle shuffle;
    Stretch stretch;                  // of DeepSeek-V3's config

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return run->model->model.hash; }
};

/// score moved_score shift_difference content rotary full frequency[j] product[j]; shuffle: change_with change_without;
/// yarn: yarn_factor yarn_mscale plain[j] stretched[j] kept (pairs unchanged) divided (pairs divided by the factor).
std::vector<Observation> observe(const SceneData& data);

double done(const View& view, Stage stage);

void draw_rotate(Canvas& canvas, const Data& data, const View& view);
void draw_shift(Canvas& canvas, const Data& data, const View& view);
void draw_shuffle(Canvas& canvas, const Data& data, const View& view);
void draw_yarn(Canvas& canvas, const Data& data, const View& view);

}  // namespace rope
}  // namespace dg::viz
