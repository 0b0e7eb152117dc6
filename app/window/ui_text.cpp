// Text fields: wrapping, caret, selection, mouse, and the input method's unfinished text underlined at the caret.
#include "app/window/ui.h"

#include "viz/text/utf8.h"

#include <algorithm>
#include <cmath>

namespace dg::app {

using viz::InputEvent;
using viz::Key;

namespace {

constexpr float kLeading = 1.5F;
constexpr double kBlink = 1.06;  // seconds of one on-off cycle

}  // namespace

std::size_t Ui::FieldLayout::row_of(std::size_t position) const {
    for (std::size_t r = rows.size(); r-- > 0;) {
        if (position >= rows[r].begin) return r;
    }
    return 0;
}

Ui::FieldLayout Ui::lay_out(const TextEdit& edit, float size, float width_limit, bool multiline) const {
    FieldLayout out;
    out.shown = edit.text();
    out.shown.insert(edit.caret(), edit.preedit());
    out.caret = edit.caret() + edit.preedit_caret();
    std::map<char32_t, float> widths;
    const auto advance = [&](char32_t c) {
        const auto [at, fresh] = widths.try_emplace(c, 0.0F);
        if (fresh && c != U'\n') at->second = width(viz::encode_utf8(std::u32string(1, c)), size);
        return at->second;
    };
    float x = 0;
    std::size_t begin = 0, space = 0;  // `space`: where the row may end, after a blank or beside a wide character
    for (std::size_t i = 0; i < out.shown.size(); ++i) {
        const char32_t c = out.shown[i];
        if (multiline && viz::is_wide(c)) space = i;
        if (multiline && c != U'\n' && c != U' ' && x + advance(c) > width_limit && i > begin) {
            const std::size_t cut = space > begin ? space : i;
            out.rows.push_back({begin, cut});
            begin = cut;
            // the rest moves to the new row
            x = 0;
            for (std::size_t j = cut; j < i; ++j) out.x[j] = x, x += advance(out.shown[j]);
        }
        out.x.push_back(x);
        x += advance(c);
        if (c == U' ' || viz::is_wide(c)) space = i + 1;
        if (c == U'\n') {
            out.rows.push_back({begin, i});
            begin = i + 1, x = 0;
        }
    }
    out.x.push_back(x);
    out.rows.push_back({begin, out.shown.size()});
    return out;
}

std::size_t Ui::field_position(const FieldLayout& layout, Vec2 local, float line) const {
    const auto row_index = static_cast<std::ptrdiff_t>(std::floor(local.y / line));
    const Row row = layout.rows[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(row_index, 0, static_cast<std::ptrdiff_t>(layout.rows.size()) - 1))];
    std::size_t best = row.begin;
    for (std::size_t i = row.begin; i < row.end; ++i) {
        const float next = i + 1 < row.end || row.end == layout.shown.size() ? layout.x[i + 1] : layout.x[i] + line * 0.5F;
        if (local.x > (layout.x[i] + next) / 2) best = i + 1;
    }
    return best;
}

void Ui::field_mouse(const std::string& id, TextEdit& edit, const FieldLayout& layout, Vec2 local, float line) {
    if (!active(id) || !edit.preedit().empty()) return;
    const std::size_t at = field_position(layout, local, line);
    if (input.pressed && input.clicks >= 3) edit.select_all();
    else if (input.pressed && input.clicks == 2) edit.select_word(at);
    else if (input.pressed || (input.down && mouse.x != state.grab.x)) edit.place(at, !input.pressed);
}

void Ui::field_keys(TextEdit& edit, const FieldLayout& layout, bool multiline) {
    if (input.editing) edit.set_preedit(input.editing->text, input.editing->caret);
    for (Stroke& s : input.strokes) {
        if (s.used) continue;
        const InputEvent& e = s.event;
        if (e.type == InputEvent::Type::kText) {
            edit.set_preedit("", 0);
            edit.insert(e.text, multiline);
            s.used = true;
            continue;
        }
        const std::size_t row = layout.row_of(layout.caret);
        const bool vertical = multiline && (e.key == Key::kUp || e.key == Key::kDown);
        if (vertical && edit.preedit().empty()) {
            const bool up = e.key == Key::kUp;
            s.used = true;
            if (up ? row == 0 : row + 1 == layout.rows.size()) {
                edit.place(up ? 0 : edit.text().size(), e.shift);
            } else {
                const float to = static_cast<float>(up ? row - 1 : row + 1) + 0.5F;
                edit.place(field_position(layout, {layout.x[layout.caret], to}, 1), e.shift);
            }
        } else if (multiline && !e.ctrl && (e.key == Key::kHome || e.key == Key::kEnd) && edit.preedit().empty()) {
            edit.place(e.key == Key::kHome ? layout.rows[row].begin : layout.rows[row].end, e.shift);
            s.used = true;
        } else if (edit.key(e, multiline, clipboard)) {
            s.used = true;
        }
    }
}

