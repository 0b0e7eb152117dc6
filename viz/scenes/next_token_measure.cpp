// Forward passes, exact candidates and generated texts of scene next-token.
#include "engine/base/mathfn.h"
#include "engine/base/rng.h"
#include "engine/model/decode.h"
#include "engine/model/sampler.h"
#include "engine/ops/ops.h"
#include "engine/ops/rows.h"
#include "viz/scenes/next_token.h"

#include "viz/scenes/numerics_param.h"

#include <algorithm>
#include <queue>

namespace dg::viz::next_token {
namespace {

constexpr int kMostPasses = 64;  // forward passes spent on characters of several tokens

std::span<const float> row_of(const Pass& pass, std::string_view name, std::int64_t t) {
    const Tensor<float>& all = pass.tape.value(pass.tape.find(name));
    return {all.row(t), static_cast<std::size_t>(pass.vocab)};
}

std::vector<float> softmax(std::span<const float> logits) {
    std::vector<float> probs(logits.size());
    const auto n = static_cast<std::int64_t>(logits.size());
    ops::softmax_row(logits.data(), probs.data(), n, n);
    return probs;
}

/// A start of a continuation on the way to a whole character.
struct Prefix {
    std::vector<std::int32_t> ids;
    std::vector<double> factors = {};
    std::string bytes = {};
    double p = 0;

    /// Likelier first, then vocabulary order.
    friend bool operator<(const Prefix& a, const Prefix& b) { return a.p != b.p ? a.p < b.p : a.ids > b.ids; }
};

/// Do the bytes end inside a UTF-8 character, all before it being whole?
bool unfinished(std::string_view bytes) {
    for (std::size_t tail = 1; tail <= 3 && tail <= bytes.size(); ++tail) {
        const auto lead = static_cast<unsigned char>(bytes[bytes.size() - tail]);
        if ((lead & 0xC0U) == 0x80U) continue;
        const std::size_t need = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
        return lead < 0xF5 && need > tail && valid_utf8(bytes.substr(0, bytes.size() - tail));
    }
    return false;
}

class Finder {
  public:
    Finder(const LoadedModel& model, std::span<const std::int32_t> prompt, const Pass& pass)
        : model_(model), prompt_(prompt.begin(), prompt.end()), logits_(pass.logits(pass.length - 1)) {
        const std::span<const float> probs = pass.probs(pass.length - 1);
        for (std::size_t id = 0; id < tokens(); ++id) {
            const auto token = static_cast<std::int32_t>(id);
            queue_.push({{token}, {probs[id]}, model.tokenizer.bytes(token), probs[id]});
        }
    }

    /// The likeliest continuation not yet given, or nothing when the passes are used up or all are given.
    Result<bool> next(Candidate& found) {
        while (!queue_.empty()) {
            Prefix best = queue_.top();
            queue_.pop();
            const bool special = best.ids.size() == 1 && model_.tokenizer.is_special(best.ids[0]);
            if (special || !unfinished(best.bytes)) {
                found = candidate(std::move(best));
                return true;
            }
            if (passes_ >= kMostPasses || static_cast<std::int64_t>(prompt_.size() + best.ids.size()) > limit()) return false;
            DG_TRY(expand(best));
        }
        return false;
    }

    /// The continuation `text` by its own tokens.
    Result<Candidate> spelt(const std::string& text) {
        Prefix path{.ids = model_.tokenizer.encode(text), .bytes = text};
        DG_ASSIGN(path.factors, continuation_factors(model_, prompt_, path.ids));
        if (path.ids.size() > 1) ++passes_;
        path.p = 1;
        for (const double f : path.factors) path.p *= f;
        Candidate c = candidate(std::move(path));
        c.text = text;
        return c;
    }

    [[nodiscard]] int passes() const { return passes_; }

  private:
    [[nodiscard]] std::size_t tokens() const { return static_cast<std::size_t>(model_.tokenizer.vocab_size()); }

    [[nodiscard]] std::int64_t limit() const { return model_.model.config.max_position_embeddings; }

    Candidate candidate(Prefix path) const {
        Candidate c;
        c.p = path.p, c.logit = logits_[static_cast<std::size_t>(path.ids[0])];
        c.label = path.ids.size() == 1 ? model_.tokenizer.label(path.ids[0]) : path.bytes;
        c.text = valid_utf8(path.bytes) ? path.bytes : c.label;
        c.ids = std::move(path.ids), c.factors = std::move(path.factors), c.bytes = std::move(path.bytes);
        return c;
    }

    /// One forward pass: every token that may follow the prefix and leads to a character spelt the usual way.
    Result<void> expand(const Prefix& prefix) {
        if (!decoder_) {
            packed_ = std::make_unique<PackedModel>(model_.model, numerics_of(model_));
            decoder_ = std::make_unique<Decoder>(*packed_);
            DG_TRY(decoder_->append(prompt_));
        }
        decoder_->truncate(static_cast<std::int64_t>(prompt_.size()));
        DG_ASSIGN(const std::span<const float> logits, decoder_->append(prefix.ids));
        ++passes_;
        const std::vector<float> probs = softmax(logits);
        for (std::size_t id = 0; id < tokens(); ++id) {
            const auto token = static_cast<std::int32_t>(id);
            Prefix longer = prefix;
            longer.ids.push_back(token);
            longer.factors.push_back(probs[id]);
            longer.p *= probs[id];
            longer.bytes += model_.tokenizer.bytes(token);
            const bool whole = !model_.tokenizer.is_special(token) && valid_utf8(longer.bytes) && model_.tokenizer.encode(longer.bytes) == longer.ids;
            if (whole || unfinished(longer.bytes)) queue_.push(std::move(longer));
        }
        return {};
    }

