// show=token of scene moe: the ladder affinity, bias, selection score, choice, mix; all rows share the experts' columns.
#include "viz/scenes/clock.h"
#include "viz/scenes/moe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::moe {
namespace {

struct Ladder {
    Rect labels, chips, bus, head, affinity, bias, score, sums, tiles, mix, grid, panel;
    Columns columns;
    Rect shared;  // column of the shared expert
    float number = 0;  // size of numbers over bars; 0: too narrow
};

Ladder lay_out(const Canvas& canvas, const Data& d, const View& view, Rect place) {
    const Theme& t = theme(view.theme);
    Ladder l;
    const bool panel = place.w >= 52 * t.label;
    const float panel_w = panel ? std::clamp(place.w * 0.27F, 15 * t.label, 30 * t.label) : 0;
    float widest = 0;
    for (const char* key : {"scene.moe.row.affinity.sigmoid", "scene.moe.row.bias.detail", "scene.moe.grid.load", "scene.moe.row.selection.detail"})
        widest = std::max(widest, canvas.measure(tr(view.lang, key), caption(t)).width);
    for (const char* key : {"scene.moe.row.selection", "scene.moe.row.affinity", "scene.moe.grid"}) widest = std::max(widest, canvas.measure(tr(view.lang, key), strong(t)).width);
    const float label_w = std::min(place.w * 0.17F, widest + 28);
    const float across = place.w - label_w - (panel ? panel_w + 48 : 0);
    const float shared_w = d.contribution.back() > 0 || !d.shared ? std::clamp(across * 0.06F, 36.0F, 64.0F) : 0;
    const float x = place.x + label_w, w = across - (shared_w > 0 ? shared_w + 20 : 0);
    l.columns = columns_of(d, x, w);
    l.panel = {place.right() - panel_w, place.y, panel_w, place.h};
    const float line = t.label * 1.5F;
    const bool grid = place.h >= line * 23 && view.theme != ThemeId::kProjector && !view.presenter;
    const float grid_h = grid ? std::min(place.h * 0.34F, line * (2.2F + static_cast<float>(d.tokens))) : 0;
    const float tile_h = std::clamp(l.columns.column_w() * 0.62F, 22.0F, 40.0F);
    const float fixed = line * 1.7F + line * 1.2F + line * 1.2F + line * 1.2F + tile_h + line * 2.2F + 24;
    const float bars = std::max(60.0F, place.h - grid_h - fixed);
    float y = place.y;
    const auto take = [&](float h) {
        const Rect r{x, y, w, h};
        y += h;
        return r;
    };
    l.chips = take(line * 1.7F), l.bus = take(line * 1.2F), l.head = take(line * 1.2F);
    l.affinity = take(bars * 0.4F), l.bias = take(bars * 0.22F), l.score = take(bars * 0.38F);
    l.score.h -= t.label * 1.25F;  // the numbers stand below the bars, clear of the cut line
    l.sums = take(line * 1.2F), l.tiles = take(tile_h + 10), l.mix = take(line * 2.2F);
    y += 14;
    l.grid = {x, y, w, grid_h > 0 ? place.bottom() - y : 0};
    l.labels = {place.x, place.y, label_w - 20, place.h};
    l.shared = {x + w + 20, l.head.y, shared_w, l.tiles.bottom() - l.head.y};
    const float narrow = canvas.measure(".88", {.size = t.label, .color = {}}).width;
    l.number = l.columns.column_w() >= narrow + 2 ? t.label : l.columns.column_w() >= narrow * 0.72F ? t.label * 0.72F : 0;
    return l;
}

/// ".61": two decimals without the leading zero, as there is little room.
std::string short_share(double v) {
    std::string text = fixed(v, 2);
    if (const std::size_t at = text.find("0."); at != std::string::npos && std::abs(v) < 1) text.erase(at, 1);
    return text;
}

class LadderPainter {
  public:
    LadderPainter(Canvas& canvas, const Data& d, const View& view, const Ladder& l, std::int64_t focus)
        : c_(canvas), d_(d), v_(view), t_(theme(view.theme)), l_(l), focus_(focus) {
        for (std::int64_t e = 0; e < d.experts; ++e) {
            top_ = std::max(top_, static_cast<double>(d.affinity(d.position, e)));
            bias_limit_ = std::max(bias_limit_, std::abs(d.bias_of(e)));
            score_top_ = std::max(score_top_, d.score(d.position, e));
        }
        if (d.model->model.config.scoring_func == ScoringFunc::kSigmoid) top_ = 1;
    }