void Ui::draw_field(const TextEdit& edit, const FieldLayout& layout, Vec2 origin, float size, float line, bool focused) {
    const auto x_in_row = [&](std::size_t position, const Row& row) {
        return position < row.end || position == layout.shown.size() ? layout.x[position] : row.end > row.begin ? layout.x[row.end - 1] + width(viz::encode_utf8(std::u32string_view(layout.shown).substr(row.end - 1, 1)), size) : 0.0F;
    };
    const std::size_t pre_begin = edit.caret(), pre_end = edit.caret() + edit.preedit().size();
    for (std::size_t r = 0; r < layout.rows.size(); ++r) {
        const Row& row = layout.rows[r];
        const float top = origin.y + static_cast<float>(r) * line, base = top + line / 2 + 0.36F * size;
        const auto span = [&](std::size_t from, std::size_t to) {
            const std::size_t a = std::clamp(from, row.begin, row.end), b = std::clamp(to, row.begin, row.end);
            return std::pair(origin.x + x_in_row(a, row), origin.x + x_in_row(b, row));
        };
        if (focused && edit.has_selection() && edit.preedit().empty()) {
            const auto [a, b] = span(edit.selection_begin(), edit.selection_end());
            if (b > a) canvas.fill_rect({a, top + 2, b - a, line - 4}, viz::mix(theme.ground, theme.q.fill, 0.35F));
        }
        const std::string words = viz::encode_utf8(std::u32string_view(layout.shown).substr(row.begin, row.end - row.begin));
        canvas.text({origin.x, base}, words, {.size = size, .color = theme.ink, .tabular = false});
        if (pre_end > pre_begin) {
            const auto [a, b] = span(pre_begin, pre_end);
            if (b > a) canvas.line({a, base + 5}, {b, base + 5}, {.color = theme.ink, .width = 1.5F});
        }
    }
    const std::size_t caret_row = layout.row_of(layout.caret);
    const Vec2 at = {origin.x + x_in_row(layout.caret, layout.rows[caret_row]), origin.y + static_cast<float>(caret_row) * line};
    if (!focused) return;
    state.caret = {at.x, at.y, 2, line};
    if (std::fmod(time, kBlink) < kBlink / 2) canvas.fill_rect({at.x, at.y + 4, 2, line - 8}, theme.ink);
}

bool Ui::text_field(const std::string& id, Rect rect, std::string& value, const TextFieldSpec& spec) {
    const float size = spec.size > 0 ? spec.size : type.body, line = kLeading * size;
    TextEdit& edit = state.edits[id];
    const bool focused_now = focused(id);
    edit.set(value);
    if (!focused_now && !edit.preedit().empty()) edit.set_preedit("", 0);
    const float side = spec.frame ? 14.0F : 0.0F, above = spec.multiline ? 10.0F : (rect.h - line) / 2;
    const Rect inner = {rect.x + side, rect.y + above, rect.w - 2 * side, rect.h - 2 * above};

    FieldLayout layout = lay_out(edit, size, inner.w, spec.multiline);
    float& shift = state.scrolls[id];
    Vec2 origin = spec.multiline ? Vec2{inner.x, inner.y - shift} : Vec2{inner.x - shift, inner.y};
    press(id, rect, {.label = value.empty() ? spec.label : value, .pointer = Pointer::kText, .keys = false});
    field_mouse(id, edit, layout, {mouse.x - origin.x, mouse.y - origin.y}, line);
    if (focused_now) {
        state.typing = true;
        field_keys(edit, layout, spec.multiline);
    }
    const std::string fresh = edit.value();
    const bool changed = fresh != value;
    value = fresh;
    layout = lay_out(edit, size, inner.w, spec.multiline);

    // keep the caret in view
    if (focused_now) {
        const std::size_t row = layout.row_of(layout.caret);
        const float at = spec.multiline ? static_cast<float>(row) * line : layout.x[layout.caret];
        const float room = spec.multiline ? inner.h - line : inner.w - 4;
        shift = std::clamp(shift, std::max(0.0F, at - room), std::max(0.0F, at));
        if (spec.multiline) shift = std::min(shift, std::max(0.0F, static_cast<float>(layout.rows.size()) * line - inner.h));
        if (shift < 0 || !std::isfinite(shift)) shift = 0;
    }
    origin = spec.multiline ? Vec2{inner.x, inner.y - shift} : Vec2{inner.x - shift, inner.y};
    if (spec.frame) card(rect, theme.ground, focused_now ? theme.ink : hot(id) ? theme.ink3 : theme.border, 8);
    canvas.push_clip(inner);
    if (value.empty() && edit.preedit().empty() && !spec.placeholder.empty()) {
        canvas.text({inner.x, inner.y + line / 2 + 0.36F * size}, spec.placeholder, {.size = size, .color = theme.ink3});
    }
    draw_field(edit, layout, origin, size, line, focused_now);
    canvas.pop_clip();
    focus_ring(id, rect, 8);
    return changed;
}

}  // namespace dg::app