    const LoadedModel& model_;
    std::vector<std::int32_t> prompt_;
    std::span<const float> logits_;
    std::priority_queue<Prefix> queue_;
    std::unique_ptr<PackedModel> packed_;  // made when the first character of several tokens comes up
    std::unique_ptr<Decoder> decoder_;
    int passes_ = 0;
};

Result<void> poll(const Progress& progress, double fraction) {
    if (!progress.report(fraction)) return Error{"cancelled", {}, ""};
    return {};
}

bool same_path(const Candidate& a, const Candidate& b) { return a.ids == b.ids; }

}  // namespace

std::span<const float> Pass::probs(std::int64_t t) const { return row_of(*this, "next.probs", t); }

std::span<const float> Pass::logits(std::int64_t t) const { return row_of(*this, "logits", t); }

Result<void> run_pass(const LoadedModel& model, std::span<const std::int32_t> ids, bool losses, Pass& pass) {
    TokenBatch batch{.batch = 1, .length = static_cast<std::int64_t>(ids.size()), .ids = {ids.begin(), ids.end()}};
    ForwardOptions options;
    options.mtp = false, options.losses = losses, options.numerics = numerics_of(model);
    DG_TRY(forward(model.model, batch, options, pass.tape));
    ops::softmax(pass.tape, pass.tape.find("logits"), "next.probs");
    pass.length = batch.length, pass.vocab = model.model.config.vocab_size;
    return {};
}

Result<std::vector<double>> continuation_factors(const LoadedModel& model, std::span<const std::int32_t> prompt,
                                                 std::span<const std::int32_t> ids) {
    std::vector<std::int32_t> all(prompt.begin(), prompt.end());
    all.insert(all.end(), ids.begin(), ids.end() - 1);
    Pass pass;
    DG_TRY(run_pass(model, all, false, pass));
    std::vector<double> factors;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto t = static_cast<std::int64_t>(prompt.size() + i) - 1;
        factors.push_back(pass.probs(t)[static_cast<std::size_t>(ids[i])]);
    }
    return factors;
}

Result<Distribution> find_candidates(const LoadedModel& model, std::span<const std::int32_t> prompt, const Pass& pass, int top,
                                     std::span<const std::string> watch, const Progress& progress) {
    const std::span<const float> probs = pass.probs(pass.length - 1);
    const std::vector<double> wide(probs.begin(), probs.end());
    Distribution d;
    d.vocab = pass.vocab, d.entropy = entropy_nats(wide);
    for (const double p : wide) d.sum += p;

    Finder finder(model, prompt, pass);
    std::vector<Candidate> watched;
    for (const std::string& text : watch) {
        DG_ASSIGN(Candidate c, finder.spelt(text));
        if (std::ranges::none_of(watched, [&](const Candidate& w) { return same_path(w, c); })) watched.push_back(std::move(c));
    }
    double least = 1;
    for (const Candidate& c : watched) least = std::min(least, c.p);

    // likeliest first, until the rows are full and every watched one has its place
    bool more = true;
    std::int64_t given = 0;
    double last = 1;
    while (more && (given < top || last > least)) {
        DG_TRY(poll(progress, std::min(0.95, static_cast<double>(finder.passes()) / kMostPasses)));
        Candidate c;
        DG_ASSIGN(more, finder.next(c));
        if (!more) break;
        ++given, last = c.p;
        c.rank = given, c.top = given <= top;
        const auto seen = std::ranges::find_if(watched, [&](const Candidate& w) { return same_path(w, c); });
        if (seen != watched.end()) *seen = std::move(c);
        else if (c.top) d.rows.push_back(std::move(c));
        for (Candidate& w : watched) {
            if (w.rank == 0 && w.p >= last) w.rank = given;
        }
    }
    d.rows.insert(d.rows.end(), std::make_move_iterator(watched.begin()), std::make_move_iterator(watched.end()));
    std::ranges::stable_sort(d.rows, [](const Candidate& a, const Candidate& b) { return a.p > b.p; });
    d.rest = 1;
    for (const Candidate& c : d.rows) d.rest -= c.p;
    d.rest = std::max(0.0, d.rest);
    d.passes = finder.passes();
    return d;
}

Result<Run> generate(const LoadedModel& model, const PackedModel& packed, std::span<const std::int32_t> prompt, int steps, double temperature,
                     std::uint64_t seed, std::span<const std::int32_t> forced, const Progress& progress) {
    Run run{.temperature = temperature, .seed = seed};
    Decoder decoder(packed);
    std::vector<std::int32_t> fresh(prompt.begin(), prompt.end());
    for (int i = 0; i < steps; ++i) {
        if (decoder.length() + static_cast<std::int64_t>(fresh.size()) > packed.config().max_position_embeddings) break;
        DG_TRY(poll(progress, static_cast<double>(i) / steps));
        DG_ASSIGN(const std::span<const float> logits, decoder.append(fresh));
        const auto index = static_cast<std::size_t>(i);
        Step step{.length = decoder.length(), .forced = index < forced.size()};
        if (step.forced) {
            step.id = forced[index];
        } else {
            // rows of the embedding beyond the tokenizer's last token cannot be written
            const auto tokens = static_cast<std::size_t>(model.tokenizer.vocab_size());
            DG_ASSIGN(const SampleStages stages, sample_stages(logits.first(tokens), {.temperature = temperature}));
            step.id = sample(stages, Rng::keyed(seed, "next-token", index).uniform());
        }
        step.p = softmax(logits)[static_cast<std::size_t>(step.id)];
        step.label = model.tokenizer.label(step.id);
        run.text += model.tokenizer.bytes(step.id);
        fresh = {step.id};
        run.steps.push_back(std::move(step));
    }
    return run;
}

}  // namespace dg::viz::next_token
