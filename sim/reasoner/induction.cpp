#include "sim/reasoner/induction.h"

#include <fmt/format.h>

#include <algorithm>

namespace dg::sim {
namespace {

/// Adds attention from every position to its target, mean over the positions that have one. Returns what even rows would score.
Result<double> add_scores(const Model<float>& model, const std::vector<std::int32_t>& ids, const std::vector<std::int64_t>& target, std::vector<double>& scores) {
    const auto length = static_cast<std::int64_t>(ids.size());
    TokenBatch batch{.batch = 1, .length = length, .ids = ids};
    ForwardOptions options;
    options.losses = options.mtp = false;
    Tape<float> tape;
    DG_TRY(forward(model, batch, options, tape));
    const auto counted = static_cast<double>(std::ranges::count_if(target, [](std::int64_t t) { return t >= 0; }));
    const std::int64_t heads = model.config.num_attention_heads;
    double uniform = 0;
    for (std::int64_t t = 0; t < length; ++t) {
        const std::int64_t to = target[static_cast<std::size_t>(t)];
        if (to < 0) continue;
        uniform += 1 / static_cast<double>(t + 1) / counted;
        for (std::int64_t l = 0; l < model.config.num_hidden_layers; ++l) {
            const Tensor<float>& probs = tape.value(tape.find(fmt::format("layers.{}.attn.probs", l)));
            for (std::int64_t h = 0; h < heads; ++h)
                scores[static_cast<std::size_t>(l * heads + h)] += static_cast<double>(probs[(h * length + t) * length + to]) / counted;
        }
    }
    return uniform;
}

}  // namespace

std::size_t InductionScores::best(const std::vector<double>& scores) { return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin()); }

std::vector<std::int32_t> repeated_sequence(std::int32_t first_id, std::int32_t vocab, std::int64_t half, std::uint64_t seed, std::uint64_t number) {
    Rng rng = Rng::keyed(seed, "repeated sequence", number);
    std::vector<std::int32_t> ids;
    while (static_cast<std::int64_t>(ids.size()) < half) {
        const auto id = first_id + static_cast<std::int32_t>(rng.below(static_cast<std::uint32_t>(vocab - first_id)));
        if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    }
    ids.reserve(static_cast<std::size_t>(2 * half));
    for (std::int64_t i = 0; i < half; ++i) ids.push_back(ids[static_cast<std::size_t>(i)]);
    return ids;
}

LookupSequence lookup_sequence(bool shuffled, std::uint64_t seed, std::uint64_t number) {
    Rng rng = Rng::keyed(seed, "lookup sequence", number);
    const Problem problem = draw_problem(rng, kSlots);
    const std::string ordered = problem.prompt();
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kSlots); ++i) order.insert(shuffled ? order.begin() + rng.below(static_cast<std::uint32_t>(i + 1)) : order.end(), i);
    std::string prompt;
    for (const std::size_t i : order) prompt += ordered.substr(2 * i, 2);
    prompt += ':';
    const std::string text = prompt + written_response(problem, {}, rng);
    LookupSequence s{.ids = character_ids(text), .target = std::vector<std::int64_t>(text.size(), -1)};
    for (std::size_t t = prompt.size(); t < text.size(); ++t)
        if (const std::size_t at = prompt.find(text[t]); text[t] >= 'a' && text[t] <= 'i' && at != std::string::npos) s.target[t] = static_cast<std::int64_t>(at) + 1;
    return s;
}

Result<InductionScores> measure_induction(const Model<float>& model, std::int32_t first_id, std::int32_t vocab, std::int64_t half, std::int64_t count, bool lookup, std::uint64_t seed,
                                          const std::function<bool()>& go_on) {
    InductionScores s{.layers = model.config.num_hidden_layers, .heads = model.config.num_attention_heads, .repeated = {}, .lookup = {}, .shuffled = {}};
    s.repeated.resize(static_cast<std::size_t>(s.layers * s.heads));
    if (lookup) s.lookup.resize(s.repeated.size()), s.shuffled.resize(s.repeated.size());
    std::vector<std::int64_t> target(static_cast<std::size_t>(2 * half), -1);
    for (std::int64_t t = half; t < 2 * half; ++t) target[static_cast<std::size_t>(t)] = t - half + 1;
    for (std::int64_t i = 0; i < count; ++i) {
        if (go_on && !go_on()) return Error{"cancelled", {}, ""};
        const auto number = static_cast<std::uint64_t>(i);
        DG_ASSIGN(s.uniform, add_scores(model, repeated_sequence(first_id, vocab, half, seed, number), target, s.repeated));
        if (!lookup) continue;
        const LookupSequence own = lookup_sequence(false, seed, number), mixed = lookup_sequence(true, seed, number);
        DG_ASSIGN(s.lookup_uniform, add_scores(model, own.ids, own.target, s.lookup));
        DG_ASSIGN(s.shuffled_uniform, add_scores(model, mixed.ids, mixed.target, s.shuffled));
    }
    for (auto* scores : {&s.repeated, &s.lookup, &s.shuffled})
        for (double& x : *scores) x /= static_cast<double>(count);
    return s;
}

}  // namespace dg::sim
