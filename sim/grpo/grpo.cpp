#include "sim/grpo/grpo.h"

#include "engine/base/mathfn.h"
#include "engine/base/parallel.h"
#include "engine/ops/ops.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace dg::sim {

namespace {

constexpr std::int64_t kPart = 32;       // rollouts of one tape
constexpr std::int64_t kKlRollouts = 64;  // responses that the KL is measured on when it is not part of the loss
constexpr std::int64_t kWarmup = 10;

TrainSettings train_settings(const GrpoSettings& s) {
    TrainSettings t;
    t.schedule = {.steps = 1 << 30, .warmup = kWarmup, .peak = s.learning_rate, .flat = 1, .floor = 1};
    t.adamw = {.beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weight_decay = 0, .clip = 1};
    t.bias_speed = 0;  // expert biases stay as they came
    return t;
}

/// Rollouts side by side, rows filled with spaces: position t predicts token t + 1.
struct Padded {
    TokenBatch tokens;
    std::vector<float> targets;  // -1 outside the response and where the environment wrote

    /// Column of a rollout's token k.
    static std::size_t column(std::size_t k) { return static_cast<std::size_t>(kPromptTokens) - 1 + k; }

    [[nodiscard]] std::size_t cell(std::size_t row, std::size_t k) const { return row * static_cast<std::size_t>(tokens.length) + column(k); }
};

Padded pad(std::span<const Problem* const> problems, std::span<const Rollout* const> rollouts) {
    Padded p;
    std::size_t longest = 0;
    for (const Rollout* r : rollouts) longest = std::max(longest, r->ids.size());
    p.tokens.batch = static_cast<std::int64_t>(rollouts.size());
    p.tokens.length = kPromptTokens + static_cast<std::int64_t>(longest);
    const auto cells = static_cast<std::size_t>(p.tokens.batch * p.tokens.length);
    p.tokens.ids.reserve(cells);
    p.targets.assign(cells, -1.0F);
    for (std::size_t i = 0; i < rollouts.size(); ++i) {
        std::vector<std::int32_t> row = character_ids(problems[i]->prompt());
        row.insert(row.end(), rollouts[i]->ids.begin(), rollouts[i]->ids.end());
        row.resize(static_cast<std::size_t>(p.tokens.length), character_id(' '));
        p.tokens.ids.insert(p.tokens.ids.end(), row.begin(), row.end());
        for (std::size_t k = 0; k < rollouts[i]->ids.size(); ++k)
            if (rollouts[i]->written[k] == 0) p.targets[p.cell(i, k)] = static_cast<float>(rollouts[i]->ids[k]);
    }
    return p;
}

/// Forward pass to -ln p of the targets at a temperature. The tape has "policy.nll".
Result<TensorId> record_nll(const Model<float>& model, const Padded& p, double temperature, Tape<float>& tape) {
    ForwardOptions options;
    options.losses = options.mtp = false;
    DG_TRY(forward(model, p.tokens, options, tape));
    TensorId logits = tape.find("logits");
    if (temperature != 1) logits = ops::scale(tape, logits, 1.0 / temperature, "policy.logits");
    const TensorId targets = tape.input("policy.targets", Tensor<float>({p.tokens.batch, p.tokens.length}, p.targets), true);
    return ops::token_nll(tape, logits, targets, "policy.nll");
}

}  // namespace

struct Grpo::Batch {
    std::vector<Problem> problems;
    std::vector<Rollout> rollouts;
    std::vector<double> rewards;
    std::vector<std::vector<float>> advantages;  // per token; empty: this rollout is not trained on
    std::vector<std::vector<float>> reference;   // ln p of the first model; empty without beta
    std::vector<float> returns;                  // of the critic's target
    std::int64_t group = 1;

    [[nodiscard]] const Problem& problem_of(std::size_t rollout) const { return problems[rollout / static_cast<std::size_t>(group)]; }

    void give(std::size_t rollout, double advantage) { advantages[rollout].assign(rollouts[rollout].ids.size(), static_cast<float>(advantage)); }

