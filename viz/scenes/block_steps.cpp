// show=steps: the operation of the present stage on its real operands.
#include "engine/base/mathfn.h"
#include "viz/scenes/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::viz::block {
namespace {

struct Desk {
    Canvas& canvas;
    const Data& d;
    const View& view;
    const Theme& t;
    Rect area;
    float label_w = 0, numbers_w = 0;

    [[nodiscard]] Rect lane(float y, float h) const { return {area.x + label_w, y, area.w - label_w - numbers_w, h}; }

    void name(float y, float h, const std::string& markup) const {
        const RichText text = rich(t, markup, t.ink2);
        const TextStyle style{.size = t.label, .color = t.ink2};
        float line = y + h / 2 + t.label * 0.35F;
        const std::vector<RichText> lines = wrap_rich(canvas, text, style, label_w - 24);
        line -= static_cast<float>(lines.size() - 1) * t.label * 0.62F;
        for (const RichText& l : lines) {
            draw_rich(canvas, {area.x, line}, l, style);
            line += t.label * 1.25F;
        }
    }

    void number_at(float y, float h, const std::string& text, bool big = false) const {
        const float size = big ? t.heading : t.label;
        canvas.text({area.right(), y + h / 2 + size * 0.35F}, text, {.size = size, .color = t.ink, .weight = big ? Weight::kBold : Weight::kRegular, .align = Align::kRight});
    }

    void strip(float y, float h, const std::string& tensor, double shown, bool upright = true, double limit = 0) const {
        draw_strip(canvas, view, {.rect = lane(y, h), .values = d.row(tensor), .limit = limit, .tensor = tensor, .first = {0, d.position, 0}, .shown = shown, .upright = upright});
    }

    void say(float y, const std::string& markup, bool strong_line = false) const {
        const TextStyle style{.size = strong_line ? t.body : t.label, .color = t.ink};
        for (const RichText& line : wrap_rich(canvas, rich(t, markup, strong_line ? t.ink : t.ink2), style, area.w - label_w)) {
            draw_rich(canvas, {area.x + label_w, y}, line, style);
            y += style.size * 1.3F;
        }
    }
};

/// The cell that the worked line follows: the pointed one, else the largest output.
std::int64_t followed(const View& view, std::span<const float> y, std::initializer_list<std::pair<std::string, Index>> places) {
    for (const auto& [tensor, first] : places) {
        if (const auto i = pointed_at(view, tensor, first)) return *i;
    }
    std::int64_t best = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (std::abs(y[i]) > std::abs(y[static_cast<std::size_t>(best)])) best = static_cast<std::int64_t>(i);
    }
    return best;
}

/// A thin column through all lanes of one cell.
void follow_column(const Desk& k, std::int64_t i, std::size_t n, float top, float bottom) {
    const Rect lane = k.lane(top, bottom - top);
    const float step = lane.w / static_cast<float>(n), x = lane.x + step * (static_cast<float>(i) + 0.5F);
    k.canvas.line({x, top - 8}, {x, bottom + 8}, {.color = k.t.ink2, .width = 1.5F, .dash = 4, .gap = 4});
}