    void draw() {
        groups();
        tokens();
        affinity();
        bias();
        score();
        tiles();
        mix();
        row_labels();
    }

  private:
    [[nodiscard]] bool covered(Stage stage) const { return !v_.revealed && v_.stage >= stage; }

    /// Experts outside the kept groups fade once groups are decided.
    [[nodiscard]] Color shade(std::int64_t e) const {
        const Color color = expert_color(t_, e);
        const bool out = !d_.group_kept(d_.position, d_.group_of(e)) && v_.revealed;
        const auto fade = static_cast<float>(out ? done(v_, kGroups) * 0.62 : 0);
        return mix_color(color, fade);
    }

    [[nodiscard]] Color mix_color(Color color, float fade) const { return dg::viz::mix(color, t_.ground, fade); }

    void groups() {
        const std::int64_t size = d_.experts / d_.groups;
        for (std::int64_t g = 0; g < d_.groups; ++g) {
            const float left = l_.columns.left(g * size) - 5, right = l_.columns.left((g + 1) * size - 1) + l_.columns.column_w() + 5;
            const Rect box{left, l_.head.y, right - left, l_.tiles.bottom() + 4 - l_.head.y};
            c_.fill_rect(box, t_.panel, 8);
            const bool out = !d_.group_kept(d_.position, g) && done(v_, kGroups) > 0 && v_.revealed;
            if (out) c_.hatch({box.x, box.y, box.w * static_cast<float>(ease(done(v_, kGroups))), box.h}, t_.hairline, 9, 1);
            c_.stroke_rect(box, {.color = t_.hairline, .width = t_.line}, 8);
            if (d_.groups > 1)
                draw_centered(c_, {box.x, l_.head.y, box.w, l_.head.h}, elide(c_, tr(v_.lang, "scene.moe.group", {{"group", fmt::format("{}", g)}}), caption(t_), box.w - 6), caption(t_));
            sums(g, box);
        }
    }

    void sums(std::int64_t g, Rect box) {
        if (d_.groups < 2 || done(v_, kGroups) <= 0) return;
        const bool kept = d_.group_kept(d_.position, g);
        TextStyle style = caption(t_);
        style.weight = kept && v_.revealed ? Weight::kBold : Weight::kRegular;
        style.color = kept && v_.revealed ? t_.ink : t_.ink2;
        const std::string value = fixed(d_.group_score[static_cast<std::size_t>(d_.position * d_.groups + g)], 2);
        const char* key = !v_.revealed ? "scene.moe.sum" : kept ? "scene.moe.sum.in" : "scene.moe.sum.out";
        std::string text = tr(v_.lang, key, {{"value", value}});
        if (c_.measure(text, style).width > box.w - 6) text = value;
        draw_centered(c_, {box.x, l_.sums.y, box.w, l_.sums.h}, text, style);
    }

    void tokens() {
        const TokenChips chips = draw_token_row(c_, v_, {l_.chips.x, l_.chips.y, l_.chips.w + l_.shared.w, l_.chips.h - 10}, d_.labels, static_cast<int>(d_.position));
        const int index = static_cast<int>(d_.position) - chips.first;
        if (index < 0 || index >= static_cast<int>(chips.rects.size())) return;
        const Rect chip = chips.rects[static_cast<std::size_t>(index)];
        const float y = l_.bus.center().y;
        const Stroke wire{.color = t_.stream, .width = 3};
        const std::int64_t size = d_.experts / d_.groups;
        float first = chip.center().x, last = first;
        for (std::int64_t g = 0; g < d_.groups; ++g) {
            const float x = (l_.columns.left(g * size) + l_.columns.left((g + 1) * size - 1) + l_.columns.column_w()) / 2;
            first = std::min(first, x), last = std::max(last, x);
            c_.line({x, y}, {x, l_.head.y - 2}, wire);
        }
        if (l_.shared.w > 0) {
            last = std::max(last, l_.shared.center().x);
            c_.line({l_.shared.center().x, y}, {l_.shared.center().x, l_.head.y - 2}, wire);
        }
        c_.line({first, y}, {last, y}, wire);
        c_.line({chip.center().x, chip.bottom() + 4}, {chip.center().x, y}, wire);
        from_ = {chip.center().x, chip.bottom()};
    }

