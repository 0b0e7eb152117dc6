// Mode bars of scene next-token: the text, an arrow, one bar per continuation, the strip of steps.
#include "engine/base/mathfn.h"
#include "viz/scenes/next_token_draw.h"

#include <algorithm>
#include <cmath>

namespace dg::viz::next_token {
namespace {

/// One drawn row; nullptr = the rest.
struct Row {
    const Candidate* candidate = nullptr;
    double p = 0, other = kNone;
    std::string printed = {}, printed_other = {};
};

struct Columns {
    Rect rows;               // all rows
    float pitch = 0;
    float label_w = 0;
    std::vector<Rect> tracks;   // x and width of one bar column per model, height 0
    float number_w = 0;
    float label_size = 0, number_size = 0;
};

/// One decimal, two below 1 %; a watched one shows its digits however small it is.
std::string printed_share(const Candidate& candidate, double p) {
    if (p >= 0.01 || !(p > 0)) return percent(p);
    return !candidate.top && p < 0.0001 ? number(100 * p, 2) + "%" : percent(p, 2);
}

/// Every row is rounded on its own, the rest takes what is missing to 100 %.
void print_shares(std::vector<Row>& rows, bool other) {
    double sum = 0;
    for (Row& row : rows) {
        const double p = other ? row.other : row.p;
        std::string& printed = other ? row.printed_other : row.printed;
        if (row.candidate != nullptr) {
            printed = printed_share(*row.candidate, p);
            const double unit = p >= 0.01 ? 1e-3 : 1e-4;
            sum += std::round(p / unit) * unit;
            continue;
        }
        const double missing = std::round((1 - sum) * 1000) / 1000;
        printed = missing > 0 ? fixed(100 * missing, 1) + "%" : percent(std::min(p, 0.0004));
    }
}

/// As many rows as fit, watched ones before others; what is left out joins the rest.
std::vector<Row> choose_rows(const Data& d, std::size_t room, bool covered) {
    std::vector<const Candidate*> shown;
    for (const Candidate& c : d.next.rows) {
        if (!c.top) shown.push_back(&c);
    }
    for (const Candidate& c : d.next.rows) {
        if (c.top && shown.size() + 1 < std::max<std::size_t>(room, 2)) shown.push_back(&c);
    }
    // before the reveal the order must not give the answer away: vocabulary order
    std::ranges::stable_sort(shown, [&](const Candidate* a, const Candidate* b) { return covered ? a->ids < b->ids : a->p > b->p; });
    std::vector<Row> rows;
    double rest = 1, rest_other = d.other ? 1 : kNone;
    for (const Candidate* c : shown) {
        rows.push_back({.candidate = c, .p = c->p, .other = c->other});
        rest -= c->p, rest_other -= c->other;
    }
    rows.push_back({.p = std::max(0.0, rest), .other = std::isnan(rest_other) ? kNone : std::max(0.0, rest_other)});
    print_shares(rows, false);
    if (d.other) print_shares(rows, true);
    return rows;
}

Columns lay_out(const Canvas& canvas, const Theme& t, Rect area, std::span<const Row> rows, std::size_t models, bool presenter) {
    const float head = t.label * (models > 1 ? 2.6F : 1.7F);
    Columns c;
    const auto n = static_cast<float>(rows.size());
    c.pitch = std::min((area.h - head) / n, t.body * (presenter ? 4.6F : 3.4F));
    const float top = area.y + head + (area.h - head - c.pitch * n) / 2;
    c.rows = {area.x, top, area.w, c.pitch * n};
    c.label_size = std::clamp(c.pitch * 0.56F, t.label, presenter ? 72.0F : 56.0F);
    c.number_size = std::clamp(c.pitch * 0.45F, t.label, presenter ? 60.0F : 48.0F);
    const TextStyle label{.size = c.label_size, .color = t.ink};
    for (const Row& row : rows) {
        if (row.candidate != nullptr) c.label_w = std::max(c.label_w, canvas.measure(row.candidate->label, label).width);
    }
    c.label_w = std::clamp(c.label_w + c.label_size * 0.9F, c.pitch * 1.3F, area.w * (models > 1 ? 0.14F : 0.2F));
    c.number_w = canvas.measure("<0.1%", {.size = c.number_size * 1.12F, .color = t.ink, .weight = Weight::kBold}).width + 20;
    const float pad = 20, inner = area.w - c.label_w - 2 * pad;
    const float each = inner / static_cast<float>(models);
    for (std::size_t m = 0; m < models; ++m) {
        c.tracks.push_back({area.x + pad + c.label_w + each * static_cast<float>(m), 0, each - c.number_w - (m + 1 < models ? 24.0F : 0.0F), 0});
    }
    return c;
}

/// "E6 0.91 × B9 0.99": how a character's probability came about.
std::string spelling(const Data& d, const Candidate& c) {
    std::string out;
    for (std::size_t i = 0; i < c.ids.size(); ++i) {
        out += fmt::format("{}{} {}", i > 0 ? " × " : "", d.model->tokenizer.label(c.ids[i]), number(c.factors[i]));
    }
    return out;
}

std::string tip_of(const Data& d, const View& view, const Candidate& c) {
    std::string tip = tr(view.lang, c.ids.size() > 1 ? "next_token.tip.character" : "next_token.tip.token",
                         {{"label", c.label}, {"id", fmt::format("{}", c.ids[0])}, {"logit", fixed(c.logit, 2)}, {"p", number(c.p)}, {"spelling", spelling(d, c)}});
    if (!std::isnan(c.other)) tip += " · " + tr(view.lang, "next_token.tip.other", {{"model", display_name(*d.other)}, {"p", number(c.other)}});
    return tip;
}

void draw_rest(Canvas& canvas, const View& view, const Columns& c, const Row& row, float y) {
    const Theme& t = theme(view.theme);
    const float h = c.pitch * 0.34F, mid = y + c.pitch / 2;
    TextStyle words{.size = std::max(t.caption, c.label_size * 0.62F), .color = t.ink2, .align = Align::kCenter};
    const std::string name = tr(view.lang, "next_token.rest");
    words.size = fit_size(canvas, name, words, c.label_w, t.caption * 0.8F);
    canvas.text({c.tracks[0].x - c.label_w / 2, mid + words.size * 0.36F}, name, words);
    for (std::size_t m = 0; m < c.tracks.size(); ++m) {
        const Rect track{c.tracks[m].x, mid - h / 2, c.tracks[m].w, h};
        draw_bar(canvas, t, track, 0, {.covered = !view.revealed});
        if (!view.revealed) continue;
        const auto share = static_cast<float>((m == 0 ? row.p : row.other) * done(view, kGrow));
        const Rect part{track.x, track.y, std::max(6.0F, track.w * share), h};
        canvas.fill_rect(part, mix(t.track, t.bar, 0.25F), 3);
        canvas.hatch(part, t.bar, 7, 1);
        TextStyle number{.size = std::max(t.label, c.number_size * 0.82F), .color = t.ink2, .align = Align::kRight};
        canvas.text({track.right() + c.number_w, mid + number.size * 0.36F}, m == 0 ? row.printed : row.printed_other, number);
        canvas.region({{track.x, y, track.w + c.number_w, c.pitch}, std::nullopt, "", tr(view.lang, "next_token.rest_words")});
    }
}

void draw_row(Canvas& canvas, const Data& d, const View& view, const Columns& c, const Row& row, float y, bool chosen) {
    const Theme& t = theme(view.theme);
    const Candidate& candidate = *row.candidate;
    const float mid = y + c.pitch / 2, h = c.pitch * 0.62F;
    const bool bold = chosen && view.revealed && view.stage >= kChoose;
    const bool lit = view.hover && view.hover->tensor == "next.probs" && !view.hover->at.empty() && view.hover->at.back() == candidate.ids[0];
    if (lit) canvas.fill_rect({c.rows.x, y + 2, c.rows.w, c.pitch - 4}, mix(t.ground, t.select, 0.22F), 8);
    TextStyle glyph{.size = c.label_size, .color = t.ink, .weight = bold ? Weight::kBold : Weight::kRegular, .align = Align::kCenter, .tabular = false};
    glyph.size = fit_size(canvas, candidate.label, glyph, c.label_w - 28, t.caption);
    const Rect place{c.tracks[0].x - c.label_w, y, c.label_w, c.pitch};
    canvas.text({place.center().x, mid + glyph.size * 0.36F}, elide(canvas, candidate.label, glyph, c.label_w - 24), glyph);
    canvas.region({place, std::nullopt, valid_utf8(candidate.bytes) ? "set force=" + candidate.bytes : "", tip_of(d, view, candidate)});
    for (std::size_t m = 0; m < c.tracks.size(); ++m) {
        const Rect track{c.tracks[m].x, mid - h / 2, c.tracks[m].w, h};
        const double grown = done(view, kGrow);
        draw_bar(canvas, t, track, (m == 0 ? row.p : row.other) * grown,
                 {.fill = bold && m == 0 ? t.bar_strong : t.bar, .radius = 4, .min_px = static_cast<float>(6 * grown), .covered = !view.revealed});
        if (m == 0) {
            canvas.region({{track.x, y, track.w + c.number_w, c.pitch},
                           view.revealed ? std::optional(CellRef{"next.probs", {0, static_cast<std::int64_t>(d.tokens.size()) - 1, candidate.ids[0]}}) : std::nullopt,
                           "", view.revealed ? tip_of(d, view, candidate) : ""});
        }
        if (!view.revealed || view.stage < kGrow) continue;
        TextStyle number{.size = c.number_size, .color = faded(t, t.ink, grown), .align = Align::kRight};
        if (bold && m == 0) number.weight = Weight::kBold, number.size *= 1.12F;
        canvas.text({track.right() + c.number_w, mid + number.size * 0.36F}, m == 0 ? row.printed : row.printed_other, number);
    }
}

void draw_heads(Canvas& canvas, const Data& d, const View& view, const Columns& c) {
    const Theme& t = theme(view.theme);
    if (c.tracks.size() == 1) {
        const TextStyle style = caption(t, Align::kRight);
        canvas.text({c.tracks[0].x + c.tracks[0].w, c.rows.y - t.caption * 0.6F}, tr(view.lang, "next_token.whole_bar"), style);
        return;
    }
    for (std::size_t m = 0; m < c.tracks.size(); ++m) {
        const LoadedModel& model = m == 0 ? *d.model : *d.other;
        const double entropy = m == 0 ? d.next.entropy : d.next_other.entropy;
        const Rect track = c.tracks[m];
        const TextStyle name = strong(t), small = caption(t, Align::kRight);
        const std::string words = tr(view.lang, "next_token.entropy_short", {{"h", view.revealed ? fixed(entropy, 2) : "?"}});
        const float right = track.x + track.w + c.number_w, room = right - track.x - canvas.measure(words, small).width - 16;
        canvas.text({track.x, c.rows.y - t.caption * 0.8F}, elide(canvas, display_name(model), name, room), name);
        canvas.text({right, c.rows.y - t.caption * 0.8F}, words, small);
    }
}

/// How sure the model is: entropy on a bar from 0 to ln V.
void draw_entropy(Canvas& canvas, const Data& d, const View& view, Rect area) {
    const Group group(canvas, "entropy");
    const Theme& t = theme(view.theme);
    const double uniform = dg::log(static_cast<double>(d.next.vocab));
    const float h = 8, y = area.bottom() - t.caption * 1.7F;
    const TextStyle value = strong(t, Align::kRight);
    const std::string nats = view.revealed ? tr(view.lang, "next_token.nats", {{"h", fixed(d.next.entropy, 2)}}) : "?";
    canvas.text({area.right(), y - 14}, nats, value);
    const float room = area.w - canvas.measure(nats, value).width - 16;
    std::string name = tr(view.lang, "next_token.entropy");
    if (canvas.measure(name, label(t)).width > room) name = tr(view.lang, "next_token.entropy_name");
    canvas.text({area.x, y - 14}, elide(canvas, name, label(t), room), label(t));
    const Rect track{area.x, y, area.w, h};
    canvas.fill_rect(track, t.track, 4);
    if (view.revealed) {
        const auto share = static_cast<float>(std::clamp(d.next.entropy / uniform, 0.0, 1.0) * done(view, kGrow));
        canvas.fill_rect({track.x, track.y, std::max(6.0F, track.w * share), h}, t.ink2, 4);
    }
    canvas.text({area.x, y + h + t.caption * 1.3F}, "0", caption(t));
    canvas.text({area.right(), y + h + t.caption * 1.3F}, view.revealed ? fmt::format("ln {} = {}", grouped(d.next.vocab), fixed(uniform, 2)) : "?", caption(t, Align::kRight));
}

/// The chosen glyph on its way: row -> slot while choosing, slot -> strip while appending.
void draw_traveller(Canvas& canvas, const Data& d, const View& view, Vec2 row, Rect slot, Rect first) {
    const Theme& t = theme(view.theme);
    const std::string label = d.runs.front().steps.size() == 1 ? d.runs.front().steps.front().label : printable(d.runs.front().text);
    const auto at = [&](Vec2 a, Vec2 b, float from, float to, double u) {
        const auto f = static_cast<float>(u);
        TextStyle style{.size = from + (to - from) * f, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter, .tabular = false};
        style.size = fit_size(canvas, label, style, slot.w * 1.6F, t.caption);
        canvas.text({a.x + (b.x - a.x) * f, a.y + (b.y - a.y) * f + style.size * 0.36F}, label, style);
    };
    const float big = slot.h * 0.72F, small = first.h * 0.5F;
    if (view.stage == kChoose) at(row, slot.center(), small, big, done(view, kChoose));
    if (view.stage < kAppend) return draw_slot(canvas, t, first, t.ink2);
    if (view.u < 1) {
        draw_slot(canvas, t, first, t.ink2);
        return at(slot.center(), first.center(), big, small, done(view, kAppend));
    }
    canvas.fill_rect(first, t.ground, 8);
    TextStyle style{.size = small, .color = t.ink, .weight = Weight::kBold, .align = Align::kCenter, .tabular = false};
    style.size = fit_size(canvas, label, style, first.w - 6, t.caption * 0.8F);
    draw_centered(canvas, first, elide(canvas, label, style, first.w - 4), style);
    draw_ring(canvas, t, first, 8);
    if (d.forced > 0) canvas.text({first.center().x, first.y - 8}, tr(view.lang, "next_token.forced"), caption(t, Align::kCenter));
}

PageText words(const Data& d, const Params& params, const View& view, std::span<const Row> rows) {
    const bool sampled = params.real("temperature") > 0;
    const std::string seed = sampled ? fmt::format("{}", d.runs.front().seed) : "";
    const double uniform = dg::log(static_cast<double>(d.next.vocab));
    const Candidate& best = d.next.rows.front();
    TextArgs args = {{"prompt", in_quotes(d.prompt)}, {"text", in_quotes(best.label, 12)}, {"p", percent(best.p)}, {"vocab", grouped(d.next.vocab)}};
    const char* key = !view.revealed ? "covered" : d.other ? "compare" : d.next.entropy > 0.95 * uniform ? "flat" : "bars";
    if (d.other) {
        args.emplace_back("a", in_quotes(display_name(*d.model)));
        args.emplace_back("b", in_quotes(display_name(*d.other)));
        args.emplace_back("q", percent(best.other));
    }
    PageText page = page_text(d, view, key, args, seed);
    if (view.presenter) return page;
    for (const Row& row : rows) {
        if (row.candidate != nullptr && row.candidate->ids.size() > 1 && view.revealed) {
            page.notes.push_back(tr(view.lang, "next_token.note.product", {{"text", row.candidate->label}, {"spelling", spelling(d, *row.candidate)}}));
            break;
        }
    }
    if (page.notes.empty()) page.notes.push_back(tr(view.lang, "next_token.note.bars", {{"n", fmt::format("{}", rows.size() - 1)}, {"vocab", grouped(d.next.vocab)}}));
    return page;
}

}  // namespace

void draw_bars(Canvas& canvas, const Data& d, const Params& params, const View& view) {
    const Theme& t = theme(view.theme);
    const std::size_t models = d.other ? 2 : 1;
    // as many rows as the page has room for; they decide the note
    const bool large = view.presenter || view.theme == ThemeId::kProjector;
    const auto strip_of = [&](Rect a) { return std::clamp(a.h * 0.2F, t.caption * 5, 150.0F); };
    const Rect guess = page_room(canvas, view, words(d, params, view, choose_rows(d, 2, !view.revealed)));
    const float free = guess.h - strip_of(guess) - 16 - t.label * 1.7F;
    // a hall sees few rows, but five or six even on a low page
    const float least = large ? std::clamp(free / (view.presenter ? 5.5F : 7), t.body * 1.5F, t.body * (view.presenter ? 3 : 2.2F)) : t.body * 1.75F;
    const auto room = static_cast<std::size_t>(std::max(2.0F, free / least));
    const std::vector<Row> rows = choose_rows(d, room, !view.revealed);
    const Rect area = draw_page(canvas, view, words(d, params, view, rows));

    const float strip_h = strip_of(area);
    const Rect strip{area.x, area.bottom() - strip_h, area.w, strip_h};
    const float left_w = area.w * (models > 1 ? 0.25F : 0.32F), arrow_w = area.w * 0.07F;
    const Rect main{area.x, area.y, area.w, area.h - strip_h - 16};
    const float gauge_h = view.presenter ? 0 : t.label * 4.2F;
    const Rect slot = draw_prompt(canvas, d, view, {main.x, main.y, left_w, main.h - gauge_h});
    if (!view.presenter) draw_entropy(canvas, d, view, {main.x, main.bottom() - gauge_h, left_w, gauge_h});

    const Rect right{main.x + left_w + arrow_w, main.y, main.w - left_w - arrow_w, main.h};
    const Columns columns = lay_out(canvas, t, right, rows, models, view.presenter);
    const Vec2 from{main.x + left_w + 8, slot.center().y}, to{right.x - 8, slot.center().y};
    const auto reach = static_cast<float>(done(view, kArrow));
    if (reach > 0) draw_arrow(canvas, from, {from.x + (to.x - from.x) * reach, from.y}, {.color = t.ink, .width = 3}, 16);

    const Group group(canvas, "bars");
    draw_heads(canvas, d, view, columns);
    Vec2 chosen_at{columns.rows.x, columns.rows.center().y};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const float y = columns.rows.y + columns.pitch * static_cast<float>(i);
        if (rows[i].candidate == nullptr) {
            draw_rest(canvas, view, columns, rows[i], y);
            continue;
        }
        const bool chosen = rows[i].candidate->bytes == d.runs.front().text;
        draw_row(canvas, d, view, columns, rows[i], y, chosen);
        if (!chosen) continue;
        chosen_at = {columns.tracks[0].x - columns.label_w / 2, y + columns.pitch / 2};
        if (view.revealed && view.stage >= kChoose) draw_ring(canvas, t, {columns.rows.x + 5, y + 5, columns.rows.w - 10, columns.pitch - 10}, 8);
    }
    const Rect first = draw_strip(canvas, d, view, strip);
    if (view.revealed) draw_traveller(canvas, d, view, chosen_at, slot, first);
    else draw_slot(canvas, t, first, t.ink2);
    canvas.region({first, std::nullopt, view.revealed ? "step" : "", tr(view.lang, "next_token.tip.step")});
}

}  // namespace dg::viz::next_token
