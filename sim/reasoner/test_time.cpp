#include "sim/reasoner/test_time.h"

#include <algorithm>

namespace dg::sim {
namespace {

constexpr std::string_view kLetters = "abcdefhi";
static_assert(kLetters.size() == kSlots);

/// The first slot that no step has taken up, or 0 when all are done; a step is under way from its letter to its digit.
std::size_t next_slot(const Problem& problem, std::string_view text) {
    const auto done = static_cast<std::size_t>(std::ranges::count(text, '='));
    return done + 1 < problem.digits.size() ? done + 1 : 0;
}

std::int32_t lead(const Problem& problem, const Thinking& thinking, const Rollout& so_far, std::int32_t next) {
    const std::int32_t answer = character_id('#'), check = character_id('?'), end = character_id('$');
    const std::string& text = so_far.text;
    if (text.find('#') != std::string::npos) return next;
    if (thinking.style == Style::kDirect || (thinking.cap >= 0 && static_cast<std::int64_t>(text.size()) >= thinking.cap)) return answer;
    if (thinking.style == Style::kSteps && (next == answer || next == check || next == end)) {
        const std::size_t slot = text.find('?') == std::string::npos ? next_slot(problem, text) : 0;
        if (slot > 0) return character_id(kLetters[slot]);
    }
    if (next != answer || thinking.waits == 0) return next;
    std::int64_t put = 0;
    for (std::size_t i = 0; i < so_far.ids.size(); ++i) put += so_far.written[i] != 0 && so_far.ids[i] == character_id(thinking.word) ? 1 : 0;
    return put < thinking.waits ? character_id(thinking.word) : next;
}

}  // namespace

Forcing forced_thinking(std::span<const Problem> problems, const Thinking& thinking) {
    return [problems, thinking](const Rollout& so_far, std::size_t problem, std::int32_t next) { return lead(problems[problem], thinking, so_far, next); };
}

DecodeFlops decode_flops(const Config& c) {
    DecodeFlops f;
    f.per_token = 2.0 * static_cast<double>(count_parameters(c).active);
    const auto heads = static_cast<double>(c.num_hidden_layers * c.num_attention_heads);
    if (c.attention == AttentionKind::kMla) f.per_cached = heads * 2.0 * static_cast<double>(2 * c.kv_lora_rank + c.qk_rope_head_dim);
    else f.per_cached = heads * 4.0 * static_cast<double>(c.head_dim);
    return f;
}

Result<Trial> measure_thinking(const PackedModel& model, std::span<const Problem> problems, std::int64_t samples, const Thinking& thinking, RolloutSettings settings,
                               const std::function<bool()>& go_on) {
    settings.forcing = forced_thinking(problems, thinking);
    DG_ASSIGN(const std::vector<Rollout> rollouts, roll_out(model, problems, samples, settings, go_on));
    const DecodeFlops count = decode_flops(model.config());
    Trial trial{.skill = measure(problems, rollouts)};
    for (const Rollout& r : rollouts) trial.flops += count.response(kPromptTokens, static_cast<double>(r.ids.size())) / static_cast<double>(rollouts.size());
    return trial;
}

int answer_digit(std::string_view response) {
    const std::size_t mark = response.find('#');
    if (mark == std::string_view::npos || response.size() != mark + 3 || response.back() != '$') return -1;
    const char c = response[mark + 1];
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

}  // namespace dg::sim
