// The text so far, large, and the strip of steps; small helpers of the pictures of scene next-token.
#include "viz/scenes/next_token_draw.h"

#include "viz/canvas/log_canvas.h"
#include "viz/scenes/clock.h"

#include <algorithm>

namespace dg::viz::next_token {
namespace {

/// Characters of the prompt, or runs of them that one token holds; a character of several tokens stays whole.
struct Piece {
    std::string text = {};
    int tokens = 1;
    bool space = false;  // begins with a space that is not drawn
};

std::vector<Piece> pieces_of(const Data& d) {
    std::vector<Piece> pieces;
    std::size_t begin = 0;
    int tokens = 0;
    for (const TokenSpan& token : d.tokens) {
        ++tokens;
        const std::string_view bytes = std::string_view(d.prompt).substr(begin, token.end - begin);
        if (!valid_utf8(bytes) && token.end != d.prompt.size()) continue;
        Piece piece{.tokens = tokens};
        piece.space = bytes.size() > 1 && bytes[0] == ' ';
        piece.text = tokens == 1 ? d.model->tokenizer.label(token.id) : printable(bytes);
        if (piece.space && tokens == 1) piece.text = printable(bytes.substr(1));
        pieces.push_back(std::move(piece));
        begin = token.end, tokens = 0;
    }
    return pieces;
}

struct Placed {
    const Piece* piece = nullptr;  // nullptr: the slot
    float x = 0, y = 0, width = 0;
};

struct Flow {
    std::vector<Placed> placed = {};
    float height = 0, size = 0;
};

Flow flow(const Canvas& canvas, const Theme& t, std::span<const Piece> pieces, float size, float width) {
    Flow f{.size = size};
    const TextStyle style{.size = size, .color = t.ink, .tabular = false};
    const float gap = size * 0.08F, line = size * 1.42F;
    float x = 0, y = 0;
    for (std::size_t i = 0; i <= pieces.size(); ++i) {
        const Piece* piece = i < pieces.size() ? &pieces[i] : nullptr;
        const float w = piece != nullptr ? canvas.measure(piece->text, style).width : size * 0.98F;
        const float lead = piece != nullptr && piece->space && x > 0 ? size * 0.22F : 0;
        if (x > 0 && x + lead + w > width) x = 0, y += line;
        else x += lead;
        f.placed.push_back({piece, x, y, w});
        x += w + gap;
    }
    f.height = y + line;
    return f;
}

/// The largest type whose lines fit; a text too long even for the smallest loses its beginning.
Flow fitting_flow(const Canvas& canvas, const Theme& t, std::vector<Piece>& pieces, Rect area) {
    float size = std::min(area.h / 1.5F, std::max(t.big * 2.6F, 120.0F));
    for (; size > t.heading; size *= 0.92F) {
        const Flow f = flow(canvas, t, pieces, size, area.w);
        const bool wide = std::ranges::any_of(f.placed, [&](const Placed& p) { return p.width > area.w; });
        if (!wide && f.height <= area.h && (f.placed.back().y < 1 || size < t.big * 1.2F)) return f;
    }
    Flow f = flow(canvas, t, pieces, size, area.w);
    while (f.height > area.h && pieces.size() > 2) {
        pieces.erase(pieces.begin(), pieces.begin() + 2);
        pieces.insert(pieces.begin(), Piece{.text = "…"});
        f = flow(canvas, t, pieces, size, area.w);
    }
    return f;
}

void draw_piece(Canvas& canvas, const Theme& t, const Placed& p, Vec2 origin, float size) {
    const float x = origin.x + p.x, base = origin.y + p.y + size;
    canvas.text({x, base}, p.piece->text, {.size = size, .color = t.ink, .tabular = false});
    if (p.piece->text == "…") return;
    const float cut = 6, each = (p.width - cut * static_cast<float>(p.piece->tokens - 1)) / static_cast<float>(p.piece->tokens);
    for (int i = 0; i < p.piece->tokens; ++i) {
        const float from = x + static_cast<float>(i) * (each + cut);
        canvas.line({from, base + size * 0.24F}, {from + each, base + size * 0.24F}, {.color = t.ink, .width = 2 * t.line});
    }
}

}  // namespace

double done(const View& view, Stage stage) { return view.stage > stage ? 1 : view.stage < stage ? 0 : ease(view.u); }

double overall(const View& view) { return (std::clamp(view.stage, 0, 3) + std::clamp(view.u, 0.0, 1.0)) / 4; }

Work work_of(const Run& run) {
    Work work;
    for (const Step& step : run.steps) work.full += step.length;
    if (!run.steps.empty()) work.cached = run.steps.front().length + static_cast<std::int64_t>(run.steps.size()) - 1;
    return work;
}

PageText page_text(const Data& data, const View& view, std::string_view key, const TextArgs& args, const std::string& seed) {
    const std::string wording = "next_token.title." + std::string(key);
    const Lang second = view.lang == Lang::kZh ? Lang::kEn : Lang::kZh;
    return {.title = tr(view.lang, wording, args), .subtitle = tr(second, wording, args),
            .badge = {.detail = badge_detail(view.lang, display_name(*data.model), data.model->model.hash, seed)}};
}

Rect draw_page(Canvas& canvas, const View& view, PageText page) {
    if (canvas.page().h < 800) page.subtitle.clear();
    return draw_frame(canvas, view, page);
}

Rect page_room(const Canvas& canvas, const View& view, const PageText& page) {
    LogCanvas dry(canvas.page());
    return draw_page(dry, view, page);
}

Color faded(const Theme& t, Color c, double alpha) { return mix(t.ground, c, static_cast<float>(std::clamp(alpha, 0.0, 1.0))); }

void draw_slot(Canvas& canvas, const Theme& t, Rect rect, Color color) {
    canvas.stroke_rect(rect, {.color = color, .width = std::max(1.5F, t.line), .dash = 6, .gap = 5}, 8);
}

float fit_size(const Canvas& canvas, std::string_view text, TextStyle style, float width, float least) {
    const float natural = canvas.measure(text, style).width;
    return natural <= width ? style.size : std::max(least, style.size * width / natural);
}

void draw_token(Canvas& canvas, const Theme& t, Rect rect, std::string_view label, float size, const TokenBox& box) {
    const float radius = std::min(6.0F, rect.h * 0.2F);
    canvas.fill_rect(rect, box.fill, radius);
    if (box.outline) canvas.stroke_rect(rect, {.color = t.border, .width = t.line}, radius);
    TextStyle style{.size = size, .color = box.ink, .weight = box.bold ? Weight::kBold : Weight::kRegular};
    style.size = fit_size(canvas, label, style, rect.w - size * 0.3F, size * 0.7F);
    draw_centered(canvas, rect, elide(canvas, label, style, rect.w - 4), style);
}

std::vector<float> token_widths(const Canvas& canvas, std::span<const std::string> labels, const TextStyle& style, float room, float least) {
    std::vector<float> natural;
    for (const std::string& label : labels) natural.push_back(std::max(least, canvas.measure(label, style).width + style.size * 0.8F));
    // one cap for all: lower it until the total fits
    float cap = natural.empty() ? least : *std::ranges::max_element(natural);
    const auto total = [&] {
        float sum = 0;
        for (const float w : natural) sum += std::min(w, cap);
        return sum;
    };
    while (total() > room && cap > least) cap = std::max(least, cap * 0.95F);
    while (total() > room && natural.size() > 1) natural.erase(natural.begin());
    for (float& w : natural) w = std::min(w, cap);
    return natural;
}

Rect draw_prompt(Canvas& canvas, const Data& data, const View& view, Rect area) {
    const Group group(canvas, "prompt");
    const Theme& t = theme(view.theme);
    std::vector<Piece> pieces = pieces_of(data);
    const Rect room{area.x, area.y, area.w, area.h - t.label * 2.4F};
    const Flow f = fitting_flow(canvas, t, pieces, room);
    const Vec2 origin{area.x, room.y + std::max(0.0F, room.h - f.height) / 2};
    Rect slot;
    for (const Placed& p : f.placed) {
        if (p.piece != nullptr) draw_piece(canvas, t, p, origin, f.size);
        else slot = {origin.x + p.x, origin.y + p.y + f.size * 0.06F, p.width, f.size * 1.18F};
    }
    draw_slot(canvas, t, slot, t.ink);
    const bool moving = view.stage == kChoose || (view.stage == kAppend && view.u < 1);
    if (!moving) draw_centered(canvas, slot, "?", {.size = f.size * 0.62F, .color = t.ink2});
    const float y = origin.y + f.height + t.label * 1.3F;
    TextStyle small = label(t);
    small.color = t.ink2;
    canvas.text({area.x, y}, elide(canvas, tr(view.lang, "next_token.text_so_far", {{"n", fmt::format("{}", data.tokens.size())}}), small, area.w), small);
    return slot;
}

Rect draw_strip(Canvas& canvas, const Data& data, const View& view, Rect area) {
    const Group group(canvas, "strip");
    const Theme& t = theme(view.theme);
    canvas.line({area.x, area.y}, {area.right(), area.y}, {.color = t.hairline, .width = t.line});
    const float under = t.caption * 1.9F, cell = std::min(area.h - under - 22, 96.0F), gap = 8;
    const float y = area.y + 20;

    // at most a third for the prompt: its last tokens
    std::vector<std::string> labels;
    for (const TokenSpan& token : data.tokens) labels.push_back(data.model->tokenizer.label(token.id));
    const TextStyle style{.size = cell * 0.5F, .color = t.ink};
    float x = area.x;
    std::size_t hidden = labels.size();
    std::vector<float> widths;
    for (float used = 0; hidden > 0; --hidden) {
        const float w = std::clamp(canvas.measure(labels[hidden - 1], style).width + style.size * 0.6F, cell, cell * 2.4F);
        if (!widths.empty() && used + w > area.w * 0.3F) break;
        widths.insert(widths.begin(), w);
        used += w + gap;
    }
    if (hidden > 0) {
        const std::string before = fmt::format("{}…", hidden);
        canvas.text({x, y + cell * 0.62F}, before, label(t));
        x += canvas.measure(before, label(t)).width + gap;
    }
    for (std::size_t i = 0; i < widths.size(); ++i) {
        draw_token(canvas, t, {x, y, widths[i], cell}, labels[hidden + i], style.size, {.fill = t.track, .ink = t.ink});
        x += widths[i] + gap;
    }
    canvas.text({area.x, y + cell + t.caption * 1.4F}, tr(view.lang, "next_token.generation"), caption(t));
    draw_arrow(canvas, {x + 4, y + cell / 2}, {x + 44, y + cell / 2}, {.color = t.ink, .width = 2}, 12);
    x += 56;

    // the sentence at the right keeps its room, the slots take the rest
    const std::string lines[] = {tr(view.lang, "next_token.every_step.1"), tr(view.lang, "next_token.every_step.2")};
    TextStyle note = body(t, Align::kRight);
    note.size = std::min(note.size, cell * 0.44F);
    for (const std::string& line : lines) note.size = std::min(note.size, fit_size(canvas, line, note, area.w * 0.26F, t.caption * 0.8F));
    float room = 0;
    for (int i = 0; i < 2; ++i) {
        room = std::max(room, canvas.measure(lines[i], note).width);
        canvas.text({area.right(), y + cell / 2 + note.size * (0.36F + 1.4F * (static_cast<float>(i) - 0.5F))}, lines[i], note);
    }
    const float pitch = cell + 16;
    const int slots = std::clamp(static_cast<int>((area.right() - room - 40 - x) / pitch), 1, 9);
    Rect first;
    for (int i = 0; i < slots; ++i) {
        const Rect slot{x + pitch * static_cast<float>(i), y, cell, cell};
        if (i == 0) first = slot;
        else draw_slot(canvas, t, slot, t.border);
        TextStyle number = caption(t, Align::kCenter);
        if (i == 0) number.weight = Weight::kBold, number.color = t.ink;
        const std::string text = i == 0 ? tr(view.lang, "next_token.step", {{"n", "1"}}) : fmt::format("{}", i + 1);
        canvas.text({slot.center().x, y + cell + t.caption * 1.4F}, text, number);
    }
    return first;
}

}  // namespace dg::viz::next_token
