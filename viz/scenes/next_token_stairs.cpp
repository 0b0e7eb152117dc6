// Modes loop and corpus of scene next-token: the same staircase. Each row is a text and the token after it; generating
// writes that token, training is told it.
#include "engine/base/mathfn.h"
#include "viz/scenes/next_token_draw.h"

#include <algorithm>

namespace dg::viz::next_token {
namespace {

/// One row: the first `length` tokens go in, token number `length` is the target.
struct Tread {
    std::int64_t length = 0;
    std::int32_t id = 0;
    double p = 0;
    bool forced = false;
};

struct Stairs {
    std::vector<std::string> labels = {};  // of all tokens
    std::vector<Tread> treads = {};
    bool cache = false;               // tell tokens that a KV cache would hold from new ones
    bool covered = false;             // numbers not yet revealed
};

struct Place {
    float number_w = 0, length_w = 0, value_w = 0, pitch = 0;
    Rect tokens, bars;
    std::size_t hidden = 0, rows = 0;
    std::vector<float> x = {}, w = {};  // of the shown tokens
    float size = 0;
};

float head_height(const Theme& t) { return t.caption * 2.2F; }

/// How many rows a place of this height takes.
std::size_t rows_in(const Theme& t, float height, const Stairs& s) {
    return std::min(s.treads.size(), static_cast<std::size_t>(std::max(1.0F, (height - head_height(t)) / (t.body * 1.55F))));
}

/// Columns of the tokens: large type if it fits, else smaller, then shortened labels, then without the first ones.
void place_tokens(const Canvas& canvas, const Theme& t, const Stairs& s, float room, Place& p) {
    // only the columns that some drawn row reaches
    const auto used = static_cast<std::size_t>(s.treads[p.rows - 1].length) + 1;
    const std::span<const std::string> labels(s.labels.data(), std::min(used, s.labels.size()));
    constexpr float kGap = 5;
    const float more = t.label * 2.2F, inner = room - kGap * static_cast<float>(labels.size());
    const float least = t.caption * 0.8F;
    for (p.size = std::max(least, std::min(p.pitch * 0.5F, t.body * 1.5F)); p.size > least; p.size = std::max(least, p.size * 0.94F)) {
        float natural = 0;
        for (const std::string& label : labels) natural += std::max(p.size * 1.5F, canvas.measure(label, {.size = p.size, .color = t.ink}).width + p.size * 0.8F);
        if (natural <= inner) break;
    }
    p.w = token_widths(canvas, labels, {.size = p.size, .color = t.ink}, inner - more, p.size * 1.5F);
    p.hidden = labels.size() - p.w.size();
    float x = p.tokens.x + (p.hidden > 0 ? more : 0);
    for (const float w : p.w) p.x.push_back(x), x += w + kGap;
    p.tokens.w = x - p.tokens.x;
}

/// The tokens take what they need, the bars the rest: between a quarter and a half of the width.
Place lay_out(const Canvas& canvas, const Theme& t, Rect area, const Stairs& s, std::size_t rows) {
    Place p;
    p.rows = rows;
    p.pitch = std::min((area.h - head_height(t)) / static_cast<float>(rows), t.body * 3.2F);
    p.number_w = t.label * 2.4F, p.length_w = t.label * 5, p.value_w = t.body * 4.2F;
    p.tokens = {area.x + p.number_w, area.y + head_height(t), 0, p.pitch * static_cast<float>(rows)};
    const float room = area.w - p.number_w - p.length_w - 40;
    place_tokens(canvas, t, s, room - area.w * 0.26F, p);
    const float right = std::clamp(room - p.tokens.w, area.w * 0.26F, area.w * 0.5F);
    p.bars = {area.right() - right, p.tokens.y, right - p.value_w, p.tokens.h};
    return p;
}

/// Tokens of one row; `alpha` 0 .. 1 while the row appears.
void draw_tread(Canvas& canvas, const Theme& t, const Stairs& s, const Place& p, std::size_t row, double alpha) {
    const Tread& tread = s.treads[row];
    const float y = p.tokens.y + p.pitch * static_cast<float>(row), h = p.pitch * 0.8F;
    canvas.text({p.tokens.x - 14, y + h / 2 + t.label * 0.36F}, fmt::format("{}", row + 1),
                {.size = t.label, .color = faded(t, t.ink3, alpha), .align = Align::kRight});
    if (p.hidden > 0) canvas.text({p.tokens.x, y + h / 2 + t.caption * 0.36F}, fmt::format("{}…", p.hidden), {.size = t.caption, .color = faded(t, t.ink3, alpha)});
    for (std::size_t i = 0; i < p.w.size(); ++i) {
        const auto token = static_cast<std::int64_t>(i + p.hidden);
        if (token > tread.length) break;
        const Rect rect{p.x[i], y, p.w[i], h};
        const bool target = token == tread.length;
        const bool fresh = s.cache && (row == 0 || token == tread.length - 1);
        if (target && s.covered) {
            draw_slot(canvas, t, rect, t.ink2);
            continue;
        }
        TokenBox box{.fill = faded(t, t.track, alpha), .ink = faded(t, s.cache && !fresh ? t.ink3 : t.ink, alpha)};
        if (target) box.fill = faded(t, t.bar_strong, alpha), box.ink = t.ink_on(t.bar_strong), box.bold = true;
        draw_token(canvas, t, rect, s.labels[i + p.hidden], p.size, box);
        if (fresh && !target) canvas.stroke_rect(rect.inset(0.75F), {.color = faded(t, t.ink2, alpha), .width = 1.5F * t.line}, 5);
    }
}

void draw_heading(Canvas& canvas, const Theme& t, Vec2 at, const std::string& words, Align align, float room) {
    TextStyle style = caption(t, align);
    style.size = fit_size(canvas, words, style, room, t.caption * 0.75F);
    canvas.text(at, elide(canvas, words, style, room), style);
}

/// Rows appear one after the other over all stages.
double appeared(const View& view, std::size_t row, std::size_t rows) {
    const double position = overall(view) * static_cast<double>(rows) - static_cast<double>(row);
    return overall(view) >= 1 ? 1 : std::clamp(position, 0.0, 1.0);
}

Stairs loop_stairs(const Data& d) {
    Stairs s{.cache = true};
    for (const TokenSpan& token : d.tokens) s.labels.push_back(d.model->tokenizer.label(token.id));
    for (const Step& step : d.runs.front().steps) {
        s.labels.push_back(step.label);
        s.treads.push_back({step.length, step.id, step.p, step.forced});
    }
    return s;
}

PageText loop_words(const Data& d, const View& view, std::size_t rows) {
    const Run& run = d.runs.front();
    const Work work = work_of(run);
    const std::string seed = run.temperature > 0 ? fmt::format("{}", run.seed) : "";
    TextArgs args = {{"n", fmt::format("{}", run.steps.size())}, {"from", fmt::format("{}", run.steps.front().length)},
                     {"to", fmt::format("{}", run.steps.back().length)}, {"hits", grouped(d.search.hits)}, {"written_hits", grouped(d.search.written_hits)},
                     {"documents", grouped(d.search.documents)}, {"mean", percent(mean_p(*d.model, run))}, {"written", in_quotes(d.search.written, 34)},
                     {"full", grouped(work.full)}, {"cached", grouped(work.cached)}, {"bytes", bytes_text(static_cast<double>(d.search.bytes))}};
    PageText page = page_text(d, view, !view.revealed ? "loop_covered" : d.search.documents > 0 ? "search" : "loop", args, seed);
    page.notes.push_back(tr(view.lang, "next_token.note.loop"));
    page.notes.push_back(view.revealed ? tr(view.lang, "next_token.note.cache", args) : tr(view.lang, "next_token.note.cache_covered"));
    if (d.search.documents > 0 && view.revealed) page.notes.push_back(tr(view.lang, "next_token.note.search", args));
    if (rows < run.steps.size()) page.notes.push_back(tr(view.lang, "next_token.note.rows", {{"k", fmt::format("{}", rows)}, {"n", args[0].second}}));
    return page;
}

/// Input length and probability at the right end of a row.
void draw_loop_value(Canvas& canvas, const Data& d, const View& view, const Place& p, const Tread& tread, std::size_t row, double alpha) {
    const Theme& t = theme(view.theme);
    const float y = p.tokens.y + p.pitch * static_cast<float>(row), h = p.pitch * 0.8F, mid = y + h / 2;
    canvas.text({p.bars.x - 24, mid + t.body * 0.36F}, fmt::format("{}", tread.length),
                {.size = t.body, .color = faded(t, t.ink, alpha), .align = Align::kRight});
    const Rect track{p.bars.x, mid - h * 0.3F, p.bars.w, h * 0.6F};
    draw_bar(canvas, t, track, tread.p * alpha, {.fill = t.bar, .min_px = static_cast<float>(4 * alpha)});
    TextStyle value{.size = t.body, .color = faded(t, t.ink, alpha), .align = Align::kRight};
    canvas.text({p.bars.right() + p.value_w, mid + t.body * 0.36F}, percent(tread.p), value);
    if (tread.forced) canvas.text({track.x + 8, mid + t.caption * 0.36F}, tr(view.lang, "next_token.forced"), caption(t));
    canvas.region({{track.x, y, p.bars.w + p.value_w, h}, CellRef{"next.probs", {0, tread.length - 1, tread.id}}, "",
                   tr(view.lang, "next_token.tip.step_p", {{"label", d.model->tokenizer.label(tread.id)}, {"p", number(tread.p)}, {"n", fmt::format("{}", row + 1)}})});
}

Stairs corpus_stairs(const Data& d) {
    const Scored& text = d.scored.front();
    Stairs s{.labels = text.labels};
    for (std::size_t i = 1; i < text.ids.size(); ++i) s.treads.push_back({static_cast<std::int64_t>(i), text.ids[i], text.p[i]});
    return s;
}

void draw_corpus_value(Canvas& canvas, const Data& d, const View& view, const Place& p, const Tread& tread, std::size_t row, double most, double alpha) {
    const Theme& t = theme(view.theme);
    const float y = p.tokens.y + p.pitch * static_cast<float>(row), h = p.pitch * 0.8F, mid = y + h / 2;
    const double nll = -dg::log(tread.p);
    canvas.text({p.bars.x - 24, mid + t.body * 0.36F}, view.revealed ? percent(tread.p) : "?",
                {.size = t.body, .color = faded(t, t.ink, alpha), .align = Align::kRight});
    const Rect track{p.bars.x, mid - h * 0.3F, p.bars.w, h * 0.6F};
    draw_bar(canvas, t, track, most > 0 ? nll / most * alpha : 0, {.fill = t.bar, .min_px = static_cast<float>(4 * alpha), .covered = !view.revealed});
    if (view.revealed) {
        canvas.text({p.bars.right() + p.value_w, mid + t.body * 0.36F}, fixed(nll, 2), {.size = t.body, .color = faded(t, t.ink, alpha), .align = Align::kRight});
    }
    canvas.region({{track.x, y, p.bars.w + p.value_w, h},
                   view.revealed ? std::optional(CellRef{"next.probs", {0, tread.length - 1, tread.id}}) : std::nullopt, "",
                   view.revealed ? tr(view.lang, "next_token.tip.pair", {{"label", d.model->tokenizer.label(tread.id)}, {"p", number(tread.p)}, {"nll", number(nll)}}) : ""});
}

PageText corpus_words(const Data& d, const View& view, std::size_t rows) {
    const Scored& s = d.scored.front();
    const TextArgs args = {{"tokens", fmt::format("{}", s.ids.size())}, {"pairs", fmt::format("{}", s.ids.size() - 1)},
                           {"loss", fixed(s.loss, 2)}, {"perplexity", number(dg::exp(s.loss))}};
    PageText page = page_text(d, view, view.revealed ? "corpus" : "corpus_covered", args);
    if (view.revealed) page.notes.push_back(tr(view.lang, "next_token.note.corpus"));
    if (rows < s.ids.size() - 1) page.notes.push_back(tr(view.lang, "next_token.note.pairs", {{"k", fmt::format("{}", rows)}, {"n", args[1].second}}));
    return page;
}

/// The mean under the bars: a line and the number the model's own loss op gives.
void draw_mean(Canvas& canvas, const Data& d, const View& view, const Place& p, Rect foot, double most) {
    const Theme& t = theme(view.theme);
    const Scored& s = d.scored.front();
    const double alpha = overall(view);
    canvas.line({p.tokens.x, foot.y}, {foot.right(), foot.y}, {.color = t.border, .width = t.line});
    const float mid = foot.center().y + 4;
    canvas.text({p.bars.x - 24, mid + t.body * 0.36F}, tr(view.lang, "next_token.mean_loss"), strong(t, Align::kRight));
    const Rect track{p.bars.x, mid - foot.h * 0.22F, p.bars.w, foot.h * 0.44F};
    draw_bar(canvas, t, track, most > 0 ? s.loss / most * alpha : 0, {.fill = t.bar_strong, .covered = !view.revealed});
    TextStyle value = strong(t, Align::kRight);
    value.size = std::min(t.heading, foot.h * 0.7F);
    canvas.text({p.bars.right() + p.value_w, mid + value.size * 0.36F}, view.revealed ? fixed(s.loss, 2) : "?", value);
    canvas.region({{track.x, foot.y, p.bars.w + p.value_w, foot.h}, view.revealed ? std::optional(CellRef{"loss.main", {0}}) : std::nullopt, "",
                   tr(view.lang, "next_token.tip.loss")});
}

}  // namespace

void draw_loop(Canvas& canvas, const Data& d, const Params&, const View& view) {
    const Theme& t = theme(view.theme);
    if (d.runs.front().steps.empty()) return draw_empty(canvas, view, tr(view.lang, "next_token.no_room"));
    Stairs s = loop_stairs(d);
    s.covered = !view.revealed;
    const std::size_t rows = rows_in(t, page_room(canvas, view, loop_words(d, view, 0)).h - 8, s);
    const Rect area = draw_page(canvas, view, loop_words(d, view, rows));
    const Place p = lay_out(canvas, t, {area.x, area.y + 8, area.w, area.h - 8}, s, rows);

    const Group group(canvas, "loop");
    const float y = p.tokens.y - t.caption * 0.8F;
    draw_heading(canvas, t, {p.tokens.x, y}, tr(view.lang, "next_token.head.input"), Align::kLeft, p.bars.x - p.tokens.x - p.length_w - 48);
    draw_heading(canvas, t, {p.bars.x - 24, y}, tr(view.lang, "next_token.head.length"), Align::kRight, p.length_w + 40);
    draw_heading(canvas, t, {p.bars.right() + p.value_w, y}, tr(view.lang, "next_token.head.p"), Align::kRight, p.bars.w + p.value_w - 4);
    for (std::size_t row = 0; row < p.rows; ++row) {
        const double alpha = s.covered ? (row == 0 ? 1 : 0) : appeared(view, row, p.rows);
        if (!(alpha > 0)) continue;
        draw_tread(canvas, t, s, p, row, alpha);
        if (!s.covered) draw_loop_value(canvas, d, view, p, s.treads[row], row, alpha);
    }
}

void draw_corpus(Canvas& canvas, const Data& d, const Params&, const View& view) {
    const Theme& t = theme(view.theme);
    const Stairs s = corpus_stairs(d);
    if (s.treads.empty()) return draw_empty(canvas, view, tr(view.lang, "next_token.too_short"));
    const float foot_h = t.body * 2.6F;
    const std::size_t rows = rows_in(t, page_room(canvas, view, corpus_words(d, view, 0)).h - 8 - foot_h, s);
    const Rect area = draw_page(canvas, view, corpus_words(d, view, rows));
    const Place p = lay_out(canvas, t, {area.x, area.y + 8, area.w, area.h - 8 - foot_h}, s, rows);
    double most = 0;
    for (const Tread& tread : s.treads) most = std::max(most, -dg::log(tread.p));

    const Group group(canvas, "corpus");
    const float y = p.tokens.y - t.caption * 0.8F;
    draw_heading(canvas, t, {p.tokens.x, y}, tr(view.lang, "next_token.head.context"), Align::kLeft, p.bars.x - p.tokens.x - p.length_w - 48);
    draw_heading(canvas, t, {p.bars.x - 24, y}, tr(view.lang, "next_token.head.p_target"), Align::kRight, p.length_w + 40);
    draw_heading(canvas, t, {p.bars.right() + p.value_w, y}, tr(view.lang, "next_token.head.nll", {{"most", fixed(most, 1)}}), Align::kRight, p.bars.w + p.value_w - 4);
    for (std::size_t row = 0; row < p.rows; ++row) {
        const double alpha = appeared(view, row, p.rows);
        if (!(alpha > 0)) continue;
        draw_tread(canvas, t, s, p, row, alpha);
        draw_corpus_value(canvas, d, view, p, s.treads[row], row, most, alpha);
    }
    draw_mean(canvas, d, view, p, {area.x, p.tokens.bottom() + 6, area.w, foot_h}, most);
}

}  // namespace dg::viz::next_token
