// Left margin of a lesson: text, question, choices, reveal, controls, the way on.
#include "app/window/icons.h"
#include "app/window/shell.h"

#include "viz/scenes/rich_text.h"

#include <algorithm>
#include <cmath>

namespace dg::app {
namespace {

using viz::Align;
using viz::Weight;

constexpr float kSide = 32, kFoot = 64;

/// A column that grows downwards.
struct Column {
    Shell& s;
    Ui& u;
    float x, width, y;

    [[nodiscard]] const lessons::Player& player() const { return s.room.player(); }

    [[nodiscard]] std::string say(const lessons::Text& text) const { return viz::rich_escape(s.room.filled(text, s.lang)); }

    void rule() {
        u.hairline({x, y}, {x + width, y});
        y += 18;
    }
};

void draw_progress(Column& c) {
    const lessons::Lesson& lesson = c.player().lesson();
    const std::string head = c.u.tr("window.lesson.head", {{"number", std::to_string(lesson.number())}, {"title", lesson.title.in(c.s.lang)}});
    c.u.text({c.x, c.y + 24}, head, c.u.type.caption, c.u.theme.ink2);
    c.y += 40;
    const int steps = static_cast<int>(lesson.steps.size());
    const float w = (c.width + 8) / static_cast<float>(steps);
    for (int i = 0; i < steps; ++i) {
        const Rect bar = {c.x + w * static_cast<float>(i), c.y, w - 8, 4}, grip = {bar.x, bar.y - 8, bar.w, 20};
        const std::string id = fmt::format("step={}", i + 1);
        if (c.u.press(id, grip, {.label = lesson.steps[static_cast<std::size_t>(i)].title.in(c.s.lang), .focusable = false}) && c.s.room.player().go(i)) c.s.apply_workspace();
        const bool now = i == c.player().index(), done = c.player().state(i).done;
        c.u.canvas.fill_rect(bar, now ? c.u.theme.ink : done ? c.u.theme.ink3 : c.u.hot(id) ? c.u.theme.ink3 : c.u.theme.border, 2);
    }
    c.y += 22;
}

void draw_text(Column& c) {
    const lessons::Step& step = c.player().step();
    c.y += c.u.paragraph({c.x, c.y}, c.say(step.title), c.u.type.title, c.u.theme.ink, c.width, Weight::kBold, 1.3F) + 8;
    c.y += c.u.paragraph({c.x, c.y}, c.say(step.text), c.u.type.body, c.u.theme.ink, c.width, Weight::kRegular, 1.6F) + 18;
    c.rule();
    const float h = c.u.paragraph_height(c.say(step.action), c.u.type.body, c.width - 36);
    const Vec2 mark = {c.x + 12, c.y + 15};
    c.u.canvas.fill_circle(mark, 11, c.player().state().done ? c.u.theme.ink : c.u.theme.border);
    draw_icon(c.u.canvas, c.player().state().done ? Icon::kTick : Icon::kRight, mark, 11, c.u.theme.ground);
    c.u.paragraph({c.x + 36, c.y}, c.say(step.action), c.u.type.body, c.u.theme.ink, c.width - 36);
    c.y += h + 18;
}

/// One answer card; returns whether it was chosen.
bool draw_choice(Column& c, int number, const std::string& words) {
    const lessons::StepState& state = c.player().state();
    const lessons::Step& step = c.player().step();
    Ui& u = c.u;
    // the card has room for the words in bold, as they are once chosen: choosing moves nothing
    const float text_w = c.width - 96, most_h = u.paragraph_height(words, u.type.body, text_w, Weight::kBold, 1.35F);
    const Rect card = {c.x, c.y, c.width, std::max(54.0F, most_h + 24)};
    const std::string id = fmt::format("choice={}", number);
    const bool open = !state.locked && !state.revealed;
    const bool clicked = u.press(id, card, {.label = words, .enabled = open});
    const bool chosen = c.s.chosen == number || state.locked == number;
    const bool right = state.revealed && step.answer == number, wrong = state.revealed && state.locked == number && !right;
    viz::Color border = chosen ? u.theme.ink : u.theme.border;
    if (right) border = u.theme.computed_dot;
    if (wrong) border = u.theme.error.fill;
    u.card(card, u.hot(id) && open ? u.theme.track : u.theme.ground, border, 8, chosen || right || wrong ? 2.0F : 1.0F);
    const Vec2 radio = {card.x + 28, card.center().y};
    if (right || wrong) {
        u.canvas.fill_circle(radio, 11, right ? u.theme.computed_dot : u.theme.error.fill);
        draw_icon(u.canvas, right ? Icon::kTick : Icon::kClose, radio, 12, u.theme.ground);
    } else {
        u.canvas.fill_circle(radio, 10, chosen ? u.theme.ink : u.theme.ink3);
        u.canvas.fill_circle(radio, 8, u.theme.ground);
        if (chosen) u.canvas.fill_circle(radio, 5, u.theme.ink);
    }
    const Weight weight = chosen ? Weight::kBold : Weight::kRegular;
    const float text_h = u.paragraph_height(words, u.type.body, text_w, weight, 1.35F);
    u.paragraph({card.x + 54, card.center().y - text_h / 2}, words, u.type.body, u.theme.ink, text_w, weight, 1.35F);
    u.text({card.right() - 16, card.center().y + 0.36F * u.type.caption}, std::string(1, static_cast<char>('A' + number - 1)), u.type.caption, u.theme.ink3, Weight::kRegular, Align::kRight);
    u.focus_ring(id, card, 8);
    c.y += card.h + 10;
    return clicked;
}

void draw_question(Column& c) {
    const lessons::Step& step = c.player().step();
    if (!step.has_question()) return;
    c.rule();
    c.u.text({c.x, c.y + 12}, c.u.tr("window.lesson.predict"), c.u.type.caption, c.u.theme.ink2);
    c.y += 24;
    c.y += c.u.paragraph({c.x, c.y}, c.say(step.question), c.u.type.body, c.u.theme.ink, c.width, Weight::kBold) + 12;
    int clicked = 0;
    for (std::size_t i = 0; i < step.choices.size(); ++i) {
        if (draw_choice(c, static_cast<int>(i) + 1, c.say(step.choices[i].text))) clicked = static_cast<int>(i) + 1;
    }
    if (clicked > 0) c.s.choose(clicked);
    c.y += 4;
    const lessons::StepState& state = c.player().state();
    if (state.revealed) return;
    if (c.u.button("reveal", {c.x, c.y, c.width, 48}, c.u.tr("window.lesson.lock"), Ui::Look::kPrimary, c.s.chosen > 0)) c.s.reveal();
    c.y += 60;
    for (int i = 0; i < state.hints; ++i)
        c.y += c.u.paragraph({c.x, c.y}, c.say(step.hints[static_cast<std::size_t>(i)]), c.u.type.label, c.u.theme.ink2, c.width) + 8;
    if (state.hints < static_cast<int>(step.hints.size())) {
        if (c.u.button("hint", {c.x, c.y, 130, 36}, c.u.tr("window.lesson.hint"), Ui::Look::kGhost)) c.s.room.player().hint();
        c.y += 44;
    }
    c.y += c.u.paragraph({c.x, c.y}, c.u.tr("window.lesson.covered"), c.u.type.caption, c.u.theme.ink3, c.width) + 8;
}

void draw_reveal(Column& c) {
    const lessons::StepState& state = c.player().state();
    if (!state.revealed) return;
    const lessons::Step& step = c.player().step();
    Ui& u = c.u;
    const std::string words = c.say(step.reveal), reply = c.player().reply() ? c.say(*c.player().reply()) : std::string();
    const float inner = c.width - 40;
    float h = 32 + u.paragraph_height(words, u.type.body, inner, Weight::kBold);
    if (!reply.empty()) h += 10 + u.paragraph_height(reply, u.type.label, inner);
    const Rect card = {c.x, c.y, c.width, h};
    u.card(card, viz::mix(u.theme.panel, u.theme.computed_dot, 0.08F), u.theme.computed_dot, 8);
    float y = card.y + 16;
    y += u.paragraph({card.x + 20, y}, words, u.type.body, u.theme.ink, inner, Weight::kBold);
    if (!reply.empty()) u.paragraph({card.x + 20, y + 10}, reply, u.type.label, u.theme.ink2, inner);
    c.y += h + 16;
}

void draw_controls(Column& c) {
    const lessons::Step& step = c.player().step();
    if (c.player().free_play()) {
        const std::string words = c.u.tr("window.lesson.free_play");
        c.y += c.u.paragraph({c.x, c.y}, viz::rich_escape(words), c.u.type.caption, c.u.theme.ink2, c.width) + 6;
        if (c.u.button("free_play.leave", {c.x, c.y, c.width, 40}, c.u.tr("window.lesson.leave_free_play"))) {
            c.s.room.player().leave_free_play();
            c.s.apply_workspace();
        }
        c.y += 54;
    }
    if (step.controls.empty()) return;
    c.rule();
    c.y += draw_param_controls(c.s, c.u, {c.x, c.y}, c.width, step.controls);
}

/// At the end the learner says it in one sentence; the quiz goes home.
void draw_end(Column& c) {
    const lessons::Lesson& lesson = c.player().lesson();
    if (c.player().index() + 1 != static_cast<int>(lesson.steps.size()) || !c.player().state().revealed) return;
    c.rule();
    if (!lesson.sentence.empty()) {
        c.y += c.u.paragraph({c.x, c.y}, c.say(lesson.sentence), c.u.type.label, c.u.theme.ink, c.width, Weight::kBold) + 8;
        std::string sentence = c.player().sentence();
        if (c.u.text_field("sentence", {c.x, c.y, c.width, 96}, sentence, {.multiline = true, .placeholder = c.u.tr("window.lesson.sentence")}))
            c.s.room.player().set_sentence(sentence);
        c.y += 112;
    }
    c.u.text({c.x, c.y + 14}, c.u.tr("window.lesson.quiz"), c.u.type.caption, c.u.theme.ink2);
    c.y += 26;
    c.y += c.u.paragraph({c.x, c.y}, c.say(lesson.quiz_question), c.u.type.label, c.u.theme.ink, c.width) + 14;
}

void draw_note(Column& c) {
    if (!c.s.notes) return;
    const std::string words = c.say(c.player().step().note);
    const float h = 44 + c.u.paragraph_height(words, c.u.type.label, c.width - 32);
    c.u.card({c.x, c.y, c.width, h}, c.u.theme.band_warm, c.u.theme.border, 8);
    c.u.text({c.x + 16, c.y + 26}, c.u.tr("window.lesson.note"), c.u.type.caption, c.u.theme.ink2);
    c.u.paragraph({c.x + 16, c.y + 34}, words, c.u.type.label, c.u.theme.ink, c.width - 32);
    c.y += h + 16;
}

void draw_foot(Shell& s, Ui& u, Rect area) {
    const lessons::Player& player = s.room.player();
    const float top = area.bottom() - kFoot, base = top + kFoot / 2 + 0.36F * u.type.label;
    u.hairline({area.x, top}, {area.right(), top});
    const int last = static_cast<int>(player.lesson().steps.size()) - 1;
    const auto way = [&](const std::string& id, Rect rect, std::string_view key, bool on, bool left) {
        const bool clicked = u.press(id, rect, {.label = u.tr(key), .enabled = on});
        if (u.hot(id)) u.canvas.fill_rect(rect, u.theme.track, 8);
        const viz::Color ink = on ? u.theme.ink : u.theme.border;
        draw_icon(u.canvas, left ? Icon::kLeft : Icon::kRight, {left ? rect.x + 16 : rect.right() - 16, rect.center().y}, 14, ink);
        u.text({left ? rect.x + 34 : rect.right() - 34, base}, u.tr(key), u.type.label, ink, Weight::kRegular, left ? Align::kLeft : Align::kRight);
        u.focus_ring(id, rect, 8);
        return clicked;
    };
    int go = 0;
    if (way("previous", {area.x + 20, top + 10, 130, 44}, "window.lesson.previous", player.index() > 0, true)) go = -1;
    if (way("next", {area.right() - 150, top + 10, 130, 44}, "window.lesson.next", player.index() < last, false)) go = 1;
    const lessons::Budget budget = player.budget();
    const std::string minutes = u.tr(budget.warning ? "window.lesson.over" : "window.lesson.minutes",
                                     {{"minutes", fmt::format("{:.0f}", budget.warning ? std::ceil(budget.overrun / 60) : std::ceil(budget.budget / 60))}});
    u.text({area.center().x, base}, minutes, u.type.caption, budget.warning ? u.theme.error.ink : u.theme.ink3, Weight::kRegular, Align::kCenter);
    if (go != 0) s.go_step(go);
}

}  // namespace

void draw_lesson_panel(Shell& s, Ui& u, Rect area) {
    u.canvas.fill_rect(area, u.theme.panel);
    u.hairline({area.right(), area.y}, {area.right(), area.bottom()});
    u.hairline({area.x, area.y}, {area.right(), area.y});
    u.press("left", area, {.focusable = false, .pointer = Pointer::kArrow});
    const Rect body = {area.x, area.y, area.w, area.h - kFoot};
    float& content = s.panel_heights["lesson"];
    const float top = body.y + u.begin_scroll("left.scroll", body, content);
    Column c{s, u, area.x + kSide, area.w - 2 * kSide, top + 14};
    const int step = s.room.player().index();
    draw_progress(c);
    draw_text(c);
    draw_question(c);
    draw_reveal(c);
    draw_note(c);
    draw_controls(c);
    draw_end(c);
    content = c.y + 16 - top;
    u.end_scroll();
    if (s.room.player().index() != step) u.state.scrolls["left.scroll"] = 0;
    draw_foot(s, u, area);
}

}  // namespace dg::app
