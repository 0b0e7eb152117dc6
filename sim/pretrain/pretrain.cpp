#include "sim/pretrain/pretrain.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "sim/corpus/corpus.h"
#include "sim/pretrain/batches.h"
#include "sim/pretrain/card.h"
#include "sim/pretrain/run_folder.h"
#include "sim/reasoner/train.h"

#include <fmt/format.h>

namespace dg::sim {
namespace {

class Run {
  public:
    Run(const Recipe& recipe, const PretrainOptions& options) : recipe_(recipe), options_(options), folder_(options.out) {}

    Result<void> run(const std::stop_token& stop) {
        DG_TRY(prepare());
        const std::int64_t steps = recipe_.train.schedule.steps, log_every = steps >= 1000 ? 10 : 1;
        while (trainer_->steps_done() < steps) {
            if (stop.stop_requested()) {
                DG_TRY(folder_.save(*trainer_));
                return Error{"cancelled", {{"step", std::to_string(trainer_->steps_done())}}, options_.out.string()};
            }
            DG_ASSIGN(const StepStats stats, trainer_->step(batches(trainer_->steps_done())));
            if (stats.diverged) return Error{"diverged", {{"step", std::to_string(stats.step)}, {"loss", fmt::format("{}", stats.loss)}}, options_.out.string()};
            if (stats.step % log_every == 0 || stats.step == steps) folder_.log(stats);
            report(stats);
            if (stats.step % recipe_.checkpoint_steps == 0 || stats.step == steps) DG_TRY(folder_.save(*trainer_));
        }
        return finish();
    }

  private:
    Result<void> prepare() {
        DG_ASSIGN(const bool exists, folder_.open(options_.resume));
        DG_TRY(prepare_tokenizer(exists));
        Model<float> fresh = random_model(recipe_.model, recipe_.seed);
        trainer_ = std::make_unique<Trainer>(std::move(fresh), recipe_.train);
        if (exists) DG_TRY(folder_.restore(*trainer_));
        folder_.start(*trainer_);
        return {};
    }

    Result<void> prepare_tokenizer(bool exists) {
        if (exists) {
            DG_ASSIGN(tokenizer_, Tokenizer::load(options_.out / "tokenizer.json"));
            return {};
        }
        const std::string text = corpus_text(recipe_.seed, static_cast<std::size_t>(recipe_.tokenizer_bytes));
        DG_ASSIGN(tokenizer_, Tokenizer::train(text, recipe_.model.vocab_size, recipe_.specials));
        return write_file(options_.out / "tokenizer.json", tokenizer_.json());
    }

    [[nodiscard]] std::vector<TokenBatch> batches(std::int64_t step) const {
        std::vector<TokenBatch> all;
        for (std::int64_t i = 0; i < recipe_.micro_batches; ++i) all.push_back(training_batch(recipe_, tokenizer_, step * recipe_.micro_batches + i));
        return all;
    }

    void report(const StepStats& s) const {
        const double rate = folder_.rate(s.tokens);
        const std::int64_t steps = recipe_.train.schedule.steps;
        const double per_step = static_cast<double>(recipe_.rows * recipe_.length * recipe_.micro_batches);
        options_.progress({s, steps, rate, rate > 0 ? static_cast<double>(steps - s.step) * per_step / rate : 0});
    }

    /// Rounds the weights as they will be shipped and measures the rounded model.
    Result<void> finish() {
        const DType dtype = recipe_.dtype == "bf16" ? DType::kBF16 : DType::kF32;
        DG_TRY(save_model(options_.out, trainer_->model(), dtype));
        DG_TRY(folder_.save_curves());
        DG_ASSIGN(const Model<float> shipped, load_model(options_.out));
        DG_ASSIGN(const std::string card, model_card(recipe_, shipped, tokenizer_, trainer_->tokens_seen(), folder_.seconds()));
        return write_file(options_.out / "card.json", card);
    }

    const Recipe& recipe_;
    const PretrainOptions& options_;
    Tokenizer tokenizer_;
    std::unique_ptr<Trainer> trainer_;
    RunFolder folder_;
};

}  // namespace

Result<void> pretrain(const Recipe& recipe, const PretrainOptions& options, std::stop_token stop) {
    if (recipe.reasoner) return train_reasoner(recipe, options, stop);
    return Run(recipe, options).run(stop);
}

}  // namespace dg::sim
