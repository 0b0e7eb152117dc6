// Scene reasoning: named numbers.
#include "viz/scenes/reasoning.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::reasoning {
namespace {

using Observations = std::vector<Observation>;

void add(Observations& out, std::string name, double value, std::string index = "", Kind kind = Kind::kComputed) { out.push_back({std::move(name), std::move(index), value, kind}); }

std::string whole(double x) { return fmt::format("{}", static_cast<std::int64_t>(x)); }

void observe_answers(const Data& d, Observations& out) {
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) {
        const std::string terms = whole(d.at(i, "terms"));
        for (const char* style : {"direct", "steps", "free"})
            for (const char* what : {"accuracy", "tokens", "flops"}) add(out, fmt::format("{}_{}", style, what), d.at(i, fmt::format("{}_{}", style, what)), terms);
        add(out, "gain", d.at(i, "steps_accuracy") - d.at(i, "direct_accuracy"), terms);
        add(out, "extra_tokens", d.at(i, "steps_tokens") - d.at(i, "direct_tokens"), terms);
    }
    const std::size_t row = d.row_of_terms(d.settings.terms);
    for (const char* style : {"direct", "steps"}) {
        const double tokens = d.at(row, fmt::format("{}_tokens", style));
        add(out, "tokens", tokens, style);
        add(out, "accuracy", d.at(row, fmt::format("{}_accuracy", style)), style);
        add(out, "flops", d.at(row, fmt::format("{}_flops", style)), style);
        add(out, "weight_flops", tokens * d.flops.per_token, style);
        add(out, "passes", tokens * static_cast<double>(d.layers), style);
    }
    add(out, "terms", static_cast<double>(d.settings.terms));
    add(out, "active", static_cast<double>(d.active));
    add(out, "flops_per_token", d.flops.per_token);
}

void observe_aha(const Data& d, Observations& out) {
    add(out, "a", d.a);
    add(out, "real_roots", static_cast<double>(d.roots.size()));
    add(out, "valid_roots", static_cast<double>(std::ranges::count_if(d.roots, &sim::AhaRoot::valid)));
    add(out, "formula", sim::aha_solution(d.a));
    for (std::size_t i = 0; i < d.roots.size(); ++i) {
        const sim::AhaRoot& r = d.roots[i];
        const std::string index = fmt::format("{}", i + 1);
        add(out, "root", r.x, index);
        add(out, "quartic", r.quartic, index);
        add(out, "valid", r.valid ? 1 : 0, index);
        if (std::isfinite(r.residual)) add(out, "residual", r.residual, index);
        if (r.valid) add(out, "solution", r.x), add(out, "solution_residual", std::abs(r.residual));
    }
}

void observe_votes(const Data& d, Observations& out) {
    add(out, "p", d.p);
    add(out, "n", static_cast<double>(d.n));
    for (std::size_t i = 0; i < d.votes.size(); ++i) {
        const std::string n = fmt::format("{}", d.votes[i]);
        if (d.mode == Mode::kVote) {
            add(out, "vote_exact", d.exact[i], n), add(out, "vote_exact_against", d.exact_against[i], n);
            add(out, "vote_simulated", d.simulated[i], n), add(out, "vote_simulated_against", d.simulated_against[i], n);
        } else {
            add(out, "pass_exact", d.pass[i], n), add(out, "pass_simulated", d.pass_simulated[i], n);
        }
        if (d.votes[i] != d.n) continue;
        if (d.mode == Mode::kVote) add(out, "vote_now", d.exact[i]), add(out, "vote_now_against", d.exact_against[i]);
        else add(out, "pass_now", d.pass[i]);
    }
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) {
        const std::string n = whole(d.at(i, "n"));
        for (const char* what : {"tokens", "vote", "pass", "pass_formula", "direct_vote"}) add(out, fmt::format("model_{}", what), d.at(i, what), n);
    }
}

void observe_budget(const Data& d, Observations& out) {
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) {
        const double cap = d.at(i, "cap"), waits = d.at(i, "waits");
        const std::string kind = std::isfinite(cap) ? "cap" : "forced", index = whole(std::isfinite(cap) ? cap : waits);
        for (const char* what : {"tokens", "accuracy", "format"}) add(out, fmt::format("{}_{}", kind, what), d.at(i, what), index);
    }
    add(out, "s1_accuracy", 50, "plain", Kind::kPublished);
    add(out, "s1_accuracy", 57, "forced", Kind::kPublished);
}

void observe_waits(const Data& d, Observations& out) {
    for (std::size_t i = 0; i < d.records.rows.size(); ++i) {
        const std::string name = i == 0 ? "reasoner" : "plain";
        for (const char* what : {"accuracy", "tokens", "wrong", "wrong_wait", "repaired", "right", "right_wait", "wait_given_wrong", "wait_given_right", "repaired_share"})
            add(out, what, d.at(i, what), name);
        for (const char* what : {"accuracy", "wait_given_wrong", "wait_given_right", "repaired_share"})
            if (const double after = after_reinforcement(d, i, what); std::isfinite(after)) add(out, fmt::format("after_{}", what), after, name);
    }
    add(out, "no_slip", d.no_slip);
    add(out, "pen", d.settings.pen);
}

void observe_distil(const Data& d, Observations& out) {
    for (const std::int64_t start : {0, 1}) {
        const std::array<double, 3> ends = distil_ends(d, start);
        const std::string index = start == 0 ? "weak" : "skilled";
        if (!std::isfinite(ends[0])) continue;
        add(out, "start", ends[0], index), add(out, "distilled", ends[1], index), add(out, "reinforced", ends[2], index);
    }
    double distil_tokens = 0, rl_tokens = 0;
    for (std::size_t i = 0; i < d.records.rows.size(); ++i)
        if (d.at(i, "start") == static_cast<double>(d.start)) (d.at(i, "phase") == 2 ? rl_tokens : distil_tokens) = d.at(i, "phase") == 0 ? 0 : d.at(i, "tokens");
    add(out, "distil_tokens", distil_tokens), add(out, "rl_tokens", rl_tokens);
    add(out, "student", static_cast<double>(d.student)), add(out, "teacher", static_cast<double>(d.teacher));
    add(out, "r1_distilled", 72.6, "", Kind::kPublished);
    add(out, "r1_rl_only", 47.0, "", Kind::kPublished);
    add(out, "r1_aime24", 79.8, "", Kind::kPublished);
    add(out, "s1_aime24", 57, "", Kind::kPublished);
    add(out, "s1_examples", 1000, "", Kind::kPublished);
}

}  // namespace

std::vector<Observation> observe(const SceneData& base) {
    const auto& d = dynamic_cast<const Data&>(base);
    Observations out;
    switch (d.mode) {
        case Mode::kAha: observe_aha(d, out); break;
        case Mode::kPass:
        case Mode::kVote: observe_votes(d, out); break;
        case Mode::kBudget: observe_budget(d, out); break;
        case Mode::kWait: observe_waits(d, out); break;
        case Mode::kDistil: observe_distil(d, out); break;
        default: observe_answers(d, out);
    }
    return out;
}

}  // namespace dg::viz::reasoning