void norm_step(const Desk& k, bool second) {
    const Data& d = k.d;
    const View& view = k.view;
    const std::string in = second ? d.own("attn.residual") : d.entering(), out = d.own(second ? "post_attention_layernorm" : "input_layernorm");
    const std::string gain_name = fmt::format("model.layers.{}.{}.weight", d.layer, second ? "post_attention_layernorm" : "input_layernorm");
    const auto x = d.row(in), y = d.row(out);
    const Tensor<float>& gain = d.at(gain_name);
    const double u = done(view, second ? kNorm2 : kNorm), eps = d.run->model->model.config.rms_norm_eps;
    const double mean_square = length_of(x) * length_of(x) / static_cast<double>(x.size()), rms = std::sqrt(mean_square + eps);
    const float h = k.area.h * 0.155F, step = k.area.h * 0.212F;
    float at = k.area.y;
    k.name(at, h, tr(view.lang, "scene.block.norm.x"));
    k.strip(at, h, in, 1);
    k.number_at(at, h, tr(view.lang, "scene.block.norm.length", {{"value", number(length_of(x))}}));
    at += step;
    // the squares and their mean
    std::vector<float> squares(x.begin(), x.end());
    for (float& v : squares) v *= v;
    k.name(at, h, tr(view.lang, "scene.block.norm.square"));
    const double squared = std::min(1.0, u * 3);
    draw_strip(k.canvas, view, {.rect = k.lane(at, h), .values = squares, .shown = squared, .upright = true});
    if (u > 0.3) k.number_at(at, h, tr(view.lang, "scene.block.norm.mean", {{"value", number(mean_square)}}));
    at += step;
    k.name(at, h, tr(view.lang, "scene.block.norm.gain"));
    draw_strip(k.canvas, view, {.rect = k.lane(at, h), .values = gain.values(), .tensor = gain_name, .first = {0}, .shown = std::clamp(u * 3 - 1, 0.0, 1.0), .upright = true});
    if (u > 0.6) k.number_at(at, h, tr(view.lang, "scene.block.norm.rms", {{"value", number(rms)}}), false);
    at += step;
    k.name(at, h, tr(view.lang, "scene.block.norm.y"));
    k.strip(at, h, out, std::clamp(u * 3 - 2, 0.0, 1.0));
    if (u > 0.9) k.number_at(at, h, tr(view.lang, "scene.block.norm.length", {{"value", number(length_of(y))}}));
    const std::int64_t i = followed(view, y, {{out, {0, d.position, 0}}, {in, {0, d.position, 0}}, {gain_name, {0}}});
    follow_column(k, i, x.size(), k.area.y, at + h);
    at += step;
    const auto c = static_cast<std::size_t>(i);
    if (u > 0.6) k.say(at + k.t.body * 0.6F, tr(view.lang, "scene.block.norm.worked", {{"i", fmt::format("{}", i)}, {"x", number(x[c])}, {"rms", number(rms)}, {"g", number(gain[i])}, {"y", number(y[c])}}), true);
    k.say(at + k.t.body * 0.6F + k.t.label * 1.7F, tr(view.lang, "scene.block.norm.why"));
}

/// Every head's row of weights, what it took along, and the sum through W_O.
void attend_step(const Desk& k) {
    const Data& d = k.d;
    const View& view = k.view;
    const double u = done(view, kAttend);
    const Tensor<float>&probs = d.at(d.own("attn.probs")), &context = d.at(d.own("attn.context"));
    const float out_h = k.area.h * 0.13F, gap = k.t.caption * 1.8F;
    const std::int64_t shown_heads = std::min<std::int64_t>(d.heads, std::max<std::int64_t>(1, static_cast<std::int64_t>((k.area.h - out_h - 3 * gap) / (k.t.caption * 1.2F))));
    const float row_h = (k.area.h - out_h - 3 * gap) / static_cast<float>(shown_heads);
    const Rect lane = k.lane(k.area.y, 1);
    const float map_w = lane.w * 0.45F, context_x = lane.x + lane.w * 0.53F, context_w = lane.w * 0.47F, key_w = map_w / static_cast<float>(d.tokens);
    const double limit = largest_of(d.row(d.own("attn.context")));
    for (std::int64_t v = 0; v < d.tokens && key_w >= k.t.caption * 1.4F; ++v) {
        const TextStyle style{.size = k.t.caption, .color = k.t.k.ink, .align = Align::kCenter};
        k.canvas.text({lane.x + key_w * (static_cast<float>(v) + 0.5F), k.area.y + gap - 8}, elide(k.canvas, d.labels[static_cast<std::size_t>(v)], style, key_w - 4), style);
    }
    k.canvas.text({context_x, k.area.y + gap - 8}, tr(view.lang, "scene.block.attend.context"), {.size = k.t.caption, .color = k.t.v.ink});
    for (std::int64_t h = 0; h < shown_heads; ++h) {
        const float y = k.area.y + gap + row_h * static_cast<float>(h), height = std::max(3.0F, row_h - 4);
        const std::span<const float> weights{probs.data() + (h * d.tokens + d.position) * d.tokens, static_cast<std::size_t>(d.tokens)};
        k.canvas.text({lane.x - 14, y + height / 2 + k.t.caption * 0.35F}, tr(view.lang, "scene.block.attend.head", {{"head", fmt::format("{}", h)}}), {.size = k.t.caption, .color = k.t.ink2, .align = Align::kRight});
        std::vector<Color> cells;
        for (const float w : weights) cells.push_back(mix(k.t.ground, k.t.sequential_at(w), static_cast<float>(std::min(1.0, u * 2))));
        const Rect map{lane.x, y, map_w, height};
        k.canvas.heatmap(map, 1, static_cast<int>(cells.size()), cells);
        k.canvas.stroke_rect(map, {.color = k.t.hairline, .width = k.t.line});
        cell_region(k.canvas, map, CellRef{d.own("attn.probs"), {0, h, d.position, 0}}, "", static_cast<int>(d.tokens));
        const float* row = context.row(d.position * d.heads + h);
        draw_strip(k.canvas, view, {.rect = {context_x, y, context_w, height}, .values = {row, static_cast<std::size_t>(context.cols())}, .limit = limit,
                                    .tensor = d.own("attn.context"), .first = {0, d.position, h, 0}, .shown = std::clamp(u * 2 - 0.7, 0.0, 1.0)});
    }
    const float y = k.area.bottom() - out_h - gap * 0.6F;
    k.name(y, out_h, tr(view.lang, "scene.block.attend.out"));
    k.strip(y, out_h, d.own("attn.out"), std::clamp(u * 3 - 2, 0.0, 1.0));
    if (u > 0.9) k.number_at(y, out_h, tr(view.lang, "scene.block.norm.length", {{"value", number(length_of(d.row(d.own("attn.out"))))}}));
}

