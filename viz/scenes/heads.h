// Scene "heads": all heads of all layers at a glance (show=grid), what each head of a layer adds to the stream through W_O
// (show=sum), what happens without some of them (show=mute), and which of them are induction heads (show=induction).
#pragma once

#include "sim/reasoner/induction.h"
#include "viz/scenes/strips.h"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dg::viz {

Scene heads_scene();

namespace heads {

enum Stage { kLook, kCarry, kJoin };

using HeadId = std::pair<std::int64_t, std::int64_t>;  // layer, head

/// A statistic of a head over many documents, from the model's card: mean attention to a certain place.
struct Habit {
    std::string name;  // catalogue key "scene.heads.habit.<name>"
    double value = 0;
};

/// Least statistic that gives a head its name; below it is called unclassified.
inline constexpr double kNamed = 0.4;

struct Answer {
    std::int32_t id = 0;
    double p = 0;
};

/// What the model says with all heads, or without some.
struct Outcome {
    double loss = 0;  // nats per token of the prompt
    std::vector<float> probs;
    std::vector<Answer> top;
};

/// show=induction: scores of all heads, and the sequence that the picture shows.
struct Induction {
    enum class Kind { kOwn, kShuffled, kRepeated };
    Kind kind = Kind::kOwn;
    sim::InductionScores scores;
    std::vector<std::int64_t> target;  // [token]: where an induction head looks; -1 = nowhere in particular
    std::int64_t count = 0;            // sequences behind the scores

    [[nodiscard]] const std::vector<double>& of(Kind k) const { return k == Kind::kOwn ? scores.lookup : k == Kind::kShuffled ? scores.shuffled : scores.repeated; }
    [[nodiscard]] double uniform(Kind k) const { return k == Kind::kOwn ? scores.lookup_uniform : k == Kind::kShuffled ? scores.shuffled_uniform : scores.uniform; }
};

struct Data final : SceneData {
    std::shared_ptr<const Trace> run;  // with the muted heads muted
    std::shared_ptr<const Trace> full;
    std::vector<std::string> labels;
    std::int64_t layers = 0, count = 0, layer = 0, head = 0, position = 0, tokens = 0;
    std::int64_t block = 1, cells = 0;       // tokens per cell of a thumbnail; cells along its side
    std::vector<std::vector<float>> thumbs;  // [layer * count + head]: maxima of blocks, -1 masked
    std::vector<Habit> habits;               // [layer * count + head]: the strongest; empty name = no card
    std::set<HeadId> muted;
    Outcome before, after;
    std::vector<std::vector<float>> added;   // [head]: its context through W_O, of `layer` and `position`
    double sum_difference = 0;               // of their sum and attn.out
    std::vector<double> js;                  // [layer]: mean Jensen-Shannon distance of its pairs of heads (sqrt of nats)
    double js_copies = 0;                    // the same for two copies of one head
    std::vector<double> loss_without;        // [layer * count + head]: loss with that head alone muted; empty = not measured
    std::string model_name;
    std::optional<Induction> induction;

    [[nodiscard]] const Trace* trace() const override { return run.get(); }

    [[nodiscard]] std::string model_hash() const override { return run->model->model.hash; }

    [[nodiscard]] std::size_t index(std::int64_t l, std::int64_t h) const { return static_cast<std::size_t>(l * count + h); }

    [[nodiscard]] bool named(std::int64_t l, std::int64_t h) const { return !habits[index(l, h)].name.empty() && habits[index(l, h)].value >= kNamed; }

    [[nodiscard]] std::string label(std::int32_t id) const;
};

/// "3.2, 4.1": layer.head; error code heads_muted.
Result<std::set<HeadId>> parse_muted(const std::string& list, std::int64_t layers, std::int64_t heads);
std::string write_muted(const std::set<HeadId>& muted);

/// Everything but loss_without. `run` has the muted heads muted, `full` none. Error codes: attention_layer, attention_head,
/// attention_position.
Result<std::shared_ptr<Data>> make_data(std::shared_ptr<const Trace> full, std::shared_ptr<const Trace> run, std::int64_t layer, std::int64_t head, std::int64_t position);
/// Mutes every head alone, in turn.
Result<void> measure_losses(Data& data, const Progress& progress);

/// heads layers js[layer] js_mean js_copies habit[layer,head] named; contribution[head] (length) sum_difference;
/// loss loss_muted loss_change p_before p_after muted; loss_change_of[layer,head] most_useful ...
std::vector<Observation> observe(const SceneData& data);

double done(const View& view, Stage stage);
/// Data of show=induction: the best head's layer and head are chosen, the prompt is a sequence of that kind. Models of another
/// vocabulary than the reasoner's have repeated sequences only. Error codes: cancelled, those of forward().
Result<std::shared_ptr<Data>> induction_data(std::shared_ptr<const LoadedModel> model, const std::string& sequences, std::uint64_t seed, const Progress& progress);
void observe_induction(const Data& data, std::vector<Observation>& out);
void draw_induction(Canvas& canvas, const Data& data, const View& view);
void draw_grid(Canvas& canvas, const Data& data, const View& view);
void draw_sum(Canvas& canvas, const Data& data, const View& view);
void draw_mute(Canvas& canvas, const Data& data, const View& view);

}  // namespace heads
}  // namespace dg::viz
