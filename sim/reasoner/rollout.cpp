#include "sim/reasoner/rollout.h"

#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "engine/ops/rows.h"

#include <algorithm>
#include <atomic>
#include <limits>

namespace dg::sim {
namespace {

constexpr std::int64_t kShard = 32;  // sequences of one decoder, at least

struct Drawn {
    std::int32_t id = 0;
    float logprob = 0, entropy = 0;
};

/// Draws one token of logits z at a temperature.
Drawn draw(const float* z, std::int64_t vocab, double temperature, Rng& rng) {
    if (temperature == 0) return {static_cast<std::int32_t>(std::max_element(z, z + vocab) - z)};
    std::vector<float> scaled(z, z + vocab), e(static_cast<std::size_t>(vocab));
    const auto inverse = static_cast<float>(1.0 / temperature);
    for (float& x : scaled) x *= inverse;
    const float top = *std::max_element(scaled.begin(), scaled.end());
    for (std::size_t v = 0; v < e.size(); ++v) e[v] = dg::exp(scaled[v] - top);
    // the sum and the logarithm as token_nll takes them
    const float total = ops::sum(e.data(), vocab), lse = top + dg::log(total);
    const double u = rng.uniform() * static_cast<double>(total);
    double sum = 0, entropy = 0;
    std::int32_t id = -1, last = 0;
    for (std::int32_t v = 0; v < vocab; ++v) {
        const auto k = static_cast<std::size_t>(v);
        if (e[k] <= 0) continue;
        last = v;
        sum += static_cast<double>(e[k]);
        entropy += static_cast<double>(e[k] * (lse - scaled[k]));
        if (id < 0 && u < sum) id = v;
    }
    if (id < 0) id = last;
    return {id, scaled[static_cast<std::size_t>(id)] - lse, static_cast<float>(entropy / static_cast<double>(total))};
}

/// One decoder's worth of problems.
class Shard {
  public:
    Shard(const PackedModel& model, std::span<const Problem> problems, std::int64_t samples, const RolloutSettings& settings, std::int64_t first)
        : settings_(settings), problems_(problems), samples_(samples), first_(first), vocab_(model.config().vocab_size),
          decoder_(model, static_cast<std::int64_t>(problems.size()) * samples, kPromptTokens + settings.max_tokens) {
        for (std::int64_t i = 0; i < static_cast<std::int64_t>(problems.size()) * samples; ++i)
            rngs_.push_back(Rng::keyed(settings.seed, "rollout", settings.step, static_cast<std::uint64_t>(first + i)));
    }

    /// False when it was told to stop.
    Result<bool> run(std::span<Rollout> out, const std::function<bool()>& go_on) {
        DG_ASSIGN(View<const float> logits, read_prompts());
        std::vector<std::int64_t> alive;  // rollout of every live sequence
        for (std::size_t i = 0; i < out.size(); ++i) alive.push_back(static_cast<std::int64_t>(i));
        for (std::int64_t t = 0; t < settings_.max_tokens && !alive.empty(); ++t) {
            if (go_on && !go_on()) return false;
            std::vector<std::int64_t> stay, next_alive;
            std::vector<std::int32_t> next;
            for (std::size_t r = 0; r < alive.size(); ++r) {
                Rollout& rollout = out[static_cast<std::size_t>(alive[r])];
                // before the first token a row of logits serves all samples of its problem
                const auto row = static_cast<std::int64_t>(t == 0 ? r / static_cast<std::size_t>(samples_) : r);
                const std::int32_t id = extend(rollout, logits.data + row * logits.row_stride, alive[r]);
                if (id == character_id('$')) continue;
                stay.push_back(row);
                next_alive.push_back(alive[r]);
                next.push_back(id);
            }
            alive = std::move(next_alive);
            if (alive.empty() || t + 1 == settings_.max_tokens) break;
            decoder_.select(stay);
            DG_ASSIGN(logits, decoder_.append(next));
        }
        return true;
    }

  private:
    Result<View<const float>> read_prompts() {
        std::vector<std::int64_t> places;
        std::vector<std::vector<std::int32_t>> prompts;
        for (const Problem& p : problems_) {
            places.push_back(static_cast<std::int64_t>(places.size()));
            prompts.push_back(character_ids(p.prompt()));
        }
        decoder_.select(places);
        View<const float> logits;
        for (std::size_t t = 0; t < static_cast<std::size_t>(kPromptTokens); ++t) {
            std::vector<std::int32_t> ids;
            for (const auto& prompt : prompts) ids.push_back(prompt[t]);
            DG_ASSIGN(logits, decoder_.append(ids));
        }
        return logits;
    }

