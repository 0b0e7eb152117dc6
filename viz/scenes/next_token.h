// Scene next-token: the one thing a language model does. What its files share: the measured data and how it is found.
//   next_token.cpp            parameters, observables, actions
//   next_token_measure.cpp    forward passes, candidates, generated texts
//   next_token_modes.cpp      what each mode measures
//   next_token_bars.cpp, _strip.cpp, _stairs.cpp, _columns.cpp, _scorer.cpp   the pictures
#pragma once

#include "engine/model/decode.h"
#include "viz/scenes/scene.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace dg::viz::next_token {

enum class Mode { kBars, kLoop, kColumns, kScorer, kCorpus };

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A forward pass with softmax over the vocabulary recorded at every position: tensor "next.probs" [1,T,V].
struct Pass {
    Tape<float> tape;
    std::int64_t length = 0, vocab = 0;

    [[nodiscard]] std::span<const float> probs(std::int64_t t) const;
    [[nodiscard]] std::span<const float> logits(std::int64_t t) const;
};

/// Runs `ids`; `losses`: loss.main as well. Error codes: those of forward().
Result<void> run_pass(const LoadedModel& model, std::span<const std::int32_t> ids, bool losses, Pass& pass);

/// How the text may go on: a token, or a character spelt by several byte tokens.
struct Candidate {
    std::vector<std::int32_t> ids;
    std::vector<double> factors;  // P of each token after those before it; their product is p
    std::string bytes;            // what it writes
    std::string text;             // name among the observables: the bytes, or the label when they are no text
    std::string label;            // for display
    double p = 0;
    double logit = 0;             // of the first token
    std::int64_t rank = 0;        // 1 + how many tokens or characters are likelier; 0 = not searched that far
    bool top = false;             // among the `top` likeliest; else only watched
    double other = kNone;         // P by the compared model
};

/// The distribution after the prompt.
struct Distribution {
    std::vector<Candidate> rows;  // by falling p
    double entropy = 0;           // nats, over the whole vocabulary
    double sum = 0;               // over the whole vocabulary: 1 up to rounding
    double rest = 0;              // 1 - sum of the rows' p
    std::int64_t vocab = 0;
    int passes = 0;               // forward passes that finding the rows took
};

/// The `top` likeliest continuations and those of `watch`. Exact: prefixes of characters are extended, the likeliest
/// first, until no unfinished one can beat the last row.
Result<Distribution> find_candidates(const LoadedModel& model, std::span<const std::int32_t> prompt, const Pass& pass, int top,
                                     std::span<const std::string> watch, const Progress& progress);

/// P(text | prompt): the product over the tokens of `text`.
Result<std::vector<double>> continuation_factors(const LoadedModel& model, std::span<const std::int32_t> prompt,
                                                 std::span<const std::int32_t> ids);

/// One forward pass of a generated text.
struct Step {
    std::int32_t id = 0;
    std::string label = {};
    std::int64_t length = 0;  // tokens that went in
    double p = 0;             // of the chosen token
    bool forced = false;
};

struct Run {
    std::vector<Step> steps = {};
    std::string text = {};  // bytes written
    double temperature = 0;
    std::uint64_t seed = 0;
};

/// Writes `steps` tokens with the fast decoder; the first ones as `forced`. Stops early only at the end of the context.
Result<Run> generate(const LoadedModel& model, const PackedModel& packed, std::span<const std::int32_t> prompt, int steps, double temperature,
                     std::uint64_t seed, std::span<const std::int32_t> forced, const Progress& progress);

/// A text with the probability of each of its tokens.
struct Scored {
    std::string text;
    std::vector<std::int32_t> ids = {};
    std::vector<std::string> labels = {};
    std::vector<double> p = {};  // of token i given those before; [0] unknown
    double sum_log_p = 0, loss = 0;  // nats; loss: mean by the model's own loss op
};

/// How often a text occurs in generated training documents.
struct Search {
    std::int64_t documents = 0;
    std::size_t bytes = 0;
    std::string prompt, written;
    std::int64_t hits = 0;          // of prompt + written
    std::int64_t written_hits = 0;  // of written alone
};

struct Data : SceneData {
    Mode mode = Mode::kBars;
    std::shared_ptr<const LoadedModel> model, other;  // other: compared model or nullptr
    std::string prompt;
    std::vector<TokenSpan> tokens;
    std::shared_ptr<Trace> recorded;  // the longest pass of the first text
    Distribution next, next_other;    // next_other: entropy, vocab, rest only
    std::vector<Run> runs;            // bars, loop: 1; columns: greedy twice, sampled twice
    std::vector<Scored> scored;       // corpus: 1; scorer: 2
    Search search;
    int forced = 0;                   // forced first steps

    [[nodiscard]] const Trace* trace() const override { return recorded.get(); }

    [[nodiscard]] std::string model_hash() const override { return model->model.hash; }
};

/// All of it, by mode.
Result<std::shared_ptr<const SceneData>> measure(Session& session, const Params& params, const Progress& progress);

/// "a,b，c" at commas of either kind; empty pieces are left out.
std::vector<std::string> split_list(std::string_view list);
/// The model's name without its folder.
std::string display_name(const LoadedModel& model);
/// Text for one line of a title: escaped for markup, line breaks shown, cut after `most` characters.
std::string in_quotes(std::string_view text, std::size_t most = 18);
/// Mean probability of what was written as one piece: up to the end of the document or line.
double mean_p(const LoadedModel& model, const Run& run);
/// How many of the steps belong to that piece.
std::size_t piece_length(const LoadedModel& model, const Run& run);
/// First and later runs of equal length: how many positions differ.
int differing(const Run& a, const Run& b);

}  // namespace dg::viz::next_token