void add_step(const Desk& k, bool second) {
    const Data& d = k.d;
    const View& view = k.view;
    const Reading &before = second ? d.middle() : d.before(), &after = second ? d.after() : d.middle();
    const std::string added = d.own(second ? "mlp.out" : "attn.out");
    const double u = done(view, second ? kAdd2 : kAdd), limit = std::max({largest_of(d.row(before.tensor)), largest_of(d.row(added)), largest_of(d.row(after.tensor))});
    const float h = k.area.h * 0.20F, step = k.area.h * 0.28F;
    float y = k.area.y;
    const std::array<std::pair<std::string, std::string>, 3> rows = {std::pair{before.tensor, std::string("scene.block.add.before")}, std::pair{added, std::string(second ? "scene.block.add.mlp" : "scene.block.add.attention")}, std::pair{after.tensor, std::string("scene.block.add.after")}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        k.name(y, h, tr(view.lang, rows[i].second));
        k.strip(y, h, rows[i].first, i < 2 ? 1 : u, true, limit);
        k.number_at(y, h, tr(view.lang, "scene.block.norm.length", {{"value", number(length_of(d.row(rows[i].first)))}}));
        if (i > 0) k.canvas.text({k.lane(y, h).x - 12, y + h / 2 + k.t.heading * 0.35F}, i == 1 ? "+" : "=", {.size = k.t.heading, .color = k.t.ink, .weight = Weight::kBold, .align = Align::kRight});
        y += step;
    }
    const auto sum = d.row(after.tensor);
    const std::int64_t i = followed(view, d.row(added), {{after.tensor, {0, d.position, 0}}, {added, {0, d.position, 0}}, {before.tensor, {0, d.position, 0}}});
    follow_column(k, i, sum.size(), k.area.y, y - step + h);
    const auto c = static_cast<std::size_t>(i);
    k.say(y + k.t.body * 0.4F, tr(view.lang, "scene.block.add.worked", {{"i", fmt::format("{}", i)}, {"x", number(d.row(before.tensor)[c])}, {"a", number(d.row(added)[c])}, {"y", number(sum[c])}}), true);
    k.say(y + k.t.body * 0.4F + k.t.label * 1.7F, tr(view.lang, "scene.block.add.angle", {{"cosine", fixed(after.cosine, 2)}, {"before", rich_escape(d.label(before.top.front()))}, {"after", rich_escape(d.label(after.top.front()))},
                                                                                  {"pb", percent(d.prob(before, before.top.front()))}, {"pa", percent(d.prob(after, after.top.front()))}}));
}

/// The MLP that is worked out: the dense one, or the heaviest expert.
struct Worked {
    std::string prefix;
    std::int64_t row = 0, expert = -1;
    double weight = 1;
};

