#include "sim/reasoner/sft.h"

#include "engine/ops/ops.h"

#include <algorithm>

namespace dg::sim {
namespace {

constexpr std::int64_t kPool = 3000;

}  // namespace

SftStream::SftStream(std::uint64_t seed, std::uint64_t phase, const Mixture& mixture, std::int64_t tokens_per_batch)
    : seed_(seed), phase_(phase), mixture_(mixture), tokens_per_batch_(tokens_per_batch) {
    fill();
    double tokens = 0;
    for (const auto& batch : batches_)
        for (const auto& [prompt, response] : batch) tokens += static_cast<double>(response.size());
    divisor_ = tokens / static_cast<double>(batches_.size());
}

std::vector<std::vector<SftExample>> sft_batches(std::vector<SftExample> examples, std::int64_t tokens_per_batch, Rng& rng) {
    std::ranges::stable_sort(examples, {}, [](const auto& e) { return e.second.size(); });
    std::vector<std::vector<SftExample>> batches(1);
    std::int64_t longest = 0;
    for (auto& e : examples) {
        const auto length = kPromptTokens + static_cast<std::int64_t>(e.second.size());
        const bool full = (static_cast<std::int64_t>(batches.back().size()) + 1) * std::max(longest, length) > tokens_per_batch;
        if (full && !batches.back().empty()) batches.emplace_back(), longest = 0;
        longest = std::max(longest, length);
        batches.back().push_back(std::move(e));
    }
    for (std::size_t i = batches.size(); i > 1; --i) std::swap(batches[i - 1], batches[rng.below(static_cast<std::uint32_t>(i))]);
    return batches;
}

void SftStream::fill() {
    std::vector<SftExample> examples;
    for (std::int64_t i = 0; i < kPool; ++i) {
        Rng rng = Rng::keyed(seed_, "sft example", hash_words(phase_, pool_), static_cast<std::uint64_t>(i));
        const Problem p = draw_problem(rng, mixture_.min_terms, kSlots, mixture_.zeros);
        examples.emplace_back(p.prompt(), written_response(p, mixture_, rng));
    }
    Rng rng = Rng::keyed(seed_, "sft order", phase_, pool_);
    batches_ = sft_batches(std::move(examples), tokens_per_batch_, rng);
    ++pool_;
}

void SftStream::skip(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
        if (batches_.empty()) fill();
        batches_.pop_back();
    }
}

SftBatch SftStream::next() {
    if (batches_.empty()) fill();
    const auto examples = std::move(batches_.back());
    batches_.pop_back();
    return sft_batch(examples);
}

SftBatch sft_batch(std::span<const SftExample> examples) {
    std::size_t longest = 0;
    for (const auto& e : examples) longest = std::max(longest, e.first.size() + e.second.size());
    SftBatch batch;
    batch.tokens.batch = static_cast<std::int64_t>(examples.size());
    batch.tokens.length = static_cast<std::int64_t>(longest);
    for (const auto& [prompt, response] : examples) {
        std::string text = prompt + response;
        const std::size_t end = text.size();
        text.resize(longest, ' ');
        const std::vector<std::int32_t> ids = character_ids(text);
        batch.tokens.ids.insert(batch.tokens.ids.end(), ids.begin(), ids.end());
        for (std::size_t t = 0; t < longest; ++t)
            batch.targets.push_back(t + 1 >= prompt.size() && t + 1 < end ? static_cast<float>(ids[t + 1]) : -1.0F);
        batch.response_tokens += static_cast<std::int64_t>(response.size());
    }
    return batch;
}

Result<TensorId> sft_loss(const Model<float>& model, const SftBatch& batch, double divisor, Tape<float>& tape) {
    ForwardOptions options;
    options.losses = options.mtp = false;
    DG_TRY(forward(model, batch.tokens, options, tape));
    const TensorId targets = tape.input("loss.targets", Tensor<float>({batch.tokens.batch, batch.tokens.length}, batch.targets), true);
    const TensorId nll = ops::token_nll(tape, tape.find("logits"), targets, "loss.nll");
    return ops::weighted_sum(tape, {nll}, {1.0 / divisor}, "loss.total");
}

}  // namespace dg::sim
