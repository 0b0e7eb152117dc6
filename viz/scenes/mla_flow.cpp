// show=flow of scene mla: the hourglass at true scale, the rotary lane round it, and the proof that both ways of computing
// give the same output.
#include "engine/base/mathfn.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/mla.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::mla {
namespace {

struct Places {
    Rect hidden, box, rotary, latent, keys, values, proof, panel;
    float unit = 1;      // px per number
    float head_gap = 2;  // between heads
};

Places lay_out(const Data& d, const View& view, Rect place) {
    const Theme& t = theme(view.theme);
    const Config& c = d.config();
    Places p;
    const bool panel = place.w >= 56 * t.label && view.theme != ThemeId::kProjector && !view.presenter;
    const float panel_w = panel ? std::clamp(place.w * 0.25F, 17 * t.label, 26 * t.label) : 0;
    p.panel = {place.right() - panel_w, place.y, panel_w, place.h};
    const Rect left{place.x, place.y, place.w - (panel ? panel_w + 56 : 0), place.h};
    const auto heads = static_cast<float>(c.num_attention_heads), keys = heads * static_cast<float>(c.qk_nope_head_dim), values = heads * static_cast<float>(c.v_head_dim);
    const float middle = 64, lane = 28;
    p.unit = std::min((left.w - middle - lane - 2 * (heads - 1) * p.head_gap) / (keys + values), left.w * 0.5F / static_cast<float>(c.hidden_size));
    const float proof_h = std::clamp(left.h * 0.22F, 4.6F * t.label * 1.25F, 190.0F), rows_h = left.h - proof_h - 16;
    const float strip = std::clamp(rows_h * 0.075F, 18.0F, 44.0F);
    const float center = left.x + lane + (left.w - lane) / 2, hidden_w = p.unit * static_cast<float>(c.hidden_size), latent_w = p.unit * static_cast<float>(c.kv_lora_rank);
    p.hidden = {center - hidden_w / 2, left.y + 4, hidden_w, strip};
    const float latent_y = left.y + rows_h * 0.42F;
    p.latent = {center - latent_w / 2, latent_y, latent_w, strip};
    const float rotary_w = std::max(p.unit * static_cast<float>(c.qk_rope_head_dim), 10.0F);
    p.rotary = {std::max(left.x + lane + 96, p.latent.x - rotary_w - t.label * 17), latent_y, rotary_w, strip};
    p.box = {p.rotary.x - 20, latent_y - 16, p.latent.right() + 20 - (p.rotary.x - 20), strip + 32};
    const float fan_y = left.y + rows_h - strip - t.label * 3.1F;
    const float keys_w = keys * p.unit + (heads - 1) * p.head_gap, values_w = values * p.unit + (heads - 1) * p.head_gap;
    p.keys = {left.x + lane, fan_y, keys_w, strip};
    p.values = {left.right() - values_w, fan_y, values_w, strip};
    p.proof = {left.x, left.bottom() - proof_h, left.w, proof_h};
    return p;
}

class FlowPainter {
  public:
    FlowPainter(Canvas& canvas, const Data& d, const View& view, const Places& p) : c_(canvas), d_(d), v_(view), t_(theme(view.theme)), p_(p), config_(d.config()) {}

    void draw() {
        compress();
        fans();
        rotary_lane();
        cached();
        heads(p_.keys, "k_nope", config_.qk_nope_head_dim, t_.k, "scene.mla.keys");
        heads(p_.values, "v", config_.v_head_dim, t_.v, "scene.mla.values");
        proof();
    }

    std::int64_t block = 1;  // down-sampling of the drawn matrices

  private:
    [[nodiscard]] std::string word(const std::string& key, const TextArgs& args = {}) const { return tr(v_.lang, key, args); }

    [[nodiscard]] static std::string count(std::int64_t n) { return fmt::format("{}", n); }

    [[nodiscard]] std::span<const float> row(const std::string& name) const {
        const Tensor<float>& all = d_.at(name);
        return {all.row(d_.position), static_cast<std::size_t>(all.cols())};
    }

    void trapezoid(Vec2 a, Vec2 b, Vec2 c, Vec2 e, Color color) { c_.fill_path(Path().move(a).line(b).line(c).line(e).close(), color); }

