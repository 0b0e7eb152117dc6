// Pictures of scene mtp.
#include "viz/scenes/clock.h"
#include "viz/scenes/mla.h"
#include "viz/scenes/mtp.h"
#include "viz/scenes/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::mtp {
namespace {

PageText page(const Data& d, const View& view, std::string title, std::string subtitle, std::vector<std::string> notes = {}, bool seeded = false) {
    return {.title = std::move(title),
            .subtitle = std::move(subtitle),
            .notes = std::move(notes),
            .badge = {.kind = Kind::kComputed, .detail = badge_detail(view.lang, d.model->name, d.model_hash(), seeded ? fmt::format("{}", d.seed) : "")}};
}

/// Tokens as chips that flow into lines; a rejected draft stands struck out above the token that replaced it.
class TextPainter {
  public:
    TextPainter(Canvas& canvas, const Data& d, const View& view, Rect place) : c_(canvas), d_(d), v_(view), t_(theme(view.theme)), r_(place), x_(place.x), y_(place.y) {
        // more text, smaller chips: as many lines as fit
        scale_ = 1.3F;
        while (scale_ > 0.45F && lines_needed() * line_h() > r_.h) scale_ -= 0.05F;
    }

    /// Everything up to pass `shown`.
    void draw(std::int64_t shown) {
        const Group group(c_, "text");
        std::int64_t index = 0;
        for (; index < d_.prompt_tokens; ++index) chip(index, Look::kPrompt, nullptr);
        if (shown < 0 || d_.text.ids.empty()) return;
        chip(index++, Look::kMain, nullptr);
        for (std::int64_t p = 0; p < std::min<std::int64_t>(shown, static_cast<std::int64_t>(d_.text.passes.size())); ++p) {
            const VerifyPass& pass = d_.text.passes[static_cast<std::size_t>(p)];
            chip(index++, pass.accepted ? Look::kAccepted : Look::kMain, &pass);
            if (pass.tokens.size() > 1) chip(index++, Look::kMain, nullptr);
        }
    }

  private:
    enum class Look { kPrompt, kMain, kAccepted };

    [[nodiscard]] float size() const { return t_.heading * 0.85F * scale_; }

    [[nodiscard]] float line_h() const { return size() * 3.5F; }

    [[nodiscard]] float width(const std::string& text) const {
        return std::max(size() * 1.5F, c_.measure(text, {.size = size(), .color = {}, .weight = Weight::kBold}).width + size() * 0.7F);
    }

    [[nodiscard]] float lines_needed() const {
        float x = 0, lines = 1;
        for (const std::string& text : d_.labels) {
            const float w = width(text) + 6;
            if (x + w > r_.w) x = 0, ++lines;
            x += w;
        }
        return lines;
    }

    void chip(std::int64_t index, Look look, const VerifyPass* pass) {
        const std::string& text = d_.labels[static_cast<std::size_t>(index)];
        const float w = width(text), h = size() * 1.65F;
        if (x_ + w > r_.right() && x_ > r_.x) x_ = r_.x, y_ += line_h();
        const Rect r{x_, y_ + line_h() - h - size() * 0.3F, w, h};
        const bool accepted = look == Look::kAccepted && v_.revealed;
        if (accepted) {
            c_.fill_rect(r, t_.bar_strong, 6);
        } else if (look != Look::kPrompt) {
            c_.fill_rect(r, t_.track, 6);
        }
        c_.stroke_rect(r, {.color = accepted ? t_.bar_strong : t_.border, .width = t_.line}, 6);
        draw_centered(c_, r, text, {.size = size(), .color = accepted ? t_.ink_on(t_.bar_strong) : look == Look::kPrompt ? t_.ink2 : t_.ink, .weight = accepted ? Weight::kBold : Weight::kRegular});
        if (accepted) c_.text({r.center().x, r.y - size() * 0.2F}, "✓", {.size = size() * 0.8F, .color = t_.ink, .weight = Weight::kBold, .align = Align::kCenter});
        const auto id = static_cast<std::int64_t>(d_.run->batch.ids.size()) > index ? d_.run->batch.ids[static_cast<std::size_t>(index)] : 0;
        if (index > 0 && index < d_.run->batch.length) c_.region({r, CellRef{"logits", {0, index - 1, id}}, "", ""});
        if (pass != nullptr && pass->draft >= 0 && !pass->accepted && v_.revealed) rejected(r, index, *pass);
        x_ = r.right() + 6;
    }

