// Buttons, segments, sliders, switches, drop-downs.
#include "app/window/ui.h"

#include "viz/scenes/rich_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::app {

using viz::Color;
using viz::Key;
using viz::Weight;

namespace {

/// Baseline that centres text of this size on y.
float middle(float y, float size) { return y + 0.36F * size; }

}  // namespace

bool Ui::button(const std::string& id, Rect rect, std::string_view label, Look look, bool enabled) {
    const bool clicked = press(id, rect, {.label = std::string(label), .enabled = enabled});
    const bool over = hot(id) && enabled, held = over && active(id);
    Color fill = theme.ground, border = theme.border, ink = theme.ink;
    if (look == Look::kPrimary) fill = border = theme.ink, ink = theme.ground;
    if (look == Look::kGhost) fill = border = {0, 0, 0, 0};
    if (over && look == Look::kPrimary) fill = border = viz::mix(theme.ink, theme.ground, held ? 0.25F : 0.15F);
    if (over && look == Look::kPlain) fill = theme.track, border = theme.ink3;
    if (over && look == Look::kGhost) fill = border = theme.track;
    if (!enabled) ink = theme.ink3, fill = look == Look::kPrimary ? theme.track : fill, border = theme.hairline;
    if (fill.a > 0) card(rect, fill, border, 8);
    float size = std::min(type.label, rect.h * 0.5F);
    const float wanted = width(label, size, look == Look::kPrimary ? Weight::kBold : Weight::kRegular);
    if (wanted > rect.w - 16) size = std::max(13.0F, size * (rect.w - 16) / wanted);
    const viz::TextStyle style{.size = size, .color = ink, .weight = look == Look::kPrimary ? Weight::kBold : Weight::kRegular, .align = viz::Align::kCenter};
    canvas.text({rect.center().x, middle(rect.center().y, size)}, viz::elide(canvas, label, style, rect.w - 10), style);
    focus_ring(id, rect, 8);
    return clicked;
}

std::optional<int> Ui::segmented(const std::string& id, Rect rect, std::span<const std::string> labels, int current) {
    const int count = static_cast<int>(labels.size());
    if (count == 0) return std::nullopt;
    card(rect, theme.ground, theme.border, 8);
    std::optional<int> chosen;
    const float step = (rect.w - 8) / static_cast<float>(count);
    // one stop of the keyboard for the whole row: arrows choose
    press(id, rect, {.pointer = Pointer::kArrow});
    if (take_key(id, Key::kLeft) || take_key(id, Key::kUp)) chosen = std::max(0, current - 1);
    if (take_key(id, Key::kRight) || take_key(id, Key::kDown)) chosen = std::min(count - 1, current + 1);
    for (int i = 0; i < count; ++i) {
        const Rect part = {rect.x + 4 + step * static_cast<float>(i), rect.y + 4, step, rect.h - 8};
        const std::string part_id = id + "=" + std::to_string(i);
        const std::string& label = labels[static_cast<std::size_t>(i)];
        if (press(part_id, part, {.label = label, .focusable = false})) chosen = i;
        const bool on = i == current;
        if (on) canvas.fill_rect(part, theme.ink, 6);
        else if (hot(part_id)) canvas.fill_rect(part, theme.track, 6);
        const float size = std::min(type.label, rect.h * 0.48F);
        const viz::TextStyle style{.size = size, .color = on ? theme.ground : theme.ink2, .weight = on ? Weight::kBold : Weight::kRegular,
                                   .align = viz::Align::kCenter};
        canvas.text({part.center().x, middle(part.center().y, size)}, viz::elide(canvas, label, style, part.w - 4), style);
    }
    focus_ring(id, rect, 8);
    return chosen && *chosen != current ? chosen : std::nullopt;
}

std::optional<double> Ui::slider(const std::string& id, Rect rect, double value, double min, double max, double step) {
    press(id, rect, {.label = fmt::format("{:g}", value)});
    const double span = max > min ? max - min : 1;
    const Rect track = {rect.x + 10, rect.center().y - 2, rect.w - 20, 4};
    std::optional<double> fresh;
    if (active(id) && input.down) fresh = min + span * std::clamp((static_cast<double>(mouse.x) - track.x) / track.w, 0.0, 1.0);
    const double key_step = step > 0 ? step : span / 50;
    if (take_key(id, Key::kLeft) || take_key(id, Key::kDown)) fresh = value - key_step;
    if (take_key(id, Key::kRight) || take_key(id, Key::kUp)) fresh = value + key_step;
    if (take_key(id, Key::kHome)) fresh = min;
    if (take_key(id, Key::kEnd)) fresh = max;
    if (fresh && step > 0) fresh = min + std::round((*fresh - min) / step) * step;
    if (fresh) fresh = std::clamp(*fresh, min, max);

    const double shown = fresh.value_or(value);
    const float u = static_cast<float>(std::clamp((shown - min) / span, 0.0, 1.0));
    canvas.fill_rect(track, theme.border, 2);
    canvas.fill_rect({track.x, track.y, track.w * u, track.h}, theme.ink, 2);
    const Vec2 knob = {track.x + track.w * u, track.center().y};
    canvas.fill_circle(knob, hot(id) || active(id) ? 10 : 9, theme.ink);
    canvas.fill_circle(knob, hot(id) || active(id) ? 7.5F : 6.5F, theme.ground);
    focus_ring(id, rect, 8);
    return fresh && *fresh != value ? fresh : std::nullopt;
}

