#include "viz/scenes/attention_row.h"

#include "viz/scenes/attention_map.h"
#include "viz/scenes/clock.h"
#include "viz/scenes/scaled_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::attention {
namespace {

/// Columns for `most` keys: the query itself, one masked neighbour, then the heaviest; in the order
/// of the text.
std::vector<std::int64_t> choose_keys(const Data& d, const Focus& f, std::int64_t most) {
    std::vector<std::int64_t> keys;
    if (d.tokens <= most) {
        for (std::int64_t u = 0; u < d.tokens; ++u) keys.push_back(u);
        return keys;
    }
    const auto add = [&](std::int64_t u) {
        if (static_cast<std::int64_t>(keys.size()) < most && u < d.tokens &&
            std::ranges::find(keys, u) == keys.end())
            keys.push_back(u);
    };
    if (f.col) add(*f.col);
    add(d.top_key(d.head, f.row));
    add(f.row);
    if (most > 3) add(f.row + 1);
    for (const std::int64_t u : d.heavy_keys(d.head, f.row, 0)) add(u);
    for (std::int64_t u = f.row + 1; u < d.tokens; ++u) add(u);
    std::ranges::sort(keys);
    return keys;
}

float largest(const float* values, std::int64_t n) {
    float most = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        if (std::isfinite(values[i])) most = std::max(most, std::abs(values[i]));
    }
    return most;
}

}  // namespace

RowLayout layout_row(const Data& d, const View& view, const Focus& f, Rect place) {
    RowLayout l;
    const float unit = (place.h - 24) / 690;
    const Theme& full = theme(view.theme);
    const Theme& t = l.type = scaled_type(full, std::min(1.0F, 24 * unit / full.caption));
    l.words_x = place.x, l.words_w = std::clamp(place.w * 0.235F, t.label * 10, t.label * 19);
    l.map_side = place.w > 1000 && d.tokens <= 46 ? std::clamp(place.h * 0.085F, 40.0F, 76.0F) : 0;
    l.map_x = l.words_x + l.words_w + 12;
    l.query_x =
        l.map_side > 0 ? l.map_x + l.map_side + std::clamp(place.w * 0.03F, 24.0F, 56.0F) : l.map_x;
    l.query_w = std::clamp(place.w * 0.085F, 96.0F, 160.0F);
    l.first_x = l.query_x + l.query_w + 44;
    const float room = place.right() - l.first_x, least = std::max(104.0F, t.number * 4.6F);
    const auto most =
        std::max<std::int64_t>(2, static_cast<std::int64_t>((room + l.gap) / (least + l.gap)));
    l.keys = choose_keys(d, f, most);
    l.column_w = std::min((room + l.gap) / static_cast<float>(l.keys.size()) - l.gap, 190.0F);

    l.end = place.bottom() + 8;

    // heights in parts of the whole
    float y = place.y;
    const auto band = [&](float height, float after) {
        const Rect r{place.x, y, place.w, height * unit};
        y += (height + after) * unit;
        return r;
    };
    y += std::max(t.caption * 1.5F, 26 * unit);
    l.heads = band(38, 8), l.keys_band = band(56, 8), l.products = band(44, 2),
    l.sums = band(24, 30);
    l.score = band(56, 26), l.scaled = band(56, 26), l.masked = band(56, 26),
    l.weights = band(70, 0);
    l.ribbons = band(62, 0), l.values = band(56, 0);
    return l;
}

