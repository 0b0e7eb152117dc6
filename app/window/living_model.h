// The model that writes on the start page: one recorded run per token, and the few numbers of it that the page draws.
#pragma once

#include "app/window/lane.h"
#include "engine/base/result.h"
#include "viz/scenes/session.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dg::app {

/// What one run shows; every number is copied from its tape.
struct LivingStep {
    struct Candidate {
        std::string label;
        double p = 0;
    };

    std::vector<std::int32_t> ids;     // the text so far
    std::string text;                  // and written out
    std::vector<std::string> labels;   // of the last few tokens
    std::vector<float> attention;      // [labels, labels] weights of one head among them; -1 where masked
    std::int64_t layer = 0, head = 0;  // of that head, and of the gates
    std::vector<float> gates;          // weight of every routed expert for the last token; 0 = not chosen; empty: no experts
    bool shared = false;               // a shared expert works beside them
    std::vector<Candidate> top;        // most likely next tokens
    std::int32_t next = -1;            // id of the first of them; -1: the text ends here
    std::string model;                 // its name
    std::int64_t parameters = 0;       // of the model and its MTP modules
};

/// Most tokens of the text whose attention and names are kept.
inline constexpr std::int64_t kLivingWindow = 8;

/// Runs the model on `ids` and reads the step off the tape. The head: the one of the middle layer that, over the rows
/// shown, puts most weight on other tokens than the row's own and the first. Error codes: those of forward().
Result<LivingStep> living_step(const viz::LoadedModel& model, const std::vector<std::int32_t>& ids);

/// Writes token after token (the most likely one), a run beside the frame thread for each; rests at the end.
class LivingModel {
  public:
    LivingModel(viz::Session& session, std::function<void()> wake) : session_(session), lane_(std::move(wake)) {}

    /// Starts over with this text; nothing happens when it is being written already. Errors of the run: error().
    void begin(const std::string& prompt);
    /// Time passes; asks for the next run when its moment has come, unless on `hold`.
    void advance(double dt, bool hold);
    /// Ends the motion of the present step.
    void settle() { age_ = std::max(age_, kShowSeconds); }

    void poll() { lane_.poll(); }

    [[nodiscard]] const std::optional<LivingStep>& step() const { return step_; }

    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    /// 0 .. 1: how far the present step has been shown.
    [[nodiscard]] double shown() const;
    /// Seconds until a frame is needed; negative: none.
    [[nodiscard]] double next_frame(bool hold) const;
    [[nodiscard]] bool resting() const { return written_ >= kWritten || (step_ && step_->next < 0); }

    [[nodiscard]] const Lane& lane() const { return lane_; }

    static constexpr int kWritten = 24;          // tokens written before it rests
    static constexpr double kShowSeconds = 0.9;  // of motion for a step
    static constexpr double kStepSeconds = 1.6;  // from a step to the next

  private:
    void request(std::function<Result<LivingStep>()> work);

    viz::Session& session_;
    std::string prompt_;
    std::optional<LivingStep> step_;
    std::optional<Error> error_;
    double age_ = 0;  // of the present step, seconds
    int written_ = 0;
    bool asked_ = false;
    Lane lane_;  // last: its thread ends before the rest
};

}  // namespace dg::app