    void rejected(Rect below, std::int64_t index, const VerifyPass& pass) {
        const std::string text = d_.model->tokenizer.label(pass.draft);
        TextStyle style{.size = size() * 0.72F, .color = t_.error.ink, .align = Align::kCenter};
        const float w = c_.measure(text, style).width, y = below.y - size() * 0.28F;
        c_.text({below.center().x, y}, text, style);
        c_.line({below.center().x - w / 2 - 3, y - style.size * 0.32F}, {below.center().x + w / 2 + 3, y - style.size * 0.32F}, {.color = t_.error.fill, .width = 2});
        if (index >= 2) c_.region({{below.center().x - w / 2 - 4, y - style.size, w + 8, style.size * 1.2F}, CellRef{"mtp.0.logits", {0, index - 2, pass.draft}}, "", ""});
    }

    Canvas& c_;
    const Data& d_;
    const View& v_;
    const Theme& t_;
    Rect r_;
    float x_, y_, scale_ = 1;
};

float bar_line(Canvas& c, const View& view, Rect place, const std::string& name, double value, double most, const std::string& text) {
    const Theme& t = theme(view.theme);
    c.text({place.x, place.y + t.label}, elide(c, name, label(t), place.w - t.label * 4), label(t));
    c.text({place.right(), place.y + t.label}, view.revealed ? text : "?", strong(t, Align::kRight));
    draw_bar(c, t, {place.x, place.y + t.label * 1.6F, place.w, t.label}, most > 0 ? value / most : 0, {.fill = t.bar_strong, .covered = !view.revealed});
    return place.y + t.label * 3.8F;
}

/// Room for the words of both lists, whole as far as the bars keep most of the place: the bars begin at one line.
float name_width(const Canvas& c, const Theme& t, const Data& d, float most) {
    float name = t.label * 4.5F;
    for (const auto* list : {&d.drafts, &d.own})
        for (const Guess& guess : *list) name = std::max(name, c.measure(guess.label, &guess == list->data() ? strong(t) : label(t)).width + t.label * 0.6F);
    return std::min(name, most);
}

void guesses(Canvas& c, const View& view, Rect place, const char* title, const std::vector<Guess>& list, const char* tensor, std::int64_t row, float name) {
    const Group group(c, tensor);
    const Theme& t = theme(view.theme);
    c.text({place.x, place.y + t.label}, elide(c, tr(view.lang, title), strong(t), place.w), strong(t));
    const float line = std::min(t.label * 2.0F, (place.h - t.label * 1.8F) / 5), value = t.label * 4;
    const auto style = [&](std::size_t i) { return i == 0 ? strong(t) : label(t); };
    for (std::size_t i = 0; i < list.size(); ++i) {
        const float y = place.y + t.label * 1.8F + line * static_cast<float>(i);
        c.text({place.x, y + line * 0.66F}, view.revealed ? elide(c, list[i].label, style(i), name - 6) : "?", style(i));
        const Rect track{place.x + name, y + line * 0.22F, place.w - name - value, line * 0.52F};
        draw_bar(c, t, track, list[i].p * ease(done(view, kPredict)), {.fill = t.bar_strong, .covered = !view.revealed});
        if (view.revealed) c.text({place.right(), y + line * 0.66F}, percent(list[i].p), label(t, Align::kRight));
        c.region({{place.x, y, place.w, line}, CellRef{tensor, {0, row, list[i].id}}, "", ""});
    }
}

/// One labelled strip of a recorded row.
void row_strip(Canvas& c, const Data& d, const View& view, Rect rect, const std::string& tensor, std::int64_t row, const std::string& name, Color fill, double shown) {
    const Theme& t = theme(view.theme);
    const Tensor<float>& all = d.run->tape.value(d.run->tape.find(tensor));
    c.text({rect.x, rect.y - t.caption * 0.45F}, elide(c, name, caption(t), rect.w), caption(t));
    mla::draw_cells(c, view, {.rect = rect, .values = {all.row(row), static_cast<std::size_t>(all.cols())}, .fill = fill, .first = {tensor, {0, row, 0}}, .shown = shown});
}

/// Both halves joined, projected by the real matrix, and what the block makes of it.
void joined_part(Canvas& canvas, const Data& d, const View& view, Rect place, Rect hidden, Rect next, const TextArgs& args) {
    const Theme& t = theme(view.theme);
    const float top = place.y, strip = hidden.h, half = hidden.w, step = (place.h - strip * 6) / 6 + strip;
    const double join = ease(done(view, kJoin)), block = ease(done(view, kBlock));
    const Stroke wire{.color = t.stream, .width = 2};
    const float y = top + step * 1.1F;
    // the embedding half comes first
    for (const auto& [from, to] : {std::pair(next, hidden), std::pair(hidden, next)})
        canvas.line({from.center().x, from.bottom() + 3}, {to.center().x, y - t.caption * 1.8F}, {.color = t.stream.with_alpha(0.5F), .width = 2});
    row_strip(canvas, d, view, {place.x, y, place.w, strip}, "mtp.0.eh", d.position, tr(view.lang, "scene.mtp.joined", args), t.stream, join);
    const Tensor<float>& w = d.run->tape.value(d.run->tape.find(fmt::format("model.layers.{}.eh_proj.weight", d.model->model.config.num_hidden_layers)));
    const float h = std::min(step * 1.45F, (place.w * 0.5F) / 2);
    const Rect matrix{place.x + place.w / 2 - h, y + strip + t.caption * 2.2F, 2 * h, h};
    const std::string name = fmt::format("model.layers.{}.eh_proj.weight", d.model->model.config.num_hidden_layers);
    canvas.text({matrix.x - 14, matrix.center().y}, elide(canvas, tr(view.lang, "scene.mtp.project", args), strong(t), matrix.x - place.x - 14), strong(t, Align::kRight));
    mla::draw_matrix(canvas, view, matrix, w, 0, w.rows(), name);
    draw_arrow(canvas, {place.x + place.w / 2, y + strip + 3}, {place.x + place.w / 2, matrix.y - 3}, wire, 8);
    const float out_y = matrix.bottom() + t.caption * 2.4F;
    row_strip(canvas, d, view, {place.x + (place.w - half) / 2, out_y, half, strip}, "mtp.0.eh_proj", d.position, tr(view.lang, "scene.mtp.into_block", args), t.stream, join);
    if (block > 0 && out_y + strip * 2 + t.caption * 2.6F < place.bottom()) {
        const float last = std::min(out_y + strip + t.caption * 3.4F, place.bottom() - strip);
        row_strip(canvas, d, view, {place.x + (place.w - half) / 2, last, half, strip}, "mtp.0.norm", d.position, tr(view.lang, "scene.mtp.after_block", args), t.stream, block);
    }
}

}  // namespace