    /// Problems and rollouts of some rollouts, as pad() wants them.
    [[nodiscard]] std::pair<std::vector<const Problem*>, std::vector<const Rollout*>> pick(std::span<const std::size_t> which) const {
        std::pair<std::vector<const Problem*>, std::vector<const Rollout*>> out;
        for (const std::size_t i : which) out.first.push_back(&problem_of(i)), out.second.push_back(&rollouts[i]);
        return out;
    }
};

Grpo::Grpo(Model<float> model, const GrpoSettings& settings) : settings_(settings), trainer_(model, train_settings(settings)), start_(std::move(model)) {
    if (settings_.baseline == Baseline::kCritic) {
        Model<float> critic = start_;
        // the value is the first score of a head that starts at 0
        Tensor<float>& head = critic.weights.at("lm_head.weight");
        head = Tensor<float>(head.shape());
        critic_.emplace(std::move(critic), train_settings(settings));
    }
}

std::array<std::int64_t, 3> Grpo::numbers_in_memory() const {
    std::int64_t weights = 0;
    for (const auto& [name, t] : start_.weights.tensors) weights += t.size();
    constexpr std::int64_t kCopies = 4;  // weights, gradients, two moments
    return {kCopies * weights, critic_ ? kCopies * weights : 0, settings_.loss.kl > 0 ? weights : 0};
}

void Grpo::reward(Batch& batch) const {
    for (std::size_t i = 0; i < batch.rollouts.size(); ++i)
        batch.rewards.push_back(outcome_reward(settings_.reward, batch.problem_of(i), batch.rollouts[i].text));
}

void Grpo::advantages_from_groups(Batch& batch, GrpoStats& stats) const {
    const auto group = static_cast<std::size_t>(batch.group);
    for (std::size_t first = 0; first < batch.rollouts.size(); first += group) {
        const std::vector<double> a = group_advantages(std::span(batch.rewards).subspan(first, group));
        if (std::ranges::all_of(a, [](double x) { return x == 0; })) {
            ++stats.dropped;
            continue;
        }
        for (std::size_t i = 0; i < group; ++i) batch.give(first + i, a[i]);
    }
}

void Grpo::advantages_from_steps(Batch& batch, GrpoStats& stats) const {
    const auto group = static_cast<std::size_t>(batch.group);
    for (std::size_t first = 0; first < batch.rollouts.size(); first += group) {
        // all step rewards of the group are normalised together; a token's advantage is the sum from its own step on
        std::vector<double> all;
        std::vector<std::vector<std::pair<std::size_t, double>>> steps;
        for (std::size_t i = first; i < first + group; ++i) {
            steps.push_back(step_rewards(batch.problem_of(i), batch.rollouts[i].text));
            for (const auto& [at, r] : steps.back()) all.push_back(r);
        }
        const std::vector<double> a = group_advantages(all);
        if (std::ranges::all_of(a, [](double x) { return x == 0; })) {
            ++stats.dropped;
            continue;
        }
        std::size_t used = 0;
        for (std::size_t i = 0; i < group; ++i) {
            std::vector<float>& to = batch.advantages[first + i];
            to.assign(batch.rollouts[first + i].ids.size(), 0.0F);
            for (const auto& [at, r] : steps[i]) {
                for (std::size_t k = 0; k <= at; ++k) to[k] += static_cast<float>(a[used]);
                ++used;
            }
        }
    }
}