    void left_label(Rect strip, const RichText& name, const std::string& detail) {
        TextStyle style = strong(t_, Align::kRight);
        draw_rich(c_, {strip.x - 16, strip.y + strip.h * 0.42F}, name, style);
        c_.text({strip.x - 16, strip.y + strip.h * 0.42F + t_.caption * 1.35F}, detail, caption(t_, Align::kRight));
    }

    /// Hidden state, W^DKV as a real matrix in the rose trapezoid, the latent below.
    void compress() {
        const Group group(c_, "compress");
        const double u = ease(done(v_, kCompress));
        const std::string hidden = fmt::format("layers.{}.input_layernorm", d_.layer);
        draw_cells(c_, v_, {.rect = p_.hidden, .values = row("/" + hidden), .fill = t_.stream, .first = {hidden, {0, d_.position, 0}}});
        left_label(p_.hidden, rich(t_, word("scene.mla.hidden"), t_.ink, Weight::kBold), word("scene.mla.numbers", {{"count", count(config_.hidden_size)}}));
        if (u <= 0) return;
        const float top = p_.hidden.bottom() + 3, bottom = p_.box.y - 2, mid = top + (bottom - top) * static_cast<float>(u);
        const auto at = [&](float from, float to) { return from + (to - from) * static_cast<float>(u); };
        trapezoid({p_.hidden.x, top}, {p_.hidden.right(), top}, {at(p_.hidden.right(), p_.latent.right()), mid}, {at(p_.hidden.x, p_.latent.x), mid},
                  t_.latent.fill.with_alpha(0.14F));
        const float h = bottom - top - t_.label * 3.6F, ratio = static_cast<float>(config_.hidden_size) / static_cast<float>(config_.kv_lora_rank);
        const float w = std::min(p_.latent.w * 0.9F, h * ratio), y = top + t_.label * 3.1F;
        const Vec2 middle{(p_.hidden.x + p_.hidden.right()) / 2, top};
        draw_rich(c_, {middle.x, top + t_.label * 1.3F}, rich(t_, word("scene.mla.compress"), t_.latent.ink, Weight::kBold), strong(t_, Align::kCenter));
        c_.text({middle.x, top + t_.label * 2.6F}, word("scene.mla.compress.detail", {{"out", count(config_.kv_lora_rank)}, {"in", count(config_.hidden_size)}}), caption(t_, Align::kCenter));
        if (h < 24 || u < 1) return;
        const std::string name = fmt::format("model.layers.{}.self_attn.kv_a_proj_with_mqa.weight", d_.layer);
        block = std::max(block, draw_matrix(c_, v_, {middle.x - w / 2, y, w, w / ratio}, d_.run->tape.value(d_.run->tape.find(name)), 0, config_.kv_lora_rank, name));
    }

    void fan(Rect to, Color color, const char* key, RoleColor role, std::int64_t first, std::int64_t rows) {
        const double u = ease(done(v_, kRebuild));
        if (u <= 0) return;
        const float top = p_.box.bottom() + 2, bottom = to.y - 3;
        if (d_.absorbed) {
            // folded back: two thin lines instead of a fan
            const bool left = to.x < p_.latent.x;
            const float x = left ? p_.latent.x + 8 : p_.latent.right() - 8, end = left ? to.right() - 12 : to.x + 12;
            c_.line({x, top}, {end, bottom}, {.color = color, .width = 3, .dash = 10, .gap = 6});
        } else {
            const float mid = top + (bottom - top) * static_cast<float>(u);
            const auto at = [&](float from, float end) { return from + (end - from) * static_cast<float>(u); };
            trapezoid({p_.latent.x, top}, {p_.latent.right(), top}, {at(p_.latent.right(), to.right()), mid}, {at(p_.latent.x, to.x), mid}, color.with_alpha(0.17F));
        }
        const float x = to.center().x;
        const std::string name = fmt::format("model.layers.{}.self_attn.kv_b_proj.weight", d_.layer);
        const float h = bottom - top - t_.label * 3.4F, ratio = static_cast<float>(config_.kv_lora_rank) / static_cast<float>(rows);
        const float w = std::min(h * ratio, 230.0F), label_y = bottom - t_.label * 1.6F;
        TextStyle style = strong(t_, Align::kCenter);
        // where the matrix goes once K and V are not rebuilt is what the lesson asks
        const std::string text = word(d_.absorbed ? std::string(key) + (v_.revealed ? ".absorbed" : ".absorbed.covered") : key);
        draw_rich(c_, {x, label_y}, rich(t_, text, role.ink, Weight::kBold), style);
        c_.text({x, label_y + t_.caption * 1.35F}, word("scene.mla.per_head", {{"rows", count(rows)}, {"cols", count(config_.kv_lora_rank)}, {"heads", count(config_.num_attention_heads)}}), caption(t_, Align::kCenter));
        if (h < 30 || u < 1) return;
        const Tensor<float>& weight = d_.run->tape.value(d_.run->tape.find(name));
        const std::int64_t stride = config_.qk_nope_head_dim + config_.v_head_dim;
        const Rect matrix{x - w / 2, label_y - t_.label * 1.5F - w / ratio, w, w / ratio};
        if (matrix.y < top + 6) return;
        block = std::max(block, draw_matrix(c_, v_, matrix, weight, d_.head * stride + first, rows, name));
    }