std::optional<bool> Ui::toggle(const std::string& id, Rect rect, std::string_view label, bool value) {
    const bool clicked = press(id, rect, {.label = std::string(label)});
    const Rect pill = {rect.x, rect.center().y - 12, 44, 24};
    canvas.fill_rect(pill, value ? theme.ink : theme.border, 12);
    canvas.fill_circle({value ? pill.right() - 12 : pill.x + 12, pill.center().y}, 9, theme.ground);
    text({pill.right() + 12, middle(rect.center().y, type.label)}, label, type.label, hot(id) ? theme.ink : theme.ink2);
    focus_ring(id, rect, 8);
    return clicked ? std::optional(!value) : std::nullopt;
}

bool Ui::popup_keys(const std::string& id, int count) {
    if (take_key(id, Key::kUp)) state.popup_row = std::max(0, state.popup_row - 1);
    if (take_key(id, Key::kDown)) state.popup_row = std::min(count - 1, state.popup_row + 1);
    if (take_key(id, Key::kEscape)) state.popup.clear();
    return take_key(id, Key::kEnter) || take_key(id, Key::kSpace);
}

void Ui::draw_popup(const std::string& id, Rect rect, std::vector<std::string> labels, int current) {
    const float row = 40, height = row * static_cast<float>(labels.size()) + 12;
    const Rect page = canvas.page();
    Rect list = {rect.x, rect.bottom() + 6, rect.w, height};
    if (list.bottom() > page.bottom() - 8) list.y = std::max(8.0F, rect.y - 6 - height);
    canvas.fill_rect({list.x + 2, list.y + 6, list.w, list.h}, Color{0, 0, 0, 40}, 10);
    card(list, theme.ground, theme.border, 10);
    press(id + ".list", list, {.focusable = false, .pointer = Pointer::kArrow});
    for (int i = 0; i < static_cast<int>(labels.size()); ++i) {
        const Rect line = {list.x + 6, list.y + 6 + row * static_cast<float>(i), list.w - 12, row};
        const std::string line_id = id + "=" + std::to_string(i);
        const std::string& label = labels[static_cast<std::size_t>(i)];
        if (press(line_id, line, {.label = label, .focusable = false})) state.picked = i, state.picked_of = id, state.popup.clear();
        if (hot(line_id) && moved) state.popup_row = i;
        if (i == state.popup_row) canvas.fill_rect(line, theme.track, 6);
        text({line.x + 12, middle(line.center().y, type.label)}, label, type.label, theme.ink, i == current ? Weight::kBold : Weight::kRegular);
    }
}

std::optional<int> Ui::drop_down(const std::string& id, Rect rect, std::span<const std::string> labels, int current, std::string_view detail) {
    const bool was_open = state.popup == id;
    std::optional<int> chosen;
    if (was_open && popup_keys(id, static_cast<int>(labels.size()))) chosen = state.popup_row;
    const std::string shown = current >= 0 && current < static_cast<int>(labels.size()) ? labels[static_cast<std::size_t>(current)] : std::string(detail);
    if (press(id, rect, {.label = shown})) {
        state.popup = was_open ? std::string() : id;
        state.popup_row = std::max(0, current);
    }
    card(rect, theme.ground, hot(id) || was_open ? theme.ink3 : theme.border, 8);
    const float y = middle(rect.center().y, type.body);
    const viz::TextStyle style{.size = type.body, .color = theme.ink, .weight = Weight::kBold};
    const std::string name = viz::elide(canvas, shown, style, rect.w - 64);
    canvas.text({rect.x + 14, y}, name, style);
    const float used = width(name, type.body, Weight::kBold);
    if (current >= 0 && !detail.empty() && used + width(detail, type.caption) < rect.w - 80)
        text({rect.x + 14 + used + 10, y}, detail, type.caption, theme.ink3);
    const Vec2 c = {rect.right() - 24, rect.center().y};
    const Vec2 chevron[] = {{c.x - 6, c.y - 3}, {c.x, c.y + 4}, {c.x + 6, c.y - 3}};
    canvas.polyline(chevron, {.color = theme.ink2, .width = 2});
    focus_ring(id, rect, 8);
    if (chosen) state.popup.clear();
    // the list is drawn last, on top: its choice arrives in the next frame
    if (state.popup == id) {
        defer([this, id, rect, current, copy = std::vector<std::string>(labels.begin(), labels.end())] { draw_popup(id, rect, copy, current); });
    }
    if (state.picked_of == id) {
        chosen = state.picked;
        state.picked_of.clear();
    }
    return chosen && *chosen != current ? chosen : std::nullopt;
}

}  // namespace dg::app
