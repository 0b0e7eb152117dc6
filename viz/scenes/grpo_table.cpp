// Scene grpo: one group of responses as a table.
#include "engine/base/mathfn.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/float_bits.h"
#include "viz/scenes/grpo.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::grpo {
namespace {

constexpr double kShade = 0.5;  // change of ln p at which the colour is full

/// What a token shows: special characters of the task by their meaning.
std::string token_text(Lang lang, char c) {
    switch (c) {
        case 'w': return tr(lang, "grpo.token.wait");
        case '#': return tr(lang, "grpo.token.answer");
        case '?': return tr(lang, "grpo.token.check");
        case '$': return "■";
        default: return {1, c};
    }
}

/// A step "b6=2" and what follows it stand apart.
bool begins_piece(const std::string& text, std::size_t k) {
    if (k == 0) return false;
    const char c = text[k];
    return (c >= 'a' && c <= 'j') || c == 'w' || c == '#' || c == '?';
}

struct Cell {
    float x = 0, w = 0;
    std::string text;
};

/// Cells of a response at a type size; the total width.
float lay_out(const Canvas& canvas, Lang lang, const TextStyle& style, const std::string& text, std::vector<Cell>& cells) {
    const float digit = canvas.measure("0", style).width + style.size * 0.28F, gap = style.size * 0.32F;
    float x = 0;
    cells.clear();
    for (std::size_t k = 0; k < text.size(); ++k) {
        if (begins_piece(text, k)) x += gap;
        std::string word = token_text(lang, text[k]);
        const float w = std::max(digit, canvas.measure(word, style).width + style.size * 0.3F);
        cells.push_back({x, w, std::move(word)});
        x += w;
    }
    return x;
}

std::string token_tip(const View& view, const sim::Rollout& rollout, std::span<const float> change, std::size_t k) {
    if (rollout.written[k] != 0) return tr(view.lang, "grpo.tip.pen");
    if (k >= change.size()) return {};
    const auto delta = static_cast<double>(change[k]);
    return tr(view.lang, "grpo.tip.token", {{"change", fixed(delta, 2)}, {"ratio", fixed(dg::exp(delta), 2)}, {"kl", fixed(dg::exp(-delta) + delta - 1, 3)}});
}

void draw_cell(Canvas& canvas, const Theme& t, Rect box, const Cell& cell, const TextStyle& style, double change, bool written, char c) {
    const Color fill = written ? t.ground : t.diverging_at(std::clamp(change / kShade, -1.0, 1.0));
    canvas.fill_rect(box, fill, 2);
    if (written) {
        canvas.hatch(box, t.error.fill.with_alpha(0.55F), 5, 1);
        canvas.stroke_rect(box, {.color = t.error.fill, .width = 2}, 2);
    }
    if (c == 'w') canvas.stroke_rect(box, {.color = t.ink, .width = 2}, 3);
    TextStyle words = style;
    words.color = written ? t.error.ink : t.ink_on(fill);
    words.weight = c == 'w' || c == '#' || written ? Weight::kBold : Weight::kRegular;
    draw_centered(canvas, box, cell.text, words);
}

/// Which rows are drawn when not all have room: the extremes first, in the group's order.
std::vector<std::size_t> rows_shown(const sim::GroupTable& table, std::size_t room) {
    std::vector<std::size_t> order(table.rollouts.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    if (order.size() <= room) return order;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return table.advantages[a] > table.advantages[b]; });
    std::vector<std::size_t> picked;
    for (std::size_t k = 0; picked.size() < room; ++k) {
        picked.push_back(order[k]);
        if (picked.size() < room) picked.push_back(order[order.size() - 1 - k]);
    }
    std::ranges::sort(picked);
    return picked;
}

/// Columns of the table, from the right.
struct Columns {
    float number, tokens, tokens_w, length, reward, zero, bar;  // length: right edge; reward: centre; zero: of the bars
};

Columns columns_of(const Theme& t, Rect area) {
    const float bar = std::min(area.w * 0.11F, 190.0F), value = t.label * 3.6F;
    Columns c{.number = area.x + t.label * 1.6F, .tokens = area.x + t.label * 2.3F, .tokens_w = 0, .length = 0, .reward = 0, .zero = area.right() - bar - value, .bar = bar};
    c.reward = c.zero - bar - value - t.label * 1.6F;
    c.length = c.reward - t.label * 3;
    c.tokens_w = c.length - t.label * 3 - c.tokens;
    return c;
}

