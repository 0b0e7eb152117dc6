#include "viz/scenes/rich_text.h"

#include "viz/text/line_break.h"
#include "viz/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace dg::viz {
namespace {

/// What a tag asks for on top of the style around it.
struct Tag {
    std::string_view name;
    Color (*color)(const Theme&);  // nullptr = keep
    bool bold;
};

constexpr std::array<Tag, 9> kTags = {{
    {"q", [](const Theme& t) { return t.q.ink; }, true},
    {"k", [](const Theme& t) { return t.k.ink; }, true},
    {"v", [](const Theme& t) { return t.v.ink; }, true},
    {"latent", [](const Theme& t) { return t.latent.ink; }, true},
    {"rotary", [](const Theme& t) { return t.rotary.ink; }, true},
    {"gradient", [](const Theme& t) { return t.gradient.ink; }, true},
    {"error", [](const Theme& t) { return t.error.ink; }, true},
    {"b", nullptr, true},
    {"dim", [](const Theme& t) { return t.ink3; }, false},
}};

/// The tag that opens at the start of `text` and is closed further on.
const Tag* opening_tag(std::string_view text) {
    for (const Tag& tag : kTags) {
        const std::string open = fmt::format("<{}>", tag.name);
        if (text.starts_with(open) && text.find(fmt::format("</{}>", tag.name)) != std::string_view::npos) return &tag;
    }
    return nullptr;
}

void append(RichText& out, std::string_view text, Color color, Weight weight) {
    if (!out.empty() && out.back().color == color && out.back().weight == weight) {
        out.back().text += text;
    } else {
        out.push_back({std::string(text), color, weight});
    }
}

void read_markup(const Theme& theme, std::string_view markup, Color color, Weight weight, RichText& out) {
    while (!markup.empty()) {
        if (markup.starts_with("<<")) {
            append(out, "<", color, weight);
            markup.remove_prefix(2);
            continue;
        }
        if (const Tag* tag = opening_tag(markup)) {
            const std::size_t begin = tag->name.size() + 2;
            const std::size_t end = markup.find(fmt::format("</{}>", tag->name));
            read_markup(theme, markup.substr(begin, end - begin), tag->color == nullptr ? color : tag->color(theme),
                        tag->bold ? Weight::kBold : weight, out);
            markup.remove_prefix(end + begin + 1);
            continue;
        }
        const std::size_t next = std::min(markup.find('<', 1), markup.size());
        append(out, markup.substr(0, next), color, weight);
        markup.remove_prefix(next);
    }
}

/// A piece that a line break must not cut: a word, or a Chinese character with the marks that belong to it.
struct Atom {
    RichText text;
    bool space_before = false;
};

class Atomizer {
  public:
    std::vector<Atom> read(const RichText& text) {
        for (const RichPart& part : text) {
            for (std::string_view rest = part.text; !rest.empty();) {
                const std::size_t length = utf8_length(rest);
                add(rest.substr(0, length), utf8_code(rest), part);
                rest.remove_prefix(length);
            }
        }
        return std::move(atoms_);
    }

  private:
    void add(std::string_view bytes, char32_t code, const RichPart& part) {
        if (code == U' ' || code == U'\n') {
            space_ = true;
            return;
        }
        const bool starts = atoms_.empty() || space_ || may_break(last_, code);
        if (starts) atoms_.push_back({{}, space_});
        append(atoms_.back().text, bytes, part.color, part.weight);
        space_ = false;
        last_ = code;
    }

