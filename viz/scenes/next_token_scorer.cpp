// Mode scorer of scene next-token: ln P of every token of a sentence, their sum, the perplexity; two sentences on one scale.
#include "engine/base/mathfn.h"
#include "viz/scenes/next_token_draw.h"

#include <algorithm>

namespace dg::viz::next_token {
namespace {

struct Columns {
    std::vector<float> x, w;
    std::size_t hidden = 0;
    float size = 0;
};

Columns columns_of(const Canvas& canvas, const Theme& t, const Scored& s, Rect area) {
    Columns c;
    c.size = std::clamp(area.h * 0.11F, t.body, t.heading * 1.2F);
    constexpr float kGap = 6;
    const float more = t.label * 2.4F, number = canvas.measure("−00.00", label(t)).width + 6;
    const float least = std::max(number, std::min(area.w * 0.85F / static_cast<float>(s.labels.size()) - kGap, 120.0F));
    c.w = token_widths(canvas, s.labels, {.size = c.size, .color = t.ink}, area.w - more - kGap * static_cast<float>(s.labels.size()), least);
    c.hidden = s.labels.size() - c.w.size();
    float x = area.x + (c.hidden > 0 ? more : 0);
    for (const float w : c.w) c.x.push_back(x), x += w + kGap;
    return c;
}

/// One token: chip, the bar of ln P hanging from a line, its number.
void draw_token_column(Canvas& canvas, const View& view, const Scored& s, std::size_t i, Rect chip, Rect bar, double most, float size, bool cells) {
    const Theme& t = theme(view.theme);
    const bool given = i == 0;
    const double alpha = std::clamp(overall(view) * static_cast<double>(s.ids.size()) - static_cast<double>(i), 0.0, 1.0);
    draw_token(canvas, t, chip, s.labels[i], size, {.fill = given ? t.ground : t.track, .ink = given ? t.ink3 : t.ink, .outline = given});
    const TextStyle value = label(t, Align::kCenter);
    if (given) {
        canvas.text({chip.center().x, bar.y + t.label * 1.2F}, tr(view.lang, "next_token.given"), caption(t, Align::kCenter));
        return;
    }
    const double log_p = dg::log(s.p[i]);
    if (!view.revealed) {
        canvas.fill_rect({bar.x, bar.y, bar.w, bar.h * 0.5F}, t.track, 3);
        canvas.text({chip.center().x, bar.y + bar.h * 0.5F + t.label * 1.2F}, "?", value);
        return;
    }
    const float h = std::max(3.0F, bar.h * static_cast<float>(most > 0 ? -log_p / most * alpha : 0));
    canvas.fill_rect({bar.x, bar.y, bar.w, h}, t.bar, 2);
    if (alpha > 0) canvas.text({chip.center().x, bar.y + h + t.label * 1.15F}, fixed(log_p, log_p > -0.01 ? 3 : 2), value);
    canvas.region({{chip.x, chip.y, chip.w, bar.bottom() - chip.y + t.label * 1.6F},
                   cells ? std::optional(CellRef{"next.probs", {0, static_cast<std::int64_t>(i) - 1, s.ids[i]}}) : std::nullopt, "",
                   tr(view.lang, "next_token.tip.score", {{"label", s.labels[i]}, {"id", fmt::format("{}", s.ids[i])}, {"p", number(s.p[i])}, {"log_p", fixed(log_p, 3)}})});
}

/// Sum and perplexity at the right end.
void draw_totals(Canvas& canvas, const View& view, const Scored& s, Rect area, bool best) {
    const Theme& t = theme(view.theme);
    const bool shown = view.revealed && overall(view) >= 1;
    const TextStyle small = label(t);
    float y = area.y + t.label * 1.2F;
    canvas.text({area.x, y}, tr(view.lang, "next_token.sum_log_p"), small);
    TextStyle big{.size = std::min(t.big, area.h * 0.26F), .color = t.ink, .weight = best ? Weight::kBold : Weight::kRegular};
    y += big.size * 1.15F;
    canvas.text({area.x, y}, shown ? fixed(s.sum_log_p, 2) : "?", big);
    y += t.label * 1.7F;
    const std::string lines[] = {tr(view.lang, "next_token.probability", {{"p", shown ? number(dg::exp(s.sum_log_p), 2) : "?"}}),
                                 tr(view.lang, "next_token.perplexity", {{"ppl", shown ? number(dg::exp(s.loss)) : "?"}})};
    for (const std::string& line : lines) {
        canvas.text({area.x, y}, elide(canvas, line, small, area.w), small);
        y += t.label * 1.45F;
    }
    canvas.region({area, std::nullopt, "", tr(view.lang, "next_token.tip.perplexity")});
}

PageText words(const Data& d, const View& view, bool cut) {
    TextArgs args = {{"a", in_quotes(d.scored[0].text, 24)}, {"sum", fixed(d.scored[0].sum_log_p, 2)}, {"vocab", grouped(d.model->model.config.vocab_size)}};
    std::string key = !view.revealed ? "scorer_covered" : "scorer_one";
    if (view.revealed && d.scored.size() == 2) {
        const double gap = d.scored[0].sum_log_p - d.scored[1].sum_log_p;
        const std::size_t best = gap >= 0 ? 0 : 1;
        const double ratio = dg::exp(std::abs(gap));
        key = "scorer";
        args = {{"a", in_quotes(d.scored[best].text, 24)}, {"b", in_quotes(d.scored[1 - best].text, 24)}, {"ratio", ratio < 1e6 && ratio >= 1000 ? grouped(std::llround(ratio)) : number(ratio, 3)}};
    }
    PageText page = page_text(d, view, key, args);
    if (view.revealed) page.notes.push_back(tr(view.lang, "next_token.note.scorer", {{"vocab", grouped(d.model->model.config.vocab_size)}}));
    if (cut) page.notes.push_back(tr(view.lang, "next_token.note.cut"));
    return page;
}

}  // namespace

void draw_scorer(Canvas& canvas, const Data& d, const Params&, const View& view) {
    const Theme& t = theme(view.theme);
    for (const Scored& s : d.scored) {
        if (s.ids.size() < 2) return draw_empty(canvas, view, tr(view.lang, "next_token.too_short"));
    }
    const Rect guess = page_room(canvas, view, words(d, view, true));
    const auto block_of = [&](Rect a) { return std::min(a.h / static_cast<float>(d.scored.size()), 460.0F); };
    bool cut = false;
    for (const Scored& s : d.scored) cut = cut || columns_of(canvas, t, s, {0, 0, guess.w * 0.74F, block_of(guess) - 24}).hidden > 0;
    const Rect area = draw_page(canvas, view, words(d, view, cut));

    double most = 0;
    std::size_t best = 0;
    for (std::size_t k = 0; k < d.scored.size(); ++k) {
        for (std::size_t i = 1; i < d.scored[k].p.size(); ++i) most = std::max(most, -dg::log(d.scored[k].p[i]));
        if (d.scored[k].sum_log_p > d.scored[best].sum_log_p) best = k;
    }
    const float block = block_of(area);
    for (std::size_t k = 0; k < d.scored.size(); ++k) {
        const Group group(canvas, k == 0 ? "first" : "second");
        const Rect whole{area.x, area.y + block * static_cast<float>(k), area.w, block - 12};
        if (k > 0) canvas.line({whole.x, whole.y - 8}, {whole.right(), whole.y - 8}, {.color = t.hairline, .width = t.line});
        const Rect left{whole.x, whole.y + 12, whole.w * 0.74F, whole.h - 12}, right{whole.x + whole.w * 0.78F, whole.y + 8, whole.w * 0.22F, whole.h - 8};
        const Columns c = columns_of(canvas, t, d.scored[k], left);
        const float chip_h = c.size * 1.7F, top = left.y + chip_h + 10, room = left.h - chip_h - 10 - t.label * 1.8F;
        if (c.hidden > 0) canvas.text({left.x, left.y + chip_h * 0.62F}, fmt::format("{}…", c.hidden), label(t));
        canvas.line({left.x, top}, {left.right(), top}, {.color = t.border, .width = t.line});
        for (std::size_t i = 0; i < c.w.size(); ++i) {
            const float width = std::min(c.w[i] * 0.6F, 64.0F);
            draw_token_column(canvas, view, d.scored[k], i + c.hidden, {c.x[i], left.y, c.w[i], chip_h},
                              {c.x[i] + (c.w[i] - width) / 2, top, width, room}, most, c.size, k == 0);
        }
        draw_totals(canvas, view, d.scored[k], right, d.scored.size() > 1 && k == best);
    }
}

}  // namespace dg::viz::next_token
