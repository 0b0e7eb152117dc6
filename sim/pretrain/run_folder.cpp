#include "sim/pretrain/run_folder.h"

#include "engine/io/files.h"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>

namespace dg::sim {

namespace fs = std::filesystem;

RunFolder::RunFolder(fs::path out) : out_(std::move(out)), curves_("step,tokens,loss,loss_mtp,lr,grad_norm,max_vio\n"), timing_("step,tokens,seconds\n") {}

Result<bool> RunFolder::open(bool resume) {
    std::error_code ignored, failed;
    const bool exists = fs::exists(checkpoint(), ignored);
    if (exists && !resume) return Error{"out_holds_run", {}, out_.string()};
    fs::create_directories(out_ / "checkpoints", failed);
    if (failed) return Error{"file_write", {{"file", (out_ / "checkpoints").string()}, {"reason", failed.message()}}, {}};
    return exists;
}

Result<void> RunFolder::restore(Trainer& trainer) {
    DG_TRY(trainer.restore(checkpoint()));
    for (auto [file, text] : {std::pair{"curves.csv", &curves_}, std::pair{"timing.csv", &timing_}}) {
        const auto old = read_file(out_ / file);
        if (!old) continue;
        std::istringstream lines(*old);
        std::string line;
        std::getline(lines, line);
        while (std::getline(lines, line)) {
            if (std::strtoll(line.c_str(), nullptr, 10) > trainer.steps_done()) break;
            *text += line + "\n";
            if (text == &timing_) seconds_before_ = std::strtod(line.substr(line.rfind(',') + 1).c_str(), nullptr);
        }
    }
    return {};
}

void RunFolder::start(const Trainer& trainer) {
    start_ = std::chrono::steady_clock::now();
    first_token_ = trainer.tokens_seen();
}

void RunFolder::log(const StepStats& s) {
    curves_ += fmt::format("{},{},{:.6f},{:.6f},{:.6g},{:.5f},{:.5f}\n", s.step, s.tokens, s.loss, s.loss_mtp, s.lr, s.grad_norm, s.max_vio);
    timing_ += fmt::format("{},{},{:.2f}\n", s.step, s.tokens, seconds());
}

double RunFolder::seconds() const { return seconds_before_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

double RunFolder::rate(std::int64_t tokens_seen) const {
    const double spent = seconds() - seconds_before_;
    return spent > 0 ? static_cast<double>(tokens_seen - first_token_) / spent : 0;
}

Result<void> RunFolder::save(const Trainer& trainer) {
    DG_TRY(trainer.save(checkpoint()));
    return save_curves();
}

Result<void> RunFolder::save_curves() const {
    DG_TRY(write_file(out_ / "curves.csv", curves_));
    return write_file(out_ / "timing.csv", timing_);
}

}  // namespace dg::sim
