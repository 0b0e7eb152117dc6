// Mode columns of scene next-token: greedy twice, sampled twice, word by word beside each other.
#include "viz/scenes/next_token_draw.h"

#include <algorithm>

namespace dg::viz::next_token {
namespace {

struct Pair {
    const Run* a = nullptr;
    const Run* b = nullptr;
    Rect left, right;  // token columns
};

/// Name of a column: how it chose.
std::string head_of(const View& view, const Run& run, int which) {
    if (run.temperature == 0) return tr(view.lang, "next_token.column.greedy", {{"n", fmt::format("{}", which)}});
    return tr(view.lang, "next_token.column.sampled", {{"t", fmt::format("{}", run.temperature)}, {"seed", fmt::format("{}", run.seed)}});
}

void draw_cell(Canvas& canvas, const Theme& t, Rect rect, const Step& step, bool first_difference, bool same, double alpha) {
    const float value_w = t.caption * 3.6F;
    const Rect chip{rect.x, rect.y, rect.w - value_w - 8, rect.h};
    TokenBox box{.fill = faded(t, same ? t.track : mix(t.track, t.bar, 0.28F), alpha), .ink = faded(t, t.ink, alpha), .bold = !same};
    draw_token(canvas, t, chip, step.label, std::clamp(rect.h * 0.52F, t.caption, t.body * 1.3F), box);
    if (first_difference && alpha >= 1) draw_ring(canvas, t, chip.inset(2), 5);
    canvas.text({rect.right(), rect.center().y + t.caption * 0.36F}, percent(step.p, 0), {.size = t.caption, .color = faded(t, t.ink2, alpha), .align = Align::kRight});
    canvas.region({rect, std::nullopt, "", fmt::format("{} · id {} · p {}", step.label, step.id, number(step.p))});
}

std::string flat_text(const Run& run) {
    std::string text = printable(run.text);
    std::ranges::replace(text, '\n', ' ');
    return text;
}

/// The whole written text under a column, at most `lines` lines.
void draw_text(Canvas& canvas, const Theme& t, const Run& run, Rect area) {
    draw_wrapped(canvas, {area.x, area.y + t.body * 1.1F}, flat_text(run), body(t), area.w, std::max(1, static_cast<int>(area.h / (t.body * 1.45F))));
}

void draw_verdict(Canvas& canvas, const View& view, const Pair& pair, float y) {
    const Theme& t = theme(view.theme);
    const int n = differing(*pair.a, *pair.b);
    const std::string words = !view.revealed ? "?" : n == 0 ? tr(view.lang, "next_token.column.equal")
                                                            : tr(view.lang, "next_token.column.differ", {{"n", fmt::format("{}", n)}, {"all", fmt::format("{}", pair.a->steps.size())}});
    const TextStyle style = strong(t, Align::kCenter);
    canvas.text({(pair.left.x + pair.right.right()) / 2, y}, words, style);
}

/// Rows of one pair: token, sign, token.
void draw_pair(Canvas& canvas, const View& view, const Pair& pair, std::size_t rows, float pitch) {
    const Theme& t = theme(view.theme);
    const std::size_t n = std::min({rows, pair.a->steps.size(), pair.b->steps.size()});
    bool parted = false;
    for (std::size_t i = 0; i < n; ++i) {
        const double alpha = overall(view) >= 1 ? 1 : std::clamp(overall(view) * static_cast<double>(n) - static_cast<double>(i), 0.0, 1.0);
        const bool same = pair.a->steps[i].id == pair.b->steps[i].id;
        const float y = pair.left.y + pitch * static_cast<float>(i), h = pitch * 0.82F;
        if (!view.revealed) {
            draw_slot(canvas, t, {pair.left.x, y, pair.left.w, h}, t.border);
            draw_slot(canvas, t, {pair.right.x, y, pair.right.w, h}, t.border);
            continue;
        }
        if (!(alpha > 0)) continue;
        draw_cell(canvas, t, {pair.left.x, y, pair.left.w, h}, pair.a->steps[i], !same && !parted, same, alpha);
        draw_cell(canvas, t, {pair.right.x, y, pair.right.w, h}, pair.b->steps[i], !same && !parted, same, alpha);
        const float mid = (pair.left.right() + pair.right.x) / 2;
        canvas.text({mid, y + h / 2 + t.body * 0.36F}, same ? "=" : "≠",
                    {.size = t.body, .color = faded(t, same ? t.ink3 : t.ink, alpha), .weight = same ? Weight::kRegular : Weight::kBold, .align = Align::kCenter});
        parted = parted || !same;
    }
}

PageText words(const Data& d, const View& view, std::size_t rows) {
    const int n = differing(d.runs[2], d.runs[3]);
    const TextArgs args = {{"t", fmt::format("{}", d.runs[2].temperature)}, {"n", fmt::format("{}", n)}, {"all", fmt::format("{}", d.runs[2].steps.size())}};
    PageText page = page_text(d, view, !view.revealed || differing(d.runs[0], d.runs[1]) > 0 ? "columns_covered" : n > 0 ? "columns" : "columns_equal", args,
                              fmt::format("{}, {}", d.runs[2].seed, d.runs[3].seed));
    if (view.revealed) page.notes.push_back(tr(view.lang, "next_token.note.columns"));
    if (rows < d.runs[0].steps.size()) page.notes.push_back(tr(view.lang, "next_token.note.rows", {{"k", fmt::format("{}", rows)}, {"n", fmt::format("{}", d.runs[0].steps.size())}}));
    return page;
}

}  // namespace

void draw_columns(Canvas& canvas, const Data& d, const Params&, const View& view) {
    const Theme& t = theme(view.theme);
    const std::size_t steps = d.runs[0].steps.size();
    if (steps == 0) return draw_empty(canvas, view, tr(view.lang, "next_token.no_room"));
    const float head_h = t.body * 1.4F + t.label * 2.2F, sign = t.body * 2.2F, between = canvas.page().w * 0.05F;
    const Rect guess = page_room(canvas, view, words(d, view, 0));
    const float w = (guess.w - between - 2 * sign) / 4;
    // the texts under the columns take the lines they need, at most three
    std::size_t lines = 1;
    for (const Run& run : d.runs) lines = std::max(lines, wrap(canvas, flat_text(run), body(t), w).size());
    const bool texts = guess.h > t.body * 22;
    const float text_h = texts ? t.body * 1.45F * static_cast<float>(std::min<std::size_t>(lines, 3)) + 16 : 0;
    const std::size_t rows = std::min(steps, static_cast<std::size_t>(std::max(1.0F, (guess.h - head_h - text_h) / (t.body * 1.45F))));
    const Rect area = draw_page(canvas, view, words(d, view, rows));

    const Group group(canvas, "columns");
    const float pitch = std::min((area.h - head_h - text_h) / static_cast<float>(rows), t.body * 3);
    for (int k = 0; k < 2; ++k) {
        const float x = area.x + static_cast<float>(k) * (2 * w + sign + between), y = area.y + head_h;
        const Pair pair{&d.runs[static_cast<std::size_t>(2 * k)], &d.runs[static_cast<std::size_t>(2 * k + 1)], {x, y, w, pitch * static_cast<float>(rows)},
                        {x + w + sign, y, w, pitch * static_cast<float>(rows)}};
        draw_verdict(canvas, view, pair, area.y + t.body);
        const std::string heads[] = {head_of(view, *pair.a, 1), head_of(view, *pair.b, 2)};
        TextStyle style = label(t);
        for (const std::string& head : heads) style.size = std::min(style.size, fit_size(canvas, head, style, w, t.caption * 0.75F));
        canvas.text({pair.left.x, y - t.label * 0.7F}, elide(canvas, heads[0], style, w), style);
        canvas.text({pair.right.x, y - t.label * 0.7F}, elide(canvas, heads[1], style, w), style);
        draw_pair(canvas, view, pair, rows, pitch);
        if (!texts || !view.revealed || overall(view) < 1) continue;
        const Rect foot{0, pair.left.bottom() + 8, w, area.bottom() - pair.left.bottom() - 8};
        draw_text(canvas, t, *pair.a, {pair.left.x, foot.y, w, foot.h});
        draw_text(canvas, t, *pair.b, {pair.right.x, foot.y, w, foot.h});
    }
    const float middle = area.x + 2 * w + sign + between / 2;
    canvas.line({middle, area.y}, {middle, area.bottom()}, {.color = t.hairline, .width = t.line});
}

}  // namespace dg::viz::next_token
