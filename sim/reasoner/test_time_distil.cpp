#include "sim/reasoner/test_time_distil.h"

#include "sim/grpo/grpo.h"
#include "sim/reasoner/sft.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dg::sim {
namespace {

constexpr std::int64_t kTokensPerBatch = 2048;
constexpr std::int64_t kMeasurements = 8;  // of a phase

/// The mixtures of the two starts. Skilled: as the plain reasoner's recipe, in its order. Weak: scratchpads are rare from the beginning.
const std::vector<Phase> kWeak = {Phase{0.4, {.zeros = 0.5}}, Phase{0.6, {.direct = 0.5, .skip = 0.15, .slip = 0.05, .wait_slip = 0.5, .wait_ok = 0.01, .recheck = 0.1}}};
const std::vector<Phase> kSkilled = {Phase{0.25, {.zeros = 0.5}}, Phase{0.4, {.slip = 0.01, .wait_slip = 0.5}},
                                     Phase{0.35, {.direct = 0.5, .skip = 0.15, .slip = 0.05, .wait_slip = 0.5, .wait_ok = 0.01, .recheck = 0.1}}};

TrainSettings sft_settings(std::int64_t steps, double lr) {
    TrainSettings s;
    s.schedule.steps = steps, s.schedule.warmup = std::min<std::int64_t>(50, steps / 4), s.schedule.peak = lr, s.schedule.flat = 0.6, s.schedule.floor = 0.05;
    s.adamw.beta2 = 0.95, s.adamw.weight_decay = 0.05;
    s.bias_speed = 0.002, s.bias_rest = 0;
    return s;
}

class Distil {
  public:
    Distil(const PackedModel& teacher, const DistilSettings& settings, const Task& task) : teacher_(teacher), s_(settings), task_(task) {}

    Result<Records> run() {
        DG_ASSIGN(examples_, traces());
        for (start_ = 0; start_ < 2; ++start_) {
            DG_ASSIGN(const Model<float> base, teach_mixture(start_ == 0 ? kWeak : kSkilled, start_ == 0 ? s_.weak_steps : s_.skilled_steps));
            DG_TRY(distil(base));
            DG_TRY(reinforce(base));
        }
        return records_;
    }

  private:
    /// The three phases cost about the same.
    bool report(int phase, double fraction) { return task_.report((3 * start_ + phase + fraction) / 6); }

    Result<void> add_row(int phase, std::int64_t step, std::int64_t tokens, const Model<float>& model, double loss) {
        RolloutSettings sampling{.seed = hash_words(s_.seed, 0xD157), .step = static_cast<std::uint64_t>(step)};
        const std::vector<Problem> problems = fresh_problems(hash_words(s_.seed, 0xE7A2), s_.tests);
        DG_ASSIGN(const auto rollouts, roll_out(PackedModel(model), problems, 1, sampling));
        const Skill k = measure(problems, rollouts);
        const auto full = static_cast<std::size_t>(Strategy::kFull), recheck = static_cast<std::size_t>(Strategy::kRecheck);
        records_.rows.push_back({static_cast<double>(start_), static_cast<double>(phase), static_cast<double>(step), static_cast<double>(tokens), k.accuracy, k.mean_length, k.share[full] + k.share[recheck], loss});
        if (task_.snapshot) task_.snapshot(std::make_shared<Records>(records_));
        return {};
    }

    static bool measured(std::int64_t step, std::int64_t steps) { return step % std::max<std::int64_t>(1, steps / kMeasurements) == 0 || step == steps; }

    /// One supervised step; nats per response token.
    Result<double> sft_step(Trainer& trainer, const SftBatch& batch, double divisor) {
        DG_ASSIGN(const StepStats stats, trainer.step(1, [&](std::int64_t, Tape<float>& tape) { return sft_loss(trainer.model(), batch, divisor, tape); }, batch.response_tokens));
        if (stats.diverged) return Error{"diverged", {{"step", fmt::format("{}", stats.step)}, {"loss", fmt::format("{}", stats.loss)}}, ""};
        return stats.loss * divisor / static_cast<double>(batch.response_tokens);
    }

    Result<Model<float>> teach_mixture(const std::vector<Phase>& phases, std::int64_t steps) {
        Trainer trainer(random_model(student_config(), s_.seed), sft_settings(steps, 4e-3));
        std::int64_t first = 0, tokens = 0;
        for (std::size_t p = 0; p < phases.size(); ++p) {
            const bool last = p + 1 == phases.size();
            const std::int64_t end = last ? steps : first + std::llround(phases[p].share * static_cast<double>(steps));
            SftStream stream(s_.seed, 100 + p, phases[p].mixture, kTokensPerBatch);
            for (; first < end; ++first) {
                if (!report(0, static_cast<double>(first) / static_cast<double>(steps))) return Error{"cancelled", {}, ""};
                const SftBatch batch = stream.next();
                DG_ASSIGN(const double loss, sft_step(trainer, batch, stream.response_tokens_per_batch()));
                tokens += batch.response_tokens;
                if (measured(first + 1, steps) || first == 0) DG_TRY(add_row(0, first + 1, tokens, trainer.model(), loss));
            }
        }
        return trainer.model();
    }