    void fans() {
        const Group group(c_, "rebuild");
        fan(p_.keys, t_.k.fill, "scene.mla.rebuild_k", t_.k, 0, config_.qk_nope_head_dim);
        fan(p_.values, t_.v.fill, "scene.mla.rebuild_v", t_.v, config_.qk_nope_head_dim, config_.v_head_dim);
    }

    /// From the hidden state, past the compression, into the box, and round to every head's key.
    void rotary_lane() {
        const double u = ease(done(v_, kRotary));
        if (u <= 0) return;
        const Group group(c_, "rotary");
        const Stroke lane{.color = t_.rotary.fill, .width = 4};
        const float x = p_.rotary.center().x, y = p_.hidden.bottom() + 26, from = p_.hidden.x + 14;
        const Vec2 path[] = {{from, p_.hidden.bottom() + 2}, {from, y}, {x, y}, {x, p_.rotary.y - 2}};
        c_.polyline(path, lane);
        const Rect knob{x - 30, (y + p_.box.y) / 2 - 16, 60, 32};
        c_.fill_rect(knob, t_.ground, 16);
        c_.stroke_rect(knob, {.color = t_.rotary.fill, .width = 3}, 16);
        wave(knob, u);
        TextStyle style = strong(t_, Align::kRight), detail = caption(t_, Align::kRight);
        const RichText name = rich(t_, word("scene.mla.lane"), t_.rotary.ink, Weight::kBold);
        const float room = knob.x - 12 - (p_.keys.x - 24);
        while (style.size > 11 && measure_rich(c_, name, style) > room) style.size -= 1;
        detail.size = std::min(detail.size, style.size);
        style.color = t_.rotary.ink;
        c_.text({knob.x - 12, knob.center().y - 2}, elide(c_, plain(name), style, room), style);
        c_.text({knob.x - 12, knob.center().y + detail.size * 1.25F}, elide(c_, word("scene.mla.lane.detail"), detail, room), detail);
        if (done(v_, kRebuild) < 1 || d_.absorbed) return;
        const float rail = p_.keys.bottom() + t_.label * 1.75F, left = p_.keys.x - 18;
        const Vec2 round[] = {{p_.box.x, p_.box.center().y}, {left, p_.box.center().y}, {left, rail}, {p_.keys.right(), rail}};
        c_.polyline(round, lane);
        for (std::int64_t h = 0; h < config_.num_attention_heads; ++h) {
            const Rect head = head_rect(p_.keys, h, config_.qk_nope_head_dim);
            c_.line({head.center().x, rail}, {head.center().x, rail - 8}, lane);
        }
    }

    /// One turn of the wave as the lane is drawn.
    void wave(Rect knob, double u) {
        std::vector<Vec2> points;
        for (int i = 0; i <= 24; ++i) {
            const float s = static_cast<float>(i) / 24;
            points.push_back({knob.x + 10 + (knob.w - 20) * s, knob.center().y - 7 * static_cast<float>(dg::sin(6.283185307179586 * (2 * static_cast<double>(s) + u)))});
        }
        c_.polyline(points, {.color = t_.rotary.ink, .width = 2});
    }