Result<void> Grpo::advantages_from_critic(Batch& batch, GrpoStats& stats) {
    std::vector<std::size_t> order(batch.rollouts.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return batch.rollouts[i].ids.size(); });
    const std::int64_t parts = (static_cast<std::int64_t>(order.size()) + kPart - 1) / kPart;
    std::int64_t tokens = 0;
    for (const Rollout& r : batch.rollouts) tokens += static_cast<std::int64_t>(r.ids.size());
    const auto tokens_share = static_cast<float>(1.0 / static_cast<double>(tokens));
    const auto objective = [&](std::int64_t part, Tape<float>& tape) -> Result<TensorId> {
        const auto begin = static_cast<std::size_t>(part * kPart), end = std::min(order.size(), begin + static_cast<std::size_t>(kPart));
        const std::span<const std::size_t> mine(order.data() + begin, end - begin);
        const auto [problems, rollouts] = batch.pick(mine);
        const Padded p = pad(problems, rollouts);
        ForwardOptions options;
        options.losses = options.mtp = false;
        DG_TRY(forward(critic_->model(), p.tokens, options, tape));
        std::vector<float> target(p.targets.size(), 0.0F), weight(p.targets.size(), 0.0F);
        const TensorId scores = tape.find("logits");
        for (std::size_t r = 0; r < mine.size(); ++r) {
            std::vector<float>& advantage = batch.advantages[mine[r]];
            advantage.resize(rollouts[r]->ids.size());
            for (std::size_t k = 0; k < advantage.size(); ++k) {
                const std::size_t cell = p.cell(r, k);
                target[cell] = static_cast<float>(batch.rewards[mine[r]]);
                weight[cell] = tokens_share;
                // the reward comes at the end, nothing is discounted (gamma = lambda = 1): A = R - V
                advantage[k] = target[cell] - tape.value(scores).row(static_cast<std::int64_t>(cell))[0];
            }
        }
        const Shape shape{p.tokens.batch, p.tokens.length};
        const TensorId loss = ops::value_loss(tape, scores, tape.input("value.target", Tensor<float>(shape, target)), tape.input("value.weight", Tensor<float>(shape, weight)), "value.loss");
        return ops::weighted_sum(tape, {loss}, {1.0}, "loss.total");
    };
    DG_ASSIGN(const StepStats critic, critic_->step(parts, objective, tokens));
    stats.value_error = std::sqrt(2 * critic.loss);
    // advantages of the batch: mean 0, variance 1
    double mean = 0, variance = 0;
    for (const auto& a : batch.advantages)
        for (const float x : a) mean += static_cast<double>(x) / static_cast<double>(tokens);
    for (const auto& a : batch.advantages)
        for (const float x : a) variance += (static_cast<double>(x) - mean) * (static_cast<double>(x) - mean) / static_cast<double>(tokens);
    for (auto& a : batch.advantages)
        for (float& x : a) x = static_cast<float>((static_cast<double>(x) - mean) / (std::sqrt(variance) + 1e-8));
    return {};
}