    std::int32_t extend(Rollout& rollout, const float* logits, std::int64_t number) {
        Rng& rng = rngs_[static_cast<std::size_t>(number)];
        const auto [sampled, logprob, entropy] = draw(logits, vocab_, settings_.temperature, rng);
        std::int32_t id = settings_.environment ? settings_.environment(rollout.text, sampled, rng) : sampled;
        if (settings_.forcing) id = settings_.forcing(rollout, static_cast<std::size_t>((first_ + number) / samples_), id);
        rollout.ids.push_back(id);
        rollout.written.push_back(id != sampled ? 1 : 0);
        rollout.logprobs.push_back(id != sampled ? 0.0F : logprob);
        rollout.entropies.push_back(entropy);
        rollout.text += characters({&id, 1});
        return id;
    }

    const RolloutSettings& settings_;
    std::span<const Problem> problems_;
    std::int64_t samples_, first_, vocab_;
    BatchDecoder decoder_;
    std::vector<Rng> rngs_;
};

double ratio(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Environment noisy_pen(double probability) {
    return [probability](std::string_view text, std::int32_t sampled, Rng& rng) {
        const std::int32_t zero = character_id('0');
        if (!text.ends_with('=') || sampled < zero || sampled > zero + 9 || rng.uniform() >= probability) return sampled;
        return zero + (sampled - zero + (rng.below(2) == 0 ? 1 : 9)) % 10;
    };
}

Result<std::vector<Rollout>> roll_out(const PackedModel& model, std::span<const Problem> problems, std::int64_t samples, const RolloutSettings& settings,
                                      const std::function<bool()>& go_on) {
    const auto count = static_cast<std::int64_t>(problems.size());
    std::vector<Rollout> all(static_cast<std::size_t>(count * samples));
    const std::int64_t per_shard = std::max<std::int64_t>(1, kShard / samples), shards = (count + per_shard - 1) / per_shard;
    std::vector<Result<bool>> done(static_cast<std::size_t>(shards), false);
    std::atomic<bool> stopped = false;
    const auto ask = [&] { return !stopped && (!go_on || go_on()); };
    parallel_for(shards, [&](std::int64_t s) {
        const std::int64_t first = s * per_shard, n = std::min(per_shard, count - first);
        Shard shard(model, problems.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)), samples, settings, first * samples);
        auto& result = done[static_cast<std::size_t>(s)];
        result = shard.run(std::span(all).subspan(static_cast<std::size_t>(first * samples), static_cast<std::size_t>(n * samples)), ask);
        if (result && !*result) stopped = true;
    });
    for (const auto& d : done) {
        if (!d) return d.error();
        if (!*d) return Error{"cancelled", {}, {}};
    }
    return all;
}

double Skill::wait_given_wrong() const { return ratio(steps.wrong_wait, steps.wrong); }

double Skill::wait_given_right() const { return ratio(steps.right_wait, steps.right); }

Skill measure(std::span<const Problem> problems, std::span<const Rollout> rollouts) {
    Skill s;
    s.responses = static_cast<std::int64_t>(rollouts.size());
    const std::size_t samples = rollouts.size() / problems.size();
    std::int64_t correct = 0, formed = 0, length = 0, waits = 0, count[5] = {}, right[5] = {};
    for (std::size_t i = 0; i < rollouts.size(); ++i) {
        const Problem& problem = problems[i / samples];
        const std::string& text = rollouts[i].text;
        const Score sc = score(problem, text);
        const auto kind = static_cast<std::size_t>(strategy(problem, text));
        correct += sc.correct, formed += sc.format, length += static_cast<std::int64_t>(text.size()), waits += std::ranges::count(text, 'w');
        count[kind] += 1, right[kind] += sc.correct;
        s.steps += wait_counts(problem, text);
    }
    s.accuracy = ratio(correct, s.responses), s.format = ratio(formed, s.responses);
    s.mean_length = ratio(length, s.responses), s.waits = ratio(waits, s.responses);
    for (std::size_t k = 0; k < 5; ++k) s.share[k] = ratio(count[k], s.responses), s.accuracy_of[k] = ratio(right[k], count[k]);
    return s;
}

std::vector<Problem> fresh_problems(std::uint64_t seed, std::int64_t count, std::int64_t terms) {
    std::vector<Problem> problems;
    for (std::int64_t i = 0; i < count; ++i) {
        Rng rng = Rng::keyed(seed, "fresh problem", static_cast<std::uint64_t>(i));
        problems.push_back(draw_problem(rng, terms, terms));
    }
    return problems;
}

}  // namespace dg::sim
