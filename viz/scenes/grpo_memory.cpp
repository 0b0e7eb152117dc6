// Scene grpo: the networks that must be in memory while one method learns, counted from the model's own weights.
#include "viz/scenes/clock.h"
#include "viz/scenes/grpo.h"

#include <algorithm>

namespace dg::viz::grpo {
namespace {

constexpr int kCopies = 4;  // weights, gradients, two moments of a network that learns

/// A network as a card with one block for each copy of its numbers; dashed when it is not there (copies 0, parts_if_there more).
void draw_network(Canvas& canvas, const View& view, const Theme& t, Rect box, const std::string& name, const std::string& role, std::int64_t parameters, int copies, int parts_if_there, double there) {
    const bool present = copies == parts_if_there;
    if (present) canvas.fill_rect(box, t.panel, 10);
    canvas.stroke_rect(box, {.color = present ? t.ink : t.border, .width = present ? 2.0F : 1.5F, .dash = present ? 0.0F : 8.0F, .gap = present ? 0.0F : 6.0F}, 10);
    const float pad = t.label * 0.9F, w = box.w - 2 * pad;
    TextStyle head = heading(t);
    if (!present) head.color = t.ink3;
    canvas.text({box.x + pad, box.y + pad + t.heading * 0.8F}, elide(canvas, name, head, w), head);
    const float after = draw_wrapped(canvas, {box.x + pad, box.y + pad + t.heading * 0.8F + t.label * 1.5F}, role, label(t), w, 2);
    const char* const parts[] = {"grpo.memory.weights", "grpo.memory.gradients", "grpo.memory.first", "grpo.memory.second"};
    const float top = std::max(after, box.y + pad + t.heading * 0.8F + t.label * 2.8F) + t.label * 0.9F, foot = t.body * 2.2F, pitch = (box.bottom() - foot - top) / kCopies;
    // what would be held, were it there
    for (int k = 0; !present && k < parts_if_there; ++k) canvas.stroke_rect({box.x + pad, top + pitch * static_cast<float>(k), w, pitch * 0.82F}, {.color = t.hairline, .width = 1.5F, .dash = 6, .gap = 5}, 4);
    for (int k = 0; k < copies; ++k) {
        const double grown = std::clamp(there * kCopies - k, 0.0, 1.0);
        const Rect block{box.x + pad, top + pitch * static_cast<float>(k), w * static_cast<float>(grown), pitch * 0.82F};
        if (grown == 0) continue;
        const Color fill = k == 0 ? t.bar_strong : mix(t.bar, t.ground, 0.15F * static_cast<float>(k));
        canvas.fill_rect(block, fill, 4);
        if (grown < 1) continue;
        TextStyle words = label(t);
        words.color = t.ink_on(fill);
        words.size = std::min(words.size, pitch * 0.5F);
        draw_centered(canvas, block, elide(canvas, tr(view.lang, parts[k]), words, block.w - 8), words);
    }
    const std::string total = present ? tr(view.lang, "grpo.memory.numbers", {{"numbers", grouped(parameters * copies)}}) : tr(view.lang, "grpo.memory.absent");
    canvas.text({box.x + pad, box.bottom() - t.body * 0.8F}, elide(canvas, total, strong(t), w), strong(t));
}

/// Both methods' totals as bars.
void draw_totals(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const double most = static_cast<double>(d.memory[1].total());
    const float names = t.label * 6, numbers = std::min(area.w * 0.3F, t.label * 17), pitch = area.h / 2;
    for (std::size_t k = 0; k < 2; ++k) {
        const Memory& m = d.memory[k];
        const Rect row{area.x, area.y + pitch * static_cast<float>(k), area.w, pitch};
        const float base = row.center().y + t.body * 0.35F;
        const bool lit = d.critic == (k == 1);
        canvas.text({row.x, base}, k == 0 ? "GRPO" : "PPO", lit ? strong(t) : body(t));
        const Rect track{row.x + names, row.y + pitch * 0.2F, row.w - names - numbers, pitch * 0.6F};
        draw_bar(canvas, t, track, static_cast<double>(m.total()) / most * done(view, kAdvantage), {.fill = lit ? t.bar_strong : t.bar, .covered = !view.revealed});
        const std::string text = view.revealed ? tr(view.lang, "grpo.memory.total", {{"networks", fmt::format("{}", m.networks())}, {"bytes", bytes_text(4.0 * static_cast<double>(m.total()))}}) : "?";
        canvas.text({row.right(), base}, elide(canvas, text, lit ? strong(t, Align::kRight) : body(t, Align::kRight), numbers - 12), lit ? strong(t, Align::kRight) : body(t, Align::kRight));
        canvas.region({row, std::nullopt, "set baseline=" + std::string(k == 0 ? "group" : "critic"), tr(view.lang, k == 0 ? "grpo.memory.tip.group" : "grpo.memory.tip.critic")});
    }
}

}  // namespace

void draw_memory(Canvas& canvas, const Data& d, const View& view, const Theme& t, Rect area) {
    const Group group(canvas, "memory");
    const Memory& m = d.memory[d.critic ? 1 : 0];
    const float foot = t.body * 6, gap = t.label * 1.2F, w = (area.w - 3 * gap) / 4;
    const Rect boxes{area.x, area.y, area.w, area.h - foot - gap};
    const double there = view.revealed ? (view.stage > kRun ? 1 : ease(view.u)) : 1;
    const auto box = [&](int k) { return Rect{boxes.x + (w + gap) * static_cast<float>(k), boxes.y, w, boxes.h}; };
    draw_network(canvas, view, t, box(0), tr(view.lang, "grpo.box.policy"), tr(view.lang, "grpo.memory.policy"), d.parameters, kCopies, kCopies, there);
    if (view.revealed) {
        draw_network(canvas, view, t, box(1), tr(view.lang, "grpo.box.critic"), tr(view.lang, "grpo.memory.critic"), d.parameters, m.critic ? kCopies : 0, kCopies, there);
        draw_network(canvas, view, t, box(2), tr(view.lang, "grpo.box.reference"), tr(view.lang, "grpo.memory.reference"), d.parameters, m.reference ? 1 : 0, 1, there);
    } else {
        draw_question(canvas, t, box(1)), draw_question(canvas, t, box(2));
    }
    draw_network(canvas, view, t, box(3), tr(view.lang, "grpo.box.rule"), tr(view.lang, "grpo.memory.rule"), 0, 0, 0, there);
    canvas.region({box(1), std::nullopt, "baseline", tr(view.lang, "grpo.memory.tip.toggle")});
    draw_totals(canvas, d, view, t, {area.x, area.bottom() - foot, area.w, foot});
}

}  // namespace dg::viz::grpo
