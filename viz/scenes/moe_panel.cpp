// Beside the ladder of scene moe: the two numbers of one expert, the weights, what the model says next; below it: every
// token's experts in this layer.
#include "viz/scenes/moe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::viz::moe {
namespace {

class PanelPainter {
  public:
    PanelPainter(Canvas& canvas, const Data& d, const View& view, Rect place, std::int64_t expert)
        : c_(canvas), d_(d), v_(view), t_(theme(view.theme)), r_(place), e_(expert), y_(place.y) {}

    void draw() {
        const Group group(c_, "panel");
        c_.line({r_.x - 24, r_.y}, {r_.x - 24, r_.bottom()}, {.color = t_.hairline, .width = t_.line});
        heading_row();
        two_numbers();
        switches();
        next_tokens();
        meters();
        contributions();
    }

  private:
    [[nodiscard]] std::string word(const char* key, const TextArgs& args = {}) const { return tr(v_.lang, key, args); }

    [[nodiscard]] bool shows_choice() const { return v_.revealed && v_.stage >= kTopK; }

    /// One line in its room: smaller down to three quarters, then cut.
    void line(Vec2 at, const std::string& text, TextStyle style, float room) {
        style.size *= std::clamp(room / std::max(1.0F, c_.measure(text, style).width), 0.75F, 1.0F);
        c_.text(at, elide(c_, text, style, room), style);
    }

    void heading_row() {
        const float side = t_.heading * 1.35F;
        const Rect tile{r_.x, y_, side, side};
        c_.fill_rect(tile, expert_color(t_, e_), 6);
        draw_centered(c_, tile, fmt::format("{}", e_), {.size = t_.label, .color = t_.ink_on(expert_color(t_, e_)), .weight = Weight::kBold});
        TextStyle style = heading(t_);
        style.size = t_.heading * 0.86F;
        line({tile.right() + 14, tile.center().y + style.size * 0.35F}, word("scene.moe.panel.title", {{"expert", fmt::format("{}", e_)}}), style, r_.w - side - 14);
        y_ += side + 18;
    }

    void big(const std::string& value, const std::string& name, const std::string& how) {
        const TextStyle number{.size = t_.big, .color = t_.ink, .weight = Weight::kBold};
        const float column = c_.measure("0.00", number).width + 18;
        c_.text({r_.x, y_ + t_.big * 0.82F}, value, number);
        const float room = r_.w - column;
        line({r_.x + column, y_ + t_.big * 0.36F}, name, strong(t_), room);
        line({r_.x + column, y_ + t_.big * 0.36F + t_.caption * 1.4F}, how, caption(t_), room);
        y_ += t_.big * 1.25F;
    }

    void two_numbers() {
        const double s = d_.affinity(d_.position, e_), b = d_.bias_of(e_), w = d_.weight(d_.position, e_);
        const bool chosen = d_.choice(d_.position, e_).has_value(), in_group = d_.group_kept(d_.position, d_.group_of(e_));
        const bool scored = v_.stage >= kBias;
        big(scored ? fixed(d_.score(d_.position, e_), 2) : std::string(kUnknown), word("scene.moe.panel.selection"),
            word(b < 0 ? "scene.moe.panel.minus" : "scene.moe.panel.plus", {{"s", fixed(s, 2)}, {"b", fixed(std::abs(b), 2)}}));
        double sum = 0;
        for (std::int64_t e = 0; e < d_.experts; ++e)
            if (d_.choice(d_.position, e)) sum += d_.affinity(d_.position, e);
        const bool normalised = d_.model->model.config.topk_method == TopkMethod::kNoauxTc && d_.model->model.config.norm_topk_prob;
        std::string how = !chosen ? word(in_group ? "scene.moe.panel.below" : "scene.moe.panel.outside")
                          : normalised ? word("scene.moe.panel.share", {{"s", fixed(s, 2)}, {"sum", fixed(sum, 2)}, {"scale", number(d_.model->model.config.routed_scaling_factor, 3)}})
                                       : word("scene.moe.panel.raw", {{"s", fixed(s, 2)}});
        if (!v_.revealed) how = word("scene.moe.panel.covered");
        if (v_.stage < kMix && v_.revealed && chosen) how = word("scene.moe.panel.later");
        const bool show = shows_choice() && (v_.stage >= kMix || !chosen);
        big(!v_.revealed ? "?" : show ? fixed(w, 2) : std::string(kUnknown), word("scene.moe.panel.weight"), how);
    }