    void cached() {
        const Group group(c_, "cached");
        const double latent = ease(done(v_, kCompress)), rotary = ease(done(v_, kRotary));
        draw_cells(c_, v_, {.rect = p_.latent, .values = row("kv_latent"), .fill = t_.latent.fill, .first = {d_.prefix() + "kv_latent", {0, d_.position, 0}}, .shown = latent});
        draw_cells(c_, v_, {.rect = p_.rotary, .values = row("k_pe"), .fill = t_.rotary.fill, .first = {d_.prefix() + "k_pe", {0, d_.position, 0}}, .shown = rotary});
        if (v_.revealed) c_.stroke_rect(p_.box, {.color = t_.ink, .width = 3}, 10);
        const float base = p_.rotary.y + p_.rotary.h * 0.4F;
        // both names stand between the two strips
        const RichText key_name = rich(t_, word("scene.mla.rotary_key"), t_.rotary.ink, Weight::kBold), latent_name = rich(t_, word("scene.mla.latent"), t_.latent.ink, Weight::kBold);
        TextStyle names{.size = t_.label, .color = t_.ink, .weight = Weight::kBold};
        const float gap = p_.latent.x - p_.rotary.right() - 24, both = measure_rich(c_, key_name, names) + measure_rich(c_, latent_name, names) + 14;
        names.size *= std::min(1.0F, gap / both);
        draw_rich(c_, {p_.rotary.right() + 12, base}, key_name, names);
        const std::string shared = word("scene.mla.rotary_key.detail", {{"count", count(config_.qk_rope_head_dim)}}), numbers = word("scene.mla.numbers", {{"count", count(config_.kv_lora_rank)}});
        const bool roomy = c_.measure(shared, caption(t_)).width + c_.measure(numbers, caption(t_)).width + 40 < p_.latent.x - p_.rotary.right();
        if (roomy) c_.text({p_.rotary.right() + 12, base + t_.caption * 1.3F}, shared, caption(t_));
        names.align = Align::kRight;
        draw_rich(c_, {p_.latent.x - 12, base}, latent_name, names);
        if (roomy) c_.text({p_.latent.x - 12, base + t_.caption * 1.3F}, numbers, caption(t_, Align::kRight));
        if (!v_.revealed) return;  // which of the two are cached is what the lesson asks
        const TextArgs args{{"latent", count(config_.kv_lora_rank)}, {"rotary", count(config_.qk_rope_head_dim)}, {"sum", v_.revealed ? count(config_.cache_elements()) : "?"},
                            {"full", count(config_.num_attention_heads * (config_.qk_nope_head_dim + config_.v_head_dim))}};
        const std::string text = word("scene.mla.tag", args), second = word("scene.mla.tag.full", args);
        const TextStyle bold{.size = t_.label, .color = t_.ground, .weight = Weight::kBold, .align = Align::kCenter}, plain{.size = t_.caption, .color = t_.ground, .align = Align::kCenter};
        const Rect tag{p_.box.right(), p_.box.y + 4, std::max(c_.measure(text, bold).width, c_.measure(second, plain).width) + 32, p_.box.h - 8};
        c_.fill_rect(tag, t_.ink);
        c_.text({tag.center().x, tag.center().y - 3}, text, bold);
        c_.text({tag.center().x, tag.center().y + t_.caption * 1.15F}, second, plain);
    }

    [[nodiscard]] Rect head_rect(Rect all, std::int64_t h, std::int64_t width) const {
        const float w = p_.unit * static_cast<float>(width);
        return {all.x + (w + p_.head_gap) * static_cast<float>(h), all.y, w, all.h};
    }