    void number(std::int64_t e, float y, const std::string& text, bool bold, float alpha = 1) {
        if (l_.number <= 0 && e != focus_) return;
        float size = l_.number > 0 ? l_.number : t_.caption;
        // "1.06" is wider than ".68": it must not run into its neighbour
        const float wide = c_.measure(text, {.size = size, .color = {}, .weight = bold ? Weight::kBold : Weight::kRegular}).width;
        size *= std::min(1.0F, (l_.columns.column_w() - 2) / wide);
        const bool out = !d_.group_kept(d_.position, d_.group_of(e)) && done(v_, kGroups) >= 1 && v_.revealed;
        c_.text({l_.columns.center(e), y}, text,
                {.size = size, .color = (out ? t_.ink2 : t_.ink).with_alpha(alpha), .weight = bold ? Weight::kBold : Weight::kRegular, .align = Align::kCenter});
    }

    [[nodiscard]] Rect bar(Rect row, std::int64_t e, double share) const {
        const float room = row.h - t_.label * (row.y == l_.score.y ? 0.4F : 1.35F), w = std::min(l_.columns.column_w() * 0.72F, 44.0F);
        const float h = std::max(0.0F, static_cast<float>(share)) * room;
        return {l_.columns.center(e) - w / 2, row.bottom() - h, w, h};
    }

    void baseline(Rect row) {
        c_.line({l_.columns.x, row.bottom()}, {l_.columns.left(d_.experts - 1) + l_.columns.column_w(), row.bottom()}, {.color = t_.border, .width = t_.line});
    }

    void affinity() {
        const Group group(c_, "affinity");
        baseline(l_.affinity);
        for (std::int64_t e = 0; e < d_.experts; ++e) {
            const double s = d_.affinity(d_.position, e), grown = ease(staggered(done(v_, kAffinity), static_cast<int>(e), static_cast<int>(d_.experts), 4));
            const Rect b = bar(l_.affinity, e, s / top_ * grown);
            c_.fill_rect(b, shade(e), 2);
            draw_cell_mark(c_, t_, {b.x, l_.affinity.y, b.w, l_.affinity.h}, s);
            number(e, b.y - 5, short_share(s), e == focus_, static_cast<float>(grown));
            c_.region({{l_.columns.left(e), l_.affinity.y, l_.columns.column_w(), l_.affinity.h}, d_.cell("gate.scores", {0, d_.position, e}), "", ""});
        }
    }

    void bias() {
        const auto grown = static_cast<float>(ease(done(v_, kBias)));
        if (grown <= 0 || d_.bias == nullptr || bias_limit_ <= 0) return;
        const Group group(c_, "bias");
        const float middle = l_.bias.center().y, reach = l_.bias.h * 0.5F - t_.caption * 1.25F;
        const bool bars = reach >= t_.label * 0.6F;  // else the numbers alone
        if (bars) c_.line({l_.columns.x, middle}, {l_.columns.left(d_.experts - 1) + l_.columns.column_w(), middle}, {.color = t_.border, .width = t_.line});
        const bool signs = c_.measure("+.88", {.size = l_.number, .color = {}}).width <= l_.columns.column_w() - 4;
        for (std::int64_t e = 0; e < d_.experts; ++e) {
            const double b = d_.bias_of(e);
            const float h = static_cast<float>(b / bias_limit_) * reach * grown, w = std::min(l_.columns.column_w() * 0.6F, 34.0F);
            const Rect box{l_.columns.center(e) - w / 2, std::min(middle, middle - h), w, std::abs(h)};
            if (bars) c_.stroke_rect(box, {.color = t_.ink2, .width = 1.5F, .dash = 4, .gap = 3});
            c_.region({{l_.columns.left(e), l_.bias.y, l_.columns.column_w(), l_.bias.h},
                       CellRef{fmt::format("model.layers.{}.mlp.gate.e_score_correction_bias", d_.layer), {e}}, "", ""});
            const std::string text = (b > 0 && signs ? "+" : "") + short_share(b);
            number(e, !bars ? middle + l_.number * 0.36F : b >= 0 ? box.y - 4 : box.bottom() + t_.label * 0.95F, text, e == focus_, grown);
        }
    }

