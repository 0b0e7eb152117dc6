// Scene grpo: titles and notes. A title says what the run did, not what it should do.
#include "sim/grpo/experiment.h"
#include "viz/scenes/grpo.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

std::string hand_title(const Data& d, Lang lang) {
    const Hand& h = d.hand;
    if (h.rewards.size() == 1) return tr(lang, "grpo.title.one");
    if (h.deviation == 0) return tr(lang, "grpo.title.equal");
    const double most = *std::ranges::max_element(h.advantages), least = *std::ranges::min_element(h.advantages);
    return tr(lang, "grpo.title.advantage", {{"most", "+" + fixed(most, 3)}, {"least", fixed(least, 3)}});
}

std::string clip_title(const Data& d, Lang lang) {
    const Grid& g = d.grid;
    const bool up = g.slope_up[g.here] == 0, down = g.slope_down[g.here] == 0;
    return tr(lang, up ? "grpo.title.clip.up" : down ? "grpo.title.clip.down" : "grpo.title.clip.inside", {{"ratio", fixed(g.at[g.here], 2)}, {"low", fixed(1 - d.clip, 2)}, {"high", fixed(1 + d.clip, 2)}});
}

std::string memory_title(const Data& d, Lang lang) {
    const double ratio = static_cast<double>(d.memory[1].total()) / static_cast<double>(d.memory[0].total());
    return tr(lang, d.critic ? "grpo.title.memory.critic" : "grpo.title.memory.group", {{"ratio", fixed(ratio, 2)}, {"numbers", grouped(d.memory[d.critic ? 1 : 0].total())}});
}

bool paid_for_format(const Run& r) { return r.run.params.contains("reward") && r.run.params.at("reward") == "format"; }

std::string train_title(const Run& r, Lang lang) {
    if (!r.whole) return tr(lang, "grpo.title.running", {{"step", fmt::format("{}", r.steps())}, {"accuracy", percent(r.accuracy.smooth.back().y, 0)}});
    const sim::Skill& a = r.run.before;
    const sim::Skill& b = r.run.after;
    const TextArgs args = {{"before", percent(a.accuracy, 0)}, {"after", percent(b.accuracy, 0)}, {"ratio", fixed(b.mean_length / a.mean_length, 1)}, {"length", fixed(b.mean_length, 1)},
                           {"format", percent(a.format, 0)}, {"format_after", percent(b.format, 0)}};
    if (paid_for_format(r)) return tr(lang, "grpo.title.format", args);
    const double gain = b.accuracy - a.accuracy;
    if (gain >= 0.2) return tr(lang, b.mean_length > 1.3 * a.mean_length ? "grpo.title.grows" : "grpo.title.learns", args);
    return tr(lang, gain > -0.05 ? "grpo.title.stays" : "grpo.title.worse", args);
}

std::string wait_title(const Data& d, Lang lang) {
    const sim::Skill& pen = d.runs[0]->run.after;
    const sim::Skill& plain = d.runs[1]->run.after;
    return tr(lang, "grpo.title.wait", {{"wrong", percent(pen.wait_given_wrong(), 0)}, {"right", percent(pen.wait_given_right(), 1)}, {"plain", percent(plain.wait_given_wrong(), 0)}, {"before", percent(d.runs[0]->run.before.wait_given_wrong(), 0)}});
}

std::string seeds_title(const Data& d, Lang lang) {
    const auto good = std::ranges::count_if(d.seeds, [](const SeedRun& s) { return s.after.accuracy > 0.9; });
    return tr(lang, "grpo.title.seeds", {{"good", fmt::format("{}", good)}, {"all", fmt::format("{}", d.seeds.size())}});
}

std::string drift_title(const Data& d, Lang lang) {
    const sim::Skill& a = d.runs[0]->run.after;
    const sim::Skill& b = d.runs[1]->run.after;
    return tr(lang, "grpo.title.drift", {{"first", fixed(a.mean_length, 1)}, {"second", fixed(b.mean_length, 1)}, {"right", percent(a.accuracy, 0)}, {"right_too", percent(b.accuracy, 0)}});
}

std::string title(const Data& d, const View& view) {
    const Lang lang = view.lang;
    constexpr const char* kCovered[] = {"grpo.covered.advantage", "grpo.covered.clip", "grpo.covered.kl", "grpo.covered.memory", "grpo.covered.train", "grpo.covered.wait", "grpo.covered.compare", "grpo.covered.failures", "grpo.covered.drift", "grpo.covered.seeds", "grpo.covered.published"};
    if (!view.revealed && d.mode == Mode::kTrain && !d.runs.empty() && paid_for_format(*d.runs[0])) return tr(lang, "grpo.covered.format");
    if (!view.revealed) return tr(lang, kCovered[static_cast<int>(d.mode)]);
    switch (d.mode) {
        case Mode::kAdvantage: return hand_title(d, lang);
        case Mode::kClip: return clip_title(d, lang);
        case Mode::kKl: return tr(lang, "grpo.title.kl", {{"r", fixed(d.grid.at[d.grid.here], 2)}, {"penalty", fixed(d.grid.penalty[d.grid.here], 3)}});
        case Mode::kMemory: return memory_title(d, lang);
        case Mode::kTrain: return train_title(*d.runs[0], lang);
        case Mode::kWait: return wait_title(d, lang);
        case Mode::kCompare: return tr(lang, "grpo.title.compare");
        case Mode::kFailures: return tr(lang, "grpo.title.failures");
        case Mode::kDrift: return drift_title(d, lang);
        case Mode::kSeeds: return seeds_title(d, lang);
        case Mode::kPublished: return tr(lang, "grpo.title.published");
    }
    return {};
}

