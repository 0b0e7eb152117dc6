#include "viz/scenes/tokens_picture.h"

#include "viz/scenes/scaled_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dg::viz::tokens {
namespace {

/// Whole words from the one that holds the focus, as many as fit; a longer word is cut between
/// characters.
Range choose_window(const Data& d, std::int64_t most, bool& cut) {
    const auto holds = [](const Range& r, std::int64_t byte) {
        return r.begin <= byte && byte < r.end;
    };
    const auto word =
        std::ranges::find_if(d.words, [&](const Range& w) { return holds(w, d.focus); });
    Range shown{word->begin, word->begin};
    cut = word->size() > most;
    if (!cut) {
        for (auto w = word; w != d.words.end() && w->end - shown.begin <= most; ++w)
            shown.end = w->end;
        // the last page is filled up from the front
        for (auto w = word; w != d.words.begin() && shown.end == d.bytes();) {
            --w;
            if (shown.end - w->begin > most) break;
            shown.begin = w->begin;
        }
        return shown;
    }
    const auto from =
        std::ranges::find_if(d.characters, [&](const Range& c) { return holds(c, d.focus); });
    shown.begin = shown.end = from->begin;
    for (auto c = from;
         c != d.characters.end() && c->end <= word->end && c->end - shown.begin <= most; ++c)
        shown.end = c->end;
    return shown;
}

bool starts(const std::vector<Range>& ranges, std::int64_t byte) {
    return std::ranges::any_of(ranges, [&](const Range& r) { return r.begin == byte; });
}

/// Left edges of the byte columns: a gap between words, a smaller one beside characters of several
/// bytes.
void place_bytes(Layout& l, const Data& d, float most_w) {
    std::vector<float> gaps;
    float all = 0;
    for (std::int64_t byte = l.shown.begin; byte < l.shown.end; ++byte) {
        float gap = 0;
        if (byte > l.shown.begin)
            gap = starts(d.words, byte) ? 12.0F : starts(d.characters, byte) ? 3.0F : 0.0F;
        gaps.push_back(gap), all += gap;
    }
    l.byte_w = std::min((l.right - l.left - all) / static_cast<float>(l.shown.size()), most_w);
    float x = l.left;
    for (const float gap : gaps) {
        x += gap;
        l.byte_x.push_back(x);
        x += l.byte_w;
    }
    l.right = x;
}

float middle_of(const Layout& l, const Data& d, int i) {
    const Node& n = d.node(i);
    if (n.left < 0) return (l.begin_x(n.bytes.begin) + l.end_x(n.bytes.end - 1)) / 2;
    return (middle_of(l, d, n.left) + middle_of(l, d, n.right)) / 2;
}

bool touches(const Rect& a, const Rect& b) {
    return a.x < b.right() + 4 && b.x < a.right() + 4 && a.y < b.bottom() + 4 &&
           b.y < a.bottom() + 4;
}

/// Nodes with a pill on this page, early merges first.
std::vector<int> pill_order(const Layout& l, const Data& d) {
    std::vector<int> order;
    for (std::size_t i = 0; i < d.nodes.size(); ++i) {
        if (d.nodes[i].number > 0 && l.shows(d.nodes[i].bytes))
            order.push_back(static_cast<int>(i));
    }
    std::ranges::stable_sort(order,
                             [&](int a, int b) { return d.node(a).number < d.node(b).number; });
    return order;
}

Rect pill_at_number(const Layout& l, const Canvas& canvas, const Data& d, int i) {
    const Node& n = d.node(i);
    const TextStyle style{.size = l.pill_text, .color = {}, .weight = Weight::kBold};
    const std::string text = d.model->tokenizer.label(n.id) + fmt::format(" {}", n.number);
    const float width = canvas.measure(text, style).width + l.pill_text;
    Rect pill{middle_of(l, d, i) - width / 2,
              l.axis_y(static_cast<double>(n.number), d.all_merges()) - l.pill_h / 2, width,
              l.pill_h};
    // a wire that would just miss the pill goes into its top
    for (const int part : {n.left, n.right}) {
        const float x = middle_of(l, d, part);
        if (x < pill.x + 8 && x > pill.x - 14) pill.w += pill.x - (x - 9), pill.x = x - 9;
        if (x > pill.right() - 8 && x < pill.right() + 14) pill.w = x + 9 - pill.x;
    }
    pill.x = std::clamp(pill.x, l.left - 6, std::max(l.left - 6, l.right + 6 - pill.w));
    return pill;
}

/// Pills at the height of their merge; where two on one path or side by side would touch, the later
/// one goes down: order, not exact place. Returns the lowest edge.
float hang_pills(Layout& l, const Canvas& canvas, const Data& d, float apart) {
    l.pills.assign(d.nodes.size(), Rect{});
    std::vector<Rect> placed;
    float lowest = l.tree.y;
    for (const int i : pill_order(l, d)) {
        Rect pill = pill_at_number(l, canvas, d, i);
        for (const int part : {d.node(i).left, d.node(i).right}) {
            if (const Rect& above = l.pills[static_cast<std::size_t>(part)]; above.w > 0)
                pill.y = std::max(pill.y, above.y + apart);
        }
        for (std::size_t k = 0; k < placed.size();) {
            k = touches(pill, placed[k]) ? (pill.y = placed[k].bottom() + 5, 0) : k + 1;
        }
        l.pills[static_cast<std::size_t>(i)] = pill;
        placed.push_back(pill);
        lowest = std::max(lowest, pill.bottom());
    }
    return lowest;
}

/// Pills that hang too low go up again, the last ones first. False when there is no room above
/// either.
bool lift_pills(Layout& l, const Data& d, float bottom, float top, float apart) {
    std::vector<int> order = pill_order(l, d);
    std::ranges::reverse(order);
    std::vector<Rect> placed;
    for (const int i : order) {
        Rect& pill = l.pills[static_cast<std::size_t>(i)];
        pill.y = std::min(pill.y, bottom - pill.h);
        if (const int parent = d.node(i).parent; parent >= 0)
            pill.y = std::min(pill.y, l.pills[static_cast<std::size_t>(parent)].y - apart);
        for (std::size_t k = 0; k < placed.size();) {
            k = touches(pill, placed[k]) ? (pill.y = placed[k].y - pill.h - 5, 0) : k + 1;
        }
        if (pill.y < top) return false;
        placed.push_back(pill);
    }
    return true;
}

}  // namespace