RowPainter::RowPainter(Canvas& canvas, const Data& data, const View& view, const Focus& focus,
                       const RowLayout& layout)
    : canvas_(canvas),
      d_(data),
      view_(view),
      f_(focus),
      l_(layout),
      t_(layout.type),
      m_(motion_of(view)) {
    heavy_ = d_.heavy_keys(d_.head, f_.row, kHeavy);
    shares_ = d_.printed_shares(d_.head, f_.row);
    followed_ = f_.col && *f_.col <= f_.row ? *f_.col : d_.top_key(d_.head, f_.row);
    for (const Lane& lane : query_lanes())
        query_limit_ = std::max(query_limit_, largest(lane.values, lane.count));
    for (const std::int64_t u : l_.keys) {
        const auto q = query_lanes(), k = key_lanes(u);
        for (std::size_t i = 0; i < k.size(); ++i) {
            key_limit_ = std::max(key_limit_, largest(k[i].values, k[i].count));
            for (std::int64_t j = 0; j < k[i].count; ++j)
                product_limit_ =
                    std::max(product_limit_, std::abs(q[i].values[j] * k[i].values[j]));
        }
        value_limit_ = std::max(value_limit_, largest(value_lane(u).values, value_lane(u).count));
    }
}

bool RowPainter::strong(std::int64_t u) const {
    return u == followed_ || std::ranges::find(heavy_, u) != heavy_.end();
}

bool RowPainter::lit(const std::string& tensor, const Index& at) const {
    const CellRef cell{tensor, at};
    return view_.hover == cell || view_.selection == cell ||
           std::ranges::find(view_.operands, cell) != view_.operands.end();
}

std::vector<RowPainter::Lane> RowPainter::query_lanes() const {
    const std::int64_t row = f_.row * d_.heads + d_.head;
    std::vector<Lane> lanes{
        {d_.q->row(row), d_.q->cols(), t_.q.fill, d_.prefix + d_.q_name, {0, f_.row, d_.head, 0}}};
    if (d_.q_pe != nullptr)
        lanes.push_back({d_.q_pe->row(row),
                         d_.q_pe->cols(),
                         t_.rotary.fill,
                         d_.prefix + "q_pe",
                         {0, f_.row, d_.head, 0}});
    return lanes;
}

std::vector<RowPainter::Lane> RowPainter::key_lanes(std::int64_t u) const {
    const auto lane = [&](const Tensor<float>& k, const std::string& name, Color color) -> Lane {
        if (k.rank() == 3) return {k.row(u), k.cols(), color, d_.prefix + name, {0, u, 0}};
        const std::int64_t group = d_.head * k.dim(2) / d_.heads;
        return {k.row(u * k.dim(2) + group), k.cols(), color, d_.prefix + name, {0, u, group, 0}};
    };
    std::vector<Lane> lanes{lane(*d_.k, d_.k_name, t_.k.fill)};
    if (d_.k_pe != nullptr) lanes.push_back(lane(*d_.k_pe, "k_pe", t_.rotary.fill));
    return lanes;
}

RowPainter::Lane RowPainter::value_lane(std::int64_t u) const {
    const std::int64_t groups = d_.values->dim(2), group = d_.head * groups / d_.heads;
    return {d_.values->row(u * groups + group),
            d_.values->cols(),
            t_.v.fill,
            d_.prefix + d_.v_name,
            {0, u, group, 0}};
}

/// Entries as bars around a middle line, lanes side by side with a small space between them.
void RowPainter::bars(Rect at, const std::vector<Lane>& lanes, float limit, double grown,
                      bool dim) {
    std::int64_t count = 0;
    for (const Lane& lane : lanes) count += lane.count;
    const float space = lanes.size() > 1 ? 6.0F : 0, pad = 5;
    const float step = (at.w - 2 * pad - space * static_cast<float>(lanes.size() - 1)) /
                       static_cast<float>(count),
                middle = at.center().y;
    canvas_.fill_rect(at, t_.track, 4);
    float x = at.x + pad;
    for (const Lane& lane : lanes) {
        canvas_.line({x, middle}, {x + step * static_cast<float>(lane.count), middle},
                     {.color = t_.border, .width = 1});
        for (std::int64_t i = 0; i < lane.count; ++i, x += step) {
            const Rect slot{x, at.y + 2, step, at.h - 4};
            Index cell = lane.at;
            if (!lane.tensor.empty()) {
                cell.back() = i;
                if (lit(lane.tensor, cell)) canvas_.fill_rect(slot, mix(t_.track, t_.select, 0.8F));
                canvas_.region({slot, CellRef{lane.tensor, cell}, "", ""});
            }
            if (!std::isfinite(lane.values[i])) {
                draw_cell_mark(canvas_, t_, slot, lane.values[i]);
                continue;
            }
            const float height =
                limit > 0 ? lane.values[i] / limit * slot.h * 0.5F * static_cast<float>(grown) : 0;
            canvas_.fill_rect({x + step * 0.1F, std::min(middle, middle - height), step * 0.8F,
                               std::max(1.0F, std::abs(height))},
                              dim ? mix(t_.track, lane.color, 0.45F) : lane.color);
        }
        x += space;
    }
}

