#include "viz/scenes/covered.h"
#include "viz/scenes/tokens_chat.h"

#include "engine/base/mathfn.h"
#include "engine/model/decode.h"
#include "engine/model/sampler.h"
#include "sim/corpus/probes.h"
#include "viz/scenes/numerics_param.h"
#include "viz/scenes/plot.h"
#include "viz/scenes/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::tokens {
namespace {

constexpr std::int64_t kMostSentences = 80;

/// Turn i (from 0) sends i earlier questions and replies and its own question.
void count_turns(ChatData& d) {
    for (std::int64_t i = 0; i < d.turns; ++i) d.fed.push_back(i * (d.question + d.reply) + d.question);
}

std::vector<std::int32_t> bordered(const Tokenizer& tokenizer, const std::string& text) {
    std::vector<std::int32_t> ids{0};
    for (const std::int32_t id : tokenizer.encode(text)) ids.push_back(id);
    return ids;
}

/// Probability of `next` after the last `context` tokens.
Result<double> probability(const PackedModel& packed, const std::vector<std::int32_t>& ids, std::int64_t context, std::int32_t next) {
    const std::size_t skip = ids.size() > static_cast<std::size_t>(context) ? ids.size() - static_cast<std::size_t>(context) : 0;
    Decoder decoder(packed);
    DG_ASSIGN(const std::span<const float> logits, decoder.append({ids.data() + skip, ids.size() - skip}));
    return dg::exp(log_probability(logits, next));
}

/// The probe with `sentences` of idle talk between fact and question: the same talk every time, cut to length.
Result<WindowPoint> measure_point(const ChatData& d, const PackedModel& packed, int sentences) {
    const Tokenizer& tokenizer = d.model->tokenizer;
    const sim::Probe probe = sim::needle_probe(sim::Tongue::kEn, 0, sentences, d.seed);
    const auto ids = bordered(tokenizer, probe.prompt);
    const std::int32_t answer = tokenizer.encode(probe.answer).front();
    WindowPoint p{.tokens = static_cast<std::int64_t>(ids.size())};
    p.visible = std::min(p.tokens, d.context);
    // tokens before the secret word itself, the border included
    const sim::Span& secret = probe.spans.front();
    std::int64_t before = 1;
    for (const TokenSpan& token : tokenizer.encode_spans(probe.prompt)) before += token.end <= secret.begin ? 1 : 0;
    p.fact_visible = p.tokens - p.visible <= before;
    DG_ASSIGN(p.p, probability(packed, ids, d.context, answer));
    // the same text without the fact's sentence
    const std::string rest = probe.prompt.substr(probe.prompt.find(". ", secret.end) + 2);
    DG_ASSIGN(p.p_without, probability(packed, bordered(tokenizer, rest), d.context, answer));
    return p;
}

Result<void> measure_window(ChatData& d, std::int64_t window, const Progress& progress) {
    d.context = std::min(window, d.model->model.config.max_position_embeddings);
    const PackedModel packed(d.model->model, numerics_of(*d.model));
    d.answer = sim::needle_probe(sim::Tongue::kEn, 0, 0, d.seed).answer;
    for (std::int64_t s = 0; s <= kMostSentences; s += 2) {
        const double length = d.points.empty() ? 0 : static_cast<double>(d.points.back().tokens);
        if (!progress.report(std::min(1.0, length / (1.6 * static_cast<double>(d.context))))) return Error{"cancelled", {}, ""};
        DG_ASSIGN(const WindowPoint p, measure_point(d, packed, static_cast<int>(s)));
        d.points.push_back(p);
        if (5 * p.tokens > 8 * d.context) break;
    }
    return {};
}

/// Bars of one turn each: the history that is sent again, and what is new.
void draw_turns(Canvas& canvas, const ChatData& d, const View& view) {
    const Theme& t = theme(view.theme);
    std::int64_t total = 0;
    for (const std::int64_t f : d.fed) total += f;
    const std::int64_t text = d.turns * (d.question + d.reply);
    const TextArgs args{{"turns", grouped(d.turns)}, {"fed", grouped(total)}, {"text", grouped(text)}, {"question", grouped(d.question)}, {"reply", grouped(d.reply)}, {"last", grouped(d.fed.back())}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.tokens.chat.title" : "scene.tokens.chat.title.covered", args), .subtitle = tr(view.lang, "scene.tokens.chat.subtitle", args),
                                                 .notes = {tr(view.lang, "scene.tokens.chat.note")}, .badge = {.kind = Kind::kComputed, .detail = tr(view.lang, "scene.tokens.chat.badge")}});
    const double u = view.stage > kMerge ? 1 : view.stage < kMerge ? 1.0 / static_cast<double>(d.turns) : std::clamp(view.u, 0.0, 1.0);
    const auto shown = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(u * static_cast<double>(d.turns))));
    const float row = std::min((place.h - t.label) / static_cast<float>(d.turns + 1), t.label * 6), name_w = t.label * 5, value_w = t.label * 5;
    const float unit = (place.w - name_w - value_w) / static_cast<float>(d.fed.back() + d.reply);
    const float key_y = place.y + t.label;
    float key_x = place.x + name_w;
    for (const auto& [key, color] : {std::pair("scene.tokens.chat.history", t.bar_strong), {"scene.tokens.chat.question", t.experts[4]}, {"scene.tokens.chat.reply", t.track}}) {
        canvas.fill_rect({key_x, key_y - t.label * 0.75F, t.label, t.label * 0.85F}, color, 3);
        const std::string word = tr(view.lang, key);
        canvas.text({key_x + t.label * 1.4F, key_y}, word, label(t));
        key_x += t.label * 3 + canvas.measure(word, label(t)).width;
    }
    for (std::int64_t i = 0; i < shown; ++i) {
        const float y = place.y + row * static_cast<float>(i + 1), h = row * 0.62F;
        canvas.text({place.x, y + h * 0.72F}, tr(view.lang, "scene.tokens.chat.turn", {{"turn", fmt::format("{}", i + 1)}}), label(t));
        const float history = unit * static_cast<float>(d.fed[static_cast<std::size_t>(i)] - d.question), asked = unit * static_cast<float>(d.question), answered = unit * static_cast<float>(d.reply);
        float x = place.x + name_w;
        canvas.fill_rect({x, y, history, h}, t.bar_strong);
        canvas.fill_rect({x + history, y, asked, h}, t.experts[4]);
        canvas.fill_rect({x + history + asked, y, answered, h}, t.track);
        x += history + asked + answered;
        const bool hidden = !view.revealed && i > 0;
        canvas.text({place.right(), y + h * 0.72F}, hidden ? "?" : grouped(d.fed[static_cast<std::size_t>(i)]), strong(t, Align::kRight));
    }
}

