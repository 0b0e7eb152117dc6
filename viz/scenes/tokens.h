// Scene "tokens": a text as characters, bytes, the merges that join them in the order they were
// learnt, and tokens.
#pragma once

#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <string>
#include <vector>

namespace dg::viz {

Scene tokens_scene();

namespace tokens {

enum Stage { kBytes, kMerge, kTokens };

/// A range of bytes of the text.
struct Range {
    std::int64_t begin = 0, end = 0;

    [[nodiscard]] std::int64_t size() const { return end - begin; }

    friend bool operator==(const Range&, const Range&) = default;
};

/// One merge that happens in this text, or a byte (number 0, no parts), or a special token (number
/// 0, several bytes).
struct Node {
    Range bytes;
    std::int32_t id = 0;
    std::int64_t number =
        0;  // of the merge, counted from 1: it happens when the slider stands there or beyond
    int left = -1, right = -1, parent = -1;
    bool whole = true;  // readable text, not a part of a character
};

struct Data final : SceneData {
    std::shared_ptr<const LoadedModel> model;
    std::string text;
    std::vector<Range> characters;
    std::vector<Range> words;  // pre-tokens: merges never cross their borders
    std::vector<Node> nodes;   // bytes and specials in text order, then merges in the order they
                               // happen in their word
    std::vector<int> leaf_of_byte;
    std::vector<std::int64_t> tokens_at;  // tokens when the first m merges are known, m = 0 .. all
    std::int64_t merges = 0;              // the slider
    std::int64_t focus = 0;               // first byte shown
    std::int64_t han = 0, han_bytes = 0, spaced_words = 0;
    std::int64_t id_base = -1;  // id = id_base + merge number, when that holds for all merges
    bool roundtrip = false;

    [[nodiscard]] std::string model_hash() const override { return model->model.hash; }

    [[nodiscard]] std::int64_t all_merges() const {
        return static_cast<std::int64_t>(tokens_at.size()) - 1;
    }

    [[nodiscard]] std::int64_t bytes() const { return static_cast<std::int64_t>(text.size()); }

    /// Nodes that are tokens when the slider stands at `merges`, in text order.
    [[nodiscard]] std::vector<int> roots(std::int64_t merges) const;

    [[nodiscard]] const Node& node(int i) const { return nodes[static_cast<std::size_t>(i)]; }

    /// Merges done in this text when the slider stands at `merges`.
    [[nodiscard]] std::int64_t merges_used(std::int64_t merges) const;
};

/// Error codes: empty_prompt, tokens_merges, tokens_focus (out of range; merges -1 = all).
Result<std::shared_ptr<const Data>> make_data(std::shared_ptr<const LoadedModel> model,
                                              std::string text, std::int64_t merges,
                                              std::int64_t focus);

/// bytes characters tokens merges merges_used roundtrip bytes_per_char tokens_per_char han
/// han_bytes han_bytes_per_char words tokens_per_word largest_rise; tokens_at[m] for every m; id[i]
/// of the tokens at the slider.
std::vector<Observation> observe(const SceneData& data);

void draw(Canvas& canvas, const SceneData& data, const Params& params, const View& view);

}  // namespace tokens
}  // namespace dg::viz
