#include "viz/text/layout.h"

#include "viz/text/line_break.h"
#include "viz/text/utf8.h"

#include <algorithm>
#include <cmath>

namespace dg::viz {

namespace {

constexpr float kScriptSize = 0.7F, kSuperRise = 0.38F, kSubDrop = 0.16F;

TextStyle style_of(const Run& run, const TextStyle& base) {
    TextStyle s = base;
    s.align = Align::kLeft, s.rotate = 0;
    s.color = run.color.value_or(base.color), s.weight = run.weight.value_or(base.weight);
    if (run.script != Script::kNormal) s.size *= kScriptSize;
    return s;
}

float rise_of(const Run& run, float size) {
    return run.script == Script::kSuper ? -kSuperRise * size
           : run.script == Script::kSub ? kSubDrop * size
                                        : 0;
}

void add_text(std::vector<Run>& runs, std::string_view text, const Run& like) {
    if (text.empty()) return;
    Run run = like;
    run.text = text;
    runs.push_back(std::move(run));
}

/// Text that may hold x_{...} and x^{...}.
void add_scripts(std::vector<Run>& runs, std::string_view text, const Run& like) {
    while (!text.empty()) {
        const std::size_t down = text.find("_{"), up = text.find("^{"), mark = std::min(down, up);
        const std::size_t end = mark == std::string_view::npos ? mark : text.find('}', mark);
        if (end == std::string_view::npos) return add_text(runs, text, like);
        add_text(runs, text.substr(0, mark), like);
        Run script = like;
        script.script = down < up ? Script::kSub : Script::kSuper;
        add_text(runs, text.substr(mark + 2, end - mark - 2), script);
        text.remove_prefix(end + 1);
    }
}

/// One character of a paragraph and the run it came from.
struct Char {
    char32_t code;
    std::size_t run;
};

std::vector<Run> slice(const std::vector<Char>& chars, std::size_t begin, std::size_t end,
                       std::span<const Run> runs) {
    std::vector<Run> out;
    std::size_t current = runs.size();
    for (std::size_t i = begin; i < end; ++i) {
        if (chars[i].run != current) {
            current = chars[i].run;
            out.push_back(runs[current]);
            out.back().text.clear();
        }
        append_utf8(out.back().text, chars[i].code);
    }
    return out;
}

class Wrapper {
  public:
    Wrapper(const Canvas& canvas, std::span<const Run> runs, float width, const TextStyle& style)
        : canvas_(canvas), runs_(runs), width_(width), style_(style) {}

    std::vector<TextLine> lines() {
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            for (const char32_t c : decode_utf8(runs_[r].text)) {
                if (c == U'\n') {
                    paragraph();
                } else {
                    chars_.push_back({c, r});
                }
            }
        }
        paragraph();
        return std::move(lines_);
    }

  private:
    [[nodiscard]] float width_of(std::size_t begin, std::size_t end) const {
        return measure_rich(canvas_, slice(chars_, begin, end, runs_), style_).width;
    }

    /// End of the line without the blanks there.
    [[nodiscard]] std::size_t trimmed(std::size_t begin, std::size_t end) const {
        while (end > begin && is_breaking_blank(chars_[end - 1].code)) --end;
        return end;
    }

    void put(std::size_t begin, std::size_t end) {
        end = trimmed(begin, end);
        lines_.push_back({slice(chars_, begin, end, runs_), width_of(begin, end)});
    }

    /// First break after `from`, or the end.
    [[nodiscard]] std::size_t next_break(std::size_t from) const {
        std::size_t i = from + 1;
        while (i < chars_.size() && !may_break(chars_[i - 1].code, chars_[i].code)) ++i;
        return std::min(i, chars_.size());
    }

    /// Most characters from `begin` that fit, at least one.
    [[nodiscard]] std::size_t forced_break(std::size_t begin, std::size_t end) const {
        std::size_t fits = begin + 1;
        while (fits < end && width_of(begin, fits + 1) <= width_) ++fits;
        return fits;
    }

    void paragraph() {
        std::size_t begin = 0;
        while (begin < chars_.size()) {
            std::size_t end = next_break(begin);
            if (width_of(begin, trimmed(begin, end)) > width_) {
                end = forced_break(begin, end);
            } else {
                while (end < chars_.size()) {
                    const std::size_t further = next_break(end);
                    if (width_of(begin, trimmed(begin, further)) > width_) break;
                    end = further;
                }
            }
            put(begin, end);
            begin = end;
        }
        if (chars_.empty()) lines_.push_back({});
        chars_.clear();
    }

    const Canvas& canvas_;
    std::span<const Run> runs_;
    float width_;
    const TextStyle& style_;
    std::vector<Char> chars_;
    std::vector<TextLine> lines_;
};

/// Ends a line in "…" within a width.
void cut_line(const Canvas& canvas, TextLine& line, float width, const TextStyle& style) {
    if (line.runs.empty()) line.runs.emplace_back();
    while (true) {
        std::vector<Run> tried = line.runs;
        tried.back().text += "…";
        if (measure_rich(canvas, tried, style).width <= width || plain_text(line.runs).empty()) {
            line = {tried, measure_rich(canvas, tried, style).width};
            return;
        }
        std::u32string codes = decode_utf8(line.runs.back().text);
        if (!codes.empty()) codes.pop_back();
        line.runs.back().text = encode_utf8(codes);
        if (codes.empty() && line.runs.size() > 1) line.runs.pop_back();
    }
}

std::vector<TextLine> box_lines(const Canvas& canvas, float width, std::span<const Run> runs,
                                const BoxStyle& style) {
    std::vector<TextLine> lines = wrap(canvas, runs, width, style.text);
    if (style.max_lines > 0 && lines.size() > static_cast<std::size_t>(style.max_lines)) {
        lines.resize(static_cast<std::size_t>(style.max_lines));
        cut_line(canvas, lines.back(), width, style.text);
    }
    return lines;
}

std::vector<Run> one_run(std::string_view text) {
    return {Run{std::string(text), {}, {}, Script::kNormal}};
}

}  // namespace