    std::vector<Atom> atoms_;
    char32_t last_ = 0;
    bool space_ = false;
};

TextStyle styled(const TextStyle& base, const RichPart& part) {
    TextStyle style = base;
    style.color = part.color;
    style.weight = part.weight;
    style.align = Align::kLeft;
    return style;
}

/// The longest head of `text` that fits, at least one character.
std::size_t fitting_head(const Canvas& canvas, std::string_view text, const TextStyle& style, float width) {
    std::size_t end = utf8_length(text);
    while (end < text.size()) {
        const std::size_t next = end + utf8_length(text.substr(end));
        if (canvas.measure(text.substr(0, next), style).width > width) break;
        end = next;
    }
    return end;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    std::size_t end = 0;
    if (!text.empty()) static_cast<void>(next_code_point(text, end));
    return end;
}

char32_t utf8_code(std::string_view text) {
    std::size_t end = 0;
    return text.empty() ? 0 : next_code_point(text, end);
}

RichText rich(const Theme& theme, std::string_view markup, Color base, Weight weight) {
    RichText out;
    read_markup(theme, markup, base, weight, out);
    return out;
}

std::string rich_escape(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '<' ? "<<" : std::string(1, c);
    return out;
}

std::string plain(const RichText& text) {
    std::string out;
    for (const RichPart& part : text) out += part.text;
    return out;
}

float measure_rich(const Canvas& canvas, const RichText& text, const TextStyle& style) {
    float width = 0;
    for (const RichPart& part : text) width += canvas.measure(part.text, styled(style, part)).width;
    return width;
}

float draw_rich(Canvas& canvas, Vec2 at, const RichText& text, const TextStyle& style) {
    const float width = measure_rich(canvas, text, style);
    float x = at.x - (style.align == Align::kCenter ? width / 2 : style.align == Align::kRight ? width : 0);
    for (const RichPart& part : text) {
        canvas.text({x, at.y}, part.text, styled(style, part));
        x += canvas.measure(part.text, styled(style, part)).width;
    }
    return width;
}

std::vector<RichText> wrap_rich(const Canvas& canvas, const RichText& text, const TextStyle& style, float width) {
    std::vector<RichText> lines;
    float used = 0;
    for (const Atom& atom : Atomizer().read(text)) {
        const float space = atom.space_before ? canvas.measure(" ", style).width : 0;
        const float wide = measure_rich(canvas, atom.text, style);
        bool fits = !lines.empty() && used + space + wide <= width;
        if (fits && used + space + wide > 0.85F * width) {
            // near the end the line is measured whole: quotation marks are wider beside Chinese than alone
            RichText whole = lines.back();
            if (atom.space_before) append(whole, " ", atom.text[0].color, atom.text[0].weight);
            for (const RichPart& part : atom.text) append(whole, part.text, part.color, part.weight);
            fits = measure_rich(canvas, whole, style) <= width;
        }
        if (!fits) lines.emplace_back(), used = 0;
        if (fits && atom.space_before) append(lines.back(), " ", atom.text[0].color, atom.text[0].weight), used += space;
        for (const RichPart& part : atom.text) {
            // a word wider than the line is cut where the line ends
            std::string_view rest = part.text;
            while (!rest.empty()) {
                const float full = canvas.measure(rest, styled(style, part)).width;
                const std::size_t head = used + full <= width ? rest.size() : fitting_head(canvas, rest, styled(style, part), width - used);
                append(lines.back(), rest.substr(0, head), part.color, part.weight);
                used += canvas.measure(rest.substr(0, head), styled(style, part)).width;
                rest.remove_prefix(head);
                if (!rest.empty()) lines.emplace_back(), used = 0;
            }
        }
    }
    return lines;
}

std::vector<std::string> wrap(const Canvas& canvas, std::string_view text, const TextStyle& style, float width) {
    std::vector<std::string> lines;
    for (const RichText& line : wrap_rich(canvas, {{std::string(text), style.color, style.weight}}, style, width)) {
        lines.push_back(plain(line));
    }
    return lines;
}

std::string elide(const Canvas& canvas, std::string_view text, const TextStyle& style, float width) {
    if (canvas.measure(text, style).width <= width) return std::string(text);
    std::vector<std::string_view> characters;
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(utf8_length(rest))) {
        characters.push_back(rest.substr(0, utf8_length(rest)));
    }
    // keep as many characters as fit, the first half from the front
    for (std::size_t keep = characters.size(); keep-- > 0;) {
        std::string shorter;
        const std::size_t front = (keep + 1) / 2;
        for (std::size_t i = 0; i < front; ++i) shorter += characters[i];
        shorter += "…";
        for (std::size_t i = characters.size() - (keep - front); i < characters.size(); ++i) shorter += characters[i];
        if (keep == 0 || canvas.measure(shorter, style).width <= width) return shorter;
    }
    return {};
}

float draw_wrapped(Canvas& canvas, Vec2 at, std::string_view text, const TextStyle& style, float width, int max_lines) {
    std::vector<std::string> lines = wrap(canvas, text, style, width);
    const auto limit = static_cast<std::size_t>(std::max(0, max_lines));
    if (limit > 0 && lines.size() > limit) {
        std::string rest;
        for (std::size_t i = limit - 1; i < lines.size(); ++i) rest += lines[i];
        lines.resize(limit);
        lines.back() = elide(canvas, rest, style, width);
    }
    float y = at.y;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0) y += style.size * 1.45F;
        canvas.text({at.x, y}, lines[i], style);
    }
    return y;
}

}  // namespace dg::viz
