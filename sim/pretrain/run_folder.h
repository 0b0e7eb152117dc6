// The folder of a training run: checkpoint, curves, times. A stopped run goes on from the last checkpoint, bit for bit.
#pragma once

#include "engine/train/trainer.h"

#include <chrono>
#include <filesystem>
#include <string>

namespace dg::sim {

class RunFolder {
  public:
    explicit RunFolder(std::filesystem::path out);

    [[nodiscard]] const std::filesystem::path& path() const { return out_; }

    /// Makes the folder. True: it holds a checkpoint. Error codes: out_holds_run (a checkpoint, and `resume` was not asked for),
    /// file_write.
    Result<bool> open(bool resume);
    /// The trainer as the checkpoint knows it, and the curves up to there. Error codes: those of Trainer::restore.
    Result<void> restore(Trainer& trainer);
    /// The clock starts: what was read and prepared before does not count as training.
    void start(const Trainer& trainer);

    /// A line in curves.csv and in timing.csv; written with the next save().
    void log(const StepStats& stats);
    /// Seconds of training, those before a resume included.
    [[nodiscard]] double seconds() const;
    /// Tokens per second since start(); 0 before any time has passed.
    [[nodiscard]] double rate(std::int64_t tokens_seen) const;
    /// Checkpoint and curves. Error code: file_write.
    Result<void> save(const Trainer& trainer);
    Result<void> save_curves() const;

  private:
    [[nodiscard]] std::filesystem::path checkpoint() const { return out_ / "checkpoints" / "latest.safetensors"; }

    std::filesystem::path out_;
    std::string curves_, timing_;
    std::chrono::steady_clock::time_point start_;
    std::int64_t first_token_ = 0;
    double seconds_before_ = 0;
};

}  // namespace dg::sim
