// The two branches of an open block: latent attention (or plain attention), and the mixture of experts (or one MLP).
#include "viz/scenes/block.h"
#include "viz/text/formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace dg::viz::block {
namespace {

/// What both branches draw with.
struct Pen {
    Canvas& canvas;
    const Data& d;
    const View& view;
    const Theme& t;

    void strip(const std::string& tensor, Rect at, Color frame, double shown) const {
        const Tensor<float>& x = d.at(tensor);
        Index first(static_cast<std::size_t>(x.rank()), 0);
        first[1] = d.position;
        // several heads: the values of one position lie in a row, the region of a cell only within a head
        Strip s{.rect = at, .values = d.row(tensor), .tensor = x.rank() == 3 ? tensor : "", .first = first, .frame = frame, .shown = shown};
        draw_strip(canvas, view, s);
        if (x.rank() != 4 || shown <= 0) return;
        const float w = at.w / static_cast<float>(x.dim(2));
        for (std::int64_t h = 0; h < x.dim(2); ++h) {
            first[2] = h;
            const Rect part{at.x + w * static_cast<float>(h), at.y, w, at.h};
            if (static_cast<float>(x.cols()) <= w) cell_region(canvas, part, CellRef{tensor, first}, "", static_cast<int>(x.cols()));
            if (h > 0) canvas.line({part.x, part.y}, {part.x, part.bottom()}, {.color = t.ground, .width = 2});
        }
    }

    void name(Vec2 at, std::string_view markup, Align align = Align::kLeft) const {
        draw_rich(canvas, at, rich(t, markup, t.ink2), {.size = t.caption, .color = t.ink2, .align = align});
    }

    /// A symbol with its scripts, and how many numbers it holds.
    void sign(Vec2 at, std::string_view tex, Color color, const std::string& count) const {
        const float w = draw_formula(canvas, at, tex, {.size = t.caption * 1.08F, .color = color, .roles = {}});
        canvas.text({at.x + w + t.caption * 0.4F, at.y}, count, {.size = t.caption, .color = t.ink3});
    }

    void wire(std::initializer_list<Vec2> corners, Color color, double shown, float head = 9) const {
        draw_wire(canvas, std::vector<Vec2>(corners), {.color = shown > 0 ? color : t.border, .width = shown > 0 ? 2.5F : 1.5F}, head);
    }

    void titles(const Branch& b, const std::string& title, const std::string& line) const {
        const float x = b.in + t.caption * 2.6F;
        const float y = b.area.y + t.body * 1.6F;
        const float width = b.out - t.caption * 1.2F - x;
        TextStyle head = strong(t);
        if (canvas.measure(title, head).width > width) head.size *= 0.86F;
        canvas.text({x, y}, elide(canvas, title, head, width), head);
        const TextStyle small{.size = t.caption, .color = t.ink2};
        draw_rich(canvas, {x, y + t.caption * 1.6F}, rich(t, elide(canvas, line, small, width), t.ink2), small);
    }