/// Probability of the answer against the length of the text, over the strip of what is visible.
void draw_window(Canvas& canvas, const ChatData& d, const View& view) {
    const Theme& t = theme(view.theme);
    const TextArgs args{{"context", grouped(d.context)}, {"answer", rich_escape(d.answer)}};
    const Rect place = draw_frame(canvas, view, {.title = tr(view.lang, view.revealed ? "scene.tokens.window.title" : "scene.tokens.window.title.covered", args), .subtitle = tr(view.lang, "scene.tokens.window.subtitle", args),
                                                 .notes = notes_when_revealed(view, {tr(view.lang, "scene.tokens.window.note", args)}), .badge = {.kind = Kind::kComputed, .detail = badge_detail(view.lang, d.model->name, d.model_hash(), fmt::format("{}", d.seed))}});
    Series with{.label = tr(view.lang, "scene.tokens.window.with"), .points = {}, .color = t.ink, .width = 4, .dots = true}, without{.label = tr(view.lang, "scene.tokens.window.without"), .points = {}, .color = t.bar, .width = 2.5F, .dash = 8, .gap = 6};
    for (const WindowPoint& p : d.points) {
        with.points.push_back({static_cast<double>(p.tokens), view.revealed ? p.p : NAN});
        without.points.push_back({static_cast<double>(p.tokens), view.revealed ? p.p_without : NAN});
    }
    const auto last = static_cast<double>(d.points.back().tokens);
    const float strips = std::min(place.h * 0.26F, t.label * 8);
    const double shown = view.stage > kMerge ? 1 : view.stage < kMerge ? 0 : std::clamp(view.u, 0.0, 1.0);
    const PlotFrame f = draw_plot(canvas, view, {place.x, place.y, place.w, place.h - strips - t.label * 2},
                                  {.x = {.label = tr(view.lang, "scene.tokens.window.x"), .min = 0, .max = last}, .y = {.label = tr(view.lang, "scene.tokens.window.y", args), .min = 0, .max = 1.04, .percent = true},
                                   .series = {with, without}, .marks = {{.at = static_cast<double>(d.context), .label = tr(view.lang, "scene.tokens.window.mark", args)}}, .shown = shown});
    // three lengths as strips: what of the text the model still sees
    const float row = strips / 3;
    const std::size_t n = d.points.size(), picks[] = {0, n / 2, n - 1};
    for (int i = 0; i < 3; ++i) {
        const WindowPoint& p = d.points[picks[i]];
        const float y = place.bottom() - strips + row * static_cast<float>(i), h = row * 0.6F;
        const float x0 = f.px(0), x1 = f.px(static_cast<double>(p.tokens)), seen = f.px(static_cast<double>(p.tokens - p.visible));
        canvas.fill_rect({x0, y, x1 - x0, h}, t.track, 4);
        canvas.fill_rect({seen, y, x1 - seen, h}, t.bar_strong, 4);
        if (!view.revealed) {  // how much of the text there is, not what of it is seen
            canvas.fill_rect({x0, y, x1 - x0, h}, t.track, 4);
            canvas.fill_rect({x0, y, std::min(t.label * 0.9F, x1 - x0), h}, t.experts[1], 4);
            canvas.text({x1 + 12, y + h * 0.75F}, "?", label(t));
            continue;
        }
        if (p.visible < p.tokens) canvas.hatch({x0, y, seen - x0, h}, t.ink3);
        canvas.fill_rect({x0, y, std::min(t.label * 0.9F, x1 - x0), h}, t.experts[1], 4);
        if (!p.fact_visible) canvas.stroke_rect({x0, y, t.label * 0.9F, h}, {.color = t.error.fill, .width = 2}, 4);
        const std::string word = tr(view.lang, p.fact_visible ? "scene.tokens.window.seen" : "scene.tokens.window.gone", {{"visible", grouped(p.visible)}, {"tokens", grouped(p.tokens)}});
        const float room = place.right() - x1 - 12, w = canvas.measure(word, label(t)).width;
        if (w <= room) {
            canvas.text({x1 + 12, y + h * 0.75F}, word, label(t));
        } else {
            canvas.text({x1 - 12, y + h * 0.75F}, elide(canvas, word, label(t), x1 - seen - 24), {.size = t.label, .color = t.ink_on(t.bar_strong), .align = Align::kRight});
        }
    }
}

}  // namespace

