// Scene reasoning: what its pictures share.
#include "viz/scenes/reasoning.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::reasoning {
namespace {

enum class ChipKind { kStep, kSlip, kWait, kCheck, kAnswer, kOther };

struct Chip {
    std::string text;
    ChipKind kind = ChipKind::kOther;
    bool right = true;
    bool forced = false;  // "wait", "let me check" or the answer mark put there from outside
};

bool digit(char c) { return c >= '0' && c <= '9'; }

bool slot(char c) { return c >= 'a' && c <= 'j'; }

/// Cuts a response into what a reader sees as its words. Steps are judged against the digits they carry, running on from what
/// was written; a second pass starts afresh.
class Cutter {
  public:
    Cutter(const Example& example, Lang lang) : e_(example), lang_(lang), total_(example.problem.digits.front()) {}

    std::vector<Chip> cut() {
        while (at_ < e_.text.size()) {
            const char c = e_.text[at_];
            if (c == '#') answer();
            else if (c == 'w') wait();
            else if (c == '?') mark(ChipKind::kCheck, "reasoning.chip.check"), fresh_ = true;
            else if (c == '$') ++at_;
            else if (slot(c)) step();
            else chips_.push_back({std::string(1, c), ChipKind::kOther}), ++at_;
        }
        return std::move(chips_);
    }

  private:
    [[nodiscard]] char ahead(std::size_t k) const { return at_ + k < e_.text.size() ? e_.text[at_ + k] : '\0'; }

    void mark(ChipKind kind, std::string_view key) {
        chips_.push_back({tr(lang_, key), kind, true, e_.written[at_] != 0});
        ++at_;
    }

    void answer() {
        Chip chip{.text = "", .kind = ChipKind::kAnswer, .right = e_.right, .forced = e_.written[at_] != 0};
        const bool known = digit(ahead(1));
        chip.text = tr(lang_, "reasoning.chip.answer", {{"digit", known ? std::string(1, ahead(1)) : "–"}});
        at_ += known ? 2 : 1;
        chips_.push_back(std::move(chip));
    }

    void wait() {
        const bool known = digit(ahead(1));
        const bool forced = e_.written[at_] != 0;
        chips_.push_back({tr(lang_, "reasoning.chip.wait", {{"digit", known ? std::string(1, ahead(1)) : "–"}}), ChipKind::kWait, true, forced});
        if (known) total_ = ahead(1) - '0';
        at_ += known ? 2 : 1;
    }

    void step() {
        if (digit(ahead(1)) && ahead(2) == '=' && digit(ahead(3))) {
            const int right = (total_ + (ahead(1) - '0')) % 10, written = ahead(3) - '0';
            chips_.push_back({e_.text.substr(at_, 4), !fresh_ && written != right ? ChipKind::kSlip : ChipKind::kStep});
            total_ = written, at_ += 4;
            return;
        }
        const std::size_t n = digit(ahead(1)) ? 2 : 1;  // the first term of a pass, or a step that was broken off
        if (n == 2) total_ = ahead(1) - '0', fresh_ = false;
        chips_.push_back({e_.text.substr(at_, n), ChipKind::kOther});
        at_ += n;
    }

