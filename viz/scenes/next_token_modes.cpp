// What each mode of scene next-token measures.
#include "engine/base/mathfn.h"
#include "sim/corpus/corpus.h"
#include "viz/scenes/next_token.h"

#include "viz/scenes/numerics_param.h"

#include <algorithm>

namespace dg::viz::next_token {
namespace {

constexpr double kDefaultTemperature = 0.8;  // of the sampled columns when none is given

std::vector<std::int32_t> ids_of(std::span<const TokenSpan> tokens) {
    std::vector<std::int32_t> ids;
    for (const TokenSpan& token : tokens) ids.push_back(token.id);
    return ids;
}

Mode mode_of(const std::string& name) {
    return name == "loop" ? Mode::kLoop : name == "columns" ? Mode::kColumns : name == "scorer" ? Mode::kScorer
         : name == "corpus" ? Mode::kCorpus : Mode::kBars;
}

/// Maps a part's progress into [from, to] of the whole.
Progress part(const Progress& whole, double from, double to) {
    return {[&whole, from, to](double f) { return whole.report(from + (to - from) * f); }};
}

/// What the run's cells show: P(chosen token) by the pass that the inspector explains, for the steps it covers. The decoder that
/// wrote the text agrees only to rounding.
void take_probabilities(Run& run, const Pass& pass) {
    for (Step& step : run.steps)
        if (step.length <= pass.length) step.p = pass.probs(step.length - 1)[static_cast<std::size_t>(step.id)];
}

/// Keeps a pass as the run that the regions point into.
std::shared_ptr<Trace> recorded(const Data& data, std::vector<std::int32_t> ids, Pass pass) {
    auto trace = std::make_shared<Trace>();
    trace->model = data.model, trace->prompt = data.prompt, trace->tokens = data.tokens;
    trace->batch = {.batch = 1, .length = static_cast<std::int64_t>(ids.size()), .ids = std::move(ids)};
    trace->tape = std::move(pass.tape);
    return trace;
}

/// The first step of the loop, or as many as finish a character.
Result<void> choose_first(Data& data, const Params& params) {
    const std::vector<std::int32_t> prompt = ids_of(data.tokens), forced = data.model->tokenizer.encode(params.text("force"));
    const auto seed = static_cast<std::uint64_t>(params.integer("seed"));
    data.runs.emplace_back();
    const PackedModel packed(data.model->model, numerics_of(*data.model));
    for (int steps = std::max(1, static_cast<int>(forced.size())); steps <= static_cast<int>(forced.size()) + 4; ++steps) {
        DG_ASSIGN(data.runs.front(), generate(*data.model, packed, prompt, steps, params.real("temperature"), seed, forced, Progress{}));
        if (valid_utf8(data.runs.front().text)) break;
    }
    data.forced = static_cast<int>(std::min(forced.size(), data.runs.front().steps.size()));
    return {};
}

/// P of every row by the compared model, which may cut the text differently.
Result<void> compare_rows(Data& data) {
    const Tokenizer& words = data.other->tokenizer;
    const std::vector<std::int32_t> prompt = words.encode(data.prompt);
    Pass pass;
    DG_TRY(run_pass(*data.other, prompt, false, pass));
    DG_ASSIGN(data.next_other, find_candidates(*data.other, prompt, pass, 1, {}, Progress{}));
    data.next_other.rest = 1;
    for (Candidate& row : data.next.rows) {
        DG_ASSIGN(const std::vector<double> factors, continuation_factors(*data.other, prompt, words.encode(row.bytes)));
        row.other = 1;
        for (const double f : factors) row.other *= f;
        data.next_other.rest -= row.other;
    }
    data.next_other.rest = std::max(0.0, data.next_other.rest);
    return {};
}

Result<void> measure_bars(Data& data, const Params& params, const Progress& progress) {
    const std::vector<std::int32_t> prompt = ids_of(data.tokens);
    Pass pass;
    DG_TRY(run_pass(*data.model, prompt, false, pass));
    const std::vector<std::string> watch = split_list(params.text("watch"));
    DG_ASSIGN(data.next, find_candidates(*data.model, prompt, pass, static_cast<int>(params.integer("top")), watch, part(progress, 0.1, 0.8)));
    ++data.next.passes;

    DG_TRY(choose_first(data, params));
    take_probabilities(data.runs.front(), pass);
    if (data.other) DG_TRY(compare_rows(data));
    data.recorded = recorded(data, prompt, std::move(pass));
    return {};
}

/// What the model wrote as one piece.
std::string first_piece(const LoadedModel& model, const Run& run) {
    std::string text;
    for (std::size_t i = 0; i < piece_length(model, run); ++i) text += model.tokenizer.bytes(run.steps[i].id);
    return text;
}

std::int64_t occurrences(std::string_view text, std::string_view what) {
    std::int64_t n = 0;
    if (what.empty()) return 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

/// Regenerates the first documents of the training text and looks for what was written, letter by letter.
Result<Search> search_corpus(const Data& data, std::int64_t documents, std::uint64_t seed, const Progress& progress) {
    Search s{.documents = documents, .prompt = data.prompt, .written = first_piece(*data.model, data.runs.front())};
    for (std::int64_t i = 0; i < documents; ++i) {
        if (i % 64 == 0 && !progress.report(static_cast<double>(i) / static_cast<double>(documents))) return Error{"cancelled", {}, ""};
        const std::string text = sim::document(seed, static_cast<std::uint64_t>(i)).text;
        s.bytes += text.size();
        s.written_hits += occurrences(text, s.written);
        s.hits += occurrences(text, s.prompt + s.written);
    }
    return s;
}

Result<void> measure_loop(Data& data, const Params& params, const Progress& progress) {
    const std::vector<std::int32_t> prompt = ids_of(data.tokens);
    const std::vector<std::int32_t> forced = data.model->tokenizer.encode(params.text("force"));
    const std::int64_t documents = params.integer("documents");
    const double half = documents > 0 ? 0.3 : 0.9;
    DG_ASSIGN(Run run, generate(*data.model, PackedModel(data.model->model, numerics_of(*data.model)), prompt, static_cast<int>(params.integer("steps")), params.real("temperature"),
                                static_cast<std::uint64_t>(params.integer("seed")), forced, part(progress, 0, half)));
    data.forced = static_cast<int>(std::min(forced.size(), run.steps.size()));

    // what all the passes saw, once more in one piece: the cells of the picture
    std::vector<std::int32_t> ids = prompt;
    for (const Step& step : run.steps) ids.push_back(step.id);
    if (!run.steps.empty()) ids.pop_back();
    Pass pass;
    DG_TRY(run_pass(*data.model, ids, false, pass));
    take_probabilities(run, pass);
    data.recorded = recorded(data, ids, std::move(pass));
    data.runs.push_back(std::move(run));
    if (documents > 0) {
        DG_ASSIGN(data.search, search_corpus(data, documents, static_cast<std::uint64_t>(params.integer("text_seed")), part(progress, half, 1)));
    }
    return {};
}

Result<void> measure_columns(Data& data, const Params& params, const Progress& progress) {
    const std::vector<std::int32_t> prompt = ids_of(data.tokens);
    const double given = params.real("temperature"), warm = given > 0 ? given : kDefaultTemperature;
    const auto seed = static_cast<std::uint64_t>(params.integer("seed"));
    const std::pair<double, std::uint64_t> plan[] = {{0, seed}, {0, seed + 1}, {warm, seed}, {warm, seed + 1}};
    const PackedModel packed(data.model->model, numerics_of(*data.model));
    for (const auto& [temperature, s] : plan) {
        const double from = 0.22 * static_cast<double>(data.runs.size());
        DG_ASSIGN(Run run, generate(*data.model, packed, prompt, static_cast<int>(params.integer("steps")), temperature, s, {}, part(progress, from, from + 0.22)));
        data.runs.push_back(std::move(run));
    }
    Pass pass;
    DG_TRY(run_pass(*data.model, prompt, false, pass));
    for (Run& run : data.runs) take_probabilities(run, pass);
    data.recorded = recorded(data, prompt, std::move(pass));
    return {};
}

/// Probabilities of a text's own tokens, by one pass over all of it.
Result<Scored> score(Data& data, const std::string& text, bool keep) {
    Scored s{.text = text};
    for (const TokenSpan& token : data.model->tokenizer.encode_spans(text)) {
        s.ids.push_back(token.id);
        s.labels.push_back(data.model->tokenizer.label(token.id));
    }
    Pass pass;
    DG_TRY(run_pass(*data.model, s.ids, true, pass));
    s.p.push_back(kNone);
    for (std::size_t i = 1; i < s.ids.size(); ++i) {
        s.p.push_back(pass.probs(static_cast<std::int64_t>(i) - 1)[static_cast<std::size_t>(s.ids[i])]);
        s.sum_log_p += dg::log(s.p.back());
    }
    const TensorId loss = pass.tape.find("loss.main");
    s.loss = loss < 0 ? kNone : static_cast<double>(pass.tape.value(loss)[0]);
    if (keep) data.recorded = recorded(data, s.ids, std::move(pass));
    return s;
}

Result<void> measure_texts(Data& data, const Params& params) {
    DG_ASSIGN(Scored first, score(data, data.prompt, true));
    data.scored.push_back(std::move(first));
    if (data.mode == Mode::kCorpus) return {};
    const std::string& text2 = params.text("text2");
    if (text2.empty()) return {};
    DG_ASSIGN(Scored second, score(data, text2, false));
    data.scored.push_back(std::move(second));
    return {};
}

}  // namespace

Result<std::shared_ptr<const SceneData>> measure(Session& session, const Params& params, const Progress& progress) {
    auto data = std::make_shared<Data>();
    data->mode = mode_of(params.text("mode"));
    DG_ASSIGN(data->model, session.model(model_of(params)));
    if (const std::string& compare = params.text("compare"); !compare.empty() && data->mode == Mode::kBars) {
        DG_ASSIGN(data->other, session.model(compare));
    }
    data->prompt = params.text("prompt");
    data->tokens = data->model->tokenizer.encode_spans(data->prompt);
    if (data->tokens.empty()) return std::shared_ptr<const SceneData>(std::move(data));  // drawn as the empty state
    switch (data->mode) {
        case Mode::kBars: DG_TRY(measure_bars(*data, params, progress)); break;
        case Mode::kLoop: DG_TRY(measure_loop(*data, params, progress)); break;
        case Mode::kColumns: DG_TRY(measure_columns(*data, params, progress)); break;
        case Mode::kScorer:
        case Mode::kCorpus: DG_TRY(measure_texts(*data, params)); break;
    }
    return std::shared_ptr<const SceneData>(std::move(data));
}

}  // namespace dg::viz::next_token