float Layout::begin_x(std::int64_t byte) const {
    const std::int64_t i = byte - shown.begin, n = static_cast<std::int64_t>(byte_x.size());
    if (i < 0) return byte_x.front() + static_cast<float>(i) * byte_w;
    if (i >= n) return byte_x.back() + static_cast<float>(i - n + 1) * byte_w;
    return byte_x[static_cast<std::size_t>(i)];
}

Rect Layout::columns(const Range& r, const Rect& band) const {
    const float x0 = begin_x(std::max(r.begin, shown.begin)),
                x1 = end_x(std::min(r.end, shown.end) - 1);
    return {x0, band.y, x1 - x0, band.h};
}

float Layout::axis_y(double number, std::int64_t all) const {
    if (all <= 0) return tree.y;
    return tree.y + tree.h * static_cast<float>(std::sqrt(
                                 std::clamp(number / static_cast<double>(all), 0.0, 1.0)));
}

Layout lay_out(const Canvas& canvas, const Data& d, const View& view, Rect place) {
    Layout l;
    const Theme& full = theme(view.theme);
    const Theme& t = l.type =
        scaled_type(full, std::clamp(place.h / (30 * full.caption), 0.6F, 1.0F));
    l.names_x = place.x;
    l.axis_x = place.x + std::max(t.caption * 9.5F, std::min(place.w * 0.1F, 172.0F));
    l.left = l.axis_x + 40, l.right = place.right();

    // bytes never under their text: fewer of them on a narrow page; a presenter shows a word or two
    const float least = std::max(t.caption * 1.75F,
                                 canvas.measure("E6", {.size = t.caption, .color = {}}).width + 8);
    auto most = std::min(kMostBytes, static_cast<std::int64_t>((l.right - l.left) / (least + 4)));
    if (view.presenter) most = std::min<std::int64_t>(most, 12);
    l.shown = choose_window(d, std::max<std::int64_t>(4, most), l.cut);
    place_bytes(l, d, view.presenter ? 132 : 76);

    const float h = place.h;
    const bool pages = l.shown.size() < d.bytes();
    float y = place.y + 8;
    l.glyph_size = std::min(
        {h * (view.presenter ? 0.12F : 0.085F), view.presenter ? 96.0F : 60.0F, l.byte_w * 2.2F});
    l.glyph_y = y + l.glyph_size * 1.05F;
    y += l.glyph_size * 1.3F + 8;
    l.bracket_y = y;
    y += t.caption * 1.3F + 6;
    l.bytes = {l.left, y, l.right - l.left, std::max(t.caption * 1.9F, h * 0.045F)};
    y = l.bytes.bottom() + std::max(h * 0.05F, t.caption * 2.4F);

    const float pager_h = pages ? t.caption * 2.4F : 0, ids_h = std::max(t.label * 1.9F, h * 0.06F),
                boxes_h = std::max(t.label * 1.9F, h * 0.075F);
    const float bottom = place.bottom() - 4;
    l.pager = {l.left, bottom - pager_h, l.right - l.left, pager_h};
    l.ids = {l.left, l.pager.y - ids_h - (pages ? 8.0F : 0), l.right - l.left, ids_h};
    l.boxes = {l.left, l.ids.y - boxes_h, l.right - l.left, boxes_h};
    l.tree = {l.left, y, l.right - l.left, l.boxes.y - 26 - y};

    // pills shrink before they would fall into the tokens
    for (const float scale : {1.0F, 0.9F, 0.8F, 0.7F, 0.6F}) {
        l.pill_text = t.caption * scale, l.pill_h = l.pill_text * 1.75F;
        const float lowest = l.boxes.y - 14, apart = l.pill_h * 1.3F;
        if (hang_pills(l, canvas, d, apart) <= lowest ||
            lift_pills(l, d, lowest, l.bytes.bottom() + 6, apart))
            break;
    }
    return l;
}

double slider_at(const Data& d, const View& view) {
    if (view.stage < kMerge) return 0;
    if (view.stage > kMerge || view.u >= 1) return static_cast<double>(d.merges);
    // even steps on the square-root axis
    const double u = std::clamp(view.u, 0.0, 1.0);
    return static_cast<double>(d.merges) * u * u;
}

}  // namespace dg::viz::tokens
