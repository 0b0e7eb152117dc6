// Runs the scenes of a lesson without a window and asks every claim.
#pragma once

#include "lessons/expr.h"
#include "lessons/lesson.h"
#include "lessons/problem.h"
#include "viz/scenes/scene.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dg::lessons {

/// A computed scene with the parameters it was computed for.
struct SceneRun {
    const viz::Scene* scene = nullptr;
    viz::Params params;
    std::shared_ptr<const viz::SceneData> data;
    std::vector<viz::Observation> observations;
};

enum class Verdict { kHolds, kFails, kError };

struct ClaimReport {
    int step = 0;  // counts from 1
    Claim claim;
    Verdict verdict = Verdict::kError;
    std::vector<Reading>
        readings;  // of the step's own settings; of the first failing set if there is one
    int held = 0, tried = 0;           // class R: sets
    std::vector<std::string> failing;  // class R: the sets it fails on, "prompt=..."
    std::optional<Error> error;        // kError
};

struct LessonReport {
    std::string id, file;
    Problems problems;
    std::vector<ClaimReport> claims;

    /// No error and every claim holds.
    [[nodiscard]] bool good() const;
};

/// Class R: at least four of five.
bool holds_on_enough(int held, int tried);

class Runner {
  public:
    Runner(viz::Session& session, std::span<const viz::Scene> scenes, viz::Progress progress = {})
        : session_(session), scenes_(scenes), progress_(std::move(progress)) {}

    /// The step's scene with its settings, those of the run of that name and `over` laid on them;
    /// computed once. Error codes: lesson_unknown_scene, those of parse_params and of the scene;
    /// lesson_step_bug (what) if it threw.
    Result<std::shared_ptr<const SceneRun>> run(const Step& step, const std::string& run_name = {},
                                                const Settings& over = {});

    /// The observations of the step and of its named runs.
    Result<Environment> environment(const Step& step, const Settings& over = {});

    /// Asks one claim.
    ClaimReport ask(const Step& step, int number, const Claim& claim);

    /// Names (validate.h), every claim, and every placeholder of every reveal.
    LessonReport check(const Lesson& lesson, const Problems& found,
                       const std::vector<std::string>& lesson_ids = {});

  private:
    void ask_once(ClaimReport& report, const Step& step, const Expression& expression);
    void ask_over(ClaimReport& report, const Step& step, const Expression& expression);
    void check_reveal(const Step& step, Problems& problems);

    viz::Session& session_;
    std::span<const viz::Scene> scenes_;
    viz::Progress progress_;
    std::map<std::string, Result<std::shared_ptr<const SceneRun>>>
        runs_;  // by scene and parameters
};

}  // namespace dg::lessons
