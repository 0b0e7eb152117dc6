#include "engine/model/speculative.h"

#include "engine/base/rng.h"

#include <algorithm>

namespace dg {
namespace {

class Generator {
  public:
    Generator(const PackedModel& packed, const GenerateSettings& settings)
        : config_(packed.config()), settings_(settings), decoder_(packed), vocabulary_(settings.vocabulary > 0 ? settings.vocabulary : config_.vocab_size) {}

    Result<GeneratedText> run(std::span<const std::int32_t> prompt, const std::function<bool()>& keep_going) {
        if (settings_.tokens <= 0) return std::move(text_);
        DG_ASSIGN(const std::span<const float> logits, decoder_.append_all(prompt));
        DG_TRY(write(row(logits, static_cast<std::int64_t>(prompt.size()) - 1)));
        std::vector<std::int32_t> next(prompt.begin() + 1, prompt.end());
        next.push_back(text_.ids.back());
        std::vector<float> hidden(decoder_.hidden().begin(), decoder_.hidden().end());
        while (!finished()) {
            if (!keep_going()) return Error{"cancelled", {}, {}};
            VerifyPass pass;
            const bool room = left() > 1 && decoder_.length() + 2 <= config_.max_position_embeddings;
            if (settings_.drafts && room) DG_TRY(propose(next, hidden, pass));
            DG_TRY(verify(pass));
            next = pass.tokens;
            const auto kept = static_cast<std::ptrdiff_t>(pass.tokens.size()) * config_.hidden_size;
            hidden.assign(decoder_.hidden().begin(), decoder_.hidden().begin() + kept);
            text_.passes.push_back(std::move(pass));
        }
        return std::move(text_);
    }

  private:
    [[nodiscard]] std::span<const float> row(std::span<const float> logits, std::int64_t r) const {
        return logits.subspan(static_cast<std::size_t>(r * config_.vocab_size), static_cast<std::size_t>(vocabulary_));
    }

    [[nodiscard]] std::int64_t left() const { return settings_.tokens - static_cast<std::int64_t>(text_.ids.size()); }

    [[nodiscard]] bool finished() const {
        return left() <= 0 || (settings_.stop_at_end && text_.ids.back() == config_.eos_token_id) || decoder_.length() >= config_.max_position_embeddings;
    }

    /// The token for place `index` of the new text, by the place's own random number.
    Result<std::int32_t> choose(std::span<const float> logits, std::size_t index, double* p = nullptr) const {
        DG_ASSIGN(const SampleStages stages, sample_stages(logits, settings_.sampling));
        const std::int32_t id = sample(stages, Rng::keyed(settings_.seed, "generate", index).uniform());
        if (p != nullptr) *p = stages.probs[static_cast<std::size_t>(id)];
        return id;
    }

    Result<void> write(std::span<const float> logits) {
        DG_ASSIGN(const std::int32_t id, choose(logits, text_.ids.size()));
        text_.ids.push_back(id);
        text_.logprobs.push_back(log_probability(logits, id));
        if (settings_.written) settings_.written(id);
        return {};
    }

    /// The module's guess at the token after the one just written, drawn as that place will be.
    Result<void> propose(std::span<const std::int32_t> next, std::span<const float> hidden, VerifyPass& pass) {
        DG_ASSIGN(const std::span<const float> logits, decoder_.draft(next, hidden));
        DG_ASSIGN(pass.draft, choose(logits.first(static_cast<std::size_t>(vocabulary_)), text_.ids.size(), &pass.draft_p));
        return {};
    }

    /// One pass over the last token and, if there is one, the draft behind it.
    Result<void> verify(VerifyPass& pass) {
        std::vector<std::int32_t> in{text_.ids.back()};
        if (pass.draft >= 0) in.push_back(pass.draft);
        DG_ASSIGN(const std::span<const float> logits, decoder_.append_all(in));
        DG_TRY(write(row(logits, 0)));
        pass.tokens = {text_.ids.back()};
        pass.accepted = pass.draft >= 0 && pass.tokens[0] == pass.draft;
        if (pass.draft < 0) return {};
        if (!pass.accepted) {
            decoder_.truncate(decoder_.length() - 1);
            return {};
        }
        if (settings_.stop_at_end && pass.tokens[0] == config_.eos_token_id) return {};
        DG_TRY(write(row(logits, 1)));
        pass.tokens.push_back(text_.ids.back());
        return {};
    }

    const Config& config_;
    const GenerateSettings& settings_;
    Decoder decoder_;
    std::int64_t vocabulary_;
    GeneratedText text_;
};

}  // namespace

std::int64_t GeneratedText::drafted() const {
    return std::ranges::count_if(passes, [](const VerifyPass& p) { return p.draft >= 0; });
}

std::int64_t GeneratedText::accepted() const { return std::ranges::count_if(passes, &VerifyPass::accepted); }

Result<GeneratedText> generate(const PackedModel& packed, std::span<const std::int32_t> prompt, const GenerateSettings& settings,
                               const std::function<bool()>& keep_going) {
    if (settings.drafts && packed.config().num_nextn_predict_layers < 1) return Error{"no_mtp", {}, {}};
    return Generator(packed, settings).run(prompt, keep_going);
}

}  // namespace dg