    void heads(Rect all, const std::string& name, std::int64_t width, RoleColor role, const char* key) {
        const double u = done(v_, kRebuild);
        if (u <= 0) return;
        const Group group(c_, name);
        const Tensor<float>& values = d_.at(name);
        double limit = 0;
        for (std::int64_t i = 0; i < config_.num_attention_heads * width; ++i) limit = std::max(limit, std::abs(static_cast<double>(values.row(d_.position * config_.num_attention_heads)[i])));
        for (std::int64_t h = 0; h < config_.num_attention_heads; ++h) {
            const Rect r = head_rect(all, h, width);
            const double landed = staggered(u, static_cast<int>(h), static_cast<int>(config_.num_attention_heads));
            if (landed <= 0) continue;
            draw_cells(c_, v_, {.rect = r, .values = {values.row(d_.position * config_.num_attention_heads + h), static_cast<std::size_t>(width)}, .limit = limit, .fill = role.fill,
                                .first = {d_.prefix() + name, {0, d_.position, h, 0}}, .shown = landed, .outline = d_.absorbed});
            TextStyle style = caption(t_, Align::kCenter);
            if (h == d_.head) style.color = t_.ink, style.weight = Weight::kBold;
            if (r.w > t_.caption * 1.1F) c_.text({r.center().x, r.bottom() + t_.caption * 1.15F}, h == 0 && r.w > t_.caption * 2.6F ? word("scene.mla.head", {{"head", "0"}}) : count(h), style);
            c_.region({{r.x, r.bottom(), r.w, t_.caption * 1.4F}, std::nullopt, fmt::format("set head={}", h), word("scene.mla.head", {{"head", count(h)}})});
        }
        const TextArgs args{{"heads", count(config_.num_attention_heads)}, {"width", count(width)}};
        const std::string text = word(d_.absorbed ? "scene.mla.never_built" : key, args);
        draw_rich(c_, {all.x, all.bottom() + t_.label * 2.9F}, rich(t_, text, t_.ink2), label(t_));
    }

    /// The same token's output by both code paths, and their difference magnified.
    void proof() {
        const Group group(c_, "proof");
        if (done(v_, kScore) <= 0) return;
        c_.line({p_.proof.x, p_.proof.y}, {p_.proof.right(), p_.proof.y}, {.color = t_.hairline, .width = t_.line});
        const auto naive = row("out"), absorbed = row(fmt::format("/decode.layers.{}.attn.out", d_.layer));
        std::vector<float> difference;
        float worst = 0;
        for (std::size_t i = 0; i < naive.size(); ++i) difference.push_back(naive[i] - absorbed[i]), worst = std::max(worst, std::abs(difference.back()));
        const float head = t_.body * 2.0F, row_h = (p_.proof.h - head) / 3, label_w = std::min(p_.proof.w * 0.3F, t_.label * 12);
        c_.text({p_.proof.x, p_.proof.y + t_.body * 1.35F}, elide(c_, word("scene.mla.proof", {{"token", d_.labels[static_cast<std::size_t>(d_.position)]}}), strong(t_), p_.proof.w * 0.58F), strong(t_));
        if (v_.stage >= kMix) {
            TextStyle big = heading(t_);
            big.align = Align::kRight;
            c_.text({p_.proof.right(), p_.proof.y + t_.body * 1.45F}, word("scene.mla.worst", {{"value", v_.revealed ? number(d_.layer_difference, 2) : "?"}}), big);
        }
        struct Line {
            const char* key;
            std::span<const float> values;
            CellRef first;
            bool difference;
        };
        const Line lines[] = {{"scene.mla.proof.naive", naive, {d_.prefix() + "out", {0, d_.position, 0}}, false},
                              {"scene.mla.proof.absorbed", absorbed, {fmt::format("decode.layers.{}.attn.out", d_.layer), {0, d_.position, 0}}, false},
                              {"scene.mla.proof.difference", difference, {}, true}};
        for (int i = 0; i < 3; ++i) {
            if (i == 1 && v_.stage < kMix && !d_.absorbed) continue;
            if (i == 2 && (v_.stage < kMix || !v_.revealed)) continue;
            const float y = p_.proof.y + head + row_h * static_cast<float>(i);
            const Rect strip{p_.proof.x + label_w, y, p_.proof.w - label_w - (i == 2 ? 0 : 0), row_h * 0.72F};
            const std::string text = word(lines[i].key, {{"scale", worst > 0 ? number(static_cast<double>(worst), 1) : "0"}});
            c_.text({strip.x - 14, y + row_h * 0.36F + t_.caption * 0.35F}, elide(c_, text, caption(t_), label_w - 18), caption(t_, Align::kRight));
            draw_cells(c_, v_, {.rect = strip, .values = lines[i].values, .fill = t_.stream, .first = lines[i].first, .shown = ease(done(v_, i == 0 ? kScore : kMix)), .diverging = lines[i].difference});
        }
    }

