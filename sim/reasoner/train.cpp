#include "sim/reasoner/train.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "sim/pretrain/run_folder.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace dg::sim {
namespace {

using Json = nlohmann::ordered_json;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json skill_json(const Skill& s) {
    Json j;
    j["responses"] = s.responses;
    j["accuracy"] = s.accuracy, j["format"] = s.format, j["mean_length"] = s.mean_length, j["waits_per_response"] = s.waits;
    const char* names[] = {"direct", "skip", "full", "recheck", "other"};
    for (std::size_t k = 0; k < 5; ++k) j["strategy"][names[k]] = {{"share", s.share[k]}, {"accuracy", number(s.accuracy_of[k])}};
    j["wait_given_wrong"] = number(s.wait_given_wrong()), j["wait_given_right"] = number(s.wait_given_right());
    j["wrong_steps"] = s.steps.wrong, j["right_steps"] = s.steps.right;
    return j;
}

class Run {
  public:
    Run(const Recipe& recipe, const PretrainOptions& options) : recipe_(recipe), sft_(*recipe.reasoner), options_(options), folder_(options.out) {}

    Result<void> run(const std::stop_token& stop) {
        DG_TRY(prepare());
        const std::int64_t steps = recipe_.train.schedule.steps;
        while (trainer_->steps_done() < steps) {
            if (stop.stop_requested()) {
                DG_TRY(folder_.save(*trainer_));
                return Error{"cancelled", {{"step", std::to_string(trainer_->steps_done())}}, options_.out.string()};
            }
            enter_phase(trainer_->steps_done());
            const SftBatch batch = stream_->next();
            DG_ASSIGN(const StepStats stats, trainer_->step(1, [&](std::int64_t, Tape<float>& tape) { return sft_loss(trainer_->model(), batch, divisor_, tape); },
                                                            batch.response_tokens));
            if (stats.diverged) return Error{"diverged", {{"step", std::to_string(stats.step)}, {"loss", fmt::format("{}", stats.loss)}}, options_.out.string()};
            log(stats, static_cast<double>(batch.response_tokens));
            if (stats.step % recipe_.checkpoint_steps == 0 || stats.step == steps) DG_TRY(folder_.save(*trainer_));
        }
        return finish();
    }

  private:
    /// First step of phase p.
    [[nodiscard]] std::int64_t first_step(std::size_t p) const {
        double before = 0, all = 0;
        for (std::size_t i = 0; i < sft_.phases.size(); ++i) (i < p ? before : all) += sft_.phases[i].share;
        return std::llround(before / (before + all) * static_cast<double>(recipe_.train.schedule.steps));
    }

    void enter_phase(std::int64_t step) {
        std::size_t wanted = 0;
        while (wanted + 1 < sft_.phases.size() && step >= first_step(wanted + 1)) ++wanted;
        if (stream_ && wanted == phase_) return;
        phase_ = wanted;
        stream_ = std::make_unique<SftStream>(recipe_.seed, wanted, sft_.phases[wanted].mixture, sft_.tokens_per_batch);
        stream_->skip(step - first_step(wanted));
        divisor_ = stream_->response_tokens_per_batch();
    }

    Result<void> prepare() {
        DG_ASSIGN(const bool exists, folder_.open(options_.resume));
        DG_TRY(write_file(options_.out / "tokenizer.json", reasoner_tokenizer().json()));
        DG_ASSIGN(Model<float> start, first_model());
        trainer_ = std::make_unique<Trainer>(std::move(start), recipe_.train);
        if (exists) DG_TRY(folder_.restore(*trainer_));
        folder_.start(*trainer_);
        return {};
    }

    Result<Model<float>> first_model() {
        if (sft_.init.empty()) return random_model(recipe_.model, recipe_.seed);
        DG_ASSIGN(Model<float> model, load_model(sft_.init));
        init_hash_ = model.hash;
        Config wanted = recipe_.model, found = model.config;
        wanted.torch_dtype = found.torch_dtype;
        if (!(wanted == found)) return Error{"recipe_init", {{"model", sft_.init.string()}}, {}};
        return model;
    }