Result<void> Grpo::learn(Batch& batch, GrpoStats& stats) {
    std::vector<std::size_t> order;
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < batch.rollouts.size(); ++i)
        if (!batch.advantages[i].empty()) order.push_back(i), tokens += static_cast<std::int64_t>(batch.rollouts[i].ids.size());
    if (order.empty()) return {};
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return batch.rollouts[i].ids.size(); });
    const std::int64_t parts = (static_cast<std::int64_t>(order.size()) + kPart - 1) / kPart;
    std::vector<std::int64_t> clipped(static_cast<std::size_t>(parts));
    const auto objective = [&](std::int64_t part, Tape<float>& tape) -> Result<TensorId> {
        const auto begin = static_cast<std::size_t>(part * kPart), end = std::min(order.size(), begin + static_cast<std::size_t>(kPart));
        const std::span<const std::size_t> mine(order.data() + begin, end - begin);
        const auto [problems, rollouts] = batch.pick(mine);
        const Padded p = pad(problems, rollouts);
        DG_ASSIGN(const TensorId nll, record_nll(trainer_.model(), p, settings_.temperature, tape));
        std::vector<float> old(p.targets.size(), 0.0F), advantage(old), weight(old), reference(old);
        for (std::size_t r = 0; r < mine.size(); ++r) {
            const Rollout& rollout = *rollouts[r];
            const double share = settings_.normalisation == Normalisation::kPerToken ? static_cast<double>(tokens) : static_cast<double>(order.size() * rollout.ids.size());
            for (std::size_t k = 0; k < rollout.ids.size(); ++k) {
                if (rollout.written[k] != 0) continue;
                const std::size_t cell = p.cell(r, k);
                old[cell] = rollout.logprobs[k], advantage[cell] = batch.advantages[mine[r]][k], weight[cell] = static_cast<float>(1.0 / share);
                if (!batch.reference.empty()) reference[cell] = batch.reference[mine[r]][k];
            }
        }
        const Shape shape{p.tokens.batch, p.tokens.length};
        const auto input = [&](const char* name, const std::vector<float>& v) { return tape.input(name, Tensor<float>(shape, v)); };
        const TensorId ref = batch.reference.empty() ? -1 : input("policy.reference", reference);
        const ops::PolicyLoss loss = ops::policy_loss(tape, nll, input("policy.old", old), ref, input("policy.advantage", advantage), input("policy.weight", weight),
                                                      settings_.loss, "policy.");
        const Tensor<float>& ratio = tape.value(loss.ratio);
        std::int64_t held = 0;
        for (std::size_t c = 0; c < weight.size(); ++c) {
            const auto rho = static_cast<double>(ratio[static_cast<std::int64_t>(c)]);
            held += weight[c] > 0 && ((advantage[c] > 0 && rho > 1 + settings_.loss.clip_high) || (advantage[c] < 0 && rho < 1 - settings_.loss.clip_low));
        }
        clipped[static_cast<std::size_t>(part)] = held;
        return ops::weighted_sum(tape, {loss.loss}, {1.0}, "loss.total");
    };
    for (std::int64_t i = 0; i < settings_.inner; ++i) {
        DG_ASSIGN(const StepStats s, trainer_.step(parts, objective, tokens));
        if (s.diverged) return Error{"diverged", {{"step", std::to_string(stats.step)}, {"loss", fmt::format("{}", s.loss)}}, {}};
    }
    stats.clipped = static_cast<double>(std::accumulate(clipped.begin(), clipped.end(), std::int64_t{0})) / static_cast<double>(tokens);
    return {};
}

Result<std::vector<std::vector<float>>> token_logprobs(const Model<float>& model, std::span<const Problem* const> problems, std::span<const Rollout* const> rollouts,
                                                       double temperature) {
    std::vector<std::vector<float>> all(rollouts.size());
    const auto n = static_cast<std::int64_t>(rollouts.size()), parts = (n + kPart - 1) / kPart;
    std::vector<Result<void>> done(static_cast<std::size_t>(parts));
    parallel_for(parts, [&](std::int64_t part) {
        const auto begin = static_cast<std::size_t>(part * kPart), count = std::min(rollouts.size() - begin, static_cast<std::size_t>(kPart));
        const Padded p = pad(problems.subspan(begin, count), rollouts.subspan(begin, count));
        Tape<float> tape(Tape<float>::Mode::kTrain);
        const auto nll = record_nll(model, p, temperature, tape);
        if (!nll) {
            done[static_cast<std::size_t>(part)] = nll.error();
            return;
        }
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t k = 0; k < rollouts[begin + r]->ids.size(); ++k) all[begin + r].push_back(-tape.value(*nll)[static_cast<std::int64_t>(p.cell(r, k))]);
    });
    for (const auto& d : done) DG_TRY(d);
    return all;
}

Result<double> Grpo::kl_from_start(const Batch& batch) const {
    std::vector<std::size_t> which(std::min(batch.rollouts.size(), static_cast<std::size_t>(kKlRollouts)));
    std::iota(which.begin(), which.end(), 0U);
    const auto [problems, rollouts] = batch.pick(which);
    DG_ASSIGN(const auto reference, token_logprobs(start_, problems, rollouts, settings_.temperature));
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < which.size(); ++i)
        for (std::size_t k = 0; k < reference[i].size(); ++k) {
            if (rollouts[i]->written[k] != 0) continue;
            const double d = static_cast<double>(reference[i][k]) - static_cast<double>(rollouts[i]->logprobs[k]);
            sum += dg::exp(d) - d - 1, count += 1;
        }
    return count > 0 ? sum / count : 0.0;
}