void draw_generate(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const double clock = std::clamp((static_cast<double>(view.stage) + view.u) / 4.0, 0.0, 1.0);
    const auto shown = static_cast<std::int64_t>(std::round(clock * static_cast<double>(d.text.passes.size())));
    const TextArgs args{{"tokens", fmt::format("{}", d.text.ids.size())}, {"passes", fmt::format("{}", d.text.passes.size() + 1)}, {"plain", fmt::format("{}", d.plain_passes + 1)},
                        {"share", percent(d.measured())}, {"rate", fixed(d.tokens_per_pass(), 2)}, {"temperature", number(d.temperature, 2)}};
    const std::string title = !view.revealed ? "scene.mtp.title.covered" : d.same ? "scene.mtp.title" : "scene.mtp.title.different";
    const std::string how = tr(view.lang, d.temperature > 0 ? "scene.mtp.subtitle.sampled" : "scene.mtp.subtitle.greedy", args);
    const Rect place = draw_frame(canvas, view, page(d, view, tr(view.lang, title, args), how, {tr(view.lang, "scene.mtp.note")}, true));
    const float panel = place.w >= 44 * t.label ? std::clamp(place.w * 0.27F, 15 * t.label, 26 * t.label) : 0;
    const float key_h = t.label * 3.4F;
    const Rect text{place.x, place.y, place.w - (panel > 0 ? panel + 56 : 0), place.h - key_h};
    TextPainter(canvas, d, view, text).draw(shown);
    const auto key = wrap_rich(canvas, rich(t, tr(view.lang, "scene.mtp.key"), t.ink2), caption(t), text.w);
    for (std::size_t i = 0; i < key.size(); ++i)
        draw_rich(canvas, {text.x, place.bottom() - t.label * 0.4F - t.caption * 1.4F * static_cast<float>(key.size() - 1 - i)}, key[i], caption(t));
    if (panel <= 0) return;
    const Rect side{place.right() - panel, place.y, panel, place.h};
    canvas.line({side.x - 28, side.y}, {side.x - 28, side.bottom()}, {.color = t.hairline, .width = t.line});
    const TextStyle big{.size = t.big, .color = t.ink, .weight = Weight::kBold};
    const std::string rate = view.revealed ? fixed(d.tokens_per_pass(), 2) : "?";
    canvas.text({side.x, side.y + t.big * 0.85F}, rate, big);
    draw_wrapped(canvas, {side.x + canvas.measure(rate, big).width + 16, side.y + t.big * 0.4F}, tr(view.lang, "scene.mtp.rate"), label(t), side.w - canvas.measure(rate, big).width - 16, 2);
    float y = side.y + t.big * 1.7F;
    const double most = static_cast<double>(d.plain_passes + 1);
    y = bar_line(canvas, view, {side.x, y, side.w, 0}, tr(view.lang, "scene.mtp.plain"), most, most, fmt::format("{}", d.plain_passes + 1));
    y = bar_line(canvas, view, {side.x, y, side.w, 0}, tr(view.lang, "scene.mtp.drafted"), static_cast<double>(d.text.passes.size() + 1), most, fmt::format("{}", d.text.passes.size() + 1));
    y = bar_line(canvas, view, {side.x, y, side.w, 0}, tr(view.lang, "scene.mtp.accepted", {{"accepted", view.revealed ? fmt::format("{}", d.text.accepted()) : "?"}, {"drafted", fmt::format("{}", d.text.drafted())}}),
                 std::isfinite(d.measured()) ? d.measured() : 0, 1, percent(d.measured()));
    draw_wrapped(canvas, {side.x, y + t.label}, tr(view.lang, !view.revealed ? "scene.mtp.same.covered" : d.same ? "scene.mtp.same" : "scene.mtp.different"), label(t), side.w, 5);
}