    void score() {
        const double grown = ease(done(v_, kGroups));
        if (v_.stage < kGroups || grown <= 0) return;
        const Group group(c_, "score");
        baseline(l_.score);
        const double limit = std::max({top_, score_top_, 1e-9});
        for (std::int64_t e = 0; e < d_.experts; ++e) {
            const double a = d_.score(d_.position, e);
            const Rect b = bar(l_.score, e, a / limit * grown);
            c_.fill_rect(b, shade(e), 2);
            number(e, l_.score.bottom() + t_.label * 1.05F, short_share(a), e == focus_ || (v_.revealed && d_.choice(d_.position, e)), static_cast<float>(grown));
            const auto k = d_.choice(d_.position, e);
            c_.region({{l_.columns.left(e), l_.score.y, l_.columns.column_w(), l_.score.h},
                       k ? d_.cell("gate.topk_ids", {0, d_.position, *k}) : d_.cell("gate.scores", {0, d_.position, e}), "", ""});
        }
        const double dropped = ease(done(v_, kTopK));
        if (dropped <= 0 || covered(kTopK)) return;
        const float target = bar(l_.score, 0, d_.cut(d_.position) / limit).y;
        const float y = l_.score.y + (target - l_.score.y) * static_cast<float>(dropped);
        c_.line({l_.columns.x - 4, y}, {l_.columns.left(d_.experts - 1) + l_.columns.column_w() + 4, y}, {.color = t_.ink, .width = 2, .dash = 8, .gap = 5});
        cut_y_ = y;
    }

    [[nodiscard]] Rect tile(std::int64_t e) const {
        const float side = l_.tiles.h - 10, w = std::min(l_.columns.column_w() - 4, 52.0F);
        return {l_.columns.center(e) - w / 2, l_.tiles.y + 5, w, side};
    }

    void tiles() {
        const Group group(c_, "tiles");
        const double chosen = done(v_, kTopK);
        for (std::int64_t e = 0; e < d_.experts; ++e) {
            const bool in = d_.choice(d_.position, e).has_value() && !covered(kTopK) && chosen > 0.7;
            const Rect r = tile(e);
            const Color fill = in || chosen <= 0.7 || covered(kTopK) ? expert_color(t_, e) : mix_color(expert_color(t_, e), 0.72F);
            c_.fill_rect(r, fill, 5);
            if (r.w >= t_.caption * 1.3F)
                draw_centered(c_, r, fmt::format("{}", e), {.size = std::min(t_.label, r.h * 0.7F), .color = t_.ink_on(fill), .weight = Weight::kBold});
            if (in) draw_ring(c_, t_, r, 5);
            if (muted(e)) c_.line({r.x - 3, r.bottom() + 3}, {r.right() + 3, r.y - 3}, {.color = t_.error.fill, .width = 4});
            if (e == focus_) c_.line({r.x + 4, r.bottom() + 7}, {r.right() - 4, r.bottom() + 7}, {.color = t_.ink, .width = 3});
            c_.region({r, std::nullopt, fmt::format("set expert={}", e), tr(v_.lang, "scene.moe.tip.tile", {{"expert", fmt::format("{}", e)}})});
        }
        flights();
        if (l_.shared.w <= 0) return;
        c_.stroke_rect(l_.shared, {.color = t_.hairline, .width = t_.line}, 8);
        const Rect s{l_.shared.x + 6, tile(0).y, l_.shared.w - 12, tile(0).h};
        c_.fill_rect(s, t_.bar, 5);
        draw_centered(c_, s, "S", {.size = std::min(t_.label, s.h * 0.7F), .color = t_.ink_on(t_.bar), .weight = Weight::kBold});
        if (!d_.shared) c_.line({s.x - 3, s.bottom() + 3}, {s.right() + 3, s.y - 3}, {.color = t_.error.fill, .width = 4});
        c_.text({l_.shared.center().x + t_.caption * 0.35F, l_.score.bottom()}, tr(v_.lang, "scene.moe.always"), {.size = t_.caption, .color = t_.ink2, .rotate = -90});
        c_.region({s, std::nullopt, d_.shared ? "set shared=false" : "set shared=true", tr(v_.lang, "scene.moe.tip.shared")});
    }