    const Example& e_;
    Lang lang_;
    std::vector<Chip> chips_;
    std::size_t at_ = 0;
    int total_ = 0;
    bool fresh_ = false;
};

void draw_one(Canvas& canvas, const Theme& t, Rect at, const Chip& chip, const TextStyle& style) {
    TextStyle words = style;
    Color fill = t.band_cool, edge = t.border;
    float width = t.line;
    if (chip.kind == ChipKind::kSlip) fill = t.ground, edge = t.error.fill, words.color = t.error.ink, width = 2;
    if (chip.kind == ChipKind::kWait || chip.kind == ChipKind::kCheck) fill = t.ground, words.weight = Weight::kBold;
    if (chip.kind == ChipKind::kAnswer) words.weight = Weight::kBold;
    if (chip.kind == ChipKind::kAnswer && chip.right) fill = edge = t.bar_strong, words.color = t.ink_on(t.bar_strong);
    if (chip.kind == ChipKind::kAnswer && !chip.right) fill = t.ground, edge = t.error.fill, words.color = t.error.ink, width = 3;
    if (chip.kind == ChipKind::kOther) fill = t.ground;
    canvas.fill_rect(at, fill, 6);
    if (chip.kind == ChipKind::kWait || chip.kind == ChipKind::kCheck) draw_ring(canvas, t, at, 6);
    else canvas.stroke_rect(at, {.color = edge, .width = width}, 6);
    if (chip.forced) canvas.line({at.x + 4, at.bottom() + 9}, {at.right() - 4, at.bottom() + 9}, {.color = t.ink2, .width = 2, .dash = 5, .gap = 4});
    draw_centered(canvas, at, chip.text, words);
}

}  // namespace

float draw_published_card(Canvas& canvas, const Theme& t, Vec2 at, std::string_view text, float width) {
    const TextStyle style = caption(t);
    canvas.fill_circle({at.x + 5, at.y - style.size * 0.35F}, 5, t.published_dot);
    return draw_wrapped(canvas, {at.x + 20, at.y}, text, style, width - 20 - style.size);
}

std::string tokens_text(double tokens) { return std::isfinite(tokens) ? fixed(tokens, tokens == std::round(tokens) ? 0 : 1) : std::string(kUnknown); }

std::string sum_text(const sim::Problem& problem) {
    std::string text;
    for (const int d : problem.digits) text += fmt::format("{}{}", text.empty() ? "" : " + ", d);
    return text;
}

Color against(const Theme& t) { return t.experts[7]; }

float draw_response(Canvas& canvas, const View& view, const Theme& t, Rect area, const Example& example, double shown, float size) {
    const Group group(canvas, "response");
    const std::vector<Chip> chips = Cutter(example, view.lang).cut();
    if (size == 0) size = t.body;
    const TextStyle style{.size = size, .color = t.ink};
    const float height = size * 1.7F, gap = 12, line = height + 18;
    float x = area.x, y = area.y;
    const auto count = static_cast<std::size_t>(std::ceil(shown * static_cast<double>(chips.size())));
    for (std::size_t i = 0; i < count; ++i) {
        const Chip& chip = chips[i];
        TextStyle bold = style;
        bold.weight = Weight::kBold;
        std::string text = chip.text;
        if (chip.kind == ChipKind::kSlip) text = "▲ " + text;
        if (chip.kind == ChipKind::kAnswer) text += example.right ? "  ✓" : "  ✗";
        const float w = canvas.measure(text, bold).width + size * 0.9F;
        if (x + w > area.right() && x > area.x) x = area.x, y += line;
        if (y + height > area.bottom()) {
            canvas.text({x, y - 4}, "…", style);
            return y;
        }
        Chip shown_chip = chip;
        shown_chip.text = text;
        draw_one(canvas, t, {x, y, w, height}, shown_chip, style);
        x += w + gap;
    }
    return y + height;
}

float draw_blocks(Canvas& canvas, Rect area, double n, Color fill, float side) {
    const float gap = std::max(1.0F, side * 0.18F), step = side + gap;
    const int per_row = std::max(1, static_cast<int>((area.w + gap) / step));
    const int whole = static_cast<int>(n);
    for (int i = 0; i <= whole; ++i) {
        const auto part = static_cast<float>(std::min(1.0, n - i));
        if (part <= 0) break;
        canvas.fill_rect({area.x + step * static_cast<float>(i % per_row), area.y + step * static_cast<float>(i / per_row), side * part, side}, fill, side * 0.2F);
    }
    return area.y + step * static_cast<float>((std::max(1, whole) - 1) / per_row + 1);
}

}  // namespace dg::viz::reasoning