    /// mute, solo, swap as buttons; the chosen one filled.
    void switches() {
        y_ += 6;
        float x = r_.x, all = 0;
        const float h = t_.label * 1.9F;
        constexpr std::array kChanges = {"none", "mute", "solo", "swap"};
        for (const char* what : kChanges) all += c_.measure(word((std::string("param.moe.change.") + what).c_str()), label(t_)).width + t_.label * 1.2F + 8;
        const float shrink = std::clamp(r_.w / (all - 8), 0.75F, 1.0F);  // one row where it fits
        for (const char* what : kChanges) {
            const std::string text = word((std::string("param.moe.change.") + what).c_str());
            const float w = (c_.measure(text, label(t_)).width + t_.label * 1.2F) * shrink;
            if (x + w > r_.right() + 1 && x > r_.x) x = r_.x, y_ += h + 8;
            const Rect button{x, y_, std::min(w, r_.w), h};
            const bool on = d_.change == what;
            if (on) c_.fill_rect(button, t_.ink, 8);
            c_.stroke_rect(button, {.color = t_.border, .width = t_.line}, 8);
            TextStyle style = label(t_);
            style.color = on ? t_.ground : t_.ink;
            style.size *= shrink;
            draw_centered(c_, button, text, style);
            c_.region({button, std::nullopt, fmt::format("set change={}", what), text});
            x += w + 8 * shrink;
        }
        y_ += h + t_.label * 2.2F;
    }

    void next_tokens() {
        if (r_.bottom() - y_ < t_.label * 9) return;
        line({r_.x, y_}, word(d_.changed() ? "scene.moe.panel.next.changed" : "scene.moe.panel.next"), strong(t_), r_.w);
        y_ += t_.label * 0.9F;
        const float row = t_.label * 1.75F, name = std::min(r_.w * 0.28F, t_.label * 6), value = c_.measure(">99.9%", label(t_)).width + 12;
        for (const NextToken& n : d_.next) {
            c_.text({r_.x, y_ + row * 0.68F}, elide(c_, n.label, label(t_), name - 6), label(t_));
            const Rect track{r_.x + name, y_ + row * 0.2F, r_.w - name - value, row * 0.56F};
            draw_bar(c_, t_, track, n.after, {.fill = t_.bar_strong, .covered = !v_.revealed});
            if (d_.changed() && v_.revealed) {
                const float at = track.x + track.w * static_cast<float>(std::clamp(n.before, 0.0, 1.0));
                c_.line({at, track.y - 3}, {at, track.bottom() + 3}, {.color = t_.ink, .width = 3});
            }
            TextStyle style = label(t_, Align::kRight);
            style.color = t_.ink;
            if (v_.revealed) c_.text({r_.right(), y_ + row * 0.68F}, percent(n.after), style);
            y_ += row;
        }
        y_ += t_.caption * 0.9F;
        if (d_.changed()) {
            line({r_.x, y_ + 4}, word("scene.moe.panel.mark"), caption(t_), r_.w);
            y_ += t_.caption * 1.6F;
        }
        if (!std::isfinite(d_.base_loss)) return;
        const TextArgs args{{"before", fixed(d_.base_loss, 3)}, {"after", v_.revealed ? fixed(d_.loss, 3) : "?"}, {"logit", v_.revealed ? number(d_.logit_change, 2) : "?"}};
        y_ = draw_wrapped(c_, {r_.x, y_ + t_.label}, word(d_.changed() ? "scene.moe.panel.loss.changed" : "scene.moe.panel.loss", args), label(t_), r_.w, 3) + t_.label * 2.1F;
    }

    void meters() {
        if (r_.bottom() - y_ < t_.label * 4.5F) return;
        const auto shared = d_.model->model.config.n_shared_experts;
        const std::int64_t run = d_.chosen + shared, all = d_.experts + shared;
        line({r_.x, y_ + t_.label * 0.4F}, word("scene.moe.panel.work"), strong(t_), r_.w);
        y_ += t_.label * 0.9F;
        draw_bar(c_, t_, {r_.x, y_, r_.w, t_.label}, static_cast<double>(run) / static_cast<double>(all), {.fill = t_.bar_strong, .covered = !v_.revealed});
        y_ += t_.label * 2.1F;
        const TextArgs args{{"run", fmt::format("{}", run)}, {"all", fmt::format("{}", all)}, {"share", percent(static_cast<double>(run) / static_cast<double>(all))}};
        if (v_.revealed) draw_wrapped(c_, {r_.x, y_}, word("scene.moe.panel.work.detail", args), label(t_), r_.w, 2);
        y_ += t_.label * 2.6F;
    }