    [[nodiscard]] bool muted(std::int64_t e) const {
        return (d_.change == "mute" && e == d_.target) || (d_.change == "solo" && e != d_.target);
    }

    /// The token on its way to its experts.
    void flights() {
        const double u = done(v_, kTopK);
        if (u <= 0 || u >= 1 || covered(kTopK)) return;
        for (std::int64_t k = 0; k <= d_.chosen; ++k) {
            if (k == d_.chosen && l_.shared.w <= 0) continue;
            const Rect r = k < d_.chosen ? tile(static_cast<std::int64_t>((*d_.ids)[d_.position * d_.chosen + k])) : Rect{l_.shared.x, tile(0).y, l_.shared.w, tile(0).h};
            const auto moved = static_cast<float>(ease(u));
            c_.fill_circle({from_.x + (r.center().x - from_.x) * moved, from_.y + (r.center().y - from_.y) * moved}, 9, t_.stream);
        }
    }

    /// Bands from the chosen tiles to one bar, as wide as their gate weights.
    void mix() {
        const double u = ease(done(v_, kMix));
        if (v_.stage < kMix || u <= 0 || covered(kMix)) return;
        const Group group(c_, "mix");
        std::vector<std::int64_t> experts;
        double sum = 0;
        for (std::int64_t e = 0; e < d_.experts; ++e)
            if (d_.choice(d_.position, e)) experts.push_back(e), sum += d_.weight(d_.position, e);
        const float w = std::min(l_.mix.w * 0.5F, 460.0F), bar_h = t_.label * 1.35F;
        const Rect all{l_.mix.center().x - w / 2, l_.mix.bottom() - bar_h, w, bar_h};
        float x = all.x;
        for (const std::int64_t e : experts) {
            const auto share = static_cast<float>(d_.weight(d_.position, e) / sum);
            const Rect part{x, all.y, all.w * share, all.h}, r = tile(e);
            const float half = std::min(r.w, part.w) / 2 * static_cast<float>(u), top = r.bottom() + 9;
            const Color color = expert_color(t_, e);
            c_.fill_path(Path()
                             .move({r.center().x - half, top})
                             .cubic({r.center().x - half, (top + part.y) / 2}, {part.x, (top + part.y) / 2}, {part.x, part.y})
                             .line({part.right(), part.y})
                             .cubic({part.right(), (top + part.y) / 2}, {r.center().x + half, (top + part.y) / 2}, {r.center().x + half, top})
                             .close(),
                         color.with_alpha(0.35F * static_cast<float>(u)));
            c_.fill_rect(part, color);
            const std::string text = fixed(d_.weight(d_.position, e), 2);
            const TextStyle style{.size = t_.caption, .color = t_.ink_on(color), .weight = Weight::kBold};
            if (part.w > c_.measure(text, style).width + 4) draw_centered(c_, part, text, style);
            c_.region({part, d_.cell("gate.topk_weights", {0, d_.position, *d_.choice(d_.position, e)}), "", ""});
            x = part.right();
        }
        c_.text({all.right() + 12, all.center().y + t_.label * 0.35F}, tr(v_.lang, "scene.moe.sum.weights", {{"sum", fixed(sum, 2)}}), label(t_));
    }

    void row_label(float y, const char* name, const char* detail) {
        TextStyle style = strong(t_, Align::kRight);
        const float room = l_.labels.w;
        if (c_.measure(tr(v_.lang, name), style).width > room) style.size = t_.label;
        c_.text({l_.labels.right(), y}, elide(c_, tr(v_.lang, name), style, room), style);
        if (detail != nullptr)
            c_.text({l_.labels.right(), y + t_.caption * 1.35F}, elide(c_, tr(v_.lang, detail), caption(t_), room), caption(t_, Align::kRight));
    }