    /// Loss in the curves: nats per response token of the stretch since the last line.
    void log(const StepStats& s, double tokens) {
        nats_ += s.loss * divisor_;
        counted_ += tokens;
        PretrainProgress p{s, recipe_.train.schedule.steps};
        p.stats.loss = nats_ / counted_;
        p.tokens_per_second = folder_.rate(s.tokens);
        options_.progress(p);
        if (s.step % 10 != 0 && s.step != recipe_.train.schedule.steps) return;
        folder_.log(p.stats);
        nats_ = counted_ = 0;
    }

    Result<void> finish() {
        DG_TRY(save_model(options_.out, trainer_->model(), recipe_.dtype == "bf16" ? DType::kBF16 : DType::kF32));
        DG_ASSIGN(const Model<float> shipped, load_model(options_.out));
        const std::vector<Problem> problems = fresh_problems(hash_words(recipe_.seed, 0xE7A1), recipe_.eval_documents);
        RolloutSettings sampled, greedy;
        sampled.seed = greedy.seed = recipe_.seed;
        greedy.temperature = 0;
        const PackedModel packed(shipped);
        DG_ASSIGN(const auto responses, roll_out(packed, problems, 1, sampled));
        DG_ASSIGN(const auto best, roll_out(packed, problems, 1, greedy));
        const Skill skill = measure(problems, responses);
        const double chain = skill.accuracy_of[static_cast<std::size_t>(Strategy::kFull)], gap = skill.wait_given_wrong() - skill.wait_given_right();
        const bool passed = (sft_.gate_chain <= 0 || chain >= sft_.gate_chain) && (sft_.gate_wait_gap <= 0 || gap >= sft_.gate_wait_gap);
        const ParameterCount count = count_parameters(recipe_.model);
        Json card;
        card["name"] = recipe_.name, card["seed"] = recipe_.seed, card["model_hash"] = model_hash(shipped);
        if (!init_hash_.empty()) card["init_hash"] = init_hash_;
        card["parameters"] = {{"total", count.total}, {"active", count.active}, {"mtp", count.mtp}};
        card["training"] = {{"steps", recipe_.train.schedule.steps}, {"response_tokens", trainer_->tokens_seen()}, {"wall_seconds", std::round(folder_.seconds())}};
        card["sampled"] = skill_json(skill), card["greedy"] = skill_json(measure(problems, best));
        card["gate"] = {{"full_chain", number(chain)}, {"full_chain_needed", sft_.gate_chain}, {"wait_gap", number(gap)}, {"wait_gap_needed", sft_.gate_wait_gap}, {"passed", passed}};
        card["recipe"] = recipe_.text;
        DG_TRY(write_file(options_.out / "card.json", card.dump(2) + "\n"));
        if (passed) return {};
        return Error{"gate_missed", {{"chain", fmt::format("{:.3f}", chain)}, {"chain_needed", fmt::format("{:g}", sft_.gate_chain)}, {"gap", fmt::format("{:.3f}", gap)},
                                     {"gap_needed", fmt::format("{:g}", sft_.gate_wait_gap)}}, options_.out.string()};
    }

    const Recipe& recipe_;
    const SftRecipe& sft_;
    const PretrainOptions& options_;
    std::unique_ptr<Trainer> trainer_;
    std::unique_ptr<SftStream> stream_;
    std::size_t phase_ = 0;
    double divisor_ = 1, nats_ = 0, counted_ = 0;
    std::string init_hash_;
    RunFolder folder_;
};

}  // namespace

Result<void> train_reasoner(const Recipe& recipe, const PretrainOptions& options, const std::stop_token& stop) { return Run(recipe, options).run(stop); }

}  // namespace dg::sim