Result<void> Grpo::fill_table(const Batch& batch, bool updated, GroupTable& table) const {
    const auto group = static_cast<std::size_t>(batch.group);
    std::size_t first = 0;
    for (std::size_t g = 0; g < batch.rollouts.size(); g += group)
        if (!batch.advantages[g].empty()) {
            first = g;
            break;
        }
    table = {};
    table.number = static_cast<std::int64_t>(first / group);
    table.problem = batch.problem_of(first);
    std::vector<std::size_t> which(group);
    std::iota(which.begin(), which.end(), first);
    for (const std::size_t i : which) {
        table.rollouts.push_back(batch.rollouts[i]);
        table.rewards.push_back(batch.rewards[i]);
        table.advantages.push_back(batch.advantages[i].empty() ? 0.0 : static_cast<double>(batch.advantages[i].back()));
    }
    if (!updated) return {};
    const auto [problems, rollouts] = batch.pick(which);
    DG_ASSIGN(table.change, token_logprobs(trainer_.model(), problems, rollouts, settings_.temperature));
    for (std::size_t i = 0; i < group; ++i)
        for (std::size_t k = 0; k < table.change[i].size(); ++k) table.change[i][k] = rollouts[i]->written[k] != 0 ? 0.0F : table.change[i][k] - rollouts[i]->logprobs[k];
    return {};
}

Result<GrpoStats> Grpo::step(bool update, GroupTable* table, const std::function<bool()>& go_on) {
    GrpoStats stats;
    stats.step = step_;
    Batch batch;
    batch.group = settings_.group;
    for (std::int64_t i = 0; i < settings_.prompts; ++i) {
        Rng rng = Rng::keyed(settings_.seed, "problem", static_cast<std::uint64_t>(step_), static_cast<std::uint64_t>(i));
        batch.problems.push_back(draw_problem(rng, settings_.terms, settings_.terms));
    }
    RolloutSettings how;
    how.temperature = settings_.temperature;
    how.seed = settings_.seed, how.step = static_cast<std::uint64_t>(step_);
    if (settings_.pen > 0) how.environment = noisy_pen(settings_.pen);
    const PackedModel packed(trainer_.model());
    DG_ASSIGN(batch.rollouts, roll_out(packed, batch.problems, settings_.group, how, go_on));
    stats.skill = measure(batch.problems, batch.rollouts);
    reward(batch);
    double tokens = 0;
    for (std::size_t i = 0; i < batch.rollouts.size(); ++i) {
        stats.reward += batch.rewards[i] / static_cast<double>(batch.rewards.size());
        for (const float h : batch.rollouts[i].entropies) stats.entropy += static_cast<double>(h), tokens += 1;
    }
    stats.entropy /= tokens;
    batch.advantages.resize(batch.rollouts.size());
    if (settings_.loss.kl > 0) {
        std::vector<std::size_t> all(batch.rollouts.size());
        std::iota(all.begin(), all.end(), 0U);
        const auto [problems, rollouts] = batch.pick(all);
        DG_ASSIGN(batch.reference, token_logprobs(start_, problems, rollouts, settings_.temperature));
    }
    DG_ASSIGN(stats.kl, kl_from_start(batch));
    if (settings_.baseline == Baseline::kCritic) {
        DG_TRY(advantages_from_critic(batch, stats));
    } else if (settings_.reward == Reward::kProcess) {
        advantages_from_steps(batch, stats);
    } else {
        advantages_from_groups(batch, stats);
    }
    if (go_on && !go_on()) return Error{"cancelled", {}, {}};
    if (update) DG_TRY(learn(batch, stats));
    if (table != nullptr) DG_TRY(fill_table(batch, update, *table));
    ++step_;
    return stats;
}

}  // namespace dg::sim
