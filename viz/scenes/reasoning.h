// Scene reasoning: accuracy bought with tokens, on the check-digit model. What its files share.
//   reasoning.cpp          parameters, measuring
//   reasoning_observe.cpp  named numbers
//   reasoning_words.cpp    titles and notes
//   reasoning_parts.cpp    responses as chips, token blocks, published cards
//   reasoning_answers.cpp  at once against step by step; the meter; easy questions
//   reasoning_aha.cpp      the equation and its verifier
//   reasoning_votes.cpp    majority votes, pass@k
//   reasoning_budget.cpp   budget forcing; "wait" after a slip; distillation against reinforcement
#pragma once

#include "sim/reasoner/test_time_experiment.h"
#include "sim/reasoner/test_time_theory.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/scene.h"
#include "viz/scenes/strips.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace dg::viz {

Scene reasoning_scene();

namespace reasoning {

inline constexpr std::int64_t kVoters = 65;        // samples per problem, and the largest vote
inline constexpr std::int64_t kCoinTrials = 4000;  // simulated votes behind a dot

enum class Mode { kAnswers, kCompute, kAha, kPass, kVote, kBudget, kEasy, kWait, kDistil };

/// A response that is shown whole.
struct Example {
    sim::Problem problem;
    std::string text;
    std::vector<char> written;  // 1: the model did not choose this token
    bool right = false;
};

struct Data final : SceneData {
    Mode mode = Mode::kAnswers;
    sim::TestTimeSettings settings;
    double a = 3, p = 0.6;
    std::int64_t n = 5, start = 0;
    sim::Records records;
    bool recorded = false;        // kDistil: shipped records
    std::vector<Example> shown;   // kAnswers, kCompute: at once, step by step; kBudget: forced twice; kWait: one per model
    std::vector<sim::AhaRoot> roots;
    std::vector<std::vector<PlotPoint>> branches;  // kAha: the equation's left side, then the three that squaring mixes in with it
    double reach = 0;                              // kAha: of both axes
    double no_slip = 0;                            // kWait: share of responses in which the pen never slips
    std::vector<std::int64_t> votes;       // numbers of voters (samples) of the closed forms
    std::vector<double> exact, exact_against, simulated, simulated_against, pass, pass_simulated;  // at `votes`: p, 1 - p
    sim::DecodeFlops flops;
    std::int64_t active = 0, layers = 0, student = 0, teacher = 0;  // weights used per token, layers; weights of both (kDistil)
    std::array<std::optional<sim::Skill>, 2> reinforced;  // kWait: both models after lesson 13's recorded runs with the same pen
    std::string model_name, hash;

    [[nodiscard]] std::string model_hash() const override { return hash; }

    /// A column of the records; NaN where it or the row is missing.
    [[nodiscard]] double at(std::size_t row, std::string_view column) const;
    /// The row in which this column has this value; records.rows.size() without.
    [[nodiscard]] std::size_t row_with(std::string_view column, double value) const;
    [[nodiscard]] std::size_t row_of_terms(std::int64_t terms) const { return row_with("terms", static_cast<double>(terms)); }
};

/// What a row of kWait shows of a model after reinforcement, by the name of the records' column; NaN where there is no such run.
double after_reinforcement(const Data& data, std::size_t model, std::string_view column);
/// Accuracies of the last rows of a start's phases: the start itself, distilled, reinforced.
std::array<double, 3> distil_ends(const Data& data, std::int64_t start);

enum Stage { kSetUp, kRun, kResult };

/// 0 before a stage, 1 after it, eased. Covered: results stay at 0.
double done(const View& view, Stage stage);
PageText words(const Data& data, const View& view);
std::vector<Observation> observe(const SceneData& data);

/// A figure of a published source: dot, words, wrapped to `width`; returns the last baseline.
float draw_published_card(Canvas& canvas, const Theme& theme, Vec2 at, std::string_view text, float width);
/// A mean number of tokens: whole, or with one decimal.
std::string tokens_text(double tokens);
/// The sum as the learner writes it: "6 + 6 + 3 + … = ?".
std::string sum_text(const sim::Problem& problem);
/// The response as chips, as many as `shown` of all, wrapped, in type of `size` (0: body); returns the lower edge.
float draw_response(Canvas& canvas, const View& view, const Theme& theme, Rect area, const Example& example, double shown, float size = 0);
/// The hue of whatever stands against the main series.
Color against(const Theme& theme);
/// n small blocks, `per_row` in a row; forced tokens are no other tokens. Returns the lower edge.
float draw_blocks(Canvas& canvas, Rect area, double n, Color fill, float side);

void draw_answers(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_compute(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_easy(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_aha(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_pass(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_vote(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_budget(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_wait(Canvas& canvas, const Data& data, const View& view, Rect area);
void draw_distil(Canvas& canvas, const Data& data, const View& view, Rect area);

}  // namespace reasoning
}  // namespace dg::viz
