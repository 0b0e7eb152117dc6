#include "sim/pretrain/pretrain.h"

#include "engine/io/files.h"
#include "engine/io/hf.h"
#include "sim/corpus/corpus.h"
#include "sim/pretrain/batches.h"
#include "sim/pretrain/card.h"
#include "sim/reasoner/train.h"

#include <fmt/format.h>

#include <chrono>
#include <sstream>

namespace dg::sim {
namespace {

namespace fs = std::filesystem;
constexpr const char* kCurveHeader = "step,tokens,loss,loss_mtp,lr,grad_norm,max_vio\n";

class Run {
  public:
    Run(const Recipe& recipe, const PretrainOptions& options) : recipe_(recipe), options_(options), curves_(kCurveHeader), timing_("step,tokens,seconds\n") {}

    Result<void> run(const std::stop_token& stop) {
        DG_TRY(prepare());
        const std::int64_t steps = recipe_.train.schedule.steps, log_every = steps >= 1000 ? 10 : 1;
        while (trainer_->steps_done() < steps) {
            if (stop.stop_requested()) {
                DG_TRY(save_checkpoint());
                return Error{"cancelled", {{"step", std::to_string(trainer_->steps_done())}}, options_.out.string()};
            }
            DG_ASSIGN(const StepStats stats, trainer_->step(batches(trainer_->steps_done())));
            if (stats.diverged) return Error{"diverged", {{"step", std::to_string(stats.step)}, {"loss", fmt::format("{}", stats.loss)}}, options_.out.string()};
            if (stats.step % log_every == 0 || stats.step == steps) log(stats);
            report(stats);
            if (stats.step % recipe_.checkpoint_steps == 0 || stats.step == steps) DG_TRY(save_checkpoint());
        }
        return finish();
    }

  private:
    [[nodiscard]] fs::path checkpoint() const { return options_.out / "checkpoints" / "latest.safetensors"; }

    Result<void> prepare() {
        std::error_code ignored;
        const bool exists = fs::exists(checkpoint(), ignored);
        if (exists && !options_.resume) return Error{"out_holds_run", {}, options_.out.string()};
        std::error_code failed;
        fs::create_directories(options_.out / "checkpoints", failed);
        if (failed) return Error{"file_write", {{"file", (options_.out / "checkpoints").string()}, {"reason", failed.message()}}, {}};
        DG_TRY(prepare_tokenizer(exists));
        Model<float> fresh = random_model(recipe_.model, recipe_.seed);
        trainer_ = std::make_unique<Trainer>(std::move(fresh), recipe_.train);
        if (exists) DG_TRY(go_on());
        start_ = std::chrono::steady_clock::now();
        first_token_ = trainer_->tokens_seen();
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

    /// Restores the trainer and the part of the curves that the checkpoint knows.
    Result<void> go_on() {
        DG_TRY(trainer_->restore(checkpoint()));
        for (auto [file, text] : {std::pair{"curves.csv", &curves_}, std::pair{"timing.csv", &timing_}}) {
            auto old = read_file(options_.out / file);
            if (!old) continue;
            std::istringstream lines(*old);
            std::string line;
            std::getline(lines, line);
            while (std::getline(lines, line))
                if (std::strtoll(line.c_str(), nullptr, 10) <= trainer_->steps_done()) *text += line + "\n";
            if (file == std::string_view("timing.csv") && !line.empty()) seconds_before_ = std::strtod(line.substr(line.rfind(',') + 1).c_str(), nullptr);
        }
        return {};
    }

    [[nodiscard]] std::vector<TokenBatch> batches(std::int64_t step) const {
        std::vector<TokenBatch> all;
        for (std::int64_t i = 0; i < recipe_.micro_batches; ++i) all.push_back(training_batch(recipe_, tokenizer_, step * recipe_.micro_batches + i));
        return all;
    }

    [[nodiscard]] double seconds() const {
        return seconds_before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

    void log(const StepStats& s) {
        curves_ += fmt::format("{},{},{:.6f},{:.6f},{:.6g},{:.5f},{:.5f}\n", s.step, s.tokens, s.loss, s.loss_mtp, s.lr, s.grad_norm, s.max_vio);
        timing_ += fmt::format("{},{},{:.2f}\n", s.step, s.tokens, seconds());
    }

    void report(const StepStats& s) const {
        const double spent = seconds() - seconds_before_, rate = spent > 0 ? static_cast<double>(s.tokens - first_token_) / spent : 0;
        const std::int64_t steps = recipe_.train.schedule.steps;
        const double per_step = static_cast<double>(recipe_.rows * recipe_.length * recipe_.micro_batches);
        options_.progress({s, steps, rate, rate > 0 ? static_cast<double>(steps - s.step) * per_step / rate : 0});
    }

    Result<void> save_checkpoint() {
        DG_TRY(trainer_->save(checkpoint()));
        DG_TRY(write_file(options_.out / "curves.csv", curves_));
        return write_file(options_.out / "timing.csv", timing_);
    }

    /// Rounds the weights as they will be shipped and measures the rounded model.
    Result<void> finish() {
        const DType dtype = recipe_.dtype == "bf16" ? DType::kBF16 : DType::kF32;
        DG_TRY(save_model(options_.out, trainer_->model(), dtype));
        DG_TRY(write_file(options_.out / "curves.csv", curves_));
        DG_TRY(write_file(options_.out / "timing.csv", timing_));
        DG_ASSIGN(const Model<float> shipped, load_model(options_.out));
        DG_ASSIGN(const std::string card, model_card(recipe_, shipped, tokenizer_, trainer_->tokens_seen(), seconds()));
        return write_file(options_.out / "card.json", card);
    }

    const Recipe& recipe_;
    const PretrainOptions& options_;
    Tokenizer tokenizer_;
    std::unique_ptr<Trainer> trainer_;
    std::string curves_, timing_;
    std::chrono::steady_clock::time_point start_;
    std::int64_t first_token_ = 0;
    double seconds_before_ = 0;
};

}  // namespace

Result<void> pretrain(const Recipe& recipe, const PretrainOptions& options, std::stop_token stop) {
    if (recipe.reasoner) return train_reasoner(recipe, options, stop);
    return Run(recipe, options).run(stop);
}

}  // namespace dg::sim