void RowPainter::head_chips() {
    const float base = l_.heads.y - 10;
    const TextStyle style{
        .size = t_.caption, .color = t_.q.ink, .weight = Weight::kBold, .align = Align::kCenter};
    canvas_.text({l_.query_x + l_.query_w / 2, base}, tr(view_.lang, "scene.attention.row.query"),
                 style);
    TextStyle left = style;
    left.color = t_.k.ink, left.align = Align::kLeft;
    canvas_.text({l_.first_x, base}, tr(view_.lang, "scene.attention.row.keys"), left);
    draw_chip(canvas_, t_, l_.query(l_.heads), d_.labels[static_cast<std::size_t>(f_.row)],
              {.role = t_.q, .filled = true, .size = t_.label});
    for (std::size_t i = 0; i < l_.keys.size(); ++i) {
        const std::int64_t u = l_.keys[i];
        const Rect chip = l_.column(i, l_.heads);
        draw_chip(canvas_, t_, chip, d_.labels[static_cast<std::size_t>(u)],
                  {.role = t_.k, .filled = strong(u), .size = t_.label});
        canvas_.region({chip, d_.cell("probs", {0, d_.head, f_.row, u}), "", ""});
    }
}

void RowPainter::vectors() {
    const Group group(canvas_, "vectors");
    head_chips();
    bars(l_.query(l_.keys_band), query_lanes(), query_limit_, 1, false);
    for (std::size_t i = 0; i < l_.keys.size(); ++i) {
        const std::int64_t u = l_.keys[i];
        if (view_.presenter && !strong(u)) continue;
        bars(l_.column(i, l_.keys_band), key_lanes(u), key_limit_, 1, !strong(u));
        products(i);
    }
    const Rect q = l_.query(l_.products);
    draw_centered(
        canvas_, q,
        tr(view_.lang, "scene.attention.row.products", {{"count", fmt::format("{}", d_.width())}}),
        caption(t_));
}

/// The products q_i k_i of one pair and the two sums that make its score.
void RowPainter::products(std::size_t i) {
    const std::int64_t u = l_.keys[i];
    const double shown =
        ease(staggered(m_.score, static_cast<int>(i), static_cast<int>(l_.keys.size()), 2));
    const auto q = query_lanes(), k = key_lanes(u);
    std::vector<std::vector<float>> values(q.size());
    std::vector<Lane> lanes;
    for (std::size_t part = 0; part < q.size(); ++part) {
        for (std::int64_t j = 0; j < q[part].count; ++j)
            values[part].push_back(q[part].values[j] * k[part].values[j]);
        lanes.push_back(
            {values[part].data(), q[part].count, part == 0 ? t_.bar : t_.rotary.fill, "", {}});
    }
    bars(l_.column(i, l_.products), lanes, product_limit_, shown, !strong(u));
    if (d_.q_pe == nullptr || shown < 0.9) return;
    const ops::ScoreParts& parts = d_.parts[static_cast<std::size_t>(f_.row * d_.tokens + u)];
    const Color ink = strong(u) ? t_.ink : t_.ink3;
    const Rect at = l_.column(i, l_.sums);
    RichText text;
    for (int decimals = row_decimals(d_.raw_limit); decimals >= 0; --decimals) {
        text = rich(t_,
                    fmt::format("{} + <rotary>{}</rotary>", fixed(parts.content, decimals),
                                fixed(parts.rotary, decimals)),
                    ink);
        if (measure_rich(canvas_, text, {.size = t_.caption, .color = ink}) <= at.w + 6) break;
    }
    draw_rich(canvas_, {at.center().x, at.center().y + t_.caption * 0.35F}, text,
              {.size = t_.caption, .color = ink, .align = Align::kCenter});
}

