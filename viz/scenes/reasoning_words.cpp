// Scene reasoning: titles and notes, chosen from what was measured.
#include "viz/scenes/reasoning.h"

#include "sim/grpo/grpo.h"
#include "sim/reasoner/test_time_distil.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::reasoning {
namespace {

std::string mode_key(Mode mode) {
    static constexpr std::array<const char*, 9> kNames = {"answers", "compute", "aha", "pass", "vote", "budget", "easy", "wait", "distil"};
    return kNames.at(static_cast<std::size_t>(mode));
}

/// What the run showed, where the title depends on it.
std::string variant(const Data& d) {
    const std::size_t row = d.row_of_terms(d.settings.terms);
    switch (d.mode) {
        case Mode::kAnswers: return d.at(row, "steps_accuracy") > d.at(row, "direct_accuracy") + 0.02 ? "" : ".same";
        case Mode::kEasy: return d.at(row, "steps_accuracy") > d.at(row, "direct_accuracy") + 0.02 ? ".pays" : "";
        case Mode::kAha: return std::ranges::any_of(d.roots, &sim::AhaRoot::valid) ? "" : ".none";
        case Mode::kBudget: {
            double own = 0, most = 0;
            for (std::size_t i = 0; i < d.records.rows.size(); ++i)
                if (!std::isfinite(d.at(i, "cap"))) (d.at(i, "waits") == 0 ? own : most) = d.at(i, "accuracy");
            return most < own ? "" : ".helps";
        }
        case Mode::kWait: return d.at(0, "wait_given_wrong") > d.at(0, "wait_given_right") + 0.1 ? (d.reinforced[0] ? ".after" : "") : ".empty";
        case Mode::kDistil: {
            const std::array<double, 3> ends = distil_ends(d, d.start);
            return ends[1] > ends[2] ? "" : ".reinforced";
        }
        default: return "";
    }
}

TextArgs facts(const Data& d) {
    const std::size_t row = d.row_of_terms(d.settings.terms);
    const auto now = std::ranges::find(d.votes, d.n) - d.votes.begin();
    const auto closed = [&](const std::vector<double>& values) { return now < static_cast<std::ptrdiff_t>(values.size()) ? fixed(values[static_cast<std::size_t>(now)], 3) : std::string(kUnknown); };
    const std::array<double, 3> ends = distil_ends(d, d.start);
    const double times = d.at(row, "steps_flops") / d.at(row, "direct_flops");
    double shortest = 0, own = 0, own_tokens = 0, forced = 0, forced_tokens = 0;
    for (std::size_t i = 0; i < d.records.rows.size() && d.mode == Mode::kBudget; ++i) {
        if (std::isfinite(d.at(i, "cap"))) { if (i == 0) shortest = d.at(i, "accuracy"); }
        else if (d.at(i, "waits") == 0) own = d.at(i, "accuracy"), own_tokens = d.at(i, "tokens");
        else forced = d.at(i, "accuracy"), forced_tokens = d.at(i, "tokens");
    }
    return {{"terms", fmt::format("{}", d.settings.terms)}, {"direct", percent(d.at(row, "direct_accuracy"), 0)}, {"steps", percent(d.at(row, "steps_accuracy"), 0)},
            {"direct_tokens", tokens_text(d.at(row, "direct_tokens"))}, {"steps_tokens", tokens_text(d.at(row, "steps_tokens"))}, {"times", fixed(times, 1)},
            {"token_times", fixed(d.at(row, "steps_tokens") / d.at(row, "direct_tokens"), 1)}, {"extra", tokens_text(d.at(row, "steps_tokens") - d.at(row, "direct_tokens"))},
            {"temperature", fmt::format("{}", d.settings.temperature)}, {"problems", grouped(d.settings.problems)}, {"active", grouped(d.active)}, {"a", fmt::format("{:g}", d.a)},
            {"roots", fmt::format("{}", d.roots.size())}, {"p", fixed(d.p, 2)}, {"q", fixed(1 - d.p, 2)}, {"n", fmt::format("{}", d.n)}, {"vote", closed(d.exact)},
            {"vote_against", closed(d.exact_against)}, {"pass", closed(d.pass)}, {"pen", percent(d.settings.pen, 0)}, {"after_slip", percent(d.at(0, "wait_given_wrong"), 0)},
            {"after_right", percent(d.at(0, "wait_given_right"))}, {"plain_slip", percent(d.at(1, "wait_given_wrong"), 0)}, {"plain_right", percent(d.at(1, "wait_given_right"))},
            {"distilled", percent(ends[1], 0)}, {"reinforced", percent(ends[2], 0)}, {"student", grouped(d.student)}, {"teacher", grouped(d.teacher)}, {"shortest", percent(shortest, 0)},
            {"own", percent(own, 0)}, {"own_tokens", tokens_text(own_tokens)}, {"forced", percent(forced, 0)}, {"forced_tokens", tokens_text(forced_tokens)},
            {"after_rl", percent(after_reinforcement(d, 0, "wait_given_wrong"), 0)}, {"start", fmt::format("{}", d.start)}, {"voters", fmt::format("{}", kVoters)}, {"coins", grouped(kCoinTrials)},
            {"traces", grouped(sim::DistilSettings{}.traces)}, {"rl_responses", fmt::format("{}", sim::GrpoSettings{}.prompts * sim::GrpoSettings{}.group)},
            {"tests", fmt::format("{}", sim::DistilSettings{}.tests)}, {"reinforced_tests", fmt::format("{}", d.reinforced[0] ? d.reinforced[0]->responses : 0)}, {"model", rich_escape(d.model_name)}};
}

Badge badge_of(const Data& d, const View& view) {
    const std::string seed = fmt::format("{}", d.settings.seed);
    if (d.mode == Mode::kAha) return {.detail = tr(view.lang, "reasoning.exact")};
    return {.detail = badge_detail(view.lang, d.recorded ? tr(view.lang, "reasoning.recorded") : d.model_name, d.hash, seed)};
}

}  // namespace

PageText words(const Data& d, const View& view) {
    const std::string mode = mode_key(d.mode);
    const TextArgs args = facts(d);
    PageText page{.title = tr(view.lang, fmt::format("reasoning.title.{}{}", mode, view.revealed ? variant(d) : ".covered"), args),
                  .subtitle = tr(view.lang, fmt::format("reasoning.subtitle.{}", mode), args)};
    // these two answer the question of their lesson
    const bool tells = d.mode == Mode::kAha || d.mode == Mode::kPass;
    if (view.revealed || !tells) page.notes = {tr(view.lang, fmt::format("reasoning.note.{}{}", mode, d.mode == Mode::kAha ? variant(d) : ""), args)};
    if (d.reinforced[0] || d.reinforced[1]) page.notes.push_back(tr(view.lang, "reasoning.note.wait.after", args));
    page.badge = badge_of(d, view);
    return page;
}

}  // namespace dg::viz::reasoning