    Rect norm(const Branch& b, float y, const std::string& tensor) const {
        const float w = t.caption * 4.2F, h = t.caption * 2;
        const Rect pill{b.in - w / 2, y, w, h};
        wire({{b.in, b.area.y}, {b.in, pill.y}}, t.stream, b.normed);
        draw_pill(canvas, t, pill, tr(view.lang, "scene.block.norm"), b.normed > 0 ? t.ink : t.border, t.caption);
        cell_region(canvas, pill, CellRef{tensor, {0, d.position, 0}}, tr(view.lang, "scene.block.tip.norm"));
        return pill;
    }
};

/// Where every head looks: rows are heads, columns keys.
void look_map(const Pen& p, Rect at, double shown) {
    const Data& d = p.d;
    const Tensor<float>& probs = d.at(d.own("attn.probs"));
    const std::int64_t keys = d.tokens;
    const float row_h = at.h / static_cast<float>(d.heads), room = std::max(1.0F, at.w);
    const std::int64_t block = std::max<std::int64_t>(1, (keys + static_cast<std::int64_t>(room / 3) - 1) / static_cast<std::int64_t>(room / 3));
    const std::int64_t cols = (keys + block - 1) / block;
    std::vector<Color> cells;
    for (std::int64_t h = 0; h < d.heads; ++h) {
        const float* row = probs.data() + (h * keys + d.position) * keys;
        for (std::int64_t c = 0; c < cols; ++c) {
            float most = 0;
            for (std::int64_t u = c * block; u < std::min(keys, (c + 1) * block); ++u) most = std::max(most, row[u]);
            cells.push_back(mix(p.t.ground, p.t.sequential_at(most), static_cast<float>(shown)));
        }
    }
    p.canvas.heatmap(at, static_cast<int>(d.heads), static_cast<int>(cols), cells);
    p.canvas.stroke_rect(at, {.color = p.t.border, .width = p.t.line});
    for (std::int64_t h = 0; h < d.heads; ++h) {
        const Rect row{at.x, at.y + row_h * static_cast<float>(h), at.w, row_h};
        const CellRef first{d.own("attn.probs"), {0, h, d.position, 0}};
        if (block == 1) cell_region(p.canvas, row, first, "", static_cast<int>(cols));
        if (const auto u = pointed_at(p.view, first.tensor, first.at); u && block == 1)
            draw_ring(p.canvas, p.t, {row.x + at.w / static_cast<float>(cols) * static_cast<float>(*u), row.y, at.w / static_cast<float>(cols), row_h}, 2);
        const float size = std::min(p.t.caption * 0.85F, row_h * 0.9F);
        if (size >= 10) p.canvas.text({at.x - 6, row.center().y + size * 0.35F}, fmt::format("{}", h), {.size = size, .color = p.t.ink3, .align = Align::kRight});
    }
    const float key_w = at.w / static_cast<float>(keys);
    if (key_w < p.t.caption * 1.3F) return;
    for (std::int64_t u = 0; u < keys; ++u) {
        const TextStyle style{.size = p.t.caption, .color = p.t.k.ink, .align = Align::kCenter};
        p.canvas.text({at.x + key_w * (static_cast<float>(u) + 0.5F), at.y - 6}, elide(p.canvas, d.labels[static_cast<std::size_t>(u)], style, key_w - 4), style);
    }
}

/// Places of the attention branch: three columns of strips and the map of weights.
struct Columns {
    float y1 = 0, y2 = 0, y3 = 0, y4 = 0, h = 0;  // rows: query, key, latent, value
    float latent_x = 0, latent_w = 0, head_x = 0, head_w = 0, map_x = 0, map_w = 0, foot = 0;
};

Columns columns_of(const Pen& p, const Branch& b) {
    Columns c;
    const float top = b.area.y + p.t.body * 1.6F + p.t.caption * 4.2F, bottom = b.area.bottom() - p.t.caption * 4.6F;
    c.h = std::clamp((bottom - top) * 0.10F, 12.0F, 26.0F);
    const float step = (bottom - c.h - top) / 3;
    c.y1 = top, c.y2 = top + step, c.y3 = top + 2 * step, c.y4 = top + 3 * step;
    const float left = b.in + p.t.caption * 3.4F, right = b.out - p.t.caption * 2.2F, w = right - left;
    c.latent_x = left, c.latent_w = w * 0.20F;
    c.head_x = left + w * 0.28F, c.head_w = w * 0.36F;
    c.map_w = w * 0.26F, c.map_x = right - c.map_w;
    c.foot = b.area.bottom() - p.t.caption * 2.4F;
    return c;
}

std::string count_words(const Tensor<float>& x) {
    return x.rank() == 4 ? fmt::format("{}×{}", x.dim(2), x.cols()) : fmt::format("{}", x.cols());
}

void latent_part(const Pen& p, const Columns& c, const Rect& norm, double shown) {
    const Data& d = p.d;
    const Theme& t = p.t;
    const bool has_cq = d.run->tape.find(d.own("attn.c_q")) >= 0;
    const float mid1 = c.y1 + c.h / 2, mid3 = c.y3 + c.h / 2, lift = t.caption * 0.5F, spine = norm.center().x;
    if (has_cq) {
        p.sign({c.latent_x, c.y1 - lift}, "c_q", t.latent.ink, count_words(d.at(d.own("attn.c_q"))));
        p.strip(d.own("attn.c_q"), {c.latent_x, c.y1, c.latent_w, c.h}, t.latent.fill, shown);
        p.wire({{norm.right(), mid1}, {c.latent_x - 4, mid1}}, t.stream, shown);
    }
    p.wire({{has_cq ? c.latent_x + c.latent_w : norm.right(), mid1}, {c.head_x - 4, mid1}}, t.q.fill, shown);
    // what is cached: the latent after its norm and the rotated key that all heads share
    const float pe_w = std::max(c.latent_w * static_cast<float>(d.at(d.own("attn.k_pe")).cols()) / static_cast<float>(d.at(d.own("attn.kv_latent")).cols()), 12.0F);
    const Rect cached{c.latent_x - 10, c.y3 - t.caption * 1.9F, c.latent_w + 20, c.y4 + c.h + 10 - c.y3 + t.caption * 1.9F};
    p.canvas.stroke_rect(cached, {.color = t.ink, .width = 2}, 8);
    p.sign({c.latent_x, c.y3 - lift}, "c_{kv}", t.latent.ink, count_words(d.at(d.own("attn.kv_latent"))));
    p.strip(d.own("attn.kv_latent"), {c.latent_x, c.y3, c.latent_w, c.h}, t.latent.fill, shown);
    p.sign({c.latent_x + pe_w + 8, c.y4 + c.h * 0.5F + t.caption * 0.35F}, "k^R", t.rotary.ink, count_words(d.at(d.own("attn.k_pe"))));
    p.strip(d.own("attn.k_pe"), {c.latent_x, c.y4, pe_w, c.h}, t.rotary.fill, shown);
    p.wire({{spine, norm.bottom()}, {spine, mid3}, {c.latent_x - 14, mid3}}, t.stream, shown);
    p.wire({{spine, mid3}, {spine, c.y4 + c.h / 2}, {c.latent_x - 14, c.y4 + c.h / 2}}, t.rotary.fill, shown);
    const std::int64_t kept = d.run->model->model.config.cache_elements();
    p.name({cached.x, cached.bottom() + t.caption * 1.25F}, "<b>" + tr(p.view.lang, "scene.block.cached", {{"n", fmt::format("{}", kept)}}) + "</b>");
    // latent -> keys and values; the rotary lane goes straight to the scores
    const float turn = c.latent_x + c.latent_w + (c.head_x - c.latent_x - c.latent_w) * 0.45F, split = mid3;
    p.wire({{c.latent_x + c.latent_w, split}, {turn, split}, {turn, c.y2 + c.h / 2}, {c.head_x - 4, c.y2 + c.h / 2}}, t.k.fill, shown);
    p.wire({{turn, split}, {turn, c.y4 + c.h / 2}, {c.head_x - 4, c.y4 + c.h / 2}}, t.v.fill, shown);
}

void head_part(const Pen& p, const Columns& c, const Branch& b, double shown) {
    const Data& d = p.d;
    const Theme& t = p.t;
    const bool mla = d.run->tape.find(d.own("attn.q_nope")) >= 0;
    const float lift = t.caption * 0.5F;
    const auto row = [&](float y, const std::string& tensor, const std::string& sign, const RoleColor& role, const char* tag) {
        const std::string name = d.own("attn." + tensor);
        p.name({c.head_x, y - lift}, fmt::format("<{0}><b>{1}</b></{0}> <dim>{2}</dim>", tag, sign, count_words(d.at(name))));
        p.strip(name, {c.head_x, y, c.head_w, c.h}, role.fill, shown);
    };
    row(c.y1, mla ? "q_nope" : "q", "Q", t.q, "q");
    row(c.y2, mla ? "k_nope" : "k", "K", t.k, "k");
    row(c.y4, mla ? "v" : "v_unrotated", "V", t.v, "v");
    if (mla) {  // the rotary parts of the query, one per head
        const float y = c.y3;
        p.sign({c.head_x, y - lift}, "q^R", t.rotary.ink, count_words(d.at(d.own("attn.q_pe"))));
        const float w = c.head_w * static_cast<float>(d.at(d.own("attn.q_pe")).cols()) / static_cast<float>(d.at(d.own("attn.q_nope")).cols());
        p.strip(d.own("attn.q_pe"), {c.head_x, y, std::min(w, c.head_w), c.h}, t.rotary.fill, shown);
    }
    // scores of query and keys become the weights of the map; the map mixes the values
    const float gap = c.map_x - c.head_x - c.head_w, meet = c.head_x + c.head_w + gap * 0.4F, map_mid = (c.y1 + c.y3) / 2;
    p.wire({{c.head_x + c.head_w, c.y1 + c.h / 2}, {meet, c.y1 + c.h / 2}, {meet, map_mid - 14}}, t.q.fill, shown, 0);
    p.wire({{c.head_x + c.head_w, c.y2 + c.h / 2}, {meet, c.y2 + c.h / 2}, {meet, map_mid}}, t.k.fill, shown, 0);
    draw_node(p.canvas, t, {meet, map_mid}, 13, "·", shown > 0 ? t.ink : t.border);
    p.wire({{meet + 13, map_mid}, {c.map_x - t.caption * 1.1F, map_mid}}, t.ink2, shown);
    const float map_top = c.y1 + t.caption * 0.4F, map_bottom = c.y3 + c.h;
    look_map(p, {c.map_x, map_top, c.map_w, map_bottom - map_top}, shown);
    p.name({c.map_x + c.map_w / 2, map_bottom + t.caption * 1.3F}, tr(p.view.lang, "scene.block.look"), Align::kCenter);
    const Vec2 mixer{c.map_x + c.map_w / 2, c.y4 + c.h / 2};
    p.wire({{c.head_x + c.head_w, c.y4 + c.h / 2}, {mixer.x - 16, mixer.y}}, t.v.fill, shown, 0);
    draw_node(p.canvas, t, mixer, 15, "×", shown > 0 ? t.ink : t.border);
    p.wire({{mixer.x + 15, mixer.y}, {b.out, mixer.y}, {b.out, b.area.y + 2}}, t.stream, shown, 0);
    p.name({mixer.x, mixer.y + std::max(15.0F, c.h * 0.5F) + t.caption * 1.2F}, tr(p.view.lang, "scene.block.mix"), Align::kCenter);
}

/// One chosen expert below its tile: a line as wide as its share, and the weight, on two levels so that neighbours fit.
void chosen_line(const Pen& p, const Choice& c, std::size_t order, double total, Vec2 from, float to, float tile) {
    const Theme& t = p.t;
    const Color hue = t.experts[static_cast<std::size_t>(c.expert) % t.experts.size()];
    p.canvas.line(from, {from.x, to}, {.color = hue, .width = std::max(3.0F, static_cast<float>(total > 0 ? c.weight / total : 0) * tile)});
    const TextStyle style{.size = t.caption, .color = t.ink, .weight = Weight::kBold};
    const std::string text = fixed(c.weight, 2);
    const float w = p.canvas.measure(text, style).width + 8, room = to - from.y - t.caption;
    const float y = from.y + room * (order % 2 == 0 ? 0.3F : 0.8F) + t.caption * 0.3F;
    const Rect plate{from.x - w / 2, y - t.caption * 0.7F, w, t.caption * 1.4F};
    p.canvas.fill_rect(plate, t.panel, 3);
    draw_centered(p.canvas, plate, text, style);
    cell_region(p.canvas, plate, CellRef{p.d.own("mlp.gate.topk_weights"), {0, p.d.position, c.slot}});
}

/// One expert: its affinity as a bar, its number in a tile.
void expert_tile(const Pen& p, std::size_t e, bool on, double height, Rect column, float base, float tile) {
    const Theme& t = p.t;
    const Color hue = t.experts[e % t.experts.size()];
    const float x = column.center().x, h = (base - column.y) * static_cast<float>(height);
    p.canvas.fill_rect({x - column.w * 0.36F, base - h, column.w * 0.72F, h}, on ? hue : mix(t.panel, hue, 0.4F));
    p.canvas.line({x - column.w * 0.4F, base}, {x + column.w * 0.4F, base}, {.color = t.border, .width = t.line});
    cell_region(p.canvas, Rect{column.x, column.y, column.w, base - column.y}, CellRef{p.d.own("mlp.gate.scores"), {0, p.d.position, static_cast<std::int64_t>(e)}});
    const Rect box{x - tile / 2, base + 8, tile, tile};
    p.canvas.fill_rect(box, on ? hue : t.track, 4);
    const float size = std::min(t.caption, tile * 0.62F);
    if (size < 9) return;
    draw_centered(p.canvas, box, fmt::format("{}", e), {.size = size, .color = on ? t.ink_on(hue) : t.ink2, .weight = on ? Weight::kBold : Weight::kRegular});
}

/// The router's decision, the chosen experts' sum, the shared expert.
void router_part(const Pen& p, const Branch& b, const Rect& norm, Rect at, double shown) {
    const Data& d = p.d;
    const Theme& t = p.t;
    const auto scores = d.row(d.own("mlp.gate.scores"));
    std::vector<Choice> chosen = choices_of(d);
    std::ranges::sort(chosen, {}, &Choice::expert);
    const float step = at.w / static_cast<float>(scores.size()), tile = std::min(step * 0.86F, t.caption * 2);
    const float base = at.y + at.h * 0.34F, sum_y = at.bottom() - t.caption * 3.4F;
    const double most = std::max(largest_of(scores), 1e-12);
    double total = 0;
    for (const Choice& c : chosen) total += c.weight;
    p.wire({{norm.right(), norm.center().y}, {at.x - 4, norm.center().y}}, t.stream, shown);
    for (std::size_t e = 0; e < scores.size(); ++e) {
        const auto mine = std::ranges::find(chosen, static_cast<std::int64_t>(e), &Choice::expert);
        const bool on = mine != chosen.end() && shown > 0;
        const Rect column{at.x + step * static_cast<float>(e), at.y, step, at.h};
        expert_tile(p, e, on, std::max(0.0, static_cast<double>(scores[e]) / most) * shown, column, base, tile);
        if (on) chosen_line(p, *mine, static_cast<std::size_t>(mine - chosen.begin()), total, {column.center().x, base + 8 + tile}, sum_y, tile);
    }
    const Vec2 sum{at.x + at.w * 0.5F, sum_y};
    p.canvas.line({at.x + step / 2, sum_y}, {at.right() - step / 2, sum_y}, {.color = shown > 0 ? t.stream : t.border, .width = 2.5F});
    p.wire({{at.right() - step / 2, sum_y}, {b.out, sum_y}, {b.out, b.area.y + 2}}, t.stream, shown, 0);
    if (d.run->tape.find(d.own("mlp.shared.out")) < 0) return draw_node(p.canvas, t, sum, 15, "Σ", shown > 0 ? t.ink : t.border);
    const std::string name = tr(p.view.lang, "scene.block.shared");
    const float w = p.canvas.measure(name, label(t)).width + t.caption * 1.6F;
    const Rect shared{at.x, sum_y + t.caption * 1.4F, w, t.caption * 1.9F};
    p.wire({{norm.center().x, norm.bottom()}, {norm.center().x, shared.center().y}, {shared.x - 4, shared.center().y}}, t.stream, shown);
    p.wire({{shared.right(), shared.center().y}, {std::max(sum.x, shared.right() + 16), shared.center().y}, {std::max(sum.x, shared.right() + 16), sum_y}}, t.stream, shown, 0);
    p.canvas.fill_rect(shared, shown > 0 ? t.stream : t.track, 6);
    draw_centered(p.canvas, shared, name, {.size = t.label, .color = shown > 0 ? t.ink_on(t.stream) : t.ink2});
    cell_region(p.canvas, shared, CellRef{d.own("mlp.shared.out"), {0, d.position, 0}}, tr(p.view.lang, "scene.block.tip.shared"));
    draw_node(p.canvas, t, {std::max(sum.x, shared.right() + 16), sum_y}, 15, "Σ", shown > 0 ? t.ink : t.border);
}

/// One MLP for every token: gate and up, their gated product, down.
void dense_part(const Pen& p, const Branch& b, const Rect& norm, Rect at, double shown) {
    const Data& d = p.d;
    const Theme& t = p.t;
    const float h = std::clamp(at.h * 0.09F, 12.0F, 26.0F), step = (at.h - t.caption * 1.5F - h) / 3;
    const std::pair<const char*, const char*> rows[] = {{"gate", "scene.block.dense.gate"}, {"up", "scene.block.dense.up"}, {"hidden", "scene.block.dense.hidden"}, {"out", "scene.block.dense.out"}};
    for (std::size_t i = 0; i < 4; ++i) {
        const float y = at.y + t.caption * 1.5F + step * static_cast<float>(i);
        const Tensor<float>& x = d.at(d.own(fmt::format("mlp.{}", rows[i].first)));
        p.name({at.x, y - t.caption * 0.5F}, tr(p.view.lang, rows[i].second, {{"n", fmt::format("{}", x.cols())}}));
        p.strip(d.own(fmt::format("mlp.{}", rows[i].first)), {at.x, y, at.w, h}, {}, shown);
        const float mid = y + h / 2, spine = norm.center().x;
        if (i == 0) p.wire({{norm.right(), mid}, {at.x - 4, mid}}, t.stream, shown);
        if (i == 1) p.wire({{spine, norm.bottom()}, {spine, mid}, {at.x - 4, mid}}, t.stream, shown);
        if (i >= 2) p.wire({{at.center().x, y - step + h + 4}, {at.center().x, y - 6}}, t.stream, shown);
        if (i == 3) p.wire({{at.right(), mid}, {b.out, mid}, {b.out, b.area.y + 2}}, t.stream, shown, 0);
    }
}

}  // namespace