    /// Long traces of the teacher whose answer is right: rejection sampling, as R1 2.3.3 gathers its data.
    Result<std::vector<SftExample>> traces() {
        std::vector<SftExample> out;
        for (std::uint64_t round = 0; static_cast<std::int64_t>(out.size()) < s_.traces; ++round) {
            if (!report(0, 0)) return Error{"cancelled", {}, ""};
            std::vector<Problem> problems;
            for (std::uint64_t i = 0; i < 256; ++i) {
                Rng rng = Rng::keyed(s_.seed, "trace problem", round, i);
                problems.push_back(draw_problem(rng, 2));
            }
            RolloutSettings sampling{.seed = hash_words(s_.seed, 0x7EAC), .step = round};
            sampling.forcing = forced_thinking(problems, {.style = Style::kSteps});
            DG_ASSIGN(const auto rollouts, roll_out(teacher_, problems, 1, sampling));
            for (std::size_t i = 0; i < problems.size() && static_cast<std::int64_t>(out.size()) < s_.traces; ++i)
                if (score(problems[i], rollouts[i].text).correct) out.emplace_back(problems[i].prompt(), rollouts[i].text);
            // a teacher that is hardly ever right has nothing to teach
            if (round >= 20 && out.size() < round) return Error{"distil_teacher", {}, ""};
        }
        return out;
    }

    Result<void> distil(const Model<float>& base) {
        double all = 0;
        for (const SftExample& e : examples_) all += static_cast<double>(e.second.size());
        Trainer trainer(base, sft_settings(s_.distil_steps, 2e-3));
        std::vector<std::vector<SftExample>> batches;
        double divisor = 1;
        std::int64_t tokens = 0;
        for (std::int64_t step = 1, pass = 0; step <= s_.distil_steps; ++step) {
            if (!report(1, static_cast<double>(step) / static_cast<double>(s_.distil_steps))) return Error{"cancelled", {}, ""};
            if (batches.empty()) {
                Rng rng = Rng::keyed(s_.seed, "distil order", static_cast<std::uint64_t>(pass++));
                batches = sft_batches(examples_, kTokensPerBatch, rng);
                divisor = all / static_cast<double>(batches.size());
            }
            const SftBatch batch = sft_batch(batches.back());
            batches.pop_back();
            DG_ASSIGN(const double loss, sft_step(trainer, batch, divisor));
            tokens += batch.response_tokens;
            if (measured(step, s_.distil_steps)) DG_TRY(add_row(1, step, tokens, trainer.model(), loss));
        }
        shown_ = tokens;
        return {};
    }

    Result<void> reinforce(const Model<float>& base) {
        GrpoSettings settings;
        settings.pen = 0, settings.seed = s_.seed;
        Grpo grpo(base, settings);
        double tokens = 0, fraction = 0;
        std::int64_t rows = 0;
        for (std::int64_t step = 1; fraction < 1; ++step) {
            if (!report(2, fraction)) return Error{"cancelled", {}, ""};
            DG_ASSIGN(const GrpoStats stats, grpo.step(true, nullptr, {}));
            tokens += stats.skill.mean_length * static_cast<double>(stats.skill.responses);
            fraction = std::min(1.0, s_.rl_steps > 0 ? static_cast<double>(step) / static_cast<double>(s_.rl_steps) : tokens / static_cast<double>(shown_));
            if (fraction * kMeasurements < static_cast<double>(rows + 1)) continue;
            rows = static_cast<std::int64_t>(fraction * kMeasurements);
            DG_TRY(add_row(2, step, std::llround(tokens), grpo.model(), stats.reward));
        }
        return {};
    }

    const PackedModel& teacher_;
    const DistilSettings& s_;
    const Task& task_;
    Records records_ = no_distil_records();
    std::vector<SftExample> examples_;
    int start_ = 0;
    std::int64_t shown_ = 0;  // response tokens that the last distillation was shown
};

}  // namespace

Config student_config() {
    Config c;
    c.vocab_size = static_cast<std::int64_t>(kCharacters.size()) + 1;
    c.hidden_size = 32, c.intermediate_size = 84, c.moe_intermediate_size = 28, c.num_hidden_layers = 3, c.first_k_dense_replace = 0;
    c.num_attention_heads = c.num_key_value_heads = 4;
    c.kv_lora_rank = 16, c.qk_nope_head_dim = 8, c.qk_rope_head_dim = 16, c.v_head_dim = 8;
    c.n_routed_experts = 4, c.n_shared_experts = 1, c.num_experts_per_tok = 2, c.n_group = c.topk_group = 1;
    c.max_position_embeddings = 128, c.rope_theta = 500, c.rms_norm_eps = 1e-6, c.num_nextn_predict_layers = 0, c.routed_scaling_factor = 1, c.norm_topk_prob = true;
    c.eos_token_id = character_id('$');
    return c;
}

Records no_distil_records() { return {.columns = {"start", "phase", "step", "tokens", "accuracy", "mean_length", "full_share", "loss"}}; }

Result<Records> run_distil(const PackedModel& teacher, const DistilSettings& settings, const Task& task) { return Distil(teacher, settings, task).run(); }

}  // namespace dg::sim
