// The pages of scene tokens about what a chat really sends: show=chat, tokens fed turn by turn when the whole history goes
// along; show=window, a fact told first, idle talk after it, and how probable the answer is while the fact is still among the
// last tokens that the model can see.
#pragma once

#include "viz/scenes/scene.h"
#include "viz/scenes/widgets.h"

#include <string>
#include <vector>

namespace dg::viz::tokens {

/// One length of the planted-fact text.
struct WindowPoint {
    std::int64_t tokens = 0, visible = 0;  // of the whole text, of its end that fits the context
    bool fact_visible = false;             // the secret word is still inside
    double p = 0, p_without = 0;           // of the answer's first token; with the fact's sentence left out
};

struct ChatData final : SceneData {
    std::string show;
    std::int64_t turns = 0, question = 0, reply = 0;
    std::vector<std::int64_t> fed;          // per turn
    std::shared_ptr<const LoadedModel> model;
    std::vector<WindowPoint> points;        // rising in tokens
    std::int64_t context = 0;
    std::uint64_t seed = 0;
    std::string answer;

    [[nodiscard]] std::string model_hash() const override { return model ? model->model.hash : ""; }
};

bool is_chat(std::string_view show);
/// Error codes: cancelled, those of Session::model and Decoder::append.
Result<std::shared_ptr<const SceneData>> compute_chat(Session& session, const Params& params, const Progress& progress);
/// chat: fed[turn] history[turn] fed_total text_total turns; window: visible[n] p[n] p_without[n] (n = tokens of the text)
/// context lengths p_first p_last p_last_without p_visible_min p_hidden_max p_hidden_gap (largest |p - p_without| once hidden).
std::vector<Observation> observe_chat(const ChatData& data);
void draw_chat(Canvas& canvas, const ChatData& data, const View& view);

}  // namespace dg::viz::tokens