void draw_attention_branch(Canvas& canvas, const Data& d, const View& view, const Branch& b) {
    const Group group(canvas, "attention-branch");
    const Theme t = fitted_type(canvas, view);
    draw_plate(canvas, t, b.area);
    const Pen p{canvas, d, view, t};
    const bool mla = d.run->tape.find(d.own("attn.kv_latent")) >= 0;
    // the key that the heads together look at most
    const Tensor<float>& probs = d.at(d.own("attn.probs"));
    std::vector<double> mean(static_cast<std::size_t>(d.tokens));
    for (std::int64_t h = 0; h < d.heads; ++h)
        for (std::int64_t u = 0; u <= d.position; ++u) mean[static_cast<std::size_t>(u)] += probs[(h * d.tokens + d.position) * d.tokens + u] / static_cast<double>(d.heads);
    const auto top = static_cast<std::size_t>(std::ranges::max_element(mean) - mean.begin());
    p.titles(b, tr(view.lang, mla ? "scene.block.attention.title" : "scene.block.attention.title_plain"),
             b.moved > 0 ? tr(view.lang, "scene.block.attention.line", {{"query", rich_escape(d.labels[static_cast<std::size_t>(d.position)])}, {"key", rich_escape(d.labels[top])}, {"share", percent(mean[top], 0)}})
                         : tr(view.lang, "scene.block.attention.wait"));
    const Columns c = columns_of(p, b);
    const Rect norm = p.norm(b, c.y1 + c.h / 2 - t.caption, d.own("input_layernorm"));
    if (mla) latent_part(p, c, norm, b.moved);
    else p.wire({{norm.right(), norm.center().y}, {c.head_x - 4, norm.center().y}}, t.stream, b.moved);
    head_part(p, c, b, b.moved);
}