/// What the group was asked and how it did; a sum too long for `width` loses its last terms.
std::string head_of(const Canvas& canvas, const View& view, const Theme& t, const sim::GroupTable& table, std::int64_t step, float width) {
    const auto right = std::ranges::count_if(table.rollouts, [&](const sim::Rollout& r) { return sim::score(table.problem, r.text).correct; });
    const std::vector<int>& digits = table.problem.digits;
    std::string text;
    for (std::size_t terms = digits.size(); terms >= 2; --terms) {
        const std::string sum = fmt::format("{}{}", fmt::join(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(terms), "+"), terms < digits.size() ? "+…" : "");
        text = tr(view.lang, "grpo.table.head", {{"step", fmt::format("{}", step)}, {"sum", sum}, {"answer", fmt::format("{}", table.problem.answer())}, {"right", fmt::format("{}", right)}, {"group", fmt::format("{}", table.rollouts.size())}});
        if (canvas.measure(text, strong(t)).width <= width) return text;
    }
    return elide(canvas, text, strong(t), width);
}

void draw_heads(Canvas& canvas, const View& view, const Theme& t, const Columns& c, const sim::GroupTable& table, float y) {
    const double spread = std::ranges::max(table.rewards) - std::ranges::min(table.rewards);
    canvas.text({c.length, y}, tr(view.lang, "grpo.column.length"), caption(t, Align::kRight));
    canvas.text({c.reward, y}, tr(view.lang, "grpo.column.reward"), caption(t, Align::kCenter));
    if (view.revealed && spread > 0) canvas.text({c.zero, y}, tr(view.lang, "grpo.column.advantage"), caption(t, Align::kCenter));
    if (view.revealed && spread == 0 && done(view, kAdvantage) > 0) {
        canvas.text({c.zero, y}, tr(view.lang, "grpo.column.equal"), {.size = t.caption, .color = t.error.ink, .weight = Weight::kBold, .align = Align::kCenter});
    }
}

void draw_key(Canvas& canvas, const View& view, const Theme& t, Vec2 at, float width) {
    // the scale of the shades
    const float w = std::min(width * 0.16F, 170.0F), h = t.caption * 0.8F;
    const std::string low = "≤ −0.5", high = "≥ +0.5";
    float x = at.x;
    const auto say = [&](const std::string& text) {
        canvas.text({x, at.y}, text, caption(t));
        x += canvas.measure(text, caption(t)).width + t.caption * 0.6F;
    };
    say(tr(view.lang, "grpo.key.shade"));
    say(low);
    constexpr int kCells = 32;
    std::vector<Color> cells;
    for (int i = 0; i < kCells; ++i) cells.push_back(t.diverging_at(2.0 * (i + 0.5) / kCells - 1));
    canvas.heatmap({x, at.y - h, w, h}, 1, kCells, cells);
    x += w + t.caption * 0.6F;
    say(high);
    const std::string pen = tr(view.lang, "grpo.key.pen");
    if (x + t.caption * 2.4F + canvas.measure(pen, caption(t)).width > at.x + width) return;
    x += t.caption;
    const Rect box{x, at.y - h, h * 1.2F, h};
    canvas.hatch(box, t.error.fill.with_alpha(0.55F), 5, 1);
    canvas.stroke_rect(box, {.color = t.error.fill, .width = 2}, 2);
    x += h * 1.2F + t.caption * 0.5F;
    say(pen);
}

}  // namespace

float draw_response(Canvas& canvas, const View& view, const Theme& t, const sim::Rollout& rollout, std::span<const float> change, Rect area, double typed, double colored) {
    TextStyle style = label(t);
    std::vector<Cell> cells;
    float total = lay_out(canvas, view.lang, style, rollout.text, cells);
    if (total > area.w) {
        style.size = std::max(style.size * 0.72F, style.size * area.w / total);
        total = lay_out(canvas, view.lang, style, rollout.text, cells);
    }
    const float rest_w = style.size * 6.5F;
    const auto shown = static_cast<std::size_t>(std::llround(typed * static_cast<double>(cells.size())));
    for (std::size_t k = 0; k < shown; ++k) {
        if (total > area.w && cells[k].x + cells[k].w + rest_w > area.w) {
            canvas.text({area.x + cells[k].x + 6, area.center().y + style.size * 0.35F}, tr(view.lang, "grpo.more_tokens", {{"n", fmt::format("{}", cells.size() - k)}}), caption(t));
            return area.w;
        }
        const Rect box{area.x + cells[k].x, area.y, cells[k].w - 1, area.h};
        const bool written = rollout.written[k] != 0;
        draw_cell(canvas, t, box, cells[k], style, k < change.size() ? colored * static_cast<double>(change[k]) : 0, written, rollout.text[k]);
        if (view.interactive) canvas.region({box, std::nullopt, "", token_tip(view, rollout, change, k)});
    }
    return total;
}