Worked worked_mlp(const Data& d) {
    if (!d.moe) return {.prefix = d.own("mlp."), .row = d.position};
    const Choice c = choices_of(d).front();
    return {.prefix = d.own(fmt::format("mlp.experts.{}.", c.expert)), .row = c.row, .expert = c.expert, .weight = c.weight};
}

void silu_curve(const Desk& k, Rect at, std::span<const float> z, std::int64_t i, double shown) {
    const double reach = std::max(4.0, std::min(largest_of(z) * 1.1, 12.0));
    const auto silu = [](double v) { return v / (1 + dg::exp(-v)); };
    const auto place = [&](double v) { return Vec2{at.x + at.w * static_cast<float>((v + reach) / (2 * reach)), at.bottom() - at.h * static_cast<float>((silu(v) + 1) / (reach + 1))}; };
    k.canvas.line({at.x, place(0).y}, {at.right(), place(0).y}, {.color = k.t.border, .width = k.t.line});
    k.canvas.line({place(0).x, at.y}, {place(0).x, at.bottom()}, {.color = k.t.border, .width = k.t.line});
    std::vector<Vec2> curve;
    for (int s = 0; s <= 80; ++s) curve.push_back(place(-reach + 2 * reach * s / 80));
    k.canvas.polyline(curve, {.color = k.t.ink2, .width = 2.5F});
    for (std::size_t n = 0; n < z.size() && shown > 0; ++n) {
        if (std::abs(z[n]) <= reach) k.canvas.fill_circle(place(z[n]), 4, k.t.bar);
    }
    const auto zi = static_cast<double>(z[static_cast<std::size_t>(i)]);
    if (shown > 0 && std::abs(zi) <= reach) {
        k.canvas.fill_circle(place(zi), 9, k.t.select_outline.a > 0 ? k.t.ink : k.t.select);
        k.canvas.fill_circle(place(zi), 6, k.t.select);
    }
    k.canvas.text({at.x, at.bottom() + k.t.caption * 1.3F}, fmt::format("z = −{}", number(reach, 2)), caption(k.t));
    k.canvas.text({at.right(), at.bottom() + k.t.caption * 1.3F}, number(reach, 2), caption(k.t, Align::kRight));
    k.canvas.text({at.x, at.y + k.t.caption}, "silu(z)", {.size = k.t.caption, .color = k.t.ink});
}

