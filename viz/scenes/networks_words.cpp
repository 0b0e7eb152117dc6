// Scene networks: titles and notes.
#include "viz/scenes/networks.h"

namespace dg::viz::networks {
namespace {

std::string mode_key(Mode mode) {
    static constexpr std::array<const char*, 7> kNames = {"flow", "reach", "gradient", "timeline", "train", "cost", "strokes"};
    return kNames.at(static_cast<std::size_t>(mode));
}

TextArgs facts(const Data& d) {
    return {{"n", fmt::format("{}", d.n)},
            {"layers", fmt::format("{}", d.layers)},
            {"reach", fmt::format("{}", d.reach(0))},
            {"to", grouped(d.to)},
            {"scores", fixed(static_cast<double>(net::cost_of(d.nets[2].dims, d.to).pairs) / static_cast<double>(net::cost_of(d.nets[2].dims, 128).pairs), 0)},
            {"rnn", percent(d.last("rnn_accuracy_far"), 0)},
            {"transformer", percent(d.last("transformer_accuracy_far"), 0)},
            {"cnn_strokes", percent(d.last("cnn_accuracy"), 0)},
            {"transformer_strokes", percent(d.last("transformer_accuracy"), 0)},
            {"tests", grouped(d.tests)},
            {"steps", fixed(d.last("step"), 0)}};
}

/// Whether the RNN's gradient at the longest distance is no smaller than at the first: some training runs make it explode.
bool grows(const Data& d) {
    const std::vector<double>& rnn = d.nets[1].by_distance;
    return d.mode == Mode::kGradient && !rnn.empty() && rnn.back() >= rnn.front();
}

}  // namespace

PageText words(const Data& d, const View& view) {
    const std::string mode = mode_key(d.mode);
    const std::string key = fmt::format("networks.title.{}{}", mode, !view.revealed ? ".covered" : grows(d) ? ".grows" : "");
    const Lang second = view.lang == Lang::kZh ? Lang::kEn : Lang::kZh;
    const TextArgs args = facts(d);
    PageText page{.title = tr(view.lang, key, args), .subtitle = tr(second, key, args)};
    page.notes.push_back(tr(view.lang, fmt::format("networks.note.{}", mode), args));
    if (d.mode == Mode::kTimeline || d.mode == Mode::kCost) {
        page.badge = {.detail = tr(view.lang, "networks.counted")};
        return page;
    }
    const bool recorded = d.trained || ((d.mode == Mode::kTrain || d.mode == Mode::kStrokes) && !d.live);
    page.badge = {.detail = badge_detail(view.lang, tr(view.lang, recorded ? "networks.recorded" : d.live ? "networks.live" : "networks.untrained"), d.hash, fmt::format("{}", d.seed))};
    return page;
}

}  // namespace dg::viz::networks