    Canvas& c_;
    const Data& d_;
    const View& v_;
    const Theme& t_;
    const Places& p_;
    const Config& config_;
};

void side_panel(Canvas& canvas, const Data& d, const View& view, Rect place) {
    const Group group(canvas, "panel");
    const Theme& t = theme(view.theme);
    canvas.line({place.x - 28, place.y}, {place.x - 28, place.bottom()}, {.color = t.hairline, .width = t.line});
    canvas.text({place.x, place.y + t.heading * 0.8F}, elide(canvas, tr(view.lang, "scene.mla.panel.cache"), heading(t), place.w), heading(t));
    const TextArgs shape{{"layers", fmt::format("{}", d.layers)}, {"heads", fmt::format("{}", d.heads)}};
    canvas.text({place.x, place.y + t.heading * 0.8F + t.label * 1.6F}, elide(canvas, tr(view.lang, d.shape == "v3" ? "scene.mla.shape.v3" : "scene.mla.shape.model", shape), caption(t), place.w), caption(t));
    float y = draw_cache_bars(canvas, d, view, {place.x, place.y + t.heading * 0.8F + t.label * 3.0F, place.w, place.h}, t.label * 1.1F);
    y = draw_wrapped(canvas, {place.x, y + t.caption * 0.4F}, tr(view.lang, "scene.mla.bars.note"), caption(t), place.w, 2) + t.label * 1.5F;

    // the form switch
    if (place.bottom() - y < t.label * 6) return;
    canvas.text({place.x, y + t.label}, elide(canvas, tr(view.lang, "scene.mla.form"), strong(t), place.w), strong(t));
    y += t.label * 1.8F;
    float x = place.x;
    for (const char* form : {"naive", "absorbed"}) {
        const std::string text = tr(view.lang, std::string("param.mla.form.") + form);
        const Rect button{x, y, place.w / 2 - 4, t.label * 2.2F};
        const bool on = d.absorbed == (form == std::string_view("absorbed"));
        if (on) canvas.fill_rect(button, t.ink, 10);
        canvas.stroke_rect(button, {.color = t.border, .width = t.line}, 10);
        TextStyle style = label(t);
        style.color = on ? t.ground : t.ink;
        draw_centered(canvas, button, text, style);
        canvas.region({button, std::nullopt, fmt::format("set form={}", form), text});
        x = button.right() + 8;
    }
    y = draw_wrapped(canvas, {place.x, y + t.label * 3.7F}, tr(view.lang, d.absorbed ? "scene.mla.form.absorbed" : "scene.mla.form.naive"), caption(t), place.w, 4) + t.label * 2.6F;
    if (place.bottom() - y < t.label * 9 || !view.revealed) return;
    canvas.text({place.x, y}, elide(canvas, tr(view.lang, "scene.mla.panel.context", {{"context", grouped(d.context)}}), strong(t), place.w), strong(t));
    for (const CacheRow& row : d.caches) {
        y += t.label * 1.75F;
        TextStyle style = label(t), value = label(t, Align::kRight);
        if (row.id == "MLA") style.color = value.color = t.latent.ink, style.weight = value.weight = Weight::kBold;
        canvas.text({place.x, y}, row.id == "naive" ? tr(view.lang, "scene.mla.naive") : row.id, style);
        canvas.text({place.right(), y}, bytes_text(row.total), value);
    }
}

}  // namespace

void draw_flow(Canvas& canvas, const Data& d, const View& view) {
    const Config& c = d.config();
    const std::int64_t full = c.num_attention_heads * (c.qk_nope_head_dim + c.v_head_dim);
    const TextArgs args{{"cached", fmt::format("{}", c.cache_elements())}, {"full", fmt::format("{}", full)}, {"layer", fmt::format("{}", d.layer)}, {"position", fmt::format("{}", d.position)},
                        {"token", rich_escape(d.labels[static_cast<std::size_t>(d.position)])}, {"difference", number(d.layer_difference, 2)}};
    const std::string title = !view.revealed ? "scene.mla.title.covered" : d.absorbed ? "scene.mla.title.absorbed" : "scene.mla.title";
    const auto text = [&](std::vector<std::string> notes) { return page(d, view, tr(view.lang, title, args), tr(view.lang, "scene.mla.subtitle", args), std::move(notes)); };
    const std::vector<std::string> note{tr(view.lang, "scene.mla.note")};
    const Rect place = draw_frame(canvas, view, text(note));
    const Places p = lay_out(d, view, place);
    FlowPainter(canvas, d, view, p).draw();
    if (p.panel.w > 0) side_panel(canvas, d, view, p.panel);
}

}  // namespace dg::viz::mla