void RowPainter::arrows(const Rect& above, const Rect& below, double shown, bool past_mask) {
    if (shown <= 0 || below.y - above.bottom() < 14) return;
    for (std::size_t i = 0; i < l_.keys.size(); ++i) {
        if (past_mask && l_.keys[i] > f_.row) continue;
        const float x = l_.column(i, above).center().x, top = above.bottom() + 4,
                    bottom = below.y - 4;
        const Color color =
            (strong(l_.keys[i]) ? t_.ink2 : t_.border).with_alpha(static_cast<float>(shown));
        draw_arrow(canvas_, {x, top}, {x, top + (bottom - top) * static_cast<float>(shown)},
                   {.color = color, .width = t_.line * 1.5F}, 8);
    }
}

/// A score: half the strength of the signed map, so that the weights stay dominant.
void RowPainter::score_cell(Rect cell, std::int64_t u, double value, double limit, double shown) {
    if (shown <= 0)
        return canvas_.stroke_rect(cell.inset(0.5F), {.color = t_.hairline, .width = t_.line}, 4);
    const Color full = t_.diverging_at(limit > 0 ? value / limit : 0);
    const Color fill = mix(t_.ground, full, 0.55F * static_cast<float>(shown));
    canvas_.fill_rect(cell, fill, 4);
    draw_cell_mark(canvas_, t_, cell, value);
    const float size = std::min({t_.number, cell.w / 4.6F, cell.h * 0.62F});
    draw_on_cell(canvas_, t_, cell, fixed(value, row_decimals(limit)), size,
                 strong(u) ? Weight::kBold : Weight::kRegular, fill, static_cast<float>(shown));
}

void RowPainter::score_bands() {
    const Group group(canvas_, "scores");
    const auto n = static_cast<int>(l_.keys.size());
    arrows(l_.sums, l_.score, m_.score, false);
    arrows(l_.score, l_.scaled, m_.scale, false);
    arrows(l_.scaled, l_.masked, m_.mask, false);
    for (int i = 0; i < n; ++i) {
        const std::int64_t u = l_.keys[static_cast<std::size_t>(i)];
        const auto at = static_cast<std::size_t>(i);
        const double raw = d_.raw(f_.row, u), scaled = d_.scaled(f_.row, u);
        score_cell(l_.column(at, l_.score), u, raw, d_.raw_limit,
                   ease(std::clamp(staggered(m_.score, i, n, 2) * 2 - 1, 0.0, 1.0)));
        score_cell(l_.column(at, l_.scaled), u, scaled, d_.raw_limit * d_.scale, ease(m_.scale));
        const Rect cell = l_.column(at, l_.masked);
        if (u <= f_.row || m_.mask <= 0) {
            score_cell(cell, u, scaled, d_.raw_limit * d_.scale, ease(m_.mask));
        } else {
            const Rect closing{cell.right() - cell.w * static_cast<float>(ease(m_.mask)), cell.y,
                               cell.w * static_cast<float>(ease(m_.mask)), cell.h};
            draw_masked(canvas_, t_, {&closing, 1}, m_.mask >= 1 ? "−∞" : "", cell.center());
        }
        for (const Rect* band : {&l_.score, &l_.scaled, &l_.masked}) {
            canvas_.region(
                {l_.column(at, *band), d_.cell("scores", {0, d_.head, f_.row, u}), "", ""});
        }
    }
}

}  // namespace dg::viz::attention