void draw_module(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const auto text = [&](std::int64_t i) { return i < d.prompt_tokens ? d.labels[static_cast<std::size_t>(i)] : std::string("?"); };
    const TextArgs args{{"now", rich_escape(text(d.position))}, {"next", rich_escape(text(d.position + 1))}, {"draft", rich_escape(d.drafts.front().label)}, {"position", fmt::format("{}", d.position)},
                        {"p", percent(d.drafts.front().p)}, {"width", fmt::format("{}", d.model->model.config.hidden_size)}, {"double", fmt::format("{}", 2 * d.model->model.config.hidden_size)},
                        {"lambda", number(d.lambda, 2)}, {"main", fixed(d.loss_main, 3)}, {"mtp", fixed(d.loss_mtp, 3)}, {"total", fixed(d.loss_total, 3)}};
    const Rect place = draw_frame(canvas, view, page(d, view, tr(view.lang, view.revealed ? "scene.mtp.module.title" : "scene.mtp.module.title.covered", args), tr(view.lang, "scene.mtp.module.subtitle", args)));
    draw_token_row(canvas, view, {place.x, place.y, place.w, t.label * 2.2F}, d.labels, static_cast<int>(d.position));
    const bool wide = place.w >= 44 * t.label;
    const float top = place.y + t.label * 4.2F, left_w = wide ? place.w * 0.62F : place.w, room = place.bottom() - top;
    const float strip = std::clamp(room * 0.06F, 14.0F, 36.0F), half = (left_w - 64) / 2;
    const Rect hidden{place.x, top, half, strip}, next{place.x + half + 64, top, half, strip};
    const double in = ease(done(view, kInputs)), join = ease(done(view, kJoin));
    row_strip(canvas, d, view, hidden, "norm", d.position, tr(view.lang, "scene.mtp.hidden", args), t.stream, in);
    row_strip(canvas, d, view, next, "mtp.0.next_embed", d.position, tr(view.lang, "scene.mtp.embed", args), t.stream, in);
    if (join > 0) joined_part(canvas, d, view, {place.x, top, left_w, room}, hidden, next, args);
    if (!wide) return;
    const Rect side{place.x + left_w + 64, top - t.label, place.w - left_w - 64, room};
    canvas.line({side.x - 32, side.y}, {side.x - 32, side.bottom() + t.label}, {.color = t.hairline, .width = t.line});
    const float list_h = std::min(side.h * 0.36F, t.label * 12.5F);
    const float name = name_width(canvas, t, d, side.w * 0.4F);
    guesses(canvas, view, {side.x, side.y, side.w, list_h}, "scene.mtp.drafts", d.drafts, "mtp.0.logits", d.position, name);
    guesses(canvas, view, {side.x, side.y + list_h + t.label, side.w, list_h}, "scene.mtp.own", d.own, "logits", d.position + 1, name);
    const float y = side.y + 2 * list_h + t.label * 3;
    if (std::isfinite(d.loss_mtp) && y + t.label * 4 < side.bottom() + t.label) {
        canvas.text({side.x, y}, elide(canvas, tr(view.lang, "scene.mtp.loss"), strong(t), side.w), strong(t));
        draw_wrapped(canvas, {side.x, y + t.label * 1.7F}, view.revealed ? tr(view.lang, "scene.mtp.loss.sum", args) : "?", label(t), side.w, 3);
    }
}