void feed_step(const Desk& k) {
    const Data& d = k.d;
    const View& view = k.view;
    const double u = done(view, kFeed);
    const Worked w = worked_mlp(d);
    const bool expert = w.expert >= 0;
    const Tensor<float>&gate = d.at(w.prefix + "gate"), &up = d.at(w.prefix + "up"), &hidden = d.at(w.prefix + "hidden");
    const auto n = static_cast<std::size_t>(gate.cols());
    const auto first = expert ? Index{w.row, 0} : Index{0, w.row, 0};
    const float h = k.area.h * 0.145F, step = k.area.h * 0.2F, curve_w = std::min(k.area.w * 0.2F, k.area.h * 0.7F);
    Desk lanes = k;
    lanes.area.w -= curve_w + 48;
    lanes.numbers_w = 0;
    const auto row = [&](const Tensor<float>& x) { return std::span<const float>{x.row(w.row), n}; };
    const std::int64_t i = followed(view, row(hidden), {{w.prefix + "hidden", first}, {w.prefix + "gate", first}, {w.prefix + "up", first}});
    float y = k.area.y + k.t.label * 1.6F;
    k.canvas.text({k.area.x, k.area.y + k.t.label * 0.6F},
                  expert ? tr(view.lang, "scene.block.feed.expert", {{"expert", fmt::format("{}", w.expert)}, {"weight", fixed(w.weight, 2)}, {"n", fmt::format("{}", n)}})
                         : tr(view.lang, "scene.block.feed.dense", {{"n", fmt::format("{}", n)}}), {.size = k.t.label, .color = k.t.ink, .weight = Weight::kBold});
    const std::array<std::pair<const Tensor<float>*, std::string>, 3> rows = {std::pair{&gate, std::string("gate")}, std::pair{&up, std::string("up")}, std::pair{&hidden, std::string("hidden")}};
    for (std::size_t r = 0; r < rows.size(); ++r) {
        lanes.name(y, h, tr(view.lang, "scene.block.feed." + rows[r].second));
        draw_strip(k.canvas, view, {.rect = lanes.lane(y, h), .values = row(*rows[r].first), .tensor = w.prefix + rows[r].second, .first = first,
                                    .shown = std::clamp(u * 4 - static_cast<double>(r), 0.0, 1.0), .upright = true});
        y += step;
    }
    const float lanes_top = k.area.y + k.t.label * 1.6F;
    follow_column(lanes, i, n, lanes_top, y - step + h);
    silu_curve(k, {k.area.right() - curve_w, lanes_top, curve_w, std::min(curve_w * 0.8F, step * 2.2F)}, row(gate), i, u > 0.2 ? 1 : 0);
    lanes.name(y, h, tr(view.lang, "scene.block.feed.out"));
    draw_strip(k.canvas, view, {.rect = lanes.lane(y, h), .values = d.row(d.own("mlp.out")), .tensor = d.own("mlp.out"), .first = {0, d.position, 0}, .shown = std::clamp(u * 4 - 3, 0.0, 1.0), .upright = true});
    y += step;
    const double z = row(gate)[static_cast<std::size_t>(i)], a = row(up)[static_cast<std::size_t>(i)], silu = z / (1 + dg::exp(-z));
    k.say(y + k.t.body * 0.4F, tr(view.lang, "scene.block.feed.worked", {{"i", fmt::format("{}", i)}, {"z", number(z)}, {"silu", number(silu)}, {"u", number(a)}, {"h", number(row(hidden)[static_cast<std::size_t>(i)])}}), true);
    k.say(y + k.t.body * 0.4F + k.t.label * 1.7F, tr(view.lang, expert ? "scene.block.feed.why_expert" : "scene.block.feed.why", {{"k", fmt::format("{}", d.run->model->model.config.num_experts_per_tok)}}));
}

}  // namespace

void draw_steps(Canvas& canvas, const Data& d, const View& view) {
    const Theme t = fitted_type(canvas, view);
    constexpr std::array kNames = {"norm", "attend", "add", "norm2", "feed", "add2"};
    const int stage = std::clamp(view.stage, 0, 5);
    PageText page = words(d, view, "steps");
    page.title = tr(view.lang, fmt::format("scene.block.step.{}", kNames[static_cast<std::size_t>(stage)]), {{"layer", fmt::format("{}", d.layer)}});
    const Rect place = draw_frame(canvas, view, page);
    // the way through the block, the present station filled
    const float pill_h = t.caption * 2, gap = 18, pill_w = std::min((place.w - 5 * gap) / 6, t.caption * 10);
    for (int i = 0; i < 6; ++i) {
        const Rect pill{place.x + (pill_w + gap) * static_cast<float>(i), place.y, pill_w, pill_h};
        const bool now = i == stage;
        canvas.fill_rect(pill, now ? t.ink : i < stage ? t.track : t.ground, pill_h / 2);
        canvas.stroke_rect(pill, {.color = now ? t.ink : t.border, .width = t.line}, pill_h / 2);
        const TextStyle style{.size = t.caption, .color = now ? t.ground : t.ink2};
        draw_centered(canvas, pill, elide(canvas, tr(view.lang, fmt::format("stage.block.{}", kNames[static_cast<std::size_t>(i)])), style, pill.w - 12), style);
        if (i > 0) draw_arrow(canvas, {pill.x - gap + 2, pill.center().y}, {pill.x - 2, pill.center().y}, {.color = t.stream, .width = 2}, 8);
    }
    const float top = place.y + pill_h + t.caption * 1.6F;
    const Desk k{canvas, d, view, t, {place.x, top, place.w, place.bottom() - top}, std::clamp(place.w * 0.15F, t.label * 7, t.label * 13), t.label * 8.5F};
    switch (stage) {
        case kNorm: return norm_step(k, false);
        case kAttend: return attend_step(k);
        case kAdd: return add_step(k, false);
        case kNorm2: return norm_step(k, true);
        case kFeed: return feed_step(k);
        default: return add_step(k, true);
    }
}

}  // namespace dg::viz::block
