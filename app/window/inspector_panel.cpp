#include "app/window/inspector_panel.h"

#include "app/window/icons.h"
#include "app/window/shell.h"
#include "viz/inspector/op_lines.h"
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
    if (page.why.op == "recurrence") return fmt::format("tanh Σ = tanh({}) = {}", viz::number(page.total, 5), viz::number(page.why.value, 4));
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
    deeper_.reset();
    if (!is_open()) return;
    shell.lab.selection = trail_.trail().front().cell;
    if (shell.lab.trace()) deeper_ = viz::step_deeper(*shell.lab.trace(), trail_.page(), shell.lang);
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
    if (pinned_) {
        // the pinned cell follows the picture: another prompt, another value
        const viz::CellRef cell = pinned_->cell;
        pinned_.reset();
        if (trace) {
            if (Result<viz::InspectorPage> again = viz::inspect(*trace, cell, shell.lang)) pinned_ = std::move(again).value();
        }
    }
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
    deeper_.reset(), pinned_.reset();
    shell.lab.selection.reset();
}

void InspectorPanel::back(Shell& shell) {
    trail_.pop();
    if (!is_open()) return close(shell);
    sync(shell);
}

void InspectorPanel::push(Shell& shell, const viz::CellRef& cell) {
    if (!shell.lab.trace()) return;
    if (const Result<void> pushed = trail_.push(*shell.lab.trace(), cell, shell.lang); !pushed) shell.say(pushed.error());
    sync(shell);
    shell.ui.scrolls["inspector.scroll"] = 0;
}

void InspectorPanel::pin(Shell&) {
    if (!is_open()) return;
    if (pinned_ && pinned_->cell == trail_.page().cell) pinned_.reset();
    else pinned_ = trail_.page();
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
    if (deeper) push(shell, *deeper);
    return y + 10;
}

/// The pinned cell beside this one: both values, difference and ratio.
float InspectorPanel::draw_pinned(Shell& shell, Ui& u, Rect area, float y) {
    const viz::InspectorPage& page = trail_.page();
    if (!pinned_ || pinned_->cell == page.cell) return y;
    const double here = page.why.value, there = pinned_->why.value;
    const std::string name = u.tr("window.inspector.pinned", {{"cell", viz::short_name(pinned_->cell)}});
    const std::string facts = u.tr("window.inspector.compare", {{"pinned", viz::number(there, 4)}, {"difference", viz::number(here - there, 4)},
                                                                {"ratio", there == 0 ? std::string(viz::kUnknown) : viz::number(here / there, 4)}});
    const float facts_h = u.paragraph_height(viz::rich_escape(facts), u.type.caption, area.w - 28, Weight::kRegular, 1.4F);
    const Rect card = {area.x, y, area.w, 44 + facts_h};
    const bool clicked = u.press("pinned", card, {.label = name + " " + facts});
    u.card(card, u.hot("pinned") ? u.theme.track : u.theme.band_cool, u.theme.border, 8);
    const viz::TextStyle style{.size = u.type.caption, .color = u.theme.ink, .weight = Weight::kBold};
    u.canvas.text({card.x + 14, card.y + 26}, viz::elide(u.canvas, name, style, card.w - 28), style);
    u.paragraph({card.x + 14, card.y + 34}, viz::rich_escape(facts), u.type.caption, u.theme.ink2, card.w - 28, Weight::kRegular, 1.4F);
    u.focus_ring("pinned", card, 8);
    if (clicked) push(shell, viz::CellRef(pinned_->cell));
    return y + card.h + 12;
}

/// File and line of the op; a click copies them.
float InspectorPanel::draw_source(Shell& shell, Ui& u, Rect area, float y) {
    const std::string source = viz::op_source(trail_.page().why.op);
    if (source.empty()) return y;
    const viz::TextStyle style{.size = u.type.caption - 1, .color = u.theme.ink2};
    const std::string shown = viz::elide(u.canvas, source, style, area.w);
    const Rect row = {area.x - 4, y, u.canvas.measure(shown, style).width + 8, 24};
    if (u.press("source", row, {.label = u.tr("window.inspector.source", {{"place", source}})})) {
        shell.host.set_clipboard(source);
        shell.toast(u.tr("window.copied"));
    }
    if (u.hot("source")) {
        u.canvas.fill_rect(row, u.theme.track, 4);
        u.tip(u.tr("window.inspector.source", {{"place", source}}));
    }
    u.canvas.text({area.x, y + 17}, shown, style);
    u.focus_ring("source", row, 4);
    return y + 34;
}