    /// How long the vector is that each one adds to the residual stream.
    void contributions() {
        const float row = t_.label * 1.6F;
        const auto rows = static_cast<float>(d_.chosen + 1);
        if (!v_.revealed || v_.stage < kMix || d_.chosen > 8 || r_.bottom() - y_ < row * rows + t_.label * 1.6F) return;
        line({r_.x, y_}, word("scene.moe.panel.adds"), strong(t_), r_.w);
        y_ += t_.label * 0.6F;
        const double most = std::max(1e-12, *std::ranges::max_element(d_.contribution));
        for (std::int64_t e = 0; e <= d_.experts; ++e) {
            const bool shared = e == d_.experts;
            if (!shared && !d_.choice(d_.position, e)) continue;
            const Color color = shared ? t_.bar : expert_color(t_, e);
            const Rect tile{r_.x, y_ + row * 0.12F, t_.label * 1.9F, row * 0.76F};
            c_.fill_rect(tile, color, 4);
            draw_centered(c_, tile, shared ? std::string("S") : fmt::format("{}", e), {.size = t_.caption, .color = t_.ink_on(color), .weight = Weight::kBold});
            const double length = d_.contribution[static_cast<std::size_t>(e)];
            const Rect track{tile.right() + 10, y_ + row * 0.24F, r_.w - t_.label * 6 - 10, row * 0.52F};
            draw_bar(c_, t_, track, length / most, {.fill = color, .min_px = 1});
            c_.text({r_.right(), y_ + row * 0.68F}, fixed(length, 2), label(t_, Align::kRight));
            y_ += row;
        }
    }

    Canvas& c_;
    const Data& d_;
    const View& v_;
    const Theme& t_;
    Rect r_;
    std::int64_t e_;
    float y_;
};

}  // namespace

void draw_panel(Canvas& canvas, const Data& d, const View& view, Rect place, std::int64_t expert) {
    PanelPainter(canvas, d, view, place, expert).draw();
}

void draw_grid(Canvas& canvas, const Data& d, const View& view, Rect labels, Rect place, std::int64_t expert) {
    const Group group(canvas, "grid");
    const Theme& t = theme(view.theme);
    const Columns columns = columns_of(d, place.x, place.w);
    const float head = t.label * 1.5F, foot = t.caption * 1.5F, room = place.h - head - foot;
    const auto fits = std::max<std::int64_t>(1, static_cast<std::int64_t>(room / (t.caption * 1.15F)));
    const std::int64_t rows = std::min(d.tokens, fits), first = std::clamp<std::int64_t>(d.position - rows / 2, 0, d.tokens - rows);
    const float h = std::min(room / static_cast<float>(rows), t.label * 1.7F);
    canvas.text({labels.right(), place.y + t.label}, elide(canvas, tr(view.lang, "scene.moe.grid"), strong(t), labels.w), strong(t, Align::kRight));
    if (rows < d.tokens)
        canvas.text({place.x, place.y + t.label},
                    elide(canvas, tr(view.lang, "scene.moe.grid.part", {{"first", fmt::format("{}", first)}, {"last", fmt::format("{}", first + rows - 1)}, {"tokens", fmt::format("{}", d.tokens)}}), caption(t), place.w),
                    caption(t));
    const float top = place.y + head;
    for (std::int64_t i = 0; i < rows; ++i) {
        const std::int64_t token = first + i;
        const float y = top + h * static_cast<float>(i);
        const bool here = token == d.position, covered = here && !view.revealed;
        TextStyle name = caption(t, Align::kRight);
        if (here) name.color = t.ink, name.weight = Weight::kBold;
        canvas.text({labels.right(), y + h / 2 + t.caption * 0.35F}, elide(canvas, d.labels[static_cast<std::size_t>(token)], name, labels.w), name);
        canvas.region({{labels.x, y, labels.w, h}, std::nullopt, fmt::format("set position={}", token), d.labels[static_cast<std::size_t>(token)]});
        for (std::int64_t e = 0; e < d.experts; ++e) {
            const auto k = d.choice(token, e);
            const Rect cell{columns.left(e) + 2, y + 1.5F, columns.column_w() - 4, h - 3};
            canvas.fill_rect(cell, k && !covered ? expert_color(t, e) : t.track, 2);
            canvas.region({cell, k ? d.cell("gate.topk_weights", {0, token, *k}) : d.cell("gate.scores", {0, token, e}), "", ""});
        }
        if (here) draw_ring(canvas, t, {columns.x - 3, y - 1, columns.left(d.experts - 1) + columns.column_w() + 6 - columns.x, h + 2}, 4);
    }
    const float y = top + h * static_cast<float>(rows) + t.caption * 1.15F;
    canvas.text({labels.right(), y}, elide(canvas, tr(view.lang, "scene.moe.grid.load"), caption(t), labels.w), caption(t, Align::kRight));
    if (!view.revealed || columns.column_w() < t.caption * 1.2F) return;
    for (std::int64_t e = 0; e < d.experts; ++e) {
        std::int64_t load = 0;
        for (std::int64_t token = 0; token < d.tokens; ++token) load += d.choice(token, e) ? 1 : 0;
        TextStyle style = caption(t, Align::kCenter);
        if (e == expert) style.color = t.ink, style.weight = Weight::kBold;
        canvas.text({columns.center(e), y}, fmt::format("{}", load), style);
    }
}

}  // namespace dg::viz::moe