std::string subtitle(const Data& d, const View& view) {
    switch (d.mode) {
        case Mode::kAdvantage: return tr(view.lang, "grpo.sub.advantage");
        case Mode::kClip: return tr(view.lang, "grpo.sub.clip");
        case Mode::kKl: return tr(view.lang, "grpo.sub.kl");
        case Mode::kMemory: return tr(view.lang, "grpo.sub.memory", {{"model", rich_escape(d.model)}, {"parameters", grouped(d.parameters)}});
        case Mode::kTrain: return tr(view.lang, "grpo.sub.train", {{"name", run_name(view.lang, d.runs[0]->id)}, {"settings", run_settings(view, *d.runs[0])}});
        case Mode::kWait: return tr(view.lang, "grpo.sub.wait");
        case Mode::kCompare: return tr(view.lang, "grpo.sub.compare");
        case Mode::kFailures: return tr(view.lang, "grpo.sub.failures");
        case Mode::kDrift: return tr(view.lang, "grpo.sub.drift", {{"model", rich_escape(d.model)}});
        case Mode::kSeeds: return tr(view.lang, "grpo.sub.seeds");
        case Mode::kPublished: return tr(view.lang, "grpo.sub.published");
    }
    return {};
}

}  // namespace

std::string run_name(Lang lang, std::string_view id) { return tr(lang, fmt::format("param.grpo.run.{}", id)); }

std::string run_settings(const View& view, const Run& run) {
    const auto defaults = sim::grpo_params();
    std::string out;
    for (const char* id : {"model", "pen", "reward", "baseline", "temperature", "lr", "kl", "group", "prompts", "inner", "clip", "normalisation", "seed"}) {
        const auto spec = std::ranges::find(defaults, id, &ParamSpec::id);
        const auto found = run.run.params.find(id);
        if (spec == defaults.end() || found == run.run.params.end() || (found->second == spec->default_value && std::string_view(id) != "model" && std::string_view(id) != "pen")) continue;
        // names as --set takes them: the picture and the command say the same
        out += fmt::format("{}{} = {}", out.empty() ? "" : view.lang == Lang::kZh ? "，" : ", ", id, rich_escape(found->second));
    }
    return out;
}

PageText words(const Data& d, const View& view) {
    PageText page{.title = title(d, view), .subtitle = subtitle(d, view)};
    const Lang lang = view.lang;
    std::string seed;
    if (!d.runs.empty() && d.runs[0]->run.params.contains("seed")) seed = d.runs[0]->run.params.at("seed");
    page.badge.detail = d.model.empty() ? std::string() : badge_detail(lang, d.model, d.hash, seed);
    if (d.mode == Mode::kPublished) page.badge = {.kind = Kind::kPublished, .detail = "DeepSeek-R1, arXiv 2501.12948 v1, §1, Table 2"};
    if (d.mode == Mode::kAdvantage || d.mode == Mode::kClip || d.mode == Mode::kKl) page.badge.detail = tr(lang, "grpo.badge.formula");
    if (d.mode == Mode::kFailures || d.mode == Mode::kDrift) page.badge.detail = tr(lang, "grpo.badge.seeds", {{"n", fmt::format("{}", d.runs.size())}});
    if (d.mode == Mode::kSeeds && !d.seeds.empty()) page.badge.detail = tr(lang, "grpo.badge.seeds", {{"n", fmt::format("{}", d.seeds.size())}});
    const TextArgs window = {{"window", fmt::format("{}", kWindow)}};
    if (d.mode == Mode::kTrain || d.mode == Mode::kWait || d.mode == Mode::kCompare || d.mode == Mode::kFailures || d.mode == Mode::kDrift) page.notes.push_back(tr(lang, "grpo.note.curves", window));
    if (d.mode == Mode::kTrain && !d.runs[0]->whole) page.notes.push_back(tr(lang, "grpo.note.partial"));
    if (d.mode == Mode::kFailures || d.mode == Mode::kDrift) page.notes.push_back(tr(lang, "grpo.note.fresh", {{"fresh", fmt::format("{}", d.runs[0]->run.after.responses)}}));
    if (d.mode == Mode::kSeeds) page.notes.push_back(tr(lang, "grpo.note.seeds", window));
    if (d.mode == Mode::kCompare) page.notes.push_back(tr(lang, "grpo.note.compare"));
    if (d.mode == Mode::kMemory) page.notes.push_back(tr(lang, "grpo.note.memory"));
    return page;
}

}  // namespace dg::viz::grpo