/// One step deeper: the operand that matters most, and its own parts.
float InspectorPanel::draw_deeper(Shell& shell, Ui& u, Rect area, float y) {
    if (!deeper_) return y;
    const viz::Deeper& d = *deeper_;
    const viz::InspectorPage& below = d.page;
    u.hairline({area.x, y}, {area.right(), y});
    const std::string name = without_layer(viz::short_name(below.cell), trail_.page());
    const viz::TextStyle caption{.size = u.type.caption, .color = u.theme.ink2};
    u.canvas.text({area.x, y + 28}, viz::elide(u.canvas, u.tr("window.inspector.deeper", {{"cell", name}}), caption, area.w), caption);
    y += 40;
    const bool parts = !d.parts.empty() && d.parts.size() <= 2;
    std::string line = fmt::format("= {}", viz::number(below.why.value, 4));
    const double ratio = below.why.value / below.total;
    if (parts && std::isfinite(ratio) && std::abs(ratio - 1) > 1e-3) line = fmt::format("× {} = {}", viz::number(ratio, 4), viz::number(below.why.value, 4));
    const Rect card = {area.x, y, area.w, 58};
    const bool clicked = u.press("deeper", card, {.label = name + " " + line});
    if (u.hot("deeper")) u.canvas.fill_rect(card, u.theme.track, 8), shell.panel_hover = below.cell;
    float x = card.x;
    if (parts) {
        for (const viz::Deeper::Part& part : d.parts) {
            if (x > card.x) u.text({x - 15, card.y + 36}, "+", u.type.body, u.theme.ink2);
            const bool rotary = part.tensor.ends_with("_pe");
            const viz::Color edge = rotary ? u.theme.rotary.fill : part.tensor.ends_with("q_nope") ? u.theme.q.fill : u.theme.border;
            const Rect chip = {x, card.y + 3, 80, 52};
            u.card(chip, u.theme.ground, edge, 6, 2);
            u.text({chip.center().x, chip.y + 23}, viz::number(part.sum, 4), u.type.caption, u.theme.ink, Weight::kBold, Align::kCenter);
            const viz::TextStyle small{.size = u.type.caption - 2, .color = rotary ? u.theme.rotary.ink : u.theme.ink2, .align = Align::kCenter};
            const std::string label = rotary ? u.tr("window.inspector.rotary") : part.tensor.ends_with("q_nope") ? u.tr("window.inspector.content") : without_layer(viz::short_name({part.tensor, {}}), trail_.page());
            u.canvas.text({chip.center().x, chip.y + 43}, viz::elide(u.canvas, label, small, chip.w - 8), small);
            x = chip.right() + 20;
        }
        u.text({x - 12, card.y + 36}, line, u.type.caption, u.theme.ink);
    } else {
        viz::FormulaStyle style{.size = 18, .color = u.theme.ink, .roles = role_colors(u.theme)};
        const viz::TextSize size = viz::measure_formula(u.canvas, below.why.formula, style);
        const float room = area.w - u.width(line, u.type.caption) - 24;
        if (size.width > room) style.size = std::max(11.0F, style.size * room / size.width);
        const viz::TextSize fitted = viz::measure_formula(u.canvas, below.why.formula, style);
        viz::draw_formula(u.canvas, {area.x + 6, card.center().y + (fitted.ascent - fitted.descent) / 2}, below.why.formula, style);
        u.text({area.right() - 6, card.center().y + 6}, line, u.type.caption, u.theme.ink, Weight::kRegular, Align::kRight);
    }
    u.focus_ring("deeper", card, 8);
    y += 74;
    if (clicked) push(shell, viz::CellRef(below.cell));
    return y;
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

float InspectorPanel::draw_copy(Shell& shell, Ui& u, Rect area, float y) {
    const viz::InspectorPage& page = trail_.page();
    const std::pair<const char*, std::string> buttons[] = {{"copy_value", viz::copy_value(page)}, {"copy_worked", viz::copy_worked(page)},
                                                           {"copy_latex", viz::copy_formula(page)}, {"copy_name", viz::cell_name(page.cell)}};
    const float w = (area.w - 8) / 2;
    for (std::size_t i = 0; i < 4; ++i) {
        const Rect rect = {area.x + (w + 8) * static_cast<float>(i % 2), y + 46 * static_cast<float>(i / 2), w, 40};
        if (!u.button(buttons[i].first, rect, u.tr(fmt::format("window.inspector.{}", buttons[i].first)))) continue;
        shell.host.set_clipboard(buttons[i].second);
        shell.toast(u.tr("window.copied"));
    }
    return y + 92;
}

void InspectorPanel::draw_title(Shell& shell, Ui& u, Rect inner) {
    u.text({inner.x, inner.y + 38}, u.tr("inspector.title"), u.type.label, u.theme.ink2);
    const Rect close_at = {inner.right() - 28, inner.y + 14, 36, 36};
    const bool closing = u.press("inspector.close", close_at, {.label = u.tr("window.deed.close")});
    if (u.hot("inspector.close")) u.canvas.fill_rect(close_at, u.theme.track, 8);
    draw_icon(u.canvas, Icon::kClose, close_at.center(), 16, u.theme.ink2);
    u.focus_ring("inspector.close", close_at.inset(2), 6);
    const bool here = pinned_ && pinned_->cell == trail_.page().cell;
    const std::string words = u.tr(here ? "window.inspector.unpin" : "window.inspector.pin");
    const float w = u.width(words, u.type.caption) + 28;
    if (u.button("inspector.pin", {close_at.x - w - 8, inner.y + 16, w, 32}, words, here ? Ui::Look::kPrimary : Ui::Look::kPlain)) pin(shell);
    if (closing) close(shell);
}

void InspectorPanel::draw(Shell& shell, Ui& u, Rect area) {
    u.canvas.fill_rect(area, u.theme.panel);
    u.hairline({area.x, area.y}, {area.x, area.bottom()});
    u.press("inspector", area, {.focusable = false, .pointer = Pointer::kArrow});
    if (!is_open()) return;
    if (lang_ != shell.lang) refresh(shell);
    const Rect inner = {area.x + kSide, area.y, area.w - 2 * kSide, area.h};
    draw_title(shell, u, inner);
    if (!is_open()) return;
    const Rect body = {area.x, area.y + 56, area.w, area.h - 56};
    const float top = body.y + u.begin_scroll("inspector.scroll", body, content_);
    float y = draw_head(shell, u, inner, top);
    y = draw_pinned(shell, u, inner, y);
    y = draw_formula(u, inner, y);
    y = draw_source(shell, u, inner, y);
    y = draw_operands(shell, u, inner, y);
    y = draw_deeper(shell, u, inner, y);
    y = draw_recheck(u, inner, y);
    y = draw_copy(shell, u, inner, y);
    content_ = y + 24 - top;
    u.end_scroll();
}

}  // namespace dg::app
