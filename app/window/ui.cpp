// Interaction and drawing helpers of the controls; the controls themselves are in ui_controls.cpp and ui_text.cpp.
#include "app/window/ui.h"

#include "viz/scenes/rich_text.h"

#include <algorithm>
#include <cmath>

namespace dg::app {

using viz::Key;

namespace {

Rect intersect(Rect a, Rect b) {
    const float x = std::max(a.x, b.x), y = std::max(a.y, b.y);
    return {x, y, std::max(0.0F, std::min(a.right(), b.right()) - x), std::max(0.0F, std::min(a.bottom(), b.bottom()) - y)};
}

}  // namespace

Ui::Ui(viz::Canvas& canvas_in, UiState& state_in, InputFrame& input_in, const viz::Theme& theme_in, viz::Lang lang_in,
       float scale_in, Clipboard& clipboard_in)
    : canvas(canvas_in), state(state_in), input(input_in), theme(theme_in), lang(lang_in), clipboard(clipboard_in), scale(scale_in) {
    if (theme.id == viz::ThemeId::kProjector) type = {20, 22, 24, 34, 40};
    mouse = {input.mouse.x / scale, input.mouse.y / scale};
    moved = mouse.x != state.last_mouse.x || mouse.y != state.last_mouse.y;
    state.last_mouse = mouse;
    state.typing = false;
    find_hot();
}

void Ui::find_hot() {
    if (!input.inside) return;
    for (std::size_t i = state.widgets.size(); i-- > 0;) {
        const WidgetInfo& w = state.widgets[i];
        if (!w.rect.contains(mouse)) continue;
        if (i >= state.modal && w.enabled) hot_ = w.id;
        break;
    }
    if (input.pressed) {
        state.active = hot_;
        state.grab = mouse;
        state.focus_visible = false;
        // a press elsewhere takes the keyboard away from text fields
        state.focus = hot_;
        if (!state.popup.empty() && !hot_.starts_with(state.popup)) state.popup.clear();
    }
}

bool Ui::press(const std::string& id, Rect rect, const ControlSpec& spec) {
    WidgetInfo info{id, scrolls_.empty() ? rect : intersect(rect, current_view()), spec.label, spec.focusable && spec.enabled, spec.enabled,
                    spec.pointer};
    widgets_.push_back(std::move(info));
    if (!spec.enabled) return false;
    if (!scrolls_.empty() && state.focus_visible && state.focus == id) {
        // the keyboard brings its control into view
        const Rect view = current_view();
        if (rect.y < view.y) state.scrolls[scrolls_.back().id] -= view.y - rect.y + 8;
        else if (rect.bottom() > view.bottom()) state.scrolls[scrolls_.back().id] += rect.bottom() - view.bottom() + 8;
    }
    const bool clicked = input.released && state.active == id && hot_ == id;
    const bool keyed = spec.focusable && spec.keys && (take_key(id, Key::kEnter) || (state.focus_visible && take_key(id, Key::kSpace)));
    return clicked || keyed;
}

bool Ui::take_key(const std::string& id, Key key) {
    if (state.focus != id) return false;
    for (Stroke& s : input.strokes) {
        if (s.used || s.event.type != viz::InputEvent::Type::kKey || s.event.key != key || s.event.ctrl || s.event.alt) continue;
        s.used = true;
        return true;
    }
    return false;
}

void Ui::focus_ring(const std::string& id, Rect rect, float radius) {
    if (state.focus != id || !state.focus_visible) return;
    const Rect outer = rect.inset(-4);
    canvas.stroke_rect(outer, {.color = theme.select, .width = 3}, radius + 4);
    if (theme.select_outline.a > 0) canvas.stroke_rect(outer.inset(-2), {.color = theme.select_outline, .width = 2}, radius + 6);
}

void Ui::begin_modal(std::string_view id, Rect cover) {
    modal_ = widgets_.size();
    widgets_.push_back({std::string(id), cover, {}, false, true, Pointer::kArrow});
    // keyboard focus below the dialog would act on what is covered
    const auto last = std::ranges::find(state.widgets, state.focus, &WidgetInfo::id);
    const bool inside = last != state.widgets.end() && static_cast<std::size_t>(last - state.widgets.begin()) >= state.modal;
    if (state.modal > 0 && !inside && !state.edits.contains(state.focus)) state.focus.clear();
}

void Ui::walk_focus() {
    for (Stroke& s : input.strokes) {
        if (s.used || s.event.type != viz::InputEvent::Type::kKey || s.event.key != Key::kTab) continue;
        s.used = true;
        std::vector<std::size_t> stops;
        std::ptrdiff_t at = -1;
        for (std::size_t i = modal_; i < widgets_.size(); ++i) {
            if (!widgets_[i].focusable) continue;
            if (widgets_[i].id == state.focus) at = static_cast<std::ptrdiff_t>(stops.size());
            stops.push_back(i);
        }
        if (stops.empty()) continue;
        const auto count = static_cast<std::ptrdiff_t>(stops.size());
        const std::ptrdiff_t step = s.event.shift ? -1 : 1;
        const std::ptrdiff_t to = at < 0 ? (step > 0 ? 0 : count - 1) : (at + step + count) % count;
        state.focus = widgets_[stops[static_cast<std::size_t>(to)]].id;
        state.focus_visible = true;
    }
}

void Ui::end() {
    for (std::size_t i = 0; i < deferred_.size(); ++i) deferred_[i]();
    walk_focus();
    if (input.released) state.active.clear();
    state.widgets = std::move(widgets_);
    state.modal = modal_;
}

// ---- drawing helpers -----------------------------------------------------------------------------------------------

void Ui::text(Vec2 at, std::string_view utf8, float size, viz::Color color, viz::Weight weight, viz::Align align) {
    canvas.text(at, utf8, {.size = size, .color = color, .weight = weight, .align = align});
}

float Ui::width(std::string_view utf8, float size, viz::Weight weight) const {
    return canvas.measure(utf8, {.size = size, .color = theme.ink, .weight = weight}).width;
}

float Ui::paragraph(Vec2 top_left, std::string_view markup, float size, viz::Color color, float max_width, viz::Weight weight,
                    float leading) {
    const viz::TextStyle style{.size = size, .color = color, .weight = weight};
    const std::vector<viz::RichText> lines = viz::wrap_rich(canvas, viz::rich(theme, markup, color, weight), style, max_width);
    float y = top_left.y + (leading - 1) / 2 * size + 0.88F * size;
    for (const viz::RichText& line : lines) {
        viz::draw_rich(canvas, {top_left.x, y}, line, style);
        y += leading * size;
    }
    return leading * size * static_cast<float>(lines.size());
}

float Ui::paragraph_height(std::string_view markup, float size, float max_width, viz::Weight weight, float leading) const {
    const viz::TextStyle style{.size = size, .color = theme.ink, .weight = weight};
    return leading * size * static_cast<float>(viz::wrap_rich(canvas, viz::rich(theme, markup, theme.ink, weight), style, max_width).size());
}

void Ui::tip(std::string words) {
    defer([this, words = std::move(words)] {
        const Rect page = canvas.page();
        const float size = type.caption, most = std::min(420.0F, page.w - 40), w = std::min(most, width(words, size) + 1);
        const std::string markup = viz::rich_escape(words);
        const float h = paragraph_height(markup, size, w, viz::Weight::kRegular, 1.35F) + 14;
        const Rect box = {std::clamp(mouse.x + 14, 8.0F, std::max(8.0F, page.w - w - 28)), std::min(mouse.y + 20, page.h - h - 8), w + 20, h};
        canvas.fill_rect(box, theme.ink, 6);
        paragraph({box.x + 10, box.y + 7}, markup, size, theme.ground, w, viz::Weight::kRegular, 1.35F);
    });
}

void Ui::hairline(Vec2 from, Vec2 to) { canvas.line(from, to, {.color = theme.hairline, .width = theme.line}); }

void Ui::card(Rect rect, viz::Color fill, viz::Color border, float radius, float line) {
    // whole pixels: at a scale of 3/4 a line of one unit would vanish on some sides
    const auto snap = [this](float v) { return std::round(v * scale) / scale; };
    const Rect outer = {snap(rect.x), snap(rect.y), snap(rect.right()) - snap(rect.x), snap(rect.bottom()) - snap(rect.y)};
    const float edge = std::max(1.0F, std::round((line > 0 ? line : theme.line) * scale)) / scale;
    canvas.fill_rect(outer, border, radius);
    canvas.fill_rect(outer.inset(edge), fill, std::max(0.0F, radius - edge));
}

float Ui::begin_scroll(const std::string& id, Rect rect, float content_height) {
    widgets_.push_back({id, rect, {}, false, true, Pointer::kArrow});
    float& shift = state.scrolls[id];
    const float most = std::max(0.0F, content_height - rect.h);
    if (input.wheel.y != 0 && rect.contains(mouse) && most > 0) {
        shift -= input.wheel.y * 60;
        input.wheel.y = 0;
    }
    shift = std::clamp(shift, 0.0F, most);
    if (most > 0) {
        const float length = std::max(32.0F, rect.h * rect.h / content_height);
        const float at = rect.y + (rect.h - length) * (shift / most);
        canvas.fill_rect({rect.right() - 7, at, 5, length}, theme.border, 2.5F);
    }
    canvas.push_clip(rect);
    scrolls_.push_back({id, scrolls_.empty() ? rect : intersect(rect, current_view())});
    return -shift;
}

void Ui::end_scroll() {
    canvas.pop_clip();
    scrolls_.pop_back();
}

}  // namespace dg::app
