// Scene "attention": one head of one layer on a prompt, as a map of all query-key pairs (show=map)
// or one query through all its stages (show=row). The numbers are those of the tape; products of
// pairs that the mask hides are summed from the recorded q and k (engine/ops/score_parts.h),
// because the model never computes them.
#pragma once

#include "engine/ops/score_parts.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dg::viz {

Scene attention_scene();

namespace attention {

enum Stage { kScore, kScale, kMask, kSoftmax, kMix };

/// What the scene shows. Token t, key u and head h count from 0.
struct Data final : SceneData {
    std::shared_ptr<const Trace> run;
    std::vector<std::string> labels;  // of the tokens, spaces as ␣
    std::int64_t layer = 0, head = 0, query = 0, tokens = 0, heads = 0, layers = 0;
    double scale = 1;
    bool plain_scale = true;  // scale is 1 / sqrt(width), no YaRN factor
    std::string prefix;       // "layers.3.attn."
    const Tensor<float>*scores = nullptr, *probs = nullptr, *values = nullptr, *context = nullptr;
    const Tensor<float>*q = nullptr, *k = nullptr, *q_pe = nullptr,
          *k_pe = nullptr;  // pe: nullptr without rotary lanes
    std::string q_name, k_name,
        v_name;  // of q, k and v on the tape: "q_nope", "k_nope", "v" or "q", "k", "v_unrotated"
    std::vector<ops::ScoreParts> parts;  // [T, T] of `head`, masked pairs too
    double raw_limit = 0;                // largest finite |q.k| of `head`
    std::int64_t thumb_cells = 0, thumb_block = 1;
    std::vector<float>
        thumbs;  // [heads, thumb_cells, thumb_cells]: maxima of block x block weights; masked -1

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return run->model->model.hash; }

    /// Weight of the tape.
    [[nodiscard]] float weight(std::int64_t h, std::int64_t t, std::int64_t u) const {
        return (*probs)[(h * tokens + t) * tokens + u];
    }

    /// q.k: the tape's score without its scale; of a masked pair the sum of the recorded products.
    [[nodiscard]] double raw(std::int64_t t, std::int64_t u) const;
    /// The tape's score; of a masked pair what it would be.
    [[nodiscard]] double scaled(std::int64_t t, std::int64_t u) const;

    /// Weights of row t of a head, all keys.
    [[nodiscard]] std::span<const float> row(std::int64_t h, std::int64_t t) const {
        return {probs->data() + (h * tokens + t) * tokens, static_cast<std::size_t>(tokens)};
    }

    /// Keys of row t that hold at least `share`, heaviest first, the earlier one on a tie.
    [[nodiscard]] std::vector<std::int64_t> heavy_keys(std::int64_t h, std::int64_t t,
                                                       double share) const;
    /// Weights of the row up to its query, rounded to two decimals so that they add up; as they are
    /// when one is NaN.
    [[nodiscard]] std::vector<double> printed_shares(std::int64_t h, std::int64_t t) const;
    [[nodiscard]] std::int64_t top_key(std::int64_t h, std::int64_t t) const;

    /// Width of q: content and rotary entries together.
    [[nodiscard]] std::int64_t width() const {
        return q->cols() + (q_pe != nullptr ? q_pe->cols() : 0);
    }

    [[nodiscard]] CellRef cell(std::string_view name, Index at) const {
        return {prefix + std::string(name), std::move(at)};
    }
};

/// Error codes: attention_layer, attention_head, attention_position (out of range; position -1 =
/// last token).
Result<std::shared_ptr<const Data>> make_data(std::shared_ptr<const Trace> run, std::int64_t layer,
                                              std::int64_t head, std::int64_t position);

/// weight[t,u] row_sum[t] entropy[t] (nats) top_key[t] self[t]; score_entries masked nonzero scale
/// previous_token_mean self_mean first_mean; of the chosen row: raw[u] content[u] rotary[u]
/// scaled[u] output[i] (u up to the query).
std::vector<Observation> observe(const SceneData& data);

/// How far each stage has come, 0 .. 1.
struct Motion {
    double score = 1, scale = 1, mask = 1, softmax = 1, mix = 1;
};

Motion motion_of(const View& view);

/// What the viewer looks at.
struct Focus {
    std::int64_t head = 0, row = 0;
    std::optional<std::int64_t> col;  // a cell is pointed at
    bool preview = false;  // another head than the chosen one, while its thumbnail is hovered
    bool active = false;   // hover or selection, not only the parameter
};

Focus focus_of(const Data& data, const View& view);

/// Title, subtitle, notes and badge.
PageText page_text(const Data& data, const View& view, const Focus& focus,
                   std::vector<std::string> notes, bool by_row = false);
/// "√24", or "÷" operand of a YaRN scale as a number.
std::string divisor(const Data& data);

void draw_map(Canvas& canvas, const Data& data, const View& view, bool heads_strip);
void draw_row(Canvas& canvas, const Data& data, const View& view);

}  // namespace attention
}  // namespace dg::viz