    void row_labels() {
        const Group group(c_, "rows");
        const bool sigmoid = d_.model->model.config.scoring_func == ScoringFunc::kSigmoid;
        row_label(l_.chips.center().y, "scene.moe.row.tokens", nullptr);
        row_label(l_.affinity.center().y, "scene.moe.row.affinity", sigmoid ? "scene.moe.row.affinity.sigmoid" : "scene.moe.row.affinity.softmax");
        if (d_.bias != nullptr) row_label(l_.bias.center().y - 4, "scene.moe.row.bias", "scene.moe.row.bias.detail");
        if (v_.stage >= kGroups) {
            row_label(l_.score.center().y, "scene.moe.row.selection", "scene.moe.row.selection.detail");
            if (cut_y_ > 0 && std::abs(cut_y_ - l_.score.center().y) > t_.body * 1.4F) {
                const std::string cut = tr(v_.lang, "scene.moe.cut", {{"k", fmt::format("{}", d_.chosen)}, {"value", fixed(d_.cut(d_.position), 2)}});
                c_.text({l_.labels.right(), cut_y_ + 4}, elide(c_, cut, caption(t_), l_.labels.w), caption(t_, Align::kRight));
            }
        }
        const TextArgs k{{"k", fmt::format("{}", d_.chosen)}};
        TextStyle style = strong(t_, Align::kRight);
        c_.text({l_.labels.right(), l_.tiles.center().y + 4}, elide(c_, tr(v_.lang, "scene.moe.row.tiles", k), style, l_.labels.w), style);
    }

    Canvas& c_;
    const Data& d_;
    const View& v_;
    const Theme& t_;
    const Ladder& l_;
    std::int64_t focus_;
    double top_ = 1e-9, bias_limit_ = 0, score_top_ = 0;
    float cut_y_ = 0;
    Vec2 from_;
};

std::string title(const Data& d, const View& view, std::int64_t focus) {
    const std::string token = rich_escape(d.labels[static_cast<std::size_t>(d.position)]);
    const auto text = [&](std::int64_t v) { return fmt::format("{}", v); };
    TextArgs args{{"token", token}, {"expert", text(focus)}, {"k", text(d.chosen)}, {"experts", text(d.experts)}, {"loss", fixed(d.base_loss, 3)},
                  {"after", fixed(d.loss, 3)}, {"target", text(d.target)}, {"partner", text(d.partner)}};
    if (!view.revealed) return tr(view.lang, "scene.moe.title.covered", args);
    if (d.changed() && std::isfinite(d.loss)) {
        const std::string what = d.change != "none" ? d.change : !d.shared ? "shared" : d.bias == nullptr ? "bias" : "limit";
        args.push_back({"limit", text(d.limit)});
        return tr(view.lang, "scene.moe.title." + what, args);
    }
    if (view.stage < kTopK) return tr(view.lang, view.stage == kAffinity ? "scene.moe.title.affinity" : view.stage == kBias ? "scene.moe.title.biases" : "scene.moe.title.groups", args);
    std::string list;
    for (std::int64_t e = 0; e < d.experts; ++e)
        if (d.choice(d.position, e)) list += (list.empty() ? "" : tr(view.lang, "scene.moe.comma")) + text(e);
    args.push_back({"list", list});
    return tr(view.lang, "scene.moe.title.chosen", args);
}

}  // namespace

void draw_token(Canvas& canvas, const Data& d, const View& view) {
    const std::int64_t focus = focus_expert(d, view);
    const Config& c = d.model->model.config;
    const TextArgs args{{"layer", fmt::format("{}", d.layer)}, {"position", fmt::format("{}", d.position)}, {"experts", fmt::format("{}", d.experts)},
                        {"groups", fmt::format("{}", d.groups)}, {"limit", fmt::format("{}", d.limit)}, {"shared", fmt::format("{}", c.n_shared_experts)}};
    const std::string subtitle = tr(view.lang, d.groups > 1 ? "scene.moe.subtitle" : "scene.moe.subtitle.plain", args);
    const Rect place = draw_frame(canvas, view, page(d, view, title(d, view, focus), subtitle));
    const Ladder l = lay_out(canvas, d, view, place);
    LadderPainter(canvas, d, view, l, focus).draw();
    if (l.grid.h > theme(view.theme).label * 4) draw_grid(canvas, d, view, l.labels, l.grid, focus);
    if (l.panel.w > 0) draw_panel(canvas, d, view, l.panel, focus);
}

}  // namespace dg::viz::moe