std::vector<Run> parse_rich(std::string_view text, const ColorNames& colors) {
    std::vector<Run> runs;
    while (!text.empty()) {
        const std::size_t bold = text.find("**"), color = text.find("[["),
                          mark = std::min(bold, color);
        if (mark == std::string_view::npos) break;
        const std::string_view inner = text.substr(mark + 2);
        const std::size_t end = inner.find(bold < color ? "**" : "]]");
        if (end == std::string_view::npos) break;
        const std::string_view body = inner.substr(0, end);
        Run run;
        run.weight = Weight::kBold;
        std::string_view shown = body;
        if (color < bold) {
            const std::size_t bar = body.find('|');
            const auto named =
                bar == std::string_view::npos ? colors.end() : colors.find(body.substr(0, bar));
            if (named == colors.end()) {
                run.weight.reset(), shown = text.substr(mark, end + 4);
            } else {
                run.color = named->second, shown = body.substr(bar + 1);
            }
        }
        add_scripts(runs, text.substr(0, mark), {});
        add_scripts(runs, shown, run);
        text = inner.substr(end + 2);
    }
    add_scripts(runs, text, {});
    return runs;
}

std::string plain_text(std::span<const Run> runs) {
    std::string text;
    for (const Run& run : runs) text += run.text;
    return text;
}

TextSize measure_rich(const Canvas& canvas, std::span<const Run> runs, const TextStyle& style) {
    TextSize size = canvas.measure("", style);
    size.width = 0;
    for (const Run& run : runs) size.width += canvas.measure(run.text, style_of(run, style)).width;
    return size;
}

float draw_rich(Canvas& canvas, Vec2 at, std::span<const Run> runs, const TextStyle& style) {
    const float width = measure_rich(canvas, runs, style).width;
    float x =
        at.x -
        (style.align == Align::kLeft ? 0 : width * (style.align == Align::kRight ? 1.0F : 0.5F));
    for (const Run& run : runs) {
        const TextStyle s = style_of(run, style);
        if (!run.text.empty()) canvas.text({x, at.y + rise_of(run, style.size)}, run.text, s);
        x += canvas.measure(run.text, s).width;
    }
    return width;
}

std::vector<TextLine> wrap(const Canvas& canvas, std::span<const Run> runs, float width,
                           const TextStyle& style) {
    return Wrapper(canvas, runs, width, style).lines();
}

float box_height(const Canvas& canvas, float width, std::span<const Run> runs,
                 const BoxStyle& style) {
    return static_cast<float>(box_lines(canvas, width, runs, style).size()) * style.leading *
           style.text.size;
}

float box_height(const Canvas& canvas, float width, std::string_view text, const BoxStyle& style) {
    return box_height(canvas, width, one_run(text), style);
}

float draw_box(Canvas& canvas, Rect box, std::span<const Run> runs, const BoxStyle& style) {
    const float height = style.leading * style.text.size;
    const Align align = style.text.align;
    const float x = align == Align::kLeft    ? box.x
                    : align == Align::kRight ? box.right()
                                             : box.center().x;
    float y = box.y;
    for (const TextLine& line : box_lines(canvas, box.w, runs, style)) {
        draw_rich(canvas, {x, middle_baseline(y + height / 2, style.text.size)}, line.runs,
                  style.text);
        y += height;
    }
    return y - box.y;
}

float draw_box(Canvas& canvas, Rect box, std::string_view text, const BoxStyle& style) {
    return draw_box(canvas, box, one_run(text), style);
}

std::string elide_middle(const Canvas& canvas, std::string_view text, float width,
                         const TextStyle& style) {
    if (canvas.measure(text, style).width <= width) return std::string(text);
    const std::u32string codes = decode_utf8(text);
    const auto shortened = [&codes](std::size_t kept) {
        const std::size_t head = (kept + 1) / 2, tail = kept / 2;
        return encode_utf8(codes.substr(0, head)) + "…" +
               encode_utf8(codes.substr(codes.size() - tail));
    };
    std::size_t low = 0, high = codes.size();
    while (low + 1 < high) {
        const std::size_t middle = (low + high) / 2;
        (canvas.measure(shortened(middle), style).width <= width ? low : high) = middle;
    }
    return shortened(low);
}

void draw_label(Canvas& canvas, Rect box, std::string_view text, const TextStyle& style) {
    const float x = style.align == Align::kLeft    ? box.x
                    : style.align == Align::kRight ? box.right()
                                                   : box.center().x;
    const bool fits = canvas.measure(text, style).width <= box.w;
    const std::string shown =
        fits ? std::string(text) : elide_middle(canvas, text, box.w - 0.5F * style.size, style);
    canvas.text({x, middle_baseline(box.center().y, style.size)}, shown, style);
}

float fitting_size(const Canvas& canvas, std::string_view text, float width, TextStyle style,
                   float least) {
    const float natural = canvas.measure(text, style).width;
    if (natural <= width) return style.size;
    // widths grow with the size in proportion; whole pixels below it
    return std::max(least, std::floor(style.size * width / natural));
}

}  // namespace dg::viz