void draw_speed(Canvas& canvas, const Data& d, const View& view) {
    const Theme& t = theme(view.theme);
    const double tokens = expected_tokens(d.acceptance, 1);
    const TextArgs args{{"acceptance", percent(d.acceptance)}, {"tokens", fixed(tokens, 3)}, {"overhead", percent(d.overhead)}, {"speedup", fixed(tokens / (1 + d.overhead), 2)},
                        {"measured", percent(d.measured())}, {"rate", fixed(d.tokens_per_pass(), 2)}};
    const Rect place = draw_frame(canvas, view, page(d, view, tr(view.lang, view.revealed ? "scene.mtp.speed.title" : "scene.mtp.speed.title.covered", args), tr(view.lang, "scene.mtp.speed.subtitle", args),
                                                     {tr(view.lang, "scene.mtp.speed.note", args)}));
    std::vector<PlotPoint> one, two, real;
    for (int i = 0; i <= 50; ++i) {
        const double a = i / 50.0;
        one.push_back({a, view.revealed ? expected_tokens(a, 1) : NAN}), two.push_back({a, view.revealed ? expected_tokens(a, 2) : NAN});
        real.push_back({a, view.revealed ? expected_tokens(a, 1) / (1 + d.overhead) : NAN});
    }
    const PlotFrame frame = draw_plot(canvas, view, place,
                                      {.x = {.label = tr(view.lang, "scene.mtp.speed.x"), .min = 0, .max = 1, .percent = true},
                                       .y = {.label = tr(view.lang, "scene.mtp.speed.y"), .min = 0.8, .max = 3},
                                       .series = {{.label = tr(view.lang, "scene.mtp.speed.one"), .points = one, .color = t.ink},
                                                  {.label = tr(view.lang, "scene.mtp.speed.two"), .points = two, .color = t.experts[0]},
                                                  {.label = tr(view.lang, "scene.mtp.speed.real"), .points = real, .color = t.experts[2], .dash = 8, .gap = 5}},
                                       .marks = {{.at = d.acceptance, .label = tr(view.lang, "scene.mtp.speed.set", args)}}});
    if (std::isfinite(d.measured()) && view.revealed) {
        canvas.fill_circle({frame.px(d.measured()), frame.py(d.tokens_per_pass())}, 9, t.bar_strong);
        // below the lines, where nothing else stands
        canvas.text({frame.px(d.measured()) + 6, frame.py(d.tokens_per_pass()) + t.body * 2.2F}, tr(view.lang, "scene.mtp.speed.measured", args), strong(t, Align::kCenter));
    }
    for (int i = 0; i <= 20; ++i)
        canvas.region({{frame.px(i / 20.0) - 10, frame.inner.y, 20, frame.inner.h}, std::nullopt, fmt::format("set acceptance={:g}", i / 20.0), percent(i / 20.0)});
}

}  // namespace dg::viz::mtp
