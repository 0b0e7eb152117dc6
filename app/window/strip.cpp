// Bottom strip: the clock, and the prompt as chips. In presenter mode, the question as one line.
#include "app/window/icons.h"
#include "app/window/shell.h"

#include "viz/scenes/rich_text.h"
#include "viz/scenes/widgets.h"

#include <algorithm>
#include <array>

namespace dg::app {
namespace {

using viz::Align;
using viz::Weight;

bool round_button(Ui& u, const std::string& id, Vec2 at, float radius, Icon icon, bool filled, const std::string& label) {
    const Rect rect = {at.x - radius, at.y - radius, 2 * radius, 2 * radius};
    const bool clicked = u.press(id, rect, {.label = label});
    if (filled) u.canvas.fill_circle(at, radius, u.hot(id) ? viz::mix(u.theme.ink, u.theme.ground, 0.15F) : u.theme.ink);
    else if (u.hot(id)) u.canvas.fill_circle(at, radius, u.theme.track);
    draw_icon(u.canvas, icon, {at.x + (icon == Icon::kPlay ? 1.5F : 0), at.y}, filled ? 15 : 17, filled ? u.theme.ground : u.theme.ink2);
    u.focus_ring(id, rect, radius);
    return clicked;
}

std::string speed_label(double speed) {
    if (speed == 0.25) return "×¼";
    if (speed == 0.5) return "×½";
    return fmt::format("×{:g}", speed);
}

/// Stage names over the bar; the whole bar scrubs. Returns its right end.
float draw_stages(Shell& s, Ui& u, Rect area) {
    viz::Clock& clock = s.lab.clock();
    const viz::Scene& scene = *s.lab.scene();
    const int count = clock.stages();
    const float step = area.w / static_cast<float>(count), bar_y = area.y + 45;
    const Rect grip = {area.x - 10, area.y + 8, area.w + 20, 56};
    const bool clicked = u.press("scrub", grip, {.label = u.tr("window.strip.scrub")});
    if (u.active("scrub") && u.input.down) {
        const float u_all = std::clamp((u.mouse.x - area.x) / step, 0.0F, static_cast<float>(count));
        const int stage = std::min(static_cast<int>(u_all), count - 1);
        clock.scrub(stage, static_cast<double>(u_all) - stage);
    }
    static_cast<void>(clicked);
    if (u.take_key("scrub", viz::Key::kRight)) clock.next_stage();
    if (u.take_key("scrub", viz::Key::kLeft)) clock.previous_stage();

    for (int i = 0; i < count; ++i) {
        const float x = area.x + step * static_cast<float>(i);
        const bool current = i == clock.stage();
        const viz::TextStyle style{.size = u.type.caption, .color = current ? u.theme.ink : u.theme.ink2, .weight = current ? Weight::kBold : Weight::kRegular};
        const std::string name = u.tr(fmt::format("stage.{}.{}", scene.id, scene.stages[static_cast<std::size_t>(i)].id));
        u.canvas.text({x, area.y + 30}, viz::elide(u.canvas, name, style, step - 8), style);
        const float done = i < clock.stage() ? 1.0F : i == clock.stage() ? static_cast<float>(clock.u()) : 0.0F;
        const Rect track = {x, bar_y - 3, step - 4, 6};
        u.canvas.fill_rect(track, u.theme.border, 3);
        if (done > 0) u.canvas.fill_rect({track.x, track.y, track.w * done, track.h}, u.theme.ink, 3);
    }
    const Vec2 knob = {area.x + step * static_cast<float>(clock.stage()) + (step - 4) * static_cast<float>(clock.u()), bar_y};
    const float r = u.hot("scrub") || u.active("scrub") ? 11 : 10;
    u.canvas.fill_circle(knob, r, u.theme.ink);
    u.canvas.fill_circle(knob, r - 2.5F, u.theme.ground);
    u.focus_ring("scrub", grip.inset(4), 8);
    return area.right();
}

/// The recorded prompt, current token ringed; clicking chooses the position where the scene has one.
void draw_chips(Shell& s, Ui& u, Rect area) {
    const viz::Trace* trace = s.lab.trace();
    if (!trace || trace->tokens.empty() || area.w < 80) return;
    const int n = static_cast<int>(trace->tokens.size());
    const bool choosable = s.lab.spec("position") != nullptr;
    int current = choosable ? static_cast<int>(s.lab.params().integer("position")) : -1;
    if (choosable && current < 0) current += n;
    const float size = u.type.caption + 1, gap = 6, h = 38, y = area.center().y - h / 2;
    std::vector<std::string> labels;
    std::vector<float> widths;
    for (const TokenSpan& token : trace->tokens) {
        labels.push_back(viz::elide(u.canvas, trace->model->tokenizer.label(token.id), {.size = size, .color = u.theme.ink}, 120));
        widths.push_back(std::max(30.0F, u.width(labels.back(), size) + 18));
    }
    // a run around the current one when not all fit
    int first = std::clamp(current < 0 ? 0 : current, 0, n - 1), last = first;
    const float room = area.w - 84;
    float total = widths[static_cast<std::size_t>(first)];
    const auto fits = [&](int i) { return i >= 0 && i < n && total + gap + widths[static_cast<std::size_t>(i)] <= room; };
    while (fits(first - 1) || fits(last + 1)) {
        if (fits(last + 1)) total += gap + widths[static_cast<std::size_t>(++last)];
        if (fits(first - 1)) total += gap + widths[static_cast<std::size_t>(--first)];
    }
    float x = area.right() - total - (last + 1 < n ? 42 : 0);
    const float base = area.center().y + 0.36F * size;
    if (first > 0) u.text({x - 8, base}, fmt::format("{}…", first), u.type.caption, u.theme.ink3, Weight::kRegular, Align::kRight);
    for (int i = first; i <= last; ++i) {
        const Rect chip = {x, y, widths[static_cast<std::size_t>(i)], h};
        const std::string id = fmt::format("chip={}", i);
        if (u.press(id, chip, {.label = labels[static_cast<std::size_t>(i)], .focusable = false, .pointer = choosable ? Pointer::kHand : Pointer::kArrow}) && choosable)
            s.set_params({{"position", std::to_string(i)}});
        u.card(chip, choosable && u.hot(id) ? u.theme.track : u.theme.ground, u.theme.border, 6);
        u.text({chip.center().x, base}, labels[static_cast<std::size_t>(i)], size, i == current ? u.theme.ink : u.theme.ink2, i == current ? Weight::kBold : Weight::kRegular, Align::kCenter);
        if (i == current) viz::draw_ring(u.canvas, u.theme, chip, 6);
        x += chip.w + gap;
    }
    if (last + 1 < n) u.text({x + 2, base}, fmt::format("…{}", n - 1 - last), u.type.caption, u.theme.ink3);
}

}  // namespace

void draw_strip(Shell& s, Ui& u, Rect area, bool narrow) {
    u.canvas.fill_rect(area, u.theme.panel);
    u.hairline({area.x, area.y}, {area.right(), area.y});
    u.press("strip", area, {.focusable = false, .pointer = Pointer::kArrow});
    if (!s.lab.scene()) return;
    float x = area.x + 24;
    viz::Clock& clock = s.lab.clock();
    if (clock.stages() > 0) {
        const float y = area.center().y;
        if (round_button(u, "previous_stage", {x + 16, y}, 18, Icon::kPrevious, false, u.tr("window.deed.previous_stage"))) clock.previous_stage();
        if (round_button(u, "play", {x + 64, y}, 20, clock.playing() ? Icon::kPause : Icon::kPlay, true, u.tr("window.deed.play"))) clock.toggle();
        if (round_button(u, "next_stage", {x + 112, y}, 18, Icon::kNext, false, u.tr("window.deed.next_stage"))) clock.next_stage();
        x += 144;
        if (!narrow) {
            if (u.button("speed", {x, y - 17, 56, 34}, speed_label(clock.speed()))) clock.speed() >= 4 ? clock.set_speed(0.25) : clock.step_speed(1);
            x += 88;
        }
        const float most = narrow ? area.right() - x - 24 : std::min(124.0F * static_cast<float>(clock.stages()), area.w * 0.42F);
        x = draw_stages(s, u, {x, area.y, most, area.h}) + 40;
    }
    if (!narrow) draw_chips(s, u, {x, area.y, area.right() - x - 24, area.h});
}

void draw_presenter_line(Shell& s, Ui& u, Rect area) {
    if (!s.room.is_open()) return;
    const lessons::Player& player = s.room.player();
    const lessons::Step& step = player.step();
    u.canvas.fill_rect(area, u.theme.ground);
    const bool asks = step.has_question() && !player.state().revealed;
    const std::string line = asks ? step.question.in(s.lang) : s.room.filled(player.state().revealed ? step.reveal : step.text, s.lang);
    const float room = area.h - (asks ? 72.0F : 16.0F), width = area.w - 192;
    float size = 34;
    while (size > 20 && u.paragraph_height(viz::rich_escape(line), size, width, Weight::kBold, 1.3F) > room) size -= 2;
    u.paragraph({area.x + 96, area.y + 4}, viz::rich_escape(line), size, u.theme.ink, width, Weight::kBold, 1.3F);
    if (!asks) return;
    const float y = area.bottom() - 60, w = (area.w - 176) / static_cast<float>(step.choices.size());
    const std::vector<double> shares = player.vote_shares();
    for (std::size_t i = 0; i < step.choices.size(); ++i) {
        const Rect cell = {area.x + 96 + w * static_cast<float>(i), y, w - 16, 44};
        const std::string id = fmt::format("choice={}", i + 1);
        if (u.press(id, cell, {.label = step.choices[i].text.in(s.lang)})) s.choose(static_cast<int>(i) + 1);
        u.card(cell, u.hot(id) ? u.theme.track : u.theme.ground, u.theme.border, 8);
        std::string words = fmt::format("{}  {}", static_cast<char>('A' + i), step.choices[i].text.in(s.lang));
        if (std::ranges::any_of(shares, [](double v) { return v > 0; })) words += fmt::format("  {:.0f}%", shares[i]);
        const viz::TextStyle style{.size = 26, .color = u.theme.ink};
        u.canvas.text({cell.x + 16, cell.center().y + 0.36F * style.size}, viz::elide(u.canvas, words, style, cell.w - 32), style);
        u.focus_ring(id, cell, 8);
    }
}

}  // namespace dg::app