void draw_feed_branch(Canvas& canvas, const Data& d, const View& view, const Branch& b) {
    const Group group(canvas, "feed-branch");
    const Theme t = fitted_type(canvas, view);
    draw_plate(canvas, t, b.area);
    const Pen p{canvas, d, view, t};
    const Config& config = d.run->model->model.config;
    const TextArgs args = {{"k", fmt::format("{}", config.num_experts_per_tok)}, {"n", fmt::format("{}", config.n_routed_experts)},
                           {"kept", fmt::format("{}", config.topk_group)}, {"groups", fmt::format("{}", config.n_group)},
                           {"width", fmt::format("{}", config.intermediate_size)}};
    const char* line = !d.moe ? "scene.block.dense.line" : config.n_group > 1 ? "scene.block.moe.line_groups" : "scene.block.moe.line";
    p.titles(b, tr(view.lang, d.moe ? "scene.block.moe.title" : "scene.block.dense.title"), tr(view.lang, line, args));
    const float top = b.area.y + t.body * 1.6F + t.caption * 3;
    const Rect at{b.in + t.caption * 3.6F, top, b.out - t.caption * 1.8F - b.in - t.caption * 3.6F, b.area.bottom() - t.caption * 1.4F - top};
    const float gate_mid = t.caption * 1.5F + std::clamp(at.h * 0.09F, 12.0F, 26.0F) / 2;
    const Rect norm = p.norm(b, top + (d.moe ? at.h * 0.2F : gate_mid - t.caption), d.own("post_attention_layernorm"));
    if (d.moe) router_part(p, b, norm, at, b.moved);
    else dense_part(p, b, norm, at, b.moved);
}

}  // namespace dg::viz::block
