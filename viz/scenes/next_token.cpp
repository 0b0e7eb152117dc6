// Scene next-token: description, observables, actions. The pictures are in next_token_*.cpp.
#include "viz/scenes/next_token.h"

#include "engine/base/mathfn.h"
#include "viz/scenes/next_token_draw.h"
#include "viz/scenes/numerics_param.h"

#include <algorithm>

namespace dg::viz {
namespace next_token {

std::vector<std::string> split_list(std::string_view list) {
    std::vector<std::string> pieces(1);
    for (std::size_t i = 0; i < list.size();) {
        const std::size_t n = utf8_length(list.substr(i));
        const std::string_view c = list.substr(i, n);
        if (c == "," || c == "，" || c == "、") pieces.emplace_back();
        else pieces.back() += c;
        i += n;
    }
    std::erase(pieces, "");
    return pieces;
}

std::string display_name(const LoadedModel& model) {
    const std::string& name = model.name;
    const std::size_t end = name.find_last_not_of('/');
    const std::size_t slash = name.find_last_of('/', end);
    return slash == std::string::npos ? name : name.substr(slash + 1, end - slash);
}

std::string in_quotes(std::string_view text, std::size_t most) {
    std::vector<std::string> characters;
    const std::string shown = printable(text);
    for (std::size_t i = 0; i < shown.size();) {
        const std::size_t n = utf8_length(std::string_view(shown).substr(i));
        characters.push_back(shown[i] == '\n' ? "⏎" : shown.substr(i, n));
        i += n;
    }
    std::string out;
    // the end of a prompt is what matters: cut its beginning
    const std::size_t from = characters.size() > most ? characters.size() - most : 0;
    if (from > 0) out = "…";
    for (std::size_t i = from; i < characters.size(); ++i) out += characters[i];
    return rich_escape(out);
}

std::size_t piece_length(const LoadedModel& model, const Run& run) {
    const auto ends = [&](const Step& step) {
        return model.tokenizer.is_special(step.id) || model.tokenizer.bytes(step.id).find('\n') != std::string::npos;
    };
    return static_cast<std::size_t>(std::ranges::find_if(run.steps, ends) - run.steps.begin());
}

double mean_p(const LoadedModel& model, const Run& run) {
    const std::size_t n = piece_length(model, run);
    if (n == 0) return kNone;
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += run.steps[i].p;
    return sum / static_cast<double>(n);
}

int differing(const Run& a, const Run& b) {
    const std::size_t n = std::min(a.steps.size(), b.steps.size());
    int count = static_cast<int>(std::max(a.steps.size(), b.steps.size()) - n);
    for (std::size_t i = 0; i < n; ++i) count += a.steps[i].id != b.steps[i].id;
    return count;
}

namespace {

std::vector<ParamSpec> specs() {
    return {model_param(),
            prompt_param("湖南大"),
            {.id = "mode", .type = ParamType::kChoice, .default_value = "bars", .choices = {"bars", "loop", "columns", "scorer", "corpus"}},
            {.id = "top", .type = ParamType::kInt, .default_value = "10", .min = 1, .max = 20},
            {.id = "watch", .type = ParamType::kText, .default_value = ""},
            {.id = "compare", .type = ParamType::kText, .default_value = ""},
            {.id = "steps", .type = ParamType::kInt, .default_value = "12", .min = 1, .max = 64},
            {.id = "temperature", .type = ParamType::kReal, .default_value = "0", .min = 0, .max = 10},
            seed_param(),
            {.id = "force", .type = ParamType::kText, .default_value = ""},
            {.id = "text2", .type = ParamType::kText, .default_value = ""},
            {.id = "documents", .type = ParamType::kInt, .default_value = "0", .min = 0, .max = 1000000},
            {.id = "text_seed", .type = ParamType::kInt, .default_value = "7", .min = 0, .max = 4294967295.0},
            numerics_param()};
}

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "") {
    out.push_back({std::move(name), std::move(index), value});
}

double yes(bool b) { return b ? 1 : 0; }

void observe_bars(const Data& d, Observations& out) {
    add(out, "entropy", d.next.entropy);
    add(out, "sum_p", d.next.sum);
    add(out, "rest", d.next.rest);
    add(out, "passes", d.next.passes);
    for (const Candidate& c : d.next.rows) add(out, "p", c.p, c.text);
    for (const Candidate& c : d.next.rows) add(out, "rank", c.rank == 0 ? kNone : static_cast<double>(c.rank), c.text);
    for (const Candidate& c : d.next.rows) add(out, "logit", c.logit, c.text);
    if (!d.next.rows.empty()) add(out, "top_p", d.next.rows.front().p);
    if (!d.other) return;
    add(out, "compare_entropy", d.next_other.entropy);
    add(out, "compare_rest", d.next_other.rest);
    for (const Candidate& c : d.next.rows) add(out, "compare_p", c.other, c.text);
}

void observe_loop(const Data& d, Observations& out) {
    const Run& run = d.runs.front();
    add(out, "passes", static_cast<double>(run.steps.size()));
    add(out, "new_tokens", static_cast<double>(run.steps.size()));
    for (std::size_t i = 0; i < run.steps.size(); ++i) add(out, "input_length", static_cast<double>(run.steps[i].length), fmt::format("{}", i));
    for (std::size_t i = 0; i < run.steps.size(); ++i) add(out, "p_chosen", run.steps[i].p, fmt::format("{}", i));
    add(out, "written_tokens", static_cast<double>(piece_length(*d.model, run)));
    add(out, "mean_p", mean_p(*d.model, run));
    const Work work = work_of(run);
    add(out, "positions_full", static_cast<double>(work.full));
    add(out, "positions_cached", static_cast<double>(work.cached));
    if (d.search.documents == 0) return;
    add(out, "corpus_hits", static_cast<double>(d.search.hits));
    add(out, "written_hits", static_cast<double>(d.search.written_hits));
    add(out, "searched_documents", static_cast<double>(d.search.documents));
    add(out, "searched_bytes", static_cast<double>(d.search.bytes));
}

void observe_columns(const Data& d, Observations& out) {
    std::size_t passes = 0;
    for (const Run& run : d.runs) passes += run.steps.size();
    add(out, "passes", static_cast<double>(passes));
    add(out, "temperature", d.runs[2].temperature);
    add(out, "greedy_equal", yes(differing(d.runs[0], d.runs[1]) == 0));
    add(out, "sampled_equal", yes(differing(d.runs[2], d.runs[3]) == 0));
    add(out, "differing_positions", differing(d.runs[2], d.runs[3]));
}

void observe_texts(const Data& d, Observations& out) {
    const bool corpus = d.mode == Mode::kCorpus;
    const std::string names[] = {"first", "second"};
    for (std::size_t k = 0; k < d.scored.size(); ++k) {
        const Scored& s = d.scored[k];
        const auto tokens = static_cast<double>(s.ids.size());
        const std::string which = corpus ? "" : names[k], log_p = corpus ? "log_p" : "log_p_" + names[k];
        for (std::size_t i = 1; i < s.p.size(); ++i) add(out, log_p, dg::log(s.p[i]), fmt::format("{}", i));
        for (std::size_t i = 1; corpus && i < s.p.size(); ++i) add(out, "nll", -dg::log(s.p[i]), fmt::format("{}", i));
        add(out, "tokens", tokens, which);
        add(out, "pairs", tokens - 1, which);
        add(out, "sum_log_p", s.ids.size() > 1 ? s.sum_log_p : kNone, which);
        add(out, "loss", s.loss, which);
        add(out, "perplexity", dg::exp(s.loss), which);
    }
}

Observations observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    const auto vocab = static_cast<double>(d.model->model.config.vocab_size);
    add(out, "V", vocab);
    add(out, "vocab", vocab);
    add(out, "entropy_uniform", dg::log(vocab));
    if (d.tokens.empty()) return out;
    const bool texts = d.mode == Mode::kScorer || d.mode == Mode::kCorpus;
    if (!texts) add(out, "tokens", static_cast<double>(d.tokens.size()));
    switch (d.mode) {
        case Mode::kBars: observe_bars(d, out); break;
        case Mode::kLoop: observe_loop(d, out); break;
        case Mode::kColumns: observe_columns(d, out); break;
        case Mode::kScorer:
        case Mode::kCorpus: observe_texts(d, out); break;
    }
    return out;
}

/// "step": the chosen token joins the prompt. "force=TEXT": the next choice.
std::map<std::string, std::string> act(const SceneData& base, const Params& params, std::string_view action) {
    const auto& d = static_cast<const Data&>(base);
    std::map<std::string, std::string> set = params.written();
    if (action == "step" && d.mode == Mode::kBars && !d.runs.empty()) {
        const std::string longer = d.prompt + d.runs.front().text;
        if (valid_utf8(longer)) set["prompt"] = longer;
        set["force"] = "";
    }
    return set;
}

void draw(Canvas& canvas, const SceneData& base, const Params& params, const View& view) {
    const auto& d = static_cast<const Data&>(base);
    if (d.tokens.empty()) return draw_empty(canvas, view, tr(view.lang, "state.empty.prompt"));
    switch (d.mode) {
        case Mode::kBars: return draw_bars(canvas, d, params, view);
        case Mode::kLoop: return draw_loop(canvas, d, params, view);
        case Mode::kColumns: return draw_columns(canvas, d, params, view);
        case Mode::kScorer: return draw_scorer(canvas, d, params, view);
        case Mode::kCorpus: return draw_corpus(canvas, d, params, view);
    }
}

}  // namespace
}  // namespace next_token

Scene next_token_scene() {
    return {.id = "next-token", .chapter = "tokens", .source = "engine/model/forward.cpp", .params = next_token::specs(),
            .stages = {{"arrow", 0.4}, {"grow", 0.4}, {"choose", 0.5}, {"append", 0.5}},
            .compute = &next_token::measure, .draw = &next_token::draw, .observe = &next_token::observe, .act = &next_token::act};
}

}  // namespace dg::viz
