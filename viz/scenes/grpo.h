// Scene grpo: reinforcement learning relative to the group, by hand and really run. What its files share.
//   grpo.cpp          parameters, computing
//   grpo_runs.cpp     recorded and live runs, their curves
//   grpo_observe.cpp  observables
//   grpo_words.cpp    titles and notes
//   grpo_hand.cpp     advantages by hand, clip, KL penalty
//   grpo_memory.cpp   what must be in memory
//   grpo_train.cpp    one run: its curves
//   grpo_table.cpp    one group of responses
//   grpo_more.cpp     wait, comparisons, failures
//   grpo_drift.cpp    one weak base, two seeds, two lengths
//   grpo_seeds.cpp    five seeds on two checkpoints; published figures
#pragma once

#include "sim/grpo/record.h"
#include "viz/scenes/covered.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/scene.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace dg::viz::grpo {

enum class Mode { kAdvantage, kClip, kKl, kMemory, kTrain, kWait, kCompare, kFailures, kDrift, kSeeds, kPublished };

/// A curve over the steps of a run: as measured, and its trailing mean over kWindow steps.
struct Curve {
    std::vector<PlotPoint> raw, smooth;
};

inline constexpr std::size_t kWindow = 5;

struct Run {
    std::string id;  // file name, or "live"
    sim::GrpoRun run;
    bool whole = true;  // false: still under way, `after` is not known
    Curve accuracy = {}, length = {}, reward = {}, format = {}, entropy = {}, kl = {}, wait_wrong = {}, wait_right = {}, dropped = {};

    [[nodiscard]] std::int64_t steps() const { return static_cast<std::int64_t>(run.steps.size()) - 1; }
};

/// Advantages of rewards set by hand.
struct Hand {
    std::vector<double> rewards, advantages;
    double mean = 0, deviation = 0;
};

/// The objective's two parts over a grid of ratios, by the op that training uses.
struct Grid {
    std::vector<double> at;                      // ratios, or r = pi_ref / pi
    std::vector<double> up, down;                // min(rho A, clip(rho) A) for A = 1 and A = -1
    std::vector<double> slope_up, slope_down;    // d / d ln pi
    std::vector<double> penalty;                 // r - ln r - 1
    std::size_t here = 0;                        // the slider's place in the grid
};

/// Numbers that live in memory while one method learns.
struct Memory {
    bool critic = false, reference = false;
    std::array<std::int64_t, 3> numbers{};  // policy, critic, reference

    [[nodiscard]] std::int64_t total() const { return numbers[0] + numbers[1] + numbers[2]; }

    [[nodiscard]] int networks() const { return 1 + (critic ? 1 : 0) + (reference ? 1 : 0); }
};

/// One run of the five-seeds table.
struct SeedRun {
    std::string model;
    double pen = 0;
    std::int64_t seed = 0;
    sim::Skill before, after;
    double seconds = 0;
    std::vector<PlotPoint> accuracy, length;  // trailing means
};

struct Data : SceneData {
    Mode mode = Mode::kTrain;
    Hand hand;
    Grid grid;
    double clip = 0.2, ratio = 1, r = 1;
    std::int64_t parameters = 0;
    std::string model, hash;
    std::array<Memory, 2> memory;  // GRPO, PPO: of the chosen beta
    bool critic = false;           // the one that is lit
    std::vector<std::shared_ptr<const Run>> runs;
    std::shared_ptr<const Run> other_seed;  // kFailures: of the run "drift"
    std::int64_t at = -1;          // step under the cursor; -1 = half-way
    std::vector<SeedRun> seeds;
    std::shared_ptr<Trace> recorded;

    [[nodiscard]] const Trace* trace() const override { return recorded.get(); }

    [[nodiscard]] std::string model_hash() const override { return hash; }

    /// The run of this id; nullptr when it is not there.
    [[nodiscard]] const Run* run(std::string_view id) const;
};

/// Names of the recorded runs in assets/runs/grpo.
inline constexpr std::array<std::string_view, 13> kRecorded = {"pen", "plain", "process", "critic", "format", "length", "equal", "collapse", "kl", "slips", "drift", "drift-2", "no-skill"};
inline constexpr std::array<std::string_view, 6> kFailures = {"no-skill", "equal", "length", "collapse", "kl", "drift"};

/// Curves of a run.
Run make_run(std::string id, sim::GrpoRun run, bool whole);
/// A recorded one. Error codes: those of read_grpo_run.
Result<std::shared_ptr<const Run>> recorded_run(const Session& session, const std::string& id);
/// Trained now. The last finished one is kept: looking at another step does not train again.
Result<std::shared_ptr<const Run>> live_run(const sim::Params& params, const Progress& progress, const std::function<void(std::shared_ptr<const Run>)>& publish);
/// assets/runs/grpo/seeds.json. Error codes: those of read_file, grpo_record.
Result<std::vector<SeedRun>> read_seeds(const Session& session);

enum Stage { kRun, kSample, kReward, kAdvantage, kUpdate };

/// 0 before a stage, 1 after it, eased.
double done(const View& view, Stage stage);
/// The step that pointer, clock or parameter name.
std::int64_t step_at(const Data& data, const Run& run, const View& view);
/// The step at which the smoothed accuracy has come half of its way; of a run that gained less than 0.2 the last update.
std::int64_t halfway(const Run& run);
/// Regions of curves are CellRef{kSteps, {step}}.
inline constexpr std::string_view kSteps = "grpo.steps";
/// The last step that the parameter `at` names; later ones of a long live run are looked at with the pointer.
inline constexpr std::int64_t kMostAt = 200;

PageText words(const Data& data, const View& view);
/// Name of a run, "抖笔"; settings of a run that differ from the defaults, "T = 1.6, reward: format".
std::string run_name(Lang lang, std::string_view id);
std::string run_settings(const View& view, const Run& run);
/// Data series: accuracy takes ink, length slate.
Color accuracy_color(const Theme& t);
Color length_color(const Theme& t);

void draw_hand(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_clip(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_penalty(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_memory(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_train(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_wait(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_compare(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_failures(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_drift(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_seeds(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);
void draw_published(Canvas& canvas, const Data& data, const View& view, const Theme& t, Rect area);

/// The group of one step as a table: text coloured by the change of ln p, length, reward, advantage.
void draw_table(Canvas& canvas, const View& view, const Theme& t, const Run& run, std::int64_t step, Rect area);
/// A bar from a zero line at `zero`; positive to the right.
void draw_advantage(Canvas& canvas, const Theme& t, Rect row, float zero, float scale, double value, double grown);
/// A circle with 1 or 0 (or a number).
void draw_reward(Canvas& canvas, const Theme& t, Vec2 center, float radius, double reward);
/// One response as coloured cells from `at`, no wider than `width`; returns the width used.
float draw_response(Canvas& canvas, const View& view, const Theme& t, const sim::Rollout& rollout, std::span<const float> change, Rect area, double typed, double colored);
/// Axes without curves yet; axes from 0.
Plot empty_plot(Axis x, Axis y, double shown);
/// How much of the steps is drawn: 0 .. 1.
double steps_shown(const View& view);
Axis steps_axis(const View& view, const Run& run);
Axis axis_to(std::string label, double most, bool of_shares = false);
/// The greatest raw value, not counting NaN; 1 where none is above 0.
double greatest(const Curve& curve);
/// Curve raw and smooth as two series, no end label on the raw one.
void add_curve(Plot& plot, const Curve& curve, Color color, const Theme& t, std::string label);

}  // namespace dg::viz::grpo
