#include "app/window/inspector_panel.h"

#include "app/window/icons.h"
#include "app/window/shell.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/numbers.h"
#include "viz/scenes/rich_text.h"
#include "viz/scenes/widgets.h"
#include "viz/text/formula.h"

#include <algorithm>
#include <cmath>

namespace dg::app {

using viz::Align;
using viz::Weight;

namespace {

constexpr double kSlideSeconds = 0.22;
constexpr float kSide = 24, kRow = 34;

/// Q, K, V and latent keep their colours in formulas.
viz::ColorNames role_colors(const viz::Theme& t) {
    return {{"q", t.q.ink}, {"Q", t.q.ink}, {"k", t.k.ink}, {"K", t.k.ink}, {"v", t.v.ink}, {"V", t.v.ink},
            {"c", t.latent.ink}, {"c_{kv}", t.latent.ink}, {"c_{q}", t.latent.ink}};
}

struct OperandLabel {
    std::string text;
    viz::Color color;
};

/// Attention scores are named by their key; everything else by tensor and index.
OperandLabel label_of(const viz::Trace* trace, const viz::Theme& t, const Operand& o) {
    const bool attention = (o.tensor.ends_with("attn.scores") || o.tensor.ends_with("attn.probs")) && o.at.size() == 4;
    if (attention && trace && o.at[3] < static_cast<std::int64_t>(trace->tokens.size()))
        return {trace->model->tokenizer.label(trace->tokens[static_cast<std::size_t>(o.at[3])].id), t.k.ink};
    const bool role = o.role == "q" || o.role == "k" || o.role == "v";
    const viz::Color color = !role ? t.ink : o.role == "q" ? t.q.ink : o.role == "k" ? t.k.ink : t.v.ink;
    return {viz::short_name({o.tensor, o.at}), color};
}

/// The name without the layer that the page says already: "L3 q_pe [0,4,5,7]" on a page of "L3 ...".
std::string without_layer(const std::string& name, const viz::InspectorPage& page) {
    const std::string own = viz::short_name(page.cell);
    const std::size_t blank = own.find(' ');
    const bool same = own.starts_with('L') && blank != std::string::npos && name.starts_with(own.substr(0, blank + 1));
    return same ? name.substr(blank + 1) : name;
}

/// "10.641 × 0.2041 = 2.172" when the sum is scaled into the value; else the sum alone.
std::string sum_text(const viz::InspectorPage& page) {
    const std::string sum = "Σ = " + viz::number(page.total, 5);
    const double ratio = page.why.value / page.total;
    if (page.kind != viz::TermKind::kProduct || !std::isfinite(ratio) || std::abs(ratio - 1) < 1e-3) return sum;
    return fmt::format("Σ × α = {} × {} = {}", viz::number(page.total, 5), viz::number(ratio, 4), viz::number(page.why.value, 4));
}

std::string contribution_text(const viz::InspectorPage& page, const viz::Term& term) {
    return page.kind == viz::TermKind::kShare ? viz::fixed(term.contribution, 4) : viz::number(term.contribution, 4);
}

}  // namespace

float InspectorPanel::slide() const { return static_cast<float>(viz::ease(static_cast<double>(at_))); }

void InspectorPanel::advance(double dt, bool at_once) {
    const float goal = is_open() ? 1.0F : 0.0F, step = static_cast<float>(dt / kSlideSeconds);
    at_ = at_once ? goal : at_ < goal ? std::min(goal, at_ + step) : std::max(goal, at_ - step);
}

void InspectorPanel::sync(Shell& shell) {
    lang_ = shell.lang;
    if (is_open()) shell.lab.selection = trail_.trail().front().cell;
}

void InspectorPanel::open(Shell& shell, const viz::CellRef& cell) {
    const viz::Trace* trace = shell.lab.trace();
    if (!trace) return;
    if (const Result<void> opened = trail_.open(*trace, cell, shell.lang); !opened) return shell.say(opened.error());
    sync(shell);
}

void InspectorPanel::refresh(Shell& shell) {
    if (!is_open()) return;
    const viz::Trace* trace = shell.lab.trace();
    const std::vector<viz::InspectorPage> pages(trail_.trail().begin(), trail_.trail().end());
    trail_.close();
    for (const viz::InspectorPage& page : pages) {
        if (!trace) break;
        const Result<void> done = is_open() ? trail_.push(*trace, page.cell, shell.lang) : trail_.open(*trace, page.cell, shell.lang);
        if (!done) break;  // a shorter prompt has no such cell any more
    }
    if (!is_open()) shell.lab.selection.reset();
    sync(shell);
}

void InspectorPanel::close(Shell& shell) {
    trail_.close();
    shell.lab.selection.reset();
}

void InspectorPanel::back(Shell& shell) {
    trail_.pop();
    if (!is_open()) close(shell);
}

float InspectorPanel::draw_head(Shell& shell, Ui& u, Rect area, float y) {
    const viz::InspectorPage& page = trail_.page();
    // breadcrumb: every level is a way back
    float x = area.x;
    const std::span<const viz::InspectorPage> levels = trail_.trail();
    const std::size_t first = levels.size() > 3 ? levels.size() - 3 : 0;
    std::optional<std::size_t> jump;
    for (std::size_t i = first; i < levels.size(); ++i) {
        const bool last = i + 1 == levels.size();
        const viz::TextStyle style{.size = u.type.caption, .color = last ? u.theme.ink : u.theme.ink2, .weight = last ? Weight::kBold : Weight::kRegular};
        const std::string name = viz::short_name(levels[i].cell);
        if (x > area.x && x + u.canvas.measure(name, style).width > area.right()) x = area.x, y += 24;
        const std::string shown = viz::elide(u.canvas, name, style, area.w);
        const float w = u.canvas.measure(shown, style).width;
        const std::string id = fmt::format("crumb={}", i);
        if (!last && u.press(id, {x - 3, y, w + 6, 24}, {.label = name})) jump = i;
        u.canvas.text({x, y + 18}, shown, style);
        if (!last) u.focus_ring(id, {x - 3, y, w + 6, 24}, 4);
        x += w + 10;
        if (!last) draw_icon(u.canvas, Icon::kRight, {x, y + 12}, 9, u.theme.ink3), x += 12;
    }
    y += 34;
    const std::string value = viz::number(page.why.value, 4);
    u.text({area.x, y + 44}, value, 48, u.theme.ink, Weight::kBold);
    const float used = u.width(value, 48, Weight::kBold) + 18;
    if (!page.place.empty()) {
        const bool beside = used < area.w * 0.55F;
        const float left = beside ? area.x + used : area.x, top = beside ? y + 6 : y + 58;
        const float h = u.paragraph({left, top}, viz::rich_escape(page.place), u.type.caption, u.theme.ink2, area.right() - left, Weight::kRegular, 1.35F);
        if (!beside) y += h;
    }
    if (jump) trail_.jump(*jump), sync(shell);
    return y + 70;
}

float InspectorPanel::draw_formula(Ui& u, Rect area, float y) {
    const viz::InspectorPage& page = trail_.page();
    if (page.why.formula.empty()) return y;
    u.hairline({area.x, y}, {area.right(), y});
    u.text({area.x, y + 30}, u.tr("inspector.formula"), u.type.caption, u.theme.ink2);
    viz::FormulaStyle style{.size = 24, .color = u.theme.ink, .roles = role_colors(u.theme)};
    viz::TextSize size = viz::measure_formula(u.canvas, page.why.formula, style);
    if (size.width > area.w) {
        style.size = std::max(13.0F, style.size * area.w / size.width);
        size = viz::measure_formula(u.canvas, page.why.formula, style);
    }
    viz::draw_formula(u.canvas, {area.x, y + 44 + size.ascent}, page.why.formula, style);
    return y + 60 + size.ascent + size.descent;
}

float InspectorPanel::draw_operands(Shell& shell, Ui& u, Rect area, float y) {
    const viz::InspectorPage& page = trail_.page();
    if (page.terms.empty()) return y;
    u.text({area.x, y + 16}, u.tr("inspector.operands"), u.type.caption, u.theme.ink2);
    y += 28;
    double most = 0;
    for (const viz::Term& term : page.terms) most = std::max(most, std::abs(term.contribution));
    std::optional<viz::CellRef> deeper;
    const std::string over = u.hot();
    for (std::size_t i = 0; i < page.terms.size(); ++i) {
        const viz::Term& term = page.terms[i];
        const float h = kRow * static_cast<float>(term.operands.size());
        const Rect row = {area.x, y, area.w, h - 4};
        u.card(row, u.theme.ground, u.theme.border, 5);
        if (term.own) viz::draw_ring(u.canvas, u.theme, row, 5);
        for (std::size_t j = 0; j < term.operands.size(); ++j) {
            const Operand& o = term.operands[j];
            const Rect part = {row.x, row.y + kRow * static_cast<float>(j), row.w, kRow - 4};
            const std::string id = fmt::format("operand={}.{}", i, j);
            const OperandLabel label = label_of(shell.lab.trace(), u.theme, o);
            if (u.press(id, part, {.label = label.text})) deeper = viz::CellRef{o.tensor, o.at};
            if (u.hot(id)) {
                u.canvas.fill_rect(part.inset(1), u.theme.track, 5);
                shell.panel_hover = viz::CellRef{o.tensor, o.at};
            }
            const float base = part.center().y + 0.36F * u.type.caption;
            const viz::TextStyle style{.size = u.type.caption, .color = label.color, .weight = term.own ? Weight::kBold : Weight::kRegular};
            u.canvas.text({part.x + 10, base}, viz::elide(u.canvas, without_layer(label.text, page), style, part.w * 0.46F), style);
            u.text({part.x + part.w * 0.66F, base}, viz::number(o.value, 4), u.type.caption, u.theme.ink, style.weight, Align::kRight);
            u.focus_ring(id, part, 4);
        }
        if (page.kind != viz::TermKind::kValue) {
            const float bar_w = 32 * static_cast<float>(most > 0 ? std::abs(term.contribution) / most : 0);
            const float mid = row.center().y;
            u.canvas.fill_rect({area.x + area.w * 0.68F, mid - 3, std::max(1.5F, bar_w), 6}, term.own ? u.theme.ink : u.theme.bar, 2);
            u.text({row.right() - 10, mid + 0.36F * u.type.caption}, contribution_text(page, term), u.type.caption, u.theme.ink, term.own ? Weight::kBold : Weight::kRegular, Align::kRight);
        }
        y += h;
    }
    if (page.more > 0) {
        u.text({area.x, y + 18}, u.tr("inspector.more", {{"count", std::to_string(page.more)}, {"sum", viz::number(page.more_sum, 4)}}), u.type.caption, u.theme.ink2);
        y += 26;
    }
    if (page.kind != viz::TermKind::kValue) {
        u.text({area.right() - 10, y + 18}, sum_text(page), u.type.caption, u.theme.ink, Weight::kBold, Align::kRight);
        y += 28;
    }
    if (deeper && shell.lab.trace()) {
        if (const Result<void> pushed = trail_.push(*shell.lab.trace(), *deeper, shell.lang); !pushed) shell.say(pushed.error());
        shell.ui.scrolls["inspector.scroll"] = 0;
    }
    return y + 10;
}

float InspectorPanel::draw_recheck(Ui& u, Rect area, float y) {
    const viz::InspectorPage& page = trail_.page();
    const bool leaf = page.recheck == viz::Recheck::kLeaf, good = page.recheck == viz::Recheck::kAgrees;
    const std::string head = leaf ? u.tr(page.why.op == "weight" ? "inspector.leaf.weight" : "inspector.leaf.input") : u.tr(good ? "window.recheck.agrees" : "window.recheck.differs");
    const std::string facts = leaf ? std::string()
                                   : u.tr("window.recheck.facts", {{"value", fmt::format("{:.9g}", page.why.recheck)},
                                          {"difference", page.difference() == 0 ? "0" : viz::scientific(page.difference(), 2)}});
    const float text_w = area.w - 64;
    const float h = 24 + u.paragraph_height(viz::rich_escape(head), u.type.label, text_w, Weight::kBold, 1.4F) +
                    (facts.empty() ? 0 : u.paragraph_height(viz::rich_escape(facts), u.type.caption, text_w, Weight::kRegular, 1.4F));
    const viz::Color mark = leaf ? u.theme.ink3 : good ? u.theme.computed_dot : u.theme.error.fill;
    const Rect card = {area.x, y, area.w, h};
    u.card(card, viz::mix(u.theme.panel, mark, 0.10F), mark, 8);
    const Vec2 dot = {card.x + 26, card.y + 28};
    if (leaf || good) u.canvas.fill_circle(dot, 11, mark);
    draw_icon(u.canvas, leaf ? Icon::kHome : good ? Icon::kTick : Icon::kWarning, dot, leaf ? 11 : good ? 12 : 22, leaf || good ? u.theme.ground : mark);
    const float used = u.paragraph({card.x + 50, card.y + 12}, viz::rich_escape(head), u.type.label, u.theme.ink, text_w, Weight::kBold, 1.4F);
    if (!facts.empty()) u.paragraph({card.x + 50, card.y + 12 + used}, viz::rich_escape(facts), u.type.caption, u.theme.ink2, text_w, Weight::kRegular, 1.4F);
    return y + h + 16;
}

void InspectorPanel::draw_copy(Shell& shell, Ui& u, Rect area, float y) {
    const viz::InspectorPage& page = trail_.page();
    const std::pair<const char*, std::string> buttons[] = {
        {"copy_value", viz::copy_value(page)}, {"copy_latex", viz::copy_formula(page)}, {"copy_name", viz::cell_name(page.cell)}};
    const float w = (area.w - 16) / 3;
    for (std::size_t i = 0; i < 3; ++i) {
        const Rect rect = {area.x + (w + 8) * static_cast<float>(i), y, w, 40};
        if (!u.button(buttons[i].first, rect, u.tr(fmt::format("window.inspector.{}", buttons[i].first)))) continue;
        shell.host.set_clipboard(buttons[i].second);
        shell.toast(u.tr("window.copied"));
    }
}

void InspectorPanel::draw(Shell& shell, Ui& u, Rect area) {
    u.canvas.fill_rect(area, u.theme.panel);
    u.hairline({area.x, area.y}, {area.x, area.bottom()});
    u.press("inspector", area, {.focusable = false, .pointer = Pointer::kArrow});
    if (!is_open()) return;
    if (lang_ != shell.lang) refresh(shell);
    const Rect inner = {area.x + kSide, area.y, area.w - 2 * kSide, area.h};
    u.text({inner.x, area.y + 38}, u.tr("inspector.title"), u.type.label, u.theme.ink2);
    const Rect close_at = {inner.right() - 28, area.y + 14, 36, 36};
    const bool closing = u.press("inspector.close", close_at, {.label = u.tr("window.deed.close")});
    if (u.hot("inspector.close")) u.canvas.fill_rect(close_at, u.theme.track, 8);
    draw_icon(u.canvas, Icon::kClose, close_at.center(), 16, u.theme.ink2);
    u.focus_ring("inspector.close", close_at.inset(2), 6);

    const Rect body = {area.x, area.y + 56, area.w, area.h - 56};
    const float top = body.y + u.begin_scroll("inspector.scroll", body, content_);
    float y = draw_head(shell, u, inner, top);
    y = draw_formula(u, inner, y);
    y = draw_operands(shell, u, inner, y);
    y = draw_recheck(u, inner, y);
    draw_copy(shell, u, inner, y);
    content_ = y + 40 + 24 - top;
    u.end_scroll();
    if (u.focused("stage") && u.take_key("stage", viz::Key::kBackspace)) back(shell);
    if (closing) close(shell);
}

}  // namespace dg::app