void draw_reward(Canvas& canvas, const Theme& t, Vec2 center, float radius, double reward) {
    const bool good = reward >= 0.5;
    if (good) canvas.fill_circle(center, radius, t.ink);
    else canvas.stroke_rect({center.x - radius, center.y - radius, 2 * radius, 2 * radius}, {.color = t.border, .width = std::max(1.5F, t.line)}, radius);
    const std::string text = reward == std::round(reward) ? fixed(reward, 0) : std::abs(reward) >= 10 ? fixed(reward, 1) : number(reward, 2);
    TextStyle style{.size = radius * (std::abs(reward - std::round(reward)) < 1e-9 ? 1.25F : 0.95F), .color = good ? t.ground : t.ink2, .weight = good ? Weight::kBold : Weight::kRegular};
    style.size = float_bits::fit(canvas, text, style, 1.8F * radius);
    draw_centered(canvas, {center.x - radius, center.y - radius, 2 * radius, 2 * radius}, text, style);
}

void draw_advantage(Canvas& canvas, const Theme& t, Rect row, float zero, float scale, double value, double grown) {
    const float h = row.h * 0.62F, y = row.y + (row.h - h) / 2, w = static_cast<float>(std::abs(value) * grown) * scale;
    canvas.line({zero, row.y}, {zero, row.bottom()}, {.color = t.border, .width = std::max(1.0F, t.line)});
    if (value != 0) canvas.fill_rect({value > 0 ? zero : zero - w, y, w, h}, t.diverging_at(value > 0 ? 0.85 : -0.85), 2);
    if (grown < 1) return;
    const std::string text = (value > 0 ? "+" : "") + fixed(value, 3);
    canvas.text({value >= 0 ? zero + w + 8 : zero - w - 8, row.center().y + t.label * 0.35F}, text, label(t, value >= 0 ? Align::kLeft : Align::kRight));
}

void draw_table(Canvas& canvas, const View& view, const Theme& t, const Run& run, std::int64_t step, Rect area) {
    const Group group(canvas, "group");
    const sim::GroupTable& table = run.run.tables[static_cast<std::size_t>(step)];
    canvas.fill_rect(area, t.panel, 8);
    const Rect in{area.x + t.label, area.y + t.label * 0.7F, area.w - 2 * t.label, area.h - t.label * 1.2F};
    const Columns c = columns_of(t, in);
    const float head_y = in.y + t.body;
    canvas.text({in.x, head_y}, head_of(canvas, view, t, table, step, c.length - t.label * 4 - in.x), strong(t));
    draw_heads(canvas, view, t, c, table, head_y);
    const float top = head_y + t.label * 0.7F, foot = t.caption * 1.9F, least = t.label * 1.5F;
    const auto room = static_cast<std::size_t>(std::max(1.0F, (in.bottom() - foot - top) / least));
    const std::vector<std::size_t> rows = rows_shown(table, room);
    const float pitch = std::min((in.bottom() - foot - top) / static_cast<float>(rows.size()), t.label * 2.2F);
    double most = 1;
    for (const double a : table.advantages) most = std::max(most, std::abs(a));
    for (std::size_t k = 0; k < rows.size(); ++k) {
        const std::size_t i = rows[k];
        const Rect row{in.x, top + pitch * static_cast<float>(k), in.w, pitch};
        const float base = row.center().y + t.label * 0.35F;
        canvas.text({c.number, base}, fmt::format("{}", i + 1), caption(t, Align::kRight));
        const double typed = view.revealed && view.stage == kSample ? ease(view.u) : 1;
        const double stage_colored = view.stage == kRun ? 1 : done(view, kUpdate);
        const std::span<const float> change = i < table.change.size() ? std::span<const float>(table.change[i]) : std::span<const float>();
        draw_response(canvas, view, t, table.rollouts[i], change, {c.tokens, row.y + pitch * 0.1F, c.tokens_w, pitch * 0.8F}, typed, stage_colored);
        canvas.text({c.length, base}, fmt::format("{}", table.rollouts[i].text.size()), label(t, Align::kRight));
        if (view.stage == kRun || done(view, kReward) > 0.5) draw_reward(canvas, t, {c.reward, row.center().y}, std::min(pitch * 0.4F, t.label * 0.85F), table.rewards[i]);
        const double grown = view.stage == kRun ? 1 : done(view, kAdvantage);
        if (grown > 0) draw_advantage(canvas, t, row, c.zero, c.bar / static_cast<float>(most), table.advantages[i], grown);
    }
    draw_key(canvas, view, t, {in.x, in.bottom()}, in.w * 0.8F);
    if (rows.size() < table.rollouts.size()) {
        canvas.text({in.right(), in.bottom()}, tr(view.lang, "grpo.more_rows", {{"n", fmt::format("{}", table.rollouts.size() - rows.size())}}), caption(t, Align::kRight));
    }
}

}  // namespace dg::viz::grpo