bool is_chat(std::string_view show) { return show == "chat" || show == "window"; }

Result<std::shared_ptr<const SceneData>> compute_chat(Session& session, const Params& params, const Progress& progress) {
    if (!progress.report(0)) return Error{"cancelled", {}, ""};
    auto d = std::make_shared<ChatData>();
    d->show = params.text("show");
    d->turns = params.integer("turns"), d->question = params.integer("question"), d->reply = params.integer("reply"), d->seed = static_cast<std::uint64_t>(params.integer("seed"));
    if (d->show == "chat") {
        count_turns(*d);
        return std::shared_ptr<const SceneData>(std::move(d));
    }
    DG_ASSIGN(d->model, session.model(model_of(params)));
    DG_TRY(measure_window(*d, params.integer("window"), progress));
    return std::shared_ptr<const SceneData>(std::move(d));
}

std::vector<Observation> observe_chat(const ChatData& d) {
    std::vector<Observation> out;
    const auto add = [&](std::string name, double value, std::string index = "") { out.push_back({std::move(name), std::move(index), value}); };
    if (d.show == "chat") {
        double total = 0;
        for (std::size_t i = 0; i < d.fed.size(); ++i) {
            total += static_cast<double>(d.fed[i]);
            add("fed", static_cast<double>(d.fed[i]), fmt::format("{}", i));
            add("history", static_cast<double>(d.fed[i] - d.question), fmt::format("{}", i));
        }
        add("fed_total", total), add("text_total", static_cast<double>(d.turns * (d.question + d.reply)));
        add("turns", static_cast<double>(d.turns)), add("question", static_cast<double>(d.question)), add("reply", static_cast<double>(d.reply));
        return out;
    }
    double visible_min = 1, hidden_max = 0, hidden_gap = 0;
    for (const WindowPoint& p : d.points) {
        const std::string n = fmt::format("{}", p.tokens);
        add("tokens", static_cast<double>(p.tokens), n), add("visible", static_cast<double>(p.visible), n);
        add("p", p.p, n), add("p_without", p.p_without, n);
        if (p.fact_visible) visible_min = std::min(visible_min, p.p);
        if (!p.fact_visible) hidden_max = std::max(hidden_max, p.p), hidden_gap = std::max(hidden_gap, std::abs(p.p - p.p_without));
    }
    add("context", static_cast<double>(d.context)), add("p_visible_min", visible_min), add("p_hidden_max", hidden_max), add("p_hidden_gap", hidden_gap);
    add("p_first", d.points.front().p), add("p_last", d.points.back().p), add("p_last_without", d.points.back().p_without);
    add("lengths", static_cast<double>(d.points.size()));
    return out;
}

void draw_chat(Canvas& canvas, const ChatData& d, const View& view) {
    if (d.show == "chat") return draw_turns(canvas, d, view);
    draw_window(canvas, d, view);
}

}  // namespace dg::viz::tokens
