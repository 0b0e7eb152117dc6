// Scene grpo: named numbers. Where several runs are shown they carry the run's name as index: accuracy_after['pen'].
#include "viz/scenes/grpo.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "", Kind kind = Kind::kComputed) { out.push_back({std::move(name), std::move(index), value, kind}); }

void observe_hand(const Hand& h, Observations& out) {
    double sum = 0;
    for (std::size_t i = 0; i < h.rewards.size(); ++i) {
        add(out, "reward", h.rewards[i], fmt::format("{}", i + 1));
        add(out, "advantage", h.advantages[i], fmt::format("{}", i + 1));
        sum += h.advantages[i];
    }
    add(out, "group_size", static_cast<double>(h.rewards.size()));
    add(out, "mean", h.mean), add(out, "deviation", h.deviation), add(out, "advantage_sum", sum);
}

void observe_grid(const Data& d, Observations& out) {
    const Grid& g = d.grid;
    for (std::size_t i = 0; i < g.at.size(); ++i) {
        const std::string at = number(g.at[i], 4);
        const bool grid = std::abs(g.at[i] * 10 - std::round(g.at[i] * 10)) < 1e-9;
        if (!grid && i != g.here) continue;
        for (const auto& [name, values] : {std::pair("objective_up", &g.up), std::pair("objective_down", &g.down), std::pair("slope_up", &g.slope_up), std::pair("slope_down", &g.slope_down), std::pair("penalty", &g.penalty)}) {
            if (!values->empty() && grid) add(out, name, (*values)[i], fmt::format("{:.1f}", g.at[i]));
            if (!values->empty() && i == g.here) add(out, fmt::format("{}_here", name), (*values)[i]);
        }
    }
    if (d.mode == Mode::kClip) add(out, "ratio", g.at[g.here]), add(out, "clip", d.clip);
    if (d.mode == Mode::kKl) add(out, "r", g.at[g.here]), add(out, "penalty_least", std::ranges::min(g.penalty));
}

void observe_memory(const Data& d, Observations& out) {
    add(out, "parameters", static_cast<double>(d.parameters));
    const Memory& m = d.memory[d.critic ? 1 : 0];
    add(out, "networks", m.networks()), add(out, "numbers", static_cast<double>(m.total()));
    for (std::size_t k = 0; k < 2; ++k) {
        const char* const of = k == 0 ? "group" : "critic";
        add(out, "networks_of", d.memory[k].networks(), of), add(out, "numbers_of", static_cast<double>(d.memory[k].total()), of);
    }
}

void observe_skill(const sim::Skill& s, const std::string& when, const std::string& index, Observations& out) {
    add(out, "accuracy_" + when, s.accuracy, index), add(out, "length_" + when, s.mean_length, index), add(out, "format_" + when, s.format, index);
    add(out, "wait_wrong_" + when, s.wait_given_wrong(), index), add(out, "wait_right_" + when, s.wait_given_right(), index);
    add(out, "waits_" + when, s.waits, index), add(out, "recheck_" + when, s.share[static_cast<std::size_t>(sim::Strategy::kRecheck)], index), add(out, "fresh_" + when, static_cast<double>(s.responses), index);
}

/// `index`: the run's name where several are shown.
void observe_run(const Run& r, const std::string& index, Observations& out) {
    const sim::GrpoStats& first = r.run.steps.front();
    const sim::GrpoStats& last = r.run.steps.back();
    observe_skill(r.run.before, "before", index, out);
    if (r.whole) {
        observe_skill(r.run.after, "after", index, out);
        add(out, "gain", r.run.after.accuracy - r.run.before.accuracy, index);
        add(out, "length_ratio", r.run.after.mean_length / r.run.before.mean_length, index);
    }
    double equal = 0, most_kl = 0, longest = 0;
    for (const sim::GrpoStats& s : r.run.steps) equal += static_cast<double>(s.dropped) / static_cast<double>(r.run.steps.size()), longest = std::max(longest, s.skill.mean_length);
    for (const PlotPoint& p : r.kl.smooth) most_kl = std::max(most_kl, p.y);
    add(out, "steps", static_cast<double>(r.steps()), index), add(out, "equal_groups", equal, index), add(out, "kl_most", most_kl, index), add(out, "length_most", longest, index);
    add(out, "entropy_first", first.entropy, index), add(out, "entropy_last", last.entropy, index);
    add(out, "reward_first", r.reward.smooth.front().y, index), add(out, "reward_last", r.reward.smooth.back().y, index);
    add(out, "format_first", r.format.raw.front().y, index), add(out, "format_last", r.format.smooth.back().y, index);
    add(out, "numbers_in_memory", static_cast<double>(r.run.memory[0] + r.run.memory[1] + r.run.memory[2]), index);
    add(out, "critic_numbers", static_cast<double>(r.run.memory[1]), index);
}

void observe_seeds(const Data& d, Observations& out) {
    for (const SeedRun& s : d.seeds) {
        const std::string index = fmt::format("{},{}", s.model, s.seed);
        add(out, "seed_before", s.before.accuracy, index), add(out, "seed_after", s.after.accuracy, index), add(out, "seed_gain", s.after.accuracy - s.before.accuracy, index);
        add(out, "seed_length_ratio", s.after.mean_length / s.before.mean_length, index), add(out, "seed_seconds", s.seconds, index);
        if (s.pen > 0) add(out, "seed_wait_wrong", s.after.wait_given_wrong(), index), add(out, "seed_wait_right", s.after.wait_given_right(), index);
    }
}

}  // namespace

std::vector<Observation> observe(const SceneData& base);

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = static_cast<const Data&>(base);
    Observations out;
    if (d.mode == Mode::kAdvantage) observe_hand(d.hand, out);
    if (d.mode == Mode::kClip || d.mode == Mode::kKl) observe_grid(d, out);
    if (d.mode == Mode::kMemory) observe_memory(d, out);
    for (const auto& run : d.runs) observe_run(*run, d.runs.size() > 1 ? run->id : "", out);
    observe_seeds(d, out);
    if (d.mode == Mode::kPublished) {
        // DeepSeek-R1, arXiv 2501.12948 v1, section 1 and table 2: AIME 2024 in per cent
        for (const auto& [name, value] : {std::pair("r1zero_before", 15.6), std::pair("r1zero_after", 71.0), std::pair("r1zero_vote", 86.7), std::pair("o1_0912", 74.4), std::pair("o1_0912_vote", 83.3)}) add(out, name, value, "", Kind::kPublished);
    }
    return out;
}

}  // namespace dg::viz::grpo
